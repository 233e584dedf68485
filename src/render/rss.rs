//! Writes RSS 2.0.
//!
//! What RSS has no element for is written with Atom's, in Atom's namespace, as the RSS Advisory
//! Board's profile does with `atom:link`; people without an e-mail address are `dc:creator`.
//! A body alone is the `description`, because every reader shows that; a body beside a summary is
//! `content:encoded`.

mod parts;
mod text;

pub(super) use parts::{duration, duration_attribute};

use super::graft::{Extra, Graft, graft, name_of};
use super::grammar::{self, is_iri, is_web_address};
use super::names::Names;
use super::people::{address, contributor, has_email, is_line, lead, line, rest};
use super::xml::{self, element};
use super::{Context, date, enclosure_type, is_main, json_element, own_attributes};
use crate::model::{Element, Entry, Feed, FeedFormat, Generator, Link, Node, Part, Text, TextKind};
use parts::{categories, enclosure, first_enclosure, labelled, length, written};
use std::borrow::Cow;
use std::cell::Cell;
pub(super) use text::one_line;
use text::{body, description};

/// The document.
pub(super) fn render(feed: &Feed, context: &Context<'_>) -> String {
    let head_extras = head_extras(feed, context);
    let extras: Vec<Vec<Extra>> = feed
        .entries
        .iter()
        .map(|entry| entry_extras(entry, feed))
        .collect();
    let entries = || feed.entries.iter().zip(&extras);
    let in_head = head_extras.iter().map(|extra| &extra.element);
    let in_entries = entries().flat_map(|(entry, extras)| {
        let extras = extras.iter().map(|extra| &extra.element);
        extras.chain(&entry.extensions)
    });
    let elements = in_head.chain(&feed.extensions).chain(in_entries);
    let has_encoded = feed
        .entries
        .iter()
        .any(|entry| bodies(entry, feed).1.is_some());
    let needed: &[&str] = if has_encoded { &[xml::CONTENT] } else { &[] };
    let names = Names::new("", needed, elements);

    let mut channel = channel(feed, context);
    channel.items = feed.entries.iter().map(|entry| item(entry, feed)).collect();
    channel.namespaces = names.declarations();
    let written = channel
        .pretty_write_to(Vec::new(), b' ', 2)
        .expect("writing to memory cannot fail");
    let written =
        String::from_utf8(written).expect("the crate writes what it is given, which is UTF-8");
    let written = written.replacen("encoding=\"utf-8\"", "encoding=\"UTF-8\"", 1);

    let mut head = Graft::new(&feed.order);
    head.add_all(&head_extras, &feed.extensions, &names, "\n    ");
    let grafts: Vec<Graft<'_>> = entries()
        .map(|(entry, extras)| {
            let mut own = Graft::new(&entry.order);
            if let Some(language) = own_language(entry, feed) {
                xml::push_attribute(&mut own.attributes, "xml:lang", &language);
            }
            own.add_all(extras, &entry.extensions, &names, "\n      ");
            own
        })
        .collect();
    let written = match root_language(feed) {
        None => written,
        Some(language) => {
            let mut start = String::from("<rss");
            xml::push_attribute(&mut start, "xml:lang", language);
            written.replacen("<rss", &start, 1)
        }
    };
    // The link that we had to make, which comes first, has no place of the publisher's.
    let is_link_made = Cell::new(!has_link(feed));
    let part = |element: &str| {
        part(element).filter(|part| *part != Part::Link || !is_link_made.replace(false))
    };
    let mut out = graft(&written, "item", "channel", &head, &grafts, part);
    out.push('\n');
    out
}

/// What an element that the crate wrote stands for.
fn part(element: &str) -> Option<Part> {
    Some(match name_of(element) {
        "title" => Part::Title,
        "link" => Part::Link,
        "description" => Part::Summary,
        "content:encoded" => Part::Content,
        "guid" => Part::Id,
        "pubDate" => Part::Published,
        "lastBuildDate" => Part::Updated,
        "author" | "managingEditor" => Part::Author,
        "webMaster" => Part::Publisher,
        "category" => Part::Category,
        "comments" => Part::Comments,
        "enclosure" => Part::Enclosure,
        "language" => Part::Language,
        "copyright" => Part::Rights,
        "generator" => Part::Generator,
        "image" => Part::Image,
        "ttl" => Part::Ttl,
        "skipHours" => Part::SkipHours,
        "skipDays" => Part::SkipDays,
        _ => return None,
    })
}

fn channel(feed: &Feed, context: &Context<'_>) -> rss::Channel {
    let title = feed.title.as_ref().map(one_line).unwrap_or_default();
    let link = legal(&channel_link(feed, context));
    rss::Channel {
        image: feed.image.as_ref().map(|image| rss::Image {
            url: legal(&image.url),
            title: filled(image.title.as_deref()).map_or_else(|| title.clone(), legal),
            link: filled(image.link.as_deref()).map_or_else(|| link.clone(), legal),
            width: image.width.as_deref().map(legal),
            height: image.height.as_deref().map(legal),
            description: image.description.as_deref().map(legal),
        }),
        title,
        link,
        description: feed.description.as_ref().map(one_line).unwrap_or_default(),
        language: feed.language.as_deref().map(legal),
        copyright: feed.rights.as_ref().map(one_line),
        managing_editor: lead(&feed.authors, feed).map(address),
        webmaster: feed
            .publisher
            .as_ref()
            .filter(|person| is_line(person))
            .map(address),
        pub_date: feed.published.as_ref().and_then(date::rfc822),
        last_build_date: feed.updated.as_ref().and_then(date::rfc822),
        categories: categories(&feed.categories),
        generator: feed
            .generator
            .as_ref()
            .filter(|generator| is_name(generator))
            .map(|generator| legal(&generator.name)),
        ttl: feed.ttl_minutes.map(|minutes| minutes.to_string()),
        skip_hours: feed.skip_hours.iter().map(u8::to_string).collect(),
        skip_days: feed.skip_days.iter().map(|day| legal(day)).collect(),
        ..rss::Channel::default()
    }
}

/// Whether RSS's element holds all that is known of a generator.
fn is_name(generator: &Generator) -> bool {
    generator.uri.is_none() && generator.version.is_none()
}

/// `link` is required (RSS 2.0, required channel elements): the site, else the feed itself, else the site of
/// its entries.
fn channel_link<'a>(feed: &'a Feed, context: &Context<'a>) -> Cow<'a, str> {
    let own = [
        feed.link.as_deref(),
        context.self_url,
        feed.self_link.as_deref(),
    ];
    let own = own.into_iter().flatten().find(|link| is_iri(link));
    let site = || {
        let mut links = feed
            .entries
            .iter()
            .filter_map(|entry| entry.link.as_deref());
        links.find_map(|link| {
            let start = link.find("://").filter(|_| is_web_address(link))? + 3;
            let end = link[start..].find(['/', '?', '#']);
            Some(format!(
                "{}/",
                &link[..end.map_or(link.len(), |end| start + end)]
            ))
        })
    };
    match own {
        Some(own) => Cow::Borrowed(own),
        None => site().map_or(Cow::Borrowed("urn:feedwash:feed"), Cow::Owned),
    }
}

/// Whether the publisher said what RSS's link has to.
fn has_link(feed: &Feed) -> bool {
    feed.link.as_deref().is_some_and(is_iri)
}

/// What the channel has that the publisher did not say.
fn made_parts(feed: &Feed) -> impl Iterator<Item = Element> {
    let image = feed.image.as_ref();
    let lacks =
        |value: Option<&String>| image.is_some() && filled(value.map(String::as_str)).is_none();
    let title = lacks(image.and_then(|image| image.title.as_ref()));
    let link = lacks(image.and_then(|image| image.link.as_ref()));
    let marks = [
        (!has_link(feed), "link"),
        (title, "image-title"),
        (link, "image-link"),
    ];
    let marks = marks.into_iter().filter(|(is_made, _)| *is_made);
    marks.map(|(_, what)| super::made(what))
}

fn item(entry: &Entry, feed: &Feed) -> rss::Item {
    let (short, encoded) = bodies(entry, feed);
    rss::Item {
        // "At least one of title or description must be present."
        title: match &entry.title {
            Some(title) => Some(one_line(title)),
            None if entry.order.has(Part::Summary) => None,
            None => short.is_none().then(String::new),
        },
        link: entry
            .link
            .as_deref()
            .filter(|_| !is_link_made(entry))
            .map(legal),
        // An empty one of the publisher's stays: beside it, readers take `itunes:summary` for something else.
        description: short
            .map(description)
            .or_else(|| entry.order.has(Part::Summary).then(String::new)),
        content: encoded.map(body),
        author: lead(&entry.authors, feed).map(address),
        categories: categories(&entry.categories),
        comments: entry.comments.as_deref().map(legal),
        enclosure: first_enclosure(entry).map(|enclosure| rss::Enclosure {
            url: legal(&enclosure.url),
            length: length(enclosure),
            mime_type: legal(enclosure_type(enclosure)),
        }),
        guid: entry
            .id
            .as_deref()
            .filter(|id| !id.trim().is_empty())
            .map(|id| rss::Guid {
                value: legal(id),
                permalink: entry.id_is_permalink,
            }),
        // Readers sort by `pubDate` and know no other date.
        pub_date: [&entry.published, &entry.updated]
            .into_iter()
            .flatten()
            .find_map(date::rfc822),
        ..rss::Item::default()
    }
}

/// What goes into `description` and what into `content:encoded`. A body alone stays where it was
/// in RSS; from another format it is the `description`, which every reader shows.
fn bodies<'a>(entry: &'a Entry, feed: &Feed) -> (Option<&'a Text>, Option<&'a Text>) {
    let is_encoded = feed.format == FeedFormat::Rss && !entry.content_is_description;
    match (&entry.summary, &entry.content) {
        (None, content) if !is_encoded => (content.as_ref(), None),
        (summary, content) => (summary.as_ref(), content.as_ref()),
    }
}

/// Whether the link was taken from the id, which says by `isPermaLink` that it is one: then readers do the same.
fn is_link_made(entry: &Entry) -> bool {
    entry.id_is_permalink
        && entry.link == entry.id
        && !entry.order.is_empty()
        && !entry.order.has(Part::Link)
}

/// The feed's language, if its texts inherit it: then an `xml:lang` said it, and says it again.
fn root_language(feed: &Feed) -> Option<&str> {
    let entries = feed.entries.iter();
    let texts = entries.flat_map(|entry| {
        let source = entry.source.as_ref().map(|source| &source.title);
        let own = [&entry.title, &entry.summary, &entry.content, &entry.rights];
        own.into_iter().chain(source)
    });
    let language = feed.language.as_deref().filter(|own| !own.is_empty())?;
    [&feed.title, &feed.description, &feed.rights]
        .into_iter()
        .chain(texts)
        .flatten()
        .any(|text| text.language.as_deref() == Some(language))
        .then_some(language)
}

/// The language of an entry's texts, where it is not the feed's. RSS has no place for one on a text.
fn own_language<'a>(entry: &'a Entry, feed: &Feed) -> Option<Cow<'a, str>> {
    let texts = [&entry.content, &entry.summary, &entry.title];
    let source = entry
        .source
        .as_ref()
        .and_then(|source| source.title.as_ref());
    // What is said of these holds for the others only where there are none.
    let others = [entry.rights.as_ref(), source];
    let others = others
        .into_iter()
        .filter(|_| texts.iter().all(|text| text.is_none()));
    let language = texts
        .into_iter()
        .map(Option::as_ref)
        .chain(others)
        .flatten()
        .find_map(|text| text.language.as_deref());
    let language = language.and_then(grammar::language);
    language.filter(|language| Some(&**language) != feed.language.as_deref())
}

/// Elements of the channel that the crate does not write.
fn head_extras(feed: &Feed, context: &Context<'_>) -> Vec<Extra> {
    let mut extras = Vec::new();
    if let Some(url) = context.self_link(feed) {
        // Of the publisher's own address only the format of their feed is known.
        let is_rss = context.self_url.is_some() || feed.format == FeedFormat::Rss;
        let link = atom_link(&Link {
            href: url.to_owned(),
            rel: Some("self".to_owned()),
            media_type: is_rss.then(|| "application/rss+xml".to_owned()),
            ..Link::default()
        });
        extras.push(Extra::of(Part::Link, link));
    }
    let mut add = |part, element| extras.push(Extra::of(part, element));
    for (rel, url) in context.pages() {
        let attributes = [("rel", Some(rel)), ("href", Some(url))];
        add(
            Part::Link,
            element(Some(xml::ATOM), "link", &attributes, ""),
        );
    }
    for link in feed.links.iter().filter(|link| context.keeps(link)) {
        add(Part::Link, atom_link(link));
    }
    if let Some(id) = feed.id.as_deref() {
        add(Part::Id, element(Some(xml::ATOM), "id", &[], id));
    }
    for person in rest(&feed.authors, "managingEditor", feed) {
        add(Part::Author, person);
    }
    for person in feed.contributors.iter().filter_map(contributor) {
        add(Part::Contributor, person);
    }
    if let Some(person) = feed.publisher.as_ref().filter(|person| !is_line(person)) {
        let publisher = match has_email(person) {
            true => line(None, "webMaster", person),
            false => line(Some(xml::DC), "publisher", person),
        };
        add(Part::Publisher, publisher);
    }
    if let Some(generator) = feed.generator.as_ref().filter(|own| !is_name(own)) {
        let mut out = element(None, "generator", &[], &generator.name);
        out.attributes = own_attributes([
            ("uri", generator.uri.as_deref()),
            ("version", generator.version.as_deref()),
        ]);
        add(Part::Generator, out);
    }
    for category in labelled(&feed.categories, feed) {
        add(Part::Category, category);
    }
    if let Some(icon) = feed.icon.as_deref() {
        add(Part::Icon, element(Some(xml::ATOM), "icon", &[], icon));
    }
    extras.extend(made_parts(feed).map(Extra::ours));
    extras.extend(json_element(&feed.json_extensions).map(Extra::ours));
    extras
}

/// Elements of an item that the crate does not write.
fn entry_extras(entry: &Entry, feed: &Feed) -> Vec<Extra> {
    let mut extras = Vec::new();
    let mut add = |part, element| extras.push(Extra::of(part, element));
    for person in rest(&entry.authors, "author", feed) {
        add(Part::Author, person);
    }
    for person in entry.contributors.iter().filter_map(contributor) {
        add(Part::Contributor, person);
    }
    if let Some(updated) = entry.updated.as_ref().and_then(date::rfc3339) {
        let updated = element(Some(xml::ATOM), "updated", &[], &updated);
        add(Part::Updated, updated);
    }
    for category in labelled(&entry.categories, feed) {
        add(Part::Category, category);
    }
    let skip = usize::from(first_enclosure(entry).is_some());
    for (at, other) in written(entry).enumerate().skip(skip) {
        if let Some(other) = enclosure(other, feed, at == 0) {
            add(Part::Enclosure, other);
        }
    }
    for link in &entry.links {
        if !adds_nothing(link, entry.link.as_deref()) {
            add(Part::Link, atom_link(link));
        }
    }
    if let Some(link) = &entry.content_link {
        let attributes = [
            ("type", link.media_type.as_deref()),
            ("src", Some(link.href.as_str())),
        ];
        let content = element(Some(xml::ATOM), "content", &attributes, "");
        add(Part::Content, content);
    }
    if let Some(language) = entry.language.as_deref() {
        let language = element(Some(xml::DC), "language", &[], language);
        add(Part::Language, language);
    }
    if let Some(text) = &entry.rights {
        add(Part::Rights, rights(text));
    }
    if let Some(source) = source(entry) {
        add(Part::Source, source);
    }
    if let Some(image) = entry.image.as_deref() {
        let attributes = [("url", Some(image))];
        let thumbnail = element(Some(xml::MEDIA), "thumbnail", &attributes, "");
        add(Part::Image, thumbnail);
    }
    if let Some(duration) = duration(entry) {
        add(Part::Enclosure, duration);
    }
    extras.extend(json_element(&entry.json_extensions).map(Extra::ours));
    extras
}

pub(super) fn atom_link(link: &Link) -> Element {
    let attributes = [
        ("rel", Some(link.rel.as_deref().unwrap_or("alternate"))),
        ("type", link.media_type.as_deref()),
        ("hreflang", link.hreflang.as_deref()),
        ("title", link.title.as_deref()),
        ("length", link.length.as_deref()),
        ("href", Some(link.href.as_str())),
    ];
    let mut out = element(Some(xml::ATOM), "link", &attributes, "");
    out.attributes.extend(link.attributes.iter().cloned());
    out
}

/// Whether a link says no more than the item's `link` does.
pub(super) fn adds_nothing(link: &Link, main: Option<&str>) -> bool {
    let says_more = link.hreflang.is_some() || link.title.is_some() || link.length.is_some();
    // That the thing itself is a page goes without saying.
    let is_page = matches!(link.media_type.as_deref(), None | Some("text/html"));
    is_main(link, main) && !says_more && is_page && link.attributes.is_empty()
}

fn source(entry: &Entry) -> Option<Element> {
    let origin = entry.source.as_ref()?;
    if let Some(element) = &origin.element {
        return Some(element.clone());
    }
    let title = origin.title.as_ref().map(one_line).unwrap_or_default();
    if let Some(url) = origin.url.as_deref() {
        return Some(element(None, "source", &[("url", Some(url))], &title));
    }
    // RSS `source` requires the address; Atom's does not.
    let mut source = element(Some(xml::ATOM), "source", &[], "");
    source.children = vec![Node::Element(element(
        Some(xml::ATOM),
        "title",
        &[],
        &title,
    ))];
    Some(source)
}

fn rights(text: &Text) -> Element {
    match text.kind {
        TextKind::Plain => element(Some(xml::DC), "rights", &[], &one_line(text)),
        TextKind::Html => element(
            Some(xml::ATOM),
            "rights",
            &[("type", Some("html"))],
            &text.value,
        ),
    }
}

/// A string, unless a reader would see nothing of it.
fn filled(value: Option<&str>) -> Option<&str> {
    value.filter(|value| !xml::is_blank(value))
}

/// What XML can carry of a string, for the crate.
fn legal(value: &str) -> String {
    xml::legal(value).into_owned()
}
