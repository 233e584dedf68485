//! An entry's parts in one packed value: as it was read, behind that as it is published, and what was removed from it.
//!
//! Most of the second is a copy of the first, as is what was removed, and costs a few bytes beside it. For names, namespaces and markup
//! that every feed has, there is a dictionary; for what the entries of one source have in common there is one of its own, made
//! of some of its first entries. Each entry is packed by itself, so that one can be read, written and deleted without another.
//! Invariants: what was packed once can be read for ever, so a dictionary never changes while there are entries of it; nothing is unpacked by
//! another dictionary than it was packed by, which would make another text of it.

use super::StoreError;
use super::feeds::read;
use crate::model::{Entry, Removal};
use sha2::{Digest as _, Sha256};
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

/// What tells a source's own dictionary from others stands behind that: the beginning of the SHA-256 of what is kept of it.
type Mark = [u8; 4];
const OWN_HEAD_BYTES: usize = HEAD_BYTES + size_of::<Mark>();

/// How hard it is tried: a fourteenth less than level 3 for twice its time, and 9 saves one in a hundred more (docs/performance.md).
const LEVEL: i32 = 6;

/// How long a source's own dictionary is, in bytes, beside [`DICTIONARY`]. Twice as much saves another thirtieth, and each poll that brings
/// something takes longer for it.
const OWN_BYTES: usize = 16 * 1024;

/// So much of an entry's beginning goes into it, and of its end: what comes before a story, and what comes after it. It saves more than
/// whole entries would, and is of two at least.
const END_BYTES: usize = OWN_BYTES / 4;

/// A document of fewer entries makes no dictionary: a feed that begins is not yet as it will be.
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

    /// The beginning of the first part and the end of the last, or all where that is little.
    fn ends(&self) -> Vec<u8> {
        if self.bytes() <= 2 * END_BYTES {
            return self.join();
        }
        let parts = [self.raw, self.clean, self.removals].map(str::as_bytes);
        let mut beginning = Vec::with_capacity(2 * END_BYTES);
        for part in parts {
            let left = END_BYTES - beginning.len();
            beginning.extend_from_slice(&part[..left.min(part.len())]);
        }
        let mut end = Vec::with_capacity(END_BYTES);
        for part in parts.into_iter().rev() {
            let left = END_BYTES - end.len();
            end.extend(part.iter().rev().take(left));
        }
        end.reverse();
        beginning.append(&mut end);
        beginning
    }
}

/// A source's own dictionary: what some of its entries consist of.
pub(super) struct Dictionary {
    /// That, behind [`DICTIONARY`].
    whole: Vec<u8>,
    /// What is kept of it: that alone, packed.
    kept: Vec<u8>,
}

impl Dictionary {
    /// That of a document's entries, given the newest first; none where they are too few.
    pub(super) fn of(entries: &[Parts<'_>]) -> Option<Self> {
        if entries.len() < OWN_ENTRIES_MIN {
            return None;
        }
        let mut ends = Vec::new();
        let mut bytes = 0;
        for entry in entries {
            if bytes >= OWN_BYTES {
                break;
            }
            let entry = entry.ends();
            bytes += entry.len();
            ends.push(entry);
        }
        ends.reverse();
        // What stands last costs least to refer to.
        let own = ends.concat();
        let own = &own[own.len().saturating_sub(OWN_BYTES)..];
        let mut kept = vec![0; zstd::zstd_safe::compress_bound(own.len())];
        let written = shared_pack(own, &mut kept);
        kept.truncate(written);
        Some(Self::with(own, kept))
    }

    fn with(own: &[u8], kept: Vec<u8>) -> Self {
        Self {
            whole: [DICTIONARY, own].concat(),
            kept,
        }
    }

    /// As it is kept.
    pub(super) fn packed(&self) -> &[u8] {
        &self.kept
    }

    pub(super) fn unpack(packed: Vec<u8>) -> Result<Self, StoreError> {
        let own = shared_unpack(&packed, content_bytes(&packed, OWN_BYTES)?)?;
        Ok(Self::with(&own, packed))
    }

    fn mark(&self) -> Mark {
        let hash = Sha256::digest(&self.kept);
        std::array::from_fn(|at| hash[at])
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
pub(super) struct Packer(Option<(Compressor<'static>, Mark)>);

impl Packer {
    /// With the source's own dictionary, where it has one.
    pub(super) fn new(own: Option<&Dictionary>) -> Self {
        Self(own.map(|own| {
            let packer = Compressor::with_dictionary(LEVEL, &own.whole);
            (packer.expect(FINE), own.mark())
        }))
    }

    /// Packs the parts of an entry.
    pub(super) fn pack(&mut self, parts: Parts<'_>) -> Vec<u8> {
        let all = parts.join();
        let (form, head_bytes) = match self.0 {
            Some(_) => (OWN, OWN_HEAD_BYTES),
            None => (SHARED, HEAD_BYTES),
        };
        let mut packed = vec![0; head_bytes + zstd::zstd_safe::compress_bound(all.len())];
        let (head, frame) = packed.split_at_mut(head_bytes);
        head[0] = form;
        let lengths = head[1..HEAD_BYTES].chunks_exact_mut(size_of::<u32>());
        for (place, part) in lengths.zip([parts.raw, parts.clean]) {
            let length = u32::try_from(part.len()).expect("an entry is bounded by its document");
            place.copy_from_slice(&length.to_le_bytes());
        }
        let written = match &mut self.0 {
            Some((own, mark)) => {
                head[HEAD_BYTES..].copy_from_slice(mark);
                own.compress_to_buffer(&all, frame).expect(FINE)
            }
            None => shared_pack(&all, frame),
        };
        packed.truncate(head_bytes + written);
        packed.shrink_to_fit();
        packed
    }
}

/// How many bytes an entry has that is packed, as it says itself; none where it is damaged or not packed.
pub(super) fn unpacked_bytes(packed: Option<&[u8]>) -> usize {
    let head_bytes = packed
        .and_then(|packed| packed.first())
        .map(|form| head_bytes(*form));
    let frame = packed
        .zip(head_bytes)
        .and_then(|(packed, head)| packed.get(head..));
    frame.map_or(0, |frame| {
        content_bytes(frame, UNPACKED_BYTES_MAX).unwrap_or_default()
    })
}

fn head_bytes(form: u8) -> usize {
    match form {
        BOTH => OLD_HEAD_BYTES,
        OWN => OWN_HEAD_BYTES,
        _ => HEAD_BYTES,
    }
}

/// Whether it takes the source's own dictionary to unpack an entry.
pub(super) fn needs_own(packed: Option<&[u8]>) -> bool {
    packed.is_some_and(|packed| packed.first() == Some(&OWN))
}

/// Unpacks the entries of a source.
pub(super) struct Unpacker(Option<(Decompressor<'static>, Mark)>);

impl Unpacker {
    /// With the source's own dictionary, where it has one that is needed.
    pub(super) fn new(own: Option<Dictionary>) -> Result<Self, StoreError> {
        let own = own.map(|own| Ok((Decompressor::with_dictionary(&own.whole)?, own.mark())));
        let own = own.transpose();
        let own = own.map_err(|error: std::io::Error| damaged(error.to_string()))?;
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
        let Some((head, frame)) = packed.split_at_checked(head_bytes(form)) else {
            return Err(damaged(format!("it has {} bytes", packed.len())));
        };
        let bytes = content_bytes(frame, UNPACKED_BYTES_MAX)?;
        let number = |at: usize| {
            let number = head.get(at..)?.first_chunk()?;
            Some(u32::from_le_bytes(*number) as usize)
        };
        let raw_bytes = number(1).unwrap_or_default();
        let clean_bytes = number(OLD_HEAD_BYTES).unwrap_or(bytes.saturating_sub(raw_bytes));
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
            (OWN, Some((own, mark))) if head[HEAD_BYTES..] == *mark => {
                let unpacked = own.decompress(frame, bytes);
                unpacked.map_err(|error| damaged(error.to_string()))?
            }
            (OWN, _) => {
                let why = "the dictionary that it was packed by is not there";
                return Err(damaged(why.to_owned()));
            }
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

/// Both forms of an entry, as a version packed them that wrote removals elsewhere.
#[cfg(test)]
pub(super) fn pack_both(raw: &str, clean: &str) -> Vec<u8> {
    let both = [raw, clean].concat().into_bytes();
    let mut packed = vec![0; OLD_HEAD_BYTES + zstd::zstd_safe::compress_bound(both.len())];
    let written = shared_pack(&both, &mut packed[OLD_HEAD_BYTES..]);
    packed.truncate(OLD_HEAD_BYTES + written);
    packed[0] = BOTH;
    packed[1..OLD_HEAD_BYTES].copy_from_slice(&(raw.len() as u32).to_le_bytes());
    packed
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
        let again = || own.map(|own| Dictionary::unpack(own.packed().to_vec()).unwrap());
        let packed = Packer::new(own).pack(all);
        assert_eq!(unpacked_bytes(Some(&packed)), all.bytes());
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
        let own = own(&[&long, &long, "b", "c"]).unwrap();
        assert_eq!(own.whole.len(), DICTIONARY.len() + OWN_BYTES);
        // The newest last, with its beginning and its end.
        let newest = &own.whole[DICTIONARY.len() + OWN_BYTES - 2 * END_BYTES..];
        let long = long.as_bytes();
        let ends = [&long[..END_BYTES], &long[long.len() - END_BYTES..]];
        assert_eq!(newest, ends.concat());
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
        let packed = [
            Packer::new(None).pack(all),
            Packer::new(own().as_ref()).pack(all),
        ];
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
        // Another dictionary of the same length would make another text of it.
        for other in [None, self::own(&["{\"key\":\"c\"}"; 4])] {
            let told = with(&packed[1], other).unwrap_err().to_string();
            assert!(told.contains("dictionary"), "{told}");
        }
        let kept = own().unwrap().packed().to_vec();
        for length in 0..kept.len() {
            assert!(Dictionary::unpack(kept[..length].to_vec()).is_err());
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
        let packed = pack_both(r#"{"link":"a"}"#, r#"{"link":"b"}"#);
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
