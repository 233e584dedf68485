//! Versions of the database's form, and how a database comes to the newest.
//!
//! Invariants: all versions that are missing are written in one transaction, so an upgrade that fails or is cut off leaves
//! the old form; several programs that start at once wait for each other; a form that this program does not know is left alone.

use super::db::{self, Db, Pools};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationSource, MigrationType, Migrator};
use std::pin::Pin;

/// One version of the database's form, in both dialects; they differ in types, and in what only programs that share a database need.
struct Version {
    number: i64,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Version {
    fn of(&self, db: &Db) -> Migration {
        let sql = if db.is_sqlite() {
            self.sqlite
        } else {
            self.postgres
        };
        let kind = MigrationType::Simple;
        Migration::new(self.number, "".into(), kind, sql.into_sql_str(), false)
    }
}

/// A version by its number and the name of its file, which is the same in both dialects.
macro_rules! version {
    ($number:literal, $file:literal) => {
        Version {
            number: $number,
            sqlite: include_str!(concat!("migrations/sqlite/", $file)),
            postgres: include_str!(concat!("migrations/postgres/", $file)),
        }
    };
}

const VERSIONS: &[Version] = &[
    version!(1, "0001_first.sql"),
    version!(2, "0002_lines.sql"),
    version!(3, "0003_restored.sql"),
    version!(4, "0004_keep.sql"),
    version!(5, "0005_shared_lines.sql"),
    version!(6, "0006_pace.sql"),
    version!(7, "0007_upkeep.sql"),
    version!(8, "0008_since.sql"),
    version!(9, "0009_team.sql"),
    version!(10, "0010_packed.sql"),
    version!(11, "0011_dictionary.sql"),
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

/// The number of the lock that a program holds on a PostgreSQL database while it upgrades: the letters "feed".
const LOCK: i64 = 0x6665_6564;

/// Brings a database to the newest form.
pub(super) async fn migrate(db: &Db) -> Result<(), String> {
    migrate_to(db, VERSIONS).await
}

async fn migrate_to(db: &Db, versions: &[Version]) -> Result<(), String> {
    let migrations = Migrations(versions.iter().map(|version| version.of(db)).collect());
    let migrator = Migrator::new(migrations).await;
    let mut migrator = migrator.map_err(|error| error.to_string())?;
    // Its lock would be let go before the transaction ends.
    migrator.set_locking(false);
    let passes = |error: &MigrateError| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            db::is_starting(error)
        }
        _ => false,
    };
    let result = db::patiently(db::START_PATIENCE, passes, || run(db, &migrator)).await;
    let newest = versions.last().map_or(0, |version| version.number);
    result.map_err(|error| match error {
        MigrateError::VersionMissing(version) => format!(
            "a newer Feedwash made it (its form is {version}, and Feedwash {} knows forms up to {newest}); nothing was \
             changed: install the newer version again, or start with a backup from before the upgrade, or with another store.url",
            env!("CARGO_PKG_VERSION")
        ),
        MigrateError::VersionMismatch(version) => format!(
            "its form {version} is not the one of this program: it was made by a version that was never published; \
             nothing was changed: start with another store.url"
        ),
        error => format!("{error}; nothing was changed"),
    })
}

/// Applies what is missing, in one transaction.
async fn run(db: &Db, migrator: &Migrator) -> Result<(), MigrateError> {
    match &db.pools {
        Pools::Sqlite { writer, .. } => {
            let mut tx = writer.begin_with("begin immediate").await?;
            migrator.run_direct(None, &mut *tx, false).await?;
            tx.commit().await?;
        }
        Pools::Postgres { pool, .. } => {
            let mut tx = pool.begin().await?;
            let lock = sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK);
            lock.execute(&mut *tx).await?;
            migrator.run_direct(None, &mut *tx, false).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, StoreLocation};
    use crate::model::{Response, Rules};
    use crate::store::pack::pack_both;
    use crate::store::record::to_json;
    use crate::store::write::THERE;
    use crate::store::{Finish, Recording, Store};
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    use std::collections::HashMap;

    #[tokio::test]
    async fn fingerprints_of_before_become_their_bits() {
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect("sqlite::memory:").await.unwrap();
        let db = Db::of_sqlite(writer.clone(), writer.clone());
        migrate_to(&db, &VERSIONS[..3]).await.unwrap();
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
        migrate(&db).await.unwrap();
        let rows: Vec<(i64, i64)> = sqlx::query_as("select id, print from restored order by id")
            .fetch_all(&writer)
            .await
            .unwrap();
        let bits = prints.map(|print| i64::from_ne_bytes(print.to_ne_bytes()));
        assert_eq!(rows, (1..).zip(bits).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn entries_of_before_they_were_packed_are_read_and_carried_over() {
        let folder = tempfile::tempdir().unwrap();
        let location = |name: &str| StoreLocation::Sqlite(folder.path().join(name));
        let options = SqliteConnectOptions::new()
            .filename(folder.path().join("old"))
            .create_if_missing(true);
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect_with(options).await.unwrap();
        let db = Db::of_sqlite(writer.clone(), writer.clone());
        migrate_to(&db, &VERSIONS[..8]).await.unwrap();
        for sql in [
            "insert into source (id, name, url, raw, clean) values (1, 'press', 'u', '{}', '{}')",
            r#"insert into entry (source_id, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, rules_version, raw, clean)
               values (1, 'k', 1, 1, 1, 0, '', '', '', '{"key":"k","link":"raw"}', '{"key":"k","link":"clean"}')"#,
            "insert into removal (entry_id, number, field, pass, rule, before_text) values (1, 1, 'content', 'ads', 'p', 'x')",
        ] {
            sqlx::query(sql).execute(&writer).await.unwrap();
        }
        writer.close().await;
        Store::open(&location("old")).await.unwrap().close().await;
        crate::store::transfer(&location("old"), &location("new"), |_| ())
            .await
            .unwrap();
        for name in ["old", "new"] {
            let store = Store::open(&location(name)).await.unwrap();
            let feed = store.feed(1, 0, 9).await.unwrap().feed;
            assert_eq!(feed.entries[0].link.as_deref(), Some("clean"), "{name}");
            let both = store.before_after(1, "k").await.unwrap().unwrap();
            let links = [both.raw.link, both.clean.link];
            assert_eq!(links.map(Option::unwrap), ["raw", "clean"], "{name}");
            assert_eq!(both.removals[0].before, "x", "{name}");
            let source = store.source("press").await.unwrap().unwrap();
            assert_eq!(store.removals(&source).await.unwrap(), both.removals);
            let status = store.statuses().await.unwrap().swap_remove(0);
            assert_eq!((status.entries, status.removals), (1, 1), "{name}");
            let account = store.account(1, 9).await.unwrap();
            assert_eq!(account.passes[0].name, "ads");
            store.close().await;
        }
    }

    #[tokio::test]
    async fn entries_of_before_there_were_dictionaries_are_the_same_to_a_poll() {
        let body = "<rss version='2.0'><channel><title>T</title><item><guid>1</guid><title>A</title>\
                    <description>&lt;p&gt;A story.&lt;/p&gt;</description></item></channel></rss>";
        let response = Response {
            url: None,
            content_type: None,
            body: body.into(),
        };
        let washed = crate::wash::wash(&response, &Rules::default()).unwrap();
        let recording = || Recording::new(&washed, "rules-1");
        let hashes: Vec<HashMap<String, String>> =
            serde_json::from_str(&recording().hashes()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true);
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect_with(options).await.unwrap();
        let db = Db::of_sqlite(writer.clone(), writer.clone());
        migrate_to(&db, &VERSIONS[..10]).await.unwrap();
        let config = Config::from_toml(
            "[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\n",
            std::path::Path::new("/nowhere"),
            None,
        );
        sqlx::query("insert into source (id, name, url, raw, clean, rules_version) values (1, 'press', 'https://press.example/', '{}', '{}', 'rules-1')")
            .execute(&writer)
            .await
            .unwrap();
        // Hashes were longer.
        let longer = |name: &str| format!("{}0123456789abcdef", hashes[0][name]);
        let [raw, clean] = [&washed.raw, &washed.clean].map(|feed| to_json(&feed.entries[0]));
        sqlx::query(
            "insert into entry (source_id, key, first_seen_at, changed_at, sort_at, position, raw_hash, story_hash, rules_version, raw, clean, packed) \
             values (1, $1, 1, 1, 1, 0, $2, $3, 'rules-1', '', '', $4)",
        )
        .bind(&hashes[0]["key"])
        .bind(longer("raw_hash"))
        .bind(longer("story_hash"))
        .bind(pack_both(&raw, &clean))
        .execute(&writer)
        .await
        .unwrap();
        sqlx::query("insert into removal (entry_id, number, field, pass, rule, before_text) values (1, 1, 'content', 'ads', 'p', 'x')")
            .execute(&writer)
            .await
            .unwrap();
        writer.close().await;

        let store = Store::open(&StoreLocation::Sqlite(path)).await.unwrap();
        let now = jiff::Timestamp::from_second(1_790_000_000).unwrap();
        store.sync(&config.unwrap(), now).await.unwrap();
        let lease = std::time::Duration::from_secs(60);
        let source = store
            .take("press", true, lease, now)
            .await
            .unwrap()
            .unwrap();
        let finish = Finish {
            recording: Some(recording()),
            outcome: "changed",
            ..Finish::default()
        };
        let recorded = store.finish(&source, &finish, now).await.unwrap();
        assert!(recorded.is_nothing(), "{recorded:?}");
        let both = store
            .before_after(1, &hashes[0]["key"])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (both.raw, both.clean),
            (
                washed.raw.entries[0].clone(),
                washed.clean.entries[0].clone()
            )
        );
        assert_eq!(both.removals[0].before, "x");
        let status = store.statuses().await.unwrap().swap_remove(0);
        assert_eq!((status.entries, status.removals), (1, 1));
        store.close().await;
    }

    /// How SQLite goes about a statement.
    async fn plan(store: &Store, sql: &str) -> String {
        let Pools::Sqlite { readers, .. } = &store.db.pools else {
            unreachable!("it is a file");
        };
        let sql = format!("explain query plan {sql}");
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(readers)
            .await
            .unwrap();
        rows.into_iter().map(|row| row.3 + "\n").collect()
    }

    #[tokio::test]
    async fn what_is_in_a_document_is_found_without_a_look_at_what_was() {
        let store = Store::open(&StoreLocation::Memory).await.unwrap();
        for columns in ["count(*)", "key, raw_hash, left_at"] {
            let plan = plan(&store, &format!("select {columns} from {THERE}")).await;
            assert!(plan.contains("entry_there"), "{plan}");
        }
        let newest = "select sort_at, taken from entry where source_id = 1 and sort_at > 5";
        let plan = plan(&store, newest).await;
        assert!(plan.contains("COVERING INDEX entry_newest"), "{plan}");
    }

    #[tokio::test]
    async fn an_upgrade_that_fails_leaves_the_old_form() {
        let writer = SqlitePoolOptions::new().max_connections(1);
        let writer = writer.connect("sqlite::memory:").await.unwrap();
        let db = Db::of_sqlite(writer.clone(), writer.clone());
        migrate_to(&db, &VERSIONS[..2]).await.unwrap();
        let form = async || -> Vec<(String, Option<String>)> {
            let sql = "select name, sql from sqlite_schema order by name";
            sqlx::query_as(sql).fetch_all(&writer).await.unwrap()
        };
        let before = form().await;
        // The third is good, and is undone with the fourth, which is not.
        let number = |number: i64, sql: &'static str| Version {
            number,
            sqlite: sql,
            postgres: sql,
        };
        let broken = [
            number(1, VERSIONS[0].sqlite),
            number(2, VERSIONS[1].sqlite),
            number(3, VERSIONS[2].sqlite),
            number(
                4,
                "create table good (id integer); create table source (id integer);",
            ),
        ];
        let why = migrate_to(&db, &broken).await.unwrap_err();
        assert!(
            why.contains("already exists") && why.contains("nothing was changed"),
            "{why}"
        );
        assert_eq!(form().await, before);
        migrate(&db).await.unwrap();
    }
}
