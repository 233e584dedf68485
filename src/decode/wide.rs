//! Encodings of several bytes a character, told by their marks and their zeros, and UTF-32.

use crate::model::Warning;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// UTF-32 by its mark or by the zeros of its first character; `Some(true)` is big-endian.
pub(super) fn utf_32(body: &[u8]) -> Option<bool> {
    match body {
        [0, 0, 0xfe, 0xff, ..] => Some(true),
        [0xff, 0xfe, 0, 0, ..] => Some(false),
        [0, 0, 0, b, ..] if b.is_ascii() && *b != 0 => Some(true),
        [b, 0, 0, 0, ..] if b.is_ascii() && *b != 0 => Some(false),
        _ => None,
    }
}

/// UTF-16 without a mark, by the zeros of its first two characters (XML 1.0 appendix F).
pub(super) fn utf_16(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(UTF_16BE),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// The Encoding standard has no UTF-32, so it is read here.
pub(super) fn decode_utf_32(body: &[u8], big_endian: bool, warnings: &mut Vec<Warning>) -> String {
    let mut broken = !body.len().is_multiple_of(4);
    let text: String = body
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| {
            if big_endian {
                u32::from_be_bytes(*bytes)
            } else {
                u32::from_le_bytes(*bytes)
            }
        })
        .map(|code| {
            char::from_u32(code).unwrap_or_else(|| {
                broken = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    if broken {
        warnings.push(Warning::new(
            "some bytes are not UTF-32 and were replaced",
            None,
        ));
    }
    text.strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_by_their_zeros() {
        assert_eq!(utf_32(b"\xff\xfe\0\0"), Some(false));
        assert_eq!(utf_32(b"\0\0\0<"), Some(true));
        assert_eq!(utf_32(b"<\0a\0"), None);
        assert_eq!(utf_16(b"<\0a\0"), Some(UTF_16LE));
        assert_eq!(utf_16(b"\0<\0a"), Some(UTF_16BE));
        assert_eq!(utf_16(b"<rss"), None);
    }

    #[test]
    fn what_is_no_character_is_replaced_and_noted_once() {
        let mut warnings = Vec::new();
        let text = decode_utf_32(b"<\0\0\0\0\xd8\0\0\xff\xff\xff\xff>", false, &mut warnings);
        assert_eq!((text.as_str(), warnings.len()), ("<\u{fffd}\u{fffd}", 1));
    }
}
