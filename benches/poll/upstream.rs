//! A publisher of ten thousand feeds, in a process of its own: 304 to who asks with the validator, but for so many of a hundred
//! who get a feed with one more entry; else the feed. It counts what it answers.

use super::process::{Helper, number, say};
use super::{loopback, support, tls};
use feedwash::model::FeedFormat;
use std::borrow::Cow;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

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
    /// Feeds with one more entry.
    pub(crate) changed: usize,
}

impl Counts {
    /// Answers to those who had asked before.
    pub(crate) fn again(&self) -> usize {
        self.not_modified + self.changed
    }
}

/// A running server, for as long as this is kept.
pub(crate) struct Upstream {
    _process: Helper,
    pub(crate) port: u16,
    /// Where it is asked what it has counted.
    counts_port: u16,
}

impl Upstream {
    /// Starts it: so many of a hundred answers are changed, and what it says is encrypted where there is a certificate.
    pub(crate) fn start(changing: usize, tls: Option<&Path>) -> Self {
        let changing = changing.to_string();
        let tls = tls.map(|folder| folder.to_str().expect("the folder's name is text"));
        let arguments: Vec<&str> = ["upstream", &changing].into_iter().chain(tls).collect();
        let mut process = Helper::start(&arguments);
        let counts_port = number(&process.line());
        let port = number(&process.line());
        Self {
            _process: process,
            port,
            counts_port,
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.counts_port))
            .expect("the server takes connections");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .expect("the server answers");
        let mut counts = answer.split_whitespace().map(number);
        let mut next = || counts.next().expect("there are four");
        Counts {
            connections: next(),
            full: next(),
            not_modified: next(),
            changed: next(),
        }
    }
}

#[derive(Default)]
struct Counters {
    connections: AtomicUsize,
    full: AtomicUsize,
    not_modified: AtomicUsize,
    changed: AtomicUsize,
}

impl Counters {
    /// Answers whoever connects.
    fn tell(self: Arc<Self>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        say(listener.local_addr().expect("it has an address").port());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counters = [
                    &self.connections,
                    &self.full,
                    &self.not_modified,
                    &self.changed,
                ];
                let text = counters.map(|counter| counter.load(Relaxed).to_string());
                // Whoever asks sees the end of the connection in any case.
                let _ = { stream }.write_all(text.join(" ").as_bytes());
            }
        });
    }
}

struct Answers {
    /// The head of a feed but for its length.
    head: String,
    /// The feed before its first entry, and from there on.
    feed: (String, String),
    not_modified: Vec<u8>,
    /// Every how manieth answer is a changed one; 0 for none.
    changes_every: usize,
}

impl Answers {
    fn new(changing: usize) -> Self {
        let validators =
            format!("ETag: {ETAG}\r\nLast-Modified: Tue, 06 Jan 2026 10:26:28 GMT\r\n");
        let date = "Server: bench\r\nDate: Tue, 06 Jan 2026 12:00:00 GMT\r\n";
        let feed = support::made(FeedFormat::Rss, ENTRIES).response.body;
        let feed = String::from_utf8(feed).expect("it is text");
        let first = feed.find("<item>").expect("it has entries");
        let (before, entries) = feed.split_at(first);
        Self {
            head: format!(
                "HTTP/1.1 200 OK\r\n{date}{validators}Content-Type: application/rss+xml\r\n"
            ),
            feed: (before.to_owned(), entries.to_owned()),
            not_modified: format!("HTTP/1.1 304 Not Modified\r\n{date}{validators}\r\n")
                .into_bytes(),
            changes_every: 100_usize.checked_div(changing).unwrap_or(0),
        }
    }

    /// The feed, with a further entry of this number.
    fn feed(&self, further: Option<usize>) -> Vec<u8> {
        let further = further.map_or(String::new(), |number| {
            format!(
                "<item><title>Late news {number}</title><guid isPermaLink=\"false\">late-{number}</guid>\
                 <description>&lt;p&gt;What nobody knew when the last edition was made up.&lt;/p&gt;</description></item>"
            )
        });
        let (head, (before, entries)) = (&self.head, &self.feed);
        let length = before.len() + further.len() + entries.len();
        format!("{head}Content-Length: {length}\r\n\r\n{before}{further}{entries}").into_bytes()
    }
}

/// The server: says where it tells its counts, and its port, and answers until its input ends.
pub(crate) fn run(changing: usize, tls: Option<&Path>) {
    let (answers, counters) = (
        Arc::new(Answers::new(changing)),
        Arc::new(Counters::default()),
    );
    Arc::clone(&counters).tell();
    let tls = tls.map(tls::acceptor);
    loopback::serve(move |stream| {
        let (answers, counters, tls) = (Arc::clone(&answers), Arc::clone(&counters), tls.clone());
        async move {
            counters.connections.fetch_add(1, Relaxed);
            match tls {
                None => answer(stream, &answers, &counters).await,
                Some(tls) => {
                    // Who gives up in the middle of the handshake is no matter.
                    if let Ok(stream) = tls.accept(stream).await {
                        answer(stream, &answers, &counters).await;
                    }
                }
            }
        }
    });
}

/// Answers one connection's requests, one after the other.
async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: &Answers,
    counters: &Counters,
) {
    let mut request = Vec::new();
    while loopback::read_request(&mut stream, &mut request).await {
        let is_conditional = request
            .windows(ETAG.len())
            .any(|bytes| bytes == ETAG.as_bytes());
        let again = counters.not_modified.load(Relaxed) + counters.changed.load(Relaxed) + 1;
        let is_changed = answers.changes_every > 0 && again.is_multiple_of(answers.changes_every);
        let (answer, counter) = match is_conditional {
            true if is_changed => (Cow::Owned(answers.feed(Some(again))), &counters.changed),
            true => (Cow::Borrowed(&answers.not_modified), &counters.not_modified),
            false => (Cow::Owned(answers.feed(None)), &counters.full),
        };
        counter.fetch_add(1, Relaxed);
        let written = stream.write_all(&answer).await;
        if written.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}
