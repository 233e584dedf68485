//! What we wrote into a document for lack of a place in its format, put back where it came from: the member
//! `_feedwash` of JSON Feed, and the element `feedwash:json` of RSS and Atom (see `render`).
//!
//! Believes nobody: anyone may write these. What is not of the shape that we write stays where it is, and
//! nothing comes out that the format's own members and elements could not have said.

use super::date;
use super::feed::is_entry;
use super::json;
use super::notes::Notes;
use super::parts;
use super::scope::{Reader, Scope};
use super::tree::{self, El};
use crate::limits::XML_ELEMENTS_MAX;
use crate::model::{
    self, Category, Date, Element, Entry, Feed, Link, Node, Origin, Part, Person, Text,
};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The name of our member.
const MEMBER: &str = "_feedwash";

/// The namespace of our elements.
pub(super) const NAMESPACE: &str = "urn:feedwash:ns";

/// How deep the members in an element may nest: they go into a document of JSON, where `serde_json` reads
/// 128 levels, and an item's own begin at the fourth.
pub(super) const DEPTH_MAX: usize = 120;

/// Members that the fields of the model are read from. In an element of ours they would go round those.
const FIELDS: &[&str] = &[
    "version",
    "items",
    "title",
    "home_page_url",
    "feed_url",
    "next_url",
    "description",
    "icon",
    "favicon",
    "authors",
    "author",
    "language",
    "id",
    "url",
    "external_url",
    "content_html",
    "summary",
    "image",
    "date_published",
    "date_modified",
    "tags",
    "attachments",
];

/// Begins an id that we wrote for one that cannot stand in an address.
const ESCAPED_ID: &str = "urn:feedwash:id:";

/// An id as the publisher gave it, where we had to escape it.
pub(super) fn id(given: String) -> String {
    match given.strip_prefix(ESCAPED_ID).and_then(unescaped) {
        Some(id) if !id.trim().is_empty() && !id.starts_with(ESCAPED_ID) => id,
        _ => given,
    }
}

/// What was percent-encoded (RFC 3986 §2.1); `None` where that is no text.
fn unescaped(given: &str) -> Option<String> {
    let mut parts = given.split('%');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2)?;
        out.push(u8::from_str_radix(digits, 16).ok()?);
        out.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(out).ok()
}

/// The value of an attribute of ours, trimmed, if it is not empty.
pub(super) fn attribute(el: &El<'_>, name: &str) -> Option<String> {
    let own = el
        .attributes
        .iter()
        .find(|a| a.name == name && a.namespace.as_deref() == Some(NAMESPACE))?;
    Some(own.value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// How long an enclosure plays, taken out of the attributes of its link.
pub(super) fn take_duration(attributes: &mut Vec<model::Attribute>) -> Option<u64> {
    let is_ours =
        |a: &model::Attribute| a.name == "duration" && a.namespace.as_deref() == Some(NAMESPACE);
    let at = attributes.iter().position(is_ours)?;
    let seconds = attributes[at].value.trim().parse().ok()?;
    attributes.remove(at);
    Some(seconds)
}

/// What a line has no room for, of a person.
pub(super) fn person_of_attributes(mut person: Person, el: &El<'_>, scope: &Scope) -> Person {
    person.uri = attribute(el, "uri").or(person.uri);
    person.avatar = attribute(el, "avatar").or(person.avatar);
    let (name, email) = (attribute(el, "name"), attribute(el, "email"));
    if name.is_some() || email.is_some() {
        // The line cannot be taken apart.
        (person.name, person.email) = (name, email);
    }
    if let Some(xml) = attribute(el, "xml") {
        let document = tree::build(&xml, &mut Notes::default());
        person
            .extensions
            .extend(document.elements().map(|el| scope.extension(el)));
    }
    person
}

/// Puts back what Atom's `logo` has no room for: it stands beside it in an `image` of RSS's.
pub(super) fn into_logo(feed: &mut Feed) {
    let Some(image) = &mut feed.image else { return };
    let is_same = |element: &Element| {
        element.namespace.is_none()
            && element.name == "image"
            && element.attributes.is_empty()
            && part(element, "url").is_some_and(|url| url == image.url)
            && image_is_ours(element)
    };
    let Some(at) = feed.extensions.iter().position(is_same) else {
        return;
    };
    let element = feed.extensions.remove(at);
    let mut stays = vec![true; at];
    stays.push(false);
    feed.order.retain(Part::Extension, &stays);
    let part = |name| part(&element, name).map(str::to_owned);
    image.title = part("title");
    image.link = part("link");
    image.description = part("description");
    image.width = part("width");
    image.height = part("height");
}

/// Whether an image of RSS's holds nothing but what the model has a field for, and each once.
fn image_is_ours(element: &Element) -> bool {
    let known = ["url", "title", "link", "description", "width", "height"];
    let mut seen = Vec::new();
    element.children.iter().all(|node| match node {
        Node::Text(text) => text.trim().is_empty(),
        Node::Element(child) => {
            let is_new = !seen.contains(&child.name.as_str());
            seen.push(&child.name);
            let is_text = matches!(child.children.as_slice(), [Node::Text(_)]);
            is_new
                && is_text
                && child.namespace.is_none()
                && child.attributes.is_empty()
                && known.contains(&child.name.as_str())
        }
    })
}

/// The text of a child of RSS's.
fn part<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    element.children.iter().find_map(|node| match node {
        Node::Element(child) if child.name == name => match child.children.as_slice() {
            [Node::Text(text)] => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        },
        _ => None,
    })
}

/// Takes the members of JSON Feed that an element of ours carries; `None` where it is none of ours.
pub(super) fn members(el: &El<'_>) -> Option<Map<String, Value>> {
    if el.namespace.as_deref() != Some(NAMESPACE) || el.name != "json" || el.has_elements() {
        return None;
    }
    let members: Map<String, Value> = serde_json::from_str(&el.text()).ok()?;
    let fits = |value: &Value| depth_fits(value, DEPTH_MAX);
    let is_free = |name: &String| !FIELDS.contains(&name.as_str());
    (members.keys().all(is_free) && members.values().all(fits)).then_some(members)
}

pub(super) fn depth_fits(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(list) => depth > 0 && list.iter().all(|value| depth_fits(value, depth - 1)),
        Value::Object(members) => {
            depth > 0 && members.values().all(|value| depth_fits(value, depth - 1))
        }
        _ => true,
    }
}

/// Puts back what JSON Feed has no member for, of the feed.
pub(super) fn into_feed(
    feed: &mut Feed,
    members: &mut Map<String, Value>,
    reader: &mut Reader<'_>,
) {
    let Some(mut ours) = Ours::take(members) else {
        return;
    };
    feed.id = ours.string("id");
    ours.text("title", &mut feed.title);
    ours.text("description", &mut feed.description);
    feed.link = ours.string("url").or(feed.link.take());
    feed.language = ours.string("language").or(feed.language.take());
    ours.links(&mut feed.links);
    feed.links = parts::settle(&mut feed.link, std::mem::take(&mut feed.links));
    let own = feed
        .links
        .iter()
        .position(|link| parts::is_rel(link, "self") && !link.href.is_empty());
    if let (None, Some(own)) = (&feed.self_link, own) {
        feed.self_link = Some(feed.links.remove(own).href);
    }
    feed.contributors = ours.people("contributors", reader);
    feed.publisher = ours.person("publisher", reader);
    feed.rights = ours.marked("rights");
    ours.categories(&mut feed.categories);
    feed.generator = ours.value("generator");
    if let Some(image) = ours.value("image") {
        feed.image = Some(image);
    }
    feed.published = ours.date("published");
    feed.updated = ours.date("updated");
    feed.ttl_minutes = ours.value("ttl_minutes");
    feed.skip_hours = ours.value("skip_hours").unwrap_or_default();
    feed.skip_hours.retain(|hour| *hour < 24);
    feed.skip_days = ours.value("skip_days").unwrap_or_default();
    let atom = reader.atom;
    feed.extensions = ours.elements(|el| is_entry(el, atom), reader);
    feed.order = ours.value("order").unwrap_or_default();
    feed.order.limit(Part::Extension, feed.extensions.len());
    ours.give_back(members);
}

/// Puts back what JSON Feed has no member for, of an entry.
pub(super) fn into_entry(
    entry: &mut Entry,
    members: &mut Map<String, Value>,
    reader: &mut Reader<'_>,
) {
    let Some(mut ours) = Ours::take(members) else {
        return;
    };
    entry.id_is_permalink = ours.value("id_is_permalink").unwrap_or_default();
    ours.text("title", &mut entry.title);
    ours.text("summary", &mut entry.summary);
    entry.link = ours.string("url").or(entry.link.take());
    entry.language = ours.string("language").or(entry.language.take());
    ours.links(&mut entry.links);
    let (enclosures, links) = std::mem::take(&mut entry.links)
        .into_iter()
        .partition::<Vec<_>, _>(parts::is_enclosure);
    entry.links = parts::settle(&mut entry.link, links);
    entry.links.retain(|link| !parts::is_rel(link, "enclosure"));
    entry
        .enclosures
        .extend(enclosures.into_iter().map(parts::enclosure_of_link));
    entry.contributors = ours.people("contributors", reader);
    ours.categories(&mut entry.categories);
    entry.content_link = ours.content_link();
    // Who has content elsewhere has none here: what stands in its place is the summary, which readers would not show.
    if entry.content_link.is_some() && entry.summary.is_none() {
        let content = entry.content.take();
        entry.summary = content.filter(|text| !text.value.trim().is_empty());
    }
    entry.comments = ours.string("comments");
    entry.source = ours.origin(reader);
    entry.rights = ours.marked("rights");
    entry.extensions = ours.elements(|_| false, reader);
    entry.order = ours.value("order").unwrap_or_default();
    entry.order.limit(Part::Extension, entry.extensions.len());
    ours.give_back(members);
}

/// Puts back what JSON Feed has no member for, of a person.
pub(super) fn into_person(
    person: &mut Person,
    members: &mut Map<String, Value>,
    reader: &mut Reader<'_>,
) {
    let Some(mut ours) = Ours::take(members) else {
        return;
    };
    person.email = ours.string("email").or(person.email.take());
    person.extensions = ours.elements(|_| false, reader);
}

/// The members of our member.
struct Ours(Map<String, Value>);

impl Ours {
    fn take(members: &mut Map<String, Value>) -> Option<Self> {
        match members.shift_remove(MEMBER)? {
            Value::Object(ours) => Some(Self(ours)),
            other => {
                members.insert(MEMBER.to_owned(), other);
                None
            }
        }
    }

    /// What is not of the shape that we write stays the publisher's.
    fn give_back(self, members: &mut Map<String, Value>) {
        if !self.0.is_empty() {
            members.insert(MEMBER.to_owned(), Value::Object(self.0));
        }
    }

    fn value<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = T::deserialize(self.0.get(name)?).ok()?;
        self.0.shift_remove(name);
        Some(value)
    }

    fn string(&mut self, name: &str) -> Option<String> {
        let text: String = self.value(name)?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A text whose kind or language the member beside it could not say.
    fn text(&mut self, name: &str, text: &mut Option<Text>) {
        *text = self.marked(name).or(text.take());
    }

    /// A text that is no XHTML, whatever it says: only the reader of XML knows how crowded its tags are.
    fn marked(&mut self, name: &str) -> Option<Text> {
        let text: Text = self.value(name)?;
        let text = Text {
            is_xhtml: false,
            ..text
        };
        (!text.value.is_empty()).then_some(text)
    }

    /// All links. Those that members of JSON Feed say too are among them.
    fn links(&mut self, links: &mut Vec<Link>) {
        let Some(mut all) = self.value::<Vec<Link>>("links") else {
            return;
        };
        for link in &mut all {
            link.href = link.href.trim().to_owned();
            link.attributes.retain(parts::is_foreign);
            let said = [
                &mut link.rel,
                &mut link.media_type,
                &mut link.hreflang,
                &mut link.title,
                &mut link.length,
            ];
            for value in said {
                let trimmed = value.take().map(|value| value.trim().to_owned());
                *value = trimmed.filter(|value| !value.is_empty());
            }
        }
        // Where a member wants an address, what cannot stand in one was escaped.
        let key = |link: &Link| {
            let href = percent_decode_str(&link.href).decode_utf8_lossy();
            let href = href.trim_matches(|c: char| c.is_whitespace() || c.is_control());
            (link.rel.clone(), href.to_owned())
        };
        let said: HashSet<_> = all.iter().map(key).collect();
        links.retain(|link| !said.contains(&key(link)));
        links.extend(all);
    }

    /// Where content lies, and of which type it is: Atom's element says no more of it.
    fn content_link(&mut self) -> Option<Link> {
        let link: Link = self.value("content_link")?;
        let trimmed = |value: &str| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        Some(Link {
            href: trimmed(&link.href)?,
            media_type: link.media_type.as_deref().and_then(trimmed),
            ..Link::default()
        })
    }

    /// All categories, of which `tags` has the terms alone.
    fn categories(&mut self, categories: &mut Vec<Category>) {
        if let Some(all) = self.value::<Vec<Category>>("categories") {
            *categories = all;
            categories.retain(|category| !category.term.trim().is_empty());
        }
    }

    fn date(&mut self, name: &str) -> Option<Date> {
        let raw = self.string(name)?;
        let time = date::parse(&raw);
        Some(Date { raw, time })
    }

    fn people(&mut self, name: &str, reader: &mut Reader<'_>) -> Vec<Person> {
        let people: Vec<Value> = self.value(name).unwrap_or_default();
        let scope = Scope::default();
        people
            .into_iter()
            .filter_map(|person| json::person(person, &scope, reader))
            .collect()
    }

    fn person(&mut self, name: &str, reader: &mut Reader<'_>) -> Option<Person> {
        json::person(self.value(name)?, &Scope::default(), reader)
    }

    fn origin(&mut self, reader: &mut Reader<'_>) -> Option<Origin> {
        let mut source: Map<String, Value> = self.value("source")?;
        let mut source = Self(std::mem::take(&mut source));
        let origin = Origin {
            title: source.marked("title"),
            url: source.string("url"),
            element: source.elements(|_| false, reader).into_iter().next(),
        };
        (origin != Origin::default()).then_some(origin)
    }

    /// Elements that stand here as strings of XML, but for those that must not. What we would not have written
    /// so stays the publisher's.
    fn elements(
        &mut self,
        is_barred: impl Fn(&El<'_>) -> bool,
        reader: &mut Reader<'_>,
    ) -> Vec<Element> {
        let strings: Vec<String> = self.value("xml").unwrap_or_default();
        let mut elements = Vec::new();
        let mut theirs = Vec::new();
        for string in strings {
            // We write no declaration, and each string would have an allowance of entities of its own.
            let tags = string.bytes().filter(|b| *b == b'<').count();
            if string.contains("<!") || reader.tags + tags > XML_ELEMENTS_MAX {
                theirs.push(Value::String(string));
                continue;
            }
            reader.tags += tags;
            // Whoever reads the document sees lines of JSON, so places in these strings would tell them nothing.
            let document = tree::build(&string, &mut Notes::default());
            elements.extend(
                document
                    .elements()
                    .filter(|el| !is_barred(el))
                    .map(El::to_model),
            );
        }
        if !theirs.is_empty() {
            self.0.insert("xml".to_owned(), Value::Array(theirs));
        }
        elements
    }
}
