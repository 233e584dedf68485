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
    /// The document ended before its end.
    pub(super) is_cut: bool,
    /// Where the entries begin, in the order of the feed's list.
    pub(super) entries_at: Vec<usize>,
    /// Where the list of them ends, in a document that lists them.
    pub(super) entries_end: Option<usize>,
    /// The entry that is being read, where a place cannot tell.
    pub(super) entry: Option<usize>,
}

#[derive(Debug)]
struct Note {
    kind: &'static str,
    /// The words that it is about, each once and the first few alone.
    details: Vec<String>,
    at: usize,
    /// The entry that the first case stood in, as an index.
    entry: Option<usize>,
    count: usize,
}

/// The longest detail that a warning quotes, in characters.
const DETAIL_CHARS_MAX: usize = 60;

/// How many details of one kind a warning quotes.
const DETAILS_MAX: usize = 3;

/// The place of what has none; it sorts last.
pub(super) const NOWHERE: usize = usize::MAX;

impl Notes {
    /// Notes one case at a place, in bytes from the document's start.
    pub(super) fn add(&mut self, kind: &'static str, at: usize) {
        self.push(kind, at, None);
    }

    /// Notes one case that has no place.
    pub(super) fn add_anywhere(&mut self, kind: &'static str) {
        self.push(kind, NOWHERE, None);
    }

    /// Notes one case with the words it is about.
    pub(super) fn add_with(&mut self, kind: &'static str, at: usize, detail: &str) {
        self.push(kind, at, Some(detail));
    }

    fn push(&mut self, kind: &'static str, at: usize, detail: Option<&str>) {
        let index = match self.kinds.iter().position(|note| note.kind == kind) {
            Some(index) => index,
            None => {
                self.kinds.push(Note {
                    kind,
                    details: Vec::new(),
                    at,
                    entry: self.entry,
                    count: 0,
                });
                self.kinds.len() - 1
            }
        };
        let note = &mut self.kinds[index];
        note.count += 1;
        if let Some(detail) = detail
            && note.details.len() < DETAILS_MAX
        {
            let detail = shortened(detail);
            if !note.details.contains(&detail) {
                note.details.push(detail);
            }
        }
    }

    /// Whether nothing was noted, so that nobody asks for places.
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The warnings in document order, with lines counted in `text`.
    pub(super) fn take_warnings(&mut self, text: &str) -> Vec<Warning> {
        for note in &mut self.kinds {
            if let (NOWHERE, Some(entry)) = (note.at, note.entry) {
                note.at = self.entries_at.get(entry).copied().unwrap_or(NOWHERE);
            }
        }
        self.kinds.sort_by_key(|note| note.at);
        let places = Places::new(text, &self.entries_at, self.entries_end);
        let (mut line, mut counted) = (1_u32, 0);
        std::mem::take(&mut self.kinds)
            .into_iter()
            .map(|note| {
                let at = note.at.min(text.len());
                let newlines = text.as_bytes()[counted..at]
                    .iter()
                    .filter(|b| **b == b'\n')
                    .count();
                line = line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
                counted = at;
                let details: Vec<String> = note.details.iter().map(|d| format!("{d:?}")).collect();
                let detail = match details.as_slice() {
                    [] => String::new(),
                    details => format!(": {}", details.join(", ")),
                };
                let times = match note.count {
                    1 => String::new(),
                    n if note.at == NOWHERE => format!(" ({n} times)"),
                    n => format!(" ({n} times, here first)"),
                };
                let line = (note.at != NOWHERE).then_some(line);
                let message = format!("{}{detail}{times}", note.kind);
                Warning {
                    entry_index: note.entry.or_else(|| places.entry(note.at)),
                    ..Warning::new(message, line)
                }
            })
            .collect()
    }
}

/// The beginning of a detail; a sign says where it goes on.
fn shortened(detail: &str) -> String {
    match detail.char_indices().nth(DETAIL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &detail[..end]),
        None => detail.to_owned(),
    }
}

/// Which entry a place lies in.
struct Places<'t> {
    text: &'t str,
    /// Where entries begin, and which they are, in document order.
    starts: Vec<(usize, usize)>,
    /// Where the last ends, if that is known.
    end: Option<usize>,
}

impl<'t> Places<'t> {
    fn new(text: &'t str, entries_at: &[usize], end: Option<usize>) -> Self {
        let mut starts: Vec<_> = entries_at.iter().copied().zip(0..).collect();
        starts.sort_unstable();
        Self { text, starts, end }
    }

    fn entry(&self, at: usize) -> Option<usize> {
        let behind = self.starts.partition_point(|(start, _)| *start <= at);
        let (start, entry) = *self.starts.get(behind.checked_sub(1)?)?;
        let next = self
            .starts
            .get(behind)
            .map_or(self.text.len(), |next| next.0);
        if let Some(end) = self.end {
            return (at < end).then_some(entry);
        }
        // Behind the last end tag of its kind there is no entry, unless that tag was forgotten.
        let inside = self.text.get(start..next)?;
        let name: &str = inside
            .strip_prefix('<')?
            .split(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
            .next()?;
        let end = inside.rfind(&format!("</{name}"));
        end.is_none_or(|end| at < start + end).then_some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_entry(text: &str, expected: Option<usize>) {
        let mut notes = Notes {
            entries_at: text.match_indices("<i").map(|(at, _)| at).collect(),
            ..Notes::default()
        };
        notes.add("x", text.find('!').unwrap_or(NOWHERE));
        assert_eq!(notes.take_warnings(text)[0].entry_index, expected, "{text}");
    }

    #[test]
    fn a_place_lies_in_an_entry_or_beside_them() {
        check_entry("<c>!<i>a</i><i>b</i></c>", None);
        check_entry("<c><i>!</i><i>b</i></c>", Some(0));
        check_entry("<c><i>a</i>!<i>b</i></c>", None);
        check_entry("<c><i>a</i><i>!</i></c>", Some(1));
        check_entry("<c><i>a</i><i>b</i>!</c>", None);
        check_entry("<c><i>a</i><i>b!", Some(1));
    }

    #[test]
    fn repeats_are_one_warning_with_the_first_line() {
        let mut notes = Notes::default();
        notes.add("b", 6);
        notes.add_with("a", 3, "x\"y");
        notes.add("b", 7);
        notes.add_with("c", 7, "x");
        for detail in ["x", "y", "z", "zz"] {
            notes.add_with("c", 8, detail);
        }
        let shown: Vec<_> = notes
            .take_warnings("1\n2\n3\n4\n")
            .into_iter()
            .map(|w| (w.message, w.line))
            .collect();
        assert_eq!(
            shown,
            [
                ("a: \"x\\\"y\"".to_owned(), Some(2)),
                ("b (2 times, here first)".to_owned(), Some(4)),
                (
                    "c: \"x\", \"y\", \"z\" (5 times, here first)".to_owned(),
                    Some(4)
                )
            ]
        );
    }
}
