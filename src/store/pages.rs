//! What the pages for people ask: how sources fare, what an entry was before, what was removed and why. It only reads.

use super::db::on;
use super::feeds::read;
use super::pack::{Dictionary, Unpacker, needs_own};
use super::times::{self, HELD_UNTIL, time};
use super::{Store, StoreError, rows};
use crate::model::{Entry, EntryKey, Feed, Removal, Text};
use crate::schedule::Move;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::HashMap;

/// A source among all, with what it takes to list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its row.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Grows with each change of what is published.
    pub revision: i64,
    /// How the last poll ended: `new` (none yet), `changed`, `unchanged`, `failed` or `gone`.
    pub outcome: String,
    /// The kind of the last failure, in one word.
    pub failure: Option<String>,
}

/// What changes of a listed source only with its revision.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The feed as published, without its entries.
    pub feed: Feed,
    /// The newest entry.
    pub newest: Option<Newest>,
}

/// The newest entry of a source.
#[derive(Debug, Clone)]
pub struct Newest {
    /// Its key.
    pub key: EntryKey,
    /// Its title.
    pub title: Option<Text>,
    /// When it was published, or first seen.
    pub at: Timestamp,
}

/// How a source fares.
#[derive(Debug, Clone)]
pub struct Fare {
    /// Its row.
    pub id: i64,
    /// Its address as configured.
    pub url: String,
    /// How the last poll ended: `new` (none yet), `changed`, `unchanged`, `failed` or `gone`.
    pub outcome: String,
    /// What to know about that, in words.
    pub detail: Option<String>,
    /// The kind of the last failure, in one word.
    pub failure: Option<String>,
    /// How many polls in a row have failed.
    pub failures: i64,
    /// When it was last polled.
    pub last_poll_at: Option<Timestamp>,
    /// When it last answered with a feed.
    pub last_success_at: Option<Timestamp>,
    /// When it is polled next.
    pub next_poll_at: Option<Timestamp>,
    /// Why then.
    pub next_poll_reason: String,
    /// Where the server says it has moved for good.
    pub moved: Option<Move>,
    /// Where redirects lead from https to http.
    pub downgraded_to: Option<String>,
    /// How many entries are kept.
    pub entries: i64,
    /// How many removals were made in them.
    pub taken: i64,
}

/// What came and what went on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Entries.
    pub entries: i64,
    /// Removals in them.
    pub removals: i64,
}

/// How many days a [`Week`] has.
pub const WEEK_DAYS: usize = 7;

/// The last days of a source, today last.
pub type Week = [Day; WEEK_DAYS];

/// One entry, before and after.
#[derive(Debug, Clone)]
pub struct BeforeAfter {
    /// As it was read.
    pub raw: Entry,
    /// As it is published.
    pub clean: Entry,
    /// What lies between.
    pub removals: Vec<Removal>,
    /// When it was first seen.
    pub first_seen_at: Option<Timestamp>,
    /// When it left its feed.
    pub left_at: Option<Timestamp>,
}

const SECONDS_A_DAY: i64 = 24 * 3600;

impl Store {
    /// Every configured source, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn listed(&self) -> Result<Vec<Listed>, StoreError> {
        let rows: Vec<(i64, String, i64, String, Option<String>)> = on!(self.db, pool => {
            sqlx::query_as("select id, name, revision, outcome, failure from source where removed_at is null order by name")
                .fetch_all(pool)
                .await?
        });
        let listed = rows
            .into_iter()
            .map(|(id, name, revision, outcome, failure)| Listed {
                id,
                name,
                revision,
                outcome,
                failure,
            });
        Ok(listed.collect())
    }

    /// What is published of some sources, in short, by their rows.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn summaries(&self, ids: &[i64]) -> Result<HashMap<i64, Summary>, StoreError> {
        let given = rows::table(&self.db, "$1", rows::ID);
        let sql = format!(
            "select source.id, source.clean, dictionary.packed, entry.key, entry.parts, entry.clean, entry.sort_at from {given} \
             join source on source.id = given.id left join dictionary on dictionary.source_id = source.id \
             left join entry on entry.id = (select newest.id from entry as newest where newest.source_id = source.id \
               order by newest.sort_at desc, newest.first_seen_at desc, newest.position limit 1)"
        );
        type Row = (
            i64,
            Option<String>,
            Option<Vec<u8>>,
            Option<String>,
            Option<Vec<u8>>,
            Option<String>,
            Option<i64>,
        );
        let rows: Vec<Row> = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(rows::ids(ids)).fetch_all(pool).await?
        });
        let summaries = rows
            .into_iter()
            .map(|(id, head, own, key, packed, clean, at)| {
                // What an older version wrote otherwise is listed by its name until it is written again.
                let feed = head.and_then(|head| read("feed", &head).ok());
                let own = own.filter(|_| needs_own(packed.as_deref()));
                let own = own.and_then(|own| Dictionary::unpack(own).ok());
                let entry = clean.and_then(|clean| {
                    let mut unpacker = Unpacker::new(own).ok()?;
                    unpacker.clean(packed.as_deref(), &clean).ok()
                });
                let newest = entry.zip(time(at)).filter(|_| key.is_some());
                let summary = Summary {
                    feed: feed.unwrap_or_default(),
                    newest: newest.map(|(entry, at)| Newest {
                        key: entry.key,
                        title: entry.title,
                        at,
                    }),
                };
                (id, summary)
            });
        Ok(summaries.collect())
    }

    /// How some sources fare, by their rows.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn fares(&self, ids: &[i64]) -> Result<HashMap<i64, Fare>, StoreError> {
        let given = rows::table(&self.db, "$1", rows::ID);
        let sql = format!(
            "select source.id, url, outcome, detail, failure, failures, last_poll_at, last_success_at, next_poll_at, \
               next_poll_reason, moved, downgraded_to, \
               {HELD_UNTIL} as held_until, entries, taken \
             from {given} join source on source.id = given.id where removed_at is null"
        );
        on!(self.db, pool => {
            let rows = sqlx::query(AssertSqlSafe(sql)).bind(rows::ids(ids)).fetch_all(pool).await?;
            rows.into_iter().map(|row| {
                let moved: Option<String> = row.try_get("moved")?;
                let held_until = time(row.try_get("held_until")?);
                let next_poll_at = time(row.try_get("next_poll_at")?);
                let (next_poll_at, next_poll_reason) =
                    times::held(next_poll_at, row.try_get("next_poll_reason")?, held_until);
                let fare = Fare {
                    id: row.try_get("id")?,
                    url: row.try_get("url")?,
                    outcome: row.try_get("outcome")?,
                    detail: row.try_get("detail")?,
                    failure: row.try_get("failure")?,
                    failures: row.try_get("failures")?,
                    last_poll_at: time(row.try_get("last_poll_at")?),
                    last_success_at: time(row.try_get("last_success_at")?),
                    next_poll_at,
                    next_poll_reason,
                    moved: moved.and_then(|moved| serde_json::from_str(&moved).ok()),
                    downgraded_to: row.try_get("downgraded_to")?,
                    entries: row.try_get("entries")?,
                    taken: row.try_get("taken")?,
                };
                Ok((fare.id, fare))
            }).collect()
        })
    }

    /// The last week of some sources, by their rows: entries by their dates, and what was removed from them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn weeks(
        &self,
        ids: &[i64],
        now: Timestamp,
    ) -> Result<HashMap<i64, Week>, StoreError> {
        let given = rows::table(&self.db, "$1", rows::ID);
        // Days are counted from now backwards. What a publisher dates ahead of time came today.
        let sql = format!(
            "select source_id, day, count(*), cast(sum(taken) as bigint) from (\
               select entry.source_id, case when sort_at > $2 then 0 else ($2 - sort_at) / {SECONDS_A_DAY} end as day, entry.taken \
               from {given} join entry on entry.source_id = given.id where entry.sort_at > $3\
             ) as recent group by source_id, day"
        );
        let now = now.as_second();
        let first = now - SECONDS_A_DAY * WEEK_DAYS as i64;
        let rows: Vec<(i64, i64, i64, i64)> = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(rows::ids(ids)).bind(now).bind(first).fetch_all(pool).await?
        });
        let mut weeks: HashMap<i64, Week> = HashMap::new();
        for (id, day, entries, removals) in rows {
            let day = usize::try_from(day).ok().filter(|day| *day < WEEK_DAYS);
            if let Some(day) = day {
                weeks.entry(id).or_default()[WEEK_DAYS - 1 - day] = Day { entries, removals };
            }
        }
        Ok(weeks)
    }

    /// How many removals were made in each of some entries.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn removal_counts(
        &self,
        source_id: i64,
        keys: &[&EntryKey],
    ) -> Result<HashMap<String, i64>, StoreError> {
        let given = rows::table(&self.db, "$2", &[("key", "text")]);
        // A `cross join`, so that SQLite asks the index of entries for each that is given, and not all of the source for it.
        let sql = format!(
            "select entry.key, entry.taken from {given} cross join entry where entry.source_id = $1 and entry.key = given.key"
        );
        let keys: Vec<_> = keys.iter().map(|key| json!({ "key": key })).collect();
        let keys = serde_json::Value::Array(keys).to_string();
        let rows: Vec<(String, i64)> = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(source_id).bind(keys).fetch_all(pool).await?
        });
        Ok(rows.into_iter().collect())
    }

    /// One entry of a source, before and after. `None` where there is none of that key.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn before_after(
        &self,
        source_id: i64,
        key: &str,
    ) -> Result<Option<BeforeAfter>, StoreError> {
        // PostgreSQL refuses a question with this character in it, and no key has it.
        if key.contains('\0') {
            return Ok(None);
        }
        type Row = (i64, Option<Vec<u8>>, String, String, i64, Option<i64>);
        let row: Option<Row> = on!(self.db, pool => {
            sqlx::query_as("select id, parts, raw, clean, first_seen_at, left_at from entry where source_id = $1 and key = $2")
                .bind(source_id)
                .bind(key)
                .fetch_optional(pool)
                .await?
        });
        let Some((id, packed, raw, clean, first_seen_at, left_at)) = row else {
            return Ok(None);
        };
        let own = needs_own(packed.as_deref());
        let mut unpacker = self.unpacker(source_id, own).await?;
        Ok(Some(BeforeAfter {
            raw: unpacker.raw(packed.as_deref(), &raw)?,
            clean: unpacker.clean(packed.as_deref(), &clean)?,
            removals: self
                .removals_in(&mut unpacker, &[(id, packed)])
                .await?
                .concat(),
            first_seen_at: time(Some(first_seen_at)),
            left_at: time(left_at),
        }))
    }
}
