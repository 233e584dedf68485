//! The floor: a loop around `reqwest` that asks what the program asks, by a client of the same settings, and keeps nothing.

use super::loopback::address;
use super::{CONCURRENCY, upstream};
use feedwash::limits;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode, Url, redirect};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Asks every source in turn, and again, until its input ends. Idle connections are kept for so long.
pub(crate) fn run(scheme: &str, port: u16, sources: usize, idle: Duration) {
    super::process::end_with_input();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime
        .expect("a runtime can be made")
        .block_on(poll(scheme, port, sources, idle));
}

async fn poll(scheme: &str, port: u16, sources: usize, idle: Duration) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent("Feedwash/0.0.0 (+https://example.org/feedwash)")
        .redirect(redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .connect_timeout(limits::CONNECT_TIMEOUT)
        .pool_idle_timeout(idle)
        .pool_max_idle_per_host(2)
        .build()
        .expect("a client can be made");
    let urls = (0..sources).map(|source| {
        let url = format!("{scheme}://{}:{port}/feed.xml", address(source));
        Url::parse(&url).expect("it is a URL")
    });
    let urls: Arc<Vec<Url>> = Arc::new(urls.collect());
    let next = Arc::new(AtomicUsize::new(0));
    let tasks = (0..CONCURRENCY).map(|_| {
        let (client, urls, next) = (client.clone(), Arc::clone(&urls), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let url = &urls[next.fetch_add(1, Relaxed) % urls.len()];
                let asking = ask(&client, url.clone());
                let status = tokio::time::timeout(limits::HEAD_TIMEOUT, asking).await;
                let is_known = |status| matches!(status, StatusCode::NOT_MODIFIED | StatusCode::OK);
                assert!(status.is_ok_and(is_known));
            }
        })
    });
    // No task ends by itself; the first that fails ends all.
    let failed = futures_util::future::select_all(tasks).await;
    failed.0.expect("every answer is a 304 or a feed");
}

async fn ask(client: &Client, url: Url) -> StatusCode {
    let mut headers = HeaderMap::new();
    let accept = "application/atom+xml, application/rss+xml, */*;q=0.5";
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    headers.insert(
        header::IF_NONE_MATCH,
        HeaderValue::from_static(upstream::ETAG),
    );
    let answer = client.get(url).headers(headers).send().await;
    let answer = answer.expect("the server answers");
    let status = answer.status();
    answer.bytes().await.expect("the server sends what it said");
    status
}
