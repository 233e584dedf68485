//! What was read of a document is in each document that is written of it; and what was written is read and written again
//! as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/laws/hold.rs"]
mod hold;
#[path = "../../tests/it/laws/tape.rs"]
mod tape;

fuzz_target!(|data: &[u8]| {
    match data.split_first() {
        // A tape begins with a byte that no document does. What it makes was never in a document, so it is written once
        // before nothing may change any more.
        Some((0xff, tape)) => {
            hold::laws(&hold::turn(&tape::feed(tape), hold::FORMATS[tape.len() % 3]));
        }
        // A broken document is mended a little more where it is read again; it may gain, and never lose.
        _ => {
            if let Ok(feed) = hold::read(data) {
                hold::what_matters_survives(&feed);
                hold::bytes_are_stable(&feed);
            }
        }
    }
});
