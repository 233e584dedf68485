//! A block of text to a hash that two entries of one outlet share when they say the same.
//!
//! It knows no HTML and judges nothing: it is given folded text (lower case, no punctuation) and gives a
//! number. What differs from entry to entry in a line that is otherwise the same (the entry's own title,
//! its authors, numbers) is masked first, so that "The post {title} appeared first on {outlet}" is one line.
//!
//! Invariants: the same text and masks give the same fingerprint on every machine and in every version,
//! since they are kept; time is linear in the text.

use crate::model::Fingerprint;
use sha2::{Digest, Sha256};

/// What is said in place of an entry's own words. Folded text holds letters, digits and spaces alone, so these are nobody's.
const TITLE: char = '\u{1}';
const AUTHOR: char = '\u{2}';
const NUMBER: char = '\u{3}';

/// A title or name of fewer letters stands in other words by chance.
const MASKED_CHARS_MIN: usize = 4;

/// An entry's own words, folded.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// What stands for what, the longest first.
    words: Vec<(String, char)>,
}

impl Masks {
    /// The words of an entry: its title and its authors' names, folded.
    pub fn new(title: &str, authors: impl IntoIterator<Item = String>) -> Self {
        let authors = authors.into_iter().map(|name| (name, AUTHOR));
        let mut words: Vec<_> = std::iter::once((title.to_owned(), TITLE))
            .chain(authors)
            .filter(|(words, _)| words.chars().count() >= MASKED_CHARS_MIN)
            .collect();
        words.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        Self { words }
    }
}

/// The fingerprint of a folded text as it is.
#[must_use]
pub fn exact(folded: &str) -> Fingerprint {
    hash("=", folded)
}

/// The fingerprint of a folded text without what is the entry's own, and how many letters are left;
/// `None` where nothing in it is the entry's own.
#[must_use]
pub fn masked(folded: &str, masks: &Masks) -> Option<(Fingerprint, usize)> {
    let mut text = folded.to_owned();
    for (words, mask) in &masks.words {
        if text.contains(words.as_str()) {
            text = text.replace(words.as_str(), &mask.to_string());
        }
    }
    let text = without_numbers(&text);
    if text == folded {
        return None;
    }
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    Some((hash("~", &text), letters))
}

/// Each run of digits, and of the spaces between them, as one sign.
fn without_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_number = false;
    for c in text.chars() {
        if c.is_numeric() {
            if !is_number {
                out.push(NUMBER);
            }
            is_number = true;
        } else if !(is_number && c == ' ') {
            is_number = false;
            out.push(c);
        }
    }
    out
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
        Masks::new(title, [author.to_owned()])
    }

    #[track_caller]
    fn check_alike(one: (&str, &Masks), other: (&str, &Masks), alike: bool) {
        let of = |(text, masks): (&str, &Masks)| masked(text, masks).map(|(print, _)| print);
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
        check_alike(("5 hours ago", &ferry), ("5 days ago", &storm), false);
    }

    #[test]
    fn a_text_of_nobodys_own_has_no_masked_print() {
        assert_eq!(masked("subscribe now", &masks("now or never", "")), None);
        assert_eq!(masked("go on", &masks("go", "on")), None);
        assert_ne!(exact("subscribe now"), exact("subscribe later"));
    }

    #[test]
    fn a_print_is_the_same_for_ever() {
        assert_eq!(exact("subscribe now").to_string(), "d1079980b7ef5209");
    }
}
