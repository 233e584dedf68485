//! What is kept: sources, entries raw and clean, removals and polls. The only module that knows SQL.
//!
//! Washes nothing and fetches nothing. Invariants: a poll is written in one transaction, so a crash repeats a
//! poll and never skips one; an unchanged entry is not written; raw is the truth and clean is derived from it;
//! an entry's key is unique in its source; what a source's row counts changes with what it counts, in the same transaction.
//!
//! SQLite runs in WAL mode with `synchronous = full`, and PostgreSQL as its server is set: what was told as done survives a
//! power cut. Without that, a cut would undo the newest polls, and what left its document before they were made again
//! would be lost. Only what is merely made again, as the end of a poll that found nothing new, does not wait for the disk.

mod account;
mod agreement;
mod backup;
mod census;
mod changes;
mod claims;
mod db;
mod ends;
mod feeds;
mod finish;
mod known;
mod leases;
mod lines;
mod pack;
mod pages;
mod place;
mod polls;
mod record;
mod rename;
mod rows;
mod source;
mod status;
mod team;
mod times;
mod transfer;
mod undo;
mod upkeep;
mod versions;
mod write;
mod writes;

pub use account::{Account, Polled, Tally};
pub use agreement::{Differing, Others};
pub use backup::{Backup, BackupError, backup};
pub use census::Census;
pub use feeds::{Heading, Published};
pub use finish::Finish;
pub use pages::{BeforeAfter, Day, Fare, Listed, Newest, Summary, WEEK_DAYS, Week};
pub use record::{Recorded, Recording};
pub use source::{Source, Taken};
pub use status::Status;
pub use transfer::{TransferError, Transferred, transfer};
pub use undo::{Restoration, Stored};

use crate::config::StoreLocation;
pub use record::hash;

use db::{Db, Pools};
use ends::Ends;
use place::Place;
use sqlx::Connection as _;
use std::sync::Arc;

/// What a log leaves out unless somebody asks for it: that a statement took long, whole statements, and that a connection was
/// waited for. What comes of it is told where it matters.
pub const QUIET: &str = "sqlx=error";

/// The store. Cheap to clone; every clone uses the same connections.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    ends: Ends,
    clock: upkeep::Believed,
    location: Arc<StoreLocation>,
    place: Place,
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be opened. Heals when the path, the permissions or the server are mended.
    #[error("can't open the store {location}: {why}")]
    Open {
        /// The location, without its password.
        location: String,
        /// What the database says, and what to look at.
        why: String,
    },
    /// The database can't be brought to this version's form, or belongs to a newer version.
    #[error("can't upgrade the store {location}: {why}")]
    Migrate {
        /// The location, without its password.
        location: String,
        /// What the database says.
        why: String,
    },
    /// A statement failed: a full disk, a lost connection. Usually heals by itself.
    #[error("the store failed: {0}")]
    Database(sqlx::Error),
    /// The lease of a source is over, or its address or its rules have changed: a result was dropped. Heals by itself.
    #[error(
        "the source or its rules were changed, or it was given to somebody else, meanwhile; the result was dropped"
    )]
    Superseded,
    /// The file of the store was replaced or removed under the program, which goes on with the one that nobody sees. Heals
    /// by a restart.
    #[error("the file {0} was replaced or removed while it was in use: restart Feedwash")]
    Replaced(String),
    /// It did not answer in the time that somebody could wait. Usually heals by itself.
    #[error("the store does not answer in time")]
    Silent,
    /// A stored value is not what this version wrote.
    #[error("the store holds a {what} that can't be read: {why}")]
    Damaged {
        /// What was read.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

// By hand and not by `#[from]`, which would make it the source too and print it twice.
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl Store {
    /// Opens the database, makes it if it does not exist, and brings it to this version's form.
    ///
    /// # Errors
    /// [`StoreError::Open`] and [`StoreError::Migrate`].
    pub async fn open(location: &StoreLocation) -> Result<Self, StoreError> {
        let db = db::open(location).await?;
        Ok(Self {
            clock: upkeep::Believed::read(&db).await?,
            db,
            ends: Ends::default(),
            place: Place::of(location),
            location: Arc::new(location.clone()),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn location(&self) -> &StoreLocation {
        &self.location
    }

    /// Closes every connection; what was committed is on disk.
    pub async fn close(&self) {
        match &self.db.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                // The last to close writes the log back into the file.
                writer.close().await;
            }
            Pools::Postgres { pool, taker } => {
                if let Some(session) = taker.place().await.take() {
                    // However that ends, the connection is gone.
                    let _ = session.connection.close().await;
                }
                pool.close().await;
            }
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Database`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.place.check()?;
        db::on!(self.db, pool => {
            sqlx::query("select 1").execute(pool).await?;
        });
        Ok(())
    }
}
