//! Whatever comes in, what goes out is valid: RSS by its specification, Atom by a schema of RFC 4287 and what no
//! schema can say, JSON Feed by a schema of version 1.1. Judged on every fixture, on models that nobody would
//! write, on pieces of feeds in any order, and on every file of `FEEDWASH_CORPUS`, if that names a folder.

/// What RFC 4287 asks for beyond its schema.
#[path = "valid/atom.rs"]
mod atom;
/// Feeds that nobody would write.
#[path = "valid/models.rs"]
mod models;
/// The rules of RSS.
#[path = "valid/rss.rs"]
mod rss;
/// XML, read strictly.
#[path = "valid/tree.rs"]
mod tree;
/// The judges themselves, tried on what is wrong.
#[path = "valid/trials.rs"]
mod trials;
/// Small grammars.
#[path = "valid/words.rs"]
mod words;

use crate::support::skip;
use feedwash::model::{Feed, FeedFormat, Response, Rules};
use feedwash::render::{Context, render};
use feedwash::wash::wash;
use jsonschema::Validator;
use models::Dice;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

const ATOM: &str = "http://www.w3.org/2005/Atom";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const FORMATS: [FeedFormat; 3] = [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json];

static JSON_FEED: LazyLock<Validator> = LazyLock::new(|| {
    let schema = fs::read(schemas().join("jsonfeed-1.1.json")).unwrap();
    let schema = serde_json::from_slice(&schema).unwrap();
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    options.build(&schema).expect("the schema is one")
});

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas")
}

/// Documents that were written, and what was wrong with them.
#[derive(Default)]
struct Judge {
    /// How many documents were judged.
    documents: usize,
    /// Each kind of finding, with the documents that have it.
    findings: BTreeMap<String, Vec<String>>,
    /// Documents for the schema of Atom, which are judged all at once.
    atom: Vec<(String, Vec<u8>)>,
}

impl Judge {
    /// Judges what is written of a feed in each format.
    fn feed(&mut self, name: &str, feed: &Feed) {
        for format in FORMATS {
            let name = format!("{name} as {format:?}");
            let document = render(feed, format, &Context::default());
            if render(&feed.clone(), format, &Context::default()) != document {
                self.find(&name, "not the same bytes twice".to_owned());
            }
            self.document(&name, document, format, feed);
        }
    }

    /// Judges what is published of a document, washed and unwashed; nothing, where it is no feed.
    fn input(&mut self, name: &str, body: Vec<u8>) {
        let response = Response {
            body,
            ..Response::default()
        };
        if let Ok(washed) = wash(&response, &Rules::default()) {
            self.feed(&format!("{name}, raw,"), &washed.raw);
            self.feed(&format!("{name}, clean,"), &washed.clean);
        }
    }

    fn document(&mut self, name: &str, document: Vec<u8>, format: FeedFormat, feed: &Feed) {
        self.documents += 1;
        for finding in findings(&document, format, feed) {
            self.find(name, finding);
        }
        if format == FeedFormat::Atom {
            self.atom.push((name.to_owned(), document));
        }
    }

    fn find(&mut self, name: &str, finding: String) {
        self.findings
            .entry(finding)
            .or_default()
            .push(name.to_owned());
    }

    /// Asks jing about the Atom documents, and fails if anything was found.
    #[track_caller]
    fn end(mut self, at_least: usize) {
        assert!(
            self.documents >= at_least,
            "only {} documents",
            self.documents
        );
        let Some(found) = jing(&self.atom) else {
            skip("jing is not installed, so the schema of Atom judges nothing");
            return;
        };
        for (name, finding) in found {
            self.find(&name, finding);
        }
        let count: usize = self.findings.values().map(Vec::len).sum();
        let mut lines: Vec<_> = self.findings.iter().collect();
        lines.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
        let lines: Vec<String> = lines
            .into_iter()
            .map(|(finding, names)| format!("{} × {finding}: {}", names.len(), names[0]))
            .collect();
        assert!(
            lines.is_empty(),
            "{count} findings in {} documents:\n{}",
            self.documents,
            lines.join("\n")
        );
    }
}

/// What is wrong with a document that was written of a feed, but for the schema of Atom.
fn findings(document: &[u8], format: FeedFormat, feed: &Feed) -> Vec<String> {
    let entries = feed.entries.len();
    match format {
        FeedFormat::Rss => {
            let root = match tree::read(document) {
                Ok(root) => root,
                Err(error) => return vec![format!("not well-formed: {error}")],
            };
            let rss::Findings { mut errors, advice } = rss::check(&root);
            // What no publisher of RSS wrote so, we did.
            if feed.format != FeedFormat::Rss {
                let has_ids = feed
                    .entries
                    .iter()
                    .all(|entry| entry.id.as_ref().is_some_and(|id| !id.trim().is_empty()));
                let ours = |what: &String| match what.as_str() {
                    "item: no guid" => has_ids,
                    what => what.starts_with("item:") || what == "channel: blank title",
                };
                errors.extend(advice.into_iter().filter(ours));
            }
            match ::rss::Channel::read_from(document) {
                Ok(channel) if channel.items.len() == entries => {}
                Ok(_) => errors.push("rss counts other items".to_owned()),
                Err(error) => errors.push(format!("rss refuses it: {error}")),
            }
            errors
        }
        FeedFormat::Atom => {
            let mut errors = match tree::read(document) {
                Ok(root) => atom::check(&root),
                Err(error) => return vec![format!("not well-formed: {error}")],
            };
            match atom_syndication::Feed::read_from(document) {
                Ok(feed) if feed.entries.len() == entries => {}
                Ok(_) => errors.push("atom_syndication counts other entries".to_owned()),
                Err(error) => errors.push(format!("atom_syndication refuses it: {error}")),
            }
            errors
        }
        FeedFormat::Json => match serde_json::from_slice(document) {
            Ok(value) => JSON_FEED
                .iter_errors(&value)
                .map(|error| format!("{}: {}", error.schema_path(), error.masked()))
                .collect(),
            Err(error) => vec![format!("no JSON: {error}")],
        },
    }
}

/// What jing finds, by the name of the document; `None` where there is no jing.
fn jing(documents: &[(String, Vec<u8>)]) -> Option<Vec<(String, String)>> {
    /// So many names fit into a command line everywhere.
    const AT_ONCE: usize = 1_000;
    let folder = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    for (batch, documents) in documents.chunks(AT_ONCE).enumerate() {
        let mut command = Command::new("jing");
        command.arg("-c").arg(schemas().join("atom.rnc"));
        for (at, (_, document)) in documents.iter().enumerate() {
            let name = format!("{batch}-{at}.atom");
            fs::write(folder.path().join(&name), document).unwrap();
            command.arg(name);
        }
        command.current_dir(folder.path()).stderr(Stdio::null());
        let output = command.output().ok()?;
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() != lines.contains("error:"),
            "jing ended with {} and said {lines}",
            output.status
        );
        for line in lines.lines() {
            // `/folder/0-17.atom:3:9: error: …`
            let Some((place, finding)) = line.split_once(": ") else {
                continue;
            };
            let file = place.rsplit('/').next().unwrap_or_default();
            let at = file
                .split('.')
                .next()
                .and_then(|file| file.split('-').nth(1));
            let at = at.and_then(|at| at.parse::<usize>().ok());
            let Some((name, document)) = at.map(|at| &documents[at]) else {
                found.push((place.to_owned(), finding.to_owned()));
                continue;
            };
            let line = place
                .split(':')
                .nth(1)
                .and_then(|line| line.parse::<usize>().ok());
            let text = String::from_utf8_lossy(document);
            let line = line
                .and_then(|line| text.lines().nth(line - 1))
                .unwrap_or_default();
            found.push((format!("{name}: {}", line.trim()), finding.to_owned()));
        }
    }
    Some(found)
}

#[test]
fn every_case_is_published_valid() {
    let mut judge = Judge::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds");
    for case in fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        for input in ["input.xml", "input.json"] {
            if let Ok(body) = fs::read(case.join(input)) {
                judge.input(&case.display().to_string(), body);
            }
        }
    }
    judge.end(60);
}

#[test]
fn every_model_is_published_valid() {
    let mut judge = Judge::default();
    for seed in 0..300 {
        judge.feed(&format!("model {seed}"), &Dice::new(seed).feed());
    }
    judge.feed("the empty feed", &Feed::default());
    judge.end(900);
}

#[test]
fn whatever_resembles_a_feed_is_published_valid() {
    let mut judge = Judge::default();
    for seed in 0..300 {
        judge.input(&format!("pieces {seed}"), Dice::new(seed).document());
    }
    judge.end(600);
}

#[test]
fn a_corpus_is_published_valid() {
    let Some(folder) = std::env::var_os("FEEDWASH_CORPUS") else {
        eprintln!(
            "SKIPPED: set FEEDWASH_CORPUS to a folder of feeds to judge what is published of them"
        );
        return;
    };
    let mut judge = Judge::default();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            if file.is_dir() {
                folders.push(file);
            } else {
                judge.input(&file.display().to_string(), fs::read(&file).unwrap());
            }
        }
    }
    judge.end(1);
}
