//! Sets of rows as one JSON parameter: one statement a table, however many rows.

use super::db::Db;
use serde_json::{Value, json};

/// A column of a row set: its name and its type (`text`, `bigint` or [`BYTES`]).
pub(super) type Column = (&'static str, &'static str);

/// The type of a column of bytes, which stand in the row set in hexadecimal digits: JSON has none.
pub(super) const BYTES: &str = "bytea";

/// The columns of a row set of rows' ids.
pub(super) const ID: &[Column] = &[("id", "bigint")];

/// Such a set.
pub(super) fn ids(ids: &[i64]) -> String {
    let ids: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
    Value::Array(ids).to_string()
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |bits: u8| char::from(DIGITS[usize::from(bits)]);
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        digits.push(digit(byte >> 4));
        digits.push(digit(byte & 15));
    }
    digits
}

/// A table expression over the JSON array of objects in parameter `$n`: the one place where the two
/// databases are asked in different words.
pub(super) fn table(db: &Db, parameter: &str, columns: &[Column]) -> String {
    table_in(db.is_sqlite(), parameter, columns)
}

/// The same where there is a connection and no database.
pub(super) fn table_in(is_sqlite: bool, parameter: &str, columns: &[Column]) -> String {
    let list = |of: &dyn Fn(&str, &str) -> String| {
        let columns = columns.iter().map(|(name, kind)| of(name, kind));
        columns.collect::<Vec<_>>().join(", ")
    };
    if is_sqlite {
        let columns = list(&|name, kind| match kind {
            BYTES => format!("unhex(value ->> '{name}') as {name}"),
            _ => format!("value ->> '{name}' as {name}"),
        });
        // In binary a row is not read as text once more for each of its columns, which was half of what a write cost.
        return format!("(select {columns} from jsonb_each({parameter})) as given");
    }
    let typed = list(&|name, kind| match kind {
        BYTES => format!("{name} text"),
        _ => format!("{name} {kind}"),
    });
    let set = format!("jsonb_to_recordset({parameter}::jsonb) as given({typed})");
    if columns.iter().all(|(_, kind)| *kind != BYTES) {
        return set;
    }
    let columns = list(&|name, kind| match kind {
        BYTES => format!("decode({name}, 'hex') as {name}"),
        _ => name.to_owned(),
    });
    format!("(select {columns} from {set}) as given")
}

/// A column as it stands in a row that is read as JSON.
pub(super) fn value_in(is_sqlite: bool, (name, kind): &Column) -> String {
    match (*kind == BYTES, is_sqlite) {
        (false, _) => (*name).to_owned(),
        // Of nothing it would make an empty text.
        (true, true) => format!("case when {name} is not null then hex({name}) end"),
        (true, false) => format!("encode({name}, 'hex')"),
    }
}
