//! Permanent redirects: since when one holds, and from when on it is believed.

use crate::limits;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use url::Url;

/// A permanent redirect of a source, as far as it has held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Where it leads.
    pub to: String,
    /// When it was first seen, and has been ever since.
    pub since: Timestamp,
    /// At how many polls.
    pub polls: u32,
    /// Since when the new address is polled in place of the configured one.
    pub adopted_at: Option<Timestamp>,
}

impl Move {
    /// What is known of a source's move after a poll that went well and saw a permanent redirect `to` some address, or
    /// none. `is_allowed` says whether the address may be polled in place of the configured one.
    #[must_use]
    pub fn after(
        known: Option<Self>,
        to: Option<String>,
        is_allowed: bool,
        now: Timestamp,
    ) -> Option<Self> {
        let Some(to) = to else {
            // An address that was adopted redirects no more: it is the new one that was asked. The old one's redirect
            // that did not show itself again is none.
            return known.filter(|known| known.adopted_at.is_some());
        };
        let mut moved = match known {
            // What an adopted address redirects to has to hold as long, from the configured one on.
            Some(known) if known.to == to && known.adopted_at.is_none() => known,
            _ => Self {
                to,
                since: now,
                polls: 0,
                adopted_at: None,
            },
        };
        // A clock that went back has not seen it yet.
        moved.since = moved.since.min(now);
        moved.polls = moved.polls.saturating_add(1);
        let held = Duration::try_from(now.duration_since(moved.since)).unwrap_or_default();
        if is_allowed && held >= limits::MOVE_HELD && moved.polls >= limits::MOVE_POLLS {
            moved.adopted_at = Some(now);
        }
        Some(moved)
    }

    /// What is left of it after so many failures in a row: an adopted address that fails is none, and the configured one
    /// is asked again.
    #[must_use]
    pub fn after_failure(self, failures: u32) -> Option<Self> {
        let fails = failures >= limits::MOVE_FAILURES;
        (self.adopted_at.is_none() || !fails).then_some(self)
    }

    /// From when on the new address is polled, if the redirect holds until then.
    #[must_use]
    pub fn believed_from(&self) -> Timestamp {
        let held = SignedDuration::try_from(limits::MOVE_HELD).unwrap_or(SignedDuration::MAX);
        self.since.checked_add(held).unwrap_or(Timestamp::MAX)
    }

    /// Whether it leads from https to http, where everybody in between may write the feed. Such a move is never believed.
    #[must_use]
    pub fn is_downgrade(from: &Url, to: &str) -> bool {
        from.scheme() == "https" && !Url::parse(to).is_ok_and(|to| to.scheme() == "https")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const NEW: &str = "https://new.example/feed";

    fn at(hours: i64) -> Timestamp {
        NOW + SignedDuration::from_hours(hours)
    }

    fn seen(known: Option<Move>, hours: i64) -> Option<Move> {
        Move::after(known, Some(NEW.into()), true, at(hours))
    }

    /// A move that was seen every so many hours, so many times.
    fn held(every: i64, polls: i64) -> Option<Move> {
        (0..polls).fold(None, |known, n| seen(known, every * n))
    }

    #[test]
    fn a_move_is_believed_after_days_and_polls() {
        let moved = held(24, 7).expect("a move");
        assert_eq!((moved.since, moved.polls, moved.adopted_at), (NOW, 7, None));
        assert_eq!(moved.believed_from(), at(7 * 24));
        assert_eq!(
            held(24, 8).and_then(|moved| moved.adopted_at),
            Some(at(168))
        );
        let hasty = held(24 * 365, 4).expect("a move");
        assert_eq!(hasty.adopted_at, None, "a clock that jumped is no week");
    }

    #[test]
    fn a_move_that_stops_is_forgotten() {
        assert_eq!(Move::after(held(24, 7), None, true, at(160)), None);
        let elsewhere = Some("https://other.example/".to_owned());
        let other = Move::after(held(24, 7), elsewhere, true, at(170)).expect("a move");
        assert_eq!((other.since, other.polls), (at(170), 1));
    }

    #[test]
    fn a_move_that_may_not_be_adopted_is_only_known() {
        let known = (0..20).fold(None, |known, day| {
            Move::after(
                known,
                Some("http://new.example/".into()),
                false,
                at(24 * day),
            )
        });
        let known = known.expect("a move");
        assert_eq!((known.polls, known.adopted_at), (20, None));
        let from = Url::parse("https://a.example/").expect("a URL");
        assert!(Move::is_downgrade(&from, "http://a.example/"));
        assert!(!Move::is_downgrade(&from, NEW));
        let from = Url::parse("http://a.example/").expect("a URL");
        assert!(!Move::is_downgrade(&from, "http://b.example/"));
    }

    #[test]
    fn an_adopted_address_stays_while_it_answers() {
        let adopted = held(24, 8).expect("a move");
        let after = Move::after(Some(adopted.clone()), None, true, at(200));
        assert_eq!(after.as_ref(), Some(&adopted));
        assert_eq!(adopted.clone().after_failure(1), Some(adopted.clone()));
        assert_eq!(adopted.clone().after_failure(limits::MOVE_FAILURES), None);
        // What it redirects to in its turn is no older than that.
        let further = Some("https://newest.example/".to_owned());
        let further = Move::after(Some(adopted), further, true, at(200)).expect("a move");
        assert_eq!((further.polls, further.adopted_at), (1, None));
    }

    #[test]
    fn failures_forget_no_move_that_is_not_adopted() {
        let moved = held(24, 3);
        assert_eq!(
            moved.clone().and_then(|moved| moved.after_failure(50)),
            moved
        );
    }

    #[test]
    fn a_clock_that_goes_back_makes_it_younger() {
        let moved = seen(held(24, 3), -1000).expect("a move");
        assert_eq!(moved.since, at(-1000));
    }
}
