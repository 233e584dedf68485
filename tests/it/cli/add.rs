//! `add`: from the address of a site to a source of feeds.toml.

use super::*;

const MINE: &str = "# mine\n[polling]\nallow_private = [\"127.0.0.1\"] # for the test\n";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("feeds.toml", MINE);
    desk
}

fn page(head: &str) -> Option<axum::http::Response<axum::body::Body>> {
    let html = [("content-type", "text/html")];
    answer(
        200,
        &html,
        format!("<!doctype html><html><head>{head}</head>"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn add_finds_the_feed_that_a_page_links_and_keeps_comments() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/news.xml" => answer(200, &[], rss(&[("1", "The lamp", JUNKY)])),
        _ => page(
            "<link rel=alternate type=application/rss+xml title=News href=/news.xml>\
             <link rel=alternate type=application/rss+xml href=/comments/feed/>",
        ),
    })
    .await;
    let desk = desk();
    let site = publisher.url("/");
    let shown = desk.run(&["add", &site, "--dry-run"]).output();
    for words in ["The Press", "1 entry", "The lamp", "comment-form"] {
        assert!(shown.contains(words), "no {words:?} in {shown}");
    }
    assert_eq!(fs::read_to_string(desk.path("feeds.toml")).unwrap(), MINE);
    desk.run(&["add", &site]).check(
        0,
        &["added to feeds.toml as the-press", "left out its comments"],
    );
    let written = fs::read_to_string(desk.path("feeds.toml")).unwrap();
    assert!(written.starts_with(MINE), "{written}");
    assert!(written.contains("name = \"the-press\"") && written.contains("/news.xml\""));
    desk.run(&["add", &site])
        .check(0, &["there already, as the-press"]);
    desk.run(&["check", "--fetch"]).check(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn add_takes_a_feed_as_it_is_under_the_name_that_is_given() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/old" => answer(301, &[("location", "/feed")], ""),
        _ => answer(200, &[], rss(&[("1", "A", "b")])),
    })
    .await;
    let desk = desk();
    desk.run(&["add", &publisher.url("/old"), "--name", "My.Own"])
        .check(0, &["as My.Own"]);
    let written = fs::read_to_string(desk.path("feeds.toml")).unwrap();
    assert!(
        written.contains("/feed\"") && !written.contains("/old"),
        "{written}"
    );
    desk.run(&["add", &publisher.url("/b"), "--name", "My.Own"])
        .check(1, &["My.Own already"]);
    desk.run(&["add", &publisher.url("/b"), "--name", "a b"])
        .check(2, &["can't stand in a source's name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn add_looks_where_sites_usually_have_their_feed_and_stops_there() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/index.xml" => answer(200, &[], rss(&[("1", "A", "b")])),
        "/" => page("<title>Home</title>"),
        _ => answer(404, &[], ""),
    })
    .await;
    let desk = desk();
    desk.run(&["add", &publisher.url("/")])
        .check(0, &["added to"]);
    let asked: Vec<String> = publisher.asked().iter().map(|a| a.path.clone()).collect();
    assert_eq!(asked, ["/", "/feed", "/index.xml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn add_lists_several_and_guesses_none() {
    let publisher = Publisher::start(|_| {
        page(
            "<link rel=alternate type=application/rss+xml title=World href=/world>\
             <link rel=alternate type=application/atom+xml title=Sport href=/sport>",
        )
    })
    .await;
    let desk = desk();
    desk.run(&["add", &publisher.url("/")])
        .check(1, &["has several feeds", "/world  World", "/sport  Sport"]);
    assert_eq!(fs::read_to_string(desk.path("feeds.toml")).unwrap(), MINE);
    assert_eq!(publisher.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn add_says_what_is_wrong_and_goes_on_with_the_next() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/feed" if asked.earlier > 3 => answer(200, &[], rss(&[("1", "A", "b")])),
        _ => answer(404, &[], ""),
    })
    .await;
    let desk = desk();
    let ran = desk.run(&["add", &publisher.url("/x/y.html"), &publisher.url("/feed")]);
    ran.check(1, &["links no feed", "added to"]);
    desk.run(&["add", "gopher://x.example/"])
        .check(1, &["no http or https address"]);
    desk.run(&["add"]).check(2, &["<URL>"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn add_reads_the_page_of_an_error_and_leaves_who_refuses() {
    let publisher = Publisher::start(|asked| match asked.path.as_str() {
        "/new.xml" => answer(200, &[], rss(&[("1", "A", "b")])),
        "/old" => answer(
            404,
            &[("content-type", "text/html")],
            "<html><link rel=alternate type=application/rss+xml href=/new.xml>",
        ),
        _ => answer(429, &[("retry-after", "3600")], ""),
    })
    .await;
    let desk = desk();
    desk.run(&["add", &publisher.url("/busy")])
        .check(1, &["429 Too Many Requests"]);
    assert_eq!(publisher.asked().len(), 1);
    desk.run(&["add", &publisher.url("/old#top")])
        .check(0, &["404 Not Found, but it links", "added to"]);
    let written = fs::read_to_string(desk.path("feeds.toml")).unwrap();
    assert!(written.contains("/new.xml\""), "{written}");
}

#[tokio::test(flavor = "multi_thread")]
async fn add_keeps_the_line_ends_of_the_file() {
    let publisher = Publisher::start(|_| answer(200, &[], rss(&[("1", "A", "b")]))).await;
    let desk = Desk::new();
    desk.write("feeds.toml", MINE.replace('\n', "\r\n"));
    desk.run(&["add", &publisher.url("/feed")])
        .check(0, &["added to"]);
    let written = fs::read_to_string(desk.path("feeds.toml")).unwrap();
    assert_eq!(
        written.matches('\n').count(),
        written.matches("\r\n").count()
    );
}
