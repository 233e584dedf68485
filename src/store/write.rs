//! How what changed by a wash is written inside a transaction: entries with their removals, what is counted, the head, the versions.
//!
//! It compares nothing; [`Recording`](super::Recording) has done that.

use super::pack::{Packer, Parts};
use super::rows::{self, BYTES, Column};
use crate::model::EntryKey;
use serde::Serialize;

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

/// The columns of the row set of entries, what is packed behind all others.
pub(super) const ENTRY_COLUMNS: &[Column] = &[
    ("key", "text"),
    ("first_seen_at", "bigint"),
    ("changed_at", "bigint"),
    ("sort_at", "bigint"),
    ("position", "bigint"),
    ("raw_hash", "text"),
    ("story_hash", "text"),
    ("updated_at", "bigint"),
    ("taken", "bigint"),
    ("parts", BYTES),
];

/// How many of them stand before what is packed.
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
    /// How many removals were made in it.
    pub(super) taken: usize,
    #[serde(skip)]
    pub(super) parts: Parts<'r>,
    /// Its parts packed, where several rows are written at once.
    #[serde(rename = "parts", skip_serializing_if = "Option::is_none")]
    pub(super) packed: Option<String>,
}

impl EntryRow<'_> {
    /// How much text it holds.
    pub(super) fn bytes(&self) -> usize {
        self.parts.bytes()
    }

    /// The row with its parts packed.
    pub(super) fn with_packed(&self, packer: &mut Packer) -> Self {
        Self {
            packed: Some(rows::hex(&packer.pack(self.parts))),
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

/// What of a source, `$1`, is in its feed's document. An index has just that, so that a year's entries are not looked through at
/// each poll; its condition stands here letter for letter.
pub(super) const THERE: &str = "entry where source_id = $1 and left_at is null";

/// What the first statement of a transaction that writes a document returns of its source: the version of its rules, how often
/// what is put back has changed, and whether its head stands there as `$4` to `$7` have it: as it was read, its warnings, its removals, and
/// its hash.
pub(super) const FOUND: &str = "returning rules_version, restored_revision, \
       coalesce(raw = $4 and warnings = $5 and removals = $6 and head_hash = $7 and cut_since is null, false)";

/// What that is.
pub(super) type Found = (String, i64, bool);

/// Writes a document inside a transaction, given what was found of its source; gives what changed, and the version of the rules that all
/// stored entries are washed by now. A macro, because sqlx's transactions are of two types and their bounds would be longer than this text.
macro_rules! record {
    ($db:expr, $tx:ident, $source:expr, $found:expr, $prepared:expr, $seen:expr) => {{
        use $crate::store::pack::{Dictionary, Packer};
        use $crate::store::record::{HASH_CHARS, Stored, to_json};
        use $crate::store::write::{ALWAYS_CUT_SECONDS, ENTRY_COLUMNS, EntryRow, HEAD_COLUMNS, KEY_COLUMNS, THERE, portions};
        use std::collections::HashMap;
        let prepared = $prepared;
        let now = $seen.at;
        let from_document = prepared.warnings.is_some();
        type Row = (String, String, String, String, i64, i64, i64, Option<i64>);
        let of_row = |(key, raw_hash, story_hash, rules_version, first_seen_at, changed_at, sort_at, updated_at): Row| {
            (key, Stored { raw_hash, story_hash, rules_version, first_seen_at, changed_at, sort_at, updated_at })
        };
        let columns = format!(
            "key, substr(raw_hash, 1, {HASH_CHARS}), substr(story_hash, 1, {HASH_CHARS}), rules_version, first_seen_at, changed_at, \
               sort_at, updated_at"
        );
        // Most documents have what the one before had: what is there is known without asking for each key.
        let sql = format!("select {columns} from {THERE}");
        let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(sql)).bind($source.id).fetch_all(&mut *$tx).await?;
        let mut stored: HashMap<String, Stored> = rows.into_iter().map(of_row).collect();
        let leaves = from_document && !prepared.has_all(stored.keys());
        let others = prepared.but(&stored);
        let mut has_returned = false;
        if !others.is_empty() {
            let keys = $crate::store::rows::table(&$db, "$2", KEY_COLUMNS);
            let sql = format!(
                "select {columns} from entry where source_id = $1 and left_at is not null and key in (select key from {keys})"
            );
            let rows: Vec<Row> =
                sqlx::query_as(AssertSqlSafe(sql)).bind($source.id).bind(to_json(&others)).fetch_all(&mut *$tx).await?;
            has_returned = !rows.is_empty();
            stored.extend(rows.into_iter().map(of_row));
        }
        let changes = prepared.compare(&stored, $seen);
        let entries_changed = !changes.entries.is_empty();
        let mut taken = changes.taken();
        if !changes.rewritten.is_empty() {
            let keys = $crate::store::rows::table(&$db, "$2", KEY_COLUMNS);
            let keys_json = to_json(&changes.rewritten);
            let sql = format!(
                "select cast(coalesce(sum(taken), 0) as bigint) from entry where source_id = $1 and key in (select key from {keys})"
            );
            let before: i64 =
                sqlx::query_scalar(AssertSqlSafe(sql)).bind($source.id).bind(&keys_json).fetch_one(&mut *$tx).await?;
            taken -= before;
            // Where older versions wrote them.
            let sql = format!(
                "delete from removal where entry_id in \
                   (select id from entry where source_id = $1 and key in (select key from {keys}))"
            );
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(&keys_json).execute(&mut *$tx).await?;
        }
        if entries_changed {
            let sql = "select packed from dictionary where source_id = $1";
            let packed: Option<Vec<u8>> = sqlx::query_scalar(sql).bind($source.id).fetch_optional(&mut *$tx).await?;
            let own = packed.map(Dictionary::unpack).transpose()?;
            let new = if own.is_none() { prepared.dictionary() } else { None };
            if let Some(dictionary) = &new {
                let sql = "insert into dictionary (source_id, packed) values ($1, $2)";
                sqlx::query(sql).bind($source.id).bind(dictionary.packed()).execute(&mut *$tx).await?;
            }
            let mut packer = Packer::new(own.or(new).as_ref());
            for rows in portions(&changes.entries, EntryRow::bytes) {
                // What is long goes as a parameter of its own: inside of JSON it would be there four times more.
                let (columns, packed) = match rows {
                    [_] => (&ENTRY_COLUMNS[..HEAD_COLUMNS], "$4"),
                    _ => (ENTRY_COLUMNS, "parts"),
                };
                let entries = $crate::store::rows::table(&$db, "$3", columns);
                let sql = format!(
                    "insert into entry (source_id, rules_version, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, \
                       updated_at, taken, raw, clean, parts) \
                     select $1, $2, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, updated_at, taken, '', '', {packed} \
                     from {entries} where true \
                     on conflict (source_id, key) do update set \
                       rules_version = excluded.rules_version, changed_at = excluded.changed_at, \
                       sort_at = excluded.sort_at, raw_hash = excluded.raw_hash, story_hash = excluded.story_hash, \
                       updated_at = excluded.updated_at, taken = excluded.taken, raw = '', clean = '', parts = excluded.parts"
                );
                let query = sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(prepared.rules_version);
                match rows {
                    [row] => query.bind(to_json(&[row])).bind(packer.pack(row.parts)).execute(&mut *$tx).await?,
                    rows => {
                        let rows: Vec<_> = rows.iter().map(|row| row.with_packed(&mut packer)).collect();
                        query.bind(to_json(&rows)).execute(&mut *$tx).await?
                    }
                };
            }
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
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(prepared.keys()).execute(&mut *$tx).await?;
        }
        if leaves {
            let keys = $crate::store::rows::table(&$db, "$3", KEY_COLUMNS);
            let sql = format!(
                "update entry set left_at = $2 where id in (select id from {THERE} and key not in (select key from {keys})) \
                   and (not $4 or exists (select 1 from source where id = $1 and cut_since <= $5))"
            );
            // What is missing from a document that was cut off may stand in the rest of it.
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(now).bind(prepared.keys()).bind(prepared.is_cut())
                .bind(now - ALWAYS_CUT_SECONDS).execute(&mut *$tx).await?;
        }
        let (found_version, _, head_stays) = $found;
        let is_untouched = *head_stays
            && from_document
            && !entries_changed
            && changes.same.is_empty()
            && !prepared.is_cut()
            && found_version == prepared.rules_version;
        // A document that brings nothing leaves all of its source as it is, and that is not written once more.
        let rules_version = if is_untouched {
            found_version.clone()
        } else {
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
                "update source set entries = entries + $8, taken = taken + $9, \
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
            .bind(changes.recorded.new as i64)
            .bind(taken)
            .fetch_one(&mut *$tx)
            .await?;
            rules_version
        };
        (changes.recorded, rules_version)
    }};
}
pub(super) use record;
