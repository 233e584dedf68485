//! A whole store in another database: nothing is missing, and no reader sees an entry anew.

use super::copies::{feedwash, says};
use super::*;
use crate::store::in_schema;
use feedwash::clean::restored;
use feedwash::store::{TransferError, transfer};

/// A store with something of everything that users would miss.
async fn full(location: &StoreLocation) -> Store {
    let store = Store::open(location).await.unwrap();
    let both = config(
        "[[source]]\nname = \"press\"\nurl = \"https://press.example/feed\"\n\
         [[source]]\nname = \"former\"\nurl = \"https://former.example/feed\"\n",
    );
    store.sync(&both, NOW).await.unwrap();
    let body = "<p>The lamp was lit: “harbour” \\ 港 \u{1f600}.</p><p>It burns.</p>\
                <div class=\"sharedaddy\"><a href=\"https://twitter.com/intent/tweet?url=x\">Tweet</a></div>";
    let mut documents = vec![("1", "A \"lamp\"", body)];
    documents.extend([("2", "B", "<p>Short.</p>"), ("3", "C", "<p>Shorter.</p>")]);
    publish(&store, "press", &washed(&rss(&documents)), NOW).await;
    publish(&store, "former", &washed(&many(30)), NOW).await;
    // One leaves its feed, one source its configuration, and one piece was put back.
    publish(&store, "press", &washed(&rss(&documents[..2])), after(60)).await;
    store.sync(&press(), after(70)).await.unwrap();
    let source = store.source("press").await.unwrap().unwrap();
    let raw = store.stored_raw(&source).await.unwrap().unwrap();
    let removals = store.removals(&source).await.unwrap();
    let removal = removals.first().expect("something is removed");
    let entry = raw.entries.iter().find(|entry| entry.key == removal.entry);
    let back = restored(removal, entry.unwrap(), &raw, false).unwrap();
    store
        .restore(&source, &back, removal, after(80))
        .await
        .unwrap();
    store
}

/// What a user sees of a store.
async fn seen(location: &StoreLocation) -> String {
    let store = Store::open(location).await.unwrap();
    let mut seen = format!("{:?}", store.statuses().await.unwrap());
    for name in ["press", "former"] {
        let heading = store.heading(name).await.unwrap().unwrap();
        let feed = store.feed(heading.id, 0, 1000).await.unwrap();
        seen += &format!("{heading:?}\n{:?}\n", feed.feed);
    }
    let source = store.source("press").await.unwrap().unwrap();
    seen += &format!(
        "{source:?}\n{:?}",
        store.restorations(source.id).await.unwrap()
    );
    seen += &format!("{:?}", store.removals(&source).await.unwrap());
    seen += &format!("{:?}", store.stored_raw(&source).await.unwrap());
    store.close().await;
    seen
}

#[tokio::test]
async fn everything_arrives_in_another_database_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (first, last) = (file(folder.path(), "a.db"), file(folder.path(), "b.db"));
    full(&first).await.close().await;
    let before = seen(&first).await;
    in_schema(async |_, postgres| {
        let copied = transfer(&first, postgres, |_, _| {}).await.unwrap();
        let count = |name| copied.tables.iter().find(|(table, _)| *table == name);
        assert_eq!(count("source"), Some(&("source", 2)));
        assert_eq!(count("entry"), Some(&("entry", 33)));
        assert_eq!(count("restored"), Some(&("restored", 1)));
        assert_eq!(seen(postgres).await, before);
        let back = transfer(postgres, &last, |_, _| {}).await.unwrap();
        assert_eq!(back, copied);
        assert_eq!(seen(&last).await, before);
        // It goes on from there: what is new gets an id of its own, and what is not is known.
        let store = Store::open(postgres).await.unwrap();
        let more = washed(&rss(&[
            ("1", "A \"lamp\"", "<p>x</p>"),
            ("4", "D", "<p>New.</p>"),
        ]));
        publish(&store, "press", &more, after(200)).await;
        assert_eq!(published(&store, "press").await.len(), 4);
        let refused = transfer(&first, postgres, |_, _| {}).await.unwrap_err();
        assert!(
            matches!(refused, TransferError::NotEmpty { sources: 2, .. }),
            "{refused}"
        );
        store.close().await;
    })
    .await;
    assert_eq!(seen(&first).await, before, "the old one stays as it was");
}

#[tokio::test]
async fn a_file_becomes_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let (first, last) = (file(folder.path(), "a.db"), file(folder.path(), "b.db"));
    full(&first).await.close().await;
    let before = seen(&first).await;
    let mut tables = Vec::new();
    transfer(&first, &last, |table, _| tables.push(table))
        .await
        .unwrap();
    assert_eq!(tables.first(), Some(&"source"));
    assert_eq!(seen(&last).await, before);
}

#[tokio::test]
async fn a_store_in_use_is_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (first, last) = (file(folder.path(), "a.db"), file(folder.path(), "b.db"));
    let store = full(&first).await;
    let refused = transfer(&first, &last, |_, _| {}).await.unwrap_err();
    assert!(matches!(refused, TransferError::InUse(_)), "{refused}");
    store.close().await;
    transfer(&first, &last, |_, _| {}).await.unwrap();
    in_schema(async |_, postgres| {
        let store = full(postgres).await;
        // A program that polls.
        store.due(1, LEASE, after(300)).await.unwrap();
        let refused = transfer(postgres, &first, |_, _| {}).await.unwrap_err();
        assert!(matches!(refused, TransferError::InUse(_)), "{refused}");
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_store_can_only_go_where_there_is_room_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, last) = (file(folder.path(), "a.db"), file(folder.path(), "b.db"));
    for (from, to, said) in [
        (&first, &last, "there is no store"),
        (&first, &first, "in use: name another"),
        (&first, &StoreLocation::Memory, "gone with its process"),
    ] {
        let refused = transfer(from, to, |_, _| {}).await.unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
    assert!(!folder.path().join("b.db").exists());
}

#[tokio::test]
async fn a_user_moves_the_store_and_is_told_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let toml = "[[source]]\nname = \"press\"\nurl = \"https://press.example/feed\"\n";
    std::fs::write(folder.join("feeds.toml"), toml).unwrap();
    full(&file(folder, "feedwash.db")).await.close().await;
    let moved = feedwash(folder, &["migrate-store", "sqlite:new.db"]);
    says(
        &moved,
        0,
        &[
            "stays as it is",
            "url = \"sqlite:new.db\" below [store] in feeds.toml",
        ],
    );
    let told = String::from_utf8(moved.stdout).unwrap();
    assert!(
        told.lines()
            .any(|line| line.split_whitespace().eq(["entry", "33"])),
        "{told}"
    );
    assert_eq!(
        seen(&file(folder, "new.db")).await,
        seen(&file(folder, "feedwash.db")).await
    );
    let again = feedwash(folder, &["migrate-store", "sqlite:new.db"]);
    says(&again, 1, &["holds 2 sources already"]);
    let wrong = feedwash(folder, &["migrate-store", "mysql://x"]);
    says(&wrong, 2, &["names no database that is known here"]);
}
