//! Links to other entries of the site that no label announces: cards, rows behind the story, lines between its paragraphs.
//!
//! It reads no phrases. What tells is that all of a block is a link to another page of the entry's own
//! site, and where it stands. Podcasts' show notes and link blogs link elsewhere, so they are not met;
//! what a colon or a heading announces is the author's own list and stays.

use super::blocks::Block;
use super::scrub::{Cut, Scrub};
use super::targets::{self, Target};

/// A headline says something: shorter texts are names and keywords that an author may link.
const HEADLINE_CHARS_MIN: usize = 20;

/// More items than this between two paragraphs are a list that the story is about.
const ITEMS_MAX: usize = 4;

/// The fewest links of a row behind the story.
const ROW_MIN: usize = 3;

/// The longest text between linked ones that belongs to them: a date, a section, a name.
const BESIDE_CHARS: usize = 60;

/// What a block is to a row of promoted entries.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    /// All of it links to other pages of the site.
    own: bool,
    /// An image or the like that links there.
    icon: bool,
}

/// Finds promoted entries that no label announces.
pub(super) fn unlabelled(scrub: &mut Scrub<'_>, page: bool) -> Vec<Cut> {
    let parts = parts(scrub);
    let mut cuts = if page {
        cards(scrub, &parts)
    } else {
        Vec::new()
    };
    let blocks = scrub.blocks();
    let Some(end) = blocks.last_prose(|_| true) else {
        return cuts;
    };
    let start = blocks
        .list
        .iter()
        .position(|block| !block.gone && block.is_prose())
        .unwrap_or(end);
    let list = &blocks.list;
    cuts.extend(between(list, &parts, start, end));
    if page {
        cuts.extend(behind(list, &parts, end));
        cuts.extend(before(scrub, &parts, start));
    }
    cuts
}

fn parts(scrub: &mut Scrub<'_>) -> Vec<Part> {
    let links: Vec<_> = scrub
        .blocks()
        .list
        .iter()
        .map(|block| {
            let all_link =
                !block.gone && !block.quoted && block.is_linked() && block.text_len() < 260;
            (all_link.then(|| block.links.clone()), block.chars == 0)
        })
        .collect();
    links
        .into_iter()
        .map(|(links, bare)| {
            let own = links.is_some_and(|links| {
                !links.is_empty() && links.iter().all(|link| leads_on(scrub, *link))
            });
            Part {
                own: own && !bare,
                icon: own && bare,
            }
        })
        .collect()
}

/// Whether a link leads to another page of the entry's site.
fn leads_on(scrub: &Scrub<'_>, link: super::tree::NodeId) -> bool {
    let url = scrub
        .attribute(link, "href")
        .and_then(|href| scrub.url(href));
    url.is_some_and(|url| !scrub.sites().is_empty() && scrub.is_own(&url) && url.path().len() > 1)
        && !matches!(
            targets::of(scrub, link),
            Target::Entry | Target::Comments | Target::Nowhere
        )
}

/// A link around several blocks is a card: a picture, a headline, a date. Nobody writes one by hand.
fn cards(scrub: &mut Scrub<'_>, parts: &[Part]) -> Vec<Cut> {
    let blocks = scrub.blocks();
    let list = &blocks.list;
    let mut cuts = Vec::new();
    let mut at = 0;
    while at < list.len() {
        let link = list[at].links.first().copied();
        let same = |block: &Block| {
            block.links.len() == 1 && block.links.first().copied() == link && block.is_linked()
        };
        let end = (at..list.len())
            .find(|index| !same(&list[*index]))
            .unwrap_or(list.len());
        let texts = (at..end).filter(|index| parts[*index].own).count();
        if link.is_some()
            && end - at >= 2
            && texts >= 1
            && !list[at..end]
                .iter()
                .any(|block| block.quoted || block.gone || block.is_prose())
        {
            cuts.push(Cut::new(
                (at..end).collect(),
                "promoted entry",
                "a card: one link around several blocks",
            ));
        }
        at = end.max(at + 1);
    }
    cuts
}

/// A few headlines of the site between two paragraphs.
fn between(list: &[Block], parts: &[Part], start: usize, end: usize) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut at = start;
    while at < end {
        let is_headline = |index: usize| {
            let block = &list[index];
            parts[index].own
                && block.text_len() >= HEADLINE_CHARS_MIN
                && block.text_len() <= 160
                && !block.heading
                && block.links.len() == 1
        };
        if !is_headline(at) {
            at += 1;
            continue;
        }
        let stop = (at..=end)
            .find(|index| !is_headline(*index) && !list[*index].gone)
            .unwrap_or(end);
        let run: Vec<usize> = (at..stop).filter(|index| !list[*index].gone).collect();
        let announced = list[..at]
            .iter()
            .rev()
            .find(|block| !block.gone && block.chars > 0);
        let announced =
            announced.is_none_or(|block| block.heading || block.text.ends_with([':', '：', ';']));
        let items = run.iter().all(|index| list[*index].item);
        // A line among other links in a list is one of those.
        let above = list[..at].iter().rev().find(|block| !block.gone);
        let alone = above
            .is_none_or(|block| !block.item || block.links.is_empty() && block.text_len() >= 40)
            && list[stop..].first().is_none_or(|block| !block.item);
        let enough = items || run.len() >= 2;
        if enough && alone && !announced && run.len() <= ITEMS_MAX {
            cuts.push(Cut::new(
                run,
                "promoted entry",
                "headlines of the site between two paragraphs, all link",
            ));
        }
        at = stop.max(at + 1);
    }
    cuts
}

/// The row of links, pictures, headings and dates that ends a page.
fn behind(list: &[Block], parts: &[Part], end: usize) -> Option<Cut> {
    let belongs = |index: usize| {
        let (block, part) = (&list[index], parts[index]);
        block.gone
            || part.own
            || part.icon
            || block.chars == 0 && block.media.is_empty()
            || !block.quoted
                && block.text_len() <= BESIDE_CHARS
                && !block.is_linked()
                && (block.heading || !block.item)
                && !block.text.ends_with(['.', '!', '?', '。', '…', ':'])
    };
    let first = (end + 1..list.len())
        .rev()
        .take_while(|index| belongs(*index))
        .last()?;
    // The row begins with a link or the heading above it.
    let link = (first..list.len()).find(|index| parts[*index].own || parts[*index].icon)?;
    let first = if link > first && list[link - 1].heading {
        link - 1
    } else {
        link
    };
    let texts = (first..list.len())
        .filter(|index| parts[*index].own && list[*index].text_len() >= 8)
        .count();
    (texts >= ROW_MIN || texts >= 1 && list[first].heading && parts[first].own).then(|| {
        Cut::new(
            (first..list.len())
                .filter(|index| !list[*index].gone)
                .collect(),
            "promoted entries",
            "a row of links to the site at the end of its page",
        )
    })
}

/// The sections to which a page belongs, above its title.
fn before(scrub: &Scrub<'_>, parts: &[Part], start: usize) -> Vec<Cut> {
    let list = scrub.built_blocks();
    let first_text = list
        .iter()
        .take(start)
        .position(|block| !block.gone && block.chars > 0 && block.links.is_empty())
        .unwrap_or(start);
    let is_section = |index: &usize| {
        let block = &list[*index];
        parts[*index].own
            && block.text_len() <= 40
            && !scrub.is_title(&block.folded)
            && !scrub.about.names.contains(&block.folded)
    };
    (0..first_text)
        .filter(is_section)
        .map(|index| {
            Cut::new(
                vec![index],
                "section",
                "a link of a word or two to the site, above its page",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    const PROSE: &str = "<p>Ferry service between the two islands resumed on Sunday after a storm of three days, the port authority said.</p>";

    #[track_caller]
    fn stays(html: &str) {
        check(html, html);
    }

    #[test]
    fn headlines_between_paragraphs() {
        let list = "<ul><li><a href='/2026/pier'>Why the old pier has to go after ninety years</a></li><li><a href='/2026/fares'>Fares rise again in spring</a></li></ul>";
        check(&format!("{PROSE}{list}{PROSE}"), &format!("{PROSE}{PROSE}"));
    }

    #[test]
    fn an_authors_own_lists_stay() {
        let own = "<ul><li><a href=\"https://site.example/1\">The first part of this series of texts</a></li></ul>";
        stays(&format!("{PROSE}<p>Read the other parts:</p>{own}{PROSE}"));
        stays(&format!("{PROSE}<h2>The series</h2>{own}{PROSE}"));
        let other = "<ul><li><a href=\"https://other.example/1\">The first part of this series of texts</a></li></ul>";
        stays(&format!("{PROSE}{other}{PROSE}"));
        stays(&format!("{PROSE}{own}"));
    }

    #[test]
    fn rows_at_the_end_of_a_page() {
        let row = "<div><a href='/a'><img src='/a.jpg'></a></div><div><a href='/a'>Storm closes the pier</a></div><div>3 May</div><div><a href='/b'>Fares rise again</a></div><div><a href='/c'>A captain retires</a></div>";
        check(
            &format!("<article>{PROSE}{row}</article>"),
            &format!("<article>{PROSE}</article>"),
        );
        let notes = "<ul><li><a href=\"https://a.example/x\">A</a></li><li><a href=\"https://b.example/x\">B</a></li><li><a href=\"https://c.example/x\">C</a></li></ul>";
        stays(&format!("<article>{PROSE}{notes}</article>"));
    }

    #[test]
    fn cards_in_a_page() {
        let card =
            "<a href='/2026/pier'><div>Why the old pier has to go</div><div>16 hours ago</div></a>";
        check(
            &format!("<article>{PROSE}{card}{PROSE}</article>"),
            &format!("<article>{PROSE}{PROSE}</article>"),
        );
    }
}
