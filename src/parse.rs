//! Text to [`Feed`], leniently, with warnings: RSS of every version, CDF, Atom 0.3 and 1.0, JSON Feed.
//!
//! The dialect is read from the document, never from its `Content-Type`. Makes nothing up: ids, dates
//! and links that are not there stay absent (`identity` makes ids), and HTML is not rewritten.
//!
//! Invariants: the one failure is "this is not a feed"; everything that was forgiven is a warning;
//! every element that no field stands for is kept as an extension; no input makes it panic, and
//! every step is linear in the document or limited by `limits`.

pub mod date;

mod early;
mod entities;
mod entry;
mod feed;
mod html;
mod json;
mod made;
mod names;
mod notes;
mod ours;
mod page;
mod parts;
mod roles;
mod scope;
mod strays;
mod text;
mod tree;
mod xml;

#[cfg(test)]
mod tests;

use crate::limits::ENTRIES_MAX;
use crate::model::{Feed, Warning};
use early::Early;
use names::Family;
use notes::Notes;
use scope::Reader;
use thiserror::Error;
use tree::{El, Node};

/// Why a document is not a feed. None of these heal by reading it again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Nothing, or nothing but white space.
    #[error("document is empty")]
    Empty,
    /// A web page; often the site of the feed that was meant.
    #[error("document is a web page{}{}", page::named(title.as_deref()), page::listed(feeds))]
    Page {
        /// The page's title.
        title: Option<String>,
        /// The feeds that it links to with `rel=alternate`.
        feeds: Vec<LinkedFeed>,
    },
    /// A list of feeds, which `opml` reads.
    #[error(
        "document is an OPML list of feeds, not a feed; \"feedwash opml import\" adds what it lists"
    )]
    Opml,
    /// JSON that breaks off or was never whole, with nothing in it that could be kept.
    #[error("document is JSON, but broken at line {line}, column {column}: {reason}")]
    BrokenJson {
        /// The line where it breaks, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What the parser says.
        reason: String,
    },
    /// JSON of another kind.
    #[error(
        "document is no feed: it is JSON, but has neither the version nor the items of a JSON Feed"
    )]
    OtherJson,
    /// Something else.
    #[error("document is no feed: it starts with “{starts_with}”")]
    NotAFeed {
        /// The document's first words.
        starts_with: String,
    },
}

/// A feed that a web page links to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedFeed {
    /// What the page calls it.
    pub title: Option<String>,
    /// Its address, absolute where it could be resolved.
    pub url: String,
}

/// Reads a feed. `url` is the document's own address, which relative ones resolve against.
///
/// # Errors
/// Only where the document is not a feed at all. What was wrong in a feed is in the warnings.
pub fn parse(text: &str, url: Option<&str>) -> Result<(Feed, Vec<Warning>), ParseError> {
    parse_placed(text, url).map(|(feed, warnings, _)| (feed, warnings))
}

/// A feed, what was forgiven in it, and where its entries begin.
pub type Placed = (Feed, Vec<Warning>, Vec<usize>);

/// As [`parse`], and where the feed's entries begin, in bytes and in their order, as far as it is known.
///
/// # Errors
/// As [`parse`].
pub fn parse_placed(text: &str, url: Option<&str>) -> Result<Placed, ParseError> {
    parse_text(text, url, true)
}

/// Reads a feed, or where allowed the feed that a document holds as its text.
fn parse_text(text: &str, url: Option<&str>, may_hold: bool) -> Result<Placed, ParseError> {
    let start =
        text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0'));
    if start.is_empty() {
        return Err(ParseError::Empty);
    }
    let mut notes = Notes::default();
    if let Some(begin) = json::begin(start) {
        return read_json(text, &start[begin..], url);
    }
    if start.starts_with('[') && json::error(text, start) == Some(ParseError::OtherJson) {
        return Err(ParseError::OtherJson);
    }
    if !start.contains('<') && !start.starts_with("&lt;") {
        return match json::inside(start) {
            Some(begin) => read_json(text, &start[begin..], url),
            None => Err(not_a_feed(start)),
        };
    }
    let mut early = Early::new(url, text.len());
    let mut document = tree::build_reading(text, &mut notes, &mut |root, channel, el, notes| {
        early.read(root, channel, el, notes)
    });
    adopt_strangers(&mut document);
    let Some(root) = find_root(&mut document) else {
        if document.elements().any(|el| &*el.lower() == "opml") {
            return Err(ParseError::Opml);
        }
        return match (page::read(start, &document, url), json::inside(start)) {
            (Some(page), _) => Err(page),
            (None, Some(begin)) => read_json(text, &start[begin..], url),
            (None, None) => held(&document, url)
                .filter(|_| may_hold)
                .unwrap_or_else(|| Err(not_a_feed(start))),
        };
    };
    if !starts_well(start) {
        notes.add(SOMETHING_BEFORE, text.len() - start.len());
    }
    let mut reader = Reader::new(&mut notes, early::is_atom(root));
    let at = root.at;
    let mut feed = feed::read(root, url, early, &mut reader);
    for other in document.elements_mut().filter(|el| is_feed_root(el)) {
        if other.at != at && feed.entries.len() < ENTRIES_MAX {
            reader.notes.add(
                "the document holds another feed, whose entries were added",
                other.at,
            );
            feed.entries
                .extend(feed::read(other, url, Early::default(), &mut reader).entries);
            feed.entries.truncate(ENTRIES_MAX);
        }
    }
    made::forget(&mut feed);
    if reader.atom {
        ours::into_logo(&mut feed);
    }
    strays::note_behind(&document, at, is_feed_root, &mut notes);
    let warnings = notes.take_warnings(text);
    Ok((feed, warnings, notes.entries_at))
}

/// The feed that stands escaped or as CDATA in a document of another kind: the answer of a web service.
fn held(document: &El<'_>, url: Option<&str>) -> Option<Result<Placed, ParseError>> {
    let text = document.text();
    let text = text.trim();
    let is_feed = ["<?xml", "<rss", "<feed", "<rdf:RDF"]
        .iter()
        .any(|begin| text.starts_with(begin));
    is_feed.then(|| {
        let (feed, mut warnings, _) = parse_text(text, url, false)?;
        // Lines of what was inside are not those of the document.
        warnings.iter_mut().for_each(|warning| warning.line = None);
        let message = "the feed stood as text in another document, and was taken out";
        warnings.insert(0, Warning::new(message, None));
        Ok((feed, warnings, Vec::new()))
    })
}

/// Takes the elements of a root that only a feed can have for those of one, whatever namespace their
/// publisher invented for them.
fn adopt_strangers(document: &mut El<'_>) {
    for node in &mut document.children {
        let Node::El(root) = node else { continue };
        let family = match &*root.lower() {
            "rss" => Family::Rss,
            "feed" => Family::Atom,
            _ => continue,
        };
        if root.family == Family::Other {
            let namespace = root.namespace.clone();
            adopt(root, namespace.as_deref(), family);
        }
    }
}

fn adopt(el: &mut El<'_>, namespace: Option<&str>, family: Family) {
    if el.namespace.as_deref() == namespace {
        el.family = family;
    }
    for node in &mut el.children {
        if let Node::El(child) = node {
            adopt(child, namespace, family);
        }
    }
}

/// Reads JSON, which is the end of the text from `json` on.
fn read_json(text: &str, json: &str, url: Option<&str>) -> Result<Placed, ParseError> {
    let mut notes = Notes::default();
    let from = text.len() - json.len();
    if !text[..from]
        .trim_matches(['\u{feff}', '\0'])
        .trim()
        .is_empty()
    {
        notes.add(SOMETHING_BEFORE, 0);
    }
    match json::read(text, from, url, &mut notes) {
        Some(mut feed) => {
            made::forget(&mut feed);
            let warnings = notes.take_warnings(text);
            Ok((feed, warnings, notes.entries_at))
        }
        None => Err(json::error(text, json).unwrap_or_else(|| not_a_feed(text.trim_start()))),
    }
}

/// The warning where a feed does not begin at once.
const SOMETHING_BEFORE: &str = "something stands before the feed and was skipped";

fn not_a_feed(start: &str) -> ParseError {
    /// How much of a document an error quotes, in characters; a line in a terminal.
    const QUOTED_CHARS_MAX: usize = 60;
    ParseError::NotAFeed {
        starts_with: start
            .chars()
            .take(QUOTED_CHARS_MAX)
            // What is binary must not command the terminal that shows the message.
            .flat_map(|c| match c.is_control() {
                true => c.escape_default().collect::<Vec<_>>(),
                false => vec![c],
            })
            .collect(),
    }
}

/// Whether a document begins as XML does, and not with a blank page of warnings.
fn starts_well(start: &str) -> bool {
    let name = start.trim_start_matches(['<', '?', '!']);
    ["xml", "--", "rss", "rdf", "feed", "channel", "doctype"]
        .iter()
        .any(|first| {
            name.get(..first.len())
                .is_some_and(|n| n.eq_ignore_ascii_case(first))
        })
        || name.contains(':')
            && name
                .split(':')
                .next()
                .is_some_and(|prefix| prefix.len() < 16)
}

/// The element that is the feed: at the top, else below whatever was wrapped around it.
fn find_root<'e, 'a>(document: &'e mut El<'a>) -> Option<&'e mut El<'a>> {
    if document.elements().any(is_feed_root) {
        return document.elements_mut().find(|el| is_feed_root(el));
    }
    document.elements_mut().find_map(find_inside)
}

fn find_inside<'e, 'a>(el: &'e mut El<'a>) -> Option<&'e mut El<'a>> {
    // A page may say `<feed>` for its own reasons; inside something else more evidence is wanted.
    let is_it = |child: &El<'a>| {
        is_feed_root(child) && (child.family.is_atom() || child.child("channel").is_some())
    };
    if el.elements().any(is_it) {
        return el.elements_mut().find(|child| is_it(child));
    }
    el.elements_mut().find_map(find_inside)
}

/// Whether an element is one that feeds begin with.
fn is_feed_root(el: &El<'_>) -> bool {
    let native = el.family.is_native();
    match &*el.lower() {
        "rss" | "feed" => native || el.family == Family::Other,
        // Other RDF (FOAF, ontologies) holds elements of other vocabularies alone.
        "rdf" => el.child("channel").is_some() || el.child("item").is_some() || !el.has_elements(),
        "channel" => native,
        "entry" => el.family.is_atom(),
        _ => false,
    }
}
