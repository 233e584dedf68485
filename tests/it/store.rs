//! The store, one suite on each database: SQLite in a file and in memory, and PostgreSQL where
//! `FEEDWASH_TEST_POSTGRES` names a database in which schemas may be made.

use crate::support::{
    LEASE, NOW, after, channel, config, fine, item, recording, rss, skip, washed,
};
use feedwash::config::{Config, StoreLocation};
use feedwash::identity;
use feedwash::model::{Entry, Feed, Field, Removal, Text, Validators, Washed};
use feedwash::store::{Finish, Heading, Recorded, Recording, Source, Status, Store, StoreError};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

/// Runs every case on every database.
macro_rules! suite {
    ($($case:ident),+ $(,)?) => {
        mod in_a_file {
            $(#[tokio::test] async fn $case() { super::in_a_file(super::$case).await })+
        }
        mod in_memory {
            $(#[tokio::test] async fn $case() { super::in_memory(super::$case).await })+
        }
        mod in_postgres {
            $(#[tokio::test] async fn $case() { super::in_postgres(super::$case).await })+
        }
    };
}

suite! {
    new_updated_and_unchanged_entries_are_counted,
    nothing_is_written_for_an_unchanged_document,
    a_new_date_a_counter_and_a_build_date_are_no_news,
    a_changed_head_is_published_and_no_entry_announced,
    an_edit_without_a_date_is_dated_by_us,
    keys_stay_and_no_entry_is_doubled,
    removals_are_stored_and_replaced,
    newest_stand_first_and_future_dates_where_they_were_first_seen,
    undated_entries_keep_the_order_of_their_document,
    pages_hold_every_entry_once,
    a_source_is_due_for_one_taker_at_a_time,
    many_takers_never_share_a_source,
    a_source_given_back_is_due_again,
    a_named_source_is_left_alone_after_retry_after_and_410,
    a_new_address_starts_anew_and_keeps_the_entries,
    a_source_that_left_is_removed_and_may_come_back,
    prune_deletes_what_left_long_ago_and_nothing_of_the_newest_document,
    a_failing_write_leaves_everything_as_it_was,
    validators_stay_change_and_go,
    statuses_tell_how_each_source_fares,
    new_rules_change_no_date_and_announce_nothing,
    odd_characters_come_back_as_they_were,
    a_document_with_zero_characters_is_kept,
    an_entry_of_two_megabytes_is_kept,
    a_name_that_no_source_can_have_is_unknown,
    a_restart_ends_the_leases_of_a_store_of_ones_own,
}

async fn in_a_file(case: impl AsyncFnOnce(Store)) {
    let folder = tempfile::tempdir().unwrap();
    let location = StoreLocation::Sqlite(folder.path().join("feedwash.db"));
    let store = Store::open(&location).await.unwrap();
    case(store.clone()).await;
    store.close().await;
}

async fn in_memory(case: impl AsyncFnOnce(Store)) {
    case(Store::open(&StoreLocation::Memory).await.unwrap()).await;
}

/// Runs a case in a schema of its own, which is dropped whatever happens.
async fn in_postgres(case: impl AsyncFnOnce(Store)) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(database) = std::env::var("FEEDWASH_TEST_POSTGRES") else {
        skip("set FEEDWASH_TEST_POSTGRES to a postgres:// URL to test the store on it");
        return;
    };
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let schema = format!("feedwash_test_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(&database).await.unwrap();
    let create = format!("create schema {schema}");
    sqlx::query(AssertSqlSafe(create))
        .execute(&mut connection)
        .await
        .unwrap();
    let mut url = url::Url::parse(&database).unwrap();
    url.query_pairs_mut()
        .append_pair("options", &format!("-c search_path={schema}"));
    let run = async {
        let store = Store::open(&StoreLocation::Postgres(url.into()))
            .await
            .unwrap();
        case(store.clone()).await;
        store.close().await;
    };
    let result = AssertUnwindSafe(run).catch_unwind().await;
    let drop = format!("drop schema {schema} cascade");
    sqlx::query(AssertSqlSafe(drop))
        .execute(&mut connection)
        .await
        .unwrap();
    if let Err(panic) = result {
        resume_unwind(panic);
    }
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let location = StoreLocation::Sqlite(folder.path().join("feedwash.db"));
    let store = Store::open(&location).await.unwrap();
    let source = press(&store).await;
    record(&store, &source, &rss(&[("1", "A", "a")]), NOW).await;
    let (heading, entries) = (heading(&store).await, published(&store).await.entries);
    store.close().await;
    let store = Store::open(&location).await.unwrap();
    assert_eq!(super::store::heading(&store).await, heading);
    assert_eq!(published(&store).await.entries, entries);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let location = StoreLocation::Sqlite("/nowhere/at/all/feedwash.db".into());
    let error = Store::open(&location).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(
        error.to_string().contains("/nowhere/at/all/feedwash.db"),
        "{error}"
    );
}

#[tokio::test]
async fn a_password_is_in_no_message() {
    let location =
        StoreLocation::Postgres("postgres://me:hunter2@127.0.0.1/none?sslmode=maybe".into());
    let error = Store::open(&location).await.unwrap_err();
    assert!(
        !format!("{error} {error:?} {location:?}").contains("hunter2"),
        "{error}"
    );
}

// Helpers.

fn sources(urls: &[(&str, &str)]) -> Config {
    let tables = urls
        .iter()
        .map(|(name, url)| format!("[[source]]\nname = \"{name}\"\nurl = \"{url}\"\n"));
    config(&tables.collect::<String>())
}

/// Configures the one source that most cases need.
async fn press(store: &Store) -> Source {
    let config = sources(&[("press", "https://press.example/feed")]);
    store.sync(&config.sources, NOW).await.unwrap();
    stored(store, "press").await
}

async fn stored(store: &Store, name: &str) -> Source {
    let sources = store.sources().await.unwrap();
    sources
        .into_iter()
        .find(|source| source.name == name)
        .expect("a configured source")
}

async fn record_washed(
    store: &Store,
    source: &Source,
    washed: &Washed,
    now: Timestamp,
) -> Recorded {
    let finish = Finish {
        recording: Some(recording(washed, "rules-1")),
        outcome: "changed",
        ..fine(now)
    };
    store.finish(source, &finish, now).await.unwrap()
}

/// Ends a poll that brought a document.
async fn record(store: &Store, source: &Source, document: &str, now: Timestamp) -> Recorded {
    record_washed(store, source, &washed(document), now).await
}

async fn heading(store: &Store) -> Heading {
    store
        .heading("press")
        .await
        .unwrap()
        .expect("a known source")
}

/// The whole feed as it is published.
async fn published(store: &Store) -> Feed {
    let page = store.feed(heading(store).await.id, 0, 1000).await.unwrap();
    assert!(!page.has_next);
    page.feed
}

async fn titles(store: &Store) -> Vec<String> {
    published(store)
        .await
        .entries
        .into_iter()
        .map(|entry| entry.title.unwrap().value)
        .collect()
}

async fn status(store: &Store) -> Status {
    store
        .statuses()
        .await
        .unwrap()
        .into_iter()
        .find(|status| status.name == "press")
        .unwrap()
}

fn counted(new: usize, updated: usize) -> Recorded {
    Recorded { new, updated }
}

// Cases.

async fn new_updated_and_unchanged_entries_are_counted(store: Store) {
    let source = press(&store).await;
    let first = rss(&[("1", "A", "<p>a</p>"), ("2", "B", "<p>b</p>")]);
    assert_eq!(record(&store, &source, &first, NOW).await, counted(2, 0));
    assert_eq!(status(&store).await.outcome, "changed");
    let second = rss(&[
        ("3", "C", "<p>c</p>"),
        ("1", "A", "<p>a, edited</p>"),
        ("2", "B", "<p>b</p>"),
    ]);
    assert_eq!(
        record(&store, &source, &second, after(60)).await,
        counted(1, 1)
    );
    assert_eq!(
        record(&store, &source, &second, after(120)).await,
        counted(0, 0)
    );
    assert_eq!(status(&store).await.outcome, "unchanged");
    assert_eq!(titles(&store).await, ["C", "A", "B"]);
}

async fn nothing_is_written_for_an_unchanged_document(store: Store) {
    let source = press(&store).await;
    let document = rss(&[("1", "A", "<p>a</p>")]);
    record(&store, &source, &document, NOW).await;
    let (before, feed) = (heading(&store).await, published(&store).await);
    assert_eq!((before.revision, before.changed_at), (1, Some(NOW)));
    record(&store, &source, &document, after(3600)).await;
    let now = heading(&store).await;
    assert_eq!((now.revision, now.changed_at), (1, Some(NOW)));
    assert_eq!(published(&store).await, feed);
}

async fn a_new_date_a_counter_and_a_build_date_are_no_news(store: Store) {
    let document = |build: &str, updated: &str, comments: u32| {
        let further = format!(
            "<atom:updated>{updated}</atom:updated><slash:comments>{comments}</slash:comments>"
        );
        let head = format!("<lastBuildDate>{build}</lastBuildDate>");
        channel(&(head + &item("1", "A", "<p>a</p>", &further)))
    };
    let (monday, tuesday) = (
        "Mon, 07 Sep 2026 10:00:00 GMT",
        "Tue, 08 Sep 2026 10:00:00 GMT",
    );
    let source = press(&store).await;
    record(
        &store,
        &source,
        &document(monday, "2026-09-07T10:00:00Z", 1),
        NOW,
    )
    .await;
    let feed = published(&store).await;

    let rebuilt = document(tuesday, "2026-09-07T10:00:00Z", 1);
    assert_eq!(
        record(&store, &source, &rebuilt, after(60)).await,
        counted(0, 0)
    );
    let now = heading(&store).await;
    assert_eq!(
        (now.revision, now.changed_at),
        (1, Some(NOW)),
        "a build date alone changes nothing"
    );

    let redated = document(tuesday, "2026-09-08T10:00:00Z", 1);
    assert_eq!(
        record(&store, &source, &redated, after(120)).await,
        counted(0, 0)
    );
    assert_eq!(
        published(&store).await.entries,
        feed.entries,
        "a date without an edit is not published"
    );

    let discussed = document(tuesday, "2026-09-08T10:00:00Z", 7);
    assert_eq!(
        record(&store, &source, &discussed, after(180)).await,
        counted(0, 0)
    );
    assert_eq!(
        published(&store).await.entries[0].updated,
        feed.entries[0].updated
    );

    let dated_late = |updated: &str| channel(&item("2", "B", "<p>b</p>", updated));
    record(&store, &source, &dated_late(""), after(240)).await;
    record(
        &store,
        &source,
        &dated_late("<atom:updated>2026-09-08T10:00:00Z</atom:updated>"),
        after(300),
    )
    .await;
    let entry = published(&store).await.entries.swap_remove(0);
    assert_eq!(
        (entry.title.unwrap().value.as_str(), entry.updated),
        ("B", None)
    );
}

async fn a_changed_head_is_published_and_no_entry_announced(store: Store) {
    let source = press(&store).await;
    let document = rss(&[("1", "A", "<p>a</p>")]);
    record(&store, &source, &document, NOW).await;
    let renamed = document.replace("The Press", "The New Press");
    assert_eq!(
        record(&store, &source, &renamed, after(60)).await,
        counted(0, 0)
    );
    let now = heading(&store).await;
    assert_eq!((now.revision, now.changed_at), (2, Some(after(60))));
    assert_eq!(
        published(&store).await.title,
        Some(Text::plain("The New Press"))
    );
}

async fn an_edit_without_a_date_is_dated_by_us(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &rss(&[("1", "A", "<p>a</p>")]), NOW).await;
    record(
        &store,
        &source,
        &rss(&[("1", "A", "<p>a, edited</p>")]),
        after(60),
    )
    .await;
    let entry = &published(&store).await.entries[0];
    assert_eq!(
        entry.updated.as_ref().and_then(|date| date.time),
        Some(after(60))
    );
    assert!(entry.content.as_ref().unwrap().value.contains("edited"));
}

async fn keys_stay_and_no_entry_is_doubled(store: Store) {
    let source = press(&store).await;
    let first = rss(&[("1", "A", "a"), ("2", "B", "b"), ("2", "B", "b")]);
    assert_eq!(record(&store, &source, &first, NOW).await, counted(3, 0));
    let keys = |feed: Feed| {
        feed.entries
            .into_iter()
            .map(|entry| entry.key)
            .collect::<HashSet<_>>()
    };
    let before = keys(published(&store).await);
    assert_eq!(before.len(), 3);
    let second = rss(&[("2", "B", "b"), ("1", "A", "a, edited"), ("2", "B", "b")]);
    assert_eq!(
        record(&store, &source, &second, after(60)).await,
        counted(0, 1)
    );
    assert_eq!(keys(published(&store).await), before);
}

async fn removals_are_stored_and_replaced(store: Store) {
    let source = press(&store).await;
    let pixel = "<img src=\"https://pixel.wp.com/b.gif\" width=\"1\" height=\"1\">";
    let document = |pixels: usize| {
        rss(&[(
            "1",
            "A",
            &format!("<p>A story.</p>{}", pixel.repeat(pixels)),
        )])
    };
    let removals = async || status(&store).await.removals;
    assert!(washed(&document(1)).removals.len() < washed(&document(3)).removals.len());
    for pixels in [1, 3, 0] {
        record(&store, &source, &document(pixels), after(pixels as i64)).await;
        assert_eq!(
            removals().await,
            washed(&document(pixels)).removals.len() as i64,
            "{pixels} pixels"
        );
    }
}

async fn newest_stand_first_and_future_dates_where_they_were_first_seen(store: Store) {
    let dated = |id: &str, at: Timestamp| {
        let further = format!(
            "<pubDate>{}</pubDate>",
            at.strftime("%a, %d %b %Y %H:%M:%S GMT")
        );
        item(id, id, "<p>a</p>", &further)
    };
    let source = press(&store).await;
    let next_year = after(365 * 86_400);
    let first = dated("hour ago", after(-3600))
        + &dated("next year", next_year)
        + &dated("yesterday", after(-86_400));
    record(&store, &source, &channel(&first), NOW).await;
    assert_eq!(titles(&store).await, ["next year", "hour ago", "yesterday"]);
    let second = dated("half an hour later", after(1800)) + &first;
    record(&store, &source, &channel(&second), after(3600)).await;
    assert_eq!(
        titles(&store).await,
        ["half an hour later", "next year", "hour ago", "yesterday"]
    );
    let entry = &published(&store).await.entries[1];
    assert_eq!(
        entry.published.as_ref().unwrap().time,
        Some(next_year),
        "published as given"
    );
}

async fn undated_entries_keep_the_order_of_their_document(store: Store) {
    let source = press(&store).await;
    record(
        &store,
        &source,
        &rss(&[("1", "C", "c"), ("2", "A", "a"), ("3", "B", "b")]),
        NOW,
    )
    .await;
    assert_eq!(titles(&store).await, ["C", "A", "B"]);
    let entry = &published(&store).await.entries[0];
    assert_eq!(
        entry.published.as_ref().unwrap().time,
        Some(NOW),
        "dated by when it was first seen"
    );
}

async fn pages_hold_every_entry_once(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &crate::support::many(7), NOW).await;
    let mut seen = Vec::new();
    for (skip, has_next) in [(0, true), (3, true), (6, false)] {
        let page = store.feed(source.id, skip, 3).await.unwrap();
        assert_eq!(page.has_next, has_next);
        seen.extend(
            page.feed
                .entries
                .into_iter()
                .map(|entry| entry.title.unwrap().value),
        );
    }
    assert_eq!(
        seen,
        (1..=7).map(|n| format!("entry {n}")).collect::<Vec<_>>()
    );
    assert!(
        store
            .feed(source.id, 7, 3)
            .await
            .unwrap()
            .feed
            .entries
            .is_empty()
    );
}

async fn a_source_is_due_for_one_taker_at_a_time(store: Store) {
    press(&store).await;
    assert_eq!(store.due(10, LEASE, NOW).await.unwrap().len(), 1);
    assert!(
        store.due(10, LEASE, after(299)).await.unwrap().is_empty(),
        "it is taken"
    );
    assert!(
        store
            .take("press", true, LEASE, after(299))
            .await
            .unwrap()
            .is_none(),
        "it is taken"
    );
    let again = store.due(10, LEASE, after(300)).await.unwrap();
    assert_eq!(again.len(), 1, "whoever took it has crashed");
    store
        .finish(&again[0], &fine(after(300)), after(300))
        .await
        .unwrap();
    assert!(
        store.due(10, LEASE, after(3899)).await.unwrap().is_empty(),
        "it is not due"
    );
    assert_eq!(store.due(10, LEASE, after(3900)).await.unwrap().len(), 1);
}

async fn many_takers_never_share_a_source(store: Store) {
    let names: Vec<String> = (0..40).map(|n| format!("source-{n}")).collect();
    let urls: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "https://a.example/"))
        .collect();
    store.sync(&sources(&urls).sources, NOW).await.unwrap();
    let mut taken = Vec::new();
    while taken.len() < names.len() {
        let takers = (0..8).map(|_| store.due(3, LEASE, NOW));
        let batches = futures_util::future::try_join_all(takers).await.unwrap();
        let batch: Vec<Source> = batches.into_iter().flatten().collect();
        assert!(!batch.is_empty(), "only {} were handed out", taken.len());
        taken.extend(batch.into_iter().map(|source| source.name));
    }
    let distinct: HashSet<&String> = taken.iter().collect();
    assert_eq!((taken.len(), distinct.len()), (40, 40));
}

async fn a_source_given_back_is_due_again(store: Store) {
    press(&store).await;
    let taken = store.due(1, LEASE, NOW).await.unwrap();
    assert!(store.due(1, LEASE, NOW).await.unwrap().is_empty());
    store.put_back(&[taken[0].id], after(3)).await.unwrap();
    assert!(store.due(1, LEASE, after(2)).await.unwrap().is_empty());
    assert_eq!(store.due(1, LEASE, after(3)).await.unwrap().len(), 1);
}

async fn a_named_source_is_left_alone_after_retry_after_and_410(store: Store) {
    let source = press(&store).await;
    let asked_to_wait = Finish {
        retry_after_until: Some(after(600)),
        ..fine(NOW)
    };
    store.finish(&source, &asked_to_wait, NOW).await.unwrap();
    assert!(
        store
            .take("press", false, LEASE, after(599))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .take("press", false, LEASE, after(600))
            .await
            .unwrap()
            .is_some()
    );
    store.finish(&source, &asked_to_wait, NOW).await.unwrap();
    assert!(
        store
            .take("press", true, LEASE, after(1))
            .await
            .unwrap()
            .is_some(),
        "by force"
    );

    let gone = Finish {
        next_poll_at: None,
        outcome: "gone",
        failures: 1,
        ..fine(NOW)
    };
    store.finish(&source, &gone, NOW).await.unwrap();
    let much_later = after(10 * 365 * 86_400);
    assert!(store.due(10, LEASE, much_later).await.unwrap().is_empty());
    assert!(
        store
            .take("press", false, LEASE, much_later)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .take("press", true, LEASE, after(1))
            .await
            .unwrap()
            .is_some(),
        "by force"
    );
    assert!(
        store
            .take("nobody", true, LEASE, NOW)
            .await
            .unwrap()
            .is_none()
    );
}

async fn a_new_address_starts_anew_and_keeps_the_entries(store: Store) {
    let source = press(&store).await;
    let washed = washed(&rss(&[("1", "A", "a")]));
    let validators = Validators {
        etag: Some("\"a\"".into()),
        last_modified: Some("then".into()),
    };
    let finish = Finish {
        recording: Some(recording(&washed, "rules-1")),
        body_hash: Some("a hash"),
        validators: Some(&validators),
        failures: 3,
        moved_to: Some("https://b.example/".into()),
        retry_after_until: Some(after(9999)),
        ..fine(NOW)
    };
    store.finish(&source, &finish, NOW).await.unwrap();
    press(&store).await;
    let same = stored(&store, "press").await;
    assert_eq!(
        (&same.validators, same.failures),
        (&validators, 3),
        "the same address changes nothing"
    );
    assert!(store.due(1, LEASE, after(60)).await.unwrap().is_empty());

    let config = sources(&[("press", "https://elsewhere.example/feed")]);
    store.sync(&config.sources, after(60)).await.unwrap();
    let anew = stored(&store, "press").await;
    assert_eq!(anew.id, source.id);
    assert_eq!(
        (anew.validators, anew.body_hash, anew.failures),
        (Validators::default(), None, 0)
    );
    assert_eq!(status(&store).await.moved_to, None);
    assert_eq!(titles(&store).await, ["A"]);
    assert_eq!(
        store.due(1, LEASE, after(60)).await.unwrap().len(),
        1,
        "it is due at once"
    );
}

async fn a_source_that_left_is_removed_and_may_come_back(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &rss(&[("1", "A", "a")]), NOW).await;
    store.sync(&[], after(60)).await.unwrap();
    assert!(heading(&store).await.is_removed);
    assert!(store.sources().await.unwrap().is_empty());
    assert!(store.statuses().await.unwrap().is_empty());
    assert!(
        store
            .due(10, LEASE, after(99_999))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .take("press", true, LEASE, after(60))
            .await
            .unwrap()
            .is_none()
    );
    press(&store).await;
    assert!(!heading(&store).await.is_removed);
    assert_eq!(titles(&store).await, ["A"]);
    assert_eq!(store.due(10, LEASE, after(3600)).await.unwrap().len(), 1);
    assert_eq!(store.heading("nobody").await.unwrap(), None);
}

async fn prune_deletes_what_left_long_ago_and_nothing_of_the_newest_document(store: Store) {
    const DAY: i64 = 86_400;
    let source = press(&store).await;
    record(
        &store,
        &source,
        &rss(&[("1", "stays", "a"), ("2", "leaves", "b")]),
        NOW,
    )
    .await;
    let staying = rss(&[("1", "stays", "a")]);
    record(&store, &source, &staying, after(DAY)).await;
    assert_eq!(store.prune(90, after(89 * DAY)).await.unwrap(), 0);
    // The server says "not modified" for half a year: the document of that time is still the newest.
    assert_eq!(titles(&store).await.len(), 2);
    record(&store, &source, &staying, after(180 * DAY)).await;
    assert_eq!(store.prune(90, after(180 * DAY)).await.unwrap(), 1);
    assert_eq!(titles(&store).await, ["stays"]);
    assert_eq!(
        store.prune(90, after(999 * DAY)).await.unwrap(),
        0,
        "it is in the newest document"
    );
    assert_eq!(
        record(&store, &source, &staying, after(999 * DAY)).await,
        counted(0, 0)
    );
}

async fn a_failing_write_leaves_everything_as_it_was(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &rss(&[("1", "A", "a")]), NOW).await;
    let before = (
        heading(&store).await,
        published(&store).await,
        status(&store).await.removals,
    );
    let mut washed = washed(&rss(&[("1", "A, edited", "a"), ("2", "B", "b")]));
    // Two removals of one number break a rule of the database after the entries were written.
    let removal = Removal {
        entry: washed.clean.entries[0].key.clone(),
        number: 1,
        field: Field::Content,
        pass: "user-rules".into(),
        rule: "p".into(),
        evidence: None,
        before: "x".into(),
        after: None,
    };
    washed.removals = vec![removal.clone(), removal];
    let finish = Finish {
        recording: Some(recording(&washed, "rules-1")),
        outcome: "changed",
        ..fine(after(60))
    };
    let error = store.finish(&source, &finish, after(60)).await.unwrap_err();
    assert!(matches!(error, StoreError::Database(_)), "{error}");
    assert_eq!(
        (
            heading(&store).await,
            published(&store).await,
            status(&store).await.removals
        ),
        before
    );
    let finish = Finish {
        failures: 1,
        outcome: "failed",
        ..fine(after(60))
    };
    store.finish(&source, &finish, after(60)).await.unwrap();
    assert_eq!(status(&store).await.outcome, "failed");
}

async fn validators_stay_change_and_go(store: Store) {
    let source = press(&store).await;
    let given = Validators {
        etag: Some("W/\"ä, \\\"\"".into()),
        last_modified: Some("some day".into()),
    };
    let finish = Finish {
        validators: Some(&given),
        body_hash: Some("h"),
        ..fine(NOW)
    };
    store.finish(&source, &finish, NOW).await.unwrap();
    assert_eq!(stored(&store, "press").await.validators, given);
    store.finish(&source, &fine(NOW), NOW).await.unwrap();
    let kept = stored(&store, "press").await;
    assert_eq!(
        (kept.validators, kept.body_hash.as_deref()),
        (given, Some("h")),
        "none given, none changed"
    );
    let none = Validators::default();
    store
        .finish(
            &source,
            &Finish {
                validators: Some(&none),
                ..fine(NOW)
            },
            NOW,
        )
        .await
        .unwrap();
    assert_eq!(stored(&store, "press").await.validators, none);
}

async fn statuses_tell_how_each_source_fares(store: Store) {
    let config = sources(&[
        ("press", "https://press.example/feed"),
        ("blog", "https://blog.example/feed"),
    ]);
    store.sync(&config.sources, NOW).await.unwrap();
    let source = stored(&store, "press").await;
    let document = rss(&[("1", "A", "a"), ("1", "A", "a")]);
    record(&store, &source, &document, NOW).await;
    let finish = Finish {
        outcome: "failed",
        detail: Some("the server answered 503".into()),
        failures: 2,
        moved_to: Some("https://b.example/".into()),
        next_poll_reason: "it failed".into(),
        ..fine(after(60))
    };
    store.finish(&source, &finish, after(60)).await.unwrap();
    let statuses = store.statuses().await.unwrap();
    let names: Vec<&str> = statuses.iter().map(|status| status.name.as_str()).collect();
    assert_eq!(names, ["blog", "press"]);
    let (blog, press) = (&statuses[0], &statuses[1]);
    assert_eq!(
        (
            blog.outcome.as_str(),
            blog.last_poll_at,
            blog.title.as_deref()
        ),
        ("new", None, None)
    );
    assert_eq!(press.title.as_deref(), Some("The Press"));
    assert_eq!(
        (press.outcome.as_str(), press.failures, press.entries),
        ("failed", 2, 2)
    );
    assert_eq!(press.detail.as_deref(), Some("the server answered 503"));
    assert_eq!(
        (press.last_poll_at, press.last_success_at),
        (Some(after(60)), Some(NOW))
    );
    assert_eq!(
        (press.next_poll_at, press.next_poll_reason.as_str()),
        (Some(after(3660)), "it failed")
    );
    assert_eq!(press.moved_to.as_deref(), Some("https://b.example/"));
    assert_eq!(press.warnings.len(), washed(&document).warnings.len());
    assert!(!press.warnings.is_empty());
}

async fn new_rules_change_no_date_and_announce_nothing(store: Store) {
    let source = press(&store).await;
    let document = rss(&[(
        "1",
        "A",
        "<p>The story.</p><p>By the way, buy our mugs.</p>",
    )]);
    let washed = washed(&document);
    record_washed(&store, &source, &washed, NOW).await;
    let before = published(&store).await;
    let mut rewashed = washed;
    rewashed.clean.entries[0].content = Some(Text::html("<p>The story.</p>"));
    let anew = Recording {
        warnings: None,
        ..recording(&rewashed, "rules-2")
    };
    store.rewrite(&source, &anew, after(60)).await.unwrap();
    let mut now = published(&store).await;
    assert_eq!(
        now.entries[0].content,
        Some(Text::html("<p>The story.</p>"))
    );
    now.entries[0]
        .content
        .clone_from(&before.entries[0].content);
    assert_eq!(now, before, "only the content changed");
    assert_eq!(
        heading(&store).await.revision,
        2,
        "what is published changed"
    );
    assert_eq!(stored(&store, "press").await.rules_version, "rules-2");
    let raw = store.stored_raw(&source).await.unwrap().unwrap();
    assert_eq!(raw.entries, rewashed.raw.entries, "raw is the truth");
    let again = Finish {
        recording: Some(recording(&rewashed, "rules-2")),
        outcome: "changed",
        ..fine(after(120))
    };
    assert_eq!(
        store.finish(&source, &again, after(120)).await.unwrap(),
        counted(0, 0)
    );
}

/// A washed feed of one entry, made without reading a document.
fn single(id: &str, title: &str, body: &str) -> Washed {
    let entry = Entry {
        id: Some(id.into()),
        title: Some(Text::plain(title)),
        content: Some(Text::html(body)),
        ..Entry::default()
    };
    let mut raw = Feed {
        title: Some(Text::plain(title)),
        entries: vec![entry],
        ..Feed::default()
    };
    identity::assign(&mut raw);
    Washed {
        clean: raw.clone(),
        raw,
        ..Washed::default()
    }
}

async fn odd_characters_come_back_as_they_were(store: Store) {
    let source = press(&store).await;
    let odd = "it's \"quoted\" \\ 'twice' \\u0041 %s $1 ; -- 日本語 🦀 e\u{301} \u{1}\u{7f}\u{85}\u{202e}\u{feff}\u{fffe}\r\n\t\u{10ffff}";
    let mut washed = single(odd, odd, odd);
    washed.removals = vec![Removal {
        entry: washed.clean.entries[0].key.clone(),
        number: 1,
        field: Field::Title,
        pass: odd.into(),
        rule: odd.into(),
        evidence: Some(odd.into()),
        before: odd.into(),
        after: Some(odd.into()),
    }];
    record_washed(&store, &source, &washed, NOW).await;
    let feed = published(&store).await;
    assert_eq!(feed.title, washed.clean.title);
    assert_eq!(feed.entries[0].content, washed.clean.entries[0].content);
    let raw = store.stored_raw(&source).await.unwrap().unwrap();
    assert_eq!(raw.entries, washed.raw.entries);
    assert_eq!(status(&store).await.removals, 1);
}

async fn a_document_with_zero_characters_is_kept(store: Store) {
    let source = press(&store).await;
    let document = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "a\u0000b", "items": [
        {"id": "1\u0000", "title": "c\u0000<script>d\u0000</script>", "content_html": "<p onclick='a\u0000()'>e\u0000f</p><script>g\u0000</script>"}]}"#;
    let mut washed = washed(document);
    // PostgreSQL's text holds every character but this one, wherever it may have come through.
    let removal = Removal {
        entry: washed.clean.entries[0].key.clone(),
        number: 99,
        field: Field::Title,
        pass: "user-rules".into(),
        rule: "p".into(),
        evidence: None,
        before: "h\0i".into(),
        after: None,
    };
    washed.removals.push(removal);
    assert_eq!(
        record_washed(&store, &source, &washed, NOW).await,
        counted(1, 0)
    );
    assert_eq!(published(&store).await.entries.len(), 1);
    let finish = Finish {
        detail: Some("a\0b".into()),
        ..fine(after(60))
    };
    store.finish(&source, &finish, after(60)).await.unwrap();
}

async fn an_entry_of_two_megabytes_is_kept(store: Store) {
    let source = press(&store).await;
    let long = "<p>The sea was calm, and nobody was hurt.</p>\n".repeat(2 * 1024 * 1024 / 46 + 1);
    assert!(long.len() > 2 * 1024 * 1024);
    let washed = single("long", "Long", &long);
    assert_eq!(
        record_washed(&store, &source, &washed, NOW).await,
        counted(1, 0)
    );
    assert_eq!(
        published(&store).await.entries[0]
            .content
            .as_ref()
            .unwrap()
            .value,
        long
    );
    assert_eq!(
        record_washed(&store, &source, &washed, after(60)).await,
        counted(0, 0)
    );
}

async fn a_restart_ends_the_leases_of_a_store_of_ones_own(store: Store) {
    press(&store).await;
    assert_eq!(store.due(1, LEASE, NOW).await.unwrap().len(), 1);
    store.release_leases().await.unwrap();
    // On PostgreSQL another machine may hold it.
    let is_shared = matches!(store.location(), StoreLocation::Postgres(_));
    let expected = usize::from(!is_shared);
    assert_eq!(store.due(1, LEASE, NOW).await.unwrap().len(), expected);
}

async fn a_name_that_no_source_can_have_is_unknown(store: Store) {
    press(&store).await;
    for name in [
        "",
        "\0",
        "press\0",
        "\u{fffd}",
        "%",
        "_ress",
        "'",
        &"a".repeat(100_000),
    ] {
        assert_eq!(store.heading(name).await.unwrap(), None, "{name:?}");
    }
}
