//! What is wrong with XML in the wild, one case for each, and where it must end.

use super::{check, item, read};
use crate::model::FeedFormat;
use crate::parse::parse;

/// A feed with one entry, whose title and body are given as written.
#[track_caller]
fn titled(written: &str, expected: &str) {
    let title = item(&format!("<title>{written}</title><link>http://h/</link>")).title;
    assert_eq!(
        title.map(|title| title.value).as_deref(),
        Some(expected),
        "{written}"
    );
}

#[test]
fn references() {
    titled("A & B", "A & B");
    titled("A &B; C", "A &B; C");
    titled("Caf&eacute; &copy;", "Café ©");
    titled("&#8217;&#x2019;&#146;", "’’’");
    titled("&#55357;&#56832;", "😀");
    titled("&#xD83D;&#xDE00;", "😀");
    titled("a&#0;b&#x1F;c", "abc");
    titled("a&#99999999;b", "a\u{fffd}b");
    titled("R&D; &amp", "R&D; &amp");
    titled("<![CDATA[A & B]]> & C", "A & B & C");
}

#[test]
fn cdata_in_odd_places() {
    let link = |written: &str| item(written).link;
    assert_eq!(
        link("<link><![CDATA[http://h/?a=1&b=2]]></link>").as_deref(),
        Some("http://h/?a=1&b=2")
    );
    assert_eq!(
        link("<link>\n <![CDATA[ http://h/ ]]>\n</link>").as_deref(),
        Some("http://h/")
    );
    titled("<![CDATA[A]]><![CDATA[B]]>", "AB");
    titled("&lt;![CDATA[A]]&gt;", "A");
    let date = item("<pubDate><![CDATA[2004-01-01]]></pubDate>").published;
    assert!(date.is_some_and(|date| date.time.is_some()));
    check(
        "<![CDATA[ ]]><rss><![CDATA[ ]]><channel><![CDATA[ ]]><title>F</title></channel></rss>]]>",
        FeedFormat::Rss,
        &["F"],
    );
}

#[test]
fn tags_and_attributes() {
    let found = item(
        "<enclosure url=http://h/a.mp3 length=1 type=audio/mpeg /><enclosure url='http://h/b' url='http://h/c'/>",
    );
    let urls: Vec<_> = found.enclosures.iter().map(|e| e.url.as_str()).collect();
    assert_eq!(urls, ["http://h/a.mp3", "http://h/b"]);
    let found = item("<title>A<link>http://h/</link><description>x<br>y</item><item></title>");
    assert_eq!(found.link.as_deref(), Some("http://h/"));
    check(
        "<rss><channel><title>F</b></title></foo><item><title>A</title></item></item></channel></rss></rss>",
        FeedFormat::Rss,
        &["F", "A"],
    );
    check(
        "<RSS><Channel><TITLE>F</title><Item><Title>A</TITLE></item></CHANNEL></rss>",
        FeedFormat::Rss,
        &["F", "A"],
    );
}

#[test]
fn doctypes_declare_and_are_never_fetched() {
    check(
        "<!DOCTYPE rss [<!ENTITY me 'Jo &amp; Al'><!ENTITY % p SYSTEM 'http://h/p'>%p;<!ENTITY f SYSTEM 'file:///etc/passwd'>]>
         <rss><channel><title>&me;</title><item><title>&f;</title></item></channel></rss>",
        FeedFormat::Rss,
        &["Jo & Al", "&f;"],
    );
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let (feed, warnings) = parse(
        &format!("<!DOCTYPE rss [<!ENTITY l0 'ha'>{laughs}]><rss><channel><title>&l9;</title></channel></rss>"),
        None,
    )
    .expect("the document is a feed");
    let title = feed.title.map(|title| title.value).unwrap_or_default();
    assert!(
        title.len() <= crate::limits::XML_ENTITY_BYTES_MAX + 64,
        "{}",
        title.len()
    );
    assert_eq!(warnings.len(), 1);
}

#[test]
fn pages_around_feeds_and_errors_before_them() {
    let feed =
        "<rss version='2.0'><channel><title>F</title><item><title>A</title></item></channel></rss>";
    for (before, after) in [
        ("<html><body><h1>Error</h1>", "</body></html>"),
        (
            "<!DOCTYPE html><html><head><title>x</title></head><body><p>Oops<br>",
            "",
        ),
        (
            "PHP Warning:  include() in /x.php on line 3\n<?xml version='1.0'?>",
            "\n<!-- cached -->",
        ),
        (
            "<script>if (a < b && c > d) {}</script>",
            "<script src='x'></script>",
        ),
        ("\u{feff}\u{feff}\n", "\0"),
        ("<?php header('x'); ?>", "<img src='http://stats/'>"),
    ] {
        check(
            &format!("{before}{feed}{after}"),
            FeedFormat::Rss,
            &["F", "A"],
        );
    }
}

#[test]
fn a_feed_cut_anywhere_keeps_its_whole_entries_and_says_so() {
    let atom = "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>F é</title>\n<entry><id>1</id>\
        <title><![CDATA[A]]></title><content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>x</p></div></content>\
        </entry>\n<!-- c --><entry><id>2</id><link href=\"http://h/2\"/><summary>&lt;b&gt;</summary></entry></feed>";
    let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel>\
        <title>F</title></channel><item rdf:about='1'><title>A &amp; B</title></item><item rdf:about='2'><title>B</title></item></rdf:RDF>";
    for (whole, end_tag) in [(atom, "</entry>"), (rdf, "</item>")] {
        let all = read(whole).entries;
        let first_end = whole.find(end_tag).expect("the feed has entries") + end_tag.len();
        for end in (first_end..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            let (feed, warnings) = parse(&whole[..end], None).expect("what is left is a feed");
            let complete = whole[..end].matches(end_tag).count();
            assert_eq!(feed.entries[..complete], all[..complete], "cut at {end}");
            assert!(
                warnings.iter().any(|w| w.message.contains("breaks off")),
                "cut at {end}: {warnings:?}"
            );
        }
    }
}

#[test]
fn json_cut_anywhere_keeps_its_whole_entries_and_says_so() {
    let whole = r#"{"version":"https://jsonfeed.org/version/1.1","title":"F","items":[{"id":"1","tags":["a","b"],
        "content_html":"<p>\u00e9\"}]"},{"id":"2","authors":[{"name":"Jo"}]}],"_x":{"y":[1]}}"#;
    let all = read(whole).entries;
    let ends: Vec<usize> = [r#"}]"}"#, r#"}]}"#]
        .iter()
        .filter_map(|mark| whole.find(mark).map(|at| at + mark.len()))
        .collect();
    for end in ends[0]..whole.len() {
        let (feed, warnings) = parse(&whole[..end], None).expect("what is left is a feed");
        let complete = ends.iter().filter(|at| **at <= end).count();
        assert_eq!(feed.entries, all[..complete], "cut at {end}");
        assert!(
            warnings.iter().any(|w| w.message.contains("breaks off")),
            "cut at {end}: {warnings:?}"
        );
    }
}
