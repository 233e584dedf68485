//! Writes JSON Feed 1.1.
//!
//! What JSON Feed has no member for stands in one member of ours, `_feedwash`: XML elements as
//! strings of XML in `xml`, and fields of the model under the model's names.

use super::names::is_core_name;
use super::{Context, date, enclosure_type, grammar, needed_base, plain, xml};
use crate::absolute::absolute_html;
use crate::model::{
    Category, Element, Enclosure, Entry, Feed, FeedFormat, Image, Link, Order, Origin, Person,
    Text, TextKind,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

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
    out.list("authors", feed.authors.iter().map(author));
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
    ours.unfit(feed.link.as_deref(), feed.language.as_deref(), unfit);
    out.ours(ours);
    let items: Vec<Value> = feed
        .entries
        .iter()
        .map(|entry| Value::Object(item(entry, feed).0))
        .collect();
    out.put("items", items);
    out
}

/// The order, where an extension is called like something that a reader looks for: then it matters to
/// whoever writes XML of this which stands first.
fn needed_order<'a>(order: &'a Order, extensions: &[Element]) -> Option<&'a Order> {
    let is_rival = |element: &Element| is_core_name(&element.name);
    let has_rival = extensions.iter().any(is_rival);
    Some(order).filter(|order| has_rival && !order.is_empty())
}

/// What JSON Feed has no member for, of the feed.
fn own_members(feed: &Feed, context: &Context<'_>) -> Object {
    let mut ours = Object::default();
    ours.put("id", &feed.id);
    let language = feed.language.as_deref();
    ours.put(
        "title",
        feed.title
            .as_ref()
            .filter(|text| says_more_than_text(text, language)),
    );
    ours.put(
        "description",
        feed.description
            .as_ref()
            .filter(|text| says_more_than_text(text, language)),
    );
    let kept = || feed.links.iter().filter(|link| context.keeps(link));
    if !kept().all(|link| is_bare(link, &["next", "hub"]))
        || kept()
            .filter(|link| link.rel.as_deref() == Some("next"))
            .count()
            > 1
    {
        ours.list("links", kept().map(to_value));
    }
    ours.list("contributors", feed.contributors.iter().map(author));
    ours.put("publisher", feed.publisher.as_ref().map(author));
    ours.put(
        "image",
        feed.image
            .as_ref()
            .filter(|image| says_more_than_an_address(image)),
    );
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
    ours.put("order", needed_order(&feed.order, &feed.extensions));
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
    put_bodies(entry, feed, &mut out);
    out.address("image", entry.image.as_deref());
    out.maybe(
        "date_published",
        entry.published.as_ref().and_then(date::rfc3339).as_deref(),
    );
    out.maybe(
        "date_modified",
        entry.updated.as_ref().and_then(date::rfc3339).as_deref(),
    );
    out.list("authors", entry.authors.iter().map(author));
    let tags = entry.categories.iter().map(|category| &category.term);
    out.list("tags", tags.filter(|term| !term.is_empty()).map(to_value));
    out.language(entry.language.as_deref());
    out.list(
        "attachments",
        entry.enclosures.iter().filter_map(attachment),
    );
    let unfit = out.extend(&entry.json_extensions, Place::Item);
    let mut ours = own_members_of(entry, feed);
    ours.unfit(entry.link.as_deref(), entry.language.as_deref(), unfit);
    out.ours(ours);
    out
}

/// What JSON Feed has no member for, of an entry.
fn own_members_of(entry: &Entry, feed: &Feed) -> Object {
    let mut ours = Object::default();
    let language = entry.language.as_deref().or(feed.language.as_deref());
    ours.put("id_is_permalink", entry.id_is_permalink.then_some(true));
    ours.put(
        "title",
        entry
            .title
            .as_ref()
            .filter(|text| says_more_than_text(text, language)),
    );
    let summary = bodies(entry, feed).1;
    ours.put(
        "summary",
        summary.filter(|text| says_more_than_text(text, language)),
    );
    if !matches!(entry.links.as_slice(), [link] if is_bare(link, &["related"])) {
        ours.list("links", entry.links.iter().map(to_value));
    }
    ours.list("contributors", entry.contributors.iter().map(author));
    if entry.categories.iter().any(says_more_than_a_tag) {
        ours.list("categories", entry.categories.iter().map(to_value));
    }
    ours.put("content_link", &entry.content_link);
    ours.maybe("comments", entry.comments.as_deref());
    ours.put("source", entry.source.as_ref().map(origin));
    ours.put("rights", &entry.rights);
    ours.list("xml", entry.extensions.iter().map(xml_string));
    ours.put("order", needed_order(&entry.order, &entry.extensions));
    ours
}

/// The feed that an entry came from. Its element is a string of XML as all are: as members it would nest too deep to be read.
fn origin(origin: &Origin) -> Object {
    let mut out = Object::default();
    out.put("title", &origin.title);
    out.maybe("url", origin.url.as_deref());
    out.list("xml", origin.element.iter().map(xml_string));
    out
}

/// The content and the summary. A summary alone is what there is to read, and readers of JSON Feed show only content.
fn bodies<'a>(entry: &'a Entry, feed: &Feed) -> (Option<&'a Text>, Option<&'a Text>) {
    match (&entry.content, &entry.summary) {
        (None, Some(summary)) if feed.format != FeedFormat::Json => (Some(summary), None),
        (content, summary) => (content.as_ref(), summary.as_ref()),
    }
}

/// `content_html` or `content_text`, one of which has to be there, and `summary`, which is text.
fn put_bodies(entry: &Entry, feed: &Feed, out: &mut Object) {
    let (content, summary) = bodies(entry, feed);
    match content {
        Some(
            text @ Text {
                kind: TextKind::Html,
                ..
            },
        ) => out.put("content_html", full(text)),
        Some(text) => out.put("content_text", &text.value),
        None => out.put("content_text", ""),
    }
    out.maybe("summary", summary.map(plain).as_deref());
}

/// HTML with its addresses in full: JSON Feed has no base but the document's own.
fn full(text: &Text) -> Cow<'_, str> {
    match needed_base(text) {
        Some(base) => absolute_html(&text.value, base),
        None => Cow::Borrowed(&text.value),
    }
}

/// A person, of whom JSON Feed 1.1 wants a name, a page or a picture: an empty name where nothing is known.
fn author(person: &Person) -> Value {
    let mut out = Object::default();
    out.maybe("name", person.name.as_deref());
    // JSON Feed 1.1: `url` "could be … a mailto: link".
    let mail = person
        .email
        .as_deref()
        .filter(|email| is_plain_address(email));
    let mail = mail
        .filter(|_| person.uri.is_none())
        .map(|email| format!("mailto:{email}"))
        // Nobody takes an escape out of an address again.
        .filter(|url| grammar::is_reference(url));
    out.address("url", person.uri.as_deref().or(mail.as_deref()));
    out.address("avatar", person.avatar.as_deref());
    let mut ours = Object::default();
    if mail.is_none() {
        ours.maybe("email", person.email.as_deref());
    }
    ours.list("xml", person.extensions.iter().map(xml_string));
    out.ours(ours);
    let said = ["name", "url", "avatar"];
    if !said.iter().any(|name| out.0.contains_key(*name)) {
        out.put("name", "");
    }
    Value::Object(out.0)
}

/// Whether an e-mail address can stand in a `mailto:` link as it is (RFC 6068 §2).
fn is_plain_address(email: &str) -> bool {
    email.contains('@') && !email.contains(['?', '%', ',']) && !email.contains(char::is_whitespace)
}

fn attachment(enclosure: &Enclosure) -> Option<Value> {
    let mut out = Object::default();
    out.put("url", &*grammar::reference(&enclosure.url)?);
    let kind = enclosure_type(enclosure);
    out.put("mime_type", kind);
    let given = enclosure.media_type.as_deref();
    let url = Some(enclosure.url.trim());
    out.maybe("_url", url.filter(|url| !grammar::is_reference(url)));
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
                // Beside `content_html`, which it says again as text; without that it is the content.
                (Self::Item, "content_text") => value.is_string(),
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

/// Whether a text is more than what a member that holds text can say, or might be taken for something else there.
fn says_more_than_text(text: &Text, language: Option<&str>) -> bool {
    let is_local = text.language.is_some() && text.language.as_deref() != language;
    text.kind == TextKind::Html || text.value.contains(['<', '&']) || is_local
}

/// Whether a link is nothing but one of these relations and an address.
fn is_bare(link: &Link, rels: &[&str]) -> bool {
    let bare = Link {
        href: link.href.clone(),
        rel: link.rel.clone(),
        ..Link::default()
    };
    *link == bare && link.rel.as_deref().is_some_and(|rel| rels.contains(&rel))
}

fn says_more_than_an_address(image: &Image) -> bool {
    let bare = Image {
        url: image.url.clone(),
        ..Image::default()
    };
    *image != bare
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

    /// Among our own members: an address, a language and members that JSON Feed does not allow where they were.
    fn unfit(&mut self, url: Option<&str>, language: Option<&str>, members: Map<String, Value>) {
        let is_escaped = |given: &&str| !grammar::is_reference(given) && !xml::is_blank(given);
        self.maybe("url", url.filter(is_escaped));
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
        if members.0.is_empty() {
            return;
        }
        let mut all = members.0;
        match self.0.shift_remove("_feedwash") {
            // What somebody else put there stays beside it.
            Some(Value::Object(theirs)) if theirs.keys().all(|name| !all.contains_key(name)) => {
                all.extend(theirs);
            }
            // What cannot stand beside it stands in it, under a name that nothing is read from.
            Some(theirs) => {
                all.insert("theirs".to_owned(), theirs);
            }
            None => {}
        }
        self.0.insert("_feedwash".to_owned(), Value::Object(all));
    }
}

impl Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
