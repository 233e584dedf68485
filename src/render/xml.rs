//! Writes [`Element`] trees as XML.
//!
//! It knows no feed format: what an element means and where it belongs, `rss` and `atom` decide.
//!
//! Invariants: the output is well-formed whatever the trees hold; text comes out as it went in,
//! except for characters that XML 1.0 cannot carry; time is linear in the trees.

use super::names::Names;
use crate::model::{Attribute, Element, Node};
use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

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

/// An element that is being written: what is left of it, its name, and its default namespace, which
/// it shares with those that declare no other.
struct Open<'a> {
    rest: std::slice::Iter<'a, Node>,
    name: String,
    default: Rc<str>,
}

fn write_tree(out: &mut String, root: &Element, names: &Names, declarations: &[(String, String)]) {
    // A stack of our own: the trees come from outside, and a thread's stack is short.
    let mut open: Vec<Open<'_>> = Vec::new();
    let default = Rc::from(names.default);
    open.extend(write_start(out, root, names, &default, declarations));
    while let Some(top) = open.last_mut() {
        match top.rest.next() {
            Some(Node::Text(text)) => push_text(out, text),
            Some(Node::Element(child)) => {
                let child = write_start(out, child, names, &top.default, &[]);
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
    default: &Rc<str>,
    declarations: &[(String, String)],
) -> Option<Open<'a>> {
    let namespace = names.element_namespace(element);
    let prefix = names.prefix(&namespace);
    let qualified = Names::qualified(prefix, &element.name);
    out.push('<');
    out.push_str(&qualified);
    let mut written: HashSet<String> = HashSet::new();
    for (prefix, uri) in declarations {
        push_attribute(out, &format!("xmlns:{prefix}"), uri);
    }
    let default = if prefix.is_none() && *namespace != **default {
        push_attribute(out, "xmlns", &namespace);
        Rc::from(namespace)
    } else {
        Rc::clone(default)
    };
    for attribute in &element.attributes {
        // `xmlns` is a declaration and no attribute; a name may stand once (XML 1.0 §3.1).
        let name = names.attribute_name(attribute);
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
    let mut rest = value;
    while let Some(at) = rest.bytes().position(may_need_escape) {
        out.push_str(&rest[..at]);
        let mut characters = rest[at..].chars();
        match characters.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') if in_attribute => out.push_str("&quot;"),
            Some('\t') if in_attribute => out.push_str("&#9;"),
            Some('\n') if in_attribute => out.push_str("&#10;"),
            Some('\r') => out.push_str("&#13;"),
            c => out.extend(c.filter(|c| is_legal(*c))),
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Whether a byte of UTF-8 is, or begins, a character that may not stand as it is: markup, controls,
/// and what begins with `EF`, for U+FFFE and U+FFFF do.
fn may_need_escape(b: u8) -> bool {
    matches!(b, b'&' | b'<' | b'>' | b'"' | 0..=0x1f | 0xef)
}

/// Whether XML 1.0 can carry the character (§2.2 `Char`).
fn is_legal(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether XML can carry nothing of a string that a reader would see.
pub(crate) fn is_blank(value: &str) -> bool {
    value.chars().all(|c| c.is_whitespace() || !is_legal(c))
}

/// A string without the characters that XML cannot carry, and with the line ends that a parser
/// would make of it (XML 1.0 §2.11). For the format crates, which escape but do not look.
pub(crate) fn legal(value: &str) -> Cow<'_, str> {
    // By blocks and without a branch in them, which the vector unit can do.
    let is_odd = |b: u8| (b < 0x20) & (b != b'\t') & (b != b'\n') | (b == 0xef);
    let has_odd = |block: &[u8]| block.iter().fold(false, |found, b| found | is_odd(*b));
    if !value.as_bytes().chunks(256).any(has_odd) || value.chars().all(|c| is_legal(c) && c != '\r')
    {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(attribute: &str, text: &str, expected: &str) {
        let element = element(None, "e", &[("a", Some(attribute))], text);
        assert_eq!(standalone(&element), expected);
    }

    #[test]
    fn markup_is_escaped_in_both_places() {
        check(
            "<\"&'>",
            "<\"&'>",
            "<e a=\"&lt;&quot;&amp;'&gt;\">&lt;\"&amp;'&gt;</e>",
        );
    }

    #[test]
    fn white_space_that_a_parser_would_change_is_a_reference() {
        check(
            "a\t\n\rb",
            "a\t\n\rb",
            "<e a=\"a&#9;&#10;&#13;b\">a\t\n&#13;b</e>",
        );
    }

    #[test]
    fn characters_that_xml_cannot_carry_are_left_out() {
        check(
            "a\0\u{1f}\u{ffff}b",
            "a\u{fffe}\u{b}b",
            "<e a=\"ab\">ab</e>",
        );
    }

    #[test]
    fn an_element_with_nothing_in_it_is_one_tag() {
        check("", "", "<e a=\"\"/>");
    }

    #[test]
    fn line_ends_become_what_a_parser_makes_of_them() {
        assert_eq!(legal("a\r\nb\rc\0"), "a\nb\nc");
        assert!(matches!(legal("a\tb\nc\u{85}ﬀ\u{fffd}"), Cow::Borrowed(_)));
        assert_eq!(legal("ﬀ\u{ffff}x"), "ﬀx");
    }
}
