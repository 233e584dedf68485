//! Entries that are read as soon as they end, while the tree of their document is still being built.
//!
//! So the tree holds one entry at a time, in memory that the next one takes again. Only where it is
//! certain by then what the document is and where its entries stand; the others wait for the whole
//! tree. Decides nothing about an entry: `feed` takes those that it comes to, in its own order.

use super::entry;
use super::notes::Notes;
use super::roles::{self, Role};
use super::scope::{Reader, Scope};
use super::tree::El;
use crate::limits::ENTRIES_MAX;
use crate::model::Entry;

/// The entries that have been read, in document order.
#[derive(Debug, Default)]
pub(super) struct Early {
    /// The scope around the root.
    document: Scope,
    /// How long the document is, in bytes.
    length: usize,
    pub(super) entries: Vec<Entry>,
    /// Where each of them begins.
    pub(super) starts: Vec<usize>,
}

impl Early {
    /// None yet, of a document of that many bytes.
    pub(super) fn new(url: Option<&str>, length: usize) -> Self {
        Self {
            document: Scope::of_document(url),
            length,
            ..Self::default()
        }
    }

    /// Reads an element that has ended in the document's first root, or in a child of that; false where it has to wait.
    pub(super) fn read<'a>(
        &mut self,
        root: &El<'a>,
        channel: Option<&El<'a>>,
        el: &mut El<'a>,
        notes: &mut Notes,
    ) -> bool {
        let is_root = root.family.is_native() && matches!(&*root.lower(), "rss" | "feed")
            || root.family == super::Family::Rdf && &*root.lower() == "rdf";
        let is_channel = |el: &El<'_>| el.family.is_native() && &*el.lower() == "channel";
        let atom = is_atom(root);
        if !is_root
            || !channel.is_none_or(is_channel)
            || roles::of_feed(el, atom) != Role::Entry
            || self.entries.len() > ENTRIES_MAX
        {
            return false;
        }
        let mut scope = root_scope(&self.document, root);
        if let Some(channel) = channel {
            scope = scope.enter(channel);
        }
        self.make_room(el.at);
        self.starts.push(el.at);
        let mut reader = Reader::new(notes, atom);
        self.entries.push(entry::read(el, &scope, &mut reader));
        true
    }

    /// Makes room for as many as the rest of the document will have, if they are like those before, but
    /// never for more than there are already.
    fn make_room(&mut self, at: usize) {
        const FIRST: usize = 8;
        let read = self.entries.len();
        if read < self.entries.capacity() {
            return;
        }
        let from = self.starts.first().copied().unwrap_or(at);
        let bytes_each = (at - from).checked_div(read).unwrap_or_default().max(1);
        let left = self.length.saturating_sub(at) / bytes_each + 1;
        // A little more, for a second growth costs more than that.
        let expected = left + left / 16;
        self.entries.reserve_exact(expected.min(read.max(FIRST)));
    }
}

/// Puts the entries that begin at `starts` in the order of `taken`; those that nobody took go.
pub(super) fn put_in_order(entries: &mut Vec<Entry>, starts: &[usize], taken: &[usize]) {
    if starts != taken {
        let mut places: Vec<_> = starts.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let find = |at: &usize| places.binary_search_by_key(at, |(start, _)| *start).ok();
        let indices = taken.iter().filter_map(find);
        *entries = indices
            .map(|index| std::mem::take(&mut entries[places[index].1]))
            .collect();
    }
    entries.shrink_to_fit();
}

/// Whether a document with this root is Atom.
pub(super) fn is_atom(root: &El<'_>) -> bool {
    matches!(&*root.lower(), "feed" | "entry")
}

/// The scope inside a document's root.
pub(super) fn root_scope(document: &Scope, root: &El<'_>) -> Scope {
    let mut scope = document.enter(root);
    scope.language_is_local = false;
    scope.is_atom03 = root.family == super::Family::Atom03;
    scope
}
