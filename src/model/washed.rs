//! What a wash is asked for and what it gives: rules, removals with their reasons, warnings, and what was learnt.

use super::{EntryKey, Feed, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The field of an entry (or of the feed itself) that something was removed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The title.
    Title,
    /// The summary.
    Summary,
    /// The content.
    Content,
    /// An author's or contributor's name or address.
    Author,
    /// A category.
    Category,
    /// The link, or one of the further links.
    Link,
    /// An enclosure.
    Enclosure,
    /// The rights.
    Rights,
    /// An extension element.
    Extension,
    /// A value of the feed itself, not of an entry.
    Feed,
}

impl Field {
    /// The name that `explain` prints.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Summary => "summary",
            Self::Content => "content",
            Self::Author => "author",
            Self::Category => "category",
            Self::Link => "link",
            Self::Enclosure => "enclosure",
            Self::Rights => "rights",
            Self::Extension => "extension",
            Self::Feed => "feed",
        }
    }
}

/// One thing taken out or rewritten, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// The entry it was taken from; empty where it was the feed's own value.
    pub entry: EntryKey,
    /// Counts from 1 within the entry, in the order the passes acted.
    pub number: u32,
    /// The field it was taken from.
    pub field: Field,
    /// The pass that did it: a `name` of `clean::PASSES`.
    pub pass: String,
    /// The rule within the pass: a selector, a phrase's family, a parameter's name.
    pub rule: String,
    /// What decided it, in words: "phrase in en", "link text is the entry's title".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The text or markup before.
    pub before: String,
    /// What stands there now; `None` where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// One thing that a lenient reader forgave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What was wrong and what was done, as a lower-case fragment.
    pub message: String,
    /// The line of the decoded document, from 1, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The entry it concerns, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryKey>,
    /// That entry's id, for who has to find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// That entry's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The index of that entry in its feed, while entries have no keys yet; `wash` makes the key of it.
    #[serde(skip)]
    pub entry_index: Option<usize>,
}

impl Warning {
    /// A warning at a line, or at none.
    #[must_use]
    pub fn new(message: impl Into<String>, line: Option<u32>) -> Self {
        Self {
            message: message.into(),
            line,
            entry: None,
            id: None,
            title: None,
            entry_index: None,
        }
    }
}

/// What a user asked for of a source's cleaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// Names of passes that are switched off. `safety` can't be.
    pub off: Vec<String>,
    /// What is removed besides.
    pub remove: Vec<Matcher>,
    /// What is left alone by every pass but safety.
    pub keep: Vec<Matcher>,
    /// Public rules by site, shared by the sources that obey the same.
    pub site: Arc<SiteRules>,
    /// The language to assume where the feed names none (BCP 47).
    pub language: Option<String>,
    /// What was learnt of the source in earlier polls.
    pub boilerplate: Boilerplate,
    /// What a user had put back.
    pub restored: BTreeSet<Restored>,
}

/// Public rules by site, read from a folder of files; made by [`clean::site_rules`](crate::clean::site_rules).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SiteRules {
    /// The rules in the order of their lines, by host; for a host that begins with a dot, of all hosts below it.
    pub hosts: BTreeMap<String, Vec<SiteRule>>,
    /// Of all of them: other rules have another one.
    pub print: Fingerprint,
}

impl fmt::Debug for SiteRules {
    /// There are thousands, and their print tells them from others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SiteRules({})", self.print)
    }
}

/// One line of a file of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteRule {
    /// What kind of line.
    pub kind: SiteRuleKind,
    /// What it says after its colon.
    pub what: String,
}

/// What a line of a file of rules takes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteRuleKind {
    /// Elements by an XPath.
    Strip,
    /// Elements whose id or class contains a text.
    StripIdOrClass,
    /// Images whose address contains a text.
    StripImageSrc,
}

/// A removal that a user wants no more; made by [`clean::restored`](crate::clean::restored).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Restored {
    /// The entry that it is put back into; `None` for every entry of the source.
    pub entry: Option<EntryKey>,
    /// The field that it was taken from.
    pub field: Field,
    /// What was taken: as it stood, or for a whole source without what was the entry's own in it.
    pub print: Fingerprint,
}

/// What a removal took, by a name that stays its own while the numbers of removals change; made by
/// [`clean::piece`](crate::clean::piece).
///
/// Written as eight letters from `k` to `z`, so that nobody takes it for a number or for the key of an entry. (Jujutsu
/// writes its change ids in these letters, for the same reason.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece(pub u32);

impl Piece {
    /// How many letters it has.
    const LETTERS: usize = 8;
    /// The letter of 0; that of 15 is `z`.
    const FIRST: u8 = b'k';
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.0.to_be_bytes();
        let mut halves = letters.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        halves.try_for_each(|half| write!(f, "{}", char::from(Self::FIRST + half)))
    }
}

impl FromStr for Piece {
    type Err = NoPiece;

    fn from_str(letters: &str) -> Result<Self, NoPiece> {
        if letters.len() != Self::LETTERS {
            return Err(NoPiece);
        }
        let mut halves = letters.bytes().map(|letter| {
            let half = letter.to_ascii_lowercase().checked_sub(Self::FIRST);
            half.filter(|half| *half < 16).map(u32::from)
        });
        let bits = halves.try_fold(0, |bits, half| Some(bits << 4 | half?));
        bits.map(Self).ok_or(NoPiece)
    }
}

/// A text is no [`Piece`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece has eight letters from k to z")]
pub struct NoPiece;

/// A line of text, as it is recognised in other entries; made by `fingerprint`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A line that was met in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The line.
    pub print: Fingerprint,
}

/// The lines that an outlet repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boilerplate {
    /// How often each was met.
    pub repeats: HashMap<Fingerprint, Repeats>,
}

/// How many entries have a line, of its own outlet or of others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repeats {
    /// So many have it …
    pub entries: u32,
    /// … of so many that were looked at.
    pub of: u32,
    /// On so many other sites; 0 where the entries are the outlet's own.
    pub sites: u32,
}

impl Repeats {
    /// The share of entries, in per cent.
    #[must_use]
    pub fn share(self) -> u32 {
        self.entries * 100 / self.of.max(1)
    }
}

/// How a user names a part of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// A CSS selector.
    Selector(String),
    /// Text: a block whose visible text, white space collapsed, contains it.
    Text(String),
}

/// What a wash returns: the feed as it came, the feed as it is published, and all that lies between.
#[derive(Debug, Clone, Default)]
pub struct Washed {
    /// The feed as read. Its entries have ids and keys.
    pub raw: Feed,
    /// The feed as published: the same entries, in the same order.
    pub clean: Feed,
    /// Everything that was removed or rewritten, entry by entry.
    pub removals: Vec<Removal>,
    /// Everything that was forgiven on the way.
    pub warnings: Vec<Warning>,
    /// The lines that were met in each entry, in the order of the entries.
    pub sightings: Vec<Vec<Sighting>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_read_as_it_is_written() {
        for (bits, letters) in [
            (0, "kkkkkkkk"),
            (u32::MAX, "zzzzzzzz"),
            (0x1234_abcd, "lmnouvwx"),
        ] {
            assert_eq!(Piece(bits).to_string(), letters);
            assert_eq!(letters.parse(), Ok(Piece(bits)));
            assert_eq!(letters.to_uppercase().parse(), Ok(Piece(bits)));
        }
        for wrong in [
            "",
            "kkkkkkk",
            "kkkkkkkkk",
            "kkkkkkkj",
            "12345678",
            "kkkk{kkk",
            "é́kkkk",
        ] {
            assert_eq!(wrong.parse::<Piece>(), Err(NoPiece), "{wrong}");
        }
    }
}
