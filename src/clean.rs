//! The washer: a feed as it came to a feed as it is published, with everything in between on record.
//!
//! It fetches nothing, learns nothing and drops no entry. It can't fail: what it can't wash it publishes
//! as plain text with a [`Warning`].
//!
//! Invariants: the entries of the result stand where they stood; all visible text of the input is in the
//! output or in a [`Removal`]; no pass changes a tree but through `Scrub`, which records; whatever the
//! passes did, `safety` runs last.

mod about;
mod ads;
mod appeals;
mod blocks;
mod brush;
mod captions;
mod check;
mod comments;
mod fields;
mod footers;
mod forms;
mod frames;
mod furniture;
mod headings;
mod icons;
mod images;
mod kinds;
mod links;
mod meta;
mod names;
mod nesting;
mod notices;
mod pairs;
mod paragraphs;
mod parameters;
mod parts;
mod players;
mod promos;
mod quick;
mod redirects;
mod regular;
mod related;
mod repeated;
mod safety;
mod scrub;
mod share;
mod show;
mod sites;
mod structure;
mod targets;
mod telling;
mod tidy;
mod tracking;
mod tree;
mod undo;
mod user;
mod words;
mod xpath;

pub use check::{RuleError, check_rules};
pub use show::{Manner, Marked, Marks, ShownWords, handle, is_language, lead, marked, shown};
pub use sites::{NotUnderstood, is_site_file, site_rules};
pub use undo::{Back, back, piece, piece_of, restored};

use crate::model::{Entry, Feed, Field, Removal, Rules, Sighting, Warning};
use about::{About, Ready};
use brush::{Brush, Depth};
use scrub::Scrub;
use std::fmt;

/// A pass: its name in `off`, what it takes out, and how.
pub struct Pass {
    /// The name by which a user switches it off.
    pub name: &'static str,
    /// What it takes out or makes right, in a few words.
    pub about: &'static str,
    run: fn(&mut Scrub<'_>),
    kind: PassKind,
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PassKind {
    /// Makes right; loses nothing. Acts inside what a user keeps too, which safety would take out as it came.
    Repair,
    /// What a user asked for.
    Asked,
    /// Knows junk by phrases and structures that nothing else has. Applied to content and summary only.
    Junk,
    /// Weighs what looks like junk, and so may err: held back where it would take much of a story.
    Guess,
    /// Trackers and unsafe markup: applied to every field that holds markup.
    Always,
}

const SAFETY: &str = "safety";
const TRACKERS: &str = "tracker-parameters";
const REDIRECTS: &str = "redirects";

/// Every pass, in the order in which they act.
pub const PASSES: &[Pass] = &[
    Pass {
        name: "paragraphs",
        about: "plain text becomes paragraphs and lines",
        run: paragraphs::split,
        kind: PassKind::Repair,
    },
    Pass {
        name: "lazy-images",
        about: "images that wait for a script are shown",
        run: images::lazy,
        kind: PassKind::Repair,
    },
    Pass {
        name: "absolute-urls",
        about: "relative addresses become absolute",
        run: links::absolute,
        kind: PassKind::Repair,
    },
    Pass {
        name: "user-rules",
        about: "what you asked to remove",
        run: user::remove,
        kind: PassKind::Asked,
    },
    Pass {
        name: "site-rules",
        about: "what a public file of rules for the entry's site takes out",
        run: sites::strip,
        kind: PassKind::Asked,
    },
    Pass {
        name: "comment-forms",
        about: "forms and prompts for readers' comments",
        run: comments::forms,
        kind: PassKind::Junk,
    },
    Pass {
        name: "share-buttons",
        about: "share, like and print buttons",
        run: share::buttons,
        kind: PassKind::Junk,
    },
    Pass {
        name: "page-parts",
        about: "forms, hidden texts, navigation and icons of a page",
        run: parts::containers,
        kind: PassKind::Guess,
    },
    Pass {
        name: "feed-footers",
        about: "“The post … appeared first on …”, feed flare",
        run: footers::footers,
        kind: PassKind::Junk,
    },
    Pass {
        name: "read-more",
        about: "“Continue reading” links",
        run: footers::read_more,
        kind: PassKind::Junk,
    },
    Pass {
        name: "related-links",
        about: "links to other entries, between and after the story",
        run: related::links,
        kind: PassKind::Guess,
    },
    Pass {
        name: "ads",
        about: "marks of advertising and the frames they mark",
        run: ads::ads,
        kind: PassKind::Guess,
    },
    Pass {
        name: "appeals",
        about: "newsletter, app and follow-us appeals",
        run: appeals::appeals,
        kind: PassKind::Guess,
    },
    Pass {
        name: "page-furniture",
        about: "breadcrumbs, tag lists, counters, copyright lines of the page",
        run: furniture::furniture,
        kind: PassKind::Guess,
    },
    Pass {
        name: "repeated-lines",
        about: "lines that the outlet repeats from entry to entry",
        run: repeated::lines,
        kind: PassKind::Junk,
    },
    // Other junk after a notice would hide that it stands at the end, so it comes after them.
    Pass {
        name: "syndication-notices",
        about: "“not edited by our staff, published from a syndicated feed”",
        run: notices::notices,
        kind: PassKind::Junk,
    },
    Pass {
        name: "repeated-title",
        about: "the entry's title, once more at the top of its body",
        run: headings::title,
        kind: PassKind::Guess,
    },
    Pass {
        name: "tracking-pixels",
        about: "images nobody can see",
        run: tracking::pixels,
        kind: PassKind::Always,
    },
    Pass {
        name: REDIRECTS,
        about: "links over a counter lead where they say",
        run: redirects::unwrap_links,
        kind: PassKind::Always,
    },
    Pass {
        name: TRACKERS,
        about: "parts of addresses that only trackers read",
        run: parameters::parameters,
        kind: PassKind::Always,
    },
    Pass {
        name: "frames",
        about: "players and frames become links",
        run: frames::frames,
        kind: PassKind::Repair,
    },
    Pass {
        name: "captions",
        about: "what stands below a picture becomes its caption",
        run: captions::captions,
        kind: PassKind::Repair,
    },
    Pass {
        name: "empty-lines",
        about: "empty paragraphs, rows of line breaks, double spaces",
        run: tidy::tidy,
        kind: PassKind::Repair,
    },
    // Safety is last: whatever a pass leaves or makes, no active content is published.
    Pass {
        name: SAFETY,
        about: "scripts, handlers, forms, unsafe addresses",
        run: safety::sanitize,
        kind: PassKind::Always,
    },
];

/// What became of the first paragraph of an entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lead {
    /// It has none.
    #[default]
    None,
    /// It is published.
    Kept,
    /// This pass took it.
    Taken(&'static str),
}

/// What was done to the feed's own values or to one entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Done {
    /// What was removed or rewritten.
    pub removals: Vec<Removal>,
    /// What could not be washed as it should have been.
    pub warnings: Vec<Warning>,
    /// The lines that were met, for those who learn from them.
    pub sightings: Vec<Sighting>,
    /// What became of its first paragraph.
    pub lead: Lead,
}

/// A feed's rules and what it says of itself, made ready once for all its entries.
#[derive(Debug)]
pub struct Washer {
    feed: About,
    ready: Ready,
}

impl Washer {
    /// Rules that [`check_rules`] refuses are ignored one by one.
    #[must_use]
    pub fn new(raw: &Feed, rules: &Rules) -> Self {
        Self {
            feed: About::of_feed(raw),
            ready: Ready::new(rules),
        }
    }

    /// Washes one entry of the feed.
    #[must_use]
    pub fn entry(&self, raw: &Entry) -> (Entry, Done) {
        let mut clean = raw.clone();
        let mut brush = Brush::new(About::of_entry(raw, &self.feed), &self.ready);
        wash_entry(&mut brush, &mut clean);
        (clean, brush.hand_over())
    }
}

/// Washes a feed: the same entries in the same order, what was done to the feed's own values, and what
/// was done to each entry.
#[must_use]
pub fn feed(raw: &Feed, rules: &Rules) -> (Feed, Done, Vec<Done>) {
    let washer = Washer::new(raw, rules);
    let (entries, done) = raw.entries.iter().map(|entry| washer.entry(entry)).unzip();
    let mut clean = raw.without_entries();
    clean.entries = entries;
    let mut brush = Brush::new(About::of_feed(raw), &washer.ready);
    fields::feed(&mut brush, &mut clean);
    (clean, brush.hand_over(), done)
}

fn wash_entry(brush: &mut Brush<'_>, entry: &mut Entry) {
    let content = entry.content.as_mut().map(|text| (text, Field::Content));
    let summary = entry.summary.as_mut().map(|text| (text, Field::Summary));
    for (text, field) in content.into_iter().chain(summary) {
        brush.wash(text, field, Depth::Full);
    }
    fields::entry(brush, entry);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Matcher, Text};

    pub(super) fn washed(raw: &Feed, rules: &Rules) -> (Feed, Vec<Removal>, Vec<Warning>) {
        let (clean, _, mut done) = feed(raw, rules);
        let done = done.remove(0);
        (clean, done.removals, done.warnings)
    }

    /// Washes one body and compares what is published.
    #[track_caller]
    pub(super) fn check(html: &str, expected: &str) {
        let (clean, _, _) = washed(&body(html), &Rules::default());
        let content = clean.entries[0].content.as_ref().unwrap();
        assert_eq!(content.value, expected);
    }

    pub(super) fn body(html: &str) -> Feed {
        let entry = Entry {
            title: Some(Text::plain("Ferry service resumes after storm")),
            link: Some("https://site.example/ferry".to_owned()),
            content: Some(Text::html(html)),
            ..Entry::default()
        };
        Feed {
            link: Some("https://site.example/".to_owned()),
            title: Some(Text::plain("Harbour Ledger")),
            entries: vec![entry],
            ..Feed::default()
        }
    }

    #[test]
    fn what_is_removed_leaves_no_gap() {
        check(
            "\n<p>Story.</p>\n<p>Leave a reply</p>\n\n<script>x</script>\n",
            "<p>Story.</p>",
        );
        check(
            "<div>\n  <p>One.</p>\n  <p>Leave a reply</p>\n  <p>Two.</p>\n</div>",
            "<div>\n  <p>One.</p>\n  <p>Two.</p>\n</div>",
        );
        check(
            "<p>One.</p>\n<script>x</script><p>Two.</p>",
            "<p>One.</p>\n<p>Two.</p>",
        );
    }

    #[test]
    fn a_pass_that_is_off_does_nothing() {
        let rules = Rules {
            off: vec!["comment-forms".to_owned()],
            ..Rules::default()
        };
        let (clean, removals, _) = washed(&body("<p>Story.</p><p>Leave a reply</p>"), &rules);
        assert_eq!(
            clean.entries[0].content.as_ref().unwrap().value,
            "<p>Story.</p><p>Leave a reply</p>"
        );
        assert!(removals.is_empty());
    }

    #[test]
    fn what_is_kept_is_repaired_all_the_same() {
        let check_kept = |html: &str, expected: &str| {
            let rules = Rules {
                keep: vec![Matcher::Selector("figure".to_owned())],
                ..Rules::default()
            };
            let (clean, _, _) = washed(&body(html), &rules);
            assert_eq!(clean.entries[0].content.as_ref().unwrap().value, expected);
        };
        check_kept(
            "<p>x</p><figure><img src='data:image/gif;base64,R0' data-src='/b.jpg'></figure>",
            "<p>x</p><figure><img src=\"https://site.example/b.jpg\"></figure>",
        );
        check_kept(
            "<p>x</p><figure><img data-lazy-src='/b.jpg'><p>Leave a reply</p></figure>",
            "<p>x</p><figure><img src=\"https://site.example/b.jpg\"><p>Leave a reply</p></figure>",
        );
        check_kept(
            "<p>x</p><figure><iframe src='https://player.example/1'></iframe></figure>",
            "<p>x</p><figure><a href=\"https://player.example/1\">player.example/1</a></figure>",
        );
    }

    #[test]
    fn removals_count_from_one_within_an_entry() {
        let (_, removals, _) = washed(
            &body("<p>Story.</p><p>Leave a reply</p><script>x</script>"),
            &Rules::default(),
        );
        assert_eq!(
            removals
                .iter()
                .map(|removal| removal.number)
                .collect::<Vec<_>>(),
            [1, 2]
        );
    }

    #[test]
    fn a_text_that_is_all_junk_is_held_back() {
        let (clean, removals, warnings) = washed(&body("<p>Leave a reply</p>"), &Rules::default());
        assert_eq!(
            clean.entries[0].content.as_ref().unwrap().value,
            "<p>Leave a reply</p>"
        );
        assert!(removals.is_empty() && warnings.len() == 1);
    }

    #[test]
    fn deep_markup_is_published_as_text() {
        let (clean, _, warnings) = washed(
            &body(&format!("{}x", "<div>".repeat(100_000))),
            &Rules::default(),
        );
        assert_eq!(clean.entries[0].content.as_ref().unwrap().value, "<p>x</p>");
        assert_eq!(warnings.len(), 1);
    }
}
