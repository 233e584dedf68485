//! Any bytes to a feed of the model: what property tests and the fuzzer feed to the laws.
//!
//! A byte is a choice, 0 is the simplest, and an ended tape goes on with zeros; so a shorter tape or a smaller byte
//! is a simpler feed, which is what shrinks a failure to something that can be read.

use feedwash::model::{
    Attribute, Category, Date, Element, Enclosure, Entry, Feed, FeedFormat, Generator, Image, Link,
    Node, Order, Origin, Part, Person, Text, TextKind,
};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What strings are made of: words, addresses, and everything that has broken some feed reader.
const PIECES: &[&str] = &[
    "a",
    "b",
    "Jo Doe",
    "jo@example.org",
    "http://a.example/b",
    "https://c.example/?d=e&f=g#h",
    "1",
    "0",
    "é",
    "名前",
    " ",
    "\n",
    "\t",
    "\r",
    "\r\n",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{200f}",
    "\u{202e}",
    "\u{feff}",
    "😀",
    "\0",
    "\u{1}",
    "\u{b}",
    "\u{1f}",
    "\u{7f}",
    "\u{9f}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{fffd}",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "&amp;",
    "&lt;",
    "&gt;",
    "&amp;lt;",
    "&amp;amp;",
    "&#0;",
    "&#xD800;",
    "&#x80;",
    "&eacute;",
    "&nbsp;",
    "&unknown;",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "<?php",
    "?>",
    "<b>",
    "</b>",
    "<p>c</p>",
    "<br/>",
    "<br>",
    "<i>d</i>",
    "<a href=\"/e\">f</a>",
    "<img src=g>",
    "<script>h</script>",
    "</channel>",
    "</item>",
    "</entry>",
    "<![",
    "{",
    "}",
    "[",
    "\\",
    "\\u0000",
    "\\ud800",
    "%",
    "%zz",
    "/i",
    "../j",
    "//k.example/l",
    "#m",
    "?n",
    "mailto:o@p.example",
    "javascript:q",
    "data:,r",
    "urn:s",
    "(t)",
    "<u@v.example>",
    "mailto:",
    ":",
    "@",
    ",",
    ";",
    "-",
    "true",
    "null",
    "1e400",
    "-1",
    "99999999999999999999",
    "2004-02-30",
    "2004-01-02T03:04:05Z",
    "Fri, 02 Jan 2004 03:04:05 GMT",
    "yesterday",
    "de",
    "en-GB",
    "xmlns",
    "xml",
    "alternate",
    "self",
    "next",
    "hub",
    "related",
    "replies",
    "enclosure",
    "text/html",
    "audio/mpeg",
    "title",
    "link",
    "author",
    "content",
];

/// Namespaces of elements that no field stands for, and two that none may have.
const NAMESPACES: &[&str] = &[
    "http://x.example/",
    "http://search.yahoo.com/mrss/",
    "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "http://www.georss.org/georss",
    "urn:feedwash:ns",
    "not a namespace",
];

/// Names of elements and attributes: unknown ones, those of RSS and Atom, and some that are none.
const NAMES: &[&str] = &[
    "x",
    "y",
    "thumbnail",
    "duration",
    "creator",
    "date",
    "encoded",
    "json",
    "title",
    "link",
    "id",
    "guid",
    "author",
    "category",
    "content",
    "description",
    "summary",
    "enclosure",
    "source",
    "pubDate",
    "updated",
    "item",
    "entry",
    "channel",
    "feed",
    "div",
    "p",
    "br",
    "url",
    "href",
    "type",
    "rel",
    "lang",
    "base",
    "about",
    "cloud",
    "image",
    "language",
    "rights",
    "contributor",
    "comments",
    "publisher",
    "textInput",
    "name",
    "1",
    "",
    "a:b",
    "ü",
    "c d",
    "xmlns",
];

/// Parts of an order.
const PARTS: &[Part] = &[
    Part::Extension,
    Part::Title,
    Part::Link,
    Part::Content,
    Part::Summary,
    Part::Author,
    Part::Category,
    Part::Enclosure,
    Part::Id,
];

/// Bytes that are read as choices.
#[derive(Debug)]
pub(crate) struct Tape<'a>(&'a [u8]);

/// A feed with anything in any field.
#[must_use]
pub(crate) fn feed(bytes: &[u8]) -> Feed {
    Tape(bytes).feed()
}

impl Tape<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[usize::from(self.byte()) % among.len()]
    }

    fn flag(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// A value once in three times: half of a feed's fields are missing in any real one.
    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() % 3 == 1).then(|| make(self))
    }

    fn list<T>(&mut self, most: u8, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        // Most lists are short, and an ended tape makes none.
        let count = [0, 1, 0, 2, 0, most][usize::from(self.byte()) % 6];
        (0..count).map(|_| make(self)).collect()
    }

    fn string(&mut self) -> String {
        match self.byte() {
            251 => "long ".repeat(500),
            byte => (0..=byte % 5).map(|_| self.pick(PIECES)).collect(),
        }
    }

    fn text(&mut self) -> Text {
        let kind = self.pick(&[TextKind::Plain, TextKind::Html]);
        let value = self.string();
        let base = self.maybe(Self::string);
        let language = self.maybe(Self::string);
        let is_xhtml = kind == TextKind::Html && self.flag();
        Text {
            is_xhtml,
            kind,
            value,
            base,
            language,
        }
    }

    /// A moment with the string it was given as, or a string that is none.
    fn date(&mut self) -> Date {
        let seconds = [
            0,
            1_000_000_000,
            -62_135_596_800,
            253_000_000_000,
            1_100_000_000,
        ][usize::from(self.byte()) % 5];
        let time = Timestamp::new(seconds, [0, 250_000_000, 1][usize::from(self.byte()) % 3]).ok();
        match self.byte() % 4 {
            0 => Date {
                raw: time.map(|time| time.to_string()).unwrap_or_default(),
                time,
            },
            1 => Date {
                raw: self.string(),
                time,
            },
            2 => Date {
                raw: "2001-09-09T03:46:40+02:00".to_owned(),
                time: Timestamp::from_second(1_000_000_000).ok(),
            },
            // No reader makes this of a string that says when.
            _ => Date {
                raw: self
                    .pick(&["soon", "0000-00-00", "?", "", "<b>never</b>\n"])
                    .to_owned(),
                time: None,
            },
        }
    }

    fn attribute(&mut self) -> Attribute {
        let namespace = self.maybe(|tape| tape.pick(NAMESPACES).to_owned());
        let prefix = self.maybe(Self::string);
        Attribute {
            namespace,
            prefix,
            name: self.pick(NAMES).to_owned(),
            value: self.string(),
        }
    }

    /// An element that no field stands for: what a field stands for is the field's, not an extension's.
    fn element(&mut self, depth: u8) -> Element {
        let namespace = Some(self.pick(NAMESPACES).to_owned());
        let prefix = self.maybe(Self::string);
        let name = self.pick(NAMES).to_owned();
        let attributes = self.list(3, Self::attribute);
        let children = self.list(3, |tape| match tape.byte() % 3 {
            1 if depth > 0 => Node::Element(tape.element(depth - 1)),
            _ => Node::Text(tape.string()),
        });
        Element {
            namespace,
            prefix,
            name,
            attributes,
            children,
        }
    }

    fn elements(&mut self) -> Vec<Element> {
        self.list(4, |tape| tape.element(3))
    }

    fn person(&mut self) -> Person {
        Person {
            name: Some(format!("P{}", self.string())),
            email: self.maybe(Self::string),
            uri: self.maybe(Self::string),
            avatar: self.maybe(Self::string),
            extensions: self.maybe(Self::elements).unwrap_or_default(),
        }
    }

    fn link(&mut self) -> Link {
        Link {
            href: self.string(),
            rel: self.maybe(Self::string),
            media_type: self.maybe(Self::string),
            hreflang: self.maybe(Self::string),
            title: self.maybe(Self::string),
            length: self.maybe(Self::string),
            attributes: self.list(2, Self::attribute),
        }
    }

    fn category(&mut self) -> Category {
        Category {
            term: self.string(),
            scheme: self.maybe(Self::string),
            label: self.maybe(Self::string),
        }
    }

    fn enclosure(&mut self) -> Enclosure {
        Enclosure {
            url: self.string(),
            media_type: self.maybe(Self::string),
            length_bytes: self.maybe(|tape| u64::from(tape.byte())),
            duration_seconds: self.maybe(|tape| u64::from(tape.byte())),
            title: self.maybe(Self::string),
        }
    }

    fn image(&mut self) -> Image {
        Image {
            url: self.string(),
            title: self.maybe(Self::string),
            link: self.maybe(Self::string),
            description: self.maybe(Self::string),
            width: self.maybe(Self::string),
            height: self.maybe(Self::string),
        }
    }

    fn origin(&mut self) -> Origin {
        Origin {
            title: self.maybe(Self::text),
            url: self.maybe(Self::string),
            element: self.maybe(|tape| tape.element(3)),
        }
    }

    fn json(&mut self, depth: u8) -> Value {
        match self.byte() % 8 {
            0 => Value::Null,
            1 => Value::String(self.string()),
            2 => Value::Bool(true),
            3 => Value::from(self.byte()),
            4 => Value::from(f64::from(self.byte()) * 1.1e-7),
            5 => Value::from(i64::MIN),
            6 if depth > 0 => Value::Array(self.list(2, |tape| tape.json(depth - 1))),
            _ if depth > 0 => Value::Object(self.members(depth - 1)),
            _ => Value::from(u64::MAX),
        }
    }

    fn members(&mut self, depth: u8) -> Map<String, Value> {
        const MEMBERS: &[&str] = &[
            "_x",
            "hubs",
            "expired",
            "user_comment",
            "banner_image",
            "title",
            "id",
            "items",
            "_feedwash",
            "authors",
            "url",
        ];
        self.list(3, |tape| {
            let name = tape
                .maybe(Self::string)
                .unwrap_or_else(|| tape.pick(MEMBERS).to_owned());
            (name, tape.json(depth))
        })
        .into_iter()
        .collect()
    }

    fn order(&mut self) -> Order {
        let mut order = Order::default();
        for part in self.list(12, |tape| tape.pick(PARTS)) {
            order.push(part);
        }
        order
    }

    fn entry(&mut self) -> Entry {
        let mut entry = Entry {
            id: self.maybe(Self::string),
            id_is_permalink: self.flag(),
            link: self.maybe(Self::string),
            links: self.list(3, Self::link),
            title: self.maybe(Self::text),
            authors: self.list(3, Self::person),
            contributors: self.list(2, Self::person),
            published: self.maybe(Self::date),
            updated: self.maybe(Self::date),
            summary: self.maybe(Self::text),
            content: self.maybe(Self::text),
            content_is_description: self.flag(),
            content_link: self.maybe(Self::link),
            categories: self.list(3, Self::category),
            enclosures: self.list(3, Self::enclosure),
            comments: self.maybe(Self::string),
            image: self.maybe(Self::string),
            source: self.maybe(Self::origin),
            rights: self.maybe(Self::text),
            language: self.maybe(Self::string),
            extensions: self.elements(),
            json_extensions: self.members(3),
            ..Entry::default()
        };
        entry.order = self.order();
        entry
    }

    fn feed(&mut self) -> Feed {
        let entries = self.list(3, Self::entry);
        Feed {
            format: self.pick(&[FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json]),
            id: self.maybe(Self::string),
            title: self.maybe(Self::text),
            link: self.maybe(Self::string),
            self_link: self.maybe(Self::string),
            links: self.list(3, Self::link),
            description: self.maybe(Self::text),
            language: self.maybe(Self::string),
            authors: self.list(2, Self::person),
            contributors: self.list(2, Self::person),
            publisher: self.maybe(Self::person),
            rights: self.maybe(Self::text),
            categories: self.list(2, Self::category),
            generator: self.maybe(|tape| Generator {
                name: tape.string(),
                uri: tape.maybe(Self::string),
                version: tape.maybe(Self::string),
            }),
            image: self.maybe(Self::image),
            icon: self.maybe(Self::string),
            published: self.maybe(Self::date),
            updated: self.maybe(Self::date),
            ttl_minutes: self.maybe(|tape| u32::from(tape.byte())),
            skip_hours: self.list(3, |tape| tape.byte() % 26),
            skip_days: self.list(2, Self::string),
            extensions: self.elements(),
            json_extensions: self.members(3),
            entries,
            order: self.order(),
            ..Feed::default()
        }
    }
}
