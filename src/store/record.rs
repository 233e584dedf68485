//! How a washed document becomes rows: what is compared, what is written, what is left alone.

use super::lines::News;
use super::pack::{Dictionary, Parts};
use super::rows;
use super::upkeep::Seen;
use super::write::{EntryRow, KeyRow};
use crate::model::{Entry, EntryKey, Feed, Removal, Washed};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is stored of an entry, as far as a comparison needs it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) raw_hash: String,
    pub(super) story_hash: String,
    pub(super) rules_version: String,
    pub(super) first_seen_at: i64,
    pub(super) changed_at: i64,
    pub(super) sort_at: i64,
    pub(super) updated_at: Option<i64>,
}

/// What changed by a poll.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Entries that were not there before.
    pub new: usize,
    /// Entries whose story changed.
    pub updated: usize,
    /// How many removals each pass made in the entries that are new.
    pub removals: BTreeMap<String, usize>,
}

impl Recorded {
    /// Whether there is nothing that a reader would see as new.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.new == 0 && self.updated == 0
    }
}

/// A washed document, ready to be written: hashed and serialised outside the transaction.
#[derive(Debug)]
pub struct Recording<'a> {
    washed: &'a Washed,
    entries: Vec<PreparedEntry<'a>>,
    /// The stories of entries as they are stored, washed as these are: their keys, and the hashes of raw and story.
    earlier: HashMap<EntryKey, (String, String)>,
    /// The entries that are stored as they would be written, but for the version of their rules.
    same: HashSet<EntryKey>,
    pub(super) raw_head: String,
    pub(super) clean_head: String,
    pub(super) head_hash: String,
    /// `None` where the document is the store's own, read back to be washed anew.
    pub(super) warnings: Option<String>,
    /// Removals from the feed's own values.
    pub(super) head_removals: String,
    pub(super) rules_version: &'a str,
}

#[derive(Debug)]
struct PreparedEntry<'a> {
    clean: &'a Entry,
    raw_json: String,
    clean_json: String,
    /// What was removed from it; empty where nothing was.
    removals_json: String,
    /// How many removals that is.
    taken: usize,
    raw_hash: String,
    story_hash: String,
}

/// The rows to write: those of entries that are new or differ.
#[derive(Debug, Default)]
pub(super) struct Changes<'r> {
    /// The lines of entries that are new.
    pub(super) news: News,
    pub(super) entries: Vec<EntryRow<'r>>,
    /// The keys of those that are there already.
    pub(super) rewritten: Vec<KeyRow<'r>>,
    /// The keys of entries that stay as they are under the rules of now.
    pub(super) same: Vec<KeyRow<'r>>,
    pub(super) recorded: Recorded,
}

/// The SHA-256 of some bytes, in hexadecimal digits: all that is asked of a body that may be the one before.
#[must_use]
pub fn hash(bytes: &[u8]) -> String {
    rows::hex(&Sha256::digest(bytes))
}

/// How many hexadecimal digits of an entry's hashes are kept: 64 bits. They are compared with those of the same entry before,
/// and with nothing else, so that accident hides one edit in 2^64, and who makes two forms that share them hides an edit of its own.
/// Older versions kept more, which begin alike.
pub(super) const HASH_CHARS: usize = 16;

/// The hash of an entry, as it is kept.
fn entry_hash(bytes: &[u8]) -> String {
    let mut hash = hash(bytes);
    hash.truncate(HASH_CHARS);
    hash
}

/// A text without U+0000, which PostgreSQL can't hold. Inside JSON it is escaped, and so in nobody's way.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        true => Cow::Owned(text.replace('\0', "\u{fffd}")),
        false => Cow::Borrowed(text),
    }
}

/// A value as JSON, in a string of just its length: one that grows by doubling has room for twice the largest entry at its
/// end, and for three times while it moves.
pub(super) fn to_json(value: &impl Serialize) -> String {
    const FINE: &str = "the model has string keys and no failing serialiser";
    let mut length = Length(0);
    serde_json::to_writer(&mut length, value).expect(FINE);
    let mut json = Vec::with_capacity(length.0);
    serde_json::to_writer(&mut json, value).expect(FINE);
    String::from_utf8(json).expect("JSON is written as UTF-8")
}

/// How many bytes were written to it.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The hash of what a reader reads. A new date, counter or category is no news, nor is white space.
fn story_hash(entry: &Entry) -> String {
    let mut story = to_json(&(
        &entry.title,
        &entry.link,
        &entry.summary,
        &entry.content,
        &entry.enclosures,
    ));
    // JSON writes the white space of strings as escapes, but for the blank.
    for white in [" ", "\\n", "\\t", "\\r"] {
        story = story.replace(white, "");
    }
    entry_hash(story.as_bytes())
}

impl<'a> Recording<'a> {
    /// A document as a poll washed it, by rules of some version.
    #[must_use]
    pub fn new(washed: &'a Washed, rules_version: &'a str) -> Self {
        Self {
            warnings: Some(to_json(&washed.warnings)),
            ..Self::anew(washed, rules_version)
        }
    }

    /// What the store held as read, washed anew by rules of some version. No document was read, so neither what is
    /// known of the last one nor which entries it had changes, and no story is announced.
    #[must_use]
    pub fn anew(washed: &'a Washed, rules_version: &'a str) -> Self {
        let mut removals: HashMap<&EntryKey, Vec<&Removal>> = HashMap::new();
        for removal in &washed.removals {
            removals.entry(&removal.entry).or_default().push(removal);
        }
        let entries = washed.raw.entries.iter().zip(&washed.clean.entries);
        let entries = entries.map(|(raw, clean)| {
            let raw_json = to_json(raw);
            let own = removals.get(&clean.key);
            PreparedEntry {
                clean,
                removals_json: own.map(to_json).unwrap_or_default(),
                taken: own.map_or(0, Vec::len),
                raw_hash: entry_hash(raw_json.as_bytes()),
                raw_json,
                clean_json: to_json(clean),
                story_hash: story_hash(clean),
            }
        });
        let clean = washed.clean.without_entries();
        // Many servers write the time of the request as the time of the last build.
        let undated = Feed {
            updated: None,
            published: None,
            ..clean.clone()
        };
        let of_head = |removal: &&Removal| removal.entry.as_str().is_empty();
        let head_removals: Vec<_> = washed.removals.iter().filter(of_head).collect();
        Self {
            entries: entries.collect(),
            earlier: HashMap::new(),
            same: HashSet::new(),
            raw_head: to_json(&washed.raw.without_entries()),
            head_hash: hash(to_json(&undated).as_bytes()),
            clean_head: to_json(&clean),
            warnings: None,
            head_removals: to_json(&head_removals),
            rules_version,
            washed,
        }
    }

    /// Says how entries that [`Store::edited`](super::Store::edited) gave would be published if they were washed as this
    /// document was, each raw and clean, so that a story is announced for what its publisher did to it alone.
    pub fn compare_with(&mut self, earlier: &[(Entry, Entry)]) {
        let earlier = earlier.iter().map(|(raw, clean)| {
            let raw_hash = entry_hash(to_json(raw).as_bytes());
            (clean.key.clone(), (raw_hash, story_hash(clean)))
        });
        self.earlier.extend(earlier);
    }

    /// Says which entries are stored, with their removals, as this wash has them. Of what is washed anew from the store.
    #[must_use]
    pub fn leaving(self, same: HashSet<EntryKey>) -> Self {
        Self { same, ..self }
    }

    /// Whether the document may lack entries that are in its feed.
    pub(super) fn is_cut(&self) -> bool {
        self.washed.raw.is_cut
    }

    /// The keys of all entries, as a JSON array of objects.
    pub(super) fn keys(&self) -> String {
        let keys = self.entries.iter();
        let keys: Vec<_> = keys.map(|entry| entry.key_row()).collect();
        to_json(&keys)
    }

    /// Whether all of these keys are of entries in it.
    pub(super) fn has_all<'k>(&self, mut keys: impl Iterator<Item = &'k String>) -> bool {
        let own: HashSet<&str> = self
            .entries
            .iter()
            .map(|entry| entry.clean.key.as_str())
            .collect();
        keys.all(|key| own.contains(key.as_str()))
    }

    /// The keys of the entries that are not among those that are stored.
    pub(super) fn but(&self, stored: &HashMap<String, Stored>) -> Vec<KeyRow<'_>> {
        let others = self.entries.iter();
        let others = others.filter(|entry| !stored.contains_key(entry.clean.key.as_str()));
        others.map(PreparedEntry::key_row).collect()
    }

    /// A dictionary of its entries, the newest last; none where they are too few.
    pub(super) fn dictionary(&self) -> Option<Dictionary> {
        let parts: Vec<Parts<'_>> = self.entries.iter().map(PreparedEntry::parts).collect();
        Dictionary::of(&parts)
    }

    /// The hashes of all entries, as a JSON array of objects.
    pub(super) fn hashes(&self) -> String {
        let hashes = self.entries.iter().map(|entry| {
            json!({ "key": entry.clean.key, "raw_hash": entry.raw_hash, "story_hash": entry.story_hash })
        });
        Value::Array(hashes.collect()).to_string()
    }

    /// Whether the story of an entry is another than the stored one.
    fn story_changed(&self, entry: &PreparedEntry<'_>, old: &Stored) -> bool {
        let earlier = self.earlier.get(&entry.clean.key);
        let earlier = earlier.filter(|(raw_hash, _)| *raw_hash == old.raw_hash);
        let story_hash = earlier.map_or(&old.story_hash, |(_, story_hash)| story_hash);
        old.raw_hash != entry.raw_hash && *story_hash != entry.story_hash
    }

    /// What has to be written, given what is there.
    pub(super) fn compare(&self, stored: &HashMap<String, Stored>, seen: Seen) -> Changes<'_> {
        let mut changes = Changes::default();
        let mut new = HashSet::new();
        for (position, entry) in self.entries.iter().enumerate() {
            let key = entry.clean.key.as_str();
            let old = stored.get(key);
            // An entry that a poll changed, or that was pruned, while it was washed anew from the store.
            if self.warnings.is_none() && old.is_none_or(|old| old.raw_hash != entry.raw_hash) {
                continue;
            }
            // Who washes anew says that there is something new, by other rules or by what was learnt since.
            let is_same = |old: &Stored| {
                old.raw_hash == entry.raw_hash && old.rules_version == self.rules_version
            };
            if self.warnings.is_some() && old.is_some_and(is_same) {
                continue;
            }
            if self.same.contains(&entry.clean.key) {
                changes.same.push(entry.key_row());
                continue;
            }
            let story_changed = old.is_some_and(|old| self.story_changed(entry, old));
            changes.recorded.new += usize::from(old.is_none());
            changes.recorded.updated += usize::from(story_changed);
            changes
                .entries
                .push(entry.row(position, old, story_changed, seen));
            if old.is_none() {
                new.insert(&entry.clean.key);
            } else {
                changes.rewritten.push(entry.key_row());
            }
        }
        let sightings = self.washed.sightings.iter();
        let sightings = self.entries.iter().zip(sightings);
        let seen = sightings.filter(|(entry, _)| new.contains(&entry.clean.key));
        changes.news = News::of(seen.map(|(_, sightings)| sightings.as_slice()));
        for removal in &self.washed.removals {
            if new.contains(&removal.entry) {
                let counted = &mut changes.recorded.removals;
                *counted.entry(removal.pass.clone()).or_default() += 1;
            }
        }
        changes
    }
}

impl Changes<'_> {
    /// How many removals were made in the entries to write.
    pub(super) fn taken(&self) -> i64 {
        let taken: usize = self.entries.iter().map(|row| row.taken).sum();
        i64::try_from(taken).unwrap_or(i64::MAX)
    }
}

impl PreparedEntry<'_> {
    fn key_row(&self) -> KeyRow<'_> {
        KeyRow {
            key: &self.clean.key,
        }
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            raw: &self.raw_json,
            clean: &self.clean_json,
            removals: &self.removals_json,
        }
    }

    fn row(
        &self,
        position: usize,
        old: Option<&Stored>,
        story_changed: bool,
        seen: Seen,
    ) -> EntryRow<'_> {
        let now = seen.at;
        let first_seen_at = old.map_or(now, |old| old.first_seen_at);
        let time = |date: &Option<crate::model::Date>| {
            date.as_ref()
                .and_then(|date| date.time)
                .map(jiff::Timestamp::as_second)
        };
        let published = time(&self.clean.published).or_else(|| time(&self.clean.updated));
        let updated = time(&self.clean.updated);
        let (changed_at, updated_at) = match old {
            // An edit that the publisher did not date is dated by us; one that it did, by it.
            Some(old) if story_changed => (
                now,
                Some(
                    updated
                        .filter(|&new| Some(new) > old.updated_at)
                        .unwrap_or(now),
                ),
            ),
            Some(old) => (old.changed_at, old.updated_at),
            None => (now, updated),
        };
        // A date that was none in the future when the entry was first seen is none now.
        let dates_until = old.map_or(seen.dates_until, |old| old.sort_at);
        EntryRow {
            key: &self.clean.key,
            first_seen_at,
            changed_at,
            // A date in the future sorts by when the entry was first seen.
            sort_at: published
                .filter(|&published| published <= first_seen_at.max(dates_until))
                .unwrap_or(first_seen_at),
            position,
            raw_hash: &self.raw_hash,
            story_hash: &self.story_hash,
            updated_at,
            taken: self.taken,
            parts: self.parts(),
            packed: None,
        }
    }
}
