//! What was done to each source, counted once a change: a feed of thousands of entries is not counted anew for each visitor.

use crate::store::{Account, Fare, Listed, Store, StoreError};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many are kept; each takes some kilobytes. People look at a few.
const KEPT: usize = 64;

/// What an account depends on: the revision of what is published, and the last poll.
type Stamp = (i64, Option<Timestamp>);

/// Accounts of sources by their rows, each with what it was made of.
#[derive(Debug, Default)]
pub(in crate::web) struct Accounts(Mutex<HashMap<i64, (Stamp, Arc<Account>)>>);

impl Accounts {
    fn lock(&self) -> MutexGuard<'_, HashMap<i64, (Stamp, Arc<Account>)>> {
        // A panic while the lock is held can't leave the map half-changed: each change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account of a source, with so many of each thing.
    pub(super) async fn of(
        &self,
        store: &Store,
        listed: &Listed,
        fare: &Fare,
        limit: u32,
    ) -> Result<Arc<Account>, StoreError> {
        let stamp = (listed.revision, fare.last_poll_at);
        if let Some((of, account)) = self.lock().get(&fare.id)
            && *of == stamp
        {
            return Ok(Arc::clone(account));
        }
        let account = Arc::new(store.account(fare.id, limit).await?);
        let mut kept = self.lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(fare.id, (stamp, Arc::clone(&account)));
        Ok(account)
    }
}
