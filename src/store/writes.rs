//! Whether what is written arrives: a disk that is full or fails, a server that is away.
//!
//! While it does not, what was written stays and is served, and nothing is taken to be polled. Invariants: the trouble is
//! logged once when it begins and once when it is over; it is over when the disk takes as much as a poll writes, and not
//! when it took nothing because there was nothing to write.

use super::db::{Pools, in_transaction};
use super::{Source, Store, StoreError, Taken};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much is written to see whether the disk takes it again, in bytes: what a poll of a usual feed writes.
const TRIAL_BYTES: usize = 256 * 1024;

/// What is known of the writing.
#[derive(Debug, Clone, Default)]
pub(super) struct Writes(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Why it could not write the last time.
    trouble: Option<&'static str>,
    /// Sources whose polls ended and could not be written, each with the lease that it still has.
    unfinished: Vec<Taken>,
}

impl Writes {
    /// Takes note of how a transaction ended. True where its connection is not to be used again.
    pub(super) fn note<T>(&self, ended: &Result<T, StoreError>) -> bool {
        let Err(StoreError::Database(error)) = ended else {
            return false;
        };
        let Some(trouble) = trouble(error) else {
            return false;
        };
        let before = self.state().trouble.replace(trouble);
        if before.is_none() {
            tracing::error!(%error, "the store can't be written; what is published stays, and polls wait until it can");
        }
        true
    }

    /// Takes note that whatever is written would be lost.
    fn stop(&self, error: &StoreError) {
        let replaced =
            "its file was replaced or removed while it was in use, and a restart is needed";
        if self.state().trouble.replace(replaced) != Some(replaced) {
            tracing::error!(%error, "nothing is polled any more, since nothing could be kept");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock is held can't leave the state half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is wrong with the database, where it failed and not what it was asked, in words for everybody.
fn trouble(error: &sqlx::Error) -> Option<&'static str> {
    use sqlx::Error as E;
    let error = match error {
        E::Database(error) => error,
        E::RowNotFound | E::ColumnDecode { .. } | E::Decode(_) | E::Encode(_) => return None,
        // Lost connections, and none to be had.
        _ => return Some("the database does not answer"),
    };
    let code = error.code().unwrap_or_default();
    let is_sqlite = error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some();
    if is_sqlite {
        // https://www.sqlite.org/rescode.html: details stand in the higher bits.
        return match code.parse::<i32>().map_or(0, |code| code & 0xff) {
            5 | 6 => Some("another program has locked the database"),
            8 => Some("the database is read-only"),
            10 => Some("the disk fails"),
            11 | 26 => Some("the database is damaged"),
            13 => Some("the disk is full"),
            7 | 14 => Some("the database can't be opened"),
            _ => None,
        };
    }
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    match (&*code, code.get(..2)) {
        ("53100", _) => Some("the disk is full"),
        ("25006", _) => Some("the database is read-only"),
        (_, Some("08" | "53" | "57" | "58" | "XX")) => Some("the database does not answer"),
        _ => None,
    }
}

impl Store {
    /// Why nothing can be written, where nothing can. What was written is served all the same.
    #[must_use]
    pub fn trouble(&self) -> Option<&'static str> {
        self.db.writes.state().trouble
    }

    /// Remembers a source whose poll ended and could not be written, so that it is given back as soon as that can be.
    pub fn abandon(&self, source: &Source) {
        let mut state = self.db.writes.state();
        state.unfinished.push(source.taken());
    }

    /// Where nothing could be written, tries whether something can, and gives back the sources whose polls were not
    /// written. True where all is well.
    pub async fn recovered(&self) -> bool {
        if let Err(error) = self.place.check() {
            self.db.writes.stop(&error);
            return false;
        }
        if self.trouble().is_none() {
            return true;
        }
        if !self.is_there().await || self.try_to_write().await.is_err() {
            return false;
        }
        let unfinished = {
            let mut state = self.db.writes.state();
            state.trouble = None;
            std::mem::take(&mut state.unfinished)
        };
        tracing::info!("the store can be written again");
        if let Err(error) = self.put_back(&unfinished, Timestamp::UNIX_EPOCH).await {
            tracing::error!(%error, "can't give sources back; they are due again when their leases are over");
        }
        true
    }

    /// Whether a server lets somebody in again, by a look that fails at once. A pool would try longer and longer apart, and
    /// notice seconds later than it might.
    async fn is_there(&self) -> bool {
        let Pools::Postgres { taker, .. } = &self.db.pools else {
            return true;
        };
        let mut place = taker.place().await;
        if place.is_none() {
            // Why it does not was told when it went.
            *place = taker.connect().await.ok();
        }
        place.is_some()
    }

    async fn try_to_write(&self) -> Result<(), StoreError> {
        for filler in [vec![0_u8; TRIAL_BYTES], Vec::new()] {
            in_transaction!(self.db, tx => {
                sqlx::query("update upkeep set filler = $1").bind(filler.as_slice()).execute(&mut *tx).await?;
            });
        }
        Ok(())
    }
}
