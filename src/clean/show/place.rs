//! Where in an original each removal stood.
//!
//! It does what the passes did, one after the other, on a row of atoms: what was taken leaves the row, so that what was taken
//! around it later is found in one piece. It is a search and no second wash: what it does not find it says.
//!
//! Invariant: the work is limited by [`LOOKED_AT_MAX`], whatever the removals are.

use super::super::tree::NodeId;
use super::atoms::{Atoms, Origin, is_like, is_same, piece, text_of};
use crate::model::Removal;
use memchr::memmem;
use scraper::{Html, Node};
use std::collections::HashMap;

/// How many bytes all searches of a field look at together: a tenth of a second. Thousands of removals in an entry of the usual
/// length stay below it.
const LOOKED_AT_MAX: usize = 256 << 20;

/// How many places are compared for one piece.
const CANDIDATES_MAX: usize = 64;

/// A piece of less text than this could stand anywhere, so it has to be whole words.
const SHORT_BYTES: usize = 24;

/// What became of an original.
pub(super) struct Places {
    pub(super) atoms: Atoms,
    /// For each atom the place in the list of the removal that took it, plus one; 0 where it stayed.
    pub(super) claims: Vec<u32>,
    /// For each atom where the run of its claim ends.
    runs: Vec<usize>,
    /// Removals that changed an element and left it there, by their places in the list.
    pub(super) changes: HashMap<NodeId, Vec<usize>>,
    /// Removals that were not found, by their places in the list.
    pub(super) unplaced: Vec<usize>,
}

/// Finds removals in an original, in the order in which they were made.
pub(super) fn places(html: &Html, removals: &[&Removal]) -> Places {
    let atoms = Atoms::of(html);
    let mut search = Search {
        row: atoms.bytes.clone(),
        from: (0..atoms.bytes.len()).collect(),
        claims: vec![0; atoms.bytes.len()],
        changes: HashMap::new(),
        attributes: attributes(html),
        looked_at: 0,
        html,
        atoms: &atoms,
    };
    let mut unplaced = Vec::new();
    for (place, removal) in removals.iter().enumerate() {
        if search.looked_at > LOOKED_AT_MAX || !search.place(place, removal) {
            unplaced.push(place);
        }
    }
    let (claims, changes) = (search.claims, search.changes);
    Places {
        atoms,
        runs: runs(&claims),
        claims,
        changes,
        unplaced,
    }
}

/// An attribute of the original, with the value that it has by now.
struct Attribute {
    node: NodeId,
    name: String,
    value: String,
}

fn attributes(html: &Html) -> Vec<Attribute> {
    let elements = html
        .root_element()
        .descendants()
        .filter_map(|node| Some((node.id(), node.value().as_element()?)));
    let all = elements.flat_map(|(id, element)| {
        element.attrs().map(move |(name, value)| Attribute {
            node: id,
            name: name.to_owned(),
            value: value.trim().to_owned(),
        })
    });
    all.collect()
}

struct Search<'h> {
    html: &'h Html,
    atoms: &'h Atoms,
    /// What is left of the row …
    row: Vec<u8>,
    /// … and which atom of the original each of its bytes is.
    from: Vec<usize>,
    claims: Vec<u32>,
    changes: HashMap<NodeId, Vec<usize>>,
    attributes: Vec<Attribute>,
    looked_at: usize,
}

impl Search<'_> {
    /// Whether a removal was found.
    fn place(&mut self, place: usize, removal: &Removal) -> bool {
        let before = removal.before.trim();
        match removal.after.as_deref() {
            None => {
                (!before.starts_with('<') && self.attribute_gone(place, before))
                    || self.taken(place, before)
            }
            Some("") if before.starts_with('<') && self.unwrapped(place, before) => true,
            Some(after) => {
                if !before.starts_with('<') && self.attribute_changed(place, before, after) {
                    return true;
                }
                self.replaced(place, before, after)
            }
        }
    }

    /// Something was taken out: as one piece, or as several that stood apart.
    fn taken(&mut self, place: usize, before: &str) -> bool {
        let Some(markup) = piece(before) else {
            return false;
        };
        if let Some(range) = self.find(&markup, &Atoms::of(&markup)) {
            self.claim(place, range);
            return true;
        }
        let pieces = markup
            .root_element()
            .children()
            .map(|node| super::super::tree::outer(node));
        let pieces: Vec<String> = pieces.filter(|piece| !piece.trim().is_empty()).collect();
        if pieces.len() < 2 {
            return false;
        }
        let mut is_found = false;
        for markup in pieces.iter().filter_map(|markup| piece(markup)) {
            if let Some(range) = self.find(&markup, &Atoms::of(&markup)) {
                self.claim(place, range);
                is_found = true;
            }
        }
        is_found
    }

    /// Something else was put in the place of an element.
    fn replaced(&mut self, place: usize, before: &str, after: &str) -> bool {
        let Some(markup) = piece(before) else {
            return false;
        };
        let Some(range) = self.find(&markup, &Atoms::of(&markup)) else {
            return false;
        };
        let origin = self.from[range.start];
        self.changed(self.origin(origin).node, place);
        let bytes = piece(after).map_or_else(Vec::new, |after| Atoms::of(&after).bytes);
        let from = vec![origin; bytes.len()];
        self.row.splice(range.clone(), bytes);
        self.from.splice(range, from);
        true
    }

    /// An element went, and what stood in it stayed.
    fn unwrapped(&mut self, place: usize, before: &str) -> bool {
        let name: String = before[1..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect();
        let nodes = self.html.root_element().descendants();
        let mut same = nodes.filter(|node| {
            let element = node.value().as_element();
            element.is_some_and(|element| element.name() == name)
                && !self.changes.contains_key(&node.id())
        });
        let Some(node) = same.next().map(|node| node.id()) else {
            return false;
        };
        self.changed(node, place);
        true
    }

    /// An attribute got another value.
    fn attribute_changed(&mut self, place: usize, before: &str, after: &str) -> bool {
        self.looked_at += self.attributes.len();
        let alive =
            |attribute: &&mut Attribute| !is_taken(&self.claims, self.atoms, attribute.node);
        let exact = self
            .attributes
            .iter_mut()
            .filter(alive)
            .find(|attribute| attribute.value == before);
        let found = match exact {
            Some(found) => Some(found),
            None => self.attributes.iter_mut().filter(alive).find(|attribute| {
                attribute.value.len() > 3
                    && matches!(
                        attribute.name.as_str(),
                        "href" | "src" | "srcset" | "poster" | "cite"
                    )
                    && !attribute.value.contains("://")
                    && is_same(before, &attribute.value)
            }),
        };
        let Some(attribute) = found else {
            return false;
        };
        after.clone_into(&mut attribute.value);
        let node = attribute.node;
        self.changed(node, place);
        true
    }

    /// An attribute went: `name="value"`.
    fn attribute_gone(&mut self, place: usize, before: &str) -> bool {
        let Some((name, value)) = before.split_once("=\"") else {
            return false;
        };
        let value = value.strip_suffix('"').unwrap_or(value).trim();
        self.looked_at += self.attributes.len();
        let found = self.attributes.iter().position(|attribute| {
            attribute.name.eq_ignore_ascii_case(name) && attribute.value == value
        });
        let Some(found) = found else {
            return false;
        };
        let node = self.attributes.swap_remove(found).node;
        self.changed(node, place);
        true
    }

    fn changed(&mut self, node: NodeId, place: usize) {
        self.changes.entry(node).or_default().push(place);
    }

    fn origin(&self, atom: usize) -> Origin {
        self.atoms.origins[atom]
    }

    /// Marks what a removal took, and takes it out of the row.
    fn claim(&mut self, place: usize, range: std::ops::Range<usize>) {
        let claim = u32::try_from(place + 1).unwrap_or(u32::MAX);
        for at in range.clone() {
            self.claims[self.from[at]] = claim;
        }
        self.row.drain(range.clone());
        self.from.drain(range);
    }

    /// The place of a piece in what is left, if there is one that may be it.
    fn find(&mut self, markup: &Html, atoms: &Atoms) -> Option<std::ops::Range<usize>> {
        let needle = &atoms.bytes;
        if needle.is_empty() {
            return None;
        }
        self.looked_at += self.row.len();
        let text_bytes = needle.iter().filter(|byte| **byte < 0xf8).count();
        let finder = memmem::Finder::new(needle);
        let (mut best, mut from) = (None, 0);
        for _ in 0..CANDIDATES_MAX {
            // Places may overlap: of four pictures in a row the last three may be it.
            let Some(start) = finder.find(&self.row[from..]).map(|at| from + at) else {
                break;
            };
            from = start + 1;
            let range = start..start + needle.len();
            let (rank, is_fit) = self.judge(markup, atoms, &range, text_bytes);
            if is_fit && best.as_ref().is_none_or(|(best, _)| rank > *best) {
                best = Some((rank, range));
            }
        }
        best.map(|(_, range)| range)
    }

    /// How well a piece fits a place, and whether it may be it at all.
    fn judge(
        &self,
        markup: &Html,
        atoms: &Atoms,
        range: &std::ops::Range<usize>,
        text_bytes: usize,
    ) -> (u32, bool) {
        let media = atoms
            .bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte >= 0xf8);
        let (mut all, mut like) = (0, 0);
        for (at, _) in media.take(CANDIDATES_MAX) {
            all += 1;
            let ours = self
                .html
                .tree
                .get(self.origin(self.from[range.start + at]).node);
            let theirs = markup.tree.get(atoms.origins[at].node);
            like += u32::from(
                ours.zip(theirs)
                    .is_some_and(|(ours, theirs)| is_like(ours, theirs)),
            );
        }
        let is_whole = self.is_edge(range.start, true) && self.is_edge(range.end - 1, false);
        let name = self.is_named_alike(markup, range.start);
        let rank = u32::from(name) * 4 + u32::from(is_whole) * 2 + u32::from(all == like);
        let has_text = text_bytes >= SHORT_BYTES;
        (rank, has_text || all == like && is_whole)
    }

    /// Whether a word begins or ends at an atom.
    fn is_edge(&self, at: usize, is_start: bool) -> bool {
        let origin = self.origin(self.from[at]);
        let Some(text) = text_of(self.html, origin.node) else {
            return true;
        };
        if is_start {
            let before = text
                .get(..origin.at)
                .and_then(|text| text.chars().next_back());
            return before.is_none_or(|c| !c.is_alphanumeric());
        }
        let after = text.as_bytes().get(origin.at + 1..).unwrap_or_default();
        let after = std::str::from_utf8(after)
            .ok()
            .and_then(|text| text.chars().next());
        after.is_none_or(|c| !c.is_alphanumeric())
    }

    /// Whether something around an atom has the name and the class of the piece's first element.
    fn is_named_alike(&self, markup: &Html, at: usize) -> bool {
        const ABOVE: usize = 8;
        let first = markup.root_element().children().next();
        let Some(Node::Element(first)) = first.as_ref().map(|node| node.value()) else {
            return false;
        };
        let node = self.html.tree.get(self.origin(self.from[at]).node);
        let is_alike = |node: ego_tree::NodeRef<'_, Node>| {
            let element = node.value().as_element();
            element
                .is_some_and(|e| e.name() == first.name() && e.attr("class") == first.attr("class"))
        };
        node.is_some_and(|node| {
            std::iter::once(node)
                .chain(node.ancestors())
                .take(ABOVE)
                .any(is_alike)
        })
    }
}

/// Whether all of a node was taken.
fn is_taken(claims: &[u32], atoms: &Atoms, node: NodeId) -> bool {
    let Some(span) = atoms.spans.get(&node) else {
        return false;
    };
    !span.is_empty() && claims[span.start] != 0 && claims[span.end - 1] != 0
}

impl Places {
    /// The end of the run of atoms that the same removal took as the one at a place.
    pub(super) fn run_end(&self, at: usize) -> usize {
        self.runs.get(at).copied().unwrap_or(at)
    }
}

/// For each atom the end of its run.
fn runs(claims: &[u32]) -> Vec<usize> {
    let mut runs = vec![claims.len(); claims.len()];
    for at in (0..claims.len().saturating_sub(1)).rev() {
        runs[at] = if claims[at] == claims[at + 1] {
            runs[at + 1]
        } else {
            at + 1
        };
    }
    runs
}
