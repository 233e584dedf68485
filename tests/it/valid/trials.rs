//! Each judge is shown one thing that is wrong at a time, and finds it; and nothing where nothing is.

use super::{ATOM, findings, jing, tree};
use crate::support::skip;
use feedwash::model::{Feed, FeedFormat};

/// What is wrong with a document, however it came to be.
fn judged(document: &str, format: FeedFormat) -> Vec<String> {
    let feed = Feed {
        format: FeedFormat::Rss,
        ..Feed::default()
    };
    let counted = |finding: &String| !finding.contains("counts other");
    let found = findings(document.as_bytes(), format, &feed).into_iter();
    found.filter(counted).collect()
}

#[track_caller]
fn rss_breaks(channel: &str, expected: &str) {
    let document = |inside: &str| {
        format!(
            "<rss version=\"2.0\"><channel><title>A</title><link>http://a/</link>\
             <description>B</description>{inside}</channel></rss>"
        )
    };
    assert_eq!(judged(&document(""), FeedFormat::Rss), [""; 0]);
    let found = judged(&document(channel), FeedFormat::Rss);
    assert!(
        found.iter().any(|one| one.starts_with(expected)),
        "{expected}: {found:?}"
    );
}

#[test]
fn the_checker_of_rss_finds_what_is_wrong() {
    rss_breaks("<title>C</title>", "channel: title stands twice");
    rss_breaks("<x/>", "channel: x is no element of RSS");
    rss_breaks("text", "text in channel");
    rss_breaks("<ttl>soon</ttl>", "ttl");
    rss_breaks("<docs>here</docs>", "docs");
    rss_breaks("<language>English</language>", "language");
    rss_breaks("<webMaster>Jo</webMaster>", "webMaster");
    rss_breaks("<pubDate>2004-01-01T00:00:00Z</pubDate>", "pubDate");
    rss_breaks(
        "<pubDate>Fri, 01 Jan 2004 00:00:00 GMT</pubDate>",
        "pubDate",
    );
    rss_breaks("<pubDate>Thu, 01 Jan 04 00:00:00 GMT</pubDate>", "pubDate");
    rss_breaks("<skipHours><hour>24</hour></skipHours>", "skipHours");
    rss_breaks("<skipDays><day>Sun</day></skipDays>", "skipDays");
    rss_breaks("<cloud domain=\"a\"/>", "cloud without port");
    rss_breaks(
        "<textInput><title>A</title></textInput>",
        "textInput without",
    );
    rss_breaks(
        "<image><url>http://a/i</url></image>",
        "image without title",
    );
    let image = "<url>http://a/i</url><title>A</title><link>http://a/</link>";
    rss_breaks(
        &format!("<image>{image}<width>145</width></image>"),
        "image width",
    );
    rss_breaks("<item/>", "item with neither");
    let item = |inside: &str| format!("<item><title>A</title>{inside}</item>");
    rss_breaks(&item("<link>/1</link>"), "link");
    rss_breaks(&item("<guid>1</guid>"), "permalink");
    rss_breaks(&item("<author>Jo</author>"), "author");
    rss_breaks(&item("<category/>"), "a blank category");
    rss_breaks(&item("<source>A</source>"), "source url");
    rss_breaks(
        &item("<enclosure url=\"http://a/\" type=\"a/b\" length=\"\"/>"),
        "enclosure length",
    );
    rss_breaks(
        &item("<enclosure url=\"ftp://a/\" type=\"a/b\" length=\"1\"/>"),
        "enclosure url",
    );
    rss_breaks(
        &item("<enclosure url=\"http://a/\" type=\"mp3\" length=\"1\"/>"),
        "enclosure type",
    );
}

#[test]
fn what_is_not_well_formed_is_found() {
    for document in [
        "",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a b=\"1\" b=\"2\"/>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<a>]]></a>",
        "<a>\u{1}</a>",
        "<x:a/>",
        "<a x:b=\"1\"/>",
        "<a b=\"<\"/>",
    ] {
        assert!(tree::read(document.as_bytes()).is_err(), "{document}");
    }
    assert!(
        tree::read(
            b"<?xml version=\"1.0\"?>\n<a xmlns:x=\"u\" x:b=\"1\" b=\"2\">&amp;<![CDATA[<]]></a>\n"
        )
        .is_ok()
    );
}

/// A feed of Atom with something in it, and in its one entry.
fn atom_of(head: &str, entry: &str) -> String {
    format!(
        "<feed xmlns=\"{ATOM}\"><id>urn:x:1</id><title/><updated>2004-01-01T00:00:00Z</updated>{head}\
         <entry><id>urn:x:2</id><title/><updated>2004-01-01T00:00:00.5+14:00</updated>{entry}</entry></feed>"
    )
}

#[test]
fn the_schema_of_atom_finds_what_is_wrong() {
    let wrong = [
        ("<x/>", ""),
        ("<title/>", ""),
        ("<published>2004-01-01T00:00:00Z</published>", ""),
        ("<link/>", ""),
        ("<link href=\"a b\"/>", ""),
        ("<link href=\"a\" type=\"html\"/>", ""),
        ("<link href=\"a\" rel=\"a b\"/>", ""),
        ("<link href=\"a\" length=\"long\"/>", ""),
        ("<link href=\"a\" x=\"\"/>", ""),
        ("<author/>", ""),
        ("<author><name/><email>x</email></author>", ""),
        ("<icon/>", ""),
        ("<category/>", ""),
        ("<category term=\"a\" scheme=\"b\"/>", ""),
        ("<subtitle type=\"text/html\"/>", ""),
        ("<subtitle type=\"xhtml\">a</subtitle>", ""),
        ("", "<id>urn:x:3</id>"),
        ("", "<published>2004-02-30T00:00:00Z</published>"),
        ("", "<published>2004-01-01t00:00:00z</published>"),
        ("", "<published>2004-01-01</published>"),
        ("", "<content type=\"multipart/mixed\"/>"),
        ("", "<content type=\"image/png\">!</content>"),
        ("", "<content src=\"a\">b</content>"),
        ("", "<source><entry/></source>"),
        ("", "<source><updated>now</updated></source>"),
        ("", "<summary xml:lang=\"no language\"/>"),
    ];
    let right = [
        (
            "<x xmlns=\"urn:y\"><title xmlns=\"\"/>a</x>",
            "<content type=\"image/png\">aGFsbG8=</content>",
        ),
        (
            "<link href=\"a\" rel=\"urn:b\" a:b=\"c\" xmlns:a=\"urn:a\"/>",
            "<source/>",
        ),
        (
            "",
            "<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p/></div></content>",
        ),
        (
            "",
            "<content type=\"image/svg+xml\"><svg xmlns=\"http://www.w3.org/2000/svg\"/></content>",
        ),
    ];
    let wrong_count = wrong.len();
    let documents: Vec<(String, Vec<u8>)> = wrong
        .iter()
        .chain(&right)
        .enumerate()
        .map(|(at, (head, entry))| (at.to_string(), atom_of(head, entry).into_bytes()))
        .collect();
    let Some(found) = jing(&documents) else {
        skip("jing is not installed, so the schema of Atom is not tried");
        return;
    };
    for (at, (name, document)) in documents.iter().enumerate() {
        let prefix = format!("{name}: ");
        let is_found = found.iter().any(|(name, _)| name.starts_with(&prefix));
        let document = String::from_utf8_lossy(document);
        assert_eq!(is_found, at < wrong_count, "{document} {found:#?}");
    }
}

#[track_caller]
fn atom_breaks(head: &str, entry: &str, expected: &str) {
    let found = judged(&atom_of(head, entry), FeedFormat::Atom);
    assert!(
        found.iter().any(|one| one.starts_with(expected)),
        "{expected}: {found:?}"
    );
}

#[test]
fn the_checker_of_atom_finds_what_no_schema_can() {
    let author = "<author><name>A</name></author>";
    let right = atom_of(author, "<content/>");
    assert_eq!(judged(&right, FeedFormat::Atom), [""; 0]);
    atom_breaks("", "<content/>", "an entry without author");
    atom_breaks(author, "", "an entry with neither content");
    atom_breaks(
        author,
        "<content src=\"a\"/>",
        "content that needs a summary",
    );
    atom_breaks(
        author,
        "<content type=\"a/b\">eA==</content>",
        "content that needs a summary",
    );
    let twice = "<link href=\"a\"/><link href=\"b\" rel=\"alternate\"/>";
    atom_breaks(author, twice, "two alternate links");
}

#[test]
fn the_schema_of_json_feed_finds_what_is_wrong() {
    let document = |feed: &str, item: &str| {
        format!(
            "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"\"{feed},\
             \"items\":[{{\"id\":\"1\",\"content_text\":\"\"{item}}}]}}"
        )
    };
    assert_eq!(
        judged(&document(",\"_a\":1", ",\"_b\":{}"), FeedFormat::Json),
        [""; 0]
    );
    for (feed, item) in [
        (",\"a\":1", ""),
        (",\"_1\":1", ""),
        (",\"home_page_url\":\"\"", ""),
        (",\"feed_url\":\"http://a b/\"", ""),
        (",\"expired\":\"no\"", ""),
        (",\"authors\":[{}]", ""),
        (",\"hubs\":[{\"url\":\"http://a/\"}]", ""),
        (",\"language\":\"English, or so\"", ""),
        ("", ",\"a\":1"),
        ("", ",\"date_published\":\"2004-01-01\""),
        ("", ",\"tags\":\"a\""),
        ("", ",\"attachments\":[{\"url\":\"http://a/\"}]"),
    ] {
        let document = document(feed, item);
        assert!(
            !judged(&document, FeedFormat::Json).is_empty(),
            "{document}"
        );
    }
}
