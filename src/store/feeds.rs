//! The publishing side of the store: a feed as it is served, and the originals behind it.

use super::db::on;
use super::pack::{Dictionary, Unpacker, needs_own};
use super::times::time;
use super::{Source, Store, StoreError};
use crate::model::{Date, Feed};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

/// What a request needs to know before the feed itself: whether its copy is still the newest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The source's row.
    pub id: i64,
    /// Grows with each change of what is published; 0 before the first poll.
    pub revision: i64,
    /// When what is published last changed.
    pub changed_at: Option<Timestamp>,
    /// When it is polled next.
    pub next_poll_at: Option<Timestamp>,
}

/// One page of a feed, as published.
#[derive(Debug, Clone)]
pub struct Published {
    /// The feed with the page's entries, newest first.
    pub feed: Feed,
    /// Whether older entries follow.
    pub has_next: bool,
}

/// Reads what the store wrote itself. An element of `XML_DEPTH_MAX` levels is deeper in JSON than
/// serde_json reads from strangers, and its depth was limited when it was parsed.
pub(super) fn read<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T, StoreError> {
    let mut json = serde_json::Deserializer::from_str(json);
    json.disable_recursion_limit();
    T::deserialize(&mut json).map_err(|error| StoreError::Damaged {
        what,
        why: error.to_string(),
    })
}

fn date(seconds: i64) -> Option<Date> {
    let time = Timestamp::from_second(seconds).ok()?;
    Some(Date {
        raw: time.to_string(),
        time: Some(time),
    })
}

impl Store {
    /// What unpacks entries of a source that were read before, given whether one of them needs the source's own dictionary.
    pub(super) async fn unpacker(
        &self,
        source_id: i64,
        needs_own: bool,
    ) -> Result<Unpacker, StoreError> {
        let packed: Option<Vec<u8>> = match needs_own {
            true => on!(self.db, pool => {
                sqlx::query_scalar("select packed from dictionary where source_id = $1")
                    .bind(source_id)
                    .fetch_optional(pool)
                    .await?
            }),
            false => None,
        };
        let own = packed.map(Dictionary::unpack);
        Unpacker::new(own.transpose()?)
    }

    /// What is known of a source without reading its entries. `None` where there never was one of that name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn heading(&self, name: &str) -> Result<Option<Heading>, StoreError> {
        // A request may ask for any name, and PostgreSQL refuses a question with this character in it.
        if name.contains('\0') {
            return Ok(None);
        }
        type Row = (i64, i64, Option<i64>, Option<i64>);
        let row: Option<Row> = on!(self.db, pool => {
            sqlx::query_as("select id, revision, changed_at, next_poll_at from source where name = $1")
                .bind(name)
                .fetch_optional(pool)
                .await?
        });
        Ok(row.map(|(id, revision, changed_at, next_poll_at)| Heading {
            id,
            revision,
            changed_at: time(changed_at),
            next_poll_at: time(next_poll_at),
        }))
    }

    /// The page of a feed that starts after `skip` entries. A source without a poll is a feed without entries.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn feed(&self, id: i64, skip: u32, limit: u32) -> Result<Published, StoreError> {
        type Row = (Option<Vec<u8>>, String, i64, Option<i64>);
        let (head, rows): (Option<String>, Vec<Row>) = on!(self.db, pool => {
            let (head,): (Option<String>,) =
                sqlx::query_as("select clean from source where id = $1").bind(id).fetch_one(pool).await?;
            let rows = sqlx::query_as(
                "select parts, clean, first_seen_at, updated_at from entry where source_id = $1 \
                 order by sort_at desc, first_seen_at desc, position limit $2 offset $3",
            )
            .bind(id)
            .bind(i64::from(limit) + 1)
            .bind(i64::from(skip))
            .fetch_all(pool)
            .await?;
            (head, rows)
        });
        let mut feed: Feed =
            head.map_or_else(|| Ok(Feed::default()), |head| read("feed", &head))?;
        let has_next = rows.len() > limit as usize;
        let packed = rows.iter().any(|row| needs_own(row.0.as_deref()));
        let mut unpacker = self.unpacker(id, packed).await?;
        for (packed, clean, first_seen_at, updated_at) in rows.into_iter().take(limit as usize) {
            let mut entry = unpacker.clean(packed.as_deref(), &clean)?;
            let given = entry
                .updated
                .as_ref()
                .and_then(|date| date.time)
                .map(Timestamp::as_second);
            // Where none is kept, the publisher dated an entry anew whose story it did not change.
            if given != updated_at {
                entry.updated = updated_at.and_then(date);
            }
            // A date that the publisher never gave is the moment we first saw the entry.
            let dated = [&entry.published, &entry.updated]
                .iter()
                .any(|date| date.as_ref().is_some_and(|date| date.time.is_some()));
            if !dated {
                entry.published = date(first_seen_at);
            }
            feed.entries.push(entry);
        }
        Ok(Published { feed, has_next })
    }

    /// Everything stored of a source as it was read, newest entries first. `None` where it was never read.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn stored_raw(&self, source: &Source) -> Result<Option<Feed>, StoreError> {
        type Row = (Option<Vec<u8>>, String);
        let (head, rows): (Option<String>, Vec<Row>) = on!(self.db, pool => {
            let (head,): (Option<String>,) =
                sqlx::query_as("select raw from source where id = $1").bind(source.id).fetch_one(pool).await?;
            let rows = sqlx::query_as("select parts, raw from entry where source_id = $1 order by sort_at desc, first_seen_at desc, position")
                .bind(source.id)
                .fetch_all(pool)
                .await?;
            (head, rows)
        });
        let Some(head) = head else { return Ok(None) };
        let mut feed: Feed = read("feed", &head)?;
        let packed = rows.iter().any(|row| needs_own(row.0.as_deref()));
        let mut unpacker = self.unpacker(source.id, packed).await?;
        for (packed, raw) in rows {
            feed.entries.push(unpacker.raw(packed.as_deref(), &raw)?);
        }
        Ok(Some(feed))
    }
}
