//! Two databases behind one text of SQL: connections and transactions.
//!
//! Invariant: a connection whose transaction met a disk that failed is closed and never used again, for what the kernel
//! dropped after a failed `fsync` is not written by the next one.

use super::changes::Changes;
use super::leases::Taker;
use super::writes::Writes;
use super::{StoreError, versions};
use crate::config::StoreLocation;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, SqlitePool};
use std::io::ErrorKind;
use std::path::Path;
use std::str::FromStr as _;
use std::time::Duration;

/// A database.
#[derive(Debug, Clone)]
pub(super) struct Db {
    pub(super) pools: Pools,
    /// Whether what is written arrives.
    pub(super) writes: Writes,
    /// Who keeps a copy is told.
    pub(super) changes: Changes,
}

/// The connections.
#[derive(Debug, Clone)]
pub(super) enum Pools {
    /// One connection writes, since SQLite has one writer at a time and a queue is fairer than its busy loop;
    /// others read, and never wait for it.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres {
        pool: PgPool,
        taker: Taker,
    },
}

impl Db {
    pub(super) fn of_sqlite(writer: SqlitePool, readers: SqlitePool) -> Self {
        Self {
            pools: Pools::Sqlite { writer, readers },
            writes: Writes::default(),
            changes: Changes::default(),
        }
    }

    pub(super) fn is_sqlite(&self) -> bool {
        matches!(self.pools, Pools::Sqlite { .. })
    }
}

/// Runs one reading body on whichever database it is.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match &$db.pools {
            $crate::store::db::Pools::Sqlite { readers: $pool, .. } => $body,
            $crate::store::db::Pools::Postgres { pool: $pool, .. } => $body,
        }
    };
}
pub(super) use on;

/// Runs one writing body in a transaction that is rolled back where the body returns early. SQLite takes its write
/// lock at the start: a transaction that reads first and then fails to upgrade would have to be repeated.
macro_rules! in_transaction {
    ($db:expr, $tx:ident => $body:expr) => {{
        let result = $crate::store::db::on_writer!(
            $db, $crate::store::db::DURABLE, Some($crate::store::changes::NOTIFY), $tx => $body
        );
        $db.changes.note();
        result
    }};
}
pub(super) use in_transaction;

/// Lets a transaction that changes many sources at once be the only one that changes any. Programs that share a database touch
/// them in other orders, and each would wait for the other. It comes first in its transaction.
macro_rules! alone {
    ($db:expr, $tx:ident) => {
        if !$db.is_sqlite() {
            let lock = "lock table source in share row exclusive mode";
            sqlx::query(lock).execute(&mut *$tx).await?;
        }
    };
}
pub(super) use alone;

/// As [`in_transaction`], of what a power cut may undo: leases, turns, and polls that found nothing new, which are only made
/// again. On SQLite it does not wait for the disk; the next transaction that does waits for this one, too. Nobody is told.
macro_rules! in_passing {
    ($db:expr, $tx:ident => $body:expr) => {
        $crate::store::db::on_writer!($db, $crate::store::db::PASSING, None::<&str>, $tx => $body)
    };
}
pub(super) use in_passing;

/// What an update of many rows does on SQLite where one of them breaks a rule: it stops, and the transaction takes back what it did.
/// As SQLite does it by itself, it keeps the pages as they were for itself, in a file.
pub(super) fn or_fail(db: &Db) -> &'static str {
    if db.is_sqlite() { "or fail" } else { "" }
}

/// Runs one writing body on whichever database it is.
macro_rules! on_writer {
    ($db:expr, $disk:expr, $telling:expr, $tx:ident => $body:expr) => {
        match &$db.pools {
            $crate::store::db::Pools::Sqlite { writer: pool, .. } => {
                $crate::store::db::write!($db, pool, None, begin_with($disk), $tx => $body)
            }
            $crate::store::db::Pools::Postgres { pool, .. } => {
                let patience = Some($crate::store::db::WRITE_PATIENCE);
                $crate::store::db::write!($db, pool, patience, begin(), $tx => {
                    let result = $body;
                    if let Some(telling) = $telling {
                        sqlx::query(telling).execute(&mut *$tx).await?;
                    }
                    result
                })
            }
        }
    };
}
pub(super) use on_writer;

/// How a transaction of SQLite begins, and how long it waits for the disk. Each says it anew, so that none can be cut off between
/// two and leave the other's behind; in one message to the connection's thread, since a message costs more than either.
pub(super) const DURABLE: &str = "pragma synchronous = full; begin immediate";
pub(super) const PASSING: &str = "pragma synchronous = normal; begin immediate";

/// Runs one writing body on a connection of a pool.
macro_rules! write {
    ($db:expr, $pool:expr, $patience:expr, $begin:ident($($how:expr)?), $tx:ident => $body:expr) => {{
        let acquired = $pool.acquire().await.map_err($crate::store::StoreError::from);
        $db.writes.note(&acquired);
        let mut connection = acquired?;
        let written = async {
            let mut $tx = sqlx::Connection::$begin(&mut *connection, $($how)?).await?;
            let result = $body;
            $tx.commit().await?;
            Ok(result)
        };
        let written: Result<_, $crate::store::StoreError> = $crate::store::db::in_time($patience, written).await;
        if $db.writes.note(&written) {
            // However that ends, the connection is gone.
            let _ = tokio::time::timeout($crate::store::db::CLOSE_PATIENCE, connection.close()).await;
        }
        written?
    }};
}
pub(super) use write;

/// Waits for a database on another machine, which may fall silent without closing anything, for so long. A file has no such
/// end: what takes long there is a disk that is slow.
pub(super) async fn in_time<T>(
    patience: Option<Duration>,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let Some(patience) = patience else {
        return work.await;
    };
    let done = tokio::time::timeout(patience, work).await;
    done.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into()))
}

/// How long a transaction may take on PostgreSQL. The largest documents take seconds, and the poll loop has a minute until the
/// watchdog takes it for dead.
pub(super) const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// How long a connection is given to say that it ends.
pub(super) const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a writer waits for another before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// How many may read a SQLite file at once; more wait for each other.
const SQLITE_READERS: u32 = 4;

/// PostgreSQL's default allows 100 connections for all its clients together.
const POSTGRES_CONNECTIONS: u32 = 10;

/// How large the log of a SQLite file stays after a burst, in bytes. Twice what is written back at once.
const LOG_BYTES: &str = "16777216";

/// With how many pages of 4 kB the log is written back. A page that changes again meanwhile is written back once, and the disk is
/// waited for once: with SQLite's thousand that took a twelfth of what polls that find nothing new cost.
const LOG_PAGES: &str = "2000";

/// How long a server that is just starting, or not there for a moment, is waited for.
pub(super) const START_PATIENCE: Duration = Duration::from_secs(5);

/// How often that is looked at.
const START_LOOK: Duration = Duration::from_millis(100);

pub(super) async fn open(location: &StoreLocation) -> Result<Db, StoreError> {
    let db = connect(location).await.map_err(|error| StoreError::Open {
        location: location.to_string(),
        why: why(location, &error),
    })?;
    let migrated = versions::migrate(&db).await;
    migrated.map_err(|why| StoreError::Migrate {
        location: location.to_string(),
        why,
    })?;
    Ok(db)
}

/// How a SQLite file is opened that is in its form. Nothing of this writes, so a disk that takes nothing more stops nobody
/// who wants to read.
pub(super) fn file_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // What was told as done is on the disk, whatever happens to the machine.
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", LOG_BYTES)
        .pragma("wal_autocheckpoint", LOG_PAGES)
        .busy_timeout(BUSY_TIMEOUT)
}

async fn connect(location: &StoreLocation) -> Result<Db, sqlx::Error> {
    Ok(match location {
        StoreLocation::Sqlite(path) => {
            let options = file_options(path);
            let mut first = options.clone().create_if_missing(true);
            if path.metadata().map_or(0, |file| file.len()) == 0 {
                // Pages that become free are given back in steps. A file that holds something would have to be copied.
                first = first.auto_vacuum(SqliteAutoVacuum::Incremental);
            }
            // The file remembers the log. Who turns to it needs the file alone, and SQLite itself does not wait for that.
            let first = first.journal_mode(SqliteJournalMode::Wal);
            let connection = patiently(BUSY_TIMEOUT, is_busy, || first.connect()).await?;
            connection.close().await?;
            let writer = SqlitePoolOptions::new().max_connections(1);
            let writer = writer.connect_lazy_with(options.clone());
            let readers = SqlitePoolOptions::new().max_connections(SQLITE_READERS);
            Db::of_sqlite(writer, readers.connect_lazy_with(options))
        }
        StoreLocation::Memory => {
            // One connection, never closed: with it the database would go.
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None);
            let options = SqliteConnectOptions::from_str("sqlite::memory:")?;
            let writer = pool.connect_with(options).await?;
            Db::of_sqlite(writer.clone(), writer)
        }
        StoreLocation::Postgres(url) => {
            // Who falls silent in the middle of a transaction holds what others need, and is sent away by the server.
            let patience = format!("{}s", WRITE_PATIENCE.as_secs());
            let options = PgConnectOptions::from_str(url)?
                .options([("idle_in_transaction_session_timeout", patience)]);
            // A pool tries again and again and then says that it timed out; one connection says why.
            patiently(START_PATIENCE, is_starting, || options.connect())
                .await?
                .close()
                .await?;
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(BUSY_TIMEOUT);
            Db {
                pools: Pools::Postgres {
                    pool: pool.connect_lazy_with(options.clone()),
                    taker: Taker::new(options),
                },
                writes: Writes::default(),
                changes: Changes::default(),
            }
        }
    })
}

/// Tries until it succeeds, fails for another reason than one that passes, or patience ends.
pub(super) async fn patiently<T, E, F: Future<Output = Result<T, E>>>(
    patience: Duration,
    passes: impl Fn(&E) -> bool,
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    let mut looks = patience.as_millis() / START_LOOK.as_millis();
    loop {
        match attempt().await {
            Err(error) if looks > 0 && passes(&error) => {
                looks -= 1;
                tokio::time::sleep(START_LOOK).await;
            }
            result => return result,
        }
    }
}

/// Whether somebody else has the file locked: `SQLITE_BUSY`, with whatever detail.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// Whether a PostgreSQL server is on its way up or down (`cannot_connect_now`, `admin_shutdown`), or not there at all,
/// as in the middle of a restart.
pub(super) fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::NotFound
                | ErrorKind::ConnectionReset
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof
        ),
        error => {
            let code = error.as_database_error().and_then(|error| error.code());
            code.is_some_and(|code| matches!(&*code, "57P03" | "57P01"))
        }
    }
}

/// What the database says, in one sentence, and what to look at.
fn why(location: &StoreLocation, error: &sqlx::Error) -> String {
    let said = match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        error => error.to_string(),
    };
    match location {
        StoreLocation::Sqlite(path) => match path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            Some(folder) if !folder.is_dir() => {
                format!("the folder {} does not exist", folder.display())
            }
            _ => format!("{said} (the file and its folder have to be writable)"),
        },
        StoreLocation::Memory => said,
        StoreLocation::Postgres(_) => {
            format!("{said} (is the server running, and are name and password right?)")
        }
    }
}
