//! `run` on a disk that takes nothing more: it serves on, says so, and goes on by itself when there is room.

use super::run::{ANY_PORT, Daemon};
use super::*;
use crate::support::skip;
use std::collections::HashSet;

/// How large a file may become, in blocks of 512 bytes: enough for an empty store.
const BLOCKS: u32 = 1_000;

/// A document of stories, each of 20 kB that nobody can compress away.
fn long(stories: usize) -> String {
    let stories: Vec<(String, String, String)> = (1..=stories)
        .map(|n| {
            let words = (0..2_000).map(|word| format!("{:x} ", (word + 1) * n * 7919));
            let body = format!("<p>{}</p>", words.collect::<String>());
            (format!("id-{n}"), format!("Story {n}."), body)
        })
        .collect();
    let stories: Vec<(&str, &str, &str)> = stories
        .iter()
        .map(|(id, title, body)| (&**id, &**title, &**body))
        .collect();
    rss(&stories)
}

/// The titles that a feed shows, and how often.
fn titles(feed: &str) -> Vec<&str> {
    let starts = feed.split("<title>Story ").skip(1);
    starts.map(|rest| rest.split('.').next().unwrap()).collect()
}

#[tokio::test]
async fn a_full_disk_stops_no_reader_and_mends_itself() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        skip("install util-linux (prlimit) to test a full disk");
        return;
    }
    let desk = Desk::new();
    desk.write("press.xml", long(1));
    desk.write(
        "feeds.toml",
        format!("{ANY_PORT}[polling]\ninterval = \"1s\"\n[[source]]\nname = \"press\"\nurl = \"press.xml\"\n"),
    );
    // A limit on the size of files fails as a full disk does; the signal that tells of it is not for us.
    let run = desk.command(&["run"]);
    let mut limited = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -S -f {BLOCKS}; exec \"$0\" run");
    limited
        .args(["-c", &script])
        .arg(run.get_program())
        .current_dir(desk.path(""));
    limited.stdout(Stdio::piped()).stderr(Stdio::piped());
    let daemon = Daemon::spawn(&mut limited).await;
    daemon.serves("/feeds/press.rss", "Story 1.").await;

    desk.write("press.xml", long(40));
    let unwell = until("it says that it can't write", async || {
        let (code, body) = daemon.get("/health").await;
        (code == 503).then_some(body)
    })
    .await;
    assert!(
        unwell.contains("the store can't be written: the disk fails"),
        "{unwell}"
    );
    daemon.says("the store can't be written").await;
    let (code, feed) = daemon.get("/feeds/press.rss").await;
    assert_eq!(
        (code, titles(&feed)),
        (200, vec!["1"]),
        "what was written is served"
    );

    let pid = format!("--pid={}", daemon.child.id());
    let room = Command::new("prlimit")
        .args([&*pid, "--fsize=unlimited"])
        .status();
    assert!(room.unwrap().success());
    daemon.says("the store can be written again").await;
    daemon.serves("/feeds/press.rss", "Story 40.").await;
    let (_, feed) = daemon.get("/feeds/press.rss").await;
    let all = titles(&feed);
    let distinct: HashSet<&str> = all.iter().copied().collect();
    assert_eq!((all.len(), distinct.len()), (40, 40), "each is there once");
    assert_eq!(daemon.get("/health").await.0, 200);
}
