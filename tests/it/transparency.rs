//! What a reader sees in a republished feed is what it saw in the publisher's: small documents, read
//! and written again, and what has to be in them, in this order.

use feedwash::model::{FeedFormat, Response};
use feedwash::render::{Context, render};
use feedwash::wash;

fn rewritten(document: &str, url: Option<&str>) -> (String, FeedFormat) {
    let response = Response {
        url: url.map(str::to_owned),
        body: document.into(),
        ..Response::default()
    };
    let feed = wash::read(&response).expect("a feed").raw;
    let written = render(&feed, feed.format, &Context::default());
    let format = feed.format;
    (String::from_utf8(written).expect("UTF-8"), format)
}

/// Checks that the parts stand in the written document one behind the other, and that a second turn
/// changes nothing.
#[track_caller]
fn check(document: &str, parts: &[&str]) {
    let (written, _) = rewritten(document, Some("http://doc.example/d/"));
    let mut rest = written.as_str();
    for part in parts {
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("no {part} (or not in order) in {written}"));
        rest = &rest[at + part.len()..];
    }
    let (again, _) = rewritten(&written, Some("http://doc.example/d/"));
    assert_eq!(again, written, "a second turn");
}

fn item(inside: &str) -> String {
    format!(
        "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/'
          xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:content='http://purl.org/rss/1.0/modules/content/'>
          <channel><title>F</title><link>http://doc.example/</link><description>D</description>
          <item><guid isPermaLink='false'>g</guid>{inside}</item></channel></rss>"
    )
}

fn entry(inside: &str) -> String {
    format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:f</id><title>F</title><updated>2026-01-01T00:00:00Z</updated>
          <entry><id>urn:e</id><updated>2026-01-01T00:00:00Z</updated>{inside}</entry></feed>"
    )
}

#[test]
fn extensions_stand_before_and_behind_the_fields_they_rival() {
    check(
        &item("<media:title>M</media:title><title>T</title><dc:title>D</dc:title>"),
        &["<media:title>M", "<title>T", "<dc:title>D"],
    );
    check(
        &item(
            "<description>D</description><itunes:summary>S</itunes:summary><content:encoded>C</content:encoded>",
        ),
        &["<description>", "<itunes:summary>S", "<content:encoded>"],
    );
    check(
        &item(
            "<content:encoded>C</content:encoded><itunes:summary>S</itunes:summary><description>D</description>",
        ),
        &["<content:encoded>", "<itunes:summary>S", "<description>"],
    );
    check(
        &entry("<content>C</content><x xmlns='urn:x'/><title>T</title>"),
        &["<content", "<x xmlns=\"urn:x\"", "<title>T"],
    );
    check(
        "<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel>
          <itunes:image href='http://i.example/'/><title>F</title><link>http://l.example/</link>
          <description>D</description><item><title>T</title></item></channel></rss>",
        &["<itunes:image", "<title>F", "<item>"],
    );
}

#[test]
fn a_category_that_is_a_tree_is_kept_once() {
    let subject = "<dc:subject><x xmlns='urn:x'>once</x></dc:subject>";
    check(&item(subject), &["<dc:subject>", "once"]);
    assert_eq!(rewritten(&item(subject), None).0.matches("once").count(), 1);
}

#[test]
fn an_empty_description_is_still_one() {
    check(
        &item("<description/><itunes:summary>S</itunes:summary>"),
        &["<guid", "<description>", "<itunes:summary>S"],
    );
}

#[test]
fn a_link_that_is_only_the_guid_is_not_written_twice() {
    let document = "<rss version='2.0'><channel><title>F</title><link>http://l.example/</link><description>D</description>
        <item><guid>http://l.example/1</guid></item></channel></rss>";
    check(document, &["<guid>http://l.example/1"]);
    assert_eq!(
        rewritten(document, None)
            .0
            .matches("http://l.example/1")
            .count(),
        1
    );
}

#[test]
fn xhtml_stays_xhtml_where_it_can() {
    check(
        &entry(
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a<br/>&lt;</p></div></content>",
        ),
        &[
            "<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a<br/>&lt;</p></div>",
        ],
    );
    check(
        &entry(
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><svg xmlns='http://www.w3.org/2000/svg'/></div></content>",
        ),
        &["<content type=\"html\">&lt;svg"],
    );
    check(
        &entry("<content type='html'>words</content>"),
        &["<content type=\"html\">words"],
    );
}

#[test]
fn what_xhtml_speaks_of_is_no_date() {
    check(
        &entry(
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>the tag <updated>2020-01-01T00:00:00+00:00</updated></p></div></content>",
        ),
        &[
            "<updated>2026-01-01T00:00:00Z</updated>",
            "<updated>2020-01-01T00:00:00+00:00</updated>",
        ],
    );
}

#[test]
fn every_address_of_a_set_of_images_has_its_base() {
    check(
        "<rss version='2.0' xml:base='http://h.example/x/'><channel><title>F</title><link>http://l.example/</link><description>D</description>
          <item><description>&lt;img srcset=\"http://a.example/x.jpg 1x, /b.jpg 2x\"&gt;</description></item></channel></rss>",
        &["http://h.example/b.jpg 2x"],
    );
}

#[test]
fn languages_are_said_where_they_hold() {
    check(
        "<rss version='2.0' xml:lang='fr'><channel><title>F</title><link>http://l.example/</link><description>D</description>
          <item><title>T</title></item></channel></rss>",
        &["xml:lang=\"fr\"", "<language>fr"],
    );
}

#[test]
fn addresses_in_extensions_are_made_absolute() {
    check(
        &item(
            "<media:thumbnail url='t.png'/><comment xmlns='http://wellformedweb.org/CommentAPI/'>/c</comment>",
        ),
        &[
            "url=\"http://doc.example/d/t.png\"",
            ">http://doc.example/c<",
        ],
    );
}

#[test]
fn a_table_of_contents_is_kept() {
    check(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>
          <channel rdf:about='http://l.example/'><title>F</title><link>http://l.example/</link><description>D</description>
          <items><rdf:Seq><rdf:li rdf:resource='http://l.example/1'/></rdf:Seq></items></channel>
          <item rdf:about='http://l.example/1'><title>T</title><link>http://l.example/1</link></item></rdf:RDF>",
        &["<items xmlns=\"http://purl.org/rss/1.0/\"><rdf:Seq><rdf:li rdf:resource=\"http://l.example/1\"/>", "<item>"],
    );
}

#[test]
fn what_was_encoded_twice_stays_as_the_publisher_has_it() {
    let document =
        "<rss version='2.0'><channel><title>dÃ©jÃ\u{a0} lÃ\u{a0}!</title></channel></rss>";
    assert!(
        rewritten(document, None)
            .0
            .contains("<title>dÃ©jÃ\u{a0} lÃ\u{a0}!")
    );
}

#[test]
fn utf_8_that_was_escaped_byte_by_byte_is_read() {
    check(
        &item("<title>a &#226;&#128;&#166;</title>"),
        &["<title>a …</title>"],
    );
}
