//! `restore` and `rewash`: what was taken is put back, and stored entries are washed anew.

use super::*;

const STORY: &str = "<p>The lamp at the end of the old pier was lit again on Sunday, after the harbour master had found the \
    spare part that three winters of letters could not.</p><p>Boats came in from both islands to see it, the school sang, and \
    the mayor, who had promised to be brief, was.</p>";
const FOOTER: &str = "<p>The post <a href=\"https://e.example/1\">The old harbour lamp</a> appeared first on \
    <a href=\"https://e.example/\">The Echo</a>.</p>";

/// A folder with a source that was polled once.
fn polled() -> Desk {
    let desk = Desk::new();
    let body = format!("{STORY}{JUNKY}{FOOTER}");
    desk.write(
        "feed.xml",
        rss(&[
            ("one", "The old harbour lamp", &body),
            ("two", "Boats", STORY),
        ]),
    );
    desk.write(
        "feeds.toml",
        "[[source]]\nname = \"echo\"\nurl = \"feed.xml\"\n",
    );
    desk.run(&["poll"]).output();
    desk
}

/// What is removed, as lines of JSON.
fn removals(desk: &Desk) -> Vec<Value> {
    let lines = desk
        .run(&["explain", "--source", "echo", "--json"])
        .output();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line.get("removal").is_some()).collect()
}

/// What the removal that took something says of itself.
fn removal(desk: &Desk, what: &str) -> Value {
    let removals = removals(desk);
    let one = removals
        .iter()
        .find(|removal| removal["before"].as_str().unwrap().contains(what));
    one.unwrap_or_else(|| panic!("{what} is not removed: {removals:?}"))
        .clone()
}

/// Its number.
fn number(desk: &Desk, what: &str) -> String {
    removal(desk, what)["removal"].to_string()
}

/// Its letters.
fn piece(desk: &Desk, what: &str) -> String {
    removal(desk, what)["piece"].as_str().unwrap().to_owned()
}

/// What is published, read from the store.
fn published(desk: &Desk) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let location = feedwash::config::StoreLocation::Sqlite(desk.path("feedwash.db"));
        let store = feedwash::store::Store::open(&location).await.unwrap();
        let id = store.heading("echo").await.unwrap().unwrap().id;
        let feed = store.feed(id, 0, 10).await.unwrap().feed;
        store.close().await;
        serde_json::to_string(&feed).unwrap()
    })
}

#[test]
fn what_was_removed_is_put_back_into_its_entry() {
    let desk = polled();
    assert!(!published(&desk).contains("appeared first"));
    let footer = number(&desk, "appeared first");
    let ran = desk.run(&["restore", "echo", "one", &footer]);
    ran.check(0, &["put back in entry", "appeared first"]);
    let now = published(&desk);
    assert!(
        now.contains("appeared first") && !now.contains("Leave a Reply"),
        "{now}"
    );
    let again = removals(&desk);
    let is_listed = again
        .iter()
        .any(|one| one["before"].as_str().unwrap().contains("appeared first"));
    assert!(!is_listed, "explain knows what was put back: {again:?}");
    // The next poll does not take it again.
    desk.run(&["poll", "echo"]).output();
    assert!(published(&desk).contains("appeared first"));
}

#[test]
fn what_was_put_back_is_listed_and_removed_again() {
    let desk = polled();
    desk.run(&["restore", "echo"])
        .check(0, &["nothing was put back in echo"]);
    let before = published(&desk);
    let footer = number(&desk, "appeared first");
    let ran = desk.run(&["restore", "echo", "one", &footer]);
    ran.check(
        0,
        &["\"feedwash restore echo --undo 1\" takes it out again"],
    );
    let listed = desk.run(&["restore", "echo"]).output();
    let words: Vec<&str> = listed.split_whitespace().collect();
    assert_eq!(
        (words[0], words[2], words[3]),
        ("1", "content", "feed-footers")
    );
    assert!(listed.contains("appeared first"), "{listed}");
    let ran = desk.run(&["restore", "echo", "--undo", "1"]);
    ran.check(0, &["removed again in entry", "appeared first"]);
    assert_eq!(published(&desk), before);
    assert_eq!(number(&desk, "appeared first"), footer);
    assert_eq!(desk.run(&["restore", "echo"]).output(), "");
    desk.run(&["restore", "echo", "--undo", "1"])
        .check(1, &["nothing of number 1 was put back", "lists what was"]);
    for wrong in [
        &["restore", "echo", "--for-source"][..],
        &["restore", "echo", "one", "--for-source"],
        &["restore", "echo", "one", "first"],
        &["restore", "echo", "one", "1", "--undo", "1"],
    ] {
        assert_eq!(desk.run(wrong).code, 2, "{wrong:?}");
    }
}

#[test]
fn what_was_put_back_everywhere_is_removed_again_everywhere() {
    let desk = polled();
    let before = published(&desk);
    let footer = number(&desk, "appeared first");
    desk.run(&["restore", "echo", "one", &footer, "--for-source"])
        .check(0, &["put back in every entry of echo"]);
    assert_ne!(published(&desk), before);
    let listed = desk.run(&["restore", "echo"]).output();
    assert!(listed.contains("every entry"), "{listed}");
    desk.run(&["restore", "echo", "--undo", "1"])
        .check(0, &["removed again in every entry of echo"]);
    assert_eq!(published(&desk), before);
}

#[test]
fn what_left_its_document_is_explained_and_put_back_though_the_source_is_down() {
    let desk = polled();
    desk.write("feed.xml", rss(&[("two", "Boats", STORY)]));
    desk.run(&["poll", "echo"]).output();
    fs::remove_file(desk.path("feed.xml")).unwrap();
    desk.run(&["poll", "echo"]).check(1, &[]);
    let explained = desk.run(&["explain", "--source", "echo"]);
    explained.check(
        0,
        &[
            "this is echo as stored, last read 20",
            "its last poll failed: ",
        ],
    );
    assert!(
        explained.out.contains("The old harbour lamp"),
        "{}",
        explained.out
    );
    let footer = number(&desk, "appeared first");
    desk.run(&["restore", "echo", "one", &footer])
        .check(0, &["put back in entry"]);
    assert!(published(&desk).contains("appeared first"));
    desk.write(
        "feeds.toml",
        "[[source]]\nname = \"echo\"\nurl = \"feed.xml\"\noff = [\"feed-footers\"]\n",
    );
    let explained = desk.run(&["explain", "--source", "echo"]);
    explained.check(0, &["\"feedwash rewash echo --dry-run\" says"]);
    // Whoever names a document means that document.
    let named = desk.run(&["explain", "--source", "echo", "feed.xml"]);
    named.check(1, &["can't read feed.xml"]);
}

#[test]
fn restore_says_what_is_wrong() {
    let desk = polled();
    desk.run(&["restore", "ecco", "one", "1"])
        .check(2, &["no source is named \"ecco\"", "did you mean \"echo\""]);
    desk.run(&["restore", "echo", "three", "1"]).check(
        1,
        &["no stored entry of echo", "feedwash explain --source echo"],
    );
    desk.run(&["restore", "echo", "one", "99"])
        .check(1, &["has no removal 99", "lists those it has"]);
    desk.run(&["restore", "echo", "two", "1"])
        .check(1, &["has no removal 1"]);
    desk.run(&["restore", "echo", "two"])
        .check(0, &["nothing was removed from entry"]);
    desk.run(&["restore", "echo", "one", "first"])
        .check(2, &["eight letters from k to z, or by its number"]);
}

#[test]
fn letters_mean_the_same_piece_when_numbers_have_changed() {
    let desk = polled();
    let (form, footer) = (
        piece(&desk, "Leave a Reply"),
        piece(&desk, "appeared first"),
    );
    let listed = desk.run(&["restore", "echo", "one"]).output();
    assert!(
        listed.contains(&form) && listed.contains(&footer),
        "{listed}"
    );
    let was = number(&desk, "appeared first");
    desk.run(&["restore", "echo", "one", &form]).check(
        0,
        &["put back in entry", "Leave a Reply", "of a form its words"],
    );
    assert_ne!(number(&desk, "appeared first"), was);
    assert_eq!(piece(&desk, "appeared first"), footer);
    desk.run(&["restore", "echo", "one", &footer])
        .check(0, &["put back in entry", "appeared first"]);
    let now = published(&desk);
    assert!(now.contains("Leave a Reply") && now.contains("appeared first"));
    desk.run(&["restore", "echo", "one", &footer]).check(
        1,
        &["was put back already", "feedwash restore echo --undo 2"],
    );
}

#[test]
fn what_shows_nothing_is_not_put_back() {
    let desk = Desk::new();
    let body = format!("{STORY}<button class=\"like\"><svg></svg></button>");
    desk.write("feed.xml", rss(&[("one", "The old harbour lamp", &body)]));
    desk.write(
        "feeds.toml",
        "[[source]]\nname = \"echo\"\nurl = \"feed.xml\"\n",
    );
    desk.run(&["poll"]).output();
    desk.run(&["restore", "echo", "one", &piece(&desk, "<button")])
        .check(1, &["can't be undone", "nothing would come back"]);
    assert_eq!(desk.run(&["restore", "echo"]).output(), "");
}

#[test]
fn rewash_says_what_new_rules_change_and_then_does_it() {
    let desk = polled();
    desk.write(
        "feeds.toml",
        "[[source]]\nname = \"echo\"\nurl = \"feed.xml\"\nkeep = [\".comment-respond\"]\n",
    );
    let before = published(&desk);
    let told = desk.run(&["rewash", "--dry-run"]).output();
    assert!(told.contains("echo: 1 of 2 entries would change"), "{told}");
    assert!(told.contains("kept now (comment-forms): "), "{told}");
    assert_eq!(published(&desk), before, "a dry run changes nothing");
    let told = desk.run(&["rewash", "echo"]).output();
    assert!(told.contains("echo: 1 of 2 entries changed"), "{told}");
    assert!(published(&desk).contains("Leave a Reply"));
    assert!(
        desk.run(&["rewash"])
            .output()
            .contains("echo: 0 of 2 entries changed")
    );
    desk.run(&["rewash", "nobody"])
        .check(2, &["no source is named \"nobody\""]);
}
