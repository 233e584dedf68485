//! Plain text to paragraphs and back.
//!
//! It reads no markup into text: what looks like a tag in a plain field is text.

use super::scrub::Scrub;
use super::tree;
use scraper::Node;

/// Splits a plain field into paragraphs at blank lines and into lines at single line ends.
pub(super) fn split(scrub: &mut Scrub<'_>) {
    if !scrub.was_plain {
        return;
    }
    let text: String = scrub
        .nodes()
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
        .collect();
    if let Ok(html) = tree::parse(&to_html(&text)) {
        scrub.plant(html);
    }
}

/// Text as paragraphs of HTML. A paragraph ends at a blank line, a line at a line end of any system.
pub(super) fn to_html(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(text.len() + 64);
    let mut open = false;
    for line in text.split('\n').map(str::trim) {
        if line.is_empty() {
            if open {
                out.push_str("</p>\n");
            }
            open = false;
            continue;
        }
        out.push_str(if open { "<br>" } else { "<p>" });
        out.push_str(&tree::escape(line));
        open = true;
    }
    if open {
        out.push_str("</p>");
    }
    out
}

/// The text of a field that [`split`] made, for where plain text is published.
pub(super) fn to_text(scrub: &Scrub<'_>) -> String {
    let mut out = String::new();
    for node in scrub.nodes() {
        match node.value() {
            Node::Text(text) if !text.trim().is_empty() => out.push_str(text),
            Node::Element(element) if element.name() == "br" => out.push('\n'),
            Node::Element(element) if element.name() == "p" && !out.is_empty() => {
                out.push_str("\n\n")
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(to_html(text), expected);
    }

    #[test]
    fn blank_lines_part_paragraphs() {
        check("one\ntwo\n\n \nthree", "<p>one<br>two</p>\n<p>three</p>");
    }

    #[test]
    fn line_ends_of_every_system() {
        check("one\r\ntwo\rthree", "<p>one<br>two<br>three</p>");
    }

    #[test]
    fn what_looks_like_a_tag_is_text() {
        check("a <b> & c", "<p>a &lt;b&gt; &amp; c</p>");
    }
}
