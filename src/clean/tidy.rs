//! What shows nothing: empty paragraphs, lines that are only broken, double spaces.
//!
//! It takes no word, and nothing that a link leads to. Preformatted text is left as it stands.
//!
//! Invariant: nothing that a reader could see is lost, so nothing is recorded.

use super::kinds::is_block;
use super::quick::QuickSet;
use super::safety::fragment_targets;
use super::scrub::Scrub;
use super::tree::{NodeId, NodeRef};
use scraper::Node;
use std::collections::HashSet;

/// Elements that show nothing where nothing stands in them. Cells and items of lists hold a place, and stay.
#[rustfmt::skip]
const EMPTIABLE: &[&str] = &[
    "p", "div", "span", "strong", "em", "b", "i", "u", "font", "center", "section", "article", "aside", "header", "footer", "main", "nav", "h1", "h2", "h3", "h4",
    "h5", "h6", "blockquote", "ul", "ol", "dl", "figure", "figcaption", "a", "small", "big", "sub", "sup", "label", "address", "cite", "mark", "s", "tt",
];

/// Takes away what shows nothing.
pub(super) fn tidy(scrub: &mut Scrub<'_>) {
    let found = Found::in_field(scrub);
    line_breaks(scrub, found.broken);
    empty_elements(scrub, found.bare);
    double_spaces(scrub, found.paired);
}

/// What may have to be tidied, found in one walk; each in document order.
#[derive(Default)]
struct Found {
    /// The parents of line breaks.
    broken: Vec<NodeId>,
    /// Elements that hold no text of their own.
    bare: Vec<NodeId>,
    /// Texts in which a space that does not break stands beside another.
    paired: Vec<NodeId>,
}

impl Found {
    fn in_field(scrub: &Scrub<'_>) -> Self {
        let mut found = Self::default();
        for node in scrub.nodes() {
            match node.value() {
                Node::Text(text) if has_pair(text) => found.paired.push(node.id()),
                Node::Element(element) if element.name() == "br" => {
                    found.broken.extend(node.parent().map(|parent| parent.id()));
                }
                Node::Element(element)
                    if may_be_empty(&node) && EMPTIABLE.contains(&element.name()) =>
                {
                    found.bare.push(node.id());
                }
                _ => {}
            }
        }
        found
    }
}

fn is_white(node: &NodeRef<'_>) -> bool {
    match node.value() {
        Node::Text(text) => text.trim().is_empty(),
        Node::Element(_) => false,
        _ => true,
    }
}

fn name<'n>(node: &NodeRef<'n>) -> &'n str {
    node.value()
        .as_element()
        .map_or("", |element| element.name())
}

fn is_laid_out(node: NodeRef<'_>) -> bool {
    let mut around = std::iter::once(node).chain(node.ancestors());
    around.any(|node| matches!(name(&node), "pre" | "textarea" | "code"))
}

/// A blank line is one that two breaks make; breaks at the edge of a paragraph make none.
fn line_breaks(scrub: &mut Scrub<'_>, mut parents: Vec<NodeId>) {
    // The breaks of one parent may have others' between them, in document order.
    let mut seen = QuickSet::default();
    parents.retain(|parent| seen.insert(*parent));
    let root = scrub.root();
    let mut idle: Vec<NodeId> = Vec::new();
    for parent in parents {
        let parent = scrub.node(parent);
        if is_laid_out(parent) {
            continue;
        }
        let edge = parent.id() == root || is_block(name(&parent));
        let mut after_edge = edge;
        let mut run: Vec<NodeId> = Vec::new();
        for child in parent.children().filter(|child| !is_white(child)) {
            if name(&child) == "br" {
                run.push(child.id());
                continue;
            }
            let block = is_block(name(&child));
            let kept = if block || after_edge { 0 } else { 2 };
            idle.extend(run.drain(..).skip(kept));
            after_edge = block;
        }
        let kept = if edge { 0 } else { 2 };
        idle.extend(run.drain(..).skip(kept));
    }
    for id in idle {
        scrub.tidy_remove(id);
    }
}

/// Whether an element holds no text of its own that is seen; most do, and are told from the others at once.
fn may_be_empty(node: &NodeRef<'_>) -> bool {
    let is_text = |node: &NodeRef<'_>| node.value().is_text();
    !node
        .children()
        .any(|child| is_text(&child) && !is_white(&child))
}

fn empty_elements(scrub: &mut Scrub<'_>, bare: Vec<NodeId>) {
    let mut targets: Option<HashSet<String>> = None;
    // The innermost first, since an element may be empty because of what stood in it.
    for id in bare.into_iter().rev() {
        let node = scrub.node(id);
        if !node.children().all(|child| is_white(&child)) || is_laid_out(node) {
            continue;
        }
        let named = ["id", "name"]
            .iter()
            .filter_map(|name| scrub.attribute(id, name));
        let named: Vec<String> = named.map(str::to_owned).collect();
        let targets = targets.get_or_insert_with(|| fragment_targets(scrub));
        if named.iter().any(|name| targets.contains(name)) {
            continue;
        }
        let node = scrub.node(id);
        if is_block(name(&node)) {
            let gap = node.prev_sibling().filter(is_white).map(|gap| gap.id());
            let gap = gap.filter(|_| node.next_sibling().is_none_or(|next| is_white(&next)));
            gap.into_iter().for_each(|gap| scrub.tidy_remove(gap));
            scrub.tidy_remove(id);
        } else {
            // The space in it may be all that parts two words.
            scrub.tidy_unwrap(id);
        }
    }
}

/// A no-break space beside a space is how editors keep the two that were typed after a sentence.
fn double_spaces(scrub: &mut Scrub<'_>, texts: Vec<NodeId>) {
    for id in texts {
        let node = scrub.node(id);
        let text = node.value().as_text();
        let new = text.and_then(|text| single_spaced(text));
        if let Some(new) = new.filter(|_| !is_laid_out(node)) {
            scrub.tidy_text(id, &new);
        }
    }
}

/// Whether a space that does not break stands beside another space; few texts are looked at any further.
fn has_pair(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = |at: usize| bytes[at..].starts_with("\u{a0}".as_bytes());
    memchr::memchr_iter(0xc2, bytes).any(|at| {
        begins(at)
            && (bytes[..at].ends_with(b" ")
                || bytes[at + 2..].starts_with(b" ")
                || at + 2 < bytes.len() && begins(at + 2))
    })
}

/// The text with one space for each pair of which one does not break; `None` where there is none. Three are an
/// indentation, and one that belongs to a French sign stays what it is.
fn single_spaced(text: &str) -> Option<String> {
    const SPACES: [char; 2] = [' ', '\u{a0}'];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(SPACES) {
        let (before, spaces) = rest.split_at(at);
        let after = spaces.trim_start_matches(SPACES);
        let spaces = &spaces[..spaces.len() - after.len()];
        out.push_str(before);
        let inside = !out.is_empty()
            && !after.is_empty()
            && !after.starts_with(char::is_whitespace)
            && !out.ends_with(char::is_whitespace);
        let pair = spaces.chars().count() == 2 && spaces.contains('\u{a0}');
        let sign =
            after.starts_with([':', ';', '!', '?', '»', '%', '–', '—']) || before.ends_with('«');
        match (inside && pair, sign) {
            (true, true) => out.push('\u{a0}'),
            (true, false) => out.push(' '),
            _ => out.push_str(spaces),
        }
        rest = after;
    }
    out.push_str(rest);
    (out.len() != text.len()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn empty_paragraphs_go() {
        check(
            "<p>One.</p>\n<p>&nbsp;</p>\n<p></p>\n<p>Two.</p>",
            "<p>One.</p>\n<p>Two.</p>",
        );
        check(
            "<div><p><strong> </strong></p></div><p>One.</p>",
            "<p>One.</p>",
        );
        check("<p>a<span> </span>b</p>", "<p>a b</p>");
        check(
            "<p>One.</p><p><br></p><p><a href='/x'></a></p>",
            "<p>One.</p>",
        );
    }

    #[test]
    fn what_holds_a_place_stays() {
        for html in [
            "<table><tbody><tr><td></td><td>x</td></tr></tbody></table>",
            "<ol><li></li><li>x</li></ol>",
            "<p>x<a href=\"#fn1\">1</a></p><p><a id=\"fn1\"></a>y</p>",
            "<p><img src=\"https://a.example/b.jpg\"></p>",
        ] {
            check(html, html);
        }
    }

    #[test]
    fn breaks_that_make_more_than_a_blank_line() {
        check(
            "<p>One.<br><br><br>\n<br>Two.</p>",
            "<p>One.<br><br>\nTwo.</p>",
        );
        check(
            "<p><br>One.<br></p><br><p>Two.</p><br>",
            "<p>One.</p><p>Two.</p>",
        );
        check("One.<br>Two.", "One.<br>Two.");
        check("<pre>a<br><br><br>b</pre>", "<pre>a<br><br><br>b</pre>");
    }

    #[test]
    fn double_spaces_become_one() {
        check(
            "<p>One.&nbsp; Two. &nbsp;Three.</p>",
            "<p>One. Two. Three.</p>",
        );
        check(
            "<p>Quoi&nbsp; ? «&nbsp; Oui »</p>",
            "<p>Quoi&nbsp;? «&nbsp;Oui »</p>",
        );
        check(
            "<p>a&nbsp;&nbsp;&nbsp;b&nbsp;c</p>",
            "<p>a&nbsp;&nbsp;&nbsp;b&nbsp;c</p>",
        );
    }
}
