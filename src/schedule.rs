//! When to poll next, from what just happened. Arithmetic only.
//!
//! Asks no clock and draws no random number: `now` comes in, and jitter comes from the source's name and that moment,
//! so that the same poll gives the same answer in every process.
//!
//! Invariants: never earlier than the user's interval, never earlier than `Retry-After`, never when the feed asks to
//! be left alone, and never later than [`limits::HINT_MAX`] unless the interval, the server, the feed's closed days or
//! failures that take a person ask for more.

mod backoff;
mod calendar;
mod clock;
mod lanes;
mod moves;
mod pace;
mod site;

pub use backoff::Failure;
pub use calendar::Closed;
pub use clock::Clock;
pub use lanes::{Lanes, gap};
pub use moves::Move;
pub use pace::Pace;
pub use site::site;

use crate::limits;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How a poll ended, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The source answered with a feed, or with "not modified".
    Fine,
    /// It failed.
    Failed(Failure),
    /// 410: never again, until the user says so.
    Gone,
}

/// What a server said about how often to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// `Cache-Control: max-age` less `Age`, else `Expires` less `Date` (RFC 9111 §4.2.1).
    pub fresh_for: Option<Duration>,
    /// `Retry-After` (RFC 9110 §10.2.3).
    pub retry_after: Option<Duration>,
}

/// What the user decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The shortest time between two polls.
    pub interval: Duration,
    /// Whether the rhythm of posting lengthens it.
    pub adaptive: bool,
}

/// A poll that ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The source's name.
    pub name: &'a str,
    /// What the user decided.
    pub policy: Policy,
    /// How it ended.
    pub ending: Ending,
    /// How many polls in a row have failed, this one included.
    pub failures: u32,
    /// Whether it was the source's first.
    pub is_first: bool,
    /// What the server said.
    pub hints: Hints,
    /// What the document said, this time or the last.
    pub pace: &'a Pace,
}

/// When to poll next, and why then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The moment; `None` means never.
    pub at: Option<Timestamp>,
    /// The reason in words, for `status`.
    pub reason: String,
}

/// A wait and its reason.
type Wait = (Duration, String);

/// Decides on the next poll of a source, one of which ended at `now`.
#[must_use]
pub fn next(ended: &Ended<'_>, now: Timestamp) -> Next {
    let Ended {
        policy,
        hints,
        pace,
        ..
    } = *ended;
    let chance = chance(ended.name, now);
    let (mut wait, mut reason) = match ended.ending {
        Ending::Gone => {
            return Next {
                at: None,
                reason: "the source said 410 Gone; \"feedwash add\" with its site's address finds another feed, if there is one".into(),
            };
        }
        Ending::Fine => fine(ended, chance, now),
        Ending::Failed(failure) => {
            let asked = asked(ended, now);
            // Who said how long needs no guess of ours for the first time.
            let failure = match hints.retry_after {
                Some(_) if failure == Failure::Unwelcome => Failure::Server,
                _ => failure,
            };
            let failed = failed(failure, policy, ended.failures);
            // Up to a tenth more.
            let (wait, reason) = if asked.0 > failed.0 { asked } else { failed };
            (wait + wait.mul_f64(chance / 10.0), reason)
        }
    };
    if let Some(retry_after) = hints.retry_after.filter(|&retry_after| retry_after > wait) {
        wait = retry_after.min(limits::INTERVAL_MAX);
        reason = format!("the server asked to wait {}", long(wait));
    }
    let at = SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .map_or(Timestamp::MAX, whole_second);
    let opens = pace.closed.opens(at);
    if opens == at {
        return Next {
            at: Some(at),
            reason,
        };
    }
    // All that were sent away until the hour would come on the hour.
    let into = SignedDuration::from_secs((chance * 1800.0) as i64);
    Next {
        at: opens.checked_add(into).ok().or(Some(opens)),
        reason: "the feed asks to be left alone until then".into(),
    }
}

/// The next whole second: the store counts those, and an earlier one would be too early.
fn whole_second(at: Timestamp) -> Timestamp {
    let up = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    Timestamp::from_second(up).unwrap_or(at)
}

/// The longest of the interval and what feed and server ask for, which is bounded by a day.
fn asked(ended: &Ended<'_>, now: Timestamp) -> Wait {
    let Ended {
        policy,
        hints,
        pace,
        ..
    } = *ended;
    let mut longest = (
        policy.interval,
        format!("about every {}", long(policy.interval)),
    );
    let period = pace.period_seconds.map(|period| {
        let grid = pace
            .base
            .and_then(|base| calendar::next_on_grid(base, period, now));
        let on_grid = grid.and_then(|at| Duration::try_from(at.duration_since(now)).ok());
        on_grid.unwrap_or(Duration::from_secs(period))
    });
    for (length, why) in [
        (hints.fresh_for, "its server says that nothing changes for"),
        (
            pace.ttl_seconds.map(Duration::from_secs),
            "between two checks the feed asks for",
        ),
        (period, "the feed says that it is updated in"),
    ] {
        if let Some(length) = length.map(|length| length.min(limits::HINT_MAX))
            && length > longest.0
        {
            longest = (length, format!("{why} {}", long(length)));
        }
    }
    longest
}

/// After a poll that went well: what is asked for, or what the rhythm of posting lets us wait, and some more by chance,
/// so that sources that were added together drift apart.
fn fine(ended: &Ended<'_>, chance: f64, now: Timestamp) -> Wait {
    let policy = ended.policy;
    let (asked, reason) = asked(ended, now);
    let rhythm = ended.pace.rhythm(now).filter(|_| policy.adaptive);
    let rhythm = rhythm.map(|(length, why)| (length.min(limits::HINT_MAX), why));
    let (wait, reason) = match rhythm {
        Some((length, why)) if length > asked => (length, format!("{why} {}", long(length))),
        _ => (asked, reason),
    };
    if !ended.is_first {
        return (wait + wait.mul_f64(chance / 10.0), reason);
    }
    // The first polls of a new list of sources lie together; the second are spread.
    let spread = match wait - asked {
        Duration::ZERO => wait + policy.interval.mul_f64(chance),
        more => asked + more.mul_f64(chance),
    };
    (
        spread,
        format!("{reason}; the first time earlier or later, so that not all are asked at once"),
    )
}

/// What is waited after failures.
fn failed(failure: Failure, policy: Policy, failures: u32) -> Wait {
    let wait = failure.wait(policy.interval, failures);
    let times = match failures {
        0 | 1 => "it failed".to_owned(),
        n => format!("it failed {n} times in a row"),
    };
    (wait, format!("{times}, so {} later", long(wait)))
}

/// A number from 0 to below 1, by the name and the moment.
fn chance(name: &str, now: Timestamp) -> f64 {
    let moment = now.as_second().to_string();
    let hash = pace::fnv([name, &moment].into_iter());
    // FNV's low bits know the last character best; its high bits are mixed once more.
    let mixed = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    f64::from((mixed >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
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

/// The same in whole words, for a sentence: "30 minutes", "1 hour 5 minutes".
#[must_use]
pub fn long(length: Duration) -> String {
    let short = words(length);
    let units = [
        ('d', "day"),
        ('h', "hour"),
        ('m', "minute"),
        ('s', "second"),
    ];
    let said = short.split(' ').filter_map(|part| {
        let (_, unit) = units.iter().find(|(letter, _)| part.ends_with(*letter))?;
        let count = &part[..part.len() - 1];
        let plural = if count == "1" { "" } else { "s" };
        Some(format!("{count} {unit}{plural}"))
    });
    said.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
