//! One poll, start to finish: fetch, wash, record, and decide when to come again.
//!
//! Failing is a normal result, so [`poll`] gives an [`Outcome`] and no `Result`. Invariant: every poll ends
//! in one `store.finish`, whatever happened before, so no source stays due for ever; what was washed by rules that
//! somebody changed meanwhile is not written.
//!
//! What is rare is boxed, here and in what is called from here: a poll waits as long as its publisher takes, hundreds do so at
//! once, and each is as large as the largest that it may come to.

mod apart;
mod bring;
mod error;
mod look;
mod rewash;
mod rules;

pub(crate) use bring::{of_fetch, wash_apart};
pub use error::PollError;
pub(crate) use look::{
    Found, FoundFeed, free_name, guess, is_missing, look, look_as_typed, typed, without_comments,
};
pub use rewash::{Changed, Rewashed, rewash, rewash_outdated};
pub use rules::{is_outdated, known_rules};

use crate::config::{Config, Location, SourceConfig};
use crate::fetch::{Client, FetchError};
use crate::limits;
use crate::model::Entry;
use crate::schedule::{self, Ended, Ending, Failure, Hints, Move, Next, Policy};
use crate::store::{Finish, Recorded, Recording, Source, Store, StoreError};
use crate::wash;
use apart::apart;
use bring::{Brought, Document, bring};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};
use url::Url;

/// A configuration and what was made from it. A reload makes a whole new one and swaps it.
#[derive(Debug)]
pub struct Live {
    /// The configuration.
    pub config: Config,
    /// The client that obeys it.
    pub client: Client,
    /// Where each source stands in the configuration, by its name.
    places: HashMap<String, usize>,
    /// The hosts that more than one source is at.
    shared_hosts: HashSet<String>,
}

impl Live {
    /// Makes what a configuration needs.
    ///
    /// # Errors
    /// [`FetchError::Client`].
    pub fn new(config: Config) -> Result<Self, FetchError> {
        let client = Client::new(&config.polling)?;
        let places = config.sources.iter().enumerate();
        let places = places.map(|(place, source)| (source.name.as_str().to_owned(), place));
        let (mut hosts, mut shared_hosts) = (HashSet::new(), HashSet::new());
        for host in config
            .sources
            .iter()
            .filter_map(|source| source.location.host())
        {
            if !hosts.insert(host) {
                shared_hosts.insert(host.to_owned());
            }
        }
        Ok(Self {
            places: places.collect(),
            client,
            shared_hosts,
            config,
        })
    }

    /// A configured source, by its name, however many there are.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&SourceConfig> {
        self.config.sources.get(*self.places.get(name)?)
    }

    /// Whether more than one source is at the host of a location.
    fn shares_host(&self, location: &Location) -> bool {
        location
            .host()
            .is_some_and(|host| self.shared_hosts.contains(host))
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

/// A poll that has ended, and what it brought.
#[derive(Debug)]
pub struct Polled {
    /// How it ended.
    pub outcome: Outcome,
    /// The length of the body that it brought, content coding removed; 0 where it brought none, or not a feed.
    pub body_bytes: usize,
    /// How many removals each pass made in the entries that are new.
    pub removals: BTreeMap<String, usize>,
}

impl From<Outcome> for Polled {
    /// A poll that brought nothing.
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            body_bytes: 0,
            removals: BTreeMap::new(),
        }
    }
}

/// Polls a source that was taken from the store, and gives it back with its next time.
pub async fn poll(
    live: &Live,
    store: &Store,
    source: &Source,
    config: &SourceConfig,
    now: Timestamp,
) -> Polled {
    poll_in_turn(live, store, source, config, now, &mut None::<()>).await
}

/// As [`poll`], by one who waited for a turn.
///
/// It is taken and let go once the publisher has answered that there is nothing new, so that nobody waits while that is written.
/// A document keeps it, since documents in memory are as many as there are turns; so does a failure, after which nobody may be
/// let in before its caller has heard whether the publisher asked to wait.
pub async fn poll_in_turn<T>(
    live: &Live,
    store: &Store,
    source: &Source,
    config: &SourceConfig,
    now: Timestamp,
    turn: &mut Option<T>,
) -> Polled {
    let started = Instant::now();
    let location = location(source, config);
    let (ending, error, brought) = match bring(live, store, source, config, &location, now).await {
        Ok(Some(brought)) => (Ending::Fine, None, brought),
        Ok(None) => (Ending::Gone, None, Brought::default()),
        Err(error) => (
            Ending::Failed(error.failure()),
            Some(error),
            Brought::default(),
        ),
    };
    let ran = Ran {
        source,
        config,
        policy: policy(live, config),
        ending,
        error,
        brought,
        elapsed: started.elapsed(),
        now,
    };
    let recording = match &ran.brought.document {
        Some(document) => Some(Box::pin(recording(store, source, document)).await),
        None => None,
    };
    if ending == Ending::Fine && recording.is_none() {
        turn.take();
    }
    let finish = ran.finish(recording);
    let recorded = match store.finish(source, &finish, now).await {
        Ok(recorded) => recorded,
        Err(StoreError::Superseded) => {
            return Outcome::Failed(StoreError::Superseded.into()).into();
        }
        Err(failure) => {
            let next = ran.next(Ending::Failed(Failure::Ours));
            let failures = source.failures.saturating_add(1);
            let finish = Finish { failures, ..finish };
            let finished = finish_without_document(store, source, finish, next, &failure, now);
            Box::pin(finished).await;
            return Outcome::Failed(failure.into()).into();
        }
    };
    let body_bytes = ran.brought.body_bytes;
    // Its room in memory and its turn: the wash of what is stored takes them anew.
    drop(ran.brought);
    if ending == Ending::Fine && is_outdated(source, &config.rules) {
        Box::pin(wash_the_rest(store, source, config, now)).await;
    }
    Polled {
        outcome: outcome(ending, ran.error, &recorded),
        body_bytes,
        removals: recorded.removals,
    }
}

fn outcome(ending: Ending, error: Option<PollError>, recorded: &Recorded) -> Outcome {
    match (ending, error) {
        (_, Some(error)) => Outcome::Failed(error),
        (Ending::Gone, None) => Outcome::Gone,
        _ if recorded.is_nothing() => Outcome::Unchanged,
        _ => Outcome::Changed {
            new: recorded.new,
            updated: recorded.updated,
        },
    }
}

/// A poll that has run and is not written yet.
struct Ran<'a> {
    source: &'a Source,
    config: &'a SourceConfig,
    policy: Policy,
    ending: Ending,
    error: Option<PollError>,
    brought: Brought,
    elapsed: Duration,
    /// When it began.
    now: Timestamp,
}

impl Ran<'_> {
    /// What the server said, counted from the beginning: it said so when it answered.
    fn hints(&self) -> Hints {
        let retry_after = |error: &PollError| error.retry_after(self.elapsed);
        let fresh_for = self.brought.hints.fresh_for;
        Hints {
            retry_after: self.error.as_ref().and_then(retry_after),
            fresh_for: fresh_for.map(|fresh| fresh.saturating_add(self.elapsed)),
        }
    }

    /// How many polls in a row have failed, if this one ended so.
    fn failures(&self, ending: Ending) -> u32 {
        match ending {
            Ending::Fine => 0,
            // Nobody was asked, so nobody failed once more.
            Ending::Failed(Failure::Offline) => self.source.failures.max(1),
            Ending::Failed(_) | Ending::Gone => self.source.failures.saturating_add(1),
        }
    }

    /// When to poll next, if this one ended so.
    fn next(&self, ending: Ending) -> Next {
        let ended = Ended {
            name: &self.source.name,
            policy: self.policy,
            ending,
            failures: self.failures(ending),
            is_first: self.source.is_new,
            hints: self.hints(),
            pace: &self.brought.pace.unwrap_or(self.source.pace),
        };
        schedule::next(&ended, self.now)
    }

    /// What is known now of where permanent redirects lead.
    fn moved(&self) -> Option<Move> {
        let known = self.source.moved.clone();
        match self.ending {
            Ending::Fine => {
                let to = self.brought.moved_to.clone();
                let may_move =
                    |to: &String| Url::parse(to).is_ok_and(|to| may_move(self.config, &to));
                let is_allowed =
                    self.brought.downgraded_to.is_none() && to.as_ref().is_some_and(may_move);
                Move::after(known, to, is_allowed, self.now)
            }
            Ending::Failed(Failure::Offline) => known,
            Ending::Failed(_) | Ending::Gone => known?.after_failure(self.failures(self.ending)),
        }
    }

    /// Everything that is written about it.
    fn finish<'f>(&'f self, recording: Option<Recording<'f>>) -> Finish<'f> {
        let (brought, error) = (&self.brought, self.error.as_ref());
        let next = self.next(self.ending);
        Finish {
            outcome: word(self.ending, recording.is_some()),
            recording,
            body_hash: brought.body_hash.as_deref(),
            validators: brought.validators.as_ref(),
            detail: match self.ending {
                Ending::Gone => Some("the source said that it is gone for good (410)".to_owned()),
                _ => error.map(|error| cut(error.to_string())),
            },
            pace: brought.pace,
            moved: self.moved(),
            downgraded_to: brought.downgraded_to.clone(),
            answering_site: match error {
                Some(error) => error.answering_site(),
                None => brought.answering_site.clone(),
            },
            failure: match self.ending {
                Ending::Gone => Some("gone"),
                _ => error.map(PollError::word),
            },
            doubt: match error {
                Some(PollError::Doubted(held)) => Some(held.clone()),
                Some(_) => self.source.doubt.clone(),
                None => None,
            },
            hold: error.and_then(|error| {
                let (site, wait) = error.hold(self.elapsed)?;
                Some((site, later(self.now, wait)?))
            }),
            failures: self.failures(self.ending),
            next_poll_at: next.at,
            next_poll_reason: next.reason,
            retry_after_until: self
                .hints()
                .retry_after
                .and_then(|wait| later(self.now, wait)),
            duration: self.elapsed,
        }
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
    let washed = apart(move || wash::clean(raw, &rules)).await?;
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

/// Where a source is polled: where it has moved to for good, as long as it may, else where it is configured.
fn location(source: &Source, config: &SourceConfig) -> Location {
    match source.location(config) {
        // Headers may have been given to it since.
        Location::Http(to) if !may_move(config, &to) => config.location.clone(),
        location => location,
    }
}

/// A message as it is stored: a publisher has a part in it, with addresses of any length.
fn cut(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(limits::DETAIL_CHARS_MAX) {
        message.truncate(end);
        message.push('…');
    }
    message
}

/// Whether a source may be polled at another address than the configured one: never where that is less safe, and
/// never where a user's own headers, which may hold secrets, would have to go to another origin or be left out.
fn may_move(config: &SourceConfig, to: &Url) -> bool {
    let Location::Http(from) = &config.location else {
        return false;
    };
    !Move::is_downgrade(from, to.as_str())
        && (config.headers.is_empty() || from.origin() == to.origin())
}

/// How the store calls the end of a poll.
fn word(ending: Ending, has_document: bool) -> &'static str {
    match ending {
        Ending::Gone => "gone",
        Ending::Failed(_) => "failed",
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
    next: Next,
    failure: &StoreError,
    now: Timestamp,
) {
    let finish = Finish {
        recording: None,
        body_hash: None,
        validators: None,
        outcome: "failed",
        failure: Some(Failure::Ours.word()),
        detail: Some(failure.to_string()),
        next_poll_at: next.at,
        next_poll_reason: next.reason,
        ..finish
    };
    if let Err(error) = store.finish(source, &finish, now).await {
        tracing::error!(source.name, %error, "can't write the end of a poll; the source is due again when the store can be written, or its lease is over");
        store.abandon(source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_source_knows_whether_its_host_is_asked_for_others() {
        let toml = "[[source]]\nname = \"one\"\nurl = \"https://a.example/1\"\n\
                    [[source]]\nname = \"two\"\nurl = \"http://A.example:81/2\"\n\
                    [[source]]\nname = \"three\"\nurl = \"https://b.example/\"\n";
        let config = Config::from_toml(toml, Path::new("/nowhere"), None).unwrap();
        let live = Live::new(config).unwrap();
        let shares = |name| {
            let source = live.source(name);
            source.map(|source| live.shares_host(&source.location))
        };
        assert_eq!(shares("one"), Some(true));
        assert_eq!(shares("two"), Some(true));
        assert_eq!(shares("three"), Some(false));
        assert_eq!(shares("four"), None);
    }
}
