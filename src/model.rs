//! The nouns: what a feed and an entry are, (in `order`) in which order a document named their parts, and (in `washed`) what a
//! wash is asked for and gives; nothing that does anything.
//!
//! Imports nothing of ours. Every dialect is read into these types and every output format is
//! written from them, so a field says what RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 call it.
//!
//! Invariants: a string that might be text or HTML is a [`Text`], never a bare `String`; an element
//! that no field stands for is kept as an [`Element`], in document order, at any depth; a
//! [`Removal`] is complete enough to be shown and undone without the original.

mod order;
mod washed;

pub use order::{Order, Part};
pub use washed::{
    Boilerplate, Field, Fingerprint, Matcher, NoPiece, Piece, Removal, Repeats, Restored, Rules,
    Sighting, SiteRule, SiteRuleKind, SiteRules, Warning, Washed,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The bytes of one document and what was said about them on the way.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The document's address after redirects; relative URLs are resolved against it.
    pub url: Option<String>,
    /// The `Content-Type` as received (RFC 9110 §8.3). A hint for the charset, never for the format.
    pub content_type: Option<String>,
    /// The body, content coding removed.
    pub body: Vec<u8>,
}

/// What a server gave to ask "modified since?" with: opaque, byte for byte (RFC 9110 §8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub last_modified: Option<String>,
}

/// The dialect that a feed was written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedFormat {
    /// RSS 0.9x, 1.0 (RDF), 1.1 or 2.0, and CDF.
    #[default]
    Rss,
    /// Atom 0.3 or 1.0.
    Atom,
    /// JSON Feed 1.0 or 1.1.
    Json,
}

/// A parsed document: what its publisher says of it, and its entries in document order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Feed {
    /// The dialect it was read from.
    pub format: FeedFormat,
    /// `atom:id`; RSS has none; JSON Feed has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `title` in all three.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The site: RSS `link`, Atom `link rel=alternate`, JSON `home_page_url`. Absolute where it could be resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The feed's own address: `atom:link rel=self`, JSON `feed_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_link: Option<String>,
    /// Every other `atom:link` (hub, next, license, related, further alternates), in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// RSS `description`, Atom `subtitle`, JSON `description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// RSS `language`, `xml:lang` of the root, JSON `language` (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// RSS `managingEditor` and `dc:creator`, Atom `author`, JSON `authors`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Person>,
    /// Atom `contributor`, `dc:contributor`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// RSS `webMaster`, `dc:publisher`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Person>,
    /// RSS `copyright`, Atom `rights`, `dc:rights`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<Text>,
    /// `category` in RSS and Atom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// `generator` in RSS and Atom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generator>,
    /// RSS `image`, Atom `logo`, JSON `icon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// Atom `icon`, JSON `favicon`: small and square.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// RSS `pubDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Date>,
    /// RSS `lastBuildDate`, Atom `updated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Date>,
    /// RSS `ttl`: how many minutes the document may be cached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_minutes: Option<u32>,
    /// RSS `skipHours`: hours of the day, 0 to 23 in GMT, in which not to poll.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`: English names of weekdays on which not to poll.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_days: Vec<String>,
    /// Everything else below the channel or feed, in document order. Elements of RSS itself that no
    /// field stands for (`cloud`, `textInput`, `docs`, `rating`, …) have no namespace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Element>,
    /// Members of a JSON Feed that no field stands for (`_custom`, `hubs`, `expired`, …).
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub json_extensions: serde_json::Map<String, serde_json::Value>,
    /// The order in which the document named the feed's fields and extensions.
    #[serde(skip_serializing_if = "Order::is_empty")]
    pub order: Order,
    /// The entries, in document order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
    /// The document ended within its last entry, which may lack its end.
    #[serde(skip)]
    pub breaks_off: bool,
    /// The document ended before its end, so that entries may be missing from it.
    #[serde(skip)]
    pub is_cut: bool,
}

impl Feed {
    /// Everything but the entries.
    #[must_use]
    pub fn without_entries(&self) -> Self {
        Self {
            format: self.format,
            id: self.id.clone(),
            title: self.title.clone(),
            link: self.link.clone(),
            self_link: self.self_link.clone(),
            links: self.links.clone(),
            description: self.description.clone(),
            language: self.language.clone(),
            authors: self.authors.clone(),
            contributors: self.contributors.clone(),
            publisher: self.publisher.clone(),
            rights: self.rights.clone(),
            categories: self.categories.clone(),
            generator: self.generator.clone(),
            image: self.image.clone(),
            icon: self.icon.clone(),
            published: self.published.clone(),
            updated: self.updated.clone(),
            ttl_minutes: self.ttl_minutes,
            skip_hours: self.skip_hours.clone(),
            skip_days: self.skip_days.clone(),
            extensions: self.extensions.clone(),
            json_extensions: self.json_extensions.clone(),
            order: self.order.clone(),
            entries: Vec::new(),
            breaks_off: self.breaks_off,
            is_cut: self.is_cut,
        }
    }
}

/// One entry of a feed: RSS `item`, Atom `entry`, JSON Feed item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// How we recognise it; set by `identity::assign`, empty before.
    pub key: EntryKey,
    /// RSS `guid`, `atom:id`, JSON `id`, as given. `identity::assign` makes one where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// RSS `guid isPermaLink`: the id is also an address. False for the other formats.
    pub id_is_permalink: bool,
    /// RSS `link`, Atom `link rel=alternate`, JSON `url`. Absolute where it could be resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Every other link that is no enclosure (related, via, replies, license, further alternates), in order.
    /// JSON `external_url` is `rel=related`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// `title` in all three; a JSON Feed item and an RSS item may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// RSS `author` and `dc:creator`, Atom `author`, JSON `authors`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Person>,
    /// Atom `contributor`, `dc:contributor`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Person>,
    /// RSS `pubDate`, Atom `published`, JSON `date_published`, `dc:date`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Date>,
    /// Atom `updated`, JSON `date_modified`, `dcterms:modified`, `atom:updated` in RSS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Date>,
    /// RSS `description` beside a `content:encoded`, Atom `summary`, JSON `summary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// `content:encoded` (or a lone RSS `description`), Atom `content`, JSON `content_html`/`content_text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Text>,
    /// The content is all that RSS `description` gave, which is a body as often as a teaser of one.
    pub content_is_description: bool,
    /// Atom `content src`: the body lies elsewhere (RFC 4287 §4.1.3.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_link: Option<Link>,
    /// `category` in RSS and Atom, JSON `tags`, `dc:subject`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// RSS `enclosure`, Atom `link rel=enclosure`, JSON `attachments`; all of them, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<Enclosure>,
    /// RSS `comments`: the address of the page of reader comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// JSON `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// RSS `source`, `atom:source`: the feed that the entry came from first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Origin>,
    /// Atom `rights`, `dc:rights`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<Text>,
    /// `xml:lang` of the entry, JSON `language`, `dc:language` (BCP 47).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Everything else in the entry, in document order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Element>,
    /// The order in which the document named the entry's fields and extensions.
    #[serde(skip_serializing_if = "Order::is_empty")]
    pub order: Order,
    /// Members of a JSON Feed item that no field stands for.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub json_extensions: serde_json::Map<String, serde_json::Value>,
}

/// How an entry is recognised again: a short hash of its id, else of its link, else of title and date.
///
/// Sixteen lower-case hexadecimal digits, or empty before `identity::assign` has run. Made only by [`EntryKey::from_hash`].
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryKey(String);

impl EntryKey {
    /// The key of the first eight bytes of a hash.
    #[must_use]
    pub fn from_hash(hash: &[u8; 8]) -> Self {
        Self(format!("{:016x}", u64::from_be_bytes(*hash)))
    }

    /// The key as sixteen hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A string with the knowledge of what it is: text as a person reads it, or HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    /// What `value` is.
    pub kind: TextKind,
    /// The text (unescaped: `&` is `&`), or the HTML (as a browser would be given it).
    pub value: String,
    /// HTML that came as markup and not as a string: Atom's `xhtml`, which it goes out as again where it can.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_xhtml: bool,
    /// The base that relative URLs in HTML resolve against (`xml:base` in scope, else the document's);
    /// absolute, unless the document's own address is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// `xml:lang` in scope (BCP 47); empty where a publisher took back the language around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What the string in a [`Text`] is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextKind {
    /// Text: no markup, no character references.
    #[default]
    Plain,
    /// A fragment of HTML.
    Html,
}

impl Text {
    /// Text without markup.
    #[must_use]
    pub fn plain(value: impl Into<String>) -> Self {
        Self {
            kind: TextKind::Plain,
            value: value.into(),
            ..Self::default()
        }
    }

    /// A fragment of HTML.
    #[must_use]
    pub fn html(value: impl Into<String>) -> Self {
        Self {
            kind: TextKind::Html,
            value: value.into(),
            ..Self::default()
        }
    }
}

/// A moment as the publisher wrote it, and as we understood it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Date {
    /// The string as given, white space trimmed.
    pub raw: String,
    /// The moment, or `None` where the string is no date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

/// A person or an organisation: Atom person construct, RSS `author`, JSON author.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The name a reader shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A page about the person: `atom:uri`, JSON `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// JSON `avatar`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Everything else in an Atom person construct (`gd:image`, …), in document order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Element>,
}

/// A link with its relation (RFC 4287 §4.2.7).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// The address, absolute where it could be resolved.
    pub href: String,
    /// The relation; `None` means `alternate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rel: Option<String>,
    /// The media type at the far end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The language at the far end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hreflang: Option<String>,
    /// A title for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The length in bytes, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<String>,
    /// Attributes of other vocabularies (`thr:count`, RFC 4685 §4), in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// A category: RSS `category domain`, Atom `category term scheme label`, JSON tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Category {
    /// The category itself.
    pub term: String,
    /// Where the term is defined: Atom `scheme`, RSS `domain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The term as a person reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// A file that belongs to an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Enclosure {
    /// Its address, absolute where it could be resolved.
    pub url: String,
    /// Its media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_bytes: Option<u64>,
    /// How long it plays, in seconds (JSON `duration_in_seconds`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
    /// A title for a person (Atom `link title`, JSON attachment `title`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The picture of a feed: RSS `image`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// Where the picture is.
    pub url: String,
    /// What it shows, for those who do not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where a click leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// RSS `image/description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Width in pixels, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<String>,
    /// Height in pixels, as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<String>,
}

/// The program that wrote a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Generator {
    /// Its name.
    pub name: String,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// The feed that an entry was taken from: RSS `source`, `atom:source`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The feed's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The feed's own address: RSS `source url`, Atom `link rel=self`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The whole element, where it says more than title and address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<Element>,
}

/// An XML element kept as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Element {
    /// The namespace URI as given; `None` for an element in no namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The prefix it was written with: a wish for the output, without meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The local name.
    pub name: String,
    /// Its attributes, in order, without namespace declarations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// What it holds, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

impl Element {
    /// Its own text: what stands in its children is not.
    #[must_use]
    pub fn own_text(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }
}

/// An attribute of an [`Element`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attribute {
    /// The namespace URI; `None` for an attribute without prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The prefix it was written with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The local name.
    pub name: String,
    /// The value, references resolved.
    pub value: String,
}

/// A child of an [`Element`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, references resolved; CDATA sections are text.
    Text(String),
}
