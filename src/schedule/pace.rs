//! What a document says about how often to come: in words that are meant for us, and by its own rhythm of posting.

use super::calendar::Closed;
use crate::model::{Element, Entry, Feed};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The namespace of `sy:updatePeriod` and its siblings (RSS 1.0 module Syndication).
const SYNDICATION: &str = "http://purl.org/rss/1.0/modules/syndication/";

/// How many of the newest dates make the rhythm.
const DATES: usize = 50;

/// The longest gap that counts, in seconds: a quarter of it is the longest wait anyway, and a site that awoke after
/// years is judged by what it does now.
const GAP_MAX: u64 = 4 * 24 * 3600;

/// How many times between two entries make a habit, whose end is worth a word.
const GAPS_MIN: usize = 8;

/// What a document says about how often to come. Kept with the source, since a "not modified" does not repeat it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// RSS `ttl`, in seconds.
    pub ttl_seconds: Option<u64>,
    /// `sy:updatePeriod` by `sy:updateFrequency`, in seconds.
    pub period_seconds: Option<u64>,
    /// `sy:updateBase`: a moment on the grid of those periods.
    pub base: Option<Timestamp>,
    /// RSS `skipHours` and `skipDays`.
    pub closed: Closed,
    /// The usual time between two entries, in seconds: a third of the time lies in gaps that are no longer. So a burst
    /// of posts once a day is one post a day, and a night is no rhythm.
    pub gap_seconds: Option<u64>,
    /// The longest time between two entries that is nothing unusual, in seconds.
    pub longest_seconds: u64,
    /// From how many times between two entries that is known.
    pub gaps: usize,
    /// When the newest entry was published, or, without dates, seen.
    pub newest: Option<Timestamp>,
    /// Names the entries of a document without dates, to see whether others came.
    pub print: Option<u64>,
}

impl Pace {
    /// The pace of a feed that was just read, of which `before` was known. Dates in the future are nobody's rhythm.
    #[must_use]
    pub fn of(feed: &Feed, before: &Self, now: Timestamp) -> Self {
        let (period_seconds, base) = syndication(&feed.extensions);
        let pace = Self {
            ttl_seconds: feed.ttl_minutes.map(|minutes| u64::from(minutes) * 60),
            period_seconds,
            base,
            closed: Closed::new(&feed.skip_hours, &feed.skip_days),
            ..Self::default()
        };
        let mut times: Vec<Timestamp> = feed
            .entries
            .iter()
            .filter_map(published)
            .filter(|&time| time <= now)
            .collect();
        if times.is_empty() {
            return pace.undated(feed, before, now);
        }
        times.sort_unstable();
        times.dedup();
        let recent = &times[times.len().saturating_sub(DATES + 1)..];
        let gaps: Vec<u64> = recent
            .windows(2)
            .map(|pair| seconds_between(pair[0], pair[1]).min(GAP_MAX))
            .collect();
        let longest = gaps.iter().copied().max().unwrap_or(0);
        Self {
            gaps: gaps.len(),
            gap_seconds: usual(gaps),
            // A document of some hours knows nothing of the night before; it is forgotten slowly.
            longest_seconds: longest.max(before.longest_seconds - before.longest_seconds / 64),
            newest: times.last().copied(),
            ..pace
        }
    }

    /// The same where only what is new was read: that says when, and only a whole document shows the rhythm.
    #[must_use]
    pub fn of_news(news: &Feed, before: &Self, now: Timestamp) -> Self {
        let dates = news
            .entries
            .iter()
            .map(|entry| published(entry).unwrap_or(now));
        let newest = dates.filter(|&time| time <= now).max();
        Self {
            newest: newest.max(before.newest),
            ..*before
        }
    }

    /// Without dates, what was seen is the rhythm: when other entries came, and how long that took.
    fn undated(self, feed: &Feed, before: &Self, now: Timestamp) -> Self {
        let print = Some(fnv(feed.entries.iter().map(|entry| entry.key.as_str())));
        let Some(newest) = before.newest.filter(|_| before.print.is_some()) else {
            return Self {
                newest: Some(now),
                print,
                ..self
            };
        };
        if before.print == print {
            return Self {
                gap_seconds: before.gap_seconds,
                gaps: before.gaps,
                longest_seconds: before.longest_seconds,
                newest: Some(newest),
                print,
                ..self
            };
        }
        let gap = seconds_between(newest, now).min(GAP_MAX);
        Self {
            gap_seconds: Some(
                before
                    .gap_seconds
                    .map_or(gap, |known| (3 * known + gap) / 4),
            ),
            gaps: (before.gaps + 1).min(DATES),
            longest_seconds: gap.max(before.longest_seconds - before.longest_seconds / 64),
            newest: Some(now),
            print,
            ..self
        }
    }

    /// When the newest entry came, where the silence since then is no accident any more: a feed that posts every few days at
    /// the latest says nothing for a week and thrice its longest silence, any other for three months.
    #[must_use]
    pub fn silence(&self, now: Timestamp) -> Option<Timestamp> {
        const DAY: u64 = 24 * 3600;
        let is_regular = self.gaps >= GAPS_MIN && self.longest_seconds < GAP_MAX;
        let bearable = match is_regular {
            true => (7 * DAY).max(3 * self.longest_seconds),
            false => 90 * DAY,
        };
        self.newest
            .filter(|&newest| seconds_between(newest, now) > bearable)
    }

    /// How long the rhythm of posting lets us wait, and why: a quarter of the usual gap between posts, so that a feed
    /// that posts daily is polled every six hours; more in a silence, and a quarter of what is unusual of it.
    pub(super) fn rhythm(&self, now: Timestamp) -> Option<(Duration, &'static str)> {
        let silence = seconds_between(self.newest?, now);
        let usual = self.gap_seconds.unwrap_or(0) / 4;
        let silent = (silence / 16).max(silence.saturating_sub(self.longest_seconds) / 4);
        let (seconds, why) = if usual >= silent {
            (usual, "as often as it usually has news, about every")
        } else {
            (silent, "it has had no news for long, so every")
        };
        Some((Duration::from_secs(seconds), why))
    }
}

fn published(entry: &Entry) -> Option<Timestamp> {
    let date = entry.published.as_ref().or(entry.updated.as_ref())?;
    date.time
}

fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)
}

/// The gap that a third of the time lies below or in.
fn usual(mut gaps: Vec<u64>) -> Option<u64> {
    gaps.sort_unstable();
    let third = gaps.iter().sum::<u64>() / 3;
    let mut passed = 0;
    gaps.into_iter().find(|gap| {
        passed += gap;
        passed >= third
    })
}

/// The period in seconds, and its base, of the module Syndication: `updatePeriod` is `daily` unless said otherwise, and
/// `updateFrequency` 1.
fn syndication(extensions: &[Element]) -> (Option<u64>, Option<Timestamp>) {
    let value = |name: &str| {
        let own = |el: &&Element| el.namespace.as_deref() == Some(SYNDICATION) && el.name == name;
        let found = extensions.iter().find(own);
        found.map(|element| element.own_text().trim().to_owned())
    };
    let (period, frequency) = (value("updatePeriod"), value("updateFrequency"));
    if period.is_none() && frequency.is_none() {
        return (None, None);
    }
    const DAY: u64 = 24 * 3600;
    let period = match period.unwrap_or_default().to_ascii_lowercase().as_str() {
        "hourly" => 3600,
        "" | "daily" => DAY,
        "weekly" => 7 * DAY,
        "monthly" => 30 * DAY,
        "yearly" => 365 * DAY,
        _ => return (None, None),
    };
    let frequency = frequency.and_then(|times| times.parse::<u64>().ok());
    let base = value("updateBase").and_then(|base| base.parse().ok());
    (Some(period / frequency.unwrap_or(1).max(1)), base)
}

/// The 64-bit FNV-1a hash of some strings.
pub(super) fn fnv<'s>(texts: impl Iterator<Item = &'s str>) -> u64 {
    let bytes = texts.flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Date, EntryKey, Node};
    use jiff::SignedDuration;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const HOUR: u64 = 3600;

    fn dated(ages_in_minutes: &[i64]) -> Feed {
        let entry = |&minutes: &i64| Entry {
            published: Some(Date {
                raw: String::new(),
                time: Some(NOW - SignedDuration::from_mins(minutes)),
            }),
            ..Entry::default()
        };
        Feed {
            entries: ages_in_minutes.iter().map(entry).collect(),
            ..Feed::default()
        }
    }

    /// Checks how many hours the rhythm of entries of these ages lets us wait, to the minute.
    #[track_caller]
    fn check(ages_in_minutes: &[i64], hours: f64) {
        let pace = Pace::of(&dated(ages_in_minutes), &Pace::default(), NOW);
        let (wait, _) = pace.rhythm(NOW).expect("a rhythm");
        let found = wait.as_secs_f64() / 3600.0;
        assert!(
            (found - hours).abs() < 0.02,
            "{found} and not {hours} hours"
        );
    }

    fn days(n: i64) -> i64 {
        n * 24 * 60
    }

    /// Checks whether entries of these ages make a silence that is worth a word.
    #[track_caller]
    fn check_silence(ages_in_days: &[i64], expected: bool) {
        let ages: Vec<i64> = ages_in_days.iter().map(|&age| days(age)).collect();
        let pace = Pace::of(&dated(&ages), &Pace::default(), NOW);
        assert_eq!(pace.silence(NOW).is_some(), expected);
    }

    #[test]
    fn a_silence_is_worth_a_word_where_it_is_no_accident() {
        let daily = |since: i64| Vec::from_iter(since..since + 10);
        check_silence(&daily(6), false);
        check_silence(&daily(8), true);
        // Two entries on following days are no habit, and a feed that posts each week may pause for a month.
        check_silence(&[8, 9], false);
        check_silence(&[91, 92], true);
        check_silence(&[30, 37, 44, 51, 58, 65, 72, 79, 86, 93], false);
    }

    #[test]
    fn a_daily_feed_is_polled_every_six_hours() {
        let ages: Vec<i64> = (0..10).map(|day| days(day) + 60).collect();
        check(&ages, 6.0);
        // The one of tomorrow is nobody's rhythm.
        check(&[&[-days(1)], &ages[..]].concat(), 6.0);
    }

    #[test]
    fn a_burst_a_day_is_one_post_a_day() {
        let ages: Vec<i64> = (0..30).map(|n| days(n / 10) + 60 + 3 * (n % 10)).collect();
        check(&ages, 23.55 / 4.0);
    }

    #[test]
    fn news_alone_are_no_rhythm() {
        let ages: Vec<i64> = (0..10).map(|day| days(day) + 60).collect();
        let known = Pace::of(&dated(&ages), &Pace::default(), NOW);
        let newest = |ages: &[i64]| {
            let pace = Pace::of_news(&dated(ages), &known, NOW);
            let newest = pace.newest.expect("there are entries");
            assert_eq!(
                Pace {
                    newest: known.newest,
                    ..pace
                },
                known
            );
            (NOW - newest).get_seconds() / 60
        };
        assert_eq!(newest(&[2, 1]), 1);
        assert_eq!(newest(&[]), 60);
        assert_eq!(newest(&[days(99), -5]), 60);
    }

    #[test]
    fn a_night_is_no_rhythm() {
        // Every ten minutes for twelve hours a day.
        let ages: Vec<i64> = (0..144).map(|n| days(n / 72) + 5 + 10 * (n % 72)).collect();
        check(&ages, 10.0 / 240.0);
    }

    #[test]
    fn a_site_that_awoke_is_judged_by_now() {
        let ages: Vec<i64> = (0..8).map(days).chain([days(1500), days(2000)]).collect();
        check(&ages, 6.0);
    }

    #[test]
    fn silence_lengthens_it() {
        // It posted daily until a month ago: a quarter of all that but the longest day.
        let ages: Vec<i64> = (0..10).map(|day| days(day + 30)).collect();
        check(&ages, 29.0 * 24.0 / 4.0);
        // A new feed of one entry: a quarter of its age.
        check(&[120], 0.5);
        check(&[0, 0, 0], 0.0);
    }

    #[test]
    fn a_feed_without_dates_has_the_rhythm_that_is_seen() {
        let feed = |names: &[&str]| Feed {
            entries: names
                .iter()
                .map(|name| Entry {
                    key: EntryKey::from_hash(&[name.as_bytes()[0]; 8]),
                    ..Entry::default()
                })
                .collect(),
            ..Feed::default()
        };
        let at = |hours: i64| NOW + SignedDuration::from_hours(hours);
        let first = Pace::of(&feed(&["a"]), &Pace::default(), NOW);
        assert_eq!((first.newest, first.gap_seconds), (Some(NOW), None));
        let same = Pace::of(&feed(&["a"]), &first, at(10));
        assert_eq!(same, first);
        let other = Pace::of(&feed(&["b", "a"]), &same, at(24));
        assert_eq!(
            (other.newest, other.gap_seconds),
            (Some(at(24)), Some(24 * HOUR))
        );
        let third = Pace::of(&feed(&["c", "b"]), &other, at(36));
        assert_eq!(third.gap_seconds, Some(21 * HOUR));
    }

    fn updated(period: &str, frequency: &str, base: &str) -> Feed {
        let fields = [
            ("updatePeriod", period),
            ("updateFrequency", frequency),
            ("updateBase", base),
        ];
        let element = |(name, value): &(&str, &str)| Element {
            namespace: Some(SYNDICATION.into()),
            name: (*name).into(),
            children: vec![Node::Text((*value).into())],
            ..Element::default()
        };
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        Feed {
            extensions: given.map(element).collect(),
            ..Feed::default()
        }
    }

    #[track_caller]
    fn period(period: &str, frequency: &str, seconds: Option<u64>) {
        let pace = Pace::of(&updated(period, frequency, ""), &Pace::default(), NOW);
        assert_eq!(pace.period_seconds, seconds, "{period} {frequency}");
    }

    #[test]
    fn the_syndication_module_says_how_often() {
        period("hourly", "1", Some(HOUR));
        period(" Daily ", "4", Some(6 * HOUR));
        period("weekly", "", Some(168 * HOUR));
        period("", "2", Some(12 * HOUR));
        period("hourly", "0", Some(HOUR));
        period("often", "1", None);
        period("", "", None);
        let pace = Pace::of(
            &updated("daily", "1", "2000-01-01T12:00+00:00"),
            &Pace::default(),
            NOW,
        );
        assert_eq!(pace.base, "2000-01-01T12:00:00Z".parse().ok());
    }
}
