//! What the store costs: the time of the processor to record a poll, beside a plain program that writes the same with
//! rusqlite; the bytes of an entry; and how long a page takes while the store grows a hundredfold.
//!
//! `FEEDWASH_CORPUS` names a folder of feeds whose entries are taken, without which they are made here. `FEEDWASH_SOURCES`
//! says how many sources post for a year (10 unless said otherwise; 100 take a gigabyte and some minutes), and
//! `FEEDWASH_TEST_POSTGRES` names a PostgreSQL database, an empty one, that is then filled in place of a file. The file lies in the folder for
//! temporary files (`TMPDIR`). `record` or `growth` as an argument runs that alone.

mod documents;
mod growth;
mod ours;
mod plain;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

use documents::Pieces;
use feedwash::config::StoreLocation;
use jiff::{Timestamp, ToSpan as _};
use ours::{Ours, recording};
use plain::{Plain, Poll};
use process::say;
use rusqlite::Connection;
use std::fs;
use std::time::Duration;

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a helper is given to end. There is none here.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often each takes its turn, after one that is not counted.
const ROUNDS: usize = 7;

/// How many polls are recorded in a turn.
const POLLS: usize = 60;

/// How many entries a document has.
const ENTRIES: usize = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` asks only whether it builds.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let asked = |name: &str| {
        let named = arguments.iter().find(|argument| !argument.starts_with('-'));
        named.is_none_or(|named| named == name)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime can be made");
    let pieces = Pieces::new();
    let [raw, clean] = pieces.bytes();
    say(format_args!(
        "{}: {} of {raw} bytes as they were read, {clean} as they are published",
        pieces.name,
        pieces.len()
    ));
    if asked("record") {
        runtime.block_on(record(&pieces));
    }
    if asked("growth") {
        runtime.block_on(growth::grow(&pieces));
    }
}

/// The time of the processor, as a user and in the kernel, of all threads of this process that are still there.
fn processor() -> Duration {
    // What this thread has used is counted when it lets go.
    std::thread::yield_now();
    let threads = fs::read_dir("/proc/self/task").expect("Linux tells of threads");
    let nanoseconds = threads.filter_map(|thread| {
        let told = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        told.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What is measured: microseconds a poll, in each turn.
#[derive(Default)]
struct Turns {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Turns {
    fn tell(&self, what: &str) {
        let ratios = self.ours.iter().zip(&self.theirs);
        let mut ratios: Vec<f64> = ratios.map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        let (ours, theirs) = (median(self.ours.clone()), median(self.theirs.clone()));
        say(format_args!(
            "{what:<44} {ours:>7.0} µs a poll, rusqlite {theirs:>6.0}: {:.2} times ({:.2} to {:.2})",
            median(ratios.clone()),
            ratios[0],
            ratios[ratios.len() - 1],
        ));
    }
}

/// The time of the processor since an earlier moment, in microseconds a poll.
fn since(before: Duration) -> f64 {
    (processor() - before).as_secs_f64() * 1e6 / POLLS as f64
}

/// Records polls with ours and with the plain program in turns.
async fn record(pieces: &Pieces) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let [own, other] = ["ours.db", "plain.db"].map(|name| folder.path().join(name));
    let now = Timestamp::now();
    let sources = (ROUNDS + 1) * POLLS;
    let ours = Ours::open(&StoreLocation::Sqlite(own.clone()), sources, now).await;
    // The same form and the same sources.
    let model = Ours::open(&StoreLocation::Sqlite(other.clone()), sources, now).await;
    model.store.close().await;
    let mut plain = Plain::open(&other);
    let reader = Connection::open(&own).expect("the file can be opened");
    let taken = ours.take(sources, now).await;
    let later = now + 1.hours();
    let (mut news, mut same, mut ends, mut gathered, mut prepared) = (
        Turns::default(),
        Turns::default(),
        Turns::default(),
        Turns::default(),
        Vec::new(),
    );
    for round in 0..=ROUNDS {
        let own = round * POLLS..(round + 1) * POLLS;
        let documents: Vec<_> = own
            .clone()
            .map(|source| {
                pieces.document(
                    source * ENTRIES..(source + 1) * ENTRIES,
                    |number| pieces.mixed(number),
                    |_| now,
                )
            })
            .collect();
        let mut cost = [0.0; 8];

        let before = processor();
        let recordings: Vec<_> = documents.iter().map(recording).collect();
        prepared.push(since(before));
        let before = processor();
        for (source, recording) in own.clone().zip(recordings) {
            let recorded = ours.finish(&taken[&source], recording, now).await;
            assert_eq!(recorded.new, ENTRIES, "all are new");
        }
        cost[0] = since(before);
        let polls: Vec<_> = own
            .clone()
            .zip(&documents)
            .map(|(source, washed)| Poll::of(&reader, source, washed))
            .collect();
        let before = processor();
        for (source, poll) in own.clone().zip(&polls) {
            plain.write(source, poll);
        }
        cost[1] = since(before);

        let again = ours.take(sources, later).await;
        let recordings: Vec<_> = documents.iter().map(recording).collect();
        let before = processor();
        for (source, recording) in own.clone().zip(recordings) {
            let recorded = ours.finish(&again[&source], recording, now).await;
            assert!(recorded.is_nothing(), "nothing is new");
        }
        cost[2] = since(before);
        let before = processor();
        for (source, poll) in own.clone().zip(&polls) {
            plain.write(source, poll);
        }
        cost[3] = since(before);

        let again = ours.take(sources, later).await;
        let before = processor();
        for source in own.clone() {
            ours.finish_unchanged(&again[&source], now).await;
        }
        cost[4] = since(before);
        let before = processor();
        for source in own.clone() {
            plain.end(source, now);
        }
        cost[5] = since(before);

        let again = ours.take(sources, later).await;
        let before = processor();
        let all = own
            .clone()
            .map(|source| ours.finish_unchanged(&again[&source], now));
        futures_util::future::join_all(all).await;
        cost[6] = since(before);
        let before = processor();
        for source in own {
            plain.end(source, now);
        }
        cost[7] = since(before);
        if round > 0 {
            for (turns, pair) in [&mut news, &mut same, &mut ends, &mut gathered]
                .into_iter()
                .zip(cost.chunks(2))
            {
                turns.ours.push(pair[0]);
                turns.theirs.push(pair[1]);
            }
        }
    }
    news.tell("50 new entries");
    same.tell("50 entries, nothing new");
    ends.tell("not modified, one after the other");
    gathered.tell("not modified, 60 that end together");
    say(format_args!(
        "before that, hashes and JSON of 50 entries:  {:>7.0} µs a poll",
        median(prepared)
    ));
    ours.store.close().await;
}
