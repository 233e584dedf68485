//! A week as a small picture: entries upwards, what was removed downwards.

use crate::store::{Day, WEEK_DAYS, Week};
use crate::web::words;
use maud::{Markup, html};
use std::fmt::Write as _;

/// How far apart days are, how wide a bar is, and how high half of the picture is, in pixels.
const STEP: usize = 9;
const BAR: usize = 7;
const HALF: i64 = 15;

/// The chart of a week.
pub(super) fn chart(week: &Week) -> Markup {
    let total = |of: fn(&Day) -> i64| week.iter().map(of).sum::<i64>();
    let (entries, removals) = (total(|day| day.entries), total(|day| day.removals));
    let width = STEP * WEEK_DAYS - (STEP - BAR);
    let height = 2 * HALF + 1;
    html! {
        div.week {
        @if entries > 0 { svg.chart aria-hidden="true" viewBox={ "0 0 " (width) " " (height) } {
            path.came d=(bars(week, |day| day.entries, true)) {}
            path.went d=(bars(week, |day| day.removals, false)) {}
        } }
        p { (words::week(entries, removals)) }
        }
    }
}

/// The bars of one half. The busiest day fills it; a day with anything at all is seen.
fn bars(week: &Week, of: fn(&Day) -> i64, is_up: bool) -> String {
    let most = week.iter().map(of).max().unwrap_or(0).max(1);
    let mut path = String::new();
    for (n, day) in week.iter().enumerate() {
        let count = of(day);
        if count > 0 {
            let tall = (count * HALF / most).max(2);
            let (start, tall) = if is_up {
                (HALF, -tall)
            } else {
                (HALF + 1, tall)
            };
            // Writing to a string can't fail.
            let _ = write!(path, "M{} {start}v{tall}h{BAR}v{}z", n * STEP, -tall);
        }
    }
    match path.is_empty() {
        true => "M0 0".to_owned(),
        false => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_with_anything_is_seen() {
        let mut week = Week::default();
        week[0] = Day {
            entries: 1000,
            removals: 1,
        };
        week[6] = Day {
            entries: 1,
            removals: 1,
        };
        assert_eq!(
            bars(&week, |day| day.entries, true),
            "M0 15v-15h7v15zM54 15v-2h7v2z"
        );
        assert_eq!(
            bars(&week, |day| day.removals, false),
            "M0 16v15h7v-15zM54 16v15h7v-15z"
        );
    }
}
