//! What JSON Feed is asked for first.

use super::*;

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
