//! A week as a small picture: entries upwards, what was removed downwards.

use crate::store::{Day, WEEK_DAYS, Week};
use crate::web::words;
use maud::{Markup, html};
use std::fmt::Write as _;

/// How far apart the middles of days are, how wide a bar is (as the style sheet says, too), and how high half of the picture
/// is, in pixels.
const STEP: usize = 9;
const BAR: usize = 7;
const HALF: i64 = 15;

/// The scale of all charts of a page, so that their bars can be compared: the most of any day.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scale {
    /// Entries.
    pub(super) entries: i64,
    /// Removals.
    pub(super) removals: i64,
}

impl Scale {
    /// The scale for some weeks.
    pub(super) fn of<'w>(weeks: impl Iterator<Item = &'w Week>) -> Self {
        weeks.flatten().fold(Self::default(), |scale, day| Self {
            entries: scale.entries.max(day.entries),
            removals: scale.removals.max(day.removals),
        })
    }

    /// The chart of a week.
    pub(super) fn chart(self, week: &Week) -> Markup {
        let total = |of: fn(&Day) -> i64| week.iter().map(of).sum::<i64>();
        let (entries, removals) = (total(|day| day.entries), total(|day| day.removals));
        let width = STEP * WEEK_DAYS - (STEP - BAR);
        let height = 2 * HALF + 1;
        let own = Self::of(std::iter::once(week));
        html! {
            div.week {
                @if entries > 0 {
                    svg.chart role="img" aria-label=(words::chart(own.entries, own.removals)) viewBox={ "-" (BAR as f32 / 2.0) " 0 " (width) " " (height) } {
                        path.came d=(bars(week, |day| day.entries, self.entries, true)) {}
                        @if own.removals > 0 { path.went d=(bars(week, |day| day.removals, self.removals, false)) {} }
                    }
                }
                p { (words::week(entries, removals)) }
            }
        }
    }
}

/// The bars of one half, which the busiest day of the page fills; a day with anything at all is seen.
fn bars(week: &Week, of: fn(&Day) -> i64, most: i64, is_up: bool) -> String {
    let most = most.max(1);
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
            let _ = write!(path, "M{} {start}v{tall}", n * STEP);
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
    fn all_charts_of_a_page_have_the_scale_of_its_busiest_day() {
        let day = |entries, removals| Day { entries, removals };
        let (mut busy, mut calm) = (Week::default(), Week::default());
        (busy[1], calm[3]) = (day(30, 2), day(3, 9));
        let scale = Scale::of([&busy, &calm].into_iter());
        assert_eq!((scale.entries, scale.removals), (30, 9));
        let chart = scale.chart(&calm).into_string();
        assert!(chart.contains("At most 3 entries and 9 pieces a day"));
        assert!(chart.contains("M27 15v-2"), "{chart}");
    }

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
            bars(&week, |day| day.entries, 1000, true),
            "M0 15v-15M54 15v-2"
        );
        assert_eq!(bars(&week, |day| day.removals, 2, false), "M0 16v7M54 16v7");
    }
}
