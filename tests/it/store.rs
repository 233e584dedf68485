//! The store, one suite on each database: SQLite in a file and in memory, and PostgreSQL where
//! `FEEDWASH_TEST_POSTGRES` names a database in which schemas may be made.

#[path = "store/entries.rs"]
mod entries;
#[path = "store/lines.rs"]
mod lines;
#[path = "store/pages.rs"]
mod pages;
#[path = "store/sources.rs"]
mod sources;
#[path = "store/upkeep.rs"]
mod upkeep;

use crate::support::{LEASE, NOW, after, channel, config, fine, item, rss, skip, washed};
use feedwash::config::{Config, StoreLocation};
use feedwash::identity;
use feedwash::model::{
    Entry, Feed, Field, Fingerprint, Removal, Restored, Text, Validators, Washed,
};
use feedwash::schedule::Move;
use feedwash::store::{Finish, Heading, Recorded, Recording, Source, Status, Store, StoreError};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use entries::*;
use lines::*;
use pages::*;
use sources::*;
use upkeep::*;

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
    sources_are_listed_and_the_troubled_ones_alone,
    new_updated_and_unchanged_entries_are_counted,
    an_extension_of_every_depth_is_published,
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
    polls_that_end_together_are_each_written,
    a_source_given_back_is_due_again,
    a_named_source_is_left_alone_after_retry_after_and_410,
    a_new_address_starts_anew_and_keeps_the_entries,
    a_source_that_left_is_removed_and_may_come_back,
    a_renamed_source_keeps_what_is_stored_of_it,
    a_name_that_was_free_is_taken_and_given_back,
    what_may_be_two_sources_is_not_renamed,
    prune_deletes_what_left_long_ago_and_nothing_of_the_newest_document,
    entries_and_removals_are_counted_as_they_come_and_go,
    what_changes_beside_the_entries_is_written,
    an_account_of_long_entries_is_of_fewer,
    what_a_source_s_entries_have_in_common_is_told_apart_for_each,
    validators_stay_change_and_go,
    statuses_tell_how_each_source_fares,
    new_rules_change_no_date_and_announce_nothing,
    odd_characters_come_back_as_they_were,
    a_document_with_zero_characters_is_kept,
    an_entry_of_two_megabytes_is_kept,
    a_name_that_no_source_can_have_is_unknown,
    a_restart_ends_the_leases_of_a_store_of_ones_own,
    what_leaves_after_a_long_silence_is_kept_for_its_days,
    what_a_feeds_own_title_loses_is_counted,
    a_wash_from_the_store_undoes_no_poll,
    what_is_missing_from_a_document_that_was_cut_off_has_not_left_it,
    what_is_missing_from_documents_that_are_always_cut_off_has_left_them,
    what_was_put_back_is_listed_and_may_be_undone,
    a_wash_that_knew_nothing_of_what_was_put_back_is_not_written,
    a_wash_by_rules_of_before_is_not_written_over_a_newer,
    a_wash_from_the_store_beside_a_new_head_is_seen,
    a_story_is_announced_for_what_its_publisher_did_alone,
    a_poll_whose_lease_is_over_writes_nothing,
    a_poll_of_an_address_that_was_changed_meanwhile_writes_nothing,
    a_line_is_learnt_over_polls_of_one_entry_each,
    an_entry_teaches_once,
    what_fades_is_forgotten,
    what_a_platform_repeats_is_known_to_a_new_source,
    a_publisher_holds_back_all_its_sources_and_nobody_elses,
    who_answers_after_a_redirect_holds_its_source_too,
    a_turn_is_put_off_and_never_brought_forward,
    a_clock_that_goes_back_stops_no_poll,
    a_time_beyond_every_rule_is_now,
    what_is_overdue_together_is_spread,
    what_is_known_of_a_feed_is_told,
    a_downgrade_is_told_until_it_is_none,
    more_entries_than_one_step_takes_are_deleted,
    polls_go_after_a_season_though_entries_stay,
    a_source_that_was_removed_long_ago_leaves_its_name_alone,
    a_clock_that_jumps_ahead_deletes_a_day_and_no_more,
    what_a_clock_dated_that_was_ahead_is_from_now,
    a_clock_that_is_years_behind_puts_nothing_at_the_end,
    what_pages_show_of_a_source_is_told,
}

/// A store in a file, with the file and the folder that goes with it.
async fn file() -> (tempfile::TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feedwash.db");
    let store = Store::open(&StoreLocation::Sqlite(path.clone())).await;
    (folder, path, store.unwrap())
}

async fn in_a_file(case: impl AsyncFnOnce(Store)) {
    let (_folder, _, store) = file().await;
    case(store.clone()).await;
    store.close().await;
}

async fn in_memory(case: impl AsyncFnOnce(Store)) {
    case(Store::open(&StoreLocation::Memory).await.unwrap()).await;
}

/// Runs a case in a schema of its own.
async fn in_postgres(case: impl AsyncFnOnce(Store)) {
    in_schema(async |_, location| {
        let store = Store::open(location).await.unwrap();
        case(store.clone()).await;
        store.close().await;
    })
    .await;
}

/// Gives a schema of PostgreSQL to somebody, and drops it whatever happens.
pub(crate) async fn in_schema(case: impl AsyncFnOnce(&mut PgConnection, &StoreLocation)) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(database) = std::env::var("FEEDWASH_TEST_POSTGRES") else {
        skip("set FEEDWASH_TEST_POSTGRES to a postgres:// URL to test the store on it");
        return;
    };
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let schema = format!("feedwash_test_{}_{number}", std::process::id());
    let mut connection = PgConnection::connect(&database).await.unwrap();
    let create = format!("create schema {schema}; set search_path to {schema}");
    sqlx::raw_sql(AssertSqlSafe(create))
        .execute(&mut connection)
        .await
        .unwrap();
    let mut url = url::Url::parse(&database).unwrap();
    url.query_pairs_mut()
        .append_pair("options", &format!("-c search_path={schema}"));
    let location = StoreLocation::Postgres(url.into());
    let run = case(&mut connection, &location);
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
async fn the_file_shrinks_when_much_was_deleted() {
    const DAY: i64 = 86_400;
    let (_folder, path, store) = file().await;
    let source = press(&store).await;
    let body = format!("<p>{}</p>", "A long story. ".repeat(3_000));
    let names: Vec<String> = (0..100).map(|n| format!("n{n}")).collect();
    let entries: Vec<_> = names
        .iter()
        .map(|name| (&**name, &**name, &*body))
        .collect();
    record(&store, &source, &rss(&entries), NOW).await;
    record(&store, &source, &rss(&entries[..1]), after(DAY)).await;
    // The clock is believed step by step.
    let mut deleted = 0;
    for hour in 0..400 {
        deleted += store
            .keep_up(30, after(32 * DAY + hour * 3600))
            .await
            .unwrap();
    }
    assert_eq!(deleted, 99);
    store.close().await;
    let bytes = path.metadata().unwrap().len();
    assert!(
        bytes < 2_000_000,
        "it held 8 MB and still has {bytes} bytes"
    );
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
    store.sync(&config, NOW).await.unwrap();
    stored(store, "press").await
}

async fn stored(store: &Store, name: &str) -> Source {
    let source = store.source(name).await.unwrap();
    source.expect("a configured source")
}

async fn record_washed(
    store: &Store,
    source: &Source,
    washed: &Washed,
    now: Timestamp,
) -> Recorded {
    let finish = Finish {
        recording: Some(Recording::new(washed, "rules-1")),
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
    Recorded {
        new,
        updated,
        ..Recorded::default()
    }
}
