//! Many at once, and slow ones among them.

use super::{configured, get};
use crate::support::{NOW, app, free_port, many, publish, washed};
use feedwash::config::StoreLocation;
use feedwash::daemon::App;
use feedwash::store::Store;
use feedwash::web;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// A server as the program runs it, with its limits.
async fn crowded() -> (SocketAddr, CancellationToken) {
    let (_, app) = published().await;
    serve_as_run(app).await
}

/// A store with a feed, and what serves it.
pub(super) async fn published() -> (Store, App) {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&["press"]);
    store.sync(&config, NOW).await.unwrap();
    publish(&store, "press", &washed(&many(120)), NOW).await;
    let app = app(&store, config).0;
    (store, app)
}

/// Serves as the program does, until told to stop.
pub(super) async fn serve_as_run(app: App) -> (SocketAddr, CancellationToken) {
    let (listener, address) = free_port().await;
    let shutdown = CancellationToken::new();
    tokio::spawn(web::serve(listener, app, shutdown.clone()));
    (address, shutdown)
}

#[tokio::test]
async fn an_honest_reader_is_answered_beside_slow_ones() {
    let (address, _shutdown) = crowded().await;
    let mut slow = Vec::new();
    for number in 0..300 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // Some never end their request, the others never read the answer.
        let request: &[u8] = match number % 2 {
            0 => b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
            _ => b"GET /feeds/press.rss HTTP/1.1\r\nHost: a\r\n\r\n",
        };
        stream.write_all(request).await.unwrap();
        slow.push(stream);
    }
    assert_eq!(get(address, "/feeds/press.rss").await.code, 200);
}

/// Sends a request and gives the answer's head.
async fn head(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server may refuse before it has read everything.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = vec![0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let (address, _shutdown) = crowded().await;
    let long = "a".repeat(100_000);
    let many: String = (0..5_000).map(|n| format!("X-{n}: a\r\n")).collect();
    for request in [
        format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
    ] {
        assert_eq!(head(address, &request).await, "HTTP/1.1 431");
    }
    let path = format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n");
    let said = head(address, &path).await;
    assert!(said.ends_with("414") || said.ends_with("431"), "{said}");
    assert_eq!(head(address, "nonsense\r\n\r\n").await, "HTTP/1.1 400");
}

#[tokio::test]
async fn a_part_of_a_feed_is_not_to_be_had() {
    let (address, _shutdown) = crowded().await;
    let request = "GET /feeds/press.rss HTTP/1.1\r\nHost: a\r\nRange: bytes=0-9\r\n\r\n";
    assert_eq!(head(address, request).await, "HTTP/1.1 200");
}
