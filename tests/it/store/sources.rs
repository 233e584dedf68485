//! Who polls what and when: leases, the configuration, the ends of polls.

use super::*;

/// A permanent redirect that was seen once.
fn moved_to(url: &str) -> Option<Move> {
    Move::after(None, Some(url.into()), true, NOW)
}

pub(super) async fn a_source_is_due_for_one_taker_at_a_time(store: Store) {
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

/// Configures forty sources at one address.
async fn configure_forty(store: &Store) {
    let names: Vec<String> = (0..40).map(|n| format!("source-{n}")).collect();
    let urls: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "https://a.example/"))
        .collect();
    store.sync(&sources(&urls), NOW).await.unwrap();
}

/// Whether they share a transaction or not, each has its own end, and who has lost its source writes nothing.
pub(super) async fn polls_that_end_together_are_each_written(store: Store) {
    configure_forty(&store).await;
    let late = store.due(2, LEASE, NOW).await.unwrap();
    let taken = store.due(40, LEASE, after(300)).await.unwrap();
    assert_eq!((late.len(), taken.len()), (2, 40));
    let validators: Vec<Validators> = (0..40)
        .map(|n| Validators {
            etag: Some(format!("\"{n}\"")),
            last_modified: (n % 2 == 0).then(|| "Tue, 06 Jan 2026 10:26:28 GMT".into()),
        })
        .collect();
    let end = |n: usize, now| Finish {
        validators: Some(&validators[n]),
        next_poll_reason: format!("reason {n}"),
        ..fine(now)
    };
    let all = late.iter().map(|source| (source, 7));
    let all = all.chain(taken.iter().zip(0..));
    let ends = all.map(|(source, n)| {
        let end = end(n, after(310));
        let store = &store;
        async move { (n, store.finish(source, &end, after(310)).await) }
    });
    let ended = futures_util::future::join_all(ends).await;
    for (n, (_, ended)) in ended.iter().enumerate() {
        let is_late = matches!(ended, Err(StoreError::Superseded));
        assert_eq!(is_late, n < late.len(), "{n}: {ended:?}");
    }
    let statuses = store.statuses().await.unwrap();
    for (n, source) in taken.iter().enumerate() {
        let now = store.source(&source.name).await.unwrap().unwrap();
        assert_eq!(now.validators, validators[n]);
        assert!(!now.is_new);
        let status = statuses.iter().find(|status| status.name == source.name);
        let status = status.expect("it has a status");
        assert_eq!(status.next_poll_reason, format!("reason {n}"));
    }
    assert!(store.due(40, LEASE, after(3909)).await.unwrap().is_empty());
    assert_eq!(store.due(50, LEASE, after(3910)).await.unwrap().len(), 40);
}

pub(super) async fn many_takers_never_share_a_source(store: Store) {
    configure_forty(&store).await;
    let mut taken = Vec::new();
    while taken.len() < 40 {
        let takers = (0..8).map(|_| store.due(3, LEASE, NOW));
        let batches = futures_util::future::try_join_all(takers).await.unwrap();
        let batch: Vec<Source> = batches.into_iter().flatten().collect();
        assert!(!batch.is_empty(), "only {} were handed out", taken.len());
        taken.extend(batch.into_iter().map(|source| source.name));
    }
    let distinct: HashSet<&String> = taken.iter().collect();
    assert_eq!((taken.len(), distinct.len()), (40, 40));
}

pub(super) async fn a_source_given_back_is_due_again(store: Store) {
    press(&store).await;
    let taken = store.due(1, LEASE, NOW).await.unwrap();
    assert!(store.due(1, LEASE, NOW).await.unwrap().is_empty());
    store.put_back(&[taken[0].taken()], after(3)).await.unwrap();
    assert!(store.due(1, LEASE, after(2)).await.unwrap().is_empty());
    assert_eq!(store.due(1, LEASE, after(3)).await.unwrap().len(), 1);
}

pub(super) async fn a_named_source_is_left_alone_after_retry_after_and_410(store: Store) {
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
    let taken = store.take("press", false, LEASE, after(600)).await.unwrap();
    store
        .finish(&taken.unwrap(), &asked_to_wait, NOW)
        .await
        .unwrap();
    let forced = store.take("press", true, LEASE, after(1)).await.unwrap();
    let source = forced.expect("taken by force");

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

pub(super) async fn a_new_address_starts_anew_and_keeps_the_entries(store: Store) {
    let source = press(&store).await;
    let washed = washed(&rss(&[("1", "A", "a")]));
    let validators = Validators {
        etag: Some("\"a\"".into()),
        last_modified: Some("then".into()),
    };
    let finish = Finish {
        recording: Some(Recording::new(&washed, "rules-1")),
        body_hash: Some("a hash"),
        validators: Some(&validators),
        failures: 3,
        moved: moved_to("https://b.example/"),
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
    store.sync(&config, after(60)).await.unwrap();
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

pub(super) async fn a_source_that_left_is_removed_and_may_come_back(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &rss(&[("1", "A", "a")]), NOW).await;
    store.sync(&sources(&[]), after(60)).await.unwrap();
    assert!(store.sources().await.unwrap().is_empty());
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
    assert_eq!(store.sources().await.unwrap().len(), 1);
    assert_eq!(titles(&store).await, ["A"]);
    assert_eq!(store.due(10, LEASE, after(3600)).await.unwrap().len(), 1);
    assert_eq!(store.heading("nobody").await.unwrap(), None);
}

pub(super) async fn validators_stay_change_and_go(store: Store) {
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

pub(super) async fn statuses_tell_how_each_source_fares(store: Store) {
    let config = sources(&[
        ("press", "https://press.example/feed"),
        ("blog", "https://blog.example/feed"),
    ]);
    store.sync(&config, NOW).await.unwrap();
    let source = stored(&store, "press").await;
    let document = rss(&[("1", "A", "a"), ("1", "A", "a")]);
    record(&store, &source, &document, NOW).await;
    let moved = Finish {
        moved: moved_to("https://b.example/"),
        ..fine(NOW)
    };
    store.finish(&source, &moved, NOW).await.unwrap();
    // A failure takes nothing back of what a success told.
    let finish = Finish {
        outcome: "failed",
        moved: moved.moved.clone(),
        failure: Some("server"),
        detail: Some("the server answered 503".into()),
        failures: 2,
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
    assert_eq!(press.moved_since, Some(NOW));
    assert_eq!(press.failure.as_deref(), Some("server"));
    assert_eq!(press.warnings.len(), washed(&document).warnings.len());
    assert!(!press.warnings.is_empty());
}

pub(super) async fn a_restart_ends_the_leases_of_a_store_of_ones_own(store: Store) {
    press(&store).await;
    assert_eq!(store.due(1, LEASE, NOW).await.unwrap().len(), 1);
    store.release_leases().await.unwrap();
    // On PostgreSQL another machine may hold it.
    let is_shared = matches!(store.location(), StoreLocation::Postgres(_));
    let expected = usize::from(!is_shared);
    assert_eq!(store.due(1, LEASE, NOW).await.unwrap().len(), expected);
}

pub(super) async fn a_name_that_no_source_can_have_is_unknown(store: Store) {
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

pub(super) async fn a_poll_whose_lease_is_over_writes_nothing(store: Store) {
    press(&store).await;
    let late = store.due(1, LEASE, NOW).await.unwrap().remove(0);
    let next = store.due(1, LEASE, after(300)).await.unwrap().remove(0);
    record(&store, &next, &rss(&[("1", "A", "a")]), after(301)).await;
    let finished = store.finish(&late, &fine(after(302)), after(302)).await;
    assert!(matches!(finished, Err(StoreError::Superseded)));
    assert_eq!(status(&store).await.last_poll_at, Some(after(301)));
}

pub(super) async fn a_poll_of_an_address_that_was_changed_meanwhile_writes_nothing(store: Store) {
    press(&store).await;
    let taken = store.due(1, LEASE, NOW).await.unwrap().remove(0);
    store
        .sync(
            &sources(&[("press", "https://elsewhere.example/feed")]),
            after(1),
        )
        .await
        .unwrap();
    let finished = store.finish(&taken, &fine(after(2)), after(2)).await;
    assert!(matches!(finished, Err(StoreError::Superseded)));
    assert_eq!(
        stored(&store, "press").await.validators,
        Validators::default()
    );
}

pub(super) async fn a_downgrade_is_told_until_it_is_none(store: Store) {
    let source = press(&store).await;
    let downgraded = Finish {
        downgraded_to: Some("http://press.example/feed".into()),
        ..fine(NOW)
    };
    store.finish(&source, &downgraded, NOW).await.unwrap();
    let said = status(&store).await.downgrade().unwrap();
    assert!(
        said.contains("leads to http://press.example/feed"),
        "{said}"
    );
    let failed = Finish {
        failures: 1,
        ..fine(NOW)
    };
    store.finish(&source, &failed, NOW).await.unwrap();
    assert!(status(&store).await.downgrade().is_some());
    store.finish(&source, &fine(NOW), NOW).await.unwrap();
    assert_eq!(status(&store).await.downgrade(), None);
}

/// Three sources, two of them of one publisher, polled at `NOW` and due an hour later.
async fn three(store: &Store) -> Vec<Source> {
    let config = sources(&[
        ("a", "https://a.press.example.org/feed"),
        ("b", "https://b.press.example.org/feed"),
        ("c", "https://example.com/feed"),
    ]);
    store.sync(&config, NOW).await.unwrap();
    let taken = store.due(9, LEASE, NOW).await.unwrap();
    for source in &taken {
        store.finish(source, &fine(NOW), NOW).await.unwrap();
    }
    store.sources().await.unwrap()
}

async fn due_at(store: &Store, now: Timestamp) -> Vec<String> {
    let taken = store.due(9, LEASE, now).await.unwrap();
    let ids: Vec<_> = taken.iter().map(Source::taken).collect();
    store.put_back(&ids, now).await.unwrap();
    let mut names: Vec<String> = taken.into_iter().map(|source| source.name).collect();
    names.sort();
    names
}

pub(super) async fn a_publisher_holds_back_all_its_sources_and_nobody_elses(store: Store) {
    three(&store).await;
    let source = store.take("a", true, LEASE, after(9)).await.unwrap();
    let asked = Finish {
        hold: Some(("example.org".into(), after(7200))),
        ..fine(after(9))
    };
    let source = source.unwrap();
    store.finish(&source, &asked, after(9)).await.unwrap();
    assert_eq!(due_at(&store, after(7199)).await, ["c"]);
    let named = store.take("b", false, LEASE, after(7199)).await.unwrap();
    assert!(named.is_none(), "not even when it is named");
    let b = &store.statuses().await.unwrap()[1];
    assert_eq!(b.next_poll_at, Some(after(7200)));
    assert!(b.next_poll_reason.contains("asked all"));
    // Who asks for less takes nothing back.
    let source = store.take("a", true, LEASE, after(10)).await.unwrap();
    let less = Finish {
        hold: Some(("example.org".into(), after(20))),
        ..fine(after(10))
    };
    let source = source.unwrap();
    store.finish(&source, &less, after(10)).await.unwrap();
    assert_eq!(due_at(&store, after(7199)).await, ["c"]);
    assert_eq!(due_at(&store, after(7200)).await, ["a", "b", "c"]);
}

pub(super) async fn who_answers_after_a_redirect_holds_its_source_too(store: Store) {
    three(&store).await;
    let at = after(3600);
    for source in store.due(9, LEASE, at).await.unwrap() {
        let finish = Finish {
            answering_site: (source.name == "c").then(|| "host.example".into()),
            hold: (source.name == "a").then(|| ("host.example".into(), after(20_000))),
            ..fine(at)
        };
        store.finish(&source, &finish, at).await.unwrap();
    }
    assert_eq!(due_at(&store, after(10_000)).await, ["a", "b"]);
}

pub(super) async fn sources_are_listed_and_the_troubled_ones_alone(store: Store) {
    three(&store).await;
    let listed = store.statuses().await.unwrap();
    let names: Vec<_> = listed.iter().map(|status| status.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert!(store.troubled().await.unwrap().is_empty());
    let source = store
        .take("b", true, LEASE, after(0))
        .await
        .unwrap()
        .unwrap();
    let finish = Finish {
        failures: 1,
        outcome: "failed",
        ..fine(after(0))
    };
    store.finish(&source, &finish, after(0)).await.unwrap();
    let troubled = store.troubled().await.unwrap();
    assert_eq!((troubled.len(), &*troubled[0].name), (1, "b"));
}

pub(super) async fn a_turn_is_put_off_and_never_brought_forward(store: Store) {
    let sources = three(&store).await;
    let taken = store.due(9, LEASE, after(3600)).await.unwrap();
    assert_eq!(taken.len(), 3);
    let held = |name| {
        taken
            .iter()
            .find(|source| source.name == name)
            .unwrap()
            .taken()
    };
    let turns = [
        (held("a"), after(3700), "why"),
        (held("b"), after(60), "why"),
    ];
    store.postpone(&turns).await.unwrap();
    // What is not held any more is not given back: "a" is put off already.
    store
        .put_back(&[sources[0].taken()], after(0))
        .await
        .unwrap();
    let second = taken
        .iter()
        .find(|source| source.id == sources[1].id)
        .unwrap();
    store
        .put_back(&[second.taken()], after(3600))
        .await
        .unwrap();
    assert_eq!(due_at(&store, after(3600)).await, ["b"]);
    assert_eq!(due_at(&store, after(3700)).await, ["a", "b"]);
}

pub(super) async fn a_clock_that_goes_back_stops_no_poll(store: Store) {
    three(&store).await;
    const YEARS: i64 = 10 * 365 * 86_400;
    // All of that was in a future that is none.
    let now = after(-YEARS);
    assert_eq!(due_at(&store, after(3600 - YEARS)).await, [""; 0]);
    assert_eq!(store.mend_times(now).await.unwrap(), 3);
    assert_eq!(due_at(&store, after(3599 - YEARS)).await, [""; 0]);
    assert_eq!(due_at(&store, after(3600 - YEARS)).await, ["a", "b", "c"]);
    assert_eq!(store.mend_times(now).await.unwrap(), 0, "once is enough");
}

pub(super) async fn a_time_beyond_every_rule_is_now(store: Store) {
    three(&store).await;
    let source = store
        .take("a", true, LEASE, after(9))
        .await
        .unwrap()
        .unwrap();
    let far = Finish {
        next_poll_at: Some(after(100 * 365 * 86_400)),
        retry_after_until: Some(after(100 * 365 * 86_400)),
        hold: Some(("example.com".into(), after(100 * 365 * 86_400))),
        ..fine(after(9))
    };
    store.finish(&source, &far, after(9)).await.unwrap();
    assert_eq!(due_at(&store, after(3600)).await, ["b", "c"]);
    assert_eq!(store.mend_times(after(3600)).await.unwrap(), 1);
    assert_eq!(due_at(&store, after(3600)).await, ["a", "b", "c"]);
}

pub(super) async fn what_is_overdue_together_is_spread(store: Store) {
    let names: Vec<String> = (0..100).map(|n| format!("source-{n}")).collect();
    let urls: Vec<String> = (0..100)
        .map(|n| format!("https://{n}.example.org/"))
        .collect();
    let all: Vec<(&str, &str)> = names
        .iter()
        .map(String::as_str)
        .zip(urls.iter().map(String::as_str))
        .collect();
    store.sync(&sources(&all), NOW).await.unwrap();
    let spread =
        |gap, now| store.spread_overdue(Duration::from_secs(gap), Duration::from_secs(1000), now);
    assert_eq!(spread(5, NOW).await.unwrap(), 0, "new ones are not overdue");
    for source in store.due(100, LEASE, NOW).await.unwrap() {
        store.finish(&source, &fine(NOW), NOW).await.unwrap();
    }
    assert_eq!(spread(5, after(60)).await.unwrap(), 0);
    let later = after(1_000_000);
    assert_eq!(spread(5, later).await.unwrap(), 99);
    let due = |seconds: i64| {
        let store = &store;
        async move {
            let now = after(1_000_000 + seconds);
            let taken = store.due(100, LEASE, now).await.unwrap();
            let ids: Vec<_> = taken.iter().map(Source::taken).collect();
            store.put_back(&ids, now).await.unwrap();
            ids.len()
        }
    };
    assert_eq!((due(0).await, due(250).await, due(495).await), (1, 51, 100));
    assert_eq!(spread(100, after(2_000_000)).await.unwrap(), 99);
    let last = after(2_000_000 + 990);
    assert_eq!(store.due(100, LEASE, last).await.unwrap().len(), 100);
}

pub(super) async fn what_is_known_of_a_feed_is_told(store: Store) {
    let source = press(&store).await;
    record(
        &store,
        &source,
        &rss(&[("1", "A", "a"), ("2", "B", "b")]),
        NOW,
    )
    .await;
    let known = |document: &str| {
        let document = washed(document).raw;
        let (store, source) = (&store, &source);
        async move { store.known(source, &document).await.unwrap() }
    };
    let other = known(&rss(&[("3", "C", "c")])).await;
    assert_eq!((other.entries, other.same), (2, 0));
    assert_eq!(other.link.as_deref(), Some("https://press.example/"));
    let titles: HashSet<&str> = other.titles.iter().map(String::as_str).collect();
    assert_eq!(titles, HashSet::from(["A", "B"]));
    assert_eq!(
        known(&rss(&[("3", "C", "c"), ("2", "B", "b")])).await.same,
        1
    );
    assert_eq!(known(&rss(&[])).await.entries, 2);
}

const PRESS: &str = "https://press.example/feed";

/// Configures sources and gives the ids of those that are asked for.
async fn rows<const N: usize>(store: &Store, urls: &[(&str, &str)], of: [&str; N]) -> [i64; N] {
    store.sync(&sources(urls), after(60)).await.unwrap();
    let mut rows = [0; N];
    for (row, name) in rows.iter_mut().zip(of) {
        *row = stored(store, name).await.id;
    }
    rows
}

async fn polled(store: &Store, name: &str) {
    let document = washed(&rss(&[("id-1", "one", "<p>The story.</p>")]));
    crate::support::publish(store, name, &document, NOW).await;
}

pub(super) async fn a_renamed_source_keeps_what_is_stored_of_it(store: Store) {
    let id = press(&store).await.id;
    polled(&store, "press").await;
    let before = store.heading("press").await.unwrap().unwrap();
    assert_eq!(rows(&store, &[("gazette", PRESS)], ["gazette"]).await, [id]);
    let now = store.heading("gazette").await.unwrap().unwrap();
    assert_eq!((now.id, now.next_poll_at), (before.id, before.next_poll_at));
    assert!(now.revision > before.revision, "its own address changed");
    assert_eq!(store.feed(id, 0, 10).await.unwrap().feed.entries.len(), 1);
    assert!(store.source("press").await.unwrap().is_none());
    assert!(
        store.heading("press").await.unwrap().is_some(),
        "the old name is known"
    );
    let heir = store.successor("press").await.unwrap();
    assert_eq!(heir.as_deref(), Some("gazette"));
    assert_eq!(store.successor("gazette").await.unwrap(), None);
}

/// There and back again, also under a name that something else had meanwhile.
pub(super) async fn a_name_that_was_free_is_taken_and_given_back(store: Store) {
    let id = press(&store).await.id;
    polled(&store, "press").await;
    assert_eq!(rows(&store, &[("gazette", PRESS)], ["gazette"]).await, [id]);
    assert_eq!(rows(&store, &[("press", PRESS)], ["press"]).await, [id]);
    let other = "https://other.example/feed";
    let both = [("gazette", PRESS), ("press", other)];
    let [gazette, new] = rows(&store, &both, ["gazette", "press"]).await;
    assert!(gazette == id && new != id);
    assert_eq!(store.successor("press").await.unwrap(), None);
    // Taken out, and put in under another name a while later.
    rows(&store, &[("press", other)], []).await;
    assert_eq!(rows(&store, &[("herald", PRESS)], ["herald"]).await, [id]);
}

pub(super) async fn what_may_be_two_sources_is_not_renamed(store: Store) {
    let twins = [("one", PRESS), ("two", PRESS)];
    let before = rows(&store, &twins, ["one", "two"]).await;
    polled(&store, "one").await;
    polled(&store, "two").await;
    let [three] = rows(&store, &[("three", PRESS)], ["three"]).await;
    assert!(!before.contains(&three), "it may be either");
    polled(&store, "three").await;
    let [three_now, four] = rows(
        &store,
        &[("three", PRESS), ("four", PRESS)],
        ["three", "four"],
    )
    .await;
    assert!(three_now == three && !before.contains(&four));
    assert_eq!(
        store.successor("one").await.unwrap().as_deref(),
        Some("three")
    );
}
