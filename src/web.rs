//! What is published: routes, the feeds, and the small pages around them.
//!
//! Polls nothing, and fetches and washes only what a visitor tries and the icons of sites. Invariants: the same entries give the
//! same bytes and the same `ETag`; an error page never says more than the reader needs, and is never a feed; every answer to a
//! request carries the security headers.

mod access;
mod coding;
mod count;
mod fares;
mod feeds;
mod fresh;
mod heads;
mod health;
mod kept;
mod manners;
mod pages;
mod quick;
mod server;
mod troubles;
mod turns;
mod words;

pub(crate) use access::Key;
pub(crate) use health::PULSE_AGE_MAX;
pub(crate) use pages::{STYLE_PATH, opml_of};
pub use server::serve;

use crate::daemon::App;
use crate::limits;
use crate::store::{Census, Source, Status, StoreError};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use fresh::Fresh;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tower_http::catch_panic::CatchPanicLayer;

/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// What the handlers share: one pointer, since each request takes several.
#[derive(Clone)]
struct Shared(Arc<Parts>);

/// What is shared.
struct Parts {
    app: App,
    rendered: kept::Cache,
    quick: quick::Counters,
    turns: turns::Turns,
    summaries: pages::Summaries,
    accounts: pages::Accounts,
    trials: pages::Trials,
    // What fetches icons goes on when its visitor has left.
    icons: Arc<pages::Icons>,
    troubled: Fresh<Vec<Status>>,
    sources: Fresh<Vec<Source>>,
    titles: Fresh<Vec<Status>>,
    census: Fresh<Census>,
}

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Shared {
    fn new(app: App) -> Self {
        let turns = turns::Turns::default();
        Self(Arc::new(Parts {
            quick: quick::Counters::new(&app.metrics),
            app,
            rendered: kept::Cache::new(turns.clone()),
            turns,
            summaries: pages::Summaries::default(),
            accounts: pages::Accounts::default(),
            trials: pages::Trials::default(),
            icons: Arc::default(),
            troubled: Fresh::default(),
            sources: Fresh::default(),
            titles: Fresh::default(),
            census: Fresh::default(),
        }))
    }
}

/// All routes.
pub fn router(app: App) -> Router {
    routes(Shared::new(app))
}

fn routes(shared: Shared) -> Router {
    Router::new()
        // For people.
        .route("/", get(pages::index))
        .route(&STYLE_PATH, get(pages::style))
        .route("/feeds/{name}/{entry}", get(pages::entry))
        .route("/feeds", get(pages::without_slash))
        .route("/feeds/", get(pages::without_slash))
        .route("/feeds/{name}/", get(pages::without_slash))
        .route("/feeds/{name}/{entry}/", get(pages::without_slash))
        .route("/try/", get(pages::without_slash))
        .route("/feeds.opml/", get(pages::without_slash))
        .route("/icons/{name}", get(pages::icon))
        .route(
            "/try",
            get(pages::try_form)
                .post(pages::tried)
                .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX)),
        )
        // For feed readers, and, without an ending, for people.
        .route(quick::ROUTE, get(feeds::feed))
        .route("/feeds.opml", get(pages::opml))
        // For machines.
        .route("/health", get(health::health))
        .route("/health.atom", get(health::feed))
        .route("/metrics", get(health::metrics))
        .method_not_allowed_fallback(|| async {
            Problem(
                StatusCode::METHOD_NOT_ALLOWED,
                "there is nothing to do here but to read",
            )
        })
        .fallback(|| async {
            Problem(
                StatusCode::NOT_FOUND,
                "there is no such page; the feeds are listed at /",
            )
        })
        .with_state(shared.clone())
        // Outermost last: a panic and a timeout become answers first, and then every answer gets its headers and is counted.
        .layer(from_fn_with_state(shared.clone(), access::guard))
        .layer(CatchPanicLayer::custom(|_| BUG.into_response()))
        .layer(from_fn(in_time))
        .layer(from_fn_with_state(shared.clone(), pages::for_people))
        .layer(map_response(secure))
        .layer(from_fn_with_state(shared, count::answers))
}

/// Ends an answer that takes too long.
async fn in_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(ANSWER_TIMEOUT, next.run(request)).await;
    answered.unwrap_or_else(|_| {
        let late = "this takes too long; try again later";
        Problem(StatusCode::SERVICE_UNAVAILABLE, late).into_response()
    })
}

/// Headers that every answer of ours carries; what is no request at all is refused before it comes here.
async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        // A page says itself what it may load.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// These headers, where there are no others yet.
fn security() -> HeaderMap {
    let headers = SECURITY.map(|(name, value)| (name, HeaderValue::from_static(value)));
    headers.into_iter().collect()
}

/// Nothing that is served runs a script or is framed.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    // What a page of ours opens, or is opened by, gets no hold of it.
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    // Nothing asks for a part of an answer (RFC 9110 §14.3): each is whole, and small.
    (header::ACCEPT_RANGES, "none"),
];

/// What a [`Problem`] says, beside its answer: for a page in place of the line of text.
#[derive(Debug, Clone, Copy)]
struct Said(&'static str);

/// An answer that is no success. Internals are logged, never sent.
#[derive(Debug)]
struct Problem(StatusCode, &'static str);

/// What nobody should ever see.
const BUG: Problem = Problem(
    StatusCode::INTERNAL_SERVER_ERROR,
    "that failed, which is a bug of Feedwash",
);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        let said = Extension(Said(self.1));
        (self.0, no_store, said, format!("{}\n", self.1)).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        complain(&error);
        Self(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer; try again later",
        )
    }
}

/// How often is told that readers can't be answered: they may ask as often as they like.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// Tells why a reader can't be answered, if that was not told just now.
fn complain(error: &StoreError) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.is_some_and(|last| last.elapsed() < COMPLAIN_EVERY) {
        tracing::debug!(%error, "can't answer a reader");
        return;
    }
    *last = Some(Instant::now());
    tracing::error!(%error, "can't answer a reader; others within a minute are not told of");
}
