//! Dates in every form that feeds write them in, understood without asking the clock or the machine's zone.
//!
//! What is well-formed (RFC 3339, RFC 5322) is read by `jiff`; everything else token by token, in
//! whatever order its numbers, names and zones come: RFC 822 and its abuses, ISO 8601 in parts, the
//! output of `asctime` and of databases, months in the languages that feeds are written in.
//!
//! Invariants: a date without a zone is taken as UTC, unless its language is spoken in one zone only
//! (Korean, Japanese, Chinese); ambiguous numbers (`3/4/2005`) are read month first, as JavaScript
//! does, unless dots or hyphens (or a 13th month) say otherwise; what needs today's date to be
//! understood (`yesterday`, `--12-31`) is no date.

mod calendar;
mod months;
mod numeric;
mod words;
mod zones;

use calendar::Era;
use jiff::civil::{Date, Time};
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;

/// The longest string that is looked at, in bytes. JavaScript's dates, with the zone's name in
/// Cyrillic behind them, have 120.
const DATE_BYTES_MAX: usize = 192;

/// RFC 5322 as most feeds write it: the day of the week is not checked, for many are wrong.
const RFC_5322: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// Understands a date.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > DATE_BYTES_MAX {
        return None;
    }
    if let Some(time) = well_formed(text) {
        return Some(time);
    }
    if let Some(time) = epoch(text) {
        return time;
    }
    let text = plain(text);
    let mut found = Found::default();
    found.read(&text)?;
    found.timestamp(text.len() == 4)
}

/// The two forms that nearly every feed has. A two-digit year is left to our own rule.
fn well_formed(text: &str) -> Option<Timestamp> {
    match text.as_bytes() {
        [
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'-',
            _,
            _,
            b'-',
            ..,
        ] => text.parse().ok(),
        [
            ..,
            b'+' | b'-',
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
        ]
        | [.., b' ', b'G', b'M', b'T'] => RFC_5322.parse_timestamp(text).ok(),
        _ => None,
    }
}

/// Seconds, milliseconds or microseconds since 1970; `Some(None)` for a number that is no date.
fn epoch(text: &str) -> Option<Option<Timestamp>> {
    // `/Date(1072915200000+0100)/` is how ASP.NET writes a moment into JSON; the offset says nothing more.
    let inner = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.split(')').next())
        .map(|inner| &inner[..inner.find(['+', '-']).unwrap_or(inner.len())]);
    let text = inner.unwrap_or(text.strip_prefix('@').unwrap_or(text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9..=11 => Some(Timestamp::from_second(number).ok()),
        12 | 13 => Some(Timestamp::from_millisecond(number).ok()),
        16 => Some(Timestamp::from_microsecond(number).ok()),
        4 | 6 | 7 | 8 | 14 => None,
        _ => Some(None),
    }
}

/// The string with the digits of every script as ASCII digits, wide punctuation as ASCII and
/// without the marks that steer the direction of writing.
fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            '\u{2010}'..='\u{2014}' | '\u{2212}' => out.push('-'),
            // Full-width forms of ASCII, letters too.
            '\u{ff01}'..='\u{ff5e}' => {
                out.extend(char::from_u32(u32::from(c) - 0xff01 + 0x21));
            }
            _ => out.push(calendar::digit(c).unwrap_or(c)),
        }
    }
    Cow::Owned(calendar::chinese_numbers(out))
}

/// A time of day as written: hour, minute, second, nanosecond.
type Clock = (i8, i8, i8, i32);

/// What is known of a date so far.
#[derive(Debug, Default)]
struct Found {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<Clock>,
    afternoon: Option<bool>,
    offset_seconds: Option<i32>,
    /// The offset is that of a zone's name that a number may follow: `GMT+2`.
    offset_is_base: bool,
    /// The offset of the language's only zone, where no zone is named.
    usual_offset_seconds: i32,
    /// A month's name that stood first: perhaps a weekday in another language (`mar` is Tuesday in French).
    doubtful_month: bool,
    /// The next number is a month: Vietnamese `tháng 5`.
    month_is_next: bool,
    era: Era,
}

impl Found {
    /// Reads numbers, names, zones and signs in any order.
    fn read(&mut self, text: &str) -> Option<()> {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let behind = &rest[c.len_utf8()..];
            rest = if c.is_ascii_digit() {
                self.number(rest)?
            } else if matches!(c, '+' | '-') && words::starts_with_digit(behind) {
                self.signed(behind, c == '-')?
            } else if c == '(' {
                self.comment(behind)
            } else if words::is_word(c) {
                self.word(rest)
            } else {
                behind
            };
        }
        Some(())
    }

    /// Whether year, month and day are known.
    fn has_date(&self) -> bool {
        self.year.is_some() && self.month.is_some() && self.day.is_some()
    }

    /// The moment. A year alone is one only where there is nothing else.
    fn timestamp(&self, is_year_alone: bool) -> Option<Timestamp> {
        if self.month.is_none() && !is_year_alone {
            return None;
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let date = self.era.date(self.year?, month, day)?;
        let (mut hour, minute, second, nanosecond) = self.time.unwrap_or_default();
        match self.afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        // 24:00:00 is midnight at the end of the day (ISO 8601), and a leap second its last one.
        let date: Date = if hour == 24 {
            date.tomorrow().ok()?
        } else {
            date
        };
        let second = if second == 60 { 59 } else { second };
        if hour > 24 || hour == 24 && (minute, second) != (0, 0) {
            return None;
        }
        let time = Time::new(hour % 24, minute, second, nanosecond).ok()?;
        let offset = self.offset_seconds.unwrap_or(self.usual_offset_seconds);
        let offset = Offset::from_seconds(offset).ok()?;
        offset.to_timestamp(date.to_datetime(time)).ok()
    }
}

/// A date that lies so many days behind another.
fn days_after(date: Date, days: i64) -> Option<Date> {
    date.checked_add(SignedDuration::from_hours(days.checked_mul(24)?))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = parse(text).map(|time| time.to_string()).unwrap_or_default();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn rfc_822_and_its_abuses() {
        check("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z");
        check("Thu, 1 Jan 04 19:48 GMT", "2004-01-01T19:48:00Z");
        check("1 Jan 2004 19:48:21", "2004-01-01T19:48:21Z");
        check("Mon, 01 Jan 2004 19:48:21 +0100", "2004-01-01T18:48:21Z");
        check("Thu, 01 Jan 2004 19:48:21 EST", "2004-01-02T00:48:21Z");
        check("Thu, 01 Jan 2004 19:48:21 pdt", "2004-01-02T02:48:21Z");
        check("Thu, 01 Jan 2004 19:48:21 Z", "2004-01-01T19:48:21Z");
        check("Thu, 01 Jan 2004 19:48:21 GMT+2", "2004-01-01T17:48:21Z");
        check(
            "Thu, 01 Jan 2004 19:48:21 GMT-05:30",
            "2004-01-02T01:18:21Z",
        );
        check(
            "Thu, 01 Jan 2004 19:48:21 +01:00 (CET)",
            "2004-01-01T18:48:21Z",
        );
        check("Thursday, January 1, 2004 7:48 PM", "2004-01-01T19:48:00Z");
        check("Thu, 01-Jan-2004 19:48:21 GMT", "2004-01-01T19:48:21Z");
        check("Thu,01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z");
        check("Jan 1, 99", "1999-01-01T00:00:00Z");
        check("01 September 2004", "2004-09-01T00:00:00Z");
    }

    #[test]
    fn iso_8601_in_parts() {
        check("2003-12-31T10:14:55Z", "2003-12-31T10:14:55Z");
        check("2003-12-31T10:14:55.25+01:00", "2003-12-31T09:14:55.25Z");
        check("2003-12-31 10:14", "2003-12-31T10:14:00Z");
        check("2003-12-31T10:14-0800", "2003-12-31T18:14:00Z");
        check("2003-12-31t10:14:55z", "2003-12-31T10:14:55Z");
        check("2003-12-31", "2003-12-31T00:00:00Z");
        check("2003-12", "2003-12-01T00:00:00Z");
        check("2003", "2003-01-01T00:00:00Z");
        check("20031231", "2003-12-31T00:00:00Z");
        check("20031231T101455Z", "2003-12-31T10:14:55Z");
        check("20031231101455", "2003-12-31T10:14:55Z");
        check("2003-365", "2003-12-31T00:00:00Z");
        check("2003-W52-3", "2003-12-24T00:00:00Z");
        check("2003/12/31 10:14:55", "2003-12-31T10:14:55Z");
        check("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z");
        check("2003-12-31 10:14:55 +0100", "2003-12-31T09:14:55Z");
    }

    #[test]
    fn other_machines() {
        check("Sun Jan  4 16:29:06 PST 2004", "2004-01-05T00:29:06Z");
        check("Sun Jan 4 16:29:06 2004", "2004-01-04T16:29:06Z");
        check("Sunday, 04-Jan-04 16:29:06 GMT", "2004-01-04T16:29:06Z");
        check("1072915200", "2004-01-01T00:00:00Z");
        check("1072915200000", "2004-01-01T00:00:00Z");
        check("12/31/2003 11:59 pm", "2003-12-31T23:59:00Z");
        check("31.12.2003, 23:59", "2003-12-31T23:59:00Z");
        check("31-12-2003", "2003-12-31T00:00:00Z");
        check("03-12-31", "2003-12-31T00:00:00Z");
    }

    #[test]
    fn months_of_many_languages() {
        check("Do, 01 Mär 2004 10:00:00 +0100", "2004-03-01T09:00:00Z");
        check("mar., 29 juin 2004 12:53:00 GMT", "2004-06-29T12:53:00Z");
        check("jeu, 15 juil. 2004", "2004-07-15T00:00:00Z");
        check("lun, 5 ago 2004", "2004-08-05T00:00:00Z");
        check("ven, 3 dic 2004", "2004-12-03T00:00:00Z");
        check("seg, 4 out 2004", "2004-10-04T00:00:00Z");
        check("ma, 1 mrt 2004", "2004-03-01T00:00:00Z");
        check("śro, 3 lis 2004", "2004-11-03T00:00:00Z");
        check("Чт, 15 июля 2004 10:00", "2004-07-15T10:00:00Z");
        check("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z");
        check("2004. július 13. 9:15", "2004-07-13T09:15:00Z");
        check("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z");
        check("Paz, 04 Tem 2004", "2004-07-04T00:00:00Z");
        check("tis 3 maj 2004", "2004-05-03T00:00:00Z");
        check("2004년 05월 28일 01:31:15", "2004-05-27T16:31:15Z");
        check("2004-05-25 오후 11:23:17", "2004-05-25T14:23:17Z");
        check("2004年5月28日 1時31分", "2004-05-28T01:31:00Z");
    }

    #[test]
    fn more_of_rfc_822() {
        check("Thu, 01 Jan 2004 19:48:21 +02", "2004-01-01T17:48:21Z");
        check(
            "Thu, 01 Jan 2004 19:48:21 -0500 (EST)",
            "2004-01-02T00:48:21Z",
        );
        check("Thu, 01 Jan 2004 19:48:21 (CET)", "2004-01-01T18:48:21Z");
        check("Thu, 01 Jan 2004 19:48:21 UTC+2", "2004-01-01T17:48:21Z");
        check(
            "Thu, 01 Jan 2004 19:48:21 Eastern Daylight Time",
            "2004-01-01T23:48:21Z",
        );
        check("Thu, 01 Jan 2004 07:48 p. m. EST", "2004-01-02T00:48:00Z");
        check("Sept. 5, 2004 10:00 a.m.", "2004-09-05T10:00:00Z");
        check("1st of January 2004 at 19:48", "2004-01-01T19:48:00Z");
        check("19:48 01-Jan-2004", "2004-01-01T19:48:00Z");
        check("Thu, 01 Jan 104 19:48:21 GMT", "2004-01-01T19:48:21Z");
        check("Thu, 01 Jan 19104 19:48:21 GMT", "2004-01-01T19:48:21Z");
        check("Mon, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z");
        check("Jan 5, 2004 (updated Feb 3, 2004)", "2004-01-05T00:00:00Z");
        check("Jan 2004", "2004-01-01T00:00:00Z");
    }

    #[test]
    fn more_of_other_machines() {
        check("15/Sep/2006:08:19:53 +0200", "2006-09-15T06:19:53Z");
        check("2006:09:15 08:19:53", "2006-09-15T08:19:53Z");
        check("2006 09 15 08:19", "2006-09-15T08:19:00Z");
        check("Jul  8 2004 11:56PM", "2004-07-08T23:56:00Z");
        check("2004-07-08 23:56:58.0", "2004-07-08T23:56:58Z");
        check("/Date(1072915200000+0100)/", "2004-01-01T00:00:00Z");
        check("@1072915200", "2004-01-01T00:00:00Z");
        check("2003365", "2003-12-31T00:00:00Z");
        check("031231", "2003-12-31T00:00:00Z");
        check("2003-12-31+01:00", "2003-12-30T23:00:00Z");
        check("2003-31-12", "2003-12-31T00:00:00Z");
        check("31.12.2003, 23.59 Uhr", "2003-12-31T23:59:00Z");
        check("10:14 31.12.2003", "2003-12-31T10:14:00Z");
        check("5/12/04", "2004-05-12T00:00:00Z");
    }

    #[test]
    fn weekdays_that_look_like_months() {
        check("martes 5 de agosto de 2004 10:00", "2004-08-05T10:00:00Z");
        check("mardi 3 févr. 2004 à 10h30", "2004-02-03T10:30:00Z");
        check("середа 15 липня 2004", "2004-07-15T00:00:00Z");
        check("Pazar 4 EYLÜL 2004", "2004-09-04T00:00:00Z");
        check("subota 5. kolovoza 2004", "2004-08-05T00:00:00Z");
        check("4 HAZİRAN 2004", "2004-06-04T00:00:00Z");
    }

    #[test]
    fn months_of_other_scripts() {
        check("5 ديسمبر 2004", "2004-12-05T00:00:00Z");
        check("٥ يناير ٢٠٠٤ ١٠:٣٠ م", "2004-01-05T22:30:00Z");
        check("5 تشرين الثاني 2004", "2004-11-05T00:00:00Z");
        check("5 كانون الأول 2004", "2004-12-05T00:00:00Z");
        check("5 בינואר 2004", "2004-01-05T00:00:00Z");
        check("५ मार्च २००४", "2004-03-05T00:00:00Z");
        check("5 ม.ค. 2547", "2004-01-05T00:00:00Z");
        check("5 พฤศจิกายน 2004", "2004-11-05T00:00:00Z");
        check("ngày 15 tháng 5 năm 2004", "2004-05-15T00:00:00Z");
        check("11 Αυγούστου 2004 10:00 μ.μ.", "2004-08-11T22:00:00Z");
    }

    #[test]
    fn other_calendars() {
        check("1 فروردین 1383", "2004-03-20T00:00:00Z");
        check("۱۲ خرداد ۱۴۰۳", "2024-06-01T00:00:00Z");
        check("31 اسفند 1403", "");
        check("平成16年5月28日", "2004-05-28T00:00:00Z");
        check("民國93年5月28日", "2004-05-28T00:00:00Z");
        check("二〇〇四年十二月五日", "2004-12-05T00:00:00Z");
        check("2004年二十月五日", "");
        check("２００４年５月２８日", "2004-05-28T00:00:00Z");
        check(
            "星期五, 28 五月 2004 10:31:00 +0800",
            "2004-05-28T02:31:00Z",
        );
        check("2004年5月28日 下午3:31", "2004-05-28T07:31:00Z");
        check("2004年5月28日(金曜日) 10:31", "2004-05-28T01:31:00Z");
        check("금, 28 5월 2004 10:31:00 +0900", "2004-05-28T01:31:00Z");
    }

    #[test]
    fn what_needs_to_know_today_is_no_date() {
        for text in [
            "tomorrow",
            "2 hours ago",
            "12:30",
            "--12-31",
            "Jan 5",
            "Mon",
            "March",
        ] {
            check(text, "");
        }
        check("Copyright 2004", "");
        check("1.2.3", "");
        check("0000-00-00 00:00:00", "");
        check("2003-12-31T10:60:00Z", "");
        check("2004-12-31T24:01:00Z", "");
    }

    #[test]
    fn no_string_makes_it_panic() {
        use proptest::prelude::*;
        let pieces = prop::sample::select(vec![
            "2004",
            "05",
            "9",
            "99999999999",
            "-",
            "/",
            ".",
            ":",
            " ",
            "T",
            "Z",
            "+",
            "W",
            "h",
            "(",
            ")",
            "Jan",
            "pm",
            "a",
            "年",
            "月",
            "時",
            "十",
            "五",
            "오후",
            "平成",
            "مهر",
            "ม.",
            "٣",
            "GMT",
            "\u{300}",
            "é",
            "İ",
            "２",
            "tháng",
        ]);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        runner
            .run(&prop::collection::vec(pieces, 0..12), |pieces| {
                let _ = parse(&pieces.concat());
                Ok(())
            })
            .expect("no string makes it panic");
    }

    #[test]
    fn the_edges_of_days() {
        check("2003-12-31T24:00:00Z", "2004-01-01T00:00:00Z");
        check("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z");
        check("2004-02-29", "2004-02-29T00:00:00Z");
    }

    #[test]
    fn what_is_no_date() {
        check("2003-12-31T10:00:00+01:71582789", "");
        check("", "");
        check("yesterday", "");
        check("2003-02-30", "");
        check("Thu, 32 Jan 2004", "");
        check("2003-12-31T25:00:00Z", "");
        check("99999999999999999999999999", "");
        check("12", "");
        check("+-:://--..T", "");
    }
}
