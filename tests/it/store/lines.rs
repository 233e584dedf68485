//! What is learnt across polls: counted once an entry, used by the next poll, forgotten when it fades.

use super::*;
use feedwash::model::{Response, Rules};
use feedwash::poll;
use feedwash::wash::wash;

/// A document of one entry, with or without the outlet's line below its story.
fn entry(number: u64, with_line: bool) -> String {
    let story = format!(
        "&lt;p&gt;Ferry number {0} left the pier of the northern island at dawn, with {0} people on board and a dog that nobody knew: {1}.&lt;/p&gt;",
        number,
        char::from(b'a' + u8::try_from(number % 26).unwrap())
            .to_string()
            .repeat(20 + usize::try_from(number).unwrap()),
    );
    let line = if with_line {
        "&lt;p&gt;The lamp of Brell burns for those at sea.&lt;/p&gt;"
    } else {
        ""
    };
    rss(&[(
        &format!("e{number}"),
        &format!("Ferry {number}"),
        &format!("{story}{line}"),
    )])
}

async fn washed_as_polled(store: &Store, source: &Source, document: &str) -> Washed {
    let rules = Rules::default();
    let rules = poll::known_rules(store, source, &rules).await.unwrap();
    let response = Response {
        body: document.as_bytes().to_vec(),
        ..Response::default()
    };
    wash(&response, &rules).unwrap()
}

/// Polls a document; whether its line is left, and what is said where it isn't.
async fn poll(store: &Store, source: &Source, document: &str, now: Timestamp) -> Option<String> {
    let washed = washed_as_polled(store, source, document).await;
    record_washed(store, source, &washed, now).await;
    told(&washed)
}

/// What is said where a line was taken out.
fn told(washed: &Washed) -> Option<String> {
    let mut learnt = washed
        .removals
        .iter()
        .filter(|one| one.pass == "repeated-lines");
    learnt.next().and_then(|one| one.evidence.clone())
}

pub(super) async fn a_line_is_learnt_over_polls_of_one_entry_each(store: Store) {
    let source = press(&store).await;
    let mut told = Vec::new();
    for number in 0..6 {
        let document = entry(number, true);
        let now = after(i64::try_from(number).unwrap() * 60);
        told.push(poll(&store, &source, &document, now).await);
    }
    let evidence = |entries: u32| Some(format!("in {entries} of {entries} entries"));
    assert_eq!(
        told,
        [None, None, None, evidence(3), evidence(4), evidence(5)]
    );
}

pub(super) async fn an_entry_teaches_once(store: Store) {
    let source = press(&store).await;
    for minute in 0..6 {
        assert_eq!(
            poll(&store, &source, &entry(1, true), after(minute * 60)).await,
            None
        );
    }
    assert_eq!(
        poll(&store, &source, &entry(2, true), after(600)).await,
        None
    );
}

pub(super) async fn what_fades_is_forgotten(store: Store) {
    let source = press(&store).await;
    for number in 0..4 {
        poll(&store, &source, &entry(number, true), after(60)).await;
    }
    assert!(
        poll(&store, &source, &entry(4, true), after(60))
            .await
            .is_some()
    );
    for number in 5..15 {
        poll(&store, &source, &entry(number, false), after(60)).await;
    }
    assert_eq!(
        poll(&store, &source, &entry(15, true), after(60)).await,
        None
    );
    // So many entries that the counts are halved, and what nobody repeats is dropped.
    for number in 16..126 {
        poll(&store, &source, &entry(number, false), after(60)).await;
    }
    assert_eq!(
        poll(&store, &source, &entry(126, true), after(60)).await,
        None
    );
}

pub(super) async fn what_a_platform_repeats_is_known_to_a_new_source(store: Store) {
    let config = sources(&[
        ("a", "https://a.example/feed"),
        ("a2", "https://www.a.example/feed/2"),
        ("b", "https://b.example/feed"),
        ("c", "https://c.example/feed"),
        ("new", "https://new.example/feed"),
    ]);
    store.sync(&config, NOW).await.unwrap();
    let new = stored(&store, "new").await;
    for number in [20, 21] {
        let document = entry(number, true);
        assert_eq!(poll(&store, &new, &document, after(0)).await, None);
    }
    // Two sites, one of them with two feeds, are not enough.
    for (at, name) in (1..).zip(["a", "a2", "b", "c"]) {
        let next = washed_as_polled(&store, &new, &entry(24, true)).await;
        assert_eq!(told(&next), None, "before {name}");
        let source = stored(&store, name).await;
        for number in 0..3 {
            let document = entry(at * 10 + number, true);
            poll(&store, &source, &document, after(60)).await;
        }
    }
    let next = washed_as_polled(&store, &new, &entry(24, true)).await;
    let evidence = "in 9 of 9 entries of 3 other sites";
    assert_eq!(told(&next).as_deref(), Some(evidence));
    let without = washed_as_polled(&store, &new, &entry(25, false)).await;
    assert_eq!(told(&without), None);
}
