//! Strings to trees and back: parsing that stops in time, characters that XML can't carry, and (in `text`) what is to be read.
//!
//! It knows nothing of junk and changes no tree.
//!
//! Invariants: no input is parsed beyond the limits of [`crate::limits`]; a string that leaves here
//! holds only characters that XML 1.0 can carry.

mod direct;
mod text;

use super::pairs;
use crate::limits::{HTML_ATTRIBUTE_PAIRS_MAX, HTML_BYTES_MAX, HTML_DEPTH_MAX, HTML_NODES_MAX};
use ego_tree::Tree;
use ego_tree::iter::Edge;
use html5ever::serialize::{SerializeOpts, serialize};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{ParseOpts, QualName, local_name, ns};
use scraper::node::Element;
use scraper::{ElementRef, Html, HtmlTreeSink, Node};
use std::borrow::Cow;

pub(super) use ego_tree::NodeId;
pub(super) use text::text_of;
/// A borrowed node.
pub(super) type NodeRef<'a> = ego_tree::NodeRef<'a, Node>;

/// How much is parsed between two looks at the tree, in bytes. One piece can open at most a third
/// as many elements, so the limits are overshot by little; a look costs less than a microsecond.
const PIECE_BYTES: usize = 2048;

/// How many words a single tag or comment may have. The tokenizer compares each attribute with all before it,
/// which is quadratic in their number; real tags have below 100, and comments of Word below 5,000.
const WORDS_MAX: usize = 12_000;

/// What all long tags and comments of a field may cost, in pairs of words: twenty comments of Word.
const SPENT_MAX: usize = 4 * WORDS_MAX * WORDS_MAX;

/// Whether the parser gets on: it is inside a tag or comment for as long as no node is made and no text grows.
#[derive(Default)]
struct Progress {
    seen: (usize, usize),
    words: usize,
    gap: usize,
    /// The words of all such tags and comments, each squared: what they may have cost.
    spent: usize,
}

impl Progress {
    fn made(&mut self, html: &Html, piece: &str) -> bool {
        let nodes = html.tree.nodes();
        let length = |node: NodeRef<'_>| node.value().as_text().map_or(0, |text| text.len());
        let now = (nodes.len(), nodes.clone().next_back().map_or(0, length));
        if now != self.seen {
            // The words of this piece are not counted: they are few, and most pieces are like it.
            *self = Self {
                seen: now,
                spent: self.spent + self.words * self.words,
                ..Self::default()
            };
            return self.spent <= SPENT_MAX;
        }
        for c in piece.bytes() {
            self.gap += 1;
            // A slash parts attributes too, but stands in every 64th place of base64 as well.
            let parts =
                c.is_ascii_whitespace() || matches!(c, b'"' | b'\'') || c == b'/' && self.gap < 32;
            self.words += usize::from(parts);
            self.gap = if parts || c == b'/' { 0 } else { self.gap };
        }
        self.words <= WORDS_MAX && self.spent <= SPENT_MAX
    }
}

/// Parses a fragment as a browser without scripts would, so that `noscript` holds elements.
///
/// # Errors
///
/// Says which limit stopped it. The tree builder looks through its stack of open elements at almost
/// every tag, which is quadratic in depth, and misnested formatting elements are made again in every
/// block; so the tree is measured while it grows, and what goes too far is not parsed to its end.
pub(super) fn parse(text: &str) -> Result<Html, String> {
    if text.len() > HTML_BYTES_MAX {
        return Err(format!("is larger than {HTML_BYTES_MAX} bytes"));
    }
    let nodes = nodes_in(text);
    if let Some(html) = direct::read(text, nodes) {
        debug_assert!(
            is_same(&html, &parsed(text, nodes)),
            "it is what the parser makes"
        );
        // Nothing was made twice, so it holds no more than the text does.
        let most = text.len() as u64 * text.len() as u64;
        return if most <= WRITING_COST_MAX {
            Ok(html)
        } else {
            writable(html)
        };
    }
    writable(parsed(text, nodes)?)
}

fn writable(html: Html) -> Result<Html, String> {
    if writing_cost(&html) > WRITING_COST_MAX {
        return Err("has texts of megabytes full of characters to escape".into());
    }
    Ok(html)
}

/// Whether two trees hold the same.
fn is_same(html: &Html, other: &Result<Html, String>) -> bool {
    let edges = |html: &Html| {
        let edges = html.root_element().traverse().map(|edge| match edge {
            Edge::Open(node) => Some(node.value().clone()),
            Edge::Close(_) => None,
        });
        edges.collect::<Vec<_>>()
    };
    other
        .as_ref()
        .is_ok_and(|other| edges(html) == edges(other))
}

/// The tree that the parser makes, with room for so many nodes at first.
fn parsed(text: &str, nodes: usize) -> Result<Html, String> {
    if pairs::has_more(text, HTML_ATTRIBUTE_PAIRS_MAX) {
        return Err("has tags with thousands of attributes".into());
    }
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: false,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    };
    let context = QualName::new(None, ns!(html), local_name!("body"));
    let mut html = Html::new_fragment();
    html.tree = Tree::with_capacity(Node::Fragment, nodes);
    let sink = HtmlTreeSink::new(html);
    let mut parser = html5ever::parse_fragment(sink, options, context, Vec::new(), false);
    let mut progress = Progress::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES.min(rest.len())));
        parser.process(StrTendril::from_slice(piece));
        rest = after;
        let html = parser.tokenizer.sink.sink.0.borrow();
        if html.tree.nodes().len() > HTML_NODES_MAX {
            return Err(format!("has more than {HTML_NODES_MAX} nodes"));
        }
        // The newest node lies where the parser works: inside all that is open.
        let newest = html.tree.nodes().next_back();
        if !progress.made(&html, piece) {
            return Err(format!(
                "has tags or comments of more than {WORDS_MAX} words"
            ));
        }
        if newest.is_some_and(|node| node.ancestors().nth(HTML_DEPTH_MAX).is_some()) {
            return Err(format!("nests deeper than {HTML_DEPTH_MAX} elements"));
        }
    }
    let mut html = parser.finish();
    // Only a reference can name a character that the text itself has no more.
    if memchr::memmem::find(text.as_bytes(), b"&#").is_some() {
        purify(&mut html);
    }
    preformat(&mut html);
    Ok(html)
}

/// How many nodes a text may make, from its tags: as a tree grows, all that it holds is moved again and again.
fn nodes_in(text: &str) -> usize {
    /// Larger trees than this move little compared with what they cost.
    const RESERVED_MAX: usize = 4096;
    /// The fragment, its root and a text.
    const LEAST: usize = 3;
    let tags = memchr::memchr_iter(b'<', text.as_bytes());
    LEAST + tags.take(RESERVED_MAX).count()
}

/// The most that [`writing_cost`] may come to: a fifth of a second at the speed of memory. A book of a megabyte in
/// one text, with a reference in each line, comes to a tenth of it.
const WRITING_COST_MAX: u64 = 2_000_000_000;

/// See [`writing_cost`]: texts of up to this many bytes come to at most this many times [`HTML_BYTES_MAX`].
const SHORT_BYTES: usize = 256;

/// How many bytes are looked at to write the texts: html5ever 0.40 looks from each `&` and each byte of a no-break
/// space to the next `<` or `>`, most often the end, which is quadratic in a text that holds nothing else.
fn writing_cost(html: &Html) -> u64 {
    let cost = |text: &str| {
        // Short ones together, in a field of the largest size, stay below the limit.
        if text.len() < SHORT_BYTES {
            return 0;
        }
        let specials = text
            .bytes()
            .filter(|byte| matches!(byte, b'&' | 0xc2))
            .count();
        specials as u64 * text.len() as u64
    };
    html.tree
        .values()
        .map(|value| match value {
            Node::Text(text) => cost(text),
            Node::Element(element) => element.attrs.iter().map(|(_, value)| cost(value)).sum(),
            _ => 0,
        })
        .sum()
}

/// What is read as it stands could not be written so that it is read alike; `pre` shows the same.
fn preformat(html: &mut Html) {
    for value in html.tree.values_mut() {
        if let Node::Element(element) = value
            && matches!(element.name(), "plaintext" | "xmp")
            && element.name.ns == ns!(html)
        {
            element.name.local = local_name!("pre");
        }
    }
}

/// Character references can name what the text itself may not hold (`&#1;`), so the tree is purified as well.
fn purify(html: &mut Html) {
    for value in html.tree.values_mut() {
        match value {
            Node::Text(text) => purify_one(&mut text.text),
            Node::Element(element) => {
                for (_, value) in &mut element.attrs {
                    purify_one(value);
                }
            }
            _ => {}
        }
    }
}

fn purify_one(text: &mut StrTendril) {
    if let Cow::Owned(clean) = carried(text) {
        *text = StrTendril::from(clean);
    }
}

/// Whether XML 1.0 (§2.2, `Char`) can carry the character.
fn is_carried(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}')
}

fn is_all_carried(text: &str) -> bool {
    // Looking at bytes without a branch is what compilers make quick. Of those of three bytes, `EF BF BE` and
    // `EF BF BF` are the two that are none.
    let fine = |byte: u8| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r');
    let bytes = text.as_bytes();
    let single = bytes.iter().fold(true, |all, byte| all & fine(*byte));
    let is_none = |at: usize| bytes[at + 1] == 0xbf && bytes[at + 2] >= 0xbe;
    single && !memchr::memchr_iter(0xef, bytes).any(is_none)
}

/// HTML with references for the controls from U+0080 on. Nothing but a reference brought them in, as markup that was
/// encoded twice has them; as bytes, readers would take them for a broken encoding and mend it in their way.
pub(super) fn spelled(html: String) -> String {
    let is_control = |c: char| matches!(c, '\u{80}'..='\u{9f}');
    // In UTF-8 they begin with `C2`, which is rare.
    if memchr::memchr(0xc2, html.as_bytes()).is_none() || !html.contains(is_control) {
        return html;
    }
    let mut out = String::with_capacity(html.len() + 64);
    for c in html.chars() {
        if is_control(c) {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// The text without characters that XML can't carry; a form feed or a next line, which part words, becomes a space.
pub(super) fn carried(text: &str) -> Cow<'_, str> {
    if is_all_carried(text) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().map(|c| {
        if matches!(c, '\x0c' | '\u{85}') {
            ' '
        } else {
            c
        }
    });
    Cow::Owned(kept.filter(|c| is_carried(*c)).collect())
}

/// All nodes below one, in document order. Each is met once, where the tree's own walk meets it twice.
pub(super) fn below<'t>(top: NodeRef<'t>) -> impl Iterator<Item = NodeRef<'t>> {
    let behind = move |node: NodeRef<'t>| {
        let around = std::iter::once(node).chain(node.ancestors());
        let mut inside = around.take_while(|node| node.id() != top.id());
        inside.find_map(|node| node.next_sibling())
    };
    let next = move |node: &NodeRef<'t>| node.first_child().or_else(|| behind(*node));
    std::iter::successors(top.first_child(), next)
}

/// The element that holds a parsed fragment.
pub(super) fn root(html: &Html) -> NodeId {
    html.root_element().id()
}

/// The markup of a fragment; `bytes` is how much it will hardly be more than.
pub(super) fn inner(html: &Html, bytes: usize) -> String {
    let mut out = Vec::with_capacity(bytes);
    let options = SerializeOpts {
        scripting_enabled: false,
        ..SerializeOpts::default()
    };
    serialize(&mut out, &html.root_element(), options).expect("writing to memory can't fail");
    String::from_utf8(out).expect("a tree's texts are UTF-8")
}

/// The markup of one node, itself included.
pub(super) fn outer(node: NodeRef<'_>) -> String {
    match node.value() {
        Node::Text(text) => escape(text).into_owned(),
        Node::Comment(comment) => format!("<!--{}-->", &**comment),
        _ => ElementRef::wrap(node).map_or_else(String::new, |element| element.html()),
    }
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// An attribute of an element. Comparing a few names is quicker than making one for a search, as scraper does.
pub(super) fn attr<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    let mut attributes = element.attrs.iter();
    let found = attributes.find(|(other, _)| &*other.local == name && other.ns == ns!());
    found.map(|(_, value)| &**value)
}

/// Appends text with its white space collapsed, as a browser shows it; says how many characters are no white space.
pub(super) fn push_collapsed(out: &mut String, text: &str) -> usize {
    let mut space = out.is_empty() || out.ends_with(' ');
    let mut visible = 0;
    // What is copied as it stands begins here: mostly all of it.
    let mut from = 0;
    let (mut at, mut looked) = (0, 0);
    out.reserve(text.len());
    while let Some(&byte) = text.as_bytes().get(at) {
        if at >= looked
            && let Some(chunk) = text.as_bytes()[at..].first_chunk()
        {
            if let Some(seen) = collapsed(chunk, space) {
                visible += seen;
                space = chunk[CHUNK_BYTES - 1] == b' ';
                at += CHUNK_BYTES;
                continue;
            }
            looked = at + CHUNK_BYTES;
        }
        if byte.is_ascii_graphic() {
            (visible, space) = (visible + 1, false);
            at += 1;
            continue;
        }
        if byte == b' ' && !space {
            space = true;
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        let next = at + c.len_utf8();
        if c.is_whitespace() {
            out.push_str(&text[from..at]);
            if !space {
                out.push(' ');
            }
            (space, from) = (true, next);
        } else {
            (visible, space) = (visible + 1, false);
        }
        at = next;
    }
    out.push_str(&text[from..]);
    visible
}

/// How many bytes are looked at together: what vector instructions take at once.
const CHUNK_BYTES: usize = 16;

/// How many characters of a chunk of ASCII are no white space, where none of it has to be collapsed; `space` stands before it.
fn collapsed(chunk: &[u8; CHUNK_BYTES], space: bool) -> Option<usize> {
    // Looking at bytes without a branch is what compilers make quick.
    let is_plain = |byte: u8| byte.wrapping_sub(b' ') < 0x7f - b' ';
    let all = chunk.iter().fold(true, |all, byte| all & is_plain(*byte));
    let white = chunk.map(|byte| u8::from(byte == b' '));
    let pairs = white.iter().zip(&white[1..]);
    let doubled = pairs.fold(u8::from(space) & white[0], |any, (one, next)| {
        any | one & next
    });
    (all && doubled == 0).then(|| CHUNK_BYTES - usize::from(white.iter().sum::<u8>()))
}

/// Text with its white space collapsed and trimmed.
pub(super) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_collapsed(&mut out, text);
    out.truncate(out.trim_end().len());
    out
}

/// Whether a string could be read as markup by somebody: a `<` that opens a tag, a comment or the like.
pub(super) fn has_tags(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let next = text.as_bytes().get(at + 1);
        next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, b'/' | b'!' | b'?'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_html_is_refused_before_it_costs() {
        assert!(parse(&"<div>".repeat(400_000)).is_err());
        assert!(parse(&"<div>".repeat(HTML_DEPTH_MAX / 2)).is_ok());
    }

    #[test]
    fn formatting_elements_that_multiply_are_refused() {
        let open: String = (0..200).map(|n| format!("<font size={n}>")).collect();
        assert!(parse(&format!("<p>{open}{}", "<p>x".repeat(20_000))).is_err());
    }

    #[test]
    fn a_foster_parented_nest_is_deep_too() {
        assert!(parse(&format!("<table>{}", "<div>".repeat(4000))).is_err());
    }

    #[test]
    fn references_to_control_characters_are_resolved_and_dropped() {
        let html = parse("<a href='java&#1;script:x'>a&#1;b\u{c}c</a>").unwrap();
        assert_eq!(inner(&html, 0), "<a href=\"javascript:x\">ab c</a>");
    }

    #[test]
    fn what_was_encoded_twice_stays_spelled_out() {
        let html = parse("<p>&Atilde;&#129;rea é</p>").unwrap();
        assert_eq!(spelled(inner(&html, 0)), "<p>Ã&#129;rea é</p>");
    }

    #[test]
    fn elements_without_an_end_are_preformatted() {
        let html = parse("<p>a</p><plaintext>b &amp; <i>").unwrap();
        assert_eq!(inner(&html, 0), "<p>a</p><pre>b &amp;amp; &lt;i&gt;</pre>");
    }

    #[test]
    fn collapsing_counts_what_is_seen() {
        let mut out = "x".to_owned();
        assert_eq!(push_collapsed(&mut out, "a \t b\u{3000}é \u{a0} "), 3);
        assert_eq!(push_collapsed(&mut out, "\n「c」"), 3);
        assert_eq!(out, "xa b é 「c」");
        let mut out = String::new();
        let text = " Die Fähre fährt wieder, sagte Bürgermeisterin Ünal.  Ende\u{a0}der Meldung. ";
        assert_eq!(push_collapsed(&mut out, text), 60);
        assert_eq!(
            out,
            "Die Fähre fährt wieder, sagte Bürgermeisterin Ünal. Ende der Meldung. "
        );
    }

    #[test]
    fn a_walk_stays_below_its_top() {
        let html = parse("<p>a<b>c</b></p><p>d<i></i></p><p>e</p>").unwrap();
        let second = html.root_element().children().nth(1).unwrap();
        assert_eq!(below(second).count(), 2);
        let root = html.root_element();
        let ids: Vec<_> = below(*root).map(|node| node.id()).collect();
        let other: Vec<_> = root.descendants().skip(1).map(|node| node.id()).collect();
        assert_eq!(ids, other);
    }

    #[test]
    fn texts_that_are_slow_to_write_are_refused() {
        assert!(parse(&format!("<p>{}</p>", "&amp;".repeat(200_000))).is_err());
        assert!(parse(&format!("<p title='{}'>x</p>", "\u{a0}".repeat(200_000))).is_err());
        assert!(parse(&"<p>« Oui », dit-elle &amp; il partit.</p>".repeat(20_000)).is_ok());
    }

    #[test]
    fn tags_with_endless_attributes_are_refused() {
        let attributes: String = (0..100_000).map(|n| format!(" a{n}=1")).collect();
        assert!(parse(&format!("<p{attributes}>x</p>")).is_err());
        assert!(
            parse(&format!(
                "<img src=\"data:image/png;base64,{}\">",
                "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4AAA8/".repeat(10_000)
            ))
            .is_ok()
        );
        assert!(parse(&format!("<p>{}</p>", "word ".repeat(100_000))).is_ok());
        assert_eq!(
            collapse(&text_of(&format!("<p{attributes}>x &amp; y</p>"))),
            "x & y"
        );
    }

    #[test]
    fn tags_are_told_from_comparisons() {
        assert!(has_tags("a <b>") && has_tags("</p>") && has_tags("<!--"));
        assert!(!has_tags("1 < 2, 3<4 and <3"));
    }
}
