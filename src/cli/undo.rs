//! `restore` and `rewash`: what was taken, put back, and stored entries washed by the rules of today.

use super::{Usage, config, output, poll};
use crate::clean;
use crate::model::{Entry, Removal};
use crate::poll::{Rewashed, rewash};
use crate::render;
use crate::store::{Source, Store};
use anyhow::{Result, bail};
use jiff::Timestamp;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

/// How many changed entries of a source are shown, and how many changes of an entry.
const ENTRIES_SHOWN: usize = 5;
const CHANGES_SHOWN: usize = 3;
/// How much of what was removed is shown, in characters.
const EXCERPT_CHARS: usize = 100;
/// The fewest characters of a key that name an entry.
const KEY_CHARS_MIN: usize = 4;

/// `feedwash restore`.
pub(super) async fn restore(
    named: Option<&Path>,
    name: &str,
    entry: &str,
    number: u32,
    for_source: bool,
) -> Result<ExitCode> {
    let config = config::load(&config::path(named))?;
    let Some(configured) = config.source(name) else {
        return Err(poll::no_such_source(&config, name));
    };
    let store = Store::open(&config.store.location).await?;
    store.sync(&config, Timestamp::now()).await?;
    let source = stored(&store, name).await?;
    let Some(feed) = store.stored_raw(&source).await? else {
        bail!("nothing of {name} is stored yet: poll it with \"feedwash poll {name}\"");
    };
    let entry = find(&feed.entries, entry, name)?;
    let removals = store.removals(&source).await?;
    let own: Vec<&Removal> = removals
        .iter()
        .filter(|removal| removal.entry == entry.key)
        .collect();
    let Some(removal) = own.iter().find(|removal| removal.number == number) else {
        bail!(
            "entry {} has no removal {number}: {}",
            entry.key,
            numbers(&own)
        );
    };
    let Some(restored) = clean::restored(removal, entry, &feed, for_source) else {
        bail!(
            "removal {number} can't be undone: `{}` keeps readers safe and addresses right",
            removal.pass
        );
    };
    let now = Timestamp::now();
    store.restore(&source, &restored, removal, now).await?;
    let done = rewash(&store, &source, &configured.rules, now, false).await?;
    store.close().await;
    let place = if for_source {
        format!("in every entry of {name}, from now on")
    } else {
        format!("in entry {}", entry.key)
    };
    output::say(&format!(
        "put back {place}: {}",
        output::line(&removal.before, EXCERPT_CHARS)
    ));
    if done.changed.is_empty() {
        output::say(
            "no entry changed: what holds it has been removed too, and has to be put back first",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// `feedwash rewash`.
pub(super) async fn rewash_sources(
    named: Option<&Path>,
    names: &[String],
    dry_run: bool,
) -> Result<ExitCode> {
    let config = config::load(&config::path(named))?;
    if let Some(unknown) = names.iter().find(|name| config.source(name).is_none()) {
        return Err(poll::no_such_source(&config, unknown));
    }
    let store = Store::open(&config.store.location).await?;
    store.sync(&config, Timestamp::now()).await?;
    let mut out = String::new();
    for source in store.sources().await? {
        let is_meant = names.is_empty() || names.contains(&source.name);
        let Some(configured) = config.source(&source.name).filter(|_| is_meant) else {
            continue;
        };
        let done = rewash(
            &store,
            &source,
            &configured.rules,
            Timestamp::now(),
            dry_run,
        )
        .await?;
        tell(&mut out, &source.name, &done, dry_run);
    }
    store.close().await;
    output::text(&out)
}

async fn stored(store: &Store, name: &str) -> Result<Source> {
    let sources = store.sources().await?;
    let source = sources.into_iter().find(|source| source.name == name);
    Ok(source.expect("a configured source was stored by the sync before"))
}

/// The entry of that key, of a key that begins so, or of that id.
fn find<'e>(entries: &'e [Entry], named: &str, source: &str) -> Result<&'e Entry> {
    if let Some(entry) = entries
        .iter()
        .find(|entry| entry.id.as_deref() == Some(named))
    {
        return Ok(entry);
    }
    let mut begin = entries.iter().filter(|entry| {
        named.len() >= KEY_CHARS_MIN && entry.key.as_str().starts_with(&named.to_ascii_lowercase())
    });
    match (begin.next(), begin.next()) {
        (Some(entry), None) => Ok(entry),
        (Some(_), Some(_)) => Err(Usage(format!(
            "several entries of {source} have a key that begins with {named}: write more of it"
        ))
        .into()),
        _ => bail!(
            "no stored entry of {source} has the id or key {named}: \"feedwash explain --source {source}\" shows them"
        ),
    }
}

fn numbers(removals: &[&Removal]) -> String {
    match removals {
        [] => "nothing was removed from it".to_owned(),
        [one] => format!("there is one, {}", one.number),
        [first, .., last] => format!("there are {} to {}", first.number, last.number),
    }
}

fn tell(out: &mut String, name: &str, done: &Rewashed, dry_run: bool) {
    let (changed, all) = (done.changed.len(), done.entries);
    let verb = if dry_run { "would change" } else { "changed" };
    // Writing to a string can't fail.
    let _ = writeln!(
        out,
        "{name}: {changed} of {} {verb}",
        output::count(all, "entry", "entries")
    );
    for entry in done.changed.iter().take(ENTRIES_SHOWN) {
        let title = entry.title.as_ref().map(render::plain).unwrap_or_default();
        let _ = writeln!(
            out,
            "  {}  {}",
            entry.key,
            output::line(&title, EXCERPT_CHARS)
        );
        let gone = entry.no_more.iter().map(|removal| ("kept now", removal));
        let new = entry.more.iter().map(|removal| ("removed now", removal));
        for (what, removal) in gone.chain(new).take(CHANGES_SHOWN) {
            let before = output::line(&removal.before, EXCERPT_CHARS);
            let _ = writeln!(out, "    {what} ({}): {before}", removal.pass);
        }
    }
    if changed > ENTRIES_SHOWN {
        let _ = writeln!(out, "  … and {} more", changed - ENTRIES_SHOWN);
    }
}
