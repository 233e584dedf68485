//! When to poll a source next, from what just happened. Arithmetic only.
//!
//! Asks no clock and draws no random number: `now` comes in, and jitter comes from the source's name,
//! so that the same poll gives the same answer in every process.
//!
//! Invariants: never earlier than the user's interval, never earlier than `Retry-After`, never later
//! than [`limits::HINT_MAX`] unless the interval itself or the server asks for more.

use crate::limits;
use crate::model::{Entry, Feed};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a poll ended, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The source answered with a feed, or with "not modified".
    Fine,
    /// It failed in a way that may pass: the network, a server error, no feed in the body.
    Failed,
    /// 404 and its like: probably for good, perhaps not.
    Missing,
    /// 410: never again, until the user says so.
    Gone,
}

/// What a document says about how often to come. Kept with the source, since a "not modified" does not repeat it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// RSS `ttl`, in seconds.
    pub ttl_seconds: Option<u64>,
    /// The usual time between two entries, in seconds: the median of the last ten.
    pub gap_seconds: Option<u64>,
    /// When the newest entry was published.
    pub newest: Option<Timestamp>,
}

impl Pace {
    /// The pace of a feed that was just read. Dates in the future are nobody's rhythm.
    #[must_use]
    pub fn of(feed: &Feed, now: Timestamp) -> Self {
        let published = |entry: &Entry| {
            entry
                .published
                .as_ref()
                .or(entry.updated.as_ref())
                .and_then(|date| date.time)
        };
        let mut times: Vec<Timestamp> = feed
            .entries
            .iter()
            .filter_map(published)
            .filter(|&time| time <= now)
            .collect();
        times.sort_unstable();
        times.dedup();
        let recent = &times[times.len().saturating_sub(11)..];
        let mut gaps: Vec<i64> = recent
            .windows(2)
            .map(|pair| pair[1].as_second() - pair[0].as_second())
            .collect();
        gaps.sort_unstable();
        Self {
            ttl_seconds: feed.ttl_minutes.map(|minutes| u64::from(minutes) * 60),
            gap_seconds: gaps
                .get(gaps.len() / 2)
                .and_then(|&gap| u64::try_from(gap).ok()),
            newest: times.last().copied(),
        }
    }

    /// A quarter of the usual gap between posts, or of the silence since the last where that is longer:
    /// a feed that posts daily is polled every six hours.
    fn rhythm(&self, now: Timestamp) -> Option<Duration> {
        let silence = u64::try_from(now.as_second() - self.newest?.as_second()).unwrap_or(0);
        Some(Duration::from_secs(self.gap_seconds?.max(silence) / 4))
    }
}

/// What the feed and its server said about how often to come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// `Cache-Control: max-age` less `Age`, else `Expires` less `Date` (RFC 9111 §4.2.1).
    pub fresh_for: Option<Duration>,
    /// `Retry-After` (RFC 9110 §10.2.3).
    pub retry_after: Option<Duration>,
    /// What the document said, this time or the last.
    pub pace: Pace,
}

/// What the user decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The shortest time between two polls.
    pub interval: Duration,
    /// Whether the rhythm of posting lengthens it.
    pub adaptive: bool,
}

/// When to poll next, and why then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The moment; `None` means never.
    pub at: Option<Timestamp>,
    /// The reason in words, for `status`.
    pub reason: String,
}

/// Decides on the next poll of the source called `name`, whose last `failures` polls (this one
/// included) failed.
#[must_use]
pub fn next(
    name: &str,
    policy: Policy,
    ending: Ending,
    failures: u32,
    hints: &Hints,
    now: Timestamp,
) -> Next {
    let (mut wait, mut reason) = match ending {
        Ending::Gone => {
            return Next {
                at: None,
                reason: "the source said 410 Gone".into(),
            };
        }
        Ending::Fine => fine(policy, hints, now),
        Ending::Failed | Ending::Missing => failed(policy, ending, failures),
    };
    // Up to a tenth more, the same for each poll of a source: sources that were added together drift apart.
    let spread = wait.mul_f64(f64::from(spread(name)) / 2_550.0);
    wait = (wait + spread).min(limits::HINT_MAX.max(wait));
    if let Some(retry_after) = hints.retry_after.filter(|&retry_after| retry_after > wait) {
        wait = retry_after.min(limits::INTERVAL_MAX);
        reason = format!("the server asked to wait {}", words(wait));
    }
    let at = SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok());
    Next {
        at: at.or(Some(Timestamp::MAX)),
        reason,
    }
}

/// The longest of the interval and the hints; hints are bounded by a day.
fn fine(policy: Policy, hints: &Hints, now: Timestamp) -> (Duration, String) {
    let mut wait = policy.interval;
    let mut reason = format!("about every {}", words(wait));
    let rhythm = if policy.adaptive {
        hints.pace.rhythm(now)
    } else {
        None
    };
    let ttl = hints.pace.ttl_seconds.map(Duration::from_secs);
    let candidates = [
        (hints.fresh_for, "the server says it stays fresh for"),
        (ttl, "the feed's ttl is"),
        (rhythm, "its rhythm of posting asks for"),
    ];
    for (candidate, why) in candidates {
        if let Some(candidate) = candidate
            .map(|length| length.min(limits::HINT_MAX))
            .filter(|&length| length > wait)
        {
            wait = candidate;
            reason = format!("{why} {}", words(wait));
        }
    }
    (wait, reason)
}

/// Doubles with each failure up to a day; a missing feed starts four times slower.
fn failed(policy: Policy, ending: Ending, failures: u32) -> (Duration, String) {
    let first = if ending == Ending::Missing {
        policy.interval * 4
    } else {
        policy.interval
    };
    let factor = 1_u32 << failures.saturating_sub(1).min(12);
    let wait = first
        .saturating_mul(factor)
        .min(limits::HINT_MAX)
        .max(policy.interval);
    let times = if failures == 1 {
        "it failed".to_owned()
    } else {
        format!("it failed {failures} times in a row")
    };
    (wait, format!("{times}: {} later", words(wait)))
}

/// One byte of the name's FNV-1a hash.
fn spread(name: &str) -> u8 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    hash.to_be_bytes()[0]
}

/// A length of time in one or two units: "30m", "1h 5m", "2d 3h".
#[must_use]
pub fn words(length: Duration) -> String {
    let seconds = length.as_secs();
    let units = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let first = units.iter().position(|(n, _)| *n > 0).unwrap_or(3);
    let said: Vec<String> = units[first..]
        .iter()
        .take(2)
        .enumerate()
        .filter(|(n, (count, _))| *n == 0 || *count > 0)
        .map(|(_, (count, unit))| format!("{count}{unit}"))
        .collect();
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const HALF_HOUR: Policy = Policy {
        interval: Duration::from_secs(1800),
        adaptive: true,
    };

    fn wait(policy: Policy, ending: Ending, failures: u32, hints: &Hints) -> i64 {
        // The name "b" hashes to a jitter that every bound below leaves room for.
        let next = next("b", policy, ending, failures, hints, NOW);
        next.at.expect("it is polled again").as_second() - NOW.as_second()
    }

    #[track_caller]
    fn check(ending: Ending, failures: u32, hints: &Hints, seconds: i64) {
        let wait = wait(HALF_HOUR, ending, failures, hints);
        assert!(
            wait >= seconds && wait <= seconds + seconds / 10 + 1,
            "{wait} is not {seconds} and up to a tenth more"
        );
    }

    #[test]
    fn a_fine_poll_waits_the_interval() {
        check(Ending::Fine, 0, &Hints::default(), 1800);
    }

    fn ttl(seconds: u64) -> Hints {
        Hints {
            pace: Pace {
                ttl_seconds: Some(seconds),
                ..Pace::default()
            },
            ..Hints::default()
        }
    }

    #[test]
    fn hints_lengthen_and_never_shorten() {
        check(Ending::Fine, 0, &ttl(3600), 3600);
        let fresh = Hints {
            fresh_for: Some(Duration::from_secs(3600)),
            ..Hints::default()
        };
        check(Ending::Fine, 0, &fresh, 3600);
        check(Ending::Fine, 0, &ttl(60), 1800);
    }

    #[test]
    fn hints_are_bounded_by_a_day() {
        check(Ending::Fine, 0, &ttl(10_000_000), 86_400);
    }

    #[test]
    fn a_daily_feed_is_polled_every_six_hours() {
        let entry = |hours: i64| {
            let time = Some(NOW - SignedDuration::from_hours(hours));
            Entry {
                published: Some(crate::model::Date {
                    raw: String::new(),
                    time,
                }),
                ..Entry::default()
            }
        };
        // The one of tomorrow is nobody's rhythm.
        let entries = (0..10)
            .map(|day| entry(24 * day + 1))
            .chain([entry(-24)])
            .collect();
        let pace = Pace::of(
            &Feed {
                entries,
                ..Feed::default()
            },
            NOW,
        );
        assert_eq!(
            (pace.gap_seconds, pace.newest),
            (Some(86_400), Some(NOW - SignedDuration::from_hours(1)))
        );
        let hints = Hints {
            pace,
            ..Hints::default()
        };
        check(Ending::Fine, 0, &hints, 6 * 3600);
        let fixed = Policy {
            adaptive: false,
            ..HALF_HOUR
        };
        assert!(wait(fixed, Ending::Fine, 0, &hints) < 2000);
    }

    #[test]
    fn failures_back_off_up_to_a_day() {
        check(Ending::Failed, 1, &Hints::default(), 1800);
        check(Ending::Failed, 3, &Hints::default(), 7200);
        check(Ending::Failed, 40, &Hints::default(), 86_400);
        check(Ending::Missing, 1, &Hints::default(), 7200);
    }

    #[test]
    fn retry_after_is_obeyed_to_the_second() {
        let hints = Hints {
            retry_after: Some(Duration::from_secs(100_000)),
            ..Hints::default()
        };
        assert_eq!(wait(HALF_HOUR, Ending::Failed, 1, &hints), 100_000);
        let short = Hints {
            retry_after: Some(Duration::from_secs(5)),
            ..Hints::default()
        };
        check(Ending::Failed, 1, &short, 1800);
    }

    #[test]
    fn gone_is_never_polled_again() {
        assert_eq!(
            next("b", HALF_HOUR, Ending::Gone, 1, &Hints::default(), NOW).at,
            None
        );
    }

    #[test]
    fn lengths_are_said_in_two_units() {
        for (seconds, said) in [
            (0, "0s"),
            (59, "59s"),
            (1800, "30m"),
            (3900, "1h 5m"),
            (183_600, "2d 3h"),
            (86_400, "1d"),
        ] {
            assert_eq!(words(Duration::from_secs(seconds)), said);
        }
    }
}
