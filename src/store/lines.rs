//! What is learnt of a source across polls: how many of its entries have which line.
//!
//! An entry is counted once, in the transaction that writes it for the first time, so a poll that is made
//! again counts nothing twice. Old entries fade: when enough were counted, all counts are halved, so that
//! a line which an outlet no longer writes is forgotten after as many entries as it took to learn it.

use super::db::on;
use super::rows::Column;
use super::{Source, Store, StoreError};
use crate::learn::{ALONE_MIN, Counts, ELSEWHERE_SHARE_MIN, Elsewhere, OWN_MIN};
use crate::model::{Fingerprint, Sighting};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use url::Url;

/// The columns of the row set of lines.
pub(super) const LINE_COLUMNS: &[Column] = &[("print", "bigint"), ("entries", "bigint")];

/// After so many entries all counts are halved: three months of a weekly, three days of a wire.
pub(super) const COUNTED_MAX: i64 = 100;

/// A document of more new entries than this teaches only what stands in two of them: the rest are stories.
const SINGLES_MAX: usize = 10;

/// The lines of some new entries: rows to add, and how many entries they are from.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) lines: Vec<Value>,
    pub(super) counted: i64,
}

impl News {
    pub(super) fn of<'s>(entries: impl Iterator<Item = &'s [Sighting]>) -> Self {
        let mut seen: HashMap<Fingerprint, i64> = HashMap::new();
        let mut counted = 0_usize;
        for sightings in entries.filter(|sightings| !sightings.is_empty()) {
            counted += 1;
            let distinct: HashSet<_> = sightings.iter().map(|sighting| sighting.print).collect();
            for print in distinct {
                *seen.entry(print).or_default() += 1;
            }
        }
        let least = if counted > SINGLES_MAX { 2 } else { 1 };
        let lines = seen.into_iter().filter(|(_, entries)| *entries >= least);
        let lines =
            lines.map(|(print, entries)| json!({ "print": bits(print), "entries": entries }));
        Self {
            lines: lines.collect(),
            counted: i64::try_from(counted).unwrap_or(i64::MAX),
        }
    }
}

/// A fingerprint as a column holds it: databases know no unsigned numbers.
pub(super) fn bits(print: Fingerprint) -> i64 {
    i64::from_ne_bytes(print.0.to_ne_bytes())
}

/// The fingerprint of a column.
pub(super) fn print(bits: i64) -> Fingerprint {
    Fingerprint(u64::from_ne_bytes(bits.to_ne_bytes()))
}

/// Whose a source is: the last two labels of its host, or itself where it has none. That takes all that is below `co.uk`
/// for one, and so for too few witnesses rather than for too many.
fn site(url: &str) -> String {
    let host = Url::parse(url).ok();
    let host = host.as_ref().and_then(Url::host_str);
    let Some(host) = host else {
        return url.to_owned();
    };
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at + 1);
    host[dots.nth(1).unwrap_or(0)..].to_owned()
}

impl Store {
    /// How often the lines of a source were met, of those that three entries or more have.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn counts(&self, source: &Source) -> Result<Counts, StoreError> {
        let sql = "select line.print, line.entries, source.counted from line \
                   join source on source.id = line.source_id where line.source_id = $1 and line.entries >= $2";
        let rows: Vec<(i64, i64, i64)> = on!(self.db, pool => {
            sqlx::query_as(sql)
                .bind(source.id)
                .bind(i64::from(crate::learn::ENTRIES_MIN))
                .fetch_all(pool)
                .await?
        });
        let counted = rows.first().map_or(0, |(_, _, counted)| *counted);
        let number = |count: i64| u32::try_from(count).unwrap_or_default();
        let seen = rows.into_iter();
        let seen = seen.map(|(bits, entries, _)| (print(bits), number(entries)));
        Ok(Counts::new(number(counted), seen))
    }

    /// How often other sites' sources have the lines that are in half of a source's entries or more, and in [`OWN_MIN`].
    /// Of a source that has [`ALONE_MIN`] entries, none: it speaks for itself.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn elsewhere(&self, source: &Source) -> Result<Vec<Elsewhere>, StoreError> {
        // The condition on the entries is that of the index, letter for letter.
        let sql = "select other.print, other_source.url, other.entries, other_source.counted from source as own \
                   join line as mine on mine.source_id = own.id and mine.entries * 2 >= own.counted and mine.entries >= $4 \
                   join line as other on other.print = mine.print and other.entries >= 3 and other.source_id <> own.id \
                   join source as other_source on other_source.id = other.source_id and other_source.removed_at is null \
                   and other.entries * 100 >= other_source.counted * $3 \
                   where own.id = $1 and own.counted < $2";
        let rows: Vec<(i64, String, i64, i64)> = on!(self.db, pool => {
            sqlx::query_as(sql)
                .bind(source.id)
                .bind(i64::from(ALONE_MIN))
                .bind(i64::from(ELSEWHERE_SHARE_MIN))
                .bind(i64::from(OWN_MIN))
                .fetch_all(pool)
                .await?
        });
        let number = |count: i64| u32::try_from(count).unwrap_or_default();
        let own = site(&source.url);
        let lines = rows.into_iter().map(|(bits, url, entries, of)| Elsewhere {
            print: print(bits),
            site: site(&url),
            entries: number(entries),
            of: number(of),
        });
        Ok(lines.filter(|line| line.site != own).collect())
    }
}

/// Adds the lines of new entries inside a transaction. A macro for the reason that `record!` is one.
macro_rules! count {
    ($db:expr, $tx:ident, $source:expr, $news:expr) => {{
        let news = $news;
        if news.counted > 0 {
            let lines = $crate::store::rows::table(&$db, "$2", $crate::store::lines::LINE_COLUMNS);
            let sql = format!(
                "insert into line (source_id, print, entries) select $1, print, entries from {lines} where true \
                 on conflict (source_id, print) do update set entries = line.entries + excluded.entries"
            );
            let lines = serde_json::Value::Array(news.lines).to_string();
            sqlx::query(AssertSqlSafe(sql)).bind($source.id).bind(&lines).execute(&mut *$tx).await?;
            let counted: i64 = sqlx::query_scalar("update source set counted = counted + $2 where id = $1 returning counted")
                .bind($source.id)
                .bind(news.counted)
                .fetch_one(&mut *$tx)
                .await?;
            if counted > $crate::store::lines::COUNTED_MAX {
                for sql in [
                    "update source set counted = counted / 2 where id = $1",
                    "delete from line where source_id = $1 and entries < 2",
                    "update line set entries = entries / 2 where source_id = $1",
                ] {
                    sqlx::query(sql).bind($source.id).execute(&mut *$tx).await?;
                }
            }
        }
    }};
}
pub(super) use count;
