//! `restore` and `rewash`: what was taken, put back or taken again, and stored entries washed by the rules of today.

use super::{Usage, config, output, poll};
use crate::clean;
use crate::model::{Entry, EntryKey, Removal};
use crate::poll::{Rewashed, rewash};
use crate::render;
use crate::store::{Restoration, Source, Store};
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

/// What `feedwash restore` is to do.
#[derive(Debug)]
pub(super) enum Wish<'a> {
    /// List what was put back.
    List,
    /// Put a removal back.
    Restore {
        entry: &'a str,
        removal: u32,
        for_source: bool,
    },
    /// Make a removal again that was put back.
    Undo(i64),
}

/// `feedwash restore`.
pub(super) async fn restore(named: Option<&Path>, name: &str, wish: Wish<'_>) -> Result<ExitCode> {
    let config = config::load_to_look(&config::path(named))?;
    let Some(configured) = config.source(name) else {
        return Err(poll::no_such_source(&config, name));
    };
    let store = Store::open(&config.store.location).await?;
    store.sync(&config, Timestamp::now()).await?;
    let Some(source) = store.source(name).await? else {
        bail!("somebody has just taken {name} out of the store");
    };
    match wish {
        Wish::List => {
            let all = store.restorations(&source).await?;
            if all.is_empty() {
                output::say(&format!("nothing was put back in {name}"));
            }
            output::text(&listed(&all))?;
        }
        Wish::Restore {
            entry,
            removal,
            for_source,
        } => {
            put_back(&store, &source, entry, removal, for_source).await?;
            let done = rewash(&store, name, &configured.rules, Timestamp::now(), false).await?;
            if done.changed.is_empty() {
                output::say(
                    "no entry changed: what holds it has been removed too, and has to be put back first",
                );
            }
        }
        Wish::Undo(number) => {
            undo(&store, &source, number).await?;
            rewash(&store, name, &configured.rules, Timestamp::now(), false).await?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn put_back(
    store: &Store,
    source: &Source,
    entry: &str,
    number: u32,
    for_source: bool,
) -> Result<()> {
    let name = &source.name;
    let Some(feed) = store.stored_raw(source).await? else {
        bail!("nothing of {name} is stored yet: poll it with \"feedwash poll {name}\"");
    };
    let entry = find(&feed.entries, entry, name)?;
    let removals = store.removals(source).await?;
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
    let number = store
        .restore(source, &restored, removal, Timestamp::now())
        .await?;
    output::say(&format!(
        "put back {}: {}\n\"feedwash restore {name} --undo {number}\" takes it out again",
        place(restored.entry.as_ref(), name),
        output::line(&removal.before, EXCERPT_CHARS)
    ));
    Ok(())
}

async fn undo(store: &Store, source: &Source, number: i64) -> Result<()> {
    let name = &source.name;
    let all = store.restorations(source).await?;
    let one = all.iter().find(|one| one.number == number);
    let known = one.is_some() && store.undo_restore(source, number).await?;
    let Some(one) = one.filter(|_| known) else {
        bail!(
            "nothing of number {number} was put back: \"feedwash restore {name}\" lists what was"
        );
    };
    output::say(&format!(
        "removed again {}: {}",
        place(one.entry.as_ref(), name),
        output::line(&one.before, EXCERPT_CHARS)
    ));
    Ok(())
}

/// Where something was put back.
fn place(entry: Option<&EntryKey>, name: &str) -> String {
    match entry {
        Some(key) => format!("in entry {key}"),
        None => format!("in every entry of {name}, from now on"),
    }
}

/// What was put back, a line each, with the number that `--undo` takes.
fn listed(all: &[Restoration]) -> String {
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let entry = one.entry.as_ref().map(EntryKey::to_string);
            vec![
                one.number.to_string(),
                entry.unwrap_or_else(|| "every entry".to_owned()),
                one.field.as_str().to_owned(),
                one.pass.clone(),
                output::line(&one.before, EXCERPT_CHARS),
            ]
        })
        .collect();
    output::table(&rows)
}

/// `feedwash rewash`.
pub(super) async fn rewash_sources(
    named: Option<&Path>,
    names: &[String],
    dry_run: bool,
) -> Result<ExitCode> {
    let config = config::load_to_look(&config::path(named))?;
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
            &source.name,
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
