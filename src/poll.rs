//! One poll, start to finish: fetch, wash, record, and decide when to come again.
//!
//! Failing is a normal result, so [`poll`] gives an [`Outcome`] and no `Result`. Invariant: every poll ends
//! in one `store.finish`, whatever happened before, so no source stays due for ever.

use crate::config::{Config, Location, SourceConfig};
use crate::fetch::{self, Body, Client, FetchError, Fetched};
use crate::model::{Boilerplate, EntryKey, Removal, Response, Rules, Text, Validators, Washed};
use crate::parse::ParseError;
use crate::schedule::{self, Ending, Hints, Pace, Policy};
use crate::store::{self, Finish, Recording, Source, Store, StoreError};
use crate::{clean, learn, wash};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

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

/// What a fetch and a wash brought, before it is written.
#[derive(Default)]
struct Brought {
    washed: Option<Box<Washed>>,
    /// The version of the rules that it was washed by.
    rules_version: String,
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
    let finish = Finish {
        recording: brought
            .washed
            .as_deref()
            .map(|washed| Recording::new(washed, &brought.rules_version)),
        body_hash: brought.body_hash.as_deref(),
        validators: brought.validators.as_ref(),
        outcome: word(ending, brought.washed.is_some()),
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
    } = body;
    let body_hash = store::hash(&response.body);
    let rules = rules_of(store, source, &config.rules).await?;
    let rules_version = rules_version(&rules);
    if source.body_hash.as_ref() == Some(&body_hash) && source.rules_version == rules_version {
        return Ok(Some(Brought {
            validators: Some(validators),
            moved_to,
            hints,
            ..Brought::default()
        }));
    }
    let rules = taught(store, source, rules).await?;
    let mut washed = wash_apart(response, rules).await?;
    let pace = Some(Pace::of(&washed.raw, now));
    if washed.raw.breaks_off {
        // Half a story must not replace a whole one, and the other half has to be asked for without conditions.
        washed.raw.entries.pop();
        washed.clean.entries.pop();
        let validators = Some(Validators::default());
        return Ok(Some(Brought {
            washed: Some(washed),
            rules_version,
            // No body's: the whole document is to be recorded again, even where it is the one before this.
            body_hash: Some(String::new()),
            validators,
            pace,
            moved_to,
            hints,
        }));
    }
    let (washed, body_hash) = (Some(washed), Some(body_hash));
    Ok(Some(Brought {
        washed,
        rules_version,
        body_hash,
        validators: Some(validators),
        pace,
        moved_to,
        hints,
    }))
}

/// Washes on a thread for blocking work: it may take milliseconds, and an HTML tree can't cross an `await`.
pub(crate) async fn wash_apart(response: Response, rules: Rules) -> Result<Box<Washed>, PollError> {
    let washed =
        tokio::task::spawn_blocking(move || wash::wash(&response, &rules).map(Box::new)).await;
    Ok(washed.map_err(|_| PollError::Panicked)??)
}

/// What washing the stored entries of a source anew changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rewashed {
    /// How many entries were washed.
    pub entries: usize,
    /// Those that are published otherwise now.
    pub changed: Vec<Changed>,
}

/// An entry that is published otherwise than before.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Its key.
    pub key: EntryKey,
    /// Its title as read.
    pub title: Option<Text>,
    /// What was removed before and is kept now.
    pub no_more: Vec<Removal>,
    /// What is removed now and was kept before.
    pub more: Vec<Removal>,
}

/// Washes the stored entries of a source anew, where they were cleaned with other rules or by another version.
/// No date and no id changes. Gives whether there was something to do.
///
/// # Errors
/// [`PollError::Store`]; it is tried again at the next start or reload.
pub async fn rewash_outdated(
    store: &Store,
    source: &Source,
    rules: &Rules,
    now: Timestamp,
) -> Result<bool, PollError> {
    let rules = rules_of(store, source, rules).await?;
    // A source without a version was never washed.
    let version = rules_version(&rules);
    if source.rules_version.is_empty() || source.rules_version == version {
        return Ok(false);
    }
    let Some(washed) = washed_anew(store, source, rules).await? else {
        return Ok(false);
    };
    rewrite(store, source, &version, &washed, now).await?;
    Ok(true)
}

/// Washes the stored entries of a source anew and says what that changes, or, as a `dry_run`, would change. No date
/// and no id does.
///
/// # Errors
/// [`PollError::Store`], [`PollError::Panicked`].
pub async fn rewash(
    store: &Store,
    source: &Source,
    rules: &Rules,
    now: Timestamp,
    dry_run: bool,
) -> Result<Rewashed, PollError> {
    let rules = rules_of(store, source, rules).await?;
    let version = rules_version(&rules);
    let Some(washed) = washed_anew(store, source, rules).await? else {
        return Ok(Rewashed::default());
    };
    let stored = store.stored_clean(source).await?;
    let before = by_entry(store.removals(source).await?);
    let after = by_entry(washed.removals.clone());
    let entries = washed.raw.entries.iter().zip(&washed.clean.entries);
    let changed = entries.filter(|(_, clean)| stored.get(&clean.key) != Some(*clean));
    let changed = changed.map(|(raw, clean)| {
        let of = |all: &HashMap<EntryKey, Vec<Removal>>| {
            all.get(&clean.key).cloned().unwrap_or_default()
        };
        let (before, after) = (of(&before), of(&after));
        Changed {
            key: clean.key.clone(),
            title: raw.title.clone(),
            no_more: without(&before, &after),
            more: without(&after, &before),
        }
    });
    let done = Rewashed {
        entries: washed.raw.entries.len(),
        changed: changed.collect(),
    };
    // What was learnt since changes entries, but is no other way of cleaning.
    let is_news = !done.changed.is_empty() || source.rules_version != version;
    if !dry_run && is_news {
        rewrite(store, source, &version, &washed, now).await?;
    }
    Ok(done)
}

fn by_entry(removals: Vec<Removal>) -> HashMap<EntryKey, Vec<Removal>> {
    let mut out: HashMap<EntryKey, Vec<Removal>> = HashMap::new();
    for removal in removals {
        out.entry(removal.entry.clone()).or_default().push(removal);
    }
    out
}

/// The removals that another list does not have, whatever their numbers.
fn without(removals: &[Removal], others: &[Removal]) -> Vec<Removal> {
    let what = |removal: &Removal| (removal.field, removal.before.clone(), removal.after.clone());
    let others: HashSet<_> = others.iter().map(what).collect();
    let more = removals
        .iter()
        .filter(|removal| !others.contains(&what(removal)));
    more.cloned().collect()
}

/// A source's rules, with all that the store knows of it: what was put back, and what was learnt.
///
/// # Errors
/// [`StoreError::Database`], [`StoreError::Damaged`].
pub async fn known_rules(
    store: &Store,
    source: &Source,
    rules: &Rules,
) -> Result<Rules, StoreError> {
    taught(store, source, rules_of(store, source, rules).await?).await
}

/// A source's rules, with what was put back.
async fn rules_of(store: &Store, source: &Source, rules: &Rules) -> Result<Rules, StoreError> {
    Ok(Rules {
        restored: store.restored(source).await?,
        ..rules.clone()
    })
}

/// Rules with what was learnt of the source in earlier polls.
async fn taught(store: &Store, source: &Source, rules: Rules) -> Result<Rules, StoreError> {
    Ok(Rules {
        boilerplate: learn::boilerplate(&store.counts(source).await?),
        ..rules
    })
}

async fn washed_anew(
    store: &Store,
    source: &Source,
    rules: Rules,
) -> Result<Option<Box<Washed>>, PollError> {
    let Some(raw) = store.stored_raw(source).await? else {
        return Ok(None);
    };
    let rules = taught(store, source, rules).await?;
    let washed = tokio::task::spawn_blocking(move || Box::new(wash::clean(raw, &rules)));
    Ok(Some(washed.await.map_err(|_| PollError::Panicked)?))
}

async fn rewrite(
    store: &Store,
    source: &Source,
    rules_version: &str,
    washed: &Washed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let recording = Recording {
        warnings: None,
        ..Recording::new(washed, rules_version)
    };
    store.rewrite(source, &recording, now).await
}

/// Names a way of cleaning: this program's version, its passes, and the rules.
fn rules_version(rules: &Rules) -> String {
    let passes: Vec<&str> = clean::PASSES.iter().map(|pass| pass.name).collect();
    // What was learnt comes and goes with the entries; it is no way of cleaning.
    let asked = Rules {
        boilerplate: Boilerplate::default(),
        ..rules.clone()
    };
    let all = format!("{} {passes:?} {asked:?}", env!("CARGO_PKG_VERSION"));
    store::hash(all.as_bytes())[..16].to_owned()
}
