//! UTF-8 that was encoded again: text in which `é` has become `Ã©`, and characters in two halves.
//!
//! Suspects the whole document or nothing, because `Ã©` alone may be what an author writes about.

use super::Warning;
use super::controls::{line_of, windows_1252};

/// How many characters must have come apart before a document counts as encoded twice. One or two
/// might be a quotation.
const SEQUENCES_MIN: usize = 3;

/// UTF-8's byte order mark, read as windows-1252.
const MARK: &str = "ï»¿";

/// A warning where a document looks as if it had been encoded a second time: each run of characters
/// beyond ASCII, taken as bytes of windows-1252, is UTF-8. It is published as it is all the same: to
/// put it together would change every sentence of a story, and no removal could show and undo that.
pub(super) fn suspicion(text: &str) -> Option<Warning> {
    let count = sequences(text).filter(|count| *count >= SEQUENCES_MIN)?;
    let message = format!(
        "{count} characters seem to be UTF-8 that was encoded twice, and were left as they are"
    );
    let line = beyond_ascii(text.as_bytes()).map(|at| line_of(text.as_bytes(), at));
    Some(Warning::new(message, line))
}

/// The text without a byte order mark that was encoded twice.
pub(super) fn without_mark<'t>(text: &'t str, warnings: &mut Vec<Warning>) -> &'t str {
    let Some(text) = text.strip_prefix(MARK) else {
        return text;
    };
    let message = "a byte order mark that was encoded twice was dropped";
    warnings.push(Warning::new(message, Some(1)));
    text
}

/// How many characters of UTF-8 the runs beyond ASCII are as bytes; `None` where one of them is none.
fn sequences(text: &str) -> Option<usize> {
    let mut count = 0;
    let mut rest = text;
    let mut bytes = Vec::new();
    while let Some(start) = beyond_ascii(rest.as_bytes()) {
        let run = &rest[start..];
        let end = run.bytes().position(|b| b.is_ascii()).unwrap_or(run.len());
        // What stands for the first byte of a sequence (RFC 3629 §4); nearly all text fails here.
        if !run.starts_with(|c| ('\u{c2}'..='\u{f4}').contains(&c)) {
            return None;
        }
        bytes.clear();
        for c in run[..end].chars() {
            bytes.push(byte(c)?);
        }
        count += std::str::from_utf8(&bytes).ok()?.chars().count();
        rest = &run[end..];
    }
    Some(count)
}

/// The byte of a character in windows-1252.
fn byte(c: char) -> Option<u8> {
    let above = u8::try_from(c).ok().filter(|b| !(0x80..0xa0).contains(b));
    above.or_else(|| (0x80..0xa0).find(|b| windows_1252(char::from(*b)) == c))
}

/// Where the first byte beyond ASCII stands; most text has few, so blocks are looked at first.
fn beyond_ascii(text: &[u8]) -> Option<usize> {
    const BLOCK_BYTES: usize = 128;
    let blocks = text.chunks(BLOCK_BYTES);
    let skipped = blocks.take_while(|block| block.is_ascii()).count() * BLOCK_BYTES;
    let within = text.get(skipped..)?.iter().position(|b| !b.is_ascii())?;
    Some(skipped + within)
}

/// Joins what lies beyond U+FFFF and was written as two surrogates of three bytes each (CESU-8, as
/// Java and databases write it); `None` where nothing was.
pub(super) fn joined(body: &[u8]) -> Option<Vec<u8>> {
    let half = |bytes: &[u8], range: std::ops::Range<u32>| match bytes {
        [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, ..] => {
            let code = 0xd000 | (u32::from(*second) & 0x3f) << 6 | u32::from(*third) & 0x3f;
            range.contains(&code).then_some(code)
        }
        _ => None,
    };
    let mut out = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(offset) = body[at..].iter().position(|b| *b == 0xed) {
        at += offset;
        let halves = half(&body[at..], 0xd800..0xdc00)
            .zip(body.get(at + 3..).and_then(|low| half(low, 0xdc00..0xe000)));
        let Some((high, low)) = halves else {
            at += 1;
            continue;
        };
        let c = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
        out.extend_from_slice(&body[from..at]);
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        at += 6;
        from = at;
    }
    if from == 0 {
        return None;
    }
    out.extend_from_slice(&body[from..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1252;

    fn twice(text: &str) -> String {
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(text.as_bytes());
        text.into_owned()
    }

    #[track_caller]
    fn check(text: &str, is_suspected: bool) {
        let text = without_mark(text, &mut Vec::new());
        assert_eq!(suspicion(text).is_some(), is_suspected, "{text}");
    }

    #[test]
    fn what_was_encoded_twice() {
        for text in [
            "déjà vu à côté",
            "“quoted” – twice",
            "Привет, мир",
            "日本語です",
            "😀 é à",
        ] {
            check(&twice(text), true);
            check(text, false);
        }
        check(&twice("\u{feff}<é à ü>"), true);
        assert_eq!(without_mark(&twice("\u{feff}<a>"), &mut Vec::new()), "<a>");
    }

    #[test]
    fn what_may_be_meant() {
        check("Ã© is é in the wrong encoding, Ã¨ is è", false);
        check("one Ã© alone", false);
        check("SÃO JOÃO, Ângela, Ótimo", false);
    }

    #[test]
    fn halves_of_characters() {
        let joined = |body: &[u8]| joined(body).and_then(|body| String::from_utf8(body).ok());
        assert_eq!(
            joined(b"<\xed\xa0\xbd\xed\xb8\x80>").as_deref(),
            Some("<😀>")
        );
        assert_eq!(joined(b"<\xed\xa0\xbd>"), None);
        assert_eq!(joined("<한국>".as_bytes()), None);
        assert_eq!(joined(b"\xed"), None);
    }
}
