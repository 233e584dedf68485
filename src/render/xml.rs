//! Writes [`Element`] trees as XML and puts them into a document that one of the format crates wrote.
//!
//! It knows no feed format: what an element means and where it belongs, `rss` and `atom` decide.
//!
//! Invariants: the output is well-formed and namespace-well-formed whatever the trees hold; a
//! namespace has one prefix in the whole document, and no prefix stands for two; text comes out as
//! it went in, except for characters that XML 1.0 cannot carry; time is linear in the trees.

use super::NAMESPACE;
use crate::model::{Attribute, Element, Node};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Atom 1.0, RFC 4287.
pub(super) const ATOM: &str = "http://www.w3.org/2005/Atom";
/// The RSS 1.0 content module, whose `content:encoded` RSS 2.0 uses for the whole body.
pub(super) const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
/// Dublin Core elements.
pub(super) const DC: &str = "http://purl.org/dc/elements/1.1/";
/// Apple's podcast elements.
pub(super) const ITUNES: &str = "http://www.itunes.com/dtds/podcast-1.0.dtd";
/// Media RSS.
pub(super) const MEDIA: &str = "http://search.yahoo.com/mrss/";
/// The namespace that RSS 2.0's own elements, which have none, are given inside Atom.
const RSS: &str = "http://backend.userland.com/rss2";
/// Always bound to `xml` (Namespaces in XML §3).
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";
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
    ("http://www.w3.org/1999/xhtml", "xhtml"),
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

/// The namespaces of a document and the prefix of each.
pub(super) struct Names {
    /// The namespace that the root declares as the default, or the empty string.
    default: &'static str,
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
            && known_prefix(&own).is_none()
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
    fn element_namespace<'a>(&self, element: &'a Element) -> Cow<'a, str> {
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

    /// The prefix of a namespace that was met.
    fn prefix(&self, namespace: &str) -> Option<&str> {
        self.prefixes.get(namespace).map(String::as_str)
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
    !reserved && matches!(name(prefix), Cow::Borrowed(_))
}

/// A namespace as it can be declared; empty for none. What cannot stand in an address (RFC 3986 §2)
/// is percent-encoded, because strict parsers refuse a document whose namespaces are none.
fn namespace(given: Option<&str>) -> Cow<'_, str> {
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

/// Writes `element` and all it holds, without line breaks of its own.
pub(super) fn write_element(out: &mut String, element: &Element, names: &Names) {
    write_tree(out, element, names, &[]);
}

/// An element as a document of its own: every namespace is declared where it stands.
pub(super) fn standalone(element: &Element) -> String {
    let names = Names::new("", &[], [element]);
    let declarations: Vec<_> = names.declarations().into_iter().collect();
    let mut out = String::new();
    write_tree(&mut out, element, &names, &declarations);
    out
}

/// An element that is being written: what is left of it, its name, and its default namespace.
struct Open<'a> {
    rest: std::slice::Iter<'a, Node>,
    name: String,
    default: Cow<'a, str>,
}

fn write_tree(out: &mut String, root: &Element, names: &Names, declarations: &[(String, String)]) {
    // A stack of our own: the trees come from outside, and a thread's stack is short.
    let mut open: Vec<Open<'_>> = Vec::new();
    open.extend(write_start(out, root, names, names.default, declarations));
    while let Some(top) = open.last_mut() {
        match top.rest.next() {
            Some(Node::Text(text)) => push_text(out, text),
            Some(Node::Element(child)) => {
                let default = top.default.clone();
                let child = write_start(out, child, names, &default, &[]);
                open.extend(child);
            }
            None => {
                out.push_str("</");
                out.push_str(&top.name);
                out.push('>');
                open.pop();
            }
        }
    }
}

/// Writes a start tag, or the whole of an empty element, for which it returns `None`.
fn write_start<'a>(
    out: &mut String,
    element: &'a Element,
    names: &Names,
    default: &str,
    declarations: &[(String, String)],
) -> Option<Open<'a>> {
    let namespace = names.element_namespace(element);
    let local = name(&element.name);
    let prefix = match namespace.as_ref() {
        XML => Some("xml"),
        uri => names.prefix(uri),
    };
    let qualified = prefix.map_or_else(|| local.to_string(), |prefix| format!("{prefix}:{local}"));
    out.push('<');
    out.push_str(&qualified);
    let mut written: HashSet<String> = HashSet::new();
    for (prefix, uri) in declarations {
        push_attribute(out, &format!("xmlns:{prefix}"), uri);
    }
    let default = if prefix.is_none() && namespace != default {
        push_attribute(out, "xmlns", &namespace);
        namespace
    } else {
        Cow::Owned(default.to_owned())
    };
    for attribute in &element.attributes {
        // `xmlns` is a declaration and no attribute; a name may stand once (XML 1.0 §3.1).
        let name = attribute_name(attribute, names);
        if name != "xmlns" && written.insert(name.clone()) {
            push_attribute(out, &name, &attribute.value);
        }
    }
    if element.children.is_empty() {
        out.push_str("/>");
        return None;
    }
    out.push('>');
    Some(Open {
        rest: element.children.iter(),
        name: qualified,
        default,
    })
}

fn attribute_name(attribute: &Attribute, names: &Names) -> String {
    let namespace = namespace(attribute.namespace.as_deref());
    let local = name(&attribute.name);
    let prefix = match namespace.as_ref() {
        XML => Some("xml"),
        uri => names.prefix(uri),
    };
    prefix.map_or_else(|| local.to_string(), |prefix| format!("{prefix}:{local}"))
}

/// Writes ` name="value"`. White space other than the space is written as references, or a
/// parser would read it as spaces (XML 1.0 §3.3.3).
pub(crate) fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    push_escaped(out, value, true);
    out.push('"');
}

/// Writes text between tags.
pub(crate) fn push_text(out: &mut String, text: &str) {
    push_escaped(out, text, false);
}

fn push_escaped(out: &mut String, value: &str, in_attribute: bool) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            c if is_legal(c) => out.push(c),
            _ => {}
        }
    }
}

/// Whether XML 1.0 can carry the character (§2.2 `Char`).
fn is_legal(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// A string without the characters that XML cannot carry, and with the line ends that a parser
/// would make of it (XML 1.0 §2.11). For the format crates, which escape but do not look.
pub(crate) fn legal(value: &str) -> Cow<'_, str> {
    if value.chars().all(|c| is_legal(c) && c != '\r') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            c if is_legal(c) => out.push(c),
            _ => {}
        }
    }
    Cow::Owned(out)
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

/// What is put into one element of a document: attributes of its start tag, and children at its end.
#[derive(Debug, Default)]
pub(super) struct Graft {
    /// Written attributes, each with a space before it.
    pub(super) attributes: String,
    /// Written children, each on a line of its own.
    pub(super) children: String,
}

impl Graft {
    /// Adds children, each on a line at `indent`.
    pub(super) fn add<'a>(
        &mut self,
        elements: impl IntoIterator<Item = &'a Element>,
        names: &Names,
        indent: &str,
    ) {
        for element in elements {
            self.children.push_str(indent);
            write_element(&mut self.children, element, names);
        }
    }
}

/// Puts `grafts`, one for each element called `name`, and `head` before the first of them (or at
/// the end of the document's `container`) into a document that a format crate wrote.
///
/// Outside CDATA sections, a `<` in such a document is always markup, for both crates escape it in
/// text and in attributes. So a start or end tag found there is one, and no text can feign it.
pub(super) fn graft(
    document: &str,
    name: &str,
    container: &str,
    head: &str,
    grafts: &[Graft],
) -> String {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let empty = format!("<{name}/>");
    let close = format!("</{container}>");
    let added: usize = grafts
        .iter()
        .map(|graft| graft.attributes.len() + graft.children.len())
        .sum();
    let mut out = String::with_capacity(document.len() + head.len() + added + 64);
    let mut rest = document;
    let mut grafts = grafts.iter();
    let mut current = grafts.next();
    let mut head = Some(head);
    while let Some(at) = rest.find('<') {
        let (text, markup) = rest.split_at(at);
        let starts = markup.starts_with(&start) || markup.starts_with(&empty);
        if (starts || markup.starts_with(&close))
            && let Some(head) = head.take()
        {
            // The line break and the indentation before the tag stay with the tag.
            let line = text.trim_end().len();
            out.push_str(&text[..line]);
            out.push_str(head);
            out.push_str(&text[line..]);
        } else if markup.starts_with(&end) {
            let line = text.trim_end_matches(' ').trim_end_matches('\n').len();
            let line = if text.trim().is_empty() {
                line
            } else {
                text.len()
            };
            out.push_str(&text[..line]);
            if let Some(graft) = current {
                out.push_str(&graft.children);
            }
            current = grafts.next();
            out.push_str(&text[line..]);
        } else {
            out.push_str(text);
        }
        let taken = if markup.starts_with("<![CDATA[") {
            markup.find("]]>").map_or(markup.len(), |at| at + 3)
        } else {
            1
        };
        if markup.starts_with(&start) {
            out.push_str(&start[..start.len() - 1]);
            out.push_str(current.map_or("", |graft| &graft.attributes));
            rest = &markup[start.len() - 1..];
        } else {
            out.push_str(&markup[..taken]);
            rest = &markup[taken..];
        }
    }
    out.push_str(rest);
    out
}

/// Makes elements as the writers need them: a namespace, a name, attributes and perhaps text.
pub(super) fn element(
    namespace: Option<&str>,
    name: &str,
    attributes: &[(&str, Option<&str>)],
    text: &str,
) -> Element {
    Element {
        namespace: namespace.map(str::to_owned),
        prefix: None,
        name: name.to_owned(),
        attributes: attributes
            .iter()
            .filter_map(|(name, value)| value.map(|value| (name, value)))
            .map(|(name, value)| Attribute {
                name: (*name).to_owned(),
                value: value.to_owned(),
                ..Attribute::default()
            })
            .collect(),
        children: if text.is_empty() {
            Vec::new()
        } else {
            vec![Node::Text(text.to_owned())]
        },
    }
}
