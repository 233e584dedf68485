//! How fast feeds are written, and read and written: entries a second, into each format.
//!
//! With `FEEDWASH_CORPUS` naming a folder of feeds, all of them; always feeds that are made here.

mod support;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use feedwash::model::{Feed, FeedFormat};
use feedwash::render::{Context, render};
use std::sync::LazyLock;
use std::time::Duration;
use support::{Set, Sets};

/// The program's own, for all alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// The corpus, and a made feed.
static SETS: Sets = LazyLock::new(|| {
    let mut sets = Vec::new();
    let corpus = support::corpus();
    if !corpus.is_empty() {
        sets.push(Set::new("corpus", corpus));
    }
    sets.push(support::made_set(FeedFormat::Rss, 1_000));
    sets
});

/// One feed in growing sizes.
static GROWING: Sets = LazyLock::new(|| {
    [10, 1_000, 100_000]
        .map(|entries| support::made_set(FeedFormat::Rss, entries))
        .into()
});

fn write(bencher: Bencher<'_, '_>, set: &Set, format: FeedFormat) {
    let read = |set: &Set| -> Vec<Feed> {
        let responses = set.documents.iter().map(|document| &document.response);
        responses.filter_map(support::ours).collect()
    };
    let feeds = read(set);
    bencher.counter(ItemsCount::new(set.entries)).bench(|| {
        for feed in &feeds {
            drop(black_box(render(
                black_box(feed),
                format,
                &Context::default(),
            )));
        }
    });
}

#[divan::bench(args = SETS.iter())]
fn rss(bencher: Bencher<'_, '_>, set: &Set) {
    write(bencher, set, FeedFormat::Rss);
}

#[divan::bench(args = SETS.iter())]
fn atom(bencher: Bencher<'_, '_>, set: &Set) {
    write(bencher, set, FeedFormat::Atom);
}

#[divan::bench(args = SETS.iter())]
fn json(bencher: Bencher<'_, '_>, set: &Set) {
    write(bencher, set, FeedFormat::Json);
}

#[divan::bench(args = SETS.iter())]
fn read_and_write_rss(bencher: Bencher<'_, '_>, set: &Set) {
    bencher.counter(ItemsCount::new(set.entries)).bench(|| {
        for document in &set.documents {
            let feed = support::ours(black_box(&document.response));
            let written =
                feed.map(|feed| render(&feed, FeedFormat::Rss, &Context::default()).len());
            black_box(written);
        }
    });
}

#[divan::bench(args = GROWING.iter(), max_time = Duration::from_secs(10))]
fn growing(bencher: Bencher<'_, '_>, set: &Set) {
    write(bencher, set, FeedFormat::Rss);
}
