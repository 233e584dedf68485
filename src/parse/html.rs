//! The little HTML that a parser has to know: whether a string is any, and XHTML written as HTML.
//!
//! Does not clean and does not repair; what a publisher sent goes through.

use super::entities;
use super::names::Family;
use super::tree::{Attribute, El, Node};
use crate::absolute;
use crate::limits::BASE_BYTES_MAX;
use crate::markup::{VOID, tags};
use std::collections::HashSet;

/// Elements that begin a body of text; what a doubly escaped body begins with.
const BLOCKS: &[&str] = &[
    "a",
    "article",
    "blockquote",
    "br",
    "center",
    "div",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "img",
    "ol",
    "p",
    "section",
    "span",
    "strong",
    "table",
    "ul",
];

/// Whether a string contains a tag of HTML, or a comment: evidence enough for a body.
pub(super) fn has_tag(text: &str) -> bool {
    tags(text).next().is_some() || text.contains("<!--")
}

/// Whether a string contains markup rather than words about markup: a tag that is closed again, or one that never is.
pub(super) fn has_closed_tag(text: &str) -> bool {
    let mut open = HashSet::new();
    for (name, closing) in tags(text) {
        if VOID.contains(&name) || closing && open.contains(&name) {
            return true;
        }
        if !closing {
            open.insert(name);
        }
    }
    false
}

/// Whether a body was escaped once too often: markup a person would see as text, and nothing but that.
pub(super) fn is_doubly_escaped(text: &str) -> bool {
    let Some(inner) = text.trim_start().strip_prefix("&lt;") else {
        return false;
    };
    let name: String = inner
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .take(16)
        .collect::<String>()
        .to_ascii_lowercase();
    BLOCKS.contains(&name.as_str())
        && !has_tag(text)
        && text.contains("&lt;/")
        && text.contains("&gt;")
}

/// What the words between the tags of an element are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Text, as XHTML says.
    Text,
    /// What they look like: where markup stands in an element for escaped HTML, some of it may be escaped all the same.
    Evidence,
}

/// The children of an element as HTML. An `xml:base` inside, which HTML does not know, is applied to the addresses it is for.
pub(super) fn inner_html(el: &El<'_>, base: Option<&str>, words: Words) -> String {
    let mut writer = Writer {
        out: String::new(),
        words,
    };
    writer.children(el, base, false);
    writer.out
}

struct Writer {
    out: String,
    words: Words,
}

impl Writer {
    /// `rebase` is set below an inner `xml:base`: from there on addresses must be made absolute here.
    fn children(&mut self, el: &El<'_>, base: Option<&str>, rebase: bool) {
        let raw = matches!(&*el.lower(), "script" | "style");
        for node in &el.children {
            match node {
                Node::Text(text)
                    if raw || self.words == Words::Evidence && looks_like_html(text) =>
                {
                    self.out.push_str(text);
                }
                Node::Text(text) => push_escaped(&mut self.out, text, false),
                Node::El(child) => self.element(child, base, rebase),
            }
        }
    }

    fn element(&mut self, el: &El<'_>, base: Option<&str>, mut rebase: bool) {
        let own_base = el
            .attribute_of(Family::Xml, "base")
            .map(|own| absolute::resolve(base, own))
            .filter(|own| own.len() <= BASE_BYTES_MAX);
        rebase |= own_base.is_some();
        let base = own_base.as_deref().or(base);
        self.out.push('<');
        self.out.push_str(el.name);
        for attribute in &el.attributes {
            push_attribute(&mut self.out, attribute, base.filter(|_| rebase));
        }
        self.out.push('>');
        self.children(el, base, rebase);
        if !VOID.contains(&&*el.lower()) {
            self.out.push_str("</");
            self.out.push_str(el.name);
            self.out.push('>');
        }
    }
}

fn push_attribute(out: &mut String, attribute: &Attribute<'_>, base: Option<&str>) {
    let is_xml = attribute.prefix == "xml";
    if is_xml && matches!(attribute.name, "base" | "space") {
        return;
    }
    out.push(' ');
    // `xml:lang` is HTML's `lang`; the other prefixes (`xlink:href` in SVG, `epub:type`) stay.
    if !attribute.prefix.is_empty() && !is_xml {
        out.push_str(attribute.prefix);
        out.push(':');
    }
    out.push_str(attribute.name);
    out.push_str("=\"");
    let changed =
        base.and_then(|base| absolute::absolute_value(attribute.name, &attribute.value, base));
    push_escaped(out, changed.as_deref().unwrap_or(&attribute.value), true);
    out.push('"');
}

fn push_escaped(out: &mut String, text: &str, in_attribute: bool) {
    let mut copied = 0;
    for (at, b) in text.bytes().enumerate() {
        let reference = match b {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' if in_attribute => "&quot;",
            _ => continue,
        };
        out.push_str(&text[copied..at]);
        out.push_str(reference);
        copied = at + 1;
    }
    out.push_str(&text[copied..]);
}

/// Whether a string, out of its XML, is HTML by the evidence: tags, or references to characters.
pub(super) fn looks_like_html(text: &str) -> bool {
    has_tag(text) || entities::has_reference(text)
}

#[cfg(test)]
mod tests {
    use super::super::notes::Notes;
    use super::super::tree;
    use super::*;

    #[test]
    fn tags_are_told_from_words() {
        assert!(has_tag("x <b>y</b>"));
        assert!(has_tag("x<br/>"));
        assert!(has_tag("<P CLASS='x'>"));
        assert!(!has_tag("1 < 2 > 1"));
        assert!(!has_tag("Vec<String> and <T>"));
        assert!(!has_tag("a <b"));
        assert!(has_closed_tag("<i>x</i>"));
        assert!(has_closed_tag("x<br>y"));
        assert!(!has_closed_tag("The <video> element"));
        assert!(!has_closed_tag("from <b> to </i>"));
    }

    #[test]
    fn bodies_escaped_twice() {
        assert!(is_doubly_escaped(" &lt;p&gt;x&lt;/p&gt;"));
        assert!(!is_doubly_escaped("<p>&lt;p&gt;x&lt;/p&gt;</p>"));
        assert!(!is_doubly_escaped("&lt;p&gt; begins a paragraph"));
        assert!(!is_doubly_escaped("Write &lt;p&gt;x&lt;/p&gt;"));
    }

    #[track_caller]
    fn check(xml: &str, expected: &str) {
        let tree = tree::build(xml, &mut Notes::default());
        assert_eq!(
            inner_html(&tree, Some("http://h/d/"), Words::Text),
            expected
        );
    }

    #[test]
    fn xhtml_becomes_html() {
        check("<p>a<br/>b</p><p/>", "<p>a<br>b</p><p></p>");
        check(
            "<h:p xmlns:h='x' title='&quot;&amp;'>&lt;</h:p>",
            "<p title=\"&quot;&amp;\">&lt;</p>",
        );
        check("<p xml:lang='de'>x</p>", "<p lang=\"de\">x</p>");
        check("<script>a &lt; b</script>", "<script>a < b</script>");
    }

    #[test]
    fn an_inner_base_is_applied() {
        check(
            "<a href='x'/><div xml:base='e/'><a href='x'/></div>",
            "<a href=\"x\"></a><div><a href=\"http://h/d/e/x\"></a></div>",
        );
    }
}
