//! The tolerant tree: tokens to elements with their namespaces, whatever was left open or closed twice.
//!
//! Knows nothing of feeds but one thing: entries never stand directly inside entries, and a title
//! holds no link, so that an end tag somebody forgot does not swallow the rest of the document.
//!
//! Invariants: no element is deeper than [`XML_DEPTH_MAX`], there are no more than
//! [`XML_ELEMENTS_MAX`] of them, and names and text are borrowed from the document where they can be.

use super::names::{self, Family};
use super::notes::Notes;
use super::xml::{RawAttribute, Token, Tokens};
use crate::limits::{XML_DEPTH_MAX, XML_ELEMENTS_MAX};
use crate::model;
use std::borrow::Cow;
use std::rc::Rc;

/// How many namespace declarations may be in scope at once; real documents have below 40.
const DECLARATIONS_MAX: usize = 128;

/// An attribute: its prefix and local name as written, and its value.
#[derive(Debug, Clone)]
pub(super) struct Attribute<'a> {
    pub(super) namespace: Option<Rc<str>>,
    pub(super) prefix: &'a str,
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
}

/// An element.
#[derive(Debug, Clone)]
pub(super) struct El<'a> {
    pub(super) namespace: Option<Rc<str>>,
    pub(super) family: Family,
    pub(super) prefix: &'a str,
    pub(super) name: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
    pub(super) children: Vec<Node<'a>>,
    /// Where its start tag begins, in bytes.
    pub(super) at: usize,
}

/// A child of an element.
#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    El(El<'a>),
    Text(Cow<'a, str>),
}

impl<'a> El<'a> {
    /// The local name in lower case; RSS is written in every case there is.
    pub(super) fn lower(&self) -> Cow<'a, str> {
        if self.name.bytes().any(|b| b.is_ascii_uppercase()) {
            Cow::Owned(self.name.to_ascii_lowercase())
        } else {
            Cow::Borrowed(self.name)
        }
    }

    /// The child elements.
    pub(super) fn elements(&self) -> impl Iterator<Item = &El<'a>> {
        self.children.iter().filter_map(|node| match node {
            Node::El(el) => Some(el),
            Node::Text(_) => None,
        })
    }

    /// The first child that belongs to a feed vocabulary and has this name, in any case.
    pub(super) fn child(&self, name: &str) -> Option<&El<'a>> {
        self.elements()
            .find(|el| el.family.is_native() && el.name.eq_ignore_ascii_case(name))
    }

    /// Whether it holds elements.
    pub(super) fn has_elements(&self) -> bool {
        self.elements().next().is_some()
    }

    /// The value of an attribute without prefix; names are compared without case, for CDF and RSS shout.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|a| a.prefix.is_empty() && a.name.eq_ignore_ascii_case(name))
            .map(|a| &*a.value)
    }

    /// The value of an attribute, trimmed, if it is not empty.
    pub(super) fn filled(&self, name: &str) -> Option<String> {
        let value = self.attribute(name)?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The value of an attribute of a family's namespace.
    pub(super) fn attribute_of(&self, family: Family, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|a| {
                a.name == name
                    && a.namespace
                        .as_deref()
                        .is_some_and(|uri| names::family(uri) == family)
            })
            .map(|a| &*a.value)
    }

    /// Its own text and that of everything in it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self.children.as_slice() {
            [] => Cow::Borrowed(""),
            [Node::Text(text)] => Cow::Borrowed(text),
            _ => {
                let mut out = String::new();
                self.push_text(&mut out);
                Cow::Owned(out)
            }
        }
    }

    fn push_text(&self, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::El(el) => el.push_text(out),
            }
        }
    }

    /// Its text, trimmed, if there is any.
    pub(super) fn trimmed(&self) -> Option<String> {
        let text = self.text();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Whether it says nothing: no attributes, no elements, no text.
    pub(super) fn is_blank(&self) -> bool {
        self.attributes.is_empty() && !self.has_elements() && self.text().trim().is_empty()
    }

    /// The element as the model keeps it. Indentation between elements is left out.
    pub(super) fn to_model(&self) -> model::Element {
        let has_words = self
            .children
            .iter()
            .any(|node| matches!(node, Node::Text(text) if !text.trim().is_empty()));
        let indented = !has_words && self.has_elements();
        let children = self
            .children
            .iter()
            .filter_map(|node| match node {
                Node::El(el) => Some(model::Node::Element(el.to_model())),
                Node::Text(_) if indented => None,
                Node::Text(text) => Some(model::Node::Text(text.to_string())),
            })
            .collect();
        let plain = self.family == Family::Rss;
        model::Element {
            // RSS has no namespace in the RSS 2.0 that we write.
            namespace: self
                .namespace
                .as_deref()
                .filter(|_| !plain)
                .map(str::to_owned),
            prefix: Some(self.prefix.to_owned()).filter(|p| !p.is_empty() && !plain),
            name: self.name.to_owned(),
            attributes: self.attributes.iter().map(Attribute::to_model).collect(),
            children,
        }
    }
}

impl Attribute<'_> {
    /// The attribute as the model keeps it.
    pub(super) fn to_model(&self) -> model::Attribute {
        model::Attribute {
            namespace: self.namespace.as_deref().map(str::to_owned),
            prefix: Some(self.prefix.to_owned()).filter(|p| !p.is_empty()),
            name: self.name.to_owned(),
            value: self.value.to_string(),
        }
    }
}

/// A namespace declaration in scope.
struct Declaration<'a> {
    prefix: &'a str,
    uri: Option<Rc<str>>,
    family: Family,
}

/// An element that is not closed yet.
struct Open<'a> {
    el: El<'a>,
    /// The name as written, for its end tag.
    written: &'a str,
    /// How many declarations were in scope before it.
    declarations: usize,
}

/// Builds the tree. The roots of a document stand below one nameless element.
pub(super) fn build<'a>(text: &'a str, notes: &mut Notes) -> El<'a> {
    let mut tokens = Tokens::new(text, notes);
    let mut builder = Builder::new();
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => builder.text(text),
            Token::Start {
                name,
                attributes,
                empty,
                at,
            } => {
                if !builder.start(name, attributes, at, empty, tokens.notes()) {
                    break;
                }
            }
            Token::End { name, at } => builder.end(name, at, tokens.notes()),
        }
    }
    let (at, truncated) = (tokens.at(), tokens.truncated);
    notes.broke_entry = builder.open.iter().any(|open| is_entry(open.el.name));
    if truncated || builder.open.len() > 1 {
        notes.add("the document breaks off; what was there is kept", at);
    }
    builder.finish()
}

struct Builder<'a> {
    open: Vec<Open<'a>>,
    declarations: Vec<Declaration<'a>>,
    /// What undeclared prefixes were taken to mean.
    assumed: Vec<Declaration<'a>>,
    /// Names of open elements that stand too deep to be kept as elements of their own.
    too_deep: Vec<&'a str>,
    count: usize,
}

impl<'a> Builder<'a> {
    fn new() -> Self {
        let document = El {
            namespace: None,
            family: Family::None,
            prefix: "",
            name: "",
            attributes: Vec::new(),
            children: Vec::new(),
            at: 0,
        };
        Self {
            open: vec![Open {
                el: document,
                written: "",
                declarations: 0,
            }],
            declarations: Vec::new(),
            assumed: Vec::new(),
            too_deep: Vec::new(),
            count: 0,
        }
    }

    fn top(&mut self) -> &mut El<'a> {
        &mut self
            .open
            .last_mut()
            .expect("the document itself is always open")
            .el
    }

    fn text(&mut self, text: Cow<'a, str>) {
        if text.is_empty() {
            return;
        }
        let children = &mut self.top().children;
        match children.last_mut() {
            Some(Node::Text(last)) => last.to_mut().push_str(&text),
            _ => children.push(Node::Text(text)),
        }
    }

    /// Opens an element; false where the document has had too many.
    fn start(
        &mut self,
        written: &'a str,
        attributes: Vec<RawAttribute<'a>>,
        at: usize,
        empty: bool,
        notes: &mut Notes,
    ) -> bool {
        self.count += 1;
        if self.count > XML_ELEMENTS_MAX {
            notes.add("the document has too many elements; the first are kept", at);
            return false;
        }
        let declarations = self.declarations.len();
        for attribute in &attributes {
            self.declare(attribute);
        }
        let (prefix, name) = split(written);
        let (namespace, family) = self.namespace(prefix, at, notes);
        let attributes = attributes
            .into_iter()
            .filter(|a| a.name != "xmlns" && !a.name.starts_with("xmlns:"))
            .map(|a| self.attribute(a, at, notes))
            .collect();
        let el = El {
            namespace,
            family,
            prefix,
            name,
            attributes,
            children: Vec::new(),
            at,
        };
        self.close_forgotten(&el, notes);
        if empty {
            self.declarations.truncate(declarations);
            self.top().children.push(Node::El(el));
        } else if self.open.len() > XML_DEPTH_MAX {
            notes.add(
                "elements stand too deep in each other and were flattened",
                at,
            );
            self.declarations.truncate(declarations);
            self.too_deep.push(written);
            self.top().children.push(Node::El(el));
        } else {
            self.open.push(Open {
                el,
                written,
                declarations,
            });
        }
        true
    }

    /// Closes what somebody forgot to close, where the element about to begin cannot stand inside it.
    fn close_forgotten(&mut self, next: &El<'a>, notes: &mut Notes) {
        if !next.family.is_native() || next.family.is_atom() && !next.prefix.is_empty() {
            return;
        }
        let name = next.name;
        while self.open.len() > 1 {
            let top = self.top();
            if !top.family.is_native() {
                return;
            }
            let leaf =
                is_leaf(top.name) && is_field(name) || is_text(top.name) && is_rss_alone(name);
            let entry = is_entry(top.name) && is_entry(name);
            if !leaf && !entry {
                return;
            }
            let at = top.at;
            notes.add("an element has no end tag", at);
            self.close();
        }
    }

    fn end(&mut self, written: &'a str, at: usize, notes: &mut Notes) {
        /// How far back an end tag is looked for among the elements that stand too deep.
        const BACK_MAX: usize = 64;
        let recent = self.too_deep.len().saturating_sub(BACK_MAX);
        if let Some(found) = self.too_deep[recent..]
            .iter()
            .rposition(|name| *name == written)
        {
            self.too_deep.truncate(recent + found);
            return;
        }
        let same = |open: &Open<'_>| open.written == written;
        let like = |open: &Open<'_>| open.written.eq_ignore_ascii_case(written);
        let open = &self.open[1..];
        let Some(found) = open
            .iter()
            .rposition(same)
            .or_else(|| open.iter().rposition(like))
        else {
            notes.add("an end tag without a start tag was ignored", at);
            return;
        };
        self.too_deep.clear();
        if self.open.len() > found + 2 {
            notes.add("an element has no end tag", self.top().at);
        }
        while self.open.len() > found + 1 {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.declarations.truncate(open.declarations);
            self.top().children.push(Node::El(open.el));
        }
    }

    fn finish(mut self) -> El<'a> {
        while self.open.len() > 1 {
            self.close();
        }
        self.open
            .pop()
            .expect("the document itself is always open")
            .el
    }

    fn declare(&mut self, attribute: &RawAttribute<'a>) {
        let prefix = match attribute.name.strip_prefix("xmlns") {
            Some("") => "",
            Some(rest) if rest.len() > 1 && rest.starts_with(':') => &rest[1..],
            _ => return,
        };
        if self.declarations.len() < DECLARATIONS_MAX {
            let uri = attribute.value.trim();
            self.declarations.push(Declaration {
                prefix,
                uri: (!uri.is_empty()).then(|| Rc::from(uri)),
                family: names::family(uri),
            });
        }
    }

    /// The namespace of a prefix; an undeclared one gets the namespace it usually stands for.
    fn namespace(
        &mut self,
        prefix: &'a str,
        at: usize,
        notes: &mut Notes,
    ) -> (Option<Rc<str>>, Family) {
        let mut known = self.declarations.iter().rev().chain(&self.assumed);
        if let Some(found) = known.find(|d| d.prefix == prefix) {
            return (found.uri.clone(), found.family);
        }
        match prefix {
            "" => return (None, Family::None),
            "xml" => return (Some(Rc::from(names::XML)), Family::Xml),
            _ => notes.add_with("a namespace prefix is not declared", at, prefix),
        }
        // A name of its own keeps the output well-formed and the prefix recognisable.
        let uri: Rc<str> = match names::well_known(prefix) {
            Some(uri) => Rc::from(uri),
            None => Rc::from(format!("urn:undeclared:{prefix}")),
        };
        let family = names::family(&uri);
        if self.assumed.len() < DECLARATIONS_MAX {
            self.assumed.push(Declaration {
                prefix,
                uri: Some(uri.clone()),
                family,
            });
        }
        (Some(uri), family)
    }

    fn attribute(&mut self, raw: RawAttribute<'a>, at: usize, notes: &mut Notes) -> Attribute<'a> {
        let (prefix, name) = split(raw.name);
        let namespace = if prefix.is_empty() {
            None
        } else {
            self.namespace(prefix, at, notes).0
        };
        Attribute {
            namespace,
            prefix,
            name,
            value: raw.value,
        }
    }
}

/// Splits a name at its colon; a colon at either end is no separator.
fn split(written: &str) -> (&str, &str) {
    match written.split_once(':') {
        Some((prefix, name)) if !prefix.is_empty() && !name.is_empty() => (prefix, name),
        _ => ("", written.trim_matches(':')),
    }
}

fn is_entry(name: &str) -> bool {
    name.eq_ignore_ascii_case("item") || name.eq_ignore_ascii_case("entry")
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Elements that hold a word, never markup with these names in it.
fn is_leaf(name: &str) -> bool {
    is_one_of(name, &["link", "guid", "pubDate", "title"])
}

/// Elements that stand beside a leaf, and in no XHTML.
fn is_field(name: &str) -> bool {
    const FIELDS: &[&str] = &["link", "description", "author"];
    is_one_of(name, FIELDS) || is_rss_alone(name)
}

/// Elements that hold text or the markup of a page, but never a part of a feed.
fn is_text(name: &str) -> bool {
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
    is_one_of(name, TEXTS)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree in a shorthand: `name{family}(children)`.
    fn shown(el: &El<'_>) -> String {
        let children: Vec<String> = el
            .children
            .iter()
            .map(|node| match node {
                Node::El(el) => shown(el),
                Node::Text(text) => format!("{text:?}"),
            })
            .collect();
        let family = match el.family {
            Family::None => String::new(),
            family => format!("{{{family:?}}}"),
        };
        format!("{}{family}({})", el.name, children.join(" "))
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let tree = build(text, &mut Notes::default());
        assert_eq!(shown(&tree), format!("({expected})"));
    }

    #[test]
    fn nesting_and_namespaces() {
        check("<a><b>x</b><c/></a>", "a(b(\"x\") c())");
        check(
            "<a xmlns:x='http://www.w3.org/2005/Atom'><x:b/></a><x:c/>",
            "a(b{Atom}()) c{Other}()",
        );
        check("<dc:date>x</dc:date>", "date{Dc}(\"x\")");
        check(
            "<a xmlns='http://purl.org/rss/1.0/'><b xmlns=''/></a>",
            "a{Rss}(b())",
        );
    }

    #[test]
    fn ends_forgotten_and_invented() {
        check("<a><b>x</a>", "a(b(\"x\"))");
        check("<a></b>x</a></a>", "a(\"x\")");
        check("<a><b>x</B></a>", "a(b(\"x\"))");
        check(
            "<a><item><title>x</title><item>y</item></a>",
            "a(item(title(\"x\")) item(\"y\"))",
        );
        check(
            "<item><title>x<link>y</link></item>",
            "item(title(\"x\") link(\"y\"))",
        );
        check(
            "<a><description>x<pubDate>y</pubDate></a>",
            "a(description(\"x\") pubDate(\"y\"))",
        );
        check(
            "<description>x <title>y</title></description>",
            "description(\"x \" title(\"y\"))",
        );
        check("<a>x<b>y", "a(\"x\" b(\"y\"))");
    }

    #[test]
    fn adjacent_text_is_one() {
        check("<a>x<![CDATA[ & ]]>&amp;<!-- c -->y</a>", "a(\"x & &y\")");
    }

    #[test]
    fn depth_is_limited_without_losing_what_follows() {
        let deep = XML_DEPTH_MAX * 3;
        let text = format!(
            "<r>{}x{}<z/></r><y/>",
            "<a>".repeat(deep),
            "</a>".repeat(deep)
        );
        let tree = build(&text, &mut Notes::default());
        let names: Vec<_> = tree.elements().map(|el| el.name).collect();
        assert_eq!(names, ["r", "y"]);
        let names: Vec<_> = tree
            .elements()
            .next()
            .map(|r| r.elements().map(|el| el.name).collect())
            .unwrap_or_default();
        assert_eq!(names, ["a", "z"]);
        let unclosed = format!("<r><d>{}x</d><z/></r>", "<a>".repeat(deep));
        let tree = build(&unclosed, &mut Notes::default());
        assert_eq!(
            tree.elements().next().map(|r| r.elements().count()),
            Some(2)
        );
    }
}
