//! Copies of a store while it is written, and a store that starts from one.

use super::*;
use std::process::{Command, Output};

#[tokio::test]
async fn a_copy_of_a_store_in_use_is_whole_and_starts() {
    let folder = tempfile::tempdir().unwrap();
    let location = file(folder.path(), "feedwash.db");
    let store = Store::open(&location).await.unwrap();
    store.sync(&press(), NOW).await.unwrap();
    publish(&store, "press", &washed(&many(20)), NOW).await;
    let before = published(&store, "press").await;
    let polls = tokio::spawn({
        let store = store.clone();
        async move {
            for n in 21..60 {
                publish(&store, "press", &washed(&many(n)), after(n as i64)).await;
                tokio::task::yield_now().await;
            }
        }
    });
    let copy = folder.path().join("copy.db");
    let first = feedwash::store::backup(&location, &copy, false)
        .await
        .unwrap();
    assert_eq!(first.sources, 1);
    assert!(first.entries >= 20);
    assert_eq!(first.bytes, copy.metadata().unwrap().len());
    polls.await.unwrap();

    let restored = Store::open(&StoreLocation::Sqlite(copy)).await.unwrap();
    let copied = published(&restored, "press").await;
    assert_eq!(copied.len() as i64, first.entries);
    assert!(before.iter().all(|entry| copied.contains(entry)));
    // It may have been copied in the middle of a poll, whose lease a daemon ends that starts.
    restored.release_leases().await.unwrap();
    // It goes on from there: what it does not have yet is new, and the rest is not.
    publish(&restored, "press", &washed(&many(60)), after(100)).await;
    let all: Vec<_> = published(&restored, "press").await;
    assert_eq!(all.len(), 60);
    restored.close().await;
    store.close().await;
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert!(
        left.iter()
            .all(|name| !name.to_string_lossy().ends_with(".part")),
        "{left:?}"
    );
}

/// Runs `feedwash` in a folder.
pub(super) fn feedwash(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_feedwash"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}

#[track_caller]
pub(super) fn says(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "nothing about {word}: {said}");
    }
}

#[tokio::test]
async fn backup_copies_once_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("feeds.toml"), "").unwrap();
    let store = Store::open(&file(folder, "feedwash.db")).await.unwrap();
    store.sync(&press(), NOW).await.unwrap();
    publish(&store, "press", &washed(&many(2)), NOW).await;
    says(
        &feedwash(folder, &["backup", "a.db"]),
        0,
        &["wrote a.db: 1 source, 2 entries"],
    );
    let copy = std::fs::read(folder.join("a.db")).unwrap();
    publish(&store, "press", &washed(&many(3)), after(9)).await;
    says(
        &feedwash(folder, &["backup", "a.db"]),
        1,
        &["a.db exists", "--force"],
    );
    assert_eq!(std::fs::read(folder.join("a.db")).unwrap(), copy);
    says(
        &feedwash(folder, &["backup", "a.db", "--force"]),
        0,
        &["3 entries"],
    );
    says(
        &feedwash(folder, &["backup", "none/a.db"]),
        1,
        &["can't copy", "none/a.db"],
    );
    std::os::unix::fs::symlink("feedwash.db", folder.join("alias")).unwrap();
    for own in ["feedwash.db", "feedwash.db-wal", "alias"] {
        says(
            &feedwash(folder, &["backup", own, "--force"]),
            1,
            &["is the store itself"],
        );
    }
    says(
        &feedwash(folder, &["backup", "-"]),
        2,
        &["a backup is a file"],
    );
    store.ping().await.unwrap();
    std::fs::rename(folder.join("a.db"), folder.join("feedwash.db")).unwrap();
    let replaced = store.ping().await.unwrap_err().to_string();
    assert!(replaced.contains("was replaced"), "{replaced}");
    assert!(!store.recovered().await, "nothing more is taken");
    store.close().await;
}

#[test]
fn backup_makes_no_store_and_names_the_tool_for_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("feeds.toml"), "").unwrap();
    says(
        &feedwash(folder, &["backup", "a.db"]),
        1,
        &["can't copy", "feedwash.db"],
    );
    assert!(!folder.join("feedwash.db").exists() && !folder.join("a.db").exists());
    let postgres = "[store]\nurl = \"postgres://me:hunter2@db.example/feeds\"\n";
    std::fs::write(folder.join("feeds.toml"), postgres).unwrap();
    let output = feedwash(folder, &["backup", "a.dump"]);
    says(&output, 1, &["pg_dump", "--file=a.dump", "db.example"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"));
}
