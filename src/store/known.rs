//! What is known of a feed before a new document of it, to judge whether it is still the same.

use super::db::on;
use super::feeds::read;
use super::pack::needs_own;
use super::write::{KEY_COLUMNS, THERE};
use super::{Source, Store, StoreError, rows};
use crate::model::Feed;
use crate::walls::Known;
use serde_json::json;
use sqlx::AssertSqlSafe;

/// How many titles of stored entries are compared.
const TITLES: i64 = 50;

impl Store {
    /// What is known of a source, beside a new document of it. Where an entry of that is known, nothing else is asked for.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn known(&self, source: &Source, document: &Feed) -> Result<Known, StoreError> {
        let keys = document
            .entries
            .iter()
            .map(|entry| json!({ "key": entry.key }));
        let keys = serde_json::Value::Array(keys.collect()).to_string();
        let given = rows::table(&self.db, "$2", KEY_COLUMNS);
        let same = format!(
            "select 1 from entry where source_id = $1 and key in (select key from {given}) limit 1"
        );
        let all = format!("select count(*) from {THERE}");
        let newest = format!("select parts, clean from {THERE} order by sort_at desc limit $2");
        let head = "select coalesce(raw, '') from source where id = $1";
        let (entries, titles, head) = on!(self.db, pool => {
            let same: Option<(i32,)> = sqlx::query_as(AssertSqlSafe(same))
                .bind(source.id)
                .bind(keys)
                .fetch_optional(pool)
                .await?;
            if same.is_some() {
                return Ok(Known { entries: 1, same: 1, ..Known::default() });
            }
            let entries: i64 = sqlx::query_scalar(AssertSqlSafe(all)).bind(source.id).fetch_one(pool).await?;
            let titles: Vec<(Option<Vec<u8>>, String)> = sqlx::query_as(AssertSqlSafe(newest)).bind(source.id).bind(TITLES).fetch_all(pool).await?;
            let head: String = sqlx::query_scalar(head).bind(source.id).fetch_one(pool).await?;
            (entries, titles, head)
        });
        let mut known = Known {
            entries: usize::try_from(entries).unwrap_or(usize::MAX),
            ..Known::default()
        };
        if !head.is_empty() {
            known.link = read::<Feed>("feed", &head)?.link;
        }
        let packed = titles.iter().any(|row| needs_own(row.0.as_deref()));
        let mut unpacker = self.unpacker(source.id, packed).await?;
        for (packed, clean) in &titles {
            let title = unpacker.clean(packed.as_deref(), clean)?.title;
            known.titles.extend(title.map(|title| title.value));
        }
        Ok(known)
    }
}
