//! Bytes and `Content-Type` to text, whatever the labels say.
//!
//! Does not look at the format and cannot fail: a wrong label is a warning. The order of belief is the
//! byte order mark, the pattern of zero bytes, the bytes themselves (text that is valid UTF-8 is
//! UTF-8), the charset of the `Content-Type`, the XML declaration (RFC 7303 §3: without a charset
//! `text/xml` is not US-ASCII any more), a guess.
//!
//! Invariant: the text holds no character that XML 1.0 cannot carry.

mod controls;
mod labels;
mod mojibake;
mod slips;
mod wide;

pub(crate) use controls::without_c1;

use crate::limits::BODY_BYTES_MAX;
use crate::model::{Response, Warning};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use controls::{line_of, scrub};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use labels::{charset, declaration, known, warn_of_labels};
use std::borrow::Cow;
use std::io::Read;
use wide::{decode_utf_32, utf_16, utf_32};

/// A document as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'r> {
    /// The text, without a byte order mark; the body itself, where that is clean UTF-8.
    pub text: Cow<'r, str>,
    /// The encoding it was read as, by its name in the Encoding standard.
    pub encoding: &'static str,
    /// What was wrong with the labels or the bytes.
    pub warnings: Vec<Warning>,
}

/// Decodes a document.
#[must_use]
pub fn decode(response: &Response) -> Decoded<'_> {
    let mut warnings = Vec::new();
    let content_type = response.content_type.as_deref();
    let (text, encoding) = match unpack(&response.body, &mut warnings) {
        Some(body) => {
            let (text, encoding) = decode_bytes(&body, content_type, &mut warnings);
            (Cow::Owned(text.into_owned()), encoding)
        }
        None => decode_bytes(&response.body, content_type, &mut warnings),
    };
    Decoded {
        text: scrub(text, &mut warnings),
        encoding,
        warnings,
    }
}

/// Unpacks a body that is packed though nobody said so: a `.xml.gz` that a server hands out as a file.
fn unpack(body: &[u8], warnings: &mut Vec<Warning>) -> Option<Vec<u8>> {
    let (mut unpacker, name): (Box<dyn Read + '_>, _) = match body {
        // RFC 1952 §2.3.1: the magic number, and deflate as the method.
        [0x1f, 0x8b, 8, ..] => (Box::new(flate2::read::MultiGzDecoder::new(body)), "gzip"),
        // RFC 1950 §2.2: deflate with its usual window, at each of the four levels.
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => {
            (Box::new(flate2::read::ZlibDecoder::new(body)), "zlib")
        }
        _ => return None,
    };
    let mut unpacked = Vec::new();
    let limit = u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX);
    // What was read before an error is a document that breaks off, and `parse` reads those.
    let whole = unpacker.by_ref().take(limit).read_to_end(&mut unpacked);
    if unpacked.is_empty() {
        return None;
    }
    let broken = if whole.is_ok() { "" } else { " and breaks off" };
    warnings.push(Warning::new(
        format!("the document is {name} without saying so{broken}"),
        None,
    ));
    Some(unpacked)
}

fn decode_bytes<'r>(
    body: &'r [u8],
    content_type: Option<&str>,
    warnings: &mut Vec<Warning>,
) -> (Cow<'r, str>, &'static str) {
    if let Some(big_endian) = utf_32(body) {
        return (decode_utf_32(body, big_endian, warnings).into(), "UTF-32");
    }
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        return decode_marked(encoding, &body[mark..], content_type, warnings);
    }
    decode_unmarked(body, content_type, warnings)
}

fn decode_unmarked<'r>(
    body: &'r [u8],
    content_type: Option<&str>,
    warnings: &mut Vec<Warning>,
) -> (Cow<'r, str>, &'static str) {
    if let Some(encoding) = utf_16(body) {
        return with_errors(encoding, body, warnings);
    }
    let charset = content_type.and_then(charset);
    let declared = declaration(body);
    let labels = [charset.as_deref(), declared.as_deref()];
    // Borrowed where it is UTF-8; beyond ASCII the standard library takes longer to tell.
    if let Some(Cow::Borrowed(text)) =
        UTF_8.decode_without_bom_handling_and_without_replacement(body)
    {
        let japanese = labels
            .iter()
            .flatten()
            .any(|label| known(label) == Some(ISO_2022_JP));
        if !(japanese && body.contains(&0x1b)) {
            warn_of_labels(&labels, UTF_8, !body.is_ascii(), warnings);
            let text = mojibake::without_mark(text, warnings);
            warnings.extend(mojibake::suspicion(text));
            return (text.into(), "UTF-8");
        }
    }
    decode_by_label(body, &labels, warnings)
}

/// A document behind its byte order mark. A mark that its first characters belie was put there by
/// a program that did not know what it wrote in front of.
fn decode_marked<'r>(
    encoding: &'static Encoding,
    body: &'r [u8],
    content_type: Option<&str>,
    warnings: &mut Vec<Warning>,
) -> (Cow<'r, str>, &'static str) {
    // In UTF-16 these two bytes would be one of the rarest characters of Chinese.
    let is_narrow = matches!(body, [b'<', second, ..] if second.is_ascii_graphic());
    let is_broken = encoding == UTF_8 && std::str::from_utf8(body).is_err();
    if is_broken || encoding != UTF_8 && is_narrow {
        let message = format!(
            "the byte order mark says {}, but the document is none",
            encoding.name()
        );
        warnings.push(Warning::new(message, None));
        // A mark is believed once: behind thousands of them a call each would exhaust the stack.
        return decode_unmarked(body, content_type, warnings);
    }
    with_errors(encoding, body, warnings)
}

/// Bytes that are not valid UTF-8.
fn decode_by_label<'r>(
    body: &'r [u8],
    labels: &[Option<&str>],
    warnings: &mut Vec<Warning>,
) -> (Cow<'r, str>, &'static str) {
    let utf_8_is_meant = labels
        .iter()
        .flatten()
        .all(|label| known(label).is_none_or(|e| e == UTF_8));
    if utf_8_is_meant && let Some(joined) = mojibake::joined(body) {
        warnings.push(Warning::new(
            "characters that were written in two halves were joined",
            None,
        ));
        let (text, encoding) = decode_unmarked(&joined, None, warnings);
        return (text.into_owned().into(), encoding);
    }
    let is_labelled = utf_8_is_meant && labels.iter().any(Option::is_some);
    if let Some(broken) = slips::slips(body, is_labelled) {
        warn_of_labels(labels, UTF_8, true, warnings);
        warnings.push(Warning::new(
            format!("{broken} broken sequences of UTF-8 were repaired"),
            slips::first(body).map(|at| line_of(body, at)),
        ));
        return (slips::repair(body).into(), "UTF-8");
    }
    let mut candidates: Vec<&'static Encoding> = Vec::new();
    for label in labels.iter().flatten() {
        // Characters of two bytes leave a zero in each `<`.
        let is_wide = |e: &Encoding| e == UTF_16LE || e == UTF_16BE;
        let fits = |e: &&'static Encoding| **e != *UTF_8 && (!is_wide(e) || body.contains(&0));
        candidates.extend(known(label).filter(fits));
    }
    // Servers add a charset to what they do not know; where the two labels differ, the bytes decide.
    if candidates.len() == 2 && candidates[0] != candidates[1] && candidates[1] == guess(body) {
        candidates.swap(0, 1);
    }
    for encoding in candidates {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) {
            warn_of_labels(labels, encoding, true, warnings);
            return (text, encoding.name());
        }
    }
    let guess = guess(body);
    warn_of_labels(labels, guess, true, warnings);
    if labels.iter().all(Option::is_none) {
        let message = format!(
            "the encoding is not named and was guessed as {}",
            guess.name()
        );
        warnings.push(Warning::new(message, None));
    }
    with_errors(guess, body, warnings)
}

fn guess(body: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(body, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    if guess == UTF_8 { WINDOWS_1252 } else { guess }
}

fn with_errors<'r>(
    encoding: &'static Encoding,
    body: &'r [u8],
    warnings: &mut Vec<Warning>,
) -> (Cow<'r, str>, &'static str) {
    let (text, had_errors) = encoding.decode_without_bom_handling(body);
    if had_errors {
        let message = format!("some bytes are not {} and were replaced", encoding.name());
        warnings.push(Warning::new(message, None));
    }
    (text, encoding.name())
}
#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &[u8], content_type: &str, text: &str, encoding: &str, warnings: usize) {
        let response = Response {
            url: None,
            content_type: (!content_type.is_empty()).then(|| content_type.to_owned()),
            body: body.to_vec(),
        };
        let decoded = decode(&response);
        assert_eq!(
            (&*decoded.text, decoded.encoding),
            (text, encoding),
            "{:?}",
            decoded.warnings
        );
        assert_eq!(decoded.warnings.len(), warnings, "{:?}", decoded.warnings);
    }

    fn wide(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        let codes = mark.into_iter().chain(text.chars()).map(u32::from);
        codes
            .flat_map(|c| {
                if big_endian {
                    c.to_be_bytes()
                } else {
                    c.to_le_bytes()
                }
            })
            .collect()
    }

    fn utf_16_bytes(text: &str, big_endian: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| {
                if big_endian {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn warnings_name_the_first_line() {
        let line = |body: &[u8]| {
            let response = Response {
                body: body.to_vec(),
                ..Response::default()
            };
            let warnings = decode(&response).warnings;
            warnings.last().map(|warning| warning.line)
        };
        assert_eq!(line(b"<a>\n\n\x01</a>"), Some(Some(3)));
        assert_eq!(
            line("<a>\näöüß äöüß\n\n".replace("\n\n", "\n\u{0}").as_bytes()),
            Some(Some(3))
        );
        assert_eq!(
            line(&["<a>\näöüß äöüß\n".as_bytes(), b"\x92</a>"].concat()),
            Some(Some(3))
        );
        assert_eq!(line("<a>\nÃ¤ Ã¶ Ã¼ Ã¤</a>".as_bytes()), Some(Some(2)));
    }

    #[test]
    fn byte_order_marks() {
        check(
            "\u{feff}<é>".as_bytes(),
            "text/xml; charset=latin1",
            "<é>",
            "UTF-8",
            0,
        );
        check(b"\xfe\xff\0<\0a", "", "<a", "UTF-16BE", 0);
        check(b"\xff\xfe<\0a\0", "", "<a", "UTF-16LE", 0);
        check(&wide("<é😀", true, true), "", "<é😀", "UTF-32", 0);
        check(&wide("<é", false, true), "", "<é", "UTF-32", 0);
    }

    #[test]
    fn wide_encodings_without_a_mark() {
        check(&utf_16_bytes("<é😀", true), "", "<é😀", "UTF-16BE", 0);
        check(&utf_16_bytes("{\"é\"", false), "", "{\"é\"", "UTF-16LE", 0);
        check(&wide("<é", true, false), "", "<é", "UTF-32", 0);
        check(&wide("<é", false, false), "", "<é", "UTF-32", 0);
    }

    #[test]
    fn labels_and_the_bytes() {
        check("<é>".as_bytes(), "text/xml", "<é>", "UTF-8", 0);
        check(
            "<é>".as_bytes(),
            "text/xml; charset=iso-8859-1",
            "<é>",
            "UTF-8",
            1,
        );
        check(
            b"<\xe9>",
            "text/xml; charset=\"ISO-8859-1\"",
            "<é>",
            "windows-1252",
            0,
        );
        check(
            b"<?xml version='1.0' encoding='koi8-r'?>\xf0\xd2\xc9",
            "",
            "<?xml version='1.0' encoding='koi8-r'?>При",
            "KOI8-R",
            0,
        );
        check(
            b"<\x93x\x94>",
            "text/xml; charset=iso-8859-1",
            "<“x”>",
            "windows-1252",
            0,
        );
        check(b"<a>", "text/xml; charset=nonsense", "<a>", "UTF-8", 0);
        check(
            b"<\x82\xa0\x82\xa2\x82\xa4>",
            "application/xml; charset=Shift_JIS",
            "<あいう>",
            "Shift_JIS",
            0,
        );
        check(
            b"\x1b$B$\"\x1b(B",
            "text/xml; charset=iso-2022-jp",
            "あ",
            "ISO-2022-JP",
            0,
        );
    }

    #[test]
    fn marks_and_labels_that_lie() {
        check(b"\xef\xbb\xbf<\xe9>", "", "<é>", "windows-1252", 2);
        check(b"\xff\xfe<a>\xc3\xa9", "", "<a>é", "UTF-8", 1);
        check(
            b"\xef\xbb\xbf\xef\xbb\xbf<a>",
            "",
            "\u{feff}<a>",
            "UTF-8",
            0,
        );
        check(
            b"<\xe9\xe8>",
            "text/xml; charset=utf-16",
            "<éè>",
            "windows-1252",
            1,
        );
        check(
            b"<\xe9>",
            "text/xml; charset=us-ascii",
            "<é>",
            "windows-1252",
            0,
        );
        check(
            b"<\xe9>",
            "text/xml; charset=UTF-8",
            "<é>",
            "windows-1252",
            1,
        );
        check(
            b"<?xml version='1.0' encoding='iso-8859-2'?>\xb9",
            "text/xml",
            "<?xml version='1.0' encoding='iso-8859-2'?>š",
            "ISO-8859-2",
            0,
        );
        // The server's charset counts before the declaration where the bytes do not decide (RFC 7303 §8.1).
        check(
            b"<?xml version='1.0' encoding='iso-8859-1'?>\xb9",
            "text/xml; charset=iso-8859-2",
            "<?xml version='1.0' encoding='iso-8859-1'?>š",
            "ISO-8859-2",
            1,
        );
        check("<déjà là>".as_bytes(), "", "<déjà là>", "UTF-8", 0);
        check(b"<\xed\xa0\xbd\xed\xb8\x80>", "", "<😀>", "UTF-8", 1);
        // UTF-7 has let scripts through (RFC 2152 is no encoding of the Encoding standard): it is ASCII.
        check(
            b"+ADw-a+AD4-",
            "text/xml; charset=utf-7",
            "+ADw-a+AD4-",
            "UTF-8",
            0,
        );
    }

    #[test]
    fn gzip_that_nobody_mentioned() {
        use std::io::Write;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all("<é>".as_bytes()).unwrap();
        let packed = packer.finish().unwrap();
        check(&packed, "", "<é>", "UTF-8", 1);
        check(&packed[..packed.len() - 1], "", "<é>", "UTF-8", 1);
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all("<é>".as_bytes()).unwrap();
        check(&packer.finish().unwrap(), "", "<é>", "UTF-8", 1);
        check(b"x\x01", "", "x", "UTF-8", 1);
    }

    #[test]
    fn slips_in_utf_8_are_repaired_alone() {
        check(
            b"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f \x92",
            "text/xml; charset=utf-8",
            "äöüß ’",
            "UTF-8",
            1,
        );
        check(
            b"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f \xe2\x82",
            "",
            "äöüß \u{fffd}",
            "UTF-8",
            1,
        );
    }

    #[test]
    fn what_no_label_names_is_guessed() {
        let russian = "Сегодня в городе прошёл большой праздник, на который пришли тысячи людей";
        let (bytes, ..) = encoding_rs::WINDOWS_1251.encode(russian);
        check(&bytes, "", russian, "windows-1251", 1);
    }

    #[test]
    fn marks_without_end() {
        let mut body = b"\xef\xbb\xbf".repeat(100_000);
        body.extend(b"\xff<rss>");
        let response = Response {
            body,
            ..Response::default()
        };
        assert!(decode(&response).text.ends_with("<rss>"));
    }

    #[test]
    fn what_seems_encoded_twice_is_only_named() {
        let response = Response {
            body: "<dÃ©jÃ\u{a0} lÃ\u{a0}>".into(),
            ..Response::default()
        };
        let decoded = decode(&response);
        assert_eq!(decoded.text, "<dÃ©jÃ\u{a0} lÃ\u{a0}>");
        assert_eq!(decoded.warnings.len(), 1);
    }
}
