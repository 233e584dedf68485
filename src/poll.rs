//! One poll, start to finish: fetch, wash, record, and decide when to come again.
//!
//! Failing is a normal result, so [`poll`] gives an [`Outcome`] and no `Result`. Invariant: every poll ends
//! in one `store.finish`, whatever happened before, so no source stays due for ever; what was washed by rules that
//! somebody changed meanwhile is not written.

mod rewash;
mod rules;

pub use rewash::{Changed, Rewashed, rewash, rewash_outdated};
pub use rules::{is_outdated, known_rules};

use crate::config::{Config, Location, SourceConfig};
use crate::fetch::{self, Body, Client, FetchError, Fetched};
use crate::model::{Entry, Response, Rules, Validators, Washed};
use crate::parse::ParseError;
use crate::schedule::{self, Ending, Hints, Pace, Policy};
use crate::store::{self, Finish, Recording, Source, Store, StoreError};
use crate::wash;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// A configuration and what was made from it. A reload makes a whole new one and swaps it.
#[derive(Debug)]
pub struct Live {
    /// The configuration.
    pub config: Config,
    /// The client that obeys it.
    pub client: Client,
}

impl Live {
    /// Makes what a configuration needs.
    ///
    /// # Errors
    /// [`FetchError::Client`].
    pub fn new(config: Config) -> Result<Self, FetchError> {
        let client = Client::new(&config.polling)?;
        Ok(Self { config, client })
    }
}

/// How a poll ended.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing changed since the last poll.
    Unchanged,
    /// There were new entries, or edited ones.
    Changed {
        /// Entries that were not there before.
        new: usize,
        /// Entries whose story changed.
        updated: usize,
    },
    /// The source is withdrawn for good.
    Gone,
    /// It failed.
    Failed(PollError),
}

/// Why a poll failed.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The source could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What it answered is no feed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// What it answered could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Washing panicked: a bug of ours, confined to this source.
    #[error("washing failed, which is a bug of Feedwash; the last good copy stays published")]
    Panicked,
}

impl PollError {
    fn ending(&self) -> Ending {
        match self {
            Self::Fetch(FetchError::Status { code: 404, .. }) => Ending::Missing,
            _ => Ending::Failed,
        }
    }

    /// How long the server asked to wait, from the start of a poll that took `elapsed`: it asked when it answered.
    fn retry_after(&self, elapsed: Duration) -> Option<Duration> {
        match self {
            Self::Fetch(FetchError::Status { retry_after, .. }) => {
                retry_after.map(|wait| wait + Duration::from_secs(elapsed.as_secs() + 1))
            }
            _ => None,
        }
    }
}

/// A washed document, and what it was washed by.
struct Document {
    washed: Box<Washed>,
    rules: Rules,
    version: String,
}

/// What a fetch and a wash brought, before it is written.
#[derive(Default)]
struct Brought {
    document: Option<Document>,
    body_hash: Option<String>,
    validators: Option<Validators>,
    moved_to: Option<String>,
    pace: Option<Pace>,
    hints: Hints,
}

/// Polls a source that was taken from the store, and gives it back with its next time.
pub async fn poll(
    live: &Live,
    store: &Store,
    source: &Source,
    config: &SourceConfig,
    now: Timestamp,
) -> Outcome {
    let started = Instant::now();
    let (ending, error, brought) = match bring(live, store, source, config, now).await {
        Ok(Some(brought)) => (Ending::Fine, None, brought),
        Ok(None) => (Ending::Gone, None, Brought::default()),
        Err(error) => (error.ending(), Some(error), Brought::default()),
    };
    let elapsed = started.elapsed();
    let hints = Hints {
        retry_after: error.as_ref().and_then(|error| error.retry_after(elapsed)),
        pace: brought.pace.unwrap_or(source.pace),
        ..brought.hints
    };
    let failures = if ending == Ending::Fine {
        0
    } else {
        source.failures.saturating_add(1)
    };
    let policy = policy(live, config);
    let next = schedule::next(&source.name, policy, ending, failures, &hints, now);
    let document = brought.document.as_ref();
    let recording = match document {
        Some(document) => Some(recording(store, source, document).await),
        None => None,
    };
    let finish = Finish {
        recording,
        body_hash: brought.body_hash.as_deref(),
        validators: brought.validators.as_ref(),
        outcome: word(ending, document.is_some()),
        detail: error.as_ref().map(ToString::to_string),
        pace: brought.pace,
        moved_to: brought.moved_to,
        failures,
        next_poll_at: next.at,
        next_poll_reason: next.reason,
        retry_after_until: hints.retry_after.and_then(|wait| later(now, wait)),
        duration: elapsed,
    };
    let recorded = match store.finish(source, &finish, now).await {
        Ok(recorded) => recorded,
        Err(StoreError::Superseded) => return Outcome::Failed(StoreError::Superseded.into()),
        Err(failure) => {
            let failures = source.failures.saturating_add(1);
            let next = schedule::next(&source.name, policy, Ending::Failed, failures, &hints, now);
            finish_without_document(
                store,
                source,
                Finish { failures, ..finish },
                next,
                &failure,
                now,
            )
            .await;
            return Outcome::Failed(failure.into());
        }
    };
    if ending == Ending::Fine {
        wash_the_rest(store, source, config, now).await;
    }
    match (ending, error) {
        (_, Some(error)) => Outcome::Failed(error),
        (Ending::Gone, None) => Outcome::Gone,
        _ if recorded == store::Recorded::default() => Outcome::Unchanged,
        _ => Outcome::Changed {
            new: recorded.new,
            updated: recorded.updated,
        },
    }
}

/// A document, ready to be written. A story is announced for what its publisher did to it, and for nothing that rules
/// or lines that were learnt since do; so where either may be, its stored original is washed as the document was.
async fn recording<'d>(store: &Store, source: &Source, document: &'d Document) -> Recording<'d> {
    let mut recording = Recording::new(&document.washed, &document.version);
    match washed_earlier(store, source, document, &recording).await {
        Ok(earlier) => recording.compare_with(&earlier),
        // Then the stored stories are compared, as they were washed.
        Err(error) => {
            tracing::warn!(source.name, %error, "can't wash the stored originals of edited entries");
        }
    }
    recording
}

/// The stored originals of edited entries, raw and clean, washed in the place of the new ones.
async fn washed_earlier(
    store: &Store,
    source: &Source,
    document: &Document,
    recording: &Recording<'_>,
) -> Result<Vec<(Entry, Entry)>, PollError> {
    let edited = store.edited(source, recording).await?;
    if edited.is_empty() {
        return Ok(Vec::new());
    }
    let edited: HashMap<_, _> = edited.into_iter().map(|e| (e.key.clone(), e)).collect();
    let mut raw = document.washed.raw.clone();
    for entry in &mut raw.entries {
        if let Some(earlier) = edited.get(&entry.key) {
            entry.clone_from(earlier);
        }
    }
    let rules = document.rules.clone();
    let washed = tokio::task::spawn_blocking(move || wash::clean(raw, &rules)).await;
    let washed = washed.map_err(|_| PollError::Panicked)?;
    let entries = washed.raw.entries.into_iter().zip(washed.clean.entries);
    Ok(entries
        .filter(|(raw, _)| edited.contains_key(&raw.key))
        .collect())
}

/// Washes anew what the poll brought no document of, where other rules are in force: all that is stored after a 304,
/// and what has left its document after any.
async fn wash_the_rest(store: &Store, source: &Source, config: &SourceConfig, now: Timestamp) {
    if let Err(error) = rewash_outdated(store, source, &config.rules, now).await {
        tracing::warn!(source.name, %error, "can't wash the stored entries anew");
    }
}

/// How the store calls the end of a poll.
fn word(ending: Ending, has_document: bool) -> &'static str {
    match ending {
        Ending::Gone => "gone",
        Ending::Failed | Ending::Missing => "failed",
        Ending::Fine if has_document => "changed",
        Ending::Fine => "unchanged",
    }
}

fn later(now: Timestamp, wait: Duration) -> Option<Timestamp> {
    now.checked_add(SignedDuration::try_from(wait).ok()?).ok()
}

/// How often the source may be polled. A file costs nobody anything, and who edits it wants to see it.
fn policy(live: &Live, config: &SourceConfig) -> Policy {
    let is_remote = matches!(config.location, Location::Http(_));
    Policy {
        interval: config.interval,
        adaptive: live.config.polling.adaptive && is_remote,
    }
}

/// The document could not be written; that it could not is still worth a try, or the source stays due until its
/// lease is over.
async fn finish_without_document(
    store: &Store,
    source: &Source,
    finish: Finish<'_>,
    next: schedule::Next,
    failure: &StoreError,
    now: Timestamp,
) {
    let finish = Finish {
        recording: None,
        body_hash: None,
        validators: None,
        outcome: "failed",
        detail: Some(failure.to_string()),
        next_poll_at: next.at,
        next_poll_reason: next.reason,
        ..finish
    };
    if let Err(error) = store.finish(source, &finish, now).await {
        tracing::error!(source.name, %error, "can't write the end of a poll; the source is due again when its lease is over");
    }
}

/// Fetches and washes. `None` means the source is gone.
async fn bring(
    live: &Live,
    store: &Store,
    source: &Source,
    config: &SourceConfig,
    now: Timestamp,
) -> Result<Option<Brought>, PollError> {
    let request = fetch::Request {
        location: &config.location,
        validators: &source.validators,
        headers: &config.headers,
    };
    let body = match live.client.fetch(request, now).await? {
        Fetched::Gone => return Ok(None),
        Fetched::NotModified {
            validators,
            hints,
            moved_to,
        } => {
            return Ok(Some(Brought {
                validators: Some(validators),
                moved_to,
                hints,
                ..Brought::default()
            }));
        }
        Fetched::Body(body) => *body,
    };
    let Body {
        response,
        validators,
        hints,
        moved_to,
        place: _place,
    } = body;
    let body_hash = store::hash(&response.body);
    let is_known = source.body_hash.as_ref() == Some(&body_hash);
    if is_known && !is_outdated(source, &config.rules) {
        return Ok(Some(Brought {
            validators: Some(validators),
            moved_to,
            hints,
            ..Brought::default()
        }));
    }
    let rules = known_rules(store, source, &config.rules).await?;
    let version = rules::version(&rules, source.restored_revision);
    let mut washed = wash_apart(response, rules.clone()).await?;
    let pace = Some(Pace::of(&washed.raw, now));
    let (mut body_hash, mut validators) = (Some(body_hash), validators);
    if washed.raw.breaks_off {
        // Half a story must not replace a whole one, and the other half has to be asked for without conditions.
        washed.raw.entries.pop();
        washed.clean.entries.pop();
        validators = Validators::default();
        // No body's: the whole document is to be recorded again, even where it is the one before this.
        body_hash = Some(String::new());
    } else if washed.raw.is_cut {
        // The rest is asked for without conditions too, until the same comes again: then it is always so.
        validators = Validators::default();
    }
    let document = Some(Document {
        washed,
        rules,
        version,
    });
    Ok(Some(Brought {
        document,
        body_hash,
        validators: Some(validators),
        pace,
        moved_to,
        hints,
    }))
}

/// How many documents are washed at once: as many as there are processors, for more would take memory and no less time.
static WASHERS: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism();
    Semaphore::new(processors.map_or(1, NonZeroUsize::get))
});

/// Washes on a thread for blocking work: it may take milliseconds, and an HTML tree can't cross an `await`.
pub(crate) async fn wash_apart(response: Response, rules: Rules) -> Result<Box<Washed>, PollError> {
    let _turn = WASHERS.acquire().await;
    let washed =
        tokio::task::spawn_blocking(move || wash::wash(&response, &rules).map(Box::new)).await;
    Ok(washed.map_err(|_| PollError::Panicked)??)
}
