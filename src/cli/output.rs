//! Writing to standard output, where a closed pipe is no error.

use crate::model::Warning;
use anyhow::{Context as _, Result};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// Writes bytes to standard output.
pub(super) fn bytes(bytes: &[u8]) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .context("can't write to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// Writes text to standard output.
pub(super) fn text(text: &str) -> Result<ExitCode> {
    bytes(text.as_bytes())
}

/// Says something to the person at the terminal, on standard error.
pub(super) fn say(text: &str) {
    // Nobody is left to tell where standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}

/// A number with its noun.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What was forgiven, behind its place: `line 3, entry 3f9a…: …`.
pub(super) fn warning(warning: &Warning) -> String {
    let places = [
        warning.line.map(|line| format!("line {line}")),
        warning.entry.as_ref().map(|key| format!("entry {key}")),
    ];
    let places: Vec<String> = places.into_iter().flatten().collect();
    match places.as_slice() {
        [] => warning.message.clone(),
        places => format!("{}: {}", places.join(", "), warning.message),
    }
}

/// Whether whoever read our output has left.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Rows with their columns aligned, two blanks between them.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:<width$}"))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EntryKey;

    #[track_caller]
    fn check(line: Option<u32>, entry: bool, expected: &str) {
        let told = warning(&Warning {
            entry: entry.then(|| EntryKey::from_hash(&[1; 8])),
            ..Warning::new("x", line)
        });
        assert_eq!(told, expected);
    }

    #[test]
    fn warnings_say_where_as_far_as_it_is_known() {
        check(None, false, "x");
        check(Some(3), false, "line 3: x");
        check(None, true, "entry 0101010101010101: x");
        check(Some(3), true, "line 3, entry 0101010101010101: x");
    }
}
