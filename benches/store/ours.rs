//! Feedwash's own store with sources that nobody polls, and what a poll of them leaves.

use feedwash::config::{Config, StoreLocation};
use feedwash::model::{Validators, Washed};
use feedwash::store::{Finish, Recorded, Recording, Source, Store};
use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// By which rules the entries were washed.
const RULES: &str = "f5751c55e118e38f";

/// How long a source stays taken.
const LEASE: Duration = Duration::from_secs(48 * 3600);

pub(crate) struct Ours {
    pub(crate) store: Store,
    pub(crate) config: Config,
}

impl Ours {
    /// A store with so many sources, named `s0`, `s1`, ….
    pub(crate) async fn open(location: &StoreLocation, sources: usize, now: Timestamp) -> Self {
        let mut text = String::from("[server]\nlisten = \"127.0.0.1:0\"\n");
        for source in 0..sources {
            let _ = writeln!(
                text,
                "[[source]]\nname = \"s{source}\"\nurl = \"https://s{source}.example/feed\""
            );
        }
        let config = Config::from_toml(&text, Path::new("."), None);
        let config = config.expect("it is a configuration");
        let store = Store::open(location).await.expect("a store can be made");
        store.sync(&config, now).await.expect("it can be written");
        Self { store, config }
    }

    /// Takes what is due, by its number.
    pub(crate) async fn take(&self, limit: usize, now: Timestamp) -> HashMap<usize, Source> {
        let due = self.store.due(limit, LEASE, now).await;
        let due = due.expect("the store can be asked").into_iter();
        due.map(|source| {
            let number = source.name[1..].parse();
            (number.expect("a name ends in its number"), source)
        })
        .collect()
    }

    /// Writes what a poll brought.
    pub(crate) async fn finish(
        &self,
        source: &Source,
        recording: Recording<'_>,
        now: Timestamp,
    ) -> Recorded {
        let finish = finish(Some(recording), now);
        let recorded = self.store.finish(source, &finish, now).await;
        recorded.expect("the store can be written")
    }

    /// Writes the end of a poll that was answered with "not modified".
    pub(crate) async fn finish_unchanged(&self, source: &Source, now: Timestamp) {
        let validators = Validators::default();
        let finish = Finish {
            outcome: "unchanged",
            validators: Some(&validators),
            body_hash: None,
            ..finish(None, now)
        };
        let recorded = self.store.finish(source, &finish, now).await;
        recorded.expect("the store can be written");
    }
}

/// A document, ready to be written.
pub(crate) fn recording(washed: &Washed) -> Recording<'_> {
    Recording::new(washed, RULES)
}

/// The end of a poll after which the source is due again in half an hour.
fn finish(recording: Option<Recording<'_>>, now: Timestamp) -> Finish<'_> {
    Finish {
        recording,
        body_hash: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        validators: None,
        outcome: "changed",
        detail: None,
        pace: None,
        moved: None,
        downgraded_to: None,
        answering_site: None,
        failure: None,
        doubt: None,
        hold: None,
        failures: 0,
        next_poll_at: Some(now + Duration::from_secs(1800)),
        next_poll_reason: "about every 30 minutes".to_owned(),
        retry_after_until: None,
        duration: Duration::from_millis(150),
    }
}
