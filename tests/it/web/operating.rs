//! What operators ask for: metrics, and the feed of what needs a look.

use super::{Answer, configured, get, served};
use crate::support::{
    LEASE, NOW, after, app, config, fine, many, publish, serve, skip, until, washed,
};
use atom_syndication::Feed as AtomFeed;
use feedwash::config::StoreLocation;
use feedwash::daemon;
use feedwash::store::{Finish, Store};
use jiff::{SignedDuration, Timestamp};
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use tokio_util::sync::CancellationToken;

/// The value of a metric, its labels included.
fn value(answer: &Answer, name: &str) -> Option<f64> {
    let text = answer.text();
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

#[tokio::test]
async fn what_the_daemon_does_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("press.xml"),
        "<rss version='2.0'><channel><title>Press</title><item><guid>1</guid><title>One</title>\
         <description>&lt;p&gt;The story.&lt;/p&gt;&lt;p&gt;Please enter your comment!&lt;/p&gt;</description></item></channel></rss>",
    )
    .unwrap();
    let press = folder.path().join("press.xml");
    let config = config(&format!(
        "[[source]]\nname = \"press\"\nurl = {press:?}\n[[source]]\nname = \"lost\"\nurl = \"{}/none.xml\"\n",
        folder.path().display()
    ));
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let (app, _live) = app(&store, config);
    let address = serve(app.clone()).await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(daemon::run(app, shutdown.clone()));
    let metrics = until("both were polled", async || {
        let metrics = get(address, "/metrics").await;
        let polls = ["changed", "failed"].map(|outcome| {
            value(
                &metrics,
                &format!("feedwash_polls_total{{outcome=\"{outcome}\"}}"),
            )
        });
        // What the store says may be a second old.
        let states = ["fine", "failing"]
            .map(|state| value(&metrics, &format!("feedwash_sources{{state=\"{state}\"}}")));
        let is_known = polls == [Some(1.0); 2] && states == [Some(1.0); 2];
        is_known.then_some(metrics)
    })
    .await;
    for (name, expected) in [
        ("feedwash_entries_total{change=\"new\"}", 1.0),
        ("feedwash_removals_total{pass=\"comment-forms\"}", 1.0),
        ("feedwash_poll_duration_seconds_count", 2.0),
        ("feedwash_sources{state=\"fine\"}", 1.0),
        ("feedwash_sources{state=\"failing\"}", 1.0),
        ("feedwash_sources_due", 0.0),
        ("feedwash_store_up", 1.0),
    ] {
        assert_eq!(value(&metrics, name), Some(expected), "{name}");
    }
    for name in [
        "feedwash_poll_body_bytes_total",
        "feedwash_store_bytes",
        "process_resident_memory_bytes",
        "process_open_fds",
    ] {
        assert!(
            value(&metrics, name).is_some_and(|value| value > 0.0),
            "{name}"
        );
    }
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn routes_are_counted_and_never_what_was_asked_for() {
    let (address, store) = served().await;
    get(address, "/feeds/press.rss").await;
    get(address, "/feeds/press.atom").await;
    get(address, "/feeds/nobody.rss").await;
    get(address, "/secret-of-a-reader?token=hunter2").await;
    let metrics = get(address, "/metrics").await;
    let requests = |route: &str, code: u16| {
        let name = format!("feedwash_http_requests_total{{code=\"{code}\",route=\"{route}\"}}");
        value(&metrics, &name)
    };
    assert_eq!(requests("/feeds/{file}", 200), Some(2.0));
    assert_eq!(requests("/feeds/{file}", 404), Some(1.0));
    assert_eq!(requests("other", 404), Some(1.0));
    for secret in ["press", "secret", "hunter2"] {
        assert!(!metrics.text().contains(secret), "{secret}");
    }
    store.close().await;
    until("it is told that the store is away", async || {
        let metrics = get(address, "/metrics").await;
        assert_eq!(metrics.code, 200);
        (value(&metrics, "feedwash_store_up") == Some(0.0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn prometheus_finds_nothing_to_complain_about() {
    let (address, _store) = served().await;
    get(address, "/feeds/press.rss").await;
    let metrics = get(address, "/metrics").await;
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        return skip("promtool");
    };
    let mut input = promtool.stdin.take().unwrap();
    input.write_all(&metrics.body).unwrap();
    drop(input);
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Ends a poll of a source as failed.
async fn fail(store: &Store, name: &str, failures: u32, kind: &'static str, now: Timestamp) {
    let source = store.take(name, true, LEASE, now).await.unwrap();
    let finish = Finish {
        outcome: if kind == "gone" { "gone" } else { "failed" },
        failures,
        failure: Some(kind),
        detail: Some("the server answered with a login page in place of the feed".into()),
        ..fine(now)
    };
    store.finish(&source.unwrap(), &finish, now).await.unwrap();
}

async fn troubles(address: SocketAddr) -> (Vec<u8>, AtomFeed) {
    let answer = get(address, "/health.atom").await;
    assert_eq!(answer.code, 200, "{}", answer.text());
    let feed = AtomFeed::read_from(&answer.body[..]).unwrap();
    (answer.body, feed)
}

#[tokio::test]
async fn a_trouble_is_told_of_once_for_as_long_as_it_lasts() {
    // The server asks the clock, so what is long ago is long ago from now.
    let now = Timestamp::now();
    let ago = |hours: i64| now - SignedDuration::from_hours(hours);
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&["daily", "fine", "gone", "press", "tired"]);
    store.sync(&config, ago(100)).await.unwrap();
    for name in ["daily", "fine", "press", "tired"] {
        publish(&store, name, &washed(&many(3)), ago(100)).await;
    }
    let (app, _live) = app(&store, config);
    let address = serve(app).await;
    let (calm, feed) = troubles(address).await;
    assert!(feed.entries.is_empty(), "{:?}", feed.entries);
    assert_eq!(calm, troubles(address).await.0);

    fail(&store, "press", 1, "login", ago(30)).await;
    fail(&store, "press", 5, "login", ago(1)).await;
    fail(&store, "gone", 1, "gone", ago(3)).await;
    // One that is polled once a day and failed once, and one whose own network fails.
    fail(&store, "daily", 1, "timeout", ago(2)).await;
    fail(&store, "tired", 1, "offline", ago(30)).await;
    fail(&store, "tired", 5, "offline", ago(1)).await;
    let told = async |count: usize| {
        // What the store says may be a second old.
        until("the troubles are told of", async || {
            let (body, feed) = troubles(address).await;
            (feed.entries.len() == count).then_some((body, feed))
        })
        .await
    };
    let (body, feed) = told(2).await;
    let titles: Vec<&str> = feed
        .entries
        .iter()
        .map(|entry| &*entry.title.value)
        .collect();
    assert!(titles[1].ends_with("is behind a wall"), "{titles:?}");
    assert_eq!(titles[0], "gone is gone for good");

    // It goes on, and nobody is told anew.
    fail(&store, "press", 6, "login", ago(0)).await;
    publish(&store, "daily", &washed(&many(3)), ago(0)).await;
    publish(&store, "tired", &washed(&many(3)), ago(0)).await;
    assert_eq!(body, told(2).await.0);
    publish(&store, "press", &washed(&many(3)), Timestamp::now()).await;
    let (_, feed) = told(1).await;
    assert_eq!(feed.entries[0].title.value, "gone is gone for good");
}

#[tokio::test]
async fn what_the_store_counts_is_what_there_is() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&["fine", "press", "silent"]);
    store.sync(&config, NOW).await.unwrap();
    publish(&store, "fine", &washed(&many(3)), NOW).await;
    fail(&store, "press", 1, "timeout", NOW).await;
    let census = store.census(after(90)).await.unwrap();
    assert_eq!(
        (census.fine, census.failing, census.gone, census.unpolled),
        (1, 1, 0, 1)
    );
    assert!(
        census.due >= 1 && census.lateness_seconds <= 90,
        "{census:?}"
    );
    assert!(census.bytes > 0);
}
