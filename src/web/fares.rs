//! How a source fares, in words that anybody may read: without the secrets of addresses and the folders of this machine.

use crate::absolute::has_scheme;
use crate::schedule::words;
use crate::store::Status;
use jiff::Timestamp;
use std::fmt::Write as _;
use std::time::Duration;

pub(super) fn title(status: &Status) -> &str {
    status
        .title
        .as_deref()
        .filter(|title| !title.trim().is_empty())
        .unwrap_or(&status.name)
}

/// How a source fares, in a sentence or two.
pub(super) fn fares(status: &Status, now: Timestamp) -> String {
    let ago = |time: Timestamp| {
        format!(
            "{} ago",
            words(Duration::from_secs(
                (now.as_second() - time.as_second()).max(0) as u64
            ))
        )
    };
    let mut said = match (status.outcome.as_str(), status.last_poll_at) {
        (_, None) => "Not polled yet.".to_owned(),
        ("failed", Some(at)) => format!("The poll {} failed: {}.", ago(at), public_detail(status)),
        ("gone", Some(at)) => format!("The source said {} that it is gone for good.", ago(at)),
        ("changed", Some(at)) => format!("Polled {}: there was news.", ago(at)),
        (_, Some(at)) => format!("Polled {}: nothing new.", ago(at)),
    };
    if let Some(next) = status.next_poll_at {
        let wait = (next.as_second() - now.as_second()).max(0) as u64;
        let _ = write!(
            said,
            " Next poll in {} ({}).",
            words(Duration::from_secs(wait)),
            status.next_poll_reason
        );
    }
    let status = &without_secrets(status);
    for note in [status.moved(), status.downgrade()].into_iter().flatten() {
        let mut letters = note.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let _ = write!(said, " {}{}.", first.unwrap_or(' '), letters.as_str());
    }
    said
}

/// A status without the queries of addresses, where tokens live.
pub(super) fn without_secrets(status: &Status) -> Status {
    let shown = status.moved_to.as_ref().map(|to| match to.split_once('?') {
        Some((address, _)) => format!("{address}?…"),
        None => to.clone(),
    });
    Status {
        moved_to: shown,
        ..status.clone()
    }
}

/// Why the last poll failed, without the folders of this machine.
pub(super) fn public_detail(status: &Status) -> String {
    let detail = status.detail.as_deref().unwrap_or("no reason is known");
    if has_scheme(&status.url) {
        detail.to_owned()
    } else {
        detail.replace(&status.url, "its file")
    }
}
