//! Due times beside the ends of polls: turns that are put off, publishers that asked everybody to wait, and a clock that
//! jumped.
//!
//! Invariant: nothing here makes a source due before it was, but for one whose time lies beyond every rule.

use super::db::{alone, in_passing, in_transaction, on};
use super::{Store, StoreError, Taken, rows};
use crate::limits;
use jiff::Timestamp;
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::time::Duration;

/// That no publisher of a source asked all its visitors to wait, `$1` being now. A wait beyond every rule is a clock's.
pub(super) const NOT_HELD: &str = "not exists (select 1 from hold where hold.site in (source.site, source.answering_site) \
       and hold.until > $1 and hold.until <= $1 + 86460)";

/// Until when a publisher of a source asked all its visitors to wait.
pub(super) const HELD_UNTIL: &str =
    "(select max(until) from hold where hold.site in (source.site, source.answering_site))";

/// When a source is polled next, and why then, given until when its publisher holds it back.
pub(super) fn held(
    next_poll_at: Option<Timestamp>,
    reason: String,
    until: Option<Timestamp>,
) -> (Option<Timestamp>, String) {
    match next_poll_at.is_some() && next_poll_at < until {
        true => (until, "its publisher asked all visitors to wait".to_owned()),
        false => (next_poll_at, reason),
    }
}

/// A moment as it is stored.
pub(super) fn time(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// How much later than now a clock may say that something was: several machines share a database, and their clocks
/// differ by seconds.
const CLOCKS_DIFFER: i64 = 60;

/// No lease is longer, in seconds.
const LEASE_MAX: i64 = 24 * 3600;

impl Store {
    /// Gives back sources that were taken and may not be polled yet, each with the moment from which on it may, and why.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn postpone(&self, turns: &[(Taken, Timestamp, &str)]) -> Result<(), StoreError> {
        let turns = turns
            .iter()
            .map(|(taken, at, why)| (*taken, *at, Some(*why)));
        self.move_to(&turns.collect::<Vec<_>>(), None).await
    }

    /// Gives sources other times: those that are still taken as is said, or, where they are spread at a moment, those that nobody
    /// has.
    async fn move_to(
        &self,
        times: &[(Taken, Timestamp, Option<&str>)],
        spread_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        if times.is_empty() {
            return Ok(());
        }
        let given: Vec<_> = times
            .iter()
            .map(|(taken, at, why)| json!({ "id": taken.id, "lease": taken.lease, "at": at.as_second(), "why": why }))
            .collect();
        let columns = [
            ("id", "bigint"),
            ("lease", "bigint"),
            ("at", "bigint"),
            ("why", "text"),
        ];
        let table = rows::table(&self.db, "$1", &columns);
        // What was nobody's when it was looked for may have been taken meanwhile.
        let unless_taken = match spread_at {
            Some(_) => "and source.leased_until <= $2",
            None => "and source.leased_until = given.lease",
        };
        let sql = format!(
            "update source set leased_until = 0, next_poll_at = given.at, \
               next_poll_reason = coalesce(given.why, next_poll_reason) \
             from {table} where source.id = given.id and source.next_poll_at <= given.at {unless_taken}"
        );
        in_passing!(self.db, tx => {
            let given = serde_json::Value::Array(given).to_string();
            let mut update = sqlx::query(AssertSqlSafe(sql)).bind(given);
            if let Some(now) = spread_at {
                alone!(self.db, tx);
                update = update.bind(now.as_second());
            }
            update.execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Spreads sources that are overdue together, after a sleep or a clock that jumped: `gap` apart, and all within
    /// `within`. New ones and a handful stay as they are. Gives how many were spread.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn spread_overdue(
        &self,
        gap: Duration,
        within: Duration,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let overdue: Vec<(i64,)> = on!(self.db, pool => {
            sqlx::query_as(
                "select id from source where removed_at is null and next_poll_at <= $1 and leased_until <= $1 \
                   and last_poll_at is not null order by next_poll_at, id",
            )
            .bind(now.as_second())
            .fetch_all(pool)
            .await?
        });
        let count = u32::try_from(overdue.len()).unwrap_or(u32::MAX).max(1);
        let gap = gap.min(within / count);
        let times: Vec<(Taken, Timestamp, Option<&str>)> = (0_u32..)
            .zip(overdue)
            .filter_map(|(n, (id,))| {
                let wait = i64::try_from(gap.saturating_mul(n).as_secs()).ok()?;
                let at = Timestamp::from_second(now.as_second().checked_add(wait)?).ok()?;
                (wait > 0).then_some((Taken { id, lease: 0 }, at, None))
            })
            .collect();
        self.move_to(&times, Some(now)).await?;
        Ok(times.len())
    }

    /// Mends the times that a clock left which went wrong: a source that was polled in what is the future now waits from
    /// now on as long as it was to wait then, and a time beyond every rule is now. Gives how many sources were mended.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn mend_times(&self, now: Timestamp) -> Result<u64, StoreError> {
        let longest = (limits::INTERVAL_MAX + limits::INTERVAL_MAX / 4).as_secs() as i64;
        let mended = in_transaction!(self.db, tx => {
            alone!(self.db, tx);
            let shifted = sqlx::query(
                "update source set next_poll_at = next_poll_at - last_poll_at + $1, \
                   retry_after_until = case when retry_after_until > last_poll_at then retry_after_until - last_poll_at + $1 else 0 end, \
                   last_poll_at = $1, \
                   last_success_at = case when last_success_at > $1 then $1 else last_success_at end, \
                   failing_since = case when failing_since > $1 then $1 else failing_since end \
                 where last_poll_at > $1 + $2",
            )
            .bind(now.as_second())
            .bind(CLOCKS_DIFFER)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            let pulled_in = sqlx::query(
                "update source set next_poll_at = case when next_poll_at > $1 + $2 then $1 else next_poll_at end, \
                   retry_after_until = case when retry_after_until > $1 + $2 then 0 else retry_after_until end \
                 where next_poll_at > $1 + $2 or retry_after_until > $1 + $2",
            )
            .bind(now.as_second())
            .bind(longest)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            sqlx::query("update source set leased_until = 0 where leased_until > $1 + $2")
                .bind(now.as_second())
                .bind(LEASE_MAX)
                .execute(&mut *tx)
                .await?;
            shifted + pulled_in
        });
        Ok(mended)
    }

    /// Until when a publisher asked all its visitors to wait, where it did.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held(&self, site: &str, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let until: Option<(i64,)> = on!(self.db, pool => {
            sqlx::query_as("select until from hold where site = $1 and until > $2 and until <= $2 + 86460")
                .bind(site)
                .bind(now.as_second())
                .fetch_optional(pool)
                .await?
        });
        Ok(time(until.map(|(until,)| until)))
    }

    /// Believes the next document of a source, whatever it is: a user asked for it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn trust(&self, name: &str) -> Result<(), StoreError> {
        in_transaction!(self.db, tx => {
            sqlx::query("update source set trusted = 1 where name = $1 and doubt is not null")
                .bind(name)
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }
}
