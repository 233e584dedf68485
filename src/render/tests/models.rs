//! Every model there can be gives a document.

use super::*;
use proptest::prelude::*;

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
