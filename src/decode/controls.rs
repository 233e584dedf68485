//! Characters that XML cannot carry, and the C1 controls, which no publisher means.

use crate::model::Warning;
use std::borrow::Cow;

/// What a C1 control character was meant to be: a byte of windows-1252 that was read as Latin-1.
pub(crate) fn windows_1252(c: char) -> char {
    match c {
        '\u{80}'..='\u{9f}' => html5ever::data::C1_REPLACEMENTS[c as usize - 0x80].unwrap_or(c),
        _ => c,
    }
}

/// Reads C1 control characters as what they were meant to be. No publisher means a control character,
/// so a run of Latin-1 that holds one and is UTF-8 was encoded twice; elsewhere it is windows-1252.
pub(crate) fn without_c1(text: &str) -> Cow<'_, str> {
    let is_c1 = |c: &char| matches!(c, '\u{80}'..='\u{9f}');
    // In UTF-8 they are `C2 80` to `C2 9F`, and the first of the two bytes is rare.
    let behind = |at: usize| text.as_bytes().get(at + 1);
    let mut starts = memchr::memchr_iter(0xc2, text.as_bytes());
    if !starts.any(|at| behind(at).is_some_and(|b| *b < 0xa0)) {
        return Cow::Borrowed(text);
    }
    let is_latin = |c: char| matches!(c, '\u{80}'..='\u{ff}');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_latin) {
        let run = &rest[start..];
        let (run, behind) = run.split_at(run.find(|c| !is_latin(c)).unwrap_or(run.len()));
        let bytes: Vec<u8> = run.chars().filter_map(|c| u8::try_from(c).ok()).collect();
        out.push_str(&rest[..start]);
        match String::from_utf8(bytes) {
            Ok(text) if run.chars().any(|c| is_c1(&c)) => out.push_str(&text),
            _ => out.extend(run.chars().map(windows_1252)),
        }
        rest = behind;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Takes out what XML cannot carry, and reads the C1 controls as the windows-1252 they were meant to be.
pub(super) fn scrub<'r>(text: Cow<'r, str>, warnings: &mut Vec<Warning>) -> Cow<'r, str> {
    let is_bad = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let is_c1 = |c: char| windows_1252(c) != c;
    // Nearly every document is clean, so the bytes are looked at before the characters are.
    if !may_need_scrubbing(text.as_bytes()) || !text.chars().any(|c| is_bad(c) || is_c1(c)) {
        return text;
    }
    let (mut dropped, mut read) = (0_usize, 0_usize);
    let clean = text
        .chars()
        .filter_map(|c| {
            if is_bad(c) {
                dropped += 1;
                return None;
            }
            read += usize::from(is_c1(c));
            Some(windows_1252(c))
        })
        .collect();
    let first =
        |is_it: &dyn Fn(char) -> bool| text.find(is_it).map(|at| line_of(text.as_bytes(), at));
    if dropped > 0 {
        let message = format!("{dropped} control characters, which XML cannot carry, were dropped");
        warnings.push(Warning::new(message, first(&is_bad)));
    }
    if read > 0 {
        warnings.push(Warning::new(
            format!("{read} control characters were read as windows-1252"),
            first(&is_c1),
        ));
    }
    Cow::Owned(clean)
}

/// The line of a place, from 1.
pub(super) fn line_of(text: &[u8], at: usize) -> u32 {
    let newlines = memchr::memchr_iter(b'\n', &text[..at]).count();
    u32::try_from(newlines).map_or(u32::MAX, |newlines| newlines.saturating_add(1))
}

/// Whether UTF-8 may hold a character that [`scrub`] changes. The C0 controls are looked for without
/// a branch within a block, for the vector unit; the others begin with one of two rare bytes.
fn may_need_scrubbing(text: &[u8]) -> bool {
    const BLOCK_BYTES: usize = 512;
    let is_control = |b: u8| (b < 0x20) & (b != b'\t') & (b != b'\n') & (b != b'\r');
    let mut blocks = text.chunks(BLOCK_BYTES);
    blocks.any(|block| block.iter().fold(false, |found, b| found | is_control(*b)))
        || memchr::memchr2_iter(0xc2, 0xef, text).any(|at| match text[at..] {
            [0xc2, second, ..] => second < 0xa0,
            [0xef, 0xbf, third, ..] => third >= 0xbe,
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str, warned: bool) {
        let mut warnings = Vec::new();
        assert_eq!(scrub(Cow::Borrowed(text), &mut warnings), expected);
        assert_eq!(!warnings.is_empty(), warned, "{warnings:?}");
    }

    #[test]
    fn control_characters() {
        check("a\0b\u{8}c\td\u{b}", "abc\td", true);
        check("don\u{92}t", "don’t", true);
        check("a\u{ffff}b\u{fffe}", "ab", true);
        let kept = "\u{81}\u{a0}ï\u{fffd}\u{7f}";
        check(kept, kept, false);
    }

    #[test]
    fn control_characters_are_found_wherever_they_stand() {
        for at in (0..1_100).chain([5_000]) {
            let padding = "x".repeat(at);
            for (bad, good) in [("\u{1}", ""), ("\u{92}", "’"), ("\u{ffff}", "")] {
                let expected = format!("{padding}{good}y");
                check(&format!("{padding}{bad}y"), &expected, true);
            }
        }
    }

    #[test]
    fn control_characters_tell_what_was_encoded_twice() {
        assert_eq!(without_c1("a\u{e2}\u{80}\u{a6}b"), "a…b");
        assert_eq!(without_c1("a\u{e2}\u{80}b"), "aâ€b");
        assert_eq!(without_c1("Ã© stays"), "Ã© stays");
        assert_eq!(without_c1("\u{92}"), "’");
    }
}
