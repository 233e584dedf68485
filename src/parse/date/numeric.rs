//! Numbers of a date: years first, days first, months first, clocks and offsets.

use super::words::{digits, starts_with_digit};
use super::{Found, days_after};
use jiff::civil::{Date, ISOWeekDate, Weekday};

/// The farthest that a zone lies from UTC, in hours (Kiribati); larger numbers behind a sign are years.
const OFFSET_HOURS_MAX: i32 = 14;

impl Found {
    /// Reads a number, with the numbers that belong to it; gives back what follows.
    pub(super) fn number<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let (number, after) = digits(text);
        if let Some(after) = self.with_unit(number, after) {
            return Some(after);
        }
        if let Some(clock) = self.starts_clock(number, after) {
            return self.clock(number, clock, after);
        }
        let is_start = self.year.is_none() && self.day.is_none();
        let shape = match number.len() {
            _ if !is_start => None,
            4 => self.year_first(number, after),
            14 | 12 | 8 | 7 | 6 => self.compact(number, after),
            1 | 2 if self.month.is_none() || self.doubtful_month => self.numeric(number, after),
            _ => None,
        };
        match shape {
            Some(rest) => Some(rest),
            None => self.alone(number).map(|()| after),
        }
    }

    /// A number with the unit that Chinese, Japanese and Korean write behind it: `2004年`, `5월`.
    fn with_unit<'t>(&mut self, number: &str, after: &'t str) -> Option<&'t str> {
        let unit = after.trim_start();
        let c = unit.chars().next()?;
        match c {
            '年' | '년' if self.year.is_none() => self.year = Some(self.era.year(number)?),
            '月' | '월' => {
                self.month = Some(number.parse().ok()?);
                self.doubtful_month = false;
            }
            '日' | '일' | '号' | '號' => self.day = Some(number.parse().ok()?),
            _ => return None,
        }
        if matches!(c, '년' | '월' | '일') {
            self.usual_offset_seconds = 9 * 3600;
        }
        Some(&unit[c.len_utf8()..])
    }

    /// A number that stands for itself.
    fn alone(&mut self, number: &str) -> Option<()> {
        let value: i32 = number.parse().ok()?;
        let small = i8::try_from(value).ok();
        match number.len() {
            1 | 2 if self.month_is_next => {
                (self.month, self.month_is_next) = (small, false);
            }
            // `T101455`
            6 | 4 if self.time.is_none() && self.has_date() => self.basic_time(number)?,
            3.. if self.year.is_none() => self.year = Some(self.era.year(number)?),
            1 | 2 if self.day.is_none() => self.day = small,
            1 | 2 if self.year.is_none() => self.year = Some(self.era.year(number)?),
            // `T10+01:00`: an hour alone.
            1 | 2 if self.time.is_none() => self.time = Some((small?, 0, 0, 0)),
            _ => {}
        }
        Some(())
    }

    /// `20031231101455`, `20031231`, `2003365`, `200312`, `031231`.
    fn compact<'t>(&mut self, number: &str, after: &'t str) -> Option<&'t str> {
        let part = |from: usize| number.get(from..from + 2)?.parse::<i8>().ok();
        self.year = Some(number[..4].parse().ok()?);
        if number.len() == 7 {
            return self.ordinal(&number[4..]).map(|()| after);
        }
        (self.month, self.day) = (part(4), part(6));
        if number.len() == 6 && part(4).is_some_and(|month| month > 12) {
            self.year = Some(century(number[..2].parse().ok()?));
            (self.month, self.day) = (part(2), part(4));
        }
        if number.len() > 8 {
            self.basic_time(&number[8..])?;
        }
        Some(after)
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

    /// The day of a year, from 1.
    fn ordinal(&mut self, number: &str) -> Option<()> {
        let days: i64 = number.parse().ok()?;
        let first = Date::new(self.year?, 1, 1).ok()?;
        let date = days_after(first, days - 1).filter(|date| date.year() == first.year())?;
        (self.month, self.day) = (Some(date.month()), Some(date.day()));
        Some(())
    }

    /// `2003-12-31`, `2003/12/31`, `2003:12:31`, `2003-365`, `2003-W52-3`, `2003-12`, `2003-Dec-31`.
    /// `None` where a year stands alone.
    fn year_first<'t>(&mut self, year: &str, after: &'t str) -> Option<&'t str> {
        let mark = after.trim_start();
        let is_spaced = are_month_and_day(mark);
        let rest = mark
            .strip_prefix(['-', '/', '.', ':'])
            .or(is_spaced.then_some(mark))?
            .trim_start();
        self.year = Some(self.era.year(year)?);
        if let Some(week) = rest
            .strip_prefix(['W', 'w'])
            .filter(|w| starts_with_digit(w))
        {
            return self.week(week);
        }
        let (month, after) = digits(rest);
        match month.len() {
            3 => return self.ordinal(month).map(|()| after),
            1 | 2 => self.month = month.parse().ok(),
            // `2004-Jan-05`
            0 => return Some(rest),
            _ => return None,
        }
        let rest = after.trim_start();
        let Some(rest) = rest
            .strip_prefix(['-', '/', '.', ':'])
            .or(is_spaced.then_some(rest))
        else {
            return Some(after);
        };
        let (day, after) = digits(rest.trim_start());
        if !day.is_empty() {
            self.day = Some(day.parse().ok()?);
        }
        if self.month > Some(12) && self.day.is_some_and(|day| day <= 12) {
            (self.month, self.day) = (self.day, self.month);
        }
        Some(after)
    }

    /// ISO 8601 weeks: `2003-W52-3`.
    fn week<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        let (week, after) = digits(rest);
        let (day, after) = digits(after.strip_prefix('-').unwrap_or(after));
        let weekday = Weekday::from_monday_one_offset(day.parse().unwrap_or(1)).ok()?;
        let date = ISOWeekDate::new(self.year?, week.parse().ok()?, weekday)
            .ok()?
            .date();
        self.year = Some(date.year());
        (self.month, self.day) = (Some(date.month()), Some(date.day()));
        Some(after)
    }

    /// `31.12.2003`, `31-12-2003`, `12/31/2003`, `03-12-31`.
    fn numeric<'t>(&mut self, first: &str, after: &'t str) -> Option<&'t str> {
        let mark = after
            .trim_start()
            .chars()
            .next()
            .filter(|c| matches!(c, '.' | '/' | '-'))?;
        let next = |text: &'t str| {
            let rest = text.trim_start().strip_prefix(mark)?;
            Some(digits(rest.trim_start()))
        };
        let (second, rest) = next(after)?;
        let (third, rest) = next(rest).filter(|(third, _)| third.len() > 1)?;
        let number = |digits: &str| digits.parse::<i16>().ok();
        let numbers = [number(first)?, number(second)?, number(third)?];
        let has_long_year = third.len() == 4;
        let (mut day, mut month, year) = match (numbers, mark) {
            ([a, b, c], '/') if has_long_year || a <= 12 => (b, a, c),
            ([a, b, c], '-') if !has_long_year && (a > 31 || c > 12) => (c, b, a),
            ([a, b, c], _) => (a, b, c),
        };
        if month > 12 {
            (day, month) = (month, day);
        }
        self.day = i8::try_from(day).ok();
        self.month = i8::try_from(month).ok();
        self.doubtful_month = false;
        self.year = Some(if has_long_year { year } else { century(year) });
        Some(rest)
    }

    /// The mark of a clock behind an hour: `10:14`, `10h14`, `10時`; `10.14` once the date is known.
    fn starts_clock(&self, hour: &str, after: &str) -> Option<char> {
        if self.time.is_some() || hour.len() > 2 {
            return None;
        }
        let mark = after.trim_start().chars().next()?;
        let behind = &after.trim_start()[mark.len_utf8()..];
        let is_clock = match mark {
            ':' => after.starts_with(':'),
            '時' | '时' | '시' | '点' | '點' => true,
            'h' | 'H' => !behind.starts_with(char::is_alphabetic),
            '.' => self.has_date() && after.starts_with('.') && digits(behind).0.len() == 2,
            _ => false,
        };
        is_clock.then_some(mark)
    }

    /// `10:14`, `10:14:55`, `10:14:55.123`, `10時14分55秒`.
    fn clock<'t>(&mut self, hour: &str, mark: char, after: &'t str) -> Option<&'t str> {
        const MARKS: &[char] = &[':', 'h', 'H', '時', '时', '시', '点', '點', '分', '분', ' '];
        let is_mark = |c: char| c == mark || MARKS.contains(&c);
        if mark == '시' {
            self.usual_offset_seconds = 9 * 3600;
        }
        let (minute, after) = digits(after.trim_start_matches(is_mark));
        let mut second = "0";
        let mut nanosecond = 0;
        let mut rest = after;
        let behind = after.trim_start_matches(is_mark);
        if (after.starts_with([':', '分', '분']) || after.starts_with(mark))
            && starts_with_digit(behind)
        {
            (second, rest) = digits(behind);
            if let Some(fraction) = rest
                .strip_prefix(['.', ',', ':'])
                .filter(|f| starts_with_digit(f))
            {
                let (fraction, after) = digits(fraction);
                nanosecond = format!("{fraction:0<9.9}").parse().ok()?;
                rest = after;
            }
        }
        let minute = if minute.is_empty() { "0" } else { minute };
        self.time = Some((
            hour.parse().ok()?,
            minute.parse().ok()?,
            second.parse().ok()?,
            nanosecond,
        ));
        Some(rest)
    }

    /// A number behind a sign: an offset, once there is a time, or a date with an offset as
    /// XML Schema has it (`2003-12-31+01:00`); else the sign is a hyphen.
    pub(super) fn signed<'t>(&mut self, text: &'t str, west: bool) -> Option<&'t str> {
        let (number, after) = digits(text);
        let (minutes, rest) = match after.strip_prefix(':').filter(|m| starts_with_digit(m)) {
            Some(minutes) if number.len() <= 2 => digits(minutes),
            _ => ("", after),
        };
        let is_dated = self.has_date() && !minutes.is_empty() && rest.is_empty();
        let (hours, minutes) = match number.len() {
            1 | 2 => (number, minutes),
            3 => (&number[..1], &number[1..]),
            4 => (&number[..2], &number[2..]),
            // `+010000`: seconds of an offset are those of a sundial.
            6 => (&number[..2], &number[2..4]),
            _ => return self.number(text),
        };
        let hours: i32 = hours.parse().ok()?;
        if self.time.is_none() && !is_dated || hours > OFFSET_HOURS_MAX {
            return self.number(text);
        }
        let minutes = if minutes.is_empty() {
            0
        } else {
            minutes.parse().ok().filter(|minutes| *minutes < 60)?
        };
        let seconds = hours * 3600 + minutes * 60;
        if self.offset_seconds.is_none() || self.offset_is_base {
            self.offset_seconds = Some(if west { -seconds } else { seconds });
            self.offset_is_base = false;
        }
        Some(rest)
    }
}

/// Whether a string begins with two numbers of two digits, set apart by a blank: `2003 12 31`.
fn are_month_and_day(text: &str) -> bool {
    let (month, after) = digits(text);
    let (day, rest) = digits(after.strip_prefix(' ').unwrap_or_default());
    month.len() == 2 && day.len() == 2 && !rest.starts_with([':', '.', 'h'])
}

/// Two-digit years (RFC 5322 §4.3: 00 to 49 are of this century).
pub(super) fn century(year: i16) -> i16 {
    match year {
        0..=49 => 2000 + year,
        50..=99 => 1900 + year,
        _ => year,
    }
}
