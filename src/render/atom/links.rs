//! Links, which Atom says most addresses with.

use super::legal;
use crate::model::{Entry, Feed, FeedFormat, Link};
use crate::render::{Context, fit, is_main, rss};
use atom_syndication as atom;

/// The links of a feed.
pub(super) fn feed_links(feed: &Feed, context: &Context<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    let main = main_link(feed.link.as_deref(), &feed.links);
    links.extend(main.map(|href| relation("alternate", href)));
    if let Some(url) = context.self_link(feed) {
        // Of the publisher's own address only the format of their feed is known.
        let is_atom = context.self_url.is_some() || feed.format == FeedFormat::Atom;
        links.push(Link {
            media_type: is_atom.then(|| "application/atom+xml".to_owned()),
            ..relation("self", url)
        });
    }
    links.extend(context.pages().map(|(rel, url)| relation(rel, url)));
    links.extend(
        feed.links
            .iter()
            .filter(|link| context.keeps(link))
            .cloned(),
    );
    links
}

/// The links of an entry.
pub(super) fn entry_links(entry: &Entry) -> Vec<Link> {
    let main = main_link(entry.link.as_deref(), &entry.links);
    let main = main.map(|href| relation("alternate", href));
    let own = entry.links.iter().cloned();
    main.into_iter()
        .chain(own)
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

/// The alternate link, unless it stands among the others, with all its attributes.
fn main_link<'m>(main: Option<&'m str>, others: &[Link]) -> Option<&'m str> {
    let is_whole = |link: &&Link| {
        is_main(link, main) && (link.media_type.is_some() || !rss::adds_nothing(link, main))
    };
    main.filter(|_| !others.iter().any(|link| is_whole(&link)))
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

fn relation(rel: &str, href: &str) -> Link {
    Link {
        href: href.to_owned(),
        rel: Some(rel.to_owned()),
        ..Link::default()
    }
}
