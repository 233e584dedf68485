//! Several programs on one PostgreSQL database, as their publishers see them.

use super::run::{ANY_PORT, Daemon};
use super::*;
use crate::store::in_schema;
use crate::support::{answer, free_port, rss, until};
use axum::Router;
use axum::extract::Request;
use feedwash::config::StoreLocation;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// How many sources each of the publishers has, and how many of these there are.
const SOURCES: usize = 12;
const PUBLISHERS: usize = 4;

/// What publishers see: a proxy, which is asked for hosts that nobody knows.
#[derive(Default)]
struct Seen {
    /// How many requests are open at each host, and how many were at the most.
    open: Mutex<HashMap<String, (usize, usize)>>,
    asked: AtomicUsize,
}

/// A request that is open, until it is answered or whoever asked is gone.
struct Open {
    seen: Arc<Seen>,
    host: String,
}

impl Open {
    fn new(seen: Arc<Seen>, host: String) -> Self {
        seen.asked.fetch_add(1, Relaxed);
        let mut open = seen.open.lock().unwrap();
        let (now, most) = open.entry(host.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
        drop(open);
        Self { seen, host }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.seen.open.lock().unwrap();
        open.get_mut(&self.host).expect("it was counted").0 -= 1;
    }
}

/// Starts the publishers, who take their time.
async fn publishers() -> (Arc<Seen>, String) {
    let seen: Arc<Seen> = Arc::default();
    let told = Arc::clone(&seen);
    let router = Router::new().fallback(move |request: Request| {
        let seen = Arc::clone(&told);
        async move {
            let host = request.uri().host().unwrap_or_default().to_owned();
            let _open = Open::new(seen, host);
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer(200, &[], rss(&[("1", "A", "The lamp was lit.")])).expect("an answer")
        }
    });
    let (listener, address) = free_port().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    (seen, format!("http://{address}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_sees_no_more_visitors_from_several_programs_than_from_one() {
    in_schema(async |_, location| {
        let StoreLocation::Postgres(store) = location else {
            unreachable!("it is PostgreSQL's");
        };
        let (seen, proxy) = publishers().await;
        let desk = Desk::new();
        let mut toml = format!(
            "{ANY_PORT}[store]\nurl = \"{store}\"\n\
             [polling]\ninterval = \"2s\"\nadaptive = false\nproxy = \"{proxy}\"\n"
        );
        for source in 0..SOURCES * PUBLISHERS {
            let publisher = source % PUBLISHERS;
            toml += &format!(
                "[[source]]\nname = \"s{source}\"\nurl = \"http://p{publisher}.internal/{source}\"\n"
            );
        }
        desk.write("feeds.toml", toml);
        let start = async || Daemon::start(&desk, &["run"]).await;
        let enough = async |more: usize| {
            let before = seen.asked.load(Relaxed);
            until("they are polled", async || {
                (seen.asked.load(Relaxed) >= before + more * SOURCES * PUBLISHERS).then_some(())
            })
            .await;
        };
        let mut programs = Vec::new();
        // Two start together, a third joins, and each is killed while it polls and started again.
        programs.push(start().await);
        programs.push(start().await);
        enough(2).await;
        programs.push(start().await);
        enough(1).await;
        for program in &mut programs {
            program.signal("KILL");
            *program = start().await;
            enough(2).await;
        }
        let open = seen.open.lock().unwrap().clone();
        assert_eq!(open.len(), PUBLISHERS);
        for (host, (_, most)) in open {
            // A visitor who was killed is gone before anybody else comes.
            assert!(most <= 2, "{most} at once at {host}");
        }
    })
    .await;
}

#[tokio::test]
async fn health_says_that_another_program_was_told_otherwise() {
    in_schema(async |_, location| {
        let StoreLocation::Postgres(store) = location else {
            unreachable!("it is PostgreSQL's");
        };
        let toml = |interval: &str| {
            format!(
                "{ANY_PORT}[store]\nurl = \"{store}\"\n[[source]]\nname = \"one\"\nurl = \"one.xml\"\ninterval = \"{interval}\"\n"
            )
        };
        let (desk, other) = (Desk::new(), Desk::new());
        desk.write("feeds.toml", toml("1h"));
        // A file is where it is: both name the same one.
        let file = desk.path("one.xml").display().to_string();
        other.write("feeds.toml", toml("2h").replace("one.xml", &file));
        let one = Daemon::start(&desk, &["run"]).await;
        let two = Daemon::start(&other, &["run"]).await;
        let says = async |program: &Daemon, words: &str| {
            until(words, async || {
                // That they differ is no failure of a program whose loop has begun.
                let (code, health) = program.get("/health").await;
                (code == 200 && health.contains(words)).then_some(())
            })
            .await;
        };
        for program in [&one, &two] {
            says(program, "sources that differ: 1").await;
        }
        let metrics = one.get("/metrics").await.1;
        assert!(metrics.contains("feedwash_programs{configuration=\"other\"} 1"), "{metrics}");
        other.write("feeds.toml", toml("1h").replace("one.xml", &file));
        two.signal("HUP");
        for program in [&one, &two] {
            says(program, "\"other_configurations\":[]").await;
        }
    })
    .await;
}
