//! `clean` and `explain`: one feed in, no store needed; or, to explain a source, what is stored of it.

use super::{Input, Usage, config, output};
use crate::clean::piece_of;
use crate::config::{Config, Header, Location, Polling, Proxy};
use crate::fetch::{self, Client, FetchError, Fetched, Request};
use crate::model::{Entry, EntryKey, FeedFormat, Removal, Response, Rules, Washed};
use crate::parse::ParseError;
use crate::poll::is_outdated;
use crate::render::{self, Context as RenderContext};
use crate::wash;
use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use url::Url;

/// How much of a removal `explain` shows to a person, in characters.
const EXCERPT_CHARS: usize = 160;

/// `feedwash clean`.
pub(super) async fn clean(
    named: Option<&Path>,
    input: &Input,
    to: Option<FeedFormat>,
    raw: bool,
) -> Result<ExitCode> {
    let task = Task::new(named, input).await?;
    let response = read(&task, input).await?;
    let rules = task.rules.clone();
    let washed = tokio::task::spawn_blocking(move || {
        let (feed, warnings) = if raw {
            let (mut feed, mut warnings) = wash::as_given(&response)?;
            // RSS needs no ids, and raw is what the publisher said.
            if to.unwrap_or(feed.format) != FeedFormat::Rss {
                wash::identify(&mut feed, &mut warnings);
            }
            (feed, warnings)
        } else {
            let washed = wash::wash(&response, &rules)?;
            (washed.clean, washed.warnings)
        };
        let bytes = render::render(&feed, to.unwrap_or(feed.format), &RenderContext::default());
        Ok::<_, ParseError>((bytes, warnings.len()))
    });
    let (bytes, forgiven) = washed
        .await?
        .with_context(|| format!("can't read {task} as a feed"))?;
    let code = output::bytes(&bytes)?;
    if forgiven > 0 {
        let things = output::count(forgiven, "thing was", "things were");
        output::say(&format!(
            "feedwash: {things} forgiven while reading; \"feedwash explain\" shows what"
        ));
    }
    Ok(code)
}

/// `feedwash explain`.
pub(super) async fn explain(
    named: Option<&Path>,
    input: &Input,
    as_json: bool,
) -> Result<ExitCode> {
    let washed = match stored(named, input).await? {
        Some(washed) => washed,
        None => {
            let task = Task::new(named, input).await?;
            let response = read(&task, input).await?;
            let rules = task.rules.clone();
            let washed = tokio::task::spawn_blocking(move || wash::wash(&response, &rules)).await?;
            washed.with_context(|| format!("can't read {task} as a feed"))?
        }
    };
    output::text(&if as_json {
        as_json_lines(&washed)
    } else {
        as_words(&washed)
    })
}

/// What is stored of a source, where it is the source that is to be explained and no document: what is published of it,
/// entries that have left their document included, whether the source answers or not.
async fn stored(named: Option<&Path>, input: &Input) -> Result<Option<Washed>> {
    let Some(name) = input.source.as_deref().filter(|_| input.is_source_alone()) else {
        return Ok(None);
    };
    let config = config::load_to_look(&config::path(named))?;
    let source = config
        .source(name)
        .ok_or_else(|| super::poll::no_such_source(&config, name))?;
    let Some((known, stored)) = config::stored(&config, name).await? else {
        return Ok(None);
    };
    let mut said = format!("feedwash: this is {name} as stored");
    if let Some(at) = stored.read_at {
        let _ = write!(said, ", last read {at}");
    }
    if let Some(failure) = &stored.failure {
        let _ = write!(said, "; its last poll failed: {failure}");
    }
    if is_outdated(&known, &source.rules) {
        let _ = write!(
            said,
            "; its rules have changed since: \"feedwash rewash {name} --dry-run\" says what they would do"
        );
    }
    output::say(&said);
    Ok(Some(stored.washed))
}

/// What to wash, and how.
struct Task {
    /// `None` is standard input.
    location: Option<Location>,
    rules: Rules,
    polling: Polling,
    headers: Vec<Header>,
    proxy: Option<Proxy>,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.location {
            Some(location) => location.fmt(f),
            None => f.write_str("standard input"),
        }
    }
}

impl Task {
    async fn new(named: Option<&Path>, input: &Input) -> Result<Self> {
        let mut task = match &input.source {
            None => {
                let polling = Config::from_toml("", Path::new(""), None)?.polling;
                Self {
                    location: None,
                    rules: Rules::default(),
                    polling,
                    headers: Vec::new(),
                    proxy: None,
                }
            }
            Some(name) => {
                let config = config::load(&config::path(input.rules.as_deref().or(named)))?;
                let source = config
                    .source(name)
                    .ok_or_else(|| super::poll::no_such_source(&config, name))?;
                Self {
                    // With a file of rules it is a filter; without, the source itself is meant.
                    location: input.rules.is_none().then(|| source.location.clone()),
                    rules: match input.rules {
                        Some(_) => source.rules.clone(),
                        None => config::rules(&config, source).await?,
                    },
                    headers: source.headers.clone(),
                    proxy: source.proxy.clone(),
                    polling: config.polling.clone(),
                }
            }
        };
        if let Some(given) = &input.input {
            let given = location(given)?;
            if given != task.location {
                // What authorises us at the source is nobody else's business.
                task.headers.clear();
            }
            task.location = given;
        }
        task.polling = fetch::allow_private(task.polling, &input.allow_private);
        Ok(task)
    }
}

/// A file, an http(s) URL, or `None` for standard input.
fn location(given: &str) -> Result<Option<Location>> {
    match Url::parse(given) {
        _ if given == "-" => Ok(None),
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Some(Location::Http(url))),
        _ if given.contains("://") => {
            Err(Usage(format!("\"{given}\" is no http or https URL, and no file")).into())
        }
        _ => Ok(Some(Location::File(given.into()))),
    }
}

/// Reads the input through the guarded client, or from standard input.
async fn read(task: &Task, input: &Input) -> Result<Response> {
    let mut response = match &task.location {
        None => {
            let mut body = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut body)
                .context("can't read standard input")?;
            Response {
                body,
                ..Response::default()
            }
        }
        Some(location) => fetch(location, task).await?,
    };
    if let Some(base) = &input.base {
        let parsed = Url::parse(base)
            .map_err(|error| Usage(format!("--base \"{base}\" is no URL: {error}")))?;
        response.url = Some(parsed.into());
    }
    if input.content_type.is_some() {
        response.content_type.clone_from(&input.content_type);
    }
    Ok(response)
}

async fn fetch(location: &Location, task: &Task) -> Result<Response> {
    if let Location::File(path) = location {
        // Here a pipe will do as well, unlike in a source, where it would hold up the poll.
        let body = std::fs::read(path).with_context(|| {
            let hint = if path.extension().is_some() || path.components().count() > 1 { "" } else {
                " (for a source of feeds.toml, write --source NAME; for a web address, begin with https://)"
            };
            format!("can't read {}{hint}", path.display())
        })?;
        return Ok(Response {
            body,
            ..Response::default()
        });
    }
    let client = Client::new(&task.polling)?;
    let request = Request {
        headers: &task.headers,
        proxy: task.proxy.as_ref(),
        ..Request::first(location)
    };
    match client
        .fetch(request, Timestamp::now())
        .await
        .map_err(|error| match error {
            // It names the address itself.
            FetchError::Forbidden { .. } => anyhow::Error::new(error),
            _ => anyhow::Error::new(error).context(format!("can't fetch {location}")),
        })? {
        Fetched::Body(body) => Ok(body.response),
        Fetched::Gone => {
            bail!("can't fetch {location}: the server says that it is gone for good (410)")
        }
        Fetched::NotModified { .. } => {
            bail!("can't fetch {location}: the server answered \"not modified\" to a first request")
        }
    }
}

fn as_json_lines(washed: &Washed) -> String {
    let entries: HashMap<&EntryKey, &Entry> = washed
        .raw
        .entries
        .iter()
        .map(|entry| (&entry.key, entry))
        .collect();
    let mut out = String::new();
    for removal in &washed.removals {
        let entry = entries.get(&removal.entry);
        let line = json!({
            "entry": entry.and_then(|entry| entry.id.as_deref()),
            "key": removal.entry,
            "removal": removal.number,
            "piece": piece_of(removal).to_string(),
            "title": entry.and_then(|entry| entry.title.as_ref()).map(render::plain),
            "field": removal.field,
            "pass": removal.pass,
            "rule": removal.rule,
            "evidence": removal.evidence,
            "before": removal.before,
            "after": removal.after,
        });
        // Writing to a string can't fail, here and below.
        let _ = writeln!(out, "{line}");
    }
    for warning in &washed.warnings {
        let line = json!({
            "warning": warning.message,
            "line": warning.line,
            "entry": warning.id,
            "key": warning.entry,
            "title": warning.title.as_ref().map(render::plain),
        });
        let _ = writeln!(out, "{line}");
    }
    out
}

fn as_words(washed: &Washed) -> String {
    let mut out = String::new();
    let mut by_entry: HashMap<&EntryKey, Vec<&Removal>> = HashMap::new();
    for removal in &washed.removals {
        by_entry.entry(&removal.entry).or_default().push(removal);
    }
    if let Some(removals) = by_entry.get(&EntryKey::default()) {
        out.push_str("The feed itself\n");
        removals
            .iter()
            .for_each(|removal| push_removal(&mut out, removal));
    }
    for entry in &washed.raw.entries {
        let Some(removals) = by_entry.get(&entry.key) else {
            continue;
        };
        let title = entry.title.as_ref().map(render::plain).unwrap_or_default();
        let _ = writeln!(out, "{}  {}", entry.key, excerpt(&title));
        removals
            .iter()
            .for_each(|removal| push_removal(&mut out, removal));
    }
    for warning in &washed.warnings {
        let _ = writeln!(out, "warning: {}", output::warning(warning));
    }
    let entries = washed.raw.entries.len();
    let untouched = washed
        .raw
        .entries
        .iter()
        .filter(|entry| !by_entry.contains_key(&entry.key))
        .count();
    let _ = writeln!(out, "{}", summary(washed, entries, untouched));
    out
}

/// The last line of an explanation.
fn summary(washed: &Washed, entries: usize, untouched: usize) -> String {
    let entries = output::count(entries, "entry", "entries");
    let warnings = output::count(washed.warnings.len(), "thing was", "things were");
    let mut said = match washed.removals.len() {
        0 => format!("{entries}; nothing was taken out"),
        n => {
            let pieces = output::count(n, "piece", "pieces");
            format!("{entries}, {untouched} of them untouched; {pieces} taken out or mended")
        }
    };
    if !washed.warnings.is_empty() {
        let _ = write!(said, "; {warnings} forgiven while reading");
    }
    if !washed.removals.is_empty() {
        said.push_str(" (--json shows each in full)");
    }
    said
}

fn push_removal(out: &mut String, removal: &Removal) {
    let evidence = removal
        .evidence
        .as_ref()
        .map(|evidence| format!(" ({evidence})"))
        .unwrap_or_default();
    let _ = writeln!(
        out,
        "  {:>3}  {}  {}: {}{evidence}, in the {}",
        removal.number,
        piece_of(removal),
        removal.pass,
        removal.rule,
        removal.field.as_str()
    );
    let _ = writeln!(out, "                 - {}", excerpt(&removal.before));
    if let Some(after) = &removal.after {
        let _ = writeln!(out, "                 + {}", excerpt(after));
    }
}

/// The beginning of a text on one line.
fn excerpt(text: &str) -> String {
    output::line(text, EXCERPT_CHARS)
}
