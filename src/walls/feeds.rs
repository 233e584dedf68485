//! Feeds that are not what they were: empty after they were full, or another site's.

use crate::limits;
use crate::model::{Entry, Feed};
use crate::schedule::site;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::time::Duration;
use url::Url;

/// So many entries have to be replaced at once before a feed is taken for another; fewer come and go.
const ENTRIES_MIN: usize = 3;

/// Titles of fewer letters are shared by anybody ("News", "Update").
const TITLE_CHARS_MIN: usize = 8;

/// What is known of a feed before a new document of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// How many entries its last document had.
    pub entries: usize,
    /// How many of them the new document has too.
    pub same: usize,
    /// Its home page.
    pub link: Option<String>,
    /// The titles of its newest entries.
    pub titles: Vec<String>,
}

/// Why a document is not believed at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// It has no entries, and the last one had so many.
    Empty(usize),
    /// Its home page is another site's, and none of its entries is known.
    Turned(String),
}

impl Doubt {
    /// One word, for machines.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Empty(_) => "empty",
            Self::Turned(_) => "turned",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty(1) => f.write_str("the feed is empty, though it had an entry"),
            Self::Empty(before) => write!(f, "the feed is empty, though it had {before} entries"),
            Self::Turned(site) => write!(
                f,
                "the feed has turned into one of {site}, with no entry that was there before"
            ),
        }
    }
}

/// A doubt that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// What is doubted.
    pub doubt: Doubt,
    /// Since when.
    pub since: Timestamp,
    /// At how many polls.
    pub polls: u32,
}

impl Held {
    /// A doubt after one more poll.
    #[must_use]
    pub fn after(known: Option<Self>, doubt: Doubt, now: Timestamp) -> Self {
        let known = known.filter(|known| known.doubt.word() == doubt.word());
        let since = known.as_ref().map_or(now, |known| known.since.min(now));
        let polls = known.map_or(0, |known| known.polls).saturating_add(1);
        Self {
            doubt,
            since,
            polls,
        }
    }

    /// Whether it has lasted for so long that it is how things are. Another site's feed is never believed: whoever wants
    /// it says so.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        let lasted = Duration::try_from(now.duration_since(self.since)).unwrap_or_default();
        match self.doubt {
            Doubt::Empty(_) => lasted >= limits::EMPTY_HELD && self.polls >= limits::EMPTY_POLLS,
            Doubt::Turned(_) => false,
        }
    }
}

/// Judges a document that was read whole.
#[must_use]
pub fn doubt(known: &Known, feed: &Feed) -> Option<Doubt> {
    if feed.entries.is_empty() {
        return (known.entries > 0).then_some(Doubt::Empty(known.entries));
    }
    if known.entries < ENTRIES_MIN || known.same > 0 {
        return None;
    }
    let first_link = || feed.entries.iter().find_map(|entry| entry.link.as_deref());
    let home = publisher(feed.link.as_deref().or_else(first_link)?)?;
    if home == publisher(known.link.as_deref()?)? {
        return None;
    }
    // A publisher that moves house takes its stories along.
    let titles: HashSet<String> = known
        .titles
        .iter()
        .filter_map(|title| letters(title))
        .collect();
    let is_known = |entry: &Entry| {
        let title = entry.title.as_ref().and_then(|title| letters(&title.value));
        title.is_some_and(|title| titles.contains(&title))
    };
    (!feed.entries.iter().any(is_known)).then_some(Doubt::Turned(home))
}

/// Who publishes at an address: what is registered of its host, else the host.
fn publisher(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    site(&url).or_else(|| url.host_str().map(str::to_owned))
}

/// The letters of a title, where it has enough to be told from others.
fn letters(title: &str) -> Option<String> {
    let letters = title.chars().filter(|c| c.is_alphanumeric());
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    (letters.chars().count() >= TITLE_CHARS_MIN).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;
    use jiff::SignedDuration;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn feed(link: &str, titles: &[&str]) -> Feed {
        let entry = |title: &&str| Entry {
            title: Some(Text::plain(*title)),
            ..Entry::default()
        };
        Feed {
            link: Some(link.into()),
            entries: titles.iter().map(entry).collect(),
            ..Feed::default()
        }
    }

    fn known(entries: usize, same: usize) -> Known {
        Known {
            entries,
            same,
            link: Some("https://www.press.example.org/".into()),
            titles: vec!["The ferry to the island".into(), "News".into()],
        }
    }

    #[track_caller]
    fn check(known: &Known, feed: &Feed, expected: Option<&str>) {
        assert_eq!(doubt(known, feed).map(|doubt| doubt.word()), expected);
    }

    #[test]
    fn an_empty_feed_after_a_full_one_is_doubted() {
        check(
            &known(3, 0),
            &feed("https://press.example.org/", &[]),
            Some("empty"),
        );
        check(&known(0, 0), &feed("https://press.example.org/", &[]), None);
    }

    #[test]
    fn a_feed_of_another_site_with_other_entries_is_doubted() {
        let casino = feed(
            "https://casino.example.net/",
            &["Win a fortune today", "News"],
        );
        check(&known(3, 0), &casino, Some("turned"));
        check(&known(3, 1), &casino, None);
        check(&known(2, 0), &casino, None);
    }

    #[test]
    fn a_publisher_that_moves_house_is_not() {
        let moved = feed(
            "https://new.example.net/",
            &["A new house", "The Ferry to the Island!"],
        );
        check(&known(3, 0), &moved, None);
        let rebuilt = feed("https://blog.example.org/", &["Win a fortune today"]);
        check(&known(3, 0), &rebuilt, None);
    }

    #[test]
    fn an_empty_feed_is_believed_after_days_and_polls() {
        let after = |days: i64, held| {
            let now = NOW + SignedDuration::from_hours(24 * days);
            let held = Held::after(held, Doubt::Empty(3), now);
            (held.is_over(now), held)
        };
        let (is_over, held) = after(0, None);
        assert!(!is_over);
        let (is_over, held) = after(2, Some(held));
        assert!(!is_over);
        let (is_over, held) = after(30, Some(held));
        assert!(!is_over, "a clock that jumped is no month");
        let (is_over, held) = after(31, Some(held));
        assert!(is_over);
        assert_eq!((held.since, held.polls), (NOW, 4));
        let turned = Held::after(Some(held), Doubt::Turned("x".into()), NOW);
        assert_eq!(turned.polls, 1);
        assert!(!turned.is_over(NOW + SignedDuration::from_hours(9999)));
    }
}
