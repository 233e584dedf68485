//! That something was written, told to whoever keeps a copy of what is stored.
//!
//! It says not what: whoever keeps a copy asks again. Programs that share a PostgreSQL database tell each other, with
//! `NOTIFY`; one that shares a file with others does not hear of what they write, and has to look now and then.

use super::{Store, StoreError};
use crate::config::StoreLocation;
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// What is told on PostgreSQL's channel of this name, at the end of a transaction.
pub(super) const NOTIFY: &str = "notify feedwash";
const CHANNEL: &str = "feedwash";

/// How long to wait before a connection that was lost is made again.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Counts what was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes(Arc<State>);

#[derive(Debug, Default)]
struct State {
    count: AtomicU64,
    hears_others: AtomicBool,
}

impl Changes {
    /// Takes note of a change, after it was committed.
    pub(super) fn note(&self) {
        self.0.count.fetch_add(1, Ordering::Release);
    }

    fn hears_others(&self, hears: bool) {
        self.0.hears_others.store(hears, Ordering::Release);
        // What was told meanwhile was not heard.
        self.note();
    }
}

impl Store {
    /// How many changes there were: what was read before the last of them may be out of date. Ends of polls that found
    /// nothing new are none.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.db.changes.0.count.load(Ordering::Acquire)
    }

    /// Whether those of other programs are counted at once, too.
    #[must_use]
    pub fn hears_others(&self) -> bool {
        self.db.changes.0.hears_others.load(Ordering::Acquire)
    }

    /// Listens to what other programs write, where they can be heard; ends only with its task.
    pub async fn listen(&self) {
        let StoreLocation::Postgres(url) = &*self.location else {
            return;
        };
        loop {
            if let Err(error) = self.hear(url).await {
                tracing::debug!(%error, "can't listen to what others write; looking now and then");
            }
            self.db.changes.hears_others(false);
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }

    /// Listens for as long as there is a connection.
    async fn hear(&self, url: &str) -> Result<(), StoreError> {
        let mut listener = PgListener::connect(url).await?;
        listener.listen(CHANNEL).await?;
        self.db.changes.hears_others(true);
        while listener.try_recv().await?.is_some() {
            self.db.changes.note();
        }
        Ok(())
    }
}
