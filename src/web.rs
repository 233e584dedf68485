//! What is published: routes, the feeds, and the small pages around them.
//!
//! Polls nothing and washes nothing. Invariants: the same entries give the same bytes and the same `ETag`;
//! an error page never says more than the reader needs, and is never a feed; every answer carries the security headers.

mod fares;
mod feeds;
mod health;
mod pages;
mod words;

pub(crate) use health::PULSE_AGE_MAX;
pub(crate) use pages::{opml_of, style_path};

use crate::daemon::App;
use crate::limits;
use crate::store::StoreError;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long to wait after a connection could not be accepted.
const ACCEPT_RETRY: Duration = Duration::from_millis(500);

/// How long answers under way may take after the word to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    app: App,
    rendered: Arc<feeds::Cache>,
    summaries: Arc<pages::Summaries>,
    trials: Arc<pages::Trials>,
}

/// All routes.
pub fn router(app: App) -> Router {
    let shared = Shared {
        app,
        rendered: Arc::default(),
        summaries: Arc::default(),
        trials: Arc::default(),
    };
    Router::new()
        // For people.
        .route("/", get(pages::index))
        .route(&style_path(), get(pages::style))
        .route("/feeds/{name}/{entry}", get(pages::entry))
        .route(
            "/try",
            get(pages::try_form)
                .post(pages::tried)
                .layer(DefaultBodyLimit::max(limits::FORM_BYTES_MAX)),
        )
        // For feed readers, and, without an ending, for people.
        .route("/feeds/{file}", get(feeds::feed))
        .route("/feeds.opml", get(pages::opml))
        // For machines.
        .route("/health", get(health::health))
        .fallback(|| async {
            Problem(
                StatusCode::NOT_FOUND,
                "there is no such page; the feeds are listed at /",
            )
        })
        .with_state(shared)
        // Outermost last: a panic and a timeout become answers first, and then every answer gets its headers.
        .layer(CatchPanicLayer::custom(|_| {
            Problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "that failed, which is a bug of Feedwash",
            )
            .into_response()
        }))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER_TIMEOUT,
        ))
        .layer(axum::middleware::map_response(secure))
}

/// Serves until `shutdown`, then lets the answers under way finish. Who dawdles over a request is sent away, and
/// there are so many connections and no more.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) {
    let service = TowerToHyperService::new(router(app));
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_HEAD_TIMEOUT)
        .max_buf_size(limits::REQUEST_HEAD_BYTES_MAX);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accepted => match accepted {
                (place, Ok((stream, _))) => (place, stream),
                (_, Err(error)) => {
                    // Most often there are no file descriptors left; connections that end give some back.
                    tracing::warn!(%error, "can't accept a connection");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                    continue;
                }
            },
        };
        // Only the latency of the last packet depends on it.
        let _ = stream.set_nodelay(true);
        let connection = server
            .serve_connection(TokioIo::new(stream), service.clone())
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error, "a connection ended early");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN_TIMEOUT) => {}
    }
}

/// Headers that every answer carries. Nothing that is served runs a script or is framed.
async fn secure(mut response: Response) -> Response {
    const POLICY: &str =
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        // A page says itself what it may load.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// An answer that is no success. Internals are logged, never sent.
#[derive(Debug)]
struct Problem(StatusCode, &'static str);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let no_store = [(header::CACHE_CONTROL, "no-store")];
        (self.0, no_store, format!("{}\n", self.1)).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "can't answer a reader");
        Self(
            StatusCode::SERVICE_UNAVAILABLE,
            "the store does not answer; try again later",
        )
    }
}
