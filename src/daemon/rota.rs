//! Who may start when: the sources of one publisher one after the other, none while its publisher asked everybody to
//! wait, and none in the hours and on the days on which it asks to be left alone.
//!
//! It keeps nothing over a restart: what it puts off is written into the store.

use crate::config::{Config, Location, SourceConfig};
use crate::poll::Outcome;
use crate::schedule::{self, Lanes, site};
use crate::store::Source;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// Who may start when.
#[derive(Debug, Default)]
pub struct Rota {
    /// The publisher of each source that has one, and how far apart its sources start.
    sites: HashMap<String, (String, Duration)>,
    lanes: Lanes,
    /// The publishers that asked everybody to wait, and until when.
    holds: HashMap<String, Timestamp>,
}

impl Rota {
    /// The rota of all configured sources.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let of = |source: &SourceConfig| match &source.location {
            Location::Http(url) => site(url),
            Location::File(_) => None,
        };
        let mut shared: HashMap<String, (usize, Duration)> = HashMap::new();
        for source in &config.sources {
            if let Some(site) = of(source) {
                let (count, interval) = shared.entry(site).or_insert((0, source.interval));
                *count += 1;
                *interval = source.interval.min(*interval);
            }
        }
        let site = |source: &SourceConfig| {
            let site = of(source)?;
            let (count, interval) = shared.get(&site)?;
            let gap = schedule::gap(*interval, *count);
            Some((source.name.as_str().to_owned(), (site, gap)))
        };
        Self {
            sites: config.sources.iter().filter_map(site).collect(),
            ..Self::default()
        }
    }

    /// When a due source may be polled, and why only then; `None` where it may be now. `steady` is a length since any one
    /// moment, by a clock that never jumps.
    pub fn later(
        &mut self,
        source: &Source,
        now: Timestamp,
        steady: Duration,
    ) -> Option<(Timestamp, &'static str)> {
        if let Some(barred) = self.barred(source, now) {
            return Some(barred);
        }
        let (site, gap) = self.sites.get(&source.name)?;
        let why = "the feeds of its publisher come one after the other";
        // Another program had its sources until a moment ago, and counts by the second.
        if let Some(asked) = source.asked_elsewhere {
            let gap = i64::try_from(gap.as_millis().div_ceil(1000)).ok()?;
            let free = asked
                .min(now)
                .checked_add(SignedDuration::from_secs(gap + 1))
                .ok()?;
            if free > now {
                return Some((free, why));
            }
        }
        let wait = self.lanes.wait(site, source.id, *gap, steady);
        // The store counts whole seconds.
        let seconds = i64::try_from(wait.as_millis().div_ceil(1000)).ok()?;
        let turn = now.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        (seconds > 0).then_some((turn, why))
    }

    /// Until when a source may not be polled, whoever else is, and why: its feed is closed, or its publisher asked
    /// everybody to wait.
    #[must_use]
    pub fn barred(&self, source: &Source, now: Timestamp) -> Option<(Timestamp, &'static str)> {
        let closed = source.pace.closed;
        if closed.is_at(now) {
            let why = "the feed asks to be left alone until then";
            return Some((closed.opens(now), why));
        }
        let until = self.held(source, now)?;
        Some((until, "its publisher asked all visitors to wait"))
    }

    /// Until when a source's publisher asked everybody to wait.
    #[must_use]
    pub fn held(&self, source: &Source, now: Timestamp) -> Option<Timestamp> {
        let (site, _) = self.sites.get(&source.name)?;
        self.holds.get(site).copied().filter(|until| *until > now)
    }

    /// Remembers what follows from the end of a poll: its publisher may have asked everybody to wait. The poll took
    /// `elapsed`, and ended now.
    pub fn heed(&mut self, outcome: &Outcome, elapsed: Duration, now: Timestamp) {
        let Outcome::Failed(error) = outcome else {
            return;
        };
        if let Some((site, wait)) = error.hold(elapsed)
            && let Some(until) = SignedDuration::try_from(wait)
                .ok()
                .and_then(|wait| now.checked_add(wait).ok())
        {
            self.hold(&site, until, now);
        }
    }

    /// Remembers that a publisher asked everybody to wait.
    pub fn hold(&mut self, site: &str, until: Timestamp, now: Timestamp) {
        self.holds.retain(|_, until| *until > now);
        let known = self.holds.entry(site.to_owned()).or_insert(until);
        *known = until.max(*known);
    }
}
