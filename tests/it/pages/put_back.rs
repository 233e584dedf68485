//! What was put back is told on the page of its entry, with what takes it out again.

use super::{select, served, text, words_of};
use crate::support::after;
use feedwash::clean;
use feedwash::model::Feed;
use scraper::Html;

#[tokio::test]
async fn what_was_put_back_is_told_with_what_takes_it_out_again() {
    let (address, store) = served().await;
    let feed = Html::parse_document(&text(address, "/feeds/debris", &[]).await);
    let own = select(&feed, "p.meta a")[0].attr("href").unwrap();
    let path = format!("/feeds/{own}");
    let key = own.rsplit('/').next().unwrap();
    let source = store.source("debris").await.unwrap().unwrap();
    let both = store.before_after(source.id, key).await.unwrap().unwrap();
    let removal = both
        .removals
        .iter()
        .find(|removal| removal.pass == "share-buttons")
        .unwrap();
    let piece = clean::piece_of(removal);
    let command = format!("feedwash restore debris {key} {piece}");
    let untouched = text(address, &path, &[]).await;
    assert!(untouched.contains(&command), "{untouched}");
    assert!(!untouched.contains("--undo"), "{untouched}");
    let whole = Feed::default();
    let restored = clean::restored(removal, &both.raw, &whole, false).unwrap();
    let number = store
        .restore(&source, &restored, removal, after(1))
        .await
        .unwrap();
    let page = Html::parse_document(&text(address, &path, &[]).await);
    let told = select(&page, "ul.removals > li");
    assert_eq!(told.len(), 1);
    let words = words_of(told[0]);
    assert!(
        words.contains("share-buttons")
            && words.contains(&format!("feedwash restore debris --undo {number}")),
        "{words}"
    );
    // Another entry knows nothing of it.
    let other = &store.feed(source.id, 0, 10).await.unwrap().feed.entries;
    let other = other
        .iter()
        .find(|entry| entry.key.as_str() != key)
        .unwrap();
    let page = text(address, &format!("/feeds/debris/{}", other.key), &[]).await;
    assert!(!page.contains("--undo"), "{page}");
}
