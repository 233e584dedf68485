//! `restore` and `rewash`: what was taken, put back or taken again, and stored entries washed by the rules of today.

use super::{Usage, config, output, poll};
use crate::clean::{self, Back};
use crate::model::{Entry, EntryKey, Feed, Piece, Removal};
use crate::poll::{Rewashed, rewash};
use crate::render;
use crate::store::{Restoration, Source, Store};
use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use std::fmt::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

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
    /// List what was removed from an entry.
    Choose(&'a str),
    /// Put a removal back.
    Restore {
        entry: &'a str,
        removal: Named,
        for_source: bool,
    },
    /// Make a removal again that was put back.
    Undo(i64),
}

/// How a user names a removal of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// By its number, which changes when others come or go.
    Number(u32),
    /// By what it took.
    Piece(Piece),
}

impl Named {
    fn is(self, removal: &Removal) -> bool {
        match self {
            Self::Number(number) => removal.number == number,
            Self::Piece(piece) => clean::piece_of(removal) == piece,
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Piece(piece) => piece.fmt(f),
        }
    }
}

impl FromStr for Named {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().map(Self::Number);
        let piece = |_| text.parse().map(Self::Piece);
        number
            .or_else(piece)
            .map_err(|_| "a removal is named by its eight letters from k to z, or by its number")
    }
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
            let all = store.restorations(source.id).await?;
            if all.is_empty() {
                output::say(&format!("nothing was put back in {name}"));
            }
            output::text(&listed(&all))?;
        }
        Wish::Choose(entry) => {
            let feed = stored(&store, &source).await?;
            let entry = find(&feed.entries, entry, name)?;
            let removals = store.removals(&source).await?;
            let own: Vec<&Removal> = of(entry, &removals).collect();
            if own.is_empty() {
                output::say(&format!("nothing was removed from entry {}", entry.key));
            }
            output::text(&removed(&own))?;
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
    named: Named,
    for_source: bool,
) -> Result<()> {
    let name = &source.name;
    let feed = stored(store, source).await?;
    let entry = find(&feed.entries, entry, name)?;
    let removals = store.removals(source).await?;
    let mut own = of(entry, &removals);
    let Some(removal) = own.find(|removal| named.is(removal)) else {
        let back = store.restorations(source.id).await?;
        let is_back = |one: &&Restoration| {
            let is_there = one.entry.is_none() || one.entry.as_ref() == Some(&entry.key);
            is_there && Named::Piece(clean::piece(one.field, &one.before)) == named
        };
        if let Some(one) = back.iter().find(is_back) {
            let number = one.number;
            bail!(
                "{named} was put back already: \"feedwash restore {name} --undo {number}\" takes it out again"
            );
        }
        bail!(
            "entry {0} has no removal {named}, or has it no more: \"feedwash restore {name} {0}\" lists those it has",
            entry.key
        );
    };
    let Some(restored) = clean::restored(removal, entry, &feed, for_source) else {
        bail!(
            "{named} can't be undone: `{}` keeps readers safe and addresses right",
            removal.pass
        );
    };
    let back = clean::back(&removal.before);
    if back == Back::Nothing {
        bail!(
            "{named} can't be undone: it has no words and no picture, so nothing would come back"
        );
    }
    let number = store
        .restore(source, &restored, removal, Timestamp::now())
        .await?;
    output::say(&format!(
        "put back {}: {}\n\"feedwash restore {name} --undo {number}\" takes it out again",
        place(restored.entry.as_ref(), name),
        output::line(&removal.before, EXCERPT_CHARS)
    ));
    if back == Back::Part {
        output::say(
            "what no reader may be given stays out: of a form its words come back, of a frame a link",
        );
    }
    Ok(())
}

/// The entries of a source as they were read.
async fn stored(store: &Store, source: &Source) -> Result<Feed> {
    let name = &source.name;
    let feed = store.stored_raw(source).await?;
    feed.with_context(|| {
        format!("nothing of {name} is stored yet: poll it with \"feedwash poll {name}\"")
    })
}

/// What was removed from an entry.
fn of<'r>(entry: &Entry, removals: &'r [Removal]) -> impl Iterator<Item = &'r Removal> {
    let own = |removal: &&Removal| removal.entry == entry.key;
    removals.iter().filter(own)
}

async fn undo(store: &Store, source: &Source, number: i64) -> Result<()> {
    let name = &source.name;
    let all = store.restorations(source.id).await?;
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

/// What was removed from an entry, a line each, with the letters that name it.
fn removed(removals: &[&Removal]) -> String {
    let row = |removal: &&Removal| {
        vec![
            removal.number.to_string(),
            clean::piece_of(removal).to_string(),
            removal.field.as_str().to_owned(),
            removal.pass.clone(),
            output::line(&removal.before, EXCERPT_CHARS),
        ]
    };
    let rows: Vec<Vec<String>> = removals.iter().map(row).collect();
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
