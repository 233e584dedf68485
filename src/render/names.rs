//! Names in XML: which prefix stands for which namespace in a document, and what may be a name at all.
//!
//! It writes nothing.
//!
//! Invariants: a namespace has one prefix in the whole document, and no prefix stands for two;
//! well-known namespaces have the prefix that everyone knows, whoever used it for something else;
//! the result is deterministic and takes time linear in the trees.

use super::NAMESPACE;
use super::xml::{ATOM, CONTENT, DC, ITUNES, MEDIA};
use crate::limits::XML_PREFIX_BYTES_MAX;
use crate::model::{Attribute, Element, Node};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The namespace that RSS 2.0's own elements, which have none, are given inside Atom.
pub(super) const RSS: &str = "http://backend.userland.com/rss2";
/// The elements and attributes of RSS that hold a value as its publisher gave it, where the element of
/// that name may not. Readers that know RSS's namespace by its beginning know this one too; our own
/// believes it before what stands in its place.
pub(super) const GIVEN: &str = "http://backend.userland.com/rss2#as-given";
/// Always bound to `xml` (Namespaces in XML §3).
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// XHTML, whose elements nearly everyone writes without a prefix.
pub(super) const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// Never to be bound (Namespaces in XML §3).
const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The prefix by which people know a namespace. Readers that do not resolve namespaces, and there
/// are many, look for just these.
const WELL_KNOWN: &[(&str, &str)] = &[
    (ATOM, "atom"),
    (CONTENT, "content"),
    (DC, "dc"),
    (ITUNES, "itunes"),
    (MEDIA, "media"),
    (RSS, "rss"),
    (GIVEN, "given"),
    (NAMESPACE, "feedwash"),
    ("http://search.yahoo.com/mrss", "media"),
    ("http://www.itunes.com/DTDs/Podcast-1.0.dtd", "itunes"),
    ("http://www.itunes.com/DTDs/PodCast-1.0.dtd", "itunes"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://purl.org/rss/1.0/modules/slash/", "slash"),
    ("http://purl.org/rss/1.0/modules/syndication/", "sy"),
    ("http://purl.org/rss/1.0/modules/threading/", "thr"),
    ("http://purl.org/syndication/thread/1.0", "thr"),
    ("http://purl.org/syndication/history/1.0", "fh"),
    ("http://wellformedweb.org/CommentAPI/", "wfw"),
    ("http://www.georss.org/georss", "georss"),
    ("http://www.opengis.net/gml", "gml"),
    ("http://www.w3.org/2003/01/geo/wgs84_pos#", "geo"),
    ("https://podcastindex.org/namespace/1.0", "podcast"),
    (
        "http://www.google.com/schemas/play-podcasts/1.0",
        "googleplay",
    ),
    ("http://www.spotify.com/ns/rss", "spotify"),
    ("http://podlove.org/simple-chapters", "psc"),
    ("http://rssnamespace.org/feedburner/ext/1.0", "feedburner"),
    (
        "http://backend.userland.com/creativeCommonsRssModule",
        "creativeCommons",
    ),
    ("http://web.resource.org/cc/", "cc"),
    ("http://webns.net/mvcb/", "admin"),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf"),
    (XHTML, "xhtml"),
    ("http://www.w3.org/1999/xlink", "xlink"),
    ("http://www.youtube.com/xml/schemas/2015", "yt"),
    ("http://schemas.google.com/g/2005", "gd"),
    ("http://a9.com/-/spec/opensearch/1.1/", "opensearch"),
    ("http://www.w3.org/2007/app", "app"),
];

/// Names that RSS and Atom give a meaning. Readers that ignore namespaces must not meet them
/// without a prefix in an element of another namespace.
const CORE_NAMES: &[&str] = &[
    "author",
    "category",
    "channel",
    "comments",
    "content",
    "contributor",
    "copyright",
    "description",
    "enclosure",
    "entry",
    "feed",
    "guid",
    "icon",
    "id",
    "image",
    "item",
    "language",
    "link",
    "logo",
    "name",
    "pubDate",
    "published",
    "rights",
    "rss",
    "source",
    "subtitle",
    "summary",
    "title",
    "updated",
    "url",
];

/// What other vocabularies call the same, which readers take for it.
const OTHER_NAMES: &[&str] = &[
    "body",
    "created",
    "creator",
    "date",
    "encoded",
    "issued",
    "modified",
    "publisher",
    "subject",
    "thumbnail",
];

/// Whether readers look for an element of this name, in whatever namespace.
pub(super) fn is_core_name(name: &str) -> bool {
    let is_it = |core: &&str| core.eq_ignore_ascii_case(name);
    CORE_NAMES.iter().chain(OTHER_NAMES).any(is_it)
}

/// The namespaces of a document and the prefix of each.
pub(super) struct Names {
    /// The namespace that the root declares as the default, or the empty string.
    pub(super) default: &'static str,
    prefixes: HashMap<String, String>,
    taken: HashSet<String>,
    fresh: usize,
}

impl Names {
    /// Gives each namespace that is in `needed` or that `elements` use its prefix. `default` is the
    /// document's default namespace, or empty.
    pub(super) fn new<'a>(
        default: &'static str,
        needed: &[&str],
        elements: impl IntoIterator<Item = &'a Element>,
    ) -> Self {
        let mut names = Self {
            default,
            prefixes: HashMap::new(),
            taken: HashSet::new(),
            fresh: 0,
        };
        let mut strangers = Vec::new();
        for namespace in needed {
            names.meet(Cow::Borrowed(namespace), None, &mut strangers);
        }
        let mut open: Vec<&Element> = elements.into_iter().collect();
        // Last in, first out: turned round, so that prefixes are given in document order.
        open.reverse();
        while let Some(element) = open.pop() {
            names.meet_element(element, &mut strangers);
            open.extend(element.children.iter().rev().filter_map(|node| match node {
                Node::Element(child) => Some(child),
                Node::Text(_) => None,
            }));
        }
        // Only now, so that no stranger takes a prefix whose owner comes later.
        for (namespace, wish) in strangers {
            names.bind(namespace, wish);
        }
        names
    }

    fn meet_element<'a>(
        &mut self,
        element: &'a Element,
        strangers: &mut Vec<(Cow<'a, str>, Option<&'a str>)>,
    ) {
        let own = self.element_namespace(element);
        let prefix = element
            .prefix
            .as_deref()
            .filter(|prefix| !prefix.is_empty());
        // An element that came without a prefix, in a namespace of its own, goes out like that.
        let bare = prefix.is_none()
            && (known_prefix(&own).is_none() || own == XHTML)
            && !CORE_NAMES.contains(&element.name.as_str());
        if own != self.default && !bare {
            self.meet(own, prefix, strangers);
        }
        for attribute in &element.attributes {
            let namespace = namespace(attribute.namespace.as_deref());
            if !namespace.is_empty() {
                self.meet(namespace, attribute.prefix.as_deref(), strangers);
            }
        }
    }

    fn meet<'a>(
        &mut self,
        namespace: Cow<'a, str>,
        wish: Option<&'a str>,
        strangers: &mut Vec<(Cow<'a, str>, Option<&'a str>)>,
    ) {
        if namespace == XML || self.prefixes.contains_key(namespace.as_ref()) {
            return;
        }
        match known_prefix(&namespace) {
            Some(known) => self.bind(namespace, Some(known)),
            None => strangers.push((namespace, wish)),
        }
    }

    fn bind(&mut self, namespace: Cow<'_, str>, wish: Option<&str>) {
        if self.prefixes.contains_key(namespace.as_ref()) {
            return;
        }
        let prefix = wish
            .filter(|wish| is_free_to_choose(wish) && !self.taken.contains(*wish))
            .map_or_else(|| self.fresh_prefix(), str::to_owned);
        self.taken.insert(prefix.clone());
        self.prefixes.insert(namespace.into_owned(), prefix);
    }

    fn fresh_prefix(&mut self) -> String {
        loop {
            self.fresh += 1;
            let prefix = format!("ns{}", self.fresh);
            if !self.taken.contains(&prefix) {
                return prefix;
            }
        }
    }

    /// The namespace an element is written in. In a document whose default is Atom's, an element of
    /// no namespace would become one of Atom's; it is RSS's own.
    pub(super) fn element_namespace<'a>(&self, element: &'a Element) -> Cow<'a, str> {
        let namespace = namespace(element.namespace.as_deref());
        if namespace.is_empty() && !self.default.is_empty() {
            return Cow::Borrowed(RSS);
        }
        namespace
    }

    /// Prefix and namespace of each, for the root's start tag.
    pub(super) fn declarations(&self) -> BTreeMap<String, String> {
        self.prefixes
            .iter()
            .map(|(uri, prefix)| (prefix.clone(), uri.clone()))
            .collect()
    }

    /// An attribute's name as it is written.
    pub(super) fn attribute_name(&self, attribute: &Attribute) -> String {
        let namespace = namespace(attribute.namespace.as_deref());
        Self::qualified(self.prefix(&namespace), &attribute.name)
    }

    /// A prefix, a colon and a local name, or the local name alone.
    pub(super) fn qualified(prefix: Option<&str>, local: &str) -> String {
        let local = name(local);
        prefix.map_or_else(|| local.to_string(), |prefix| format!("{prefix}:{local}"))
    }

    /// The prefix of a namespace that was met.
    pub(super) fn prefix(&self, namespace: &str) -> Option<&str> {
        match namespace {
            XML => Some("xml"),
            namespace => self.prefixes.get(namespace).map(String::as_str),
        }
    }
}

fn known_prefix(namespace: &str) -> Option<&'static str> {
    WELL_KNOWN
        .iter()
        .find(|(uri, _)| *uri == namespace)
        .map(|(_, prefix)| *prefix)
}

fn is_free_to_choose(prefix: &str) -> bool {
    let reserved = prefix
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("xml"));
    !reserved && prefix.len() <= XML_PREFIX_BYTES_MAX && matches!(name(prefix), Cow::Borrowed(_))
}

/// A namespace as it can be declared; empty for none. What cannot stand in an address (RFC 3986 §2)
/// is percent-encoded, because strict parsers refuse a document whose namespaces are none.
pub(super) fn namespace(given: Option<&str>) -> Cow<'_, str> {
    let uri = given.unwrap_or_default();
    if uri == XMLNS {
        return Cow::Borrowed("");
    }
    if uri.bytes().all(is_uri_byte) {
        return Cow::Borrowed(uri);
    }
    let mut out = String::with_capacity(uri.len() + 8);
    for byte in uri.bytes() {
        if is_uri_byte(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Cow::Owned(out)
}

fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte)
}

/// A local name that is one (Namespaces in XML §3 `NCName`): what cannot stand in it becomes `_`.
fn name(given: &str) -> Cow<'_, str> {
    let starts = given.chars().next().is_some_and(is_name_start);
    if starts && given.chars().all(is_name_character) {
        return Cow::Borrowed(given);
    }
    let mut out = String::with_capacity(given.len() + 1);
    if !starts {
        out.push('_');
    }
    out.extend(
        given
            .chars()
            .map(|c| if is_name_character(c) { c } else { '_' }),
    );
    Cow::Owned(out)
}

/// What may begin a name: letters that every edition of XML 1.0 allows (Appendix B of the fourth).
/// The fifth allows more, but expat, which many readers are built on, does not know it.
fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{131}'
        | '\u{391}'..='\u{3a1}' | '\u{3a3}'..='\u{3ce}' | '\u{410}'..='\u{44f}' | '\u{5d0}'..='\u{5ea}'
        | '\u{621}'..='\u{63a}' | '\u{641}'..='\u{64a}' | '\u{905}'..='\u{939}' | '\u{e01}'..='\u{e2e}'
        | '\u{3041}'..='\u{3094}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fa5}' | '\u{ac00}'..='\u{d7a3}')
}

/// What may stand in a name after its beginning.
fn is_name_character(c: char) -> bool {
    is_name_start(c) || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: &str) {
        assert_eq!(name(given), expected);
    }

    #[test]
    fn a_name_stays() {
        check("straße-2.b", "straße-2.b");
        check("名前", "名前");
    }

    #[test]
    fn what_cannot_stand_in_a_name_is_replaced() {
        check("a:b c\u{0}", "a_b_c_");
        check("1st", "_1st");
        check("", "_");
    }

    #[test]
    fn what_cannot_stand_in_an_address_is_encoded() {
        assert_eq!(
            namespace(Some("http://a/ü <b>")),
            "http://a/%C3%BC%20%3Cb%3E"
        );
        assert_eq!(namespace(Some(XMLNS)), "");
        assert_eq!(namespace(None), "");
    }

    #[test]
    fn a_reserved_prefix_is_nobodys_choice() {
        assert!(is_free_to_choose("x"));
        for prefix in ["xml", "XMLfoo", "xmlns", "", "a:b", "1"] {
            assert!(!is_free_to_choose(prefix), "{prefix}");
        }
    }
}
