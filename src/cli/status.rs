//! `status`: how each source fares.

use super::{config, output};
use crate::model::Warning;
use crate::schedule::words;
use crate::service;
use crate::store::Status;
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How many warnings of a source are shown; a source with more is broken in one way many times.
const WARNINGS_SHOWN: usize = 3;

/// `feedwash status`.
pub(super) async fn status(named: Option<&Path>, as_json: bool) -> Result<ExitCode> {
    let config = config::load_to_look(&config::path(named))?;
    let statuses = config::statuses(&config).await?;
    if as_json {
        return output::text(&format!("{}\n", serde_json::to_string_pretty(&statuses)?));
    }
    if statuses.is_empty() {
        output::say(
            "nothing is known of any source yet: start \"feedwash run\", or poll once with \"feedwash poll\"",
        );
        return Ok(ExitCode::SUCCESS);
    }
    output::text(&as_table(&statuses, Timestamp::now()))
}

/// `feedwash health`.
pub(super) async fn health(named: Option<&Path>) -> Result<ExitCode> {
    let listen = config::load_to_look(&config::path(named))?.server.listen;
    let asked = service::health(listen).await;
    let (is_well, said) = asked.with_context(|| {
        format!("can't ask at {listen} (is it running, and does it serve another address than server.listen?)")
    })?;
    output::text(&format!("{said}\n"))?;
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn as_table(statuses: &[Status], now: Timestamp) -> String {
    let heads = [
        "SOURCE", "OUTCOME", "POLLED", "NEXT", "ENTRIES", "REMOVED", "WHY THEN",
    ];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for status in statuses {
        let outcome = match status.failures {
            0 | 1 => status.outcome.clone(),
            n => format!("{} {n}x", status.outcome),
        };
        rows.push(vec![
            status.name.clone(),
            outcome,
            status
                .last_poll_at
                .map_or_else(|| "never".into(), |at| format!("{} ago", length(at, now))),
            status
                .next_poll_at
                .map_or_else(|| "never".into(), |at| format!("in {}", length(now, at))),
            status.entries.to_string(),
            status.removals.to_string(),
            status.next_poll_reason.clone(),
        ]);
    }
    let mut out = output::table(&rows);
    for status in statuses {
        let notes = [
            status.detail.clone(),
            status
                .moved()
                .map(|moved| format!("{moved}; change its url in feeds.toml")),
            status.downgrade(),
        ];
        // Beside a failure, the warnings of an older document would seem to be its reason.
        let known: &[Warning] = if status.failures == 0 {
            &status.warnings
        } else {
            &[]
        };
        let warnings = known.iter().take(WARNINGS_SHOWN);
        let warnings = warnings.map(|warning| format!("warning: {}", output::warning(warning)));
        let others = known.len().saturating_sub(WARNINGS_SHOWN);
        let others = (others > 0).then(|| {
            let others = output::count(others, "more warning", "more warnings");
            format!(
                "{others}; \"feedwash explain --source {}\" shows them",
                status.name
            )
        });
        for note in notes.into_iter().flatten().chain(warnings).chain(others) {
            out.push_str(&format!("{}: {note}\n", status.name));
        }
    }
    out
}

fn length(from: Timestamp, to: Timestamp) -> String {
    words(Duration::from_secs(
        (to.as_second() - from.as_second()).max(0) as u64,
    ))
}
