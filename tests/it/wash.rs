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

use feedwash::model::{
    Entry, Feed, FeedFormat, Matcher, Node, Removal, Response, Rules, Text, TextKind, Washed,
};
use feedwash::render::{Context, render};
use feedwash::wash::wash;
use scraper::{Html, Node as Dom};
use std::collections::HashMap;
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
        language: None,
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

/// All visible text of the input is in the output or in a removal.
#[track_caller]
fn conservation(name: &str, washed: &Washed) {
    let mut removed: HashMap<&str, Vec<&Removal>> = HashMap::new();
    for removal in &washed.removals {
        removed
            .entry(removal.entry.as_str())
            .or_default()
            .push(removal);
    }
    for (raw, clean) in washed.raw.entries.iter().zip(&washed.clean.entries) {
        let fields = [
            (&raw.content, &clean.content),
            (&raw.summary, &clean.summary),
            (&raw.title, &clean.title),
        ];
        for (before, after) in fields {
            let (Some(before), Some(after)) = (before, after) else {
                assert_eq!(
                    before.is_none(),
                    after.is_none(),
                    "{name}: a field vanished"
                );
                continue;
            };
            let mut kept = squeeze(&visible(after).concat());
            for removal in removed.get(raw.key.as_str()).into_iter().flatten() {
                let html = Text::html(removal.before.as_str());
                kept.push_str(&squeeze(&visible(&html).concat()));
                kept.push_str(&squeeze(&removal.before));
            }
            for text in visible(before) {
                for line in text.split(['\n', '\r']) {
                    let line = squeeze(line);
                    assert!(
                        kept.contains(&line),
                        "{name}: entry {:?} lost {line:?}",
                        raw.id
                    );
                }
            }
        }
    }
}

/// The text nodes that a reader would show.
fn visible(text: &Text) -> Vec<String> {
    if text.kind == TextKind::Plain {
        return vec![text.value.clone()];
    }
    let html = Html::parse_fragment(&text.value);
    let hidden = |name: &str| {
        matches!(
            name,
            "script"
                | "style"
                | "template"
                | "noscript"
                | "title"
                | "svg"
                | "iframe"
                | "noembed"
                | "noframes"
        )
    };
    html.tree
        .nodes()
        .filter(|node| {
            !node
                .ancestors()
                .any(|above| above.value().as_element().is_some_and(|e| hidden(e.name())))
        })
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
        .collect()
}

fn squeeze(text: &str) -> String {
    // Characters that XML can't carry are no text; `‹` stands for the `<` of a defused tag.
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect::<String>()
        .replace('‹', "<")
}

/// Nothing that acts is published.
#[track_caller]
fn safety(name: &str, feed: &Feed) {
    let mut texts: Vec<&Text> = Vec::new();
    texts.extend(
        feed.title
            .iter()
            .chain(&feed.description)
            .chain(&feed.rights),
    );
    for entry in &feed.entries {
        texts.extend(
            entry
                .title
                .iter()
                .chain(&entry.summary)
                .chain(&entry.content)
                .chain(&entry.rights),
        );
        for url in entry
            .link
            .iter()
            .chain(&entry.comments)
            .chain(entry.enclosures.iter().map(|enclosure| &enclosure.url))
        {
            assert!(
                !url.trim().to_ascii_lowercase().starts_with("javascript:"),
                "{name}: {url}"
            );
        }
        for element in &entry.extensions {
            for child in &element.children {
                if let Node::Text(text) = child {
                    safe_markup(name, text);
                }
            }
        }
    }
    for text in texts.into_iter().filter(|text| text.kind == TextKind::Html) {
        safe_markup(name, &text.value);
    }
}

#[track_caller]
fn safe_markup(name: &str, markup: &str) {
    let html = Html::parse_fragment(markup);
    for node in html.tree.nodes() {
        let Dom::Element(element) = node.value() else {
            continue;
        };
        let tag = element.name();
        assert!(
            !matches!(
                tag,
                "script"
                    | "style"
                    | "iframe"
                    | "object"
                    | "embed"
                    | "form"
                    | "input"
                    | "svg"
                    | "base"
                    | "meta"
                    | "link"
                    | "template"
                    | "frame"
                    | "noscript"
            ),
            "{name}: <{tag}>"
        );
        for (attribute, value) in element.attrs() {
            let value: String = value
                .chars()
                .filter(|c| *c > ' ')
                .collect::<String>()
                .to_ascii_lowercase();
            assert!(
                !attribute.starts_with("on") && attribute != "style" && attribute != "srcdoc",
                "{name}: {attribute}"
            );
            let is_text = matches!(attribute, "alt" | "title" | "label" | "value" | "abbr");
            assert!(
                is_text
                    || !value.starts_with("javascript:")
                        && !value.starts_with("vbscript:")
                        && !value.starts_with("data:text"),
                "{name}: {value}"
            );
        }
    }
}

/// Washing what was published removes nothing more.
#[track_caller]
fn idempotence(name: &str, washed: &Washed, rules: &Rules) {
    for format in [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json] {
        let body = render(&washed.clean, format, &Context::default());
        let again = wash(
            &Response {
                body,
                ..Response::default()
            },
            rules,
        )
        .expect("what we publish is a feed");
        let more: Vec<_> = again.removals.iter().take(3).collect();
        assert!(
            more.is_empty(),
            "{name}: as {format:?} a second wash removes {more:#?}"
        );
        if format == FeedFormat::Json {
            for (once, twice) in washed.clean.entries.iter().zip(&again.clean.entries) {
                // JSON Feed has no entry with a summary alone; it is read back as content.
                let text = |entry: &Entry| {
                    entry
                        .content
                        .as_ref()
                        .or(entry.summary.as_ref())
                        .map(|text| squeeze(&visible(text).concat()))
                };
                assert_eq!(text(once), text(twice), "{name}");
            }
        }
    }
}
