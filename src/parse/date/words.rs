//! Words of a date: months, halves of the day, zones, and those that say nothing.

use super::calendar::Era;
use super::{Found, months, zones};

impl Found {
    /// Reads a word; gives back what follows.
    pub(super) fn word<'t>(&mut self, text: &'t str) -> &'t str {
        // Thai abbreviates with full stops: ม.ค.
        let is_thai = text.starts_with(|c: char| ('\u{e01}'..='\u{e4e}').contains(&c));
        let end = text.find(|c: char| !(is_word(c) || is_thai && c == '.'));
        let end = end.unwrap_or(text.len());
        let (word, after) = text.split_at(end);
        // Turkish İ becomes i and a dot of its own, which no table has.
        let lower = word.to_lowercase().replace('\u{307}', "");
        if let Some(after) = self.half_of_day(&lower, after) {
            return after;
        }
        // The T of ISO 8601 would be a military zone.
        if lower == "t" || self.language(&lower) {
            return after;
        }
        // Zones are called like months too (NOVT, of Novosibirsk), but never before the time.
        if self.time.is_some() && self.month.is_some() && self.zone(&lower) {
            return after;
        }
        if let Some(month) = months::month(&lower) {
            if self.month.is_none() || self.doubtful_month {
                self.doubtful_month =
                    self.month.is_none() && self.day.is_none() && self.year.is_none();
                self.month = Some(month.number);
                self.era.calendar(month.calendar);
            }
        } else if let Some(month) = self.month {
            // Levantine Arabic numbers two pairs of months: the second Kanun, the second Tishrin.
            match (month, lower.as_str()) {
                (12, "الثاني") => self.month = Some(1),
                (10, "الثاني") => self.month = Some(11),
                _ => {
                    self.zone(&lower);
                }
            }
        } else {
            self.zone(&lower);
        }
        after
    }

    /// `AM`, `p.m.`, `午後` and the like; gives back what follows.
    fn half_of_day<'t>(&mut self, lower: &str, after: &'t str) -> Option<&'t str> {
        let (afternoon, rest) = match lower {
            "am" if self.time.is_some() => (false, after),
            "pm" => (true, after),
            // `p.m.`, `p. m.`
            "a" | "p" if self.time.is_some() => {
                let m = after.trim_start_matches(|c: char| c == '.' || c.is_whitespace());
                let rest = m.strip_prefix(['m', 'M'])?;
                if rest.starts_with(char::is_alphabetic) {
                    return None;
                }
                (lower == "p", rest)
            }
            "午前" | "上午" | "凌晨" | "早上" | "오전" | "πμ" | "ص" | "öö" | "fm" => {
                (false, after)
            }
            "午後" | "下午" | "晚上" | "오후" | "μμ" | "م" | "ös" | "em" => {
                (true, after)
            }
            "π" | "μ" => (lower == "μ", after.strip_prefix(".μ")?),
            _ => return None,
        };
        if self.afternoon.is_none() {
            self.afternoon = Some(afternoon);
        }
        match lower {
            "午前" | "午後" | "오전" | "오후" => self.usual_offset_seconds = 9 * 3600,
            "上午" | "下午" | "凌晨" | "早上" | "晚上" => {
                self.usual_offset_seconds = 8 * 3600
            }
            _ => {}
        }
        Some(rest)
    }

    /// Words that say how to read the others; true if this is one.
    fn language(&mut self, lower: &str) -> bool {
        if matches!(lower, "tháng" | "thg") {
            self.month_is_next = true;
        } else if let Some(era) = Era::of_word(lower) {
            self.era = era;
        } else if lower.contains('曜') {
            self.usual_offset_seconds = 9 * 3600;
        } else if lower.starts_with("星期") || lower.starts_with('周') || lower.starts_with('週')
        {
            self.usual_offset_seconds = 8 * 3600;
        } else {
            return months::is_weekday(lower);
        }
        true
    }

    /// Takes a word as a zone; false if it is none, or none can be meant.
    fn zone(&mut self, lower: &str) -> bool {
        if self.time.is_none() {
            return false;
        }
        if lower == "daylight" || lower == "summer" {
            // `Eastern Daylight Time`
            if self.offset_is_base
                && let Some(offset) = &mut self.offset_seconds
            {
                *offset += 3600;
                self.offset_is_base = false;
            }
            return true;
        }
        let Some(minutes) = zones::zone(lower) else {
            return false;
        };
        if self.offset_seconds.is_none() {
            self.offset_seconds = Some(minutes * 60);
            self.offset_is_base = minutes == 0 || zones::is_long(lower);
        }
        true
    }

    /// A comment (RFC 5322 §3.2.2): it says nothing, but for the zone where nothing else names one.
    pub(super) fn comment<'t>(&mut self, text: &'t str) -> &'t str {
        let (inside, after) = text.split_once(')').unwrap_or((text, ""));
        let inside = inside.trim();
        if self.offset_seconds.is_none() && self.time.is_some() {
            self.zone(&inside.to_lowercase());
            return after;
        }
        // A date may stand in parentheses as a whole, or the weekday of one, in a language of one zone.
        if self.time.is_none() && self.day.is_none() {
            return text;
        }
        self.language(&inside.to_lowercase());
        after
    }
}

/// Splits a string behind its leading digits.
pub(super) fn digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.bytes()
            .position(|b| !b.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

pub(super) fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// A word goes on through combining accents and the vowel signs of India's and Thailand's scripts.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '\u{300}'..='\u{36f}' | '\u{901}'..='\u{e4e}')
}
