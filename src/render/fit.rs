//! Makes a feed fit for a format: what its standard elements may not hold is moved where it may stand.
//!
//! It drops nothing that anyone wrote. A value that an element may not have goes into an element of the
//! same name in a namespace of RSS ([`names::GIVEN`]), which to both formats is one more extension, to
//! forgiving readers is the element itself, and to `parse` says what the element would have said. An address that lacks only an escape is escaped.
//!
//! Invariants: a feed that fits is borrowed; what was made fit stays as it is when it is made fit
//! again; extensions keep their places, and what joins them stands behind them.

mod atom;
mod rss;
mod source;

use super::grammar;
use super::names;
use super::plain;
use super::xml::{self, element};
use crate::model::{Attribute, Date, Element, Enclosure, Feed, FeedFormat, Link, Text};
use std::borrow::Cow;

pub(super) use atom::link as atom_link;

/// A feed whose every field may be written in `format`.
pub(super) fn fit(feed: &Feed, format: FeedFormat) -> Cow<'_, Feed> {
    let mut out = Cow::Borrowed(feed);
    // A reference may stand for space.
    let is_space = |title: &Text| !title.value.contains('<') && xml::is_blank(&plain(title));
    let is_blank = |title: &Text| xml::is_blank(&title.value) || is_space(title);
    if feed.title.as_ref().is_none_or(is_blank) {
        let out = out.to_mut();
        out.title = Some(Text::plain(made_title(feed)));
        out.extensions.push(super::made("title"));
    }
    dates(&mut out);
    match format {
        FeedFormat::Rss => rss::feed(&mut out),
        FeedFormat::Atom => atom::feed(&mut out),
        // JSON Feed's few rules are kept where it is written.
        FeedFormat::Json => {}
    }
    out
}

/// Moves what is no date out of the place of one, into an element that says what was there.
fn dates(feed: &mut Cow<'_, Feed>) {
    let is_unfit = |date: &Date| !xml::is_blank(&date.raw) && super::date::rfc3339(date).is_none();
    let any = |dates: [&Option<Date>; 2]| dates.into_iter().flatten().any(is_unfit);
    let given = |name: &str, date: &mut Option<Date>| {
        let date = date.take_if(|date| is_unfit(date))?;
        Some(extension(name, &[], date.raw.trim()))
    };
    if any([&feed.published, &feed.updated]) {
        let feed = feed.to_mut();
        feed.extensions
            .extend(given("pubDate", &mut feed.published));
        feed.extensions.extend(given("updated", &mut feed.updated));
    }
    for at in 0..feed.entries.len() {
        let entry = &feed.entries[at];
        if any([&entry.published, &entry.updated]) {
            let entry = &mut feed.to_mut().entries[at];
            entry
                .extensions
                .extend(given("pubDate", &mut entry.published));
            entry
                .extensions
                .extend(given("updated", &mut entry.updated));
        }
    }
}

/// A title for a feed that has none, which every format requires: the host that it is about.
fn made_title(feed: &Feed) -> String {
    let addresses = [&feed.link, &feed.self_link, &feed.id];
    let hosts = addresses.into_iter().flatten().filter_map(|address| {
        let (_, rest) = address.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        (!host.trim().is_empty()).then(|| host.to_owned())
    });
    hosts
        .into_iter()
        .next()
        .unwrap_or_else(|| "Untitled".to_owned())
}

/// An element of RSS with a value as it was given, which every format takes for an extension.
fn extension(name: &str, attributes: &[(&str, Option<&str>)], text: &str) -> Element {
    element(Some(names::GIVEN), name, attributes, text)
}

/// A link as an element of RSS that leads beside the main one: its text is the address where there is nothing else to say.
fn second_link(link: &Link) -> Element {
    let plain = Link {
        href: link.href.clone(),
        rel: link.rel.clone(),
        ..Link::default()
    };
    if *link == plain && matches!(link.rel.as_deref(), None | Some("alternate")) {
        return element(Some(names::RSS), "link", &[], &link.href);
    }
    link_extension(link)
}

/// A link as such an element. Its address is an attribute, since as text it would be the main link's.
fn link_extension(link: &Link) -> Element {
    let attributes = [
        ("rel", link.rel.as_deref()),
        ("type", link.media_type.as_deref()),
        ("hreflang", link.hreflang.as_deref()),
        ("title", link.title.as_deref()),
        ("length", link.length.as_deref()),
        ("href", Some(link.href.as_str())),
    ];
    let mut out = extension("link", &attributes, "");
    out.attributes.extend(link.attributes.iter().cloned());
    out
}

/// An enclosure as such an element.
pub(super) fn enclosure(enclosure: &Enclosure) -> Element {
    let length = enclosure.length_bytes.map(|bytes| bytes.to_string());
    let attributes = [
        ("url", Some(enclosure.url.as_str())),
        ("length", length.as_deref()),
        ("type", enclosure.media_type.as_deref()),
    ];
    extension("enclosure", &attributes, "")
}

/// An attribute with a value as it was given, where the element has none such of its own.
pub(super) fn attribute(name: &str, value: String) -> Attribute {
    Attribute {
        namespace: Some(names::GIVEN.to_owned()),
        prefix: None,
        name: name.to_owned(),
        value,
    }
}

/// Whether a value is there that does not fit.
fn is_misfit(value: Option<&String>, fits: impl Fn(&str) -> bool) -> bool {
    value.is_some_and(|value| !fits(value))
}

/// An address as it may be written: as it is, or escaped. `None` where that makes none that `fits`.
fn address(given: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let fit = grammar::reference(given)?;
    fits(&fit).then(|| fit.into_owned())
}

/// Makes an address fit in its place. Gives back what was there, where an escape does not make one of it.
fn mend(slot: &mut Option<String>, fits: impl Fn(&str) -> bool) -> Option<String> {
    let given = slot.take()?;
    *slot = address(&given, fits);
    (slot.is_none() && !given.trim().is_empty()).then_some(given)
}

/// Whether a text's language and base may be written.
fn text_fits(text: &Text) -> bool {
    let language = text.language.as_deref();
    let base = text.base.as_deref();
    // An empty one takes back the language around it (XML 1.0 §2.12).
    language
        .is_none_or(|given| given.is_empty() || grammar::language(given).as_deref() == Some(given))
        && base.is_none_or(grammar::is_reference)
}

/// Mends a text's language and base, or leaves them out: they are no part of what it says.
fn mend_text(text: &mut Text) {
    text.language = text
        .language
        .as_deref()
        .and_then(|given| {
            if given.is_empty() {
                Some(Cow::Borrowed(""))
            } else {
                grammar::language(given)
            }
        })
        .map(Cow::into_owned);
    text.base = text.base.take().and_then(|base| address(&base, |_| true));
}
