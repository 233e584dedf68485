//! Two databases behind one text of SQL: connections, transactions and migrations.

use super::StoreError;
use crate::config::StoreLocation;
use sqlx::migrate::{Migration, MigrationSource, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, SqlSafeStr as _, SqlitePool};
use std::pin::Pin;
use std::str::FromStr as _;
use std::time::Duration;

/// The connections.
#[derive(Debug, Clone)]
pub(super) enum Db {
    /// One connection writes, since SQLite has one writer at a time and a queue is fairer than its busy loop;
    /// others read, and never wait for it.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// Runs one reading body on whichever database it is.
macro_rules! on {
    ($db:expr, $pool:ident => $body:expr) => {
        match &$db {
            $crate::store::db::Db::Sqlite { readers: $pool, .. } => $body,
            $crate::store::db::Db::Postgres($pool) => $body,
        }
    };
}
pub(super) use on;

/// Runs one writing body in a transaction that is rolled back where the body returns early. SQLite takes its write
/// lock at the start: a transaction that reads first and then fails to upgrade would have to be repeated.
macro_rules! in_transaction {
    ($db:expr, $tx:ident => $body:expr) => {
        match &$db {
            $crate::store::db::Db::Sqlite { writer: pool, .. } => {
                let mut $tx = pool.begin_with("begin immediate").await?;
                let result = $body;
                $tx.commit().await?;
                result
            }
            $crate::store::db::Db::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let result = $body;
                $tx.commit().await?;
                result
            }
        }
    };
}
pub(super) use in_transaction;

/// How long a writer waits for another before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// How many may read a SQLite file at once; more wait for each other.
const SQLITE_READERS: u32 = 4;

/// PostgreSQL's default allows 100 connections for all its clients together.
const POSTGRES_CONNECTIONS: u32 = 10;

pub(super) async fn open(location: &StoreLocation) -> Result<Db, StoreError> {
    let failed = |error: sqlx::Error| StoreError::Open {
        location: location.to_string(),
        why: why(location, &error),
    };
    let db = match location {
        StoreLocation::Sqlite(path) => {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(BUSY_TIMEOUT);
            let writer = SqlitePoolOptions::new()
                .max_connections(1)
                .connect_with(options.clone())
                .await;
            let readers = SqlitePoolOptions::new()
                .max_connections(SQLITE_READERS)
                .connect_lazy_with(options);
            Db::Sqlite {
                writer: writer.map_err(failed)?,
                readers,
            }
        }
        StoreLocation::Memory => {
            // One connection, never closed: with it the database would go.
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None);
            let options = SqliteConnectOptions::from_str("sqlite::memory:").map_err(failed)?;
            let writer = pool.connect_with(options).await.map_err(failed)?;
            Db::Sqlite {
                readers: writer.clone(),
                writer,
            }
        }
        StoreLocation::Postgres(url) => {
            let options = PgConnectOptions::from_str(url).map_err(failed)?;
            // A pool tries again and again and then says that it timed out; one connection says why.
            options
                .connect()
                .await
                .map_err(failed)?
                .close()
                .await
                .map_err(failed)?;
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS)
                .acquire_timeout(BUSY_TIMEOUT);
            Db::Postgres(pool.connect_with(options).await.map_err(failed)?)
        }
    };
    let migrated = migrate(&db, VERSIONS).await;
    migrated.map_err(|why| StoreError::Migrate {
        location: location.to_string(),
        why,
    })?;
    Ok(db)
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

/// One version of the database's form, in both dialects; they differ in types only.
struct Version {
    number: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

const VERSIONS: &[Version] = &[
    Version {
        number: 1,
        sqlite: include_str!("migrations/sqlite/0001_first.sql"),
        postgres: include_str!("migrations/postgres/0001_first.sql"),
    },
    Version {
        number: 2,
        sqlite: include_str!("migrations/sqlite/0002_lines.sql"),
        postgres: include_str!("migrations/postgres/0002_lines.sql"),
    },
    Version {
        number: 3,
        sqlite: include_str!("migrations/sqlite/0003_restored.sql"),
        postgres: include_str!("migrations/postgres/0003_restored.sql"),
    },
    Version {
        number: 4,
        sqlite: include_str!("migrations/sqlite/0004_keep.sql"),
        postgres: include_str!("migrations/postgres/0004_keep.sql"),
    },
    Version {
        number: 5,
        sqlite: include_str!("migrations/sqlite/0005_shared_lines.sql"),
        postgres: include_str!("migrations/postgres/0005_shared_lines.sql"),
    },
    Version {
        number: 6,
        sqlite: include_str!("migrations/sqlite/0006_pace.sql"),
        postgres: include_str!("migrations/postgres/0006_pace.sql"),
    },
];

#[derive(Debug)]
struct Migrations(Vec<Migration>);

impl MigrationSource<'static> for Migrations {
    fn resolve(
        self,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Migration>, sqlx::error::BoxDynError>> + Send>>
    {
        Box::pin(async move { Ok(self.0) })
    }
}

async fn migrate(db: &Db, versions: &[Version]) -> Result<(), String> {
    let migration = |version: &Version| {
        let sql = if matches!(db, Db::Sqlite { .. }) {
            version.sqlite
        } else {
            version.postgres
        };
        Migration::new(
            version.number,
            "".into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    let migrations = Migrations(versions.iter().map(migration).collect());
    let migrator = Migrator::new(migrations)
        .await
        .map_err(|error| error.to_string())?;
    let migrated = match db {
        Db::Sqlite { writer, .. } => migrator.run(writer).await,
        Db::Postgres(pool) => migrator.run(pool).await,
    };
    migrated.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(version) => {
            format!("it has form {version} of a newer Feedwash; install that version, or name another store")
        }
        error => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn fingerprints_of_before_become_their_bits() {
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect("sqlite::memory:").await.unwrap();
        let db = Db::Sqlite {
            readers: writer.clone(),
            writer: writer.clone(),
        };
        migrate(&db, &VERSIONS[..3]).await.unwrap();
        let prints = [0, 1, 0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210, u64::MAX];
        sqlx::query("insert into source (id, name, url) values (1, 'press', 'u')")
            .execute(&writer)
            .await
            .unwrap();
        for print in prints {
            let sql = "insert into restored (source_id, field, print, pass, before_text, created_at) \
                       values (1, 'content', $1, 'ads', 'x', 2)";
            let print = crate::model::Fingerprint(print).to_string();
            sqlx::query(sql).bind(print).execute(&writer).await.unwrap();
        }
        migrate(&db, VERSIONS).await.unwrap();
        let rows: Vec<(i64, i64)> = sqlx::query_as("select id, print from restored order by id")
            .fetch_all(&writer)
            .await
            .unwrap();
        let bits = prints.map(|print| i64::from_ne_bytes(print.to_ne_bytes()));
        assert_eq!(rows, (1..).zip(bits).collect::<Vec<_>>());
    }
}
