//! Sources that nobody has, in a mix that is made: what is assumed stands in the constants.

use super::chance::Chance;
use feedwash::schedule::{Ending, Failure, Pace};
use jiff::Timestamp;
use std::time::Duration;

impl Chance {
    /// From 0 to below 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal: the sum of twelve of them.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

/// So many sources share a publisher on average; the n-th largest has 1/n of what the largest has (Zipf), so that one has a
/// tenth of all, as hosts of videos, podcasts and newsletters have.
const SOURCES_A_SITE: usize = 4;

/// Of all sources: those that are not there any more (404 or no such name), those whose server fails now and then for hours,
/// those that are too slow, and, of all publishers, those that tell a visitor in a hundred to come in an hour (429).
const DEAD: f64 = 0.06;
const SHAKY: f64 = 0.04;
const SLOW: f64 = 0.01;
const UNWELCOMING: f64 = 0.02;

/// Half of them post more often than this, and two thirds between a seventh of it and seven times as often.
const POST_SECONDS: f64 = 1.5 * 86_400.0;
const POST_SPREAD: f64 = 2.0;

/// Those whose server says for how long nothing changes, and that: an hour.
const CACHED: f64 = 0.15;

/// How long polls take, in seconds: most of them, and those that nobody answers.
const SECONDS: f64 = 0.3;
const TIMEOUT_SECONDS: f64 = 30.0;

pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) sources: u32,
}

#[derive(Clone, Copy)]
enum Kind {
    Fine,
    Missing,
    Nameless,
    Shaky,
    Slow,
    Unwelcoming,
}

pub(crate) struct Source {
    pub(crate) site: u32,
    kind: Kind,
    pub(crate) fresh_for: Option<Duration>,
    /// It posts so far apart.
    period: u32,
    /// … and the first time at this second.
    phase: u32,
}

/// What comes of a poll.
pub(crate) struct Answer {
    pub(crate) ending: Ending,
    pub(crate) seconds: f64,
    pub(crate) retry_after: Option<Duration>,
}

pub(crate) struct World {
    pub(crate) sources: Vec<Source>,
    pub(crate) sites: Vec<Site>,
}

impl World {
    pub(crate) fn new(count: usize) -> Self {
        let mut chance = Chance(1);
        let sites = (count / SOURCES_A_SITE).max(1);
        let mut sites: Vec<Site> = (0..sites)
            .map(|n| Site {
                name: format!("publisher-{n}.example"),
                sources: 0,
            })
            .collect();
        let mut sums = Vec::with_capacity(sites.len());
        let mut sum = 0.0;
        for n in 1..=sites.len() {
            sum += 1.0 / n as f64;
            sums.push(sum);
        }
        let sources = (0..count).map(|_| {
            let place = chance.share() * sum;
            let site = sums.partition_point(|sum| *sum < place).min(sums.len() - 1);
            sites[site].sources += 1;
            Source::new(site as u32, &mut chance)
        });
        Self {
            sources: sources.collect(),
            sites,
        }
    }
}

impl Source {
    fn new(site: u32, chance: &mut Chance) -> Self {
        // Which publishers send everybody away is told by their numbers.
        let is_unwelcoming = Chance(site.into()).share() < UNWELCOMING;
        let kind = match chance.share() {
            share if share < DEAD / 2.0 => Kind::Missing,
            share if share < DEAD => Kind::Nameless,
            share if share < DEAD + SHAKY => Kind::Shaky,
            share if share < DEAD + SHAKY + SLOW => Kind::Slow,
            _ if is_unwelcoming => Kind::Unwelcoming,
            _ => Kind::Fine,
        };
        let period = (POST_SECONDS * (POST_SPREAD * chance.normal()).exp()).clamp(300.0, 3e7);
        Self {
            site,
            kind,
            fresh_for: (chance.share() < CACHED).then_some(Duration::from_secs(3600)),
            period: period as u32,
            phase: (chance.share() * period) as u32,
        }
    }

    pub(crate) fn answer(&self, chance: &mut Chance) -> Answer {
        let fine = (Ending::Fine, SECONDS);
        let failed = |failure| Ending::Failed(failure);
        let (ending, seconds) = match self.kind {
            Kind::Fine => fine,
            Kind::Missing => (failed(Failure::Missing), SECONDS),
            Kind::Nameless => (failed(Failure::Name), SECONDS),
            Kind::Shaky if chance.share() < 0.2 => (failed(Failure::Server), SECONDS),
            Kind::Slow if chance.share() < 0.5 => (failed(Failure::Timeout), TIMEOUT_SECONDS),
            Kind::Unwelcoming if chance.share() < 0.01 => {
                let retry_after = Some(Duration::from_secs(3600));
                return Answer {
                    ending: failed(Failure::Unwelcome),
                    seconds: SECONDS,
                    retry_after,
                };
            }
            Kind::Shaky | Kind::Slow | Kind::Unwelcoming => fine,
        };
        Answer {
            ending,
            seconds,
            retry_after: None,
        }
    }

    /// When the newest entry was posted that is there in some second, counted so that none is before 0.
    pub(crate) fn newest(&self, second: u32) -> u32 {
        (second + self.period - self.phase) / self.period
    }

    /// What its document says of its rhythm.
    pub(crate) fn pace(&self, second: u32, begin: Timestamp) -> Pace {
        let ago = (second + self.period - self.phase) % self.period;
        let newest = begin.as_second() + i64::from(second) - i64::from(ago);
        Pace {
            gap_seconds: Some(self.period.into()),
            longest_seconds: 2 * u64::from(self.period),
            gaps: 20,
            newest: Timestamp::from_second(newest).ok(),
            ..Pace::default()
        }
    }
}
