//! What stands in place of a feed is named and never published; what has moved for good is believed after days.

use super::*;
use crate::support::channel;

const DAY: i64 = 86_400;

/// Polls once: it fails in words, of a kind, and what was published stays.
async fn is_named(
    words: &str,
    kind: &str,
    then: impl Fn(&Asked) -> Option<Response<Body>> + Send + Sync + 'static,
) {
    let (_publisher, desk) = good_and_then(then).await;
    fails_and_keeps(&desk, words).await;
    assert_eq!(desk.status().await.failure.as_deref(), Some(kind));
}

#[tokio::test]
async fn walls_are_named_and_not_published() {
    for (page, words, kind) in [
        (
            "<title>Just a moment...</title>",
            "a check whether a browser asks",
            "challenge",
        ),
        (
            "<title>Sign in</title><input type=password>",
            "a login page in place of the feed (\"Sign in\")",
            "login",
        ),
        (
            "<title>Before you continue</title>",
            "asks for consent",
            "consent",
        ),
        (
            "<title>Page not found</title><link rel=alternate type=application/rss+xml href=/new.rss>",
            "(\"Page not found\"); it links to http://127.0.0.1",
            "soft-404",
        ),
        (
            "<title>x</title><p>This domain is for sale",
            "offers the domain for sale",
            "parked",
        ),
        ("<form class=h-captcha></form>", "a captcha", "captcha"),
    ] {
        let page = format!("<!doctype html><html><head></head><body>{page}</body></html>");
        is_named(words, kind, move |_| answer(200, &[], page.clone())).await;
    }
    is_named("a check whether a browser asks", "challenge", |_| {
        answer(403, &[("cf-mitigated", "challenge")], "<title>x</title>")
    })
    .await;
    is_named("403 Forbidden", "refused", |_| answer(403, &[], "")).await;
}

#[tokio::test]
async fn what_an_error_comes_with_is_named() {
    let html = ("content-type", "text/html; charset=utf-8");
    for (code, page, words, kind) in [
        (
            403,
            "<form class=h-captcha></form>",
            "403 Forbidden, with a captcha",
            "captcha",
        ),
        (
            401,
            "<title>Sign in</title><input type=password>",
            "401 Unauthorized, with a login page",
            "login",
        ),
        (
            404,
            "<title>404 Page not found</title>",
            "answered 404 Not Found",
            "missing",
        ),
        (
            404,
            "<html><link rel=alternate type=application/rss+xml href=/new.rss>",
            "404 Not Found; it links to http://127.0.0.1",
            "missing",
        ),
        (
            503,
            "<title>Just a moment...</title>",
            "503 Service Unavailable, with a check whether a browser asks",
            "challenge",
        ),
    ] {
        is_named(words, kind, move |_| answer(code, &[html], page)).await;
    }
}

#[tokio::test]
async fn a_redirect_to_the_home_page_is_named() {
    is_named("its site's home page", "home-page", |asked| {
        match asked.path.as_str() {
            "/feed" => answer(302, &[("location", "/")], ""),
            _ => answer(
                200,
                &[],
                "<!doctype html><title>The Press</title><h1>News</h1>",
            ),
        }
    })
    .await;
}

#[tokio::test]
async fn an_empty_feed_after_a_full_one_is_believed_after_days() {
    let (_publisher, desk) =
        good_and_then(|_| answer(200, &[("etag", "\"empty\"")], rss(&[]))).await;
    let before = desk.entries().await;
    for day in 0..3 {
        failed(
            &desk.poll(after(60 + DAY * day)).await,
            "empty, though it had 2 entries",
        );
        assert_eq!(desk.status().await.failure.as_deref(), Some("empty"));
        assert_eq!(desk.entries().await, before);
    }
    unchanged(&desk.poll(after(60 + DAY * 3)).await);
    let status = desk.status().await;
    assert_eq!((status.failure, status.failures), (None, 0));
    // An empty one after that is nothing new, and a full one is taken at once.
    unchanged(&desk.poll(after(60 + DAY * 4)).await);
}

#[tokio::test]
async fn an_empty_answer_between_is_forgotten() {
    let (_publisher, desk) = good_and_then(|asked| match asked.earlier {
        1 | 3 => answer(200, &[], rss(&[])),
        _ => answer(304, &[], ""),
    })
    .await;
    failed(&desk.poll(after(60)).await, "empty");
    unchanged(&desk.poll(after(120)).await);
    failed(&desk.poll(after(60 + 30 * DAY)).await, "empty");
    assert_eq!(desk.entries().await.len(), 2);
}

/// A feed of three stories, and then another site's.
async fn turned() -> (Publisher, Desk) {
    let stories = |link: &str, name: &str| {
        let items = (0..3).map(|n| {
            item(
                &format!("{name}{n}"),
                &format!("{name} story number {n}"),
                "<p>x</p>",
                "",
            )
        });
        channel(&items.collect::<String>()).replace("https://press.example/", link)
    };
    let first = stories("https://press.example/", "ferry");
    let then = stories("https://casino.example/", "fortune");
    let publisher = Publisher::start(move |asked| match asked.earlier {
        0 => answer(200, &[], first.clone()),
        _ => answer(200, &[], then.clone()),
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (3, 0));
    (publisher, desk)
}

#[tokio::test]
async fn a_feed_that_turns_into_another_sites_is_not_published() {
    let (_publisher, desk) = turned().await;
    let before = desk.entries().await;
    for day in [1, 2, 30, 60, 90] {
        failed(
            &desk.poll(after(DAY * day)).await,
            "turned into one of casino.example",
        );
    }
    assert_eq!(desk.entries().await, before);
    assert_eq!(desk.status().await.failure.as_deref(), Some("turned"));
}

#[tokio::test]
async fn a_feed_that_turned_is_taken_where_a_user_says_so() {
    let (_publisher, desk) = turned().await;
    desk.store.trust("press").await.unwrap();
    failed(&desk.poll(after(60)).await, "poll --force");
    desk.store.trust("press").await.unwrap();
    changed(&desk.poll(after(120)).await, (3, 0));
    unchanged(&desk.poll(after(180)).await);
}

/// A publisher that moved `/old` to `/new` for good, and what it answers there.
async fn moving(
    at_new: impl Fn(&Asked) -> Option<Response<Body>> + Send + Sync + 'static,
) -> (Publisher, Desk) {
    let publisher = Publisher::start(move |asked| match asked.path.as_str() {
        "/old" => answer(301, &[("location", "/new")], ""),
        _ => at_new(asked),
    })
    .await;
    let desk = Desk::new(&publisher.url("/old"), "").await;
    (publisher, desk)
}

fn paths(publisher: &Publisher) -> Vec<String> {
    publisher
        .asked()
        .into_iter()
        .map(|asked| asked.path)
        .collect()
}

#[tokio::test]
async fn a_permanent_redirect_is_adopted_after_days() {
    let (publisher, desk) = moving(|asked| {
        let counter = format!("<slash:comments>{}</slash:comments>", asked.earlier);
        answer(
            200,
            &[],
            channel(&item("", "A", "<p>The story.</p>", &counter)),
        )
    })
    .await;
    changed(&desk.poll(NOW).await, (1, 0));
    let ids = async || {
        let entries = desk.entries().await.into_iter();
        let ids = entries.map(|entry| (entry.key, entry.id, entry.published));
        ids.collect::<Vec<_>>()
    };
    let before = ids().await;
    for day in 1..7 {
        unchanged(&desk.poll(after(DAY * day)).await);
        let status = desk.status().await;
        assert_eq!((status.moved_since, status.adopted_at), (Some(NOW), None));
        assert!(
            status
                .moved()
                .unwrap()
                .contains("its server says that it moved to")
        );
    }
    unchanged(&desk.poll(after(DAY * 7)).await);
    let status = desk.status().await;
    assert_eq!(status.adopted_at, Some(after(DAY * 7)));
    assert!(status.moved().unwrap().contains("where it is polled since"));
    let asked = publisher.asked().len();
    unchanged(&desk.poll(after(DAY * 8)).await);
    unchanged(&desk.poll(after(DAY * 9)).await);
    assert_eq!(paths(&publisher)[asked..], ["/new", "/new"]);
    assert_eq!(ids().await, before);
    assert_eq!(desk.status().await.adopted_at, Some(after(DAY * 7)));
}

#[tokio::test]
async fn an_adopted_address_that_fails_is_left_for_the_configured_one() {
    let (publisher, desk) = moving(|asked| match asked.earlier {
        0..16 => answer(200, &[], document()),
        _ => answer(410, &[], ""),
    })
    .await;
    for day in 0..8 {
        desk.poll(after(DAY * day)).await;
    }
    assert!(desk.status().await.adopted_at.is_some());
    for day in 8..11 {
        failed(
            &desk.poll(after(DAY * day)).await,
            "gone from the address that it moved to",
        );
        assert!(
            desk.status().await.next_poll_at.is_some(),
            "it is polled again"
        );
    }
    let asked = publisher.asked().len();
    let outcome = desk.poll(after(DAY * 11)).await;
    assert_eq!(paths(&publisher)[asked..], ["/old", "/new"]);
    assert!(
        matches!(outcome, Outcome::Gone),
        "where all redirects are permanent: {outcome:?}"
    );
}

#[tokio::test]
async fn a_redirect_that_stops_is_forgotten() {
    let publisher = Publisher::start(|asked| match (asked.path.as_str(), asked.earlier) {
        ("/old", 0..10) => answer(301, &[("location", "/new")], ""),
        _ => answer(200, &[], document()),
    })
    .await;
    let desk = Desk::new(&publisher.url("/old"), "").await;
    for day in 0..5 {
        desk.poll(after(DAY * day)).await;
    }
    assert_eq!(desk.status().await.moved_since, Some(NOW));
    unchanged(&desk.poll(after(DAY * 6)).await);
    assert_eq!(desk.status().await.moved_to, None);
    unchanged(&desk.poll(after(DAY * 7)).await);
    assert_eq!(desk.status().await.adopted_at, None);
}

#[tokio::test]
async fn a_users_headers_keep_a_source_where_it_is() {
    let elsewhere = Publisher::start(|_| answer(200, &[], document())).await;
    let target = elsewhere.url("/feed");
    let publisher = Publisher::start(move |_| answer(308, &[("location", &target)], "")).await;
    let desk = Desk::new(&publisher.url("/feed"), "cookie = \"a=b\"").await;
    for day in 0..10 {
        desk.poll(after(DAY * day)).await;
    }
    let status = desk.status().await;
    assert_eq!(
        (status.moved_to, status.adopted_at),
        (Some(elsewhere.url("/feed")), None)
    );
    assert_eq!(publisher.asked().len(), 10);
    assert!(
        elsewhere
            .asked()
            .iter()
            .all(|asked| asked.header("cookie").is_empty())
    );
}

#[tokio::test]
async fn headers_that_come_after_a_move_bring_a_source_back() {
    let elsewhere = Publisher::start(|_| answer(200, &[], document())).await;
    let target = elsewhere.url("/feed");
    let publisher = Publisher::start(move |_| answer(308, &[("location", &target)], "")).await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    for day in 0..8 {
        desk.poll(after(DAY * day)).await;
    }
    assert!(desk.status().await.adopted_at.is_some());
    let before = publisher.asked().len();
    let desk = under(desk, &publisher.url("/feed"), "cookie = \"a=b\"").await;
    desk.poll(after(DAY * 9)).await;
    assert_eq!(
        publisher.asked().len(),
        before + 1,
        "the configured address is asked"
    );
    let told = elsewhere.asked();
    assert!(told.iter().all(|asked| asked.header("cookie").is_empty()));
}
