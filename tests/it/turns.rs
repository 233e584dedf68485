//! What goes from one format to another comes back as it was, and what we had to make does not come back.

use feedwash::model::{Entry, Feed, FeedFormat};
use feedwash::parse::parse;
use feedwash::render::{Context, render};

const RSS: FeedFormat = FeedFormat::Rss;
const ATOM: FeedFormat = FeedFormat::Atom;
const JSON: FeedFormat = FeedFormat::Json;

fn read(document: &str) -> Feed {
    match parse(document, None) {
        Ok((feed, _)) => feed,
        Err(error) => panic!("{error}\n{document}"),
    }
}

fn written(feed: &Feed, format: FeedFormat) -> String {
    String::from_utf8(render(feed, format, &Context::default())).expect("UTF-8")
}

/// A document, written in each of the formats and read again before the next.
fn turned(document: &str, formats: &[FeedFormat]) -> Feed {
    formats.iter().fold(read(document), |feed, format| {
        read(&written(&feed, *format))
    })
}

/// Every two formats, one after the other.
fn pairs() -> impl Iterator<Item = [FeedFormat; 2]> {
    let formats = [RSS, ATOM, JSON];
    formats
        .into_iter()
        .flat_map(move |first| formats.map(|second| [first, second]))
}

/// Whether a value is the same in the document, and after any two turns.
#[track_caller]
fn stays<T: PartialEq + std::fmt::Debug>(document: &str, value: impl Fn(Feed) -> T) {
    let given = value(read(document));
    for pair in pairs() {
        assert_eq!(value(turned(document, &pair)), given, "{pair:?}");
    }
}

fn rss(head: &str, inside: &str) -> String {
    format!(
        "<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><title>F</title>
          <link>http://l.example/</link><description>D</description>{head}
          <item><guid isPermaLink='false'>g</guid>{inside}</item></channel></rss>"
    )
}

fn atom(head: &str, inside: &str) -> String {
    format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title><id>http://l.example/</id>
          <updated>2004-01-01T00:00:00Z</updated>{head}<entry><title>T</title><id>http://l.example/1</id>
          <link href='http://l.example/1'/><updated>2003-01-01T00:00:00Z</updated>{inside}</entry></feed>"
    )
}

fn first(mut feed: Feed) -> Entry {
    feed.entries.remove(0)
}

#[test]
fn an_id_that_is_no_address_stays() {
    let document = rss("", "").replace(">g<", ">a b % ü, &lt;c&gt; <");
    stays(&document, |feed| first(feed).id);
    assert_eq!(first(read(&document)).id.as_deref(), Some("a b % ü, <c>"));
}

#[test]
fn a_category_stays_in_its_domain() {
    let document = rss("", "<category domain='my tags'>c</category>");
    stays(&document, |feed| first(feed).categories);
}

#[test]
fn a_length_of_nothing_is_not_known() {
    let document = rss(
        "",
        "<enclosure url='http://l.example/a.mp3' length='0' type='audio/mpeg'/>",
    );
    stays(&document, |feed| first(feed).enclosures);
    assert!(!written(&read(&document), JSON).contains("size_in_bytes"));
}

#[track_caller]
fn writes(document: &str, format: FeedFormat, expected: &[&str], barred: &[&str]) {
    let mut feed = read(document);
    for turn in 0..2 {
        let out = written(&feed, format);
        for piece in expected {
            assert!(out.contains(piece), "turn {turn}: no {piece} in\n{out}");
        }
        for piece in barred {
            assert!(!out.contains(piece), "turn {turn}: {piece} in\n{out}");
        }
        feed = read(&out);
    }
}

#[test]
fn content_of_another_kind_stays_content() {
    for content in [
        "<content type=\"image/svg+xml\"><svg xmlns=\"http://www.w3.org/2000/svg\"/></content>",
        "<content type=\"application/xml\"><x xmlns=\"http://x.example/\">y</x></content>",
        "<content type=\"image/png\">aGVsbG8=</content>",
    ] {
        let once = [content, "<id>"];
        writes(
            &atom("", content),
            ATOM,
            &once,
            &["rss:", "<content/>", "<content></"],
        );
        let turned = turned(&atom("", content), &[RSS, JSON]);
        assert!(written(&turned, ATOM).contains(content), "{content}");
    }
}

#[test]
fn content_that_may_not_stand_is_moved() {
    for content in [
        "<content type=\"image/png\">&amp;</content>",
        "<content type=\"image/png\"><b/></content>",
        "<content type=\"message/rfc822\">aGVsbG8=</content>",
    ] {
        writes(
            &atom("", content),
            ATOM,
            &["<rss:content"],
            &["<content type"],
        );
    }
}

#[test]
fn content_that_lies_elsewhere_is_empty() {
    let content = "<content type=\"video/mp4\" src=\"http://l.example/v\"/>";
    writes(&atom("", content), ATOM, &[content], &["</content>"]);
    stays(&atom("", content), |feed| first(feed).content_link);
}

#[test]
fn a_date_that_nobody_gave_is_marked_and_does_not_come_back() {
    let undated = rss("", "").replace(">g<", ">x:1<");
    stays(&undated, |feed| {
        let entry = first(feed.clone());
        (feed.updated, feed.published, entry.updated, entry.published)
    });
    let mark = "<feedwash:made>updated</feedwash:made>";
    let epoch = "<updated>1970-01-01T00:00:00Z</updated>";
    writes(&undated, ATOM, &[mark, epoch], &[]);
    writes(&atom("", ""), ATOM, &[], &["feedwash:made>updated"]);
}

#[test]
fn an_entry_without_a_date_is_no_newer_than_what_is_known() {
    let others = "</item><item><pubDate>Thu, 01 Jan 2004 00:00:00 GMT</pubDate></item>\
        <item><pubDate>Wed, 01 Jan 2003 00:00:00 GMT</pubDate>";
    let oldest = "<updated>2003-01-01T00:00:00Z</updated>";
    let twice = [oldest, "<feedwash:made>updated"];
    writes(&rss("", others), ATOM, &twice, &[]);
    assert_eq!(
        written(&read(&rss("", others)), ATOM)
            .matches(oldest)
            .count(),
        2
    );
    let head = "<lastBuildDate>Fri, 02 Jan 2004 00:00:00 GMT</lastBuildDate>";
    let changed = "<updated>2004-01-02T00:00:00Z</updated>";
    let document = written(&read(&rss(head, others)), ATOM);
    assert_eq!(document.matches(changed).count(), 2, "{document}");
}

#[test]
fn what_a_format_requires_and_nobody_said_does_not_come_back() {
    let bare = "<rss version='2.0'><channel><item><guid isPermaLink='false'>x:1</guid>
        <title>T</title></item></channel></rss>";
    let said = |feed: Feed| {
        let entry = first(feed.clone());
        let link = (feed.link, feed.self_link, feed.links, entry.link);
        (feed.id, feed.title, feed.authors, link, feed.image)
    };
    stays(bare, said);
    let image = "<image><url>http://l.example/i.png</url></image>";
    stays(&bare.replace("<item>", &format!("{image}<item>")), said);
    let unfit = "<image><url>/i.png</url></image>";
    stays(&bare.replace("<item>", &format!("{unfit}<item>")), |feed| {
        (feed.title, feed.link)
    });
}

#[test]
fn the_link_of_a_channel_without_one_is_where_its_entries_are() {
    let document = rss("", "<link>http://e.example/a/b?c</link>")
        .replace("<link>http://l.example/</link>", "");
    let expected = ["<link>http://e.example/</link>", "<feedwash:made>link"];
    writes(&document, RSS, &expected, &["urn:feedwash:feed"]);
}
