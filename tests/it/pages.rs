//! The pages for people: what they say and what they weigh; and, in a real browser, how they look and that nothing runs.

/// In headless Chromium, with the judges of accessibility and of HTML.
#[path = "pages/browser.rs"]
mod browser;

/// What went wrong, and addresses that are nearly right.
#[path = "pages/problems.rs"]
mod problems;

/// What a feed is to a browser, and what it is to everybody else.
#[path = "pages/negotiation.rs"]
mod negotiation;

/// What was put back.
#[path = "pages/put_back.rs"]
mod put_back;

/// A feed tried before it is subscribed to.
#[path = "pages/trial.rs"]
mod trial;

/// What pages tell.
#[path = "pages/told.rs"]
mod told;

/// What pages weigh, and long lists.
#[path = "pages/weight.rs"]
mod weight;

use crate::support::{
    NOW, Publisher, after, answer, app, channel, client, config, end_poll, fine, item, many,
    publish, rss, serve, until, washed,
};
use feedwash::config::{Config, StoreLocation};
use feedwash::model::Text;
use feedwash::store::{Finish, Store};
use reqwest::header::{self, HeaderName};
use scraper::{Html, Selector};
use std::fmt::Write as _;
use std::net::SocketAddr;

/// What may hide in titles, names, failures and bodies.
const HOSTILE: &str = "</title></h2><script>alert(1)</script>\" onmouseover=\"alert(2)\" ' <img src=x onerror=alert(3)>";

/// So many characters without a place to break them.
const LONG: usize = 300;

fn configured(names: &[&str]) -> Config {
    let tables = names
        .iter()
        .map(|name| format!("[[source]]\nname = \"{name}\"\nurl = \"https://{name}.example/\"\n"));
    config(&format!(
        "[server]\ntry = true\n{}",
        tables.collect::<String>()
    ))
}

/// An RSS document in a language.
fn in_language(language: &str, title: &str, entries: &[(&str, &str, &str)]) -> String {
    let items = entries.iter().map(|(id, title, body)| {
        item(
            id,
            title,
            body,
            "<pubDate>Mon, 21 Sep 2026 08:00:00 GMT</pubDate>",
        )
    });
    channel(&items.collect::<String>()).replace(
        "<title>The Press</title>",
        &format!("<title>{title}</title><language>{language}</language>"),
    )
}

const ARABIC: &[(&str, &str, &str)] = &[(
    "ar-1",
    "عودة العبّارة بين الجزيرتين بعد عاصفة استمرت ثلاثة أيام",
    "<p>عادت العبّارة إلى العمل يوم الأحد بعد عاصفة استمرت ثلاثة أيام، بحسب ما قالت سلطة الميناء.</p>\
     <blockquote>انتظر أكثر من مئتي شخص منذ يوم الخميس.</blockquote>\
     <p>نُقل المرضى أولاً، ثم <a href=\"https://press.example/ar\">من فاتتهم الجنازة</a> (12 راكباً).</p>",
)];

const JAPANESE: &[(&str, &str, &str)] = &[(
    "ja-1",
    "三日間の嵐の後、二つの島を結ぶフェリーが運航を再開",
    "<p>港湾当局によると、二つの島を結ぶフェリーは三日間続いた嵐の後、日曜日に運航を再開した。</p>\
     <h2>待っていた人々</h2><p>二百人以上が木曜日から待っていた。<ruby>漁港<rt>ぎょこう</rt></ruby>の学校に泊まった人もいた。</p>",
)];

const DEBRIS: &str = "<h2>What happened</h2><p>The first boat took the sick. <a href=\"https://press.example/a?utm_source=rss\">More</a> was not said.</p>\
    <ul><li>one<li>two</ul><table><tr><th>Boat</th><th>People</th></tr><tr><td>first</td><td>40</td></tr></table>\
    <figure><img src=\"https://press.example/boat.jpg\" alt=\"A boat\" width=\"640\" height=\"400\"><figcaption>The boat.</figcaption></figure>\
    <p>(This story has not been edited by our staff and is auto-generated from a syndicated feed.)</p>\
    <div class=\"sharedaddy\"><a href=\"https://twitter.com/intent/tweet?url=x\">Tweet</a> <a href=\"https://www.facebook.com/sharer.php?u=x\">Share</a></div>\
    <iframe src=\"https://www.youtube.com/embed/abcdefghijk\"></iframe><script>alert('ran')</script>\
    <img src=\"https://pixel.wp.com/b.gif?host=press.example\" width=\"1\" height=\"1\">";

/// A store in which there is something of everything, and the names of its sources.
async fn world() -> (Store, Config) {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&[
        "press", "debris", "arabic", "japanese", "long", "hostile", "silent", "failing", "walled",
        "gone",
    ]);
    store.sync(&config, NOW).await.unwrap();
    publish(&store, "press", &washed(&many(120)), NOW).await;
    let two = rss(&[
        ("d-1", "A boat came", DEBRIS),
        (
            "d-2",
            "Nothing else",
            "<p>Nothing had to be taken out of this one.</p>",
        ),
    ]);
    publish(&store, "debris", &washed(&two), NOW).await;
    publish(
        &store,
        "arabic",
        &washed(&in_language("ar", "صحيفة الميناء", ARABIC)),
        NOW,
    )
    .await;
    publish(
        &store,
        "japanese",
        &washed(&in_language("ja", "港湾新聞", JAPANESE)),
        NOW,
    )
    .await;
    let words = "an unusually long title that goes on and on ".repeat(8);
    let long = rss(&[
        (
            "l-1",
            &"W".repeat(LONG),
            &format!(
                "<p>{}</p><pre>{}</pre>",
                "x".repeat(LONG),
                "y ".repeat(LONG)
            ),
        ),
        ("l-2", &words, "<p>Short.</p>"),
    ]);
    let mut long = washed(&long);
    long.clean.title = Some(Text::plain(format!("{words}{}", "M".repeat(LONG))));
    publish(&store, "long", &long, NOW).await;
    let mut hostile = washed(&rss(&[(HOSTILE, HOSTILE, HOSTILE)]));
    hostile.clean.title = Some(Text::plain(HOSTILE));
    publish(&store, "hostile", &hostile, NOW).await;
    let detail = format!(
        "the server answered with {HOSTILE}, and so on, for quite a while: {}",
        "reasons ".repeat(20)
    );
    for (name, outcome, failure, detail) in [
        ("failing", "failed", "timeout", &*detail),
        (
            "walled",
            "failed",
            "login",
            "the server answered with a login page",
        ),
        (
            "gone",
            "gone",
            "missing",
            "the server says that it is gone for good (410)",
        ),
    ] {
        let finish = Finish {
            outcome,
            failures: 3,
            failure: Some(failure),
            detail: Some(detail.into()),
            next_poll_at: fine(NOW).next_poll_at.filter(|_| outcome != "gone"),
            ..fine(NOW)
        };
        end_poll(&store, name, &finish, NOW).await;
    }
    (store, config)
}

async fn served() -> (SocketAddr, Store) {
    let (store, config) = world().await;
    (serve(app(&store, config).0).await, store)
}

/// A server with so many sources of three entries each.
async fn crowd(count: usize) -> (SocketAddr, Store) {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let names: Vec<String> = (0..count).map(|n| format!("source-{n:04}")).collect();
    let config = configured(&names.iter().map(String::as_str).collect::<Vec<_>>());
    store.sync(&config, NOW).await.unwrap();
    let washed = washed(&many(3));
    for name in &names {
        publish(&store, name, &washed, NOW).await;
    }
    (serve(app(&store, config).0).await, store)
}

/// The paths of every kind of page of [`world`].
async fn paths(address: SocketAddr) -> Vec<String> {
    let mut paths = vec![
        "/".to_owned(),
        "/?q=press".into(),
        "/?state=failing".into(),
        "/?q=%3Cscript%3E".into(),
        "/try".into(),
    ];
    for name in [
        "press", "debris", "arabic", "japanese", "long", "hostile", "silent", "failing",
    ] {
        let path = format!("/feeds/{name}");
        let page = text(address, &path, &[]).await;
        let page = Html::parse_document(&page);
        let own = select(&page, "p.meta a")
            .into_iter()
            .filter_map(|link| link.attr("href"));
        let own: Vec<String> = own.take(2).map(|href| format!("/feeds/{href}")).collect();
        paths.push(path);
        if name != "press" {
            paths.extend(own);
        }
    }
    paths.push("/feeds/press?page=2".into());
    paths
}

async fn ask(address: SocketAddr, path: &str, fields: &[(HeaderName, &str)]) -> reqwest::Response {
    let mut request = client().get(format!("http://{address}{path}"));
    for (name, value) in fields {
        request = request.header(name, *value);
    }
    request.send().await.unwrap()
}

async fn text(address: SocketAddr, path: &str, fields: &[(HeaderName, &str)]) -> String {
    let response = ask(address, path, fields).await;
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).collect()
}

fn words_of(element: scraper::ElementRef<'_>) -> String {
    let words: String = element.text().collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_page_is_light_and_asks_nobody_else() {
    const WEIGHT_MAX: usize = 30_000;
    let (address, _store) = served().await;
    for path in paths(address).await {
        let page = text(address, &path, &[]).await;
        let style_path = {
            let page = Html::parse_document(&page);
            let styles = select(&page, "link[rel=stylesheet], style");
            assert_eq!(styles.len(), 1, "{path}");
            assert_eq!(select(&page, "script[src]").len(), 0, "{path}");
            for image in select(&page, "img") {
                assert_eq!(image.attr("loading"), Some("lazy"), "{path}");
                assert_eq!(image.attr("referrerpolicy"), Some("no-referrer"), "{path}");
            }
            styles[0].attr("href").unwrap().replace("../", "")
        };
        let style = text(address, &format!("/{style_path}"), &[]).await;
        let packed = ask(address, &path, &[(header::ACCEPT_ENCODING, "gzip")]).await;
        let packed = packed.bytes().await.unwrap().len();
        assert!(
            packed + style.len() < WEIGHT_MAX,
            "{path}: {packed} + {}",
            style.len()
        );
    }
}

#[tokio::test]
async fn a_thousand_sources_are_paged_and_searched() {
    let (address, _store) = crowd(90).await;
    let first = Html::parse_document(&text(address, "/", &[]).await);
    assert_eq!(select(&first, "li.feed").len(), 20);
    let last = Html::parse_document(&text(address, "/?page=5", &[]).await);
    assert_eq!(select(&last, "li.feed").len(), 10);
    assert_eq!(
        select(&last, "link[rel=alternate]").len(),
        11,
        "what is shown, and how it fares"
    );
    // A page that is not there is the last one: nobody types these.
    let beyond = Html::parse_document(&text(address, "/?page=99", &[]).await);
    assert_eq!(select(&beyond, "li.feed").len(), 10);
    let found = Html::parse_document(&text(address, "/?q=SOURCE-0042", &[]).await);
    let links: Vec<_> = select(&found, "li.feed h2 a")
        .iter()
        .filter_map(|link| link.attr("href"))
        .collect();
    assert_eq!(links, ["feeds/source-0042"]);
    for path in [
        "/?q=%ff",
        "/?page=-1",
        "/?page=x&q=a&q=b",
        "/?state=nobody",
        "/?q=%00",
    ] {
        text(address, path, &[]).await;
    }
}

/// A picture of one pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

#[tokio::test]
async fn icons_come_from_us_and_are_pictures() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/favicon.ico" => answer(200, &[("content-type", "text/html")], PIXEL),
        "/drawn.svg" => answer(
            200,
            &[("content-type", "image/svg+xml")],
            "<svg onload=\"alert(1)\"/>",
        ),
        _ => answer(404, &[], ""),
    })
    .await;
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let tables = ["a-plain", "b-plain", "drawn"].map(|name| {
        format!(
            "[[source]]\nname = \"{name}\"\nurl = \"{}\"\n",
            publisher.url(&format!("/{name}"))
        )
    });
    let config = config(&format!(
        "[polling]\nallow_private = [\"127.0.0.1\"]\n{}[[source]]\nname = \"file\"\nurl = \"a.xml\"\n",
        tables.concat()
    ));
    store.sync(&config, NOW).await.unwrap();
    for name in ["a-plain", "b-plain", "drawn", "file"] {
        let mut washed = washed(&many(1));
        washed.clean.link = Some(publisher.url("/"));
        washed.clean.icon = Some(publisher.url("/drawn.svg")).filter(|_| name == "drawn");
        publish(&store, name, &washed, NOW).await;
    }
    let address = serve(app(&store, config).0).await;
    let shown = until("the icon is here", async || {
        let page = Html::parse_document(&text(address, "/", &[]).await);
        let icons: Vec<String> = select(&page, "img")
            .iter()
            .filter_map(|icon| icon.attr("src"))
            .map(str::to_owned)
            .collect();
        (!icons.is_empty()).then_some(icons)
    })
    .await;
    assert_eq!(
        shown,
        ["icons/a-plain", "icons/b-plain"],
        "of both that have it, and not that of a file's site"
    );
    let icon = ask(address, "/icons/a-plain", &[]).await;
    assert_eq!(
        icon.headers()[header::CONTENT_TYPE],
        "image/png",
        "by its bytes"
    );
    assert_eq!(icon.bytes().await.unwrap(), PIXEL);
    for name in ["drawn", "file", "nobody"] {
        assert_eq!(
            ask(address, &format!("/icons/{name}"), &[]).await.status(),
            404
        );
    }
    text(address, "/", &[]).await;
    let asked = publisher.asked();
    assert_eq!(asked.len(), 1, "a host is asked once a day");
}

#[tokio::test]
async fn the_first_run_teaches() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let address = serve(app(&store, configured(&[])).0).await;
    let page = text(address, "/", &[]).await;
    assert!(page.contains("feedwash add "));
    let page = Html::parse_document(&page);
    let lines = select(&page, "pre")
        .into_iter()
        .map(words_of)
        .find(|lines| lines.contains("[[source]]"))
        .unwrap();
    let lines = lines.replace(" name", "\nname").replace(" url", "\nurl");
    assert_eq!(config(&lines).sources.len(), 1, "what is taught is right");
}

#[tokio::test]
async fn states_are_told_in_words_and_counted() {
    let (address, _store) = served().await;
    let page = Html::parse_document(&text(address, "/", &[]).await);
    let states: Vec<String> = select(&page, "nav.states a")
        .into_iter()
        .map(words_of)
        .collect();
    // The entries of the tests are of their own year.
    let silent = states
        .iter()
        .find(|state| state.contains("not checked yet"))
        .unwrap();
    assert!(silent.contains(" 1 "), "{states:?}");
    for (state, name, said) in [
        ("failing", "failing", "failed, as did the 2 before it"),
        ("walled", "walled", "login page"),
        ("gone", "gone", "gone for good"),
    ] {
        let page = Html::parse_document(&text(address, &format!("/?state={state}"), &[]).await);
        let rows = select(&page, "li.feed");
        assert_eq!(rows.len(), 1, "{state}");
        let words = words_of(rows[0]);
        assert!(words.contains(said) && words.contains(name), "{words}");
    }
}

#[tokio::test]
async fn a_page_that_a_browser_has_is_not_sent_again() {
    let (address, _store) = served().await;
    let path = "/feeds/debris?page=1";
    let first = ask(address, path, &[]).await;
    assert_eq!(first.headers()[header::CACHE_CONTROL], "no-cache");
    let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    let second = ask(address, path, &[(header::IF_NONE_MATCH, &tag)]).await;
    // Unless the minute ended just now, and the page says so.
    let is_same = second.headers()[header::ETAG] == *tag;
    assert_eq!(second.status(), if is_same { 304 } else { 200 });
    let style = Html::parse_document(&first.text().await.unwrap());
    let style = select(&style, "link[rel=stylesheet]")[0]
        .attr("href")
        .unwrap()
        .replace("../", "/");
    let style = ask(address, &style, &[]).await;
    assert!(
        style.headers()[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}

#[tokio::test]
async fn an_entry_is_shown_before_and_after_with_its_remedies() {
    let (address, _store) = served().await;
    let feed = Html::parse_document(&text(address, "/feeds/debris", &[]).await);
    let own = select(&feed, "p.meta a")[0]
        .attr("href")
        .unwrap()
        .to_owned();
    let key = own.rsplit('/').next().unwrap().to_owned();
    let path = format!("/feeds/{own}");
    let page = Html::parse_document(&text(address, &path, &[]).await);
    let (before, after) = (
        select(&page, ".before .prose")[0],
        select(&page, ".after .prose")[0],
    );
    let marks: Vec<String> = select(&page, ".before .cut")
        .into_iter()
        .map(words_of)
        .collect();
    for said in ["syndication-notices", "share-buttons"] {
        assert!(
            marks.iter().any(|mark| mark.contains(said)),
            "{said}: {marks:?}"
        );
    }
    assert!(words_of(before).contains("has not been edited"));
    assert!(!words_of(after).contains("has not been edited"));
    assert!(words_of(after).contains("The first boat took the sick."));
    // What was taken is named and never loaded.
    let loaded: Vec<_> = select(&page, "img")
        .iter()
        .filter_map(|image| image.attr("src"))
        .collect();
    assert!(
        loaded.iter().all(|src| !src.contains("pixel.wp.com")),
        "{loaded:?}"
    );
    assert!(words_of(before).contains("pixel.wp.com"));
    let told = select(&page, "ol.removals > li");
    let commands: Vec<String> = select(&page, "ol.removals pre")
        .into_iter()
        .map(words_of)
        .collect();
    assert!(
        commands
            .iter()
            .any(|line| line.starts_with(&format!("feedwash restore debris {key} "))),
        "{commands:?}"
    );
    assert!(
        commands.contains(&"keep = [\"div.sharedaddy\"]".to_owned()),
        "{commands:?}"
    );
    // Every mark leads to what is told of it, and everything that was taken from the body has one.
    let ids: Vec<_> = told.iter().filter_map(|item| item.attr("id")).collect();
    for link in select(&page, "a.why") {
        let id = link.attr("href").unwrap().trim_start_matches('#');
        assert!(ids.contains(&id), "{id}");
    }
    for item in &told {
        let words = words_of(*item);
        let href = format!("a.why[href=\"#{}\"]", item.attr("id").unwrap());
        let is_marked = !select(&page, &href).is_empty();
        assert!(is_marked || !words.contains("In the content"), "{words}");
    }
    let source = text(address, &format!("{path}?view=source"), &[]).await;
    assert!(source.contains("&lt;script&gt;alert('ran')&lt;/script&gt;"));
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let (store, config) = world().await;
    let fewer = configured(&["press"]);
    store.sync(&config, after(1)).await.unwrap();
    store.sync(&fewer, after(2)).await.unwrap();
    let address = serve(app(&store, fewer).0).await;
    for (path, code) in [
        ("/feeds/press", 200),
        ("/feeds/press?page=12", 200),
        ("/feeds/press?page=13", 404),
        ("/feeds/press?page=0", 400),
        ("/feeds/nobody", 404),
        ("/feeds/debris", 410),
        ("/feeds/debris/0123456789abcdef", 410),
        ("/feeds/press/0123456789abcdef", 404),
        ("/feeds/press/%00", 404),
        ("/feeds/press/..%2f..%2fetc", 404),
        ("/style-0000000000000000.css", 404),
    ] {
        assert_eq!(ask(address, path, &[]).await.status(), code, "{path}");
    }
}

#[tokio::test]
async fn private_pages_lead_only_where_their_visitor_may_go() {
    const TOKEN: &str = "0123456789abcdef-&";
    let (store, _) = world().await;
    let private = config(&format!(
        "[server]\ntry = true\naccess_token = \"{TOKEN}\"\n[[source]]\nname = \"debris\"\nurl = \"https://debris.example/\"\n[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\n"
    ));
    store.sync(&private, after(1)).await.unwrap();
    let address = serve(app(&store, private).0).await;
    assert_eq!(ask(address, "/", &[]).await.status(), 401);
    let mut seen = std::collections::HashSet::new();
    let mut next = vec!["/?token=0123456789abcdef-%26".to_owned()];
    let base = url::Url::parse(&format!("http://{address}/")).unwrap();
    while let Some(path) = next.pop() {
        let response = ask(address, &path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        let is_page = response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/html");
        let here = base.join(&path).unwrap();
        let body = response.text().await.unwrap();
        if !is_page {
            continue;
        }
        let page = Html::parse_document(&body);
        for link in select(
            &page,
            "header a[href], main a[href]:not([rel*=noopener]), link[href]",
        ) {
            let to = here.join(link.attr("href").unwrap()).unwrap();
            if to.host_str() == base.host_str()
                && to.port() == base.port()
                && to.fragment().is_none()
            {
                let path = format!("{}?{}", to.path(), to.query().unwrap_or_default());
                if seen.insert(path.clone()) {
                    next.push(path);
                }
            }
        }
    }
    let mut listed = String::new();
    for path in &seen {
        let _ = writeln!(listed, "{path}");
    }
    assert!(
        seen.iter().any(|path| path.contains("view=source")),
        "{listed}"
    );
    assert!(
        seen.iter().any(|path| path.contains("page=12&token=")),
        "{listed}"
    );
    assert!(
        seen.iter()
            .any(|path| path.starts_with("/feeds/debris.atom")),
        "{listed}"
    );
}
