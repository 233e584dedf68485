//! JSON Feed 1.0 and 1.1 (<https://www.jsonfeed.org/version/1.1/>), as its writers write it.
//!
//! A member of the wrong type is coerced where its meaning is clear (a number as an id, a lone string
//! where a list belongs) and kept as an extension where it is not. A document that JSON itself
//! refuses is repaired once: control characters in strings, trailing commas, a missing end.

use super::ParseError;
use super::notes::{NOWHERE, Notes};
use super::parts;
use super::scope::{Reader, Scope};
use super::text;
use crate::limits::ENTRIES_MAX;
use crate::model::{Category, Date, Enclosure, Entry, Feed, FeedFormat, Image, Link, Person, Text};
use serde_json::{Map, Value};
use std::rc::Rc;

/// Reads a JSON Feed; `None` where the document is none.
pub(super) fn read(document: &str, url: Option<&str>, notes: &mut Notes) -> Option<Feed> {
    let value = serde_json::from_str(document).or_else(|_| {
        let (repaired, cut) = repair(document);
        let value = serde_json::from_str(&repaired);
        if value.is_ok() {
            notes.add_anywhere(if cut {
                "the document breaks off; its whole entries are kept"
            } else {
                "the document is not well-formed JSON and was repaired"
            });
        }
        value
    });
    let Ok(Value::Object(mut members)) = value else {
        return None;
    };
    let is_feed = members
        .get("version")
        .and_then(Value::as_str)
        .is_some_and(|version| version.contains("jsonfeed.org"));
    if !is_feed && !matches!(members.get("items"), Some(Value::Array(_))) {
        return None;
    }
    if !is_feed {
        notes.add_anywhere("the document does not say that it is a JSON Feed");
    }
    let mut reader = Reader { notes, atom: false };
    Some(feed(&mut members, url, &mut reader))
}

/// Why JSON is no feed; `None` where the document isn't even begun as JSON. `start` is the end of `text` that is read.
pub(super) fn error(text: &str, start: &str) -> Option<ParseError> {
    let error = match serde_json::from_str::<serde::de::IgnoredAny>(start) {
        Ok(_) => return Some(ParseError::OtherJson),
        Err(error) => error,
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
    let scope = Scope {
        base: url.map(Rc::from),
        ..Scope::default()
    };
    let link = string(members, "home_page_url").map(|link| scope.resolve(&link));
    members.shift_remove("version");
    let mut feed = Feed {
        format: FeedFormat::Json,
        title: line(members, "title"),
        link,
        self_link: string(members, "feed_url").map(|link| scope.resolve(&link)),
        description: line(members, "description"),
        language: string(members, "language"),
        authors: people(members, &scope),
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
    let items = match members.shift_remove("items") {
        Some(Value::Array(items)) => items,
        Some(other) => {
            members.insert("items".to_owned(), other);
            reader.notes.add_anywhere("the items are no list");
            Vec::new()
        }
        None => Vec::new(),
    };
    if items.len() > ENTRIES_MAX {
        reader
            .notes
            .add_anywhere("the document has too many entries; the first are kept");
    }
    for item in items.into_iter().take(ENTRIES_MAX) {
        match item {
            Value::Object(mut item) => feed.entries.push(entry(&mut item, &scope, reader)),
            _ => reader
                .notes
                .add_anywhere("an item is no object and was left out"),
        }
    }
    feed.json_extensions = std::mem::take(members);
    feed
}

fn entry(members: &mut Map<String, Value>, scope: &Scope, reader: &mut Reader<'_>) -> Entry {
    let base = scope.base.as_deref();
    let mut entry = Entry {
        id: string(members, "id"),
        link: string(members, "url").map(|link| scope.resolve(&link)),
        title: line(members, "title"),
        authors: people(members, scope),
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
    string(members, name).map(|value| text::line(&value))
}

fn date(members: &mut Map<String, Value>, name: &str, reader: &mut Reader<'_>) -> Option<Date> {
    string(members, name).map(|raw| parts::date_of(raw, NOWHERE, reader))
}

/// `authors` of version 1.1, `author` of 1.0; if both are there, the former.
fn people(members: &mut Map<String, Value>, scope: &Scope) -> Vec<Person> {
    let value = match members.shift_remove("authors") {
        Some(Value::Array(list)) if !list.is_empty() => Value::Array(list),
        Some(value @ (Value::Object(_) | Value::String(_))) => value,
        _ => members.shift_remove("author").unwrap_or(Value::Null),
    };
    members.shift_remove("author");
    let list = match value {
        Value::Array(list) => list,
        value => vec![value],
    };
    list.into_iter()
        .filter_map(|value| person(value, scope))
        .collect()
}

fn person(value: Value, scope: &Scope) -> Option<Person> {
    let person = match value {
        Value::String(line) if !line.trim().is_empty() => parts::person_of_line(line.trim()),
        Value::Object(mut members) => Person {
            name: string(&mut members, "name"),
            email: string(&mut members, "email"),
            uri: string(&mut members, "url").map(|url| scope.resolve(&url)),
            avatar: string(&mut members, "avatar").map(|url| scope.resolve(&url)),
            ..Person::default()
        },
        _ => return None,
    };
    (person != Person::default()).then_some(person)
}

fn tags(members: &mut Map<String, Value>) -> Vec<Category> {
    let list = match members.get("tags") {
        Some(Value::Array(_) | Value::String(_)) => members.shift_remove("tags"),
        _ => None,
    };
    let list = match list {
        Some(Value::Array(list)) => list,
        Some(value) => vec![value],
        None => Vec::new(),
    };
    list.into_iter()
        .filter_map(|tag| match tag {
            Value::String(term) => Some(term.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .filter(|term| !term.is_empty())
        .map(|term| Category {
            term,
            ..Category::default()
        })
        .collect()
}

fn attachments(members: &mut Map<String, Value>, scope: &Scope) -> Vec<Enclosure> {
    if !matches!(members.get("attachments"), Some(Value::Array(_))) {
        return Vec::new();
    }
    let Some(Value::Array(list)) = members.shift_remove("attachments") else {
        return Vec::new();
    };
    list.into_iter()
        .filter_map(|value| match value {
            Value::Object(mut members) => Some(Enclosure {
                url: scope.resolve(&string(&mut members, "url")?),
                media_type: string(&mut members, "mime_type"),
                length_bytes: whole(&mut members, "size_in_bytes"),
                duration_seconds: whole(&mut members, "duration_in_seconds"),
                title: string(&mut members, "title"),
            }),
            _ => None,
        })
        .collect()
}

/// A whole number, whether it was written as one, as a fraction or as a string.
fn whole(members: &mut Map<String, Value>, name: &str) -> Option<u64> {
    let text = string(members, name)?;
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().ok()
}

/// Mends what keeps a document from being JSON: control characters in strings, commas before a
/// closing bracket, and an end that is missing, where everything behind the last whole item goes; true if so.
fn repair(document: &str) -> (String, bool) {
    let mut out = String::with_capacity(document.len());
    let mut open: Vec<char> = Vec::new();
    let (mut in_string, mut escaped) = (false, false);
    let mut whole_items = None;
    for c in document.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c < ' ' => {}
                c => out.push(c),
            }
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' | '[' => open.push(c),
            '}' | ']' => {
                let end = out.trim_end().len();
                if out[..end].ends_with(',') {
                    out.truncate(end - 1);
                }
                open.pop();
            }
            _ => {}
        }
        out.push(c);
        if c == '}' && open == ['{', '['] {
            whole_items = Some(out.len());
        }
        if matches!(c, '}' | ']') && open.is_empty() {
            // What follows the document is not part of it.
            return (out, false);
        }
    }
    if let Some(end) = whole_items {
        out.truncate(end);
        out.push_str("]}");
    }
    (out, whole_items.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_feed(document: &str) -> Option<Feed> {
        read(document, None, &mut Notes::default())
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
        assert_eq!(read_feed(r#"{"a":1}"#), None);
        assert_eq!(read_feed("{"), None);
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
}
