//! What was done to a source: what was taken from its newest entries, what was forgiven in its document, and how its polls went.

use super::db::on;
use super::pack::{needs_own, unpacked_bytes};
use super::times::time;
use super::{Store, StoreError};
use crate::model::{Removal, Warning};
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// How many entries an account is of, the newest ones: a source may have a year's, and who asks wants to know of today.
const ENTRIES_MAX: i64 = 200;

/// … and of fewer where they are long: it is made while a visitor waits, and others.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The pass that takes what was learnt.
const LEARNING: &str = "repeated-lines";

/// A poll, as it is told.
#[derive(Debug, Clone)]
pub struct Polled {
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub milliseconds: i64,
    /// How it ended.
    pub outcome: String,
    /// What to know about that.
    pub detail: Option<String>,
    /// Entries that were not there before.
    pub new: i64,
    /// Entries whose story had changed.
    pub updated: i64,
}

/// What was removed by a pass, or by one rule of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The pass, or the rule.
    pub name: String,
    /// An example of what it took, where it is a rule.
    pub example: Option<String>,
    /// Why, where it is a rule.
    pub evidence: Option<String>,
    /// How many pieces.
    pub pieces: i64,
    /// Out of how many entries.
    pub entries: i64,
}

/// What was done to a source's newest entries and to its documents.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// How many entries it is of, the newest ones.
    pub entries: i64,
    /// By pass, the busiest first.
    pub passes: Vec<Tally>,
    /// Lines that were learnt, those that most entries have first.
    pub learnt: Vec<Tally>,
    /// What was taken from the feed's own values.
    pub feed: Vec<Removal>,
    /// What was forgiven in the last document.
    pub warnings: Vec<Warning>,
    /// The last polls, the latest first.
    pub polls: Vec<Polled>,
}

impl Store {
    /// What was done to a source: by pass, by learnt line, forgiven, and poll by poll, so many of each.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn account(&self, source_id: i64, limit: u32) -> Result<Account, StoreError> {
        type Row = (i64, i64, Option<Vec<u8>>);
        type Poll = (i64, i64, String, Option<String>, i64, i64);
        let newest = "select id, taken, case when taken > 0 then parts end from entry where source_id = $1 \
                      order by sort_at desc, first_seen_at desc, position limit $2";
        let (rows, head, polls): (Vec<Row>, (String, String), Vec<Poll>) = on!(self.db, pool => {
            let rows = sqlx::query_as(newest).bind(source_id).bind(ENTRIES_MAX).fetch_all(pool).await?;
            let head = sqlx::query_as("select removals, warnings from source where id = $1")
                .bind(source_id)
                .fetch_one(pool)
                .await?;
            let polls = sqlx::query_as(
                "select started_at, duration_ms, outcome, detail, new_entries, updated_entries from poll \
                 where source_id = $1 order by id desc limit $2",
            )
            .bind(source_id)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?;
            (rows, head, polls)
        });
        let mut bytes = 0;
        let rows = rows.into_iter().take_while(|row| {
            let fits = bytes < BYTES_MAX;
            bytes += unpacked_bytes(row.2.as_deref());
            fits
        });
        let rows: Vec<Row> = rows.collect();
        let entries = i64::try_from(rows.len()).unwrap_or(ENTRIES_MAX);
        let rows = rows.into_iter().filter(|row| row.1 > 0);
        let rows: Vec<_> = rows.map(|(id, _, packed)| (id, packed)).collect();
        let packed = rows.iter().any(|row| needs_own(row.1.as_deref()));
        let mut unpacker = self.unpacker(source_id, packed).await?;
        let mut tallies = Tallies::default();
        for removals in self.removals_in(&mut unpacker, &rows).await? {
            tallies.add(&removals);
        }
        let [passes, mut learnt] = tallies.told();
        learnt.truncate(limit as usize);
        Ok(Account {
            entries,
            passes,
            learnt,
            feed: serde_json::from_str(&head.0).unwrap_or_default(),
            warnings: serde_json::from_str(&head.1).unwrap_or_default(),
            polls: polls.into_iter().filter_map(of_poll).collect(),
        })
    }
}

/// What was removed from some entries, counted.
#[derive(Default)]
struct Tallies {
    /// By pass.
    passes: HashMap<String, Tally>,
    /// Of what was learnt, by rule and text.
    learnt: HashMap<(String, String), Tally>,
}

impl Tallies {
    /// Adds what was removed from one entry.
    fn add(&mut self, removals: &[Removal]) {
        let mut seen = HashSet::new();
        for removal in removals {
            let is_first = seen.insert(&removal.pass);
            let pass = self.passes.entry(removal.pass.clone());
            let pass = pass.or_insert_with(|| Tally::of(&removal.pass));
            pass.pieces += 1;
            pass.entries += i64::from(is_first);
            if removal.pass == LEARNING {
                let line = (removal.rule.clone(), removal.before.clone());
                let line = self.learnt.entry(line).or_insert_with(|| Tally {
                    // The newest entry's: with each, more of them had it.
                    evidence: removal.evidence.clone(),
                    example: Some(removal.before.clone()),
                    ..Tally::of(&removal.rule)
                });
                line.pieces += 1;
                line.entries += 1;
            }
        }
    }

    /// Those of passes, and those of lines, the most frequent first.
    fn told(self) -> [Vec<Tally>; 2] {
        [
            self.passes.into_values().collect(),
            self.learnt.into_values().collect(),
        ]
        .map(|mut tallies: Vec<Tally>| {
            tallies.sort_by_cached_key(|tally| {
                (
                    Reverse(tally.pieces),
                    tally.example.clone(),
                    tally.name.clone(),
                )
            });
            tallies
        })
    }
}

impl Tally {
    fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            example: None,
            evidence: None,
            pieces: 0,
            entries: 0,
        }
    }
}

fn of_poll(row: (i64, i64, String, Option<String>, i64, i64)) -> Option<Polled> {
    let (at, milliseconds, outcome, detail, new, updated) = row;
    Some(Polled {
        at: time(Some(at))?,
        milliseconds,
        outcome,
        detail,
        new,
        updated,
    })
}
