//! What users had put back, and the removals that they choose from.

use super::db::{in_transaction, on};
use super::feeds::read;
use super::{Source, Store, StoreError};
use crate::model::{Entry, EntryKey, Field, Fingerprint, Removal, Restored};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

impl Store {
    /// What a user had put back in the entries of a source.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn restored(&self, source: &Source) -> Result<BTreeSet<Restored>, StoreError> {
        let rows: Vec<(String, String, String)> = on!(self.db, pool => {
            sqlx::query_as("select entry_key, field, print from restored where source_id = $1")
                .bind(source.id)
                .fetch_all(pool)
                .await?
        });
        let restored = rows.into_iter().map(|(key, field, print)| {
            let damaged = |why: String| StoreError::Damaged {
                what: "restored removal",
                why,
            };
            let print =
                u64::from_str_radix(&print, 16).map_err(|error| damaged(error.to_string()))?;
            Ok(Restored {
                entry: self::key(key)?,
                field: self::field(field)?,
                print: Fingerprint(print),
            })
        });
        restored.collect()
    }

    /// Remembers that a removal is not to be made again. Entries that are stored change when they are washed anew.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn restore(
        &self,
        source: &Source,
        restored: &Restored,
        removal: &Removal,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        in_transaction!(self.db, tx => {
            sqlx::query(
                "insert into restored (source_id, entry_key, field, print, pass, before_text, created_at) \
                 values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
            )
            .bind(source.id)
            .bind(restored.entry.as_ref().map_or("", EntryKey::as_str))
            .bind(restored.field.as_str())
            .bind(restored.print.to_string())
            .bind(&removal.pass)
            .bind(&removal.before)
            .bind(now.as_second())
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// The stored entries of a source as they are published, by their keys.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn stored_clean(
        &self,
        source: &Source,
    ) -> Result<HashMap<EntryKey, Entry>, StoreError> {
        let rows: Vec<(String,)> = on!(self.db, pool => {
            sqlx::query_as("select clean from entry where source_id = $1").bind(source.id).fetch_all(pool).await?
        });
        let entries = rows.iter().map(|(clean,)| {
            let entry: Entry = read("entry", clean)?;
            Ok((entry.key.clone(), entry))
        });
        entries.collect()
    }

    /// The removals that were made in the stored entries of a source, in order.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn removals(&self, source: &Source) -> Result<Vec<Removal>, StoreError> {
        type Row = (
            String,
            i64,
            String,
            String,
            String,
            Option<String>,
            String,
            Option<String>,
        );
        let rows: Vec<Row> = on!(self.db, pool => {
            sqlx::query_as(
                "select entry.key, removal.number, removal.field, removal.pass, removal.rule, removal.evidence, \
                   removal.before_text, removal.after_text \
                 from removal join entry on entry.id = removal.entry_id \
                 where entry.source_id = $1 order by entry.id, removal.number",
            )
            .bind(source.id)
            .fetch_all(pool)
            .await?
        });
        let removals = rows.into_iter().map(
            |(key, number, field, pass, rule, evidence, before, after)| {
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
            },
        );
        removals.collect()
    }
}

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
