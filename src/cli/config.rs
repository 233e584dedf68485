//! Finding and loading `feeds.toml`, and `check`.

use super::output;
use crate::config::{Config, Location, SourceConfig};
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
            output::count(listed.len(), "problem:", "problems:"),
            listed.join("\n  ")
        )
    })
}

/// `feedwash check`.
pub(super) async fn check(named: Option<&Path>, fetch: bool) -> Result<ExitCode> {
    let path = path(named);
    let config = load(&path)?;
    let missing: Vec<String> = config.sources.iter().filter_map(missing_file).collect();
    if missing.is_empty() {
        let sources = output::count(config.sources.len(), "source", "sources");
        output::text(&format!("{} is right: {sources}\n", path.display()))?;
    } else {
        output::text(&missing.concat())?;
    }
    if !fetch {
        return Ok(if missing.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    let live = Live::new(config)?;
    let bar = ProgressBar::new(live.config.sources.len() as u64).with_message("fetching");
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

/// Says so where the file of a source is not there.
fn missing_file(source: &SourceConfig) -> Option<String> {
    match &source.location {
        Location::File(path) if !path.is_file() => Some(format!(
            "{}: there is no file {} (relative paths start at the folder of feeds.toml)\n",
            source.name,
            path.display()
        )),
        _ => None,
    }
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
    let entries = output::count(washed.clean.entries.len(), "entry", "entries");
    let removals = output::count(washed.removals.len(), "piece", "pieces");
    let warned = match washed.warnings.split_first() {
        None => String::new(),
        Some((first, [])) => format!("; but {}", first.message),
        Some((first, others)) => {
            format!(
                "; but {}, and {}",
                first.message,
                output::count(others.len(), "more warning", "more warnings")
            )
        }
    };
    Ok(format!(
        "fine: {entries}, {removals} taken out or mended{warned}{moved}"
    ))
}
