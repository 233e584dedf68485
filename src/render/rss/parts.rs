//! Enclosures and categories, with what RSS's elements have no attributes for.

use super::{atom_link, legal};
use crate::model::{Attribute, Category, Element, Enclosure, Entry, Feed, FeedFormat, Link};
use crate::render::grammar::{self, is_iri, is_web_address};
use crate::render::xml::{self, element};
use crate::render::{enclosure_type, fit, own_attribute, own_attributes};

/// The enclosure that the crate writes: the first, if it is just as RSS wants it.
pub(super) fn first_enclosure(entry: &Entry) -> Option<&Enclosure> {
    let is_right = |enclosure: &&Enclosure| {
        is_web_address(&enclosure.url) && has_type(enclosure) && further(enclosure).is_empty()
    };
    entry.enclosures.first().filter(is_right)
}

/// What RSS's element has no attribute for.
fn further(enclosure: &Enclosure) -> Vec<Attribute> {
    let duration = enclosure
        .duration_seconds
        .map(|seconds| seconds.to_string());
    let parts = [
        ("title", enclosure.title.as_deref()),
        ("duration", duration.as_deref()),
    ];
    own_attributes(parts)
}

/// Whether the media type that was given, if one was, is one.
fn has_type(enclosure: &Enclosure) -> bool {
    let given = enclosure.media_type.as_deref();
    given.is_none_or(|given| given.is_empty() || grammar::is_media_type(given))
}

/// An enclosure that the crate does not write. RSS wants an address of the web and, by the profile,
/// one for each item; what another format had besides is a link of Atom's.
pub(super) fn enclosure(enclosure: &Enclosure, feed: &Feed, is_first: bool) -> Option<Element> {
    let length = length(enclosure);
    let url = grammar::reference(&enclosure.url)?;
    if !is_iri(&url) {
        let mut out = fit::enclosure(enclosure);
        out.attributes.extend(further(enclosure));
        return Some(out);
    }
    if !is_web_address(&url) || feed.format != FeedFormat::Rss && !is_first {
        return Some(atom_link(&Link {
            href: url.into_owned(),
            rel: Some("enclosure".to_owned()),
            media_type: enclosure.media_type.clone(),
            title: enclosure.title.clone(),
            length: enclosure.length_bytes.map(|bytes| bytes.to_string()),
            attributes: duration_attribute(enclosure).into_iter().collect(),
            ..Link::default()
        }));
    }
    let attributes = [
        ("url", Some(&*url)),
        ("length", Some(length.as_str())),
        ("type", Some(enclosure_type(enclosure))),
    ];
    let mut out = element(None, "enclosure", &attributes, "");
    out.attributes.extend(further(enclosure));
    if !has_type(enclosure) {
        let given = enclosure.media_type.clone().unwrap_or_default();
        out.attributes.push(fit::attribute("type", given));
    }
    Some(out)
}

/// The `length` of an enclosure; 0 where it is unknown, as the RSS Advisory Board's profile says.
pub(super) fn length(enclosure: &Enclosure) -> String {
    enclosure.length_bytes.unwrap_or(0).to_string()
}

/// The enclosures that are written at all: an address of nothing but control characters is none.
pub(super) fn written(entry: &Entry) -> impl Iterator<Item = &Enclosure> {
    let leads = |enclosure: &&Enclosure| grammar::reference(&enclosure.url).is_some();
    entry.enclosures.iter().filter(leads)
}

/// How long an enclosure plays, for a link to it.
pub(in crate::render) fn duration_attribute(enclosure: &Enclosure) -> Option<Attribute> {
    let seconds = enclosure.duration_seconds?;
    Some(own_attribute("duration", seconds.to_string()))
}

/// How long the first enclosure plays, where only JSON Feed had said so.
pub(in crate::render) fn duration(entry: &Entry) -> Option<Element> {
    let seconds = written(entry).next()?.duration_seconds?;
    let said = entry
        .extensions
        .iter()
        .any(|element| element.name == "duration" && element.namespace.is_some());
    (!said).then(|| element(Some(xml::ITUNES), "duration", &[], &seconds.to_string()))
}

/// The categories that the crate writes: all of them if none has a label, for they have an order.
pub(super) fn categories(categories: &[Category]) -> Vec<rss::Category> {
    let are_extras = categories.iter().any(has_label);
    let plain = categories
        .iter()
        .filter(|category| !are_extras && !category.term.trim().is_empty());
    plain
        .map(|category| rss::Category {
            name: legal(&category.term),
            domain: category.scheme.as_deref().map(legal),
        })
        .collect()
}

/// The categories that the crate does not write. What came as `atom:category` has to go as that;
/// what came from another format goes where readers of RSS look.
pub(super) fn labelled<'a>(
    categories: &'a [Category],
    feed: &'a Feed,
) -> impl Iterator<Item = Element> + 'a {
    let are_extras = categories.iter().any(has_label);
    let is_said = |category: &&Category| has_label(category) || !category.term.trim().is_empty();
    let extras = categories
        .iter()
        .filter(move |_| are_extras)
        .filter(is_said);
    extras.map(|category| {
        let (scheme, label) = (category.scheme.as_deref(), category.label.as_deref());
        let came_as_atom = has_label(category) && feed.format == FeedFormat::Rss;
        if came_as_atom || category.term.trim().is_empty() {
            let term = Some(category.term.as_str());
            let attributes = [("term", term), ("scheme", scheme), ("label", label)];
            return element(Some(xml::ATOM), "category", &attributes, "");
        }
        let mut out = element(None, "category", &[("domain", scheme)], &category.term);
        let label = label.map(|label| own_attribute("label", label));
        out.attributes.extend(label);
        out
    })
}

fn has_label(category: &Category) -> bool {
    category.label.is_some()
}
