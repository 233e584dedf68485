//! What goes with time, and what clocks that are wrong leave behind.

use super::*;

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;

/// A document of one undated entry of each name, in order.
fn named(names: &[&str]) -> String {
    let entries: Vec<_> = names
        .iter()
        .map(|name| (*name, *name, "<p>x</p>"))
        .collect();
    rss(&entries)
}

pub(super) async fn more_entries_than_one_step_takes_are_deleted(store: Store) {
    let source = press(&store).await;
    let names: Vec<String> = (0..350).map(|n| format!("n{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    record(&store, &source, &named(&names), NOW).await;
    record(&store, &source, &named(&names[..2]), after(DAY)).await;
    let before = heading(&store).await.revision;
    assert_eq!(store.prune(30, after(32 * DAY)).await.unwrap(), 348);
    assert_eq!(titles(&store).await, names[..2]);
    assert!(heading(&store).await.revision > before, "readers are told");
    assert_eq!(store.prune(30, after(33 * DAY)).await.unwrap(), 0);
}

pub(super) async fn polls_go_after_a_season_though_entries_stay(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &named(&["a", "b"]), NOW).await;
    record(&store, &source, &named(&["a"]), after(50 * DAY)).await;
    assert_eq!(store.prune(365, after(100 * DAY)).await.unwrap(), 0);
    let polls = store.account(source.id, 9).await.unwrap().polls;
    let times: Vec<_> = polls.iter().map(|poll| poll.at).collect();
    assert_eq!(times, [after(50 * DAY)]);
    assert_eq!(titles(&store).await.len(), 2);
}

pub(super) async fn a_source_that_was_removed_long_ago_leaves_its_name_alone(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &named(&["a", "b"]), NOW).await;
    store.sync(&sources(&[]), after(DAY)).await.unwrap();
    store.prune(30, after(30 * DAY)).await.unwrap();
    assert_eq!(titles(&store).await.len(), 2, "it may come back");
    store.prune(30, after(32 * DAY)).await.unwrap();
    assert!(titles(&store).await.is_empty());
    assert!(store.source("press").await.unwrap().is_none());

    // It comes back as new: asked without validators, and every entry is new again.
    let back = press(&store).await;
    assert_eq!(
        (back.id, back.is_new, &back.body_hash),
        (source.id, true, &None)
    );
    assert_eq!(back.validators, Validators::default());
    let due = store.due(5, LEASE, after(33 * DAY)).await.unwrap();
    assert_eq!(due.len(), 1);
    let washed = washed(&named(&["a", "b"]));
    let recorded = record_washed(&store, &due[0], &washed, after(33 * DAY)).await;
    assert_eq!(recorded, counted(2, 0));
}

const HOUR: i64 = 3600;

/// Lets the clock go on by itself until it is believed, by a day an hour.
async fn believe_now(store: &Store) {
    for hour in (0..400).rev() {
        store.keep_up(90, after(-hour * HOUR)).await.unwrap();
    }
}

pub(super) async fn a_clock_that_jumps_ahead_deletes_a_day_and_no_more(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &named(&["stays", "leaves"]), NOW).await;
    record(&store, &source, &named(&["stays"]), after(DAY)).await;
    for _ in 0..5 {
        assert_eq!(store.keep_up(90, after(10 * YEAR)).await.unwrap(), 0);
    }
    assert_eq!(titles(&store).await.len(), 2);
    // By a clock that goes on it does go, as soon as that is believed.
    let mut deleted = 0;
    for hour in 0..400 {
        deleted += store
            .keep_up(90, after(92 * DAY + hour * HOUR))
            .await
            .unwrap();
    }
    assert_eq!(deleted, 1);
    assert_eq!(titles(&store).await, ["stays"]);
}

pub(super) async fn what_a_clock_dated_that_was_ahead_is_from_now(store: Store) {
    let source = press(&store).await;
    believe_now(&store).await;
    record(&store, &source, &named(&["first"]), NOW).await;
    record(&store, &source, &named(&["second"]), after(10 * YEAR)).await;
    store.keep_up(90, after(DAY)).await.unwrap();
    record(&store, &source, &named(&["third"]), after(2 * DAY)).await;
    assert_eq!(titles(&store).await, ["third", "second", "first"]);
    // "first" left when the clock was ahead, and goes all the same.
    let mut deleted = 0;
    for hour in (0..40).rev() {
        let now = after(31 * DAY + 9 - hour * HOUR);
        deleted += store.keep_up(30, now).await.unwrap();
    }
    assert_eq!(deleted, 1);
}

pub(super) async fn a_clock_that_is_years_behind_puts_nothing_at_the_end(store: Store) {
    let source = press(&store).await;
    believe_now(&store).await;
    let dated = |name: &str, date: &str| {
        item(
            name,
            name,
            "<p>x</p>",
            &format!("<pubDate>{date}</pubDate>"),
        )
    };
    let first = dated("first", "Mon, 21 Sep 2026 10:00:00 GMT");
    let second = dated("second", "Mon, 21 Sep 2026 15:00:00 GMT");
    record(&store, &source, &channel(&first), NOW).await;
    let behind = after(-10 * YEAR);
    record(
        &store,
        &source,
        &channel(&format!("{second}{first}")),
        behind,
    )
    .await;
    assert_eq!(titles(&store).await, ["second", "first"]);
    // An edit leaves it where it is.
    let edited = second.replace(">x<", ">y<").replace("&lt;p>x", "&lt;p>y");
    assert_ne!(edited, second);
    let document = channel(&format!("{edited}{first}"));
    let counts = record(&store, &source, &document, after(9)).await;
    assert_eq!(counts, counted(0, 1));
    assert_eq!(titles(&store).await, ["second", "first"]);
    // Nor does it date for long gone what leaves.
    record(&store, &source, &channel(&second), behind).await;
    assert_eq!(store.keep_up(30, behind).await.unwrap(), 0);
    assert_eq!(store.keep_up(30, after(DAY)).await.unwrap(), 0);
    assert_eq!(titles(&store).await, ["second", "first"]);
}
