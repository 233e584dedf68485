//! What is known of a feed without its entries, kept for as long as nobody could tell.
//!
//! Invariant: what this program wrote, and what it hears that others wrote, is seen by the next reader; what others wrote
//! that it can't hear, within [`GOOD_FOR`].

use crate::store::{Heading, Store, StoreError};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long something is good that others may change unheard: a command that changes the store is noticed within this time.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How long it is good where changes are heard. They are missed while a connection is lost and nobody has noticed yet.
const HEARD_GOOD_FOR: Duration = Duration::from_secs(10);

/// How many are kept: those that are asked for all the time. Beyond that all are asked for again.
const KEPT_MAX: usize = 10_000;

/// The headings that were asked for lately, by the names of their feeds.
#[derive(Debug, Default)]
pub(super) struct Headings(Mutex<HashMap<String, Kept>>);

#[derive(Debug)]
struct Kept {
    heading: Heading,
    /// The count of changes before it was read.
    changes: u64,
    at: Instant,
}

impl Headings {
    /// One that is as good as asking for it.
    pub(super) fn known(&self, store: &Store, name: &str) -> Option<Heading> {
        let good_for = match store.hears_others() {
            true => HEARD_GOOD_FOR,
            false => GOOD_FOR,
        };
        let kept = self.lock();
        let kept = kept.get(name)?;
        let is_good = kept.changes == store.changes() && kept.at.elapsed() < good_for;
        is_good.then(|| kept.heading.clone())
    }

    /// Asks for one, and keeps it. `None` where there never was a feed of that name.
    ///
    /// # Errors
    /// Those of [`Store::heading`].
    pub(super) async fn ask(
        &self,
        store: &Store,
        name: &str,
    ) -> Result<Option<Heading>, StoreError> {
        let (changes, at) = (store.changes(), Instant::now());
        let heading = store.heading(name).await?;
        if let Some(heading) = &heading {
            let mut kept = self.lock();
            if kept.len() >= KEPT_MAX && !kept.contains_key(name) {
                kept.clear();
            }
            let heading = heading.clone();
            kept.insert(
                name.to_owned(),
                Kept {
                    heading,
                    changes,
                    at,
                },
            );
        }
        Ok(heading)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        // A panic while the lock is held can't leave the map half-changed: each change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, StoreLocation};
    use jiff::Timestamp;
    use std::path::Path;

    #[tokio::test]
    async fn a_heading_is_good_until_something_is_written() {
        let store = Store::open(&StoreLocation::Memory).await.expect("a store");
        let config = |page_entries: u32| {
            let toml = format!(
                "[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\npage_entries = {page_entries}\n"
            );
            Config::from_toml(&toml, Path::new(""), None).expect("a configuration")
        };
        store
            .sync(&config(10), Timestamp::UNIX_EPOCH)
            .await
            .expect("it is written");
        let headings = Headings::default();
        assert_eq!(headings.known(&store, "press"), None);
        let asked = headings.ask(&store, "press").await.expect("it answers");
        assert!(asked.is_some());
        assert_eq!(headings.known(&store, "press"), asked);
        store
            .sync(&config(20), Timestamp::UNIX_EPOCH)
            .await
            .expect("it is written");
        assert_eq!(headings.known(&store, "press"), None);
        let after = headings.ask(&store, "press").await.expect("it answers");
        assert_ne!(after, asked, "it was published anew");
        assert_eq!(
            headings.ask(&store, "nobody").await.expect("it answers"),
            None
        );
    }
}
