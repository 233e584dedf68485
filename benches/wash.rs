//! How fast feeds are washed, beside the floor: what the two libraries that a wash needs take for the same bodies.
//!
//! The floor is one parse and one writing by `scraper` and one clean by `ammonia` of each body, in the same run.
//! Ours is the second half of a wash, `clean::feed`: all passes over all fields of all entries, with a record of
//! each change. Rates are of the bodies' bytes, so that they compare. With `FEEDWASH_CORPUS` naming a folder of
//! feeds, those are washed too.

mod support;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use feedwash::clean;
use feedwash::model::{Entry, Feed, FeedFormat, Rules, Text};
use std::fmt;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use support::Document;

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    print_ratios();
    divan::main();
}

/// Feeds that are washed together, with the bodies that are in them.
struct Bodies {
    name: String,
    feeds: Vec<Feed>,
    entries: usize,
    bytes: usize,
}

impl fmt::Debug for Bodies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Bodies {
    fn new(name: impl Into<String>, feeds: Vec<Feed>) -> Self {
        let mut all = Self {
            name: name.into(),
            feeds,
            entries: 0,
            bytes: 0,
        };
        all.entries = all.feeds.iter().map(|feed| feed.entries.len()).sum();
        all.bytes = all.feeds.iter().flat_map(texts).map(str::len).sum();
        all
    }

    fn read(name: &str, documents: &[Document]) -> Self {
        let feeds = documents.iter();
        Self::new(
            name,
            feeds
                .filter_map(|document| support::ours(&document.response))
                .collect(),
        )
    }

    fn floor(&self) {
        self.feeds.iter().for_each(floor_of);
    }

    fn wash(&self) {
        self.feeds.iter().for_each(wash_of);
    }
}

/// The contents and summaries.
fn texts(feed: &Feed) -> impl Iterator<Item = &str> {
    let texts = feed.entries.iter();
    let texts = texts.flat_map(|entry| entry.content.iter().chain(&entry.summary));
    texts.map(|text| text.value.as_str())
}

fn floor_of(feed: &Feed) {
    for text in texts(feed) {
        let html = scraper::Html::parse_fragment(black_box(text));
        black_box(html.root_element().inner_html());
        black_box(ammonia::clean(text));
    }
}

fn wash_of(feed: &Feed) {
    black_box(clean::feed(black_box(feed), &Rules::default()));
}

static SETS: LazyLock<Vec<Bodies>> = LazyLock::new(|| {
    let mut sets = Vec::new();
    let corpus = support::corpus();
    if !corpus.is_empty() {
        sets.push(Bodies::read("corpus", &corpus));
    }
    let made = |format| Bodies::read("", &[support::made(format, 200)]);
    for (format, name) in [
        (FeedFormat::Rss, "rss, 200 made"),
        (FeedFormat::Json, "json, 200 made"),
    ] {
        sets.push(Bodies {
            name: name.to_owned(),
            ..made(format)
        });
    }
    sets
});

/// One body in growing sizes, in bytes, and one in growing depths, in elements.
static GROWING: LazyLock<Vec<Bodies>> = LazyLock::new(|| {
    let one = |name: String, html: String| {
        let entry = Entry {
            content: Some(Text::html(html)),
            ..Entry::default()
        };
        let entries = vec![entry];
        Bodies::new(
            name,
            vec![Feed {
                entries,
                ..Feed::default()
            }],
        )
    };
    let paragraph = "<p>The keeper of the light <a href=\"https://example.org/lamp?id=7\">lit the lamp</a> on Sunday, and the boats came home.</p>\n";
    let by_size = [10_000, 100_000, 1_000_000].map(|bytes| {
        one(
            format!("{bytes} bytes"),
            paragraph.repeat(bytes / paragraph.len()),
        )
    });
    let by_depth = [4, 32, 128].map(|depth| {
        let nest = format!(
            "{}{paragraph}{}",
            "<div>".repeat(depth),
            "</div>".repeat(depth)
        );
        one(
            format!("100000 bytes, {depth} deep"),
            nest.repeat(100_000 / nest.len()),
        )
    });
    by_size.into_iter().chain(by_depth).collect()
});

/// Says how many times the floor's time a wash takes: for each feed the least of some rounds that alternate, since
/// neighbours only ever slow one down.
#[expect(clippy::print_stdout, reason = "a bench is read on a terminal")]
#[expect(clippy::cast_precision_loss, reason = "rates need no exact counts")]
fn print_ratios() {
    let time = |work: fn(&Feed), feed| {
        let start = Instant::now();
        work(feed);
        start.elapsed()
    };
    for set in SETS.iter().chain(GROWING.iter()) {
        let mut least = vec![(Duration::MAX, Duration::MAX); set.feeds.len()];
        for _ in 0..7 {
            for (feed, (least, _)) in set.feeds.iter().zip(&mut least) {
                *least = time(floor_of, feed).min(*least);
            }
            for (feed, (_, least)) in set.feeds.iter().zip(&mut least) {
                *least = time(wash_of, feed).min(*least);
            }
        }
        let floor: Duration = least.iter().map(|(floor, _)| *floor).sum();
        let wash: Duration = least.iter().map(|(_, wash)| *wash).sum();
        let seconds = wash.as_secs_f64();
        println!(
            "{:<28} {:.2} x the floor, {:.1} MB/s, {:.0} entries/s",
            set.name,
            seconds / floor.as_secs_f64(),
            set.bytes as f64 / seconds / 1e6,
            set.entries as f64 / seconds
        );
    }
}

fn bench(bencher: Bencher<'_, '_>, set: &Bodies, work: impl Fn(&Bodies) + Sync) {
    bencher
        .counter(BytesCount::new(set.bytes))
        .counter(ItemsCount::new(set.entries))
        .bench(|| work(set));
}

#[divan::bench(args = SETS.iter().chain(GROWING.iter()))]
fn feedwash(bencher: Bencher<'_, '_>, set: &Bodies) {
    bench(bencher, set, Bodies::wash);
}

#[divan::bench(args = SETS.iter().chain(GROWING.iter()))]
fn floor(bencher: Bencher<'_, '_>, set: &Bodies) {
    bench(bencher, set, Bodies::floor);
}
