//! One feed of each dialect, as its time wrote it.

use super::{check, names, read};
use crate::model::{Feed, FeedFormat, Text};
use crate::parse::parse;

const RDF: &str = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'";

/// A text's value, or a dash.
fn shown(text: Option<&Text>) -> &str {
    text.map_or("-", |text| text.value.as_str())
}

fn seconds(feed: &Feed) -> Vec<Option<i64>> {
    let dates = feed.entries.iter().map(|entry| entry.published.as_ref());
    dates
        .map(|date| date.and_then(|date| date.time).map(|time| time.as_second()))
        .collect()
}

#[test]
fn rss_0_90() {
    let feed = read(&format!(
        "<?xml version='1.0'?><rdf:RDF {RDF} xmlns='http://channel.netscape.com/rdf/simple/0.9/'>
         <channel><title>F</title><link>http://h/</link><description>D</description></channel>
         <image><title>I</title><url>http://h/i.png</url><link>http://h/</link></image>
         <item><title>A</title><link>http://h/a</link></item><item><title>B</title><link>http://h/b</link></item>
         <textinput><title>Search</title><name>q</name></textinput></rdf:RDF>"
    ));
    assert_eq!((shown(feed.title.as_ref()), feed.entries.len()), ("F", 2));
    assert_eq!(
        feed.image.map(|image| image.url).as_deref(),
        Some("http://h/i.png")
    );
    assert_eq!(names(&feed.extensions), ["textinput"]);
    assert_eq!(feed.entries[1].link.as_deref(), Some("http://h/b"));
}

#[test]
fn rss_0_91_of_netscape_and_of_userland() {
    let netscape = read(
        "<?xml version='1.0'?>
         <!DOCTYPE rss PUBLIC \"-//Netscape Communications//DTD RSS 0.91//EN\" \"http://my.netscape.com/publish/formats/rss-0.91.dtd\">
         <rss version='0.91'><channel><title>Caf&eacute;</title><language>en-us</language><rating>(PICS-1.1)</rating>
         <item><title>A</title><link>http://h/a</link><description>x &lt; y</description></item></channel></rss>",
    );
    assert_eq!(shown(netscape.title.as_ref()), "Café");
    assert_eq!(shown(netscape.entries[0].content.as_ref()), "x < y");
    assert_eq!(names(&netscape.extensions), ["rating"]);
    let userland = read(
        "<rss version='0.91'><channel><title>F</title><skipHours><hour>24</hour><hour>3</hour></skipHours>
         <textInput><title>t</title></textInput><item><title>A</title></item></channel></rss>",
    );
    assert_eq!(userland.skip_hours, [0, 3]);
}

#[test]
fn rss_0_92_to_0_94() {
    let feed = read(
        "<rss version='0.92'><channel><title>F</title><cloud domain='h' port='80'/><item><description>&lt;b&gt;x&lt;/b&gt;</description>
         <category domain='d'>c</category><source url='http://o/rss'>O</source>
         <enclosure url='http://h/1.mp3' length='1' type='audio/mpeg'/><enclosure url='http://h/2.mp3' length='2' type='audio/mpeg'/>
         <expirationDate>Thu, 01 Jan 2004 19:48:21 GMT</expirationDate></item></channel></rss>",
    );
    let entry = &feed.entries[0];
    assert_eq!(shown(entry.content.as_ref()), "<b>x</b>");
    assert_eq!(entry.enclosures.len(), 2);
    assert_eq!(names(&entry.extensions), ["expirationDate"]);
    let origin = entry.source.as_ref().expect("the entry has a source");
    assert_eq!(
        (shown(origin.title.as_ref()), origin.url.as_deref()),
        ("O", Some("http://o/rss"))
    );
    let typed = read(
        "<rss version='0.94'><channel><item><description type='text/plain'>&lt;b&gt;</description></item></channel></rss>",
    );
    assert_eq!(typed.entries[0].content, Some(Text::plain("<b>")));
}

#[test]
fn rss_1_0() {
    let feed = read(&format!(
        "<rdf:RDF {RDF} xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'
          xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>
         <channel rdf:about='http://h/'><title>F</title><link>http://h/</link><sy:updatePeriod>hourly</sy:updatePeriod>
         <items><rdf:Seq><rdf:li rdf:resource='http://h/a'/></rdf:Seq></items></channel>
         <item rdf:about='http://h/a'><title>A</title><link>http://h/a</link><dc:creator>Jo</dc:creator>
         <dc:date>2004-01-01T00:00:00Z</dc:date><content:encoded><![CDATA[<p>x]]></content:encoded></item></rdf:RDF>"
    ));
    assert_eq!(feed.entries[0].id.as_deref(), Some("http://h/a"));
    assert_eq!(shown(feed.entries[0].content.as_ref()), "<p>x");
    assert_eq!(seconds(&feed), [Some(1_072_915_200)]);
    assert_eq!(feed.entries[0].authors.len(), 1);
}

#[test]
fn rss_1_1() {
    let feed = read(&format!(
        "<Channel {RDF} xmlns='http://purl.org/net/rss1.1#' rdf:about='http://h/rss' xml:lang='en'>
         <title>F</title><link>http://h/</link><description>D</description><image rdf:parseType='Resource'><title>I</title><url>i.png</url></image>
         <items rdf:parseType='Collection'><item rdf:about='http://h/a'><title>A</title><link>http://h/a</link></item>
         <Item rdf:about='http://h/b'><title>B</title></Item></items></Channel>"
    ));
    assert_eq!(
        (feed.format, shown(feed.title.as_ref())),
        (FeedFormat::Rss, "F")
    );
    assert_eq!(feed.entries.len(), 2);
    assert_eq!(feed.entries[1].id.as_deref(), Some("http://h/b"));
    assert_eq!(feed.image.map(|image| image.url).as_deref(), Some("i.png"));
}

#[test]
fn rss_2_0_under_every_address() {
    for namespace in [
        "http://backend.userland.com/rss2",
        "http://backend.userland.com/RSS2",
        "http://backend.userland.com/rss",
        "http://blogs.law.harvard.edu/tech/rss",
        "http://cyber.law.harvard.edu/rss/rss.html",
        "http://my.netscape.com/publish/formats/rss-0.91.dtd",
        "http://www.rssboard.org/rss-specification",
        "http://example.org/an-address-of-our-own",
    ] {
        let inside = "<channel><title>F</title><item><title>A</title></item></channel>";
        check(
            &format!("<rss version='2.0' xmlns='{namespace}'>{inside}</rss>"),
            FeedFormat::Rss,
            &["F", "A"],
        );
    }
    check(
        "<r:rss xmlns:r='http://backend.userland.com/rss2'><r:channel><r:title>F</r:title><r:item><r:title>A</r:title></r:item></r:channel></r:rss>",
        FeedFormat::Rss,
        &["F", "A"],
    );
}

#[test]
fn atom_under_every_address() {
    for namespace in [
        "http://www.w3.org/2005/Atom",
        "https://www.w3.org/2005/Atom",
        "http://www.w3.org/2005/Atom/",
        "http://purl.org/atom/ns#",
        "http://purl.org/atom/ns",
        "http://purl.org/atom/ns#draft-ietf-atompub-format-05",
        "http://purl.org/echo/",
        "http://purl.org/pie/",
        "http://example.com/necho#",
        "http://example.com/newformat#",
        "uri/of/echo/namespace#",
    ] {
        let inside = "<title>F</title><entry><title>A</title></entry>";
        check(
            &format!("<feed xmlns='{namespace}'>{inside}</feed>"),
            FeedFormat::Atom,
            &["F", "A"],
        );
        let inside = "<x:title>F</x:title><x:entry><x:title>A</x:title></x:entry>";
        check(
            &format!("<x:feed xmlns:x='{namespace}'>{inside}</x:feed>"),
            FeedFormat::Atom,
            &["F", "A"],
        );
    }
}

#[test]
fn atom_0_3() {
    let feed = read(
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#' xml:lang='en'><title mode='escaped' type='text/html'>F &amp;amp; G</title>
         <tagline>T</tagline><link rel='alternate' type='text/html' href='http://h/'/><modified>2004-01-02T00:00:00Z</modified>
         <copyright>C</copyright><generator url='http://g/' version='1'>G</generator>
         <entry><title type='text/plain'>A</title><id>tag:h,1</id><issued>2004-01-01T00:00:00+00:00</issued><created>2003-01-01</created>
         <modified>2004-01-02T00:00:00Z</modified><author><name>Jo</name><url>http://jo/</url></author>
         <summary type='text/plain' mode='base64'>SGVsbG8=</summary>
         <content type='application/xhtml+xml' mode='xml'><div xmlns='http://www.w3.org/1999/xhtml'>x<br/></div></content></entry>
         <entry><title>B</title><content type='text/html' mode='escaped'>&lt;p&gt;y</content></entry></feed>",
    );
    assert_eq!(
        (shown(feed.title.as_ref()), shown(feed.description.as_ref())),
        ("F &amp; G", "T")
    );
    assert_eq!(
        feed.rights,
        Some(Text {
            language: Some("en".into()),
            ..Text::plain("C")
        })
    );
    let entry = &feed.entries[0];
    assert_eq!(seconds(&feed), [Some(1_072_915_200), None]);
    assert_eq!(entry.authors[0].uri.as_deref(), Some("http://jo/"));
    assert_eq!(shown(entry.summary.as_ref()), "Hello");
    assert!(
        shown(entry.content.as_ref()).contains("x<br"),
        "{:?}",
        entry.content
    );
    assert_eq!(shown(feed.entries[1].content.as_ref()), "<p>y");
}

#[test]
fn cdf() {
    let feed = read(
        "<?XML VERSION=\"1.0\"?><CHANNEL HREF='http://h/' LASTMOD='2004-01-01T00:00' BASE='http://h/'>
         <TITLE>F</TITLE><ABSTRACT>D</ABSTRACT><LOGO HREF='http://h/l.gif' STYLE='image'/><SCHEDULE><INTERVALTIME DAY='1'/></SCHEDULE>
         <ITEM HREF='http://h/a' LASTMOD='2004-01-01T00:00'><TITLE>A</TITLE><ABSTRACT>x</ABSTRACT></ITEM>
         <CHANNEL><TITLE>Inner</TITLE><ITEM HREF='http://h/b'><TITLE VALUE='B'/></ITEM></CHANNEL></CHANNEL>",
    );
    assert_eq!(
        (shown(feed.title.as_ref()), shown(feed.description.as_ref())),
        ("F", "D")
    );
    assert_eq!(feed.link.as_deref(), Some("http://h/"));
    assert_eq!(
        feed.image.as_ref().map(|image| image.url.as_str()),
        Some("http://h/l.gif")
    );
    let titles: Vec<_> = feed
        .entries
        .iter()
        .map(|entry| shown(entry.title.as_ref()))
        .collect();
    assert_eq!(titles, ["A", "B"]);
    assert_eq!(shown(feed.entries[0].content.as_ref()), "x");
    assert!(feed.entries[0].updated.is_some());
}

#[test]
fn json_feed_1_0_and_1_1() {
    for (version, people) in [
        (
            "https://jsonfeed.org/version/1",
            r#""author":{"name":"Jo"}"#,
        ),
        (
            "http://jsonfeed.org/version/1.1",
            r#""authors":[{"name":"Jo"}]"#,
        ),
    ] {
        let feed = read(&format!(
            r#"{{"version":"{version}","title":"F",{people},"items":[{{"id":"1","title":"A",{people},"date_published":"2004-01-01T00:00:00Z"}}]}}"#
        ));
        assert_eq!(
            feed.authors.len() + feed.entries[0].authors.len(),
            2,
            "{version}"
        );
        assert_eq!(seconds(&feed), [Some(1_072_915_200)]);
    }
}

#[test]
fn elements_in_the_wrong_place() {
    let rss = FeedFormat::Rss;
    let (a, b) = (
        "<item><title>A</title></item>",
        "<item><title>B</title></item>",
    );
    check(
        &format!("<rss>{a}<channel><title>F</title></channel>{b}</rss>"),
        rss,
        &["F", "A", "B"],
    );
    check(
        &format!("<rss><channel>{a}{b}<title>F</title></channel></rss>"),
        rss,
        &["F", "A", "B"],
    );
    check(
        &format!("<rss><channel><title>F</title><items>{a}{b}</items></channel></rss>"),
        rss,
        &["F", "A", "B"],
    );
    check(
        &format!("<rss><title>F</title>{a}{b}</rss>"),
        rss,
        &["F", "A", "B"],
    );
    check(
        &format!("<rss><channel><title>F</title>{a}</channel><channel>{b}</channel></rss>"),
        rss,
        &["F", "A", "B"],
    );
    check(
        &format!("<channel><title>F</title>{a}</channel>"),
        rss,
        &["F", "A"],
    );
    check(
        &format!(
            "<rss><channel><title>F</title><entry><title>A</title></entry>{b}</channel></rss>"
        ),
        rss,
        &["F", "A", "B"],
    );
    check(
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title><entry><title>A</title><entry><title>B</title></entry></feed>",
        FeedFormat::Atom,
        &["F", "A", "B"],
    );
    check(
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title><item><title>A</title></item></feed>",
        FeedFormat::Atom,
        &["F", "A"],
    );
}

#[test]
fn several_feeds_in_one_document() {
    let (feed, warnings) = parse(
        "<rss><channel><title>F</title><item><title>A</title></item></channel></rss>
         <rss><channel><title>G</title><item><title>B</title></item></channel></rss>",
        None,
    )
    .expect("the document is a feed");
    let titles: Vec<_> = feed
        .entries
        .iter()
        .map(|entry| shown(entry.title.as_ref()))
        .collect();
    assert_eq!(titles, ["A", "B"]);
    assert_eq!((warnings.len(), warnings[0].line), (1, Some(2)));
}

#[test]
fn a_feed_that_another_document_holds_as_text() {
    let inner =
        "<rss><channel><title>F</title><item><title>A &amp; B</title></item></channel></rss>";
    let escaped = inner.replace('&', "&amp;").replace('<', "&lt;");
    for document in [
        format!("<string xmlns='http://tempuri.org/'>{escaped}</string>"),
        format!("<?xml version='1.0'?>\n<data><![CDATA[<?xml version='1.0'?>{inner}]]></data>"),
        escaped,
    ] {
        check(&document, FeedFormat::Rss, &["F", "A & B"]);
    }
}

#[test]
fn additions_are_kept_whole() {
    let feed = read(
        "<rss xmlns:sx='http://feedsync.org/2007/feedsync' xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'>
         <channel><sx:sharing since='1' until='2'/><item><sx:sync id='1' updates='2'><sx:history sequence='2' by='x'/></sx:sync>
         <feedburner:origLink>http://h/a</feedburner:origLink>
         <media:group xmlns:media='http://search.yahoo.com/mrss/'><media:content url='u'/><media:content url='v'/></media:group>
         <creativeCommons:license>http://cc/</creativeCommons:license></item></channel></rss>",
    );
    assert_eq!(names(&feed.extensions), ["sharing"]);
    let kept = &feed.entries[0].extensions;
    assert_eq!(names(kept), ["sync", "origLink", "group", "license"]);
    assert_eq!(kept[0].children.len(), 1);
    assert_eq!(kept[2].children.len(), 2);
}
