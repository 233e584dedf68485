//! What the reader forgave, collected: one warning for each kind, with the first place and a count.
//!
//! A feed of ten thousand bare ampersands is one fact to a person and ten thousand to a machine.

use crate::model::Warning;

/// Collects what was forgiven.
#[derive(Debug, Default)]
pub(super) struct Notes {
    kinds: Vec<Note>,
    /// The document ended within an entry.
    pub(super) broke_entry: bool,
}

#[derive(Debug)]
struct Note {
    kind: &'static str,
    detail: Option<String>,
    at: usize,
    count: usize,
}

/// The longest detail that a warning quotes, in characters.
const DETAIL_CHARS_MAX: usize = 60;

/// The place of what has none; it sorts last.
pub(super) const NOWHERE: usize = usize::MAX;

impl Notes {
    /// Notes one case at a place, in bytes from the document's start.
    pub(super) fn add(&mut self, kind: &'static str, at: usize) {
        self.push(kind, at, || None);
    }

    /// Notes one case that has no place.
    pub(super) fn add_anywhere(&mut self, kind: &'static str) {
        self.push(kind, NOWHERE, || None);
    }

    /// Notes one case with the words it is about.
    pub(super) fn add_with(&mut self, kind: &'static str, at: usize, detail: &str) {
        self.push(kind, at, || {
            Some(detail.chars().take(DETAIL_CHARS_MAX).collect())
        });
    }

    fn push(&mut self, kind: &'static str, at: usize, detail: impl FnOnce() -> Option<String>) {
        match self.kinds.iter_mut().find(|note| note.kind == kind) {
            Some(note) => note.count += 1,
            None => self.kinds.push(Note {
                kind,
                detail: detail(),
                at,
                count: 1,
            }),
        }
    }

    /// The warnings in document order, with lines counted in `text`.
    pub(super) fn into_warnings(mut self, text: &str) -> Vec<Warning> {
        self.kinds.sort_by_key(|note| note.at);
        let (mut line, mut counted) = (1_u32, 0);
        self.kinds
            .into_iter()
            .map(|note| {
                let at = note.at.min(text.len());
                let newlines = text.as_bytes()[counted..at]
                    .iter()
                    .filter(|b| **b == b'\n')
                    .count();
                line = line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
                counted = at;
                let detail = note.detail.map(|d| format!(": {d:?}")).unwrap_or_default();
                let times = match note.count {
                    1 => String::new(),
                    n => format!(" ({n} times)"),
                };
                let line = (note.at != NOWHERE).then_some(line);
                Warning::new(format!("{}{detail}{times}", note.kind), line)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_one_warning_with_the_first_line() {
        let mut notes = Notes::default();
        notes.add("b", 6);
        notes.add_with("a", 3, "x\"y");
        notes.add("b", 7);
        let shown: Vec<_> = notes
            .into_warnings("1\n2\n3\n4\n")
            .into_iter()
            .map(|w| (w.message, w.line))
            .collect();
        assert_eq!(
            shown,
            [
                ("a: \"x\\\"y\"".to_owned(), Some(2)),
                ("b (2 times)".to_owned(), Some(4))
            ]
        );
    }
}
