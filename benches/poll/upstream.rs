//! A publisher of ten thousand feeds, in a process of its own: 304 to who asks with the validator, else the feed. It counts what it
//! answers.

use super::process::{Helper, number};
use super::{loopback, support};
use feedwash::model::FeedFormat;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::io::AsyncWriteExt as _;

/// The one validator of all feeds, as a web server makes it of a file.
pub(crate) const ETAG: &str = "\"695ce2a4-1a2b\"";

/// Few entries, so that ten thousand stores of them fit a temporary folder; a 304 is as long whatever its feed holds.
const ENTRIES: usize = 2;

/// What a server has answered so far.
#[derive(Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) connections: usize,
    pub(crate) full: usize,
    pub(crate) not_modified: usize,
}

/// A running server, for as long as this is kept.
pub(crate) struct Upstream {
    _process: Helper,
    pub(crate) port: u16,
}

impl Upstream {
    pub(crate) fn start() -> Self {
        let mut process = Helper::start(&["upstream"]);
        let port = number(&process.line());
        Self {
            _process: process,
            port,
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .expect("the server takes connections");
        let mut answer = String::new();
        let asked = stream.write_all(b"GET /counts HTTP/1.1\r\n\r\n");
        asked
            .and_then(|()| stream.read_to_string(&mut answer))
            .expect("the server answers");
        let mut counts = answer.split_whitespace().map(number);
        let mut next = || counts.next().expect("there are three");
        Counts {
            connections: next(),
            full: next(),
            not_modified: next(),
        }
    }
}

#[derive(Default)]
struct Counters {
    connections: AtomicUsize,
    full: AtomicUsize,
    not_modified: AtomicUsize,
}

struct Answers {
    full: Vec<u8>,
    not_modified: Vec<u8>,
}

/// The server: says its port, and answers until its input ends.
pub(crate) fn run() {
    let validators = format!("ETag: {ETAG}\r\nLast-Modified: Tue, 06 Jan 2026 10:26:28 GMT\r\n");
    let date = "Server: bench\r\nDate: Tue, 06 Jan 2026 12:00:00 GMT\r\n";
    let feed = support::made(FeedFormat::Rss, ENTRIES).response.body;
    let mut full = format!(
        "HTTP/1.1 200 OK\r\n{date}{validators}Content-Type: application/rss+xml\r\nContent-Length: {}\r\n\r\n",
        feed.len()
    )
    .into_bytes();
    full.extend_from_slice(&feed);
    let not_modified = format!("HTTP/1.1 304 Not Modified\r\n{date}{validators}\r\n").into_bytes();
    let answers = Arc::new(Answers { full, not_modified });
    let counters = Arc::new(Counters::default());
    loopback::serve(|stream| answer(stream, Arc::clone(&answers), Arc::clone(&counters)));
}

/// Answers one connection's requests, one after the other.
async fn answer(mut stream: tokio::net::TcpStream, answers: Arc<Answers>, counters: Arc<Counters>) {
    counters.connections.fetch_add(1, Relaxed);
    let mut request = Vec::new();
    while loopback::read_request(&mut stream, &mut request).await {
        if request.starts_with(b"GET /counts ") {
            let counters = [
                &counters.connections,
                &counters.full,
                &counters.not_modified,
            ];
            let text = counters.map(|counter| counter.load(Relaxed).to_string());
            // Whoever asks sees the end of the connection in any case.
            let _ = stream.write_all(text.join(" ").as_bytes()).await;
            return;
        }
        let is_conditional = request
            .windows(ETAG.len())
            .any(|bytes| bytes == ETAG.as_bytes());
        let (answer, counter) = if is_conditional {
            (&answers.not_modified, &counters.not_modified)
        } else {
            (&answers.full, &counters.full)
        };
        counter.fetch_add(1, Relaxed);
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}
