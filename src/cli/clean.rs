//! `clean` and `explain`: one feed in, no store needed.

use super::{Input, Usage, config, output};
use crate::config::{Config, Location};
use crate::fetch::{self, Client, Fetched, Request};
use crate::model::{Entry, EntryKey, FeedFormat, Removal, Response, Rules, Validators, Washed};
use crate::render::{self, Context as RenderContext};
use crate::wash;
use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use url::Url;

/// How much of a removal `explain` shows to a person, in characters.
const EXCERPT_CHARS: usize = 160;

/// `feedwash clean`.
pub(super) async fn clean(input: &Input, to: Option<FeedFormat>, raw: bool) -> Result<ExitCode> {
    let response = read(input).await?;
    let rules = rules(input)?;
    let bytes = tokio::task::spawn_blocking(move || {
        let washed = if raw {
            wash::read(&response)
        } else {
            wash::wash(&response, &rules)
        }?;
        let feed = if raw { &washed.raw } else { &washed.clean };
        Ok::<_, crate::parse::ParseError>(render::render(
            feed,
            to.unwrap_or(feed.format),
            &RenderContext::default(),
        ))
    });
    let bytes = bytes
        .await?
        .with_context(|| format!("can't read {} as a feed", named(input)))?;
    output::bytes(&bytes)
}

/// `feedwash explain`.
pub(super) async fn explain(input: &Input, as_json: bool) -> Result<ExitCode> {
    let response = read(input).await?;
    let rules = rules(input)?;
    let washed = tokio::task::spawn_blocking(move || wash::wash(&response, &rules)).await?;
    let washed = washed.with_context(|| format!("can't read {} as a feed", named(input)))?;
    output::text(&if as_json {
        as_json_lines(&washed)
    } else {
        as_words(&washed)
    })
}

fn named(input: &Input) -> &str {
    if input.input == "-" {
        "standard input"
    } else {
        &input.input
    }
}

/// Reads the input: a URL through the guarded client, a file, or standard input.
async fn read(input: &Input) -> Result<Response> {
    let mut response = match Url::parse(&input.input) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => fetch(url, input).await?,
        _ => Response {
            body: read_local(&input.input)?,
            ..Response::default()
        },
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

fn read_local(path: &str) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    if path == "-" {
        std::io::stdin()
            .lock()
            .read_to_end(&mut body)
            .context("can't read standard input")?;
    } else {
        body = std::fs::read(Path::new(path)).with_context(|| format!("can't read {path}"))?;
    }
    Ok(body)
}

async fn fetch(url: Url, input: &Input) -> Result<Response> {
    let defaults = Config::from_toml("", Path::new(""), None)?.polling;
    let client = Client::new(&fetch::allow_private(defaults, &input.allow_private))?;
    let location = Location::Http(url);
    let request = Request {
        location: &location,
        validators: &Validators::default(),
        headers: &[],
    };
    match client
        .fetch(request, Timestamp::now())
        .await
        .with_context(|| format!("can't fetch {location}"))?
    {
        Fetched::Body(body) => Ok(body.response),
        Fetched::Gone => {
            bail!("can't fetch {location}: the server says that it is gone for good (410)")
        }
        Fetched::NotModified { .. } => {
            bail!("can't fetch {location}: the server answered \"not modified\" to a first request")
        }
    }
}

/// The rules of `--source` in `--rules`, else none.
fn rules(input: &Input) -> Result<Rules> {
    let (Some(path), Some(name)) = (&input.rules, &input.source) else {
        return Ok(Rules::default());
    };
    let config = config::load(path)?;
    match config.source(name) {
        Some(source) => Ok(source.rules.clone()),
        None => Err(super::poll::no_such_source(&config, name)),
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
        let _ = writeln!(
            out,
            "{}",
            json!({ "warning": warning.message, "line": warning.line })
        );
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
        let line = warning
            .line
            .map(|line| format!("line {line}: "))
            .unwrap_or_default();
        let _ = writeln!(out, "warning: {line}{}", warning.message);
    }
    let entries = washed.raw.entries.len();
    let untouched = washed
        .raw
        .entries
        .iter()
        .filter(|entry| !by_entry.contains_key(&entry.key))
        .count();
    let _ = writeln!(
        out,
        "{entries} entries, {untouched} of them untouched; {} pieces taken out or mended",
        washed.removals.len()
    );
    out
}

fn push_removal(out: &mut String, removal: &Removal) {
    let evidence = removal
        .evidence
        .as_ref()
        .map(|evidence| format!(" ({evidence})"))
        .unwrap_or_default();
    let _ = writeln!(
        out,
        "  {:>3}  {}: {}{evidence}, in the {}",
        removal.number,
        removal.pass,
        removal.rule,
        removal.field.as_str()
    );
    let _ = writeln!(out, "       - {}", excerpt(&removal.before));
    if let Some(after) = &removal.after {
        let _ = writeln!(out, "       + {}", excerpt(after));
    }
}

/// The beginning of a text on one line, safe for a terminal.
fn excerpt(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    match line.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
