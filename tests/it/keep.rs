//! Nothing is ever lost: old databases, newer ones, several starts at once, copies.

#[path = "keep/copies.rs"]
mod copies;
#[path = "keep/transfer.rs"]
mod transfer;
#[path = "keep/versions.rs"]
mod versions;

use crate::support::{LEASE, NOW, after, config, many, publish, rss, until, washed};
use feedwash::config::{Config, StoreLocation};
use feedwash::store::Store;
use std::path::Path;

/// A configuration of one source.
fn press() -> Config {
    config("[[source]]\nname = \"press\"\nurl = \"https://press.example/feed\"\n")
}

fn file(folder: &Path, name: &str) -> StoreLocation {
    StoreLocation::Sqlite(folder.join(name))
}

/// What is published of a source: the id and the title of every entry, in order.
async fn published(store: &Store, name: &str) -> Vec<(Option<String>, String)> {
    let heading = store.heading(name).await.unwrap().unwrap();
    let feed = store.feed(heading.id, 0, 1000).await.unwrap().feed;
    let entries = feed.entries.into_iter();
    entries
        .map(|entry| (entry.id, entry.title.unwrap().value))
        .collect()
}
