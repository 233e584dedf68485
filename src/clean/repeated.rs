//! Lines that an outlet repeats from entry to entry, known by being repeated and by nothing else.
//!
//! Which lines repeat is learnt elsewhere (`learn`, from the sightings that are noted here); this decides
//! where a repeated line may be taken out. What repeats for good reason stays: headings, lines that end in
//! a colon, items of lists (show notes name the same people in every one), quotations, whatever stands
//! before the story (a series' standing intro), links that lead elsewhere in each entry, and all of an
//! entry that repeats as a whole (a comic's one caption). A picture without a word is a line as well: a banner
//! that hangs below each story, linked or not.
//!
//! Invariant: an entry keeps at least one line that is its own.

use super::blocks::Block;
use super::quick::QuickMap;
use super::scrub::{Cut, Scrub};
use super::targets::{self, Target};
use super::tree::NodeId;
use crate::fingerprint;
use crate::model::{Boilerplate, Field, Repeats, Sighting};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::cell::OnceCell;

/// A line with fewer letters besides what was masked says too little to be known again.
const MASKED_LETTERS_MIN: usize = 10;

/// Longer lines are story: no notice of the 40 that were measured has more.
const LINE_CHARS_MAX: usize = 400;

/// Longer lines that differ in their numbers are a report that is written by a template.
const COUNTS_CHARS_MAX: usize = 60;

/// Notes the lines of an entry, and takes out those that its outlet repeats.
pub(super) fn lines(scrub: &mut Scrub<'_>) {
    if scrub.field != Field::Content {
        return;
    }
    scrub.blocks();
    let (about, rules) = (scrub.about, scrub.rules);
    let blocks = scrub.built_blocks();
    let mut sightings = Vec::new();
    let mut known = Vec::with_capacity(blocks.len());
    for block in blocks {
        let prints = Prints::of(scrub, block);
        sightings.extend(prints.sightings());
        known.push(prints.known(&rules.boilerplate));
    }
    let cuts = judge(blocks, &known, &about.feed_title);
    // The brake: a template that was taken for boilerplate would leave half an entry.
    let all: usize = blocks
        .iter()
        .filter(|block| !block.gone)
        .map(|block| block.chars)
        .sum();
    let taken: usize = cuts
        .iter()
        .flat_map(|cut| &cut.blocks)
        .map(|at| blocks[*at].chars)
        .sum();
    scrub.sightings = sightings;
    if taken * 2 > all {
        scrub
            .notes
            .push("keeps the lines that its outlet repeats: they are most of its text");
    } else {
        scrub.cut(cuts);
    }
}

/// The fingerprints of a block that may be compared.
#[derive(Debug, Default)]
struct Prints {
    exact: Option<Sighting>,
    masked: Option<Sighting>,
    /// The masked one stands for lines that differ in their numbers alone.
    counts: bool,
}

/// How often a line was met.
#[derive(Debug, Clone, Copy)]
struct Known {
    repeats: Repeats,
    /// In other entries with other numbers.
    counts: bool,
}

impl Prints {
    fn of(scrub: &Scrub<'_>, block: &Block) -> Self {
        if !may_go(block) || is_caption(scrub, block) {
            return Self::default();
        }
        if is_picture(block) {
            let shown = shown(scrub, block);
            return Self {
                exact: shown.map(|shown| Sighting {
                    print: fingerprint::exact(&shown),
                }),
                ..Self::default()
            };
        }
        if block.chars < 2 || block.folded.is_empty() || block.chars > LINE_CHARS_MAX {
            return Self::default();
        }
        let text = said(scrub, block);
        let masked = fingerprint::masked(&text, scrub.about.masks())
            .filter(|masked| masked.letters >= MASKED_LETTERS_MIN);
        Self {
            exact: Some(Sighting {
                print: fingerprint::exact(&text),
            }),
            masked: masked.map(|masked| Sighting {
                print: masked.print,
            }),
            counts: masked.is_some_and(|masked| masked.counts),
        }
    }

    fn sightings(&self) -> impl Iterator<Item = Sighting> {
        self.exact.into_iter().chain(self.masked)
    }

    fn known(&self, boilerplate: &Boilerplate) -> Option<Known> {
        let met = |sighting: &Option<Sighting>| {
            boilerplate.repeats.get(&sighting.as_ref()?.print).copied()
        };
        let exact = met(&self.exact).map(|repeats| Known {
            repeats,
            counts: false,
        });
        let masked = met(&self.masked).map(|repeats| Known {
            repeats,
            counts: self.counts,
        });
        exact
            .into_iter()
            .chain(masked)
            .max_by_key(|known| (known.repeats.share(), !known.counts))
    }
}

/// Whether a block is what a figure says.
fn is_caption(scrub: &Scrub<'_>, block: &Block) -> bool {
    let leaf = block.leaves.first();
    leaf.is_some_and(|leaf| {
        let mut above = scrub.node(*leaf).ancestors();
        above.any(|node| {
            node.value()
                .as_element()
                .is_some_and(|e| e.name() == "figure")
        })
    })
}

/// Whether a block is pictures and no word.
fn is_picture(block: &Block) -> bool {
    block.chars == 0 && !block.media.is_empty()
}

/// What a block of pictures shows and says, and where it leads, in characters that no line of letters has. `None` where
/// the address tells too little: a placeholder is the same in every entry, and the picture that it holds the place of is
/// not; and what has a caption is shown for a reason.
fn shown(scrub: &Scrub<'_>, block: &Block) -> Option<String> {
    let mut shown = String::new();
    for medium in &block.media {
        let image = scrub.element(*medium).filter(|e| e.name() == "img")?;
        let stands_in = |name: &str, value: &str| {
            name == "srcset" || name.starts_with("data-") && value.contains('/')
        };
        if image.attrs().any(|(name, value)| stands_in(name, value)) {
            return None;
        }
        let mut above = scrub.node(*medium).ancestors();
        let is_framed = |name: &str| matches!(name, "picture" | "figure");
        if above.any(|node| {
            node.value()
                .as_element()
                .is_some_and(|e| is_framed(e.name()))
        }) {
            return None;
        }
        let source = image
            .attr("src")
            .filter(|source| !source.starts_with("data:"))?;
        for part in [source, image.attr("alt").unwrap_or_default()] {
            shown.push_str(" \u{6}");
            shown.push_str(part);
        }
    }
    for link in &block.links {
        shown.push_str(" \u{5}");
        shown.push_str(&led(scrub, *link));
    }
    Some(shown)
}

/// A longer line is told apart by its words, unless most of them are links.
const LABEL_CHARS_MAX: usize = 120;

/// What a block says: its text, and where its links lead. `Download` leads to another file in each entry and is content;
/// `Support us` leads to the same page.
fn said<'b>(scrub: &Scrub<'_>, block: &'b Block) -> Cow<'b, str> {
    let mut text = Cow::Borrowed(block.folded.as_str());
    let counts = block.text_len() < LABEL_CHARS_MAX || block.link_density() > 0.5;
    for link in block.links.iter().filter(|_| counts) {
        let text = text.to_mut();
        text.push_str(" \u{5}");
        text.push_str(&led(scrub, *link));
    }
    text
}

/// Where a link leads, with the entry's own name in the address masked.
fn led(scrub: &Scrub<'_>, link: NodeId) -> String {
    match targets::of(scrub, link) {
        Target::Entry => return "entry".to_owned(),
        Target::Comments => return "comments".to_owned(),
        Target::Nowhere => return "nowhere".to_owned(),
        _ => {}
    }
    let url = scrub
        .attribute(link, "href")
        .and_then(|href| scrub.url(href));
    url.map_or_else(String::new, |url| {
        let slug = scrub.about.slug.as_str();
        let path = url.path().trim_end_matches('/');
        let path = if slug.len() < 4 {
            path.to_owned()
        } else {
            path.replace(slug, "\u{4}")
        };
        // A button hands the entry's address over in its query; what else differs there is another thing.
        let is_handed_over = |query: &str| match &scrub.about.link {
            _ if slug.len() >= 4 => query.contains(slug),
            Some(link) => percent_decode_str(query)
                .decode_utf8_lossy()
                .contains(link.as_str()),
            None => false,
        };
        let query = url.query().filter(|query| !is_handed_over(query));
        let (host, query) = (
            url.host_str().unwrap_or_default(),
            query.unwrap_or_default(),
        );
        format!("{host}{path}?{query}")
    })
}

fn judge(blocks: &[Block], known: &[Option<Known>], outlet: &str) -> Vec<Cut> {
    // As in most entries.
    if known.iter().all(Option::is_none) {
        return Vec::new();
    }
    let is_met = |at: usize| {
        let block = &blocks[at];
        known[at]
            .filter(|known| may_go(block) && (!known.counts || block.text_len() < COUNTS_CHARS_MAX))
    };
    let is_own = |at: &usize| {
        let block = &blocks[*at];
        !block.gone && block.chars > 0 && is_met(*at).is_none()
    };
    let is_story = |at: &usize| is_own(at) && blocks[*at].is_prose();
    let all = || 0..blocks.len();
    let first_story = all().find(is_story);
    let Some(first) = first_story.or_else(|| all().find(is_own)) else {
        return Vec::new();
    };
    // Links differ from entry to entry below a notice too; words of the entry's own end its story.
    let last_own = all()
        .rev()
        .find(|at| is_own(at) && !blocks[*at].is_linked());
    let last = last_own.unwrap_or(first);
    // Counted once, and only where a line is known: an entry may be nothing but lines that repeat.
    let times: OnceCell<QuickMap<&str, usize>> = OnceCell::new();
    let count = || {
        let mut times = QuickMap::default();
        for block in blocks {
            *times.entry(block.folded.as_str()).or_default() += 1;
        }
        times
    };
    let stands_again = |block: &Block| times.get_or_init(count)[block.folded.as_str()] > 1;
    let mut below_heading = false;
    let mut cuts: Vec<Cut> = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        let is_below = below_heading;
        if !block.gone {
            below_heading = block.heading;
        }
        if at < first {
            continue;
        }
        let Some(known) = is_met(at) else {
            continue;
        };
        let place = Place {
            behind: at > last,
            below_heading: is_below,
            again: block.chars > 0 && stands_again(block),
        };
        // Where there is no story but lines, their numbers are what the entry is about.
        let counts = !known.counts || place.behind && first_story.is_some();
        let shows = is_picture(block) && first_story.is_none();
        if counts && !shows && suffices(block, known.repeats, place, outlet) {
            let rule = if is_picture(block) {
                "repeated picture"
            } else {
                "repeated line"
            };
            cuts.push(Cut::new(vec![at], rule, evidence(known.repeats)));
        }
    }
    cuts
}

/// Where a line stands in its entry.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Nothing of the entry's own follows.
    behind: bool,
    /// It is what a heading announces.
    below_heading: bool,
    /// It stands there more than once: a refrain.
    again: bool,
}

fn evidence(repeats: Repeats) -> String {
    let Repeats { entries, of, sites } = repeats;
    match sites {
        0 => format!("in {entries} of {of} entries"),
        _ => format!("in {entries} of {of} entries of {sites} other sites"),
    }
}

/// Whether a block is of a kind that may be taken for boilerplate at all.
fn may_go(block: &Block) -> bool {
    !block.gone
        && !block.quoted
        && !block.heading
        && (block.chars > 0) == block.media.is_empty()
        && !block.text.ends_with([':', '：'])
        && !block.item
        && !block.listed
}

/// Whether a line repeats often enough for its length and place: the share of entries in per cent, and the fewest entries.
///
/// A line that is a link to one and the same page, speaks of its outlet by name, or stands aside in brackets or italics
/// is no story. Of all other lines a story may say each in every entry, and more than once: it takes one that stands
/// behind all that is the entry's own, in nearly every entry.
fn suffices(block: &Block, repeats: Repeats, place: Place, outlet: &str) -> bool {
    // What others repeat may be quoted in a story of this one.
    if repeats.sites > 0 && !place.behind {
        return false;
    }
    let named = outlet.chars().count() >= 4 && block.folded.contains(outlet);
    let told = named || block.italic || super::notices::is_bracketed(&block.text);
    let linked = block.is_linked();
    let plain = !told && !linked;
    if plain && (!place.behind || place.below_heading || place.again || is_fact(&block.text)) {
        return false;
    }
    let (share, entries) = match (block.text_len(), place.behind) {
        _ if is_picture(block) => (90, 4),
        (..80, true) if linked => (50, 3),
        (80..200, true) if linked => (60, 3),
        (..80, true) if told => (50, 3),
        (80..200, true) if told => (90, 3),
        (_, true) if told || linked => (90, 4),
        (..80, true) => (90, 3),
        (80..200, true) => (90, 4),
        (_, true) => (90, 5),
        (..80, false) if linked => (60, 3),
        (..80, false) if told => (80, 4),
        (80..200, false) => (90, 5),
        (_, false) => return false,
    };
    repeats.share() >= share && repeats.entries >= entries
}

/// Whether a line is a label and what stands for it (`Alert level: green`): it is news that it is the same again.
fn is_fact(text: &str) -> bool {
    const NAME_CHARS_MAX: usize = 40;
    text.split_once([':', '：']).is_some_and(|(label, value)| {
        let is_label =
            label.chars().count() <= NAME_CHARS_MAX && !label.contains(['.', '“', '„', '«', '"']);
        is_label && !value.trim().is_empty() && !value.starts_with("//")
    })
}
