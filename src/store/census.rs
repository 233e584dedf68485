//! The store in numbers, as cheap as they can be had: they are asked for every few seconds.

use super::db::{Pools, on};
use super::times::NOT_HELD;
use super::{Store, StoreError};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

/// How many sources fare how, and how large it all is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Census {
    /// Sources whose last poll succeeded.
    pub fine: i64,
    /// Sources whose last poll failed.
    pub failing: i64,
    /// Sources that are gone for good (410).
    pub gone: i64,
    /// Sources that were never polled.
    pub unpolled: i64,
    /// Sources that are due and that nobody has taken.
    pub due: i64,
    /// For how long the first of them has been due.
    pub lateness_seconds: i64,
    /// The size of the database, in bytes.
    pub bytes: i64,
}

impl Store {
    /// Counts.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn census(&self, now: Timestamp) -> Result<Census, StoreError> {
        type Row = (i64, i64, i64, i64, i64, i64);
        let sql = format!(
            "select coalesce(sum(case when outcome in ('changed', 'unchanged') then 1 else 0 end), 0), \
               coalesce(sum(case when outcome = 'failed' then 1 else 0 end), 0), \
               coalesce(sum(case when outcome = 'gone' then 1 else 0 end), 0), \
               coalesce(sum(case when outcome = 'new' then 1 else 0 end), 0), \
               coalesce(sum(case when next_poll_at <= $1 and leased_until <= $1 and {NOT_HELD} then 1 else 0 end), 0), \
               coalesce(max(case when next_poll_at <= $1 and leased_until <= $1 and {NOT_HELD} then $1 - next_poll_at end), 0) \
             from source where removed_at is null"
        );
        let (fine, failing, gone, unpolled, due, lateness_seconds): Row = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(now.as_second()).fetch_one(pool).await?
        });
        let bytes = match self.db.pools {
            Pools::Sqlite { .. } => {
                "select page_count * page_size from pragma_page_count(), pragma_page_size()"
            }
            Pools::Postgres { .. } => "select pg_database_size(current_database())",
        };
        let bytes = on!(self.db, pool => sqlx::query_scalar(bytes).fetch_one(pool).await?);
        Ok(Census {
            fine,
            failing,
            gone,
            unpolled,
            due,
            lateness_seconds,
            bytes,
        })
    }
}
