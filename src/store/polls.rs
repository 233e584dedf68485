//! The polling side of the store: which sources there are and which are due, who has taken one, and what is to be washed anew.

use super::db::{PASSING, Pools, alone, in_passing, in_transaction, on, write};
use super::leases::taking;
use super::pack::needs_own;
use super::record::{HASH_CHARS, Recording, to_json};
use super::source::{SOURCE_COLUMNS, Source, SourceRow};
use super::team::publisher;
use super::times::NOT_HELD;
use super::write::{Found, record};
use super::{Store, StoreError, Taken, rename, rows};
use crate::config::{Config, Location, SourceConfig};
use crate::model::Entry;
use crate::schedule::site;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sqlx::AssertSqlSafe;
use std::time::Duration;

/// A source of the configuration, as its row set has it.
#[derive(Debug, Serialize)]
struct ConfiguredRow {
    name: String,
    url: String,
    site: Option<String>,
    publisher: Option<i64>,
    published_as: String,
}

impl Store {
    /// Makes the stored sources those of the configuration. New ones are due at once; one whose address
    /// changed starts anew, its entries kept; one that is no longer configured is marked as removed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sync(&self, config: &Config, now: Timestamp) -> Result<(), StoreError> {
        // Of types, since a list of values takes several times as much memory, and there may be thousands.
        let row = |source: &SourceConfig| ConfiguredRow {
            name: source.name.as_str().to_owned(),
            url: source.location.to_string(),
            site: match &source.location {
                Location::Http(url) => site(url),
                Location::File(_) => None,
            },
            publisher: publisher(&source.location),
            published_as: format!("{} {}", config.server.public_url, source.page_entries),
        };
        let given: Vec<_> = config.sources.iter().map(row).collect();
        let given = to_json(&given);
        let table = rows::table(
            &self.db,
            "$1",
            &[
                ("name", "text"),
                ("url", "text"),
                ("site", "text"),
                ("publisher", "bigint"),
                ("published_as", "text"),
            ],
        );
        let upsert = format!(
            "insert into source (name, url, site, publisher, published_as, next_poll_at) select name, url, site, publisher, published_as, $2 from {table} where true \
             on conflict (name) do update set \
               etag = case when source.url = excluded.url then source.etag end, \
               last_modified = case when source.url = excluded.url then source.last_modified end, \
               body_hash = case when source.url = excluded.url then source.body_hash end, \
               failures = case when source.url = excluded.url then source.failures else 0 end, \
               retry_after_until = case when source.url = excluded.url then source.retry_after_until else 0 end, \
               failing_since = case when source.url = excluded.url then source.failing_since end, \
               moved = case when source.url = excluded.url then source.moved end, \
               downgraded_to = case when source.url = excluded.url then source.downgraded_to end, \
               downgraded_since = case when source.url = excluded.url then source.downgraded_since end, \
               answering_site = case when source.url = excluded.url then source.answering_site end, \
               failure = case when source.url = excluded.url then source.failure end, \
               doubt = case when source.url = excluded.url then source.doubt end, \
               trusted = case when source.url = excluded.url then source.trusted else 1 end, \
               next_poll_at = case when source.url = excluded.url then source.next_poll_at else $2 end, \
               revision = case when source.published_as = excluded.published_as then source.revision else source.revision + 1 end, \
               changed_at = case when source.published_as = excluded.published_as then source.changed_at else $2 end, \
               url = excluded.url, site = excluded.site, publisher = excluded.publisher, published_as = excluded.published_as, removed_at = null \
             where source.url <> excluded.url or source.site is distinct from excluded.site \
               or source.publisher is distinct from excluded.publisher \
               or source.published_as <> excluded.published_as or source.removed_at is not null"
        );
        let remove = format!(
            "update source set removed_at = $2 where removed_at is null and name not in (select name from {table})"
        );
        let pairs = rename::pairs(&table);
        let renamed: Vec<(i64, String, String)> = in_transaction!(self.db, tx => {
            alone!(self.db, tx);
            let renamed: Vec<(i64, String, String)> =
                sqlx::query_as(AssertSqlSafe(pairs)).bind(&given).fetch_all(&mut *tx).await?;
            for (id, old, new) in &renamed {
                sqlx::query(rename::FREE).bind(new).execute(&mut *tx).await?;
                for (sql, name) in [(rename::RENAME, new), (rename::KEEP, old)] {
                    sqlx::query(sql).bind(id).bind(name).bind(now.as_second()).execute(&mut *tx).await?;
                }
            }
            for sql in [upsert, remove] {
                sqlx::query(AssertSqlSafe(sql)).bind(&given).bind(now.as_second()).execute(&mut *tx).await?;
            }
            renamed
        });
        for (_, old, new) in renamed {
            tracing::info!(
                old,
                new,
                "the source was renamed; what is stored of it moved along"
            );
        }
        Ok(())
    }

    /// Takes up to `limit` sources that are due; nobody else gets them until they are finished or put back, or,
    /// after a crash, the `lease` is over.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn due(
        &self,
        limit: usize,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Vec<Source>, StoreError> {
        let writer = match &self.db.pools {
            Pools::Sqlite { writer, .. } => writer,
            Pools::Postgres { taker, .. } => {
                return taker.due(&self.db.writes, limit, lease, now).await;
            }
        };
        // SQLite plans a statement anew for each bare parameter that is its limit, and `or fail` keeps no journal of its own.
        let sql = format!(
            "update or fail source set leased_until = $1 + $3 where id in (\
               select id from source where removed_at is null and next_poll_at <= $1 and leased_until <= $1 and {NOT_HELD} \
               order by next_poll_at limit $2 + 0) \
             returning {SOURCE_COLUMNS}"
        );
        let rows: Vec<SourceRow> = write!(self.db, writer, None, begin_with(PASSING), tx => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(now.as_second()).bind(limit as i64).bind(lease.as_secs() as i64)
                .fetch_all(&mut *tx)
                .await?
        });
        Ok(rows.into_iter().map(Source::from).collect())
    }

    /// Takes one source by its name, due or not. `None` where somebody else is polling it, and, without
    /// `force`, where its server said 410 or asked to be left alone until later.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn take(
        &self,
        name: &str,
        force: bool,
        lease: Duration,
        now: Timestamp,
    ) -> Result<Option<Source>, StoreError> {
        let unless_forbidden = if force {
            String::new()
        } else {
            format!("and next_poll_at is not null and retry_after_until <= $1 and {NOT_HELD}")
        };
        let sql = format!(
            "update source set leased_until = $1 + $3, leased_by = $4 \
             where name = $2 and removed_at is null and leased_until <= $1 {unless_forbidden} \
             returning {SOURCE_COLUMNS}"
        );
        let row: Option<SourceRow> = taking!(self.db, now, tx, by => {
            sqlx::query_as(AssertSqlSafe(sql))
                .bind(now.as_second())
                .bind(name)
                .bind(lease.as_secs() as i64)
                .bind(by)
                .fetch_optional(&mut *tx)
                .await?
        });
        Ok(row.map(Source::from))
    }

    /// A configured source, by its name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source(&self, name: &str) -> Result<Option<Source>, StoreError> {
        let sql =
            format!("select {SOURCE_COLUMNS} from source where name = $1 and removed_at is null");
        let row: Option<SourceRow> = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(name).fetch_optional(pool).await?
        });
        Ok(row.map(Source::from))
    }

    /// Every configured source.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let sql =
            format!("select {SOURCE_COLUMNS} from source where removed_at is null order by id");
        let rows: Vec<SourceRow> =
            on!(self.db, pool => sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await?);
        Ok(rows.into_iter().map(Source::from).collect())
    }

    /// Up to so many of the configured sources, by their ids, which are greater than `after`: for who goes through all of
    /// them and needs no more at once.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sources_after(&self, after: i64, limit: usize) -> Result<Vec<Source>, StoreError> {
        let sql = format!(
            "select {SOURCE_COLUMNS} from source where id > $1 and removed_at is null order by id limit $2"
        );
        let rows: Vec<SourceRow> = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(after).bind(limit as i64).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(Source::from).collect())
    }

    /// Gives back sources that were taken and not polled; they are handed out again from `until` on. One whose lease is over
    /// may be somebody else's by now, and is left alone.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_back(&self, taken: &[Taken], until: Timestamp) -> Result<(), StoreError> {
        if taken.is_empty() {
            return Ok(());
        }
        let given: Vec<_> = taken
            .iter()
            .map(|taken| json!({ "id": taken.id, "lease": taken.lease }))
            .collect();
        let table = rows::table(&self.db, "$1", &[("id", "bigint"), ("lease", "bigint")]);
        let sql = format!(
            "update source set leased_until = $2 from {table} where source.id = given.id and source.leased_until = given.lease"
        );
        in_passing!(self.db, tx => {
            sqlx::query(AssertSqlSafe(sql))
                .bind(serde_json::Value::Array(given).to_string())
                .bind(until.as_second())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Makes sources that failed due now, but for those whose server asked to wait or said 410.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn retry_failing(&self, now: Timestamp) -> Result<(), StoreError> {
        in_transaction!(self.db, tx => {
            alone!(self.db, tx);
            sqlx::query(
                "update source set next_poll_at = $1, next_poll_reason = 'the configuration changed' \
                 where failures > 0 and next_poll_at > $1 and retry_after_until <= $1 and removed_at is null",
            )
            .bind(now.as_second())
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// Makes sources due as soon as their shorter intervals let them, each by its name and its interval in seconds; but for
    /// those that fail, and those whose server asked to wait or said 410.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hasten(
        &self,
        intervals: &[(&str, u64)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let given = intervals.iter();
        let given = given.map(|(name, interval)| json!({ "name": name, "interval": interval }));
        let table = rows::table(&self.db, "$1", &[("name", "text"), ("interval", "bigint")]);
        let sql = format!(
            "update source set next_poll_at = case when source.last_poll_at + given.interval > $2 then source.last_poll_at + given.interval else $2 end, \
               next_poll_reason = 'its interval was changed' \
             from {table} where source.name = given.name and source.failures = 0 and source.next_poll_at > $2 \
               and source.next_poll_at > source.last_poll_at + given.interval and source.retry_after_until <= $2 and source.removed_at is null"
        );
        in_transaction!(self.db, tx => {
            alone!(self.db, tx);
            sqlx::query(AssertSqlSafe(sql))
                .bind(serde_json::Value::Array(given.collect()).to_string())
                .bind(now.as_second())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }

    /// Ends all leases of a store that belongs to one machine, for a daemon that starts: whoever held them is
    /// gone. On PostgreSQL others may be at work; what a crash left is given back when sources are taken.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_leases(&self) -> Result<(), StoreError> {
        if self.db.is_sqlite() {
            in_transaction!(self.db, tx => {
                sqlx::query("update source set leased_until = 0 where leased_until <> 0").execute(&mut *tx).await?;
            });
        }
        Ok(())
    }

    /// The stored originals of a document's entries that were edited since, where it takes a wash to say whether their
    /// stories were: for [`Recording::compare_with`].
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn edited(
        &self,
        source: &Source,
        recording: &Recording<'_>,
    ) -> Result<Vec<Entry>, StoreError> {
        let columns = [
            ("key", "text"),
            ("raw_hash", "text"),
            ("story_hash", "text"),
        ];
        let given = rows::table(&self.db, "$2", &columns);
        // A `cross join`, so that SQLite asks the index of entries for each that is given.
        let sql = format!(
            "select entry.parts, entry.raw from {given} cross join entry where entry.source_id = $1 and entry.key = given.key \
             and substr(entry.raw_hash, 1, {HASH_CHARS}) <> given.raw_hash \
             and (substr(entry.story_hash, 1, {HASH_CHARS}) <> given.story_hash or entry.rules_version <> $3)"
        );
        let rows: Vec<(Option<Vec<u8>>, String)> = on!(self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql))
                .bind(source.id)
                .bind(recording.hashes())
                .bind(recording.rules_version)
                .fetch_all(pool)
                .await?
        });
        let packed = rows.iter().any(|(packed, _)| needs_own(packed.as_deref()));
        let mut unpacker = self.unpacker(source.id, packed).await?;
        let entries = rows.iter();
        entries
            .map(|(packed, raw)| unpacker.raw(packed.as_deref(), raw))
            .collect()
    }

    /// Writes entries that were washed anew from the store; no story changed, so none is announced. False where a poll
    /// wrote others meanwhile, which are still to be washed anew.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] where somebody else washed them anew meanwhile, or something was put back, and
    /// [`StoreError::Database`]; then nothing was written.
    pub async fn rewrite(
        &self,
        source: &Source,
        recording: &Recording<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let seen = self.clock.seen(now);
        let is_whole = in_transaction!(self.db, tx => {
            // Takes the lock that a poll takes first, so that neither overwrites what the other has just read.
            let found: Option<Found> = sqlx::query_as(
                "update source set leased_until = leased_until where id = $1 returning rules_version, restored_revision, false",
            )
            .bind(source.id)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(found) = found.filter(|found| source.may_write(found, recording)) else {
                return Err(StoreError::Superseded);
            };
            record!(self.db, tx, source, &found, recording, seen).1 == recording.rules_version
        });
        Ok(is_whole)
    }
}
