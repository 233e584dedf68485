//! What a JSON Feed or an entry of it has several of: people, hubs, tags and attachments.
//!
//! Invariant: what is not understood of a list is kept, whole, as an extension beside it.

use super::{Reader, Scope};
use super::{ours, parts, string};
use crate::model::{Category, Enclosure, Link, Person};
use serde_json::{Map, Value};

/// Keeps what was not understood of a list: whole, for a part says little by itself, and as an extension
/// (JSON Feed 1.1, "Extensions"), for the list itself is written anew.
fn keep_rest(members: &mut Map<String, Value>, name: &str, rest: Vec<Value>) {
    if !rest.is_empty() && !members.contains_key(name) {
        members.insert(name.to_owned(), Value::Array(rest));
    }
}

/// Whether a value is an object of nothing but simple values by these names.
fn is_plain(value: &Value, names: &[&str]) -> bool {
    let simple = |value: &Value| !value.is_array() && !value.is_object();
    value.as_object().is_some_and(|members| {
        members
            .iter()
            .all(|(name, value)| names.contains(&name.as_str()) && simple(value))
    })
}

/// `authors` of version 1.1, `author` of 1.0; if both are there, the former, and the latter if it is another.
pub(super) fn people(
    members: &mut Map<String, Value>,
    scope: &Scope,
    reader: &mut Reader<'_>,
) -> Vec<Person> {
    let is_list = |value: &Value| match value {
        Value::Array(list) => !list.is_empty(),
        value => value.is_object() || value.is_string(),
    };
    let authors = members.shift_remove("authors").filter(is_list);
    let author = members.shift_remove("author");
    let (value, second) = match authors {
        Some(authors) => (authors, author),
        None => (author.unwrap_or_default(), None),
    };
    let list = match value {
        Value::Array(list) => list,
        value => vec![value],
    };
    let second = second.filter(|second| !second.is_null() && !list.contains(second));
    let mut rest: Vec<Value> = second.into_iter().collect();
    let mut people = Vec::new();
    for value in list {
        // Our own member is read with care of its own.
        let known = |value: &Value| match value {
            Value::Object(members) => members.iter().all(|(name, value)| {
                let names = ["name", "email", "url", "avatar"];
                let is_simple = !value.is_array() && !value.is_object();
                name == "_feedwash" || names.contains(&name.as_str()) && is_simple
            }),
            value => value.is_string() || value.is_null(),
        };
        if !known(&value) {
            rest.push(value.clone());
        }
        people.extend(person(value, scope, reader));
    }
    keep_rest(members, "_authors", rest);
    people
}

/// An author, or another person of ours.
pub(in crate::parse) fn person(
    value: Value,
    scope: &Scope,
    reader: &mut Reader<'_>,
) -> Option<Person> {
    let person = match value {
        Value::String(line) if !line.trim().is_empty() => parts::person_of_line(line.trim()),
        Value::Object(mut members) => {
            let mut person = Person {
                name: string(&mut members, "name"),
                email: string(&mut members, "email"),
                uri: string(&mut members, "url").map(|url| scope.resolve(&url)),
                avatar: string(&mut members, "avatar").map(|url| scope.resolve(&url)),
                ..Person::default()
            };
            ours::into_person(&mut person, &mut members, reader);
            // JSON Feed 1.1: `url` "could be … a mailto: link".
            let mail = person
                .uri
                .as_deref()
                .and_then(address_of)
                .map(str::to_owned);
            if mail.is_some() && person.email.is_none() {
                person.uri = None;
                person.email = mail;
            }
            person
        }
        _ => return None,
    };
    (person != Person::default()).then_some(person)
}

/// The address that a `mailto:` link is to, if it holds nothing else (RFC 6068 §2).
fn address_of(url: &str) -> Option<&str> {
    let address = url.strip_prefix("mailto:")?;
    let is_plain = address.contains('@')
        && !address.contains(['?', '%', ','])
        && !address.contains(char::is_whitespace);
    is_plain.then_some(address)
}

/// Takes `hubs` as links, where they are all hubs of WebSub (JSON Feed 1.1, "Subscribing to Real-time Notifications").
pub(super) fn hubs(members: &mut Map<String, Value>, links: &mut Vec<Link>) {
    let hub = |hub: &Value| {
        let url = hub
            .get("url")?
            .as_str()
            .filter(|url| !url.trim().is_empty())?;
        let is_plain = hub.as_object()?.len() == 2 && hub.get("type")?.as_str() == Some("WebSub");
        is_plain.then(|| Link {
            href: url.trim().to_owned(),
            rel: Some("hub".to_owned()),
            ..Link::default()
        })
    };
    let list = members.get("hubs").and_then(Value::as_array);
    let Some(hubs) = list.and_then(|list| list.iter().map(hub).collect::<Option<Vec<_>>>()) else {
        return;
    };
    links.extend(hubs);
    members.shift_remove("hubs");
}

pub(super) fn tags(members: &mut Map<String, Value>) -> Vec<Category> {
    let list = match members.get("tags") {
        Some(Value::Array(_) | Value::String(_)) => members.shift_remove("tags"),
        _ => None,
    };
    let list = match list {
        Some(Value::Array(list)) => list,
        Some(value) => vec![value],
        None => Vec::new(),
    };
    let mut rest = Vec::new();
    let mut terms = Vec::new();
    for tag in list {
        match tag {
            Value::String(term) => terms.push(term.trim().to_owned()),
            Value::Number(number) => terms.push(number.to_string()),
            Value::Null => {}
            other => rest.push(other),
        }
    }
    keep_rest(members, "_tags", rest);
    terms
        .into_iter()
        .filter(|term| !term.is_empty())
        .map(|term| Category {
            term,
            ..Category::default()
        })
        .collect()
}

pub(super) fn attachments(members: &mut Map<String, Value>, scope: &Scope) -> Vec<Enclosure> {
    /// What an enclosure holds, and the type as it was given where the writer of ours had to name another.
    const KNOWN: &[&str] = &[
        "url",
        "mime_type",
        "_mime_type",
        "_url",
        "title",
        "size_in_bytes",
        "duration_in_seconds",
    ];
    if !matches!(members.get("attachments"), Some(Value::Array(_))) {
        return Vec::new();
    }
    let Some(Value::Array(list)) = members.shift_remove("attachments") else {
        return Vec::new();
    };
    let mut rest = Vec::new();
    let mut enclosures = Vec::new();
    for mut value in list {
        let is_known = is_plain(&value, KNOWN);
        let whole_value = (!is_known).then(|| value.clone());
        let read = value
            .as_object_mut()
            .and_then(|members| attachment(members, scope));
        if let Some(whole_value) = whole_value {
            rest.push(whole_value);
        } else if read.is_none() && value.as_object().is_some_and(|members| !members.is_empty()) {
            rest.push(value);
        }
        enclosures.extend(read);
    }
    keep_rest(members, "_attachments", rest);
    enclosures
}

fn attachment(members: &mut Map<String, Value>, scope: &Scope) -> Option<Enclosure> {
    // As they were given, where they could not stand like that.
    let url = scope.resolve(&given(members, "url")?);
    Some(Enclosure {
        url,
        media_type: given(members, "mime_type"),
        length_bytes: whole(members, "size_in_bytes"),
        duration_seconds: whole(members, "duration_in_seconds"),
        title: string(members, "title"),
    })
}

/// A member, or that of ours which holds what was given for it.
fn given(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    let own = string(members, name);
    string(members, &format!("_{name}")).or(own)
}

/// A whole number, whether it was written as one, as a fraction or as a string.
fn whole(members: &mut Map<String, Value>, name: &str) -> Option<u64> {
    let text = string(members, name)?;
    let whole = text.split('.').next().unwrap_or_default();
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::{begin, read};
    use crate::model::Feed;
    use crate::parse::notes::Notes;
    use serde_json::Value;

    fn read_feed(document: &str) -> Option<Feed> {
        read(document, begin(document)?, None, &mut Notes::default())
    }

    #[track_caller]
    fn check_rest(item: &str, kept: &str) {
        let document = format!(r#"{{"items":[{item}]}}"#);
        let mut feed = read_feed(&document).expect("the document is a feed");
        let rest = Value::Object(feed.entries.remove(0).json_extensions);
        assert_eq!(rest.to_string(), kept, "{item}");
    }

    #[test]
    fn what_is_not_understood_of_a_list_is_kept() {
        check_rest(
            r#"{"attachments":[{"url":"http://a/","mime_type":"a/b"},{"url":"http://b/","_hash":"x"}]}"#,
            r#"{"_attachments":[{"url":"http://b/","_hash":"x"}]}"#,
        );
        check_rest(
            r#"{"attachments":[{"title":"x"}]}"#,
            r#"{"_attachments":[{"title":"x"}]}"#,
        );
        check_rest(
            r#"{"authors":[{"name":"a"},{"name":"b","_m":1}],"author":{"name":"a"}}"#,
            r#"{"_authors":[{"name":"b","_m":1}]}"#,
        );
        check_rest(
            r#"{"authors":[{"name":"a"}],"author":{"name":"c"}}"#,
            r#"{"_authors":[{"name":"c"}]}"#,
        );
        check_rest(r#"{"tags":["a",{"b":1},null]}"#, r#"{"_tags":[{"b":1}]}"#);
    }

    #[test]
    fn the_type_of_an_attachment_is_the_given_one() {
        let item = r#"{"attachments":[{"url":"http://a/","mime_type":"a/b","_mime_type":"x"}]}"#;
        let feed = read_feed(&format!(r#"{{"items":[{item}]}}"#)).expect("the document is a feed");
        let kinds: Vec<_> = feed.entries[0]
            .enclosures
            .iter()
            .map(|enclosure| enclosure.media_type.as_deref())
            .collect();
        assert_eq!(kinds, [Some("x")]);
    }
}
