//! The entry's own title, said once more at the top of its body.
//!
//! It takes no other heading, and none behind a word of the story.
//!
//! Invariant: what goes is, folded, the title that stands above the body anyway.

use super::blocks::Block;
use super::scrub::{Cut, Scrub};

/// How many blocks from the top are looked at: a date, a section and a picture may stand above the title.
const TOP_BLOCKS: usize = 6;

/// Titles shorter than this may be a word of the story.
const TITLE_BYTES_MIN: usize = 4;

/// Removes the title at the top of a body.
pub(super) fn title(scrub: &mut Scrub<'_>) {
    let about = scrub.about;
    let title = about.title.as_str();
    if title.len() < TITLE_BYTES_MIN {
        return;
    }
    let site = about.feed_title.as_str();
    let blocks = &scrub.blocks().list;
    let says_title = |folded: &str| {
        let rest = title.strip_prefix(folded).unwrap_or_default();
        // Pages have `Title – Site` for a title.
        folded == title || folded.len() >= 16 && !site.is_empty() && rest.trim_start() == site
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
        if says_title(&block.folded) && !block.quoted && (block.heading || first) {
            found.push(at);
        } else {
            others += usize::from(block.chars > 0);
        }
    }
    let shows = |block: &Block| !block.gone && (block.chars > 0 || !block.media.is_empty());
    let mut blocks = blocks.iter().zip(0..);
    let has_more = blocks.any(|(block, at)| shows(block) && !found.contains(&at));
    let cuts = found.into_iter().map(|at| {
        let evidence = "the entry's own title at its top";
        Cut::new(vec![at], "repeated title", evidence)
    });
    if has_more {
        let cuts = cuts.collect();
        scrub.cut(cuts);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

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
