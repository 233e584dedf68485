//! How each source fares, for `status` and the pages.

use super::db::on;
use super::times::{self, HELD_UNTIL, time};
use super::{Store, StoreError};
use crate::model::{Feed, Removal, Warning};
use crate::render;
use crate::schedule::Move;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _};

/// A source as `status` and the pages show it.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The title that it gives itself.
    pub title: Option<String>,
    /// How the last poll ended: `new` (none yet), `changed`, `unchanged`, `failed` or `gone`.
    pub outcome: String,
    /// What to know about that, in words.
    pub detail: Option<String>,
    /// When it was last polled.
    pub last_poll_at: Option<Timestamp>,
    /// When a poll last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// Since when polls fail.
    pub failing_since: Option<Timestamp>,
    /// When it is polled next.
    pub next_poll_at: Option<Timestamp>,
    /// Why then.
    pub next_poll_reason: String,
    /// How many polls in a row have failed.
    pub failures: i64,
    /// The kind of the last failure, in one word: `timeout`, `missing`, `login`, `empty` and so on.
    pub failure: Option<String>,
    /// Where the server says it has moved for good.
    pub moved_to: Option<String>,
    /// Since when it says so.
    pub moved_since: Option<Timestamp>,
    /// Since when it is polled there.
    pub adopted_at: Option<Timestamp>,
    /// Where redirects lead from https to http.
    pub downgraded_to: Option<String>,
    /// Since when they do.
    pub downgraded_since: Option<Timestamp>,
    /// How many entries are kept.
    pub entries: i64,
    /// How many removals were made in them.
    pub removals: i64,
    /// What was forgiven in the last document that could be read.
    #[serde(serialize_with = "told")]
    pub warnings: Vec<Warning>,
}

impl Status {
    /// Where it has moved to, in words.
    #[must_use]
    pub fn moved(&self) -> Option<String> {
        let to = self.moved_to.as_ref()?;
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        if let Some(adopted_at) = self.adopted_at {
            let adopted = day(adopted_at);
            return Some(format!(
                "it moved for good to {to}, where it is polled since {adopted}"
            ));
        }
        let since = self
            .moved_since
            .map(|since| format!(", since {}", day(since)));
        let since = since.unwrap_or_default();
        Some(format!("its server says that it moved to {to}{since}"))
    }

    /// Where its redirects lead from https to http, in words.
    #[must_use]
    pub fn downgrade(&self) -> Option<String> {
        let to = self.downgraded_to.as_ref()?;
        Some(format!(
            "warning: its address is https, but leads to {to}, where anybody on the way can change it; such a move is never adopted"
        ))
    }
}

/// Warnings as users are told them: `entry` is the id and `key` the key, as in `explain --json`.
fn told<S: Serializer>(warnings: &[Warning], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(warnings.iter().map(|warning| {
        json!({
            "message": warning.message,
            "line": warning.line,
            "entry": warning.id,
            "key": warning.entry,
            "title": warning.title.as_ref().map(render::plain),
        })
    }))
}

impl Store {
    /// Every configured source and how it fares, by name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn statuses(&self) -> Result<Vec<Status>, StoreError> {
        self.statuses_where("true").await
    }

    /// The sources that somebody should look at: they fail, are gone or say that they moved. By name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn troubled(&self) -> Result<Vec<Status>, StoreError> {
        let troubled =
            "(failures > 0 or outcome = 'gone' or moved is not null or downgraded_to is not null)";
        self.statuses_where(troubled).await
    }

    async fn statuses_where(&self, condition: &'static str) -> Result<Vec<Status>, StoreError> {
        on!(self.db, pool => {
            let rows = sqlx::query(AssertSqlSafe(format!(
                "select name, url, clean, outcome, detail, last_poll_at, last_success_at, next_poll_at, next_poll_reason, failures, \
                   failure, moved, downgraded_to, warnings, removals as head_removals, \
                   {HELD_UNTIL} as held_until, \
                   failing_since, downgraded_since, entries, taken \
                 from source where removed_at is null and {condition} order by name",
            )))
            .fetch_all(pool)
            .await?;
            rows.into_iter().map(|row| {
                let head: Option<String> = row.try_get("clean")?;
                let title = head.and_then(|head| super::feeds::read::<Feed>("feed", &head).ok()).and_then(|feed| feed.title);
                let warnings: String = row.try_get("warnings")?;
                let moved: Option<String> = row.try_get("moved")?;
                let moved: Option<Move> = moved.and_then(|moved| serde_json::from_str(&moved).ok());
                let held_until = time(row.try_get("held_until")?);
                let next_poll_at = time(row.try_get("next_poll_at")?);
                let (next_poll_at, next_poll_reason) =
                    times::held(next_poll_at, row.try_get("next_poll_reason")?, held_until);
                Ok(Status {
                    name: row.try_get("name")?,
                    url: row.try_get("url")?,
                    title: title.as_ref().map(|title| render::plain(title).into_owned()),
                    outcome: row.try_get("outcome")?,
                    detail: row.try_get("detail")?,
                    last_poll_at: time(row.try_get("last_poll_at")?),
                    last_success_at: time(row.try_get("last_success_at")?),
                    failing_since: time(row.try_get("failing_since")?),
                    downgraded_since: time(row.try_get("downgraded_since")?),
                    next_poll_at,
                    next_poll_reason,
                    failures: row.try_get("failures")?,
                    failure: row.try_get("failure")?,
                    moved_since: moved.as_ref().map(|moved| moved.since),
                    adopted_at: moved.as_ref().and_then(|moved| moved.adopted_at),
                    moved_to: moved.map(|moved| moved.to),
                    downgraded_to: row.try_get("downgraded_to")?,
                    entries: row.try_get("entries")?,
                    removals: row.try_get::<i64, _>("taken")? + count(&row.try_get::<String, _>("head_removals")?),
                    warnings: serde_json::from_str(&warnings).unwrap_or_default(),
                })
            }).collect()
        })
    }
}

/// How many removals a stored list holds.
fn count(removals: &str) -> i64 {
    serde_json::from_str::<Vec<Removal>>(removals).map_or(0, |removals| removals.len() as i64)
}
