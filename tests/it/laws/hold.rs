//! The laws of reading and writing, as functions that panic where one is broken: the property tests and the fuzzer call the same.

#![allow(dead_code, reason = "the tests and the fuzzer each call some of them")]

use feedwash::decode::decode;
use feedwash::model::{Date, Entry, Feed, FeedFormat, Link, Response, Text, TextKind};
use feedwash::parse::parse;
use feedwash::render::{Context, html, render};
use jiff::Timestamp;
use serde_json::Value;

/// What is written.
pub(crate) const FORMATS: [FeedFormat; 3] = [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json];

/// A feed as a document.
#[must_use]
pub(crate) fn written(feed: &Feed, format: FeedFormat) -> String {
    let document = render(feed, format, &Context::default());
    String::from_utf8(document).expect("documents are UTF-8")
}

/// A feed, written and read again.
#[must_use]
pub(crate) fn turn(feed: &Feed, format: FeedFormat) -> Feed {
    let document = written(feed, format);
    // As whoever gets a document reads it: as bytes.
    let response = Response {
        body: document.clone().into_bytes(),
        ..Response::default()
    };
    match parse(&decode(&response).text, None) {
        Ok((feed, _)) => feed,
        Err(error) => panic!("{format:?} that we wrote is refused: {error}\n{document}"),
    }
}

/// All laws, for a feed as it was read.
pub(crate) fn laws(read: &Feed) {
    one_turn_is_enough(read);
    documents_settle(read);
}

/// A document of ours that is read and written again is the same document, byte for byte; the first turn may still
/// put what we had to make into the place that it has from then on.
pub(crate) fn documents_settle(read: &Feed) {
    for format in FORMATS {
        let settled = turn(&turn(read, format), format);
        let first = written(&settled, format);
        let second = written(&turn(&settled, format), format);
        let differ = first.lines().zip(second.lines()).find(|(a, b)| a != b);
        assert!(
            first == second,
            "{format:?} does not settle: {differ:?}\n{}\n{first}\n{second}",
            written(read, format)
        );
    }
}

/// A feed as it was read from a document, once written, is read and written again without any change.
pub(crate) fn one_turn_is_enough(read: &Feed) {
    for format in FORMATS {
        let once = turn(read, format);
        let twice = turn(&once, format);
        same(&once, &twice, || {
            format!(
                "{format:?}\n{}\n{}",
                written(read, format),
                written(&once, format)
            )
        });
    }
}

/// In each format the entries are all there, in order, with their ids, addresses, moments, people and files.
pub(crate) fn what_matters_survives(read: &Feed) {
    for format in FORMATS {
        let feed = turn(read, format);
        assert_eq!(
            what_matters(read),
            what_matters(&feed),
            "{format:?}\n{}",
            written(read, format)
        );
    }
}

/// Of each entry its id, its addresses, its moment and its people. All line ends are one (XML 1.0 §2.11), and people of one
/// name too, where a format cannot hold what sets them apart.
fn what_matters(feed: &Feed) -> Vec<(Option<i64>, Vec<String>)> {
    let line = |text: &String| text.replace("\r\n", "\n").replace('\r', "\n");
    let entry = |entry: &Entry| {
        let names = entry
            .authors
            .iter()
            .filter_map(|person| person.name.as_ref());
        let mut people: Vec<_> = Vec::new();
        for name in names {
            if !people.contains(&name) {
                people.push(name);
            }
        }
        // An address of control characters leads nobody anywhere, and is in no format.
        let leads = |url: &&String| !url.chars().all(|c| c.is_whitespace() || c.is_control());
        // Files whose address a format may not hold stand behind the others.
        let files = entry.enclosures.iter().map(|file| &file.url);
        let mut files: Vec<_> = files.filter(leads).collect();
        files.sort();
        let moment = entry.updated.as_ref().and_then(|date| date.time);
        // Who says no id has their address for one.
        let id = entry.id.as_ref().or(entry.link.as_ref());
        let words = id.into_iter().chain(&entry.link).chain(people).chain(files);
        (
            moment.map(|time| time.as_second()),
            words.map(line).collect(),
        )
    };
    feed.entries.iter().map(entry).collect()
}

/// The same feed gives the same bytes.
pub(crate) fn bytes_are_stable(feed: &Feed) {
    for format in FORMATS {
        assert_eq!(written(feed, format), written(&feed.clone(), format));
    }
}

/// What no law asks for, put into one form: a date is its moment to the second, because each format has its own spelling
/// and RSS has no fractions, and what is no date is none; a link without relation is an `alternate` (RFC 4287 §4.2.7.2).
fn normal(mut feed: Feed) -> Feed {
    // "Arbitrary binary data" (RFC 2046 §4.5.1), which RSS says of a file where nothing is known.
    const UNKNOWN: &str = "application/octet-stream";
    let date = |date: &mut Option<Date>| {
        *date = date.take().and_then(|date| date.time).map(|time| Date {
            raw: String::new(),
            time: Timestamp::from_second(time.as_second()).ok(),
        });
    };
    let links = |links: &mut Vec<Link>| {
        for link in links {
            link.rel.get_or_insert_with(|| "alternate".to_owned());
        }
    };
    // RSS has no place to say what a text is; text without markup is HTML too, escaped.
    let is_rss = feed.format == FeedFormat::Rss;
    let body = |text: &mut Option<Text>| {
        if let Some(text) = text.as_mut().filter(|_| is_rss) {
            text.value = html(text).into_owned();
            text.kind = TextKind::Html;
        }
    };
    body(&mut feed.description);
    date(&mut feed.published);
    date(&mut feed.updated);
    links(&mut feed.links);
    for entry in &mut feed.entries {
        date(&mut entry.published);
        date(&mut entry.updated);
        links(&mut entry.links);
        for enclosure in &mut entry.enclosures {
            enclosure.media_type.take_if(|kind| kind == UNKNOWN);
        }
        body(&mut entry.summary);
        body(&mut entry.content);
    }
    feed
}

/// A feed as a tree that can be compared. The prefix of an element has no meaning (Namespaces in XML §4), and all line
/// ends are one (XML 1.0 §2.11).
fn tree(feed: &Feed) -> Value {
    fn settle(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.shift_remove("prefix");
                members.shift_remove("order");
                members.values_mut().for_each(settle);
            }
            Value::Array(list) => list.iter_mut().for_each(settle),
            Value::String(text) if text.contains('\r') => {
                *text = text.replace("\r\n", "\n").replace('\r', "\n")
            }
            _ => {}
        }
    }
    // Which fields an order names that nothing was in, it need not remember; the law of bytes looks at order.
    let mut tree = serde_json::to_value(normal(feed.clone())).expect("a feed is JSON");
    settle(&mut tree);
    tree
}

/// Panics at the first difference of two feeds, with its path and what else may help.
pub(crate) fn same(left: &Feed, right: &Feed, more: impl FnOnce() -> String) {
    if left == right {
        return;
    }
    let Some(path) = difference(&tree(left), &tree(right)) else {
        return;
    };
    panic!("feeds differ in {path}\n{}", more());
}

fn difference(left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let null = Value::Null;
            a.keys().chain(b.keys()).find_map(|key| {
                let (a, b) = (a.get(key).unwrap_or(&null), b.get(key).unwrap_or(&null));
                difference(a, b).map(|path| format!("{key}.{path}"))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(at, (a, b))| difference(a, b).map(|path| format!("{at}.{path}"))),
        _ => (left != right).then(|| format!("  {left}  ≠  {right}")),
    }
}
