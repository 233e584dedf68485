//! The short way to a kept feed says what the long way says, and nothing of yesterday.

use super::crowd::{published, serve_as_run};
use crate::support::{after, client, publish, rss, serve, washed};
use feedwash::store::Store;
use reqwest::header::{self, HeaderMap, HeaderName};
use std::net::SocketAddr;
use tokio_util::sync::CancellationToken;

const PATH: &str = "/feeds/press.rss";

/// A store with a feed, its server as the program runs it, and one that knows the long way alone.
async fn both() -> (Store, SocketAddr, SocketAddr, CancellationToken) {
    let (store, app) = published().await;
    let (address, shutdown) = serve_as_run(app.clone()).await;
    (store, address, serve(app).await, shutdown)
}

/// The code, the head without what differs by itself, and the body.
async fn ask(address: SocketAddr, fields: &[(HeaderName, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = client().get(format!("http://{address}{PATH}"));
    for (name, value) in fields {
        request = request.header(name, *value);
    }
    let answer = request.send().await.unwrap();
    let (code, mut head) = (answer.status().as_u16(), answer.headers().clone());
    // Seconds may pass between two answers.
    for name in [header::DATE, header::CACHE_CONTROL] {
        assert!(head.remove(&name).is_some(), "no {name}");
    }
    (code, head, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn the_short_way_says_what_the_long_way_says() {
    let (_store, quick, long, _shutdown) = both().await;
    let etag = ask(long, &[]).await.1[header::ETAG].clone();
    let etag = etag.to_str().unwrap();
    for fields in [
        &[][..],
        &[(header::ACCEPT_ENCODING, "gzip")],
        &[(header::ACCEPT_ENCODING, "br")],
        &[(header::ACCEPT_ENCODING, "zstd;q=0.5, gzip;q=0.1")],
        &[(header::IF_NONE_MATCH, etag)],
        &[(header::IF_NONE_MATCH, "\"old\"")],
        &[
            (header::IF_NONE_MATCH, etag),
            (header::ACCEPT_ENCODING, "gzip"),
        ],
        &[(header::IF_MODIFIED_SINCE, "Sat, 01 Jan 2044 00:00:00 GMT")],
        &[(header::ACCEPT, "text/html")],
    ] {
        let expected = ask(long, fields).await;
        // The first makes what is missing, the second finds it.
        for _ in 0..2 {
            assert_eq!(ask(quick, fields).await, expected, "{fields:?}");
        }
    }
}

#[tokio::test]
async fn a_new_entry_is_served_at_once() {
    let (store, quick, _, _shutdown) = both().await;
    for number in 1..5 {
        for _ in 0..3 {
            assert_eq!(ask(quick, &[]).await.0, 200);
        }
        let title = format!("news of day {number}");
        let document = washed(&rss(&[(&title, &title, "<p>It came.</p>")]));
        publish(&store, "press", &document, after(number)).await;
        let (_, _, body) = ask(quick, &[]).await;
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains(&title), "{body:.2000}");
    }
}
