//! What RFC 4287 §4.2.11 asks of `atom:source`, which is kept as an element and so may hold anything.

use super::atom::is_relation;
use crate::model::{Element, Node};
use crate::render::grammar::{self, is_email, is_iri, is_media_type, is_reference};
use crate::render::{names, xml};
use std::collections::HashSet;

/// Whether an element may stand as it is. One that is not Atom's is none of ours.
pub(super) fn fits(element: &Element) -> bool {
    if element.namespace.as_deref() != Some(xml::ATOM) {
        return true;
    }
    let mut seen = Seen::default();
    holds_no_text(element)
        && has_only(element, &[])
        && elements(element).all(|child| seen.fits(child))
}

/// Moves what may not stand in it into RSS's namespace; the whole, where it holds text of its own.
pub(super) fn mend(element: &mut Element) {
    if fits(element) {
        return;
    }
    if !holds_no_text(element) || !has_only(element, &[]) || element.name != "source" {
        element.namespace = Some(names::RSS.to_owned());
        return;
    }
    let mut seen = Seen::default();
    for node in &mut element.children {
        if let Node::Element(child) = node
            && !seen.fits(child)
        {
            child.namespace = Some(names::RSS.to_owned());
        }
    }
}

pub(super) fn elements(element: &Element) -> impl Iterator<Item = &Element> {
    element.children.iter().filter_map(|node| match node {
        Node::Element(child) => Some(child),
        Node::Text(_) => None,
    })
}

fn holds_no_text(element: &Element) -> bool {
    let blank = |node: &Node| !matches!(node, Node::Text(text) if !text.trim().is_empty());
    element.children.iter().all(blank)
}

pub(super) fn value<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    let own = element
        .attributes
        .iter()
        .find(|a| a.namespace.is_none() && a.name == name);
    own.map(|own| own.value.as_str())
}

/// Whether an element has none but these attributes, those of other vocabularies, and a language and
/// a base that are such (§2).
pub(super) fn has_only(element: &Element, known: &[&str]) -> bool {
    element.attributes.iter().all(
        |a| match names::namespace(a.namespace.as_deref()).as_ref() {
            "" => known.contains(&a.name.as_str()),
            names::XML => match a.name.as_str() {
                "lang" => {
                    a.value.is_empty()
                        || grammar::language(&a.value).as_deref() == Some(a.value.as_str())
                }
                "base" => is_reference(&a.value),
                _ => true,
            },
            _ => true,
        },
    )
}

/// What stood in the element already that may stand once.
#[derive(Default)]
struct Seen(HashSet<String>);

impl Seen {
    fn fits(&mut self, child: &Element) -> bool {
        if child.namespace.as_deref() != Some(xml::ATOM) {
            return true;
        }
        let own = child.own_text();
        let leaf = || elements(child).next().is_none();
        let name = child.name.as_str();
        match name {
            "author" | "contributor" => is_person(child),
            "category" => is_category(child),
            "link" => is_link(child) && self.adds_alternate(child),
            "generator" => {
                let uri = value(child, "uri").is_none_or(is_reference);
                leaf() && uri && has_only(child, &["uri", "version"]) && self.adds(name)
            }
            "icon" | "logo" => {
                leaf() && has_only(child, &[]) && is_reference(&own) && self.adds(name)
            }
            "id" => leaf() && has_only(child, &[]) && is_iri(&own) && self.adds(name),
            "updated" => leaf() && has_only(child, &[]) && is_date(&own) && self.adds(name),
            "rights" | "subtitle" | "title" => is_text_construct(child) && self.adds(name),
            _ => false,
        }
    }

    fn adds(&mut self, name: &str) -> bool {
        self.0.insert(name.to_owned())
    }

    fn adds_alternate(&mut self, link: &Element) -> bool {
        let is_alternate = value(link, "rel").is_none_or(|rel| rel == "alternate");
        !is_alternate
            || self.adds(&format!(
                "link {:?} {:?}",
                value(link, "type"),
                value(link, "hreflang")
            ))
    }
}

/// §3.2
fn is_person(person: &Element) -> bool {
    let mut seen = HashSet::new();
    let fits = elements(person)
        .filter(|child| child.namespace.as_deref() == Some(xml::ATOM))
        .all(|child| {
            let own = child.own_text();
            let is_right = match child.name.as_str() {
                "name" => true,
                "uri" => is_reference(&own),
                "email" => is_email(&own),
                _ => false,
            };
            is_right
                && elements(child).next().is_none()
                && has_only(child, &[])
                && seen.insert(child.name.as_str())
        });
    fits && seen.contains("name") && holds_no_text(person) && has_only(person, &[])
}

/// §4.2.2
fn is_category(category: &Element) -> bool {
    value(category, "term").is_some()
        && value(category, "scheme").is_none_or(is_iri)
        && has_only(category, &["term", "scheme", "label"])
        && elements(category).all(|child| child.namespace.as_deref() != Some(xml::ATOM))
}

/// §4.2.7
fn is_link(link: &Element) -> bool {
    value(link, "href").is_some_and(is_reference)
        && value(link, "rel").is_none_or(is_relation)
        && value(link, "type").is_none_or(is_media_type)
        && value(link, "hreflang")
            .is_none_or(|given| grammar::language(given).as_deref() == Some(given))
        && value(link, "length").is_none_or(|length| length.parse::<u64>().is_ok())
        && has_only(
            link,
            &["href", "rel", "type", "hreflang", "title", "length"],
        )
        && elements(link).all(|child| child.namespace.as_deref() != Some(xml::ATOM))
}

/// §3.1
fn is_text_construct(element: &Element) -> bool {
    if !has_only(element, &["type"]) {
        return false;
    }
    match value(element, "type") {
        None | Some("text" | "html") => elements(element).next().is_none(),
        Some("xhtml") => {
            let mut children = elements(element);
            let (div, more) = (children.next(), children.next());
            let is_div = div.is_some_and(|div| div.name == "div" && is_xhtml(div));
            is_div && more.is_none() && holds_no_text(element)
        }
        Some(_) => false,
    }
}

/// Whether an element and all in it is XHTML.
fn is_xhtml(element: &Element) -> bool {
    let mut open = vec![element];
    while let Some(element) = open.pop() {
        if element.namespace.as_deref() != Some(names::XHTML) {
            return false;
        }
        open.extend(elements(element));
    }
    true
}

/// §3.3: RFC 3339 with capitals, as [`crate::render`] writes it.
fn is_date(text: &str) -> bool {
    let digits: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let seconds = digits.get(..19) == Some("0000-00-00T00:00:00");
    let zone = digits.get(19..).unwrap_or_default();
    let zone = match zone.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches('0');
            if rest.len() == fraction.len() {
                ""
            } else {
                rest
            }
        }
        None => zone,
    };
    let offset: i32 = text
        .get(text.len().saturating_sub(5)..)
        .map_or(0, |end| end.replace(':', "").parse().unwrap_or(9999));
    let zone_fits = zone == "Z" || matches!(zone, "+00:00" | "-00:00") && offset <= 1400;
    seconds && zone_fits && !text.starts_with("0000") && text.parse::<jiff::Timestamp>().is_ok()
}
