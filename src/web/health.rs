//! Whether the program lives, and how its sources fare, for machines.
//!
//! A source that fails is its publisher's trouble and no reason to call the program unwell.

use super::access::{IsTrusted, Key};
use super::coding::etag;
use super::fares::{public_detail, without_secrets};
use super::feeds::is_current;
use super::fresh::in_time;
use super::{Problem, Shared, troubles};
use crate::daemon::{self, App};
use crate::metrics::{self, State as Seen};
use crate::schedule::words;
use crate::store::{self, StoreError};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// A poll loop that has not come round for this long hangs.
pub(crate) const PULSE_AGE_MAX: Duration = Duration::from_secs(60);

/// `/health`: 200 while it polls, stores and serves, 503 with the reasons otherwise.
pub(super) async fn health(
    State(shared): State<Shared>,
    Extension(IsTrusted(is_trusted)): Extension<IsTrusted>,
) -> Response {
    let reasons = reasons(&shared.app).await;
    let (code, status) = if reasons.is_empty() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "failing")
    };
    let mut body = serde_json::json!({
        "status": status,
        "reasons": reasons,
        "version": env!("CARGO_PKG_VERSION"),
    });
    if is_trusted {
        // The old one is in force, so all is well until the next start.
        body["rejected_configuration"] = shared.app.rejected().map(|it| it.why).into();
        // Of those that share a database. Each goes on by its own.
        if let Some(others) = shared.app.pulse.others() {
            let differing: Vec<String> = others.differing.iter().map(daemon::said).collect();
            body["programs"] = (1 + others.agreeing + differing.len()).into();
            body["other_configurations"] = differing.into();
        }
        tell_sources(&shared, &mut body).await;
    }
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (code, headers, format!("{body}\n")).into_response()
}

/// Adds how the sources fare, as far as the store says.
async fn tell_sources(shared: &Shared, body: &mut serde_json::Value) {
    let app = &shared.app;
    // While it does not answer, waiting once is enough.
    let statuses = match app.store.trouble() {
        Some(_) => Arc::default(),
        None => shared
            .troubled
            .get(app.store.troubled())
            .await
            .unwrap_or_default(),
    };
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
    body["sources"] = app.live.borrow().config.sources.len().into();
    body["failing_sources"] = failing.into();
    body["moved_sources"] = moved.into();
}

/// `/metrics`: for Prometheus.
pub(super) async fn metrics(State(shared): State<Shared>) -> Response {
    let store = &shared.app.store;
    let census = match store.trouble() {
        Some(_) => Err(StoreError::Silent),
        None => shared.census.get(store.census(Timestamp::now())).await,
    };
    if let Err(error) = &census {
        tracing::debug!(%error, "the store can't be counted");
    }
    let others = shared.app.pulse.others();
    let text = shared.app.metrics.text(&Seen {
        others: others.as_ref(),
        census: census.as_deref().ok(),
        can_write: store.trouble().is_none(),
        is_configured: shared.app.rejected().is_none(),
    });
    let headers = [
        (header::CONTENT_TYPE, metrics::MEDIA_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

/// `/health.atom`: what is wrong with sources, and with us.
pub(super) async fn feed(
    State(shared): State<Shared>,
    Extension(key): Extension<Key>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let app = &shared.app;
    let statuses = shared.troubled.get(app.store.troubled()).await?;
    let sources = shared.sources.get(app.store.sources()).await?;
    let public_url = app.live.borrow().config.server.public_url.clone();
    let ours = troubles::Ours {
        // The loop has seen it, or will within a second.
        store: app.store.trouble().zip(app.pulse.troubled_since()),
        configuration: app.rejected(),
    };
    let troubles = troubles::of(&statuses, &sources, ours, Timestamp::now());
    let atom = troubles::atom(troubles, &public_url, &key);
    let etag = etag(&store::hash(&atom), None);
    let headers = [
        (header::CONTENT_TYPE, "application/atom+xml; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=300"),
        (header::ETAG, &etag),
    ];
    if is_current(&request, &etag, None) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, atom).into_response())
}

/// Why the program is not well; empty while it is. A source that fails is its publisher's trouble, not ours.
pub(super) async fn reasons(app: &App) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Some(trouble) = app.store.trouble() {
        reasons.push(format!("the store can't be written: {trouble}"));
    }
    match in_time(app.store.ping()).await {
        Ok(()) => {}
        // Why it does not answer may name what is nobody's business.
        Err(StoreError::Replaced(_)) => reasons.push(
            "the file of the store was replaced or removed while it was in use: restart Feedwash"
                .to_owned(),
        ),
        Err(error) => {
            tracing::error!(%error, "the store does not answer");
            reasons.push("the store does not answer".to_owned());
        }
    }
    if !app.role.polls() {
        return reasons;
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
