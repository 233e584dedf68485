//! A poll from end to end, against a real server on a free port that answers by a script.

#[path = "poll/access.rs"]
mod access;
#[path = "poll/delta.rs"]
mod delta;
#[path = "poll/doubt.rs"]
mod doubt;

use crate::support::{
    Asked, LEASE, NOW, Publisher, after, answer, app, config, free_port, item, rss, until,
};
use axum::body::{Body, Bytes};
use axum::http::Response;
use feedwash::clean;
use feedwash::config::Config;
use feedwash::config::StoreLocation;
use feedwash::daemon;
use feedwash::fetch::{self, Fetched};
use feedwash::model::{Entry, Validators};
use feedwash::poll::{self, Live, Outcome};
use feedwash::store::{Status, Store};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use std::convert::Infallible;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

/// One configured source over a store in memory.
struct Desk {
    store: Store,
    live: Live,
}

impl Desk {
    /// A source that may be fetched from this machine; `further` are keys of its table.
    async fn new(url: &str, further: &str) -> Self {
        let polling = "allow_private = [\"127.0.0.0/8\"]\nmax_body = 100000\nadaptive = false";
        Self::with_polling(url, further, polling).await
    }

    async fn with_polling(url: &str, further: &str, polling: &str) -> Self {
        let url = toml::Value::String(url.into());
        let config = config(&format!(
            "[polling]\n{polling}\n[[source]]\nname = \"press\"\nurl = {url}\n{further}\n"
        ));
        let store = Store::open(&StoreLocation::Memory).await.unwrap();
        store.sync(&config, NOW).await.unwrap();
        let live = Live::new(config).unwrap();
        Self { store, live }
    }

    /// Polls, due or not.
    async fn poll(&self, now: Timestamp) -> Outcome {
        let source = self.store.take("press", true, LEASE, now).await.unwrap();
        let source = source.expect("nobody else polls it");
        poll::poll(
            &self.live,
            &self.store,
            &source,
            &self.live.config.sources[0],
            now,
        )
        .await
        .outcome
    }

    /// The same, but it waits for no answer for longer than the shortest time that can be configured.
    fn in_haste(self) -> Self {
        let mut config = self.live.config;
        config.polling.timeout = Duration::from_secs(1);
        let live = Live::new(config).unwrap();
        Self { live, ..self }
    }

    async fn status(&self) -> Status {
        self.store.statuses().await.unwrap().swap_remove(0)
    }

    async fn entries(&self) -> Vec<Entry> {
        let heading = self.store.heading("press").await.unwrap().unwrap();
        self.store
            .feed(heading.id, 0, 100)
            .await
            .unwrap()
            .feed
            .entries
    }

    async fn revision(&self) -> i64 {
        self.store.heading("press").await.unwrap().unwrap().revision
    }

    async fn is_due(&self, now: Timestamp) -> bool {
        let due = self.store.due(1, LEASE, now).await.unwrap();
        let taken: Vec<_> = due.iter().map(feedwash::store::Source::taken).collect();
        self.store.put_back(&taken, now).await.unwrap();
        !due.is_empty()
    }
}

#[track_caller]
fn changed(outcome: &Outcome, expected: (usize, usize)) {
    match outcome {
        Outcome::Changed { new, updated } => assert_eq!((*new, *updated), expected),
        other => panic!("not changed, but {other:?}"),
    }
}

#[track_caller]
fn unchanged(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Unchanged), "{outcome:?}");
}

/// Checks that a poll failed, and that its message says why.
#[track_caller]
fn failed(outcome: &Outcome, words: &str) {
    match outcome {
        Outcome::Failed(error) => assert!(error.to_string().contains(words), "{error}"),
        other => panic!("not failed, but {other:?}"),
    }
}

/// The document that most cases serve: two entries.
fn document() -> String {
    rss(&[
        ("1", "A", "<p>The first story.</p>"),
        ("2", "B", "<p>The second story.</p>"),
    ])
}

/// A publisher that serves the good document first and then, at each further request, something else.
async fn good_and_then(
    then: impl Fn(&Asked) -> Option<Response<Body>> + Send + Sync + 'static,
) -> (Publisher, Desk) {
    let publisher = Publisher::start(move |asked| match asked.earlier {
        0 => answer(200, &[("etag", "\"good\"")], document()),
        _ => then(asked),
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    (publisher, desk)
}

/// Whatever a publisher answers after the good document: it is a failure, and the last good copy stays.
async fn keeps_the_last_good_copy(
    words: &str,
    then: impl Fn(&Asked) -> Option<Response<Body>> + Send + Sync + 'static,
) {
    let (_publisher, desk) = good_and_then(then).await;
    fails_and_keeps(&desk, words).await;
}

async fn fails_and_keeps(desk: &Desk, words: &str) {
    let before = desk.entries().await;
    failed(&desk.poll(after(60)).await, words);
    assert_eq!(desk.entries().await, before);
    let status = desk.status().await;
    assert_eq!((status.outcome.as_str(), status.failures), ("failed", 1));
    assert_eq!(status.last_success_at, Some(NOW));
    assert!(
        !desk.is_due(after(61)).await,
        "a failed source is not due at once"
    );
    let source = desk
        .store
        .take("press", true, LEASE, after(90_000))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        source.validators.etag.as_deref(),
        Some("\"good\""),
        "what it asks with stays"
    );
}

#[tokio::test]
async fn validators_are_sent_back_byte_for_byte() {
    const ETAG: &str = "W/\"a b,c; \\d\"";
    const DATE: &str = "sometime last Tuesday";
    let publisher = Publisher::start(|asked| match asked.earlier {
        0 => answer(200, &[("etag", ETAG), ("last-modified", DATE)], document()),
        1 => answer(304, &[], ""),
        2 => answer(304, &[("etag", "\"next\"")], ""),
        3 => answer(200, &[], document().replace("first", "new")),
        _ => answer(304, &[], ""),
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    unchanged(&desk.poll(after(1)).await);
    unchanged(&desk.poll(after(2)).await);
    changed(&desk.poll(after(3)).await, (0, 1));
    // An answer to a question that was not asked.
    failed(&desk.poll(after(4)).await, "304");
    let sent: Vec<(String, String)> = publisher
        .asked()
        .iter()
        .map(|asked| {
            (
                asked.header("if-none-match").into(),
                asked.header("if-modified-since").into(),
            )
        })
        .collect();
    let pair = |etag: &str, date: &str| (etag.to_owned(), date.to_owned());
    assert_eq!(
        sent,
        [
            pair("", ""),
            pair(ETAG, DATE),
            pair(ETAG, DATE),
            pair("\"next\"", DATE), // a 304's own replace the old (RFC 9111 §4.3.4)
            pair("", ""),           // a 200 without any leaves none
        ]
    );
}

#[tokio::test]
async fn a_publisher_is_told_who_asks_and_for_what() {
    let publisher = Publisher::start(|_| answer(200, &[], document())).await;
    let polling = "allow_private = [\"127.0.0.1\"]\ncontact = \"mailto:me@example.org\"";
    let desk = Desk::with_polling(&publisher.url("/feed?a=b%20c"), "", polling).await;
    changed(&desk.poll(NOW).await, (2, 0));
    let asked = publisher.asked().swap_remove(0);
    assert_eq!(asked.path, "/feed?a=b%20c");
    let agent = format!(
        "Feedwash/{} (mailto:me@example.org)",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(asked.header("user-agent"), agent);
    assert!(asked.header("accept").contains("application/rss+xml"));
    for coding in ["gzip", "br", "zstd"] {
        assert!(asked.header("accept-encoding").contains(coding), "{coding}");
    }
    assert_eq!(asked.header("referer"), "");
}

#[tokio::test]
async fn the_same_body_under_another_entity_tag_writes_nothing() {
    let (_publisher, desk) =
        good_and_then(|_| answer(200, &[("etag", "\"other\"")], document())).await;
    let (revision, entries) = (desk.revision().await, desk.entries().await);
    unchanged(&desk.poll(after(60)).await);
    assert_eq!(
        (desk.revision().await, desk.entries().await),
        (revision, entries)
    );
    let source = desk
        .store
        .take("press", true, LEASE, after(61))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(source.validators.etag.as_deref(), Some("\"other\""));
}

/// Serves redirects of some statuses, one after the other, and then the document.
async fn redirected(codes: &'static [u16]) -> (Publisher, Desk) {
    let publisher = Publisher::start(|asked| {
        let step: usize = asked.path.trim_start_matches('/').parse().unwrap();
        match codes.get(step) {
            Some(&code) => answer(
                code,
                &[("location", &format!("/{}", step + 1))],
                "elsewhere",
            ),
            None => answer(200, &[], document()),
        }
    })
    .await;
    let desk = Desk::new(&publisher.url("/0"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    (publisher, desk)
}

#[tokio::test]
async fn permanent_redirects_are_remembered_as_a_move() {
    let (publisher, desk) = redirected(&[301, 308]).await;
    assert_eq!(desk.status().await.moved_to, Some(publisher.url("/2")));
}

#[tokio::test]
async fn a_move_ends_where_a_redirect_is_temporary() {
    let (publisher, desk) = redirected(&[301, 302, 301]).await;
    assert_eq!(desk.status().await.moved_to, Some(publisher.url("/1")));
}

#[tokio::test]
async fn temporary_redirects_are_no_move() {
    for codes in [&[302_u16][..], &[303], &[307, 301]] {
        let (_publisher, desk) = redirected(codes).await;
        assert_eq!(desk.status().await.moved_to, None, "{codes:?}");
    }
}

#[tokio::test]
async fn redirects_that_never_end_are_given_up() {
    let publisher = Publisher::start(|asked| {
        let further = format!("/{}", asked.earlier);
        answer(302, &[("location", &further)], "")
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    failed(&desk.poll(NOW).await, "more than 10 redirects");
    assert_eq!(publisher.asked().len(), 11);
}

#[tokio::test]
async fn redirects_in_a_circle_are_named_as_such() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/feed" => answer(302, &[("location", "/login?back=%2Ffeed")], ""),
        _ => answer(302, &[("location", "/feed"), ("set-cookie", "a=b")], ""),
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    failed(&desk.poll(NOW).await, "redirects in a circle");
    assert_eq!(publisher.asked().len(), 2, "nobody is asked twice");
    assert_eq!(desk.status().await.failure.as_deref(), Some("redirects"));
}

#[tokio::test]
async fn who_answers_that_nothing_changed_is_known() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/feed" => answer(302, &[("location", "/there")], ""),
        _ => answer(304, &[], ""),
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    let request = fetch::Request {
        location: &desk.live.config.sources[0].location,
        validators: &Validators {
            etag: Some("\"a\"".into()),
            last_modified: None,
        },
        headers: &[],
        proxy: None,
        takes_delta: false,
        keeps_connection: false,
    };
    let fetched = desk.live.client.fetch(request, NOW).await.unwrap();
    let Fetched::NotModified { url, .. } = fetched else {
        panic!("changed: {fetched:?}");
    };
    assert_eq!(url.unwrap().as_str(), publisher.url("/there"));
}

#[tokio::test]
async fn a_redirect_leads_nowhere_private() {
    let canary = Publisher::start(|_| answer(200, &[], document())).await;
    let port = canary.address.port();
    let targets = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://0.0.0.0:{port}/"),
        format!("//127.0.0.1:{port}/"),
        "http://169.254.169.254/latest/meta-data/".into(),
        "file:///etc/hostname".into(),
        "gopher://127.0.0.1/".into(),
        "http://localhost:22/".into(),
    ];
    let count = targets.len();
    let publisher =
        Publisher::start(move |asked| answer(302, &[("location", &targets[asked.earlier])], ""))
            .await;
    // The publisher itself is opened by its name, and no address is.
    let url = format!("http://localhost:{}/feed", publisher.address.port());
    let desk = Desk::with_polling(
        &url,
        "",
        "allow_private = [\"localhost\"]\ntimeout = \"5s\"",
    )
    .await;
    for n in 0..count {
        failed(&desk.poll(after(n as i64)).await, "may not be fetched");
    }
    assert_eq!(publisher.asked().len(), count);
    assert!(canary.asked().is_empty(), "it was touched");
}

#[tokio::test]
async fn a_private_address_is_not_even_asked() {
    let publisher = Publisher::start(|_| answer(200, &[], document())).await;
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/feed", publisher.address.port());
        let desk = Desk::with_polling(&url, "", "").await;
        failed(&desk.poll(NOW).await, "private or special-purpose address");
    }
    assert!(publisher.asked().is_empty());
}

#[tokio::test]
async fn a_users_headers_stay_with_their_origin() {
    let elsewhere = Publisher::start(|_| answer(200, &[], document())).await;
    let target = elsewhere.url("/feed");
    let publisher = Publisher::start(move |asked| match asked.path.as_str() {
        "/feed" => answer(302, &[("location", "/here")], ""),
        _ => answer(302, &[("location", &target)], ""),
    })
    .await;
    let secrets = "headers = { X-Key = \"k\" }\nbasic_auth = \"me:pass\"\ncookie = \"a=b\"";
    let desk = Desk::new(&publisher.url("/feed"), secrets).await;
    changed(&desk.poll(NOW).await, (2, 0));
    for asked in publisher.asked() {
        assert_eq!(asked.header("x-key"), "k", "{}", asked.path);
        assert_eq!(asked.header("authorization"), "Basic bWU6cGFzcw==");
        assert_eq!(asked.header("cookie"), "a=b");
    }
    let asked = elsewhere.asked();
    assert_eq!((publisher.asked().len(), asked.len()), (2, 1));
    for name in ["x-key", "authorization", "cookie"] {
        assert_eq!(asked[0].header(name), "", "{name}");
    }
}

#[tokio::test]
async fn a_source_that_is_gone_is_never_due_again() {
    let (_publisher, desk) = good_and_then(|_| answer(410, &[], "")).await;
    let outcome = desk.poll(after(60)).await;
    assert!(matches!(outcome, Outcome::Gone), "{outcome:?}");
    let status = desk.status().await;
    assert_eq!(
        (status.outcome.as_str(), status.next_poll_at),
        ("gone", None)
    );
    assert!(!desk.is_due(after(10 * 365 * 86_400)).await);
    assert_eq!(desk.entries().await.len(), 2, "what it published stays");
}

#[tokio::test]
async fn a_missing_document_keeps_the_last_copy() {
    keeps_the_last_good_copy("404 Not Found", |_| answer(404, &[], document())).await;
}

#[tokio::test]
async fn a_server_error_keeps_the_last_copy_and_backs_off() {
    keeps_the_last_good_copy("500 Internal Server Error", |_| {
        answer(500, &[], document())
    })
    .await;
    let (_publisher, desk) = good_and_then(|_| answer(500, &[], "")).await;
    let mut waits = Vec::new();
    let mut now = after(60);
    for failures in 1..=4 {
        failed(&desk.poll(now).await, "500");
        let status = desk.status().await;
        assert_eq!(status.failures, failures);
        let next = status.next_poll_at.unwrap();
        waits.push(next.as_second() - now.as_second());
        now = next;
    }
    assert!(
        // Each waits up to a tenth more.
        waits.windows(2).all(|pair| 11 * pair[1] >= 20 * pair[0]),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_recovered_source_counts_no_failures() {
    let (_publisher, desk) = good_and_then(|asked| match asked.earlier {
        1 => answer(500, &[], ""),
        _ => answer(304, &[], ""),
    })
    .await;
    failed(&desk.poll(after(60)).await, "500");
    unchanged(&desk.poll(after(120)).await);
    let status = desk.status().await;
    assert_eq!((status.failures, status.detail), (0, None));
}

/// Whether a poll lets its turn go before it ends.
async fn lets_go(code: u16) -> bool {
    let (_publisher, desk) = good_and_then(move |_| answer(code, &[], "")).await;
    let source = desk.store.take("press", true, LEASE, after(60)).await;
    let source = source.unwrap().expect("nobody else polls it");
    let (config, mut turn) = (&desk.live.config.sources[0], Some(()));
    poll::poll_in_turn(
        &desk.live,
        &desk.store,
        &source,
        config,
        after(60),
        &mut turn,
    )
    .await;
    turn.is_none()
}

#[tokio::test]
async fn a_turn_is_let_go_where_nothing_is_new_and_kept_where_the_publisher_may_have_asked_to_wait()
{
    assert!(lets_go(304).await);
    for code in [410, 429, 500] {
        assert!(!lets_go(code).await, "{code}");
    }
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    for code in [429, 503] {
        let (_publisher, desk) =
            good_and_then(move |_| answer(code, &[("retry-after", "7200")], "")).await;
        failed(&desk.poll(after(60)).await, &code.to_string());
        let status = desk.status().await;
        // It counts from the answer, which came after the start.
        let next = status.next_poll_at.unwrap();
        assert!(next > after(60 + 7200) && next < after(60 + 7210), "{code}");
        assert!(
            status.next_poll_reason.contains("asked to wait 2 hours"),
            "{}",
            status.next_poll_reason
        );
        assert!(!desk.is_due(after(60 + 7199)).await);
        let named = desk
            .store
            .take("press", false, LEASE, after(60 + 7199))
            .await
            .unwrap();
        assert!(named.is_none(), "not even when it is named");
        assert!(desk.is_due(next).await);
    }
}

#[tokio::test]
async fn a_long_max_age_delays_the_next_poll() {
    let publisher =
        Publisher::start(|_| answer(200, &[("cache-control", "max-age=10800")], document())).await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    assert!(!desk.is_due(after(10_799)).await);
    assert!(desk.is_due(after(10_800 * 11 / 10 + 1)).await);
}

/// Checks that a document with a further element in its channel is left alone for so many seconds, and for the reason.
async fn waits(element: &'static str, seconds: i64, reason: &str) {
    let publisher = Publisher::start(move |_| {
        let story = item("1", "A", "<p>The story.</p>", "");
        answer(
            200,
            &[],
            crate::support::channel(&format!("{element}{story}")),
        )
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (1, 0));
    assert!(!desk.is_due(after(seconds - 1)).await, "{element}");
    // The first time is spread by half an hour.
    assert!(desk.is_due(after(seconds + 1800)).await, "{element}");
    let said = desk.status().await.next_poll_reason;
    assert!(said.contains(reason), "{said}");
}

#[tokio::test]
async fn what_a_document_asks_for_delays_the_next_poll() {
    waits("<ttl>180</ttl>", 10_800, "the feed asks for 3 hours").await;
    let sy = "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">daily</sy:updatePeriod>\
              <sy:updateFrequency xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">6</sy:updateFrequency>";
    waits(sy, 14_400, "it is updated in 4 hours").await;
    // It is 21 September 2026, 14:13:20: a Monday.
    let hours = "<skipHours><hour>14</hour><hour>15</hour></skipHours>";
    waits(hours, 6400, "left alone until then").await;
    waits(
        "<skipDays><day>Monday</day></skipDays>",
        35_200,
        "left alone until then",
    )
    .await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::copy(
        &mut brotli::CompressorReader::new(bytes, 4096, 5, 22),
        &mut out,
    )
    .unwrap();
    out
}

#[tokio::test]
async fn packed_bodies_are_unpacked() {
    let packed: [(&str, Vec<u8>); 3] = [
        ("gzip", gzip(document().as_bytes())),
        ("br", brotli(document().as_bytes())),
        ("zstd", zstd::encode_all(document().as_bytes(), 3).unwrap()),
    ];
    for (coding, body) in packed {
        let publisher =
            Publisher::start(move |_| answer(200, &[("content-encoding", coding)], body.clone()))
                .await;
        let desk = Desk::new(&publisher.url("/feed"), "").await;
        changed(&desk.poll(NOW).await, (2, 0));
    }
}

#[tokio::test]
async fn a_body_that_unpacks_without_end_is_stopped() {
    let zeros = vec![b' '; 20_000_000];
    for (coding, body) in [
        ("gzip", gzip(&zeros)),
        ("br", brotli(&zeros)),
        ("zstd", zstd::encode_all(&zeros[..], 3).unwrap()),
    ] {
        assert!(body.len() < 50_000, "{coding}");
        keeps_the_last_good_copy("larger than 100000 bytes", move |_| {
            answer(200, &[("content-encoding", coding)], body.clone())
        })
        .await;
    }
}

fn chunks(body: impl futures_util::Stream<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(body.map(Ok::<_, Infallible>))
}

#[tokio::test]
async fn an_endless_body_is_stopped() {
    keeps_the_last_good_copy("larger than 100000 bytes", |_| {
        answer(
            200,
            &[],
            chunks(stream::repeat(Bytes::from_static(&[b'<'; 1024]))),
        )
    })
    .await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_taken() {
    let whole = document();
    let (listener, address) = free_port().await;
    tokio::spawn(async move {
        // An HTTP library would not let us lie about the length.
        for length in [whole.len(), whole.len() + 1] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all((head + &whole).as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    let desk = Desk::new(&format!("http://{address}/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    failed(&desk.poll(after(60)).await, "before message length reached");
    assert_eq!(desk.entries().await.len(), 2);
    assert_eq!(desk.status().await.last_success_at, Some(NOW));
}

#[tokio::test]
async fn a_server_that_never_answers_is_left() {
    let (_publisher, desk) = good_and_then(|_| None).await;
    fails_and_keeps(&desk.in_haste(), "longer than 1s (polling.timeout)").await;
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let (_publisher, desk) = good_and_then(|_| {
        let start = stream::once(async { Bytes::from_static(b"<rss>") });
        answer(200, &[], chunks(start.chain(stream::pending())))
    })
    .await;
    fails_and_keeps(&desk.in_haste(), "longer than 1s (polling.timeout)").await;
}

#[tokio::test]
async fn a_page_in_place_of_a_feed_names_the_feeds_that_it_links() {
    keeps_the_last_good_copy("/real.atom", |_| {
        let page = "<!doctype html><html><head><title>We moved</title>\
            <link rel=alternate type=application/atom+xml title=News href=/real.atom></head><body><p>Hello</p></body></html>";
        answer(200, &[("content-type", "application/rss+xml")], page)
    })
    .await;
}

#[tokio::test]
async fn what_is_no_feed_keeps_the_last_copy() {
    keeps_the_last_good_copy("document is empty", |_| answer(200, &[], "")).await;
    keeps_the_last_good_copy("document is empty", |_| answer(200, &[], " \n")).await;
    keeps_the_last_good_copy("document is no feed", |_| {
        answer(200, &[], "{\"error\": \"quota\"}")
    })
    .await;
    keeps_the_last_good_copy("document is no feed", |_| {
        answer(200, &[], "Service unavailable")
    })
    .await;
    keeps_the_last_good_copy("document is empty", |_| answer(204, &[], "")).await;
}

#[tokio::test]
async fn a_wrong_charset_in_the_header_breaks_no_letter() {
    let publisher = Publisher::start(|_| {
        let body = rss(&[("1", "Brücke – Ærø", "<p>„Größe“ 東京</p>")]);
        answer(
            200,
            &[("content-type", "application/rss+xml; charset=iso-8859-1")],
            body,
        )
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (1, 0));
    let entry = &desk.entries().await[0];
    assert_eq!(entry.title.as_ref().unwrap().value, "Brücke – Ærø");
    assert!(
        entry
            .content
            .as_ref()
            .unwrap()
            .value
            .contains("„Größe“ 東京")
    );
}

#[tokio::test]
async fn relative_links_resolve_against_where_the_document_was_found() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/feed" => answer(302, &[("location", "/deep/er/feed.xml")], ""),
        _ => answer(
            200,
            &[],
            crate::support::channel(&item("1", "A", "<p><a href=\"story\">a</a></p>", "")),
        ),
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (1, 0));
    let content = desk.entries().await.swap_remove(0).content.unwrap().value;
    assert!(content.contains("/deep/er/story"), "{content}");
}

#[tokio::test]
async fn a_file_is_polled_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.xml");
    let write = |document: &str| std::fs::write(&path, document).unwrap();
    write(&document());
    let desk = Desk::new(path.to_str().unwrap(), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    unchanged(&desk.poll(after(1)).await);
    write(&document().replace("The first story", "The first story, edited"));
    changed(&desk.poll(after(2)).await, (0, 1));
    write(&" ".repeat(100_001));
    failed(&desk.poll(after(3)).await, "larger than 100000 bytes");
    std::fs::remove_file(&path).unwrap();
    failed(&desk.poll(after(4)).await, path.to_str().unwrap());
    assert_eq!(desk.entries().await.len(), 2);
}

#[tokio::test]
async fn a_folder_and_a_device_are_no_files() {
    for path in ["/", "/dev/zero"] {
        assert!(Path::new(path).exists());
        let desk = Desk::new(path, "").await;
        failed(&desk.poll(NOW).await, "no regular file");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_failure() {
    let (listener, address) = free_port().await;
    drop(listener);
    let desk = Desk::new(&format!("http://{address}/feed?key=hunter2"), "").await;
    failed(&desk.poll(NOW).await, "onnect");
    let status = desk.status().await;
    assert_eq!(status.failures, 1);
    // The address may hold a secret, and whoever shows the message names the source anyway.
    let detail = status.detail.unwrap();
    assert!(!detail.contains("hunter2"), "{detail}");
}

#[tokio::test]
async fn new_rules_are_applied_to_an_unchanged_body() {
    let publisher = Publisher::start(|_| answer(200, &[], document())).await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    let stricter = Desk::new(
        &publisher.url("/feed"),
        "remove = [{ text = \"second story\" }]",
    )
    .await;
    let desk = Desk {
        live: stricter.live,
        ..desk
    };
    unchanged(&desk.poll(after(60)).await);
    let bodies: Vec<String> = desk
        .entries()
        .await
        .into_iter()
        .filter_map(|entry| Some(entry.content?.value))
        .collect();
    assert!(
        !bodies.concat().contains("second story") && bodies.concat().contains("first story"),
        "{bodies:?}"
    );
}

async fn rewash(desk: &Desk, live: &Live) {
    daemon::rewash(&desk.store, live, &CancellationToken::new())
        .await
        .unwrap();
}

#[tokio::test]
async fn new_rules_are_applied_to_what_is_stored_and_nothing_is_news() {
    let publisher = Publisher::start(|_| answer(200, &[], document())).await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    let before = desk.entries().await;
    let rules = "remove = [{ text = \"second story\" }]";
    let stricter = Desk::new(&publisher.url("/feed"), rules).await.live;
    for _ in 0..2 {
        rewash(&desk, &stricter).await;
        let now = desk.entries().await;
        assert_eq!(now[0], before[0]);
        assert!(!now[1].content.as_ref().unwrap().value.contains("second"));
        assert_eq!(
            (&now[1].published, &now[1].updated),
            (&before[1].published, &before[1].updated)
        );
        assert_eq!(desk.revision().await, 2, "once is enough");
    }
    rewash(&desk, &desk.live).await;
    assert_eq!(
        desk.entries().await,
        before,
        "nothing is ever lost by a rule"
    );
    assert_eq!(publisher.asked().len(), 1, "nobody was asked");
}

/// A publisher whose document gets a counter for each request, and loses its second entry.
async fn counting() -> Publisher {
    Publisher::start(|asked| {
        let counter = format!("<slash:comments>{}</slash:comments>", asked.earlier);
        let first = item("1", "A", "<p>The first story.</p>", &counter);
        let second = item("2", "B", "<p>The second story.</p>", "");
        let both = if asked.earlier == 0 {
            first + &second
        } else {
            first
        };
        answer(200, &[], crate::support::channel(&both))
    })
    .await
}

/// The same desk under other rules.
async fn under(desk: Desk, url: &str, rules: &str) -> Desk {
    let live = Desk::new(url, rules).await.live;
    Desk { live, ..desk }
}

fn bodies(entries: &[Entry]) -> String {
    let bodies = entries.iter().filter_map(|entry| entry.content.as_ref());
    bodies.map(|content| content.value.as_str()).collect()
}

#[tokio::test]
async fn new_rules_are_applied_after_a_304() {
    let (publisher, desk) = good_and_then(|_| answer(304, &[], "")).await;
    let rules = "remove = [{ text = \"second story\" }]";
    let desk = under(desk, &publisher.url("/feed"), rules).await;
    unchanged(&desk.poll(after(60)).await);
    assert!(!bodies(&desk.entries().await).contains("second story"));
    let revision = desk.revision().await;
    unchanged(&desk.poll(after(120)).await);
    assert_eq!(desk.revision().await, revision, "once is enough");
}

#[tokio::test]
async fn new_rules_are_applied_to_what_left_and_a_counter_announces_nothing() {
    let publisher = counting().await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    let rules = "remove = [{ text = \"story\" }]";
    let desk = under(desk, &publisher.url("/feed"), rules).await;
    let before = desk.entries().await;
    unchanged(&desk.poll(after(60)).await);
    let now = desk.entries().await;
    assert_eq!(bodies(&now), "");
    let dates = |entries: &[Entry]| {
        let dates = entries
            .iter()
            .map(|e| (e.published.clone(), e.updated.clone()));
        dates.collect::<Vec<_>>()
    };
    assert_eq!(dates(&now), dates(&before));
    let source = desk.store.source("press").await.unwrap().unwrap();
    assert!(!poll::is_outdated(
        &source,
        &desk.live.config.sources[0].rules
    ));
}

#[tokio::test]
async fn a_line_that_was_learnt_announces_nothing() {
    let publisher = Publisher::start(|asked| {
        let counter = format!("<slash:comments>{}</slash:comments>", asked.earlier);
        let entry = |n: usize| {
            let story = ["ferry", "harbour", "lamp", "school", "church"][n].repeat(n + 8);
            let body = format!(
                "<p>The {story} of the northern island was seen at dawn by all who could not sleep for the storm.</p>\
                 <p>The lamp of Brell burns for those at sea.</p>"
            );
            item(&n.to_string(), &format!("Story {story}"), &body, &counter)
        };
        let count = if asked.earlier == 0 { 2 } else { 4 };
        answer(200, &[], crate::support::channel(&(0..count).map(entry).collect::<String>()))
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    assert!(bodies(&desk.entries().await).contains("Brell"));
    changed(&desk.poll(after(60)).await, (2, 0));
    assert!(!bodies(&desk.entries().await).contains("Brell"));
    unchanged(&desk.poll(after(120)).await);
}

#[tokio::test]
async fn an_edit_under_new_rules_is_announced_once() {
    let (publisher, desk) = good_and_then(|asked| {
        let counter = format!("<slash:comments>{}</slash:comments>", asked.earlier);
        let first = item("1", "A", "<p>The first story, edited.</p>", &counter);
        let second = item("2", "B", "<p>The second story.</p>", &counter);
        answer(200, &[], crate::support::channel(&(first + &second)))
    })
    .await;
    let rules = "off = [\"empty-lines\"]\nremove = [{ text = \"second story\" }]";
    let desk = under(desk, &publisher.url("/feed"), rules).await;
    changed(&desk.poll(after(60)).await, (0, 1));
    unchanged(&desk.poll(after(120)).await);
}

#[tokio::test]
async fn a_poll_that_knew_nothing_of_what_was_put_back_is_made_again() {
    let publisher = Publisher::start(|asked| {
        let counter = format!("<slash:comments>{}</slash:comments>", asked.earlier);
        let body = "<p>The lamp was lit again on Sunday.</p><p>Leave a reply</p>";
        answer(
            200,
            &[],
            crate::support::channel(&item("1", "A", body, &counter)),
        )
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (1, 0));
    assert!(!bodies(&desk.entries().await).contains("reply"));
    let now = after(90_000);
    let taken = desk.store.due(1, LEASE, now).await.unwrap().swap_remove(0);
    // A user puts the prompt back, while the poll is under way.
    let raw = desk.store.stored_raw(&taken).await.unwrap().unwrap();
    let removal = desk.store.removals(&taken).await.unwrap().swap_remove(0);
    let restored = clean::restored(&removal, &raw.entries[0], &raw, false).unwrap();
    desk.store
        .restore(&taken, &restored, &removal, now)
        .await
        .unwrap();
    let rules = &desk.live.config.sources[0].rules;
    let done = poll::rewash(&desk.store, "press", rules, now, false).await;
    assert_eq!(done.unwrap().changed.len(), 1);
    let config = &desk.live.config.sources[0];
    let late = poll::poll(&desk.live, &desk.store, &taken, config, now).await;
    failed(&late.outcome, "its rules were changed");
    assert!(bodies(&desk.entries().await).contains("reply"));
    assert!(desk.is_due(now).await, "it is made again at once");
    unchanged(&desk.poll(now).await);
    assert!(bodies(&desk.entries().await).contains("reply"));
    assert!(!desk.is_due(now).await);
}

#[tokio::test]
async fn rules_that_change_nothing_change_nothing() {
    let (publisher, desk) = good_and_then(|_| answer(304, &[], "")).await;
    let (revision, before) = (desk.revision().await, desk.entries().await);
    let rules = "remove = [{ text = \"third story\" }]";
    let desk = under(desk, &publisher.url("/feed"), rules).await;
    rewash(&desk, &desk.live).await;
    assert_eq!(
        (desk.revision().await, desk.entries().await),
        (revision, before)
    );
    let source = desk.store.source("press").await.unwrap().unwrap();
    assert!(!poll::is_outdated(
        &source,
        &desk.live.config.sources[0].rules
    ));
}

#[tokio::test]
async fn a_host_that_never_answers_holds_up_no_other() {
    let slow = Publisher::start(|_| None).await;
    let quick = Publisher::start(|_| answer(200, &[], document())).await;
    let source =
        |name: &str, url: &str| format!("[[source]]\nname = \"{name}\"\nurl = \"{url}\"\n");
    let mut toml = String::from(
        "[polling]\nallow_private = [\"127.0.0.0/8\", \"localhost\"]\nconcurrency = 3\n",
    );
    for n in 1..=5 {
        toml += &source(&format!("slow-{n}"), &slow.url("/"));
    }
    // A host is known by its name.
    toml += &source(
        "quick",
        &format!("http://localhost:{}/", quick.address.port()),
    );
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let (app, _live) = app(&store, config(&toml));
    let polling = tokio::spawn(daemon::run(app, CancellationToken::new()));
    until("the quick one is published", async || {
        let heading = store.heading("quick").await.unwrap()?;
        (heading.revision > 0).then_some(())
    })
    .await;
    assert!(slow.asked().len() <= 2, "a host is asked by two at a time");
    polling.abort();
}
