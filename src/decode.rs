//! Bytes and `Content-Type` to text, whatever the labels say.
//!
//! Does not look at the format and cannot fail: a wrong label is a warning. The order of belief is the
//! byte order mark, the pattern of zero bytes, the bytes themselves (text that is valid UTF-8 is
//! UTF-8), the charset of the `Content-Type`, the XML declaration (RFC 7303 §3: without a charset
//! `text/xml` is not US-ASCII any more), a guess.
//!
//! Invariant: the text holds no character that XML 1.0 cannot carry.

mod mojibake;

use crate::limits::BODY_BYTES_MAX;
use crate::model::{Response, Warning};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;
use std::io::Read;

/// How far from the start an XML declaration is looked for, in bytes; PHP warnings may stand before it.
const DECLARATION_BYTES_MAX: usize = 4 * 1024;

/// One broken sequence for so many whole ones is a slip in UTF-8; more of them, and it is another encoding.
const SLIPS_MAX_RATIO: usize = 4;

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
    if let Some(encoding) = utf_16(body) {
        return with_errors(encoding, body, warnings);
    }
    let charset = content_type.and_then(charset);
    let declared = declaration(body);
    let labels = [charset.as_deref(), declared.as_deref()];
    if let Ok(text) = std::str::from_utf8(body) {
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
        return decode_bytes(body, content_type, warnings);
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
        let (text, encoding) = decode_bytes(&joined, None, warnings);
        return (text.into_owned().into(), encoding);
    }
    let (whole, broken) = utf_8_sequences(body);
    let is_labelled = utf_8_is_meant && labels.iter().any(Option::is_some);
    let is_mostly = broken * SLIPS_MAX_RATIO <= whole || is_labelled && broken <= whole;
    if broken > 0 && is_mostly {
        warn_of_labels(labels, UTF_8, true, warnings);
        warnings.push(Warning::new(
            format!("{broken} broken sequences of UTF-8 were repaired"),
            None,
        ));
        return (repair_utf_8(body).into(), "UTF-8");
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

/// The encoding of a label, and of the misspellings that feeds have for them.
fn known(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']);
    Encoding::for_label_no_replacement(label.as_bytes()).or_else(|| {
        let plain: String = label
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match plain.as_str() {
            "utf8" | "utf8n" | "unicode" | "utf" => Some(UTF_8),
            "latin" | "latin1" | "ascii" | "ansi" => Some(WINDOWS_1252),
            _ => Encoding::for_label_no_replacement(plain.as_bytes()),
        }
    })
}

/// A warning for each label that names another encoding. Labels of pure ASCII text are all right.
fn warn_of_labels(
    labels: &[Option<&str>],
    actual: &'static Encoding,
    told: bool,
    warnings: &mut Vec<Warning>,
) {
    if !told {
        return;
    }
    for (label, place) in labels
        .iter()
        .zip(["the Content-Type", "the XML declaration"])
    {
        let Some(label) = label else { continue };
        match known(label) {
            Some(encoding) if encoding == actual => {}
            // UTF-16 in the declaration of a document that is none is a leftover of a conversion.
            _ => warnings.push(Warning::new(
                format!(
                    "{place} says {label:?}, but the document is {}",
                    actual.name()
                ),
                None,
            )),
        }
    }
}

/// The charset parameter of a `Content-Type` (RFC 9110 §8.3.2), quoted or not.
fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    })
}

/// The encoding that the XML declaration names (XML 1.0 §4.3.3).
fn declaration(body: &[u8]) -> Option<String> {
    let head = &body[..body.len().min(DECLARATION_BYTES_MAX)];
    let from = head.windows(5).position(|word| word == b"<?xml")?;
    let end = head[from..].iter().position(|b| *b == b'>')?;
    let declaration: String = head[from..from + end]
        .iter()
        .map(|b| char::from(*b))
        .collect();
    let value = declaration[declaration.find("encoding")? + "encoding".len()..].trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value[1..].split(quote).next()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// UTF-32 by its mark or by the zeros of its first character; `Some(true)` is big-endian.
fn utf_32(body: &[u8]) -> Option<bool> {
    match body {
        [0, 0, 0xfe, 0xff, ..] => Some(true),
        [0xff, 0xfe, 0, 0, ..] => Some(false),
        [0, 0, 0, b, ..] if b.is_ascii() && *b != 0 => Some(true),
        [b, 0, 0, 0, ..] if b.is_ascii() && *b != 0 => Some(false),
        _ => None,
    }
}

/// UTF-16 without a mark, by the zeros of its first two characters (XML 1.0 appendix F).
fn utf_16(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(UTF_16BE),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// The Encoding standard has no UTF-32, so it is read here.
fn decode_utf_32(body: &[u8], big_endian: bool, warnings: &mut Vec<Warning>) -> String {
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

/// How many whole sequences of several bytes there are, and how many broken ones.
fn utf_8_sequences(body: &[u8]) -> (usize, usize) {
    body.utf8_chunks().fold((0, 0), |(whole, broken), chunk| {
        let starts = chunk.valid().bytes().filter(|b| *b >= 0xc0).count();
        (
            whole + starts,
            broken + usize::from(!chunk.invalid().is_empty()),
        )
    })
}

/// UTF-8 with slips: a single stray byte is what an editor for windows-1252 left there; the beginning
/// of a longer sequence was cut off and cannot be known.
fn repair_utf_8(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            [byte] => text.push(windows_1252(char::from(*byte))),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    text
}

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
    let mut out = String::with_capacity(text.len());
    let mut run = Vec::new();
    let end_run = |run: &mut Vec<char>, out: &mut String| {
        let bytes: Vec<u8> = run.iter().filter_map(|c| u8::try_from(*c).ok()).collect();
        match String::from_utf8(bytes) {
            Ok(text) if run.iter().any(is_c1) => out.push_str(&text),
            _ => out.extend(run.iter().map(|c| windows_1252(*c))),
        }
        run.clear();
    };
    for c in text.chars() {
        if matches!(c, '\u{80}'..='\u{ff}') {
            run.push(c);
        } else {
            end_run(&mut run, &mut out);
            out.push(c);
        }
    }
    end_run(&mut run, &mut out);
    Cow::Owned(out)
}

/// Takes out what XML cannot carry, and reads the C1 controls as the windows-1252 they were meant to be.
fn scrub<'r>(text: Cow<'r, str>, warnings: &mut Vec<Warning>) -> Cow<'r, str> {
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
    if dropped > 0 {
        let message = format!("{dropped} control characters, which XML cannot carry, were dropped");
        warnings.push(Warning::new(message, None));
    }
    if read > 0 {
        warnings.push(Warning::new(
            format!("{read} control characters were read as windows-1252"),
            None,
        ));
    }
    Cow::Owned(clean)
}

/// Whether UTF-8 may hold a character that [`scrub`] changes. Written for the vector unit: no branch
/// within a block, three bytes at a time, which tell a C0 control, a C1 control (`C2 80` to `C2 9F`),
/// U+FFFE and U+FFFF (`EF BF BE`, `EF BF BF`).
fn may_need_scrubbing(text: &[u8]) -> bool {
    const BLOCK_BYTES: usize = 512;
    let is_control = |b: u8| (b < 0x20) & (b != b'\t') & (b != b'\n') & (b != b'\r');
    let mut from = 0;
    while from < text.len() {
        let block = &text[from..text.len().min(from + BLOCK_BYTES + 2)];
        let second = block.get(1..).unwrap_or_default();
        let third = block.get(2..).unwrap_or_default();
        let controls = block.iter().fold(false, |found, b| found | is_control(*b));
        let wide = block.iter().zip(second).zip(third);
        let wide = wide.fold(false, |found, ((a, b), c)| {
            found | (*a == 0xef) & (*b == 0xbf) & (*c >= 0xbe)
        });
        let c1 = block.iter().zip(second).fold(false, |found, (a, b)| {
            found | (*a == 0xc2) & (*b >= 0x80) & (*b <= 0x9f)
        });
        if controls | wide | c1 {
            return true;
        }
        from += BLOCK_BYTES;
    }
    false
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
    fn what_seems_encoded_twice_is_only_named() {
        let response = Response {
            body: "<dÃ©jÃ\u{a0} lÃ\u{a0}>".into(),
            ..Response::default()
        };
        let decoded = decode(&response);
        assert_eq!(decoded.text, "<dÃ©jÃ\u{a0} lÃ\u{a0}>");
        assert_eq!(decoded.warnings.len(), 1);
    }

    #[test]
    fn control_characters_tell_what_was_encoded_twice() {
        assert_eq!(without_c1("a\u{e2}\u{80}\u{a6}b"), "a…b");
        assert_eq!(without_c1("a\u{e2}\u{80}b"), "aâ€b");
        assert_eq!(without_c1("Ã© stays"), "Ã© stays");
        assert_eq!(without_c1("\u{92}"), "’");
    }

    #[test]
    fn control_characters() {
        check(b"a\0b\x08c\td\x0b", "", "abc\td", "UTF-8", 1);
        check("don\u{92}t".as_bytes(), "", "don’t", "UTF-8", 1);
        check("a\u{ffff}b\u{fffe}".as_bytes(), "", "ab", "UTF-8", 1);
        check(
            "\u{81}\u{a0}ï\u{fffd}\u{7f}".as_bytes(),
            "",
            "\u{81}\u{a0}ï\u{fffd}\u{7f}",
            "UTF-8",
            0,
        );
    }

    #[test]
    fn control_characters_are_found_wherever_they_stand() {
        for at in (0..1_100).chain([5_000]) {
            let padding = "x".repeat(at);
            for (bad, good) in [("\u{1}", ""), ("\u{92}", "’"), ("\u{ffff}", "")] {
                let expected = format!("{padding}{good}y");
                check(
                    format!("{padding}{bad}y").as_bytes(),
                    "",
                    &expected,
                    "UTF-8",
                    1,
                );
            }
        }
    }
}
