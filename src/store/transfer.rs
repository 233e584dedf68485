//! The whole of a store into another one that is empty: from a file to PostgreSQL, or back.
//!
//! Nothing is washed, rendered or fetched on the way. Invariants: nobody uses the one meanwhile, so nothing that is written
//! to it is missed; the other holds all or nothing, in one transaction; ids, keys, dates and revisions stay what they are,
//! so no reader sees an entry anew; what is there at the end is counted before it is told.

use super::db;
use super::leases;
use super::record::storable;
use super::rows::{self, Column};
use super::{Store, StoreError};
use crate::config::StoreLocation;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};
use std::str::FromStr as _;

/// How much is written with one statement, in bytes of rows. One row may be longer.
const PORTION_BYTES: usize = 1 << 20;

/// A table, with what is carried over.
struct Table {
    name: &'static str,
    columns: &'static [Column],
    /// In which order its rows are read.
    key: &'static str,
    /// PostgreSQL counts its ids by itself, and goes on from the highest.
    counts: bool,
}

/// Every table, those before that others refer to. What is left out says who is at work at this moment: leases, and the trial
/// of a full disk.
const TABLES: &[Table] = &[
    Table {
        name: "source",
        columns: &[
            ("id", "bigint"),
            ("name", "text"),
            ("url", "text"),
            ("published_as", "text"),
            ("next_poll_at", "bigint"),
            ("next_poll_reason", "text"),
            ("retry_after_until", "bigint"),
            ("etag", "text"),
            ("last_modified", "text"),
            ("body_hash", "text"),
            ("rules_version", "text"),
            ("failures", "bigint"),
            ("pace", "text"),
            ("last_poll_at", "bigint"),
            ("last_success_at", "bigint"),
            ("outcome", "text"),
            ("detail", "text"),
            ("revision", "bigint"),
            ("changed_at", "bigint"),
            ("head_hash", "text"),
            ("raw", "text"),
            ("clean", "text"),
            ("warnings", "text"),
            ("removals", "text"),
            ("removed_at", "bigint"),
            ("counted", "bigint"),
            ("restored_revision", "bigint"),
            ("cut_since", "bigint"),
            ("moved", "text"),
            ("downgraded_to", "text"),
            ("site", "text"),
            ("answering_site", "text"),
            ("failure", "text"),
            ("doubt", "text"),
            ("trusted", "bigint"),
            ("failing_since", "bigint"),
            ("downgraded_since", "bigint"),
        ],
        key: "id",
        counts: true,
    },
    Table {
        name: "entry",
        columns: &[
            ("id", "bigint"),
            ("source_id", "bigint"),
            ("key", "text"),
            ("first_seen_at", "bigint"),
            ("left_at", "bigint"),
            ("changed_at", "bigint"),
            ("sort_at", "bigint"),
            ("position", "bigint"),
            ("raw_hash", "text"),
            ("story_hash", "text"),
            ("updated_at", "bigint"),
            ("rules_version", "text"),
            ("raw", "text"),
            ("clean", "text"),
        ],
        key: "id",
        counts: true,
    },
    Table {
        name: "removal",
        columns: &[
            ("entry_id", "bigint"),
            ("number", "bigint"),
            ("field", "text"),
            ("pass", "text"),
            ("rule", "text"),
            ("evidence", "text"),
            ("before_text", "text"),
            ("after_text", "text"),
        ],
        key: "entry_id, number",
        counts: false,
    },
    Table {
        name: "poll",
        columns: &[
            ("id", "bigint"),
            ("source_id", "bigint"),
            ("started_at", "bigint"),
            ("duration_ms", "bigint"),
            ("outcome", "text"),
            ("detail", "text"),
            ("new_entries", "bigint"),
            ("updated_entries", "bigint"),
        ],
        key: "id",
        counts: true,
    },
    Table {
        name: "line",
        columns: &[
            ("source_id", "bigint"),
            ("print", "bigint"),
            ("entries", "bigint"),
        ],
        key: "source_id, print",
        counts: false,
    },
    Table {
        name: "restored",
        columns: &[
            ("id", "bigint"),
            ("source_id", "bigint"),
            ("entry_key", "text"),
            ("field", "text"),
            ("print", "bigint"),
            ("pass", "text"),
            ("before_text", "text"),
            ("created_at", "bigint"),
        ],
        key: "id",
        counts: true,
    },
    Table {
        name: "hold",
        columns: &[("site", "text"), ("until", "bigint")],
        key: "site",
        counts: false,
    },
    Table {
        name: "upkeep",
        columns: &[("id", "bigint"), ("clock", "bigint"), ("wall", "bigint")],
        key: "id",
        counts: false,
    },
];

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

/// Copies a store into one that is empty, and tells of each table that is done.
///
/// # Errors
/// [`TransferError`]; the other store is as it was, but for its form.
pub async fn transfer(
    from: &StoreLocation,
    to: &StoreLocation,
    told: impl FnMut(&'static str, u64),
) -> Result<Transferred, TransferError> {
    if from == to {
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
    // Both are brought to the form of this version first.
    for location in [from, to] {
        Store::open(location).await?.close().await;
    }
    let why = |error: sqlx::Error| TransferError::Copy {
        from: from.to_string(),
        to: to.to_string(),
        why: error.to_string(),
    };
    let mut old = Session::open(from).await.map_err(why)?;
    if !old.take_alone().await.map_err(why)? {
        return Err(TransferError::InUse(from.to_string()));
    }
    let mut new = Session::open(to).await.map_err(why)?;
    let sources = new.begin_empty().await.map_err(why)?;
    if sources > 0 {
        let location = to.to_string();
        return Err(TransferError::NotEmpty { location, sources });
    }
    let copied = copy(&mut old, &mut new, told).await.map_err(why)?;
    old.close().await.map_err(why)?;
    new.close().await.map_err(why)?;
    Ok(copied)
}

/// Copies table by table, and commits.
async fn copy(
    old: &mut Session,
    new: &mut Session,
    mut told: impl FnMut(&'static str, u64),
) -> Result<Transferred, sqlx::Error> {
    // The one row that every store has from its beginning.
    new.execute("delete from upkeep".to_owned()).await?;
    let mut tables = Vec::new();
    for table in TABLES {
        let insert = new.insert(table);
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
        new.count_on(table).await?;
        told(table.name, there);
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
        Ok(match location {
            StoreLocation::Sqlite(path) => Self::Sqlite(db::file_options(path).connect().await?),
            StoreLocation::Postgres(url) => {
                Self::Postgres(PgConnectOptions::from_str(url)?.connect().await?)
            }
            StoreLocation::Memory => unreachable!("it was refused before"),
        })
    }

    /// Keeps everybody else out until the end. False where somebody is in.
    async fn take_alone(&mut self) -> Result<bool, sqlx::Error> {
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
                let users: i64 = sqlx::query_scalar(AssertSqlSafe(leases::takers()))
                    .fetch_one(&mut *connection)
                    .await?;
                if users > 0 {
                    return Ok(false);
                }
                let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
                let lock = format!("lock table {} in exclusive mode", names.join(", "));
                for sql in ["begin".to_owned(), lock] {
                    sqlx::query(AssertSqlSafe(sql))
                        .execute(&mut *connection)
                        .await?;
                }
                Ok(true)
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
        let pairs = table
            .columns
            .iter()
            .map(|(name, _)| format!("'{name}', {name}"));
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

    /// Lets PostgreSQL count on from the highest id. SQLite does so by itself.
    async fn count_on(&mut self, table: &Table) -> Result<(), sqlx::Error> {
        let Self::Postgres(_) = self else {
            return Ok(());
        };
        if !table.counts {
            return Ok(());
        }
        let name = table.name;
        let sql = format!(
            "select setval(pg_get_serial_sequence('{name}', 'id'), max(id)) from {name} having max(id) is not null"
        );
        self.execute(sql).await
    }

    async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::db::Pools;
    use super::*;
    use std::collections::BTreeSet;

    /// What says who is at work at this moment.
    const LEFT_OUT: &[(&str, &str)] = &[
        ("source", "leased_until"),
        ("source", "leased_by"),
        ("upkeep", "filler"),
    ];

    #[tokio::test]
    async fn every_column_of_every_table_is_carried_over() {
        let store = Store::open(&StoreLocation::Memory).await.expect("a store");
        let Pools::Sqlite { readers, .. } = &store.db.pools else {
            unreachable!("it is in memory");
        };
        let sql = "select m.name, c.name from sqlite_schema m join pragma_table_info(m.name) c where m.type = 'table' \
                   and m.name not like 'sqlite_%' and m.name not like '_sqlx_%'";
        let there: Vec<(String, String)> = sqlx::query_as(sql)
            .fetch_all(readers)
            .await
            .expect("a list");
        let there: BTreeSet<(&str, &str)> = there
            .iter()
            .map(|(table, column)| (&**table, &**column))
            .collect();
        let carried = TABLES.iter().flat_map(|table| {
            table
                .columns
                .iter()
                .map(|(column, _)| (table.name, *column))
        });
        let carried: BTreeSet<(&str, &str)> = carried.chain(LEFT_OUT.iter().copied()).collect();
        assert_eq!(carried, there);
    }
}
