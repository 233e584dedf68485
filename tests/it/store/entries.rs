//! What a poll leaves in the store, and what is published of it.

use super::*;
use std::path::Path;

pub(super) async fn new_updated_and_unchanged_entries_are_counted(store: Store) {
    let source = press(&store).await;
    let first = rss(&[("1", "A", "<p>a</p>"), ("2", "B", "<p>b</p>")]);
    assert_eq!(record(&store, &source, &first, NOW).await, counted(2, 0));
    assert_eq!(status(&store).await.outcome, "changed");
    let second = rss(&[
        ("3", "C", "<p>c</p>"),
        ("1", "A", "<p>a, edited</p>"),
        ("2", "B", "<p>b</p>"),
    ]);
    assert_eq!(
        record(&store, &source, &second, after(60)).await,
        counted(1, 1)
    );
    assert_eq!(
        record(&store, &source, &second, after(120)).await,
        counted(0, 0)
    );
    assert_eq!(status(&store).await.outcome, "unchanged");
    assert_eq!(titles(&store).await, ["C", "A", "B"]);
}

pub(super) async fn an_extension_of_every_depth_is_published(store: Store) {
    let source = press(&store).await;
    let deep = format!("{}x{}", "<x:a>".repeat(120), "</x:a>".repeat(120));
    let document =
        channel(&item("1", "A", "<p>a</p>", &deep)).replacen("<rss", "<rss xmlns:x='urn:x'", 1);
    record(&store, &source, &document, NOW).await;
    assert_eq!(titles(&store).await, ["A"]);
    assert_eq!(published(&store).await.entries[0].extensions.len(), 1);
}

pub(super) async fn nothing_is_written_for_an_unchanged_document(store: Store) {
    let source = press(&store).await;
    let document = rss(&[("1", "A", "<p>a</p>")]);
    record(&store, &source, &document, NOW).await;
    let (before, feed) = (heading(&store).await, published(&store).await);
    assert_eq!((before.revision, before.changed_at), (1, Some(NOW)));
    record(&store, &source, &document, after(3600)).await;
    let now = heading(&store).await;
    assert_eq!((now.revision, now.changed_at), (1, Some(NOW)));
    assert_eq!(published(&store).await, feed);
}

pub(super) async fn a_new_date_a_counter_and_a_build_date_are_no_news(store: Store) {
    let document = |build: &str, updated: &str, comments: u32| {
        let further = format!(
            "<atom:updated>{updated}</atom:updated><slash:comments>{comments}</slash:comments>"
        );
        let head = format!("<lastBuildDate>{build}</lastBuildDate>");
        channel(&(head + &item("1", "A", "<p>a</p>", &further)))
    };
    let (monday, tuesday) = (
        "Mon, 07 Sep 2026 10:00:00 GMT",
        "Tue, 08 Sep 2026 10:00:00 GMT",
    );
    let source = press(&store).await;
    record(
        &store,
        &source,
        &document(monday, "2026-09-07T10:00:00Z", 1),
        NOW,
    )
    .await;
    let feed = published(&store).await;

    let rebuilt = document(tuesday, "2026-09-07T10:00:00Z", 1);
    assert_eq!(
        record(&store, &source, &rebuilt, after(60)).await,
        counted(0, 0)
    );
    let now = heading(&store).await;
    assert_eq!(
        (now.revision, now.changed_at),
        (1, Some(NOW)),
        "a build date alone changes nothing"
    );

    let redated = document(tuesday, "2026-09-08T10:00:00Z", 1);
    assert_eq!(
        record(&store, &source, &redated, after(120)).await,
        counted(0, 0)
    );
    assert_eq!(
        published(&store).await.entries,
        feed.entries,
        "a date without an edit is not published"
    );

    let discussed = document(tuesday, "2026-09-08T10:00:00Z", 7);
    assert_eq!(
        record(&store, &source, &discussed, after(180)).await,
        counted(0, 0)
    );
    assert_eq!(
        published(&store).await.entries[0].updated,
        feed.entries[0].updated
    );

    let dated_late = |updated: &str| channel(&item("2", "B", "<p>b</p>", updated));
    record(&store, &source, &dated_late(""), after(240)).await;
    record(
        &store,
        &source,
        &dated_late("<atom:updated>2026-09-08T10:00:00Z</atom:updated>"),
        after(300),
    )
    .await;
    let entry = published(&store).await.entries.swap_remove(0);
    assert_eq!(
        (entry.title.unwrap().value.as_str(), entry.updated),
        ("B", None)
    );
}

pub(super) async fn a_changed_head_is_published_and_no_entry_announced(store: Store) {
    let source = press(&store).await;
    let document = rss(&[("1", "A", "<p>a</p>")]);
    record(&store, &source, &document, NOW).await;
    let renamed = document.replace("The Press", "The New Press");
    assert_eq!(
        record(&store, &source, &renamed, after(60)).await,
        counted(0, 0)
    );
    let now = heading(&store).await;
    assert_eq!((now.revision, now.changed_at), (2, Some(after(60))));
    assert_eq!(
        published(&store).await.title,
        Some(Text::plain("The New Press"))
    );
}

pub(super) async fn an_edit_without_a_date_is_dated_by_us(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &rss(&[("1", "A", "<p>a</p>")]), NOW).await;
    record(
        &store,
        &source,
        &rss(&[("1", "A", "<p>a, edited</p>")]),
        after(60),
    )
    .await;
    let entry = &published(&store).await.entries[0];
    assert_eq!(
        entry.updated.as_ref().and_then(|date| date.time),
        Some(after(60))
    );
    assert!(entry.content.as_ref().unwrap().value.contains("edited"));
}

pub(super) async fn keys_stay_and_no_entry_is_doubled(store: Store) {
    let source = press(&store).await;
    let first = rss(&[("1", "A", "a"), ("2", "B", "b"), ("2", "B", "b")]);
    assert_eq!(record(&store, &source, &first, NOW).await, counted(3, 0));
    let keys = |feed: Feed| {
        feed.entries
            .into_iter()
            .map(|entry| entry.key)
            .collect::<HashSet<_>>()
    };
    let before = keys(published(&store).await);
    assert_eq!(before.len(), 3);
    let second = rss(&[("2", "B", "b"), ("1", "A", "a, edited"), ("2", "B", "b")]);
    assert_eq!(
        record(&store, &source, &second, after(60)).await,
        counted(0, 1)
    );
    assert_eq!(keys(published(&store).await), before);
}

pub(super) async fn removals_are_stored_and_replaced(store: Store) {
    let source = press(&store).await;
    let pixel = "<img src=\"https://pixel.wp.com/b.gif\" width=\"1\" height=\"1\">";
    let document = |pixels: usize| {
        rss(&[(
            "1",
            "A",
            &format!("<p>A story.</p>{}", pixel.repeat(pixels)),
        )])
    };
    let removals = async || status(&store).await.removals;
    assert!(washed(&document(1)).removals.len() < washed(&document(3)).removals.len());
    for pixels in [1, 3, 0] {
        record(&store, &source, &document(pixels), after(pixels as i64)).await;
        assert_eq!(
            removals().await,
            washed(&document(pixels)).removals.len() as i64,
            "{pixels} pixels"
        );
    }
}

pub(super) async fn newest_stand_first_and_future_dates_where_they_were_first_seen(store: Store) {
    let dated = |id: &str, at: Timestamp| {
        let further = format!(
            "<pubDate>{}</pubDate>",
            at.strftime("%a, %d %b %Y %H:%M:%S GMT")
        );
        item(id, id, "<p>a</p>", &further)
    };
    let source = press(&store).await;
    let next_year = after(365 * 86_400);
    let first = dated("hour ago", after(-3600))
        + &dated("next year", next_year)
        + &dated("yesterday", after(-86_400));
    record(&store, &source, &channel(&first), NOW).await;
    assert_eq!(titles(&store).await, ["next year", "hour ago", "yesterday"]);
    let second = dated("half an hour later", after(1800)) + &first;
    record(&store, &source, &channel(&second), after(3600)).await;
    assert_eq!(
        titles(&store).await,
        ["half an hour later", "next year", "hour ago", "yesterday"]
    );
    let entry = &published(&store).await.entries[1];
    assert_eq!(
        entry.published.as_ref().unwrap().time,
        Some(next_year),
        "published as given"
    );
}

pub(super) async fn undated_entries_keep_the_order_of_their_document(store: Store) {
    let source = press(&store).await;
    record(
        &store,
        &source,
        &rss(&[("1", "C", "c"), ("2", "A", "a"), ("3", "B", "b")]),
        NOW,
    )
    .await;
    assert_eq!(titles(&store).await, ["C", "A", "B"]);
    let edited = rss(&[("1", "C", "c"), ("2", "A", "a, edited"), ("3", "B", "b")]);
    record(&store, &source, &edited, after(60)).await;
    assert_eq!(titles(&store).await, ["C", "A", "B"]);
    let entry = &published(&store).await.entries[0];
    assert_eq!(
        entry.published.as_ref().unwrap().time,
        Some(NOW),
        "dated by when it was first seen"
    );
}

pub(super) async fn pages_hold_every_entry_once(store: Store) {
    let source = press(&store).await;
    record(&store, &source, &crate::support::many(7), NOW).await;
    let mut seen = Vec::new();
    for (skip, has_next) in [(0, true), (3, true), (6, false)] {
        let page = store.feed(source.id, skip, 3).await.unwrap();
        assert_eq!(page.has_next, has_next);
        seen.extend(
            page.feed
                .entries
                .into_iter()
                .map(|entry| entry.title.unwrap().value),
        );
    }
    assert_eq!(
        seen,
        (1..=7).map(|n| format!("entry {n}")).collect::<Vec<_>>()
    );
    assert!(
        store
            .feed(source.id, 7, 3)
            .await
            .unwrap()
            .feed
            .entries
            .is_empty()
    );
}

pub(super) async fn prune_deletes_what_left_long_ago_and_nothing_of_the_newest_document(
    store: Store,
) {
    const DAY: i64 = 86_400;
    let source = press(&store).await;
    record(
        &store,
        &source,
        &rss(&[("1", "stays", "a"), ("2", "leaves", "b")]),
        NOW,
    )
    .await;
    let staying = rss(&[("1", "stays", "a")]);
    record(&store, &source, &staying, after(DAY)).await;
    assert_eq!(store.prune(90, after(89 * DAY)).await.unwrap(), 0);
    // The server says "not modified" for half a year: the document of that time is still the newest.
    assert_eq!(titles(&store).await.len(), 2);
    record(&store, &source, &staying, after(180 * DAY)).await;
    assert_eq!(store.prune(90, after(180 * DAY)).await.unwrap(), 1);
    assert_eq!(titles(&store).await, ["stays"]);
    assert_eq!(
        store.prune(90, after(999 * DAY)).await.unwrap(),
        0,
        "it is in the newest document"
    );
    assert_eq!(
        record(&store, &source, &staying, after(999 * DAY)).await,
        counted(0, 0)
    );
}

/// A statement that makes the last one of a poll fail, and one that mends that.
const BROKEN_FILE: [&str; 2] = [
    "create trigger broken before insert on poll begin select raise(abort, 'broken'); end",
    "drop trigger broken",
];
const BROKEN_SERVER: [&str; 2] = [
    "alter table poll add constraint broken check (new_entries = 0) not valid",
    "alter table poll drop constraint broken",
];

/// A connection of somebody else to the file of a store.
async fn beside(path: &Path) -> SqliteConnection {
    let url = format!("sqlite://{}", path.display());
    SqliteConnection::connect(&url).await.unwrap()
}

#[tokio::test]
async fn a_failing_write_leaves_a_file_as_it_was() {
    let (_folder, path, store) = file().await;
    let mut other = beside(&path).await;
    a_failing_write_leaves_everything_as_it_was(&store, async |mend| {
        let sql = BROKEN_FILE[usize::from(mend)];
        sqlx::query(sql).execute(&mut other).await.unwrap();
    })
    .await;
    store.close().await;
}

#[tokio::test]
async fn a_failing_write_leaves_a_server_as_it_was() {
    in_schema(async |other, location| {
        let store = Store::open(location).await.unwrap();
        a_failing_write_leaves_everything_as_it_was(&store, async |mend| {
            let sql = BROKEN_SERVER[usize::from(mend)];
            sqlx::query(sql).execute(&mut *other).await.unwrap();
        })
        .await;
        store.close().await;
    })
    .await;
}

async fn a_failing_write_leaves_everything_as_it_was(
    store: &Store,
    mut broken: impl AsyncFnMut(bool),
) {
    let source = press(store).await;
    record(store, &source, &rss(&[("1", "A", "a")]), NOW).await;
    let before = (
        heading(store).await,
        published(store).await,
        status(store).await,
    );
    let edited = rss(&[
        ("1", "A, edited", "a"),
        ("2", "B", "b"),
        ("3", "C", "c"),
        ("4", "D", "d"),
    ]);
    let washed = washed(&edited);
    let finish = Finish {
        recording: Some(Recording::new(&washed, "rules-1")),
        outcome: "changed",
        ..fine(after(60))
    };
    broken(false).await;
    let error = store.finish(&source, &finish, after(60)).await.unwrap_err();
    assert!(matches!(error, StoreError::Database(_)), "{error}");
    let now = (
        heading(store).await,
        published(store).await,
        status(store).await,
    );
    assert_eq!(format!("{now:?}"), format!("{before:?}"));
    broken(true).await;
    let failed = Finish {
        failures: 1,
        outcome: "failed",
        ..fine(after(60))
    };
    store.finish(&source, &failed, after(60)).await.unwrap();
    assert_eq!(status(store).await.outcome, "failed");
    store.finish(&source, &finish, after(60)).await.unwrap();
    assert_eq!(titles(store).await.len(), 4);
}

/// A source that is emptied has the entries that it is said to have, wherever that ends.
#[tokio::test]
async fn a_source_that_comes_back_half_emptied_has_what_is_said() {
    const DAY: i64 = 86_400;
    let (_folder, path, store) = file().await;
    let source = press(&store).await;
    record(&store, &source, &crate::support::many(150), NOW).await;
    store.sync(&sources(&[]), after(DAY)).await.unwrap();
    let mut other = beside(&path).await;
    let broken = "create trigger broken before update of raw on source when new.raw is null begin select raise(abort, 'broken'); end";
    sqlx::query(broken).execute(&mut other).await.unwrap();
    store.prune(30, after(40 * DAY)).await.unwrap_err();
    press(&store).await;
    assert_eq!(kept(&store).await, (0, 0));
    assert!(titles(&store).await.is_empty());
    store.close().await;
}

/// How many entries and removals are said to be kept.
async fn kept(store: &Store) -> (i64, i64) {
    let status = status(store).await;
    (status.entries, status.removals)
}

const PLEA: &str = "<p>(This story has not been edited by our staff and is auto-generated from a syndicated feed.)</p>";

pub(super) async fn entries_and_removals_are_counted_as_they_come_and_go(store: Store) {
    const DAY: i64 = 86_400;
    let source = press(&store).await;
    let with = format!("<p>The story.</p>{PLEA}");
    let first = rss(&[("1", "A", &with), ("2", "B", &with), ("3", "C", "<p>c</p>")]);
    record(&store, &source, &first, NOW).await;
    assert_eq!(kept(&store).await, (3, 2));
    // One loses what was taken, one gains it, one comes.
    let second = rss(&[
        ("1", "A", "<p>The story.</p>"),
        ("3", "C", &with),
        ("4", "D", &with),
    ]);
    record(&store, &source, &second, after(60)).await;
    assert_eq!(kept(&store).await, (4, 3));
    // Nothing was taken from what is washed anew.
    let mut washed = washed(&second);
    washed.removals.clear();
    let anew = Recording::anew(&washed, "rules-2");
    let source = stored(&store, "press").await;
    store.rewrite(&source, &anew, after(120)).await.unwrap();
    assert_eq!(kept(&store).await, (4, 1));
    assert_eq!(store.removals(&source).await.unwrap().len(), 1);
    assert_eq!(store.prune(30, after(40 * DAY)).await.unwrap(), 1);
    assert_eq!(kept(&store).await, (3, 0));
    assert!(store.removals(&source).await.unwrap().is_empty());
}

pub(super) async fn what_changes_beside_the_entries_is_written(store: Store) {
    let source = press(&store).await;
    let entry = item("1", "A", "<p>a</p>", "");
    let document = |head: &str| channel(&format!("{head}{entry}"));
    let built =
        |hour: u32| format!("<lastBuildDate>Mon, 07 Sep 2026 {hour}:00:00 GMT</lastBuildDate>");
    record(&store, &source, &document(&built(10)), NOW).await;
    let read = async || store.stored(&source).await.unwrap().unwrap().washed;
    // What was read of the feed itself …
    record(&store, &source, &document(&built(11)), after(60)).await;
    let time = read().await.raw.updated.unwrap().time.unwrap();
    assert_eq!(time.to_string(), "2026-09-07T11:00:00Z");
    // … what was forgiven …
    assert!(read().await.warnings.is_empty());
    let cut = document(&built(11)).replace("</rss>", "");
    record(&store, &source, &cut, after(120)).await;
    assert!(!read().await.warnings.is_empty());
    record(&store, &source, &document(&built(11)), after(180)).await;
    assert!(read().await.warnings.is_empty());
    // … and what was taken from what it says of itself.
    let mut washed = washed(&document(&built(11)));
    washed.removals = vec![Removal {
        entry: feedwash::model::EntryKey::default(),
        number: 1,
        field: Field::Title,
        pass: "user-rules".into(),
        rule: "p".into(),
        evidence: None,
        before: "x".into(),
        after: None,
    }];
    record_washed(&store, &source, &washed, after(240)).await;
    assert_eq!(read().await.removals.len(), 1);
}

pub(super) async fn an_account_of_long_entries_is_of_fewer(store: Store) {
    let source = press(&store).await;
    let long = format!("<p>{}</p>{PLEA}", "A long story. ".repeat(70_000));
    let entries = [
        ("1", "A", &*long),
        ("2", "B", &*long),
        ("3", "C", &*long),
        ("4", "D", &*long),
    ];
    record(&store, &source, &rss(&entries), NOW).await;
    let account = store.account(source.id, 9).await.unwrap();
    assert!((1..4).contains(&account.entries), "{}", account.entries);
    assert_eq!(account.passes[0].pieces, account.entries);
    assert_eq!(kept(&store).await, (4, 4));
}

pub(super) async fn what_a_source_s_entries_have_in_common_is_told_apart_for_each(store: Store) {
    let imprint = |name: &str| format!("<p>{}</p>", format!("{name} wrote it. ").repeat(20));
    let config = sources(&[
        ("press", "https://press.example/feed"),
        ("wire", "https://wire.example/feed"),
    ]);
    store.sync(&config, NOW).await.unwrap();
    let document = |name: &str, ids: std::ops::Range<u32>| {
        let entries = ids.map(|id| {
            let body = format!("<p>Story {id}.</p>{}{PLEA}", imprint(name));
            item(&id.to_string(), &format!("{name} {id}"), &body, "")
        });
        channel(&entries.collect::<String>())
    };
    // The first documents are too short to tell, and the last bring one each.
    for (ids, at) in [(0..2, 0), (0..9, 60), (9..10, 120)] {
        for name in ["press", "wire"] {
            let source = stored(&store, name).await;
            record(&store, &source, &document(name, ids.clone()), after(at)).await;
        }
    }
    for name in ["press", "wire"] {
        let source = stored(&store, name).await;
        let feed = store.feed(source.id, 0, 99).await.unwrap().feed;
        assert_eq!(feed.entries.len(), 10);
        for entry in &feed.entries {
            let title = &entry.title.as_ref().unwrap().value;
            assert!(title.starts_with(name), "{title}");
            let key = entry.key.as_str();
            let both = store.before_after(source.id, key).await.unwrap().unwrap();
            assert_eq!(both.clean.content, entry.content);
            assert!(both.raw.content.unwrap().value.contains(&imprint(name)));
            assert_eq!(
                (both.removals.len(), &both.removals[0].entry),
                (1, &entry.key)
            );
        }
        assert_eq!(store.removals(&source).await.unwrap().len(), 10);
        assert_eq!(store.stored_clean(&source).await.unwrap().len(), 10);
        let raw = store.stored_raw(&source).await.unwrap().unwrap();
        assert_eq!(raw.entries.len(), 10);
        let account = store.account(source.id, 9).await.unwrap();
        assert_eq!((account.entries, account.passes[0].pieces), (10, 10));
    }
}

pub(super) async fn new_rules_change_no_date_and_announce_nothing(store: Store) {
    let source = press(&store).await;
    let document = rss(&[(
        "1",
        "A",
        "<p>The story.</p><p>By the way, buy our mugs.</p>",
    )]);
    let washed = washed(&document);
    record_washed(&store, &source, &washed, NOW).await;
    let before = published(&store).await;
    let mut rewashed = washed;
    rewashed.clean.entries[0].content = Some(Text::html("<p>The story.</p>"));
    let anew = Recording::anew(&rewashed, "rules-2");
    let source = stored(&store, "press").await;
    assert!(store.rewrite(&source, &anew, after(60)).await.unwrap());
    let mut now = published(&store).await;
    assert_eq!(
        now.entries[0].content,
        Some(Text::html("<p>The story.</p>"))
    );
    now.entries[0]
        .content
        .clone_from(&before.entries[0].content);
    assert_eq!(now, before, "only the content changed");
    assert_eq!(
        heading(&store).await.revision,
        2,
        "what is published changed"
    );
    assert_eq!(stored(&store, "press").await.rules_version, "rules-2");
    let raw = store.stored_raw(&source).await.unwrap().unwrap();
    assert_eq!(raw.entries, rewashed.raw.entries, "raw is the truth");
    let again = Finish {
        recording: Some(Recording::new(&rewashed, "rules-2")),
        outcome: "changed",
        ..fine(after(120))
    };
    assert_eq!(
        store.finish(&source, &again, after(120)).await.unwrap(),
        counted(0, 0)
    );
}

/// A washed feed of one entry, made without reading a document.
fn single(id: &str, title: &str, body: &str) -> Washed {
    let entry = Entry {
        id: Some(id.into()),
        title: Some(Text::plain(title)),
        content: Some(Text::html(body)),
        ..Entry::default()
    };
    let mut raw = Feed {
        title: Some(Text::plain(title)),
        entries: vec![entry],
        ..Feed::default()
    };
    identity::assign(&mut raw);
    Washed {
        clean: raw.clone(),
        raw,
        ..Washed::default()
    }
}

pub(super) async fn odd_characters_come_back_as_they_were(store: Store) {
    let source = press(&store).await;
    let odd = "it's \"quoted\" \\ 'twice' \\u0041 %s $1 ; -- 日本語 🦀 e\u{301} \u{1}\u{7f}\u{85}\u{202e}\u{feff}\u{fffe}\r\n\t\u{10ffff}";
    let mut washed = single(odd, odd, odd);
    washed.removals = vec![Removal {
        entry: washed.clean.entries[0].key.clone(),
        number: 1,
        field: Field::Title,
        pass: odd.into(),
        rule: odd.into(),
        evidence: Some(odd.into()),
        before: odd.into(),
        after: Some(odd.into()),
    }];
    record_washed(&store, &source, &washed, NOW).await;
    let feed = published(&store).await;
    assert_eq!(feed.title, washed.clean.title);
    assert_eq!(feed.entries[0].content, washed.clean.entries[0].content);
    let raw = store.stored_raw(&source).await.unwrap().unwrap();
    assert_eq!(raw.entries, washed.raw.entries);
    assert_eq!(status(&store).await.removals, 1);
}

pub(super) async fn a_document_with_zero_characters_is_kept(store: Store) {
    let source = press(&store).await;
    let document = r#"{"version": "https://jsonfeed.org/version/1.1", "title": "a\u0000b", "items": [
        {"id": "1\u0000", "title": "c\u0000<script>d\u0000</script>", "content_html": "<p onclick='a\u0000()'>e\u0000f</p><script>g\u0000</script>"}]}"#;
    let mut washed = washed(document);
    // PostgreSQL's text holds every character but this one, wherever it may have come through.
    let removal = Removal {
        entry: washed.clean.entries[0].key.clone(),
        number: 99,
        field: Field::Title,
        pass: "user-rules".into(),
        rule: "p".into(),
        evidence: None,
        before: "h\0i".into(),
        after: None,
    };
    washed.removals.push(removal);
    let recorded = record_washed(&store, &source, &washed, NOW).await;
    assert_eq!((recorded.new, recorded.updated), (1, 0));
    assert_eq!(recorded.removals["user-rules"], 1);
    assert_eq!(published(&store).await.entries.len(), 1);
    let finish = Finish {
        detail: Some("a\0b".into()),
        ..fine(after(60))
    };
    store.finish(&source, &finish, after(60)).await.unwrap();
}

pub(super) async fn an_entry_of_two_megabytes_is_kept(store: Store) {
    let source = press(&store).await;
    let long = "<p>The sea was calm, and nobody was hurt.</p>\n".repeat(2 * 1024 * 1024 / 46 + 1);
    assert!(long.len() > 2 * 1024 * 1024);
    let washed = single("long", "Long", &long);
    assert_eq!(
        record_washed(&store, &source, &washed, NOW).await,
        counted(1, 0)
    );
    assert_eq!(
        published(&store).await.entries[0]
            .content
            .as_ref()
            .unwrap()
            .value,
        long
    );
    assert_eq!(
        record_washed(&store, &source, &washed, after(60)).await,
        counted(0, 0)
    );
}

pub(super) async fn what_leaves_after_a_long_silence_is_kept_for_its_days(store: Store) {
    const DAY: i64 = 86_400;
    let source = press(&store).await;
    let early = rss(&[("1", "leaves", "a"), ("2", "stays", "b")]);
    record(&store, &source, &early, NOW).await;
    let late = rss(&[("2", "stays", "b"), ("3", "comes", "c")]);
    record(&store, &source, &late, after(200 * DAY)).await;
    assert_eq!(store.prune(90, after(200 * DAY)).await.unwrap(), 0);
    assert_eq!(store.prune(90, after(289 * DAY)).await.unwrap(), 0);
    // It comes back, and leaves again.
    record(&store, &source, &early, after(289 * DAY)).await;
    assert_eq!(store.prune(90, after(300 * DAY)).await.unwrap(), 0);
    record(&store, &source, &late, after(300 * DAY)).await;
    let revision = heading(&store).await.revision;
    assert_eq!(store.prune(90, after(391 * DAY)).await.unwrap(), 1);
    assert!(heading(&store).await.revision > revision, "readers see it");
    assert_eq!(titles(&store).await.len(), 2);
}

pub(super) async fn what_a_feeds_own_title_loses_is_counted(store: Store) {
    let source = press(&store).await;
    let document = rss(&[("1", "A", "a")]).replace("The Press", "The Press<script>x()</script>");
    let removals = washed(&document).removals;
    assert!(
        removals
            .iter()
            .any(|removal| removal.entry.as_str().is_empty())
    );
    record(&store, &source, &document, NOW).await;
    assert_eq!(status(&store).await.removals, removals.len() as i64);
}

pub(super) async fn a_wash_from_the_store_undoes_no_poll(store: Store) {
    let source = press(&store).await;
    let old = washed(&rss(&[("1", "A", "old")]));
    record_washed(&store, &source, &old, NOW).await;
    record(&store, &source, &rss(&[("1", "A", "new")]), after(60)).await;
    let before = published(&store).await;
    let anew = Recording::anew(&old, "rules-2");
    let source = stored(&store, "press").await;
    let is_whole = store.rewrite(&source, &anew, after(61)).await.unwrap();
    assert!(!is_whole, "an entry is left");
    assert_eq!(published(&store).await, before);
    assert_ne!(
        stored(&store, "press").await.rules_version,
        "rules-2",
        "it is still to be washed anew"
    );
}

pub(super) async fn what_is_missing_from_a_document_that_was_cut_off_has_not_left_it(store: Store) {
    const DAY: i64 = 86_400;
    let source = press(&store).await;
    let whole = rss(&[("1", "A", "a"), ("2", "B", "b"), ("3", "C", "c")]);
    record(&store, &source, &whole, NOW).await;
    let cut = &whole[..whole.rfind("<item>").unwrap()];
    assert_eq!(washed(cut).raw.entries.len(), 2);
    record(&store, &source, cut, after(60)).await;
    assert_eq!(store.prune(90, after(100 * DAY)).await.unwrap(), 0);
    // What is in the half that came is there again.
    record(&store, &source, &rss(&[("3", "C", "c")]), after(200 * DAY)).await;
    record(&store, &source, cut, after(201 * DAY)).await;
    assert_eq!(store.prune(90, after(400 * DAY)).await.unwrap(), 0);
    record(&store, &source, &rss(&[("1", "A", "a")]), after(401 * DAY)).await;
    assert_eq!(store.prune(90, after(500 * DAY)).await.unwrap(), 2);
    assert_eq!(titles(&store).await, ["A"]);
}

pub(super) async fn what_is_missing_from_documents_that_are_always_cut_off_has_left_them(
    store: Store,
) {
    const DAY: i64 = 86_400;
    let source = press(&store).await;
    let cut = |document: &str| document.replace("</channel></rss>", "");
    let both = rss(&[("1", "A", "a"), ("2", "B", "b")]);
    record(&store, &source, &cut(&both), NOW).await;
    let one = rss(&[("2", "B", "b")]);
    record(&store, &source, &cut(&one), after(DAY)).await;
    assert_eq!(store.prune(1, after(7 * DAY)).await.unwrap(), 0);
    record(&store, &source, &cut(&one), after(7 * DAY)).await;
    assert_eq!(store.prune(1, after(9 * DAY)).await.unwrap(), 1);
    assert_eq!(titles(&store).await, ["B"]);
}

/// What a wash that took a paragraph has recorded of the first entry.
fn removal(washed: &Washed) -> Removal {
    Removal {
        entry: washed.clean.entries[0].key.clone(),
        number: 1,
        field: Field::Content,
        pass: "appeals".into(),
        rule: "asks".into(),
        evidence: None,
        before: "<p>Subscribe</p>".into(),
        after: None,
    }
}

/// Puts a removal back into the first entry, as a user may.
async fn put_back(store: &Store, source: &Source, washed: &Washed, print: u64) -> i64 {
    let removal = removal(washed);
    let restored = Restored {
        entry: Some(removal.entry.clone()),
        field: removal.field,
        print: Fingerprint(print),
    };
    let number = store.restore(source, &restored, &removal, after(1)).await;
    number.unwrap()
}

pub(super) async fn what_was_put_back_is_listed_and_may_be_undone(store: Store) {
    let source = press(&store).await;
    let document = washed(&rss(&[("1", "A", "a")]));
    record_washed(&store, &source, &document, NOW).await;
    let revision = async || stored(&store, "press").await.restored_revision;
    let first = put_back(&store, &source, &document, u64::MAX).await;
    let second = put_back(&store, &source, &document, 7).await;
    assert_eq!(
        put_back(&store, &source, &document, 7).await,
        second,
        "once"
    );
    assert_eq!(revision().await, 3);
    let numbers = async || {
        let all = store.restorations(source.id).await.unwrap();
        all.into_iter().map(|one| one.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers().await, [first, second]);
    let prints = async || {
        let all = store.restored(&source).await.unwrap();
        all.into_iter().map(|one| one.print.0).collect::<Vec<_>>()
    };
    assert_eq!(prints().await, [7, u64::MAX]);
    assert!(store.undo_restore(&source, second).await.unwrap());
    assert!(!store.undo_restore(&source, second).await.unwrap());
    assert_eq!(prints().await, [u64::MAX]);
    assert!(revision().await > 3, "whoever washes by the old is late");
}

pub(super) async fn a_wash_that_knew_nothing_of_what_was_put_back_is_not_written(store: Store) {
    let first = press(&store).await;
    let document = washed(&rss(&[("1", "A", "a")]));
    record_washed(&store, &first, &document, NOW).await;
    let taken = store.take("press", true, LEASE, after(10)).await.unwrap();
    let taken = taken.expect("nobody polls it");
    put_back(&store, &taken, &document, 7).await;
    let (before, edited) = (published(&store).await, washed(&rss(&[("1", "A", "b")])));
    let finish = Finish {
        recording: Some(Recording::new(&edited, "rules-1")),
        outcome: "changed",
        ..fine(after(10))
    };
    let late = store.finish(&taken, &finish, after(10)).await.unwrap_err();
    assert!(matches!(late, StoreError::Superseded), "{late}");
    let anew = Recording::anew(&document, "rules-2");
    let late = store.rewrite(&taken, &anew, after(10)).await.unwrap_err();
    assert!(matches!(late, StoreError::Superseded), "{late}");
    assert_eq!(published(&store).await, before);
    // It is given back, and due as it was.
    let again = store.take("press", true, LEASE, after(11)).await.unwrap();
    let again = again.expect("nobody polls it");
    assert_eq!(
        store.finish(&again, &finish, after(11)).await.unwrap(),
        counted(0, 1)
    );
}

pub(super) async fn a_wash_by_rules_of_before_is_not_written_over_a_newer(store: Store) {
    let source = press(&store).await;
    let document = washed(&rss(&[("1", "A", "a")]));
    record_washed(&store, &source, &document, NOW).await;
    let taken = store.take("press", true, LEASE, after(10)).await.unwrap();
    let taken = taken.expect("nobody polls it");
    let newer = Recording::anew(&document, "rules-2");
    assert!(store.rewrite(&taken, &newer, after(10)).await.unwrap());
    let finish = |version| Finish {
        recording: Some(Recording::new(&document, version)),
        outcome: "changed",
        ..fine(after(10))
    };
    let late = store.finish(&taken, &finish("rules-1"), after(10)).await;
    assert!(matches!(late, Err(StoreError::Superseded)), "{late:?}");
    assert_eq!(stored(&store, "press").await.rules_version, "rules-2");
    // A poll that knows the newer rules is welcome.
    let again = store.take("press", true, LEASE, after(11)).await.unwrap();
    let again = again.expect("nobody polls it");
    let known = store.finish(&again, &finish("rules-2"), after(11)).await;
    assert_eq!(known.unwrap(), counted(0, 0));
}

pub(super) async fn a_wash_from_the_store_beside_a_new_head_is_seen(store: Store) {
    let source = press(&store).await;
    let document = rss(&[("1", "A", "<p>a</p>")]);
    let old = washed(&document);
    record_washed(&store, &source, &old, NOW).await;
    let renamed = document.replace("The Press", "The New Press");
    record(&store, &source, &renamed, after(60)).await;
    let before = heading(&store).await;
    let mut anew = old;
    anew.clean.entries[0].content = Some(Text::html("<p>other</p>"));
    let source = stored(&store, "press").await;
    let recording = Recording::anew(&anew, "rules-2");
    let is_whole = store.rewrite(&source, &recording, after(61)).await.unwrap();
    assert!(!is_whole, "the new head is still to be washed");
    let (now, feed) = (heading(&store).await, published(&store).await);
    assert_eq!(feed.entries[0].content, anew.clean.entries[0].content);
    assert_eq!(feed.title, Some(Text::plain("The New Press")));
    assert_eq!(
        (now.revision, now.changed_at),
        (before.revision + 1, Some(after(61))),
        "readers are given what changed"
    );
}

pub(super) async fn a_story_is_announced_for_what_its_publisher_did_alone(store: Store) {
    let source = press(&store).await;
    let counter = |n: u32| format!("<slash:comments>{n}</slash:comments>");
    let document = |body: &str, n| channel(&item("1", "A", body, &counter(n)));
    record(&store, &source, &document("<p>a</p><p>junk</p>", 1), NOW).await;
    // Other rules take the junk, while the publisher counts a comment.
    let by_new_rules = |body: &str, n| {
        let mut washed = washed(&document(body, n));
        let content = washed.clean.entries[0].content.as_mut().unwrap();
        content.value = content.value.replace("<p>junk</p>", "");
        washed
    };
    let counted_on = by_new_rules("<p>a</p><p>junk</p>", 2);
    let mut recording = Recording::new(&counted_on, "rules-2");
    let edited = store.edited(&source, &recording).await.unwrap();
    assert_eq!(edited.len(), 1);
    let earlier = by_new_rules("<p>a</p><p>junk</p>", 1);
    assert_eq!(edited, earlier.raw.entries);
    let earlier: Vec<_> = edited.into_iter().zip(earlier.clean.entries).collect();
    recording.compare_with(&earlier);
    let source = stored(&store, "press").await;
    let finish = |recording| Finish {
        recording: Some(recording),
        outcome: "changed",
        ..fine(after(60))
    };
    let edit = by_new_rules("<p>b</p><p>junk</p>", 3);
    let recorded = store.finish(&source, &finish(recording), after(60)).await;
    assert_eq!(recorded.unwrap(), counted(0, 0));
    assert_eq!(published(&store).await.entries[0].updated, None);
    // The same rules, and an edit: it is announced once.
    let source = stored(&store, "press").await;
    for expected in [counted(0, 1), counted(0, 0)] {
        let recording = Recording::new(&edit, "rules-2");
        let recorded = store.finish(&source, &finish(recording), after(60)).await;
        assert_eq!(recorded.unwrap(), expected);
    }
}
