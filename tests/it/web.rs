//! What is published: real requests to a real server, over a store that was filled by washing.

/// Who shows the token reads.
#[path = "web/private.rs"]
mod private;

/// Metrics, and what needs a look.
#[path = "web/operating.rs"]
mod operating;

/// Kept feeds.
#[path = "web/quick.rs"]
mod quick;

/// Slow readers, and too many.
#[path = "web/crowd.rs"]
mod crowd;

use crate::support::{
    LEASE, NOW, after, app, client, config, fine, many, publish, rss, serve, until, washed,
};
use atom_syndication::Feed as AtomFeed;
use feedwash::config::StoreLocation;
use feedwash::model::Text;
use feedwash::schedule::Move;
use feedwash::store::{Finish, Store};
use feedwash::{daemon, opml};
use reqwest::header::{self, HeaderName};
use reqwest::{Method, StatusCode};
use scraper::{Html, Selector};
use std::collections::HashSet;
use std::io::Read as _;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// What readers see of the server, a path in front of it included.
const PUBLIC_URL: &str = "https://feeds.example/wash";

const FORMATS: [&str; 3] = ["rss", "atom", "json"];

fn configured(names: &[&str]) -> feedwash::config::Config {
    let tables = names
        .iter()
        .map(|name| format!("[[source]]\nname = \"{name}\"\nurl = \"https://{name}.example/\"\n"));
    let tables: String = tables.collect();
    config(&format!(
        "[server]\npublic_url = \"{PUBLIC_URL}\"\n{tables}"
    ))
}

/// A server with the source `press`, which has 120 entries, and the source `silent`, which was never polled.
async fn served() -> (SocketAddr, Store) {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&["press", "silent"]);
    store.sync(&config, NOW).await.unwrap();
    publish(&store, "press", &washed(&many(120)), NOW).await;
    let address = serve(app(&store, config).0).await;
    (address, store)
}

/// An answer with its body.
#[derive(Debug)]
struct Answer {
    code: StatusCode,
    headers: header::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: HeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

async fn ask(
    method: Method,
    address: SocketAddr,
    path: &str,
    fields: &[(HeaderName, &str)],
) -> Answer {
    let mut request = client().request(method, format!("http://{address}{path}"));
    for (name, value) in fields {
        request = request.header(name, *value);
    }
    let response = request.send().await.unwrap();
    Answer {
        code: response.status(),
        headers: response.headers().clone(),
        body: response.bytes().await.unwrap().to_vec(),
    }
}

async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(Method::GET, address, path, &[]).await
}

/// A page of a feed, read by a strict reader of its format.
struct Page {
    title: String,
    ids: Vec<String>,
    next: Option<String>,
    previous: Option<String>,
}

fn read(format: &str, bytes: &[u8]) -> Page {
    match format {
        "rss" => {
            let channel = rss::Channel::read_from(bytes).unwrap();
            let links = channel
                .extensions()
                .get("atom")
                .and_then(|map| map.get("link"))
                .cloned();
            let link = |rel: &str| {
                let links = links.iter().flatten();
                let mut links =
                    links.filter(|link| link.attrs.get("rel").map(String::as_str) == Some(rel));
                links.next().map(|link| link.attrs["href"].clone())
            };
            Page {
                title: channel.title.clone(),
                ids: channel
                    .items
                    .iter()
                    .map(|item| item.guid.clone().unwrap().value)
                    .collect(),
                next: link("next"),
                previous: link("previous"),
            }
        }
        "atom" => {
            let feed = AtomFeed::read_from(bytes).unwrap();
            let link = |rel: &str| {
                let found = feed.links.iter().find(|link| link.rel == rel);
                found.map(|link| link.href.clone())
            };
            Page {
                title: feed.title.value.clone(),
                ids: feed.entries.iter().map(|entry| entry.id.clone()).collect(),
                next: link("next"),
                previous: link("previous"),
            }
        }
        _ => {
            let feed: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
            let ids = feed["items"].as_array().unwrap().iter();
            Page {
                title: feed["title"].as_str().unwrap().to_owned(),
                ids: ids
                    .map(|item| item["id"].as_str().unwrap().to_owned())
                    .collect(),
                next: feed["next_url"].as_str().map(str::to_owned),
                previous: None, // JSON Feed 1.1 has `next_url` alone.
            }
        }
    }
}

#[tokio::test]
async fn every_format_is_what_it_says_and_holds_the_newest_page() {
    let (address, _store) = served().await;
    for (format, media_type) in [
        ("rss", "application/rss+xml; charset=utf-8"),
        ("atom", "application/atom+xml; charset=utf-8"),
        ("json", "application/feed+json; charset=utf-8"),
    ] {
        let answer = get(address, &format!("/feeds/press.{format}")).await;
        assert_eq!(answer.code, 200);
        assert_eq!(answer.header(header::CONTENT_TYPE), media_type);
        let max_age = answer
            .header(header::CACHE_CONTROL)
            .strip_prefix("max-age=");
        let max_age: u32 = max_age.expect("how long it stays fresh").parse().unwrap();
        assert!((60..=3600).contains(&max_age), "{max_age}");
        let page = read(format, &answer.body);
        assert_eq!(page.title, "The Press");
        let expected: Vec<String> = (1..=50).map(|n| format!("id-{n}")).collect();
        assert_eq!(page.ids, expected, "{format}");
        assert!(
            answer
                .text()
                .contains(&format!("{PUBLIC_URL}/feeds/press.{format}")),
            "its own address"
        );
    }
}

#[tokio::test]
async fn the_same_entries_give_the_same_bytes_in_every_process() {
    let (first, store) = served().await;
    let second = serve(app(&store, configured(&["press", "silent"])).0).await;
    for format in FORMATS {
        let path = format!("/feeds/press.{format}");
        let (one, two) = (get(first, &path).await, get(first, &path).await);
        let three = get(second, &path).await;
        assert!(one.body == two.body && one.body == three.body, "{format}");
        assert_eq!(one.header(header::ETAG), three.header(header::ETAG));
    }
}

#[tokio::test]
async fn pages_lead_to_every_entry_exactly_once() {
    let (address, _store) = served().await;
    for format in FORMATS {
        let first = format!("{PUBLIC_URL}/feeds/press.{format}");
        let (mut url, mut before) = (first.clone(), None);
        let (mut ids, mut pages) = (Vec::new(), 0);
        loop {
            let path = url
                .strip_prefix(PUBLIC_URL)
                .expect("pages are at the public URL");
            let page = read(format, &get(address, path).await.body);
            if format != "json" {
                assert_eq!(page.previous, before, "{url}");
            }
            ids.extend(page.ids);
            pages += 1;
            before = Some(url);
            let Some(next) = page.next else { break };
            url = next;
        }
        let distinct: HashSet<&String> = ids.iter().collect();
        assert_eq!(
            (pages, ids.len(), distinct.len()),
            (3, 120, 120),
            "{format}"
        );
    }
}

#[tokio::test]
async fn every_coding_has_a_strong_entity_tag_of_its_own() {
    let (address, _store) = served().await;
    for format in FORMATS {
        let path = format!("/feeds/press.{format}");
        let plain = get(address, &path).await;
        let mut tags = HashSet::from([plain.header(header::ETAG).to_owned()]);
        for coding in ["gzip", "br", "zstd"] {
            let accept = (header::ACCEPT_ENCODING, coding);
            let packed = ask(Method::GET, address, &path, std::slice::from_ref(&accept)).await;
            assert_eq!(packed.header(header::CONTENT_ENCODING), coding);
            let mut varies = packed.header(header::VARY).split(", ");
            assert!(varies.any(|name| name == "Accept-Encoding"));
            assert!(packed.body.len() < plain.body.len() / 2);
            assert!(unpacked(coding, &packed.body) == plain.body, "{coding}");
            let tag = packed.header(header::ETAG).to_owned();
            assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
            let again = ask(
                Method::GET,
                address,
                &path,
                &[accept, (header::IF_NONE_MATCH, &tag)],
            )
            .await;
            assert_eq!((again.code.as_u16(), again.body.len()), (304, 0));
            assert_eq!(again.header(header::ETAG), tag);
            tags.insert(tag);
        }
        assert_eq!(tags.len(), 4);
    }
}

fn unpacked(coding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match coding {
        "gzip" => flate2::read::GzDecoder::new(bytes)
            .read_to_end(&mut out)
            .map(drop),
        "br" => brotli::Decompressor::new(bytes, 4096)
            .read_to_end(&mut out)
            .map(drop),
        _ => zstd::stream::copy_decode(bytes, &mut out),
    }
    .unwrap();
    out
}

#[tokio::test]
async fn a_copy_that_is_current_is_not_sent_again() {
    let (address, store) = served().await;
    let path = "/feeds/press.rss";
    let first = get(address, path).await;
    let tag = first.header(header::ETAG).to_owned();
    let date = first.header(header::LAST_MODIFIED).to_owned();
    let changed = httpdate::parse_http_date(&date).unwrap();
    let earlier = httpdate::fmt_http_date(changed - std::time::Duration::from_secs(1));
    let weak = format!("W/{tag}");
    for (name, value, code) in [
        (header::IF_NONE_MATCH, tag.as_str(), 304),
        (header::IF_NONE_MATCH, weak.as_str(), 304),
        (header::IF_NONE_MATCH, "*", 304),
        (header::IF_NONE_MATCH, "\"other\"", 200),
        (header::IF_MODIFIED_SINCE, date.as_str(), 304),
        (header::IF_MODIFIED_SINCE, earlier.as_str(), 200),
        (header::IF_MODIFIED_SINCE, "yesterday", 200),
    ] {
        let answer = ask(Method::GET, address, path, &[(name.clone(), value)]).await;
        assert_eq!(answer.code, code, "{name}: {value}");
        assert_eq!(answer.header(header::ETAG), tag);
        assert_eq!(answer.body.is_empty(), code == 304);
    }
    publish(
        &store,
        "press",
        &washed(&rss(&[("new", "Just in", "<p>News.</p>")])),
        after(60),
    )
    .await;
    let now = ask(Method::GET, address, path, &[(header::IF_NONE_MATCH, &tag)]).await;
    assert_eq!(now.code, 200);
    assert!(now.text().contains("Just in"));
    let date = now.header(header::LAST_MODIFIED);
    assert!(httpdate::parse_http_date(date).unwrap() > changed);
}

#[tokio::test]
async fn head_says_what_get_would_say() {
    let (address, _store) = served().await;
    for path in [
        "/feeds/press.rss",
        "/feeds/silent.json",
        "/feeds.opml",
        "/feeds/nobody.rss",
    ] {
        let get = ask(Method::GET, address, path, &[]).await;
        let head = ask(Method::HEAD, address, path, &[]).await;
        assert_eq!((head.code, head.body.len()), (get.code, 0), "{path}");
        for (name, value) in &get.headers {
            // The clock may tick between the two requests.
            if name != header::DATE {
                assert_eq!(head.headers.get(name), Some(value), "{path}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn a_source_that_was_never_polled_is_an_empty_feed_with_its_name() {
    let (address, _store) = served().await;
    for format in FORMATS {
        let answer = get(address, &format!("/feeds/silent.{format}")).await;
        assert_eq!(answer.code, 200);
        let page = read(format, &answer.body);
        assert_eq!(
            (page.title.as_str(), page.ids.len()),
            ("silent", 0),
            "{format}"
        );
    }
}

#[tokio::test]
async fn what_is_not_published_says_so() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    store
        .sync(&configured(&["press", "left"]), NOW)
        .await
        .unwrap();
    publish(&store, "press", &washed(&many(60)), NOW).await;
    publish(&store, "left", &washed(&many(60)), NOW).await;
    let config = configured(&["press"]);
    store.sync(&config, after(1)).await.unwrap();
    let address = serve(app(&store, config).0).await;
    for (path, code) in [
        ("/feeds/press.rss", 200),
        ("/feeds/press.rss?page=1", 200),
        ("/feeds/press.rss?page=2", 200),
        ("/feeds/press.rss?page=3", 404),
        ("/feeds/press.rss?page=4294967295", 404),
        ("/feeds/press.rss?page=0", 400),
        ("/feeds/press.rss?page=-1", 400),
        ("/feeds/press.rss?page=two", 400),
        ("/feeds/press.rss?page=99999999999", 400),
        ("/feeds/left.rss", 410),
        ("/feeds/left.json?page=2", 410),
        ("/feeds/nobody.rss", 404),
        ("/feeds/press.txt", 404),
        ("/feeds/.rss", 404),
        ("/feeds/PRESS.rss", 404),
        ("/nowhere", 404),
        ("/index.php?a=b", 404),
    ] {
        let answer = get(address, path).await;
        assert_eq!(answer.code, code, "{path}");
        if code != 200 {
            let media_type = answer.header(header::CONTENT_TYPE);
            assert!(
                media_type.starts_with("text/plain"),
                "an error is no feed: {media_type}"
            );
            assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
        }
    }
    let answer = ask(Method::POST, address, "/feeds/press.rss", &[]).await;
    assert_eq!(answer.code, 405);
}

#[tokio::test]
async fn a_renamed_feed_leads_to_its_new_name() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let named = |name: &str| {
        config(&format!(
            "[server]\npublic_url = \"{PUBLIC_URL}\"\n[[source]]\nname = \"{name}\"\nurl = \"https://press.example/\"\n"
        ))
    };
    store.sync(&named("press"), NOW).await.unwrap();
    publish(&store, "press", &washed(&many(3)), NOW).await;
    store.sync(&named("gazette"), after(1)).await.unwrap();
    let address = serve(app(&store, named("gazette")).0).await;
    let answer = get(address, "/feeds/press.atom").await;
    assert_eq!(answer.code, 301);
    let new = format!("{PUBLIC_URL}/feeds/gazette.atom");
    assert_eq!(answer.header(header::LOCATION), new);
    assert!(answer.text().contains(&new), "a person is told, too");
    let answer = get(address, "/feeds/gazette.atom").await;
    assert_eq!(read("atom", &answer.body).ids.len(), 3);
}

#[tokio::test]
async fn opml_lists_every_feed() {
    let (address, _store) = served().await;
    let answer = get(address, "/feeds.opml").await;
    assert_eq!(
        (answer.code.as_u16(), answer.header(header::CONTENT_TYPE)),
        (200, "text/x-opml; charset=utf-8")
    );
    let outlines = opml::parse(&answer.text()).unwrap();
    let listed: Vec<(&str, &str)> = outlines
        .iter()
        .map(|outline| (outline.title.as_str(), outline.xml_url.as_str()))
        .collect();
    let [press, silent] = ["press", "silent"].map(|name| format!("{PUBLIC_URL}/feeds/{name}.atom"));
    assert_eq!(
        listed,
        [("The Press", press.as_str()), ("silent", silent.as_str())]
    );
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).collect()
}

#[tokio::test]
async fn the_index_lists_every_feed_and_trusts_no_title() {
    const HOSTILE: &str =
        "</h2><script>alert(1)</script>\" onload=\"x\" ' <img src=x onerror=alert(1)> &lt;b&gt;";
    let (address, store) = served().await;
    let mut hostile = washed(&many(2));
    hostile.clean.title = Some(Text::plain(HOSTILE));
    publish(&store, "press", &hostile, after(1)).await;
    let answer = get(address, "/").await;
    assert_eq!(
        (answer.code.as_u16(), answer.header(header::CONTENT_TYPE)),
        (200, "text/html; charset=utf-8")
    );
    let page = Html::parse_document(&answer.text());
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    assert_eq!(select(&page, "script").len(), 1, "the page's own");
    assert!(select(&page, "img, [onload], [onerror]").is_empty());
    let headings: Vec<String> = select(&page, "li.feed h2")
        .iter()
        .map(|heading| heading.text().collect())
        .collect();
    assert_eq!(headings, [HOSTILE, "silent"]);
    let links = select(&page, "link[rel=alternate]");
    let found: Vec<_> = links
        .iter()
        .map(|link| (link.attr("type"), link.attr("href"), link.attr("title")))
        .collect();
    for (name, title) in [("press", HOSTILE), ("silent", "silent")] {
        // Relative, so that they are right under whatever name and path the visitor came.
        let own = format!("feeds/{name}.atom");
        let link = (Some("application/atom+xml"), Some(&*own), Some(title));
        assert!(found.contains(&link), "{own}: {found:?}");
        for format in FORMATS {
            let href = format!("feeds/{name}.{format}");
            assert!(
                !select(&page, &format!("a[href=\"{href}\"]")).is_empty(),
                "{href}"
            );
        }
        let reader = format!("a[href=\"feed:{PUBLIC_URL}/feeds/{name}.atom\"]");
        assert_eq!(select(&page, &reader).len(), 1, "{reader}");
    }
    assert_eq!(found.len(), 3, "and the feed about the feeds");
    assert!(!select(&page, "a[href=\"feeds.opml\"]").is_empty());
}

#[tokio::test]
async fn health_is_good_only_while_the_loop_runs_and_the_store_answers() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let (app, _live) = app(&store, configured(&[]));
    let address = serve(app.clone()).await;
    let health = async || {
        let answer = get(address, "/health").await;
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        (answer.code, body)
    };
    let (code, body) = health().await;
    assert_eq!((code.as_u16(), &body["status"]), (503, &"failing".into()));
    assert_eq!(body["reasons"][0], "the poll loop has not started yet");

    let shutdown = CancellationToken::new();
    let running = tokio::spawn(daemon::run(app, shutdown.clone()));
    let body = until("the loop runs", async || {
        let (code, body) = health().await;
        (code == 200).then_some(body)
    })
    .await;
    assert_eq!(
        (&body["status"], &body["version"]),
        (&"ok".into(), &env!("CARGO_PKG_VERSION").into())
    );

    shutdown.cancel();
    running.await.unwrap();
    store.close().await;
    let (code, body) = health().await;
    assert_eq!(
        (code.as_u16(), &body["reasons"][0]),
        (503, &"the store does not answer".into())
    );
}

#[tokio::test]
async fn health_tells_of_what_kind_failures_are_and_what_moved() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&["press"]);
    store.sync(&config, NOW).await.unwrap();
    let source = store.take("press", true, LEASE, NOW).await.unwrap();
    let finish = Finish {
        outcome: "failed",
        failures: 3,
        failure: Some("login"),
        detail: Some("the server answered with a login page".into()),
        moved: Move::after(
            None,
            Some("https://new.example/feed?key=hunter2".into()),
            true,
            NOW,
        ),
        ..fine(NOW)
    };
    store.finish(&source.unwrap(), &finish, NOW).await.unwrap();
    let (app, _live) = app(&store, config);
    let address = serve(app).await;
    let health = get(address, "/health").await.text();
    let body: serde_json::Value = serde_json::from_str(&health).unwrap();
    let failing = &body["failing_sources"][0];
    assert_eq!(
        (&failing["source"], &failing["kind"]),
        (&"press".into(), &"login".into())
    );
    let moved = &body["moved_sources"][0];
    assert_eq!(moved["to"], "https://new.example/feed?…");
    assert_eq!(moved["since"], NOW.to_string());
    assert!(moved["adopted_at"].is_null());
    let page = get(address, "/").await.text();
    assert!(
        page.contains("says that it moved to https://new.example/feed"),
        "{page}"
    );
    assert!(!(health + &page).contains("hunter2"));
}

#[tokio::test]
async fn a_store_that_fails_is_nobodys_business() {
    let (address, store) = served().await;
    store.close().await;
    for path in ["/", "/feeds/press.rss", "/feeds.opml"] {
        let answer = get(address, path).await;
        assert_eq!(answer.code, 503, "{path}");
        assert_eq!(
            answer.text(),
            "the store does not answer; try again later\n"
        );
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let (address, _store) = served().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/feeds/press"),
        (Method::GET, "/feeds/press/nobody"),
        (Method::GET, "/try"),
        (Method::GET, "/feeds/press.rss"),
        (Method::GET, "/feeds/press.rss?page=0"),
        (Method::GET, "/feeds/nobody.rss"),
        (Method::GET, "/feeds/%ff.rss"),
        (Method::GET, "/feeds.opml"),
        (Method::GET, "/health"),
        (Method::GET, "/health.atom"),
        (Method::GET, "/metrics"),
        (Method::GET, "/nowhere"),
        (Method::DELETE, "/"),
    ] {
        let answer = ask(method, address, path, &[]).await;
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert_eq!(
            answer.header(header::X_CONTENT_TYPE_OPTIONS),
            "nosniff",
            "{path}"
        );
        assert_eq!(
            answer.header(header::REFERRER_POLICY),
            "no-referrer",
            "{path}"
        );
    }
}

/// Sends a path as it is, which a client library would tidy first, and gives the status.
async fn raw(address: SocketAddr, path: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = [
        b"GET ",
        path,
        b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ]
    .concat();
    // A server may refuse before it has read everything.
    let _ = stream.write_all(&request).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer[9..].to_vec())
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn no_path_is_too_odd() {
    let (address, _store) = served().await;
    let long = "a".repeat(50_000);
    let too_long = "a".repeat(500_000);
    for path in [
        "/feeds/..%2f..%2f..%2fetc%2fpasswd.rss",
        "/feeds/../../../etc/passwd",
        "/feeds/..",
        "/feeds/%2e%2e/press.rss",
        "/feeds/%00.rss",
        "/feeds/press%00.rss",
        "/feeds/press.rss%00",
        "/feeds/%ff%fe.rss",
        "/feeds/%zz.rss",
        "/feeds/%",
        "/feeds/press.rss/x",
        "//feeds/press.rss",
        "/feeds//press.rss",
        "/feeds/press.RSS",
        "/feeds/'or'1'='1.rss",
        "/feeds/press';drop%20table%20source;--.rss",
        "/feeds/%F0%9F%A6%80.rss",
        "/feeds/press.rss?page=%00",
        "/feeds/press.rss?page=1&page=2",
        "/feeds/\u{e9}.rss",
        "*",
        "press.rss",
        &format!("/feeds/{long}.rss"),
        &format!("/{too_long}"),
        &format!("/feeds/press.rss?page={}", "9".repeat(10_000)),
    ] {
        let code = raw(address, path.as_bytes()).await;
        let shown: String = path.chars().take(80).collect();
        assert!((400..500).contains(&code), "{shown} gave {code}");
    }
    assert_eq!(
        raw(address, b"/feeds/press.rss").await,
        200,
        "and it still lives"
    );
}
