//! Ends of polls that found nothing new, gathered: while one transaction is being written, those that end meanwhile wait and
//! go into the next one together.
//!
//! Who ends alone is written at once; where several end together, more are about to, and are waited for. Invariants: the end of
//! a poll is told only once its transaction is committed; each is written whole or not at all; a batch holds a source once.

use super::db::{Db, in_passing, or_fail};
use super::finish::Finish;
use super::rows::{self, Column};
use super::source::Source;
use super::{StoreError, record};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many are written together at the most. A batch has as many as there are polls at once, rarely more than a hundred;
/// beyond that, a row more costs what a row costs.
const BATCH_MAX: usize = 256;

/// How long others are waited for where there are any. A transaction costs as much as tens of rows, and nobody waits for a poll's
/// end but the next poll of the same source.
const GATHER: Duration = Duration::from_millis(20);

/// The ends that wait to be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Ends(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<Waiting>,
    /// Somebody writes, and looks here again before it stops.
    has_writer: bool,
}

#[derive(Debug)]
struct Waiting {
    end: End,
    /// Told whether the poll still held its source.
    told: oneshot::Sender<bool>,
}

/// The end of a poll that found nothing new, as its row set has it.
#[derive(Debug, Serialize)]
pub(super) struct End {
    source_id: i64,
    lease: i64,
    url: String,
    started_at: i64,
    duration_ms: i64,
    next_poll_at: i64,
    reason: String,
    retry_after_until: i64,
    etag: Option<String>,
    last_modified: Option<String>,
    body_hash: Option<String>,
    answering_site: Option<String>,
}

const END_COLUMNS: &[Column] = &[
    ("source_id", "bigint"),
    ("lease", "bigint"),
    ("url", "text"),
    ("started_at", "bigint"),
    ("duration_ms", "bigint"),
    ("next_poll_at", "bigint"),
    ("reason", "text"),
    ("retry_after_until", "bigint"),
    ("etag", "text"),
    ("last_modified", "text"),
    ("body_hash", "text"),
    ("answering_site", "text"),
];

const POLL_COLUMNS: &[Column] = &[
    ("source_id", "bigint"),
    ("started_at", "bigint"),
    ("duration_ms", "bigint"),
];

impl End {
    /// The end of a poll, where it is one of those that are written together: all went well, and there is nothing to say.
    pub(super) fn of(source: &Source, finish: &Finish<'_>, now: Timestamp) -> Option<Self> {
        // Named one by one, so that what a poll may leave some day is not forgotten here.
        let Finish {
            recording: None,
            body_hash,
            validators: Some(validators),
            outcome: UNCHANGED,
            detail: None,
            pace: None,
            moved: None,
            downgraded_to: None,
            answering_site,
            failure: None,
            doubt: None,
            hold: None,
            failures: 0,
            next_poll_at: Some(next_poll_at),
            next_poll_reason,
            retry_after_until,
            duration,
        } = finish
        else {
            return None;
        };
        Some(Self {
            source_id: source.id,
            lease: source.leased_until,
            url: source.url.clone(),
            started_at: now.as_second(),
            duration_ms: duration.as_millis() as i64,
            next_poll_at: next_poll_at.as_second(),
            reason: next_poll_reason.clone(),
            retry_after_until: retry_after_until.map_or(0, Timestamp::as_second),
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
            body_hash: body_hash.map(str::to_owned),
            answering_site: answering_site.clone(),
        })
    }
}

const UNCHANGED: &str = "unchanged";

impl Ends {
    /// Writes the end of a poll, together with those that wait. Gives whether the poll still held its source, and `None`
    /// where the batch could not be written, which need not be this end's fault.
    pub(super) async fn write(&self, db: &Db, end: End) -> Option<bool> {
        let (told, answer) = oneshot::channel();
        if self.is_first(Waiting { end, told }) {
            // A task of its own, for the caller may go away in the middle, and others wait too.
            let (db, mut writer) = (db.clone(), Writer::new(self.clone()));
            tokio::spawn(async move {
                // Polls that have their answer already and only wait for a turn of the processor end first.
                tokio::task::yield_now().await;
                while let Some(batch) = writer.next() {
                    let polls = batch.len();
                    match write(&db, &batch).await {
                        Ok(held) => {
                            for Waiting { end, told } in batch {
                                // Nobody may be waiting any more.
                                let _ = told.send(held.contains(&end.source_id));
                            }
                        }
                        // Who hears nothing writes its end alone, and says what is wrong with that.
                        Err(error) => {
                            tracing::warn!(%error, polls, "can't write the ends of polls together");
                        }
                    }
                    if polls > 1 {
                        tokio::time::sleep(GATHER).await;
                    }
                }
            });
        }
        answer.await.ok()
    }

    /// Queues an end. True where nobody writes, so that a writer is needed.
    fn is_first(&self, waiting: Waiting) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(waiting);
        !std::mem::replace(&mut queue.has_writer, true)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A panic while the lock is held can't leave the queue half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who writes. Ends that wait for one that was stopped in the middle are let go.
struct Writer {
    ends: Ends,
    is_done: bool,
}

impl Writer {
    fn new(ends: Ends) -> Self {
        Self {
            ends,
            is_done: false,
        }
    }

    /// The next batch; `None` where nobody waits, and then whoever comes next needs a new writer.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let mut queue = self.ends.queue();
        // A poll whose lease is over may end beside its successor.
        let mut sources = HashSet::new();
        let (batch, later) = queue.waiting.drain(..).partition(|waiting| {
            sources.len() < BATCH_MAX && sources.insert(waiting.end.source_id)
        });
        queue.waiting = later;
        let batch: Vec<Waiting> = batch;
        self.is_done = batch.is_empty();
        queue.has_writer = !self.is_done;
        (!self.is_done).then_some(batch)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.is_done {
            *self.ends.queue() = Queue::default();
        }
    }
}

/// Writes a batch in one transaction, one statement a table. Gives the sources whose polls still held them: whoever's lease
/// is over, or whose source got another address meanwhile, polled for nothing.
async fn write(db: &Db, batch: &[Waiting]) -> Result<HashSet<i64>, StoreError> {
    let table = rows::table(db, "$1", END_COLUMNS);
    let update = format!(
        "update {} source set leased_until = 0, next_poll_at = given.next_poll_at, next_poll_reason = given.reason, \
           retry_after_until = given.retry_after_until, etag = given.etag, last_modified = given.last_modified, \
           body_hash = coalesce(given.body_hash, source.body_hash), failures = 0, last_poll_at = given.started_at, \
           last_success_at = given.started_at, outcome = '{UNCHANGED}', detail = null, moved = null, downgraded_to = null, \
           downgraded_since = null, failing_since = null, \
           answering_site = coalesce(given.answering_site, source.answering_site), failure = null, doubt = null \
         from {table} where source.id = given.source_id and source.leased_until = given.lease and source.url = given.url \
         returning source.id",
        or_fail(db)
    );
    let table = rows::table(db, "$1", POLL_COLUMNS);
    let insert = format!(
        "insert into poll (source_id, started_at, duration_ms, outcome) \
         select source_id, started_at, duration_ms, '{UNCHANGED}' from {table}"
    );
    let all: Vec<&End> = batch.iter().map(|waiting| &waiting.end).collect();
    let held = in_passing!(db, tx => {
        let held: Vec<(i64,)> =
            sqlx::query_as(AssertSqlSafe(update)).bind(record::to_json(&all)).fetch_all(&mut *tx).await?;
        let held: HashSet<i64> = held.into_iter().map(|(id,)| id).collect();
        let polls = all.iter().filter(|end| held.contains(&end.source_id));
        let polls = polls.map(|end| json!({ "source_id": end.source_id, "started_at": end.started_at, "duration_ms": end.duration_ms }));
        let polls = serde_json::Value::Array(polls.collect()).to_string();
        sqlx::query(AssertSqlSafe(insert)).bind(polls).execute(&mut *tx).await?;
        held
    });
    Ok(held)
}
