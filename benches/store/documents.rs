//! Documents as a poll brings them, made of entries that were washed once: real ones where there are any.

use crate::support;
use feedwash::model::{Date, Entry, EntryKey, Feed, FeedFormat, Removal, Rules, Sighting, Washed};
use feedwash::wash::wash;
use jiff::Timestamp;

/// How many entries are made where there are no real ones.
const MADE: usize = 500;

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
        let (mut pieces, mut head) = (Vec::new(), Feed::default());
        for document in documents {
            let Ok(washed) = wash(&document.response, &Rules::default()) else {
                continue;
            };
            head = washed.clean.without_entries();
            pieces.extend(taken_apart(washed));
        }
        // One of each feed after the other, so that a document is of all kinds; the step has no divisor in common with any
        // number below it.
        let step = 7_919;
        let count = pieces.len();
        let mut mixed: Vec<(usize, Piece)> = pieces.into_iter().enumerate().collect();
        mixed.sort_by_key(|(at, _)| at * step % count);
        let pieces = mixed.into_iter().map(|(_, piece)| piece).collect();
        Self { name, pieces, head }
    }

    pub(crate) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// How many bytes an entry has as JSON on average, as it was read and as it is published.
    pub(crate) fn bytes(&self) -> [usize; 2] {
        let bytes = |entry: &Entry| {
            serde_json::to_string(entry)
                .expect("an entry is JSON")
                .len()
        };
        let all = |of: &dyn Fn(&Piece) -> usize| self.pieces.iter().map(of).sum::<usize>();
        [
            all(&|piece| bytes(&piece.raw)),
            all(&|piece| bytes(&piece.clean)),
        ]
        .map(|all| all / self.pieces.len())
    }

    /// A document of entries with these numbers, the newest first. Each number is another entry, published at a moment.
    pub(crate) fn document(
        &self,
        numbers: impl Iterator<Item = usize>,
        published: impl Fn(usize) -> Timestamp,
    ) -> Washed {
        let mut washed = Washed {
            raw: self.head.clone(),
            clean: self.head.clone(),
            ..Washed::default()
        };
        for number in numbers {
            let piece = &self.pieces[number % self.pieces.len()];
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
