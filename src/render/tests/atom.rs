//! What Atom is asked for first.

use super::*;

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
