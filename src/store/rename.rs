//! A source that got another name in `feeds.toml`: what is stored of it moves along, and its old name leads to the new one.
//!
//! A name is all that ties a source to what is stored of it. An address that is configured under a new name, and not any
//! more under the one that it is stored under, is that source renamed; where there is a choice, nothing moves.

use super::db::on;
use super::{Store, StoreError};

/// Row, old name and new name of each source that was renamed; `table` holds the names and addresses that are configured.
/// A name under which nothing was ever read is free: its row only stands for an old name. Each list is made once and looked
/// into by an index: else a start with ten thousand sources takes seconds, and one with a hundred thousand half an hour.
pub(super) fn pairs(table: &str) -> String {
    format!(
        "with given as materialized (select name, url from {table}), \
         wanting as materialized (select name, url from given \
           where not exists (select 1 from source where source.name = given.name and source.raw is not null)), \
         left_over as materialized (select id, name, url from source where raw is not null \
           and (name, url) not in (select name, url from given)) \
         select left_over.id, left_over.name, wanting.name from left_over join wanting on wanting.url = left_over.url \
         where left_over.url in (select url from wanting group by url having count(*) = 1) \
           and left_over.url in (select url from left_over group by url having count(*) = 1)"
    )
}

/// Makes room for the new name, `$1`.
pub(super) const FREE: &str = "delete from source where name = $1 and raw is null";

/// Gives the row `$1` the name `$2`, at `$3`. What is published says its own address, so it changes.
pub(super) const RENAME: &str = "update source set name = $2, revision = revision + 1, changed_at = $3, removed_at = null where id = $1";

/// Keeps the old name, `$2`, as one that was taken out at `$3`.
pub(super) const KEEP: &str = "insert into source (name, url, site, removed_at) select $2, url, site, $3 from source where id = $1";

impl Store {
    /// The configured source that has the address of a name that is not configured any more.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn successor(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> = on!(self.db, pool => {
            sqlx::query_as(
                "select heir.name from source join source as heir on heir.url = source.url and heir.removed_at is null \
                 where source.name = $1 and source.removed_at is not null order by heir.id limit 1",
            )
            .bind(name)
            .fetch_optional(pool)
            .await?
        });
        Ok(row.map(|(name,)| name))
    }
}
