//! What holds for all three formats: they are well-formed for every model, and nothing is lost.

mod atom;
mod json;
mod models;
mod rss;

use super::*;
use crate::model::{Attribute, Category, Date, Entry, Generator, Image, Node, Origin, Person};

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

#[test]
fn a_publishers_member_of_our_name_is_not_overwritten() {
    let check = |theirs: serde_json::Value| {
        let mut feed = Feed {
            ttl_minutes: Some(5),
            ..Feed::default()
        };
        feed.json_extensions
            .insert("_feedwash".to_owned(), theirs.clone());
        let bytes = render(&feed, FeedFormat::Json, &Context::default());
        let out: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(out["_feedwash"]["ttl_minutes"], 5);
        assert_eq!(out["_feedwash"]["theirs"], theirs);
    };
    check(serde_json::json!("x"));
    check(serde_json::json!({"ttl_minutes": "soon"}));
}
