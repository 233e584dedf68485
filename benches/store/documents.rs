//! Documents as a poll brings them, made of entries that were washed once: real ones where there are any.

use crate::support;
use feedwash::model::{Date, Entry, EntryKey, Feed, FeedFormat, Removal, Rules, Sighting, Washed};
use feedwash::wash::wash;
use jiff::Timestamp;
use std::ops::Range;

/// How many entries are made where there are no real ones.
const MADE: usize = 500;

/// A feed of fewer entries is no source that posts for a year: it needs some that it posts first, and others.
const POSTING_MIN: usize = 4;

/// An entry that was washed, with all that came of it.
struct Piece {
    raw: Entry,
    clean: Entry,
    removals: Vec<Removal>,
    sightings: Vec<Sighting>,
}

/// Entries to make documents of.
pub(crate) struct Pieces {
    pub(crate) name: String,
    pieces: Vec<Piece>,
    /// All of them, one of each feed after the other.
    mixed: Vec<usize>,
    /// Those of each feed.
    feeds: Vec<Range<usize>>,
    /// Whose head all documents have.
    head: Feed,
}

impl Pieces {
    /// Those of the real feeds where there are any, else made ones.
    pub(crate) fn new() -> Self {
        let corpus = support::corpus();
        let name = match corpus.is_empty() {
            true => "made entries".to_owned(),
            false => format!("entries of {} real files", corpus.len()),
        };
        let documents = match corpus.is_empty() {
            true => vec![support::made(FeedFormat::Rss, MADE)],
            false => corpus,
        };
        let (mut pieces, mut feeds, mut head) = (Vec::new(), Vec::new(), Feed::default());
        for document in documents {
            let Ok(washed) = wash(&document.response, &Rules::default()) else {
                continue;
            };
            head = washed.clean.without_entries();
            let first = pieces.len();
            pieces.extend(taken_apart(washed));
            feeds.push(first..pieces.len());
        }
        // One of each feed after the other, so that a document is of all kinds; the step has no divisor in common with any
        // number below it.
        let step = 7_919;
        let count = pieces.len();
        let mut mixed: Vec<usize> = (0..count).collect();
        mixed.sort_by_key(|at| at * step % count);
        feeds.retain(|feed| feed.len() >= POSTING_MIN);
        Self {
            name,
            pieces,
            mixed,
            feeds,
            head,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// How many bytes an entry has as JSON on average, as it was read and as it is published.
    pub(crate) fn bytes(&self) -> [usize; 2] {
        let all = |of: &dyn Fn(&Piece) -> usize| self.pieces.iter().map(of).sum::<usize>();
        [
            all(&|piece| json_bytes(&piece.raw)),
            all(&|piece| json_bytes(&piece.clean)),
        ]
        .map(|all| all / self.pieces.len())
    }

    /// How many bytes one of them has as JSON, both forms together.
    pub(crate) fn bytes_of(&self, piece: usize) -> usize {
        let piece = &self.pieces[piece];
        json_bytes(&piece.raw) + json_bytes(&piece.clean)
    }

    /// Which piece comes next where a document is of all kinds.
    pub(crate) fn mixed(&self, number: usize) -> usize {
        self.mixed[number % self.mixed.len()]
    }

    /// Which piece one of so many sources posts as its n-th. Each source is one feed, and of those with more entries there are more
    /// sources. What it posts at first, which its dictionary is made of, it posts never again.
    pub(crate) fn posted(
        &self,
        source: usize,
        sources: usize,
        number: usize,
        first: usize,
    ) -> usize {
        let all: usize = self.feeds.iter().map(Range::len).sum();
        let mut at = (source * 2 + 1) * all / (sources * 2);
        let feed = self.feeds.iter().find(|feed| {
            let is_in = at < feed.len();
            at = at.saturating_sub(if is_in { 0 } else { feed.len() });
            is_in
        });
        let feed = feed.expect("it is below the number of all");
        let once = first.min(feed.len() / 2);
        match number < first {
            true => feed.start + number % once,
            false => feed.start + once + (number - first) % (feed.len() - once),
        }
    }

    /// A document of entries with these numbers, the newest first. Each number is another entry, of a piece, published at a moment.
    pub(crate) fn document(
        &self,
        numbers: impl Iterator<Item = usize>,
        piece: impl Fn(usize) -> usize,
        published: impl Fn(usize) -> Timestamp,
    ) -> Washed {
        let mut washed = Washed {
            raw: self.head.clone(),
            clean: self.head.clone(),
            ..Washed::default()
        };
        for number in numbers {
            let piece = &self.pieces[piece(number)];
            let key = EntryKey::from_hash(&scattered(number).to_be_bytes());
            let time = published(number);
            let of = |entry: &Entry| Entry {
                key: key.clone(),
                published: Some(Date {
                    raw: time.to_string(),
                    time: Some(time),
                }),
                ..entry.clone()
            };
            washed.raw.entries.push(of(&piece.raw));
            washed.clean.entries.push(of(&piece.clean));
            washed.sightings.push(piece.sightings.clone());
            washed
                .removals
                .extend(piece.removals.iter().map(|removal| Removal {
                    entry: key.clone(),
                    ..removal.clone()
                }));
        }
        washed
    }
}

fn json_bytes(entry: &Entry) -> usize {
    let json = serde_json::to_string(entry);
    json.expect("an entry is JSON").len()
}

/// A number that looks like a hash of another (Vigna's splitmix64), since keys are hashes mostly.
fn scattered(number: usize) -> u64 {
    let mut z = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn taken_apart(washed: Washed) -> impl Iterator<Item = Piece> {
    let both = washed.raw.entries.into_iter().zip(washed.clean.entries);
    let all = both.zip(washed.sightings);
    let removals = washed.removals;
    all.map(move |((raw, clean), sightings)| {
        let own = removals.iter().filter(|removal| removal.entry == clean.key);
        Piece {
            removals: own.cloned().collect(),
            raw,
            clean,
            sightings,
        }
    })
}
