//! The tables of a store, with what of them is carried over into another.

use crate::store::rows::{BYTES, Column};

/// A table, with what is carried over.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// In which order its rows are read.
    pub(super) key: &'static str,
    /// Its ids are counted by the database, which goes on from the highest.
    pub(super) counts: bool,
    /// Its ids are told to users, and none is ever given twice.
    pub(super) promises: bool,
}

/// Every table, those before that others refer to. What is left out says who is at work at this moment (leases, programs, and
/// the trial of a full disk), or is written anew at each start.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "source",
        columns: &[
            ("id", "bigint"),
            ("name", "text"),
            ("url", "text"),
            ("published_as", "text"),
            ("next_poll_at", "bigint"),
            ("next_poll_reason", "text"),
            ("retry_after_until", "bigint"),
            ("etag", "text"),
            ("last_modified", "text"),
            ("body_hash", "text"),
            ("rules_version", "text"),
            ("failures", "bigint"),
            ("pace", "text"),
            ("last_poll_at", "bigint"),
            ("last_success_at", "bigint"),
            ("outcome", "text"),
            ("detail", "text"),
            ("revision", "bigint"),
            ("changed_at", "bigint"),
            ("head_hash", "text"),
            ("raw", "text"),
            ("clean", "text"),
            ("warnings", "text"),
            ("removals", "text"),
            ("removed_at", "bigint"),
            ("counted", "bigint"),
            ("restored_revision", "bigint"),
            ("cut_since", "bigint"),
            ("moved", "text"),
            ("downgraded_to", "text"),
            ("site", "text"),
            ("answering_site", "text"),
            ("failure", "text"),
            ("doubt", "text"),
            ("trusted", "bigint"),
            ("failing_since", "bigint"),
            ("downgraded_since", "bigint"),
            ("entries", "bigint"),
            ("taken", "bigint"),
        ],
        key: "id",
        counts: true,
        promises: false,
    },
    Table {
        name: "entry",
        columns: &[
            ("id", "bigint"),
            ("source_id", "bigint"),
            ("key", "text"),
            ("first_seen_at", "bigint"),
            ("left_at", "bigint"),
            ("changed_at", "bigint"),
            ("sort_at", "bigint"),
            ("position", "bigint"),
            ("raw_hash", "text"),
            ("story_hash", "text"),
            ("updated_at", "bigint"),
            ("rules_version", "text"),
            ("raw", "text"),
            ("clean", "text"),
            ("parts", BYTES),
            ("taken", "bigint"),
        ],
        key: "id",
        counts: true,
        promises: false,
    },
    Table {
        name: "dictionary",
        columns: &[("source_id", "bigint"), ("packed", BYTES)],
        key: "source_id",
        counts: false,
        promises: false,
    },
    Table {
        name: "removal",
        columns: &[
            ("entry_id", "bigint"),
            ("number", "bigint"),
            ("field", "text"),
            ("pass", "text"),
            ("rule", "text"),
            ("evidence", "text"),
            ("before_text", "text"),
            ("after_text", "text"),
        ],
        key: "entry_id, number",
        counts: false,
        promises: false,
    },
    Table {
        name: "poll",
        columns: &[
            ("id", "bigint"),
            ("source_id", "bigint"),
            ("started_at", "bigint"),
            ("duration_ms", "bigint"),
            ("outcome", "text"),
            ("detail", "text"),
            ("new_entries", "bigint"),
            ("updated_entries", "bigint"),
        ],
        key: "id",
        counts: true,
        promises: false,
    },
    Table {
        name: "line",
        columns: &[
            ("source_id", "bigint"),
            ("print", "bigint"),
            ("entries", "bigint"),
        ],
        key: "source_id, print",
        counts: false,
        promises: false,
    },
    Table {
        name: "restored",
        columns: &[
            ("id", "bigint"),
            ("source_id", "bigint"),
            ("entry_key", "text"),
            ("field", "text"),
            ("print", "bigint"),
            ("pass", "text"),
            ("before_text", "text"),
            ("created_at", "bigint"),
        ],
        key: "id",
        counts: true,
        promises: true,
    },
    Table {
        name: "hold",
        columns: &[("site", "text"), ("until", "bigint")],
        key: "site",
        counts: false,
        promises: false,
    },
    Table {
        name: "upkeep",
        columns: &[("id", "bigint"), ("clock", "bigint"), ("wall", "bigint")],
        key: "id",
        counts: false,
        promises: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreLocation;
    use crate::store::Store;
    use crate::store::db::Pools;
    use std::collections::BTreeSet;

    /// What says who is at work at this moment, and what each start writes anew.
    const LEFT_OUT: &[(&str, &str)] = &[
        ("source", "leased_until"),
        ("source", "leased_by"),
        ("source", "publisher"),
        ("program", "id"),
        ("program", "machine"),
        ("program", "settings"),
        ("program", "sources"),
        ("program", "disturbed"),
        ("upkeep", "filler"),
    ];

    #[tokio::test]
    async fn every_column_of_every_table_is_carried_over() {
        let store = Store::open(&StoreLocation::Memory).await.expect("a store");
        let Pools::Sqlite { readers, .. } = &store.db.pools else {
            unreachable!("it is in memory");
        };
        let sql = "select m.name, c.name from sqlite_schema m join pragma_table_info(m.name) c where m.type = 'table' \
                   and m.name not like 'sqlite_%' and m.name not like '_sqlx_%'";
        let there: Vec<(String, String)> = sqlx::query_as(sql)
            .fetch_all(readers)
            .await
            .expect("a list");
        let there: BTreeSet<(&str, &str)> = there
            .iter()
            .map(|(table, column)| (&**table, &**column))
            .collect();
        let carried = TABLES.iter().flat_map(|table| {
            table
                .columns
                .iter()
                .map(|(column, _)| (table.name, *column))
        });
        let carried: BTreeSet<(&str, &str)> = carried.chain(LEFT_OUT.iter().copied()).collect();
        assert_eq!(carried, there);
    }
}
