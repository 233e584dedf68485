//! The laws of reading and writing, on feeds that nobody would write.

/// Of reading and writing.
#[path = "laws/hold.rs"]
mod hold;
/// The feeds that the laws are tried on.
#[path = "laws/tape.rs"]
mod tape;
/// Of washing.
#[path = "laws/washed.rs"]
pub(crate) mod washed;

use proptest::prelude::*;

use feedwash::model::{FeedFormat, Response, Rules};
use feedwash::wash::wash;
use std::fs;
use std::path::Path;

/// Any feed of the model, as a tape.
fn tapes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..400)
}

/// The fuzzer's seeds, which are small documents of every dialect.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// A seed in which some bytes were changed, some copied elsewhere, and the end cut off.
fn mutants() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec(
        (
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            any::<u8>(),
        ),
        0..12,
    );
    (
        prop::sample::select(seeds("round_trip")),
        edits,
        any::<prop::sample::Index>(),
    )
        .prop_map(|(mut seed, edits, end)| {
            for (to, from, byte) in edits {
                let (to, from) = (to.index(seed.len()), from.index(seed.len()));
                if byte < 128 {
                    seed[to] = byte;
                } else {
                    let piece =
                        seed[from..(from + usize::from(byte) - 127).min(seed.len())].to_vec();
                    seed.splice(to..to, piece);
                }
            }
            if end.index(4) == 0 {
                seed.truncate(end.index(seed.len()));
            }
            seed
        })
}

fn washed_without_panic(body: Vec<u8>) {
    let response = Response {
        body,
        ..Response::default()
    };
    if let Ok(washed) = wash(&response, &Rules::default()) {
        washed::safety("arbitrary", &washed.clean);
    }
}

#[test]
fn every_seed_keeps_the_laws() {
    for seed in seeds("round_trip") {
        if let Ok(feed) = hold::read(&seed) {
            hold::laws(&feed);
            hold::what_matters_survives(&feed);
        }
    }
}

proptest! {
    // What a run finds becomes a case of its own, not a file of seeds.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn every_feed_is_written_as_one_that_is_read(tape in tapes()) {
        let feed = tape::feed(&tape);
        for format in hold::FORMATS {
            let read = hold::turn(&feed, format);
            prop_assert!(read.entries.len() >= feed.entries.len());
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was(tape in tapes()) {
        let feed = tape::feed(&tape);
        for format in hold::FORMATS {
            hold::laws(&hold::turn(&feed, format));
        }
    }

    #[test]
    fn what_matters_survives_in_every_format(tape in tapes()) {
        hold::what_matters_survives(&hold::turn(&tape::feed(&tape), FeedFormat::Atom));
    }

    #[test]
    fn the_same_feed_gives_the_same_bytes(tape in tapes()) {
        hold::bytes_are_stable(&tape::feed(&tape));
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        washed_without_panic(bytes);
    }

    #[test]
    fn mutants_do_no_harm(bytes in mutants()) {
        washed_without_panic(bytes);
    }
}
