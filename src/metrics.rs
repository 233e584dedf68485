//! What the program counts, for Prometheus: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
//!
//! Decides nothing and keeps nothing: counts start at 0 with the process. Invariant: labels take few values, and none that
//! a publisher or a reader chooses.

use crate::poll::{Outcome, Polled};
use crate::store::{Census, Others};
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use std::time::Duration;

/// The media type of what [`Metrics::text`] writes.
pub const MEDIA_TYPE: &str = prometheus::TEXT_FORMAT;

/// The upper bounds of how long a poll takes, in seconds: a 304 from nearby takes hundredths, and the slowest a minute.
const POLL_BUCKETS: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

/// … and of how long an answer takes.
const ANSWER_BUCKETS: [f64; 9] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0];

/// What the program knows of itself at the moment.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// What the store says of itself, where it answers.
    pub census: Option<&'a Census>,
    /// Whether it can be written.
    pub can_write: bool,
    /// Whether feeds.toml as it was last read is in force.
    pub is_configured: bool,
    /// The other programs that poll into the store, where it is one that others may share.
    pub others: Option<&'a Others>,
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    polls: Polls,
    readers: Readers,
    gauges: Gauges,
}

/// What polls bring.
#[derive(Debug)]
struct Polls {
    ended: IntCounterVec,
    failures: IntCounterVec,
    seconds: Histogram,
    body_bytes: IntCounter,
    entries: IntCounterVec,
    removals: IntCounterVec,
    in_hand: IntGauge,
}

/// What readers ask for.
#[derive(Debug)]
struct Readers {
    requests: IntCounterVec,
    seconds: Histogram,
    body_bytes: IntCounter,
    connections: IntGauge,
    dismissed: IntCounter,
}

/// What is looked at when somebody asks.
#[derive(Debug)]
struct Gauges {
    sources: IntGaugeVec,
    due: IntGauge,
    lateness_seconds: IntGauge,
    store_bytes: IntGauge,
    store_up: IntGauge,
    configured: IntGauge,
    programs: IntGaugeVec,
    resident_bytes: IntGauge,
    open_fds: IntGauge,
}

/// Makes metrics and registers each.
struct Maker(Registry);

impl Maker {
    fn register<M: prometheus::core::Collector + Clone + 'static>(
        &self,
        metric: prometheus::Result<M>,
    ) -> M {
        let metric = metric.expect("names and labels are of the allowed characters");
        self.0
            .register(Box::new(metric.clone()))
            .expect("each name is registered once");
        metric
    }

    fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.register(IntCounter::new(name, help))
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.register(IntCounterVec::new(Opts::new(name, help), labels))
    }

    fn gauge(&self, name: &str, help: &str) -> IntGauge {
        self.register(IntGauge::new(name, help))
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
        self.register(IntGaugeVec::new(Opts::new(name, help), labels))
    }

    fn seconds(&self, name: &str, help: &str, buckets: &[f64]) -> Histogram {
        let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.register(Histogram::with_opts(options))
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let make = Maker(Registry::new());
        make.gauges(
            "feedwash_build_info",
            "The version that runs; always 1.",
            &["version"],
        )
        .with_label_values(&[env!("CARGO_PKG_VERSION")])
        .set(1);
        Self {
            polls: Polls::new(&make),
            readers: Readers::new(&make),
            gauges: Gauges::new(&make),
            registry: make.0,
        }
    }
}

impl Polls {
    fn new(make: &Maker) -> Self {
        let polls = Self {
            ended: make.counters(
            "feedwash_polls_total",
            "Polls, by how they ended.",
            &["outcome"],
        ),
            failures: make.counters(
            "feedwash_poll_failures_total",
            "Polls that failed, by kind.",
            &["kind"],
        ),
            seconds: make.seconds(
            "feedwash_poll_duration_seconds",
            "How long polls took: fetch, wash and writing.",
            &POLL_BUCKETS,
        ),
            body_bytes: make.counter(
            "feedwash_poll_body_bytes_total",
            "Bytes of the feeds that polls brought, content coding removed.",
        ),
            entries: make.counters(
            "feedwash_entries_total",
            "Entries that polls brought, by what they were.",
            &["change"],
        ),
            removals: make.counters(
            "feedwash_removals_total",
            "Pieces taken out of new entries or mended in them, by pass.",
            &["pass"],
        ),
            in_hand: make.gauge(
            "feedwash_polls_in_hand",
            "Sources that were taken to be polled: they are polled, or wait for their host's turn or for a place.",
            ),
        };
        polls.begin();
        polls
    }

    /// Rates need a 0 to start from, so what is known to come is there at once.
    fn begin(&self) {
        for outcome in ["changed", "unchanged", "gone", "failed"] {
            self.ended.with_label_values(&[outcome]);
        }
        for change in ["new", "updated"] {
            self.entries.with_label_values(&[change]);
        }
        for pass in crate::clean::PASSES {
            self.removals.with_label_values(&[pass.name]);
        }
    }
}

/// Counts the answers of one route with one code.
#[derive(Debug)]
pub struct Answers(IntCounter);

impl Readers {
    fn new(make: &Maker) -> Self {
        Self {
            requests: make.counters(
                "feedwash_http_requests_total",
                "Requests of readers, by route and status code.",
                &["route", "code"],
            ),
            seconds: make.seconds(
                "feedwash_http_request_duration_seconds",
                "How long it took until an answer was ready to be sent.",
                &ANSWER_BUCKETS,
            ),
            body_bytes: make.counter(
                "feedwash_http_response_body_bytes_total",
                "Bytes of the bodies that were answered with, as sent.",
            ),
            connections: make.gauge(
                "feedwash_http_connections",
                "Connections of readers that are open.",
            ),
            dismissed: make.counter(
                "feedwash_http_connections_dismissed_total",
                "Connections that were closed to make room, because too many were open.",
            ),
        }
    }
}

impl Gauges {
    fn new(make: &Maker) -> Self {
        Self {
            sources: make.gauges(
            "feedwash_sources",
            "Configured sources, by how they fare.",
            &["state"],
        ),
            due: make.gauge(
            "feedwash_sources_due",
            "Sources whose next poll is due and that nobody polls yet.",
        ),
            lateness_seconds: make.gauge(
            "feedwash_poll_lateness_seconds",
            "How long the source that is due for the longest has been due.",
        ),
            store_bytes: make.gauge("feedwash_store_bytes", "The size of the store."),
            store_up: make.gauge(
            "feedwash_store_up",
            "1 while the store answers and takes what is written, else 0.",
        ),
            configured: make.gauge(
            "feedwash_config_last_reload_successful",
            "1 while feeds.toml as it was last read is in force, 0 while it is wrong and the one before it is.",
        ),
            programs: make.gauges(
            "feedwash_programs",
            "Programs that poll into the same PostgreSQL store, by whether they were told the same as this one, which is one of them.",
            &["configuration"],
        ),
            resident_bytes: make.gauge("process_resident_memory_bytes", "Resident memory."),
            open_fds: make.gauge("process_open_fds", "Open file descriptors."),
        }
    }
}

impl Metrics {
    /// Counts a poll.
    pub fn polled(&self, polled: &Polled, duration: Duration) {
        let outcome = match &polled.outcome {
            Outcome::Unchanged => "unchanged",
            Outcome::Changed { new, updated } => {
                let entries = |change, count: &usize| {
                    let counter = self.polls.entries.with_label_values(&[change]);
                    counter.inc_by(*count as u64);
                };
                entries("new", new);
                entries("updated", updated);
                "changed"
            }
            Outcome::Gone => "gone",
            Outcome::Failed(error) => {
                self.polls.failures.with_label_values(&[error.word()]).inc();
                "failed"
            }
        };
        self.polls.ended.with_label_values(&[outcome]).inc();
        self.polls.seconds.observe(duration.as_secs_f64());
        self.polls.body_bytes.inc_by(polled.body_bytes as u64);
        for (pass, count) in &polled.removals {
            let counter = self.polls.removals.with_label_values(&[pass]);
            counter.inc_by(*count as u64);
        }
    }

    /// Says how many sources are taken.
    pub fn in_hand(&self, sources: usize) {
        self.polls.in_hand.set(gauge(sources as u64));
    }

    /// Counts an answer to a reader; `route` is one of ours, never what was asked for.
    pub fn answered(&self, route: &str, code: u16, body_bytes: u64, duration: Duration) {
        self.answered_of(&self.answers(route, code), body_bytes, duration);
    }

    /// The counter of the answers of a route with a code, for who counts many.
    #[must_use]
    pub fn answers(&self, route: &str, code: u16) -> Answers {
        let code = code.to_string();
        Answers(self.readers.requests.with_label_values(&[route, &code]))
    }

    /// Counts an answer where its counter is at hand.
    pub fn answered_of(&self, answers: &Answers, body_bytes: u64, duration: Duration) {
        answers.0.inc();
        self.readers.seconds.observe(duration.as_secs_f64());
        self.readers.body_bytes.inc_by(body_bytes);
    }

    /// Says how many connections are open.
    pub fn connected(&self, connections: usize) {
        self.readers.connections.set(gauge(connections as u64));
    }

    /// Counts a connection that had to make room.
    pub fn dismissed(&self) {
        self.readers.dismissed.inc();
    }

    /// All metrics in the text format of Prometheus.
    #[must_use]
    pub fn text(&self, state: &State<'_>) -> String {
        let is_up = state.census.is_some() && state.can_write;
        self.gauges.store_up.set(i64::from(is_up));
        self.gauges.configured.set(i64::from(state.is_configured));
        if let Some(others) = state.others {
            let counts = [
                ("same", others.agreeing + 1),
                ("other", others.differing.len()),
            ];
            for (configuration, count) in counts {
                let programs = self.gauges.programs.with_label_values(&[configuration]);
                programs.set(gauge(count as u64));
            }
        }
        if let Some(census) = state.census {
            let states = [
                ("fine", census.fine),
                ("failing", census.failing),
                ("gone", census.gone),
                ("unpolled", census.unpolled),
            ];
            for (state, sources) in states {
                self.gauges.sources.with_label_values(&[state]).set(sources);
            }
            self.gauges.due.set(census.due);
            self.gauges.lateness_seconds.set(census.lateness_seconds);
            self.gauges.store_bytes.set(census.bytes);
        }
        self.look_at_process();
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .expect("every metric has a name and a value")
    }

    /// proc(5). Where there is no such folder both stay 0.
    fn look_at_process(&self) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next())
            .and_then(|kib| kib.parse::<u64>().ok());
        if let Some(kib) = resident {
            self.gauges
                .resident_bytes
                .set(gauge(kib.saturating_mul(1024)));
        }
        if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
            // Not the one that reads the folder.
            self.gauges
                .open_fds
                .set(gauge((open.count() as u64).saturating_sub(1)));
        }
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::ParseError;
    use crate::poll::PollError;
    use std::collections::BTreeMap;

    const WELL: State<'_> = State {
        census: Some(&Census {
            fine: 0,
            failing: 0,
            gone: 0,
            unpolled: 0,
            due: 0,
            lateness_seconds: 0,
            bytes: 0,
        }),
        can_write: true,
        is_configured: true,
        others: None,
    };

    /// Checks that a line stands in what is written after `count`.
    #[track_caller]
    fn check(count: impl Fn(&Metrics), expected: &[&str]) {
        let metrics = Metrics::default();
        count(&metrics);
        let text = metrics.text(&WELL);
        for line in expected {
            assert!(text.lines().any(|is| is == *line), "no {line} in\n{text}");
        }
    }

    #[test]
    fn a_poll_is_counted_with_what_it_brought() {
        let polled = Polled {
            outcome: Outcome::Changed { new: 3, updated: 1 },
            body_bytes: 4096,
            removals: BTreeMap::from([("promotion".to_owned(), 2)]),
        };
        check(
            |metrics| metrics.polled(&polled, Duration::from_millis(30)),
            &[
                "feedwash_polls_total{outcome=\"changed\"} 1",
                "feedwash_polls_total{outcome=\"failed\"} 0",
                "feedwash_poll_duration_seconds_bucket{le=\"0.025\"} 0",
                "feedwash_poll_duration_seconds_bucket{le=\"0.05\"} 1",
                "feedwash_poll_body_bytes_total 4096",
                "feedwash_entries_total{change=\"new\"} 3",
                "feedwash_entries_total{change=\"updated\"} 1",
                "feedwash_removals_total{pass=\"promotion\"} 2",
            ],
        );
    }

    #[test]
    fn a_failure_is_counted_by_its_kind() {
        let error = PollError::from(ParseError::Empty);
        let kind = error.word();
        let polled = Polled::from(Outcome::Failed(error));
        check(
            |metrics| metrics.polled(&polled, Duration::ZERO),
            &[
                "feedwash_polls_total{outcome=\"failed\"} 1",
                &format!("feedwash_poll_failures_total{{kind=\"{kind}\"}} 1"),
            ],
        );
    }

    #[test]
    fn what_is_not_well_is_told_of() {
        let metrics = Metrics::default();
        let check = |state: State<'_>, expected: &str| {
            let text = metrics.text(&state);
            assert!(text.lines().any(|line| line == expected), "no {expected}");
        };
        check(WELL, "feedwash_store_up 1");
        let away = State {
            census: None,
            ..WELL
        };
        check(away, "feedwash_store_up 0");
        let full = State {
            can_write: false,
            ..WELL
        };
        check(full, "feedwash_store_up 0");
        check(WELL, "feedwash_config_last_reload_successful 1");
        let wrong = State {
            is_configured: false,
            ..WELL
        };
        check(wrong, "feedwash_config_last_reload_successful 0");
    }
}
