//! Which end tags somebody forgot: what cannot stand inside what, by the names of RSS and Atom.

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
    const TEXTS: &[&str] = &[
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
    ];
    if is_entry(name) {
        Kind::Entry
    } else if is_one_of(name, &["link", "guid", "pubDate", "title"]) {
        Kind::Leaf
    } else if is_one_of(name, TEXTS) {
        Kind::Text
    } else if is_one_of(name, &["rss", "channel", "feed"]) {
        Kind::Frame
    } else {
        Kind::Other
    }
}

/// Whether an element of HTML holds nothing (HTML standard §13.1.2), though it is written like a start tag.
pub(super) fn is_void(name: &str) -> bool {
    is_one_of(name, &["br", "hr", "img"])
}

/// Whether an open element of a kind must have ended where an element with this name begins.
pub(super) fn ends_before(open: Kind, name: &str) -> bool {
    match open {
        Kind::Entry => is_entry(name),
        Kind::Leaf => is_field(name),
        Kind::Stray => is_field(name) || is_one_of(name, &["title", "channel"]),
        Kind::Text => is_rss_alone(name),
        Kind::Frame | Kind::Other => false,
    }
}

fn is_entry(name: &str) -> bool {
    is_one_of(name, &["item", "entry"])
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    // Most differ in length, which is seen without a call.
    names
        .iter()
        .any(|known| name.len() == known.len() && name.eq_ignore_ascii_case(known))
}

/// Elements that stand beside a leaf, and in no XHTML.
fn is_field(name: &str) -> bool {
    const FIELDS: &[&str] = &["link", "description", "author"];
    is_one_of(name, FIELDS) || is_rss_alone(name)
}

/// Elements that begin a part of a feed and are called like nothing in HTML.
fn is_rss_alone(name: &str) -> bool {
    const NAMES: &[&str] = &[
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
    ];
    is_one_of(name, NAMES)
}
