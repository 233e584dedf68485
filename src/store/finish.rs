//! The end of a poll, written: what it brought, what it leaves in its source, and its line in the history.
//!
//! Invariant: all of it is one transaction. Ends that found nothing new are written together (`ends`).

use super::db::in_transaction;
use super::ends::End;
use super::record::{Recorded, Recording, storable};
use super::source::Source;
use super::write::{FOUND, Found, record};
use super::{Store, StoreError};
use crate::model::Validators;
use crate::schedule::{Move, Pace};
use crate::walls::Held;
use jiff::Timestamp;
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::time::Duration;

/// The end of a poll: everything that is written about it.
#[derive(Debug, Default)]
pub struct Finish<'a> {
    /// The document, where there was one to record.
    pub recording: Option<Recording<'a>>,
    /// The hash of the body, where there was one.
    pub body_hash: Option<&'a str>,
    /// What to ask with next time; `None` leaves the stored ones.
    pub validators: Option<&'a Validators>,
    /// `changed`, `unchanged`, `failed` or `gone`; a `changed` without changes is written as `unchanged`.
    pub outcome: &'a str,
    /// What to know about it, in words.
    pub detail: Option<String>,
    /// What the document said about how often to come; `None` leaves what is stored.
    pub pace: Option<Pace>,
    /// What is known now of where permanent redirects lead.
    pub moved: Option<Move>,
    /// Where redirects led from https to http.
    pub downgraded_to: Option<String>,
    /// The site of who answered, after redirects; `None` leaves what is stored.
    pub answering_site: Option<String>,
    /// The kind of failure, in one word.
    pub failure: Option<&'static str>,
    /// A document that is not believed yet.
    pub doubt: Option<Held>,
    /// A publisher that asked all its visitors to wait, and until when.
    pub hold: Option<(String, Timestamp)>,
    /// How many polls in a row have failed now.
    pub failures: u32,
    /// When to poll next; `None` for never.
    pub next_poll_at: Option<Timestamp>,
    /// Why then.
    pub next_poll_reason: String,
    /// The moment before which even a user's own `poll` does not ask again.
    pub retry_after_until: Option<Timestamp>,
    /// How long the poll took.
    pub duration: Duration,
}

impl Store {
    /// Writes everything about a poll in one transaction: entries, removals, validators, the next poll and the history.
    /// Polls that end together and found nothing new share one.
    ///
    /// # Errors
    /// [`StoreError::Superseded`], and [`StoreError::Database`]; then nothing was written. A source whose rules have
    /// changed since it was taken is given back, due as it was.
    pub async fn finish(
        &self,
        source: &Source,
        finish: &Finish<'_>,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        if let Some(end) = End::of(source, finish, now)
            && let Some(was_held) = self.ends.write(&self.db, end).await
        {
            return was_held
                .then(Recorded::default)
                .ok_or(StoreError::Superseded);
        }
        Box::pin(self.finish_alone(source, finish, now)).await
    }

    async fn finish_alone(
        &self,
        source: &Source,
        finish: &Finish<'_>,
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let detail = finish.detail.as_deref().map(storable);
        let pace = finish.pace.as_ref().map(|pace| json!(pace).to_string());
        let moved = finish.moved.as_ref().map(|moved| json!(moved).to_string());
        let doubt = finish.doubt.as_ref().map(|doubt| json!(doubt).to_string());
        let recording = finish.recording.as_ref();
        let seen = self.clock.seen(now);
        let recorded = in_transaction!(self.db, tx => {
            // Whoever's lease is over, or whose source got another address meanwhile, polled for nothing.
            let sql = format!("update source set leased_until = 0 where id = $1 and leased_until = $2 and url = $3 {FOUND}");
            let found: Option<Found> = sqlx::query_as(AssertSqlSafe(sql))
                .bind(source.id).bind(source.leased_until).bind(&source.url)
                .bind(recording.map(|recording| recording.raw_head.as_str()))
                .bind(recording.and_then(|recording| recording.warnings.as_deref()))
                .bind(recording.map(|recording| recording.head_removals.as_str()))
                .bind(recording.map(|recording| recording.head_hash.as_str()))
                .fetch_optional(&mut *tx)
                .await?;
            let Some(found) = found else {
                return Err(StoreError::Superseded);
            };
            if recording.is_some_and(|recording| !source.may_write(&found, recording)) {
                None
            } else {
                let recorded = match recording {
                    Some(recording) => record!(self.db, tx, source, &found, recording, seen).0,
                    None => Recorded::default(),
                };
                let nothing_new = finish.outcome == "changed" && recorded.is_nothing();
                let outcome = if nothing_new { "unchanged" } else { finish.outcome };
                let kept = finish.validators.is_none();
                let validators = finish.validators.cloned().unwrap_or_default();
                sqlx::query(UPDATE_SOURCE)
                    .bind(source.id)
                    .bind(finish.next_poll_at.map(Timestamp::as_second))
                    .bind(&finish.next_poll_reason)
                    .bind(finish.retry_after_until.map_or(0, Timestamp::as_second))
                    .bind(kept)
                    .bind(validators.etag).bind(validators.last_modified)
                    .bind(finish.body_hash)
                    .bind(i64::from(finish.failures))
                    .bind(now.as_second())
                    .bind(outcome)
                    .bind(&detail)
                    .bind(&moved).bind(&pace)
                    .bind(&finish.downgraded_to).bind(&finish.answering_site)
                    .bind(finish.failure).bind(&doubt)
                    .bind(recording.is_some())
                    .execute(&mut *tx)
                    .await?;
                if let Some((site, until)) = &finish.hold {
                    sqlx::query(HOLD).bind(site).bind(until.as_second()).execute(&mut *tx).await?;
                }
                sqlx::query(INSERT_POLL)
                    .bind(source.id)
                    .bind(now.as_second())
                    .bind(finish.duration.as_millis() as i64)
                    .bind(outcome)
                    .bind(&detail)
                    .bind(recorded.new as i64).bind(recorded.updated as i64)
                    .execute(&mut *tx)
                    .await?;
                Some(recorded)
            }
        });
        recorded.ok_or(StoreError::Superseded)
    }
}

/// What a poll leaves in its source.
const UPDATE_SOURCE: &str = "update source set next_poll_at = $2, next_poll_reason = $3, retry_after_until = $4, \
       etag = case when $5 then etag else $6 end, last_modified = case when $5 then last_modified else $7 end, \
       body_hash = coalesce($8, body_hash), failures = $9, last_poll_at = $10, \
       last_success_at = case when $9 = 0 then $10 else last_success_at end, \
       outcome = $11, detail = $12, moved = $13, pace = coalesce($14, pace), downgraded_to = case when $9 = 0 then $15 else downgraded_to end, \
       downgraded_since = case when $9 > 0 then downgraded_since when $15 is null then null else coalesce(downgraded_since, $10) end, \
       failing_since = case when $9 > 0 then coalesce(failing_since, $10) end, \
       answering_site = coalesce($16, answering_site), failure = $17, doubt = $18, \
       trusted = case when $19 then 0 else trusted end \
     where id = $1";

/// … at its publisher …
const HOLD: &str = "insert into hold (site, until) values ($1, $2) on conflict (site) do update set \
       until = case when excluded.until > hold.until then excluded.until else hold.until end";

/// … and in its history.
const INSERT_POLL: &str = "insert into poll (source_id, started_at, duration_ms, outcome, detail, new_entries, updated_entries) \
     values ($1, $2, $3, $4, $5, $6, $7)";
