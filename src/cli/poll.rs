//! `poll`: what is due, or what is named, once.

use super::{Usage, config, output};
use crate::config::Config;
use crate::daemon::{self, Rota, Turns};
use crate::poll::{self, Live, Outcome};
use crate::store::{Source, Store, StoreError};
use anyhow::Result;
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use jiff::Timestamp;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// `feedwash poll`.
pub(super) async fn poll(named: Option<&Path>, names: &[String], force: bool) -> Result<ExitCode> {
    let live = Live::new(config::load(&config::path(named))?)?;
    if let Some(unknown) = names.iter().find(|name| live.source(name).is_none()) {
        return Err(no_such_source(&live.config, unknown));
    }
    let store = Store::open(&live.config.store.location).await?;
    store.sync(&live.config, Timestamp::now()).await?;
    daemon::rewash(&store, &live, &CancellationToken::new()).await?;
    let polled = if names.is_empty() {
        poll_due(&live, &store, force).await?
    } else {
        poll_named(&live, &store, names, force).await?
    };
    // Who polls by cron has no daemon that does it.
    let keep_days = live.config.store.keep_days;
    store.keep_up(keep_days, Timestamp::now()).await?;
    let statuses = store.statuses().await?;
    store.close().await;
    let forgiven = |name: &str| {
        let status = statuses.iter().find(|status| status.name == name);
        status.map_or(0, |status| status.warnings.len())
    };
    let rows: Vec<Vec<String>> = polled
        .iter()
        .map(|(name, outcome)| vec![name.clone(), words(outcome.as_ref(), forgiven(name))])
        .collect();
    output::text(&output::table(&rows))?;
    if rows.is_empty() {
        output::say("nothing is due");
    }
    let failed = polled
        .iter()
        .any(|(_, outcome)| matches!(outcome, Some(Outcome::Failed(_))));
    Ok(if failed && !names.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// A name that no source has, with the nearest that one has.
pub(super) fn no_such_source(config: &Config, name: &str) -> anyhow::Error {
    let hint = config
        .nearest_source(name)
        .map(|near| format!("; did you mean \"{near}\"?"))
        .unwrap_or_default();
    Usage(format!("no source is named \"{name}\"{hint}")).into()
}

type Polled = (String, Option<Outcome>);

/// Takes due sources until there are none.
async fn poll_due(live: &Live, store: &Store, force: bool) -> Result<Vec<Polled>> {
    if force {
        return Err(Usage("--force needs the names of the sources to poll".into()).into());
    }
    // What becomes due meanwhile is the next run's.
    let now = Timestamp::now();
    let mut polled = Vec::new();
    let rota = Mutex::new(Rota::new(&live.config));
    loop {
        let due = store
            .due(
                live.config.polling.concurrency,
                daemon::lease(&live.config),
                now,
            )
            .await?;
        if due.is_empty() {
            return Ok(polled);
        }
        polled.extend(run(live, store, due, Some(&rota)).await?);
    }
}

async fn poll_named(
    live: &Live,
    store: &Store,
    names: &[String],
    force: bool,
) -> Result<Vec<Polled>> {
    let mut taken = Vec::new();
    let mut left = Vec::new();
    for name in names {
        if force {
            store.trust(name).await?;
        }
        match store
            .take(name, force, daemon::lease(&live.config), Timestamp::now())
            .await?
        {
            Some(source) => taken.push(source),
            None => left.push((name.clone(), None)),
        }
    }
    let mut polled = run(live, store, taken, None).await?;
    polled.extend(left);
    Ok(polled)
}

/// Polls sources that were taken; those that a rota bars by then are put off.
async fn run(
    live: &Live,
    store: &Store,
    sources: Vec<Source>,
    rota: Option<&Mutex<Rota>>,
) -> Result<Vec<Polled>> {
    let rota = || rota.map(|rota| rota.lock().unwrap_or_else(PoisonError::into_inner));
    let bar = ProgressBar::new(sources.len() as u64).with_message("polling");
    let turns = Turns::default();
    let polls = stream::iter(sources)
        .filter_map(|source| async move { Some((live.source(&source.name)?, source)) });
    let polls = polls.map(|(config, source)| {
        let (bar, rota, host) = (&bar, &rota, turns.of(&config.location));
        async move {
            // The semaphore of a host is never closed.
            let _turn = host.turn.acquire().await;
            bar.inc(1);
            let (started, now) = (Instant::now(), Timestamp::now());
            let barred = rota().and_then(|rota| rota.barred(&source, now));
            if let Some((until, why)) = barred {
                store.postpone(&[(source.taken(), until, why)]).await?;
                return Ok(None);
            }
            let polled = poll::poll(live, store, &source, config, now).await;
            let outcome = polled.outcome;
            if let Some(mut rota) = rota() {
                rota.heed(&outcome, started.elapsed(), Timestamp::now());
            }
            Ok(Some((source.name.clone(), Some(outcome))))
        }
    });
    let polled: Vec<Result<Option<Polled>, StoreError>> = polls
        .buffer_unordered(live.config.polling.concurrency)
        .collect()
        .await;
    bar.finish_and_clear();
    let polled: Result<Vec<Option<Polled>>, StoreError> = polled.into_iter().collect();
    Ok(polled?.into_iter().flatten().collect())
}

/// An outcome, and where to read of what was forgiven in a new document.
fn words(outcome: Option<&Outcome>, forgiven: usize) -> String {
    match outcome {
        Some(Outcome::Unchanged) => "unchanged".into(),
        Some(Outcome::Changed { new, updated }) => {
            let warnings = match forgiven {
                0 => String::new(),
                n => format!(
                    "; {} (\"feedwash status\")",
                    output::count(n, "warning", "warnings")
                ),
            };
            format!("changed: {new} new, {updated} updated{warnings}")
        }
        Some(Outcome::Gone) => "gone for good (410)".into(),
        Some(Outcome::Failed(error)) => format!("failed: {error}"),
        None => "left alone: it is being polled, or its server said 410 or asked to wait; \"feedwash status\" says which (--force polls it all the same)".into(),
    }
}
