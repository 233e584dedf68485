//! What went wrong is a page for whom a browser shows it, and a line of text for everybody else; addresses that are nearly
//! right lead to those that are.

use super::{ask, configured, select, words_of, world};
use crate::support::{after, app, client, config, serve};
use feedwash::config::StoreLocation;
use feedwash::store::Store;
use reqwest::header::{self, HeaderName};
use scraper::Html;
use std::net::SocketAddr;
use url::Url;

const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What Firefox sends with a navigation over https …
static BROWSER: [(HeaderName, &str); 3] = [
    (
        header::ACCEPT,
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ),
    (MODE, "navigate"),
    (DEST, "document"),
];

/// … and what w3m sends.
static TEXT_BROWSER: [(HeaderName, &str); 1] = [(
    header::ACCEPT,
    "text/html, text/*;q=0.5, image/*, application/*",
)];

const TOKEN: &str = "0123456789abcdef";

async fn withdrawn() -> SocketAddr {
    let (store, _) = world().await;
    let fewer = configured(&["press"]);
    store.sync(&fewer, after(2)).await.unwrap();
    serve(app(&store, fewer).0).await
}

/// Checks that a problem is a page with a way to the feeds, and gives its words.
async fn page_of(
    address: SocketAddr,
    path: &str,
    fields: &[(HeaderName, &str)],
    code: u16,
) -> String {
    let response = ask(address, path, fields).await;
    assert_eq!(response.status(), code, "{path}");
    let headers = response.headers().clone();
    assert_eq!(
        headers[header::CONTENT_TYPE],
        "text/html; charset=utf-8",
        "{path}"
    );
    let vary = headers[header::VARY].to_str().unwrap().to_ascii_lowercase();
    for name in ["accept", "sec-fetch-mode", "sec-fetch-dest"] {
        assert!(
            vary.split(", ").any(|field| field == name),
            "{path}: {vary}"
        );
    }
    let page = Html::parse_document(&response.text().await.unwrap());
    let here = Url::parse(&format!("http://{address}{path}")).unwrap();
    let ways = select(&page, "main a[href]");
    let way = here
        .join(ways.last().unwrap().attr("href").unwrap())
        .unwrap();
    assert_eq!(way.path(), "/", "{path}");
    words_of(select(&page, "main")[0])
}

#[tokio::test]
async fn a_browser_is_told_on_a_page_with_a_way_out() {
    let address = withdrawn().await;
    for (path, code, said) in [
        ("/nobody", 404, "There is nothing here"),
        ("/a/b/c/d", 404, "There is no such page."),
        ("/feeds/nobody", 404, "There is no such feed."),
        ("/feeds/debris", 410, "was withdrawn"),
        ("/feeds/debris/0123456789abcdef", 410, "withdrawn"),
        ("/feeds/press?page=0", 400, "A page is a number from 1."),
        ("/feeds/press?page=99", 404, "fewer pages"),
        ("/feeds/%ff", 400, "makes no sense"),
        ("/icons/press", 404, "No icon"),
    ] {
        for fields in [&BROWSER[..], &TEXT_BROWSER] {
            let words = page_of(address, path, fields, code).await;
            assert!(words.contains(said), "{path}: {words}");
        }
        let plain = ask(address, path, &[]).await;
        assert_eq!(plain.status(), code, "{path}");
        let media_type = plain.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(media_type.starts_with("text/plain"), "{path}");
        assert!(plain.headers().contains_key(header::VARY), "{path}");
    }
    // A reader of a feed's address gets the line, whatever it accepts.
    for path in ["/feeds/debris.atom", "/feeds/nobody.rss"] {
        let plain = ask(address, path, &TEXT_BROWSER).await;
        let media_type = plain.headers()[header::CONTENT_TYPE].to_str().unwrap();
        assert!(media_type.starts_with("text/plain"), "{path}");
        page_of(address, path, &BROWSER, plain.status().as_u16()).await;
    }
}

#[tokio::test]
async fn what_can_t_be_done_is_told_on_a_page_too() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let address = serve(app(&store, configured(&[])).0).await;
    let post = |path: &str, bytes: usize| {
        let mut request = client().post(format!("http://{address}{path}"));
        for (name, value) in &BROWSER {
            request = request.header(name.clone(), *value);
        }
        request.body("x".repeat(bytes)).send()
    };
    for (path, bytes, code) in [("/", 0, 405), ("/try", 10_000, 413)] {
        let response = post(path, bytes).await.unwrap();
        assert_eq!(response.status(), code);
        let page = response.text().await.unwrap();
        assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    }
    let response = post("/", 0).await.unwrap();
    assert!(
        response.headers().contains_key(header::ALLOW),
        "what may be done is still said"
    );
}

#[tokio::test]
async fn the_way_out_of_a_private_problem_carries_the_token_that_was_shown_and_no_other() {
    let private = config(&format!("[server]\naccess_token = \"{TOKEN}\"\n"));
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let address = serve(app(&store, private).0).await;
    let shown = format!("/feeds/nobody?token={TOKEN}");
    for (path, code) in [
        (&*shown, 404),
        ("/feeds/nobody?token=wrong", 401),
        ("/feeds/nobody", 401),
    ] {
        page_of(address, path, &BROWSER, code).await;
        let response = ask(address, path, &BROWSER).await;
        let is_challenged = response.headers().contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(is_challenged, code == 401, "{path}");
        assert!(
            response.headers()[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("no-store")
        );
        let body = response.text().await.unwrap();
        assert_eq!(body.contains(TOKEN), code == 404, "{path}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_page() {
    let (store, config) = world().await;
    let address = serve(app(&store, config).0).await;
    for (path, to) in [
        ("/feeds", "/"),
        ("/feeds/", "/"),
        ("/feeds/press/", "/feeds/press"),
        ("/feeds/press/?page=2", "/feeds/press?page=2"),
        ("/feeds/press.atom/", "/feeds/press.atom"),
        ("/try/", "/try"),
    ] {
        let response = ask(address, path, &[]).await;
        assert_eq!(response.status(), 308, "{path}");
        let location = response.headers()[header::LOCATION].to_str().unwrap();
        assert!(
            !location.starts_with('/') && !location.contains("://"),
            "{location}"
        );
        // A proxy may serve us below a path of its own.
        for base in ["", "/behind/a/proxy"] {
            let here = Url::parse(&format!("http://{address}{base}{path}")).unwrap();
            let there = here.join(location).unwrap();
            let found = format!(
                "{}{}",
                there.path(),
                there
                    .query()
                    .map_or(String::new(), |query| format!("?{query}"))
            );
            assert_eq!(found, format!("{base}{to}"));
        }
        assert_eq!(ask(address, to, &[]).await.status(), 200, "{to}");
    }
    let key = {
        let page = Html::parse_document(
            &ask(address, "/feeds/debris", &[])
                .await
                .text()
                .await
                .unwrap(),
        );
        select(&page, "p.meta a")[0]
            .attr("href")
            .unwrap()
            .to_owned()
    };
    let response = ask(address, &format!("/feeds/{key}/?view=source"), &[]).await;
    let location = response.headers()[header::LOCATION].to_str().unwrap();
    assert_eq!(
        location,
        format!("../{}?view=source", key.rsplit('/').next().unwrap())
    );
}
