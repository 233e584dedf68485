//! A wall clock that jumps, seen by one that does not: a computer that slept, or that learnt the time after it started.

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// How far two clocks may drift between two looks before it is a jump. Clocks that are kept right by the network are
/// moved by less than a second; whole minutes are somebody setting them, or a sleep.
const JUMP: SignedDuration = SignedDuration::from_secs(60);

/// Remembers the last look at both clocks.
#[derive(Debug, Default)]
pub struct Clock(Option<(Timestamp, Duration)>);

impl Clock {
    /// How far the wall clock has jumped since the last look, if it has. `steady` is a length since any one moment, by a
    /// clock that never jumps.
    pub fn jumped(&mut self, wall: Timestamp, steady: Duration) -> Option<SignedDuration> {
        let (last_wall, last_steady) = self.0.replace((wall, steady))?;
        let went = SignedDuration::try_from(steady.saturating_sub(last_steady)).ok()?;
        let jump = wall.duration_since(last_wall).checked_sub(went)?;
        (jump.unsigned_abs() > JUMP.unsigned_abs()).then_some(jump)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_what_the_steady_clock_did_not_see() {
        let mut clock = Clock::default();
        let start = Timestamp::constant(1_790_000_000, 0);
        let mut look = |wall: i64, steady: u64| {
            let wall = start + SignedDuration::from_secs(wall);
            clock
                .jumped(wall, Duration::from_secs(steady))
                .map(|jump| jump.as_secs())
        };
        assert_eq!(look(0, 100), None);
        assert_eq!(look(1, 101), None);
        assert_eq!(look(4000, 4101), None, "both went on");
        assert_eq!(look(14_001, 4102), Some(10_000));
        assert_eq!(look(14_002, 4103), None);
        assert_eq!(look(-86_400 * 3650, 4104), Some(-86_400 * 3650 - 14_003));
    }
}
