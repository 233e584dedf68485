//! The laws of reading and writing, on feeds that nobody would write.

/// Of reading and writing.
#[path = "laws/hold.rs"]
mod hold;
/// The feeds that the laws are tried on.
#[path = "laws/tape.rs"]
mod tape;
/// Of washing.
#[path = "laws/washed.rs"]
pub mod washed;

use proptest::prelude::*;

fn feeds() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..600)
}

proptest! {
    // What a run finds becomes a case of its own, not a file of seeds.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn one_turn_is_enough(bytes in feeds()) {
        hold::one_turn_is_enough(&tape::feed(&bytes));
    }

    #[test]
    fn bytes_are_stable(bytes in feeds()) {
        hold::bytes_are_stable(&tape::feed(&bytes));
    }
}
