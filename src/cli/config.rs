//! Finding and loading `feeds.toml`, and `check`.

use super::output;
use crate::config::{Config, SourceConfig};
use crate::fetch::{Fetched, Request};
use crate::model::Validators;
use crate::poll::{self, Live, PollError};
use anyhow::{Context as _, Result, anyhow};
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the packaged service has its configuration.
const SYSTEM_CONFIG: &str = "/etc/feedwash/feeds.toml";

/// The configuration to use: the one named, else `feeds.toml` in the working folder, else the system's.
pub(super) fn path(named: Option<&Path>) -> PathBuf {
    let here = Path::new("feeds.toml");
    match named {
        Some(named) => named.to_owned(),
        None if here.exists() => here.to_owned(),
        None if Path::new(SYSTEM_CONFIG).exists() => SYSTEM_CONFIG.into(),
        None => here.to_owned(),
    }
}

/// Loads a configuration.
pub(super) fn load(path: &Path) -> Result<Config> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("can't read the configuration {} (name another with --config; an empty file is enough to start)", path.display())
    })?;
    let folder = std::path::absolute(path)
        .ok()
        .and_then(|path| path.parent().map(Path::to_owned))
        .unwrap_or_default();
    // systemd gives a list where a unit asks for several folders; the store goes into the first.
    let state = std::env::var("STATE_DIRECTORY")
        .ok()
        .filter(|folders| !folders.is_empty());
    let state = state
        .as_deref()
        .and_then(|folders| folders.split(':').next())
        .map(Path::new);
    Config::from_toml(&text, &folder, state).map_err(|error| {
        let listed: Vec<String> = error
            .problems
            .iter()
            .map(|problem| format!("{}: {problem}", path.display()))
            .collect();
        anyhow!(
            "the configuration has {}\n  {}",
            count(listed.len(), "problem"),
            listed.join("\n  ")
        )
    })
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { ":" } else { "s:" })
}

/// `feedwash check`.
pub(super) async fn check(named: Option<&Path>, fetch: bool) -> Result<ExitCode> {
    let path = path(named);
    let config = load(&path)?;
    let sources = config.sources.len();
    output::text(&format!(
        "{} is right: {sources} {}\n",
        path.display(),
        if sources == 1 { "source" } else { "sources" }
    ))?;
    if !fetch {
        return Ok(ExitCode::SUCCESS);
    }
    let live = Live::new(config)?;
    let bar = ProgressBar::new(sources as u64).with_message("fetching");
    let concurrency = live.config.polling.concurrency.min(8);
    let results = stream::iter(&live.config.sources).map(|source| {
        let (live, bar) = (&live, &bar);
        async move {
            let result = try_source(live, source).await;
            bar.inc(1);
            (source, result)
        }
    });
    let results: Vec<_> = results.buffered(concurrency).collect().await;
    bar.finish_and_clear();
    let mut code = ExitCode::SUCCESS;
    let mut rows = Vec::new();
    for (source, result) in results {
        let said = result.unwrap_or_else(|error| {
            code = ExitCode::FAILURE;
            format!("failed: {error}")
        });
        rows.push(vec![source.name.to_string(), said]);
    }
    output::text(&output::table(&rows))?;
    Ok(code)
}

/// Fetches and washes a source, and stores nothing.
async fn try_source(live: &Live, source: &SourceConfig) -> Result<String, PollError> {
    let request = Request {
        location: &source.location,
        validators: &Validators::default(),
        headers: &source.headers,
    };
    let body = match live.client.fetch(request, Timestamp::now()).await? {
        Fetched::Body(body) => body,
        Fetched::Gone => {
            return Ok("gone for good (410): take it out, or find its new address".into());
        }
        Fetched::NotModified { .. } => {
            return Ok("answered \"not modified\" to a first request: its server is broken".into());
        }
    };
    let moved = body
        .moved_to
        .as_ref()
        .map(|url| format!("; it moved to {url}"))
        .unwrap_or_default();
    let washed = poll::wash_apart(body.response, source.rules.clone()).await?;
    let (entries, removals, warnings) = (
        washed.clean.entries.len(),
        washed.removals.len(),
        washed.warnings.len(),
    );
    Ok(format!(
        "fine: {entries} entries, {removals} pieces taken out or mended, {warnings} warnings{moved}"
    ))
}
