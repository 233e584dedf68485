//! The short way to a feed that is kept: without a route, a task or a question to the store.
//!
//! It answers as the long way does, head for head and byte for byte, or not at all; then the long way makes what is missing.

use super::Shared;
use super::coding::{COMPRESS_BYTES_MIN, accepted};
use crate::metrics::{Answers, Metrics};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use std::time::Instant;

/// Where the feeds are, and how their route is called.
const FEEDS: &str = "/feeds/";
pub(super) const ROUTE: &str = "/feeds/{file}";

/// Counts what is answered.
pub(super) struct Counters {
    whole: Answers,
    not_modified: Answers,
}

impl Counters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let answers = |code: StatusCode| metrics.answers(ROUTE, code.as_u16());
        Self {
            whole: answers(StatusCode::OK),
            not_modified: answers(StatusCode::NOT_MODIFIED),
        }
    }
}

/// Only browsers send it, which may be shown something else.
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The answer to who asks for the first page of a feed, where all of it is at hand.
pub(super) fn answer<B>(shared: &Shared, request: &Request<B>) -> Option<Response<Bytes>> {
    let started = Instant::now();
    let uri = request.uri();
    let file = uri.path().strip_prefix(FEEDS)?;
    let headers = request.headers();
    if request.method() != Method::GET || uri.query().is_some() || headers.contains_key(FETCH_MODE)
    {
        return None;
    }
    let page = {
        let live = shared.app.live.borrow();
        // Who asks has to show a token first.
        if live.config.server.access_token.is_some() {
            return None;
        }
        shared.rendered.get(file, &live)?
    };
    let heads = page.heads(&shared.app.store)?;
    let coding = accepted(headers).filter(|_| page.length() >= COMPRESS_BYTES_MIN);
    let (code, head) = heads.answer(headers, coding);
    let counters = &shared.quick;
    let (body, answers) = match code {
        StatusCode::NOT_MODIFIED => (Bytes::new(), &counters.not_modified),
        _ => (page.at_hand(coding)?, &counters.whole),
    };
    let metrics = &shared.app.metrics;
    metrics.answered_of(answers, body.len() as u64, started.elapsed());
    Some(response(code, head, body))
}

fn response(code: StatusCode, head: HeaderMap, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    *response.headers_mut() = head;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, StoreLocation};
    use crate::daemon::{App, Role};
    use crate::poll::Live;
    use crate::store::Store;
    use crate::web::{Key, feeds};
    use axum::extract::{self, Extension, Query, State};
    use axum::http::header;
    use jiff::Timestamp;
    use std::path::Path;

    async fn shared(toml: &str) -> Shared {
        let config = Config::from_toml(toml, Path::new(""), None).expect("a configuration");
        let store = Store::open(&StoreLocation::Memory).await.expect("a store");
        store
            .sync(&config, Timestamp::UNIX_EPOCH)
            .await
            .expect("it is written");
        let live = Live::new(config).expect("a client");
        Shared::new(App::new(store, live, Role::default()).0)
    }

    fn request(path: &str, fields: &[(HeaderName, &str)]) -> Request<()> {
        let request = Request::builder().uri(path);
        let request = fields.iter().fold(request, |request, (name, value)| {
            request.header(name, *value)
        });
        request.body(()).expect("a request")
    }

    const PRESS: &str = "[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\n";

    #[tokio::test]
    async fn what_is_kept_and_asked_for_plainly_is_answered() {
        let shared = shared(PRESS).await;
        let quick = |path: &str, fields: &[(HeaderName, &str)]| {
            answer(&shared, &request(path, fields)).map(|answer| answer.status().as_u16())
        };
        assert_eq!(quick("/feeds/press.rss", &[]), None);
        let made = feeds::feed(
            State(shared.clone()),
            extract::Path("press.rss".to_owned()),
            Ok(Query::default()),
            Extension(Key::default()),
            HeaderMap::new(),
        );
        let made = made.await.expect("it is there");
        let etag = made.headers()[header::ETAG].clone();
        let etag = etag.to_str().expect("it is text");
        assert_eq!(quick("/feeds/press.rss", &[]), Some(200));
        assert_eq!(
            quick("/feeds/press.rss", &[(header::IF_NONE_MATCH, etag)]),
            Some(304)
        );
        for (path, fields) in [
            ("/feeds/press.atom", &[][..]),
            ("/feeds/press", &[]),
            ("/feeds/press.rss?page=2", &[]),
            ("/feeds/nobody.rss", &[]),
            ("/", &[]),
            ("/feeds/press.rss", &[(FETCH_MODE, "navigate")]),
        ] {
            assert_eq!(quick(path, fields), None, "{path} {fields:?}");
        }
        shared
            .app
            .store
            .release_leases()
            .await
            .expect("it is written");
        assert_eq!(
            quick("/feeds/press.rss", &[]),
            None,
            "something was written"
        );
    }
}
