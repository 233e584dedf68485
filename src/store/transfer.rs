//! The whole of a store into another one that is empty: from a file to PostgreSQL, or back.
//!
//! Nothing is washed, rendered or fetched on the way. Invariants: nobody uses the one meanwhile, so nothing that is written
//! to it is missed; the other holds all or nothing, in one transaction; ids, keys, dates and revisions stay what they are,
//! so no reader sees an entry anew; what is there at the end is counted before it is told.

mod tables;

use super::db;
use super::leases;
use super::place::number;
use super::record::storable;
use super::rows;
use super::{Store, StoreError};
use crate::config::StoreLocation;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};
use std::str::FromStr as _;
use tables::{TABLES, Table};

/// How long another program's lock is waited for.
const LOCK_PATIENCE: &str = "set lock_timeout = '5s'";

/// How much is written with one statement, in bytes of rows. One row may be longer.
const PORTION_BYTES: usize = 1 << 20;

/// What a store holds, counted in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transferred {
    /// Each table with its rows.
    pub tables: Vec<(&'static str, u64)>,
}

/// Why nothing was copied. The other store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// One of the two is no place for it.
    #[error("{0}")]
    Elsewhere(String),
    /// Somebody works on the store that is to be copied.
    #[error(
        "another program uses the store {0}: stop Feedwash first, or what it writes meanwhile would be missed"
    )]
    InUse(String),
    /// The other store holds something already.
    #[error("the store {location} holds {sources} sources already: name one that is empty")]
    NotEmpty {
        /// The store.
        location: String,
        /// How many sources it has.
        sources: i64,
    },
    /// One of the two can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It failed on the way.
    #[error("can't copy {from} to {to}: {why}")]
    Copy {
        /// The store.
        from: String,
        /// The other.
        to: String,
        /// What a database says.
        why: String,
    },
}

/// Copies a store into one that is empty, and tells of each table before it is copied.
///
/// # Errors
/// [`TransferError`]; the other store is as it was, but for its form.
pub async fn transfer(
    from: &StoreLocation,
    to: &StoreLocation,
    told: impl FnMut(&'static str),
) -> Result<Transferred, TransferError> {
    if is_same(from, to) {
        let why = format!("{from} is the store that is in use: name another one");
        return Err(TransferError::Elsewhere(why));
    }
    if [from, to].contains(&&StoreLocation::Memory) {
        let why =
            "a store in memory is gone with its process: there is nothing to copy, and nowhere to";
        return Err(TransferError::Elsewhere(why.to_owned()));
    }
    if let StoreLocation::Sqlite(path) = from
        && !path.exists()
    {
        let why = format!("there is no store {from} yet, and so nothing to copy");
        return Err(TransferError::Elsewhere(why));
    }
    let why = |error: sqlx::Error| TransferError::Copy {
        from: from.to_string(),
        to: to.to_string(),
        why: why(&error),
    };
    let in_use = || TransferError::InUse(from.to_string());
    // Whoever uses it, perhaps an older version, finds it as it was; then it is brought to the form of this version.
    let first = alone(from, &["source"]).await.map_err(why)?;
    let first = first.ok_or_else(in_use)?;
    first.close().await.map_err(why)?;
    Store::open(from).await?.close().await;
    let all: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
    let old = alone(from, &all).await.map_err(why)?;
    let mut old = old.ok_or_else(in_use)?;
    Store::open(to).await?.close().await;
    let mut new = Session::open(to).await.map_err(why)?;
    let sources = new.begin_empty().await.map_err(why)?;
    if sources > 0 {
        let location = to.to_string();
        return Err(TransferError::NotEmpty { location, sources });
    }
    let copied = copy(&mut old, &mut new, told).await.map_err(why)?;
    // What was committed is there, however the connections end.
    let _ = (old.close().await, new.close().await);
    Ok(copied)
}

/// Whether two names are one store, as far as that can be told without asking.
fn is_same(from: &StoreLocation, to: &StoreLocation) -> bool {
    match (from, to) {
        (StoreLocation::Sqlite(old), StoreLocation::Sqlite(new)) => {
            old == new || number(old).is_some() && number(old) == number(new)
        }
        (from, to) => from == to,
    }
}

/// What a database says.
fn why(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|error| error.code());
    match code.as_deref() {
        // lock_not_available
        Some("55P03") => {
            "another program uses it, or both are one database by two names".to_owned()
        }
        _ => error.to_string(),
    }
}

/// A session that keeps everybody else out of some tables until its end. `None` where somebody is in.
async fn alone(location: &StoreLocation, tables: &[&str]) -> Result<Option<Session>, sqlx::Error> {
    let mut session = Session::open(location).await?;
    Ok(session.take_alone(tables).await?.then_some(session))
}

/// Copies table by table, and commits.
async fn copy(
    old: &mut Session,
    new: &mut Session,
    mut told: impl FnMut(&'static str),
) -> Result<Transferred, sqlx::Error> {
    // The one row that every store has from its beginning.
    new.execute("delete from upkeep".to_owned()).await?;
    let mut tables = Vec::new();
    for table in TABLES {
        told(table.name);
        let insert = new.insert(table);
        let given = old.highest(table).await?;
        let (mut portion, mut read) = (String::new(), 0);
        let mut rows = old.rows(table);
        while let Some(row) = rows.try_next().await? {
            portion.push(if portion.is_empty() { '[' } else { ',' });
            portion.push_str(&storable(&row));
            read += 1;
            if portion.len() >= PORTION_BYTES {
                new.write(&insert, &mut portion).await?;
            }
        }
        drop(rows);
        if !portion.is_empty() {
            new.write(&insert, &mut portion).await?;
        }
        let there = new.count(table.name).await?;
        if there != read {
            let why = format!(
                "{read} rows of {} were read, and {there} arrived",
                table.name
            );
            return Err(sqlx::Error::Io(std::io::Error::other(why)));
        }
        new.count_on(table, given).await?;
        tables.push((table.name, there));
    }
    new.execute("commit".to_owned()).await?;
    Ok(Transferred { tables })
}

/// A connection of its own to one of the two.
enum Session {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Session {
    async fn open(location: &StoreLocation) -> Result<Self, sqlx::Error> {
        match location {
            StoreLocation::Sqlite(path) => {
                let connection = db::file_options(path).connect().await?;
                Ok(Self::Sqlite(connection))
            }
            StoreLocation::Postgres(url) => {
                let mut connection = PgConnectOptions::from_str(url)?.connect().await?;
                sqlx::query(LOCK_PATIENCE).execute(&mut connection).await?;
                Ok(Self::Postgres(connection))
            }
            StoreLocation::Memory => unreachable!("it was refused before"),
        }
    }

    /// Keeps everybody else out of some tables until the end. False where somebody is in.
    async fn take_alone(&mut self, tables: &[&str]) -> Result<bool, sqlx::Error> {
        match self {
            // Who has the file open, if only to read, shares a lock on it (SQLite, "Write-Ahead Logging", §8).
            Self::Sqlite(connection) => {
                for sql in [
                    "pragma busy_timeout = 1000",
                    "pragma locking_mode = exclusive",
                ] {
                    sqlx::query(sql).execute(&mut *connection).await?;
                }
                match sqlx::query("begin exclusive").execute(connection).await {
                    Ok(_) => Ok(true),
                    Err(error) if db::is_busy(&error) => Ok(false),
                    Err(error) => Err(error),
                }
            }
            Self::Postgres(connection) => {
                let lock = format!("lock table {} in exclusive mode", tables.join(", "));
                for sql in ["begin".to_owned(), lock] {
                    sqlx::query(AssertSqlSafe(sql))
                        .execute(&mut *connection)
                        .await?;
                }
                // Whoever comes now waits for the tables.
                let takers: i64 = sqlx::query_scalar(AssertSqlSafe(leases::takers()))
                    .fetch_one(connection)
                    .await?;
                Ok(takers == 0)
            }
        }
    }

    /// Begins the transaction that writes, and counts the sources that are there.
    async fn begin_empty(&mut self) -> Result<i64, sqlx::Error> {
        let begin = match self {
            Self::Sqlite(_) => "begin immediate",
            Self::Postgres(_) => "begin",
        };
        self.execute(begin.to_owned()).await?;
        if let Self::Postgres(_) = self {
            let lock = "lock table source in exclusive mode";
            self.execute(lock.to_owned()).await?;
        }
        let sources = self.count("source").await?;
        Ok(i64::try_from(sources).unwrap_or(i64::MAX))
    }

    async fn execute(&mut self, sql: String) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => sqlx::query(AssertSqlSafe(sql))
                .execute(connection)
                .await
                .map(drop),
            Self::Postgres(connection) => sqlx::query(AssertSqlSafe(sql))
                .execute(connection)
                .await
                .map(drop),
        }
    }

    async fn count(&mut self, table: &str) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 = match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
        };
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// The rows of a table, each as a JSON object, one after the other: whole tables need no memory.
    fn rows(&mut self, table: &Table) -> BoxStream<'_, Result<String, sqlx::Error>> {
        let is_sqlite = matches!(self, Self::Sqlite(_));
        let pairs = table.columns.iter();
        let pairs =
            pairs.map(|column| format!("'{}', {}", column.0, rows::value_in(is_sqlite, column)));
        let pairs = pairs.collect::<Vec<_>>().join(", ");
        let object = match self {
            Self::Sqlite(_) => format!("json_object({pairs})"),
            Self::Postgres(_) => format!("json_build_object({pairs})::text"),
        };
        let sql = format!("select {object} from {} order by {}", table.name, table.key);
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch(connection),
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch(connection),
        }
    }

    /// The statement that writes rows of a table.
    fn insert(&self, table: &Table) -> String {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let (is_sqlite, own_ids) = match self {
            Self::Sqlite(_) => (true, ""),
            Self::Postgres(_) if table.counts => (false, "overriding system value"),
            Self::Postgres(_) => (false, ""),
        };
        let given = rows::table_in(is_sqlite, "$1", table.columns);
        format!(
            "insert into {} ({names}) {own_ids} select {names} from {given}",
            table.name
        )
    }

    /// Writes the rows of a portion, and empties it.
    async fn write(&mut self, insert: &str, portion: &mut String) -> Result<(), sqlx::Error> {
        portion.push(']');
        let sql = AssertSqlSafe(insert.to_owned());
        match self {
            Self::Sqlite(connection) => {
                sqlx::query(sql).bind(&*portion).execute(connection).await?;
            }
            Self::Postgres(connection) => {
                sqlx::query(sql).bind(&*portion).execute(connection).await?;
            }
        }
        portion.clear();
        Ok(())
    }

    /// The highest id that a table ever gave, where that is more than its rows say: a number that a user was told is given to
    /// nothing else.
    async fn highest(&mut self, table: &Table) -> Result<i64, sqlx::Error> {
        let name = table.name;
        let highest: Option<i64> = match self {
            _ if !table.counts => None,
            // Only a table that promises it is noted there, so the rows of all others say it.
            Self::Sqlite(connection) => {
                let sql = "select seq from sqlite_sequence where name = $1";
                let seq = sqlx::query_scalar(sql).bind(name);
                seq.fetch_optional(connection).await?
            }
            Self::Postgres(connection) => {
                let sql =
                    "select pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass)";
                let last = sqlx::query_scalar(sql).bind(name);
                last.fetch_one(connection).await?
            }
        };
        Ok(highest.unwrap_or_default())
    }

    /// Lets a table count on from the highest id that it has or that was ever given.
    async fn count_on(&mut self, table: &Table, given: i64) -> Result<(), sqlx::Error> {
        if !table.counts {
            return Ok(());
        }
        let name = table.name;
        match self {
            // SQLite notes by itself what a table has; one without rows is not noted yet.
            Self::Sqlite(connection) => {
                let sql = "update sqlite_sequence set seq = max(seq, $2) where name = $1";
                let there = sqlx::query(sql).bind(name).bind(given);
                let there = there.execute(&mut *connection).await?.rows_affected();
                if there == 0 && given > 0 && table.promises {
                    let sql = "insert into sqlite_sequence (name, seq) values ($1, $2)";
                    sqlx::query(sql)
                        .bind(name)
                        .bind(given)
                        .execute(connection)
                        .await?;
                }
            }
            Self::Postgres(connection) => {
                let sql = format!(
                    "select setval(pg_get_serial_sequence('{name}', 'id'), highest) from \
                       (select greatest($1, max(id)) as highest from {name}) as ids where highest > 0"
                );
                sqlx::query(AssertSqlSafe(sql))
                    .bind(given)
                    .execute(connection)
                    .await?;
            }
        }
        Ok(())
    }

    async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}
