//! What RSS is asked for first.

use super::*;

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
    check(&feed, FeedFormat::Rss, ">Ann</dc:creator>");
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
