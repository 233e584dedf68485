//! What the crate has no place for, as elements that are put beside what it writes: what only RSS has, people and categories that
//! hold more, links of other kinds, sources, pictures.

use super::dates::entry_updated;
use super::links::{self, entry_links, feed_links};
use super::{content_link, has_scheme, is_larger, is_nothing, is_somebody, made_parts};
use crate::model::{Category, Element, Entry, Feed, Image, Link, Node, Part, Person, TextKind};
use crate::render::graft::Extra;
use crate::render::xml::{self, element};
use crate::render::{Context, date, fit, grammar, json_element, made, people, rss};

/// Categories, where the scheme of one is only what RSS calls a domain.
fn in_domains(categories: &[Category]) -> impl Iterator<Item = Element> + '_ {
    let is_simple = categories.iter().all(has_scheme);
    let named = categories
        .iter()
        .filter(move |category| !is_simple && !is_nothing(category));
    named.map(|category| {
        let fits = has_scheme(category);
        let attributes = [
            ("term", Some(category.term.as_str())),
            ("scheme", category.scheme.as_deref().filter(|_| fits)),
            ("label", category.label.as_deref()),
        ];
        let mut out = element(Some(xml::ATOM), "category", &attributes, "");
        let domain = category.scheme.clone().filter(|_| !fits);
        out.attributes
            .extend(domain.map(|domain| fit::attribute("domain", domain)));
        out
    })
}

/// The people and categories that hold what the crate has no place for.
fn larger<'a>(
    people: [(Part, &'a str, &'a [Person]); 2],
    categories: &'a [Category],
) -> impl Iterator<Item = Extra> + 'a {
    let lists = people.into_iter();
    let people = lists
        .filter(|(_, _, people)| people.iter().any(is_larger))
        .flat_map(|(part, name, people)| {
            let somebody = people.iter().filter(|person| is_somebody(person));
            somebody.map(move |person| Extra::of(part, people::atom_person(name, person)))
        });
    let categories = in_domains(categories).map(|category| Extra::of(Part::Category, category));
    people.chain(categories)
}

/// A link that the crate does not write.
fn written_link(link: &Link) -> Extra {
    let part = match link.rel.as_deref() {
        Some("enclosure") => Part::Enclosure,
        _ => Part::Link,
    };
    Extra::of(part, rss::atom_link(link))
}

/// Elements of the feed that the crate does not write.
pub(super) fn head_extras(feed: &Feed, context: &Context<'_>) -> Vec<Extra> {
    let mut extras = Vec::new();
    let people = [
        (Part::Author, "author", feed.authors.as_slice()),
        (Part::Contributor, "contributor", &feed.contributors),
    ];
    extras.extend(larger(people, &feed.categories));
    let links = links::larger(feed_links(feed, context));
    extras.extend(links.iter().map(written_link));
    if let Some(publisher) = feed.publisher.as_ref().filter(|person| is_somebody(person)) {
        let publisher = people::line(Some(xml::DC), "publisher", publisher);
        extras.push(Extra::of(Part::Publisher, publisher));
    }
    extras.extend(only_rss(feed));
    extras.extend(made_parts(feed).map(Extra::ours));
    extras.extend(json_element(&feed.json_extensions).map(Extra::ours));
    extras
}

/// What only RSS has elements for.
fn only_rss(feed: &Feed) -> Vec<Extra> {
    let list = |name: &str, item: &str, values: &[String]| {
        let mut out = element(None, name, &[], "");
        let values = values.iter().map(|value| element(None, item, &[], value));
        out.children = values.map(Node::Element).collect();
        (!out.children.is_empty()).then_some(out)
    };
    let minutes = feed.ttl_minutes.map(|minutes| minutes.to_string());
    let published = feed.published.as_ref().and_then(date::rfc822);
    let hours: Vec<String> = feed.skip_hours.iter().map(u8::to_string).collect();
    let leaf =
        |name: &str, value: Option<String>| value.map(|value| element(None, name, &[], &value));
    let parts = [
        (Some(Part::Ttl), leaf("ttl", minutes)),
        (Some(Part::Published), leaf("pubDate", published)),
        (Some(Part::SkipHours), list("skipHours", "hour", &hours)),
        (
            Some(Part::SkipDays),
            list("skipDays", "day", &feed.skip_days),
        ),
        // The `logo` stands for it already.
        (None, feed.image.as_ref().and_then(image)),
    ];
    let extra = |(part, element): (Option<Part>, Option<Element>)| match part {
        Some(part) => element.map(|element| Extra::of(part, element)),
        None => element.map(Extra::ours),
    };
    parts.into_iter().filter_map(extra).collect()
}

/// What `logo` cannot say of the feed's image.
fn image(image: &Image) -> Option<Element> {
    let parts = [
        ("title", image.title.as_deref()),
        ("link", image.link.as_deref()),
        ("description", image.description.as_deref()),
        ("width", image.width.as_deref()),
        ("height", image.height.as_deref()),
    ];
    let says_more = parts
        .iter()
        .any(|(_, value)| value.is_some_and(|value| !xml::is_blank(value)));
    let mut out = element(None, "image", &[], "");
    let parts = [("url", Some(image.url.as_str()))].into_iter().chain(parts);
    let parts = parts
        .filter_map(|(name, value)| Some((name, value.filter(|value| !xml::is_blank(value))?)));
    let parts = parts.map(|(name, value)| element(None, name, &[], value));
    out.children = parts.map(Node::Element).collect();
    says_more.then_some(out)
}

/// Elements of an entry that the crate does not write.
pub(super) fn entry_extras(entry: &Entry) -> Vec<Extra> {
    let mut extras = Vec::new();
    let people = [
        (Part::Author, "author", entry.authors.as_slice()),
        (Part::Contributor, "contributor", &entry.contributors),
    ];
    extras.extend(larger(people, &entry.categories));
    let links = links::larger(entry_links(entry));
    extras.extend(links.iter().map(written_link));
    extras.extend(content_link(entry).map(|content| Extra::of(Part::Content, content)));
    extras.extend(source(entry).map(|source| Extra::of(Part::Source, source)));
    if let Some(image) = entry.image.as_deref() {
        let attributes = [("url", Some(image))];
        let thumbnail = element(Some(xml::MEDIA), "thumbnail", &attributes, "");
        extras.push(Extra::of(Part::Image, thumbnail));
    }
    if let Some(duration) = rss::duration(entry) {
        extras.push(Extra::of(Part::Enclosure, duration));
    }
    if entry_updated(entry).is_none() {
        extras.push(Extra::ours(made("updated")));
    }
    extras.extend(json_element(&entry.json_extensions).map(Extra::ours));
    extras
}

/// `atom:source`. Not through the crate, which would add an id and a date that nobody gave.
fn source(entry: &Entry) -> Option<Element> {
    let origin = entry.source.as_ref()?;
    if let Some(element) = origin
        .element
        .as_ref()
        .filter(|element| element.namespace.as_deref() == Some(xml::ATOM))
    {
        return Some(element.clone());
    }
    let mut source = element(Some(xml::ATOM), "source", &[], "");
    if let Some(title) = &origin.title {
        let kind = match title.kind {
            TextKind::Plain => None,
            TextKind::Html => Some("html"),
        };
        source.children.push(Node::Element(element(
            Some(xml::ATOM),
            "title",
            &[("type", kind)],
            &title.value,
        )));
    }
    let url = origin.url.as_deref().and_then(grammar::reference);
    if let Some(url) = url.as_deref() {
        let attributes = [("rel", Some("self")), ("href", Some(url))];
        source.children.push(Node::Element(element(
            Some(xml::ATOM),
            "link",
            &attributes,
            "",
        )));
    }
    Some(source)
}
