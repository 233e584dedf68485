//! Tokens to a tree: namespaces, ends that were forgotten or invented, and the limits.
//!
//! The children of all open elements lie on one stack, and an element takes its own off it when it
//! ends: one allocation of the right size for each, however many children come.

use super::forgotten::{self, Kind};
use super::{Attribute, El, Node};
use crate::limits::{
    BASE_BYTES_MAX, LANGUAGE_BYTES_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX, XML_NAMESPACE_BYTES_MAX,
    XML_SHARED_BYTES,
};
use crate::parse::names::{self, Family};
use crate::parse::notes::Notes;
use crate::parse::strays;
use crate::parse::xml::{RawAttribute, Token, Tokens};
use std::borrow::Cow;
use std::rc::Rc;

/// How many namespace declarations may be in scope at once; real documents have below 40.
const DECLARATIONS_MAX: usize = 128;

/// A namespace declaration in scope.
#[derive(Clone)]
struct Declaration<'a> {
    prefix: &'a str,
    uri: Option<Rc<str>>,
    family: Family,
}

/// An element that is not closed yet.
struct Open<'a> {
    /// The element, without the children that are still on the stack.
    el: El<'a>,
    /// The name as written, for its end tag.
    written: &'a str,
    kind: Kind,
    /// How many declarations were in scope before it.
    declarations: usize,
    /// Where its children begin on the stack.
    first: usize,
    /// How many pieces of its text follow another.
    pieces: usize,
}

/// How many pieces of text in an element wait until it ends.
const PIECES_MAX: usize = 64;

/// Reads an entry that has ended: in a document's first root, perhaps in a child of that. False where it has to stay.
type ReadEntry<'r, 'a> =
    &'r mut dyn FnMut(&El<'a>, Option<&El<'a>>, &mut El<'a>, &mut Notes) -> bool;

/// Builds the tree. The roots of a document stand below one nameless element.
pub(in crate::parse) fn build<'a>(text: &'a str, notes: &mut Notes) -> El<'a> {
    build_reading(text, notes, &mut |_, _, _, _| false)
}

/// Builds the tree without its entries: of one that `read` has read, an empty element stays in its place.
pub(in crate::parse) fn build_reading<'a>(
    text: &'a str,
    notes: &mut Notes,
    read: ReadEntry<'_, 'a>,
) -> El<'a> {
    let mut tokens = Tokens::new(text, notes);
    let mut builder = Builder::new(read);
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => builder.text(text),
            Token::Start { name, empty, at } => {
                if !builder.start(name, at, empty, &mut tokens) {
                    break;
                }
            }
            Token::End { name, at } => builder.end(name, at, tokens.notes()),
        }
    }
    let (at, truncated) = (tokens.at(), tokens.truncated);
    notes.broke_entry = builder.open.iter().any(|open| open.kind == Kind::Entry);
    notes.is_cut = truncated || builder.open.len() > 1;
    if notes.is_cut {
        notes.add("the document breaks off; what was there is kept", at);
    }
    builder.finish(notes)
}

struct Builder<'a, 'r> {
    read: ReadEntry<'r, 'a>,
    open: Vec<Open<'a>>,
    /// The children of every open element, the outermost first.
    nodes: Vec<Node<'a>>,
    declarations: Vec<Declaration<'a>>,
    /// Every address that was declared, so that one that each element declares anew is kept once.
    addresses: Vec<(Rc<str>, Family)>,
    /// What undeclared prefixes were taken to mean.
    assumed: Vec<Declaration<'a>>,
    /// Names of open elements that stand too deep to be kept as elements of their own.
    too_deep: Vec<&'a str>,
    /// How many elements there were; those that share long strings count for more.
    count: usize,
    /// The longest base and language that elements may have inherited, in bytes.
    inherited: usize,
}

impl<'a, 'r> Builder<'a, 'r> {
    fn new(read: ReadEntry<'r, 'a>) -> Self {
        let document = El {
            namespace: None,
            family: Family::None,
            prefix: "",
            name: "",
            attributes: Box::default(),
            children: Box::default(),
            at: 0,
        };
        Self {
            read,
            open: vec![Open {
                el: document,
                written: "",
                kind: Kind::Other,
                declarations: 0,
                first: 0,
                pieces: 0,
            }],
            nodes: Vec::new(),
            declarations: Vec::new(),
            addresses: Vec::new(),
            assumed: Vec::new(),
            too_deep: Vec::new(),
            count: 0,
            inherited: 0,
        }
    }

    fn top(&mut self) -> &mut Open<'a> {
        self.open
            .last_mut()
            .expect("the document itself is always open")
    }

    /// Whether the parts of a feed or of an entry are read now.
    fn is_frame(&mut self) -> bool {
        let top = self.top();
        matches!(top.kind, Kind::Frame | Kind::Entry) && top.el.family.is_native()
    }

    fn text(&mut self, text: Cow<'a, str>) {
        if text.is_empty() {
            return;
        }
        let children = self.nodes.len();
        let follows_text = matches!(self.nodes.last(), Some(Node::Text(_)));
        // Indentation is a third of all nodes, and says nothing between the parts of a feed.
        if self.is_frame() && text.bytes().all(|b| b.is_ascii_whitespace()) {
            return;
        }
        let top = self.top();
        if follows_text && children > top.first {
            top.pieces += 1;
            // So many are put together at once: a node takes more room than a piece of one letter.
            if top.pieces > PIECES_MAX
                && let Some(Node::Text(before)) = self.nodes.last_mut()
            {
                before.to_mut().push_str(&text);
                return;
            }
        }
        self.nodes.push(Node::Text(text));
    }

    /// Opens an element; false where the document has had too many.
    fn start(
        &mut self,
        written: &'a str,
        at: usize,
        empty: bool,
        tokens: &mut Tokens<'a, '_>,
    ) -> bool {
        self.count += 1;
        if self.count > XML_ELEMENTS_MAX {
            let message = "the document has too many elements; the first are kept";
            tokens.notes().add(message, at);
            return false;
        }
        let declarations = self.declarations.len();
        let el = self.element(written, at, tokens);
        let notes = tokens.notes();
        self.close_forgotten(&el, notes);
        let is_stray = self.is_frame() && el.family.is_native() && strays::is_stray(el.name);
        if empty || is_stray && forgotten::is_void(el.name) {
            self.declarations.truncate(declarations);
            self.nodes.push(Node::El(el));
        } else if self.open.len() > XML_DEPTH_MAX {
            notes.add(
                "elements stand too deep in each other and were flattened",
                at,
            );
            self.declarations.truncate(declarations);
            self.too_deep.push(written);
            self.nodes.push(Node::El(el));
        } else {
            self.open.push(Open {
                kind: if is_stray {
                    Kind::Stray
                } else {
                    forgotten::kind(el.name)
                },
                el,
                written,
                declarations,
                first: self.nodes.len(),
                pieces: 0,
            });
        }
        true
    }

    /// The element of the start tag that was read last, with what it declares in scope.
    fn element(&mut self, written: &'a str, at: usize, tokens: &mut Tokens<'a, '_>) -> El<'a> {
        let mut raw = std::mem::take(&mut tokens.attributes);
        let notes = tokens.notes();
        let mut declared = 0;
        for attribute in &raw {
            declared += usize::from(self.declare(attribute, at, notes));
        }
        let (prefix, name) = split(written);
        let (namespace, family) = self.namespace(prefix, at, notes);
        let mut attributes = Vec::with_capacity(raw.len() - declared);
        for attribute in raw.drain(..) {
            if declared_prefix(attribute.name).is_none() {
                attributes.push(self.attribute(attribute, at, notes));
            }
        }
        tokens.attributes = raw;
        let namespaces = attributes.iter().map(|a| &a.namespace).chain([&namespace]);
        let shared: usize = namespaces.flatten().map(|uri| uri.len()).sum();
        self.count += (shared + self.inherited) / XML_SHARED_BYTES;
        El {
            namespace,
            family,
            prefix,
            name,
            attributes: attributes.into_boxed_slice(),
            children: Box::default(),
            at,
        }
    }

    /// Closes what somebody forgot to close, where the element about to begin cannot stand inside it.
    fn close_forgotten(&mut self, next: &El<'a>, notes: &mut Notes) {
        if !next.family.is_native() || next.family.is_atom() && !next.prefix.is_empty() {
            return;
        }
        while self.open.len() > 1 {
            let top = self.top();
            // Whoever writes another prefix writes of something else, and knows how to end it.
            let is_strange = !top.el.family.is_native() || top.el.prefix != next.prefix;
            if is_strange || !forgotten::ends_before(top.kind, next.name) {
                return;
            }
            let at = top.el.at;
            notes.add("an element has no end tag", at);
            self.close(notes);
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
            notes.add("an element has no end tag", self.top().el.at);
        }
        while self.open.len() > found + 1 {
            self.close(notes);
        }
    }

    fn close(&mut self, notes: &mut Notes) {
        if let Some(open) = self.open.pop() {
            self.declarations.truncate(open.declarations);
            let may_be_read = open.kind == Kind::Entry;
            let mut el = self.with_children(open);
            if may_be_read && self.is_read(&mut el, notes) {
                el.attributes = Box::default();
                el.children = Box::default();
            }
            self.nodes.push(Node::El(el));
        }
    }

    /// Lets an element be read that has ended, if it stands where an entry does.
    fn is_read(&mut self, el: &mut El<'a>, notes: &mut Notes) -> bool {
        let (root, channel) = match &*self.open {
            [_, root] => (root, None),
            [_, root, channel] => (root, Some(&channel.el)),
            _ => return false,
        };
        let before = &self.nodes[..root.first];
        let is_first = !before.iter().any(|node| matches!(node, Node::El(_)));
        is_first && (self.read)(&root.el, channel, el, notes)
    }

    fn finish(mut self, notes: &mut Notes) -> El<'a> {
        while self.open.len() > 1 {
            self.close(notes);
        }
        let document = self.open.pop();
        self.with_children(document.expect("the document itself is always open"))
    }

    /// Takes an element's children off the stack.
    fn with_children(&mut self, open: Open<'a>) -> El<'a> {
        let mut el = open.el;
        let children = self.nodes.split_off(open.first);
        el.children = if open.pieces > 0 {
            joined(children.into_iter()).into_boxed_slice()
        } else {
            children.into_boxed_slice()
        };
        el
    }

    /// Takes a declaration into scope; false where an attribute is none.
    fn declare(&mut self, attribute: &RawAttribute<'a>, at: usize, notes: &mut Notes) -> bool {
        let Some(prefix) = declared_prefix(attribute.name) else {
            return false;
        };
        if attribute.name != "xmlns:" && self.declarations.len() < DECLARATIONS_MAX {
            let uri = attribute.value.trim();
            if escaped_length(uri) > XML_NAMESPACE_BYTES_MAX {
                notes.add("a namespace is too long and counts as undeclared", at);
                return true;
            }
            let (uri, family) = self.address(uri);
            self.declarations.push(Declaration {
                prefix,
                uri,
                family,
            });
        }
        true
    }

    /// An address as it is shared by all that is in it, and its family.
    fn address(&mut self, uri: &str) -> (Option<Rc<str>>, Family) {
        if uri.is_empty() {
            return (None, Family::None);
        }
        if let Some((known, family)) = self.addresses.iter().find(|(known, _)| **known == *uri) {
            return (Some(known.clone()), *family);
        }
        let (shared, family) = (Rc::from(uri), names::family(uri));
        if self.addresses.len() < DECLARATIONS_MAX {
            self.addresses.push((Rc::clone(&shared), family));
        }
        (Some(shared), family)
    }

    /// The namespace of a prefix; an undeclared one gets the namespace it usually stands for.
    fn namespace(
        &mut self,
        prefix: &'a str,
        at: usize,
        notes: &mut Notes,
    ) -> (Option<Rc<str>>, Family) {
        let mut known = self.declarations.iter().rev().chain(&self.assumed);
        if let Some(found) = known.find(|d| is_same(d.prefix, prefix)) {
            return (found.uri.clone(), found.family);
        }
        match prefix {
            "" => return (None, Family::None),
            "xml" => return self.address(names::XML),
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

    /// Looks at how much an attribute of XML's own gives to all that is in its element.
    fn inherit(&mut self, name: &str, value: &str, at: usize, notes: &mut Notes) {
        let max = match name {
            "base" => BASE_BYTES_MAX,
            "lang" => LANGUAGE_BYTES_MAX,
            _ => return,
        };
        if value.len() > max {
            notes.add("a base or a language is too long and was ignored", at);
        } else {
            self.inherited = self.inherited.max(value.len());
        }
    }

    fn attribute(&mut self, raw: RawAttribute<'a>, at: usize, notes: &mut Notes) -> Attribute<'a> {
        let (prefix, name) = split(raw.name);
        if prefix == "xml" {
            self.inherit(name, raw.value.trim(), at, notes);
        }
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

/// How long an address is where what it may not hold is percent-encoded (RFC 3986 §2), as whoever writes it does.
fn escaped_length(uri: &str) -> usize {
    let stays = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&b);
    uri.bytes().map(|b| if stays(b) { 1 } else { 3 }).sum()
}

/// The prefix that an attribute declares, if it is a declaration: `xmlns` or `xmlns:x`.
fn declared_prefix(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("xmlns")?;
    if rest.is_empty() {
        return Some("");
    }
    rest.strip_prefix(':')
}

/// The nodes with the pieces of a text that follow each other put together, each text in one allocation.
fn joined<'a>(nodes: impl Iterator<Item = Node<'a>>) -> Vec<Node<'a>> {
    let mut out = Vec::new();
    let mut pieces: Vec<Cow<'a, str>> = Vec::new();
    let put = |pieces: &mut Vec<Cow<'a, str>>, out: &mut Vec<Node<'a>>| {
        match pieces.len() {
            0 => {}
            1 => out.extend(pieces.pop().map(Node::Text)),
            _ => out.push(Node::Text(Cow::Owned(pieces.concat()))),
        }
        pieces.clear();
    };
    for node in nodes {
        match node {
            Node::Text(text) => pieces.push(text),
            el => {
                put(&mut pieces, &mut out);
                out.push(el);
            }
        }
    }
    put(&mut pieces, &mut out);
    out
}

/// Splits a name at its colon; a colon at either end is no separator.
fn split(written: &str) -> (&str, &str) {
    match memchr::memchr(b':', written.as_bytes()) {
        Some(at) if at > 0 && at + 1 < written.len() => (&written[..at], &written[at + 1..]),
        Some(_) => ("", written.trim_matches(':')),
        None => ("", written),
    }
}

/// Whether two prefixes are the same. They are so short that calling the comparison costs more than it does.
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(a, b)| a == b)
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
    fn a_namespace_that_is_too_long_is_not_declared() {
        let long = "n".repeat(XML_NAMESPACE_BYTES_MAX + 1);
        check(
            &format!("<a xmlns='urn:a'><b xmlns='{long}'/><q:b xmlns:q='{long}'/></a>"),
            "a{Other}(b{Other}() b{Other}())",
        );
        check(&format!("<a xmlns='{long}'><b/></a>"), "a(b())");
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
