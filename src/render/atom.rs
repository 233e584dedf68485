//! Writes Atom 1.0 (RFC 4287).
//!
//! What Atom requires and the feed lacks is made from what is there: an id from the address, a date
//! from the newest entry, an author from the feed's title. What only RSS has goes into RSS's
//! namespace or into Dublin Core.

use super::graft::{Extra, Graft, graft, name_of};
use super::grammar::{self, is_iri, is_reference};
use super::names::Names;
use super::xml::{self, element};
use super::{Context, date, fit, is_main, json_element, plain, xhtml};
use crate::model::{
    Category, Date, Element, Entry, Feed, FeedFormat, Link, Node, Part, Person, Text, TextKind,
};
use atom_syndication as atom;

/// The document.
pub(super) fn render(feed: &Feed, context: &Context<'_>) -> String {
    let head_extras = head_extras(feed, context);
    let extras: Vec<Vec<Extra>> = feed.entries.iter().map(entry_extras).collect();
    let entries = || feed.entries.iter().zip(&extras);
    let in_head = head_extras.iter().map(|extra| &extra.element);
    let in_entries = entries().flat_map(|(entry, extras)| {
        let extras = extras.iter().map(|extra| &extra.element);
        extras.chain(&entry.extensions)
    });
    let elements = in_head.chain(&feed.extensions).chain(in_entries);
    let names = Names::new(xml::ATOM, &[], elements);

    let updated = feed_updated(feed, context);
    let mut document = head_of(feed, context, &updated);
    document.entries = feed
        .entries
        .iter()
        .map(|entry| entry_of(entry, feed, &updated))
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
    // `Z` is what nearly everyone writes. No text can hold an end tag, so these are the crate's own.
    let written = written
        .replace("+00:00</updated>", "Z</updated>")
        .replace("+00:00</published>", "Z</published>");

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

fn head_of(feed: &Feed, context: &Context<'_>, updated: &str) -> atom::Feed {
    let ids = [
        feed.id.as_deref(),
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
        updated: moment(updated),
        authors: feed_authors(feed),
        categories: categories(&feed.categories),
        contributors: people(&feed.contributors),
        generator: feed.generator.as_ref().map(|generator| atom::Generator {
            value: legal(&generator.name),
            uri: generator.uri.as_deref().map(legal),
            version: generator.version.as_deref().map(legal),
        }),
        icon: feed.icon.as_deref().map(legal),
        links: feed_links(feed, context),
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

fn entry_of(entry: &Entry, feed: &Feed, feed_updated: &str) -> atom::Entry {
    let language = entry.language.as_deref().or(feed.language.as_deref());
    let text = |text: &Option<Text>| text.as_ref().map(|text| text_of(text, language));
    let updated = [&entry.updated, &entry.published]
        .into_iter()
        .flatten()
        .find_map(date::rfc3339);
    let ids = [entry.id.as_deref(), entry.link.as_deref()];
    let id = ids.into_iter().flatten().find(|id| is_reference(id));
    let content = content(entry, language);
    atom::Entry {
        title: text(&entry.title).unwrap_or_default(),
        id: legal(id.unwrap_or("urn:feedwash:entry")),
        updated: moment(updated.as_deref().unwrap_or(feed_updated)),
        authors: people(&entry.authors),
        categories: categories(&entry.categories),
        contributors: people(&entry.contributors),
        links: entry_links(entry),
        published: entry
            .published
            .as_ref()
            .and_then(date::rfc3339)
            .map(|date| moment(&date)),
        rights: text(&entry.rights),
        source: None,
        // §4.1.2: who cannot have the content has to have a summary.
        summary: text(&entry.summary).or_else(|| {
            let is_elsewhere = content
                .as_ref()
                .is_some_and(|content| content.src.is_some());
            is_elsewhere.then(atom::Text::default)
        }),
        content,
        ..atom::Entry::default()
    }
}

fn content(entry: &Entry, language: Option<&str>) -> Option<atom::Content> {
    let says_nothing = |text: &&Text| xml::is_blank(&text.value);
    if let Some(text) = entry.content.as_ref().filter(|text| !says_nothing(text)) {
        let written = text_of(text, language);
        return Some(atom::Content {
            base: written.base,
            lang: written.lang,
            value: Some(written.value),
            content_type: Some(name_of_type(&written.r#type).to_owned()),
            src: None,
        });
    }
    if let Some(link) = &entry.content_link {
        return Some(atom::Content {
            src: Some(legal(&link.href)),
            content_type: link.media_type.as_deref().map(legal),
            ..atom::Content::default()
        });
    }
    // §4.1.2: an entry without content leads to it. One that leads nowhere has none, and says so.
    let is_alternate = |link: &Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    let leads = entry.link.is_some() || entry.links.iter().any(is_alternate);
    (!leads).then(|| atom::Content {
        value: Some(String::new()),
        ..atom::Content::default()
    })
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
    let all_signed = !feed.entries.is_empty()
        && feed
            .entries
            .iter()
            .all(|entry| entry.authors.iter().any(is_somebody));
    if !feed.authors.iter().any(is_somebody) && !all_signed {
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

fn is_somebody(person: &Person) -> bool {
    let parts = [&person.name, &person.email, &person.uri];
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
    !person.extensions.is_empty()
}

/// Categories, unless the scheme of one is none (§4.2.2.2: an IRI). Then all are among the extras,
/// since they have an order.
fn categories(categories: &[Category]) -> Vec<atom::Category> {
    if !categories.iter().all(has_scheme) {
        return Vec::new();
    }
    let named = categories
        .iter()
        .filter(|category| !super::rss::is_nothing(category));
    named
        .map(|category| atom::Category {
            term: legal(&category.term),
            scheme: category.scheme.as_deref().map(legal),
            label: category.label.as_deref().map(legal),
        })
        .collect()
}

fn has_scheme(category: &Category) -> bool {
    category.scheme.as_deref().is_none_or(is_iri)
}

/// Categories, where the scheme of one is only what RSS calls a domain.
fn in_domains(categories: &[Category]) -> impl Iterator<Item = Element> + '_ {
    let is_simple = categories.iter().all(has_scheme);
    let named = categories
        .iter()
        .filter(move |category| !is_simple && !super::rss::is_nothing(category));
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

fn feed_links(feed: &Feed, context: &Context<'_>) -> Vec<atom::Link> {
    let mut links = Vec::new();
    links.extend(main_link(feed.link.as_deref(), &feed.links));
    if let Some(url) = context.self_link(feed) {
        // Of the publisher's own address only the format of their feed is known.
        let is_atom = context.self_url.is_some() || feed.format == FeedFormat::Atom;
        links.push(atom::Link {
            mime_type: is_atom.then(|| "application/atom+xml".to_owned()),
            ..relation("self", url)
        });
    }
    links.extend(context.pages().map(|(rel, url)| relation(rel, url)));
    links.extend(
        feed.links
            .iter()
            .filter(|link| context.keeps(link) && !has_larger(&feed.links))
            .map(link),
    );
    links
}

fn entry_links(entry: &Entry) -> Vec<atom::Link> {
    let mut links = Vec::new();
    links.extend(main_link(entry.link.as_deref(), &entry.links));
    let made = made_links(entry);
    if !has_larger(&entry.links) && !has_larger(&made) {
        links.extend(entry.links.iter().chain(&made).map(link));
    }
    links
}

/// What Atom says with a link and the model has a field for.
fn made_links(entry: &Entry) -> Vec<Link> {
    let enclosures = entry.enclosures.iter().map(|enclosure| Link {
        href: enclosure.url.clone(),
        rel: Some("enclosure".to_owned()),
        media_type: enclosure.media_type.clone(),
        title: enclosure.title.clone(),
        length: enclosure.length_bytes.map(|bytes| bytes.to_string()),
        ..Link::default()
    });
    // RSS `comments` is the page; RFC 4685 §4 calls that `replies`.
    let comments = entry.comments.as_deref().map(|url| Link {
        href: url.to_owned(),
        rel: Some("replies".to_owned()),
        media_type: Some("text/html".to_owned()),
        ..Link::default()
    });
    let links = enclosures.chain(comments);
    links.filter_map(|link| fit::atom_link(&link)).collect()
}

/// The alternate link, unless it stands among the others, with all its attributes.
fn main_link(main: Option<&str>, others: &[Link]) -> Option<atom::Link> {
    let is_whole = |link: &&Link| {
        is_main(link, main) && (link.media_type.is_some() || !super::rss::adds_nothing(link, main))
    };
    let main = main.filter(|_| !others.iter().any(|link| is_whole(&link)))?;
    Some(relation("alternate", main))
}

/// Whether one of the links has attributes that the crate has no place for. Then all are among the
/// extras, since they have an order.
fn has_larger(links: &[Link]) -> bool {
    links.iter().any(|link| !link.attributes.is_empty())
}

fn link(link: &Link) -> atom::Link {
    atom::Link {
        mime_type: link.media_type.as_deref().map(legal),
        hreflang: link.hreflang.as_deref().map(legal),
        title: link.title.as_deref().map(legal),
        length: link.length.as_deref().map(legal),
        ..relation(link.rel.as_deref().unwrap_or("alternate"), &link.href)
    }
}

/// The people and links that hold what the crate has no place for.
fn larger<'a>(
    people: [(Part, &'a str, &'a [Person]); 2],
    links: impl Iterator<Item = &'a Link> + 'a,
    categories: &'a [Category],
) -> impl Iterator<Item = Extra> + 'a {
    let lists = people.into_iter();
    let people = lists
        .filter(|(_, _, people)| people.iter().any(is_larger))
        .flat_map(|(part, name, people)| {
            let somebody = people.iter().filter(|person| is_somebody(person));
            somebody.map(move |person| Extra::of(part, super::people::atom_person(name, person)))
        });
    let categories = in_domains(categories).map(|category| Extra::of(Part::Category, category));
    let links = links.map(|link| Extra::of(part_of(link), super::rss::atom_link(link)));
    people.chain(categories).chain(links)
}

/// What a link stands for.
fn part_of(link: &Link) -> Part {
    match link.rel.as_deref() {
        Some("enclosure") => Part::Enclosure,
        _ => Part::Link,
    }
}

fn relation(rel: &str, href: &str) -> atom::Link {
    atom::Link {
        href: legal(href),
        rel: legal(rel),
        ..atom::Link::default()
    }
}

/// Elements of the feed that the crate does not write.
fn head_extras(feed: &Feed, context: &Context<'_>) -> Vec<Extra> {
    let mut extras = Vec::new();
    let people = [
        (Part::Author, "author", feed.authors.as_slice()),
        (Part::Contributor, "contributor", &feed.contributors),
    ];
    let is_larger = has_larger(&feed.links);
    let links = feed
        .links
        .iter()
        .filter(|link| is_larger && context.keeps(link));
    extras.extend(larger(people, links, &feed.categories));
    if let Some(publisher) = feed.publisher.as_ref().filter(|person| is_somebody(person)) {
        let address = super::people::address(publisher);
        let publisher = element(Some(xml::DC), "publisher", &[], &address);
        extras.push(Extra::of(Part::Publisher, publisher));
    }
    if let Some(minutes) = feed.ttl_minutes {
        let ttl = element(None, "ttl", &[], &minutes.to_string());
        extras.push(Extra::of(Part::Ttl, ttl));
    }
    extras.extend(json_element(&feed.json_extensions).map(Extra::ours));
    extras
}

/// Elements of an entry that the crate does not write.
fn entry_extras(entry: &Entry) -> Vec<Extra> {
    let mut extras = Vec::new();
    let people = [
        (Part::Author, "author", entry.authors.as_slice()),
        (Part::Contributor, "contributor", &entry.contributors),
    ];
    let made = made_links(entry);
    let is_larger = has_larger(&entry.links) || has_larger(&made);
    let links = entry.links.iter().chain(&made).filter(|_| is_larger);
    extras.extend(larger(people, links, &entry.categories));
    extras.extend(source(entry).map(|source| Extra::of(Part::Source, source)));
    if let Some(image) = entry.image.as_deref() {
        let attributes = [("url", Some(image))];
        let thumbnail = element(Some(xml::MEDIA), "thumbnail", &attributes, "");
        extras.push(Extra::of(Part::Image, thumbnail));
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

/// `atom:updated` of the feed (§4.2.15): its own, else that of the newest entry.
fn feed_updated(feed: &Feed, context: &Context<'_>) -> String {
    let newest = || {
        let dates = feed
            .entries
            .iter()
            .flat_map(|entry| [&entry.updated, &entry.published]);
        dates
            .flatten()
            .filter(|date| date::rfc3339(date).is_some())
            .max_by_key(|date| date.time)
    };
    let own: Option<&Date> = feed
        .updated
        .as_ref()
        .filter(|date| date::rfc3339(date).is_some());
    own.or_else(newest)
        .or(feed.published.as_ref())
        .and_then(date::rfc3339)
        .or_else(|| context.fallback_updated.and_then(date::utc))
        .unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

/// The crate's kind of date. What comes here was written by `date`, so it can be read.
fn moment(rfc3339: &str) -> atom::FixedDateTime {
    rfc3339.parse().unwrap_or_default()
}

/// What XML can carry of a string, for the crate.
fn legal(value: &str) -> String {
    xml::legal(value).into_owned()
}
