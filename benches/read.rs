//! How fast feeds are read, beside the strict crates `rss` and `atom_syndication`, and beside `feed-rs`.
//!
//! With `FEEDWASH_CORPUS` naming a folder of feeds, the corpus is the XML that all three read, so
//! that all of them do the whole work; how many each refuses is printed first. Ours is decoding and
//! parsing with everything it keeps; the others are given the same bytes.

mod support;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use feedwash::model::{FeedFormat, Response};
use std::sync::LazyLock;
use std::time::Duration;
use support::{Document, Set, Sets};

/// The program's own, for all alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    print_refusals();
    divan::main();
}

/// The corpus, and made feeds of each format.
static SETS: Sets = LazyLock::new(|| {
    let mut sets = Vec::new();
    let all_read = |document: &Document| {
        support::strict(&document.response).is_some()
            && support::feed_rs(&document.response).is_some()
    };
    let documents: Vec<Document> = support::corpus().into_iter().filter(all_read).collect();
    if !documents.is_empty() {
        sets.push(Set::new("corpus", documents));
    }
    sets.push(support::made_set(FeedFormat::Rss, 1_000));
    sets.push(support::made_set(FeedFormat::Atom, 1_000));
    sets
});

/// What the strict crates cannot read at all.
static JSON: Sets = LazyLock::new(|| {
    let is_json = |document: &Document| document.name.ends_with(".json");
    let documents: Vec<Document> = support::corpus().into_iter().filter(is_json).collect();
    let mut sets = Vec::new();
    if !documents.is_empty() {
        sets.push(Set::new("corpus, json", documents));
    }
    sets.push(support::made_set(FeedFormat::Json, 1_000));
    sets
});

/// One feed in growing sizes.
static GROWING: Sets = LazyLock::new(|| {
    [10, 1_000, 100_000]
        .map(|entries| support::made_set(FeedFormat::Rss, entries))
        .into()
});

/// Says how many files of the corpus each reader refuses.
#[expect(clippy::print_stdout, reason = "a bench is read on a terminal")]
fn print_refusals() {
    let corpus = support::corpus();
    let xml = |document: &&Document| document.name.ends_with(".xml");
    let refused = |read: fn(&Response) -> bool| {
        let refused = corpus.iter().filter(xml).filter(|d| !read(&d.response));
        refused.count()
    };
    if !corpus.is_empty() {
        println!(
            "of {} XML files, refused by feedwash: {}, by rss or atom_syndication: {}, by feed-rs: {}",
            corpus.iter().filter(xml).count(),
            refused(|response| support::ours(response).is_some()),
            refused(|response| support::strict(response).is_some()),
            refused(|response| support::feed_rs(response).is_some()),
        );
    }
}

fn bench<T>(bencher: Bencher<'_, '_>, set: &Set, read: impl Fn(&Response) -> T + Sync) {
    bencher
        .counter(BytesCount::new(set.bytes()))
        .counter(ItemsCount::new(set.entries))
        .bench(|| {
            for document in &set.documents {
                drop(black_box(read(black_box(&document.response))));
            }
        });
}

#[divan::bench(args = SETS.iter().chain(JSON.iter()))]
fn feedwash(bencher: Bencher<'_, '_>, set: &Set) {
    bench(bencher, set, support::ours);
}

#[divan::bench(args = SETS.iter())]
fn rss_and_atom_syndication(bencher: Bencher<'_, '_>, set: &Set) {
    bench(bencher, set, support::strict);
}

#[divan::bench(args = SETS.iter().chain(JSON.iter()))]
fn feed_rs(bencher: Bencher<'_, '_>, set: &Set) {
    bench(bencher, set, support::feed_rs);
}

/// The steps of ours, and the same work in growing sizes.
mod steps {
    use super::{Bencher, Duration, GROWING, JSON, SETS, Set, bench};
    use feedwash::{decode, identity, parse};

    #[divan::bench(args = SETS.iter())]
    fn decode(bencher: Bencher<'_, '_>, set: &Set) {
        bench(bencher, set, |response| decode::decode(response).text.len());
    }

    #[divan::bench(args = SETS.iter().chain(JSON.iter()))]
    fn decode_parse_and_identify(bencher: Bencher<'_, '_>, set: &Set) {
        bench(bencher, set, |response| {
            let decoded = decode::decode(response);
            let mut read = parse::parse(&decoded.text, None);
            if let Ok((feed, _)) = &mut read {
                identity::assign(feed);
            }
            read
        });
    }

    #[divan::bench(args = GROWING.iter(), max_time = Duration::from_secs(10))]
    fn growing(bencher: Bencher<'_, '_>, set: &Set) {
        bench(bencher, set, super::support::ours);
    }
}

/// What a body costs a poll, once it is fetched, where it is the one before: its hash, and nothing is read.
#[divan::bench(args = [10_000, 1_000_000])]
fn identical(bencher: Bencher<'_, '_>, bytes: usize) {
    let body = support::made(FeedFormat::Rss, bytes / 2_000).response.body;
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| feedwash::store::hash(black_box(&body)));
}
