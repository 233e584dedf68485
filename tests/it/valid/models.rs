//! Feeds that nobody would write: every field of the model filled, or not, with what hurts.

use feedwash::model::{
    Attribute, Category, Date, Element, Enclosure, Entry, Feed, FeedFormat, Generator, Image, Link,
    Node, Order, Origin, Part, Person, Text,
};
use jiff::Timestamp;

/// Strings that are wrong in one place or another, and some that are right.
const STRINGS: &[&str] = &[
    "",
    " ",
    "x",
    "]]>",
    "<![CDATA[",
    "</item><item></entry><entry>",
    "\u{0}\u{b}\r\n\u{fffe}\"'&<>",
    "xmlns",
    "title",
    "a b",
    "1",
    "-1",
    "1999",
    "9:60",
    "é://ü",
    ":",
    "http:",
    "http://",
    "http://[::1",
    "http://a b/<\"{}|\\^`>",
    "http://a/%zz%",
    "http://ä.example/ü?ö#ß#",
    "HTTPS://example.org/A",
    "mailto:a@example.org",
    "a@example.org",
    "a@b@c (d)",
    "javascript:alert(1)",
    "//example.org/x",
    "../x",
    "#",
    "urn:feedwash:x",
    "tag:example.org,2004:1",
    "en",
    "en-us",
    "en_US",
    "English, or so",
    "text/html",
    "text",
    "text/html; charset=utf-8",
    "a/b/c",
    "alternate",
    "self",
    "enclosure",
    "next",
    "next page",
    "true",
    "Monday",
    "ſ\u{202e}\u{85}\u{a0}\u{feff}",
    "<b>bold</b> <script>x</script>",
    "&amp;lt;",
];

/// Local names that mean something somewhere.
const NAMES: &[&str] = &[
    "",
    "a b",
    "1",
    "title",
    "link",
    "id",
    "guid",
    "updated",
    "pubDate",
    "author",
    "name",
    "email",
    "entry",
    "item",
    "channel",
    "source",
    "content",
    "summary",
    "description",
    "image",
    "cloud",
    "textInput",
    "docs",
    "rating",
    "url",
    "encoded",
    "category",
    "language",
    "hour",
    "skipHours",
    "odd",
];

const NAMESPACES: &[&str] = &[
    "http://www.w3.org/2005/Atom",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.w3.org/2000/xmlns/",
    "http://purl.org/dc/elements/1.1/",
    "http://purl.org/rss/1.0/modules/content/",
    "http://backend.userland.com/rss2",
    "http://www.w3.org/1999/xhtml",
    "http://example.org/ns",
    "a b",
    "",
];

/// A stream of choices, the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice that fall as the seed says.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, count: usize) -> usize {
        // xorshift64* (Vigna 2014); its high bits are the good ones.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % count
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Something, or nothing.
    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flip().then(|| make(self))
    }

    /// Up to three things.
    fn some<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }

    fn string(&mut self) -> String {
        STRINGS[self.below(STRINGS.len())].to_owned()
    }

    fn text(&mut self) -> Text {
        let text = if self.flip() {
            Text::plain(self.string())
        } else {
            Text::html(self.string())
        };
        Text {
            is_xhtml: self.flip(),
            language: self.maybe(Self::string),
            base: self.maybe(Self::string),
            ..text
        }
    }

    fn date(&mut self) -> Date {
        let times = [
            None,
            Some(-62_167_219_200),
            Some(-62_135_596_800),
            Some(-377_705_023_201),
            Some(253_402_207_200),
            Some(0),
            Some(1_100_000_000),
        ];
        let raws = [
            "",
            "yesterday",
            "10:00 +2359",
            "10:00 -14:30",
            "10:00 EST",
            "10:00 +0530",
        ];
        Date {
            raw: raws[self.below(raws.len())].to_owned(),
            time: times[self.below(times.len())].and_then(|time| Timestamp::from_second(time).ok()),
        }
    }

    fn attribute(&mut self) -> Attribute {
        Attribute {
            namespace: self.maybe(|dice| NAMESPACES[dice.below(NAMESPACES.len())].to_owned()),
            prefix: self.maybe(Self::string),
            name: NAMES[self.below(NAMES.len())].to_owned(),
            value: self.string(),
        }
    }

    fn element(&mut self, depth: usize) -> Element {
        Element {
            namespace: self.maybe(|dice| NAMESPACES[dice.below(NAMESPACES.len())].to_owned()),
            prefix: self.maybe(Self::string),
            name: NAMES[self.below(NAMES.len())].to_owned(),
            attributes: self.some(Self::attribute),
            children: self.some(|dice| {
                if depth > 0 && dice.flip() {
                    Node::Element(dice.element(depth - 1))
                } else {
                    Node::Text(dice.string())
                }
            }),
        }
    }

    fn elements(&mut self) -> Vec<Element> {
        self.some(|dice| dice.element(3))
    }

    fn person(&mut self) -> Person {
        Person {
            name: self.maybe(Self::string),
            email: self.maybe(Self::string),
            uri: self.maybe(Self::string),
            avatar: self.maybe(Self::string),
            extensions: self.some(|dice| dice.element(1)),
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
            attributes: self.some(Self::attribute),
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
            length_bytes: self.maybe(|dice| dice.below(9) as u64),
            duration_seconds: self.maybe(|dice| dice.below(9) as u64),
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

    fn members(&mut self) -> serde_json::Map<String, serde_json::Value> {
        let names = [
            "_x",
            "_",
            "__y",
            "hubs",
            "expired",
            "author",
            "user_comment",
            "items",
            "x",
            "content_text",
            "id",
            "banner_image",
            "_feedwash",
        ];
        let members = self.some(|dice| {
            let value = match dice.below(4) {
                0 => serde_json::json!(dice.string()),
                1 => serde_json::json!([{ "type": dice.string(), "url": dice.string() }]),
                2 => serde_json::json!({ "name": dice.string() }),
                _ => serde_json::json!(true),
            };
            (names[dice.below(names.len())].to_owned(), value)
        });
        members.into_iter().collect()
    }

    fn order(&mut self) -> Order {
        let parts = [
            Part::Extension,
            Part::Title,
            Part::Link,
            Part::Summary,
            Part::Content,
            Part::Author,
            Part::Enclosure,
            Part::Image,
        ];
        let mut order = Order::default();
        for _ in 0..self.below(9) {
            order.push(parts[self.below(parts.len())]);
        }
        order
    }

    fn origin(&mut self) -> Origin {
        Origin {
            title: self.maybe(Self::text),
            url: self.maybe(Self::string),
            element: self.maybe(|dice| Element {
                name: "source".to_owned(),
                ..dice.element(3)
            }),
        }
    }

    fn entry(&mut self) -> Entry {
        Entry {
            id: self.maybe(Self::string),
            id_is_permalink: self.flip(),
            link: self.maybe(Self::string),
            links: self.some(Self::link),
            title: self.maybe(Self::text),
            authors: self.some(Self::person),
            contributors: self.some(Self::person),
            published: self.maybe(Self::date),
            updated: self.maybe(Self::date),
            summary: self.maybe(Self::text),
            content: self.maybe(Self::text),
            content_is_description: self.flip(),
            content_link: self.maybe(Self::link),
            categories: self.some(Self::category),
            enclosures: self.some(Self::enclosure),
            comments: self.maybe(Self::string),
            image: self.maybe(Self::string),
            source: self.maybe(Self::origin),
            rights: self.maybe(Self::text),
            language: self.maybe(Self::string),
            extensions: self.elements(),
            order: self.order(),
            json_extensions: self.members(),
            ..Entry::default()
        }
    }

    /// A feed.
    pub(crate) fn feed(&mut self) -> Feed {
        let formats = [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json];
        Feed {
            format: formats[self.below(3)],
            id: self.maybe(Self::string),
            title: self.maybe(Self::text),
            link: self.maybe(Self::string),
            self_link: self.maybe(Self::string),
            links: self.some(Self::link),
            description: self.maybe(Self::text),
            language: self.maybe(Self::string),
            authors: self.some(Self::person),
            contributors: self.some(Self::person),
            publisher: self.maybe(Self::person),
            rights: self.maybe(Self::text),
            categories: self.some(Self::category),
            generator: self.maybe(|dice| Generator {
                name: dice.string(),
                uri: dice.maybe(Self::string),
                version: dice.maybe(Self::string),
            }),
            image: self.maybe(Self::image),
            icon: self.maybe(Self::string),
            published: self.maybe(Self::date),
            updated: self.maybe(Self::date),
            ttl_minutes: self.maybe(|dice| dice.below(99) as u32),
            skip_hours: self.some(|dice| dice.below(30) as u8),
            skip_days: self.some(Self::string),
            extensions: self.elements(),
            order: self.order(),
            json_extensions: self.members(),
            entries: self.some(Self::entry),
            ..Feed::default()
        }
    }

    /// Bytes that resemble a feed: pieces of feeds in any order.
    pub(crate) fn document(&mut self) -> Vec<u8> {
        const PIECES: &[&str] = &[
            "<rss version='2.0'>",
            "</rss>",
            "<channel>",
            "</channel>",
            "<item>",
            "</item>",
            "<feed xmlns='http://www.w3.org/2005/Atom'>",
            "<feed>",
            "</feed>",
            "<entry>",
            "</entry>",
            "<rdf:RDF xmlns='http://purl.org/rss/1.0/'>",
            "<title>",
            "</title>",
            "<link>",
            "</link>",
            "<link rel='alternate' type='html' href='a b'/>",
            "<link href=''/>",
            "<id>",
            "</id>",
            "<guid isPermaLink='true'>",
            "</guid>",
            "<description>",
            "</description>",
            "<author>",
            "</author>",
            "<name/>",
            "<email>x</email>",
            "<uri>a b</uri>",
            "<pubDate>",
            "</pubDate>",
            "Thu, 01 Jan 2004",
            "<updated>2004-01-01T24:00:00+19:00</updated>",
            "<enclosure url='x' length='y'/>",
            "<category/>",
            "<category domain='x y'>z</category>",
            "<category term='' scheme='1 2'/>",
            "<image><url>x</url></image>",
            "<image>x</image>",
            "<ttl>-1</ttl>",
            "<language>none at all</language>",
            "<source url=''>x</source>",
            "<source><id>x</id><title>y</title><updated>z</updated><link/></source>",
            "<cloud/>",
            "<docs>x</docs>",
            "<textInput><title>x</title></textInput>",
            "<skipDays><day>Sun</day></skipDays>",
            "<skipHours><hour>24</hour><hour>0</hour></skipHours>",
            "<rating/>",
            "<content:encoded>x</content:encoded>",
            "<content src='a b' type='x'/>",
            "<content type='xhtml'><div>x</div></content>",
            "<content type='image/png'>!</content>",
            "<dc:creator>x</dc:creator>",
            "<itunes:image href='x'/>",
            "<managingEditor>x@y</managingEditor>",
            "<webMaster>x</webMaster>",
            "<generator uri='a b' version=''/>",
            "<logo>a b</logo>",
            "<icon/>",
            "<title type='xhtml'>",
            "<x:y xmlns:x='a b' x:z='1' z='2'>",
            "</x:y>",
            "&",
            "&#0;",
            "&nbsp;",
            "<![CDATA[x]]>",
            "<",
            "\u{0}",
            "text",
            " ",
            "http://example.org/",
            "<comments>x</comments>",
            "<!-- -- -->",
            "<b xml:lang='no no' xml:base='a b'>",
            "</b>",
        ];
        let start = [
            "<rss><channel>",
            "<feed xmlns='http://www.w3.org/2005/Atom'>",
            "<rdf:RDF><channel>",
            "",
        ];
        let mut out = start[self.below(start.len())].to_owned();
        for _ in 0..self.below(60) {
            out.push_str(PIECES[self.below(PIECES.len())]);
        }
        out.into_bytes()
    }
}
