//! Whether the program lives, and how its sources fare, for machines.
//!
//! A source that fails is its publisher's trouble and no reason to call the program unwell.

use super::Shared;
use super::fares::{public_detail, without_secrets};
use crate::daemon::App;
use crate::schedule::words;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// A poll loop that has not come round for this long hangs.
pub(crate) const PULSE_AGE_MAX: Duration = Duration::from_secs(60);

/// `/health`: 200 while it polls, stores and serves, 503 with the reasons otherwise.
pub(super) async fn health(State(shared): State<Shared>) -> Response {
    let reasons = reasons(&shared.app).await;
    let (code, status) = if reasons.is_empty() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "failing")
    };
    let statuses = shared.app.store.statuses().await.unwrap_or_default();
    let failing: Vec<_> = statuses
        .iter()
        .filter(|status| status.failures > 0)
        .map(|status| {
            serde_json::json!({
                "source": status.name,
                "failures": status.failures,
                "kind": status.failure,
                "detail": public_detail(status),
            })
        })
        .collect();
    let moved: Vec<_> = statuses
        .iter()
        .filter(|status| status.moved_to.is_some() || status.downgraded_to.is_some())
        .map(without_secrets)
        .map(|status| {
            serde_json::json!({
                "source": status.name,
                "to": status.moved_to,
                "since": status.moved_since,
                "adopted_at": status.adopted_at,
                "downgraded_to": status.downgraded_to,
            })
        })
        .collect();
    let body = serde_json::json!({
        "status": status,
        "reasons": reasons,
        "version": env!("CARGO_PKG_VERSION"),
        "sources": statuses.len(),
        "failing_sources": failing,
        "moved_sources": moved,
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (code, headers, format!("{body}\n")).into_response()
}

/// Why the program is not well; empty while it is. A source that fails is its publisher's trouble, not ours.
async fn reasons(app: &App) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(trouble) = app.store.trouble() {
        reasons.push(format!("the store can't be written: {trouble}"));
    }
    if let Err(error) = app.store.ping().await {
        tracing::error!(%error, "the store does not answer");
        reasons.push("the store does not answer".to_owned());
    }
    match app.pulse.age() {
        None => reasons.push("the poll loop has not started yet".to_owned()),
        Some(age) if age > PULSE_AGE_MAX => {
            reasons.push(format!(
                "the poll loop has not come round for {}",
                words(age)
            ));
        }
        Some(_) => {}
    }
    reasons
}
