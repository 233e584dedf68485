//! What the benches read: real feeds where there are any, and feeds made here, the same in every run.

// Each bench is a crate of its own and uses a part of this.
#![allow(dead_code)]

mod chance;

use chance::Chance;
use feedwash::model::{Feed, FeedFormat, Response};
use feedwash::{decode, parse};
use std::fmt::{self, Write as _};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Names the folder of real feeds.
const CORPUS: &str = "FEEDWASH_CORPUS";

/// Where the documents come from: a poll always knows, and ours then resolves addresses.
const URL: &str = "https://example.org/feed";

/// Documents that are measured together.
pub(crate) struct Set {
    pub(crate) name: String,
    pub(crate) documents: Vec<Document>,
    /// How many entries they have together.
    pub(crate) entries: usize,
}

/// One document.
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) response: Response,
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Set {
    pub(crate) fn new(name: impl Into<String>, documents: Vec<Document>) -> Self {
        let entries = documents
            .iter()
            .filter_map(|document| ours(&document.response))
            .map(|feed| feed.entries.len())
            .sum();
        Self {
            name: name.into(),
            documents,
            entries,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.documents
            .iter()
            .map(|document| document.response.body.len())
            .sum()
    }
}

/// Reads a document as `wash::read` does, but for the keys of its entries, which the others do not make either.
pub(crate) fn ours(response: &Response) -> Option<Feed> {
    let decoded = decode::decode(response);
    let (feed, _) = parse::parse(&decoded.text, response.url.as_deref()).ok()?;
    Some(feed)
}

/// What the strict crates make of a document; which of the two is asked, its root decides.
pub(crate) enum Strict {
    Rss(Box<rss::Channel>),
    Atom(Box<atom_syndication::Feed>),
}

/// Reads a document with `rss` or `atom_syndication`.
pub(crate) fn strict(response: &Response) -> Option<Strict> {
    let head = &response.body[..response.body.len().min(2_048)];
    let is_atom = head.windows(5).any(|word| word == b"<feed")
        || head.windows(6).any(|word| word == b":feed ");
    if is_atom {
        let feed = atom_syndication::Feed::read_from(response.body.as_slice()).ok()?;
        Some(Strict::Atom(Box::new(feed)))
    } else {
        let channel = rss::Channel::read_from(response.body.as_slice()).ok()?;
        Some(Strict::Rss(Box::new(channel)))
    }
}

/// Reads a document with `feed-rs`.
pub(crate) fn feed_rs(response: &Response) -> Option<feed_rs::model::Feed> {
    feed_rs::parser::parse(response.body.as_slice()).ok()
}

/// The real feeds, if there are any here, by name.
pub(crate) fn corpus() -> Vec<Document> {
    let Some(folder) = std::env::var_os(CORPUS) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder that FEEDWASH_CORPUS names can be read")
        .filter_map(|file| file.ok().map(|file| file.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| kind == "xml" || kind == "json")
        })
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| Document {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            response: Response {
                url: Some(URL.to_owned()),
                body: fs::read(&path).expect("a file of the corpus can be read"),
                ..Response::default()
            },
        })
        .collect()
}

/// A document of `entries` entries in a format, each of two to three thousand bytes.
pub(crate) fn made(format: FeedFormat, entries: usize) -> Document {
    let body = match format {
        FeedFormat::Rss => rss(entries),
        FeedFormat::Atom => atom(entries),
        FeedFormat::Json => json(entries),
    };
    Document {
        name: format!("{format:?}, {entries} made").to_lowercase(),
        response: Response {
            url: Some(URL.to_owned()),
            body: body.into_bytes(),
            ..Response::default()
        },
    }
}

/// A set of one made document.
pub(crate) fn made_set(format: FeedFormat, entries: usize) -> Set {
    let document = made(format, entries);
    Set::new(document.name.clone(), vec![document])
}

/// Sets that are made once, at first use.
pub(crate) type Sets = LazyLock<Vec<Set>>;

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is below a usize")
    }

    fn words(&mut self, count: usize) -> String {
        const WORDS: &[&str] = &[
            "the",
            "a",
            "of",
            "harbour",
            "light",
            "on",
            "Sunday",
            "evening",
            "people",
            "boat",
            "watch",
            "from",
            "keeper",
            "lamp",
            "wind",
            "crème",
            "brûlée",
            "naïve",
            "Ångström",
            "council",
            "said",
            "would",
            "not",
            "have",
            "been",
            "rebuilt",
            "before",
            "winter",
            "“quoted”",
            "1962",
            "and",
            "in",
            "it",
            "was",
            "lit",
            "again",
        ];
        let words: Vec<&str> = (0..count).map(|_| WORDS[self.below(WORDS.len())]).collect();
        words.join(" ")
    }

    /// The HTML of a body: paragraphs with links, a picture, a quotation.
    fn html(&mut self) -> String {
        let mut out = String::new();
        for _ in 0..4 + self.below(4) {
            let (before, inside, after) = (self.words(20), self.words(3), self.words(25));
            let page = self.next();
            let _ = writeln!(
                out,
                "<p>{before} <a href=\"https://example.org/{page:x}?a=1&amp;b=2\">{inside}</a> {after}&nbsp;&#8230;</p>"
            );
        }
        let picture = self.next();
        let alt = self.words(5);
        let _ = write!(
            out,
            "<figure><img src=\"https://example.org/i/{picture:x}.jpg\" alt=\"{alt}\" width=\"640\" height=\"480\" /></figure>"
        );
        out
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn rss(entries: usize) -> String {
    let mut chance = Chance(1);
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
         xmlns:slash=\"http://purl.org/rss/1.0/modules/slash/\" xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n\
         <title>The Brackwater Wire</title>\n<link>https://example.org/</link>\n<description>News of the coast</description>\n\
         <language>en-GB</language>\n<atom:link href=\"https://example.org/feed\" rel=\"self\" type=\"application/rss+xml\" />\n",
    );
    for n in 0..entries {
        let (title, teaser, html) = (chance.words(8), chance.words(30), chance.html());
        let (id, minute) = (chance.next(), n % 60);
        let _ = writeln!(
            out,
            "\t<item>\n\t\t<title>{title} &amp; more</title>\n\t\t<link>https://example.org/{id:x}/</link>\n\
             \t\t<comments>https://example.org/{id:x}/#respond</comments>\n\
             \t\t<dc:creator><![CDATA[Jo Doe]]></dc:creator>\n\
             \t\t<pubDate>Tue, 06 Jan 2026 10:{minute:02}:00 +0000</pubDate>\n\
             \t\t<category><![CDATA[Coast]]></category>\n\t\t<category><![CDATA[Lighthouses]]></category>\n\
             \t\t<guid isPermaLink=\"false\">https://example.org/?p={n}</guid>\n\
             \t\t<description><![CDATA[{teaser} [&#8230;]]]></description>\n\
             \t\t<content:encoded><![CDATA[{html}]]></content:encoded>\n\
             \t\t<slash:comments>{minute}</slash:comments>\n\
             \t\t<media:content url=\"https://example.org/i/{id:x}.jpg\" medium=\"image\">\n\
             \t\t\t<media:title type=\"html\">{title}</media:title>\n\t\t</media:content>\n\t</item>"
        );
    }
    out.push_str("</channel>\n</rss>\n");
    out
}

fn atom(entries: usize) -> String {
    let mut chance = Chance(2);
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:thr=\"http://purl.org/syndication/thread/1.0\" xml:lang=\"en\">\n\
         <title type=\"text\">The Brackwater Wire</title>\n<id>https://example.org/</id>\n<updated>2026-01-06T10:00:00Z</updated>\n\
         <link rel=\"alternate\" type=\"text/html\" href=\"https://example.org/\" />\n<link rel=\"self\" href=\"https://example.org/feed/atom\" />\n",
    );
    for n in 0..entries {
        let (title, teaser, html) = (chance.words(8), chance.words(30), chance.html());
        let (id, minute) = (chance.next(), n % 60);
        let html = escaped(&html);
        let _ = writeln!(
            out,
            "<entry>\n  <title type=\"html\">{title} &amp;amp; more</title>\n  <id>https://example.org/?p={n}</id>\n\
             \x20 <link rel=\"alternate\" type=\"text/html\" href=\"https://example.org/{id:x}/\" />\n\
             \x20 <link rel=\"replies\" type=\"text/html\" href=\"https://example.org/{id:x}/#comments\" thr:count=\"{minute}\" />\n\
             \x20 <author><name>Jo Doe</name><uri>https://example.org/jo</uri></author>\n\
             \x20 <published>2026-01-06T10:{minute:02}:00Z</published>\n  <updated>2026-01-06T11:{minute:02}:00+01:00</updated>\n\
             \x20 <category scheme=\"https://example.org/\" term=\"Coast\" />\n\
             \x20 <summary type=\"html\">{teaser}</summary>\n  <content type=\"html\" xml:base=\"https://example.org/{id:x}/\">{html}</content>\n\
             \x20 <thr:total>{minute}</thr:total>\n</entry>"
        );
    }
    out.push_str("</feed>\n");
    out
}

fn json(entries: usize) -> String {
    let mut chance = Chance(3);
    let items: Vec<serde_json::Value> = (0..entries)
        .map(|n| {
            let (title, html, id) = (chance.words(8), chance.html(), chance.next());
            serde_json::json!({
                "id": format!("https://example.org/?p={n}"),
                "url": format!("https://example.org/{id:x}/"),
                "title": title,
                "content_html": html,
                "summary": chance.words(30),
                "date_published": format!("2026-01-06T10:{:02}:00Z", n % 60),
                "authors": [{"name": "Jo Doe", "url": "https://example.org/jo"}],
                "tags": ["Coast", "Lighthouses"],
                "attachments": [{"url": format!("https://example.org/{id:x}.mp3"), "mime_type": "audio/mpeg", "size_in_bytes": n}],
                "_source": {"section": "coast"}
            })
        })
        .collect();
    let feed = serde_json::json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Brackwater Wire",
        "home_page_url": "https://example.org/",
        "feed_url": "https://example.org/feed.json",
        "items": items
    });
    serde_json::to_string_pretty(&feed).expect("strings and numbers are JSON")
}
