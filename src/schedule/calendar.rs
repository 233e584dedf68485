//! Hours and days on which a feed asks not to be polled, and the grid on which it says that it appears. All in GMT.

use jiff::Timestamp;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The English names of weekdays, by their first three letters, from Monday.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// When not to come: RSS `skipHours` and `skipDays`, as one bit an hour and one a day.
///
/// Invariant: [`Closed::opens`] always finds a time; who closes every hour of the week is not obeyed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Closed {
    hours: u32,
    days: u8,
}

impl Closed {
    /// The hours, 0 to 23, and the names of the days.
    pub(super) fn new(hours: &[u8], days: &[String]) -> Self {
        let hour = |bits: u32, hour: &u8| match hour {
            0..24 => bits | 1 << hour,
            _ => bits,
        };
        let day = |bits: u8, name: &String| {
            let start: String = name.trim().chars().take(3).collect();
            let day = DAYS.iter().position(|day| start.eq_ignore_ascii_case(day));
            day.map_or(bits, |day| bits | 1 << day)
        };
        let closed = Self {
            hours: hours.iter().fold(0, hour),
            days: days.iter().fold(0, day),
        };
        const ALL_HOURS: u32 = (1 << 24) - 1;
        const ALL_DAYS: u8 = (1 << 7) - 1;
        if closed.hours == ALL_HOURS || closed.days == ALL_DAYS {
            return Self::default();
        }
        closed
    }

    /// Whether the feed asks not to be polled at a moment.
    #[must_use]
    pub fn is_at(&self, at: Timestamp) -> bool {
        let seconds = at.as_second();
        let hour = seconds.rem_euclid(DAY) / HOUR;
        // 1 January 1970 was a Thursday.
        let day = (seconds.div_euclid(DAY) + 3).rem_euclid(7);
        self.hours & 1 << hour != 0 || self.days & 1 << day != 0
    }

    /// The first moment from `at` on at which it may be polled.
    #[must_use]
    pub fn opens(&self, at: Timestamp) -> Timestamp {
        let mut opens = at;
        // Some hour of some day is open, and every hour of the week comes within the next week.
        for _ in 0..=7 * 24 {
            if !self.is_at(opens) {
                return opens;
            }
            let next_hour = opens.as_second().div_euclid(HOUR) * HOUR + HOUR;
            let Ok(next_hour) = Timestamp::from_second(next_hour) else {
                return at;
            };
            opens = next_hour;
        }
        at
    }
}

/// The next moment after `now` on a grid of `period` seconds through `base` (`sy:updateBase`).
pub(super) fn next_on_grid(base: Timestamp, period: u64, now: Timestamp) -> Option<Timestamp> {
    let period = i64::try_from(period).ok().filter(|&period| period > 0)?;
    let into = (now.as_second() - base.as_second()).rem_euclid(period);
    Timestamp::from_second(now.as_second() + period - into).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[track_caller]
    fn check(hours: &[u8], days: &[&str], at: &str, opens: &str) {
        let days: Vec<String> = days.iter().map(|&day| day.to_owned()).collect();
        let closed = Closed::new(hours, &days);
        assert_eq!(closed.opens(time(at)), time(opens));
        assert_eq!(closed.is_at(time(at)), at != opens);
    }

    #[test]
    fn an_open_hour_is_open() {
        check(&[], &[], "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z");
        check(&[4], &[], "2026-01-02T03:59:59Z", "2026-01-02T03:59:59Z");
    }

    #[test]
    fn closed_hours_are_passed_over() {
        check(&[3], &[], "2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z");
        check(
            &[22, 23, 0, 99],
            &[],
            "2026-01-02T22:30:00Z",
            "2026-01-03T01:00:00Z",
        );
    }

    #[test]
    fn closed_days_are_passed_over() {
        // 3 January 2026 is a Saturday.
        let weekend = ["Saturday", " sunday", "Caturday"];
        check(
            &[],
            &weekend,
            "2026-01-02T23:00:00Z",
            "2026-01-02T23:00:00Z",
        );
        check(
            &[],
            &weekend,
            "2026-01-03T10:00:00Z",
            "2026-01-05T00:00:00Z",
        );
        check(
            &[0],
            &weekend,
            "2026-01-03T10:00:00Z",
            "2026-01-05T01:00:00Z",
        );
    }

    #[test]
    fn who_is_always_closed_is_not_obeyed() {
        let hours: Vec<u8> = (0..24).collect();
        check(&hours, &[], "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z");
        let days = DAYS.map(str::to_owned);
        assert_eq!(Closed::new(&[1], &days), Closed::default());
    }

    #[test]
    fn a_grid_goes_both_ways_from_its_base() {
        let now = time("2026-01-02T03:04:05Z");
        let hour = |base| next_on_grid(time(base), 3600, now);
        assert_eq!(
            hour("2000-01-01T12:30:00Z"),
            Some(time("2026-01-02T03:30:00Z"))
        );
        assert_eq!(
            hour("2030-01-01T12:04:05Z"),
            Some(time("2026-01-02T04:04:05Z"))
        );
        assert_eq!(next_on_grid(now, 0, now), None);
    }
}
