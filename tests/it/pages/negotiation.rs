//! A feed that a browser opens is shown as a page; whoever else asks gets the feed, byte for byte.

use super::{ask, served, text};
use reqwest::header::{self, HeaderName};

const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What browsers send with a navigation.
const BROWSERS: &[&str] = &[
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
];

/// What readers send, and have sent, for what they read.
const READERS: &[&str] = &[
    "",
    "*/*",
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.8",
    "application/atom+xml,application/rss+xml;q=0.9,application/xml;q=0.8,text/xml;q=0.7,*/*;q=0.1",
    "application/rss+xml, application/rdf+xml;q=0.8, application/atom+xml;q=0.6, application/xml;q=0.4, text/xml;q=0.4, text/html;q=0.3",
    "text/html, text/*;q=0.9, image/jpeg;q=0.9, image/png;q=0.9, image/*;q=0.9, */*;q=0.8",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/feed+json, application/json, text/html",
    "text/xml",
    "text/html",
];

#[tokio::test]
async fn a_browser_sees_a_page() {
    let (address, _store) = served().await;
    for end in ["rss", "atom", "json"] {
        for accept in BROWSERS {
            let fields = [
                (header::ACCEPT, *accept),
                (MODE, "navigate"),
                (DEST, "document"),
            ];
            let path = format!("/feeds/debris.{end}");
            let response = ask(address, &path, &fields).await;
            assert_eq!(
                response.headers()[header::CONTENT_TYPE],
                "text/html; charset=utf-8"
            );
            let vary = response.headers()[header::VARY]
                .to_str()
                .unwrap()
                .to_ascii_lowercase();
            for name in [
                "accept",
                "accept-encoding",
                "sec-fetch-mode",
                "sec-fetch-dest",
            ] {
                assert!(
                    vary.split(", ").any(|varies| varies == name),
                    "{name}: {vary}"
                );
            }
            let page = response.text().await.unwrap();
            assert!(
                page.contains("/feeds/debris.atom</code>"),
                "the address to give to a reader, whichever was opened"
            );
            assert!(page.contains("The first boat took the sick."));
        }
    }
}

#[tokio::test]
async fn a_reader_gets_the_feed_whatever_it_accepts() {
    let (address, _store) = served().await;
    for end in ["rss", "atom", "json"] {
        let path = format!("/feeds/debris.{end}");
        let plain = text(address, &path, &[]).await;
        for accept in READERS {
            let answer = ask(address, &path, &[(header::ACCEPT, accept)]).await;
            assert_ne!(
                answer.headers()[header::CONTENT_TYPE],
                "text/html; charset=utf-8",
                "{accept}"
            );
            assert_eq!(answer.text().await.unwrap(), plain, "{end}: {accept}");
        }
        // A reader that is a page or an extension in a browser fetches, and does not navigate.
        for (mode, dest) in [
            ("cors", "empty"),
            ("no-cors", "empty"),
            ("same-origin", "empty"),
            ("navigate", "iframe"),
            ("navigate", ""),
        ] {
            for accept in BROWSERS.iter().chain(READERS) {
                let fields = [(header::ACCEPT, *accept), (MODE, mode), (DEST, dest)];
                assert_eq!(
                    text(address, &path, &fields).await,
                    plain,
                    "{mode} {dest} {accept}"
                );
            }
        }
        // Who navigates to what it takes for a feed is one, too.
        for accept in READERS
            .iter()
            .filter(|accept| !accept.starts_with("text/html"))
        {
            let fields = [
                (header::ACCEPT, *accept),
                (MODE, "navigate"),
                (DEST, "document"),
            ];
            assert_eq!(text(address, &path, &fields).await, plain, "{accept}");
        }
    }
}

#[tokio::test]
async fn a_copy_of_one_is_no_copy_of_the_other() {
    let (address, _store) = served().await;
    let path = "/feeds/debris.rss";
    let browser = [
        (header::ACCEPT, BROWSERS[1]),
        (MODE, "navigate"),
        (DEST, "document"),
    ];
    let feed = ask(address, path, &[]).await.headers()[header::ETAG]
        .to_str()
        .unwrap()
        .to_owned();
    let page = ask(address, path, &browser).await.headers()[header::ETAG]
        .to_str()
        .unwrap()
        .to_owned();
    assert_ne!(feed, page);
    assert_eq!(
        ask(address, path, &[(header::IF_NONE_MATCH, &page)])
            .await
            .status(),
        200
    );
    assert_eq!(
        ask(address, path, &[(header::IF_NONE_MATCH, &feed)])
            .await
            .status(),
        304
    );
    let mut with_feed = browser.to_vec();
    with_feed.push((header::IF_NONE_MATCH, &feed));
    assert_eq!(ask(address, path, &with_feed).await.status(), 200);
}
