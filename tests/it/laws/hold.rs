//! The laws of reading and writing, as functions that panic where one is broken: the property tests and the fuzzer call the same.

#![allow(dead_code, reason = "the tests and the fuzzer each call some of them")]

use feedwash::decode::decode;
use feedwash::model::{Date, Entry, Feed, FeedFormat, Link, Response, Text, TextKind};
use feedwash::parse::{ParseError, parse};
use feedwash::render::{Context, html, render};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::HashSet;

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
    read(document.as_bytes()).unwrap_or_else(|error| {
        panic!("{format:?} that we wrote is refused: {error}\n{document}");
    })
}

/// A document as whoever gets it reads it: as bytes.
pub(crate) fn read(document: &[u8]) -> Result<Feed, ParseError> {
    let response = Response {
        body: document.to_vec(),
        ..Response::default()
    };
    parse(&decode(&response).text, None).map(|(feed, _)| feed)
}

/// The laws of one format after the other, for a feed as it was read.
///
/// Once written, it is read and written again without any change, and the document that is then written is the same, byte
/// for byte; only the first turn may put what we had to make into the place that it has from then on.
pub(crate) fn laws(read: &Feed) {
    for format in FORMATS {
        let once = turn(read, format);
        let twice = turn(&once, format);
        let documents = || {
            format!(
                "{format:?}\n{}\n{}",
                written(read, format),
                written(&once, format)
            )
        };
        same(&once, &twice, documents);
        let first = written(&twice, format);
        let second = written(&turn(&twice, format), format);
        let differ = first.lines().zip(second.lines()).find(|(a, b)| a != b);
        assert!(
            first == second,
            "{format:?} does not settle: {differ:?}\n{}\n{first}\n{second}",
            written(read, format)
        );
    }
}

/// In each format the entries are all there, in order, with their ids, addresses, moments, people and files. What stood
/// in a broken element and is found in the mended one is no loss, be it a whole entry.
pub(crate) fn what_matters_survives(read: &Feed) {
    let before = what_matters(read);
    for format in FORMATS {
        let after = what_matters(&turn(read, format));
        let mut rest = after.iter();
        let lost = before.iter().find(|before| {
            !rest.any(|after| {
                (before.moment.is_none() || before.moment == after.moment)
                    && before.addresses.is_subset(&after.addresses)
                    && before.people.is_subset(&after.people)
                    && before.files.is_subset(&after.files)
            })
        });
        assert!(
            lost.is_none(),
            "{format:?} loses what matters of {lost:?}\n{after:?}\n{}",
            written(read, format)
        );
    }
}

/// What of an entry no format may lose.
#[derive(Debug)]
struct Kept {
    /// In epoch seconds.
    moment: Option<i64>,
    /// Its id and its link.
    addresses: HashSet<String>,
    /// The names of its authors.
    people: HashSet<String>,
    /// The addresses of its files.
    files: HashSet<String>,
}

/// 0001-01-01T00:00:00Z in epoch seconds.
const YEAR_1: i64 = -62_135_596_800;

fn what_matters(feed: &Feed) -> Vec<Kept> {
    // All line ends are one (XML 1.0 §2.11), and what no address may hold is the same escaped or not.
    let line = |text: &String| {
        let text = percent_decode_str(text).decode_utf8_lossy();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        // What cannot be seen at the ends of an address is no part of it (URL standard §4.4).
        let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        text.to_owned()
    };
    // An address of control characters leads nobody anywhere, and is in no format.
    let leads = |url: &&String| !url.chars().all(|c| c.is_whitespace() || c.is_control());
    let kept = |entry: &Entry| {
        // Atom wants to know when an entry was last changed; who says only when it was published means that.
        let dates = [&entry.updated, &entry.published].into_iter().flatten();
        let moment = dates.filter_map(|date| date.time).next();
        // Databases write none as one of year 0, which no format has.
        let moment = moment.map(|time| time.as_second());
        let moment = moment.filter(|seconds| *seconds >= YEAR_1);
        // Who says no id has their address for one.
        let id = entry.id.as_ref().or(entry.link.as_ref());
        let names = entry.authors.iter();
        let files = entry.enclosures.iter().map(|file| &file.url);
        Kept {
            moment,
            addresses: id.into_iter().chain(&entry.link).map(line).collect(),
            people: names
                .filter_map(|person| person.name.as_ref())
                .map(line)
                .collect(),
            files: files.filter(leads).map(line).collect(),
        }
    };
    feed.entries.iter().map(kept).collect()
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
        for link in links.iter_mut() {
            link.rel.get_or_insert_with(|| "alternate".to_owned());
        }
        // "no significance to the order of appearance" (RFC 4287 §4.1.1)
        links.sort_by_cached_key(|link| serde_json::to_string(link).unwrap_or_default());
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
            // RSS demands a length, and 0 where nobody knows it (RSS Advisory Board, Best Practices §4.9.1).
            enclosure.length_bytes.take_if(|length| *length == 0);
        }
        body(&mut entry.summary);
        body(&mut entry.content);
    }
    feed
}

/// Members that hold an address.
const ADDRESSES: [&str; 6] = ["link", "self_link", "href", "url", "uri", "icon"];

/// A feed as a tree that can be compared. The prefix of an element has no meaning (Namespaces in XML §4), all line
/// ends are one (XML 1.0 §2.11), and what no address may hold is the same escaped or not (RFC 3986 §2.4).
fn tree(feed: &Feed) -> Value {
    fn settle(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.shift_remove("prefix");
                members.shift_remove("order");
                for (member, value) in members {
                    if let Value::String(text) = value
                        && ADDRESSES.contains(&member.as_str())
                    {
                        *text = percent_decode_str(text).decode_utf8_lossy().into_owned();
                    }
                    settle(value);
                }
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
