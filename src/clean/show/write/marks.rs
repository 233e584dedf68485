//! The marks of an original: what was taken, and what was changed.

use super::super::super::tree::{NodeId, escape};
use super::{Inside, Writer, fitting};
use std::fmt::Write as _;

impl Writer<'_> {
    /// The removal that took all of a node, where its mark is not open yet.
    pub(super) fn claim(&self, id: NodeId) -> Option<u32> {
        let (places, _) = self.marks?;
        let span = places.atoms.spans.get(&id)?;
        let claim = *places.claims.get(span.start).filter(|_| !span.is_empty())?;
        let is_whole =
            claim != 0 && !self.marking.contains(&claim) && places.run_end(span.start) >= span.end;
        is_whole.then_some(claim)
    }

    pub(super) fn changes(&self, id: NodeId) -> Vec<usize> {
        let changes = self.marks.and_then(|(places, _)| places.changes.get(&id));
        changes.cloned().unwrap_or_default()
    }

    /// Tells what was changed of an element that stayed: at its beginning, but behind a link, which can't hold another, and in
    /// the first item of a list or table.
    pub(super) fn note_changes(&mut self, id: NodeId, is_link: bool) {
        let changes = self.changes(id);
        if !changes.is_empty() {
            let opened = self
                .open
                .iter()
                .rposition(|open| open.node == id && open.link)
                .filter(|_| is_link);
            let around = |at: usize| at.checked_sub(1).map(|above| &self.open[above]);
            let behind =
                opened.filter(|at| around(*at).is_none_or(|open| open.inside.holds_text()));
            match behind {
                Some(at) => {
                    let is_linked = around(at).is_some_and(|open| open.link);
                    let said = self.change(&changes, is_linked);
                    self.open[at].close.push_str(&said);
                }
                None => {
                    let said = self.change(&changes, self.is_linked());
                    self.pending.push_str(&said);
                }
            }
        }
        self.tell_pending();
    }

    /// Writes what was to be told, where text may stand.
    pub(super) fn tell_pending(&mut self) {
        if !self.pending.is_empty() && self.inside().holds_text() {
            self.out.push_str(&std::mem::take(&mut self.pending));
        }
    }

    /// Opens the mark of a removal, which ends with a node.
    pub(super) fn mark(&mut self, node: NodeId, claim: u32, is_block: bool) {
        self.out.push_str(if is_block {
            "<del class=\"cut block\">"
        } else {
            "<del class=\"cut\">"
        });
        self.label(claim, is_block);
        self.marking.push(claim);
        let inside = match self.inside() {
            Inside::Figure | Inside::List | Inside::Terms => Inside::Flow,
            inside => inside,
        };
        self.push(node, "</del>", inside);
        if let Some(open) = self.open.last_mut() {
            open.marks = 1;
        }
    }

    /// Says once which removal it is: in full where there is room.
    pub(super) fn label(&mut self, claim: u32, is_long: bool) {
        let Some((_, marks)) = self.marks else {
            return;
        };
        let place = claim as usize - 1;
        let Some(reason) = marks
            .reasons
            .get(place)
            .filter(|_| !self.told_at.contains_key(&place))
        else {
            return;
        };
        let number = marks.first + self.tell(place);
        let label = match is_long {
            true => long(number, reason, self.is_linked()),
            false => short(number, reason, self.is_linked()),
        };
        let _ = write!(self.out, "{label} ");
    }

    /// Which of those that are told a removal is: the next one, where it was not told before.
    fn tell(&mut self, place: usize) -> usize {
        *self.told_at.entry(place).or_insert_with(|| {
            self.told.push(place);
            self.told.len() - 1
        })
    }

    /// What was changed, as numbers.
    pub(super) fn change(&mut self, changes: &[usize], is_linked: bool) -> String {
        let Some((_, marks)) = self.marks else {
            return String::new();
        };
        let label = |place: &usize| {
            let reason = marks.reasons.get(*place)?;
            let number = marks.first + self.tell(*place);
            Some(short(number, reason, is_linked))
        };
        let all: Vec<String> = changes.iter().filter_map(label).collect();
        format!("<sup class=\"chg\">{}</sup>", all.join(" "))
    }

    /// A text, with the marks of what was taken of it.
    pub(super) fn text(&mut self, id: NodeId, text: &str) {
        let span = self
            .marks
            .and_then(|(places, _)| Some((places, places.atoms.spans.get(&id)?)));
        let whole = text.len();
        let text = fitting(text, self.room());
        self.is_cut |= text.len() < whole;
        let Some((places, span)) = span else {
            self.out.push_str(&escape(text));
            return;
        };
        let around = self.marking.last().copied().unwrap_or_default();
        let mut atom = span.start;
        let mut current = around;
        let mut blank = String::new();
        for c in text.chars() {
            if c.is_whitespace() {
                blank.push(c);
                continue;
            }
            let claim = places.claims.get(atom).copied().unwrap_or_default();
            let claim = if claim == 0 || self.marking.contains(&claim) {
                around
            } else {
                claim
            };
            atom += c.len_utf8();
            if claim != current {
                if self.room() == 0 {
                    self.is_cut = true;
                    break;
                }
                if current != around {
                    self.out.push_str("</del>");
                }
                self.out.push_str(&std::mem::take(&mut blank));
                if claim != around {
                    self.out.push_str("<del class=\"cut\">");
                    self.label(claim, false);
                }
                current = claim;
            }
            self.out.push_str(&std::mem::take(&mut blank));
            let mut bytes = [0; 4];
            self.out.push_str(&escape(c.encode_utf8(&mut bytes)));
        }
        if current != around {
            self.out.push_str("</del>");
        }
        self.out.push_str(&blank);
    }
}

fn short(number: usize, reason: &str, is_linked: bool) -> String {
    let reason = escape(reason);
    match is_linked {
        true => format!("<span class=\"why\">{number}</span>"),
        false => {
            format!("<a class=\"why\" href=\"#r{number}\" title=\"{number} {reason}\">{number}</a>")
        }
    }
}

fn long(number: usize, reason: &str, is_linked: bool) -> String {
    let reason = escape(reason);
    match is_linked {
        true => format!("<span class=\"why\">{number} {reason}</span>"),
        false => format!("<a class=\"why\" href=\"#r{number}\">{number} {reason}</a>"),
    }
}
