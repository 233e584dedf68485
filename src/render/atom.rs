//! Writes Atom 1.0 (RFC 4287).
//!
//! What Atom requires and the feed lacks is made from what is there, and marked: an id from the address,
//! a date from the newest entry (for an entry without one: from the feed or the oldest), an author from
//! the feed's title. What only RSS has goes into RSS's namespace or into Dublin Core.

mod dates;
mod extras;
mod links;

use super::graft::{Extra, Graft, graft, name_of};
use super::grammar::{is_iri, is_reference};
use super::names::{GIVEN, Names};
use super::xml::{self, element};
use super::{Context, date, plain, xhtml};
use crate::model::{Attribute, Category, Element, Entry, Feed, Link, Part, Person, Text, TextKind};
use atom_syndication as atom;
use dates::{entry_updated, feed_updated, own_updated, undated};
use links::{entry_links, feed_links};
pub(super) use links::{main_place, relation};

/// The document.
pub(super) fn render(feed: &Feed, context: &Context<'_>) -> String {
    let head_extras = extras::head_extras(feed, context);
    let extras: Vec<Vec<Extra>> = feed.entries.iter().map(extras::entry_extras).collect();
    let entries = || feed.entries.iter().zip(&extras);
    let in_head = head_extras.iter().map(|extra| &extra.element);
    let in_entries = entries().flat_map(|(entry, extras)| {
        let extras = extras.iter().map(|extra| &extra.element);
        extras.chain(&entry.extensions)
    });
    let elements = in_head.chain(&feed.extensions).chain(in_entries);
    let names = Names::new(xml::ATOM, &[], elements);

    let mut document = head_of(feed, context);
    let undated = undated(feed, context);
    document.entries = feed
        .entries
        .iter()
        .map(|entry| entry_of(entry, feed, &undated))
        .collect();
    let config = atom::WriteConfig {
        write_document_declaration: false,
        indent_size: Some(2),
    };
    let written = document
        .write_with_config(Vec::new(), config)
        .expect("writing to memory cannot fail");
    let written =
        String::from_utf8(written).expect("the crate writes what it is given, which is UTF-8");

    let mut head = Graft::new(&feed.order);
    head.add_all(&head_extras, &feed.extensions, &names, "\n  ");
    let grafts: Vec<Graft<'_>> = entries()
        .map(|(entry, extras)| {
            let mut own = Graft::new(&entry.order);
            if let Some(language) = entry
                .language
                .as_deref()
                .filter(|_| entry.language != feed.language)
            {
                xml::push_attribute(&mut own.attributes, "xml:lang", language);
            }
            own.add_all(extras, &entry.extensions, &names, "\n    ");
            own
        })
        .collect();
    let mut start = String::from("<feed");
    for (prefix, uri) in names.declarations() {
        xml::push_attribute(&mut start, &format!("xmlns:{prefix}"), &uri);
    }
    let grown = graft(&written, "entry", "feed", &head, &grafts, part);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&grown.replacen("<feed", &start, 1));
    out.push('\n');
    out
}

/// What an element that the crate wrote stands for.
fn part(element: &str) -> Option<Part> {
    Some(match name_of(element) {
        "title" => Part::Title,
        "link" if element.contains(" rel=\"enclosure\"") => Part::Enclosure,
        "link" => Part::Link,
        "id" => Part::Id,
        "updated" => Part::Updated,
        "published" => Part::Published,
        "author" => Part::Author,
        "contributor" => Part::Contributor,
        "category" => Part::Category,
        "generator" => Part::Generator,
        "icon" => Part::Icon,
        "logo" => Part::Image,
        "rights" => Part::Rights,
        "subtitle" | "summary" => Part::Summary,
        "content" => Part::Content,
        _ => return None,
    })
}

fn head_of(feed: &Feed, context: &Context<'_>) -> atom::Feed {
    let ids = [
        feed.id.as_deref(),
        context.id_url,
        context.self_link(feed),
        feed.link.as_deref(),
    ];
    let id = ids.into_iter().flatten().find(|id| is_reference(id));
    let title = feed
        .title
        .as_ref()
        .map(|text| text_of(text, feed.language.as_deref()))
        .unwrap_or_default();
    atom::Feed {
        title,
        // RFC 4287 §4.2.6 asks for an IRI; a feed that names nothing of its own is not told from another such.
        id: id.map_or_else(|| "urn:feedwash:feed".to_owned(), legal),
        updated: moment(&feed_updated(feed, context)),
        authors: feed_authors(feed),
        categories: categories(&feed.categories),
        contributors: people(&feed.contributors),
        generator: feed.generator.as_ref().map(|generator| atom::Generator {
            value: legal(&generator.name),
            uri: generator.uri.as_deref().map(legal),
            version: generator.version.as_deref().map(legal),
        }),
        icon: feed.icon.as_deref().map(legal),
        links: links::simple(&feed_links(feed, context)),
        logo: feed.image.as_ref().map(|image| legal(&image.url)),
        rights: feed
            .rights
            .as_ref()
            .map(|text| text_of(text, feed.language.as_deref())),
        subtitle: feed
            .description
            .as_ref()
            .map(|text| text_of(text, feed.language.as_deref())),
        lang: feed.language.as_deref().map(legal),
        ..atom::Feed::default()
    }
}

fn entry_of(entry: &Entry, feed: &Feed, undated: &str) -> atom::Entry {
    let language = entry.language.as_deref().or(feed.language.as_deref());
    let text = |text: &Option<Text>| text.as_ref().map(|text| text_of(text, language));
    let ids = [entry.id.as_deref(), entry.link.as_deref()];
    let id = ids.into_iter().flatten().find(|id| is_reference(id));
    let content = content(entry, language);
    atom::Entry {
        title: text(&entry.title).unwrap_or_default(),
        id: legal(id.unwrap_or("urn:feedwash:entry")),
        updated: moment(entry_updated(entry).as_deref().unwrap_or(undated)),
        authors: people(&entry.authors),
        categories: categories(&entry.categories),
        contributors: people(&entry.contributors),
        links: links::simple(&entry_links(entry)),
        published: entry
            .published
            .as_ref()
            .and_then(date::rfc3339)
            .map(|date| moment(&date)),
        rights: text(&entry.rights),
        source: None,
        // §4.1.2: who cannot have the content has to have a summary.
        summary: text(&entry.summary).or_else(|| is_out_of_sight(entry).then(atom::Text::default)),
        content,
        ..atom::Entry::default()
    }
}

fn content(entry: &Entry, language: Option<&str>) -> Option<atom::Content> {
    if let Some(text) = own_content(entry) {
        let written = text_of(text, language);
        return Some(atom::Content {
            base: written.base,
            lang: written.lang,
            value: Some(written.value),
            content_type: Some(name_of_type(&written.r#type).to_owned()),
            src: None,
        });
    }
    // §4.1.2: an entry without content leads to it. One that leads nowhere has none, and says so.
    let is_alternate = |link: &Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    let leads = entry.link.is_some() || entry.links.iter().any(is_alternate);
    (!leads && entry.content_link.is_none() && media(entry).is_none()).then(|| atom::Content {
        value: Some(String::new()),
        ..atom::Content::default()
    })
}

/// The content that is at hand and says something.
fn own_content(entry: &Entry) -> Option<&Text> {
    let content = entry.content.as_ref();
    content.filter(|text| !xml::is_blank(&text.value))
}

/// The content among the extensions; all others that might be it were moved by `fit`.
fn media(entry: &Entry) -> Option<&Element> {
    let is_content = |element: &&Element| {
        element.namespace.as_deref() == Some(xml::ATOM) && element.name == "content"
    };
    entry.extensions.iter().find(is_content)
}

/// Whether who has the entry has no content to read: it lies elsewhere, or is encoded (§4.1.2).
fn is_out_of_sight(entry: &Entry) -> bool {
    let is_binary = |content: &Element| {
        let kind = content.attributes.iter().find(|a| a.name == "type");
        let kind = kind.map(|kind| kind.value.to_ascii_lowercase());
        !kind.is_some_and(|kind| kind.ends_with("+xml") || kind.ends_with("/xml"))
    };
    let is_elsewhere = own_content(entry).is_none() && entry.content_link.is_some();
    is_elsewhere || media(entry).is_some_and(is_binary)
}

/// The content that lies elsewhere, which has to be empty (§4.1.3.2).
fn content_link(entry: &Entry) -> Option<Element> {
    let link = entry.content_link.as_ref();
    let link = link.filter(|_| own_content(entry).is_none())?;
    let attributes = [
        ("type", link.media_type.as_deref()),
        ("src", Some(link.href.as_str())),
    ];
    let mut out = element(Some(xml::ATOM), "content", &attributes, "");
    let is_given = |a: &&Attribute| a.namespace.as_deref() == Some(GIVEN);
    let given = link.attributes.iter().filter(is_given);
    out.attributes.extend(given.cloned());
    Some(out)
}

fn name_of_type(kind: &atom::TextType) -> &'static str {
    match kind {
        atom::TextType::Text => "text",
        atom::TextType::Html => "html",
        atom::TextType::Xhtml => "xhtml",
    }
}

fn text_of(text: &Text, language: Option<&str>) -> atom::Text {
    let lang = text
        .language
        .as_deref()
        .filter(|_| text.language.as_deref() != language);
    let markup = || {
        let div = text.is_xhtml.then(|| xhtml::div(&text.value)).flatten();
        // Of markup that a parser makes nothing of, the string is all there is.
        div.filter(|div| !div.ends_with("\"></div>"))
    };
    let (kind, value) = match text.kind {
        TextKind::Plain => (atom::TextType::Text, legal(&text.value)),
        TextKind::Html => match markup() {
            Some(markup) => (atom::TextType::Xhtml, markup),
            None => (atom::TextType::Html, legal(&text.value)),
        },
    };
    atom::Text {
        value,
        base: text.base.as_deref().map(legal),
        lang: lang.map(legal),
        r#type: kind,
    }
}

/// The authors, or the feed itself as one, where neither it nor all of its entries name one (§4.1.1).
fn feed_authors(feed: &Feed) -> Vec<atom::Person> {
    let mut authors = people(&feed.authors);
    if is_author_made(feed) {
        let title = feed.title.as_ref().map(plain).unwrap_or_default();
        authors.push(atom::Person {
            name: legal(if xml::is_blank(&title) {
                "Unknown"
            } else {
                title.trim()
            }),
            ..atom::Person::default()
        });
    }
    authors
}

fn is_author_made(feed: &Feed) -> bool {
    let is_signed = |entry: &Entry| entry.authors.iter().any(is_somebody);
    let all_signed = !feed.entries.is_empty() && feed.entries.iter().all(is_signed);
    !feed.authors.iter().any(is_somebody) && !all_signed
}

/// What the feed has that the publisher did not say.
fn made_parts(feed: &Feed) -> impl Iterator<Item = Element> {
    let marks = [
        (!feed.id.as_deref().is_some_and(is_reference), "id"),
        (own_updated(feed).is_none(), "updated"),
        (is_author_made(feed), "author"),
    ];
    let marks = marks.into_iter().filter(|(is_made, _)| *is_made);
    marks.map(|(_, what)| super::made(what))
}

fn is_somebody(person: &Person) -> bool {
    let parts = [&person.name, &person.email, &person.uri, &person.avatar];
    let mut parts = parts.into_iter().flatten();
    parts.any(|part| !xml::is_blank(part)) || !person.extensions.is_empty()
}

/// People; `name` is required (§3.2.1) and is empty where there is none.
fn people(people: &[Person]) -> Vec<atom::Person> {
    if people.iter().any(is_larger) {
        return Vec::new();
    }
    let somebody = people.iter().filter(|person| is_somebody(person));
    somebody
        .map(|person| atom::Person {
            name: person.name.as_deref().map(legal).unwrap_or_default(),
            email: person.email.as_deref().map(legal),
            uri: person.uri.as_deref().map(legal),
            ..atom::Person::default()
        })
        .collect()
}

/// Whether the crate has no place for all that is known of a person. Then all people of the list are
/// among the extras, since they have an order.
fn is_larger(person: &Person) -> bool {
    !person.extensions.is_empty() || person.avatar.is_some()
}

/// Categories, unless the scheme of one is none (§4.2.2.2: an IRI). Then all are among the extras,
/// since they have an order.
fn categories(categories: &[Category]) -> Vec<atom::Category> {
    if !categories.iter().all(has_scheme) {
        return Vec::new();
    }
    let named = categories.iter().filter(|category| !is_nothing(category));
    named
        .map(|category| atom::Category {
            term: legal(&category.term),
            scheme: category.scheme.as_deref().map(legal),
            label: category.label.as_deref().map(legal),
        })
        .collect()
}

/// Whether a category names nothing.
fn is_nothing(category: &Category) -> bool {
    let label = category.label.as_deref();
    xml::is_blank(&category.term) && label.is_none_or(xml::is_blank)
}

fn has_scheme(category: &Category) -> bool {
    category.scheme.as_deref().is_none_or(is_iri)
}

/// The crate's kind of date. What comes here was written by `date`, so it can be read.
fn moment(rfc3339: &str) -> atom::FixedDateTime {
    rfc3339.parse().unwrap_or_default()
}

/// What XML can carry of a string, for the crate.
fn legal(value: &str) -> String {
    xml::legal(value).into_owned()
}
