//! Publishers whose feeds change: one process that plays as many as are asked for, each at a loopback address of its own.
//!
//! A feed has the newest of its entries, numbered from 1. One request in so many finds a new one; the others get a 304 where
//! they show the validator.

use super::loopback;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// How many entries a feed shows: more than come while nobody can poll it.
const ENTRIES: usize = 20;

/// The title of an entry, which is also its id.
pub(crate) fn title(source: &str, number: usize) -> String {
    format!("{source}-entry-{number}")
}

/// What all publishers have done so far.
#[derive(Default)]
struct World {
    /// The newest entry of each source that was asked for, by its address.
    newest: Mutex<HashMap<Ipv4Addr, usize>>,
    asked: AtomicUsize,
    full: AtomicUsize,
    /// Nothing new comes any more.
    frozen: AtomicBool,
    /// One request in so many finds something new.
    change: usize,
    /// How long an answer takes.
    delay: Duration,
}

impl World {
    /// The newest entry of a source when it is asked for once more.
    fn ask(&self, source: Ipv4Addr) -> usize {
        let count = self.asked.fetch_add(1, Relaxed);
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = newest.entry(source).or_insert(1);
        // Each source at a request of its own, so that they do not change together.
        let is_new = !self.frozen.load(Relaxed) && (count + 1).is_multiple_of(self.change);
        *newest += usize::from(is_new);
        *newest
    }
}

/// The server: says its port, and answers until its input ends. `/freeze` ends all change, `/counts` tells how many asked and
/// how many got a feed, `/newest` the number of each source's newest entry.
pub(crate) fn run(change: usize, delay: Duration) {
    let world = Arc::new(World {
        change,
        delay,
        ..World::default()
    });
    loopback::serve(|stream| answer(stream, Arc::clone(&world)));
}

/// Answers one connection's requests, one after the other.
async fn answer(mut stream: TcpStream, world: Arc<World>) {
    let Ok(SocketAddr::V4(here)) = stream.local_addr() else {
        return;
    };
    let source = *here.ip();
    let mut request = Vec::new();
    while loopback::read_request(&mut stream, &mut request).await {
        let is_for = |path: &str| request.starts_with(format!("GET {path} ").as_bytes());
        if is_for("/feed.xml") {
            if !world.delay.is_zero() {
                tokio::time::sleep(world.delay).await;
            }
            let answer = feed(source, &request, &world);
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            continue;
        }
        let said = match () {
            () if is_for("/freeze") => {
                world.frozen.store(true, Relaxed);
                String::new()
            }
            () if is_for("/newest") => {
                let newest = world.newest.lock().unwrap_or_else(PoisonError::into_inner);
                let lines = newest.iter().map(|(ip, newest)| format!("{ip} {newest}\n"));
                lines.collect()
            }
            () => {
                let counts = [&world.asked, &world.full].map(|count| count.load(Relaxed));
                format!("{} {}", counts[0], counts[1])
            }
        };
        // Whoever asks sees the end of the connection in any case.
        let _ = stream.write_all(said.as_bytes()).await;
        return;
    }
}

/// The answer to who asks for a feed.
fn feed(source: Ipv4Addr, request: &[u8], world: &World) -> String {
    let newest = world.ask(source);
    let etag = format!("\"{newest}\"");
    let validator = format!("if-none-match: {etag}\r\n");
    let request = String::from_utf8_lossy(request).to_ascii_lowercase();
    if request.contains(&validator) {
        return format!("HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n");
    }
    world.full.fetch_add(1, Relaxed);
    let name = name(IpAddr::V4(source));
    let mut body = format!(
        "<rss version=\"2.0\"><channel><title>{name}</title><link>http://{source}/</link><description>Load</description>"
    );
    for number in (1..=newest).rev().take(ENTRIES) {
        let title = title(&name, number);
        let _ = write!(
            body,
            "<item><guid isPermaLink=\"false\">{title}</guid><title>{title}</title><link>http://{source}/{number}</link>\
             <description><![CDATA[<p>The keeper of light {number} lit the lamp on Sunday, and the boats of {name} came home \
             before the storm.</p><p>Please enter your comment!</p>]]></description></item>"
        );
    }
    body.push_str("</channel></rss>");
    format!(
        "HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What a source is called, by its address.
pub(crate) fn name(address: IpAddr) -> String {
    format!("at-{}", address.to_string().replace('.', "-"))
}
