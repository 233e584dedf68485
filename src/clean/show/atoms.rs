//! A field as a row of atoms: each byte of what is read, white space left out, and one for each medium.
//!
//! What stands in two trees alike gives the same row, however it is nested, spaced and addressed; so a piece that was taken is
//! found again in the original.

use super::super::tree::{self, NodeId, NodeRef};
use scraper::{Html, Node};
use std::collections::HashMap;
use std::ops::Range;

/// Atoms of media have a byte of their own that no UTF-8 text has.
const IMAGE: u8 = 0xf8;
const FRAME: u8 = 0xf9;
const SCRIPT: u8 = 0xfa;
const CONTROL: u8 = 0xfb;
const PLAYER: u8 = 0xfc;
const DRAWING: u8 = 0xfd;
const RULE: u8 = 0xfe;

/// The atom of an element that shows or does something by itself; what stands in it is no text. Rules and controls may hold
/// nothing; players hold what is shown in their place.
pub(super) fn medium(name: &str) -> Option<u8> {
    Some(match name {
        "img" | "image" => IMAGE,
        "iframe" | "embed" | "frame" => FRAME,
        "script" | "style" | "template" | "link" | "meta" | "base" | "param" => SCRIPT,
        "input" | "textarea" | "select" | "datalist" => CONTROL,
        "audio" | "video" => PLAYER,
        "svg" | "canvas" => DRAWING,
        "hr" => RULE,
        _ => return None,
    })
}

/// Where an atom comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) node: NodeId,
    /// The byte of its text; 0 for a medium.
    pub(super) at: usize,
}

/// The atoms of a tree.
pub(super) struct Atoms {
    pub(super) bytes: Vec<u8>,
    pub(super) origins: Vec<Origin>,
    /// Which atoms each node holds.
    pub(super) spans: HashMap<NodeId, Range<usize>>,
}

impl Atoms {
    /// Those of a tree, in the order in which it is read.
    pub(super) fn of(html: &Html) -> Self {
        let mut atoms = Self {
            bytes: Vec::new(),
            origins: Vec::new(),
            spans: HashMap::new(),
        };
        let mut opaque: Option<NodeId> = None;
        for edge in html.root_element().traverse() {
            match edge {
                ego_tree::iter::Edge::Open(_) if opaque.is_some() => {}
                ego_tree::iter::Edge::Open(node) => {
                    let start = atoms.bytes.len();
                    atoms.spans.insert(node.id(), start..start);
                    if atoms.push(node) {
                        opaque = Some(node.id());
                    }
                }
                ego_tree::iter::Edge::Close(node) => {
                    if opaque == Some(node.id()) {
                        opaque = None;
                    }
                    if opaque.is_none()
                        && let Some(span) = atoms.spans.get_mut(&node.id())
                    {
                        span.end = atoms.bytes.len();
                    }
                }
            }
        }
        atoms
    }

    /// Whether what stands in the node is not looked at.
    fn push(&mut self, node: NodeRef<'_>) -> bool {
        let id = node.id();
        match node.value() {
            Node::Text(text) => {
                for (at, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                    let mut bytes = [0; 4];
                    for (further, byte) in c.encode_utf8(&mut bytes).bytes().enumerate() {
                        self.bytes.push(byte);
                        let at = at + further;
                        self.origins.push(Origin { node: id, at });
                    }
                }
                false
            }
            Node::Element(element) => match medium(element.name()) {
                Some(byte) => {
                    self.bytes.push(byte);
                    self.origins.push(Origin { node: id, at: 0 });
                    true
                }
                None => false,
            },
            _ => false,
        }
    }
}

/// How many attributes of a medium are looked at to know it again. Real ones have below 16, and each is compared with each.
const TELLING_MAX: usize = 16;

/// What tells a medium from others: the values of some of its attributes.
pub(super) fn addresses(node: Option<NodeRef<'_>>) -> Vec<&str> {
    let element = node.and_then(|node| node.value().as_element());
    let attributes = element.into_iter().flat_map(|element| element.attrs());
    let values = attributes
        .filter(|(name, _)| tells(name))
        .map(|(_, value)| value.trim());
    values
        .filter(|value| value.len() > 2)
        .take(TELLING_MAX)
        .collect()
}

/// Whether two media are the same one, as far as their attributes tell: one has an address of the other, as it is, without
/// its query, or relative; or neither has any.
pub(super) fn is_like(ours: &[&str], theirs: &[&str]) -> bool {
    if ours.is_empty() && theirs.is_empty() {
        return true;
    }
    let bare: Vec<&str> = theirs.iter().map(|theirs| bare(theirs)).collect();
    ours.iter().any(|ours| {
        let bare_ours = self::bare(ours);
        theirs.contains(ours) || bare.iter().any(|theirs| is_same(bare_ours, theirs))
    })
}

/// Whether an attribute tells which one of several media it is.
fn tells(name: &str) -> bool {
    !matches!(
        name,
        "class" | "style" | "width" | "height" | "loading" | "decoding" | "sizes" | "type"
    )
}

/// An address without its query, and without where it starts from.
fn bare(address: &str) -> &str {
    let end = memchr::memchr2(b'?', b'#', address.as_bytes()).unwrap_or(address.len());
    let start = address[..end].trim_start_matches("./");
    start.trim_start_matches("../")
}

/// Whether two bare addresses are one, of which one was made absolute.
fn is_same(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.len() > 3 && long.ends_with(short)
}

/// The text of a node's first words, for who wants to know whether a piece begins at a word.
pub(super) fn text_of<'h>(html: &'h Html, id: NodeId) -> Option<&'h str> {
    let node: NodeRef<'h> = html.tree.get(id)?;
    node.value().as_text().map(|text| &**text)
}

/// A tree of a piece of markup; none where it is too much.
pub(super) fn piece(markup: &str) -> Option<Html> {
    tree::parse(markup).ok()
}
