//! JSON Feed 1.0 and 1.1 (<https://www.jsonfeed.org/version/1.1/>), as its writers write it.
//!
//! A member of the wrong type is coerced where its meaning is clear (a number as an id, a lone string
//! where a list belongs) and kept as an extension where it is not. A document that JSON itself
//! refuses is read by `lenient`, one that converters made of RSS or Atom is renamed by `shapes`; `lists` reads what a feed or
//! an entry has several of.

mod lenient;
mod lists;
mod shapes;

pub(super) use lists::person;

use super::ParseError;
use super::notes::{NOWHERE, Notes};
use super::ours;
use super::parts;
use super::scope::{Reader, Scope};
use super::text;
use crate::decode::without_c1;
use crate::limits::ENTRIES_MAX;
use crate::model::{Date, Entry, Feed, FeedFormat, Generator, Image, Link, Text};
use lists::{attachments, hubs, people, tags};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// What stands before JSON so that a page cannot load it as a script.
const GUARDS: [&str; 7] = [
    ")]}'",
    "while(1);",
    "while (1);",
    "for(;;);",
    "for (;;);",
    "throw 1;",
    "{}&&",
];

/// Where JSON begins in a document that may have something before it: a guard, a comment, the name of
/// the function that JSONP calls, a variable's name.
pub(super) fn begin(text: &str) -> Option<usize> {
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0' | ',' | ';');
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(blank);
        if let Some(guard) = GUARDS.iter().find(|guard| rest.starts_with(**guard)) {
            rest = &rest[guard.len()..];
        } else if rest.starts_with('{') {
            return Some(text.len() - rest.len());
        } else if rest.starts_with("//") {
            rest = &rest[rest.find('\n')?..];
        } else if rest.starts_with("/*") {
            rest = &rest[rest.find("*/")? + 2..];
        } else {
            break;
        }
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.' | '[' | ']');
    let call = rest.strip_prefix("var ").unwrap_or(rest).trim_start();
    let behind = call.trim_start_matches(is_name);
    let open = behind.trim_start().strip_prefix(['(', '='])?.trim_start();
    let is_call = behind.len() < call.len() && open.starts_with('{');
    is_call.then(|| text.len() - open.len())
}

/// Where a JSON Feed begins that something else was printed before, a PHP warning for one: it must say
/// what it is.
pub(super) fn inside(text: &str) -> Option<usize> {
    let says = text.find("jsonfeed.org/version/")?;
    let open = text[..says].rfind('{')?;
    text[open + 1..says]
        .trim_start()
        .starts_with("\"version\"")
        .then_some(open)
}

/// Reads a JSON Feed that begins at a place in a document; `None` where it is none.
pub(super) fn read(text: &str, from: usize, url: Option<&str>, notes: &mut Notes) -> Option<Feed> {
    let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter();
    let (mut value, mended, cut) = match values.next() {
        Some(Ok(value)) => (value, false, false),
        _ => {
            let mended = lenient::read(text, from, notes);
            (mended.value, true, mended.cut)
        }
    };
    legible(&mut value, &text[from..]);
    let Value::Object(mut members) = value else {
        return None;
    };
    let is_feed = members
        .get("version")
        .and_then(Value::as_str)
        .is_some_and(|version| version.contains("jsonfeed.org"));
    if !is_feed && !shapes::rename(&mut members) {
        return None;
    }
    if !is_feed {
        notes.add("the document does not say that it is a JSON Feed", from);
    }
    let mut reader = Reader::new(notes, false);
    let mut feed = feed(&mut members, url, &mut reader);
    if !is_feed {
        converted(&mut feed, &mut reader);
    }
    if cut && feed.entries.is_empty() {
        return None;
    }
    if mended && feed.entries.is_empty() {
        notes.add(
            "no entry was found in JSON that is broken; there may have been some",
            from,
        );
    }
    feed.is_cut = cut;
    if cut {
        notes.add(
            "the document breaks off; its whole entries are kept",
            text.len(),
        );
    }
    // Whoever gives an entry its id will say where it was missing.
    if !notes.is_empty() || feed.entries.iter().any(|entry| entry.id.is_none()) {
        let (entries_at, end) = places(text, from);
        (notes.entries_at, notes.entries_end) = (entries_at, Some(end));
    }
    Some(feed)
}

/// Takes out of all strings what no XML can carry (XML 1.0 §2.2) and reads C1 control characters that were
/// escaped as what they were meant to be, so that a feed of JSON holds what one of XML could.
fn legible(value: &mut Value, json: &str) {
    let is_legal = |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    // Of the bytes that begin what is looked for, hardly a text has one; without a way out the loop takes many at once.
    let may_begin =
        |b: u8| b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r') || matches!(b, 0xc2 | 0xef);
    let is_plain = |text: &str| !text.bytes().fold(false, |found, b| found | may_begin(b));
    let mut has_c1 = None;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) if is_plain(text) => {}
            Value::String(text) => {
                if !text.chars().all(is_legal) {
                    text.retain(is_legal);
                }
                if let Cow::Owned(mended) = without_c1(text)
                    && *has_c1.get_or_insert_with(|| escapes_c1(json))
                {
                    *text = mended;
                }
            }
            Value::Array(list) => open.extend(list),
            Value::Object(members) => open.extend(members.values_mut()),
            _ => {}
        }
    }
}

/// Whether JSON holds an escape that stands for a C1 control character.
fn escapes_c1(json: &str) -> bool {
    let escapes = ["\\u008", "\\u009", "\\x8", "\\x9"];
    let mut rest = json;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        if escapes.iter().any(|escape| rest[at..].starts_with(escape)) {
            return true;
        }
        // What follows is escaped, be it another backslash.
        let mut behind = rest[at + 1..].chars();
        behind.next();
        rest = behind.as_str();
    }
    false
}

/// Where the entries begin, which are the objects in the first list that is called like theirs, and
/// where that list ends.
fn places(text: &str, from: usize) -> (Vec<usize>, usize) {
    let bytes = text.as_bytes();
    let (mut depth, mut list, mut at) = (0_usize, None, from);
    let (mut places, mut word) = (Vec::new(), "");
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let start = at + 1;
                at = start;
                while !matches!(bytes.get(at), None | Some(b'"')) {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                word = text.get(start..at).unwrap_or_default();
            }
            b'[' | b'{' => {
                if *byte == b'{' && list == Some(depth) {
                    places.push(at);
                }
                depth += 1;
                if list.is_none() && shapes::LISTS.contains(&word) {
                    list = Some(depth);
                }
                word = "";
            }
            b']' | b'}' => {
                if list == Some(depth) {
                    break;
                }
                depth = depth.saturating_sub(1);
            }
            b',' => word = "",
            _ => {}
        }
        at += 1;
    }
    (places, at)
}

/// Why JSON is no feed; `None` where the document isn't even begun as JSON. `start` is the end of `text` that is read.
pub(super) fn error(text: &str, start: &str) -> Option<ParseError> {
    let mut values = serde_json::Deserializer::from_str(start).into_iter();
    let error = match values.next() {
        Some(Ok(serde::de::IgnoredAny)) => return Some(ParseError::OtherJson),
        Some(Err(error)) => error,
        None => return None,
    };
    let begun = start.trim_start_matches('{').trim_start();
    if start.starts_with("{{") || !begun.is_empty() && !begun.starts_with(['"', '}']) {
        return None;
    }
    let said = error.to_string();
    let reason = said.split(" at line ").next().unwrap_or_default();
    let skipped = text[..text.len() - start.len()].matches('\n').count();
    Some(ParseError::BrokenJson {
        line: error.line() + skipped,
        column: error.column(),
        // “EOF while parsing …” is the only one that begins with a capital.
        reason: reason.replacen("EOF", "the document ends", 1),
    })
}

fn feed(members: &mut Map<String, Value>, url: Option<&str>, reader: &mut Reader<'_>) -> Feed {
    let scope = Scope::of_document(url);
    let link = string(members, "home_page_url").map(|link| scope.resolve(&link));
    members.shift_remove("version");
    let mut feed = Feed {
        format: FeedFormat::Json,
        title: line(members, "title"),
        link,
        self_link: string(members, "feed_url").map(|link| scope.resolve(&link)),
        description: line(members, "description"),
        language: string(members, "language"),
        authors: people(members, &scope, &mut *reader),
        image: string(members, "icon").map(|url| Image {
            url: scope.resolve(&url),
            ..Image::default()
        }),
        icon: string(members, "favicon").map(|url| scope.resolve(&url)),
        ..Feed::default()
    };
    if let Some(next) = string(members, "next_url") {
        feed.links.push(Link {
            href: scope.resolve(&next),
            rel: Some("next".to_owned()),
            ..Link::default()
        });
    }
    let items = items(members, reader);
    if items.len() > ENTRIES_MAX {
        reader
            .notes
            .add_anywhere("the document has too many entries; the first are kept");
    }
    for item in items.into_iter().take(ENTRIES_MAX) {
        reader.notes.entry = Some(feed.entries.len());
        match item {
            Value::Object(mut item) => feed.entries.push(entry(&mut item, &scope, reader)),
            _ => reader
                .notes
                .add_anywhere("an item is no object and was left out"),
        }
    }
    reader.notes.entry = None;
    hubs(members, &mut feed.links);
    ours::into_feed(&mut feed, members, reader);
    flatten(members, reader);
    feed.json_extensions = std::mem::take(members);
    feed
}

/// The members of a converted feed that RSS has fields for and JSON Feed has none.
fn converted(feed: &mut Feed, reader: &mut Reader<'_>) {
    let members = &mut feed.json_extensions;
    feed.rights = line(members, "copyright");
    feed.updated = date(members, "lastBuildDate", reader);
    feed.generator = string(members, "generator").map(|name| Generator {
        name,
        ..Generator::default()
    });
    let minutes = members.get("ttl").map(|ttl| match ttl {
        Value::String(text) => text.trim().parse().ok(),
        ttl => ttl.as_u64().and_then(|ttl| u32::try_from(ttl).ok()),
    });
    if let Some(Some(minutes)) = minutes {
        feed.ttl_minutes = Some(minutes);
        members.shift_remove("ttl");
    }
}

/// The list of entries, under another name or as an object with numbers where nothing better is there.
fn items(members: &mut Map<String, Value>, reader: &mut Reader<'_>) -> Vec<Value> {
    let Some(name) = shapes::LISTS.iter().find(|name| {
        matches!(
            members.get(**name),
            Some(Value::Array(_) | Value::Object(_))
        )
    }) else {
        if members.contains_key("items") {
            reader.notes.add_anywhere("the items are no list");
        }
        return Vec::new();
    };
    let mut value = members.shift_remove(*name).unwrap_or_default();
    if *name != "items" || !value.is_array() {
        reader
            .notes
            .add_anywhere("the list of items has another name or form");
    }
    shapes::as_list(&mut value)
        .map(std::mem::take)
        .unwrap_or_default()
}

fn entry(members: &mut Map<String, Value>, scope: &Scope, reader: &mut Reader<'_>) -> Entry {
    let base = scope.base.as_deref();
    let mut entry = Entry {
        id: string(members, "id"),
        link: string(members, "url").map(|link| scope.resolve(&link)),
        title: line(members, "title"),
        authors: people(members, scope, reader),
        published: date(members, "date_published", reader),
        updated: date(members, "date_modified", reader),
        summary: line(members, "summary"),
        image: string(members, "image").map(|url| scope.resolve(&url)),
        language: string(members, "language"),
        categories: tags(members),
        enclosures: attachments(members, scope),
        ..Entry::default()
    };
    if let Some(link) = string(members, "external_url") {
        entry.links.push(Link {
            href: scope.resolve(&link),
            rel: Some("related".to_owned()),
            ..Link::default()
        });
    }
    let html = string(members, "content_html").map(|html| Text {
        base: base.map(str::to_owned),
        ..Text::html(html)
    });
    entry.content = match html {
        Some(html) => Some(html),
        None => string(members, "content_text").map(Text::plain),
    };
    ours::into_entry(&mut entry, members, reader);
    flatten(members, reader);
    entry.json_extensions = std::mem::take(members);
    entry
}

/// Takes a member that is a string, or a number or truth value where a string belongs.
fn string(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let text = match members.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null => String::new(),
        _ => return None,
    };
    members.shift_remove(name);
    (!text.is_empty()).then_some(text)
}

/// Titles and summaries are plain text by the specification, and HTML by custom.
fn line(members: &mut Map<String, Value>, name: &str) -> Option<Text> {
    string(members, name).map(text::line)
}

fn date(members: &mut Map<String, Value>, name: &str, reader: &mut Reader<'_>) -> Option<Date> {
    string(members, name).map(|raw| parts::date_of(raw, NOWHERE, reader))
}

/// Members that nest too deep become strings of JSON: where they are published they stand deeper than here,
/// and who reads that with a limit (`serde_json`'s is 128) could not read the document.
fn flatten(members: &mut Map<String, Value>, reader: &mut Reader<'_>) {
    for (_, value) in members.iter_mut() {
        if !ours::depth_fits(value, ours::DEPTH_MAX) {
            *value = Value::String(value.to_string());
            reader
                .notes
                .add_anywhere("a member nests too deep and was kept as text");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_feed(document: &str) -> Option<Feed> {
        read(document, begin(document)?, None, &mut Notes::default())
    }

    #[track_caller]
    fn check(document: &str, ids: &[&str]) {
        let feed = read_feed(document).expect("the document is a feed");
        let found: Vec<_> = feed
            .entries
            .iter()
            .map(|e| e.id.as_deref().unwrap_or_default())
            .collect();
        assert_eq!(found, ids, "{document}");
    }

    #[test]
    fn documents_that_json_refuses() {
        check(r#"{"items":[{"id":"a"},{"id":2}]}"#, &["a", "2"]);
        check("{\"items\":[{\"id\":\"a\tb\"},]}", &["a\tb"]);
        check(r#"{"items":[{"id":"a"},{"id":"b","title":"brok"#, &["a"]);
        check(r#"{"items":[{"id":"a"}]} trailing"#, &["a"]);
        check(r#"{"version":"https://jsonfeed.org/version/1"}"#, &[]);
        check(")]}',\n{\"items\":[{\"id\":\"a\"}]}", &["a"]);
        check(r#"while(1);{"items":[{"id":"a"}]}"#, &["a"]);
        check(r#"/**/ jQuery.cb_1({"items":[{"id":"a"},]});"#, &["a"]);
        check(r#"var feed = {"items":[{"id":"a"}]};"#, &["a"]);
        check(
            r#"// made by x
            {"items":[{"id":"a" /* b */, "title": undefined}]}"#,
            &["a"],
        );
        check(r#"{"items":{"0":{"id":"a"},"2":{"id":"b"}}}"#, &["a", "b"]);
        check(
            r#"{"version":"https://jsonfeed.org/version/1","entries":[{"id":"a"}]}"#,
            &["a"],
        );
        check(
            r#"{"version":"https://jsonfeed.org/version/1","items":{"id":"a"}}"#,
            &["a"],
        );
        check(
            r#"{version:"https://jsonfeed.org/version/1.1",title:"t",items:[{id:1,content_text:"x"}]}"#,
            &["1"],
        );
        check(
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"t" "items":[{"id":"1","title":"a"}]}"#,
            &["1"],
        );
        check(
            "{'version':'https://jsonfeed.org/version/1.1','title':'t',items:[{'id':'1','title':\"a\"}]}",
            &["1"],
        );
        assert_eq!(read_feed(r#"{"a":1}"#), None);
        assert_eq!(read_feed(r#"cb({"a":1})"#), None);
        assert_eq!(read_feed("call(1)"), None);
        assert_eq!(read_feed(r#"{"feed":{"title":"x"}}"#), None);
        assert_eq!(read_feed("{"), None);
    }

    #[test]
    fn feeds_that_were_converted() {
        let feed = read_feed(
            r##"{"rss":{"channel":{"title":"T","link":"http://h/","item":[{"title":"A","link":"http://h/a",
                "guid":{"#text":"g","isPermaLink":"false"},"pubDate":"Thu, 01 Jan 2004 19:48:21 GMT",
                "description":"<p>x","category":["c"],"enclosure":{"url":"http://h/e","type":"audio/mpeg","length":"7"},
                "dc:creator":"Jo"}]}}}"##,
        )
        .expect("the document is a feed");
        assert_eq!(feed.link.as_deref(), Some("http://h/"));
        let entry = &feed.entries[0];
        assert_eq!(
            (entry.id.as_deref(), entry.link.as_deref()),
            (Some("g"), Some("http://h/a"))
        );
        assert_eq!(
            entry.content.as_ref().map(|text| text.value.as_str()),
            Some("<p>x")
        );
        assert!(
            entry
                .published
                .as_ref()
                .is_some_and(|date| date.time.is_some())
        );
        assert_eq!(entry.categories[0].term, "c");
        assert_eq!(entry.enclosures[0].length_bytes, Some(7));
        assert_eq!(entry.authors[0].name.as_deref(), Some("Jo"));

        let feed = read_feed(
            r#"{"version":"1.0","feed":{"title":{"type":"text","$t":"T"},"entry":[{"id":{"$t":"tag:1"},
                "title":{"$t":"A"},"link":[{"rel":"self","href":"http://h/s"},{"rel":"alternate","href":"http://h/a"}],
                "published":{"$t":"2004-01-01"},"content":{"type":"html","$t":"<b>x</b>"},
                "author":[{"name":{"$t":"Jo"},"uri":{"$t":"http://jo/"}}],"category":[{"term":"c"}]}]}}"#,
        )
        .expect("the document is a feed");
        assert_eq!(feed.title, Some(Text::plain("T")));
        let entry = &feed.entries[0];
        assert_eq!(
            (entry.id.as_deref(), entry.link.as_deref()),
            (Some("tag:1"), Some("http://h/a"))
        );
        assert_eq!(
            entry.content.as_ref().map(|text| text.value.as_str()),
            Some("<b>x</b>")
        );
        assert_eq!(entry.authors[0].uri.as_deref(), Some("http://jo/"));
        assert_eq!(entry.categories[0].term, "c");
    }

    #[test]
    fn values_that_were_elements_with_attributes() {
        for text in ["#value", "#text", "$t", "_"] {
            let value = |value: &str| format!(r#"{{"{text}":"{value}","isPermaLink":false}}"#);
            let document = format!(
                r#"{{"rss":{{"channel":{{"title":{},"copyright":{},"ttl":{},"generator":{},"lastBuildDate":{},
                "item":[{{"guid":{},"title":{}}}]}}}}}}"#,
                value("T"),
                value("C"),
                value("60"),
                value("G"),
                value("2004-01-01"),
                value("g1"),
                value("A")
            );
            let feed = read_feed(&document).expect("the document is a feed");
            assert_eq!(feed.entries[0].id.as_deref(), Some("g1"), "{document}");
            assert_eq!(feed.entries[0].title, Some(Text::plain("A")));
            assert_eq!(feed.title, Some(Text::plain("T")));
            assert_eq!(feed.rights, Some(Text::plain("C")));
            assert_eq!(feed.ttl_minutes, Some(60));
            assert_eq!(
                feed.generator.map(|generator| generator.name),
                Some("G".to_owned())
            );
            assert!(feed.updated.is_some_and(|date| date.time.is_some()));
            assert!(
                feed.json_extensions.is_empty(),
                "{:?}",
                feed.json_extensions
            );
        }
    }

    #[test]
    fn nothing_found_in_broken_json_is_told() {
        let document =
            r#"{"version":"https://jsonfeed.org/version/1","title":"t,"items":[{"id":"1"}],}"#;
        let mut notes = Notes::default();
        read(document, 0, None, &mut notes).expect("the document is a feed");
        let told = notes.take_warnings(document);
        assert!(
            told.iter()
                .any(|warning| warning.message.contains("no entry was found")),
            "{told:?}"
        );
    }

    #[test]
    fn warnings_name_line_and_entry() {
        let document = "{\"version\":\"https://jsonfeed.org/version/1\",\n\"items\":[\n{\"id\":\"a\",},\n\
            {\"id\":\"b\",\"date_published\":\"soon\"},\n]}";
        let mut notes = Notes::default();
        read(document, 0, None, &mut notes).expect("the document is a feed");
        let told: Vec<_> = notes
            .take_warnings(document)
            .into_iter()
            .map(|w| (w.line, w.entry_index, w.message))
            .collect();
        assert_eq!(
            told,
            [
                (
                    Some(3),
                    Some(0),
                    "a comma too many was skipped (2 times, here first)".to_owned()
                ),
                (
                    Some(4),
                    Some(1),
                    "a date cannot be understood and is not published: \"soon\"".to_owned()
                )
            ]
        );
    }

    #[test]
    fn members_and_what_is_left_of_them() {
        let feed = read_feed(
            r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","home_page_url":"http://h/","icon":"http://h/i.png",
                "_x":{"y":1},"author":{"name":"Jo"},"items":[{"id":"1","url":"http://h/a","external_url":"http://o/",
                "content_html":"<p>x","content_text":"x","tags":["t",1],"summary":"A &amp; B","banner_image":"b",
                "attachments":[{"url":"a.mp3","size_in_bytes":"12","duration_in_seconds":3.5}]}]}"#,
        )
        .expect("the document is a feed");
        assert_eq!(
            feed.image.map(|image| image.url).as_deref(),
            Some("http://h/i.png")
        );
        assert_eq!(feed.authors[0].name.as_deref(), Some("Jo"));
        assert_eq!(feed.json_extensions.keys().collect::<Vec<_>>(), ["_x"]);
        let entry = &feed.entries[0];
        assert_eq!(entry.link.as_deref(), Some("http://h/a"));
        assert_eq!(entry.links[0].rel.as_deref(), Some("related"));
        assert_eq!(entry.summary, Some(Text::plain("A & B")));
        assert_eq!(entry.categories.len(), 2);
        assert_eq!(entry.enclosures[0].length_bytes, Some(12));
        assert_eq!(entry.enclosures[0].duration_seconds, Some(3));
        assert_eq!(
            entry.json_extensions.keys().collect::<Vec<_>>(),
            ["content_text", "banner_image"]
        );
    }

    #[test]
    fn members_that_nest_too_deep_are_text() {
        let deep = format!("{}1{}", "[".repeat(123), "]".repeat(123));
        let feed = read_feed(&format!(r#"{{"items":[{{}}],"x":{deep},"y":[1]}}"#))
            .expect("the document is a feed");
        assert_eq!(feed.json_extensions["x"], Value::String(deep));
        assert!(feed.json_extensions["y"].is_array());
    }

    #[test]
    fn strings_of_ours_declare_nothing() {
        let bomb = r#"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"#;
        let ours = serde_json::json!({"items": [], "_feedwash": {"xml": ["<y/>", bomb]}});
        let feed = read_feed(&ours.to_string()).expect("the document is a feed");
        assert_eq!(feed.extensions.len(), 1);
        assert_eq!(feed.json_extensions["_feedwash"]["xml"][0], bomb);
    }
}
