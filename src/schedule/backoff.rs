//! How long to leave a source alone that failed, by the kind of its failure.

use crate::limits;
use std::time::Duration;

/// What kind of failure a poll ended in, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// This machine reaches no network, or nobody who knows names. No publisher was asked, so none is spared by waiting longer.
    Offline,
    /// Its name is not known.
    Name,
    /// Nobody took the connection.
    Connect,
    /// There was no agreement on a secure connection: a certificate that is over, a wrong name.
    Tls,
    /// It took too long.
    Timeout,
    /// A server error: 5xx.
    Server,
    /// 429, or a wall against machines: each visit makes it worse.
    Unwelcome,
    /// 401, 403 and their like: a person has to do something about it.
    Refused,
    /// 404 and its like: probably for good, perhaps not.
    Missing,
    /// Another answer that is no success.
    Client,
    /// Redirects that lead nowhere.
    Redirects,
    /// An answer that is no feed, or not this one's.
    NoFeed,
    /// Ours: the configuration forbids it, a file can't be read, the store is full.
    Ours,
}

impl Failure {
    /// The failure that a status code stands for (RFC 9110 §15.5 and §15.6, RFC 6585 §4, RFC 7725).
    #[must_use]
    pub fn of_status(code: u16) -> Self {
        match code {
            401 | 402 | 403 | 407 | 451 => Self::Refused,
            404 => Self::Missing,
            429 => Self::Unwelcome,
            500..=599 => Self::Server,
            _ => Self::Client,
        }
    }

    /// One word, for machines.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Name => "name",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Server => "server",
            Self::Unwelcome => "unwelcome",
            Self::Refused => "refused",
            Self::Missing => "missing",
            Self::Client => "client",
            Self::Redirects => "redirects",
            Self::NoFeed => "no-feed",
            Self::Ours => "ours",
        }
    }

    /// How many intervals to wait after the first failure. What heals by itself within minutes is tried soon, what
    /// takes a person later, and who said "not so often" or shut the door latest.
    fn first(self) -> u32 {
        match self {
            Self::Offline | Self::Name | Self::Connect | Self::Server | Self::Ours => 1,
            Self::Tls | Self::Timeout | Self::Client | Self::Redirects | Self::NoFeed => 2,
            Self::Missing | Self::Unwelcome => 4,
            Self::Refused => 8,
        }
    }

    /// The longest wait that its repetition leads to.
    fn longest(self) -> Duration {
        match self {
            // No longer than the interval.
            Self::Offline => Duration::ZERO,
            Self::Missing | Self::Refused => limits::CLOSED_MAX,
            _ => limits::HINT_MAX,
        }
    }

    /// How long to wait after so many failures in a row: it doubles with each.
    pub(super) fn wait(self, interval: Duration, failures: u32) -> Duration {
        let factor = 1_u32 << failures.saturating_sub(1).min(12);
        let wait = interval.saturating_mul(self.first()).saturating_mul(factor);
        wait.min(self.longest()).max(interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_HOUR: Duration = Duration::from_secs(1800);

    #[track_caller]
    fn check(failure: Failure, failures: u32, hours: f64) {
        let wait = failure.wait(HALF_HOUR, failures).as_secs_f64();
        assert_eq!(wait / 3600.0, hours, "{failure:?}");
    }

    #[test]
    fn waits_double_up_to_a_day() {
        check(Failure::Server, 1, 0.5);
        check(Failure::Server, 2, 1.0);
        check(Failure::Server, 3, 2.0);
        check(Failure::Server, 40, 24.0);
        check(Failure::Connect, u32::MAX, 24.0);
    }

    #[test]
    fn a_night_without_a_network_delays_nothing() {
        check(Failure::Offline, 1, 0.5);
        check(Failure::Offline, 40, 0.5);
    }

    #[test]
    fn what_takes_a_person_is_asked_more_slowly() {
        check(Failure::Tls, 1, 1.0);
        check(Failure::Missing, 1, 2.0);
        check(Failure::Missing, 3, 8.0);
        check(Failure::Missing, 40, 7.0 * 24.0);
        check(Failure::Refused, 1, 4.0);
        check(Failure::Unwelcome, 2, 4.0);
    }

    #[test]
    fn no_wait_is_shorter_than_the_interval() {
        let month = Duration::from_secs(30 * 24 * 3600);
        assert_eq!(Failure::Server.wait(month, 3), month);
    }

    #[test]
    fn each_status_has_its_kind() {
        for (code, expected) in [
            (401, Failure::Refused),
            (403, Failure::Refused),
            (404, Failure::Missing),
            (429, Failure::Unwelcome),
            (418, Failure::Client),
            (304, Failure::Client),
            (503, Failure::Server),
        ] {
            assert_eq!(Failure::of_status(code), expected, "{code}");
        }
    }
}
