//! `/try`: what lies at an address, washed; fenced, limited, and off unless allowed.

use super::{HOSTILE, configured, select, words_of};
use crate::support::{NOW, Publisher, answer, app, client, config, end_poll, fine, rss, serve};
use feedwash::config::{Config, StoreLocation};
use feedwash::store::{Finish, Store};
use jiff::{SignedDuration, Timestamp};
use scraper::Html;
use std::net::SocketAddr;

const TOKEN: &str = "0123456789abcdef";

/// A program that may fetch from this machine for who has the token.
fn open() -> Config {
    config(&format!(
        "[server]\ntry = true\naccess_token = \"{TOKEN}\"\n[polling]\nallow_private = [\"127.0.0.1\"]\n"
    ))
}

async fn program(config: Config) -> SocketAddr {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    serve(app(&store, config).0).await
}

async fn post(address: SocketAddr, url: &str, site: &str) -> reqwest::Response {
    let body: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("url", url)
        .finish();
    let request = client()
        .post(format!("http://{address}/try?token={TOKEN}"))
        .header("sec-fetch-site", site);
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn tried(address: SocketAddr, url: &str) -> Html {
    let response = post(address, url, "same-origin").await;
    assert_eq!(response.status(), 200);
    Html::parse_document(&response.text().await.unwrap())
}

#[tokio::test]
async fn a_feed_is_shown_washed_with_the_lines_to_have_it() {
    let junk = "<p>The story.</p><div class=\"sharedaddy\"><a href=\"https://twitter.com/intent/tweet?url=x\">Tweet</a></div>";
    let document = rss(&[("one", "Told", junk), ("two", HOSTILE, HOSTILE)]);
    let publisher = Publisher::start(move |_| answer(200, &[], document.clone())).await;
    let page = tried(program(open()).await, &publisher.url("/feed")).await;
    let prose = words_of(select(&page, ".prose")[0]);
    assert_eq!(prose, "The story.");
    let lines: String = select(&page, "pre code")[0].text().collect();
    let source = &config(&lines).sources[0];
    assert_eq!(
        (source.name.as_str(), source.location.to_string()),
        ("the-press", publisher.url("/feed"))
    );
    assert_eq!(select(&page, "script").len(), 1, "the page's own");
    assert!(select(&page, "[onerror], [onmouseover]").is_empty());
}

#[tokio::test]
async fn a_page_leads_to_its_feed_and_several_are_offered() {
    let links = |paths: &[&str]| -> String {
        let links = paths.iter().map(|path| {
            format!(
                "<link rel=alternate type='application/rss+xml' href='{path}' title='{path} \"<b>'>"
            )
        });
        format!(
            "<!doctype html><html><head><title>x</title>{}</head><body><p>A page.</p></body></html>",
            links.collect::<String>()
        )
    };
    let publisher = Publisher::start(move |asked| match asked.path.as_str() {
        "/one" => answer(200, &[("content-type", "text/html")], links(&["/feed"])),
        "/two" => answer(
            200,
            &[("content-type", "text/html")],
            links(&["/feed", "/other"]),
        ),
        _ => answer(200, &[], rss(&[("one", "Told", "<p>The story.</p>")])),
    })
    .await;
    let address = program(open()).await;
    let page = tried(address, &publisher.url("/one")).await;
    assert_eq!(words_of(select(&page, ".prose")[0]), "The story.");
    let page = tried(address, &publisher.url("/two")).await;
    let offered: Vec<_> = select(&page, "input[type=hidden]")
        .iter()
        .filter_map(|input| input.attr("value"))
        .map(str::to_owned)
        .collect();
    assert_eq!(offered, [publisher.url("/feed"), publisher.url("/other")]);
}

#[tokio::test]
async fn private_addresses_are_refused_and_nothing_is_told_of_them() {
    let publisher = Publisher::start(|_| answer(200, &[], "secret")).await;
    let address = program(configured(&[])).await;
    for url in [
        publisher.url("/feed"),
        "http://localhost/".into(),
        "http://[::1]/".into(),
        "http://169.254.169.254/".into(),
    ] {
        let page = tried(address, &url).await;
        assert!(
            words_of(select(&page, "[role=alert]")[0]).contains("private"),
            "{url}"
        );
    }
    // What polls may reach is not open to strangers.
    let open_to_all = "[server]\ntry = true\n[polling]\nallow_private = [\"127.0.0.1\"]\n";
    let page = tried(program(config(open_to_all)).await, &publisher.url("/feed")).await;
    assert!(words_of(select(&page, "[role=alert]")[0]).contains("private"));
    assert!(publisher.asked().is_empty());
    for url in ["file:///etc/passwd", "javascript:alert(1)", "", HOSTILE] {
        let page = tried(address, url).await;
        assert!(
            words_of(select(&page, "[role=alert]")[0]).contains("Give an address of the web"),
            "{url}"
        );
        assert_eq!(select(&page, "script").len(), 1, "the page's own");
    }
}

#[tokio::test]
async fn it_is_off_unless_allowed_and_starts_at_our_own_form() {
    let closed = program(config("")).await;
    assert_eq!(
        client()
            .get(format!("http://{closed}/try"))
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    assert_eq!(
        post(closed, "https://press.example/", "same-origin")
            .await
            .status(),
        404
    );
    let address = program(configured(&[])).await;
    assert_eq!(
        post(address, "http://127.0.0.1/", "cross-site")
            .await
            .status(),
        403
    );
    assert_eq!(
        post(address, &"x".repeat(10_000), "same-origin")
            .await
            .status(),
        413
    );
}

#[tokio::test]
async fn there_are_so_many_a_minute() {
    let publisher =
        Publisher::start(|_| answer(200, &[], rss(&[("one", "Told", "<p>The story.</p>")]))).await;
    let address = program(open()).await;
    for _ in 0..feedwash::limits::TRIALS_A_MINUTE {
        assert_eq!(
            post(address, &publisher.url("/feed"), "same-origin")
                .await
                .status(),
            200
        );
    }
    let refused = post(address, &publisher.url("/feed"), "same-origin").await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(publisher.asked().len(), feedwash::limits::TRIALS_A_MINUTE);
}

#[tokio::test]
async fn what_is_here_already_is_linked_and_not_asked_for() {
    let link = "<!doctype html><html><head><title>x</title><link rel=alternate type='application/rss+xml' href='/feed'></head><body><p>A page.</p></body></html>";
    let publisher =
        Publisher::start(move |_| answer(200, &[("content-type", "text/html")], link)).await;
    let mut mine = open();
    let source = format!(
        "[[source]]\nname = \"mine\"\nurl = \"{}\"\n",
        publisher.url("/feed")
    );
    mine.sources = config(&source).sources;
    let address = program(mine).await;
    for (given, asked) in [("/feed", 0), ("/feed/", 0), ("/page", 1)] {
        let page = tried(address, &publisher.url(given)).await;
        let said = select(&page, "main [role=status]")[0];
        assert_eq!(words_of(said), "You have this feed already, as mine.");
        let link = select(&page, "main [role=status] a")[0];
        assert_eq!(
            link.attr("href"),
            Some(&*format!("feeds/mine?token={TOKEN}"))
        );
        assert_eq!(publisher.asked().len(), asked, "{given}");
    }
}

#[tokio::test]
async fn who_asked_to_be_left_alone_is_not_asked() {
    let config = configured(&["press"]);
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    store.sync(&config, NOW).await.unwrap();
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    let finish = Finish {
        outcome: "failed",
        failures: 1,
        failure: Some("server"),
        hold: Some(("example.org".into(), until)),
        ..fine(NOW)
    };
    end_poll(&store, "press", &finish, NOW).await;
    let address = serve(app(&store, config).0).await;
    let page = tried(address, "https://blog.example.org/feed").await;
    let said = words_of(select(&page, "[role=alert]")[0]);
    assert!(said.contains("asked to be left alone until"), "{said}");
    assert!(
        said.contains(&until.strftime("%H:%M").to_string()),
        "{said}"
    );
}
