//! Writes a [`Date`] in the form that a format asks for.
//!
//! Invariants: the moment is the one that was understood, never the string that was not; the
//! publisher's own offset from GMT is kept, because it says what time of day it was for them; what
//! the form cannot express (a year before 1 or past 9999) is `None`.

use crate::model::Date;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// RFC 822 with a year of four digits, as RSS 2.0 asks: `Thu, 01 Jan 2004 19:48:21 GMT`.
pub(super) fn rfc822(date: &Date) -> Option<String> {
    let time = date.time?;
    let raw = date.raw.trim();
    // GMT stays GMT: not a word of a date that is right already is changed.
    let zone = match offset(raw) {
        Some(seconds) if !raw.ends_with(char::is_alphabetic) => numeric_zone(seconds, ""),
        _ => "GMT".to_owned(),
    };
    let local = local(
        time,
        if zone == "GMT" {
            0
        } else {
            offset(raw).unwrap_or(0)
        },
    )?;
    Some(format!(
        "{} {zone}",
        local.strftime("%a, %d %b %Y %H:%M:%S")
    ))
}

/// RFC 3339, as Atom (RFC 4287 §3.3) and JSON Feed ask: `2004-01-01T19:48:21Z`.
pub(super) fn rfc3339(date: &Date) -> Option<String> {
    let time = date.time?;
    let seconds = offset(date.raw.trim()).unwrap_or(0);
    let local = local(time, seconds)?;
    let zone = match seconds {
        0 => "Z".to_owned(),
        seconds => numeric_zone(seconds, ":"),
    };
    Some(format!("{}{zone}", local.strftime("%Y-%m-%dT%H:%M:%S%.f")))
}

/// A moment without a string of its own, in RFC 3339.
pub(super) fn utc(time: Timestamp) -> Option<String> {
    rfc3339(&Date {
        raw: String::new(),
        time: Some(time),
    })
}

fn local(time: Timestamp, seconds: i32) -> Option<jiff::civil::DateTime> {
    let offset = Offset::from_seconds(seconds).ok()?;
    let local = time.to_zoned(TimeZone::fixed(offset)).datetime();
    (1..=9999).contains(&local.year()).then_some(local)
}

fn numeric_zone(seconds: i32, colon: &str) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}{colon}{:02}", minutes / 60, minutes % 60)
}

/// The offset that stands at the end of a date as it was written, in seconds: `+0100`, `-05:00`, `EST`.
fn offset(raw: &str) -> Option<i32> {
    // The zones that RFC 822 §5.1 names; all others are ambiguous or military.
    const ZONES: &[(&str, i32)] = &[
        ("EST", -5),
        ("EDT", -4),
        ("CST", -6),
        ("CDT", -5),
        ("MST", -7),
        ("MDT", -6),
        ("PST", -8),
        ("PDT", -7),
        ("GMT", 0),
        ("UTC", 0),
        ("UT", 0),
        ("Z", 0),
    ];
    // A whole word only: `CEST` ends like `EST`. Behind digits it is one too (`19:48:21Z`).
    let word = raw.trim_end_matches(|c: char| c.is_alphabetic()).len();
    if let Some((_, hours)) = ZONES.iter().find(|(zone, _)| raw[word..] == **zone) {
        return Some(hours * 3600);
    }
    // Behind a time of day only: the end of `2004-12-31` is no offset.
    let at = raw
        .rfind(['+', '-'])
        .filter(|at| raw[..*at].contains(':'))?;
    let digits: String = raw[at + 1..].chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    // No place on Earth is further from GMT than 14 hours, nor does XML Schema allow more (§3.2.7.3).
    let minutes = (minutes <= 59).then_some(hours * 60 + minutes)?;
    let seconds = (minutes <= 14 * 60).then_some(minutes * 60)?;
    Some(if raw[at..].starts_with('-') {
        -seconds
    } else {
        seconds
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(raw: &str, time: &str) -> Date {
        Date {
            raw: raw.to_owned(),
            time: time.parse().ok(),
        }
    }

    #[track_caller]
    fn check(raw: &str, time: &str, rss: Option<&str>, atom: Option<&str>) {
        let date = date(raw, time);
        assert_eq!(rfc822(&date).as_deref(), rss);
        assert_eq!(rfc3339(&date).as_deref(), atom);
    }

    #[test]
    fn a_correct_date_is_not_changed() {
        check(
            "Thu, 01 Jan 2004 19:48:21 GMT",
            "2004-01-01T19:48:21Z",
            Some("Thu, 01 Jan 2004 19:48:21 GMT"),
            Some("2004-01-01T19:48:21Z"),
        );
    }

    #[test]
    fn the_offset_of_the_publisher_is_kept() {
        check(
            "Thu, 1 Jan 04 19:48 +0530",
            "2004-01-01T14:18:00Z",
            Some("Thu, 01 Jan 2004 19:48:00 +0530"),
            Some("2004-01-01T19:48:00+05:30"),
        );
        check(
            "2003-12-31T10:14:55.25-08:00",
            "2003-12-31T18:14:55.25Z",
            Some("Wed, 31 Dec 2003 10:14:55 -0800"),
            Some("2003-12-31T10:14:55.25-08:00"),
        );
    }

    #[test]
    fn a_named_zone_becomes_a_number_in_atom_and_gmt_in_rss() {
        check(
            "Thu, 01 Jan 2004 19:48:21 EST",
            "2004-01-02T00:48:21Z",
            Some("Fri, 02 Jan 2004 00:48:21 GMT"),
            Some("2004-01-01T19:48:21-05:00"),
        );
    }

    #[test]
    fn a_zone_that_ends_like_another_is_not_that_one() {
        check(
            "Wed, 01 Jul 2026 10:00:00 CEST",
            "2026-07-01T08:00:00Z",
            Some("Wed, 01 Jul 2026 08:00:00 GMT"),
            Some("2026-07-01T08:00:00Z"),
        );
    }

    #[test]
    fn a_day_without_a_time_has_no_offset() {
        check(
            "2004-12-31",
            "2004-12-31T00:00:00Z",
            Some("Fri, 31 Dec 2004 00:00:00 GMT"),
            Some("2004-12-31T00:00:00Z"),
        );
    }

    #[test]
    fn what_is_no_date_is_not_written() {
        check("yesterday", "", None, None);
    }

    #[test]
    fn a_year_that_the_form_cannot_express_is_not_written() {
        check("", "-000044-03-15T00:00:00Z", None, None);
    }
}
