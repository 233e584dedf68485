//! Years that are not counted from Christ's birth, and digits that are not those of ASCII.

use super::days_after;
use super::numeric::century;
use jiff::civil::Date;

/// How the years of a date are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Era {
    /// From Christ's birth.
    #[default]
    Common,
    /// Years that lie so many behind it: `平成16年`, `民國93年`, and the Thai `2547`.
    Behind(i16),
    /// Iran's solar calendar.
    Jalali,
}

/// The calendar that a month's name belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calendar {
    Gregorian,
    /// Thai names; the years are often the Buddha's.
    Thai,
    Jalali,
}

/// The years that a Thai date means by the Buddha's era: 1957 to 2107 of the common one.
const BUDDHIST: std::ops::Range<i16> = 2500..2650;

impl Era {
    /// The era that a word begins: Japan's, and the Republic of China's.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Some(Self::Behind(match word {
            "令和" => 2018,
            "平成" => 1988,
            "昭和" => 1925,
            "民國" | "民国" | "中華民國" => 1911,
            _ => return None,
        }))
    }

    /// A year of as many digits as were written.
    pub(super) fn year(self, digits: &str) -> Option<i16> {
        let value: i32 = digits.parse().ok()?;
        let year = match (self, digits.len()) {
            (Self::Behind(_), _) => value,
            (_, 1 | 2) => i32::from(century(i16::try_from(value).ok()?)),
            // Programs that print `tm_year`, the years since 1900, alone or behind a "19".
            (_, 3) => value + 1900,
            (_, 5) if (19_100..19_150).contains(&value) => value - 19_100 + 2000,
            _ => value,
        };
        i16::try_from(year).ok()
    }

    /// Notes which calendar a month's name belongs to.
    pub(super) fn calendar(&mut self, calendar: Calendar) {
        match calendar {
            Calendar::Gregorian => {}
            Calendar::Thai => *self = Self::Behind(0),
            Calendar::Jalali => *self = Self::Jalali,
        }
    }

    /// The day in the common calendar.
    pub(super) fn date(self, year: i16, month: i8, day: i8) -> Option<Date> {
        let year = match self {
            Self::Common => year,
            Self::Behind(0) if BUDDHIST.contains(&year) => year - 543,
            Self::Behind(years) => year.checked_add(years)?,
            Self::Jalali => return jalali(year, month, day),
        };
        Date::new(year, month, day).ok()
    }
}

/// A day of Iran's solar calendar, by its cycle of 33 years, which holds from 1343 to 1502 (1964 to 2123).
fn jalali(year: i16, month: i8, day: i8) -> Option<Date> {
    let long = month <= 6;
    if !(1343..=1502).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=if long { 31 } else { 30 }).contains(&day)
    {
        return None;
    }
    let new_year = |year: i64| 365 * year + year / 33 * 8 + (year % 33 + 3) / 4;
    let (month, day) = (i64::from(month) - 1, i64::from(day) - 1);
    let in_year = if long { month * 31 } else { month * 30 + 6 } + day;
    // 1 Farvardin 1383 was 20 March 2004.
    let known = Date::new(2004, 3, 20).ok()?;
    days_after(
        known,
        new_year(i64::from(year) + 1595) - new_year(1383 + 1595) + in_year,
    )
}

/// The ASCII digit that a digit of another script stands for: Arabic, Persian, Devanagari, Bengali, Thai.
pub(super) fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 5] = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50];
    let code = u32::from(c);
    let zero = ZEROS
        .iter()
        .find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Chinese numerals in front of a unit (`二〇〇四年五月二十八日`) as digits.
pub(super) fn chinese_numbers(text: String) -> String {
    const DIGITS: &str = "〇一二三四五六七八九";
    const UNITS: &[char] = &[
        '年', '月', '日', '号', '號', '時', '时', '点', '點', '分', '秒',
    ];
    let value = |c: char| match c {
        '零' | '○' => Some(0),
        _ => DIGITS.chars().position(|digit| digit == c),
    };
    let is_numeral = |c: char| c == '十' || value(c).is_some();
    if !text.contains(is_numeral) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_numeral) {
        out.push_str(&rest[..start]);
        let from = &rest[start..];
        let end = from.find(|c| !is_numeral(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        match number(run, value).filter(|_| after.starts_with(UNITS)) {
            Some(number) => out.push_str(&number),
            None => out.push_str(run),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Digits in a row, or tens and ones about a `十`.
fn number(run: &str, value: impl Fn(char) -> Option<usize>) -> Option<String> {
    let digits = |text: &str| -> Option<String> {
        text.chars()
            .map(|c| char::from_digit(u32::try_from(value(c)?).ok()?, 10))
            .collect()
    };
    let Some((tens, ones)) = run.split_once('十') else {
        return digits(run);
    };
    let part = |text: &str, empty: u32| match text {
        "" => Some(empty),
        text => digits(text)?.parse::<u32>().ok().filter(|n| *n < 10),
    };
    Some((part(tens, 1)? * 10 + part(ones, 0)?).to_string())
}
