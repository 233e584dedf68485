//! UTF-8 with a few broken sequences in it.

use super::controls::windows_1252;

/// One broken sequence for so many whole ones is a slip in UTF-8; more of them, and it is another encoding.
const SLIPS_MAX_RATIO: usize = 4;

/// How many broken sequences there are in a body that is UTF-8 all the same; a label is believed further.
pub(super) fn slips(body: &[u8], is_labelled: bool) -> Option<usize> {
    let (whole, broken) = sequences(body);
    let is_mostly = broken * SLIPS_MAX_RATIO <= whole || is_labelled && broken <= whole;
    (broken > 0 && is_mostly).then_some(broken)
}

/// Where the first broken sequence stands.
pub(super) fn first(body: &[u8]) -> Option<usize> {
    std::str::from_utf8(body)
        .err()
        .map(|error| error.valid_up_to())
}

/// How many whole sequences of several bytes there are, and how many broken ones.
fn sequences(body: &[u8]) -> (usize, usize) {
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
pub(super) fn repair(body: &[u8]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_another_encoding() {
        assert_eq!(slips("äöüß \u{e4}".as_bytes(), false), None);
        assert_eq!(
            slips(b"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f \x92", false),
            Some(1)
        );
        assert_eq!(slips(b"\xc3\xa4 \x92", false), None);
        assert_eq!(slips(b"\xc3\xa4 \x92", true), Some(1));
    }

    #[test]
    fn a_stray_byte_is_windows_1252_and_half_a_character_is_lost() {
        assert_eq!(repair(b"\xc3\xa4 \x92 \xe2\x82"), "ä ’ \u{fffd}");
    }
}
