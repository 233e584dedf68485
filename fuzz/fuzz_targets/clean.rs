//! Any HTML is washed: nothing panics, nothing that acts is published, no word is lost, and each removal is on record.
#![no_main]

use feedwash::identity;
use feedwash::model::{Entry, Feed, Rules, Text};
use feedwash::wash;
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/laws/washed.rs"]
mod washed;

fuzz_target!(|data: &[u8]| {
    let Ok(html) = std::str::from_utf8(data) else {
        return;
    };
    // `decode` has read these as the windows-1252 that they were meant to be, so none comes here.
    if html.contains(|c| matches!(c, '\u{80}'..='\u{9f}')) {
        return;
    }
    // Without the characters that `decode` lets nobody see, which would hide a tag from one reader alone.
    let html: String = html
        .chars()
        .filter(|c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
        .collect();
    // What follows a line of its own is the body of the next entry: some passes compare them.
    let entries = html.split("\n=====\n").take(8).map(|body| Entry {
        title: Some(Text::plain("A title")),
        link: Some("https://example.org/2026/a".to_owned()),
        content: Some(Text::html(body)),
        ..Entry::default()
    });
    let mut raw = Feed {
        link: Some("https://example.org/".to_owned()),
        entries: entries.collect(),
        ..Feed::default()
    };
    identity::assign(&mut raw);
    let all = wash::clean(raw, &Rules::default());
    assert_eq!(all.raw.entries.len(), all.clean.entries.len());
    for entry in &all.clean.entries {
        let numbers = all
            .removals
            .iter()
            .filter(|removal| removal.entry == entry.key)
            .map(|removal| removal.number);
        assert!(
            numbers.zip(1..).all(|(number, count)| number == count),
            "the removals of an entry are not counted from 1"
        );
    }
    washed::conservation("fuzz", &all);
    washed::safety("fuzz", &all.clean);
});
