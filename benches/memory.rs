//! How much memory reading takes, as a multiple of the document: the most that is on the heap at once
//! beside the document itself, the parsed feed included.
//!
//! Its own program, for the counting allocator makes everything slow. While a block grows, the
//! allocator counts the old and the new one, so the figures are those of a bad day.

mod support;

use feedwash::model::FeedFormat;
use peak_alloc::PeakAlloc;
use support::Document;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Smaller documents are a page of text each; what they take is what a program takes anyway.
const BYTES_MIN: usize = 50_000;

#[expect(clippy::print_stdout, reason = "a bench is read on a terminal")]
fn main() {
    // `cargo test --benches` asks only whether it runs.
    let sizes: &[usize] = if std::env::args().any(|argument| argument == "--bench") {
        &[10, 1_000, 100_000]
    } else {
        &[10]
    };
    println!("peak of reading, as a multiple of the document; the feed that is left");
    let mut highest = (0.0, String::new());
    let mut corpus = support::corpus();
    corpus.retain(|document| document.response.body.len() >= BYTES_MIN);
    for document in corpus {
        let (peak, left) = measure(&document);
        if peak > highest.0 {
            highest = (peak, document.name.clone());
        }
        println!("{peak:6.2} {left:6.2}  {}", document.name);
    }
    if highest.0 > 0.0 {
        println!("highest of the corpus: {:.2}, {}", highest.0, highest.1);
    }
    for format in [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json] {
        for entries in sizes {
            let document = support::made(format, *entries);
            let (peak, left) = measure(&document);
            println!("{peak:6.2} {left:6.2}  {}", document.name);
        }
    }
}

/// The peak while a document is read and what is left behind it, in multiples of the document.
#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio of sizes below 2^52 bytes"
)]
fn measure(document: &Document) -> (f64, f64) {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let feed = support::ours(&document.response);
    let (peak, left) = (HEAP.peak_usage() - before, HEAP.current_usage() - before);
    drop(feed);
    let bytes = document.response.body.len() as f64;
    (peak as f64 / bytes, left as f64 / bytes)
}
