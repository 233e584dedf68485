//! Washing, judged by its three laws on every fixture (and on every file of `FEEDWASH_CORPUS`, if that names a folder),
//! and by what each fixture expects.
//!
//! A case is a folder in `tests/feeds/`: `input.xml` or `input.json`, optionally `rules.toml`, the expected
//! `clean.html` (the content of each entry) and `removals.txt`, and `SOURCE`. `UPDATE=1` rewrites expectations.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says aloud what it skips"
)]

use crate::laws::washed::{conservation, idempotence, safety};
use feedwash::model::{Feed, Matcher, Response, Rules, Washed};
use feedwash::wash::wash;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_case_is_washed_as_it_expects() {
    let cases = cases();
    assert!(cases.len() >= 10, "the fixtures are gone");
    let mut wrong = Vec::new();
    for case in cases {
        let washed = washed(&input(&case), &rules(&case)).expect("fixtures are feeds");
        for (file, text) in [
            ("clean.html", clean_html(&washed.clean)),
            ("removals.txt", removals_text(&washed)),
        ] {
            let path = case.join(file);
            if std::env::var_os("UPDATE").is_some() {
                fs::write(&path, &text).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != text {
                wrong.push(format!("{}: now\n{text}", path.display()));
            }
        }
        assert!(
            case.join("SOURCE").exists(),
            "{} has no SOURCE",
            case.display()
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_laws_hold_on_every_case() {
    for case in cases() {
        laws(&input(&case), &rules(&case));
    }
}

#[test]
fn the_laws_hold_on_a_corpus() {
    let Some(folder) = std::env::var_os("FEEDWASH_CORPUS") else {
        eprintln!("SKIPPED: set FEEDWASH_CORPUS to a folder of feeds to judge the laws on them");
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let broken: Vec<String> = files
        .iter()
        .filter_map(|file| {
            let run = std::panic::catch_unwind(|| laws(file, &Rules::default()));
            run.err().map(|_| file.display().to_string())
        })
        .collect();
    assert!(
        broken.is_empty(),
        "{} of {} files break a law: {broken:#?}",
        broken.len(),
        files.len()
    );
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

fn input(case: &Path) -> PathBuf {
    let xml = case.join("input.xml");
    if xml.exists() {
        xml
    } else {
        case.join("input.json")
    }
}

/// `rules.toml` has the keys of a source: `off`, `remove` and `keep`.
fn rules(case: &Path) -> Rules {
    let Ok(text) = fs::read_to_string(case.join("rules.toml")) else {
        return Rules::default();
    };
    let table: toml::Table = text.parse().unwrap();
    let list = |key: &str| {
        table
            .get(key)
            .and_then(toml::Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let matchers = |key: &str| {
        let list = list(key).into_iter();
        list.map(|value| match value {
            toml::Value::String(selector) => Matcher::Selector(selector),
            value => Matcher::Text(value["text"].as_str().unwrap().to_owned()),
        })
        .collect()
    };
    let rules = Rules {
        off: list("off")
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect(),
        remove: matchers("remove"),
        keep: matchers("keep"),
        ..Rules::default()
    };
    feedwash::clean::check_rules(&rules).unwrap();
    rules
}

fn washed(file: &Path, rules: &Rules) -> Option<Washed> {
    let body = fs::read(file).unwrap();
    wash(
        &Response {
            body,
            ..Response::default()
        },
        rules,
    )
    .ok()
}

fn clean_html(feed: &Feed) -> String {
    let mut out = String::new();
    for entry in &feed.entries {
        let title = entry
            .title
            .as_ref()
            .map_or("", |title| title.value.as_str());
        writeln!(out, "== {title}").unwrap();
        for text in entry.summary.iter().chain(&entry.content) {
            writeln!(out, "{}", text.value).unwrap();
        }
    }
    out
}

fn removals_text(washed: &Washed) -> String {
    let mut out = String::new();
    for removal in &washed.removals {
        let evidence = removal.evidence.as_deref().unwrap_or("-");
        write!(
            out,
            "{} {} · {} · {} · {}\n  - {:?}\n",
            removal.number,
            removal.field.as_str(),
            removal.pass,
            removal.rule,
            evidence,
            removal.before
        )
        .unwrap();
        if let Some(after) = &removal.after {
            writeln!(out, "  + {after:?}").unwrap();
        }
    }
    for warning in &washed.warnings {
        writeln!(out, "warning: {}", warning.message).unwrap();
    }
    out
}

#[track_caller]
fn laws(file: &Path, rules: &Rules) {
    let Some(washed) = washed(file, rules) else {
        return;
    };
    let name = file.display().to_string();
    assert_eq!(
        washed.raw.entries.len(),
        washed.clean.entries.len(),
        "{name}"
    );
    conservation(&name, &washed);
    safety(&name, &washed.clean);
    idempotence(&name, &washed, rules);
}
