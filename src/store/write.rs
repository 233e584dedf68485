//! How what changed by a wash is written inside a transaction: entries, their removals, the head, the versions.
//!
//! It compares nothing; [`Recording`](super::Recording) has done that.

use super::pack;
use super::record::storable;
use super::rows::{self, BYTES, Column};
use crate::model::{EntryKey, Removal};
use serde::Serialize;
use std::borrow::Cow;

/// How many rows one statement writes. Each costs as much as a hundred rows; a source of ten thousand entries would
/// otherwise be held in memory once more as one parameter, and once more by the database.
const ROWS_MAX: usize = 500;

/// A source that has sent no whole document for so long always leaves out its end, and what is missing has left it: a
/// week is longer than a publisher's server stays broken unseen.
pub(super) const ALWAYS_CUT_SECONDS: i64 = 7 * 24 * 3600;

/// The columns of a row set of keys.
pub(super) const KEY_COLUMNS: &[Column] = &[("key", "text")];

/// A key, as a row set has it.
#[derive(Debug, Serialize)]
pub(super) struct KeyRow<'r> {
    pub(super) key: &'r EntryKey,
}

/// The columns of the row set of entries, their two forms packed behind all others.
pub(super) const ENTRY_COLUMNS: &[Column] = &[
    ("key", "text"),
    ("first_seen_at", "bigint"),
    ("changed_at", "bigint"),
    ("sort_at", "bigint"),
    ("position", "bigint"),
    ("raw_hash", "text"),
    ("story_hash", "text"),
    ("updated_at", "bigint"),
    ("packed", BYTES),
];

/// How many of them stand before the packed forms.
pub(super) const HEAD_COLUMNS: usize = ENTRY_COLUMNS.len() - 1;

/// An entry to write.
#[derive(Debug, Clone, Serialize)]
pub(super) struct EntryRow<'r> {
    pub(super) key: &'r EntryKey,
    pub(super) first_seen_at: i64,
    pub(super) changed_at: i64,
    pub(super) sort_at: i64,
    pub(super) position: usize,
    pub(super) raw_hash: &'r str,
    pub(super) story_hash: &'r str,
    pub(super) updated_at: Option<i64>,
    #[serde(skip)]
    pub(super) raw: &'r str,
    #[serde(skip)]
    pub(super) clean: &'r str,
    /// Both forms packed, where several rows are written at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) packed: Option<String>,
}

impl EntryRow<'_> {
    /// How much text it holds.
    pub(super) fn bytes(&self) -> usize {
        self.raw.len() + self.clean.len()
    }

    /// Its two forms in one.
    pub(super) fn packed(&self) -> Vec<u8> {
        pack::pack(self.raw, self.clean)
    }

    /// The row with them.
    pub(super) fn with_packed(&self) -> Self {
        Self {
            packed: Some(rows::hex(&self.packed())),
            ..self.clone()
        }
    }
}

/// At most so many bytes of text go into one row set, or one row.
const PORTION_BYTES: usize = 1024 * 1024;

/// Rows in portions of a bounded number and length, given how many bytes of text each has.
pub(super) fn portions<R>(rows: &[R], bytes: impl Fn(&R) -> usize) -> impl Iterator<Item = &[R]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let mut all = 0;
        let fitting = rest.iter().take(ROWS_MAX).take_while(|row| {
            all += bytes(row);
            all <= PORTION_BYTES
        });
        let (portion, after) = rest.split_at(fitting.count().max(1).min(rest.len()));
        rest = after;
        (!portion.is_empty()).then_some(portion)
    })
}

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

/// A removal, as its row set has it.
#[derive(Debug, Serialize)]
pub(super) struct RemovalRow<'r> {
    key: &'r EntryKey,
    number: u32,
    field: &'static str,
    pass: &'r str,
    rule: Cow<'r, str>,
    evidence: Option<Cow<'r, str>>,
    before_text: Cow<'r, str>,
    after_text: Option<Cow<'r, str>>,
}

impl<'r> RemovalRow<'r> {
    pub(super) fn new(removal: &'r Removal) -> Self {
        Self {
            key: &removal.entry,
            number: removal.number,
            field: removal.field.as_str(),
            pass: &removal.pass,
            rule: storable(&removal.rule),
            evidence: removal.evidence.as_deref().map(storable),
            before_text: storable(&removal.before),
            after_text: removal.after.as_deref().map(storable),
        }
    }

    /// How much text it holds.
    pub(super) fn bytes(&self) -> usize {
        self.before_text.len() + self.after_text.as_ref().map_or(0, |text| text.len())
    }
}

/// Writes a document inside a transaction; gives what changed, and the version of the rules that all stored entries
/// are washed by now. A macro, because sqlx's transactions are of two types and their bounds would be longer than this text.
macro_rules! record {
    ($db:expr, $tx:ident, $source:expr, $prepared:expr, $seen:expr) => {{
        use $crate::store::record::{HASH_CHARS, Stored, to_json};
        use $crate::store::write::{
            ALWAYS_CUT_SECONDS, ENTRY_COLUMNS, EntryRow, HEAD_COLUMNS, KEY_COLUMNS, KeyRow, REMOVAL_COLUMNS, RemovalRow, portions,
        };
        let prepared = $prepared;
        let now = $seen.at;
        let keys = $crate::store::rows::table(&$db, "$2", KEY_COLUMNS);
        let sql = format!(
            "select key, substr(raw_hash, 1, {HASH_CHARS}), substr(story_hash, 1, {HASH_CHARS}), rules_version, first_seen_at, changed_at, \
               sort_at, updated_at, left_at is not null from entry \
             where source_id = $1 and key in (select key from {keys})"
        );
        let rows: Vec<(String, String, String, String, i64, i64, i64, Option<i64>, bool)> =
            sqlx::query_as(AssertSqlSafe(sql)).bind($source.id).bind(&prepared.keys).fetch_all(&mut *$tx).await?;
        let has_returned = rows.iter().any(|row| row.8);
        let stored = rows.into_iter().map(|(key, raw_hash, story_hash, rules_version, first_seen_at, changed_at, sort_at, updated_at, _)| {
            (key, Stored { raw_hash, story_hash, rules_version, first_seen_at, changed_at, sort_at, updated_at })
        });
        let changes = prepared.compare(&stored.collect(), $seen);
        let from_document = prepared.warnings.is_some();
        let entries_changed = !changes.entries.is_empty();
        for rows in portions(&changes.entries, EntryRow::bytes) {
            // What is long goes as a parameter of its own: inside of JSON it would be there four times more.
            let (columns, packed) = match rows {
                [_] => (&ENTRY_COLUMNS[..HEAD_COLUMNS], "$4"),
                _ => (ENTRY_COLUMNS, "packed"),
            };
            let entries = $crate::store::rows::table(&$db, "$3", columns);
            let sql = format!(
                "insert into entry (source_id, rules_version, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, updated_at, raw, clean, packed) \
                 select $1, $2, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, updated_at, '', '', {packed} \
                 from {entries} where true \
                 on conflict (source_id, key) do update set \
                   rules_version = excluded.rules_version, changed_at = excluded.changed_at, \
                   sort_at = excluded.sort_at, raw_hash = excluded.raw_hash, story_hash = excluded.story_hash, \
                   updated_at = excluded.updated_at, raw = '', clean = '', packed = excluded.packed"
            );
            let query = sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(prepared.rules_version);
            match rows {
                [row] => query.bind(to_json(&[row])).bind(row.packed()).execute(&mut *$tx).await?,
                rows => {
                    let rows: Vec<_> = rows.iter().map(EntryRow::with_packed).collect();
                    query.bind(to_json(&rows)).execute(&mut *$tx).await?
                }
            };
            let keys = $crate::store::rows::table(&$db, "$2", KEY_COLUMNS);
            let sql = format!(
                "delete from removal where entry_id in \
                   (select id from entry where source_id = $1 and key in (select key from {keys}))"
            );
            let written: Vec<_> = rows.iter().map(|row| KeyRow { key: row.key }).collect();
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(to_json(&written)).execute(&mut *$tx).await?;
        }
        for rows in portions(&changes.removals, RemovalRow::bytes) {
            let removals = $crate::store::rows::table(&$db, "$2", REMOVAL_COLUMNS);
            // SQLite does not know how long a list of JSON is. A `cross join` it takes as it stands: for each removal it
            // asks the index of entries, and not for each entry all removals.
            let sql = format!(
                "insert into removal (entry_id, number, field, pass, rule, evidence, before_text, after_text) \
                 select entry.id, number, field, pass, rule, evidence, before_text, after_text \
                 from {removals} cross join entry where entry.source_id = $1 and entry.key = given.key"
            );
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(to_json(&rows)).execute(&mut *$tx).await?;
        }
        if !changes.same.is_empty() {
            let keys = $crate::store::rows::table(&$db, "$3", KEY_COLUMNS);
            let sql = format!(
                "update entry set rules_version = $2 \
                 where source_id = $1 and rules_version <> $2 and key in (select key from {keys})"
            );
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(prepared.rules_version).bind(to_json(&changes.same))
                .execute(&mut *$tx).await?;
        }
        $crate::store::lines::count!($db, $tx, $source, changes.news);
        if from_document && has_returned {
            let keys = $crate::store::rows::table(&$db, "$2", KEY_COLUMNS);
            let sql = format!(
                "update entry set left_at = null where source_id = $1 and left_at is not null and key in (select key from {keys})"
            );
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(&prepared.keys).execute(&mut *$tx).await?;
        }
        if from_document {
            let keys = $crate::store::rows::table(&$db, "$3", KEY_COLUMNS);
            // The condition on the moment is that of an index of those that are there, letter for letter: a year's entries are
            // not looked through at each poll.
            let sql = format!(
                "update entry set left_at = $2 where source_id = $1 and left_at is null and key not in (select key from {keys}) \
                   and (not $4 or exists (select 1 from source where id = $1 and cut_since <= $5))"
            );
            // What is missing from a document that was cut off may stand in the rest of it.
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(now).bind(&prepared.keys).bind(prepared.is_cut())
                .bind(now - ALWAYS_CUT_SECONDS).execute(&mut *$tx).await?;
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
        // Whoever reads the feed sees its entries, whatever became of the head. Where all are of this version, those that were
        // written are too, and none has to be looked at.
        let rules_version: String = sqlx::query_scalar(
            "update source set \
               revision = case when $2 then revision + 1 else revision end, \
               changed_at = case when $2 then $3 else changed_at end, \
               cut_since = case when $6 then coalesce(cut_since, $3) when $7 then null else cut_since end, \
               rules_version = case when not $4 then 'mixed' when rules_version = $5 then $5 when exists \
                 (select 1 from entry where entry.source_id = source.id and entry.rules_version <> $5) then 'mixed' else $5 end \
             where id = $1 returning rules_version",
        )
        .bind($source.id)
        .bind(entries_changed)
        .bind(now)
        .bind(head > 0)
        .bind(prepared.rules_version)
        .bind(from_document && prepared.is_cut())
        .bind(from_document)
        .fetch_one(&mut *$tx)
        .await?;
        (changes.recorded, rules_version)
    }};
}
pub(super) use record;
