//! Private feeds: who shows the token reads, and nobody else.

use super::{Answer, PUBLIC_URL, ask, get, read};
use crate::support::{NOW, app, config, many, publish, serve, washed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use feedwash::config::StoreLocation;
use feedwash::store::Store;
use reqwest::{Method, header};
use std::net::SocketAddr;

const TOKEN: &str = "correct horse+battery";
const SHOWN: &str = "token=correct%20horse%2Bbattery";

/// A private server with the source `press`.
async fn private() -> SocketAddr {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = config(&format!(
        "[server]\npublic_url = \"{PUBLIC_URL}\"\naccess_token = \"{TOKEN}\"\n\
         [[source]]\nname = \"press\"\nurl = \"https://press.example/\"\n"
    ));
    store.sync(&config, NOW).await.unwrap();
    publish(&store, "press", &washed(&many(120)), NOW).await;
    serve(app(&store, config).0).await
}

async fn with_password(address: SocketAddr, path: &str, password: &str) -> Answer {
    let basic = format!("Basic {}", STANDARD.encode(format!("me:{password}")));
    ask(
        Method::GET,
        address,
        path,
        &[(header::AUTHORIZATION, &basic)],
    )
    .await
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let address = private().await;
    for path in [
        "/",
        "/feeds/press.rss",
        "/feeds/nobody.rss",
        "/feeds.opml",
        "/metrics",
        "/health.atom",
        "/nowhere",
        "/feeds/press.rss?token=",
        "/feeds/press.rss?token=correct%20horse%2Bbatter",
        "/feeds/press.rss?token=wrong&token=correct%20horse%2Bbattery",
    ] {
        let answer = get(address, path).await;
        assert_eq!(answer.code, 401, "{path}");
        assert!(
            answer
                .header(header::WWW_AUTHENTICATE)
                .starts_with("Basic realm="),
            "{path}"
        );
        assert_eq!(
            answer.header(header::X_CONTENT_TYPE_OPTIONS),
            "nosniff",
            "{path}"
        );
        assert!(!answer.text().contains("correct"), "{path}");
    }
    assert_eq!(
        with_password(address, "/feeds/press.rss", "wrong")
            .await
            .code,
        401
    );
}

#[tokio::test]
async fn who_shows_it_in_the_address_finds_it_in_every_link() {
    let address = private().await;
    for format in ["rss", "atom", "json"] {
        let answer = get(address, &format!("/feeds/press.{format}?{SHOWN}")).await;
        assert_eq!(answer.code, 200);
        assert!(
            answer
                .header(header::CACHE_CONTROL)
                .starts_with("private, max-age=")
        );
        let next = read(format, &answer.body).next.unwrap();
        let path = next.strip_prefix(PUBLIC_URL).unwrap();
        let second = get(address, path).await;
        assert_eq!(second.code, 200, "{next}");
        // JSON Feed has no name for the page before.
        if let Some(previous) = read(format, &second.body).previous {
            assert!(previous.contains("token="), "{previous}");
        }
    }
    let opml = get(address, &format!("/feeds.opml?{SHOWN}")).await.text();
    assert!(
        opml.contains("/feeds/press.atom?token=correct+horse%2Bbattery"),
        "{opml}"
    );
}

#[tokio::test]
async fn a_password_does_too_and_stands_in_no_link() {
    let address = private().await;
    let plain = with_password(address, "/feeds/press.rss", TOKEN).await;
    assert_eq!(plain.code, 200);
    assert!(!plain.text().contains("token"), "{}", plain.text());
    // What one reader was given in its way is never another's.
    // Nor in what must never change.
    let atom = get(address, &format!("/feeds/press.atom?{SHOWN}")).await;
    let atom = atom_syndication::Feed::read_from(&atom.body[..]).unwrap();
    assert!(!atom.id.contains("token"), "{}", atom.id);
    let keyed = get(address, &format!("/feeds/press.rss?{SHOWN}")).await;
    assert!(keyed.text().contains("token="));
    let again = with_password(address, "/feeds/press.rss", TOKEN).await;
    assert_eq!(again.body, plain.body);
}

#[tokio::test]
async fn who_looks_after_the_service_may_ask_whether_all_is_well() {
    let address = private().await;
    let answer = get(address, "/health").await;
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(body["status"].is_string());
    assert!(body.get("failing_sources").is_none(), "{body}");
    let trusted = get(address, &format!("/health?{SHOWN}")).await;
    let body: serde_json::Value = serde_json::from_slice(&trusted.body).unwrap();
    assert_eq!(body["sources"], 1);
}
