//! Lines that an outlet repeats from entry to entry, known by being repeated and by nothing else.
//!
//! Which lines repeat is learnt elsewhere (`learn`, from the sightings that are noted here); this decides
//! where a repeated line may be taken out. What repeats for good reason stays: headings, lines that end in
//! a colon, items of lists (show notes name the same people in every one), quotations, whatever stands before the story, and all of an entry that
//! repeats as a whole.
//!
//! Invariant: an entry keeps at least one line that is its own.

use super::blocks::Block;
use super::scrub::{Cut, Scrub};
use crate::fingerprint;
use crate::model::{Boilerplate, Field, Repeats, Sighting};

/// A line with fewer letters besides what was masked says too little to be known again.
const MASKED_LETTERS_MIN: usize = 10;

/// Notes the lines of an entry, and takes out those that its outlet repeats.
pub(super) fn lines(scrub: &mut Scrub<'_>) {
    if scrub.field != Field::Content {
        return;
    }
    let (about, rules) = (scrub.about, scrub.rules);
    let blocks = &scrub.blocks().list;
    let mut sightings = Vec::new();
    let mut known = Vec::with_capacity(blocks.len());
    for block in blocks {
        let prints = Prints::of(block, &about.masks);
        sightings.extend(prints.sightings());
        known.push(prints.known(&rules.boilerplate));
    }
    let cuts = judge(blocks, &known);
    scrub.sightings = sightings;
    scrub.cut(cuts);
}

/// The fingerprints of a block that may be compared.
#[derive(Debug, Default)]
struct Prints {
    exact: Option<Sighting>,
    masked: Option<Sighting>,
}

impl Prints {
    fn of(block: &Block, masks: &fingerprint::Masks) -> Self {
        if block.gone || block.quoted || block.chars < 2 || block.folded.is_empty() {
            return Self::default();
        }
        let masked = fingerprint::masked(&block.folded, masks);
        Self {
            exact: Some(Sighting {
                print: fingerprint::exact(&block.folded),
            }),
            masked: masked
                .filter(|(_, letters)| *letters >= MASKED_LETTERS_MIN)
                .map(|(print, _)| Sighting { print }),
        }
    }

    fn sightings(&self) -> impl Iterator<Item = Sighting> {
        self.exact.into_iter().chain(self.masked)
    }

    fn known(&self, boilerplate: &Boilerplate) -> Option<Repeats> {
        self.sightings()
            .filter_map(|sighting| boilerplate.repeats.get(&sighting.print))
            .max_by_key(|repeats| repeats.share())
            .copied()
    }
}

fn judge(blocks: &[Block], known: &[Option<Repeats>]) -> Vec<Cut> {
    let is_own = |at: &usize| {
        let block = &blocks[*at];
        !block.gone && block.chars > 0 && (known[*at].is_none() || !may_go(block))
    };
    let is_prose = |at: &usize| is_own(at) && blocks[*at].is_prose();
    let all = || 0..blocks.len();
    let Some(first) = all().find(is_own) else {
        return Vec::new();
    };
    let last = all().rev().find(is_prose);
    let last = last.or_else(|| all().rev().find(is_own)).unwrap_or(first);
    let mut cuts: Vec<Cut> = Vec::new();
    for (at, block) in blocks.iter().enumerate().skip(first) {
        let Some(repeats) = known[at].filter(|_| may_go(block)) else {
            continue;
        };
        if suffices(block, repeats, at > last) {
            cuts.push(Cut::new(
                vec![at],
                "repeated line",
                format!("in {} of {} entries", repeats.entries, repeats.of),
            ));
        }
    }
    cuts
}

/// Whether a block is of a kind that may be taken for boilerplate at all.
fn may_go(block: &Block) -> bool {
    !block.gone
        && !block.quoted
        && !block.heading
        && block.chars > 0
        && block.media.is_empty()
        && !block.text.ends_with([':', '：'])
        && !block.item
}

/// Whether a line repeats often enough for its length and place. Behind the story three of four junk
/// lines stand; the longer a line is, the more likely it is story.
fn suffices(block: &Block, repeats: Repeats, behind: bool) -> bool {
    let (share, entries) = match (block.text_len(), behind) {
        (..80, true) => (50, 3),
        (80..200, true) => (70, 4),
        (_, true) => (80, 5),
        (..80, false) if block.is_linked() => (60, 3),
        (..80, false) => (70, 4),
        (80..200, false) => (90, 5),
        (_, false) => return false,
    };
    repeats.share() >= share && repeats.entries >= entries
}
