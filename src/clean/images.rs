//! Images that a script would have loaded, made real.
//!
//! It chooses no image over another that is there: only placeholders are replaced.

use super::scrub::Scrub;
use super::tree::{NodeId, escape};
use std::collections::HashSet;

/// Where lazy loaders keep the address: lazysizes, a3 Lazy Load, jQuery Lazy Load, WP Rocket, Jetpack, Squarespace, Ghost themes.
#[rustfmt::skip]
const SOURCES: &[&str] = &[
    "data-src", "data-lazy-src", "data-original", "data-lazy", "data-hi-res-src", "data-echo", "data-img-src", "data-image", "data-runner-src",
    "data-pin-media",
];

/// The same for sets of addresses.
const SETS: &[&str] = &["data-srcset", "data-lazy-srcset", "data-original-set"];

/// Names of files that hold a place: they show nothing, whoever serves them.
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    "blank.gif", "blank.png", "spacer.gif", "space.gif", "placeholder", "1x1", "pixel.gif", "transparent", "lazy", "loading.gif", "loader.gif",
    "empty.gif", "x.gif", "trans.gif",
];

/// Gives images, sources and frames the address that their loader would have given them.
pub(super) fn lazy(scrub: &mut Scrub<'_>) {
    for id in scrub.elements(&["amp-img"]) {
        let copy = |name| {
            scrub
                .attribute(id, name)
                .map(|value| format!(" {name}=\"{}\"", escape(value)))
        };
        let attributes: String = ["src", "srcset", "alt", "width", "height"]
            .into_iter()
            .filter_map(copy)
            .collect();
        scrub.replace(
            id,
            &format!("<img{attributes}>"),
            "amp-img",
            "an image of AMP",
        );
    }
    for id in scrub.elements(&["img", "source", "iframe", "video"]) {
        let find = |names: &[&str]| {
            let found = names.iter().find_map(|name| scrub.attribute(id, name));
            found
                .map(str::trim)
                .filter(|value| !value.is_empty() && !value.starts_with(['{', '[']))
                .map(str::to_owned)
        };
        let (source, set) = (find(SOURCES), find(SETS));
        if let Some(source) = source
            && is_placeholder(scrub.attribute(id, "src"))
        {
            scrub.set_attribute(id, "src", &source, "lazy source");
        }
        if let Some(set) = set
            && is_placeholder(scrub.attribute(id, "srcset"))
        {
            scrub.set_attribute(id, "srcset", &set, "lazy source");
        }
    }
    for id in scrub.elements(&["noscript"]) {
        fallback(scrub, id);
    }
}

/// How many nodes on either side of a fallback are looked at.
const NEIGHBOURS: usize = 6;

/// What stands in `noscript` is for us, unless it is there already.
fn fallback(scrub: &mut Scrub<'_>, noscript: NodeId) {
    let images = |id: NodeId| -> Vec<NodeId> {
        let inside = scrub.node(id).descendants();
        inside
            .take(64)
            .filter(|node| node.value().as_element().is_some_and(|e| e.name() == "img"))
            .map(|node| node.id())
            .collect()
    };
    let inside = images(noscript);
    if inside.is_empty() {
        scrub.tidy_unwrap(noscript);
        return;
    }
    // Fallbacks stand beside what they replace, so only the neighbours are looked at.
    let node = scrub.node(noscript);
    let near = node
        .prev_siblings()
        .take(NEIGHBOURS)
        .chain(node.next_siblings().take(NEIGHBOURS));
    let others: Vec<_> = near.flat_map(|node| images(node.id())).collect();
    let file = |id: NodeId| {
        scrub
            .attribute(id, "src")
            .map(|src| src.split(['?', '#']).next().unwrap_or(src).to_owned())
    };
    let shown: HashSet<String> = others.iter().filter_map(|id| file(*id)).collect();
    if inside
        .iter()
        .all(|id| file(*id).is_some_and(|src| shown.contains(&src)))
    {
        scrub.remove(noscript, "noscript", "the image stands beside it");
        return;
    }
    let placeholder = scrub
        .node(noscript)
        .prev_siblings()
        .take(NEIGHBOURS)
        .find(|node| node.value().is_element())
        .map(|node| node.id());
    scrub.tidy_unwrap(noscript);
    if let Some(placeholder) = placeholder
        && scrub
            .element(placeholder)
            .is_some_and(|element| element.name() == "img")
        && is_placeholder(scrub.attribute(placeholder, "src"))
    {
        scrub.remove(placeholder, "placeholder", "noscript holds the image");
    }
}

/// Whether an address shows nothing by itself.
fn is_placeholder(address: Option<&str>) -> bool {
    let Some(address) = address.map(str::trim) else {
        return true;
    };
    let lower = address.to_ascii_lowercase();
    let file = lower.rsplit('/').next().unwrap_or_default();
    lower.is_empty()
        || lower.starts_with("data:")
        || lower.starts_with("about:")
        || PLACEHOLDERS.iter().any(|name| file.contains(name))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn lazy_images_become_real() {
        check(
            r#"<p>x</p><img src="data:image/gif;base64,R0" data-src="https://a.example/b.jpg">"#,
            r#"<p>x</p><img src="https://a.example/b.jpg">"#,
        );
        check(
            r#"<p>x</p><img data-lazy-srcset="/b.jpg 2x" src="/a.jpg">"#,
            r#"<p>x</p><img src="https://site.example/a.jpg" srcset="https://site.example/b.jpg 2x">"#,
        );
    }

    #[test]
    fn real_images_stay() {
        check(
            r#"<p>x</p><img data-src="https://a.example/big.jpg" src="https://a.example/b.jpg">"#,
            r#"<p>x</p><img src="https://a.example/b.jpg">"#,
        );
    }

    #[test]
    fn fallbacks_replace_placeholders() {
        check(
            r#"<p>x</p><img src="data:image/gif;base64,R0"><noscript><img src="https://a.example/b.jpg"></noscript>"#,
            r#"<p>x</p><img src="https://a.example/b.jpg">"#,
        );
        check(
            r#"<p>x</p><img src="https://a.example/b.jpg"><noscript><img src="https://a.example/b.jpg"></noscript>"#,
            r#"<p>x</p><img src="https://a.example/b.jpg">"#,
        );
    }
}
