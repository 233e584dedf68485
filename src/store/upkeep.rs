//! What goes with time: old entries and polls, sources that were removed long ago, and the room that they leave in the file.
//!
//! It goes in small steps, each a transaction of its own, so that no poll waits long. Invariants: an entry of its feed's
//! newest document never goes, or it would be born again as new; a clock that jumps years ahead makes a day's worth go an
//! hour, and no more, before somebody can set it right.

use super::db::{self, Db, Pools, in_transaction, on};
use super::rows::{self, Column};
use super::{Store, StoreError};
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How many entries go in one step; with their removals that is a tenth of a second on a slow disk.
const ENTRIES_A_STEP: i64 = 100;

/// How many polls go in one step: short rows.
const POLLS_A_STEP: i64 = 2_000;

/// How long polls are kept at the most, in days, however long entries are: nothing is told of older ones, and a source that posts
/// twenty times a day is polled 17,000 times a year.
const POLLS_DAYS_MAX: u32 = 90;

/// How many pages are given back to the file system in one step.
const PAGES_A_STEP: u32 = 256;

/// A file is shrunk where more than so many of its pages are free, and one in so many: the rest is soon written again.
const FREE_PAGES_MIN: i64 = 256;
const FREE_SHARE: i64 = 10;

const SECONDS_A_DAY: i64 = 86_400;

/// No clock is right that says less: the program is younger. The beginning of 2026.
const CLOCK_MIN: i64 = 1_767_225_600;

/// A clock that is more than this behind what is believed is wrong. More than a believed clock can be ahead after one that
/// was wrong for a day.
const BEHIND_MAX: i64 = 30 * SECONDS_A_DAY;

/// The latest moment that is believed: where the clock has been, in steps of a day an hour at the most.
#[derive(Debug, Clone)]
pub(super) struct Believed(Arc<AtomicI64>);

/// A clock that went on by more than this since it was last asked has jumped, or nobody was there for long. What is deleted
/// where it jumped by less is no more than it jumped by.
const JUMP_MIN: i64 = 7 * SECONDS_A_DAY;

/// How far what is believed may move on, in seconds, where the clock said `wall` the last time: a day an hour, by what the
/// clock itself says of the time between, and a day where it jumped. So a program that is started every minute under a clock
/// that is years ahead believes it no faster than one that runs, and one that is started once a day no slower.
fn step(wall: i64, now: i64) -> i64 {
    match now.saturating_sub(wall).max(0) {
        JUMP_MIN.. => SECONDS_A_DAY,
        between => between * 24,
    }
}

/// When something is seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The moment, as far as the clock can be believed.
    pub(super) at: i64,
    /// Up to when a date is no date in the future, where that is later.
    pub(super) dates_until: i64,
}

impl Believed {
    pub(super) async fn read(db: &Db) -> Result<Self, StoreError> {
        let clock = db::patiently(db::START_PATIENCE, db::is_starting, || async {
            let sql = "select clock from upkeep";
            on!(*db, pool => sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await)
        });
        let clock = clock.await?;
        Ok(Self(Arc::new(AtomicI64::new(clock.max(CLOCK_MIN)))))
    }

    fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// When something is seen at which the clock says `now`. What a clock says that is far behind is no reason to sort a new
    /// entry below all others, nor to take one that leaves its feed for long gone.
    pub(super) fn seen(&self, now: Timestamp) -> Seen {
        let (now, believed) = (now.as_second(), self.get());
        if now >= believed {
            return Seen {
                at: now,
                dates_until: i64::MIN,
            };
        }
        let is_behind = now < believed - BEHIND_MAX;
        Seen {
            at: if is_behind { believed } else { now },
            // Nobody knows how long ago the believed moment was.
            dates_until: believed + i64::from(is_behind) * 366 * SECONDS_A_DAY,
        }
    }
}

impl Store {
    /// Deletes what is older than `keep_days`, mends what a clock left that was ahead, and gives room back to the file
    /// system. Called once an hour. Gives how many entries were deleted.
    ///
    /// # Errors
    /// [`StoreError::Database`]; what was done until then stays done.
    pub async fn keep_up(&self, keep_days: u32, now: Timestamp) -> Result<u64, StoreError> {
        let now = now.as_second();
        let (before, believed) = in_transaction!(self.db, tx => {
            let (before, wall): (i64, i64) =
                sqlx::query_as("select clock, wall from upkeep").fetch_one(&mut *tx).await?;
            let before = before.max(CLOCK_MIN);
            let believed = now.clamp(before, before + step(wall, now));
            let sql = "update upkeep set clock = $1, wall = $2";
            sqlx::query(sql).bind(believed).bind(now).execute(&mut *tx).await?;
            (before, believed)
        });
        self.clock.0.store(believed, Ordering::Relaxed);
        if now >= before {
            self.mend_dates(now).await?;
        }
        let entries = match Timestamp::from_second(believed.min(now)) {
            Ok(now) => self.prune(keep_days, now).await?,
            Err(_) => 0,
        };
        self.shrink().await?;
        Ok(entries)
    }

    /// Deletes entries that left their feed `keep_days` ago, polls as old or a season old, and all of sources that were removed
    /// as long ago but their names. An entry of the newest document is never deleted, or it would be born again as new.
    ///
    /// # Errors
    /// [`StoreError::Database`]; what was deleted until then stays deleted.
    pub async fn prune(&self, keep_days: u32, now: Timestamp) -> Result<u64, StoreError> {
        let now = now.as_second();
        let days_ago = |days: u32| now - i64::from(days) * SECONDS_A_DAY;
        let before = days_ago(keep_days);
        self.in_steps(
            "delete from poll where id in (select id from poll where started_at < $1 limit $2)",
            days_ago(keep_days.min(POLLS_DAYS_MAX)),
            POLLS_A_STEP,
        )
        .await?;
        in_transaction!(self.db, tx => {
            sqlx::query("delete from hold where until < $1").bind(now).execute(&mut *tx).await?;
            // What was put back in one entry is of no use without it.
            sqlx::query(
                "delete from restored where entry_key <> '' and created_at < $1 and not exists (select 1 from entry \
                   where entry.source_id = restored.source_id and entry.key = restored.entry_key)",
            )
            .bind(before)
            .execute(&mut *tx)
            .await?;
        });
        self.empty_removed(before, now).await?;
        self.delete_all(LEFT, before, now).await
    }

    /// Deletes some of the entries that are to go, and counts them off their sources.
    async fn delete_some(&self, going: Going, before: i64, now: i64) -> Result<u64, StoreError> {
        // The sources first, as polls do. What comes back meanwhile stays, and what nobody has chosen stays for the next step.
        let chosen = format!("select id, source_id from entry where {going} limit $2");
        let gone = rows::table(&self.db, "$1", GONE_COLUMNS);
        let counted = rows::table(&self.db, "$1", COUNTED_COLUMNS);
        let revise = format!(
            "update source set revision = revision + 1, changed_at = $2 where id in (select source_id from {gone})"
        );
        let delete = format!(
            "delete from entry where id in (select id from {gone}) and {} returning source_id, taken",
            going.replace("$1", "$2")
        );
        let count = format!(
            "update source set entries = source.entries - given.entries, taken = source.taken - given.taken \
             from {counted} where source.id = given.source_id"
        );
        Ok(in_transaction!(self.db, tx => {
            let gone: Vec<(i64, i64)> =
                sqlx::query_as(AssertSqlSafe(chosen)).bind(before).bind(ENTRIES_A_STEP).fetch_all(&mut *tx).await?;
            let gone = gone.iter().map(|(id, source_id)| json!({ "id": id, "source_id": source_id }));
            let gone = Value::Array(gone.collect()).to_string();
            sqlx::query(AssertSqlSafe(revise)).bind(&gone).bind(now).execute(&mut *tx).await?;
            let deleted: Vec<(i64, i64)> =
                sqlx::query_as(AssertSqlSafe(delete)).bind(&gone).bind(before).fetch_all(&mut *tx).await?;
            sqlx::query(AssertSqlSafe(count)).bind(counted_by_source(&deleted)).execute(&mut *tx).await?;
            deleted.len() as u64
        }))
    }

    /// Deletes all entries that are to go, in steps, and gives how many.
    async fn delete_all(&self, going: Going, before: i64, now: i64) -> Result<u64, StoreError> {
        let mut entries = 0;
        loop {
            let deleted = self.delete_some(going, before, now).await?;
            entries += deleted;
            if deleted < ENTRIES_A_STEP as u64 {
                return Ok(entries);
            }
        }
    }

    /// Empties the sources that were removed before a moment. What tells that there was one stays; should it come back, it is
    /// as new.
    async fn empty_removed(&self, before: i64, now: i64) -> Result<(), StoreError> {
        const LONG_GONE: &str = "select id from source where removed_at < $1";
        self.delete_all(REMOVED, before, now).await?;
        for table in ["poll", "restored"] {
            let sql = format!(
                "delete from {table} where id in (select id from {table} where source_id in ({LONG_GONE}) limit $2)"
            );
            self.in_steps(&sql, before, ENTRIES_A_STEP).await?;
        }
        in_transaction!(self.db, tx => {
            // The sources first, as polls do: one that comes back meanwhile keeps what its entries are packed by.
            let emptied: Vec<i64> = sqlx::query_scalar(
                "update source set etag = null, last_modified = null, body_hash = null, rules_version = '', failures = 0, \
                   pace = '{}', last_poll_at = null, last_success_at = null, outcome = 'new', detail = null, head_hash = null, \
                   raw = null, clean = null, warnings = '[]', removals = '[]', counted = 0, cut_since = null, moved = null, \
                   downgraded_to = null, answering_site = null, failure = null, doubt = null, trusted = 0, revision = revision + 1 \
                 where removed_at < $1 and (raw is not null or last_poll_at is not null) \
                   and not exists (select 1 from entry where source_id = source.id) returning id",
            )
            .bind(before)
            .fetch_all(&mut *tx)
            .await?;
            let emptied = rows::ids(&emptied);
            // A source has some hundreds of lines.
            for table in ["line", "dictionary"] {
                let given = rows::table(&self.db, "$1", rows::ID);
                let sql = format!("delete from {table} where source_id in (select id from {given})");
                sqlx::query(AssertSqlSafe(sql)).bind(&emptied).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Runs a statement until it changes fewer rows than a step has.
    async fn in_steps(&self, sql: &str, before: i64, step: i64) -> Result<(), StoreError> {
        loop {
            let sql = AssertSqlSafe(sql.to_owned());
            let changed = in_transaction!(self.db, tx => {
                sqlx::query(sql).bind(before).bind(step).execute(&mut *tx).await?.rows_affected()
            });
            if changed < step as u64 {
                return Ok(());
            }
        }
    }

    /// Mends the dates that a clock left which was ahead: what lies in the future is from now. Only where the clock is not
    /// behind, or all that was kept until now would seem to be from the future.
    async fn mend_dates(&self, now: i64) -> Result<(), StoreError> {
        in_transaction!(self.db, tx => {
            for sql in [
                "update entry set left_at = $1 where left_at > $1 + $2",
                "update poll set started_at = $1 where started_at > $1 + $2",
                "update source set removed_at = $1 where removed_at > $1 + $2",
                // The index of sources and dates gives each source's latest at once.
                "update entry set sort_at = $1, first_seen_at = $1, changed_at = $1 where sort_at > $1 + $2 and source_id in \
                   (select id from source where exists (select 1 from entry where source_id = source.id and sort_at > $1 + $2))",
            ] {
                sqlx::query(sql).bind(now).bind(SECONDS_A_DAY).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    /// Gives the free pages of a SQLite file back to the file system, in steps, until few are left. A file that was made
    /// without (`auto_vacuum`) keeps its size; a copy by [`backup`](super::backup()) is as small as can be.
    async fn shrink(&self) -> Result<(), StoreError> {
        let Pools::Sqlite { writer, .. } = &self.db.pools else {
            return Ok(());
        };
        let mut last = i64::MAX;
        loop {
            let mut connection = writer.acquire().await?;
            let free: i64 = sqlx::query_scalar("pragma freelist_count")
                .fetch_one(&mut *connection)
                .await?;
            let pages: i64 = sqlx::query_scalar("pragma page_count")
                .fetch_one(&mut *connection)
                .await?;
            if free >= last || free <= FREE_PAGES_MIN || free * FREE_SHARE <= pages {
                return Ok(());
            }
            last = free;
            drop(connection);
            // Inside of a transaction, so that a disk that fails is noticed as by every other.
            in_transaction!(self.db, tx => {
                let sql = format!("pragma incremental_vacuum({PAGES_A_STEP})");
                sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut *tx).await?;
            });
        }
    }
}

/// Which entries are to go: a condition on a moment, `$1`.
type Going = &'static str;

/// Those that left their feed before it …
const LEFT: Going = "left_at < $1";

/// … and those of sources that were removed before it.
const REMOVED: Going = "source_id in (select id from source where removed_at < $1)";

/// The columns of the row set of entries that go.
const GONE_COLUMNS: &[Column] = &[("id", "bigint"), ("source_id", "bigint")];

/// … and of what that takes from their sources.
const COUNTED_COLUMNS: &[Column] = &[
    ("source_id", "bigint"),
    ("entries", "bigint"),
    ("taken", "bigint"),
];

/// How many entries of each source were deleted, with how many removals, as a row set, given the source and the removals of each.
fn counted_by_source(deleted: &[(i64, i64)]) -> String {
    let mut counts: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for (source_id, taken) in deleted {
        let count = counts.entry(*source_id).or_default();
        *count = (count.0 + 1, count.1 + taken);
    }
    let counts = counts.into_iter().map(|(source_id, (entries, taken))| {
        json!({ "source_id": source_id, "entries": entries, "taken": taken })
    });
    Value::Array(counts.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(believed: i64, now: i64, at: i64, dates_until: i64) {
        let believed = Believed(Arc::new(AtomicI64::new(believed)));
        let seen = believed.seen(Timestamp::from_second(now).unwrap());
        assert_eq!((seen.at, seen.dates_until), (at, dates_until));
    }

    const BELIEVED: i64 = 1_790_000_000;

    #[test]
    fn what_is_believed_moves_on_by_a_day_an_hour_however_often_it_is_asked() {
        const HOUR: i64 = 3600;
        assert_eq!(step(CLOCK_MIN, CLOCK_MIN + HOUR), SECONDS_A_DAY);
        assert_eq!(step(CLOCK_MIN, CLOCK_MIN + 10), 240);
        // Who polls by cron catches up, too.
        assert_eq!(
            step(CLOCK_MIN, CLOCK_MIN + SECONDS_A_DAY),
            24 * SECONDS_A_DAY
        );
        // A jump, in which it may have been right before or after.
        assert_eq!(
            step(CLOCK_MIN, CLOCK_MIN + 3650 * SECONDS_A_DAY),
            SECONDS_A_DAY
        );
        assert_eq!(step(CLOCK_MIN + 3650 * SECONDS_A_DAY, CLOCK_MIN), 0);
        assert_eq!(step(0, i64::MAX), SECONDS_A_DAY);
    }

    #[test]
    fn a_clock_that_goes_on_is_believed() {
        check(BELIEVED, BELIEVED, BELIEVED, i64::MIN);
        check(BELIEVED, BELIEVED + 5, BELIEVED + 5, i64::MIN);
    }

    #[test]
    fn a_clock_that_was_set_back_some_days_is_believed() {
        let now = BELIEVED - 2 * SECONDS_A_DAY;
        check(BELIEVED, now, now, BELIEVED);
    }

    #[test]
    fn a_clock_of_ten_years_ago_is_not_believed() {
        let year = 366 * SECONDS_A_DAY;
        check(BELIEVED, BELIEVED - 10 * year, BELIEVED, BELIEVED + year);
    }
}
