use super::*;
use crate::model::Feed;

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0); // Friday, 15 January 2027, 08:00
const HALF_HOUR: Policy = Policy {
    interval: Duration::from_secs(1800),
    adaptive: true,
};
const SERVER: Ending = Ending::Failed(Failure::Server);

/// What server and document said.
#[derive(Default, Clone, Copy)]
struct Said {
    hints: Hints,
    pace: Pace,
}

fn ended(ending: Ending, failures: u32, said: &Said) -> Ended<'_> {
    Ended {
        name: "press",
        policy: HALF_HOUR,
        ending,
        failures,
        is_first: false,
        hints: said.hints,
        pace: &said.pace,
    }
}

fn seconds(next: &Next) -> i64 {
    next.at.expect("it is polled again").as_second() - NOW.as_second()
}

#[track_caller]
fn check(ending: Ending, failures: u32, said: &Said, expected: i64) {
    let wait = seconds(&next(&ended(ending, failures, said), NOW));
    assert!(
        wait >= expected && wait <= expected + expected / 10 + 1,
        "{wait} is not {expected} and up to a tenth more"
    );
}

fn paced(pace: Pace) -> Said {
    Said {
        pace,
        ..Said::default()
    }
}

fn asks(fresh_for: Option<u64>, retry_after: Option<u64>) -> Said {
    Said {
        hints: Hints {
            fresh_for: fresh_for.map(Duration::from_secs),
            retry_after: retry_after.map(Duration::from_secs),
        },
        ..Said::default()
    }
}

fn ttl(seconds: u64) -> Said {
    paced(Pace {
        ttl_seconds: Some(seconds),
        ..Pace::default()
    })
}

#[test]
fn a_fine_poll_waits_the_interval() {
    check(Ending::Fine, 0, &Said::default(), 1800);
}

#[test]
fn hints_lengthen_and_never_shorten() {
    check(Ending::Fine, 0, &ttl(3600), 3600);
    check(Ending::Fine, 0, &asks(Some(3600), None), 3600);
    check(Ending::Fine, 0, &ttl(60), 1800);
    let daily = Pace {
        period_seconds: Some(43_200),
        ..Pace::default()
    };
    check(Ending::Fine, 0, &paced(daily), 43_200);
}

#[test]
fn hints_are_bounded_by_a_day() {
    check(Ending::Fine, 0, &ttl(10_000_000), 86_400);
}

#[test]
fn what_the_document_asked_for_holds_after_failures_too() {
    check(SERVER, 1, &ttl(7200), 7200);
    check(SERVER, 5, &ttl(7200), 28_800);
}

#[test]
fn a_grid_of_updates_is_waited_for() {
    // The grid's next moment is 10:00, two hours away.
    let grid = Pace {
        period_seconds: Some(86_400),
        base: "2000-01-01T10:00:00Z".parse().ok(),
        ..Pace::default()
    };
    check(Ending::Fine, 0, &paced(grid), 7200);
}

#[test]
fn the_rhythm_is_followed_where_the_user_lets_it() {
    let daily = paced(Pace {
        gap_seconds: Some(86_400),
        longest_seconds: 86_400,
        newest: Some(NOW),
        ..Pace::default()
    });
    check(Ending::Fine, 0, &daily, 21_600);
    let fixed = Ended {
        policy: Policy {
            adaptive: false,
            ..HALF_HOUR
        },
        ..ended(Ending::Fine, 0, &daily)
    };
    assert!(seconds(&next(&fixed, NOW)) < 2000);
}

#[test]
fn failures_back_off_by_their_kind() {
    let none = Said::default();
    check(SERVER, 1, &none, 1800);
    check(SERVER, 3, &none, 7200);
    check(SERVER, 40, &none, 86_400);
    check(Ending::Failed(Failure::Missing), 1, &none, 7200);
    check(Ending::Failed(Failure::Refused), 1, &none, 14_400);
}

#[test]
fn retry_after_is_obeyed_to_the_second() {
    let long = asks(None, Some(100_000));
    assert_eq!(seconds(&next(&ended(SERVER, 1, &long), NOW)), 100_000);
    check(SERVER, 1, &asks(None, Some(5)), 1800);
    let forever = asks(None, Some(u64::MAX));
    let next = next(&ended(SERVER, 1, &forever), NOW);
    assert_eq!(seconds(&next), limits::INTERVAL_MAX.as_secs() as i64);
}

#[test]
fn gone_is_never_polled_again() {
    let none = Said::default();
    assert_eq!(next(&ended(Ending::Gone, 1, &none), NOW).at, None);
}

#[test]
fn closed_hours_and_days_are_left_alone() {
    let feed = Feed {
        skip_hours: vec![8, 9],
        skip_days: vec!["Saturday".into(), "Sunday".into()],
        ..Feed::default()
    };
    let said = paced(Pace::of(&feed, &Pace::default(), NOW));
    for (ending, failures) in [(Ending::Fine, 0), (SERVER, 1)] {
        let next = next(&ended(ending, failures, &said), NOW);
        let wait = seconds(&next);
        assert!((7200..9000).contains(&wait), "{wait}");
        assert!(
            next.reason.contains("left alone until then"),
            "{}",
            next.reason
        );
    }
    // A day and a bit later it is Saturday.
    let said = Said {
        hints: asks(None, Some(86_400)).hints,
        ..said
    };
    let at = next(&ended(SERVER, 1, &said), NOW).at.expect("a time");
    let monday: Timestamp = "2027-01-18T00:00:00Z".parse().expect("a time");
    assert!(
        at >= monday && at < monday + SignedDuration::from_mins(30),
        "{at}"
    );
}

#[test]
fn polls_are_spread_and_drift_apart() {
    let none = Said::default();
    let firsts: Vec<i64> = (0..1000)
        .map(|n| {
            let name = format!("source-{n}");
            let first = Ended {
                name: &name,
                is_first: true,
                ..ended(Ending::Fine, 0, &none)
            };
            seconds(&next(&first, NOW))
        })
        .collect();
    for part in 0..10 {
        let part = 1800 + 180 * part..1800 + 180 * (part + 1);
        let count = firsts.iter().filter(|wait| part.contains(*wait)).count();
        assert!((60..140).contains(&count), "{count} in {part:?}");
    }
    let later = |n: i64| {
        let now = NOW + SignedDuration::from_secs(n);
        let at = next(&ended(Ending::Fine, 0, &none), now)
            .at
            .expect("a time");
        at.duration_since(now).as_secs()
    };
    let waits: std::collections::BTreeSet<i64> = (0..20).map(later).collect();
    assert!(waits.len() > 15, "a source's own polls vary: {waits:?}");
}

#[test]
fn lengths_are_said_in_two_units() {
    for (seconds, said, at_length) in [
        (0, "0s", "0 seconds"),
        (59, "59s", "59 seconds"),
        (1800, "30m", "30 minutes"),
        (3900, "1h 5m", "1 hour 5 minutes"),
        (183_600, "2d 3h", "2 days 3 hours"),
        (86_400, "1d", "1 day"),
    ] {
        assert_eq!(words(Duration::from_secs(seconds)), said);
        assert_eq!(long(Duration::from_secs(seconds)), at_length);
    }
}
