//! What pages tell those who are no developers: one address, where it comes from, how all is, and what was taken out.

use super::{ask, config, configured, select, served, text, words_of};
use crate::support::{NOW, after, app, end_poll, fine, publish, serve, washed};
use feedwash::config::StoreLocation;
use feedwash::daemon::Rejected;
use feedwash::store::{Finish, Store};
use reqwest::header;
use scraper::Html;

const OWN: &str = "http://localhost:8484/feeds/debris.atom";

#[tokio::test]
async fn there_is_one_address_to_subscribe_to_and_it_can_be_read() {
    let (address, _store) = served().await;
    let page = Html::parse_document(&text(address, "/feeds/debris", &[]).await);
    let shown = select(&page, "main code[data-copy]");
    assert_eq!(shown.len(), 1, "one to copy");
    assert_eq!(words_of(shown[0]), OWN);
    assert!(select(&page, "main a[data-copy]").is_empty());
    let own = format!("a[href=\"feed:{OWN}\"]");
    assert_eq!(select(&page, &own).len(), 1, "what a reader is opened with");
    let index = Html::parse_document(&text(address, "/", &[]).await);
    let row = select(&index, &own)[0];
    assert!(row.attr("data-copy").is_some(), "what the button copies");
    let rows = select(&index, "li.feed").len();
    assert_eq!(select(&index, "main [data-copy]").len(), rows, "one each");
    let readme = include_str!("../../../README.md");
    assert!(readme.contains("http://localhost:8484/feeds/wire.atom"));
    assert!(!readme.contains("8484/feeds/wire.rss"));
}

#[tokio::test]
async fn a_feed_says_what_it_is_called_and_where_it_comes_from() {
    let tables = "[[source]]\nname = \"press\"\nurl = \"https://ann:secret-1@press.example/feed?auth=secret-2\"\n\
                  [[source]]\nname = \"file\"\nurl = \"secret-3.xml\"\n";
    let config = config(tables);
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    store.sync(&config, NOW).await.unwrap();
    let address = serve(app(&store, config).0).await;
    for (name, said) in [
        (
            "press",
            "It is called press in feeds.toml, and comes from https://press.example/feed?… .",
        ),
        (
            "file",
            "It is called file in feeds.toml, and comes from a file.",
        ),
    ] {
        let page = text(address, &format!("/feeds/{name}"), &[]).await;
        assert!(!page.contains("secret"), "{page}");
        let words = words_of(select(&Html::parse_document(&page), "main")[0]);
        assert!(words.contains(&said.replace(" .", ".")), "{words}");
        assert!(words.contains("It has not been read yet"), "{words}");
        assert!(!words.contains("Nothing had to be taken out"), "{words}");
    }
}

#[tokio::test]
async fn what_was_washed_is_linked_from_the_top_and_counted_anew_when_it_changes() {
    let (address, store) = served().await;
    let link = async || {
        let page = Html::parse_document(&text(address, "/feeds/debris", &[]).await);
        assert_eq!(select(&page, "#washed").len(), 1);
        words_of(select(&page, "a[href=\"#washed\"]")[0])
    };
    assert_eq!(
        link().await,
        "What was washed: 6 pieces taken out or mended"
    );
    assert_eq!(
        link().await,
        "What was washed: 6 pieces taken out or mended"
    );
    let junk = "<p>The story.</p><div class=\"sharedaddy\"><a href=\"https://twitter.com/intent/tweet?url=x\">Tweet</a></div>";
    let more = crate::support::rss(&[("d-3", "One more", junk)]);
    publish(&store, "debris", &washed(&more), after(3600)).await;
    assert_eq!(
        link().await,
        "What was washed: 7 pieces taken out or mended"
    );
}

#[tokio::test]
async fn how_all_is_stands_on_the_index_and_is_a_feed() {
    let (address, _store) = served().await;
    let page = Html::parse_document(&text(address, "/", &[]).await);
    let said = words_of(select(&page, "#health")[0]);
    assert!(
        said.contains("6 quiet, 1 not checked yet, 1 failing, 1 behind a wall, 1 gone"),
        "{said}"
    );
    let alternate = "link[rel=alternate][type=\"application/atom+xml\"][href=\"health.atom\"]";
    assert_eq!(select(&page, alternate).len(), 1);
    let linked = ask(address, "/health.atom", &[]).await;
    let media_type = linked.headers()[header::CONTENT_TYPE].to_str().unwrap();
    assert!(media_type.starts_with("application/atom+xml"));
    for (path, href) in [("/", "./#health"), ("/feeds/debris", "../#health")] {
        let page = Html::parse_document(&text(address, path, &[]).await);
        let link = select(&page, "footer a")[0];
        assert_eq!(link.attr("href"), Some(href), "no page of machines");
    }
}

#[tokio::test]
async fn a_publishers_words_do_not_turn_ours_around() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&["press"]);
    store.sync(&config, NOW).await.unwrap();
    let turned = "\u{202e}the server answered";
    let finish = Finish {
        outcome: "failed",
        failures: 1,
        failure: Some("timeout"),
        detail: Some(turned.into()),
        ..fine(NOW)
    };
    end_poll(&store, "press", &finish, NOW).await;
    let address = serve(app(&store, config).0).await;
    for path in ["/", "/feeds/press", "/?q=%E2%80%AEthe+server+answered"] {
        let page = text(address, path, &[]).await;
        let places = page.matches('\u{202e}').count();
        let isolated =
            page.matches("<bdi>\u{202e}").count() + page.matches("value=\"\u{202e}").count();
        assert!(
            places > 0 && places == isolated,
            "{path}: {places}, {isolated}"
        );
    }
}

#[tokio::test]
async fn a_configuration_that_was_not_taken_is_told_of_before_there_is_a_feed_too() {
    for names in [&[][..], &["press"]] {
        let config = configured(names);
        let store = Store::open(&StoreLocation::Memory).await.unwrap();
        store.sync(&config, NOW).await.unwrap();
        let (app, _live) = app(&store, config);
        *app.rejected.lock().unwrap() = Some(Rejected {
            why: "line 3: <what> is that?".to_owned(),
            at: NOW,
        });
        let page = Html::parse_document(&text(serve(app).await, "/", &[]).await);
        let alerts: Vec<String> = select(&page, "[role=alert]")
            .into_iter()
            .map(words_of)
            .collect();
        let told = alerts
            .iter()
            .any(|said| said.contains("line 3: <what> is that?"));
        assert!(told, "{alerts:?}");
    }
}
