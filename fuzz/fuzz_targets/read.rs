//! Any bytes, with any label, are a feed or are none: nothing panics, and what is read keeps its promises.
#![no_main]

use feedwash::decode::decode;
use feedwash::limits::ENTRIES_MAX;
use feedwash::model::Response;
use feedwash::wash::read;
use libfuzzer_sys::fuzz_target;
use std::collections::HashSet;

/// The first byte chooses one; what a label says must never matter more than what is there.
const LABELS: &[Option<&str>] = &[
    None,
    Some("text/xml"),
    Some("application/rss+xml; charset=utf-8"),
    Some("text/html; charset=windows-1251"),
    Some("application/json"),
    Some("application/atom+xml; charset=\"UTF-16\""),
    Some("text/plain; charset=shift_jis"),
    Some("; charset=;"),
];

fuzz_target!(|data: &[u8]| {
    let (label, body) = data.split_first().unwrap_or((&0, &[]));
    let response = Response {
        url: (label & 0x80 != 0).then(|| "https://example.org/feeds/main.xml".to_owned()),
        content_type: LABELS[usize::from(*label) % LABELS.len()].map(str::to_owned),
        body: body.to_vec(),
    };
    let text = decode(&response).text;
    assert!(
        text.chars()
            .all(|c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')),
        "a character that XML cannot carry was let through"
    );
    let Ok(washed) = read(&response) else {
        return;
    };
    let entries = &washed.raw.entries;
    assert!(entries.len() <= ENTRIES_MAX);
    let keys: HashSet<_> = entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys.len(), entries.len(), "two entries have one key");
    assert!(entries.iter().all(|entry| entry.id.is_some()));
});
