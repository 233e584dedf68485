//! Sets of rows as one JSON parameter: one statement a table, however many rows.

use super::db::Db;

/// A column of a row set: its name and its type (`text` or `bigint`).
pub(super) type Column = (&'static str, &'static str);

/// A table expression over the JSON array of objects in parameter `$n`: the one place where the two
/// databases are asked in different words.
pub(super) fn table(db: &Db, parameter: &str, columns: &[Column]) -> String {
    table_in(db.is_sqlite(), parameter, columns)
}

/// The same where there is a connection and no database.
pub(super) fn table_in(is_sqlite: bool, parameter: &str, columns: &[Column]) -> String {
    match is_sqlite {
        true => {
            let columns: Vec<String> = columns
                .iter()
                .map(|(name, _)| format!("value ->> '{name}' as {name}"))
                .collect();
            // In binary a row is not read as text once more for each of its columns, which was half of what a write cost.
            format!(
                "(select {} from jsonb_each({parameter})) as given",
                columns.join(", ")
            )
        }
        false => {
            let columns: Vec<String> = columns
                .iter()
                .map(|(name, kind)| format!("{name} {kind}"))
                .collect();
            format!(
                "jsonb_to_recordset({parameter}::jsonb) as given({})",
                columns.join(", ")
            )
        }
    }
}
