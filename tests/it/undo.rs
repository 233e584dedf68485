//! What was removed can be put back: all of it, and each by itself.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says aloud what it skips"
)]

use crate::laws::washed::{squeeze, visible};
use crate::support::{rss, washed};
use feedwash::clean::{PASSES, restored};
use feedwash::model::{EntryKey, Feed, Field, Response, Restored, Rules, Text, Washed};
use feedwash::wash;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How often everything is put back: what was put back may show to a pass what another had taken before it.
const ROUNDS: usize = 8;

const STORY: &str = "<p>The lamp at the end of the old pier was lit again on Sunday, after the harbour master had found the spare part that \
    three winters of letters could not.</p><p>Boats came in from both islands to see it, and the school sang.</p>";

/// A story with a footer that names its title and its outlet.
fn body(title: &str) -> String {
    format!(
        "{STORY}<p>The post <a href='https://e.example/1'>{title}</a> appeared first on <a href='https://e.example/'>The Echo</a>.</p>"
    )
}

/// A feed of two such stories.
fn two() -> Washed {
    let (first, second) = ("The old harbour lamp", "New boats for the islands");
    washed(&rss(&[
        ("1", first, &body(first)),
        ("2", second, &body(second)),
    ]))
}

fn read(path: &Path) -> Option<Washed> {
    let response = Response {
        body: fs::read(path).unwrap(),
        ..Response::default()
    };
    wash::read(&response).ok()
}

/// What a removal has to become for it to be made no more; `None` where it stays.
fn undone(washed: &Washed, everywhere: bool) -> BTreeSet<Restored> {
    let of = |key: &EntryKey| washed.raw.entries.iter().find(|entry| entry.key == *key);
    let undone = washed
        .removals
        .iter()
        .filter_map(|removal| restored(removal, of(&removal.entry)?, &washed.raw, everywhere));
    undone.collect()
}

/// The text of every entry that a reader sees.
fn texts(feed: &Feed) -> Vec<String> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| squeeze(&visible(text).concat()));
    let entries = feed.entries.iter();
    entries
        .map(|entry| {
            [text(&entry.summary), text(&entry.content)]
                .into_iter()
                .flatten()
                .collect()
        })
        .collect()
}

/// The passes whose removals can be undone, off.
fn untouched() -> Rules {
    let kept = [
        "safety",
        "frames",
        "paragraphs",
        "lazy-images",
        "absolute-urls",
    ];
    let off = PASSES.iter().map(|pass| pass.name.to_owned());
    Rules {
        off: off.filter(|name| !kept.contains(&name.as_str())).collect(),
        ..Rules::default()
    }
}

/// Says what is missing after everything was put back.
fn everything_comes_back(path: &Path) -> Result<usize, String> {
    let Some(Washed { raw, .. }) = read(path) else {
        return Ok(0);
    };
    let original = wash::clean(raw.clone(), &untouched());
    let mut rules = Rules::default();
    let mut washed = wash::clean(raw.clone(), &rules);
    for _ in 0..ROUNDS {
        let undone = undone(&washed, false);
        if undone.is_empty() {
            break;
        }
        rules.restored.extend(undone);
        washed = wash::clean(raw.clone(), &rules);
    }
    let (now, then) = (texts(&washed.clean), texts(&original.clean));
    match now.iter().zip(&then).position(|(now, then)| now != then) {
        None => Ok(rules.restored.len()),
        Some(at) => Err(format!(
            "{}: entry {at}\n{}\n{}",
            path.display(),
            now[at],
            then[at]
        )),
    }
}

#[track_caller]
fn all_come_back(files: &[PathBuf]) -> usize {
    let results = files.iter().map(|file| everything_comes_back(file));
    let (fine, wrong): (Vec<_>, Vec<_>) = results.partition(Result::is_ok);
    let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
    assert!(
        wrong.is_empty(),
        "{} of {}: {}",
        wrong.len(),
        files.len(),
        wrong.join("\n")
    );
    fine.into_iter().flatten().sum()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    files
}

#[test]
fn everything_that_was_removed_from_the_cases_comes_back() {
    let cases = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds"));
    let inputs = cases
        .iter()
        .flat_map(|case| [case.join("input.xml"), case.join("input.json")]);
    let inputs: Vec<PathBuf> = inputs.filter(|path| path.exists()).collect();
    let count = all_come_back(&inputs);
    assert!(count >= 20, "only {count}");
}

#[test]
fn everything_that_was_removed_from_a_corpus_comes_back() {
    let Some(folder) = std::env::var_os("FEEDWASH_CORPUS") else {
        eprintln!(
            "SKIPPED: set FEEDWASH_CORPUS to a folder of feeds to put back what is removed from them"
        );
        return;
    };
    let files: Vec<PathBuf> = files(Path::new(&folder))
        .into_iter()
        .filter(|path| path.is_file())
        .collect();
    let count = all_come_back(&files);
    eprintln!("{count} removals were put back");
}

#[test]
fn one_removal_comes_back_alone() {
    let first = two();
    let key = &first.raw.entries[0].key;
    let removal = first
        .removals
        .iter()
        .find(|removal| removal.entry == *key)
        .unwrap();
    let mut rules = Rules::default();
    rules
        .restored
        .extend(restored(removal, &first.raw.entries[0], &first.raw, false));
    let now = texts(&wash::clean(first.raw, &rules).clean);
    assert!(
        now[0].contains("appearedfirst") && !now[1].contains("appearedfirst"),
        "{now:?}"
    );
}

#[test]
fn a_removal_comes_back_in_every_entry() {
    let first = two();
    assert!(!texts(&first.clean).concat().contains("appeared"));
    let mut rules = Rules::default();
    rules.restored.extend(restored(
        &first.removals[0],
        &first.raw.entries[0],
        &first.raw,
        true,
    ));
    assert_eq!(rules.restored.len(), 1);
    let now = texts(&wash::clean(first.raw, &rules).clean);
    assert!(now.iter().all(|text| text.contains("appeared")), "{now:?}");
}

#[test]
fn what_safety_took_stays_out() {
    let first = washed(&rss(&[("1", "T", "<p>One.</p><script>x()</script>")]));
    let removal = first
        .removals
        .iter()
        .find(|removal| removal.pass == "safety")
        .unwrap();
    assert_eq!(removal.field, Field::Content);
    assert_eq!(
        restored(removal, &first.raw.entries[0], &first.raw, false),
        None
    );
}
