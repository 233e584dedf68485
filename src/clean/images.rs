//! Images that a script would have loaded, made real.
//!
//! It chooses no image over another that is there: only placeholders are replaced, by an address that stands in the
//! same element or beside it.

use super::links::candidates;
use super::scrub::Scrub;
use super::tree::{NodeId, attr, escape};
use scraper::node::Element;
use std::collections::HashSet;

/// Where lazy loaders keep the address, the best first: lazysizes, lozad, a3 Lazy Load, jQuery Lazy Load, WP Rocket, Jetpack,
/// Smush, Autoptimize, bLazy, Echo, Unveil, Squarespace, Ghost, Substack and Tumblr themes, Discourse, WeChat.
#[rustfmt::skip]
const SOURCES: &[&str] = &[
    "data-src", "data-lazy-src", "data-original", "data-lazy", "data-lazyload", "data-lazy-load", "data-ll-src", "data-actualsrc", "data-real-src", "data-realsrc",
    "data-hi-res-src", "data-echo", "data-img-src", "data-image-src", "data-imgsrc", "data-image", "data-img", "data-url", "data-srcs", "data-runner-src",
    "data-default-src", "data-full-src", "data-fullsrc", "data-large-file", "data-orig-file", "data-orig-src", "data-full-url", "data-highres", "data-canonical-src",
    "data-flickity-lazyload", "data-mediaviewer-src", "data-croporisrc", "data-backsrc", "data-file", "data-pin-media", "nitro-lazy-src", "lazy-src", "lazysrc",
    "file", "zoomfile", "original",
];

/// The same for sets of addresses.
#[rustfmt::skip]
const SETS: &[&str] = &[
    "data-srcset", "data-lazy-srcset", "data-original-set", "data-original-srcset", "data-ll-srcset", "data-orig-srcset", "data-img-srcset", "nitro-lazy-srcset",
    "lazy-srcset",
];

/// Names of files that hold a place: they show nothing, whoever serves them.
#[rustfmt::skip]
const PLACEHOLDERS: &[&str] = &[
    "blank.gif", "blank.png", "blank.jpg", "spacer.gif", "spacer.png", "space.gif", "placeholder", "1x1", "pixel.gif", "transparent", "lazy", "loading.gif",
    "loading.svg", "loader.gif", "empty.gif", "x.gif", "trans.gif", "grey.gif", "gray.gif", "dot.gif", "clear.gif", "none.gif", "s_1x2.gif", "t.gif",
];

/// Beginnings of the classes by which loaders mark what they will replace.
const MARKS: &[&str] = &[
    "lazy",
    "lozad",
    "b-lazy",
    "blur-up",
    "js-lazy",
    "unveil",
    "progressive",
];

/// How wide, in pixels, an image is chosen where only a set is given: what a reader's column shows.
const WIDTH: f32 = 1200.0;

/// Gives images, sources and players the address that their loader would have given them.
pub(super) fn lazy(scrub: &mut Scrub<'_>) {
    for id in scrub.elements(&["amp-img", "amp-anim"]) {
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
    for id in scrub.elements(&["img", "source", "iframe", "video", "audio"]) {
        let Some((source, set)) = scrub.element(id).map(waiting) else {
            continue;
        };
        if let Some(source) = source {
            scrub.set_attribute(id, "src", &source, "lazy source");
        }
        if let Some(set) = set {
            scrub.set_attribute(id, "srcset", &set, "lazy source");
        }
    }
    for id in scrub.elements(&["noscript"]) {
        fallback(scrub, id);
    }
    for id in scrub.elements(&["img"]) {
        one_of_set(scrub, id);
    }
}

/// The address and the set that a loader would put into an element; most elements have none.
fn waiting(element: &Element) -> (Option<String>, Option<String>) {
    let plain = [
        "src", "srcset", "alt", "width", "height", "class", "style", "title", "sizes",
    ];
    let other = |(name, _): &(&str, &str)| !plain.contains(name);
    if !element.attrs().any(|attribute| other(&attribute)) {
        return (None, None);
    }
    let class = attr(element, "class").unwrap_or_default();
    let mut classes = class.split_ascii_whitespace();
    let marked = classes.any(|class| MARKS.iter().any(|mark| class.starts_with(mark)));
    let waits = |name| marked || is_placeholder(attr(element, name));
    let find = |names: &[&str]| {
        let found = names.iter().filter_map(|name| attr(element, name));
        found
            .map(str::trim)
            .find(|value| is_address(value))
            .map(str::to_owned)
    };
    let source = || find(SOURCES).or_else(|| by_shape(element, false));
    let set = || find(SETS).or_else(|| by_shape(element, true));
    let set = waits("srcset").then(set).flatten();
    let is_source = element.name() == "source" && attr(element, "src").is_none();
    let source = (waits("src") && !(is_source && set.is_some()))
        .then(source)
        .flatten();
    (source, set)
}

/// Whether a loader's value could be an address, and is no list or object of its own.
fn is_address(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with(['{', '[', '#', '<'])
        && !value.starts_with("data:")
        && (value.contains(['/', '.']))
}

/// The attribute of a loader that nobody listed: `data-…` with the address of an image, or with a set.
fn by_shape(element: &Element, set: bool) -> Option<String> {
    let mut attributes = element
        .attrs()
        .filter(|(name, _)| name.starts_with("data-"));
    let is_image = |value: &str| {
        let path = value
            .split(['?', '#'])
            .next()
            .unwrap_or(value)
            .to_ascii_lowercase();
        let endings = [".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif"];
        !value.contains(char::is_whitespace) && endings.iter().any(|ending| path.ends_with(ending))
    };
    let fits = |(name, value): &(&str, &str)| match set {
        true => name.ends_with("srcset") && is_address(value),
        false => {
            element.name() == "img"
                && is_address(value)
                && is_image(value)
                && !is_placeholder(Some(value))
        }
    };
    attributes
        .find(fits)
        .map(|(_, value)| value.trim().to_owned())
}

/// An image without an address has the best of its set, or of the sets beside it in a `picture`: many readers know `src` alone.
fn one_of_set(scrub: &mut Scrub<'_>, id: NodeId) {
    let has_source = scrub
        .attribute(id, "src")
        .is_some_and(|src| !src.trim().is_empty());
    if has_source {
        return;
    }
    let own = scrub.attribute(id, "srcset").and_then(best);
    let beside = || {
        let before = scrub.node(id).prev_siblings().take(NEIGHBOURS);
        let mut sources =
            before.filter_map(|node| node.value().as_element().filter(|e| e.name() == "source"));
        sources.find_map(|source| attr(source, "srcset").and_then(best))
    };
    if let Some(source) = own.or_else(beside) {
        scrub.tidy_attribute(id, "src", Some(&source));
    }
}

/// The smallest candidate of a set that is wide enough, else the widest.
fn best(set: &str) -> Option<String> {
    let size =
        |descriptor: &str| match descriptor.split_at_checked(descriptor.len().saturating_sub(1)) {
            Some((number, "w")) => number.parse().unwrap_or(0.0),
            Some((number, "x")) => number.parse().unwrap_or(1.0) * WIDTH / 2.0,
            _ => WIDTH / 2.0,
        };
    let mut all: Vec<(f32, &str)> = candidates(set)
        .iter()
        .map(|(address, d)| (size(d), *address))
        .collect();
    all.retain(|(_, address)| !is_placeholder(Some(address)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let enough = all.iter().find(|(size, _)| *size >= WIDTH);
    enough
        .or(all.last())
        .map(|(_, address)| (*address).to_owned())
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
    fn loaders_of_any_name() {
        check(
            r#"<p>x</p><img class="lazyload blur" src="https://a.example/b-20.jpg" data-src="https://a.example/b.jpg">"#,
            r#"<p>x</p><img src="https://a.example/b.jpg">"#,
        );
        check(
            r#"<p>x</p><img src="/blank.gif" data-foo="https://a.example/b.jpg?w=1">"#,
            r#"<p>x</p><img src="https://a.example/b.jpg?w=1">"#,
        );
        check(
            r#"<p>x</p><img src="/blank.gif" data-src='{"a":"https://a.example/b.jpg"}' data-id="7">"#,
            r#"<p>x</p><img src="https://site.example/blank.gif">"#,
        );
    }

    #[test]
    fn sets_give_an_address() {
        check(
            r#"<p>x</p><img srcset="/s.jpg 400w, /m.jpg 1300w, /l.jpg 3000w">"#,
            r#"<p>x</p><img src="https://site.example/m.jpg" srcset="https://site.example/s.jpg 400w, https://site.example/m.jpg 1300w, https://site.example/l.jpg 3000w">"#,
        );
        check(
            r#"<p>x</p><picture><source data-srcset="/a.webp 1x, /b.webp 2x"><img alt="c"></picture>"#,
            r#"<p>x</p><picture><source srcset="https://site.example/a.webp 1x, https://site.example/b.webp 2x"><img alt="c" src="https://site.example/b.webp"></picture>"#,
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
