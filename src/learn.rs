//! Which lines an outlet repeats: counts of fingerprints to the rules that the washer may act on.
//!
//! It sees no text, only how often which fingerprint was met and in how many distinct entries, so what is
//! learnt needs no language. It keeps no state: counts come in, and rules that the counts no longer bear
//! out are simply not made again.
//!
//! An outlet with too few entries to tell learns from others: what a platform prints below each of its customers' stories
//! is known by being repeated on several sites that have nothing else in common.
//!
//! Invariants: nothing is learnt from fewer than [`ENTRIES_MIN`] entries; the result depends on the counts alone.

use crate::model::{Boilerplate, Fingerprint, Repeats, Sighting};
use std::collections::{HashMap, HashSet};

/// The fewest entries that must have a line. Two may quote each other.
pub const ENTRIES_MIN: u32 = 3;

/// The smallest share of entries, in per cent: 32 of 37 junk lines that were measured repeat in half of their
/// outlet's entries or more.
const SHARE_MIN: u32 = 50;

/// An outlet of so many entries needs nobody else to tell what it repeats.
pub const ALONE_MIN: u32 = 10;

/// The fewest of its own entries in which an outlet must have a line that others repeat: whatever stands in one alone is
/// its story, which others may well quote below each of theirs.
pub const OWN_MIN: u32 = 2;

/// The fewest other sites that must repeat a line. Two may be one publisher's.
const SITES_MIN: usize = 3;

/// The smallest share of another site's entries that must have a line, in per cent: nearly all of them, for there it is
/// seen without knowing how long it is or where it stands.
pub const ELSEWHERE_SHARE_MIN: u32 = 90;

/// How often each fingerprint was met, once an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    entries: u32,
    seen: HashMap<Fingerprint, u32>,
}

impl Counts {
    /// Counts that were kept: how many entries there were, and how many of them have which line.
    pub fn new(entries: u32, seen: impl IntoIterator<Item = (Fingerprint, u32)>) -> Self {
        Self {
            entries,
            seen: seen.into_iter().collect(),
        }
    }

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
                sites: 0,
            },
        ))
    });
    Boilerplate {
        repeats: repeats.collect(),
    }
}

/// A line of an outlet, as another source has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The line.
    pub print: Fingerprint,
    /// Whose it is: the domain of the source.
    pub site: String,
    /// So many entries of the source have it …
    pub entries: u32,
    /// … of so many.
    pub of: u32,
}

/// The lines that enough other sites repeat; several sources of one site are one witness, the strongest of them.
#[must_use]
pub fn shared(lines: impl IntoIterator<Item = Elsewhere>) -> Boilerplate {
    let mut witnesses: HashMap<Fingerprint, HashMap<String, (u32, u32)>> = HashMap::new();
    for line in lines {
        let is_often = line.entries * 100 >= line.of * ELSEWHERE_SHARE_MIN;
        if line.entries >= ENTRIES_MIN && is_often {
            let told = witnesses.entry(line.print).or_default();
            let site = told.entry(line.site).or_default();
            *site = (line.entries, line.of).max(*site);
        }
    }
    let known = witnesses.into_iter();
    let known = known.filter(|(_, sites)| sites.len() >= SITES_MIN);
    let repeats = known.map(|(print, sites)| {
        let repeats = Repeats {
            entries: sites.values().map(|(entries, _)| entries).sum(),
            of: sites.values().map(|(_, of)| of).sum(),
            sites: u32::try_from(sites.len()).unwrap_or(u32::MAX),
        };
        (print, repeats)
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

    fn elsewhere(lines: &[(&str, u32, u32)]) -> Option<Repeats> {
        let lines = lines.iter().map(|(site, entries, of)| Elsewhere {
            print: Fingerprint(1),
            site: (*site).to_owned(),
            entries: *entries,
            of: *of,
        });
        shared(lines).repeats.get(&Fingerprint(1)).copied()
    }

    #[test]
    fn three_other_sites_teach() {
        let told = elsewhere(&[("a", 10, 10), ("b", 9, 10), ("c", 3, 3)]);
        let repeats = Repeats {
            entries: 22,
            of: 23,
            sites: 3,
        };
        assert_eq!(told, Some(repeats));
    }

    #[test]
    fn one_site_under_three_names_teaches_nothing() {
        assert_eq!(elsewhere(&[("a", 9, 9), ("a", 8, 8), ("b", 9, 9)]), None);
    }

    #[test]
    fn sites_that_have_a_line_now_and_then_teach_nothing() {
        assert_eq!(elsewhere(&[("a", 9, 9), ("b", 9, 9), ("c", 5, 10)]), None);
    }

    #[test]
    fn entries_without_text_do_not_count() {
        check(&[&[1], &[1], &[1], &[], &[], &[], &[]], &[(1, 3)]);
    }
}
