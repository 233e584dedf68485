//! Readers: so many at once, each asks one server for one feed after the other, with the validator that it got before.

use super::process::{number, say};
use super::{loopback, publishers};
use reqwest::header::{self, HeaderValue};
use reqwest::{Client, StatusCode};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a reader waits between two feeds.
const PAUSE: Duration = Duration::from_millis(50);

/// How many feeds a reader has subscribed to.
const SUBSCRIBED: usize = 20;

/// What all readers were answered.
#[derive(Default)]
struct Answered {
    full: AtomicUsize,
    not_modified: AtomicUsize,
    failed: AtomicUsize,
}

/// Reads until its input ends, and then says how often it got a feed, a 304, and no answer.
pub(crate) fn run(arguments: &[&str]) {
    let [readers, sources, ports @ ..] = arguments else {
        panic!("readers, sources and ports are named");
    };
    let (readers, sources): (usize, usize) = (number(readers), number(sources));
    let ports: Vec<u16> = ports.iter().map(|port| number(port)).collect();
    let answered = Arc::new(Answered::default());
    let told = Arc::clone(&answered);
    std::thread::spawn(move || {
        super::process::wait_for_the_end_of_input();
        let counts = [&told.full, &told.not_modified, &told.failed];
        let counts = counts.map(|count| count.load(Relaxed).to_string());
        say(counts.join(" "));
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime can be made").block_on(async {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(5));
        let client = client.build().expect("a client can be made");
        let tasks = (0..readers).map(|reader| {
            let port = ports[reader % ports.len()];
            tokio::spawn(read(
                reader,
                client.clone(),
                port,
                sources,
                Arc::clone(&answered),
            ))
        });
        futures_util::future::join_all(tasks).await;
    });
}

/// One reader, who goes on for ever.
async fn read(reader: usize, client: Client, port: u16, sources: usize, answered: Arc<Answered>) {
    let known: Mutex<HashMap<usize, HeaderValue>> = Mutex::default();
    for step in 0.. {
        // A prime, so that readers of neighbouring numbers have few feeds in common.
        let source = (reader * 7_919 + step % SUBSCRIBED) % sources;
        let name = publishers::name(IpAddr::V4(loopback::address(source)));
        let mut request = client.get(format!("http://127.0.0.1:{port}/feeds/{name}.rss"));
        let etag = known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&source)
            .cloned();
        if let Some(etag) = etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        let count = match request.send().await {
            Ok(answer) if answer.status() == StatusCode::NOT_MODIFIED => &answered.not_modified,
            Ok(answer) if answer.status() == StatusCode::OK => {
                if let Some(etag) = answer.headers().get(header::ETAG) {
                    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                    known.insert(source, etag.clone());
                }
                &answered.full
            }
            // Its server was killed, as is meant.
            Ok(_) | Err(_) => &answered.failed,
        };
        count.fetch_add(1, Relaxed);
        tokio::time::sleep(PAUSE).await;
    }
}
