//! Stored entries that were washed by other rules than those of now, washed anew beside the polls.

use super::App;
use crate::poll::{self, Live};
use crate::store::{Store, StoreError};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many sources are read from the store at once to see whether they have to be washed anew.
const REWASHED_AT_ONCE: usize = 500;

/// Washes anew what was washed by other rules or by another version, source by source, until `shutdown`.
/// It goes on beside the polls: entries that a poll writes meanwhile stay as the poll wrote them.
///
/// # Errors
/// [`StoreError`] where the sources can't be listed; entries that can't be washed anew are logged, stay as they were
/// published, and are tried again the next time.
pub async fn rewash(
    store: &Store,
    live: &Live,
    shutdown: &CancellationToken,
) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let sources = store.sources_after(after, REWASHED_AT_ONCE).await?;
        let Some(last) = sources.last() else {
            return Ok(());
        };
        after = last.id;
        for source in &sources {
            if shutdown.is_cancelled() {
                return Ok(());
            }
            let Some(configured) = live.source(&source.name) else {
                continue;
            };
            match poll::rewash_outdated(store, source, &configured.rules, Timestamp::now()).await {
                Ok(true) => tracing::info!(source.name, "washed anew by changed rules"),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(source.name, %error, "can't wash the stored entries anew");
                }
            }
        }
    }
}

/// The rewash under way, if there is one. A new one ends it, for it would wash by the old rules, and begins when it has
/// ended, so that what it writes last is not taken for newer.
pub(super) struct Rewash {
    stop: CancellationToken,
    under_way: Option<JoinHandle<()>>,
}

impl Rewash {
    pub(super) fn new(shutdown: &CancellationToken) -> Self {
        Self {
            stop: shutdown.child_token(),
            under_way: None,
        }
    }

    pub(super) fn start(&mut self, app: &App, polls: &TaskTracker, shutdown: &CancellationToken) {
        self.stop.cancel();
        self.stop = shutdown.child_token();
        let (app, stop, before) = (app.clone(), self.stop.clone(), self.under_way.take());
        self.under_way = Some(polls.spawn(async move {
            if let Some(before) = before {
                // However it ended, it writes no more.
                let _ = before.await;
            }
            let live = Arc::clone(&app.live.borrow());
            if let Err(error) = rewash(&app.store, &live, &stop).await {
                tracing::error!(%error, "can't list the sources to wash anew");
            }
        }));
    }
}
