//! Puts written elements into a document that a format crate wrote.
//!
//! It knows no XML beyond where a tag begins, and needs none.
//!
//! Invariant: outside CDATA sections, a `<` in such a document is always markup, because both crates
//! escape it in text and in attributes. So a tag that is found there is one, and no text can feign it.

use super::names::Names;
use super::xml::write_element;
use crate::model::Element;

/// What is put into one element of a document: attributes of its start tag, and children at its end.
#[derive(Debug, Default)]
pub(super) struct Graft {
    /// Written attributes, each with a space before it.
    pub(super) attributes: String,
    /// Written children, each on a line of its own.
    pub(super) children: String,
    /// Children that stand before the one called `content:encoded`, if there is one.
    pub(super) before_content: String,
}

/// The one child that the order of a document is known against.
const CONTENT: &str = "<content:encoded>";

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

    /// Adds children that stand before `content:encoded`.
    pub(super) fn add_before_content<'a>(
        &mut self,
        elements: impl IntoIterator<Item = &'a Element>,
        names: &Names,
        indent: &str,
    ) {
        for element in elements {
            self.before_content.push_str(indent);
            write_element(&mut self.before_content, element, names);
        }
    }
}

/// Puts `grafts`, one for each element called `name`, into `document`, and `head` before the first
/// of them, or at the end of the `container` where there are none.
pub(super) fn graft(
    document: &str,
    name: &str,
    container: &str,
    head: &str,
    grafts: &[Graft],
) -> String {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let close = format!("</{container}>");
    let added: usize = grafts
        .iter()
        .map(|graft| graft.attributes.len() + graft.children.len() + graft.before_content.len())
        .sum();
    let mut out = String::with_capacity(document.len() + head.len() + added);
    let mut grafts = grafts.iter();
    let mut current = None;
    let mut head = Some(head);
    let mut rest = document;
    while let Some(at) = rest.find('<') {
        let (text, markup) = rest.split_at(at);
        let mut taken = 1;
        if markup.starts_with("<![CDATA[") {
            taken = markup.find("]]>").map_or(markup.len(), |at| at + 3);
            out.push_str(text);
        } else if markup.starts_with(&start) {
            current = grafts.next();
            push_before_line(&mut out, text, head.take().unwrap_or_default());
            out.push_str(&start[..start.len() - 1]);
            out.push_str(current.map_or("", |graft: &Graft| &graft.attributes));
            rest = &markup[start.len() - 1..];
            continue;
        } else if markup.starts_with(&end) {
            push_before_line(
                &mut out,
                text,
                current.take().map_or("", |graft| &graft.children),
            );
        } else if markup.starts_with(CONTENT) {
            push_before_line(
                &mut out,
                text,
                current.map_or("", |graft| &graft.before_content),
            );
        } else if markup.starts_with(&close) {
            push_before_line(&mut out, text, head.take().unwrap_or_default());
        } else {
            out.push_str(text);
        }
        out.push_str(&markup[..taken]);
        rest = &markup[taken..];
    }
    out.push_str(rest);
    out
}

/// Writes what stood before a tag, with `added` in front of the tag's line break and indentation.
fn push_before_line(out: &mut String, before: &str, added: &str) {
    let line = before.trim_end().len();
    out.push_str(&before[..line]);
    out.push_str(added);
    out.push_str(&before[line..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, expected: &str) {
        let grafts: Vec<Graft> = (1..4)
            .map(|n| Graft {
                attributes: format!(" n=\"{n}\""),
                children: format!("\n<x{n}/>"),
                before_content: format!("\n<y{n}/>"),
            })
            .collect();
        assert_eq!(graft(document, "e", "c", "\n<h/>", &grafts), expected);
    }

    #[test]
    fn each_element_gets_its_own() {
        check(
            "<c>\n<a>b</a>\n <e>\n  <t>u</t>\n </e>\n <e>\n </e>\n</c>",
            "<c>\n<a>b</a>\n<h/>\n <e n=\"1\">\n  <t>u</t>\n<x1/>\n </e>\n <e n=\"2\">\n<x2/>\n </e>\n</c>",
        );
    }

    #[test]
    fn some_stand_before_the_content() {
        check(
            "<c><e><t/>\n<content:encoded>x</content:encoded></e></c>",
            "<c>\n<h/><e n=\"1\"><t/>\n<y1/>\n<content:encoded>x</content:encoded>\n<x1/></e></c>",
        );
    }

    #[test]
    fn the_head_stands_last_where_there_are_none() {
        check("<c>\n<a/>\n</c>", "<c>\n<a/>\n<h/>\n</c>");
    }

    #[test]
    fn a_section_holds_no_tags() {
        check(
            "<c><e><![CDATA[</e><e>]]]]><![CDATA[></c>]]></e></c>",
            "<c>\n<h/><e n=\"1\"><![CDATA[</e><e>]]]]><![CDATA[></c>]]>\n<x1/></e></c>",
        );
    }

    #[test]
    fn a_section_without_an_end_is_left_as_it_is() {
        check("<c><![CDATA[<e>", "<c><![CDATA[<e>");
    }
}
