//! A source as the store knows it, and how its row is read.

use super::record::Recording;
use super::times::time;
use super::write::Found;
use crate::config::{Location, SourceConfig};
use crate::model::Validators;
use crate::schedule::{Move, Pace};
use crate::walls::Held;
use jiff::Timestamp;
use url::Url;

/// What is stored of a source, as far as a poll needs it.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its row.
    pub id: i64,
    /// Its name in `feeds.toml`.
    pub name: String,
    /// What to ask "modified since?" with.
    pub validators: Validators,
    /// The hash of the last body, in hexadecimal digits.
    pub body_hash: Option<String>,
    /// The version of the rules that its entries were cleaned with.
    pub rules_version: String,
    /// How often what a user had put back in its entries has changed.
    pub restored_revision: i64,
    /// How many polls in a row have failed.
    pub failures: u32,
    /// What the last document said about how often to come.
    pub pace: Pace,
    /// Where permanent redirects lead, and since when.
    pub moved: Option<Move>,
    /// A document that is not believed yet.
    pub doubt: Option<Held>,
    /// Whether the next document is believed, whatever it is.
    pub is_trusted: bool,
    /// Since when no document was whole: each was cut off, or held only what was new.
    pub cut_since: Option<Timestamp>,
    /// Whether it was never polled.
    pub is_new: bool,
    /// When another program last asked its publisher for something, where that was moments ago.
    pub asked_elsewhere: Option<Timestamp>,
    /// Its address when it was taken.
    pub(super) url: String,
    /// Until when it was taken, in epoch seconds: what shows that it still is.
    pub(super) leased_until: i64,
}

/// A source that somebody has taken: what it takes to give it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub(super) id: i64,
    /// Until when; who takes it after that has another.
    pub(super) lease: i64,
}

impl Source {
    /// What it takes to give it back.
    #[must_use]
    pub fn taken(&self) -> Taken {
        Taken {
            id: self.id,
            lease: self.leased_until,
        }
    }

    /// Whether it is no longer theirs who took it, by the time alone: they were away for so long.
    #[must_use]
    pub fn is_lost(&self, now: Timestamp) -> bool {
        self.leased_until <= now.as_second()
    }
}

pub(super) const SOURCE_COLUMNS: &str = "id, name, etag, last_modified, body_hash, rules_version, restored_revision, \
    failures, pace, url, leased_until, moved, doubt, trusted, last_poll_at, cut_since";
pub(super) type SourceRow = (
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    i64,
    i64,
    String,
    String,
    i64,
    Option<String>,
    Option<String>,
    i64,
    Option<i64>,
    Option<i64>,
);

impl From<SourceRow> for Source {
    fn from(row: SourceRow) -> Self {
        let (
            id,
            name,
            etag,
            last_modified,
            body_hash,
            rules_version,
            restored_revision,
            failures,
            pace,
            url,
            leased_until,
            moved,
            doubt,
            trusted,
            last_poll_at,
            cut_since,
        ) = row;
        Self {
            id,
            name,
            validators: Validators {
                etag,
                last_modified,
            },
            body_hash,
            rules_version,
            restored_revision,
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
            // A pace that an older version wrote otherwise is learnt again from the next document; so is the rest.
            pace: serde_json::from_str(&pace).unwrap_or_default(),
            moved: moved.and_then(|moved| serde_json::from_str(&moved).ok()),
            doubt: doubt.and_then(|doubt| serde_json::from_str(&doubt).ok()),
            is_trusted: trusted != 0,
            cut_since: time(cut_since),
            is_new: last_poll_at.is_none(),
            asked_elsewhere: None,
            url,
            leased_until,
        }
    }
}

impl Source {
    /// Where it is polled: where it is configured, or where it has moved for good and long enough.
    #[must_use]
    pub fn location(&self, config: &SourceConfig) -> Location {
        let adopted = self
            .moved
            .as_ref()
            .filter(|moved| moved.adopted_at.is_some());
        let adopted = adopted.and_then(|moved| Url::parse(&moved.to).ok());
        adopted.map_or_else(|| config.location.clone(), Location::Http)
    }

    /// Whether a wash may still be written: nothing was put back since its rules were asked for, and what is stored is
    /// as it was then, or washed by the same rules. Else a wash by newer rules was written meanwhile.
    pub(super) fn may_write(
        &self,
        (version, restored, _): &Found,
        recording: &Recording<'_>,
    ) -> bool {
        *restored == self.restored_revision
            && (*version == self.rules_version || version == recording.rules_version)
    }
}
