//! Links, which Atom says most addresses with.

use super::legal;
use crate::model::{Attribute, Entry, Feed, FeedFormat, Link};
use crate::render::names::GIVEN;
use crate::render::{Context, fit, is_main, rss};
use atom_syndication as atom;

/// The links of a feed.
pub(super) fn feed_links(feed: &Feed, context: &Context<'_>) -> Vec<Link> {
    let kept = feed.links.iter().filter(|link| context.keeps(link));
    let mut others: Vec<Link> = kept.cloned().collect();
    let mut links: Vec<Link> = with_main(feed.link.as_deref(), &mut others)
        .into_iter()
        .collect();
    if let Some(url) = context.self_link(feed) {
        // Of the publisher's own address only the format of their feed is known.
        let is_atom = context.self_url.is_some() || feed.format == FeedFormat::Atom;
        links.push(Link {
            media_type: is_atom.then(|| "application/atom+xml".to_owned()),
            ..relation("self", url)
        });
    }
    links.extend(context.pages().map(|(rel, url)| relation(rel, url)));
    links.extend(others);
    links
}

/// The links of an entry.
pub(super) fn entry_links(entry: &Entry) -> Vec<Link> {
    let mut others = entry.links.clone();
    let main = with_main(entry.link.as_deref(), &mut others);
    main.into_iter()
        .chain(others)
        .chain(made_links(entry))
        .collect()
}

/// Links for the crate: all or none, for they have an order, and it has no place for foreign attributes.
pub(super) fn simple(links: &[Link]) -> Vec<atom::Link> {
    if are_larger(links) {
        return Vec::new();
    }
    links.iter().map(link).collect()
}

/// Links that the crate does not write, because it cannot write one of them.
pub(super) fn larger(links: Vec<Link>) -> Vec<Link> {
    if are_larger(&links) {
        links
    } else {
        Vec::new()
    }
}

fn are_larger(links: &[Link]) -> bool {
    links.iter().any(|link| !link.attributes.is_empty())
}

/// What Atom says with a link and the model has a field for.
fn made_links(entry: &Entry) -> Vec<Link> {
    let enclosures = entry.enclosures.iter().map(|enclosure| Link {
        href: enclosure.url.clone(),
        rel: Some("enclosure".to_owned()),
        media_type: enclosure.media_type.clone(),
        title: enclosure.title.clone(),
        length: enclosure.length_bytes.map(|bytes| bytes.to_string()),
        attributes: rss::duration_attribute(enclosure).into_iter().collect(),
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

/// Puts the main link, where it stands among the others, before all that a reader would take for it. Gives it back
/// where it does not.
fn with_main(main: Option<&str>, others: &mut Vec<Link>) -> Option<Link> {
    let main = main?;
    let Some(place) = main_place(main, others) else {
        return Some(relation("alternate", main));
    };
    let first = others.iter().position(is_rival).unwrap_or(place);
    if first < place {
        let link = others.remove(place);
        others.insert(first, link);
    }
    None
}

/// Where the main link stands among the links of its feed or entry. One that leads to another kind of document does
/// not stand for it beside one that leads to a page, for that is the one that a reader takes.
pub(in crate::render) fn main_place(main: &str, links: &[Link]) -> Option<usize> {
    let is_it = |link: &&Link| is_main(link, Some(main));
    let has_rival = links.iter().any(is_rival);
    let fits = |link: &Link| is_it(&link) && (is_rival(link) || !has_rival);
    links.iter().position(fits)
}

/// Whether a reader may take a link for the main one: it leads to the thing itself, and to a page as far as it says.
fn is_rival(link: &Link) -> bool {
    let rel = link.rel.as_deref();
    let given = link.attributes.iter().find(|a| is_given(a, "type"));
    let kind = link.media_type.as_deref().or(given.map(|a| &*a.value));
    rel.is_none_or(|rel| rel.eq_ignore_ascii_case("alternate"))
        && kind.is_none_or(|kind| {
            let kind = kind.trim().to_ascii_lowercase();
            // What is no media type says nothing.
            kind.starts_with("text/html")
                || kind.starts_with("application/xhtml")
                || !kind.contains('/')
        })
}

fn is_given(attribute: &Attribute, name: &str) -> bool {
    attribute.name == name && attribute.namespace.as_deref() == Some(GIVEN)
}

fn link(link: &Link) -> atom::Link {
    atom::Link {
        href: legal(&link.href),
        rel: legal(link.rel.as_deref().unwrap_or("alternate")),
        mime_type: link.media_type.as_deref().map(legal),
        hreflang: link.hreflang.as_deref().map(legal),
        title: link.title.as_deref().map(legal),
        length: link.length.as_deref().map(legal),
    }
}

/// A link that says no more than what it is to the thing itself.
pub(in crate::render) fn relation(rel: &str, href: &str) -> Link {
    Link {
        href: href.to_owned(),
        rel: Some(rel.to_owned()),
        ..Link::default()
    }
}
