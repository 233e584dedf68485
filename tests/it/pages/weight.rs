//! What pages weigh before anything compresses them, as a lighthouse would weigh them, and that many sources are listed right.

use super::{configured, select, text};
use crate::support::{app, channel, item, publish, rss, serve, washed};
use feedwash::config::StoreLocation;
use feedwash::store::Store;
use jiff::{SignedDuration, Timestamp};
use scraper::Html;

/// The most that a page may weigh, in bytes: what a slow phone loads within a second.
const PAGE_BYTES: usize = 30_000;

/// A document with an entry a day for a week, each with something to take out.
fn busy(title: &str) -> String {
    let now = Timestamp::now();
    let junk = "<p>The story, as it is told by those who saw it.</p><div class=\"sharedaddy\"><a href=\"https://twitter.com/intent/tweet?url=x\">Tweet</a></div>";
    let items = (0..7).map(|day| {
        let at = now - SignedDuration::from_hours(24 * day + 1);
        let date = at.strftime("<pubDate>%a, %d %b %Y %H:%M:%S GMT</pubDate>");
        let told = format!("Ferry between the islands runs again, day {day} after the storm");
        item(&format!("{title}-{day}"), &told, junk, &date.to_string())
    });
    let document = channel(&items.collect::<String>());
    document.replace(
        "<title>The Press</title>",
        &format!("<title>{title}</title>"),
    )
}

#[tokio::test]
async fn the_index_of_fifty_busy_feeds_is_light() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let names: Vec<String> = (0..50).map(|n| format!("harbour-weekly-{n:02}")).collect();
    let config = configured(&names.iter().map(String::as_str).collect::<Vec<_>>());
    store.sync(&config, Timestamp::now()).await.unwrap();
    for name in &names {
        let title = format!("The {name} Gazette and Observer");
        publish(&store, name, &washed(&busy(&title)), Timestamp::now()).await;
    }
    let address = serve(app(&store, config).0).await;
    let mut listed = 0;
    for page in 1..=3 {
        let html = text(address, &format!("/?page={page}"), &[]).await;
        assert!(html.len() <= PAGE_BYTES, "page {page}: {}", html.len());
        let page = Html::parse_document(&html);
        listed += select(&page, "li.feed svg.chart").len();
    }
    assert_eq!(listed, 50, "each with its chart");
}

#[tokio::test]
async fn a_thousand_sources_are_counted_and_found() {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let names: Vec<String> = (0..1000).map(|n| format!("source-{n:04}")).collect();
    let config = configured(&names.iter().map(String::as_str).collect::<Vec<_>>());
    store.sync(&config, Timestamp::now()).await.unwrap();
    publish(
        &store,
        "source-0777",
        &washed(&busy("The Lone Harbour")),
        Timestamp::now(),
    )
    .await;
    let address = serve(app(&store, config).0).await;
    let html = text(address, "/", &[]).await;
    assert!(html.len() <= PAGE_BYTES, "{}", html.len());
    let health = text(address, "/?page=50", &[]).await;
    let health = Html::parse_document(&health);
    let said: String = select(&health, "#health")[0].text().collect();
    assert!(said.contains("1 fresh, 999 not checked yet"), "{said}");
    assert!(select(&health, "a[rel=next]").is_empty(), "the last page");
    // A search within a state stays in it.
    for (query, found) in [
        ("?state=new&q=source-077", 9),
        ("?state=fresh&q=lone", 1),
        ("?state=new&q=lone", 0),
    ] {
        let page = Html::parse_document(&text(address, &format!("/{query}"), &[]).await);
        assert_eq!(select(&page, "li.feed").len(), found, "{query}");
        let kept = select(&page, "form.search input[name=state]");
        let state = query.split(['=', '&']).nth(1);
        assert_eq!(kept[0].attr("value"), state);
    }
}

#[tokio::test]
async fn an_entry_of_endless_links_is_shown_as_far_as_a_person_reads() {
    let links: String = (0..14_000)
        .map(|n| {
            format!("<li><a href=\"https://press.example/{n}?utm_source=rss\">A story</a></li>")
        })
        .collect();
    let document = rss(&[("one", "All of them", &format!("<ul>{links}</ul>"))]);
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = configured(&["press"]);
    store.sync(&config, Timestamp::now()).await.unwrap();
    let washed = washed(&document);
    let path = format!("/feeds/press/{}", washed.clean.entries[0].key);
    publish(&store, "press", &washed, Timestamp::now()).await;
    let address = serve(app(&store, config).0).await;
    let page = text(address, &path, &[]).await;
    assert!(page.len() < 500_000, "{}", page.len());
    assert!(page.contains("only the beginning"));
    let source = text(address, &format!("{path}?view=source"), &[]).await;
    assert!(
        source.contains("https://press.example/13999"),
        "as code it is whole"
    );
}
