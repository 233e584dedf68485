//! What RFC 4287 asks of Atom's elements.

use super::source;
use super::{
    address, attribute, extension, is_misfit, link_extension, mend, mend_text, second_link,
    text_fits,
};
use crate::model::{Element, Feed, Link, Person};
use crate::render::atom::{main_place, relation};
use crate::render::grammar::{self, is_email, is_iri, is_media_type, is_reference};
use crate::render::{is_main, names, xml};
use std::borrow::Cow;
use std::collections::HashSet;

pub(super) fn feed(feed: &mut Cow<'_, Feed>) {
    head(feed);
    for at in 0..feed.extensions.len() {
        if is_atom(&feed.extensions[at]) {
            feed.to_mut().extensions[at].namespace = Some(names::RSS.to_owned());
        }
    }
    for at in 0..feed.entries.len() {
        entry(feed, at);
        let own = &feed.entries[at];
        let is_free = own.content.is_none() && own.content_link.is_none();
        let mut contents = own.extensions.iter().enumerate();
        let content = contents.find(|(_, element)| is_free && is_media(element));
        let content = content.map(|(child, _)| child);
        for child in 0..feed.entries[at].extensions.len() {
            if is_atom(&feed.entries[at].extensions[child]) && content != Some(child) {
                feed.to_mut().entries[at].extensions[child].namespace = Some(names::RSS.to_owned());
            }
        }
    }
}

/// §6.4: an element of Atom's where Atom has none is no extension.
fn is_atom(element: &Element) -> bool {
    element.namespace.as_deref() == Some(xml::ATOM)
}

/// §4.1.3.3: content of a media type, of which no field of ours can hold more than text and HTML.
fn is_media(element: &Element) -> bool {
    let kind = source::value(element, "type").unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim_end();
    let essence = essence.to_ascii_lowercase();
    // §4.1.3.1: no type of several parts.
    let is_whole = !essence.starts_with("multipart/") && !essence.starts_with("message/");
    let is_xml = essence.ends_with("+xml") || essence.ends_with("/xml");
    let is_base64 = |c: char| {
        c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || matches!(c, '+' | '/' | '=')
    };
    let is_leaf = || source::elements(element).next().is_none();
    is_atom(element)
        && element.name == "content"
        && is_media_type(kind)
        && is_whole
        && source::has_only(element, &["type"])
        && (is_xml || is_leaf() && element.own_text().chars().all(is_base64))
}

fn head(feed: &mut Cow<'_, Feed>) {
    if is_misfit(feed.id.as_ref(), is_reference) {
        let feed = feed.to_mut();
        escape_id(&mut feed.id, &mut feed.extensions);
    }
    if is_misfit(feed.language.as_ref(), is_language) {
        let feed = feed.to_mut();
        let given = feed.language.take().unwrap_or_default();
        feed.language = grammar::language(&given).map(Cow::into_owned);
        if feed.language.is_none() {
            feed.extensions.push(extension("language", &[], &given));
        }
    }
    let texts = [&feed.title, &feed.description, &feed.rights];
    if !texts.into_iter().flatten().all(text_fits) {
        let feed = feed.to_mut();
        let texts = [&mut feed.title, &mut feed.description, &mut feed.rights];
        texts.into_iter().flatten().for_each(mend_text);
    }
    if !feed
        .authors
        .iter()
        .chain(&feed.contributors)
        .all(person_fits)
    {
        let feed = feed.to_mut();
        feed.authors
            .iter_mut()
            .chain(&mut feed.contributors)
            .for_each(mend_person);
    }
    let uri = feed
        .generator
        .as_ref()
        .and_then(|generator| generator.uri.as_ref());
    if is_misfit(uri, is_reference)
        && let Some(generator) = &mut feed.to_mut().generator
    {
        mend(&mut generator.uri, |_| true);
    }
    if is_misfit(feed.icon.as_ref(), is_reference) {
        mend(&mut feed.to_mut().icon, |_| true);
    }
    if is_misfit(feed.image.as_ref().map(|image| &image.url), is_reference) {
        let feed = feed.to_mut();
        feed.image = feed.image.take().and_then(|image| {
            Some(crate::model::Image {
                url: address(&image.url, |_| true)?,
                ..image
            })
        });
    }
    if is_misfit(feed.self_link.as_ref(), is_reference) {
        mend(&mut feed.to_mut().self_link, |_| true);
    }
    if is_misfit(feed.link.as_ref(), is_reference) {
        let feed = feed.to_mut();
        let given = feed.link.take().unwrap_or_default();
        feed.link = leading(&given);
        if feed.link.is_none() && !given.trim().is_empty() {
            feed.extensions.push(extension("link", &[], &given));
        }
    }
    if !links_fit(feed.link.as_deref(), &feed.links) {
        let feed = feed.to_mut();
        let unfit = mend_links(feed.link.as_deref(), &mut feed.links);
        feed.extensions.extend(unfit);
    }
}

fn entry(feed: &mut Cow<'_, Feed>, at: usize) {
    // §4.2.6 asks for an IRI. A reference that has no scheme (`t3_42tizy`) stays all the same, because
    // an id that changes makes every entry new; what cannot be part of any address does not.
    if is_misfit(feed.entries[at].id.as_ref(), is_reference) {
        let entry = &mut feed.to_mut().entries[at];
        escape_id(&mut entry.id, &mut entry.extensions);
    }
    let entry = &feed.entries[at];
    if is_misfit(entry.language.as_ref(), is_language) {
        let entry = &mut feed.to_mut().entries[at];
        let given = entry.language.take().unwrap_or_default();
        entry.language = grammar::language(&given).map(Cow::into_owned);
        if entry.language.is_none() {
            entry.extensions.push(extension("language", &[], &given));
        }
    }
    let entry = &feed.entries[at];
    let texts = [&entry.title, &entry.summary, &entry.content, &entry.rights];
    if !texts.into_iter().flatten().all(text_fits) {
        let entry = &mut feed.to_mut().entries[at];
        let texts = [
            &mut entry.title,
            &mut entry.summary,
            &mut entry.content,
            &mut entry.rights,
        ];
        texts.into_iter().flatten().for_each(mend_text);
    }
    let entry = &feed.entries[at];
    if !entry
        .authors
        .iter()
        .chain(&entry.contributors)
        .all(person_fits)
    {
        let entry = &mut feed.to_mut().entries[at];
        entry
            .authors
            .iter_mut()
            .chain(&mut entry.contributors)
            .for_each(mend_person);
    }
    entry_links(feed, at);
    let element = feed.entries[at]
        .source
        .as_ref()
        .and_then(|source| source.element.as_ref());
    if element.is_some_and(|element| !source::fits(element))
        && let Some(source) = &mut feed.to_mut().entries[at].source
    {
        source.element.iter_mut().for_each(source::mend);
    }
}

fn entry_links(feed: &mut Cow<'_, Feed>, at: usize) {
    let entry = &feed.entries[at];
    if is_misfit(entry.link.as_ref(), is_reference) {
        let entry = &mut feed.to_mut().entries[at];
        let given = entry.link.take().unwrap_or_default();
        entry.link = leading(&given);
        if entry.link.is_none() && !given.trim().is_empty() {
            entry.extensions.push(extension("link", &[], &given));
        }
    }
    if is_misfit(feed.entries[at].comments.as_ref(), is_reference) {
        mend(&mut feed.to_mut().entries[at].comments, |_| true);
    }
    let enclosures = &feed.entries[at].enclosures;
    if !enclosures
        .iter()
        .all(|enclosure| leading(&enclosure.url).is_some())
    {
        let entry = &mut feed.to_mut().entries[at];
        let (fit, unfit): (Vec<_>, Vec<_>) = std::mem::take(&mut entry.enclosures)
            .into_iter()
            .partition(|enclosure| leading(&enclosure.url).is_some());
        entry.enclosures = fit;
        entry.extensions.extend(unfit.iter().map(super::enclosure));
    }
    let content_link = feed.entries[at].content_link.as_ref();
    if content_link.is_some_and(|link| {
        !is_reference(&link.href) || is_misfit(link.media_type.as_ref(), is_media_type)
    }) {
        let entry = &mut feed.to_mut().entries[at];
        entry.content_link = entry.content_link.take().and_then(|link| {
            let mut link = Link {
                href: address(&link.href, |_| true)?,
                ..link
            };
            let unfit = link.media_type.take_if(|kind| !is_media_type(kind));
            let unfit = unfit.map(|kind| attribute("type", kind));
            link.attributes.extend(unfit);
            Some(link)
        });
    }
    let entry = &feed.entries[at];
    if !links_fit(entry.link.as_deref(), &entry.links) {
        let entry = &mut feed.to_mut().entries[at];
        let unfit = mend_links(entry.link.as_deref(), &mut entry.links);
        entry.extensions.extend(unfit);
    }
}

/// Makes an address of an id that is none: another one for each, and `parse` makes the id of it again.
/// Beside it, forgiving readers find the id as it was.
fn escape_id(id: &mut Option<String>, extensions: &mut Vec<Element>) {
    let given = id.take().unwrap_or_default();
    let given = xml::legal(&given);
    let given = given.trim();
    if !given.is_empty() {
        *id = Some(format!("urn:feedwash:id:{}", grammar::component(given)));
        extensions.push(extension("guid", &[("isPermaLink", Some("false"))], given));
    }
}

fn is_language(given: &str) -> bool {
    grammar::language(given).as_deref() == Some(given)
}

/// §3.2: an address to write to, an address of a page, and nothing else of Atom's.
fn person_fits(person: &Person) -> bool {
    !is_misfit(person.email.as_ref(), is_email)
        && !is_misfit(person.uri.as_ref(), is_reference)
        && !person.extensions.iter().any(is_atom)
}

fn mend_person(person: &mut Person) {
    for extension in person
        .extensions
        .iter_mut()
        .filter(|element| is_atom(element))
    {
        extension.namespace = Some(names::RSS.to_owned());
    }
    if is_misfit(person.email.as_ref(), is_email) {
        let email = person.email.take().filter(|email| !email.trim().is_empty());
        person
            .extensions
            .extend(email.map(|email| extension("email", &[], &email)));
    }
    if let Some(given) = person.uri.take().filter(|uri| !uri.trim().is_empty()) {
        person.uri = address(&given, |_| true);
        // Forgiving readers find it as it was.
        if person.uri.as_deref() != Some(given.trim()) {
            person.extensions.push(extension("uri", &[], &given));
        }
    }
}

/// §4.2.7, and §4.1.1: no two alternates of the same type and language.
fn links_fit(main: Option<&str>, links: &[Link]) -> bool {
    let mut alternates = Alternates::new(main, links);
    !lacks_main(main, links)
        && links
            .iter()
            .all(|link| link_fits(link) && alternates.adds(link))
}

/// Whether the main link is among its links, but none of these can stand for it.
fn lacks_main(main: Option<&str>, links: &[Link]) -> bool {
    let is_among = links.iter().any(|link| is_main(link, main));
    is_among && main.is_some_and(|main| main_place(main, links).is_none())
}

fn mend_links(main: Option<&str>, links: &mut Vec<Link>) -> Vec<Element> {
    let mut unfit = Vec::new();
    let mended = std::mem::take(links).into_iter().filter_map(|given| {
        let mended = link(&given);
        if mended.is_none() {
            unfit.push(link_extension(&given));
        }
        mended
    });
    let mut mended: Vec<Link> = mended.collect();
    if let Some(main) = main.filter(|_| lacks_main(main, &mended)) {
        mended.insert(0, relation("alternate", main));
    }
    let mut alternates = Alternates::new(main, &mended);
    for link in mended {
        if alternates.adds(&link) {
            links.push(link);
        } else {
            unfit.push(second_link(&link));
        }
    }
    unfit
}

/// The alternate links so far, by type and language.
struct Alternates<'m> {
    seen: HashSet<(Option<String>, Option<String>)>,
    /// The main link, until it comes: its place is kept for it.
    main: Option<&'m str>,
}

impl<'m> Alternates<'m> {
    /// With a place for the main link, whether it stands among the others or is written alone.
    fn new(main: Option<&'m str>, links: &[Link]) -> Self {
        let among = links.iter().find(|link| is_main(link, main));
        let kind = among.map_or((None, None), kind_of);
        Self {
            seen: main.map(|_| kind).into_iter().collect(),
            main: main.filter(|_| among.is_some()),
        }
    }

    fn adds(&mut self, link: &Link) -> bool {
        if self.main.is_some() && is_main(link, self.main) {
            self.main = None;
            return true;
        }
        let is_alternate = link.rel.as_deref().is_none_or(|rel| rel == "alternate");
        !is_alternate || self.seen.insert(kind_of(link))
    }
}

fn kind_of(link: &Link) -> (Option<String>, Option<String>) {
    (link.media_type.clone(), link.hreflang.clone())
}

fn link_fits(link: &Link) -> bool {
    is_reference(&link.href)
        && !is_misfit(link.rel.as_ref(), is_relation)
        && !is_misfit(link.media_type.as_ref(), is_media_type)
        && !is_misfit(link.hreflang.as_ref(), is_language)
        && !is_misfit(link.length.as_ref(), |length| length.parse::<u64>().is_ok())
        && link
            .attributes
            .iter()
            .all(|a| is_foreign(a.namespace.as_deref()))
}

/// §4.2.7.2: a registered name (`isegment-nz-nc`), or an IRI.
pub(super) fn is_relation(rel: &str) -> bool {
    is_iri(rel) || is_reference(rel) && !rel.contains([':', '/', '?', '#'])
}

/// Whether an attribute belongs to neither Atom nor XML.
fn is_foreign(namespace: Option<&str>) -> bool {
    !matches!(names::namespace(namespace).as_ref(), "" | names::XML)
}

/// An attribute's name, its value, and whether that may be one.
type Slot<'a> = (&'static str, &'a mut Option<String>, fn(&str) -> bool);

/// An address that may be written, or one with a scheme that may be when it is escaped. Others lead
/// nowhere, and are shown as they are.
fn leading(given: &str) -> Option<String> {
    let given = given.trim();
    address(given, |fit| fit == given || is_iri(fit))
}

/// A link that Atom may hold: what its attributes may not say is said by RSS's. `None` where it
/// leads nowhere or has a relation that is none.
pub(in crate::render) fn link(given: &Link) -> Option<Link> {
    if is_misfit(given.rel.as_ref(), is_relation) {
        return None;
    }
    let mut out = Link {
        href: leading(&given.href)?,
        ..given.clone()
    };
    for attribute in &mut out.attributes {
        if !is_foreign(attribute.namespace.as_deref()) {
            attribute.namespace = Some(names::RSS.to_owned());
        }
    }
    let is_length = |length: &str| length.parse::<u64>().is_ok();
    let slots: [Slot<'_>; 3] = [
        ("type", &mut out.media_type, is_media_type),
        ("hreflang", &mut out.hreflang, is_language),
        ("length", &mut out.length, is_length),
    ];
    for (name, slot, fits) in slots {
        if is_misfit(slot.as_ref(), fits) {
            let value = slot.take().unwrap_or_default();
            out.attributes.push(attribute(name, value));
        }
    }
    Some(out)
}
