//! `status`: how each source fares.

use super::{config, output, poll};
use crate::model::Warning;
use crate::schedule::words;
use crate::service;
use crate::store::Status;
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How many warnings of a source are shown; a source with more is broken in one way many times.
const WARNINGS_SHOWN: usize = 3;

/// `feedwash status`.
pub(super) async fn status(
    named: Option<&Path>,
    sources: &[String],
    failing: bool,
    as_json: bool,
) -> Result<ExitCode> {
    let config = config::load_to_look(&config::path(named))?;
    for name in sources {
        if config.source(name).is_none() {
            return Err(poll::no_such_source(&config, name));
        }
    }
    let mut statuses = config::statuses(&config).await?;
    let was_empty = statuses.is_empty();
    statuses.retain(|status| sources.is_empty() || sources.contains(&status.name));
    statuses.retain(|status| !failing || status.failures > 0 || status.outcome == "gone");
    if as_json {
        return output::text(&format!("{}\n", serde_json::to_string_pretty(&statuses)?));
    }
    if statuses.is_empty() && !was_empty {
        output::say(match failing {
            true => "none fails",
            false => "nothing is known of it yet",
        });
        return Ok(ExitCode::SUCCESS);
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
pub(super) async fn health(named: Option<&Path>, address: Option<SocketAddr>) -> Result<ExitCode> {
    let (listen, token) = match address {
        Some(address) => (address, None),
        None => {
            // Without the token nothing is said about sources.
            let config = config::load_to_read_feeds(&config::path(named))?;
            (config.server.listen, config.server.access_token)
        }
    };
    let asked = service::health(listen, token.as_ref()).await;
    let (is_well, said) = asked.with_context(|| {
        format!(
            "can't ask at {listen} (is it running, and does it serve another address than server.listen? \
             \"feedwash health ADDRESS:PORT\" asks there)"
        )
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
