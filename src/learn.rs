//! Which lines an outlet repeats: counts of fingerprints to the rules that the washer may act on.
//!
//! It sees no text, only how often which fingerprint was met and in how many distinct entries, so what is
//! learnt needs no language. It keeps no state: counts come in, and rules that the counts no longer bear
//! out are simply not made again.
//!
//! Invariants: nothing is learnt from fewer than [`ENTRIES_MIN`] entries; the result depends on the counts alone.

use crate::model::{Boilerplate, Fingerprint, Repeats, Sighting};
use std::collections::{HashMap, HashSet};

/// The fewest entries that must have a line. Two may quote each other.
pub const ENTRIES_MIN: u32 = 3;

/// The smallest share of entries, in per cent: 32 of 37 junk lines that were measured repeat in half of their
/// outlet's entries or more.
const SHARE_MIN: u32 = 50;

/// How often each fingerprint was met, once an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    entries: u32,
    seen: HashMap<Fingerprint, u32>,
}

impl Counts {
    /// Counts one entry. Entries without anything to compare are evidence of nothing.
    pub fn add(&mut self, sightings: &[Sighting]) {
        if sightings.is_empty() {
            return;
        }
        self.entries += 1;
        let distinct: HashSet<_> = sightings.iter().map(|sighting| sighting.print).collect();
        for print in distinct {
            *self.seen.entry(print).or_default() += 1;
        }
    }
}

/// The lines that so many entries have that no story explains it.
#[must_use]
pub fn boilerplate(counts: &Counts) -> Boilerplate {
    let repeats = counts.seen.iter().filter_map(|(print, &entries)| {
        let is_often = entries * 100 >= counts.entries * SHARE_MIN;
        (entries >= ENTRIES_MIN && is_often).then_some((
            *print,
            Repeats {
                entries,
                of: counts.entries,
            },
        ))
    });
    Boilerplate {
        repeats: repeats.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entries: &[&[u64]], expected: &[(u64, u32)]) {
        let mut counts = Counts::default();
        for prints in entries {
            let sightings: Vec<_> = prints
                .iter()
                .map(|print| Sighting {
                    print: Fingerprint(*print),
                })
                .collect();
            counts.add(&sightings);
        }
        let learnt = boilerplate(&counts);
        let mut found: Vec<_> = learnt
            .repeats
            .iter()
            .map(|(print, repeats)| (print.0, repeats.entries))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn three_entries_and_half_of_them_teach() {
        check(&[&[1, 2], &[1, 3], &[1, 4]], &[(1, 3)]);
        check(&[&[1], &[1], &[2], &[3], &[4], &[1]], &[(1, 3)]);
    }

    #[test]
    fn two_entries_teach_nothing() {
        check(&[&[1], &[1]], &[]);
    }

    #[test]
    fn what_fades_is_forgotten() {
        check(&[&[1], &[1], &[1], &[2], &[3], &[4], &[5]], &[]);
    }

    #[test]
    fn a_line_counts_once_an_entry() {
        check(&[&[1, 1, 1], &[2]], &[]);
    }

    #[test]
    fn entries_without_text_do_not_count() {
        check(&[&[1], &[1], &[1], &[], &[], &[], &[]], &[(1, 3)]);
    }
}
