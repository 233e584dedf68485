//! Comments and CDATA sections that nobody closed, and where they must have ended.
//!
//! The nearest terminator behind one belongs to the next of its kind, and lies as many entries away.
//!
//! Invariant: no byte is searched twice for the same thing, however many stand open.

use super::{Terminator, Token, Tokens, is_name_start};
use crate::parse::names::Names;
use memchr::memmem;
use std::borrow::Cow;

const COMMENT: &str = "<!--";
const CDATA: &str = "<![CDATA[";

impl<'a> Tokens<'a, '_> {
    /// Moves behind a comment. One that has no end of its own ends with its line, or where markup begins.
    pub(super) fn comment(&mut self) {
        let start = self.at;
        let from = start + COMMENT.len();
        if self.comment_end.is_none_or(|end| end < from) {
            self.comment_end = self.find(Terminator::Comment, from);
        }
        let end = self.comment_end;
        // Within a comment there is no other (XML 1.0 §2.5), unless somebody put a comment around them all.
        let is_open = end.is_none_or(|end| {
            memmem::find(&self.text.as_bytes()[from..end], COMMENT.as_bytes()).is_some()
                && self.has_open_comments(start)
        });
        let Some(end) = end.filter(|_| !is_open) else {
            self.open_comment(start, from);
            return;
        };
        self.at = end + Terminator::Comment.text().len();
    }

    fn open_comment(&mut self, start: usize, from: usize) {
        let rest = &self.text.as_bytes()[from..];
        let mut ends = memchr::memchr2_iter(b'<', b'\n', rest);
        let end = ends.find(|at| rest[*at] == b'\n' || self.begins_markup(from + at));
        let has_more = end.is_some_and(|end| memchr::memchr(b'<', &rest[end..]).is_some());
        match end.filter(|_| has_more) {
            Some(end) => {
                let message =
                    "a comment has no end; it was taken to end before the next markup or line";
                self.notes.add(message, start);
                self.at = from + end;
            }
            None => {
                self.notes.add("a comment has no end", start);
                self.truncated = true;
                self.at = self.text.len();
            }
        }
    }

    /// Whether from a comment on more of them begin than end. It is counted once, at the first that may be open.
    fn has_open_comments(&mut self, from: usize) -> bool {
        let rest = &self.text.as_bytes()[from..];
        *self.open_comments.get_or_insert_with(|| {
            let count = |what: &str| memmem::find_iter(rest, what.as_bytes()).count();
            count(COMMENT) > count(Terminator::Comment.text())
        })
    }

    /// The text of a CDATA section. One that has no end of its own ends before the end tag of its element.
    pub(super) fn cdata(&mut self) -> Token<'a> {
        let start = self.at;
        let from = start + CDATA.len();
        if self.cdata_end.is_none_or(|end| end < from) {
            self.cdata_end = self.find(Terminator::Cdata, from);
        }
        let until = match self.cdata_end {
            Some(end) => memmem::find(&self.text.as_bytes()[from..end], CDATA.as_bytes())
                .map(|inner| from + inner),
            None => Some(self.text.len()),
        };
        if let Some(end) = until.and_then(|until| self.element_end(from, until)) {
            let message = "a CDATA section has no end; it was taken to end with its element";
            self.notes.add(message, start);
            self.at = end;
            let text = &self.text[from..end];
            // What is left of an end that was cut short or mistyped.
            let text = ["]]", "]>"]
                .iter()
                .find_map(|end| text.strip_suffix(end))
                .unwrap_or(text);
            return Token::Text(Cow::Borrowed(text));
        }
        let end = self.cdata_end.unwrap_or_else(|| {
            self.notes.add("a CDATA section has no end", start);
            self.truncated = true;
            self.text.len()
        });
        self.at = (end + Terminator::Cdata.text().len()).min(self.text.len());
        Token::Text(Cow::Borrowed(&self.text[from..end]))
    }

    /// Where the element that holds the CDATA section ends before `until`: at an end tag with its name
    /// that a part of a feed follows, for markup in the section may have such end tags too.
    fn element_end(&self, from: usize, until: usize) -> Option<usize> {
        let name = self.inside?;
        let ends = memmem::find_iter(&self.text.as_bytes()[from..until], b"</");
        ends.map(|at| from + at).find(|at| {
            let rest = &self.text[at + 2..];
            let after = rest
                .get(..name.len())
                .filter(|end| end.eq_ignore_ascii_case(name));
            let after = after.and_then(|_| rest[name.len()..].trim_start().strip_prefix('>'));
            after.is_some_and(|after| self.begins_part(after))
        })
    }

    /// Whether a tag stands here that only a feed has.
    fn begins_part(&self, text: &str) -> bool {
        let text = text.trim_start();
        let Some(tag) = text.strip_prefix('<') else {
            return text.is_empty();
        };
        let tag = tag.strip_prefix('/').unwrap_or(tag);
        let name = self.name(self.text.len() - tag.len());
        tag.starts_with("!--")
            || name.bytes().next().is_some_and(is_name_start)
                && (name.contains(':') || PARTS.has(name))
    }
}

/// The elements that stand in an entry or around it.
const PARTS: Names = Names::of(&[
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
    "generator",
    "guid",
    "id",
    "image",
    "item",
    "language",
    "lastBuildDate",
    "link",
    "pubDate",
    "published",
    "rss",
    "source",
    "subtitle",
    "summary",
    "title",
    "updated",
]);

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    /// The titles and bodies of the entries, and the warnings with their lines.
    #[track_caller]
    fn check(inside: &str, entries: &[&str], warnings: &[&str]) {
        let document = format!("<rss><channel><title>F</title>\n{inside}</channel></rss>");
        let (feed, told) = parse(&document, None).expect("the document is a feed");
        let shown = |text: &Option<crate::model::Text>| {
            text.as_ref()
                .map_or("-".to_owned(), |text| text.value.trim().to_owned())
        };
        let found: Vec<String> = feed
            .entries
            .iter()
            .map(|entry| format!("{} {}", shown(&entry.title), shown(&entry.content)))
            .collect();
        assert_eq!(found, entries, "{document}");
        let told: Vec<String> = told
            .iter()
            .map(|w| {
                let words = w.message.split(" has no end").next().unwrap_or_default();
                format!("{} {words}", w.line.unwrap_or_default())
            })
            .collect();
        assert_eq!(told, warnings, "{document}");
    }

    #[test]
    fn comments() {
        let item = "<item><title>A</title></item>";
        let comment = ["2 a comment"];
        check(&format!("<!-- open \n{item}"), &["A -"], &comment);
        check(&format!("<!-- open {item}"), &["A -"], &comment);
        check(
            &format!("<!-- open {item}<!-- c -->{item}"),
            &["A -", "A -"],
            &comment,
        );
        check(
            &format!("<!-- {item}<!-- c -->{item} -->"),
            &["A -"],
            &["1 text that stands in no element was left out: \"-->\""],
        );
        check(
            "<item><title>A</title><description>a<!-- more\nb</description></item>",
            &["A a\nb"],
            &comment,
        );
    }

    #[test]
    fn cdata_sections() {
        let next = "<item><title><![CDATA[B]]></title><description>b</description></item>";
        let plain = "<item><title>B</title><description>b</description></item>";
        let cdata = ["2 a CDATA section"];
        for (body, end) in [("<p>a", ""), ("<p>a", "]]"), ("a <b>b</b>", "]>")] {
            for next in [next, plain] {
                check(
                    &format!(
                        "<item><title>A</title><description><![CDATA[{body}{end}</description>\n</item>{next}"
                    ),
                    &[&format!("A {body}"), "B b"],
                    &cdata,
                );
            }
        }
        // What a story says of CDATA does not end it.
        check(
            "<item><title>A</title><description><![CDATA[</description> <![CDATA[x]]></description></item>",
            &["A </description> <![CDATA[x"],
            &[],
        );
    }

    #[test]
    fn many_that_stand_open_are_read_in_one_go() {
        for open in ["<d><![CDATA[</d><item>", "<!-- ", "<!--\n<a>"] {
            for end in ["", "]]>", "-->"] {
                let document = format!("<rss><channel>{}{end}", open.repeat(50_000));
                parse(&document, None).expect("the document is a feed");
            }
        }
    }
}
