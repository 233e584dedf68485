//! An entry's two forms in one packed value: as it was read, and behind that as it is published.
//!
//! Most of the second is a copy of the first and costs a few bytes beside it; for names, namespaces and markup that every
//! feed has, there is a dictionary. Each entry is packed by itself, so that one can be read, written and deleted
//! without another. Invariant: what was packed once can be read for ever, so a dictionary never changes: another
//! one gets a number of its own.

use super::StoreError;
use super::feeds::read;
use crate::model::Entry;
use std::cell::RefCell;
use std::sync::LazyLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::get_frame_content_size;

/// What most entries have somewhere, written by hand; the most usual stands last, where it costs least.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");

/// Says by which dictionary it was packed.
const FORM: u8 = 1;

/// The form, and the length of what was read: 32 bits, the lowest first.
const HEAD_BYTES: usize = 5;

/// More work saves little: level 6 takes twice the time of 3 for a twentieth of the bytes (docs/performance.md).
const LEVEL: i32 = 3;

/// No entry unpacked has more bytes, as whoever says so is damaged: the head counts with 32 bits, and a configuration that lets a
/// larger document in has to have the memory for it first.
const UNPACKED_BYTES_MAX: usize = u32::MAX as usize;

static PACKING: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static UNPACKING: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

// Making one costs more than packing an entry. They are kept by the few threads that write and read.
thread_local! {
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Packs both forms of an entry, each as JSON.
pub(super) fn pack(raw: &str, clean: &str) -> Vec<u8> {
    const FINE: &str =
        "packing into a place that is large enough fails only where there is no memory";
    let both = [raw, clean].concat();
    let mut packed = vec![0; HEAD_BYTES + zstd::zstd_safe::compress_bound(both.len())];
    let length = u32::try_from(raw.len()).expect("an entry is bounded by its document");
    packed[0] = FORM;
    packed[1..HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
    let written = PACKER.with_borrow_mut(|packer| {
        let packer = packer
            .get_or_insert_with(|| Compressor::with_prepared_dictionary(&PACKING).expect(FINE));
        packer.compress_to_buffer(both.as_bytes(), &mut packed[HEAD_BYTES..])
    });
    packed.truncate(HEAD_BYTES + written.expect(FINE));
    packed.shrink_to_fit();
    packed
}

/// An entry as it was read: packed, or, where it isn't, as an older version wrote it.
pub(super) fn raw(packed: Option<&[u8]>, json: &str) -> Result<Entry, StoreError> {
    match packed {
        Some(packed) => read("entry", unpack(packed)?.raw()?),
        None => read("entry", json),
    }
}

/// An entry as it is published.
pub(super) fn clean(packed: Option<&[u8]>, json: &str) -> Result<Entry, StoreError> {
    match packed {
        Some(packed) => read("entry", unpack(packed)?.clean()?),
        None => read("entry", json),
    }
}

/// Both forms, one behind the other.
struct Unpacked {
    both: Vec<u8>,
    raw_bytes: usize,
}

impl Unpacked {
    fn raw(&self) -> Result<&str, StoreError> {
        text(&self.both[..self.raw_bytes])
    }

    fn clean(&self) -> Result<&str, StoreError> {
        text(&self.both[self.raw_bytes..])
    }
}

fn text(bytes: &[u8]) -> Result<&str, StoreError> {
    std::str::from_utf8(bytes).map_err(|error| damaged(error.to_string()))
}

fn damaged(why: String) -> StoreError {
    StoreError::Damaged {
        what: "packed entry",
        why,
    }
}

fn unpack(packed: &[u8]) -> Result<Unpacked, StoreError> {
    let [form, a, b, c, d, frame @ ..] = packed else {
        return Err(damaged(format!("it has {} bytes", packed.len())));
    };
    if *form != FORM {
        return Err(damaged(format!("its form is {form}")));
    }
    let raw_bytes = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    let bytes = get_frame_content_size(frame).ok().flatten();
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| damaged("it does not say how long it is".to_owned()))?;
    if !(raw_bytes..=UNPACKED_BYTES_MAX).contains(&bytes) {
        let why = format!("it says that it has {bytes} bytes, {raw_bytes} of them as it was read");
        return Err(damaged(why));
    }
    let both = UNPACKER.with_borrow_mut(|unpacker| {
        let unpacker = match unpacker {
            Some(unpacker) => unpacker,
            None => unpacker.insert(Decompressor::with_prepared_dictionary(&UNPACKING)?),
        };
        unpacker.decompress(frame, bytes)
    });
    let both = both.map_err(|error| damaged(error.to_string()))?;
    match both.len() == bytes {
        true => Ok(Unpacked { both, raw_bytes }),
        false => Err(damaged(format!("{} of {bytes} bytes came", both.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::{hash, to_json};

    #[track_caller]
    fn check(raw: &str, clean: &str) -> usize {
        let packed = pack(raw, clean);
        let unpacked = unpack(&packed).unwrap();
        assert_eq!(unpacked.raw().unwrap(), raw);
        assert_eq!(unpacked.clean().unwrap(), clean);
        packed.len()
    }

    #[test]
    fn both_forms_come_back() {
        check("", "");
        check("{}", "");
        check("", "{}");
        check("crème\u{0}", "brûlée 🦀");
        // Longer than any window.
        let noise: String = (0..3_000_000_u32)
            .map(|n| char::from(b' ' + (n.wrapping_mul(2_654_435_761) >> 26) as u8))
            .collect();
        check(&noise, &noise[1..]);
    }

    #[test]
    fn the_second_form_costs_little_beside_the_first() {
        // Nothing in it repeats.
        let story: String = (0..400_u32).map(|n| hash(&n.to_le_bytes())).collect();
        let alone = check(&story, "");
        assert!(check(&story, &story[100..]) < alone + 20);
    }

    #[test]
    fn what_every_entry_has_costs_little() {
        let entry = Entry {
            link: Some("https://www.example.org/1".to_owned()),
            ..Entry::default()
        };
        let json = to_json(&entry);
        assert!(check(&json, &json) < 60, "{}", check(&json, &json));
    }

    #[test]
    fn the_dictionary_is_what_stored_entries_were_packed_by() {
        // Where this fails, every store that there is could not be read any more: add another dictionary instead.
        let expected = "1a2bf0636b4c0e7161b608dc94577e7e28917136e596d2479b367f22975aa8f4";
        assert_eq!(hash(DICTIONARY), expected);
    }

    #[test]
    fn what_is_damaged_is_told() {
        let packed = pack("{\"key\":\"a\"}", "{\"key\":\"b\"}");
        let fails = |packed: &[u8]| {
            assert!(
                matches!(clean(Some(packed), ""), Err(StoreError::Damaged { .. })),
                "{packed:?}"
            );
        };
        for length in 0..packed.len() {
            fails(&packed[..length]);
        }
        // Another form, a first part that is longer than all, and a length that nothing has.
        for (at, value) in [(0, 2), (1, 255), (4, 255)] {
            let mut packed = packed.clone();
            packed[at] = value;
            fails(&packed);
        }
    }

    #[test]
    fn what_an_older_version_wrote_is_read() {
        assert_eq!(
            raw(None, "{\"link\":\"a\"}").unwrap().link.as_deref(),
            Some("a")
        );
        let packed = pack("{\"link\":\"a\"}", "{\"link\":\"b\"}");
        assert_eq!(raw(Some(&packed), "").unwrap().link.as_deref(), Some("a"));
        assert_eq!(clean(Some(&packed), "").unwrap().link.as_deref(), Some("b"));
    }
}
