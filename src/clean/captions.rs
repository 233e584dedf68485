//! What stands below a picture, made its caption.
//!
//! It reads no text: a caption is what its class calls so, beside a picture and nothing else.
//!
//! Invariant: only names of elements change, and the cells of a table that was none go; no word and no picture does.

use super::scrub::Scrub;
use super::tree::{NodeId, NodeRef, attr};
use scraper::Node;

/// Parts of the classes by which editors and themes mark a caption, in the languages of those who make them.
const MARKS: &[&str] = &[
    "caption",
    "legende",
    "légende",
    "bildunterschrift",
    "bildtext",
    "didascalia",
    "pie-foto",
    "pie-de-foto",
    "onderschrift",
    "podpis-zdjecia",
];

/// A wrapper of more than this many nodes is no picture with its caption.
const NODES_MAX: usize = 40;

/// Makes pictures with a caption figures.
pub(super) fn captions(scrub: &mut Scrub<'_>) {
    let marked = scrub.nodes().filter(is_marked).map(|node| node.id());
    for caption in marked.collect::<Vec<_>>() {
        if let Some(wrapper) = wrapper(scrub, caption) {
            make_figure(scrub, wrapper, caption);
        }
    }
}

fn is_marked(node: &NodeRef<'_>) -> bool {
    let element = node.value().as_element();
    let class = element.filter(|e| !e.attrs.is_empty());
    let class = class.and_then(|element| attr(element, "class"));
    let says_so = |token: &str| {
        let token = token.to_ascii_lowercase();
        MARKS.iter().any(|mark| token.contains(mark))
    };
    matches!(name(node), "div" | "p" | "dd" | "td")
        && class.is_some_and(|class| class.split_ascii_whitespace().any(says_so))
        && has_words(*node)
}

fn has_words(node: NodeRef<'_>) -> bool {
    let is_word = |node: NodeRef<'_>| {
        node.value()
            .as_text()
            .is_some_and(|text| !text.trim().is_empty())
    };
    node.descendants().take(NODES_MAX).any(is_word)
}

fn name<'n>(node: &NodeRef<'n>) -> &'n str {
    node.value()
        .as_element()
        .map_or("", |element| element.name())
}

/// The element that holds a picture, the caption and nothing else.
fn wrapper(scrub: &Scrub<'_>, caption: NodeId) -> Option<NodeId> {
    let cell = matches!(name(&scrub.node(caption)), "td");
    let mut around = scrub
        .node(caption)
        .ancestors()
        .take_while(|node| node.id() != scrub.root());
    let wrapper = match cell {
        true => around.find(|node| name(node) == "table")?,
        false => around
            .next()
            .filter(|node| matches!(name(node), "div" | "dl" | "figure"))?,
    };
    let nodes: Vec<NodeRef<'_>> = wrapper.descendants().take(NODES_MAX + 1).collect();
    let inside = |node: &NodeRef<'_>| {
        node.id() == caption || node.ancestors().any(|above| above.id() == caption)
    };
    let pictures = nodes
        .iter()
        .filter(|node| matches!(name(node), "img" | "video" | "audio"))
        .filter(|node| !inside(node));
    let other_words = nodes.iter().any(|node| match node.value() {
        Node::Text(text) => !text.trim().is_empty() && !inside(node),
        _ => false,
    });
    let in_way = wrapper
        .ancestors()
        .any(|node| matches!(name(&node), "p" | "figure" | "a"))
        || nodes
            .iter()
            .skip(1)
            .any(|node| matches!(name(node), "figure" | "figcaption"));
    let fits = nodes.len() <= NODES_MAX && pictures.count() > 0 && !other_words && !in_way;
    fits.then(|| wrapper.id())
}

fn make_figure(scrub: &mut Scrub<'_>, wrapper: NodeId, caption: NodeId) {
    let cells: Vec<NodeId> = scrub
        .node(wrapper)
        .descendants()
        .filter(|node| {
            node.id() != caption
                && matches!(
                    name(node),
                    "tbody" | "thead" | "tr" | "td" | "th" | "dt" | "colgroup" | "col"
                )
        })
        .map(|node| node.id())
        .collect();
    if matches!(name(&scrub.node(wrapper)), "table" | "dl") {
        for cell in cells {
            scrub.tidy_unwrap(cell);
        }
    }
    scrub.tidy_rename(wrapper, "figure");
    scrub.tidy_rename(caption, "figcaption");
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn captions_of_editors() {
        check(
            "<p>x</p><div class='wp-caption'><a href='https://a.example/c'><img src='https://a.example/b.jpg'></a><p class='wp-caption-text'>The pier.</p></div>",
            "<p>x</p><figure><a href=\"https://a.example/c\"><img src=\"https://a.example/b.jpg\"></a><figcaption>The pier.</figcaption></figure>",
        );
        check(
            "<p>x</p><table class=tr-caption-container><tr><td><img src='https://a.example/b.jpg'></td></tr><tr><td class=tr-caption>The pier.</td></tr></table>",
            "<p>x</p><figure><img src=\"https://a.example/b.jpg\"><figcaption>The pier.</figcaption></figure>",
        );
        check(
            "<p>x</p><dl class='gallery-item'><dt><img src='https://a.example/b.jpg'></dt><dd class='gallery-caption'>The pier.</dd></dl>",
            "<p>x</p><figure><img src=\"https://a.example/b.jpg\"><figcaption>The pier.</figcaption></figure>",
        );
    }

    #[test]
    fn what_is_no_caption_stays() {
        check(
            "<div><img src='https://a.example/b.jpg'>The story begins.<p class='caption'>The pier.</p></div>",
            "<div><img src=\"https://a.example/b.jpg\">The story begins.<p>The pier.</p></div>",
        );
        check(
            "<div><p class='caption'>The pier.</p></div>",
            "<div><p>The pier.</p></div>",
        );
    }
}
