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

/// The number of the removal that took something.
fn number(desk: &Desk, what: &str) -> String {
    let removals = removals(desk);
    let one = removals
        .iter()
        .find(|removal| removal["before"].as_str().unwrap().contains(what));
    one.unwrap_or_else(|| panic!("{what} is not removed: {removals:?}"))["removal"].to_string()
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
fn restore_says_what_is_wrong() {
    let desk = polled();
    desk.run(&["restore", "ecco", "one", "1"])
        .check(2, &["no source is named \"ecco\"", "did you mean \"echo\""]);
    desk.run(&["restore", "echo", "three", "1"]).check(
        1,
        &["no stored entry of echo", "feedwash explain --source echo"],
    );
    desk.run(&["restore", "echo", "one", "99"])
        .check(1, &["has no removal 99", "there are 1 to"]);
    desk.run(&["restore", "echo", "two", "1"])
        .check(1, &["nothing was removed from it"]);
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
