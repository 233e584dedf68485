//! A block of text to a hash that two entries of one outlet share when they say the same.
//!
//! It knows no HTML and judges nothing: it is given folded text (lower case, no punctuation) and gives a
//! number. What differs from entry to entry in a line that is otherwise the same (the entry's own title,
//! its authors, numbers) is masked first, so that "The post {title} appeared first on {outlet}" is one line.
//!
//! Invariants: the same text and masks give the same fingerprint on every machine and in every version,
//! since they are kept; time is linear in the text.

use crate::model::Fingerprint;
use memchr::memmem;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

/// What is said in place of an entry's own words. Folded text holds letters, digits and spaces alone, so these are nobody's.
const TITLE: char = '\u{1}';
const AUTHOR: char = '\u{2}';
const NUMBER: char = '\u{3}';
const ADDRESS: char = '\u{4}';

/// A title or name of fewer letters stands in other words by chance.
const MASKED_CHARS_MIN: usize = 4;

/// Names of months and days, folded, which are masked beside a number: de en es fr it nl pl pt ru uk tr id sv da no fi cs hu ro.
#[rustfmt::skip]
const DATE_WORDS: &[&str] = &[
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "am", "pm", "of",
    "januar", "februar", "marz", "mai", "juni", "juli", "oktober", "dezember", "dez", "okt", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "uhr", "um",
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre", "lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo", "de", "del",
    "janvier", "fevrier", "mars", "avril", "juin", "juillet", "aout", "septembre", "octobre", "novembre", "decembre", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
    "gennaio", "febbraio", "aprile", "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre", "lunedi", "martedi", "mercoledi", "giovedi", "venerdi", "sabato", "domenica",
    "januari", "februari", "maart", "mei", "augustus", "december", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag",
    "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "wrzesnia", "pazdziernika", "listopada", "grudnia", "poniedzialek", "wtorek", "sroda", "czwartek", "piatek", "sobota", "niedziela",
    "janeiro", "fevereiro", "marco", "maio", "junho", "julho", "setembro", "outubro", "novembro", "dezembro", "segunda", "terca", "quarta", "quinta", "sexta",
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье",
    "січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня",
    "ocak", "subat", "mart", "nisan", "mayis", "haziran", "temmuz", "agustos", "eylul", "ekim", "kasim", "aralik",
    "maret", "agustus", "desember", "augusti", "maj", "marts", "tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesakuuta", "heinakuuta", "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta",
    "ledna", "unora", "brezna", "dubna", "kvetna", "cervna", "cervence", "srpna", "zari", "rijna", "listopadu", "prosince", "januar", "marcius", "aprilis", "majus", "junius", "julius", "augusztus", "szeptember", "ianuarie", "februarie", "martie", "aprilie", "iunie", "iulie", "septembrie", "octombrie", "noiembrie", "decembrie",
];

static DATES: LazyLock<HashSet<&str>> = LazyLock::new(|| DATE_WORDS.iter().copied().collect());

/// Words and what is said in their place, with a search for them that is prepared once.
#[derive(Debug, Clone)]
struct Mask {
    words: String,
    mask: char,
    finder: memmem::Finder<'static>,
}

impl Mask {
    fn is_in(&self, text: &str) -> bool {
        self.finder.find(text.as_bytes()).is_some()
    }
}

/// An entry's own words, folded.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// What stands for what, the longest first.
    words: Vec<Mask>,
}

impl Masks {
    /// The words of an entry: its title, its authors' names and its address, folded.
    pub fn new(
        title: &str,
        authors: impl IntoIterator<Item = String>,
        addresses: impl IntoIterator<Item = String>,
    ) -> Self {
        let authors = authors.into_iter().map(|name| (name, AUTHOR));
        let addresses = addresses.into_iter().map(|words| (words, ADDRESS));
        let mut words: Vec<_> = std::iter::once((title.to_owned(), TITLE))
            .chain(authors)
            .chain(addresses)
            .filter(|(words, _)| words.chars().count() >= MASKED_CHARS_MIN)
            .collect();
        words.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        let ready = |(words, mask): (String, char)| Mask {
            finder: memmem::Finder::new(&words).into_owned(),
            words,
            mask,
        };
        Self {
            words: words.into_iter().map(ready).collect(),
        }
    }

    /// A text with marks in the place of the entry's own words.
    #[must_use]
    pub fn put_on(&self, folded: &str) -> String {
        let mut text = folded.to_owned();
        for own in &self.words {
            if own.is_in(&text) {
                text = text.replace(&own.words, &own.mask.to_string());
            }
        }
        text
    }
}

/// The fingerprint of a folded text as it is.
#[must_use]
pub fn exact(folded: &str) -> Fingerprint {
    hash("=", folded)
}

/// A line without what is the entry's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Masked {
    /// Its fingerprint.
    pub print: Fingerprint,
    /// How many letters are left.
    pub letters: usize,
    /// Nothing but numbers was masked. What differs in its numbers may well be news: a price, a magnitude.
    pub counts: bool,
}

/// The fingerprint of a folded text without what is the entry's own; `None` where nothing in it is.
#[must_use]
pub fn masked(folded: &str, masks: &Masks) -> Option<Masked> {
    let is_masked = masks.words.iter().any(|own| own.is_in(folded));
    if !is_masked && !has_numbers(folded) {
        return None;
    }
    let told = match is_masked {
        true => Cow::Owned(masks.put_on(folded)),
        false => Cow::Borrowed(folded),
    };
    let text = without_numbers(&told);
    if text == folded {
        return None;
    }
    Some(Masked {
        print: hash("~", &text),
        letters: if text.is_ascii() {
            text.bytes().filter(u8::is_ascii_alphabetic).count()
        } else {
            text.chars().map(letters).sum()
        },
        counts: told == folded,
    })
}

fn has_numbers(text: &str) -> bool {
    // Looking at bytes without a branch is what compilers make quick.
    text.bytes()
        .fold(false, |any, byte| any | byte.is_ascii_digit())
        || !text.is_ascii() && text.contains(char::is_numeric)
}

/// How many letters of an alphabet say as much as a character: two for one of Chinese, Japanese or Korean.
fn letters(c: char) -> usize {
    match c {
        '\u{2e80}'.. if c.is_alphabetic() => 2,
        _ => usize::from(c.is_alphabetic()),
    }
}

/// Each number, and the names of months and days beside it, as one sign: `Monday, 3 May 2026` is one date.
fn without_numbers(text: &str) -> String {
    let text = text.trim_start_matches(' ');
    let mut out = String::with_capacity(text.len());
    // Where the words begin that are not written yet.
    let mut from = 0;
    let mut at = 0;
    while let Some(word) = word_at(text, at) {
        if !is_number(word) {
            at += word.len() + 1;
            continue;
        }
        let date = date_before(text, from, at);
        push_without_digits(&mut out, &text[from..date]);
        out.push(NUMBER);
        while let Some(word) = word_at(text, at)
            && (is_number(word) || DATES.contains(word))
        {
            at += word.len() + 1;
        }
        // A number at the end has no space behind it.
        if at <= text.len() {
            out.push(' ');
        }
        from = at.min(text.len());
    }
    push_without_digits(&mut out, &text[from..]);
    out
}

/// The word that begins at a place; `None` behind the last.
fn word_at(text: &str, at: usize) -> Option<&str> {
    let rest = text.get(at..)?;
    let end = memchr::memchr(b' ', rest.as_bytes()).unwrap_or(rest.len());
    Some(&rest[..end])
}

fn is_number(word: &str) -> bool {
    // Most words are told by their first letter.
    !word.starts_with(|c: char| c.is_ascii_lowercase())
        && !word.is_empty()
        && word.chars().all(char::is_numeric)
}

/// Where the names of months and days begin that stand right before a place.
fn date_before(text: &str, from: usize, mut at: usize) -> usize {
    while at > from {
        let before = &text[from..at - 1];
        let start = memchr::memrchr(b' ', before.as_bytes()).map_or(0, |space| space + 1);
        if !DATES.contains(&before[start..]) {
            break;
        }
        at = from + start;
    }
    at
}

fn push_without_digits(out: &mut String, text: &str) {
    if !has_numbers(text) {
        return out.push_str(text);
    }
    let mut is_digits = false;
    for c in text.chars() {
        if !c.is_numeric() {
            out.push(c);
        } else if !is_digits {
            out.push(NUMBER);
        }
        is_digits = c.is_numeric();
    }
}

fn hash(kind: &str, text: &str) -> Fingerprint {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(kind)
        .chain_update(text)
        .finalize()
        .into();
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    Fingerprint(u64::from_be_bytes(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masks(title: &str, author: &str) -> Masks {
        Masks::new(
            title,
            [author.to_owned()],
            ["site example 2026 post".to_owned()],
        )
    }

    #[track_caller]
    fn check_alike(one: (&str, &Masks), other: (&str, &Masks), alike: bool) {
        let of = |(text, masks): (&str, &Masks)| masked(text, masks).map(|masked| masked.print);
        assert_eq!(of(one) == of(other), alike, "{} and {}", one.0, other.0);
    }

    #[test]
    fn what_is_the_entrys_own_is_masked() {
        let ferry = masks("ferry resumes", "jo doe");
        let storm = masks("storm passes", "al roe");
        check_alike(
            ("the post ferry resumes is from the ledger", &ferry),
            ("the post storm passes is from the ledger", &storm),
            true,
        );
        check_alike(("by jo doe", &ferry), ("by al roe", &storm), true);
        check_alike(
            ("12 30 readers liked this", &ferry),
            ("7 readers liked this", &storm),
            true,
        );
        check_alike(
            ("posted on monday 3 may 2026", &ferry),
            ("posted on friday december 11 2025", &storm),
            true,
        );
        check_alike(
            ("read on at site example 2026 post", &ferry),
            ("read on at site example", &storm),
            false,
        );
        check_alike(("5 hours ago", &ferry), ("5 days ago", &storm), false);
    }

    #[test]
    fn a_text_of_nobodys_own_has_no_masked_print() {
        assert_eq!(masked("subscribe now", &masks("now or never", "")), None);
        assert_eq!(masked("go on", &masks("go", "on")), None);
        assert_ne!(exact("subscribe now"), exact("subscribe later"));
    }

    #[track_caller]
    fn check_numbers(text: &str, expected: &str) {
        assert_eq!(without_numbers(text).replace(NUMBER, "#"), expected);
    }

    #[test]
    fn numbers_and_dates_are_one_sign() {
        check_numbers("posted on monday 3 may 2026", "posted on #");
        check_numbers("3 may 2026 at 10 pm by x", "# at # by x");
        check_numbers("may it be so 7", "may it be so #");
        check_numbers("covid19 and 4k in may", "covid# and #k in may");
        check_numbers("may 5 of", "#");
        check_numbers("5", "#");
        check_numbers("no numbers in may", "no numbers in may");
        check_numbers("三 2 x٣y", "三 # x#y");
    }

    #[test]
    fn spaces_stand_as_they_stood() {
        check_numbers("", "");
        check_numbers("  a  b", "a  b");
        check_numbers("5  x ", "#  x ");
        check_numbers("x 5 ", "x # ");
    }

    #[test]
    fn a_print_is_the_same_for_ever() {
        assert_eq!(exact("subscribe now").to_string(), "d1079980b7ef5209");
    }
}
