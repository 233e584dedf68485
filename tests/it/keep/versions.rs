//! Upgrades: a stored database of the first version, and one of a version to come.

use super::*;
use crate::store::in_schema;
use feedwash::model::Field;
use feedwash::store::StoreError;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

const ROWS: &str = include_str!("rows.sql");

/// Everything that a user of the first version had is there, and goes on as if nothing had happened.
async fn is_whole(store: &Store) {
    let entry = |id: &str, title: &str| (Some(id.to_owned()), title.to_owned());
    let entries = [
        entry("num-000007", "The lamp"),
        entry("id-2", "The harbour"),
    ];
    assert_eq!(published(store, "press").await, entries);
    let heading = store.heading("press").await.unwrap().unwrap();
    assert_eq!((heading.id, heading.revision), (1, 7));

    let source = store.source("press").await.unwrap().unwrap();
    assert_eq!(source.validators.etag.as_deref(), Some("\"v1\""));
    assert_eq!(source.body_hash.as_deref(), Some("b0d7"));
    assert_eq!(source.rules_version, "rules-1");
    assert_eq!(source.pace.ttl_seconds, Some(1800));
    assert!(!source.is_new);
    let removals = store.removals(&source).await.unwrap();
    assert_eq!(removals.len(), 1);
    assert_eq!(removals[0].before, "<p>Leave a Reply</p>");
    assert_eq!(removals[0].field, Field::Content);

    let statuses = store.statuses().await.unwrap();
    let statuses: Vec<_> = statuses
        .iter()
        .map(|s| (&*s.name, &*s.outcome, s.entries, s.removals))
        .collect();
    assert_eq!(
        statuses,
        [("gone", "gone", 0, 0), ("press", "changed", 2, 1)]
    );
    assert!(store.source("former").await.unwrap().is_none());
    assert!(
        store.heading("former").await.unwrap().is_some(),
        "it is known to have been"
    );

    // What is polled now goes to the same places: one entry is edited, one is new, none is doubled.
    store.sync(&press(), NOW).await.unwrap();
    let document = rss(&[
        ("id-9", "The mole", "<p>x</p>"),
        ("num-000007", "The lamp", "<p>y</p>"),
    ]);
    publish(store, "press", &washed(&document), NOW).await;
    assert_eq!(published(store, "press").await.len(), 3);
    // An entry that left before the upgrade goes when its days are over.
    assert_eq!(store.prune(90, after(0)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_file_of_the_first_version_is_upgraded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut old = SqliteConnection::connect(&url).await.unwrap();
    for sql in [include_str!("form_1.sqlite.sql"), ROWS] {
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut old)
            .await
            .unwrap();
    }
    old.close().await.unwrap();
    let store = Store::open(&StoreLocation::Sqlite(path.clone()))
        .await
        .unwrap();
    is_whole(&store).await;
    store.close().await;
    // The second start finds nothing to do.
    let store = Store::open(&StoreLocation::Sqlite(path)).await.unwrap();
    assert_eq!(published(&store, "press").await.len(), 2);
    store.close().await;
}

#[tokio::test]
async fn a_postgresql_database_of_the_first_version_is_upgraded() {
    in_schema(async |connection, location| {
        // The rows bring their own numbers, as those of a dump do.
        let rows = ROWS.replace("\nvalues", "\noverriding system value\nvalues");
        for sql in [include_str!("form_1.postgres.sql"), &rows] {
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        for table in ["source", "entry"] {
            let sql = format!("select setval(pg_get_serial_sequence('{table}', 'id'), 100)");
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut *connection)
                .await
                .unwrap();
        }
        let store = Store::open(location).await.unwrap();
        is_whole(&store).await;
        store.close().await;
    })
    .await;
}

/// A row of a version to come, which both databases understand.
const NEWER: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                     select 99, '', success, checksum, 1 from _sqlx_migrations where version = 1";

#[track_caller]
fn is_refused(opened: Result<Store, StoreError>) {
    let error = opened.expect_err("it is newer");
    assert!(matches!(error, StoreError::Migrate { .. }), "{error}");
    let said = error.to_string();
    for word in [
        "newer Feedwash",
        "form is 99",
        env!("CARGO_PKG_VERSION"),
        "nothing was changed",
        "backup",
    ] {
        assert!(said.contains(word), "nothing about {word}: {said}");
    }
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let location = file(folder.path(), "feedwash.db");
    Store::open(&location).await.unwrap().close().await;
    let path = folder.path().join("feedwash.db");
    let url = format!("sqlite:{}", path.display());
    let mut newer = SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(NEWER).execute(&mut newer).await.unwrap();
    newer.close().await.unwrap();
    let held = async || -> Vec<(String, Option<String>)> {
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        let sql = "select name, sql from sqlite_schema union all select cast(version as text), null from _sqlx_migrations order by 1";
        sqlx::query_as(sql)
            .fetch_all(&mut connection)
            .await
            .unwrap()
    };
    let before = held().await;
    is_refused(Store::open(&location).await);
    assert_eq!(held().await, before);
}

#[tokio::test]
async fn a_newer_postgresql_database_is_refused() {
    in_schema(async |connection, location| {
        Store::open(location).await.unwrap().close().await;
        sqlx::raw_sql(NEWER)
            .execute(&mut *connection)
            .await
            .unwrap();
        is_refused(Store::open(location).await);
    })
    .await;
}

/// Opens one new store from many places at once, and polls from all of them.
async fn all_open(location: &StoreLocation) {
    let openings = (0..8).map(|_| {
        let location = location.clone();
        tokio::spawn(async move { Store::open(&location).await })
    });
    let mut stores = Vec::new();
    for opening in openings.collect::<Vec<_>>() {
        stores.push(opening.await.unwrap().unwrap());
    }
    for store in &stores {
        store.sync(&press(), NOW).await.unwrap();
    }
    publish(&stores[0], "press", &washed(&many(3)), NOW).await;
    for store in &stores {
        assert_eq!(published(store, "press").await.len(), 3);
        store.close().await;
    }
}

#[tokio::test]
async fn several_may_start_at_once_on_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    all_open(&file(folder.path(), "feedwash.db")).await;
}

#[tokio::test]
async fn several_may_start_at_once_on_postgresql() {
    in_schema(async |_, location| all_open(location).await).await;
}

/// Takes a source with one program, lets it die, and gives whether another program has the source at once.
#[tokio::test]
async fn what_a_program_had_taken_that_died_is_given_back_at_once() {
    in_schema(async |_, location| {
        let dying = Store::open(location).await.unwrap();
        let other = Store::open(location).await.unwrap();
        dying.sync(&press(), NOW).await.unwrap();
        assert_eq!(dying.due(5, LEASE, NOW).await.unwrap().len(), 1);
        assert!(
            other.due(5, LEASE, NOW).await.unwrap().is_empty(),
            "it is being polled"
        );
        // However it ends, its sessions end with it.
        dying.close().await;
        let mut seconds = 0;
        until("it is given back", async || {
            // A program looks once a second. The lease would go on for minutes.
            seconds = (seconds + 1) % 60;
            let due = other.due(5, LEASE, after(seconds)).await.unwrap();
            due.into_iter().next()
        })
        .await;
    })
    .await;
}
