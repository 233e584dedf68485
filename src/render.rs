//! Writes a [`Feed`] as RSS 2.0, Atom 1.0 or JSON Feed 1.1.
//!
//! It changes nothing and decides nothing about content: what it is given, it writes, in the form
//! of the wire format. It does not make ids (`identity` does) and does not sanitise (`clean` does).
//!
//! Invariants: it cannot fail; the output is well-formed, and valid but for what only the publisher
//! could know; the same feed gives the same bytes, for there is no clock and no chance in it; every
//! element of every namespace goes through, in order; time is linear in the feed.
//!
//! The standard elements are written by the `rss` and `atom_syndication` crates, so what they
//! cannot express is not in the standards. The extension trees are written by `xml` and grafted in:
//! `atom_syndication` 0.12 does not escape the attributes of its own extension maps, and both lose
//! the order and nesting of what goes through them.

mod atom;
mod date;
mod fit;
mod graft;
mod grammar;
mod json;
mod names;
mod people;
mod plain;
mod rss;

mod xhtml;
pub(crate) mod xml;

use crate::absolute;
use crate::model::{Attribute, Element, Enclosure, Feed, FeedFormat, Link, Text, TextKind};
use jiff::Timestamp;
use std::borrow::Cow;

pub use plain::plain;

/// The namespace of what is ours: what XML formats have no element or attribute for.
///
/// `json` holds the members of a JSON Feed object that no other element stands for. `made` names what the
/// publisher did not say and the format requires. Attributes say of an element what it has none for: a
/// person's page, a category's label, how long an enclosure plays. `parse` takes all of them out again.
pub const NAMESPACE: &str = "urn:feedwash:ns";

/// What is known of a document besides the feed in it: where it is published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The address it is published at. Where it is set, links that only hold for the publisher's own
    /// document (its hub, its pages) are left out. `None` for a document that is published nowhere:
    /// it keeps the publisher's.
    pub self_url: Option<&'a str>,
    /// What a feed without an id is known by: the address that stays, whoever asks and for whichever page.
    pub id_url: Option<&'a str>,
    /// The first page (RFC 5005 §3).
    pub first_url: Option<&'a str>,
    /// The page with older entries.
    pub next_url: Option<&'a str>,
    /// The page with newer entries.
    pub previous_url: Option<&'a str>,
    /// When the document changed, for an Atom feed in which nothing has a date.
    pub fallback_updated: Option<Timestamp>,
}

/// Writes `feed` in `format`, as UTF-8.
#[must_use]
pub fn render(feed: &Feed, format: FeedFormat, context: &Context<'_>) -> Vec<u8> {
    let feed = fit::fit(feed, format);
    match format {
        FeedFormat::Rss => rss::render(&feed, context).into_bytes(),
        FeedFormat::Atom => atom::render(&feed, context).into_bytes(),
        FeedFormat::Json => json::render(&feed, context),
    }
}

/// A text as HTML: HTML as it is, text with its markup characters escaped and its line breaks as they are.
#[must_use]
pub fn html(text: &Text) -> Cow<'_, str> {
    match text.kind {
        TextKind::Plain => escape(&text.value),
        TextKind::Html => Cow::Borrowed(&text.value),
    }
}

fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

impl Context<'_> {
    /// The document's own address.
    fn self_link<'a>(&'a self, feed: &'a Feed) -> Option<&'a str> {
        self.self_url.or(feed.self_link.as_deref())
    }

    /// The links to other pages, as relation and address.
    fn pages(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let pages = [
            ("first", self.first_url),
            ("next", self.next_url),
            ("previous", self.previous_url),
        ];
        pages
            .into_iter()
            .filter_map(|(rel, url)| url.map(|url| (rel, url)))
    }

    /// Whether a link of the publisher's holds for the document as we publish it: their hub does not
    /// know our address (WebSub §4), and their pages are not washed.
    fn keeps(&self, link: &Link) -> bool {
        const THEIRS: &[&str] = &[
            "hub",
            "self",
            "first",
            "last",
            "next",
            "previous",
            "prev",
            "current",
            "prev-archive",
            "next-archive",
        ];
        let rel = link.rel.as_deref().unwrap_or("alternate");
        self.self_url.is_none() || !THEIRS.contains(&rel)
    }
}

/// Whether a link is the `link` of its feed or entry, which is written on its own.
fn is_main(link: &Link, main: Option<&str>) -> bool {
    matches!(link.rel.as_deref(), None | Some("alternate")) && main == Some(link.href.as_str())
}

/// The base that the relative addresses in an HTML text need, if there are any.
fn needed_base(text: &Text) -> Option<&str> {
    let base = text.base.as_deref().filter(|base| !base.is_empty())?;
    (text.kind == TextKind::Html && absolute::has_relative(&text.value)).then_some(base)
}

/// The media type of an enclosure, which RSS and JSON Feed require: as given, else from the file's name.
fn enclosure_type(enclosure: &Enclosure) -> &str {
    const TYPES: &[(&str, &str)] = &[
        (".mp3", "audio/mpeg"),
        (".m4a", "audio/mp4"),
        (".aac", "audio/aac"),
        (".ogg", "audio/ogg"),
        (".opus", "audio/ogg"),
        (".flac", "audio/flac"),
        (".wav", "audio/wav"),
        (".mp4", "video/mp4"),
        (".m4v", "video/mp4"),
        (".webm", "video/webm"),
        (".mov", "video/quicktime"),
        (".jpg", "image/jpeg"),
        (".jpeg", "image/jpeg"),
        (".png", "image/png"),
        (".gif", "image/gif"),
        (".webp", "image/webp"),
        (".svg", "image/svg+xml"),
        (".pdf", "application/pdf"),
        (".epub", "application/epub+zip"),
        (".torrent", "application/x-bittorrent"),
    ];
    if let Some(given) = enclosure
        .media_type
        .as_deref()
        .filter(|given| grammar::is_media_type(given))
    {
        return given;
    }
    let path = enclosure.url.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rfind('.').map_or("", |at| &path[at..]);
    TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(ending))
        .map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// The members of a JSON Feed object that no field stands for, as an element of ours.
fn json_element(members: &serde_json::Map<String, serde_json::Value>) -> Option<Element> {
    if members.is_empty() {
        return None;
    }
    let text = serde_json::to_string(members).ok()?;
    Some(xml::element(Some(NAMESPACE), "json", &[], &text))
}

/// An attribute of ours: what an element of a format has no attribute for.
fn own_attribute(name: &str, value: impl Into<String>) -> Attribute {
    Attribute {
        namespace: Some(NAMESPACE.to_owned()),
        prefix: None,
        name: name.to_owned(),
        value: value.into(),
    }
}

/// Attributes of ours, of those that have a value.
fn own_attributes<const N: usize>(parts: [(&str, Option<&str>); N]) -> Vec<Attribute> {
    let said = parts
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    said.map(|(name, value)| own_attribute(name, value))
        .collect()
}

/// The mark of what had to be made.
fn made(what: &str) -> Element {
    xml::element(Some(NAMESPACE), "made", &[], what)
}

#[cfg(test)]
mod tests;
