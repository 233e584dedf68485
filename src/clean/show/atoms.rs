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

/// Whether two media are the same one, as far as their attributes tell: one has an address of the other, as it is, without
/// its query, or relative; or neither has any.
pub(super) fn is_like(a: NodeRef<'_>, b: NodeRef<'_>) -> bool {
    let (Some(a), Some(b)) = (a.value().as_element(), b.value().as_element()) else {
        return true;
    };
    let addresses = |element: &scraper::node::Element| -> Vec<String> {
        let values = element
            .attrs()
            .filter(|(name, _)| tells(name))
            .map(|(_, value)| value.trim().to_owned());
        values.filter(|value| value.len() > 2).collect()
    };
    let (ours, theirs) = (addresses(a), addresses(b));
    if ours.is_empty() && theirs.is_empty() {
        return true;
    }
    ours.iter()
        .any(|ours| theirs.iter().any(|theirs| is_same(ours, theirs)))
}

/// Whether an attribute tells which one of several media it is.
fn tells(name: &str) -> bool {
    !matches!(
        name,
        "class" | "style" | "width" | "height" | "loading" | "decoding" | "sizes" | "type"
    )
}

/// Whether two addresses are one, of which one was made absolute or rid of its query.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    let bare = |address: &str| -> String {
        let end = address.find(['?', '#']).unwrap_or(address.len());
        let start = address[..end].trim_start_matches("./");
        start.trim_start_matches("../").to_owned()
    };
    if a == b {
        return true;
    }
    let (a, b) = (bare(a), bare(b));
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    short.len() > 3 && long.ends_with(&short)
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
