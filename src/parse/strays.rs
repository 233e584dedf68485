//! What was printed between the parts of a feed: a program's error message, mostly, as PHP and ASP write it.
//!
//! Looks only at places where no text and no HTML can stand, directly in a feed or an entry. Never at
//! what is in a field: a story about PHP may quote all its messages.

use super::names::Names;
use super::notes::Notes;
use super::tree::{El, Node};

/// The HTML that error messages and counters are dressed in.
const NAMES: Names = Names::of(&[
    "b", "big", "br", "center", "code", "div", "em", "font", "h1", "h2", "hr", "i", "img",
    "noscript", "p", "pre", "script", "small", "span", "strong", "style", "table", "tt", "u",
]);

/// What error messages say, in small letters: PHP's kinds of them and its “on line”, ASP's and databases' words.
const ERRORS: [&str; 16] = [
    "notice:",
    "warning:",
    "deprecated:",
    "fatal error",
    "parse error",
    "catchable error",
    "strict standards",
    "on line ",
    "stack trace",
    "undefined ",
    "vbscript",
    "error '8",
    "sql syntax",
    "sqlstate",
    "exception",
    "server error",
];

/// Whether an element is one of HTML, where none of a feed is called like it.
pub(super) fn is_stray(name: &str) -> bool {
    NAMES.has(name)
}

/// Takes out of a feed, a channel or an entry what was printed in it, and notes it. HTML that seems to
/// be no error message is left, and kept as an extension.
pub(super) fn take_out(el: &mut El<'_>, notes: &mut Notes) {
    let is_printed = |node: &Node<'_>| match node {
        Node::Text(text) => text.contains(|c: char| !c.is_whitespace()),
        Node::El(el) => el.family.is_native() && is_stray(el.name),
    };
    if !el.children.iter().any(is_printed) {
        return;
    }
    let (mut all, mut words) = (String::new(), String::new());
    let (mut at, mut is_script) = (None, false);
    for node in el.children.iter().filter(|node| is_printed(node)) {
        match node {
            Node::Text(text) => {
                words.push_str(text);
                all.push_str(text);
            }
            Node::El(stray) => {
                at = at.or(Some(stray.at));
                is_script |= ["script", "style", "noscript"]
                    .iter()
                    .any(|name| stray.name.eq_ignore_ascii_case(name));
                all.push_str(&stray.text());
            }
        }
    }
    let lower = all.to_ascii_lowercase();
    if is_script || ERRORS.iter().any(|error| lower.contains(error)) {
        let message = "what a program printed between the parts of the feed was left out";
        notes.add_with(message, at.unwrap_or(el.at), &one_line(&all));
        for node in &mut el.children {
            if is_printed(node) {
                node.take();
            }
        }
    } else if !words.trim().is_empty() {
        let message = "text that stands in no element was left out";
        notes.add_with(message, el.at, &one_line(&words));
    }
}

/// Notes what stands behind the feed in its document.
pub(super) fn note_behind(
    document: &El<'_>,
    feed_at: usize,
    is_feed: impl Fn(&El<'_>) -> bool,
    notes: &mut Notes,
) {
    const MESSAGE: &str = "something stands behind the feed and was left out";
    let is_root = |node: &Node<'_>| matches!(node, Node::El(el) if el.at == feed_at);
    let behind = document
        .children
        .iter()
        .skip_while(|node| !is_root(node))
        .skip(1);
    for node in behind {
        match node {
            Node::El(el) if !is_feed(el) => {
                notes.add_with(MESSAGE, el.at, &format!("<{}>", el.name))
            }
            Node::Text(text)
                if !text
                    .trim_matches(|c: char| c.is_whitespace() || c == '\0')
                    .is_empty() =>
            {
                notes.add_with(MESSAGE, super::notes::NOWHERE, &one_line(text));
            }
            _ => {}
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;

    /// The names of what stays beside titles, and the warnings.
    #[track_caller]
    fn check(inside: &str, kept: &[&str], warnings: &[&str]) {
        let document = format!(
            "<rss><channel>\n{inside}\n<item><title>A</title>\n{inside}\n<link>http://h/</link></item></channel></rss>"
        );
        let (feed, told) = parse(&document, None).expect("the document is a feed");
        assert_eq!(feed.entries.len(), 1, "{document}");
        assert_eq!(
            feed.entries[0].link.as_deref(),
            Some("http://h/"),
            "{document}"
        );
        for extensions in [&feed.extensions, &feed.entries[0].extensions] {
            let names: Vec<_> = extensions.iter().map(|el| el.name.as_str()).collect();
            assert_eq!(names, kept, "{document}");
        }
        let told: Vec<_> = told.iter().map(|w| w.message.as_str()).collect();
        assert_eq!(told, warnings, "{document}");
    }

    #[test]
    fn what_programs_print() {
        let printed = "what a program printed between the parts of the feed was left out";
        check(
            "<br />\n<b>Notice</b>:  Undefined variable: x in <b>/var/www/x.php</b> on line <b>12</b><br />",
            &[],
            &[&format!(
                "{printed}: \"Notice: Undefined variable: x in /var/www/x.php on line 12\" (2 times, here first)"
            )],
        );
        check(
            "<font face='Arial' size='2'><p>Microsoft VBScript runtime </font>",
            &[],
            &[
                "an element has no end tag (2 times, here first)",
                &format!("{printed}: \"Microsoft VBScript runtime\" (2 times, here first)"),
            ],
        );
        check(
            "<script>x()</script>",
            &[],
            &[&format!("{printed}: \"x()\" (2 times, here first)")],
        );
    }

    #[test]
    fn lines_that_nobody_closed_hold_nothing() {
        let (feed, _) = parse(
            "<rss><channel><br>\n<b>Warning</b>: x on line <b>1</b><br>\n<item><title>A</title><p>Notice: y<link>http://h/</link></item></channel></rss>",
            None,
        )
        .expect("the document is a feed");
        assert_eq!(feed.entries[0].link.as_deref(), Some("http://h/"));
        assert!(feed.extensions.is_empty(), "{:?}", feed.extensions);
    }

    #[test]
    fn what_is_no_message_stays() {
        check("<p>By us</p>", &["p"], &[]);
        check(
            "By <b>us</b>",
            &["b"],
            &["text that stands in no element was left out: \"By\" (2 times, here first)"],
        );
    }

    #[test]
    fn what_stands_behind_is_told() {
        let (_, told) = parse("<rss><channel/></rss>\n<script>x</script>", None).expect("a feed");
        let told: Vec<_> = told.iter().map(|w| (w.line, w.message.as_str())).collect();
        assert_eq!(
            told,
            [(
                Some(2),
                "something stands behind the feed and was left out: \"<script>\""
            )]
        );
    }
}
