//! What the pages for people are told: sources in short, their weeks, what was done to them, entries before and after.

use super::*;
use crate::support::publish;

const NOTICE: &str = "<p>(This story has not been edited by our staff and is auto-generated from a syndicated feed.)</p>";

pub(super) async fn what_pages_show_of_a_source_is_told(store: Store) {
    let config = config(
        "[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\n[[source]]\nname = \"silent\"\nurl = \"https://silent.example/\"\n",
    );
    store.sync(&config, NOW).await.unwrap();
    let dated = |id: &str, days_ago: i64| {
        let at = after(-days_ago * 24 * 3600 - 60).strftime("%a, %d %b %Y %H:%M:%S +0000");
        let body = format!("<p>The story of {id}.</p>{NOTICE}");
        item(
            id,
            &format!("Title of {id}"),
            &body,
            &format!("<pubDate>{at}</pubDate>"),
        )
    };
    let document = channel(&[dated("today", 0), dated("two", 2), dated("old", 30)].concat());
    publish(&store, "press", &washed(&document), NOW).await;

    let listed = store.listed().await.unwrap();
    let names: Vec<&str> = listed.iter().map(|listed| listed.name.as_str()).collect();
    assert_eq!(names, ["press", "silent"]);
    let ids: Vec<i64> = listed.iter().map(|listed| listed.id).collect();
    let (press, silent) = (ids[0], ids[1]);

    let summaries = store.summaries(&ids).await.unwrap();
    let newest = summaries[&press].newest.as_ref().unwrap();
    assert_eq!(newest.title, Some(Text::plain("Title of today")));
    assert_eq!(newest.at, after(-60));
    assert!(summaries[&press].feed.title.is_some());
    assert!(summaries[&silent].newest.is_none());

    let fares = store.fares(&ids).await.unwrap();
    assert_eq!(
        (fares[&press].outcome.as_str(), fares[&press].entries),
        ("changed", 3)
    );
    assert_eq!(
        (fares[&silent].outcome.as_str(), fares[&silent].entries),
        ("new", 0)
    );

    let weeks = store.weeks(&ids, NOW).await.unwrap();
    let week = weeks[&press].map(|day| (day.entries, day.removals));
    assert_eq!(
        week,
        [(0, 0), (0, 0), (0, 0), (0, 0), (1, 1), (0, 0), (1, 1)]
    );
    assert!(!weeks.contains_key(&silent));

    let account = store.account(press, 10).await.unwrap();
    let passes: Vec<_> = account
        .passes
        .iter()
        .map(|pass| (pass.name.as_str(), pass.pieces, pass.entries))
        .collect();
    assert_eq!(passes, [("syndication-notices", 3, 3)]);
    assert_eq!((account.polls.len(), account.polls[0].new), (1, 3));
    assert!(store.account(silent, 10).await.unwrap().polls.is_empty());

    let key = &newest.key;
    let both = store
        .before_after(press, key.as_str())
        .await
        .unwrap()
        .unwrap();
    let content = |entry: &Entry| entry.content.as_ref().unwrap().value.clone();
    assert!(
        content(&both.raw).contains("auto-generated")
            && !content(&both.clean).contains("auto-generated")
    );
    assert_eq!((both.removals.len(), &both.removals[0].entry), (1, key));
    assert_eq!((both.first_seen_at, both.left_at), (Some(NOW), None));
    let counts = store.removal_counts(press, &[key]).await.unwrap();
    assert_eq!(counts[key.as_str()], 1);
    for (source, key) in [
        (silent, key.as_str()),
        (press, "nobody"),
        (press, "\0"),
        (press, ""),
    ] {
        assert!(
            store.before_after(source, key).await.unwrap().is_none(),
            "{key:?}"
        );
    }
}
