//! Writes JSON Feed 1.1.
//!
//! What JSON Feed has no member for stands in one member of ours, `_feedwash`: XML elements as
//! strings of XML in `xml`, and fields of the model under the model's names.

use super::{Context, date, enclosure_type, grammar, html, plain, xml};
use crate::model::{Category, Element, Enclosure, Entry, Feed, FeedFormat, Person, Text, TextKind};
use serde::Serialize;
use serde_json::{Map, Value};

const VERSION: &str = "https://jsonfeed.org/version/1.1";

/// The document.
pub(super) fn render(feed: &Feed, context: &Context<'_>) -> Vec<u8> {
    let mut out = serde_json::to_vec_pretty(&document(feed, context))
        .expect("a map with string keys is JSON");
    out.push(b'\n');
    out
}

fn document(feed: &Feed, context: &Context<'_>) -> Object {
    let mut out = Object::default();
    out.put("version", VERSION);
    out.put(
        "title",
        feed.title.as_ref().map(plain).unwrap_or_default().as_ref(),
    );
    out.address("home_page_url", feed.link.as_deref());
    out.address("feed_url", context.self_link(feed));
    out.maybe(
        "description",
        feed.description.as_ref().map(plain).as_deref(),
    );
    let next = feed
        .links
        .iter()
        .find(|link| context.keeps(link) && link.rel.as_deref() == Some("next"));
    out.address(
        "next_url",
        context.next_url.or(next.map(|link| link.href.as_str())),
    );
    out.address("icon", feed.image.as_ref().map(|image| image.url.as_str()));
    out.address("favicon", feed.icon.as_deref());
    out.list("authors", feed.authors.iter().filter_map(author));
    out.language(feed.language.as_deref());
    let hubs = feed
        .links
        .iter()
        .filter(|link| context.keeps(link) && link.rel.as_deref() == Some("hub"));
    if !feed.json_extensions.contains_key("hubs") {
        out.list("hubs", hubs.filter_map(|link| hub(&link.href)));
    }
    // A member of ours is not overwritten, and what only holds for the publisher's document is left out.
    let theirs = |name: &str| context.self_url.is_some() && matches!(name, "hubs" | "next_url");
    let further = feed
        .json_extensions
        .iter()
        .filter(|(name, _)| !theirs(name));
    let unfit = out.extend(further, Place::Feed);
    let mut ours = own_members(feed, context);
    ours.unfit(feed.language.as_deref(), unfit);
    out.ours(ours);
    let items: Vec<Value> = feed
        .entries
        .iter()
        .map(|entry| Value::Object(item(entry, feed).0))
        .collect();
    out.put("items", items);
    out
}

/// What JSON Feed has no member for, of the feed.
fn own_members(feed: &Feed, context: &Context<'_>) -> Object {
    let mut ours = Object::default();
    ours.put("id", &feed.id);
    ours.list(
        "links",
        feed.links
            .iter()
            .filter(|link| context.keeps(link))
            .map(to_value),
    );
    ours.list("contributors", feed.contributors.iter().map(to_value));
    ours.put("publisher", &feed.publisher);
    ours.put("rights", &feed.rights);
    ours.list("categories", feed.categories.iter().map(to_value));
    ours.put("generator", &feed.generator);
    ours.maybe(
        "published",
        feed.published.as_ref().and_then(date::rfc3339).as_deref(),
    );
    ours.maybe(
        "updated",
        feed.updated.as_ref().and_then(date::rfc3339).as_deref(),
    );
    ours.put("ttl_minutes", feed.ttl_minutes);
    ours.list("skip_hours", feed.skip_hours.iter().map(to_value));
    ours.list("skip_days", feed.skip_days.iter().map(to_value));
    ours.list("xml", feed.extensions.iter().map(xml_string));
    ours
}

fn item(entry: &Entry, feed: &Feed) -> Object {
    let mut out = Object::default();
    let ids = [entry.id.as_deref(), entry.link.as_deref()];
    let id = ids.into_iter().flatten().find(|id| !id.is_empty());
    out.put("id", id.unwrap_or("urn:feedwash:entry"));
    out.address("url", entry.link.as_deref());
    let related = entry
        .links
        .iter()
        .position(|link| link.rel.as_deref() == Some("related"));
    out.address(
        "external_url",
        related.map(|at| entry.links[at].href.as_str()),
    );
    out.maybe("title", entry.title.as_ref().map(plain).as_deref());
    bodies(entry, feed, &mut out);
    out.address("image", entry.image.as_deref());
    out.maybe(
        "date_published",
        entry.published.as_ref().and_then(date::rfc3339).as_deref(),
    );
    out.maybe(
        "date_modified",
        entry.updated.as_ref().and_then(date::rfc3339).as_deref(),
    );
    out.list("authors", entry.authors.iter().filter_map(author));
    let tags = entry.categories.iter().map(|category| &category.term);
    out.list("tags", tags.filter(|term| !term.is_empty()).map(to_value));
    out.language(entry.language.as_deref());
    out.list(
        "attachments",
        entry.enclosures.iter().filter_map(attachment),
    );
    let unfit = out.extend(&entry.json_extensions, Place::Item);
    let mut ours = Object::default();
    let links = entry
        .links
        .iter()
        .enumerate()
        .filter(|(at, _)| Some(*at) != related);
    ours.list("links", links.map(|(_, link)| to_value(link)));
    ours.list("contributors", entry.contributors.iter().map(to_value));
    if entry.categories.iter().any(says_more_than_a_tag) {
        ours.list("categories", entry.categories.iter().map(to_value));
    }
    ours.put("content_link", &entry.content_link);
    ours.maybe("comments", entry.comments.as_deref());
    ours.put("source", &entry.source);
    ours.put("rights", &entry.rights);
    ours.list("xml", entry.extensions.iter().map(xml_string));
    ours.unfit(entry.language.as_deref(), unfit);
    out.ours(ours);
    out
}

/// `content_html` or `content_text`, one of which has to be there, and `summary`, which is text.
fn bodies(entry: &Entry, feed: &Feed, out: &mut Object) {
    // A summary alone is what there is to read, and readers of JSON Feed show only content.
    let (content, summary) = match (&entry.content, &entry.summary) {
        (None, Some(summary)) if feed.format != FeedFormat::Json => (Some(summary), None),
        (content, summary) => (content.as_ref(), summary.as_ref()),
    };
    match content {
        Some(
            text @ Text {
                kind: TextKind::Html,
                ..
            },
        ) => out.put("content_html", html(text)),
        Some(text) => out.put("content_text", &text.value),
        None => out.put("content_text", ""),
    }
    out.maybe("summary", summary.map(plain).as_deref());
}

/// A person, of whom JSON Feed 1.1 wants a name, a page or a picture.
fn author(person: &Person) -> Option<Value> {
    let mut out = Object::default();
    out.maybe("name", person.name.as_deref());
    // JSON Feed 1.1: `url` "could be … a mailto: link".
    let mail = person
        .email
        .as_deref()
        .map(|email| format!("mailto:{email}"));
    out.address("url", person.uri.as_deref().or(mail.as_deref()));
    out.address("avatar", person.avatar.as_deref());
    if person.uri.is_some() {
        out.maybe("_email", person.email.as_deref());
    }
    let is_somebody = ["name", "url", "avatar"]
        .iter()
        .any(|name| out.0.contains_key(*name));
    is_somebody.then_some(Value::Object(out.0))
}

fn attachment(enclosure: &Enclosure) -> Option<Value> {
    let mut out = Object::default();
    out.put("url", &*grammar::reference(&enclosure.url)?);
    let kind = enclosure_type(enclosure);
    out.put("mime_type", kind);
    let given = enclosure.media_type.as_deref();
    out.maybe(
        "_mime_type",
        given.filter(|given| *given != kind && !given.is_empty()),
    );
    out.maybe("title", enclosure.title.as_deref());
    out.put("size_in_bytes", enclosure.length_bytes);
    out.put("duration_in_seconds", enclosure.duration_seconds);
    Some(Value::Object(out.0))
}

fn hub(url: &str) -> Option<Value> {
    let mut out = Object::default();
    out.put("type", "WebSub");
    out.put("url", &*grammar::reference(url)?);
    Some(Value::Object(out.0))
}

/// Where members stand that came with a feed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Feed,
    Item,
}

impl Place {
    /// Whether a member that no field of the model stands for may stand here: an extension, whose name begins
    /// with an underscore and a letter, or one of JSON Feed's own with a value as it wants it.
    fn allows(self, name: &str, value: &Value) -> bool {
        let is_extension = name
            .strip_prefix('_')
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
        let is_address = || value.as_str().is_some_and(grammar::is_reference);
        is_extension
            || match (self, name) {
                (Self::Feed, "user_comment") => value.is_string(),
                (Self::Feed, "expired") => value.is_boolean(),
                (Self::Feed, "hubs") => is_hubs(value),
                (Self::Item, "banner_image") => is_address(),
                _ => false,
            }
    }
}

fn is_hubs(value: &Value) -> bool {
    let is_hub = |hub: &Value| {
        let Value::Object(hub) = hub else {
            return false;
        };
        let text = |name: &str| hub.get(name).and_then(Value::as_str);
        hub.keys()
            .all(|name| matches!(name.as_str(), "type" | "url"))
            && text("type").is_some()
            && text("url").is_some_and(grammar::is_reference)
    };
    value.as_array().is_some_and(|hubs| hubs.iter().all(is_hub))
}

fn says_more_than_a_tag(category: &Category) -> bool {
    category.scheme.is_some() || category.label.is_some()
}

fn xml_string(element: &Element) -> Value {
    Value::String(xml::standalone(element))
}

fn to_value(value: &(impl Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// A JSON object that is being written, its members in the order of the specification.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    /// A member, unless its value is nothing.
    fn put(&mut self, name: &str, value: impl Serialize) {
        let value = to_value(&value);
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// A member whose string may be missing.
    fn maybe(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(name, value);
        }
    }

    /// A member that is an address, made fit.
    fn address(&mut self, name: &str, value: Option<&str>) {
        self.maybe(name, value.and_then(grammar::reference).as_deref());
    }

    /// The language, if it is one (BCP 47).
    fn language(&mut self, given: Option<&str>) {
        self.maybe("language", given.and_then(grammar::language).as_deref());
    }

    /// Among our own members: a language and members that JSON Feed does not allow where they were.
    fn unfit(&mut self, language: Option<&str>, members: Map<String, Value>) {
        let is_unfit = |given: &&str| grammar::language(given).as_deref() != Some(given);
        self.maybe("language", language.filter(is_unfit));
        if !members.is_empty() {
            self.put("members", members);
        }
    }

    /// A member that is a list, unless that is empty.
    fn list(&mut self, name: &str, values: impl Iterator<Item = Value>) {
        let values: Vec<Value> = values.collect();
        if !values.is_empty() {
            self.put(name, values);
        }
    }

    /// Members as they came, but for names that are taken. Returns those that may not stand here.
    fn extend<'a>(
        &mut self,
        members: impl IntoIterator<Item = (&'a String, &'a Value)>,
        place: Place,
    ) -> Map<String, Value> {
        let mut unfit = Map::new();
        for (name, value) in members {
            let into = if place.allows(name, value) {
                &mut self.0
            } else {
                &mut unfit
            };
            if !into.contains_key(name) {
                into.insert(name.clone(), value.clone());
            }
        }
        unfit
    }

    /// The member that is ours, unless there is nothing in it.
    fn ours(&mut self, members: Object) {
        if !members.0.is_empty() {
            self.0
                .insert("_feedwash".to_owned(), Value::Object(members.0));
        }
    }
}

impl Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
