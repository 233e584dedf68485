//! What users had put back, and the removals that they choose from.
//!
//! Each change of what is put back is counted at its source, so that a wash that did not know of it yet is not written.

use super::db::{in_transaction, on};
use super::lines::{bits, print};
use super::pack::{Unpacker, needs_own};
use super::record::storable;
use super::times::time;
use super::{Source, Store, StoreError, rows};
use crate::model::{Entry, EntryKey, Field, Removal, Restored, Warning, Washed};
use jiff::Timestamp;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use std::collections::{BTreeSet, HashMap};

/// One removal that was put back, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restoration {
    /// What it is called by; it stays the same.
    pub number: i64,
    /// The entry that it was put back into; `None` for every entry of the source.
    pub entry: Option<EntryKey>,
    /// The field that it was taken from.
    pub field: Field,
    /// The pass that took it.
    pub pass: String,
    /// What it took.
    pub before: String,
}

/// A source as it is stored, for who explains it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Every stored entry as read, newest first, what was removed from them, and what was forgiven in the last document.
    /// Nothing is published of it: `clean` is empty.
    pub washed: Washed,
    /// When the source last answered as it should.
    pub read_at: Option<Timestamp>,
    /// Why its last poll failed, where it did.
    pub failure: Option<String>,
}

impl Store {
    /// What a user had put back in the entries of a source.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn restored(&self, source: &Source) -> Result<BTreeSet<Restored>, StoreError> {
        let rows: Vec<(String, String, i64)> = on!(self.db, pool => {
            sqlx::query_as("select entry_key, field, print from restored where source_id = $1")
                .bind(source.id)
                .fetch_all(pool)
                .await?
        });
        let restored = rows.into_iter().map(|(key, field, bits)| {
            Ok(Restored {
                entry: self::key(key)?,
                field: self::field(field)?,
                print: print(bits),
            })
        });
        restored.collect()
    }

    /// Remembers that a removal is not to be made again, and gives the number of that. Entries that are stored change
    /// when they are washed anew.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn restore(
        &self,
        source: &Source,
        restored: &Restored,
        removal: &Removal,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let number = in_transaction!(self.db, tx => {
            sqlx::query(REVISE).bind(source.id).execute(&mut *tx).await?;
            sqlx::query_scalar(
                "insert into restored (source_id, entry_key, field, print, pass, before_text, created_at) \
                 values ($1, $2, $3, $4, $5, $6, $7) \
                 on conflict (source_id, entry_key, field, print) do update set created_at = excluded.created_at \
                 returning id",
            )
            .bind(source.id)
            .bind(restored.entry.as_ref().map_or("", EntryKey::as_str))
            .bind(restored.field.as_str())
            .bind(bits(restored.print))
            .bind(&removal.pass)
            .bind(storable(&removal.before))
            .bind(now.as_second())
            .fetch_one(&mut *tx)
            .await?
        });
        Ok(number)
    }

    /// Forgets that a removal was put back: it may be made again. False where there is none of that number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn undo_restore(&self, source: &Source, number: i64) -> Result<bool, StoreError> {
        let forgotten = in_transaction!(self.db, tx => {
            sqlx::query(REVISE).bind(source.id).execute(&mut *tx).await?;
            sqlx::query("delete from restored where source_id = $1 and id = $2")
                .bind(source.id)
                .bind(number)
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(forgotten > 0)
    }

    /// The removals that were put back in the entries of a source, given by its row, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn restorations(&self, source_id: i64) -> Result<Vec<Restoration>, StoreError> {
        let rows: Vec<(i64, String, String, String, String)> = on!(self.db, pool => {
            sqlx::query_as("select id, entry_key, field, pass, before_text from restored where source_id = $1 order by id")
                .bind(source_id)
                .fetch_all(pool)
                .await?
        });
        let restorations = rows.into_iter().map(|(number, key, field, pass, before)| {
            Ok(Restoration {
                number,
                entry: self::key(key)?,
                field: self::field(field)?,
                pass,
                before,
            })
        });
        restorations.collect()
    }

    /// Everything stored of a source that an explanation needs. `None` where it was never read.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn stored(&self, source: &Source) -> Result<Option<Stored>, StoreError> {
        let Some(raw) = self.stored_raw(source).await? else {
            return Ok(None);
        };
        type Row = (String, String, Option<i64>, i64, Option<String>);
        let (removals, warnings, read_at, failures, detail): Row = on!(self.db, pool => {
            sqlx::query_as("select removals, warnings, last_success_at, failures, detail from source where id = $1")
                .bind(source.id)
                .fetch_one(pool)
                .await?
        });
        // Lists that an older version wrote otherwise are written again with the next document.
        let mut removals: Vec<Removal> = serde_json::from_str(&removals).unwrap_or_default();
        removals.extend(self.removals(source).await?);
        let warnings: Vec<Warning> = serde_json::from_str(&warnings).unwrap_or_default();
        Ok(Some(Stored {
            washed: Washed {
                raw,
                removals,
                warnings,
                ..Washed::default()
            },
            read_at: time(read_at),
            failure: detail.filter(|_| failures > 0),
        }))
    }

    /// The stored entries of a source as they are published, by their keys.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn stored_clean(
        &self,
        source: &Source,
    ) -> Result<HashMap<EntryKey, Entry>, StoreError> {
        let rows: Vec<(Option<Vec<u8>>, String)> = on!(self.db, pool => {
            sqlx::query_as("select parts, clean from entry where source_id = $1").bind(source.id).fetch_all(pool).await?
        });
        let packed = rows.iter().any(|row| needs_own(row.0.as_deref()));
        let mut unpacker = self.unpacker(source.id, packed).await?;
        let entries = rows.iter().map(|(packed, clean)| {
            let entry = unpacker.clean(packed.as_deref(), clean)?;
            Ok((entry.key.clone(), entry))
        });
        entries.collect()
    }

    /// The removals that were made in the stored entries of a source, in order.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn removals(&self, source: &Source) -> Result<Vec<Removal>, StoreError> {
        let rows: Vec<(i64, Option<Vec<u8>>)> = on!(self.db, pool => {
            sqlx::query_as("select id, parts from entry where source_id = $1 and taken > 0 order by id")
                .bind(source.id)
                .fetch_all(pool)
                .await?
        });
        let packed = rows.iter().any(|row| needs_own(row.1.as_deref()));
        let mut unpacker = self.unpacker(source.id, packed).await?;
        Ok(self.removals_in(&mut unpacker, &rows).await?.concat())
    }

    /// The removals that were made in some entries of a source, given by their rows and what is packed of them.
    pub(super) async fn removals_in(
        &self,
        unpacker: &mut Unpacker,
        entries: &[(i64, Option<Vec<u8>>)],
    ) -> Result<Vec<Vec<Removal>>, StoreError> {
        let told = entries
            .iter()
            .map(|(id, packed)| Ok((*id, unpacker.removals(packed.as_deref())?)));
        let told: Vec<(i64, Option<Vec<Removal>>)> = told.collect::<Result<_, StoreError>>()?;
        let elsewhere = told.iter().filter(|(_, removals)| removals.is_none());
        let elsewhere: Vec<i64> = elsewhere.map(|(id, _)| *id).collect();
        let mut elsewhere = self.removals_elsewhere(&elsewhere).await?;
        let told = told.into_iter().map(|(id, removals)| {
            removals.unwrap_or_else(|| elsewhere.remove(&id).unwrap_or_default())
        });
        Ok(told.collect())
    }

    /// Those of entries that an older version wrote, which has them in a table of their own, by the entries' rows.
    async fn removals_elsewhere(
        &self,
        ids: &[i64],
    ) -> Result<HashMap<i64, Vec<Removal>>, StoreError> {
        let mut removals: HashMap<i64, Vec<Removal>> = HashMap::new();
        if ids.is_empty() {
            return Ok(removals);
        }
        let given = rows::table(&self.db, "$1", rows::ID);
        // A `cross join`, so that SQLite asks for each that is given.
        let sql = format!(
            "select entry.id, entry.key, removal.number, removal.field, removal.pass, removal.rule, removal.evidence, \
               removal.before_text, removal.after_text \
             from {given} cross join entry cross join removal where entry.id = given.id and removal.entry_id = given.id \
             order by removal.number"
        );
        let rows: Vec<RemovalRow> = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(rows::ids(ids)).fetch_all(pool).await?
        });
        for row in rows {
            removals.entry(row.0).or_default().push(removal(row)?);
        }
        Ok(removals)
    }
}

type RemovalRow = (
    i64,
    String,
    i64,
    String,
    String,
    String,
    Option<String>,
    String,
    Option<String>,
);

fn removal(row: RemovalRow) -> Result<Removal, StoreError> {
    let (_, key, number, field, pass, rule, evidence, before, after) = row;
    Ok(Removal {
        entry: self::key(key)?.unwrap_or_default(),
        number: u32::try_from(number).unwrap_or_default(),
        field: self::field(field)?,
        pass,
        rule,
        evidence,
        before,
        after,
    })
}

/// Counts a change of what is put back. It is the first statement of each, so that it takes the lock that polls take.
const REVISE: &str = "update source set restored_revision = restored_revision + 1 where id = $1";

/// A stored key; none where it is empty.
fn key(key: String) -> Result<Option<EntryKey>, StoreError> {
    value("entry key", key).map(|key: EntryKey| Some(key).filter(|key| !key.as_str().is_empty()))
}

fn field(name: String) -> Result<Field, StoreError> {
    value("field", name)
}

fn value<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: String,
) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(text)).map_err(|error| StoreError::Damaged {
        what,
        why: error.to_string(),
    })
}
