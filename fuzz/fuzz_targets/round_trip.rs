//! What was read of a document is in each document that is written of it; and what was written is read and written again
//! as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/laws/hold.rs"]
mod hold;
#[path = "../../tests/it/laws/tape.rs"]
mod tape;

fuzz_target!(|data: &[u8]| {
    let read = match data.split_first() {
        // A tape begins with a byte that no document does.
        Some((0xff, tape)) => tape::feed(tape),
        _ => {
            let Ok(feed) = hold::read(data) else {
                return;
            };
            hold::what_matters_survives(&feed);
            hold::bytes_are_stable(&feed);
            feed
        }
    };
    // What was broken, or was never in a document, is written once before nothing may change any more.
    hold::laws(&hold::turn(&read, hold::FORMATS[data.len() % 3]));
});
