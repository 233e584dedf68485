//! What holds for all three formats: they are well-formed for every model, and nothing is lost.

use super::*;
use crate::model::{Attribute, Category, Date, Entry, Generator, Image, Node, Origin, Person};
use proptest::prelude::*;

const FORMATS: [FeedFormat; 3] = [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json];

fn rendered(feed: &Feed, format: FeedFormat) -> String {
    String::from_utf8(render(feed, format, &Context::default())).unwrap()
}

/// Reads a document with a strict reader and returns how many entries it has.
#[track_caller]
fn strict(document: &str, format: FeedFormat) -> usize {
    well_formed(document, format);
    match format {
        FeedFormat::Rss => ::rss::Channel::read_from(document.as_bytes())
            .unwrap()
            .items
            .len(),
        FeedFormat::Atom => atom_syndication::Feed::read_from(document.as_bytes())
            .unwrap()
            .entries
            .len(),
        FeedFormat::Json => {
            let value: serde_json::Value = serde_json::from_str(document).unwrap();
            value["items"].as_array().unwrap().len()
        }
    }
}

/// Names match, prefixes are declared, attributes stand once, every character may stand in XML.
#[track_caller]
fn well_formed(document: &str, format: FeedFormat) {
    use quick_xml::events::Event;
    use quick_xml::name::ResolveResult;
    if format == FeedFormat::Json {
        return;
    }
    assert!(!document.contains(|c: char| c < ' ' && !matches!(c, '\t' | '\n')));
    assert!(!document.contains(['\u{fffe}', '\u{ffff}']));
    let mut reader = quick_xml::NsReader::from_str(document);
    loop {
        let (namespace, event) = reader.read_resolved_event().unwrap();
        assert!(
            !matches!(namespace, ResolveResult::Unknown(_)),
            "undeclared prefix in {document}"
        );
        match event {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let attribute = attribute.unwrap();
                    let (namespace, _) = reader.resolver().resolve_attribute(attribute.key);
                    assert!(
                        !matches!(namespace, ResolveResult::Unknown(_)),
                        "undeclared prefix in {document}"
                    );
                    assert!(!attribute.value.contains(&b'<'));
                }
            }
            Event::Text(text) => assert!(!text.decode().unwrap().contains("]]>")),
            _ => {}
        }
    }
}

fn with_entry(entry: Entry) -> Feed {
    Feed {
        entries: vec![entry],
        ..Feed::default()
    }
}

#[track_caller]
fn check(feed: &Feed, format: FeedFormat, expected: &str) {
    let document = rendered(feed, format);
    assert_eq!(strict(&document, format), feed.entries.len());
    assert!(document.contains(expected), "no {expected} in {document}");
}

#[track_caller]
fn check_entry(entry: Entry, format: FeedFormat, expected: &str) {
    check(&with_entry(entry), format, expected);
}

fn tree(namespace: Option<&str>, prefix: Option<&str>, name: &str) -> Element {
    Element {
        namespace: namespace.map(str::to_owned),
        prefix: prefix.map(str::to_owned),
        name: name.to_owned(),
        ..Element::default()
    }
}

fn date(time: &str) -> Date {
    Date {
        raw: time.to_owned(),
        time: time.parse().ok(),
    }
}

#[test]
fn the_type_of_an_own_address_is_written_where_it_is_known() {
    for (read, written, known) in [
        (FeedFormat::Atom, FeedFormat::Atom, true),
        (FeedFormat::Json, FeedFormat::Atom, false),
        (FeedFormat::Rss, FeedFormat::Atom, false),
        (FeedFormat::Rss, FeedFormat::Rss, true),
        (FeedFormat::Json, FeedFormat::Rss, false),
    ] {
        let feed = Feed {
            format: read,
            self_link: Some("http://h/feed".to_owned()),
            ..Feed::default()
        };
        let says = |context: &Context<'_>| {
            let document = String::from_utf8(render(&feed, written, context)).unwrap();
            document.contains("+xml\"")
        };
        assert_eq!(says(&Context::default()), known, "{read:?} as {written:?}");
        assert!(says(&Context {
            self_url: Some("http://ours/"),
            ..Context::default()
        }));
    }
}

#[test]
fn an_empty_feed_is_a_document() {
    for format in FORMATS {
        assert_eq!(strict(&rendered(&Feed::default(), format), format), 0);
    }
}

#[test]
fn an_empty_entry_is_an_entry() {
    for format in FORMATS {
        assert_eq!(
            strict(&rendered(&with_entry(Entry::default()), format), format),
            1
        );
    }
}

#[test]
fn a_lone_body_stays_where_it_was() {
    let whole = Entry {
        content: Some(Text::html("<p>Story")),
        ..Entry::default()
    };
    let described = Entry {
        content_is_description: true,
        ..whole.clone()
    };
    let description = "<description><![CDATA[<p>Story]]></description>";
    check_entry(described, FeedFormat::Rss, description);
    check_entry(
        whole.clone(),
        FeedFormat::Rss,
        "<content:encoded><![CDATA[<p>Story]]></content:encoded>",
    );
    let from_atom = Feed {
        format: FeedFormat::Atom,
        ..with_entry(whole.clone())
    };
    check(&from_atom, FeedFormat::Rss, description);
    check_entry(
        whole.clone(),
        FeedFormat::Atom,
        "<content type=\"html\">&lt;p&gt;Story</content>",
    );
    check_entry(whole, FeedFormat::Json, "\"content_html\": \"<p>Story\"");
}

#[test]
fn a_body_beside_a_summary_is_encoded() {
    let entry = Entry {
        summary: Some(Text::plain("a < b")),
        content: Some(Text::html("<p>Story")),
        ..Entry::default()
    };
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<description><![CDATA[a < b]]></description>",
    );
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<content:encoded><![CDATA[<p>Story]]></content:encoded>",
    );
    check_entry(entry, FeedFormat::Atom, "<summary>a &lt; b</summary>");
}

#[test]
fn a_description_in_text_is_escaped_where_a_browser_would_not_show_it() {
    let entry = |text: &str| Entry {
        summary: Some(Text::plain(text)),
        ..Entry::default()
    };
    check_entry(
        entry("Vec<String> & co"),
        FeedFormat::Rss,
        "<description><![CDATA[Vec&lt;String&gt; &amp; co]]></description>",
    );
    check_entry(
        entry("a &lt; b"),
        FeedFormat::Rss,
        "<description><![CDATA[a &amp;lt; b]]></description>",
    );
}

#[test]
fn the_end_of_a_section_in_text_ends_nothing() {
    let entry = Entry {
        content: Some(Text::html("a ]]> </item><item> b")),
        content_is_description: true,
        extensions: vec![tree(None, None, "rating")],
        ..Entry::default()
    };
    let document = rendered(&with_entry(entry), FeedFormat::Rss);
    assert_eq!(strict(&document, FeedFormat::Rss), 1);
    let channel = ::rss::Channel::read_from(document.as_bytes()).unwrap();
    assert_eq!(
        channel.items[0].description.as_deref(),
        Some("a ]]> </item><item> b")
    );
    assert_eq!(document.matches("<rss:rating/>").count(), 1);
}

#[test]
fn a_title_is_escaped_twice_only_where_it_would_be_taken_for_html() {
    let title = |title: &str| Entry {
        title: Some(Text::plain(title)),
        ..Entry::default()
    };
    check_entry(
        title("AT&T < vector<int>"),
        FeedFormat::Rss,
        "<title>AT&amp;T &lt; vector&lt;int&gt;</title>",
    );
    check_entry(
        title("the <b> tag"),
        FeedFormat::Rss,
        "<title>the &amp;lt;b&amp;gt; tag</title>",
    );
    check_entry(
        title("write &amp;"),
        FeedFormat::Rss,
        "<title>write &amp;amp;amp;</title>",
    );
    check_entry(
        title("the <b> tag"),
        FeedFormat::Atom,
        "<title>the &lt;b&gt; tag</title>",
    );
}

#[test]
fn markup_in_a_title_goes_in_json_and_stays_elsewhere() {
    let entry = Entry {
        title: Some(Text::html("<i>A</i> &amp; B")),
        ..Entry::default()
    };
    check_entry(entry.clone(), FeedFormat::Json, "\"title\": \"A & B\"");
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<title>&lt;i&gt;A&lt;/i&gt; &amp;amp; B</title>",
    );
    check_entry(entry, FeedFormat::Atom, "<title type=\"html\">&lt;i&gt;A");
}

#[test]
fn every_author_is_written_in_order() {
    let person = |name: Option<&str>, email: Option<&str>| Person {
        name: name.map(str::to_owned),
        email: email.map(str::to_owned),
        ..Person::default()
    };
    let entry = Entry {
        authors: vec![
            person(Some("Ann"), None),
            person(Some("Bob"), Some("bob@example.org")),
            person(None, None),
        ],
        ..Entry::default()
    };
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<dc:creator>Ann</dc:creator>\n      <author>bob@example.org (Bob)</author>",
    );
    check_entry(
        entry,
        FeedFormat::Json,
        "\"url\": \"mailto:bob@example.org\"",
    );
}

#[test]
fn the_name_of_an_author_from_atom_stands_where_readers_of_rss_look() {
    let feed = Feed {
        format: FeedFormat::Atom,
        ..with_entry(Entry {
            authors: vec![Person {
                name: Some("Ann".to_owned()),
                uri: Some("http://a/ann".to_owned()),
                extensions: vec![tree(
                    Some("http://schemas.google.com/g/2005"),
                    Some("gd"),
                    "image",
                )],
                ..Person::default()
            }],
            ..Entry::default()
        })
    };
    check(&feed, FeedFormat::Rss, "<dc:creator>Ann</dc:creator>");
    check(&feed, FeedFormat::Atom, "<gd:image/>");
    let from_rss = Feed {
        format: FeedFormat::Rss,
        ..feed
    };
    check(
        &from_rss,
        FeedFormat::Rss,
        "<atom:uri>http://a/ann</atom:uri>",
    );
}

#[test]
fn every_enclosure_is_written() {
    let enclosure = |url: &str| Enclosure {
        url: url.to_owned(),
        length_bytes: Some(7),
        ..Enclosure::default()
    };
    let entry = Entry {
        enclosures: vec![enclosure("http://a/1.mp3?x=1&y"), enclosure("http://a/2")],
        ..Entry::default()
    };
    for (format, expected) in [
        (
            FeedFormat::Rss,
            "<enclosure url=\"http://a/2\" length=\"7\" type=\"application/octet-stream\"/>",
        ),
        (
            FeedFormat::Rss,
            "<enclosure url=\"http://a/1.mp3?x=1&amp;y\" length=\"7\" type=\"audio/mpeg\"/>",
        ),
        (
            FeedFormat::Atom,
            "<link href=\"http://a/2\" rel=\"enclosure\" length=\"7\"/>",
        ),
        (FeedFormat::Json, "\"size_in_bytes\": 7"),
    ] {
        check_entry(entry.clone(), format, expected);
    }
}

#[test]
fn an_extension_keeps_its_order_its_depth_and_its_attributes() {
    let mut group = tree(Some("http://search.yahoo.com/mrss/"), Some("m"), "group");
    group.attributes.push(Attribute {
        name: "a".to_owned(),
        value: "\"><evil/>\n&".to_owned(),
        ..Attribute::default()
    });
    group.children = vec![
        Node::Text("one ".to_owned()),
        Node::Element(tree(Some("http://example.org/"), Some("x"), "b")),
        Node::Element(tree(None, None, "c")),
        Node::Text(" two ]]> <".to_owned()),
    ];
    let entry = Entry {
        extensions: vec![tree(Some("http://example.org/"), Some("x"), "z"), group],
        ..Entry::default()
    };
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<x:z/>\n      <media:group a=\"&quot;&gt;&lt;evil/&gt;&#10;&amp;\">one <x:b/><c/> two ]]&gt; &lt;</media:group>",
    );
    check_entry(entry.clone(), FeedFormat::Atom, "one <x:b/><rss:c/> two");
    check_entry(
        entry,
        FeedFormat::Json,
        "<x:z xmlns:x=\\\"http://example.org/\\\"/>",
    );
}

#[test]
fn a_prefix_stands_for_one_namespace() {
    let entry = Entry {
        extensions: vec![
            tree(Some("http://one/"), Some("x"), "a"),
            tree(Some("http://two/"), Some("x"), "b"),
            tree(Some("http://three/"), Some("dc"), "c"),
            tree(Some("http://purl.org/dc/elements/1.1/"), Some("d"), "d"),
            tree(Some("http://four/"), Some("xmlns"), "e"),
        ],
        ..Entry::default()
    };
    for expected in ["<x:a/>", "<ns1:b/>", "<ns2:c/>", "<dc:d/>", "<ns3:e/>"] {
        check_entry(entry.clone(), FeedFormat::Rss, expected);
    }
}

#[test]
fn an_unprefixed_element_is_no_element_of_the_format() {
    let entry = Entry {
        extensions: vec![
            tree(Some("http://one/"), None, "title"),
            tree(Some("http://two/"), None, "odd"),
        ],
        ..Entry::default()
    };
    check_entry(entry.clone(), FeedFormat::Rss, "<ns1:title/>");
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<odd xmlns=\"http://two/\"/>",
    );
    check_entry(entry, FeedFormat::Atom, "<odd xmlns=\"http://two/\"/>");
}

#[test]
fn what_atom_requires_is_made_from_what_is_there() {
    let feed = Feed {
        title: Some(Text::html("Q &amp; A")),
        link: Some("http://a/".to_owned()),
        ..with_entry(Entry {
            link: Some("http://a/1".to_owned()),
            published: Some(date("2004-01-01T10:00:00+02:00")),
            ..Entry::default()
        })
    };
    check(
        &feed,
        FeedFormat::Atom,
        "<id>http://a/</id>\n  <updated>2004-01-01T10:00:00+02:00</updated>",
    );
    check(&feed, FeedFormat::Atom, "<name>Q &amp; A</name>");
    check(
        &feed,
        FeedFormat::Atom,
        "<id>http://a/1</id>\n    <updated>2004-01-01T10:00:00+02:00</updated>",
    );
    check(
        &Feed::default(),
        FeedFormat::Atom,
        "<updated>1970-01-01T00:00:00Z</updated>",
    );
}

#[test]
fn a_published_document_names_itself_and_not_the_publishers_hub() {
    let link = |rel: &str, href: &str| Link {
        rel: Some(rel.to_owned()),
        href: href.to_owned(),
        ..Link::default()
    };
    let feed = Feed {
        self_link: Some("http://theirs/".to_owned()),
        links: vec![
            link("hub", "http://hub/"),
            link("next", "http://theirs/2"),
            link("license", "http://l/"),
        ],
        ..Feed::default()
    };
    let context = Context {
        self_url: Some("http://ours/"),
        next_url: Some("http://ours/?page=2"),
        ..Context::default()
    };
    for format in FORMATS {
        let ours = String::from_utf8(render(&feed, format, &context)).unwrap();
        assert!(
            ours.contains("http://ours/?page=2") && ours.contains("http://l/"),
            "{ours}"
        );
        assert!(
            !ours.contains("http://theirs/") && !ours.contains("http://hub/"),
            "{ours}"
        );
        let theirs = rendered(&feed, format);
        assert!(
            theirs.contains("http://theirs/2") && theirs.contains("http://hub/"),
            "{theirs}"
        );
    }
}

#[test]
fn members_of_a_json_feed_survive_in_xml() {
    let mut entry = Entry::default();
    entry
        .json_extensions
        .insert("_x".to_owned(), serde_json::json!({"a": "<&\u{1}"}));
    check_entry(entry.clone(), FeedFormat::Json, "\"_x\": {");
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<feedwash:json>{\"_x\":{\"a\":\"&lt;&amp;\\u0001\"}}</feedwash:json>",
    );
    check_entry(entry, FeedFormat::Atom, "<feedwash:json>");
}

#[test]
fn a_member_of_json_feed_is_not_overwritten_by_an_extension() {
    let mut feed = Feed::default();
    feed.json_extensions
        .insert("items".to_owned(), serde_json::json!("none"));
    feed.json_extensions
        .insert("version".to_owned(), serde_json::json!(7));
    check(
        &feed,
        FeedFormat::Json,
        "\"version\": \"https://jsonfeed.org/version/1.1\"",
    );
}

#[test]
fn a_base_is_written_only_where_an_address_needs_it() {
    let entry = |html: &str| Entry {
        content: Some(Text {
            base: Some("http://a/b/".to_owned()),
            ..Text::html(html)
        }),
        ..Entry::default()
    };
    check_entry(
        entry("<img src='c.png'>"),
        FeedFormat::Rss,
        "<img src='http://a/b/c.png'>",
    );
    check_entry(
        entry("<img SRC = c.png>"),
        FeedFormat::Atom,
        "<content xml:base=\"http://a/b/\" type=\"html\">",
    );
    let absolute = rendered(
        &with_entry(entry("<a href=\"https://x/\">é=</a>")),
        FeedFormat::Rss,
    );
    assert!(!absolute.contains("xml:base"));
}

#[test]
fn deep_trees_are_written() {
    let mut deep = tree(Some("http://one/"), None, "e");
    for level in 0..4 * crate::limits::XML_DEPTH_MAX {
        let mut outer = tree((level % 2 == 0).then_some("http://two/"), None, "e");
        outer.children.push(Node::Element(deep));
        deep = outer;
    }
    let feed = with_entry(Entry {
        extensions: vec![deep],
        ..Entry::default()
    });
    for format in FORMATS {
        well_formed(&rendered(&feed, format), format);
    }
}

#[test]
fn an_origin_is_kept_in_each_format() {
    let entry = Entry {
        source: Some(Origin {
            title: Some(Text::plain("Wire")),
            url: Some("http://wire/".to_owned()),
            element: None,
        }),
        ..Entry::default()
    };
    check_entry(
        entry.clone(),
        FeedFormat::Rss,
        "<source url=\"http://wire/\">Wire</source>",
    );
    check_entry(
        entry.clone(),
        FeedFormat::Atom,
        "<source><title>Wire</title><link rel=\"self\" href=\"http://wire/\"/></source>",
    );
    check_entry(entry, FeedFormat::Json, "\"source\": {");
}

/// Strings that hurt: markup, ends of sections, control characters, placeholders, nothing.
fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("]]>".to_owned()),
        Just("</item><item></entry><entry>".to_owned()),
        Just("<![CDATA[".to_owned()),
        Just("\u{0}\u{b}\r\n\u{fffe}\"'&<>".to_owned()),
        Just("xmlns".to_owned()),
        Just("title".to_owned()),
        "[a-z:é<&\"]{0,6}",
        any::<String>(),
    ]
}

fn namespace() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some("http://www.w3.org/2005/Atom".to_owned())),
        Just(Some("http://www.w3.org/XML/1998/namespace".to_owned())),
        Just(Some("http://www.w3.org/2000/xmlns/".to_owned())),
        Just(Some("http://purl.org/dc/elements/1.1/".to_owned())),
        proptest::option::of(string()),
    ]
}

fn elements() -> impl Strategy<Value = Element> {
    let attribute = (
        namespace(),
        proptest::option::of(string()),
        string(),
        string(),
    )
        .prop_map(|(namespace, prefix, name, value)| Attribute {
            namespace,
            prefix,
            name,
            value,
        });
    let head = (
        namespace(),
        proptest::option::of(string()),
        string(),
        proptest::collection::vec(attribute, 0..3),
    );
    let leaf = (head, string()).prop_map(|((namespace, prefix, name, attributes), text)| Element {
        namespace,
        prefix,
        name,
        attributes,
        children: vec![Node::Text(text)],
    });
    leaf.prop_recursive(3, 8, 3, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..3)).prop_map(|(mut outer, children)| {
            outer
                .children
                .extend(children.into_iter().map(Node::Element));
            outer
        })
    })
}

fn texts() -> impl Strategy<Value = Option<Text>> {
    let text = (any::<bool>(), string(), proptest::option::of(string())).prop_map(
        |(html, value, base)| Text {
            kind: if html {
                TextKind::Html
            } else {
                TextKind::Plain
            },
            is_xhtml: html,
            value,
            language: base.clone(),
            base,
        },
    );
    proptest::option::of(text)
}

fn dates() -> impl Strategy<Value = Option<Date>> {
    let time = (-377_705_023_201_i64..=253_402_207_200)
        .prop_map(|second| Timestamp::from_second(second).ok());
    proptest::option::of((string(), time).prop_map(|(raw, time)| Date { raw, time }))
}

fn entries() -> impl Strategy<Value = Entry> {
    let strings = proptest::collection::vec(string(), 12);
    let extensions = proptest::collection::vec(elements(), 0..3);
    (
        strings,
        texts(),
        texts(),
        texts(),
        dates(),
        dates(),
        extensions,
        any::<bool>(),
    )
        .prop_map(
            |(mut strings, title, summary, content, published, updated, extensions, flag)| {
                let mut next = || strings.pop().unwrap_or_default();
                Entry {
                    id: flag.then(&mut next),
                    id_is_permalink: flag,
                    link: Some(next()),
                    links: vec![Link {
                        href: next(),
                        rel: flag.then(&mut next),
                        attributes: extensions
                            .first()
                            .map(|element| element.attributes.clone())
                            .unwrap_or_default(),
                        ..Link::default()
                    }],
                    authors: vec![Person {
                        name: Some(next()),
                        email: flag.then(&mut next),
                        extensions: extensions.get(1).cloned().into_iter().collect(),
                        ..Person::default()
                    }],
                    categories: vec![Category {
                        term: next(),
                        label: flag.then(&mut next),
                        ..Category::default()
                    }],
                    enclosures: vec![
                        Enclosure {
                            url: next(),
                            ..Enclosure::default()
                        };
                        2
                    ],
                    comments: Some(next()),
                    source: Some(Origin {
                        title: title.clone(),
                        url: None,
                        element: extensions.first().cloned(),
                    }),
                    rights: summary.clone(),
                    title,
                    summary,
                    content,
                    content_is_description: flag,
                    published,
                    updated,
                    extensions,
                    ..Entry::default()
                }
            },
        )
}

fn feeds() -> impl Strategy<Value = Feed> {
    let strings = proptest::collection::vec(string(), 12);
    let extensions = proptest::collection::vec(elements(), 0..3);
    let entries = proptest::collection::vec(entries(), 0..3);
    (
        strings,
        texts(),
        texts(),
        dates(),
        extensions,
        entries,
        any::<bool>(),
    )
        .prop_map(
            |(mut strings, title, description, updated, extensions, entries, flag)| {
                let mut next = || strings.pop().unwrap_or_default();
                Feed {
                    format: if flag {
                        FeedFormat::Rss
                    } else {
                        FeedFormat::Json
                    },
                    id: flag.then(&mut next),
                    link: Some(next()),
                    language: flag.then(&mut next),
                    authors: vec![Person {
                        name: Some(next()),
                        uri: Some(next()),
                        ..Person::default()
                    }],
                    publisher: Some(Person {
                        name: Some(next()),
                        ..Person::default()
                    }),
                    generator: Some(Generator {
                        name: next(),
                        uri: Some(next()),
                        version: None,
                    }),
                    image: Some(Image {
                        url: next(),
                        ..Image::default()
                    }),
                    icon: Some(next()),
                    rights: title.clone(),
                    title,
                    description,
                    updated,
                    extensions,
                    entries,
                    ..Feed::default()
                }
            },
        )
}

proptest! {
    // What a run finds becomes a case of its own above, not a file of seeds.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn every_model_gives_a_document(feed in feeds()) {
        for format in FORMATS {
            let document = rendered(&feed, format);
            prop_assert_eq!(strict(&document, format), feed.entries.len());
            prop_assert_eq!(rendered(&feed, format), document);
        }
    }

    #[test]
    fn text_comes_out_as_it_went_in(text in string()) {
        let entry = Entry { title: Some(Text::plain(&text)), ..Entry::default() };
        let document = rendered(&with_entry(entry), FeedFormat::Atom);
        let read = atom_syndication::Feed::read_from(document.as_bytes()).unwrap();
        prop_assert_eq!(read.entries[0].title.value.clone(), xml::legal(&text).into_owned());
    }
}
