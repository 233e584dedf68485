//! Documents that hold only what is new (RFC 3229): asked for with an entity tag, and never taken for the whole.

use super::*;

const DAY: i64 = 86_400;

/// An answer of what is new, as a server gives it that was asked with an entity tag.
fn news(etag: &str, entries: &[(&str, &str, &str)]) -> Option<Response<Body>> {
    answer(226, &[("im", "feed"), ("etag", etag)], rss(entries))
}

const THIRD: (&str, &str, &str) = ("3", "C", "<p>The third story.</p>");

#[tokio::test]
async fn what_is_missing_from_a_delta_has_not_left() {
    let (publisher, desk) = good_and_then(|asked| match asked.earlier {
        1 => news("\"second\"", &[THIRD]),
        2 => news(
            "\"third\"",
            &[("1", "A", "<p>The first story, edited.</p>")],
        ),
        3 => news("\"fourth\"", &[]),
        4 => news("\"fifth\"", &[]),
        // The whole again, of which one has left.
        _ => answer(200, &[("etag", "\"sixth\"")], rss(&[THIRD])),
    })
    .await;
    changed(&desk.poll(after(60)).await, (1, 0));
    changed(&desk.poll(after(120)).await, (0, 1));
    assert_eq!(desk.entries().await.len(), 3);
    let revision = desk.revision().await;
    // An empty one is no empty feed after a full one, once or twice.
    unchanged(&desk.poll(after(180)).await);
    unchanged(&desk.poll(after(240)).await);
    assert_eq!(desk.revision().await, revision);
    let kept = |days: i64| desk.store.prune(30, after(days * DAY));
    kept(100).await.unwrap();
    assert_eq!(desk.entries().await.len(), 3, "nothing has left");
    unchanged(&desk.poll(after(300)).await);
    kept(100).await.unwrap();
    assert_eq!(desk.entries().await.len(), 1, "now two have");
    let asked = publisher.asked();
    let sent: Vec<_> = asked
        .iter()
        .map(|asked| (asked.header("a-im"), asked.header("if-none-match")))
        .collect();
    assert_eq!(
        sent,
        [
            ("", ""),
            ("feed", "\"good\""),
            ("feed", "\"second\""),
            ("feed", "\"third\""),
            ("feed", "\"fourth\""),
            ("feed", "\"fifth\""),
        ]
    );
}

#[tokio::test]
async fn a_feed_is_seen_whole_after_a_day_of_deltas() {
    let (publisher, desk) = good_and_then(|asked| match asked.header("a-im") {
        "feed" => news("\"news\"", &[THIRD]),
        _ => answer(200, &[("etag", "\"whole\"")], document()),
    })
    .await;
    // While nothing was new, what was read last was the whole.
    for at in [3 * DAY, 3 * DAY + 60, 4 * DAY - 1, 4 * DAY, 4 * DAY + 60] {
        desk.poll(after(at)).await;
    }
    let asked = publisher.asked();
    let sent: Vec<_> = asked.iter().map(|asked| asked.header("a-im")).collect();
    assert_eq!(sent, ["", "feed", "feed", "feed", "", "feed"]);
}

#[tokio::test]
async fn changes_that_were_not_asked_for_are_refused_and_the_whole_is_asked_for() {
    for (im, body) in [
        (&[("im", "vcdiff")][..], "not a feed"),
        (&[("im", "feed, gzip")], "not a feed"),
        (&[], "not a feed"),
    ] {
        let (publisher, desk) = good_and_then(move |asked| match asked.earlier {
            1 => answer(226, im, body),
            _ => news("\"news\"", &[THIRD]),
        })
        .await;
        fails_and_keeps(&desk, "226").await;
        // Even the right form, where none was asked for.
        failed(&desk.poll(after(3 * DAY)).await, "226");
        let asked = publisher.asked();
        let sent: Vec<_> = asked.iter().map(|asked| asked.header("a-im")).collect();
        assert_eq!(sent, ["", "feed", ""]);
    }
}

#[tokio::test]
async fn no_delta_is_asked_for_without_an_entity_tag() {
    let publisher = Publisher::start(|asked| match asked.earlier {
        0 => answer(200, &[("last-modified", "Monday")], document()),
        _ => news("\"news\"", &[THIRD]),
    })
    .await;
    let desk = Desk::new(&publisher.url("/feed"), "").await;
    changed(&desk.poll(NOW).await, (2, 0));
    failed(&desk.poll(after(60)).await, "226");
    let asked = publisher.asked();
    assert_eq!(asked[1].header("if-modified-since"), "Monday");
    assert!(asked.iter().all(|asked| asked.header("a-im").is_empty()));
}

#[tokio::test]
async fn a_delta_that_is_cut_off_is_followed_by_the_whole() {
    let (publisher, desk) = good_and_then(|asked| match asked.earlier {
        1 => {
            let mut cut = rss(&[THIRD]);
            cut.truncate(cut.find("</channel>").unwrap());
            answer(226, &[("im", "feed"), ("etag", "\"second\"")], cut)
        }
        _ => answer(304, &[], ""),
    })
    .await;
    changed(&desk.poll(after(60)).await, (1, 0));
    desk.poll(after(120)).await;
    let asked = publisher.asked();
    assert_eq!(asked[2].header("a-im"), "");
    assert_eq!(asked[2].header("if-none-match"), "");
}
