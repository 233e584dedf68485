//! What goes from one format to another comes back as it was, and what we had to make does not come back.

use feedwash::model::{Entry, Feed, FeedFormat, Person, Text};
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
    stays(&document, |feed| {
        let entry = first(feed);
        (entry.id, entry.extensions)
    });
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
fn content_that_lies_elsewhere_keeps_a_type_that_is_none() {
    let content = "<content type=\"video\" src=\"http://l.example/v\"/>";
    let expected = "<content src=\"http://l.example/v\" given:type=\"video\"/>";
    writes(&atom("", content), ATOM, &[expected], &[]);
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

#[test]
fn what_only_rss_has_elements_for_stays() {
    let head = "<pubDate>Thu, 01 Jan 2004 00:00:00 GMT</pubDate><ttl>5</ttl>
        <skipHours><hour>0</hour><hour>5</hour></skipHours><skipDays><day>Sunday</day></skipDays>
        <image><url>http://l.example/i.png</url><title>I</title><link>http://l.example/i</link>
        <width>88</width><height>31</height><description>A lighthouse</description></image>";
    stays(&rss(head, ""), |feed| {
        let skips = (feed.skip_hours, feed.skip_days, feed.ttl_minutes);
        let published = feed.published.and_then(|date| date.time);
        (skips, published, feed.image, feed.extensions)
    });
}

#[test]
fn an_image_that_is_not_the_logo_stays_beside_it() {
    let head = "<logo>http://l.example/a.png</logo><r:image xmlns:r='http://backend.userland.com/rss2'>\
        <r:url>http://l.example/b.png</r:url><r:title>B</r:title></r:image>";
    stays(&atom(head, ""), |feed| (feed.image, feed.extensions));
}

#[test]
fn all_that_json_feed_says_of_people_and_files_stays() {
    let document = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "F",
        "authors": [{"name": "Jo", "url": "http://l.example/jo", "avatar": "http://l.example/jo.png"}],
        "items": [{"id": "x:1", "content_text": "C",
            "authors": [{"name": "Al", "url": "http://l.example/al"}, {"avatar": "http://l.example/b.png"},
                {"name": "Cy", "url": "mailto:cy@l.example", "avatar": "http://l.example/c.png"}],
            "attachments": [
                {"url": "http://l.example/a.mp3", "mime_type": "audio/mpeg", "title": "A", "duration_in_seconds": 61},
                {"url": "http://l.example/b.mp3", "mime_type": "audio/mpeg"},
                {"url": "http://l.example/c.mp3", "mime_type": "audio/mpeg", "duration_in_seconds": 62}]}]}"#;
    stays(document, |feed| {
        let authors = feed.authors.clone();
        let entry = first(feed);
        (authors, entry.authors, entry.enclosures)
    });
    let expected = ["<itunes:duration>61<", "feedwash:duration=\"62\""];
    writes(document, ATOM, &expected, &[]);
}

#[test]
fn all_that_atom_says_of_people_and_categories_stays() {
    let document = atom(
        "<author><name>Jo</name><uri>http://l.example/jo</uri><x xmlns='http://x.example/'>y</x></author>
         <generator uri='http://g.example/' version='1'>G</generator>
         <publisher xmlns='http://purl.org/dc/elements/1.1/'>P</publisher>",
        "<category term='a'/><category term='b' label='B'/><category term='c' scheme='http://s.example/'/>",
    );
    stays(&document, |feed| {
        let head = (
            feed.authors.clone(),
            feed.generator.clone(),
            feed.publisher.clone(),
        );
        (head, first(feed).categories)
    });
}

#[test]
fn a_link_that_lacks_an_escape_is_written_once() {
    let document = rss(
        "",
        "<link>http://l.example/a b</link><comments>http://l.example/c d</comments>",
    );
    let expected = [
        "<link>http://l.example/a%20b</link>",
        "<comments>http://l.example/c%20d</comments>",
    ];
    writes(
        &document,
        RSS,
        &expected,
        &["rss:link", "rss:comments", "a b", "c d"],
    );
}

#[test]
fn a_second_plain_link_is_written_as_one() {
    let document = rss(
        "",
        "<link>http://l.example/a</link><link>http://l.example/b</link>",
    );
    writes(
        &document,
        RSS,
        &["<atom:link rel=\"alternate\" href=\"http://l.example/b\"/>"],
        &[],
    );
    writes(
        &document,
        ATOM,
        &["<rss:link>http://l.example/b</rss:link>"],
        &["<rss:link href"],
    );
    stays(&document, |feed| {
        let entry = first(feed);
        let links = entry.links.into_iter().map(|link| link.href);
        (entry.link, links.collect::<Vec<_>>())
    });
}

#[test]
fn the_text_input_of_rss_1_is_one_of_rss_2() {
    let document = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>
        <channel rdf:about='http://l.example/'><title>F</title><link>http://l.example/</link><description>D</description>
        <textinput rdf:resource='http://l.example/s'/></channel>
        <item rdf:about='http://l.example/1'><title>T</title><link>http://l.example/1</link></item>
        <textinput rdf:about='http://l.example/s'><title>S</title><description>D</description><name>q</name>
        <link>http://l.example/s</link></textinput></rdf:RDF>";
    let expected = "<textInput rdf:about=\"http://l.example/s\"><title>S</title>";
    writes(document, RSS, &[expected], &["rss:text", "rdf:resource"]);
}

#[test]
fn items_of_cdf_have_links() {
    let document = "<CHANNEL HREF='http://l.example/'><TITLE>F</TITLE>
        <ITEM HREF='http://l.example/1'><TITLE>A</TITLE></ITEM>
        <ITEM><A HREF='http://l.example/2'/><TITLE>B</TITLE></ITEM></CHANNEL>";
    let expected = [
        "<link>http://l.example/1</link>",
        "<link>http://l.example/2</link>",
    ];
    writes(document, RSS, &expected, &[]);
}

#[test]
fn the_order_is_in_json_where_something_rivals_a_field() {
    let plain = rss(
        "",
        "<title>T</title><pubDate>Thu, 01 Jan 2004 00:00:00 GMT</pubDate><itunes:explicit>no</itunes:explicit>",
    );
    writes(&plain, JSON, &[], &["\"order\""]);
    let rival = rss("", "<itunes:title>I</itunes:title><title>T</title>");
    writes(&rival, JSON, &["\"order\": \"ixt\""], &[]);
}

#[test]
fn words_about_tags_stay_words() {
    for title in [
        "A &amp;lt;link rel=x&amp;gt; B",
        "&amp;lt;meta&amp;gt; &amp;amp;am/",
        "&amp;lt;u&amp;gt;x&amp;lt;/u&amp;gt;",
    ] {
        stays(&rss("", &format!("<title>{title}</title>")), |feed| {
            feed.entries[0].title.clone()
        });
    }
}

#[test]
fn a_text_may_begin_with_a_character_that_shows_nothing() {
    let inside = "<title>T</title><content type='html'>&#xfeff;&#xfeff;x</content>";
    stays(&atom("", inside), |feed| {
        feed.entries[0].content.clone().map(|text| text.value)
    });
}

#[test]
fn what_is_no_date_is_said_as_it_was_given() {
    let document = rss(
        "",
        "<title>T</title><pubDate>when the tide allows</pubDate>",
    );
    for format in [RSS, ATOM] {
        writes(
            &document,
            format,
            &["<given:pubDate>when the tide allows</given:pubDate>"],
            &[],
        );
        let date = turned(&document, &[format]).entries[0].published.clone();
        assert_eq!(
            date.map(|date| date.raw).as_deref(),
            Some("when the tide allows")
        );
    }
    writes(&document, JSON, &["when the tide allows"], &[]);
    let null = rss("", "<title>T</title><pubDate>0000-00-00 00:00:00</pubDate>");
    writes(
        &null,
        RSS,
        &["<given:pubDate>0000-00-00 00:00:00</given:pubDate>"],
        &["<pubDate>"],
    );
}

#[test]
fn links_of_a_feed_keep_their_order_whatever_they_say_besides() {
    let head = "<link hreflang='en' title='A' t:c='1' xmlns:t='http://x.example/' href='http://l.example/a'/>
        <link hreflang='de' href='http://l.example/b'/>";
    stays(&atom(head, ""), |feed| {
        let links = feed.links.into_iter().map(|link| link.href);
        (feed.link, links.collect::<Vec<_>>())
    });
}

#[test]
fn another_link_does_not_take_the_place_of_the_main_one() {
    for more in ["title='T'", "type='application/json'", "a:x='y'"] {
        let inside = format!(
            "<link>http://l.example/1</link><a:link xmlns:a='http://www.w3.org/2005/Atom' hreflang='en' href='http://l.example/2'/>
             <a:link xmlns:a='http://www.w3.org/2005/Atom' href='http://l.example/1' {more}/>"
        );
        stays(&rss("", &inside), |feed| first(feed).link);
        let head = rss(&inside, "").replace("<link>http://l.example/</link>", "");
        stays(&head, |feed| feed.link);
    }
}

#[test]
fn what_lost_its_role_does_not_win_it_back() {
    let lost = "<updated xmlns=''>2004-01-01T00:00:00Z</updated><id xmlns=''>x:2</id><title xmlns=''>U</title>";
    for inside in [lost, ""] {
        let document = atom("", inside).replace("<title>T", &format!("{lost}<title>T"));
        stays(&document, |feed| {
            let entry = first(feed);
            let moment = entry.updated.and_then(|date| date.time);
            (entry.id, moment, entry.title.map(|text| text.value))
        });
    }
}

#[test]
fn an_enclosure_that_leads_nowhere_is_not_the_first() {
    let duration = "xmlns:f='urn:feedwash:ns' f:duration='61'";
    let inside = format!(
        "<enclosure url='\u{7f}' length='1' type='audio/mpeg'/>
         <enclosure url='http://l.example/a.mp3' length='1' type='audio/mpeg' {duration}/>"
    );
    for format in [RSS, ATOM, JSON] {
        let seen = |formats: &[FeedFormat]| {
            let entry = first(turned(&rss("", &inside), formats));
            (entry.enclosures, entry.extensions)
        };
        assert_eq!(seen(&[format]), seen(&[format, format]), "{format:?}");
    }
}

#[test]
fn files_keep_their_order_where_the_document_had_none() {
    let attachments = r#"[{"url": "http://l.example/a", "mime_type": "audio/mpeg"},
        {"url": "http://l.example/b", "mime_type": "audio/mpeg", "duration_in_seconds": 61}]"#;
    let document = format!(
        r#"{{"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [{{"id": "x:1", "content_text": "C",
        "tags": ["t"], "attachments": {attachments}, "_feedwash": {{"order": "ixkx",
        "xml": ["<title xmlns='http://x.example/'/>", "<y xmlns='http://x.example/'/>"]}}}}]}}"#
    );
    stays(&document, |feed| {
        let files = first(feed).enclosures.into_iter();
        files.map(|file| file.url).collect::<Vec<_>>()
    });
}

#[test]
fn an_email_address_that_is_none_stays() {
    let document = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [{"id": "x:1",
        "content_text": "C", "authors": [{"name": "Jo", "_feedwash": {"email": "}jo@l.example"}}]}]}"#;
    for format in [JSON, RSS, ATOM] {
        let authors = first(turned(document, &[format, JSON, format])).authors;
        assert_eq!(authors, first(read(document)).authors, "{format:?}");
    }
}

#[test]
fn a_link_that_is_said_again_is_one() {
    let link = "<link href='http://l.example/1' type='image/png'/>";
    let inside = format!(
        "{link}<link href='http://l.example/1'/><link rel='alternate' href='http://l.example/1'/>"
    );
    stays(&atom("", &inside), |feed| first(feed).links.len());
    assert_eq!(first(read(&atom("", &inside))).links.len(), 1);
}

#[test]
fn a_hub_with_a_broken_address_stays_one() {
    let head = "<link rel='hub' title='H' href='http://l.example/a b'/>";
    stays(&atom(head, ""), |feed| {
        let titles = feed.links.into_iter().map(|link| link.title);
        titles.collect::<Vec<_>>()
    });
}

#[test]
fn content_of_nothing_but_a_wrapping_is_none() {
    let inside = "<content type='html'>&lt;![CDATA[]]&gt;</content>";
    stays(&atom("", inside), |feed| {
        let entry = first(feed);
        (entry.content, entry.extensions)
    });
}

#[test]
fn empty_content_is_no_rival_of_content_that_lies_elsewhere() {
    let inside = "<description>D</description><a:content xmlns:a='http://www.w3.org/2005/Atom' src='http://l.example/c'/>
        <c:encoded xmlns:c='http://purl.org/rss/1.0/modules/content/' xml:lang='de'> </c:encoded>";
    for pair in [[RSS, RSS], [RSS, ATOM], [ATOM, RSS]] {
        let entry = first(turned(&rss("", inside), &pair));
        let link = entry.content_link.map(|link| link.href);
        assert_eq!(link.as_deref(), Some("http://l.example/c"), "{pair:?}");
        let summary = entry.summary.map(|text| text.value);
        assert_eq!(summary.as_deref(), Some("D"), "{pair:?}");
    }
}

#[test]
fn content_that_lies_elsewhere_stays_beside_a_summary() {
    let inside = "<description>S</description>\
        <atom:content xmlns:atom='http://www.w3.org/2005/Atom' src='http://h.example/v' type='video/mp4'/>";
    stays(&rss("", inside), |feed| {
        let entry = first(feed);
        let href = entry.content_link.map(|link| link.href);
        (href, entry.summary.map(|text| text.value), entry.content)
    });
}

#[test]
fn a_person_who_looks_like_two_in_one_line_stays_one() {
    let people = [
        ("Jo (jo@l.example)", Some("al@l.example")),
        ("jo@l.example (Jo (Admin))", Some("no address")),
        ("Jo <jo@l.example>", None),
    ];
    for (name, email) in people {
        let person = Person {
            name: Some(name.to_owned()),
            email: email.map(str::to_owned),
            ..Person::default()
        };
        let given = Feed {
            publisher: Some(person.clone()),
            ..read(&rss("", ""))
        };
        for pair in pairs() {
            let turned = pair
                .iter()
                .fold(given.clone(), |feed, format| read(&written(&feed, *format)));
            assert_eq!(turned.publisher.as_ref(), Some(&person), "{pair:?}");
        }
    }
}

#[test]
fn the_language_of_what_stands_alone_stays() {
    let document = "<rss version='2.0' xml:lang='de'><channel><language>de</language><copyright>C</copyright>
        <item xml:lang='fr'><guid isPermaLink='false'>x:1</guid><title>T</title></item></channel></rss>";
    stays(document, |feed| feed.rights.and_then(|text| text.language));
    let document = "<rss version='2.0'><channel><title>F</title><item xml:lang='fr'>
        <guid isPermaLink='false'>x:1</guid><source url='a'>S</source></item></channel></rss>";
    let source = |feed| first(feed).source.and_then(|source| source.title);
    let language = source(turned(document, &[RSS, RSS])).and_then(|text| text.language);
    assert_eq!(language.as_deref(), Some("fr"));
}

#[test]
fn a_control_character_that_nobody_knows_stays() {
    let inside = "<title>Ý\u{90} &amp; x</title><description>Ý\u{90}</description>";
    stays(&rss("", inside).replace(">g<", ">Ý\u{90} &amp;<"), |feed| {
        let entry = first(feed);
        let text = |text: Option<Text>| text.map(|text| text.value);
        (entry.id, text(entry.title), text(entry.content))
    });
}

#[test]
fn what_is_called_like_an_entry_makes_none() {
    let person = "<dc:creator>Jo<ITEM HREF='http://l.example/2'/></dc:creator>";
    stays(&rss("", person), |feed| feed.entries.len());
    let namespace = format!("http://x.example/{}", "ì".repeat(100));
    let other = format!("<item xmlns='{namespace}'>x</item>");
    stays(&rss("", &other), |feed| feed.entries.len());
}
