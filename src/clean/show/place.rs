//! Where in an original each removal stood.
//!
//! It does what the passes did, one after the other, on a row of atoms: what was taken leaves the row, so that what was taken
//! around it later is found in one piece. It is a search and no second wash: what it does not find it says.
//!
//! Invariant: the work is limited by [`COST_MAX`], whatever the removals are.

mod index;

use super::super::tree::NodeId;
use super::atoms::{Atoms, Origin, addresses, is_like, piece, text_of};
use crate::model::Removal;
use index::Index;
use memchr::memmem;
use scraper::{Html, Node};
use std::collections::HashMap;

/// How much may be done for one field, in steps that take a nanosecond or less: a byte that is looked at or moved is one. Some
/// thousand removals in an entry of the usual length stay below it, and so does an attribute changed in each of ten thousand
/// links.
const COST_MAX: usize = 150_000_000;

/// What a byte of markup costs until it is atoms of a tree …
const PARSED_COST: usize = 40;

/// … and a piece, however short.
const PIECE_COST: usize = 8_000;

/// How many places are compared for one piece.
const CANDIDATES_MAX: usize = 64;

/// What it costs to compare a piece with a place, or a medium with another, beside their bytes.
const JUDGED_COST: usize = 400;

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
    /// What a `src` or `srcset` that was changed became.
    pub(super) sources: HashMap<(NodeId, &'static str), String>,
    /// What the search cost, in steps of [`COST_MAX`].
    #[cfg(test)]
    cost: usize,
}

/// Finds removals in an original, in the order in which they were made.
pub(super) fn places(html: &Html, removals: &[&Removal]) -> Places {
    let atoms = Atoms::of(html);
    let mut search = Search {
        row: atoms.bytes.clone(),
        from: (0..atoms.bytes.len()).collect(),
        claims: vec![0; atoms.bytes.len()],
        changes: HashMap::new(),
        index: Index::of(html, removals),
        cost: 0,
        html,
        atoms: &atoms,
    };
    for (place, removal) in removals.iter().enumerate() {
        if search.is_spent() {
            break;
        }
        search.place(place, removal);
    }
    #[cfg(test)]
    let cost = search.cost + search.index.cost;
    let (claims, changes, sources) = (search.claims, search.changes, search.index.sources);
    Places {
        sources,
        #[cfg(test)]
        cost,
        atoms,
        runs: runs(&claims),
        claims,
        changes,
    }
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
    index: Index<'h>,
    cost: usize,
}

impl Search<'_> {
    fn is_spent(&self) -> bool {
        self.cost + self.index.cost > COST_MAX
    }

    /// A piece as a tree.
    fn piece(&mut self, markup: &str) -> Option<Html> {
        self.cost += PIECE_COST + markup.len() * PARSED_COST;
        piece(markup)
    }

    /// Finds a removal, and does what it did.
    fn place(&mut self, place: usize, removal: &Removal) {
        let before = removal.before.trim();
        let is_markup = before.starts_with('<');
        match removal.after.as_deref() {
            // Those words in a story are no attribute.
            None if is_attribute(&removal.rule, before) => {
                self.attribute_gone(place, &removal.rule, before);
            }
            None => self.taken(place, before),
            Some("") if is_markup && self.unwrapped(place, before) => {}
            Some(after) if !is_markup && self.attribute_changed(place, before, after) => {}
            Some(after) => self.replaced(place, before, after),
        }
    }

    /// Something was taken out: as one piece, or as several that stood apart.
    fn taken(&mut self, place: usize, before: &str) {
        let Some(markup) = self.piece(before) else {
            return;
        };
        if let Some(range) = self.find(&markup, &Atoms::of(&markup)) {
            return self.claim(place, range);
        }
        let pieces = markup
            .root_element()
            .children()
            .map(|node| super::super::tree::outer(node));
        let pieces: Vec<String> = pieces.filter(|piece| !piece.trim().is_empty()).collect();
        if pieces.len() < 2 {
            return;
        }
        for outer in pieces {
            if self.is_spent() {
                break;
            }
            let Some(markup) = self.piece(&outer) else {
                continue;
            };
            if let Some(range) = self.find(&markup, &Atoms::of(&markup)) {
                self.claim(place, range);
            }
        }
    }

    /// Something else was put in the place of an element.
    fn replaced(&mut self, place: usize, before: &str, after: &str) {
        let Some(markup) = self.piece(before) else {
            return;
        };
        let Some(range) = self.find(&markup, &Atoms::of(&markup)) else {
            return;
        };
        let origin = self.from[range.start];
        self.changed(self.origin(origin).node, place);
        let bytes = self
            .piece(after)
            .map_or_else(Vec::new, |after| Atoms::of(&after).bytes);
        let from = vec![origin; bytes.len()];
        self.cost += 2 * (self.row.len() - range.start) + bytes.len();
        self.row.splice(range.clone(), bytes);
        self.from.splice(range, from);
    }

    /// An element went, and what stood in it stayed.
    fn unwrapped(&mut self, place: usize, before: &str) -> bool {
        let found = self
            .index
            .unwrapped(before, |node| is_taken(&self.claims, self.atoms, node));
        self.found(place, found)
    }

    /// An attribute got another value.
    fn attribute_changed(&mut self, place: usize, before: &str, after: &str) -> bool {
        let found = self.index.changed(before, after, |node| {
            is_taken(&self.claims, self.atoms, node)
        });
        self.found(place, found)
    }

    /// An attribute went: `name="value"`.
    fn attribute_gone(&mut self, place: usize, rule: &str, before: &str) {
        let found = self.index.gone(rule, before, |node| {
            is_taken(&self.claims, self.atoms, node)
        });
        self.found(place, found);
    }

    /// Whether the element of a change was found, which then is noted.
    fn found(&mut self, place: usize, node: Option<NodeId>) -> bool {
        node.map(|node| self.changed(node, place)).is_some()
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
        // All that stands behind it moves.
        self.cost += 2 * (self.row.len() - range.start);
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
        self.cost += needle.len();
        let text_bytes = needle.iter().filter(|byte| **byte < 0xf8).count();
        let finder = memmem::Finder::new(needle);
        let (mut best, mut from) = (None, 0);
        for _ in 0..CANDIDATES_MAX {
            // Places may overlap: of four pictures in a row the last three may be it.
            let start = finder.find(&self.row[from..]).map(|at| from + at);
            self.cost += start.unwrap_or(self.row.len()) - from;
            let Some(start) = start.filter(|_| !self.is_spent()) else {
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
        &mut self,
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
        let mut cost = JUDGED_COST + atoms.bytes.len();
        for (at, _) in media.take(CANDIDATES_MAX) {
            all += 1;
            let ours = self
                .html
                .tree
                .get(self.origin(self.from[range.start + at]).node);
            let theirs = markup.tree.get(atoms.origins[at].node);
            let (ours, theirs) = (addresses(ours), addresses(theirs));
            let all_bytes = ours.iter().chain(&theirs).map(|address| address.len());
            cost += JUDGED_COST + all_bytes.sum::<usize>();
            like += u32::from(is_like(&ours, &theirs));
        }
        self.cost += cost;
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
        let after = text
            .get(origin.at + 1..)
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

/// Whether what was taken is an attribute: `onclick="…"` by the rule `p onclick`.
fn is_attribute(rule: &str, before: &str) -> bool {
    let names = rule.split_once(' ').zip(before.split_once("=\""));
    names.is_some_and(|((_, told), (name, _))| {
        before.ends_with('"') && told.eq_ignore_ascii_case(name)
    })
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

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, washed};
    use super::super::super::tree;
    use super::*;
    use crate::model::Rules;
    use std::collections::HashSet;

    /// What it costs to find what is taken out of so many pieces, and how many of those aren't found.
    fn cost(piece: impl Fn(usize) -> String, count: usize) -> (usize, usize) {
        let html: String = (0..count).map(piece).collect();
        let html = format!("<p>The story of the day.</p>{html}");
        let (_, removals, _) = washed(&body(&html), &Rules::default());
        assert!(removals.len() >= count, "{}", removals.len());
        let removals: Vec<&Removal> = removals.iter().collect();
        let places = places(&tree::parse(&html).unwrap(), &removals);
        let claims = places.claims.iter().filter(|claim| **claim > 0);
        let mut found: HashSet<usize> = claims.map(|claim| *claim as usize - 1).collect();
        found.extend(places.changes.values().flatten());
        (places.cost, removals.len() - found.len())
    }

    #[track_caller]
    fn check_linear(piece: impl Fn(usize) -> String + Copy) {
        let ((few, lost), (many, lost_of_many)) = (cost(piece, 200), cost(piece, 800));
        assert!(few > 0 && many <= few * 5, "{few} and {many}");
        assert_eq!((lost, lost_of_many), (0, 0));
    }

    #[test]
    fn attributes_and_tags_cost_what_they_are() {
        check_linear(|n| format!("<a href=\"/{n}?utm_source=y\">a</a> "));
        check_linear(|n| format!("<a href=\"https://a.example/{n}?utm_source=y\">a</a> "));
        check_linear(|_| "<a href=\"/a?utm_source=y\">a</a> ".to_owned());
        check_linear(|_| "<form>a</form> ".to_owned());
        check_linear(|n| format!("<form id=f{n}>a</form> "));
        check_linear(|_| "<b onclick=x>a</b> ".to_owned());
    }

    #[test]
    fn the_search_ends_where_it_costs_too_much() {
        let piece = |_| "<script>x</script>word ".to_owned();
        let most = COST_MAX + COST_MAX / 10;
        let count = 6_000;
        let (cost, lost) = cost(piece, count);
        assert!(cost <= most, "{cost}");
        assert!(lost > 0 && lost < count, "{lost}");
    }
}
