//! How a washed document becomes rows: what is compared, what is written, what is left alone.

use super::lines::News;
use super::rows::Column;
use crate::model::{Entry, EntryKey, Feed, Removal, Washed};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// The columns of the row set of entries.
pub(super) const ENTRY_COLUMNS: &[Column] = &[
    ("key", "text"),
    ("first_seen_at", "bigint"),
    ("changed_at", "bigint"),
    ("sort_at", "bigint"),
    ("position", "bigint"),
    ("raw_hash", "text"),
    ("story_hash", "text"),
    ("updated_at", "bigint"),
    ("raw", "text"),
    ("clean", "text"),
];

/// The columns of the row set of removals.
pub(super) const REMOVAL_COLUMNS: &[Column] = &[
    ("key", "text"),
    ("number", "bigint"),
    ("field", "text"),
    ("pass", "text"),
    ("rule", "text"),
    ("evidence", "text"),
    ("before_text", "text"),
    ("after_text", "text"),
];

/// What is stored of an entry, as far as a comparison needs it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) raw_hash: String,
    pub(super) story_hash: String,
    pub(super) rules_version: String,
    pub(super) first_seen_at: i64,
    pub(super) changed_at: i64,
    pub(super) updated_at: Option<i64>,
}

/// What changed by a poll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Entries that were not there before.
    pub new: usize,
    /// Entries whose story changed.
    pub updated: usize,
}

/// A washed document, ready to be written: hashed and serialised outside the transaction.
#[derive(Debug)]
pub struct Recording<'a> {
    washed: &'a Washed,
    entries: Vec<PreparedEntry<'a>>,
    /// The stories of entries as they are stored, washed as these are: their keys, and the hashes of raw and story.
    earlier: HashMap<EntryKey, (String, String)>,
    pub(super) raw_head: String,
    pub(super) clean_head: String,
    pub(super) head_hash: String,
    /// `None` where the document is the store's own, read back to be washed anew.
    pub(super) warnings: Option<String>,
    /// Removals from the feed's own values.
    pub(super) head_removals: String,
    pub(super) rules_version: &'a str,
    /// The keys of all entries, as a JSON array of objects.
    pub(super) keys: String,
}

#[derive(Debug)]
struct PreparedEntry<'a> {
    clean: &'a Entry,
    raw_json: String,
    clean_json: String,
    raw_hash: String,
    story_hash: String,
}

/// The rows to write: those of entries that are new or differ.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The lines of entries that are new.
    pub(super) news: News,
    pub(super) entries: Vec<Value>,
    pub(super) removals: Vec<Value>,
    pub(super) recorded: Recorded,
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// A text without U+0000, which PostgreSQL can't hold. Inside JSON it is escaped, and so in nobody's way.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the model has string keys and no failing serialiser")
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
    hash(story.as_bytes())
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
        let entries = washed.raw.entries.iter().zip(&washed.clean.entries);
        let entries = entries.map(|(raw, clean)| {
            let raw_json = to_json(raw);
            PreparedEntry {
                clean,
                raw_hash: hash(raw_json.as_bytes()),
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
        let keys = washed.clean.entries.iter();
        let keys = keys.map(|entry| json!({ "key": entry.key })).collect();
        let of_head = |removal: &&Removal| removal.entry.as_str().is_empty();
        let head_removals: Vec<_> = washed.removals.iter().filter(of_head).collect();
        Self {
            entries: entries.collect(),
            earlier: HashMap::new(),
            raw_head: to_json(&washed.raw.without_entries()),
            head_hash: hash(to_json(&undated).as_bytes()),
            clean_head: to_json(&clean),
            warnings: None,
            head_removals: to_json(&head_removals),
            rules_version,
            keys: Value::Array(keys).to_string(),
            washed,
        }
    }

    /// Says how entries that [`Store::edited`](super::Store::edited) gave would be published if they were washed as this
    /// document was, so that a story is announced for what its publisher did to it alone.
    pub fn compare_with(&mut self, raw: &[Entry], clean: &[Entry]) {
        let earlier = raw.iter().zip(clean).map(|(raw, clean)| {
            let raw_hash = hash(to_json(raw).as_bytes());
            (clean.key.clone(), (raw_hash, story_hash(clean)))
        });
        self.earlier.extend(earlier);
    }

    /// Whether the document may lack entries that are in its feed.
    pub(super) fn is_cut(&self) -> bool {
        self.washed.raw.is_cut
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
    pub(super) fn compare(&self, stored: &HashMap<String, Stored>, now: Timestamp) -> Changes {
        let mut changes = Changes::default();
        let mut written = HashMap::new();
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
            let story_changed = old.is_some_and(|old| self.story_changed(entry, old));
            changes.recorded.new += usize::from(old.is_none());
            changes.recorded.updated += usize::from(story_changed);
            changes
                .entries
                .push(entry.row(position, old, story_changed, now));
            written.insert(&entry.clean.key, key);
        }
        let sightings = self.washed.sightings.iter();
        let new = self.entries.iter().zip(sightings).filter(|(entry, _)| {
            self.warnings.is_some() && !stored.contains_key(entry.clean.key.as_str())
        });
        changes.news = News::of(new.map(|(_, sightings)| sightings.as_slice()));
        let removals = self.washed.removals.iter().filter_map(|removal| {
            let key = written.get(&removal.entry)?;
            Some(json!({
                "key": key,
                "number": removal.number,
                "field": removal.field.as_str(),
                "pass": removal.pass,
                "rule": storable(&removal.rule),
                "evidence": removal.evidence.as_deref().map(storable),
                "before_text": storable(&removal.before),
                "after_text": removal.after.as_deref().map(storable),
            }))
        });
        changes.removals = removals.collect();
        changes
    }
}

impl PreparedEntry<'_> {
    fn row(
        &self,
        position: usize,
        old: Option<&Stored>,
        story_changed: bool,
        now: Timestamp,
    ) -> Value {
        let now = now.as_second();
        let first_seen_at = old.map_or(now, |old| old.first_seen_at);
        let time = |date: &Option<crate::model::Date>| {
            date.as_ref()
                .and_then(|date| date.time)
                .map(Timestamp::as_second)
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
        json!({
            "key": self.clean.key,
            "first_seen_at": first_seen_at,
            "changed_at": changed_at,
            // A date in the future sorts by when the entry was first seen.
            "sort_at": published.filter(|&published| published <= first_seen_at).unwrap_or(first_seen_at),
            "position": position,
            "raw_hash": self.raw_hash,
            "story_hash": self.story_hash,
            "updated_at": updated_at,
            "raw": self.raw_json,
            "clean": self.clean_json,
        })
    }
}

/// Writes a document inside a transaction; gives what changed, and the version of the rules that all stored entries
/// are washed by now. A macro, because sqlx's
/// transactions are of two types and their bounds would be longer than this text.
macro_rules! record {
    ($db:expr, $tx:ident, $source:expr, $prepared:expr, $now:expr) => {{
        use $crate::store::record::{ENTRY_COLUMNS, REMOVAL_COLUMNS, Stored};
        let prepared = $prepared;
        let now = $now.as_second();
        let keys = $crate::store::rows::table(&$db, "$2", &[("key", "text")]);
        let sql = format!(
            "select key, raw_hash, story_hash, rules_version, first_seen_at, changed_at, updated_at from entry \
             where source_id = $1 and key in (select key from {keys})"
        );
        let rows: Vec<(String, String, String, String, i64, i64, Option<i64>)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind($source.id).bind(&prepared.keys).fetch_all(&mut *$tx).await?;
        let stored = rows.into_iter().map(|(key, raw_hash, story_hash, rules_version, first_seen_at, changed_at, updated_at)| {
            (key, Stored { raw_hash, story_hash, rules_version, first_seen_at, changed_at, updated_at })
        });
        let changes = prepared.compare(&stored.collect(), $now);
        let from_document = prepared.warnings.is_some();
        let entries_changed = !changes.entries.is_empty();
        if entries_changed {
            let entries = $crate::store::rows::table(&$db, "$3", ENTRY_COLUMNS);
            let sql = format!(
                "insert into entry (source_id, rules_version, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, updated_at, raw, clean) \
                 select $1, $2, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, updated_at, raw, clean \
                 from {entries} where true \
                 on conflict (source_id, key) do update set \
                   rules_version = excluded.rules_version, changed_at = excluded.changed_at, \
                   sort_at = excluded.sort_at, raw_hash = excluded.raw_hash, story_hash = excluded.story_hash, \
                   updated_at = excluded.updated_at, raw = excluded.raw, clean = excluded.clean"
            );
            let entries = serde_json::Value::Array(changes.entries).to_string();
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(prepared.rules_version).bind(&entries)
                .execute(&mut *$tx).await?;
            let keys = $crate::store::rows::table(&$db, "$2", &[("key", "text")]);
            let sql = format!(
                "delete from removal where entry_id in \
                   (select id from entry where source_id = $1 and key in (select key from {keys}))"
            );
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(&entries).execute(&mut *$tx).await?;
        }
        if !changes.removals.is_empty() {
            let removals = $crate::store::rows::table(&$db, "$2", REMOVAL_COLUMNS);
            // SQLite does not know how long a list of JSON is. A `cross join` it takes as it stands: for each removal it
            // asks the index of entries, and not for each entry all removals.
            let sql = format!(
                "insert into removal (entry_id, number, field, pass, rule, evidence, before_text, after_text) \
                 select entry.id, number, field, pass, rule, evidence, before_text, after_text \
                 from {removals} cross join entry where entry.source_id = $1 and entry.key = given.key"
            );
            let removals = serde_json::Value::Array(changes.removals).to_string();
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(&removals).execute(&mut *$tx).await?;
        }
        $crate::store::lines::count!($db, $tx, $source, changes.news);
        if from_document {
            let keys = $crate::store::rows::table(&$db, "$3", &[("key", "text")]);
            let sql = format!(
                "update entry set left_at = case when left_at is null then $2 end \
                 where source_id = $1 and (left_at is null) = (key not in (select key from {keys})) \
                   and (left_at is not null or not $4)"
            );
            // What is missing from a document that was cut off may stand in the rest of it.
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(now).bind(&prepared.keys).bind(prepared.is_cut())
                .execute(&mut *$tx).await?;
        }
        // A head of which only the dates changed stays as published: it is no change to announce. One that was washed
        // anew from the store counts only while it is still the newest that was read.
        let head = sqlx::query(
            "update source set raw = $2, warnings = coalesce($3, warnings), removals = $8, \
               revision = case when head_hash is distinct from $6 and not $9 then revision + 1 else revision end, \
               changed_at = case when head_hash is distinct from $6 then $5 else changed_at end, \
               clean = case when $9 or head_hash is distinct from $6 then $7 else clean end, \
               head_hash = $6 \
             where id = $1 and ($4 or raw = $2)",
        )
        .bind($source.id)
        .bind(&prepared.raw_head)
        .bind(&prepared.warnings)
        .bind(from_document)
        .bind(now)
        .bind(&prepared.head_hash)
        .bind(&prepared.clean_head)
        .bind(&prepared.head_removals)
        .bind(entries_changed)
        .execute(&mut *$tx)
        .await?
        .rows_affected();
        // Whoever reads the feed sees its entries, whatever became of the head.
        let rules_version: String = sqlx::query_scalar(
            "update source set \
               revision = case when $2 then revision + 1 else revision end, \
               changed_at = case when $2 then $3 else changed_at end, \
               rules_version = case when not $4 or exists \
                 (select 1 from entry where entry.source_id = source.id and entry.rules_version <> $5) then 'mixed' else $5 end \
             where id = $1 returning rules_version",
        )
        .bind($source.id)
        .bind(entries_changed)
        .bind(now)
        .bind(head > 0)
        .bind(prepared.rules_version)
        .fetch_one(&mut *$tx)
        .await?;
        (changes.recorded, rules_version)
    }};
}
pub(super) use record;
