//! Which end tags somebody forgot: what cannot stand inside what, by the names of RSS and Atom.

use crate::parse::names::Names;

/// What is known by its name of an element of a feed vocabulary that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An item or entry.
    Entry,
    /// Holds a word, never markup with these names in it.
    Leaf,
    /// Holds text or the markup of a page, but never a part of a feed.
    Text,
    /// Holds elements alone, and space between them.
    Frame,
    /// HTML that was printed between the parts of a feed, and holds none.
    Stray,
    /// Anything else.
    Other,
}

/// The kind of an element.
pub(super) fn kind(name: &str) -> Kind {
    const LEAVES: Names = Names::of(&["link", "guid", "pubDate", "title"]);
    const FRAMES: Names = Names::of(&["rss", "channel", "feed"]);
    const TEXTS: Names = Names::of(&[
        "author",
        "category",
        "comments",
        "content",
        "copyright",
        "description",
        "docs",
        "generator",
        "language",
        "lastBuildDate",
        "managingEditor",
        "subtitle",
        "summary",
        "ttl",
        "webMaster",
    ]);
    if is_entry(name) {
        Kind::Entry
    } else if LEAVES.has(name) {
        Kind::Leaf
    } else if TEXTS.has(name) {
        Kind::Text
    } else if FRAMES.has(name) {
        Kind::Frame
    } else {
        Kind::Other
    }
}

/// Whether an element of HTML holds nothing (HTML standard §13.1.2), though it is written like a start tag.
pub(super) fn is_void(name: &str) -> bool {
    const VOID: Names = Names::of(&["br", "hr", "img"]);
    VOID.has(name)
}

/// Whether an open element of a kind must have ended where an element with this name begins.
pub(super) fn ends_before(open: Kind, name: &str) -> bool {
    const PARTS: Names = Names::of(&["title", "channel"]);
    match open {
        Kind::Entry => is_entry(name),
        Kind::Leaf => is_field(name),
        Kind::Stray => is_field(name) || PARTS.has(name),
        Kind::Text => is_rss_alone(name),
        Kind::Frame | Kind::Other => false,
    }
}

fn is_entry(name: &str) -> bool {
    const ENTRIES: Names = Names::of(&["item", "entry"]);
    ENTRIES.has(name)
}

/// Elements that stand beside a leaf, and in no XHTML.
fn is_field(name: &str) -> bool {
    const FIELDS: Names = Names::of(&["link", "description", "author"]);
    FIELDS.has(name) || is_rss_alone(name)
}

/// Elements that begin a part of a feed and are called like nothing in HTML.
fn is_rss_alone(name: &str) -> bool {
    const ALONE: Names = Names::of(&[
        "category",
        "cloud",
        "comments",
        "copyright",
        "docs",
        "enclosure",
        "entry",
        "generator",
        "guid",
        "item",
        "language",
        "lastBuildDate",
        "managingEditor",
        "pubDate",
        "ttl",
        "webMaster",
    ]);
    ALONE.has(name)
}
