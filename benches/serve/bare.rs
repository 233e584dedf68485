//! The peer: `axum` as its own manual has it, with handlers that return bytes that are in memory.

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use std::net::Ipv4Addr;
use std::path::Path;

/// Serves the bytes of a folder until its input ends.
pub(crate) fn run(port: u16, folder: &Path) {
    super::process::end_with_input();
    let read = |name| Bytes::from(std::fs::read(folder.join(name)).expect("the file is there"));
    let (plain, gzip) = (read("plain.rss"), read("gzip.rss"));
    let rss = || (header::CONTENT_TYPE, "application/rss+xml; charset=utf-8");
    let packed = (header::CONTENT_ENCODING, "gzip");
    let router = Router::new()
        .route("/plain", get(async move || ([rss()], plain.clone())))
        .route(
            "/gzip",
            get(async move || ([rss(), packed.clone()], gzip.clone())),
        )
        .route(
            "/304",
            get(async || (StatusCode::NOT_MODIFIED, [(header::ETAG, "\"a\"")])),
        );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime can be made").block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.expect("the port is free").tap_io(|stream| {
            // As the program does.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await.expect("it serves");
    });
}
