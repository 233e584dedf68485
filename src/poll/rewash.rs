//! Stored entries, washed anew by the rules of today. No document is read, no date and no id changes, and nothing is
//! announced.
//!
//! It goes on beside polls and other commands. Whoever finds at the end that somebody else has written meanwhile
//! begins again, a few times.

use super::PollError;
use super::apart::{apart, turn};
use super::rules::{is_outdated, known_rules, version};
use crate::model::{EntryKey, Field, Removal, Rules, Text, Washed};
use crate::store::{Recording, Source, Store, StoreError};
use crate::wash;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// How often a wash is begun before whatever writes beside it is left to itself: the next poll compares anew.
const ROUNDS: usize = 4;

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
/// [`PollError::Store`], [`PollError::Panicked`]; the next poll tries it again.
pub async fn rewash_outdated(
    store: &Store,
    source: &Source,
    rules: &Rules,
    now: Timestamp,
) -> Result<bool, PollError> {
    if !is_outdated(source, rules) {
        return Ok(false);
    }
    // As large as a large document, or larger.
    let _turn = turn(true).await;
    for _ in 0..ROUNDS {
        let source = store.source(&source.name).await?;
        let Some(source) = source.filter(|source| is_outdated(source, rules)) else {
            return Ok(true);
        };
        let Some(washed) = washed_anew(store, &source, rules).await? else {
            return Ok(false);
        };
        let same = compare(store, &source, &washed).await?.same;
        if rewrite(store, &source, rules, &washed, same, now).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Superseded.into())
}

/// Washes the stored entries of a source anew and says what that changes, or, as a `dry_run`, would change. No date
/// and no id does.
///
/// # Errors
/// [`PollError::Store`], [`PollError::Panicked`].
pub async fn rewash(
    store: &Store,
    name: &str,
    rules: &Rules,
    now: Timestamp,
    dry_run: bool,
) -> Result<Rewashed, PollError> {
    let mut done = Rewashed::default();
    let _turn = turn(true).await;
    for _ in 0..ROUNDS {
        let Some(source) = store.source(name).await? else {
            return Ok(done);
        };
        let Some(washed) = washed_anew(store, &source, rules).await? else {
            return Ok(done);
        };
        let Compared { changed, same } = compare(store, &source, &washed).await?;
        // What was learnt since changes entries, but is no other way of cleaning.
        let is_news = !changed.is_empty() || is_outdated(&source, rules);
        done.entries = washed.raw.entries.len();
        let known: HashSet<EntryKey> = done.changed.iter().map(|one| one.key.clone()).collect();
        let new = changed.into_iter().filter(|one| !known.contains(&one.key));
        done.changed.extend(new);
        if dry_run || !is_news || rewrite(store, &source, rules, &washed, same, now).await? {
            return Ok(done);
        }
    }
    Err(StoreError::Superseded.into())
}

/// How a wash compares with what is stored.
struct Compared {
    /// The entries that are published otherwise now.
    changed: Vec<Changed>,
    /// Those that are the same, with their removals.
    same: HashSet<EntryKey>,
}

async fn compare(store: &Store, source: &Source, washed: &Washed) -> Result<Compared, StoreError> {
    let (stored, removals) = (
        store.stored_clean(source).await?,
        store.removals(source).await?,
    );
    let (before, after) = (by_entry(&removals), by_entry(&washed.removals));
    let mut compared = Compared {
        changed: Vec::new(),
        same: HashSet::new(),
    };
    for (raw, clean) in washed.raw.entries.iter().zip(&washed.clean.entries) {
        let (before, after) = (before.get(&clean.key), after.get(&clean.key));
        let is_published = stored.get(&clean.key) == Some(clean);
        if !is_published {
            compared.changed.push(Changed {
                key: clean.key.clone(),
                title: raw.title.clone(),
                no_more: without(before, after),
                more: without(after, before),
            });
        } else if is_same(before, after) {
            compared.same.insert(clean.key.clone());
        }
    }
    Ok(compared)
}

/// Whether the same was removed, on whatever evidence: that a line stands in one more entry is no news.
fn is_same(before: Option<&Vec<&Removal>>, after: Option<&Vec<&Removal>>) -> bool {
    let told = |removals: Option<&Vec<&Removal>>| -> Vec<Removal> {
        let removals = removals.into_iter().flatten();
        let removals = removals.map(|removal| Removal {
            evidence: None,
            ..(*removal).clone()
        });
        removals.collect()
    };
    told(before) == told(after)
}

type ByEntry<'r> = HashMap<&'r EntryKey, Vec<&'r Removal>>;

fn by_entry(removals: &[Removal]) -> ByEntry<'_> {
    let mut out = ByEntry::new();
    for removal in removals {
        out.entry(&removal.entry).or_default().push(removal);
    }
    out
}

/// The removals that another list does not have, whatever their numbers.
fn without(removals: Option<&Vec<&Removal>>, others: Option<&Vec<&Removal>>) -> Vec<Removal> {
    fn what(removal: &Removal) -> (Field, &str, Option<&str>) {
        (removal.field, &removal.before, removal.after.as_deref())
    }
    let others = others.into_iter().flatten();
    let others: HashSet<_> = others.map(|removal| what(removal)).collect();
    let removals = removals.into_iter().flatten();
    let more = removals.filter(|removal| !others.contains(&what(removal)));
    more.map(|removal| (*removal).clone()).collect()
}

async fn washed_anew(
    store: &Store,
    source: &Source,
    rules: &Rules,
) -> Result<Option<Box<Washed>>, PollError> {
    let Some(raw) = store.stored_raw(source).await? else {
        return Ok(None);
    };
    let rules = known_rules(store, source, rules).await?;
    let washed = apart(move || Box::new(wash::clean(raw, &rules))).await?;
    Ok(Some(washed))
}

/// Writes a wash. False where somebody else wrote meanwhile, so that something is still to be washed anew.
async fn rewrite(
    store: &Store,
    source: &Source,
    rules: &Rules,
    washed: &Washed,
    same: HashSet<EntryKey>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let version = version(rules, source.restored_revision);
    let recording = Recording::anew(washed, &version).leaving(same);
    match store.rewrite(source, &recording, now).await {
        Err(StoreError::Superseded) => Ok(false),
        written => written,
    }
}
