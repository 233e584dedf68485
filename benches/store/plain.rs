//! A plain program that writes with rusqlite what the store writes: the same rows with the same bytes in a file of the same
//! form, in one transaction a poll that waits for the disk as the store's does. It has the rows before it is measured, and
//! its statements are prepared once.

use feedwash::model::Washed;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::path::Path;
use zstd::bulk::{Compressor, Decompressor};

/// The rows that a poll writes.
pub(crate) struct Poll {
    source: Vec<Value>,
    entries: Vec<EntryRow>,
    /// What the store packs this source's entries by, and that as it is kept.
    dictionary: [Vec<u8>; 2],
    lines: Vec<(i64, i64)>,
}

type Value = rusqlite::types::Value;

struct EntryRow {
    key: String,
    numbers: [Value; 6],
    hashes: [String; 2],
    rules_version: String,
    taken: i64,
    /// What tells the dictionary.
    mark: [u8; 4],
    parts: [String; 3],
}

/// What of a source a poll changes.
const SOURCE: &str = "url, next_poll_at, next_poll_reason, retry_after_until, body_hash, failures, last_poll_at, last_success_at, outcome, \
     revision, changed_at, raw, clean, warnings, removals, head_hash, rules_version, counted, entries, taken";

/// As hard as the store tries.
const LEVEL: i32 = 6;

/// What the store packs everything by.
const SHARED: &[u8] = include_bytes!("../../src/store/dictionary.txt");

fn values(row: &Row<'_>) -> rusqlite::Result<Vec<Value>> {
    (0..row.as_ref().column_count())
        .map(|at| row.get(at))
        .collect()
}

impl Poll {
    /// What the store wrote of a document at the source of that number.
    pub(crate) fn of(theirs: &Connection, source: usize, washed: &Washed) -> Self {
        let id = id(theirs, source);
        let all = |sql: &str| -> Vec<Vec<Value>> {
            let mut statement = theirs.prepare_cached(sql).expect("it is SQL");
            let rows = statement.query_map([id], values).expect("it can be read");
            rows.map(|row| row.expect("it can be read")).collect()
        };
        let sql = format!("select {SOURCE} from source where id = ?");
        let head = all(&sql).pop().expect("the source is there");
        let kept: Vec<u8> = theirs
            .query_row(
                "select packed from dictionary where source_id = ?",
                [id],
                |row| row.get(0),
            )
            .expect("a document of fifty entries makes one");
        let shared = Decompressor::with_dictionary(SHARED);
        let own = shared.and_then(|mut shared| shared.decompress(&kept, 1 << 20));
        let whole = [SHARED, &own.expect("the store packed it")].concat();
        let hash = Sha256::digest(&kept);
        let mark = std::array::from_fn(|at| hash[at]);
        let lines = all("select print, entries from line where source_id = ?");
        let number = |value: &Value| match value {
            Value::Integer(number) => *number,
            _ => unreachable!("a line has numbers"),
        };
        let both = washed.raw.entries.iter().zip(&washed.clean.entries);
        let entries = both.map(|(raw, clean)| {
            let sql = "select first_seen_at, left_at, changed_at, sort_at, position, updated_at, raw_hash, story_hash, rules_version, taken \
                       from entry where source_id = ? and key = ?";
            let mut statement = theirs.prepare_cached(sql).expect("it is SQL");
            let key = raw.key.as_str().to_owned();
            let row = statement.query_row(params![id, key], |row| {
                let numbers = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
                Ok((numbers, [row.get(6)?, row.get(7)?], row.get(8)?, row.get::<_, i64>(9)?))
            });
            let (numbers, hashes, rules_version, taken) = row.expect("the store wrote it");
            let removals: Vec<_> = washed.removals.iter().filter(|removal| removal.entry == raw.key).collect();
            let json = |entry| serde_json::to_string(entry).expect("an entry is JSON");
            let removed = serde_json::to_string(&removals).expect("removals are JSON");
            let parts = [json(raw), json(clean), if removals.is_empty() { String::new() } else { removed }];
            EntryRow { key, numbers, hashes, rules_version, taken, mark, parts }
        });
        Self {
            source: head,
            entries: entries.collect(),
            dictionary: [whole, kept],
            lines: lines
                .iter()
                .map(|row| (number(&row[0]), number(&row[1])))
                .collect(),
        }
    }
}

fn id(connection: &Connection, source: usize) -> i64 {
    let mut statement = connection
        .prepare_cached("select id from source where name = ?")
        .expect("it is SQL");
    let id = statement.query_row([format!("s{source}")], |row| row.get(0));
    id.expect("the source is there")
}

/// The program.
pub(crate) struct Plain {
    pub(crate) connection: Connection,
}

impl Plain {
    /// Opens a file that the store made.
    pub(crate) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).expect("the file can be opened");
        connection.set_prepared_statement_cache_capacity(64);
        let pragmas = [
            "foreign_keys = on",
            "synchronous = full",
            "wal_autocheckpoint = 2000",
        ];
        for pragma in pragmas {
            let set = connection.execute_batch(&format!("pragma {pragma}"));
            set.expect("it can be set");
        }
        Self { connection }
    }

    /// Writes what a poll brought.
    pub(crate) fn write(&mut self, source: usize, poll: &Poll) {
        self.written(source, poll).expect("the file can be written");
    }

    /// Writes the end of a poll that was answered with "not modified"; the store does not wait for the disk then.
    pub(crate) fn end(&mut self, source: usize, now: Timestamp) {
        self.ended(source, now).expect("the file can be written");
    }

    fn ended(&mut self, source: usize, now: Timestamp) -> rusqlite::Result<()> {
        let id = id(&self.connection, source);
        self.connection
            .execute_batch("pragma synchronous = normal")?;
        let db = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let now = now.as_second();
        db.prepare_cached(
            "update source set leased_until = 0, next_poll_at = ?, next_poll_reason = ?, retry_after_until = 0, etag = null, \
               last_modified = null, failures = 0, last_poll_at = ?, last_success_at = ?, outcome = 'unchanged', detail = null, \
               moved = null, downgraded_to = null, downgraded_since = null, failing_since = null, failure = null, doubt = null \
             where id = ? and leased_until = leased_until",
        )?
        .execute(params![now + 1800, "about every 30 minutes", now, now, id])?;
        db.prepare_cached("insert into poll (source_id, started_at, duration_ms, outcome) values (?, ?, 150, 'unchanged')")?
            .execute(params![id, now])?;
        db.commit()?;
        self.connection.execute_batch("pragma synchronous = full")
    }

    fn written(&mut self, source: usize, poll: &Poll) -> rusqlite::Result<()> {
        let id = id(&self.connection, source);
        let db = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let held: i64 = db
            .prepare_cached("select leased_until from source where id = ?")?
            .query_row([id], |row| row.get(0))?;
        db.prepare_cached("update source set leased_until = 0 where id = ? and leased_until = ?")?
            .execute([id, held])?;
        let mut stays = HashSet::new();
        let mut packer = None;
        for row in &poll.entries {
            let stored: Option<(String, String)> = db
                .prepare_cached(
                    "select raw_hash, rules_version from entry where source_id = ? and key = ?",
                )?
                .query_row(params![id, row.key], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            stays.insert(row.key.as_str());
            if stored.is_some_and(|(raw_hash, version)| {
                raw_hash == row.hashes[0] && version == row.rules_version
            }) {
                continue;
            }
            if packer.is_none() {
                let [whole, kept] = &poll.dictionary;
                db.prepare_cached("insert into dictionary (source_id, packed) values (?, ?)")?
                    .execute(params![id, kept])?;
                packer = Some(
                    Compressor::with_dictionary(LEVEL, whole).expect("there is memory for it"),
                );
            }
            write_entry(&db, packer.as_mut().expect("it was made"), id, row)?;
        }
        let keys: Vec<String> = db
            .prepare_cached("select key from entry where source_id = ? and left_at is null")?
            .query_map([id], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for key in keys.iter().filter(|key| !stays.contains(key.as_str())) {
            db.prepare_cached("update entry set left_at = ? where source_id = ? and key = ?")?
                .execute(params![poll.source[6], id, key])?;
        }
        let is_new = packer.is_some();
        if is_new {
            for (print, entries) in &poll.lines {
                db.prepare_cached(
                    "insert into line (source_id, print, entries) values (?, ?, ?) \
                     on conflict (source_id, print) do update set entries = entries + excluded.entries",
                )?
                .execute(params![id, print, entries])?;
            }
        }
        let columns = SOURCE.replace(',', " = ?,");
        let mut given = poll.source.clone();
        given.push(Value::Integer(id));
        db.prepare_cached(&format!("update source set {columns} = ? where id = ?"))?
            .execute(rusqlite::params_from_iter(given))?;
        db.prepare_cached("insert into poll (source_id, started_at, duration_ms, outcome, new_entries, updated_entries) values (?, ?, 150, ?, ?, 0)")?
            .execute(params![id, poll.source[6], if is_new { "changed" } else { "unchanged" }, is_new])?;
        db.commit()
    }
}

fn write_entry(
    db: &Connection,
    packer: &mut Compressor<'_>,
    source: i64,
    row: &EntryRow,
) -> rusqlite::Result<()> {
    let frame = packer.compress(row.parts.concat().as_bytes());
    let length = |part: usize| {
        let length = u32::try_from(row.parts[part].len());
        length.expect("it is short").to_le_bytes()
    };
    let frame = frame.expect("there is memory for it");
    let packed = [&[3], length(0).as_slice(), &length(1), &row.mark, &frame].concat();
    let [
        first_seen_at,
        left_at,
        changed_at,
        sort_at,
        position,
        updated_at,
    ] = &row.numbers;
    db.prepare_cached(
        "insert into entry (source_id, key, first_seen_at, left_at, changed_at, sort_at, position, updated_at, raw_hash, story_hash, \
           rules_version, raw, clean, parts, taken) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?, ?)",
    )?
    .execute(params![
        source, row.key, first_seen_at, left_at, changed_at, sort_at, position, updated_at, row.hashes[0], row.hashes[1],
        row.rules_version, packed, row.taken
    ])?;
    Ok(())
}
