//! Writing to standard output, where a closed pipe is no error.

use crate::model::Warning;
use crate::render;
use anyhow::{Context as _, Result};
use std::io::{self, Write as _};
use std::process::ExitCode;

/// How much of an entry's title names it, in characters.
const TITLE_CHARS: usize = 40;

/// How much of an entry's id names it, in characters; the ends of addresses differ, so this is most of one.
const ID_CHARS: usize = 120;

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

/// What was forgiven, behind its place: `line 3, entry "Lighthouse lit again": …`. An entry without a title
/// is named by its id, and by its key where that is all that is known.
pub(super) fn warning(warning: &Warning) -> String {
    let title = warning
        .title
        .as_ref()
        .map(|title| line(&render::plain(title), TITLE_CHARS));
    let id = warning.id.as_ref().map(|id| line(id, ID_CHARS));
    let name = title
        .filter(|title| !title.is_empty())
        .map(|title| format!("{title:?}"))
        .or(id);
    let places = [
        warning.line.map(|line| format!("line {line}")),
        warning
            .entry
            .as_ref()
            .map(|key| format!("entry {}", name.unwrap_or_else(|| key.to_string()))),
    ];
    let places: Vec<String> = places.into_iter().flatten().collect();
    match places.as_slice() {
        [] => warning.message.clone(),
        places => format!("{}: {}", places.join(", "), warning.message),
    }
}

/// The beginning of a text on one line, safe for a terminal.
pub(super) fn line(text: &str, chars_max: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let mut chars = line.chars().filter(|c| !c.is_control());
    let mut start: String = chars.by_ref().take(chars_max).collect();
    if chars.next().is_some() {
        start.push('…');
    }
    start
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
    use crate::model::{EntryKey, Text};

    #[track_caller]
    fn check(line: Option<u32>, entry: bool, expected: &str) {
        check_named(line, entry, None, None, expected);
    }

    #[track_caller]
    fn check_named(
        line: Option<u32>,
        entry: bool,
        id: Option<&str>,
        title: Option<&str>,
        expected: &str,
    ) {
        let told = warning(&Warning {
            id: id.map(str::to_owned),
            title: title.map(Text::plain),
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
        check_named(None, true, Some("tag:1"), None, "entry tag:1: x");
        check_named(None, true, Some("tag:1"), Some(" "), "entry tag:1: x");
        let title =
            "The lamp \u{1b}was lit\nagain on Sunday evening, and two hundred people watched";
        check_named(
            None,
            true,
            Some("tag:1"),
            Some(title),
            "entry \"The lamp was lit again on Sunday evening…\": x",
        );
    }
}
