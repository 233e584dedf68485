//! Whole documents: every dialect, every debris, and what becomes of it.

mod debris;
mod dialects;

use super::{ParseError, parse};
use crate::limits::{ENTRIES_MAX, XML_DEPTH_MAX};
use crate::model::{Element, Entry, Feed, FeedFormat, Node, Text, TextKind};

fn read(document: &str) -> Feed {
    parse(document, None).expect("the document is a feed").0
}

/// The only entry of an RSS 2.0 document with the usual namespaces.
fn item(inside: &str) -> Entry {
    let document = format!(
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'
          xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/'>
          <channel><item>{inside}</item></channel></rss>"
    );
    read(&document).entries.remove(0)
}

/// The only entry of an Atom 1.0 document.
fn entry(inside: &str) -> Entry {
    let document =
        format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry>{inside}</entry></feed>");
    read(&document).entries.remove(0)
}

fn names(extensions: &[Element]) -> Vec<&str> {
    extensions
        .iter()
        .map(|element| element.name.as_str())
        .collect()
}

#[track_caller]
fn check(document: &str, format: FeedFormat, titles: &[&str]) {
    let feed = read(document);
    assert_eq!(feed.format, format);
    let found: Vec<&str> = std::iter::once(&feed.title)
        .chain(feed.entries.iter().map(|entry| &entry.title))
        .map(|title| title.as_ref().map_or("-", |title| title.value.as_str()))
        .collect();
    assert_eq!(found, titles, "{document}");
}

#[test]
fn every_dialect_of_rss() {
    let rss = FeedFormat::Rss;
    check(
        "<rss version='0.91'><channel><title>F</title><item><title>E</title></item></channel></rss>",
        rss,
        &["F", "E"],
    );
    check(
        "<rss version='2.0' xmlns='http://backend.userland.com/rss2'><channel><title>F</title>
         <item><title>E</title></item></channel></rss>",
        rss,
        &["F", "E"],
    );
    check(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>
         <channel><title>F</title></channel><item><title>E</title></item></rdf:RDF>",
        rss,
        &["F", "E"],
    );
    check(
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:s='http://purl.org/rss/1.0/'>
         <s:channel><s:title>F</s:title></s:channel><s:item><s:title>E</s:title></s:item></r:RDF>",
        rss,
        &["F", "E"],
    );
    check(
        "<Channel xmlns='http://purl.org/net/rss1.1#'><title>F</title><items><item><title>E</title></item></items></Channel>",
        rss,
        &["F", "E"],
    );
    check(
        "<CHANNEL HREF='http://h/'><TITLE>F</TITLE><ITEM HREF='a'><TITLE>E</TITLE></ITEM></CHANNEL>",
        rss,
        &["F", "E"],
    );
}

#[test]
fn every_dialect_of_atom() {
    let atom = FeedFormat::Atom;
    for namespace in [
        "http://www.w3.org/2005/Atom",
        "http://purl.org/atom/ns#",
        "HTTP://WWW.W3.ORG/2005/ATOM/",
        "",
    ] {
        check(
            &format!(
                "<feed xmlns='{namespace}'><title>F</title><entry><title>E</title></entry></feed>"
            ),
            atom,
            &["F", "E"],
        );
    }
    check(
        "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:title>E</a:title></a:entry></a:feed>",
        atom,
        &["-", "E"],
    );
}

#[test]
fn what_stands_around_a_feed() {
    let feed = "<rss><channel><title>F</title></channel></rss>";
    for before in [
        "\n\n <?xml version='1.0'?>",
        "<br />\n<b>Warning</b>: mysql_connect() in <b>/x.php</b> on line <b>3</b><br />\n<?xml version='1.0'?>",
        "garbage & more < garbage ",
        "<?xml version='1.0'?><?xml-stylesheet href='x'?><!-- <rss> -->",
        "<bogus xmlns='http://www.w3.org/1999/xlink'/>",
        "<envelope><body>",
    ] {
        check(
            &format!("{before}{feed}<!-- after --><p>"),
            FeedFormat::Rss,
            &["F"],
        );
    }
}

#[test]
fn a_document_that_breaks_off_keeps_what_was_there() {
    let whole = "<rss><channel><title>F</title><item><title>A</title></item><item><title>B</title></item></channel></rss>";
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let Ok((feed, warnings)) = parse(&whole[..end], None) else {
            continue;
        };
        let complete = whole[..end].matches("</item>").count();
        assert!(feed.entries.len() >= complete, "{end}");
        assert!(!warnings.is_empty() || end > whole.len() - 2, "{end}");
    }
}

#[test]
fn what_is_no_feed_says_what_it_is() {
    assert_eq!(parse(" \n\u{feff} ", None), Err(ParseError::Empty));
    let list = "<?xml version='1.0'?><opml version='2.0'><head><title>x</title></head><body><outline/></body></opml>";
    assert_eq!(parse(list, None), Err(ParseError::Opml));
    let junk = ParseError::NotAFeed {
        starts_with: "a\\n\\u{1b}[31m\"é".to_owned(),
    };
    assert_eq!(parse("a\n\u{1b}[31m\"é", None), Err(junk));
    for document in ["hello", "<x>", "{{"] {
        assert!(
            matches!(parse(document, None), Err(ParseError::NotAFeed { .. })),
            "{document}"
        );
    }
    let page = "<!DOCTYPE html><html><head><title>Home</title><meta charset=utf-8>
        <link rel='alternate' type='application/rss+xml' title='News' href='/feed'>
        <link rel='stylesheet' href='x'></head><body><br>Hi";
    let error = parse(page, Some("http://h/x/")).expect_err("a page is no feed");
    assert_eq!(
        error.to_string(),
        "document is a web page (\"Home\"), not a feed; it links to http://h/feed"
    );
}

#[test]
fn one_value_wins_and_the_others_are_kept() {
    let found =
        item("<dc:title>D</dc:title><title>A</title><title>B</title><guid>1</guid><guid>2</guid>");
    assert_eq!(found.title, Some(Text::plain("A")));
    assert_eq!(found.id.as_deref(), Some("1"));
    assert_eq!(names(&found.extensions), ["title", "title", "guid"]);

    let found = item(
        "<author>jo@example.org (Jo)</author><dc:creator>Al</dc:creator><dc:creator>Al</dc:creator>",
    );
    let people: Vec<_> = found
        .authors
        .iter()
        .map(|person| person.name.as_deref())
        .collect();
    assert_eq!(people, [Some("Jo"), Some("Al")]);

    let found = item("<pubDate>soon</pubDate><dc:date>2003-12-31</dc:date>");
    assert_eq!(
        found
            .published
            .and_then(|date| date.time)
            .map(|t| t.as_second()),
        Some(1_072_828_800)
    );
    assert_eq!(names(&found.extensions), ["pubDate", "date"]);
}

#[test]
fn bodies_and_summaries_of_rss() {
    let lone = item("<description>&lt;p&gt;x</description>");
    assert_eq!(
        (lone.summary, lone.content),
        (None, Some(Text::html("<p>x")))
    );
    assert!(lone.content_is_description);

    let both = item("<content:encoded>&lt;p&gt;x</content:encoded><description>y</description>");
    assert_eq!(
        (both.summary, both.content),
        (Some(Text::plain("y")), Some(Text::html("<p>x")))
    );
    assert!(!both.content_is_description);

    let body = item("<body xmlns='http://www.w3.org/1999/xhtml'><p>x<br/></p></body>");
    assert_eq!(body.content, Some(Text::html("<p>x<br></p>")));

    let naked = item("<description>a <b>b</b> &amp;lt;</description>");
    assert_eq!(naked.content, Some(Text::html("a <b>b</b> &lt;")));
}

#[test]
fn ids_and_links() {
    let found = item("<guid>http://h/1</guid>");
    assert!(found.id_is_permalink);
    assert_eq!(found.link.as_deref(), Some("http://h/1"));
    assert!(!item("<guid isPermaLink='false'>http://h/1</guid>").id_is_permalink);
    assert!(!item("<guid isPermaLink='true'>tag:h,1</guid>").id_is_permalink);

    let found = entry(
        "<link rel='alternate' type='application/json' href='http://h/j'/><link href='http://h/a'/>
         <link rel='enclosure' href='http://h/m' length='7'/><link rel='via' href='http://o/'/>",
    );
    assert_eq!(found.link.as_deref(), Some("http://h/a"));
    assert_eq!(found.enclosures[0].length_bytes, Some(7));
    let links: Vec<_> = found.links.iter().map(|link| link.href.as_str()).collect();
    assert_eq!(links, ["http://h/j", "http://o/"]);
}

#[test]
fn every_enclosure_is_kept() {
    let found = item(
        "<enclosure url='http://h/1' length='1' type='audio/mpeg'/><enclosure url='http://h/2'/>",
    );
    assert_eq!(found.enclosures.len(), 2);
}

#[test]
fn extensions_keep_order_depth_and_attributes() {
    let found = item(
        "<media:group><media:content url='u' xml:lang='de'>\n <media:title>T &amp; t</media:title>\n</media:content></media:group>
         <rating>5</rating><unknown:x a='1'/>",
    );
    assert_eq!(names(&found.extensions), ["group", "rating", "x"]);
    let Some(Node::Element(content)) = found.extensions[0].children.first() else {
        panic!("the group has no content");
    };
    assert_eq!(
        content.namespace.as_deref(),
        Some("http://search.yahoo.com/mrss/")
    );
    assert_eq!(content.attributes[1].prefix.as_deref(), Some("xml"));
    let [Node::Element(title)] = content.children.as_slice() else {
        panic!("indentation was kept");
    };
    assert_eq!(title.children, [Node::Text("T & t".to_owned())]);
    assert_eq!(
        found.extensions[2].namespace.as_deref(),
        Some("urn:undeclared:unknown")
    );
}

#[test]
fn bases_and_languages_are_inherited() {
    let document = "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://h/a/' xml:lang='en'>
        <link href='b'/><entry xml:base='c/' xml:lang='de'><link href='d'/><title>T</title>
        <content type='html' xml:lang='fr'>&lt;a href='e'></content><x:y xmlns:x='urn:x'/></entry></feed>";
    let (feed, _) = parse(document, Some("http://other/")).expect("the document is a feed");
    assert_eq!(feed.link.as_deref(), Some("http://h/a/b"));
    assert_eq!(feed.language.as_deref(), Some("en"));
    let entry = &feed.entries[0];
    assert_eq!(entry.link.as_deref(), Some("http://h/a/c/d"));
    assert_eq!(entry.language.as_deref(), Some("de"));
    let content = entry.content.as_ref().expect("the entry has content");
    assert_eq!(content.base.as_deref(), Some("http://h/a/c/"));
    assert_eq!(content.language.as_deref(), Some("fr"));
    let base = entry.extensions[0]
        .attributes
        .iter()
        .find(|a| a.name == "base");
    assert_eq!(base.map(|base| base.value.as_str()), Some("http://h/a/c/"));
}

#[test]
fn addresses_resolve_against_the_document_and_stay_where_it_is_not_known() {
    let document = "<rss><channel><link>http://site/</link><item><link>/a</link>
        <description>&lt;img src='i.png'&gt; &lt;a href='#n'&gt;</description></item></channel></rss>";
    let entry = read(document).entries.remove(0);
    assert_eq!(entry.link.as_deref(), Some("/a"));
    assert_eq!(entry.content.and_then(|text| text.base), None);
    let (feed, _) = parse(document, Some("http://doc/x/")).expect("the document is a feed");
    assert_eq!(feed.entries[0].link.as_deref(), Some("http://doc/a"));
    let fragment = item("<link>http://h/</link><description>&lt;a href='#n'&gt;</description>");
    assert_eq!(fragment.content.and_then(|text| text.base), None);
}

#[test]
fn the_head_of_a_channel() {
    let feed = read(
        "<rss><channel><managingEditor>jo@example.org (Jo)</managingEditor><webMaster>w@example.org</webMaster>
         <ttl> 60 </ttl><skipHours><hour>24</hour><hour>7</hour></skipHours><skipDays><day>Monday</day></skipDays>
         <image><url>i.png</url><width>1</width></image><category domain='d'>c</category><language>en</language>
         <cloud domain='x'/><generator>G</generator><pubDate>Thu, 01 Jan 2004 00:00:00 GMT</pubDate></channel></rss>",
    );
    assert_eq!(feed.authors[0].email.as_deref(), Some("jo@example.org"));
    assert_eq!(
        feed.publisher.and_then(|person| person.email).as_deref(),
        Some("w@example.org")
    );
    assert_eq!(
        (feed.ttl_minutes, feed.skip_hours, feed.skip_days),
        (Some(60), vec![0, 7], vec!["Monday".to_owned()])
    );
    assert_eq!(feed.image.map(|image| image.url).as_deref(), Some("i.png"));
    assert_eq!(feed.categories[0].scheme.as_deref(), Some("d"));
    assert_eq!(names(&feed.extensions), ["cloud"]);
}

#[test]
fn content_of_atom_that_no_text_can_hold() {
    let link = entry("<content src='http://h/v' type='video/mp4'/>").content_link;
    assert_eq!(
        link.and_then(|link| link.media_type).as_deref(),
        Some("video/mp4")
    );
    let image = entry("<content type='image/png'>iVBORw0K</content>");
    assert_eq!(
        (image.content, names(&image.extensions)),
        (None, vec!["content"])
    );
    let person = entry("<author><name>Jo</name><g:image xmlns:g='urn:g' src='u'/></author>");
    assert_eq!(names(&person.authors[0].extensions), ["image"]);
    let link = entry("<link rel='replies' href='http://h/' t:count='3' xmlns:t='urn:t'/>");
    assert_eq!(link.links[0].attributes[0].value, "3");
}

#[test]
fn what_was_forgiven_is_told_with_its_line() {
    let document = "<rss><channel>\n<title>A & B</title>\n<item><pubDate>soon</pubDate></item>\n</channel></rss>";
    let (_, warnings) = parse(document, None).expect("the document is a feed");
    let told: Vec<_> = warnings
        .iter()
        .map(|w| (w.line, w.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Some(2), "an & that begins no reference was kept as text"),
            (
                Some(3),
                "a date cannot be understood and is not published: \"soon\""
            )
        ]
    );
}

#[test]
fn limits_hold() {
    let many = format!(
        "<rss><channel>{}</channel></rss>",
        "<item/>".repeat(ENTRIES_MAX + 5)
    );
    let (feed, warnings) = parse(&many, None).expect("the document is a feed");
    assert_eq!((feed.entries.len(), warnings.len()), (ENTRIES_MAX, 1));
    let deep = format!(
        "<rss><channel><item><x>{}",
        "<x>".repeat(XML_DEPTH_MAX * 10)
    );
    assert_eq!(read(&deep).entries.len(), 1);
}

#[test]
fn no_document_makes_it_panic() {
    use proptest::prelude::*;
    let pieces = prop::sample::select(vec![
        "<rss>",
        "<channel>",
        "<item>",
        "</item>",
        "<title>",
        "</title",
        "<link",
        " href='",
        "\"",
        "'",
        ">",
        "/>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<!DOCTYPE",
        "[",
        "]",
        "<!ENTITY a \"&b;\">",
        "&a;",
        "&#x0;",
        "&#99999999999;",
        "&",
        ";",
        "<?xml",
        "?>",
        "<feed xmlns='http://www.w3.org/2005/Atom'>",
        "<entry>",
        "<content type='xhtml'>",
        "<div>",
        "xmlns:a='",
        "a:b",
        ":",
        "<pubDate>",
        "2003-12-31T",
        "24:00:60",
        "+99:99",
        "é",
        "\u{0}",
        "\n",
        "{",
        "\"items\":",
        "<author>",
        "a@b.c",
        "(",
        ")",
        "<description>",
        "&lt;p",
        "&gt;",
        "xml:base='//'",
        "srcset='a,,b 1x'",
        "=",
        "<",
        "</",
        "<//",
        "<a b",
        "base64",
    ]);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let documents = prop::collection::vec(pieces, 0..40);
    runner
        .run(&documents, |pieces| {
            let document = pieces.concat();
            let fed = format!("<rss><channel><item>{document}");
            for document in [&document, &fed] {
                if let Ok((feed, _)) = parse(document, Some("http://h/")) {
                    for text in feed
                        .entries
                        .iter()
                        .filter_map(|entry| entry.content.as_ref())
                    {
                        prop_assert!(text.kind == TextKind::Plain || !text.value.is_empty());
                        let _ = crate::absolute::absolute_html(&text.value, "http://h/");
                    }
                }
            }
            Ok(())
        })
        .expect("no document makes it panic");
}

#[test]
fn json_behind_something_else() {
    let feed =
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"F","items":[{"title":"E"}]}"#;
    for before in [
        "\u{feff}",
        ")]}'\n",
        "Notice: Undefined index: x in /y.php on line 3\n",
        "<br />\n<b>Warning</b>: mysql_connect() in <b>/x.php</b> on line <b>3</b><br />\n",
    ] {
        check(&format!("{before}{feed}"), FeedFormat::Json, &["F", "E"]);
    }
    let page = format!("<!DOCTYPE html><title>How to write</title><pre>{feed}</pre>");
    assert!(matches!(parse(&page, None), Err(ParseError::Page { .. })));
    assert!(matches!(
        parse("callback({\"a\":1});", None),
        Err(ParseError::OtherJson)
    ));
}

#[test]
fn warnings_of_xml_name_their_entry() {
    let document = "<rss><channel><title>A & B</title><item><title>a</title></item>
        <item><title>b</title><pubDate>soon</pubDate></item><ttl>x</channel></rss>";
    let (_, warnings) = parse(document, None).expect("the document is a feed");
    let told: Vec<_> = warnings.iter().map(|w| (w.line, w.entry_index)).collect();
    assert_eq!(told, [(Some(1), None), (Some(2), Some(1)), (Some(2), None)]);
}

#[track_caller]
fn check_breaks_off(document: &str, expected: (usize, bool)) {
    check_cut(document, expected, true);
}

#[track_caller]
fn check_cut(document: &str, expected: (usize, bool), is_cut: bool) {
    let (feed, _) = parse(document, None).expect("the document is a feed");
    assert_eq!(
        (feed.entries.len(), feed.breaks_off),
        expected,
        "{document}"
    );
    let (clean, _, _) = crate::clean::feed(&feed, &crate::model::Rules::default());
    assert_eq!(clean.breaks_off, expected.1, "{document}");
    assert_eq!((feed.is_cut, clean.is_cut), (is_cut, is_cut), "{document}");
}

#[test]
fn documents_that_end_within_an_entry() {
    let start = "<rss><channel><item><title>a</title></item>";
    check_breaks_off(&format!("{start}<item><title>b</title>"), (2, true));
    check_breaks_off(&format!("{start}<item><description>b &am"), (2, true));
    check_breaks_off(&format!("{start}<item><title>b</title></ite"), (2, true));
    check_breaks_off(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a",
        (1, true),
    );
}

#[test]
fn documents_that_end_behind_their_entries() {
    let start = "<rss><channel><item><title>a</title></item>";
    check_breaks_off(start, (1, false));
    check_breaks_off(&format!("{start}</channel>"), (1, false));
    check_breaks_off(&format!("{start}<it"), (1, false));
    check_cut(
        "<rss><channel><item><title>a</item></channel></rss>",
        (1, false),
        false,
    );
    // Of JSON only whole entries are kept, so none of them lacks its end.
    check_breaks_off(r#"{"items":[{"id":"a"},{"id":"b"#, (1, false));
    check_cut(r#"{"items":[{"id":"a"}]}"#, (1, false), false);
}

#[test]
fn json_that_is_no_feed() {
    let error = |document: &str| parse(document, None).expect_err("no feed").to_string();
    assert_eq!(
        error("{\n \"version\": tru}"),
        "document is JSON, but broken at line 2, column 16: expected ident"
    );
    assert_eq!(
        error("{\"a\":1}"),
        "document is no feed: it is JSON, but has neither the version nor the items of a JSON Feed"
    );
    assert_eq!(
        error("[{\"a\":1}]"),
        "document is no feed: it is JSON, but has neither the version nor the items of a JSON Feed"
    );
    assert_eq!(
        error("{{ page }}"),
        "document is no feed: it starts with “{{ page }}”"
    );
}
