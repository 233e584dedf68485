//! A year of sources that post twenty entries a day, at once: what an entry takes, and whether anything takes longer for it.

use crate::documents::Pieces;
use crate::ours::{Ours, recording};
use crate::process::{asked, say};
use crate::{median, processor};
use feedwash::config::StoreLocation;
use feedwash::daemon::{App, Role};
use feedwash::model::FeedFormat;
use feedwash::poll::Live;
use feedwash::render::{Context, render};
use feedwash::web;
use jiff::{Timestamp, ToSpan as _};
use rusqlite::Connection;
use sqlx::Connection as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How many entries each source posts in a year: twenty a day.
const A_YEAR: usize = 7_300;

/// How many of them a poll finds: half a day's.
const NEWS: usize = 10;

/// How many a document has.
const WINDOW: usize = 30;

/// How many sources are looked at to see how long a page takes.
const LOOKS: usize = 50;

/// Where it lies.
enum Place {
    File(tempfile::TempDir),
    Server(String),
}

impl Place {
    fn new() -> Self {
        match std::env::var("FEEDWASH_TEST_POSTGRES") {
            Ok(url) => Self::Server(url),
            Err(_) => Self::File(tempfile::tempdir().expect("a folder can be made")),
        }
    }

    fn location(&self) -> StoreLocation {
        match self {
            Self::File(folder) => StoreLocation::Sqlite(folder.path().join("store.db")),
            Self::Server(url) => StoreLocation::Postgres(url.clone()),
        }
    }

    /// Each table with its indexes: its name and its bytes.
    async fn sizes(&self) -> Vec<(String, i64)> {
        match self {
            Self::File(folder) => sizes_of_file(&folder.path().join("store.db")),
            Self::Server(url) => {
                let connection = sqlx::PgConnection::connect(url).await;
                let mut connection = connection.expect("the server answers");
                let sizes = sqlx::query_as(
                    "select relname::text, pg_total_relation_size(relid) from pg_stat_user_tables order by 2 desc",
                );
                let sizes = sizes.fetch_all(&mut connection).await;
                sizes.expect("the server tells what its tables take")
            }
        }
    }
}

fn sizes_of_file(path: &Path) -> Vec<(String, i64)> {
    let connection = Connection::open(path).expect("the file can be opened");
    let sql = "select coalesce(tbl_name, 'schema'), sum(pgsize) from dbstat \
               left join sqlite_schema using (name) group by 1 order by 2 desc";
    let mut statement = connection.prepare(sql).expect("it is SQL");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let rows = rows.expect("the file can be read");
    rows.map(|row| row.expect("the file can be read")).collect()
}

/// Lets sources post, and tells of the store after a hundredth of the year, after a tenth and at its end.
pub(crate) async fn grow(pieces: &Pieces) {
    let place = Place::new();
    let sources = asked("FEEDWASH_SOURCES", 10);
    let begin = Timestamp::now() - (24 * 365).hours();
    let at =
        |entry: usize| begin + Duration::from_secs(365 * 86_400) * (entry as u32) / (A_YEAR as u32);
    let ours = Ours::open(&place.location(), sources, begin).await;
    let serving = Serving::start(&ours).await;
    let posted = (0..sources).flat_map(|source| {
        let piece = move |number| pieces.posted(source, sources, number, NEWS);
        (NEWS..10 * NEWS).map(piece)
    });
    let bytes: usize = posted.map(|piece| pieces.bytes_of(piece)).sum();
    say(format_args!(
        "{sources} sources post 20 entries a day, of {} bytes as JSON in both forms",
        bytes / (9 * NEWS * sources)
    ));
    let mut polls = 0;
    let (mut used, mut last) = (processor(), 0);
    for posted in (NEWS..=A_YEAR).step_by(NEWS) {
        let now = at(posted);
        // However far apart they are due.
        let taken = ours.take(sources, now + 2.hours()).await;
        assert_eq!(taken.len(), sources, "all are due");
        for (source, taken) in taken {
            let numbers = posted.saturating_sub(WINDOW)..posted;
            let numbers = numbers.rev().map(|number| source * A_YEAR + number);
            let piece = |number| pieces.posted(source, sources, number % A_YEAR, NEWS);
            let washed = pieces.document(numbers, piece, |number| at(number % A_YEAR));
            let recorded = ours.finish(&taken, recording(&washed), now).await;
            assert_eq!(recorded.new, NEWS, "what was posted is new");
            polls += 1;
        }
        if [A_YEAR / 100, A_YEAR / 10, A_YEAR]
            .iter()
            .any(|&mark| (mark..mark + NEWS).contains(&posted))
        {
            let cost = (processor() - used) / (polls - last);
            let entries = sources * posted;
            tell(&place, entries, polls as usize, cost).await;
            serving.tell(&ours, sources).await;
            (used, last) = (processor(), polls);
        }
    }
    serving.shutdown.cancel();
    ours.store.close().await;
}

async fn tell(place: &Place, entries: usize, polls: usize, cost: Duration) {
    let sizes = place.sizes().await;
    let all: i64 = sizes.iter().map(|(_, bytes)| bytes).sum();
    let each = |bytes: i64| bytes as f64 / entries as f64;
    say(format_args!(
        "{entries} entries: {:.1} MB, {:.0} bytes an entry; {} µs of the processor a poll of {NEWS} new of {WINDOW}",
        all as f64 / 1e6,
        each(all),
        cost.as_micros()
    ));
    for (table, bytes) in sizes.iter().take(5) {
        let of = if table == "poll" {
            format!(", {:.0} a poll", *bytes as f64 / polls as f64)
        } else {
            String::new()
        };
        say(format_args!(
            "    {table:<10} {:>8.1} bytes an entry{of}",
            each(*bytes)
        ));
    }
}

/// The program's own server on this store.
struct Serving {
    address: SocketAddr,
    shutdown: CancellationToken,
}

impl Serving {
    async fn start(ours: &Ours) -> Self {
        let live = Live::new(ours.config.clone()).expect("a client can be made");
        let (app, sender) = App::new(ours.store.clone(), live, Role::Serves);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let shutdown = CancellationToken::new();
        let until = shutdown.clone();
        tokio::spawn(async move {
            // Whoever gives it another configuration is there as long as it is.
            let _sender = sender;
            web::serve(listener, app, until).await;
        });
        Self { address, shutdown }
    }

    /// How long a page takes that nobody asked for before, and the first page of all.
    async fn tell(&self, ours: &Ours, sources: usize) {
        let (mut feeds, mut bytes) = (Vec::new(), 0);
        for look in 0..LOOKS {
            let id = 1 + look % sources;
            let started = Instant::now();
            let page = ours.store.feed(id as i64, 0, 50).await;
            let page = page.expect("the store can be read");
            bytes = render(&page.feed, FeedFormat::Atom, &Context::default()).len();
            feeds.push(started.elapsed().as_secs_f64() * 1e3);
        }
        let address = self.address;
        let paths = [("/", "/"), ("/feeds/s1/", "/feeds/s1")];
        let mut times = Vec::new();
        for (shown, path) in paths {
            let looked = tokio::task::spawn_blocking(move || -> Vec<f64> {
                (0..LOOKS)
                    .map(|_| get(address, path).as_secs_f64() * 1e3)
                    .collect()
            });
            times.push((shown, median(looked.await.expect("it does not panic"))));
        }
        say(format_args!(
            "    50 entries read and written as Atom ({} kB) in {:.2} ms; {} in {:.2} ms, {} in {:.2} ms",
            bytes / 1000,
            median(feeds),
            times[0].0,
            times[0].1,
            times[1].0,
            times[1].1
        ));
    }
}

fn get(address: SocketAddr, path: &str) -> Duration {
    let started = Instant::now();
    let stream = TcpStream::connect(address);
    let mut stream = stream.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    assert!(
        answer.starts_with(b"HTTP/1.1 200 "),
        "{}",
        String::from_utf8_lossy(&answer[..answer.len().min(300)])
    );
    started.elapsed()
}
