//! A publisher of ten thousand feeds, in a process of its own: 304 to who asks with the validator, else the feed.
//!
//! It reads of a request what it needs and no more, so that it is no part of what is measured, and counts what it answers.

use super::{say, support};
use feedwash::model::FeedFormat;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The one validator of all feeds, as a web server makes it of a file.
pub(crate) const ETAG: &str = "\"695ce2a4-1a2b\"";

/// Few entries, so that ten thousand stores of them fit a temporary folder; a 304 is as long whatever its feed holds.
const ENTRIES: usize = 2;

/// The longest request: ours are below 400 bytes.
const REQUEST_BYTES_MAX: usize = 8_192;

/// What a server has answered so far.
#[derive(Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) connections: usize,
    pub(crate) full: usize,
    pub(crate) not_modified: usize,
}

/// A running server. It ends when this is dropped, and when the bench ends in any other way.
pub(crate) struct Upstream {
    process: Child,
    pub(crate) port: u16,
}

impl Upstream {
    pub(crate) fn start() -> Self {
        let this = std::env::current_exe().expect("a running program has a file");
        let mut process = Command::new(this)
            .arg("upstream")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let stdout = process.stdout.take().expect("it is a pipe");
        let mut port = String::new();
        let read = BufReader::new(stdout).read_line(&mut port);
        read.expect("the server says its port");
        let port = port.trim().parse().expect("the server says its port");
        Self { process, port }
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
            .expect("the server takes connections");
        let mut answer = String::new();
        let asked = stream.write_all(b"GET /counts HTTP/1.1\r\n\r\n");
        asked
            .and_then(|()| stream.read_to_string(&mut answer))
            .expect("the server answers");
        let mut counts = answer.split_whitespace().map(super::number);
        let mut next = || counts.next().expect("there are three");
        Counts {
            connections: next(),
            full: next(),
            not_modified: next(),
        }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // It ends with its input; that it has ended already is as well.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
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
    super::process::end_with_input();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime can be made").block_on(serve());
}

async fn serve() {
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

    // Every address of 127.0.0.0/8 leads here; who comes from elsewhere is sent away.
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await;
    let listener = listener.expect("there is a free port");
    say(listener.local_addr().expect("it has an address").port());
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            continue;
        };
        if peer.ip().is_loopback() {
            tokio::spawn(answer(stream, Arc::clone(&answers), Arc::clone(&counters)));
        }
    }
}

/// Answers one connection's requests, one after the other.
async fn answer(mut stream: tokio::net::TcpStream, answers: Arc<Answers>, counters: Arc<Counters>) {
    let _ = stream.set_nodelay(true);
    counters.connections.fetch_add(1, Relaxed);
    let mut request = Vec::new();
    loop {
        request.clear();
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_buf(&mut request).await {
                Ok(1..) if request.len() <= REQUEST_BYTES_MAX => {}
                _ => return,
            }
        }
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
