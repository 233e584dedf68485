//! What was read and written is read and written again as it was.
#![no_main]

use feedwash::parse::parse;
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/laws/hold.rs"]
mod hold;
#[path = "../../tests/it/laws/tape.rs"]
mod tape;

fuzz_target!(|data: &[u8]| {
    let feed = match data.split_first() {
        // A tape begins with a byte that no document does.
        Some((0xff, tape)) => hold::turn(&tape::feed(tape), hold::FORMATS[tape.len() % 3]),
        _ => match parse(&String::from_utf8_lossy(data), None) {
            Ok((feed, _)) => feed,
            Err(_) => return,
        },
    };
    hold::laws(&feed);
});
