//! Dates in every form that feeds write them in, understood without asking the clock or the machine's zone.
//!
//! One reader for all: a date that begins with its year is read as ISO 8601 (RFC 3339, W3C-DTF), and
//! everything else word by word, as RFC 822 and its abuses (RFC 5322 §4.3). A date without a zone is
//! taken as UTC. Ambiguous numeric dates (`3/4/2005`) are read month first, as JavaScript does, unless
//! dots or hyphens (or a 13th month) say otherwise.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The longest string that is looked at, in bytes; dates with long comments end before.
const DATE_BYTES_MAX: usize = 128;

/// Understands a date.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > DATE_BYTES_MAX {
        return None;
    }
    if let Some(time) = epoch(text) {
        return time;
    }
    let mut parts = Parts::default();
    let rest = parts.leading_date(text)?;
    parts.words(rest)?;
    parts.timestamp()
}

/// Seconds or milliseconds since 1970; `Some(None)` for a number that is no date.
fn epoch(text: &str) -> Option<Option<Timestamp>> {
    let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
        if fraction.bytes().all(|b| b.is_ascii_digit()) {
            whole
        } else {
            text
        }
    });
    if !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9..=11 => Some(Timestamp::from_second(number).ok()),
        12 | 13 => Some(Timestamp::from_millisecond(number).ok()),
        16 => Some(Timestamp::from_microsecond(number).ok()),
        4 | 6 | 8 | 14 => None,
        _ => Some(None),
    }
}

/// What is known of a date so far.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    /// Hour, minute, second, nanosecond.
    time: Option<(i8, i8, i8, i32)>,
    afternoon: Option<bool>,
    offset_seconds: Option<i32>,
    /// The offset is that of a zone's name that a number may follow: `GMT+2`.
    offset_is_base: bool,
    /// A month's name that stood first: perhaps a weekday in another language (`mar.` is Tuesday in French).
    doubtful_month: bool,
}

impl Parts {
    /// Reads a date that begins with its year, or a numeric one; gives back what follows.
    fn leading_date<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        // A weekday may stand before it: `Fri, 2006/09/15`.
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let body = &text[start..];
        let (first, after) = digits(body);
        match first.len() {
            4 => self.year_first(first, after, text),
            14 | 12 => {
                self.basic_date(&first[..8])?;
                self.basic_time(&first[8..])?;
                Some(after)
            }
            8 => {
                self.basic_date(first)?;
                Some(after)
            }
            6 if start == 0 && after.is_empty() => {
                self.year = first[..4].parse().ok();
                self.month = first[4..].parse().ok();
                Some(after)
            }
            1 | 2 => Some(self.numeric(first, after).unwrap_or(text)),
            _ => Some(text),
        }
    }

    fn basic_date(&mut self, digits: &str) -> Option<()> {
        self.year = Some(digits[..4].parse().ok()?);
        self.month = Some(digits[4..6].parse().ok()?);
        self.day = Some(digits[6..8].parse().ok()?);
        Some(())
    }

    fn basic_time(&mut self, digits: &str) -> Option<()> {
        let part = |from: usize| {
            digits
                .get(from..from + 2)
                .map_or(Some(0), |d| d.parse().ok())
        };
        self.time = Some((part(0)?, part(2)?, part(4)?, 0));
        Some(())
    }

    /// `2003-12-31`, `2003/12/31`, `2003年12月31日`, `2003-365`, `2003-W52-3`, `2003-12`, `2003`.
    fn year_first<'t>(&mut self, year: &str, after: &'t str, text: &'t str) -> Option<&'t str> {
        let mark = after.trim_start();
        let Some(rest) = mark.strip_prefix(['-', '/', '.', '年', '년']) else {
            if after.is_empty() && year.len() == text.len() {
                self.year = year.parse().ok();
                return Some(after);
            }
            // `2004 Jan 5`, and a year that follows a month's name.
            return Some(text);
        };
        self.year = year.parse().ok();
        let rest = rest.trim_start();
        if let Some(week) = rest.strip_prefix(['W', 'w']) {
            return self.week(week);
        }
        let (month, after) = digits(rest);
        match month.len() {
            3 => {
                let first = Date::new(self.year?, 1, 1).ok()?;
                let days = month
                    .parse::<i64>()
                    .ok()
                    .filter(|d| (1..=366).contains(d))?
                    - 1;
                let date = first
                    .checked_add(SignedDuration::from_hours(24 * days))
                    .ok()?;
                (self.month, self.day) = (Some(date.month()), Some(date.day()));
                return Some(after);
            }
            1 | 2 => self.month = month.parse().ok(),
            // `2004-Jan-05`
            0 => return Some(rest),
            _ => return None,
        }
        let after_month = after.trim_start();
        let Some(rest) = after_month.strip_prefix(['-', '/', '.', '月', '월']) else {
            return Some(after);
        };
        let (day, after) = digits(rest.trim_start());
        if !day.is_empty() {
            self.day = Some(day.parse().ok()?);
        }
        Some(after.trim_start().trim_start_matches(['日', '일', '.']))
    }

    /// ISO 8601 weeks: `2003-W52-3`.
    fn week<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        let (week, after) = digits(rest);
        let (day, after) = digits(after.strip_prefix('-').unwrap_or(after));
        let weekday =
            jiff::civil::Weekday::from_monday_one_offset(day.parse().unwrap_or(1)).ok()?;
        let date = jiff::civil::ISOWeekDate::new(self.year?, week.parse().ok()?, weekday)
            .ok()?
            .date();
        self.year = Some(date.year());
        (self.month, self.day) = (Some(date.month()), Some(date.day()));
        Some(after)
    }

    /// `31.12.2003`, `31-12-2003`, `12/31/2003`, `03-12-31`.
    fn numeric<'t>(&mut self, first: &str, after: &'t str) -> Option<&'t str> {
        let mark = after
            .chars()
            .next()
            .filter(|c| matches!(c, '.' | '/' | '-'))?;
        let (second, rest) = digits(after[1..].trim_start());
        let (third, rest) = digits(rest.strip_prefix(mark)?.trim_start());
        let numbers: [i16; 3] = [
            first.parse().ok()?,
            second.parse().ok()?,
            third.parse().ok()?,
        ];
        let (day, month, year) = match numbers {
            [a, b, c] if third.len() == 4 && mark == '/' && b > 12 => (b, a, c),
            [a, b, c] if third.len() == 4 && mark == '/' && a <= 12 => (b, a, c),
            [a, b, c] if third.len() == 4 => (a, b, c),
            [a, b, c] if mark == '-' && (a > 31 || c > 12) => (c, b, century(a)),
            [a, b, c] if mark == '/' && a <= 12 => (b, a, century(c)),
            [a, b, c] => (a, b, century(c)),
        };
        self.day = i8::try_from(day).ok();
        self.month = i8::try_from(month).ok();
        self.year = Some(year);
        Some(rest)
    }

    /// Reads times, zones, names and numbers in any order.
    fn words(&mut self, text: &str) -> Option<()> {
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if c.is_ascii_digit() {
                rest = self.number(rest)?;
            } else if matches!(c, '+' | '-' | '−')
                && self.time.is_some()
                && starts_with_digit(&rest[c.len_utf8()..])
            {
                rest = self.offset(&rest[c.len_utf8()..], c != '+')?;
            } else if c.is_alphabetic() {
                let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                // `T10:14`: the T of ISO 8601, and `Z` glued to a time.
                self.word(&rest[..end], rest[end..].starts_with([',', '.']));
                rest = &rest[end..];
            } else {
                rest = &rest[c.len_utf8()..];
            }
        }
        Some(())
    }

    fn number<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let (number, after) = digits(text);
        if after.starts_with([':', '時', '시']) && self.time.is_none() && number.len() <= 2 {
            return self.clock(number, after);
        }
        let value: i32 = number.parse().ok()?;
        match number.len() {
            // `T101455`
            6 | 4 if self.time.is_none() && self.year.is_some() && self.day.is_some() => {
                self.basic_time(number)?;
            }
            3.. if self.year.is_none() => {
                let value = i16::try_from(value).ok()?;
                self.year = Some(if number.len() == 3 {
                    value + 1900
                } else {
                    value
                });
            }
            1 | 2 if self.day.is_none() => self.day = i8::try_from(value).ok(),
            1 | 2 if self.year.is_none() => self.year = Some(century(i16::try_from(value).ok()?)),
            // `T10+01:00`: an hour alone.
            1 | 2 if self.time.is_none() => self.time = Some((i8::try_from(value).ok()?, 0, 0, 0)),
            _ => {}
        }
        Some(after)
    }

    /// `10:14`, `10:14:55`, `10:14:55.123`, `10時14分55秒`.
    fn clock<'t>(&mut self, hour: &str, after: &'t str) -> Option<&'t str> {
        let marks: &[char] = &[':', '時', '시', '分', '분', ' '];
        let (minute, after) = digits(after.trim_start_matches(marks));
        let mut second = "0";
        let mut nanosecond = 0;
        let mut rest = after;
        if after.starts_with([':', '分', '분'])
            && starts_with_digit(after.trim_start_matches(marks))
        {
            (second, rest) = digits(after.trim_start_matches(marks));
            if let Some(fraction) = rest
                .strip_prefix(['.', ',', ':'])
                .filter(|f| starts_with_digit(f))
            {
                let (fraction, after) = digits(fraction);
                nanosecond = format!("{fraction:0<9.9}").parse().ok()?;
                rest = after;
            }
        }
        self.time = Some((
            hour.parse().ok()?,
            if minute.is_empty() {
                0
            } else {
                minute.parse().ok()?
            },
            second.parse().ok()?,
            nanosecond,
        ));
        Some(rest)
    }

    /// `0100`, `01:00`, `01`, `1` behind a sign.
    fn offset<'t>(&mut self, text: &'t str, west: bool) -> Option<&'t str> {
        let (number, after) = digits(text);
        let (hours, minutes, rest) = match number.len() {
            1 | 2 if after.starts_with(':') && starts_with_digit(&after[1..]) => {
                let (minutes, after) = digits(&after[1..]);
                (number, minutes, after)
            }
            1 | 2 => (number, "0", after),
            3 => (&number[..1], &number[1..], after),
            4 => (&number[..2], &number[2..], after),
            // A year behind a hyphen, or seconds of an offset: nothing that a zone is.
            _ => return Some(after),
        };
        let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
        if self.offset_seconds.is_none() || self.offset_is_base {
            self.offset_seconds = Some(if west { -seconds } else { seconds });
            self.offset_is_base = false;
        }
        Some(rest)
    }

    fn word(&mut self, word: &str, marked: bool) {
        let lower = word.to_lowercase();
        match lower.as_str() {
            "t" => return,
            "am" | "a" if self.time.is_some() && self.afternoon.is_none() && lower == "am" => {
                self.afternoon = Some(false);
                return;
            }
            "pm" => {
                self.afternoon = Some(true);
                return;
            }
            "午前" | "上午" | "오전" => self.afternoon = Some(false),
            "午後" | "下午" | "오후" => self.afternoon = Some(true),
            _ => {}
        }
        if let Some(month) = month(&lower) {
            if self.month.is_none() || self.doubtful_month {
                self.doubtful_month =
                    self.month.is_none() && self.day.is_none() && self.year.is_none() && marked;
                self.month = Some(month);
            }
            return;
        }
        if self.offset_seconds.is_none()
            && self.time.is_some()
            && let Some(minutes) = zone(&lower)
        {
            self.offset_seconds = Some(minutes * 60);
            self.offset_is_base = minutes == 0;
        }
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let date = Date::new(self.year?, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok()?;
        let (mut hour, minute, second, nanosecond) = self.time.unwrap_or_default();
        match self.afternoon {
            Some(true) if hour < 12 => hour += 12,
            Some(false) if hour == 12 => hour = 0,
            _ => {}
        }
        // 24:00:00 is midnight at the end of the day (ISO 8601), and a leap second its last one.
        let date = if hour == 24 {
            date.tomorrow().ok()?
        } else {
            date
        };
        let second = if second == 60 { 59 } else { second };
        let civil =
            date.to_datetime(jiff::civil::Time::new(hour % 24, minute, second, nanosecond).ok()?);
        if hour > 24 {
            return None;
        }
        let offset = Offset::from_seconds(self.offset_seconds.unwrap_or(0)).ok()?;
        offset.to_timestamp(civil).ok()
    }
}

/// Splits a string behind its leading digits.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.bytes()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// A word goes on through combining accents, and apostrophes do not matter.
fn is_word(c: char) -> bool {
    c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c)
}

/// Two-digit years (RFC 5322 §4.3: 00 to 49 are of this century).
fn century(year: i16) -> i16 {
    match year {
        0..=49 => 2000 + year,
        50..=99 => 1900 + year,
        _ => year,
    }
}

/// How months begin, in the languages that feeds are written in; the longest fit counts.
/// English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Hungarian, Romanian,
/// Turkish, Finnish and the Nordic languages, Greek, Russian and Ukrainian.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan", "jän", "gen", "ene", "sty", "led", "ian", "oca", "tammi", "ιαν", "янв", "січ",
    ],
    &[
        "feb", "fév", "fev", "lut", "úno", "úno", "şub", "sub", "helmi", "φεβ", "фев", "лют",
    ],
    &[
        "mar", "mär", "maart", "mrt", "már", "bře", "maalis", "μαρ", "μάρ", "мар", "бер",
    ],
    &[
        "apr", "avr", "abr", "kwi", "ápr", "dub", "nis", "huhti", "απρ", "апр", "кві",
    ],
    &[
        "may", "mai", "maj", "mag", "mei", "máj", "kvě", "touko", "μαι", "μάι", "μαϊ", "μαΐ",
        "мая", "май", "тра",
    ],
    &[
        "jun", "juin", "giu", "cze", "čer", "jún", "iun", "haz", "kesä", "ιουν", "ιούν", "июн",
        "чер",
    ],
    &[
        "jul",
        "juil",
        "lug",
        "lip",
        "červenec",
        "července",
        "čvc",
        "júl",
        "iul",
        "tem",
        "heinä",
        "ιουλ",
        "ιούλ",
        "июл",
        "лип",
    ],
    &[
        "aug", "aoû", "aou", "ago", "sie", "srp", "ağu", "agu", "elo", "αυγ", "αύγ", "авг", "сер",
    ],
    &[
        "sep", "set", "wrz", "zář", "szept", "eyl", "syys", "σεπ", "сен", "вер",
    ],
    &[
        "oct", "okt", "out", "ott", "paź", "paz", "říj", "eki", "loka", "οκτ", "окт", "жов",
    ],
    &[
        "nov", "lis", "kas", "marras", "noi", "νοε", "νοέ", "ноя", "лис",
    ],
    &[
        "dec", "dez", "déc", "dic", "gru", "pro", "ara", "joulu", "δεκ", "дек", "гру",
    ],
];

/// The month that a word in lower case begins like.
fn month(word: &str) -> Option<i8> {
    let fits = (1_i8..).zip(MONTHS).flat_map(|(number, stems)| {
        stems
            .iter()
            .filter(|stem| word.starts_with(**stem))
            .map(move |stem| (stem.len(), number))
    });
    fits.max_by_key(|(length, _)| *length)
        .map(|(_, number)| number)
}

/// The offset of a zone's name from UTC, in minutes. The letters of military zones but Z say nothing (RFC 5322 §4.3).
fn zone(name: &str) -> Option<i32> {
    Some(match name {
        "ut" | "utc" | "gmt" | "wet" | "gmz" => 0,
        "bst" | "cet" | "mez" | "met" | "west" | "wat" | "mewz" => 60,
        "cest" | "mesz" | "mest" | "eet" | "cat" | "sast" => 120,
        "eest" | "msk" | "eat" | "trt" => 180,
        "msd" => 240,
        "pkt" => 300,
        "ist" => 330,
        "wib" | "ict" => 420,
        "hkt" | "sgt" | "awst" | "pht" | "myt" => 480,
        "jst" | "kst" => 540,
        "acst" => 570,
        "aest" => 600,
        "acdt" => 630,
        "aedt" => 660,
        "nzst" => 720,
        "nzdt" => 780,
        "ndt" => -150,
        "nst" => -210,
        "adt" | "brt" | "art" => -180,
        "ast" | "edt" | "clt" => -240,
        "est" | "cdt" | "et" | "pet" => -300,
        "cst" | "mdt" | "ct" => -360,
        "mst" | "pdt" | "mt" => -420,
        "pst" | "akdt" | "pt" => -480,
        "akst" => -540,
        "hst" => -600,
        _ if name.len() == 1 && name.is_ascii() => 0,
        _ => return None,
    })
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
        check("2004년 05월 28일 01:31:15", "2004-05-28T01:31:15Z");
        check("2004-05-25 오후 11:23:17", "2004-05-25T23:23:17Z");
        check("2004年5月28日 1時31分", "2004-05-28T01:31:00Z");
    }

    #[test]
    fn the_edges_of_days() {
        check("2003-12-31T24:00:00Z", "2004-01-01T00:00:00Z");
        check("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z");
        check("2004-02-29", "2004-02-29T00:00:00Z");
    }

    #[test]
    fn what_is_no_date() {
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
