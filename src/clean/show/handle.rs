//! What a user writes to mean a piece that was taken: a selector where it has a name, else some of its words.

use super::super::blocks;
use super::super::tree::{self, NodeRef};
use super::atoms::piece;
use crate::model::Matcher;
use scraper::{Html, Selector};
use std::collections::HashSet;

/// How much of a text is enough to know it by, in characters.
const WORDS_CHARS: usize = 60;

/// A title of fewer characters stands in other words by chance.
const TITLE_CHARS_MIN: usize = 4;

/// What is left of a text without the entry's own title, where it has fewer letters, may stand in any text.
const WORDS_LETTERS_MIN: usize = 12;

/// The longest part of an address that a selector names, in bytes.
const ADDRESS_BYTES: usize = 80;

/// A matcher for `keep` and `remove` that means a piece, given as it was recorded, in every entry: not by the title of its own,
/// which no other has. `None` where nothing short does.
#[must_use]
pub fn handle(before: &str, title: &str) -> Option<Matcher> {
    let html = piece(before.trim())?;
    named(&html)
        .or_else(|| words(&html, title))
        .or_else(|| addressed(&html))
}

/// By the class or the id of its first element.
fn named(html: &Html) -> Option<Matcher> {
    let mut tops = html
        .root_element()
        .children()
        .filter(|node| is_something(*node));
    let first = tops.next()?.value().as_element()?;
    if tops.next().is_some() {
        return None;
    }
    let class = first.classes().find(|name| is_identifier(name));
    let id = first.id().filter(|name| is_identifier(name));
    let name = match (class, id) {
        (Some(class), _) => format!(".{class}"),
        (None, Some(id)) => format!("#{id}"),
        (None, None) => return None,
    };
    selector(html, format!("{}{name}", first.name()))
}

/// By the beginning of its first block; where the entry's title stands there, by the longest text beside that.
fn words(html: &Html, title: &str) -> Option<Matcher> {
    let blocks = blocks::build(html, tree::root(html), &HashSet::new());
    let block = blocks.list.into_iter().find(|block| block.chars > 0)?;
    let title = tree::collapse(title);
    let is_own = title.chars().count() >= TITLE_CHARS_MIN && block.text.contains(&title);
    let beside = match is_own {
        true => beside(&block.text, &title)?,
        false => &block.text,
    };
    let mut text: String = beside.chars().take(WORDS_CHARS).collect();
    if text.len() < beside.len() {
        // Half a word would do, but reads badly.
        let end = text.rfind(' ').filter(|end| *end > text.len() / 2);
        text.truncate(end.unwrap_or(text.len()));
    }
    let text = text.trim();
    (!text.is_empty()).then(|| Matcher::Text(text.to_owned()))
}

/// The longest part of a text that is none of its title.
fn beside<'t>(text: &'t str, title: &str) -> Option<&'t str> {
    let letters = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).count();
    let parts = text.split(title).map(str::trim);
    let longest = parts.max_by_key(|part| letters(part))?;
    (letters(longest) >= WORDS_LETTERS_MIN).then_some(longest)
}

/// By the address of what shows something without words.
fn addressed(html: &Html) -> Option<Matcher> {
    let mut elements = html
        .root_element()
        .descendants()
        .filter_map(|node| node.value().as_element());
    let (name, source) =
        elements.find_map(|element| Some((element.name(), element.attr("src")?)))?;
    let end = source.find(['?', '#']).unwrap_or(source.len());
    let start = source.find("//").map_or(0, |at| at + 2);
    let part = source
        .get(start..end)
        .filter(|part| (4..=ADDRESS_BYTES).contains(&part.len()))?;
    let is_plain = part
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-._~/:%".contains(c));
    is_plain.then(|| selector(html, format!("{name}[src*=\"{part}\"]")))?
}

fn selector(html: &Html, written: String) -> Option<Matcher> {
    let selector = Selector::parse(&written).ok()?;
    html.select(&selector).next()?;
    Some(Matcher::Selector(written))
}

fn is_something(node: NodeRef<'_>) -> bool {
    node.value()
        .as_text()
        .is_none_or(|text| !text.trim().is_empty())
}

/// Whether a name can stand in a selector as it is (CSS Syntax §4.3.11, without escapes).
fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{body, washed};
    use super::*;
    use crate::model::Rules;

    #[track_caller]
    fn check(before: &str, expected: Option<Matcher>) {
        check_titled(before, "The old harbour lamp", expected);
    }

    #[track_caller]
    fn check_titled(before: &str, title: &str, expected: Option<Matcher>) {
        assert_eq!(handle(before, title), expected);
    }

    fn selector(written: &str) -> Option<Matcher> {
        Some(Matcher::Selector(written.to_owned()))
    }

    fn text(words: &str) -> Option<Matcher> {
        Some(Matcher::Text(words.to_owned()))
    }

    #[test]
    fn names_come_before_words_and_words_before_addresses() {
        check(
            "<div class='sharedaddy x'>Share</div>",
            selector("div.sharedaddy"),
        );
        check(
            "<div class='w-1/2' id=share>Share</div>",
            selector("div#share"),
        );
        check("<p>Share <b>this</b></p>", text("Share this"));
        check("<p class=a>a</p>\n<p>b</p>", text("a"));
        check(
            "<img src='https://pixel.wp.com/b.gif?host=x'>",
            selector("img[src*=\"pixel.wp.com/b.gif\"]"),
        );
        check(
            "https://a.example/?utm_source=x",
            text("https://a.example/?utm_source=x"),
        );
        check("<hr>", None);
    }

    #[test]
    fn a_piece_is_not_known_by_the_title_of_its_entry() {
        let footer = "<p>The post <a href=x>The old  harbour lamp</a> appeared first on <a href=y>The Echo</a>.</p>";
        check(footer, text("appeared first on The Echo."));
        check_titled(
            footer,
            "Boats",
            text("The post The old harbour lamp appeared first on The Echo."),
        );
        check("<p>The old harbour lamp</p>", None);
        check("<p>More: The old harbour lamp</p>", None);
        check_titled("<p>Advertisement</p>", "Ad", text("Advertisement"));
    }

    #[test]
    fn what_is_kept_by_its_handle_stays() {
        let story = "<p>The story of the day, which is told in some words and has an end.</p>";
        for junk in [
            "<div class=\"sharedaddy\"><a href=\"https://twitter.com/intent/tweet?url=x\">Tweet</a></div>",
            "<p>(This story has not been edited by our staff and is auto-generated from a syndicated feed.)</p>",
            "<img src=\"https://pixel.wp.com/b.gif?host=x\" width=\"1\" height=\"1\">",
        ] {
            let feed = body(&format!("{story}{junk}"));
            let (_, removals, _) = washed(&feed, &Rules::default());
            assert_eq!(removals.len(), 1, "{removals:?}");
            let rules = Rules {
                keep: handle(&removals[0].before, "").into_iter().collect(),
                ..Rules::default()
            };
            assert_eq!(washed(&feed, &rules).1, [], "{rules:?}");
        }
    }
}
