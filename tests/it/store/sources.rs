//! Who polls what and when: leases, the configuration, the ends of polls.

use super::*;

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

pub(super) async fn many_takers_never_share_a_source(store: Store) {
    let names: Vec<String> = (0..40).map(|n| format!("source-{n}")).collect();
    let urls: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (name.as_str(), "https://a.example/"))
        .collect();
    store.sync(&sources(&urls), NOW).await.unwrap();
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

pub(super) async fn a_source_given_back_is_due_again(store: Store) {
    press(&store).await;
    let taken = store.due(1, LEASE, NOW).await.unwrap();
    assert!(store.due(1, LEASE, NOW).await.unwrap().is_empty());
    store.put_back(&[taken[0].id], after(3)).await.unwrap();
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
        moved_to: Some("https://b.example/".into()),
        ..fine(NOW)
    };
    store.finish(&source, &moved, NOW).await.unwrap();
    // A failure takes nothing back of what a success told.
    let finish = Finish {
        outcome: "failed",
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
