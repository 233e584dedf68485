//! Turns among the sources of one publisher: whatever made them due together (a start, a clock that jumped, the end of
//! a wait that the server asked for), they come one after the other.
//!
//! Times are lengths since any one moment, by a clock that never jumps.

use crate::limits;
use std::collections::HashMap;
use std::time::Duration;

/// How long apart the polls of a publisher's sources start, of which there are `count`: together they take at most half
/// of their interval, so that nobody's polls fall behind.
#[must_use]
pub fn gap(interval: Duration, count: usize) -> Duration {
    let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
    limits::SITE_GAP.min(interval / 2 / count)
}

/// The turns of every publisher, by its site.
#[derive(Debug, Default)]
pub struct Lanes {
    lanes: HashMap<String, Lane>,
    /// With how many publishers the idle ones are forgotten.
    crowd: usize,
}

/// Fewer publishers are not worth a look.
const CROWD_MIN: usize = 64;

#[derive(Debug, Default)]
struct Lane {
    /// When the next source without a turn may start.
    free_at: Duration,
    /// The turns of sources that were sent away until then.
    turns: HashMap<i64, Duration>,
}

impl Lanes {
    /// How long the source of that id has to wait for its turn, at `now`; zero where it may start. Its turn is kept
    /// until it comes again.
    pub fn wait(&mut self, site: &str, id: i64, gap: Duration, now: Duration) -> Duration {
        if self.lanes.len() >= self.crowd {
            self.lanes
                .retain(|_, lane| lane.free_at > now || !lane.turns.is_empty());
            // So that forgetting costs each visit the same, however many there are.
            self.crowd = 2 * self.lanes.len().max(CROWD_MIN);
        }
        let lane = self.lanes.entry(site.to_owned()).or_default();
        // Who does not come for its turn has lost it: the source may have left the configuration.
        let late = limits::SITE_TURN_KEPT;
        lane.turns.retain(|_, turn| *turn + late > now);
        let turn = match lane.turns.remove(&id) {
            Some(turn) => turn,
            None => {
                let turn = lane.free_at.max(now);
                lane.free_at = turn + gap;
                turn
            }
        };
        if turn > now {
            lane.turns.insert(id, turn);
        }
        turn.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn sources_of_one_site_come_one_after_the_other() {
        let mut lanes = Lanes::default();
        for id in 0..100 {
            let turn = seconds(10 * id as u64);
            assert_eq!(lanes.wait("a.example", id, seconds(10), seconds(0)), turn);
            assert_eq!(
                lanes.wait(&format!("{id}.example"), id, seconds(10), seconds(0)),
                seconds(0)
            );
        }
        // Whoever comes at its turn starts, whoever comes before has to wait on, and whoever is new stands behind.
        assert_eq!(
            lanes.wait("a.example", 1, seconds(10), seconds(10)),
            seconds(0)
        );
        assert_eq!(
            lanes.wait("a.example", 3, seconds(10), seconds(20)),
            seconds(10)
        );
        assert_eq!(
            lanes.wait("a.example", 100, seconds(10), seconds(20)),
            seconds(980)
        );
    }

    #[test]
    fn a_turn_that_nobody_takes_is_lost() {
        let mut lanes = Lanes::default();
        lanes.wait("a", 1, seconds(10), seconds(0));
        assert_eq!(lanes.wait("a", 2, seconds(10), seconds(0)), seconds(10));
        let later = limits::SITE_TURN_KEPT + seconds(20);
        assert_eq!(lanes.wait("a", 3, seconds(10), later), seconds(0));
        assert_eq!(lanes.wait("a", 2, seconds(10), later), seconds(10));
        lanes.wait("a", 2, seconds(10), later + seconds(10));
    }

    #[test]
    fn who_is_idle_is_forgotten() {
        let mut lanes = Lanes::default();
        for n in 0..10_000 {
            lanes.wait(&n.to_string(), 1, seconds(10), seconds(n));
        }
        assert!(lanes.lanes.len() <= 2 * CROWD_MIN);
    }

    #[test]
    fn many_sources_of_one_site_fit_their_interval() {
        let half_hour = seconds(1800);
        assert_eq!(gap(half_hour, 1), seconds(10));
        assert_eq!(gap(half_hour, 900), seconds(1));
        assert_eq!(gap(half_hour, 0), seconds(10));
    }
}
