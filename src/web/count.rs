//! Every answer is counted, by route and code.

use super::Shared;
use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

/// Counts an answer. What was asked for is the reader's choice, so only our own routes are named.
pub(super) async fn answers(
    State(shared): State<Shared>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("other", MatchedPath::as_str);
    let bytes = response.body().size_hint().lower();
    let code = response.status().as_u16();
    let metrics = &shared.app.metrics;
    metrics.answered(route, code, bytes, started.elapsed());
    response
}
