//! The entry's own title and author, said once more at the top of its body.
//!
//! It takes no other heading, and nothing behind a sentence of the story.
//!
//! Invariant: what goes is, folded, the title or the name of an author that stands above the body anyway.

use super::blocks::Block;
use super::scrub::{Cut, Scrub};
use super::words::fold;

/// How many blocks from the top are looked at: a date, a section and a picture may stand above the title.
const TOP_BLOCKS: usize = 6;

/// Titles shorter than this may be a word of the story.
const TITLE_BYTES_MIN: usize = 4;

/// What stands before an author's name in a line of its own; the name alone is one only as a link.
#[rustfmt::skip]
const BY: &[&str] = &[
    "by", "written by", "posted by", "author", "text", "story by", "von", "autor", "autorin", "par", "auteur", "por", "texto", "di", "autore", "door", "av", "af",
    "tekst", "przez", "autorka", "автор", "от", "текст", "作者", "文", "記者", "글", "بقلم", "yazan", "oleh", "bởi", "tác giả", "γράφει", "szerző", "kirjoittaja",
];

/// Removes the title and the line of authors at the top of a body.
pub(super) fn title(scrub: &mut Scrub<'_>) {
    let about = scrub.about;
    let title = about.title.as_str();
    let site = about.feed_title.as_str();
    let blocks = &scrub.blocks().list;
    let says_title = |folded: &str| {
        let rest = title.strip_prefix(folded).unwrap_or_default();
        // Pages have `Title – Site` for a title.
        title.len() >= TITLE_BYTES_MIN && folded == title
            || folded.len() >= 16 && !site.is_empty() && rest.trim_start() == site
    };
    let mut above = blocks
        .iter()
        .zip(0..)
        .filter(|(block, _)| !block.gone)
        .take(TOP_BLOCKS);
    let above = above
        .by_ref()
        .take_while(|(block, _)| !block.is_prose() || says_title(&block.folded));
    let mut others = 0;
    let mut found = Vec::new();
    for (block, at) in above {
        let first = others == 0 && !block.item;
        let titled = says_title(&block.folded) && (block.heading || first);
        if !block.quoted && titled {
            found.push((at, "repeated title", "the entry's own title at its top"));
        } else if !block.quoted && !block.item && says_author(block, &about.names) {
            found.push((at, "repeated author", "the entry's own author at its top"));
        } else {
            others += usize::from(block.chars > 0);
        }
    }
    let shows = |block: &Block| !block.gone && (block.chars > 0 || !block.media.is_empty());
    let mut blocks = blocks.iter().zip(0..);
    let has_more =
        blocks.any(|(block, at)| shows(block) && !found.iter().any(|(cut, ..)| *cut == at));
    let cuts = found
        .iter()
        .map(|(at, rule, evidence)| Cut::new(vec![*at], *rule, *evidence));
    if has_more {
        let cuts = cuts.collect();
        scrub.cut(cuts);
    }
}

/// Whether a block is `By Ada Lind`, or the linked name alone.
fn says_author(block: &Block, names: &[String]) -> bool {
    names
        .iter()
        .filter(|name| name.len() >= TITLE_BYTES_MIN)
        .any(|name| {
            let before = block.folded.strip_suffix(name.as_str()).map(str::trim_end);
            before.is_some_and(|before| {
                BY.iter().any(|by| fold(by) == before) || before.is_empty() && block.is_linked()
            })
        })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, check};
    use crate::model::{Person, Rules};

    #[track_caller]
    fn check_author(html: &str, expected: &str) {
        let mut feed = body(html);
        feed.entries[0].authors = vec![Person {
            name: Some("Ada Lind".to_owned()),
            ..Person::default()
        }];
        let (clean, _, _) = super::super::feed(&feed, &Rules::default());
        let content = clean.entries[0].content.as_ref().unwrap();
        assert_eq!(content.value, expected);
    }

    #[test]
    fn the_author_is_named_once() {
        check_author("<p>By <b>Ada Lind</b></p><p>Story.</p>", "<p>Story.</p>");
        check_author(
            "<p><a href='/ada'>Ada Lind</a></p><p>Story.</p>",
            "<p>Story.</p>",
        );
        check_author(
            "<p>Ada Lind</p><p>Story.</p>",
            "<p>Ada Lind</p><p>Story.</p>",
        );
        check_author(
            "<p>By Eva Lind</p><p>Story.</p>",
            "<p>By Eva Lind</p><p>Story.</p>",
        );
    }

    #[test]
    fn the_title_is_said_once() {
        check(
            "<h1>Ferry service resumes after storm</h1><p>Story.</p>",
            "<p>Story.</p>",
        );
        check(
            "<p>News</p><h2>Ferry service resumes after storm!</h2><p>Story.</p>",
            "<p>News</p><p>Story.</p>",
        );
        check(
            "<p><b>Ferry service resumes after storm</b></p><p>Story.</p>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn other_lines_stay() {
        for html in [
            "<h2>Ferry service resumes</h2><p>Story.</p>",
            "<p>Ferry service resumes after storm</p>",
            "<p>Story.</p><p>Ferry service resumes after storm</p><p>More.</p>",
            "<blockquote><p>Ferry service resumes after storm</p></blockquote><p>Story.</p>",
        ] {
            check(html, html);
        }
    }
}
