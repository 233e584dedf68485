//! Why a poll failed, and what follows from it.

use crate::fetch::FetchError;
use crate::limits;
use crate::parse::{LinkedFeed, ParseError};
use crate::schedule::{Failure, site, words};
use crate::store::StoreError;
use crate::walls::{Doubt, Held, Wall};
use std::time::Duration;

/// Why a poll failed.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The source could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The server answered with an error, and its page or its head says what it wants, or what else there is.
    #[error("{error}{}{}", wall.map(|wall| format!(", with {wall}")).unwrap_or_default(), linked(feeds))]
    Refused {
        /// The error.
        error: FetchError,
        /// What it came with.
        wall: Option<Wall>,
        /// The feeds that its page links to: one of them may be the new address.
        feeds: Vec<LinkedFeed>,
    },
    /// What it answered is a page that wants something first, or says that there is nothing.
    #[error("the server answered with {wall} in place of the feed{}{}", title.as_ref().map(|title| format!(" ({title:?})")).unwrap_or_default(), linked(feeds))]
    Wall {
        /// Which.
        wall: Wall,
        /// The page's title.
        title: Option<String>,
        /// The feeds that it links to.
        feeds: Vec<LinkedFeed>,
    },
    /// It is a feed, but hardly the one that it was.
    #[error("{}; what was there before stays published{}", .0.doubt, believed(&.0.doubt))]
    Doubted(Held),
    /// The address that it moved to said 410.
    #[error(
        "it is gone from the address that it moved to (410); if that stays so, the configured one is asked again"
    )]
    GoneThere,
    /// What it answered is no feed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// What it answered could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Washing panicked: a bug of ours, confined to this source.
    #[error("washing failed, which is a bug of Feedwash; the last good copy stays published")]
    Panicked,
}

/// The feeds that a page links to, one of which may be what was meant.
fn linked(feeds: &[LinkedFeed]) -> String {
    let urls: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
    match urls.is_empty() {
        true => String::new(),
        false => format!("; it links to {}", urls.join(", ")),
    }
}

/// When a doubted document is believed.
fn believed(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Empty(_) => format!(", unless it stays so for {}", words(limits::EMPTY_HELD)),
        Doubt::Turned(_) => ", unless \"feedwash poll --force\" names the source".to_owned(),
    }
}

impl PollError {
    /// What kind of failure it is, as far as the next poll depends on it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Refused {
                wall: Some(Wall::Challenge | Wall::Captcha),
                ..
            } => Failure::Unwelcome,
            Self::Fetch(error) | Self::Refused { error, .. } => error.failure(),
            Self::Wall { wall, .. } => match wall {
                Wall::Challenge | Wall::Captcha => Failure::Unwelcome,
                Wall::Login | Wall::Consent => Failure::Refused,
                Wall::Missing | Wall::Home | Wall::Parked | Wall::Suspended => Failure::Missing,
                Wall::Maintenance => Failure::Server,
            },
            Self::Doubted(_) | Self::Parse(_) => Failure::NoFeed,
            Self::GoneThere => Failure::Missing,
            Self::Store(_) | Self::Panicked => Failure::Ours,
        }
    }

    /// What kind it is in one word, for machines.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Wall { wall, .. }
            | Self::Refused {
                wall: Some(wall), ..
            } => wall.word(),
            Self::Doubted(held) => held.doubt.word(),
            Self::Parse(ParseError::Page { .. }) => "page",
            other => other.failure().word(),
        }
    }

    /// The status, where one was the answer: its code, what it asked to wait, and the site of who answered.
    fn status(&self) -> Option<(u16, Option<Duration>, Option<String>)> {
        match self {
            Self::Fetch(error) | Self::Refused { error, .. } => match error {
                FetchError::Status {
                    code,
                    retry_after,
                    url,
                    ..
                } => Some((*code, *retry_after, site(url))),
                _ => None,
            },
            _ => None,
        }
    }

    /// How long the server asked to wait, from the start of a poll that took `elapsed`: it asked when it answered.
    pub(super) fn retry_after(&self, elapsed: Duration) -> Option<Duration> {
        let (_, retry_after, _) = self.status()?;
        Some(from_start(retry_after?.min(limits::INTERVAL_MAX), elapsed))
    }

    /// The publisher that asked all its visitors to wait, and how long: who has had too many requests (429) or is down
    /// (503, RFC 9110 §15.6.4) counts those of its other feeds too.
    #[must_use]
    pub fn hold(&self, elapsed: Duration) -> Option<(String, Duration)> {
        let (code, retry_after, site) = self.status()?;
        let asked = retry_after?.min(limits::HOLD_MAX);
        matches!(code, 429 | 503).then_some((site?, from_start(asked, elapsed)))
    }

    /// Who answered.
    pub(super) fn answering_site(&self) -> Option<String> {
        self.status()?.2
    }
}

fn from_start(asked: Duration, elapsed: Duration) -> Duration {
    asked.saturating_add(Duration::from_secs(elapsed.as_secs() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks whom a poll that took two seconds holds back, and for how long.
    #[track_caller]
    fn check(code: u16, url: &str, asked: Option<u64>, expected: Option<(&str, u64)>) {
        let error = PollError::from(FetchError::Status {
            code,
            retry_after: asked.map(Duration::from_secs),
            challenge: false,
            page: None,
            url: Box::new(url.parse().expect("a URL")),
        });
        let hold = error.hold(Duration::from_millis(2300));
        let expected = expected.map(|(site, wait)| (site.to_owned(), Duration::from_secs(wait)));
        assert_eq!(hold, expected);
    }

    #[test]
    fn who_asks_to_wait_asks_for_all_its_feeds() {
        let feeds = "https://feeds.example.co.uk/a";
        check(429, feeds, Some(60), Some(("example.co.uk", 63)));
        check(503, feeds, Some(60), Some(("example.co.uk", 63)));
        check(500, feeds, Some(60), None);
        check(429, feeds, None, None);
    }

    #[test]
    fn nobody_holds_its_neighbours_for_longer_than_a_day() {
        check(
            429,
            "https://example.org/",
            Some(u64::MAX),
            Some(("example.org", 86_403)),
        );
    }

    #[test]
    fn a_private_host_speaks_for_its_address_alone() {
        check(429, "http://127.0.0.1/", Some(60), None);
        check(429, "http://nas.lan/", Some(60), None);
    }
}
