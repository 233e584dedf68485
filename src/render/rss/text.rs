//! Text in RSS, which does not say whether it is HTML.

use super::legal;
use crate::absolute::absolute_html;
use crate::markup;
use crate::model::{Text, TextKind};
use crate::render::{html, needed_base};

/// A title or another short text. RSS does not say whether it is HTML; the RSS Advisory Board's
/// profile says text, escaped once, and readers look for themselves. So text is escaped as HTML
/// besides only where it would be taken for HTML.
pub(in crate::render) fn one_line(text: &Text) -> String {
    match text.kind {
        TextKind::Plain if !looks_like_html(&text.value) => legal(&text.value),
        _ => body(text),
    }
}

/// A `description`. It is HTML to most readers, so text is escaped where it holds anything that a
/// browser would not show: `Vec<String>`. A lone `&` or `<` is shown, and stays as it came.
pub(super) fn description(text: &Text) -> String {
    let last_end = text.value.rfind('>').unwrap_or(0);
    let begins_tag = |(at, _): (usize, &str)| {
        let next = text.value.as_bytes().get(at + 1);
        next.is_some_and(|b| {
            b.is_ascii_alphabetic()
                || matches!(b, b'/')
                || matches!(b, b'!' | b'?') && at < last_end
        })
    };
    match text.kind {
        TextKind::Plain if text.value.match_indices('<').any(begins_tag) => body(text),
        _ => one_line(text),
    }
}

/// A text as HTML. Readers of RSS know no `xml:base`, so its addresses are written in full.
pub(super) fn body(text: &Text) -> String {
    let html = html(text);
    match needed_base(text) {
        Some(base) => legal(&absolute_html(&html, base)),
        None => legal(&html),
    }
}

/// Tags that people put into titles and descriptions.
const TAGS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "br",
    "cite",
    "code",
    "del",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "script",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "td",
    "tr",
    "tt",
    "u",
    "ul",
    "video",
];

/// Whether a reader that guesses would take a text for HTML: a character reference or a usual tag.
fn looks_like_html(text: &str) -> bool {
    let reference = text.match_indices('&').any(|(at, _)| {
        // The longest name of a reference in HTML has 31 letters.
        let name = text[at + 1..].trim_start_matches('#');
        let end = name
            .bytes()
            .take(32)
            .position(|b| !b.is_ascii_alphanumeric());
        end.is_some_and(|end| end > 0 && name.as_bytes()[end] == b';')
    });
    reference
        || markup::tags(text).next().is_some()
        || text.match_indices('<').any(|(at, _)| {
            let name = text[at + 1..].trim_start_matches('/');
            let end = name
                .bytes()
                .take(16)
                .position(|b| !b.is_ascii_alphanumeric());
            end.is_some_and(|end| {
                TAGS.iter()
                    .any(|tag| tag.eq_ignore_ascii_case(&name[..end]))
            })
        })
}
