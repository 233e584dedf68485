//! What every part of the running program shares, and its signs of life. Nothing here runs.

use super::Turns;
use crate::metrics::Metrics;
use crate::poll::Live;
use crate::store::{Others, Store};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What every part of the running program shares.
#[derive(Debug, Clone)]
pub struct App {
    /// The store.
    pub store: Store,
    /// The configuration in force, and its successors.
    pub live: watch::Receiver<Arc<Live>>,
    /// How the loop fares.
    pub pulse: Arc<Pulse>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Why feeds.toml as it is now could not be taken; the configuration before it is in force.
    pub rejected: Arc<Mutex<Option<Rejected>>>,
    /// The turns of hosts, for polls and for what visitors of the pages want fetched.
    pub turns: Arc<Turns>,
    /// What this program does, among those that share its store.
    pub role: Role,
}

/// What a program does, among those that share its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// It polls and serves.
    #[default]
    Both,
    /// It polls, and serves nothing.
    Polls,
    /// It serves, and polls nothing.
    Serves,
}

impl Role {
    /// Whether it polls.
    #[must_use]
    pub fn polls(self) -> bool {
        self != Self::Serves
    }

    /// Whether it serves.
    #[must_use]
    pub fn serves(self) -> bool {
        self != Self::Polls
    }
}

/// A configuration that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Why, with lines and keys.
    pub why: String,
    /// When it was read.
    pub at: Timestamp,
}

impl App {
    /// What a program shares that has just started, and what gives it another configuration.
    #[must_use]
    pub fn new(store: Store, live: Live, role: Role) -> (Self, watch::Sender<Arc<Live>>) {
        let (sender, live) = watch::channel(Arc::new(live));
        let app = Self {
            store,
            live,
            pulse: Arc::default(),
            metrics: Arc::default(),
            rejected: Arc::default(),
            turns: Arc::default(),
            role,
        };
        (app, sender)
    }

    /// Why feeds.toml as it is now could not be taken, where it could not.
    #[must_use]
    pub fn rejected(&self) -> Option<Rejected> {
        let rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        rejected.clone()
    }
}

/// Signs of life of the poll loop, for `/health` and the watchdog: when it last came round.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Beats>);

#[derive(Debug, Default)]
struct Beats {
    last: Option<Instant>,
    /// Since when the loop has seen that the store can't be written.
    troubled_since: Option<Timestamp>,
    /// What it has seen of others that share the store.
    others: Option<Others>,
}

impl Pulse {
    pub(super) fn beat(&self, is_troubled: bool, now: Timestamp) {
        let mut beats = self.beats();
        beats.last = Some(Instant::now());
        let since = beats.troubled_since.unwrap_or(now);
        beats.troubled_since = is_troubled.then_some(since);
    }

    fn beats(&self) -> MutexGuard<'_, Beats> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago the loop last came round; `None` before it did.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.beats().last.map(|last| last.elapsed())
    }

    /// Takes note of the others that share the store.
    pub(super) fn hear(&self, others: Option<Others>) {
        self.beats().others = others;
    }

    /// The other programs that poll into the same store, where it is one that others may share.
    #[must_use]
    pub fn others(&self) -> Option<Others> {
        self.beats().others.clone()
    }

    /// Since when nothing can be written, where nothing can.
    #[must_use]
    pub fn troubled_since(&self) -> Option<Timestamp> {
        self.beats().troubled_since
    }
}
