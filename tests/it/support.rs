//! What several subjects share: documents, a configuration, a scripted publisher, the program behind a port.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, StatusCode};
use feedwash::config::Config;
use feedwash::daemon::{App, Role};
use feedwash::model::{Rules, Washed};
use feedwash::poll::Live;
use feedwash::store::{Finish, Recording, Store};
use feedwash::{wash, web};
use jiff::Timestamp;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// When the tests take place, where the time is an argument.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// How long anything may take before a test gives up on it. Generous: it is waited for in vain only when a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long a source that was taken from the store belongs to its taker.
pub(crate) const LEASE: Duration = Duration::from_secs(300);

/// Some seconds after [`NOW`].
pub(crate) fn after(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW.as_second() + seconds).expect("tests stay near the present")
}

/// Whether this run may not skip anything.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1")
}

/// Says loudly that a test was skipped; in CI it fails.
#[track_caller]
pub(crate) fn skip(why: &str) {
    assert!(!is_ci(), "CI skips nothing: {why}");
    // Not by a macro, whose output the harness keeps to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// A configuration, which must be right.
#[track_caller]
pub(crate) fn config(toml: &str) -> Config {
    Config::from_toml(toml, Path::new("/nowhere"), None).expect("a valid feeds.toml")
}

/// Text with the characters escaped that XML reserves.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// An RSS item of an id, a title and a body of HTML, with further elements as XML.
pub(crate) fn item(id: &str, title: &str, body: &str, further: &str) -> String {
    let (id, title, body) = (escape(id), escape(title), escape(body));
    format!(
        "<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title>\
         <description>{body}</description>{further}</item>\n"
    )
}

/// An RSS document of some elements of its channel, as XML.
pub(crate) fn channel(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<rss version=\"2.0\" xmlns:slash=\"http://purl.org/rss/1.0/modules/slash/\" \
         xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>The Press</title>\
         <link>https://press.example/</link><description>News</description>\n{inside}</channel></rss>\n"
    )
}

/// An RSS document of entries, each an id, a title and a body of HTML.
pub(crate) fn rss(entries: &[(&str, &str, &str)]) -> String {
    let items = entries
        .iter()
        .map(|(id, title, body)| item(id, title, body, ""));
    channel(&items.collect::<String>())
}

/// An RSS document of so many entries, `entry 1` the newest, a minute apart.
pub(crate) fn many(count: usize) -> String {
    let items = (1..=count).map(|n| {
        let date = NOW.as_second() - 60 * n as i64;
        let date = Timestamp::from_second(date).expect("tests stay near the present");
        let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
        let body = format!("<p>The story of number {n}.</p>");
        item(
            &format!("id-{n}"),
            &format!("entry {n}"),
            &body,
            &format!("<pubDate>{date}</pubDate>"),
        )
    });
    channel(&items.collect::<String>())
}

/// A document, washed without rules.
#[track_caller]
pub(crate) fn washed(document: &str) -> Washed {
    let response = feedwash::model::Response {
        url: Some("https://press.example/feed".into()),
        content_type: None,
        body: document.as_bytes().to_vec(),
    };
    wash::wash(&response, &Rules::default()).expect("a feed")
}

/// The end of a poll that went well and brought nothing; the next one is an hour later.
pub(crate) fn fine(now: Timestamp) -> Finish<'static> {
    Finish {
        outcome: "unchanged",
        next_poll_at: Timestamp::from_second(now.as_second() + 3600).ok(),
        next_poll_reason: "every 1h".into(),
        duration: Duration::from_millis(5),
        ..Finish::default()
    }
}

/// Stores a washed document as a poll of a configured source would.
pub(crate) async fn publish(store: &Store, name: &str, washed: &Washed, now: Timestamp) {
    let finish = Finish {
        recording: Some(Recording::new(washed, "rules-1")),
        outcome: "changed",
        ..fine(now)
    };
    end_poll(store, name, &finish, now).await;
}

/// Ends a poll of a configured source, which nobody polls, as is said.
pub(crate) async fn end_poll(store: &Store, name: &str, finish: &Finish<'_>, now: Timestamp) {
    let source = store
        .take(name, true, LEASE, now)
        .await
        .expect("the store answers");
    let source = source.expect("nobody else polls it");
    store
        .finish(&source, finish, now)
        .await
        .expect("the store takes it");
}

/// A request as a publisher saw it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Its path, with the query.
    pub(crate) path: String,
    /// Its header fields.
    pub(crate) headers: HeaderMap,
    /// How many requests came before it.
    pub(crate) earlier: usize,
}

impl Asked {
    /// A header field's value; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a readable value"))
    }
}

/// A publisher's server on a free port, which answers by a script.
pub(crate) struct Publisher {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Publisher {
    /// Starts a server. The script answers a request, or never does where it gives `None`.
    pub(crate) async fn start(
        script: impl Fn(&Asked) -> Option<Response<Body>> + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, script) = (Arc::clone(&asked), Arc::new(script));
        let router = Router::new().fallback(move |request: Request| {
            let (log, script) = (Arc::clone(&log), Arc::clone(&script));
            async move {
                let answer = {
                    let mut log = log.lock().unwrap();
                    let asked = Asked {
                        path: request.uri().to_string(),
                        headers: request.headers().clone(),
                        earlier: log.len(),
                    };
                    log.push(asked.clone());
                    script(&asked)
                };
                match answer {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            }
        });
        let (listener, address) = free_port().await;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    /// An address on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// A listener on a port that nobody uses.
pub(crate) async fn free_port() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

/// An answer of a status, header fields and a body.
pub(crate) fn answer(
    code: u16,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Option<Response<Body>> {
    let status = StatusCode::from_u16(code).expect("a status");
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Some(response.body(body.into()).expect("a valid answer"))
}

/// The program's shared state over a store. The sender changes its configuration.
pub(crate) fn app(store: &Store, config: Config) -> (App, watch::Sender<Arc<Live>>) {
    let live = Live::new(config).expect("a client");
    App::new(store.clone(), live, Role::Both)
}

/// Serves the program's routes on a free port until the test ends.
pub(crate) async fn serve(app: App) -> SocketAddr {
    let (listener, address) = free_port().await;
    tokio::spawn(async move { axum::serve(listener, web::router(app)).await });
    address
}

/// A client that shows answers as they are sent: nothing is unpacked, no redirect followed.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    let builder = builder.no_gzip().no_brotli().no_zstd();
    builder
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .expect("a client")
}

/// Waits until something holds, looking again and again.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
