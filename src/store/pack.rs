//! An entry's parts in one packed value: as it was read, behind that as it is published, and what was removed from it.
//!
//! Most of the second is a copy of the first, as is what was removed, and costs a few bytes beside it. For names, namespaces and markup
//! that every feed has, there is a dictionary; for what the entries of one source have in common there is one of its own, made
//! of some of its first entries. Each entry is packed by itself, so that one can be read, written and deleted without another.
//! Invariant: what was packed once can be read for ever, so a dictionary never changes while there are entries of it: another one gets a form
//! of its own.

use super::StoreError;
use super::feeds::read;
use crate::model::{Entry, Removal};
use std::cell::RefCell;
use std::sync::LazyLock;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::get_frame_content_size;

/// What most entries have somewhere, written by hand; the most usual stands last, where it costs least.
const DICTIONARY: &[u8] = include_bytes!("dictionary.txt");

/// Says what was packed, by which dictionary. Only read now: both forms of an entry, with [`DICTIONARY`], behind [`OLD_HEAD_BYTES`].
const BOTH: u8 = 1;
/// All parts, with [`DICTIONARY`].
const SHARED: u8 = 2;
/// All parts, with the source's own.
const OWN: u8 = 3;

/// The form, and the length of what was read: 32 bits, the lowest first.
const OLD_HEAD_BYTES: usize = 5;

/// The form, the length of what was read, and of what is published.
const HEAD_BYTES: usize = 9;

/// How hard it is tried: a fourteenth less than level 3 for twice its time, and 9 saves one in a hundred more (docs/performance.md).
const LEVEL: i32 = 6;

/// How long a source's own dictionary is, in bytes, beside [`DICTIONARY`]. Twice as much saves another thirtieth, and each poll that brings
/// something takes longer for it.
const OWN_BYTES: usize = 16 * 1024;

/// A document of fewer entries makes no dictionary: what they have in common is not yet to be seen.
const OWN_ENTRIES_MIN: usize = 4;

/// No entry unpacked has more bytes, as whoever says so is damaged: the head counts with 32 bits, and a configuration that lets a
/// larger document in has to have the memory for it first.
const UNPACKED_BYTES_MAX: usize = u32::MAX as usize;

const FINE: &str = "packing into a place that is large enough fails only where there is no memory";

static PACKING: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static UNPACKING: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

// Making one costs more than packing an entry. They are kept by the few threads that write and read.
thread_local! {
    static SHARED_PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static SHARED_UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// What an entry consists of, each as JSON. Where nothing was removed, that is empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts<'p> {
    pub(super) raw: &'p str,
    pub(super) clean: &'p str,
    pub(super) removals: &'p str,
}

impl Parts<'_> {
    pub(super) fn bytes(&self) -> usize {
        self.raw.len() + self.clean.len() + self.removals.len()
    }

    fn join(&self) -> Vec<u8> {
        [self.raw, self.clean, self.removals].concat().into_bytes()
    }
}

/// A source's own dictionary: what some of its entries consist of, behind [`DICTIONARY`].
pub(super) struct Dictionary(Vec<u8>);

impl Dictionary {
    /// That of a document's entries, given the newest first; none where they are too few.
    pub(super) fn of(entries: &[Parts<'_>]) -> Option<Self> {
        if entries.len() < OWN_ENTRIES_MIN {
            return None;
        }
        let mut left = OWN_BYTES;
        let chosen = entries.iter().take_while(|parts| {
            let fits = left > 0;
            left = left.saturating_sub(parts.bytes());
            fits
        });
        let chosen: Vec<_> = chosen.map(Parts::join).collect();
        // What stands last costs least to refer to.
        let mut own: Vec<u8> = chosen.into_iter().rev().flatten().collect();
        own.drain(..own.len().saturating_sub(OWN_BYTES));
        Some(Self([DICTIONARY, &own].concat()))
    }

    /// As it is kept.
    pub(super) fn packed(&self) -> Vec<u8> {
        let own = &self.0[DICTIONARY.len()..];
        let mut packed = vec![0; zstd::zstd_safe::compress_bound(own.len())];
        let written = shared_pack(own, &mut packed);
        packed.truncate(written);
        packed
    }

    pub(super) fn unpack(packed: &[u8]) -> Result<Self, StoreError> {
        let own = shared_unpack(packed, content_bytes(packed, OWN_BYTES)?)?;
        Ok(Self([DICTIONARY, &own].concat()))
    }
}

fn shared_pack(bytes: &[u8], into: &mut [u8]) -> usize {
    SHARED_PACKER.with_borrow_mut(|packer| {
        let packer = packer
            .get_or_insert_with(|| Compressor::with_prepared_dictionary(&PACKING).expect(FINE));
        packer.compress_to_buffer(bytes, into).expect(FINE)
    })
}

fn shared_unpack(frame: &[u8], bytes: usize) -> Result<Vec<u8>, StoreError> {
    let unpacked = SHARED_UNPACKER.with_borrow_mut(|unpacker| {
        let unpacker = match unpacker {
            Some(unpacker) => unpacker,
            None => unpacker.insert(Decompressor::with_prepared_dictionary(&UNPACKING)?),
        };
        unpacker.decompress(frame, bytes)
    });
    unpacked.map_err(|error| damaged(error.to_string()))
}

/// How long a frame is unpacked, as it says itself.
fn content_bytes(frame: &[u8], max: usize) -> Result<usize, StoreError> {
    let bytes = get_frame_content_size(frame).ok().flatten();
    let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.ok_or_else(|| damaged("it does not say how long it is".to_owned()))?;
    match bytes <= max {
        true => Ok(bytes),
        false => Err(damaged(format!("it says that it has {bytes} bytes"))),
    }
}

/// Packs the entries of a source.
pub(super) struct Packer(Option<Compressor<'static>>);

impl Packer {
    /// With the source's own dictionary, where it has one.
    pub(super) fn new(own: Option<Dictionary>) -> Self {
        Self(own.map(|own| Compressor::with_dictionary(LEVEL, &own.0).expect(FINE)))
    }

    /// Packs the parts of an entry.
    pub(super) fn pack(&mut self, parts: Parts<'_>) -> Vec<u8> {
        let all = parts.join();
        let mut packed = vec![0; HEAD_BYTES + zstd::zstd_safe::compress_bound(all.len())];
        let (head, frame) = packed.split_at_mut(HEAD_BYTES);
        for (place, part) in head[1..].chunks_exact_mut(4).zip([parts.raw, parts.clean]) {
            let length = u32::try_from(part.len()).expect("an entry is bounded by its document");
            place.copy_from_slice(&length.to_le_bytes());
        }
        let written = match &mut self.0 {
            Some(own) => {
                head[0] = OWN;
                own.compress_to_buffer(&all, frame).expect(FINE)
            }
            None => {
                head[0] = SHARED;
                shared_pack(&all, frame)
            }
        };
        packed.truncate(HEAD_BYTES + written);
        packed.shrink_to_fit();
        packed
    }
}

/// Whether it takes the source's own dictionary to unpack an entry.
pub(super) fn needs_own(packed: Option<&[u8]>) -> bool {
    packed.is_some_and(|packed| packed.first() == Some(&OWN))
}

/// Unpacks the entries of a source.
pub(super) struct Unpacker(Option<Decompressor<'static>>);

impl Unpacker {
    /// With the source's own dictionary, where it has one that is needed.
    pub(super) fn new(own: Option<Dictionary>) -> Result<Self, StoreError> {
        let own = own.map(|own| Decompressor::with_dictionary(&own.0));
        let own = own
            .transpose()
            .map_err(|error| damaged(error.to_string()))?;
        Ok(Self(own))
    }

    /// An entry as it was read: packed, or, where it isn't, as an older version wrote it.
    pub(super) fn raw(&mut self, packed: Option<&[u8]>, json: &str) -> Result<Entry, StoreError> {
        match packed {
            Some(packed) => read("entry", self.unpack(packed)?.raw()?),
            None => read("entry", json),
        }
    }

    /// An entry as it is published.
    pub(super) fn clean(&mut self, packed: Option<&[u8]>, json: &str) -> Result<Entry, StoreError> {
        match packed {
            Some(packed) => read("entry", self.unpack(packed)?.clean()?),
            None => read("entry", json),
        }
    }

    /// What was removed from an entry; `None` where an older version wrote that elsewhere.
    pub(super) fn removals(
        &mut self,
        packed: Option<&[u8]>,
    ) -> Result<Option<Vec<Removal>>, StoreError> {
        let Some(packed) = packed.filter(|packed| packed.first() != Some(&BOTH)) else {
            return Ok(None);
        };
        match self.unpack(packed)?.removals()? {
            "" => Ok(Some(Vec::new())),
            json => read("removals", json).map(Some),
        }
    }

    fn unpack(&mut self, packed: &[u8]) -> Result<Unpacked, StoreError> {
        let form = packed.first().copied().unwrap_or_default();
        let head_bytes = if form == BOTH {
            OLD_HEAD_BYTES
        } else {
            HEAD_BYTES
        };
        let Some((head, frame)) = packed.split_at_checked(head_bytes) else {
            return Err(damaged(format!("it has {} bytes", packed.len())));
        };
        let bytes = content_bytes(frame, UNPACKED_BYTES_MAX)?;
        let mut lengths = head[1..].as_chunks().0.iter();
        let mut length = || {
            lengths
                .next()
                .map(|length| u32::from_le_bytes(*length) as usize)
        };
        let raw_bytes = length().unwrap_or_default();
        let clean_bytes = length().unwrap_or_else(|| bytes.saturating_sub(raw_bytes));
        let Some(rest) = bytes
            .checked_sub(raw_bytes)
            .and_then(|rest| rest.checked_sub(clean_bytes))
        else {
            let why = format!(
                "it says that it has {bytes} bytes, {raw_bytes} of them as it was read and {clean_bytes} as it is published"
            );
            return Err(damaged(why));
        };
        let all = match (form, &mut self.0) {
            (BOTH | SHARED, _) => shared_unpack(frame, bytes)?,
            (OWN, Some(own)) => {
                let unpacked = own.decompress(frame, bytes);
                unpacked.map_err(|error| damaged(error.to_string()))?
            }
            (OWN, None) => return Err(damaged("its source has no dictionary".to_owned())),
            _ => return Err(damaged(format!("its form is {form}"))),
        };
        match all.len() == bytes {
            true => Ok(Unpacked {
                all,
                ends: [raw_bytes, bytes - rest],
            }),
            false => Err(damaged(format!("{} of {bytes} bytes came", all.len()))),
        }
    }
}

/// All parts, one behind the other.
struct Unpacked {
    all: Vec<u8>,
    /// Where the first and the second end.
    ends: [usize; 2],
}

impl Unpacked {
    fn raw(&self) -> Result<&str, StoreError> {
        text(&self.all[..self.ends[0]])
    }

    fn clean(&self) -> Result<&str, StoreError> {
        text(&self.all[self.ends[0]..self.ends[1]])
    }

    fn removals(&self) -> Result<&str, StoreError> {
        text(&self.all[self.ends[1]..])
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::{hash, to_json};

    fn parts<'p>(raw: &'p str, clean: &'p str, removals: &'p str) -> Parts<'p> {
        Parts {
            raw,
            clean,
            removals,
        }
    }

    fn own(texts: &[&str]) -> Option<Dictionary> {
        let texts: Vec<_> = texts.iter().map(|text| parts(text, text, "")).collect();
        Dictionary::of(&texts)
    }

    #[track_caller]
    fn check_with(own: Option<&Dictionary>, all: Parts<'_>) -> usize {
        let again = || own.map(|own| Dictionary::unpack(&own.packed()).unwrap());
        let packed = Packer::new(again()).pack(all);
        let unpacked = Unpacker::new(again()).unwrap().unpack(&packed).unwrap();
        assert_eq!(unpacked.raw().unwrap(), all.raw);
        assert_eq!(unpacked.clean().unwrap(), all.clean);
        assert_eq!(unpacked.removals().unwrap(), all.removals);
        assert_eq!(needs_own(Some(&packed)), own.is_some());
        packed.len()
    }

    #[track_caller]
    fn check(raw: &str, clean: &str) -> usize {
        check_with(None, parts(raw, clean, ""))
    }

    #[test]
    fn all_parts_come_back() {
        let own = own(&["crème", "brûlée", "{}", "a"]).unwrap();
        let noise: String = (0..3_000_000_u32)
            .map(|n| char::from(b' ' + (n.wrapping_mul(2_654_435_761) >> 26) as u8))
            .collect();
        for own in [None, Some(&own)] {
            for all in [
                parts("", "", ""),
                parts("{}", "", ""),
                parts("", "{}", ""),
                parts("", "", "[]"),
                parts("crème\u{0}", "brûlée 🦀", "[1]"),
                // Longer than any window.
                parts(&noise, &noise[1..], &noise[2..]),
            ] {
                check_with(own, all);
            }
        }
    }

    /// A text in which nothing repeats.
    fn story(seed: u32) -> String {
        (0..400_u32)
            .map(|n| hash(&(n + seed).to_le_bytes()))
            .collect()
    }

    #[test]
    fn the_other_parts_cost_little_beside_the_first() {
        let story = story(0);
        let alone = check(&story, "");
        assert!(check(&story, &story[100..]) < alone + 20);
        assert!(check_with(None, parts(&story, &story[100..], &story[..90])) < alone + 40);
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
    fn what_the_entries_of_a_source_have_in_common_costs_little() {
        let imprint = &story(1000)[..600];
        let with: Vec<_> = (0..5)
            .map(|n| format!("{n}{}{imprint}", &story(2000 * n)[..90]))
            .collect();
        let own = own(&[&with[1], &with[2], &with[3], &with[4]]).unwrap();
        let shared = check_with(None, parts(&with[0], &with[0], ""));
        let packed = check_with(Some(&own), parts(&with[0], &with[0], ""));
        assert!(packed + 250 < shared, "{packed} and {shared}");
    }

    #[test]
    fn a_dictionary_is_bounded_and_made_of_some_entries() {
        assert!(own(&["a", "b", "c"]).is_none());
        let long = story(0);
        let own = own(&[long.as_str(); 4]).unwrap();
        assert_eq!(own.0.len(), DICTIONARY.len() + OWN_BYTES);
        assert!(own.0.ends_with(&long.as_bytes()[long.len() - OWN_BYTES..]));
    }

    #[test]
    fn the_dictionary_is_what_stored_entries_were_packed_by() {
        // Where this fails, every store that there is could not be read any more: add another dictionary instead.
        let expected = "1a2bf0636b4c0e7161b608dc94577e7e28917136e596d2479b367f22975aa8f4";
        assert_eq!(hash(DICTIONARY), expected);
    }

    fn unpacker() -> Unpacker {
        Unpacker::new(None).unwrap()
    }

    #[test]
    fn what_is_damaged_is_told() {
        let own = || own(&["{\"key\":\"a\"}"; 4]);
        let all = parts("{\"key\":\"a\"}", "{\"key\":\"b\"}", "");
        let with = |packed: &[u8], own: Option<Dictionary>| {
            Unpacker::new(own).unwrap().clean(Some(packed), "")
        };
        let fails = |packed: &[u8]| {
            assert!(
                matches!(with(packed, own()), Err(StoreError::Damaged { .. })),
                "{packed:?}"
            );
        };
        let packed = [Packer::new(None).pack(all), Packer::new(own()).pack(all)];
        for packed in &packed {
            assert!(with(packed, own()).is_ok());
            for length in 0..packed.len() {
                fails(&packed[..length]);
            }
            // Another form, and parts that are longer than all.
            for (at, value) in [(0, 4), (1, 255), (4, 255), (5, 255), (8, 255)] {
                let mut packed = packed.clone();
                packed[at] = value;
                fails(&packed);
            }
        }
        assert!(with(&packed[1], None).is_err());
        let kept = own().unwrap().packed();
        for length in 0..kept.len() {
            assert!(Dictionary::unpack(&kept[..length]).is_err());
        }
    }

    #[test]
    fn what_an_older_version_wrote_is_read() {
        assert_eq!(
            unpacker()
                .raw(None, "{\"link\":\"a\"}")
                .unwrap()
                .link
                .as_deref(),
            Some("a")
        );
        assert!(unpacker().removals(None).unwrap().is_none());
        // Both forms of an entry, as a version packed them that wrote removals elsewhere.
        let both = br#"{"link":"a"}{"link":"b"}"#;
        let mut packed = vec![0; OLD_HEAD_BYTES + 100];
        let written = shared_pack(both, &mut packed[OLD_HEAD_BYTES..]);
        packed.truncate(OLD_HEAD_BYTES + written);
        packed[..2].copy_from_slice(&[BOTH, 12]);
        assert_eq!(
            unpacker().raw(Some(&packed), "").unwrap().link.as_deref(),
            Some("a")
        );
        assert_eq!(
            unpacker().clean(Some(&packed), "").unwrap().link.as_deref(),
            Some("b")
        );
        assert!(unpacker().removals(Some(&packed)).unwrap().is_none());
    }
}
