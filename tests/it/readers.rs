//! A real feed reader subscribes to what is served. Newsboat, since it can be driven without a screen.

use crate::support::{NOW, after, app, config, many, publish, serve, skip, until, washed};
use feedwash::config::StoreLocation;
use feedwash::store::Store;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const ENTRIES: usize = 40;

/// Newsboat with one subscription, in a folder of its own.
struct Newsboat {
    folder: TempDir,
}

/// An entry as the reader keeps it.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    title: String,
    content: String,
    date: i64,
}

impl Newsboat {
    /// Subscribes to a feed; `None` where there is no Newsboat.
    fn subscribe(url: &str) -> Option<Self> {
        let newsboat = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::write(newsboat.path("urls"), format!("{url}\n")).unwrap();
        std::fs::write(newsboat.path("config"), "auto-reload no\n").unwrap();
        let version = newsboat.command().arg("--version").status();
        version.is_ok().then_some(newsboat)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The reader with nothing of this machine's in its environment but where programs lie.
    fn command(&self) -> Command {
        let mut command = Command::new("newsboat");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .env("HOME", self.folder.path())
            .env("LANG", "C.UTF-8")
            .current_dir(self.folder.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Fetches the feed until the reader has kept what is expected: one with a fresh cache may need a second time.
    async fn reload_until(&self, what: &str, expected: impl Fn(&[Kept]) -> bool) -> Vec<Kept> {
        until(what, async || {
            let arguments = [
                "-C", "config", "-u", "urls", "-c", "cache.db", "-x", "reload",
            ];
            let status = self.command().args(arguments).status().unwrap();
            assert!(status.success(), "newsboat ended with {status}");
            let kept = self.kept().await;
            expected(&kept).then_some(kept)
        })
        .await
    }

    /// What the reader has kept, newest first.
    async fn kept(&self) -> Vec<Kept> {
        let options = SqliteConnectOptions::new()
            .filename(self.path("cache.db"))
            .read_only(true);
        let mut cache: SqliteConnection = options.connect().await.unwrap();
        let query = "select title, content, pubDate from rss_item order by pubDate desc";
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as(query).fetch_all(&mut cache).await.unwrap();
        cache.close().await.unwrap();
        rows.into_iter()
            .map(|(title, content, date)| Kept {
                title,
                content,
                date,
            })
            .collect()
    }
}

async fn newsboat_reads(format: &str) {
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    let config = config("[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\n");
    store.sync(&config, NOW).await.unwrap();
    let document = many(ENTRIES);
    publish(&store, "press", &washed(&document), NOW).await;
    let address = serve(app(&store, config).0).await;
    let Some(newsboat) = Newsboat::subscribe(&format!("http://{address}/feeds/press.{format}"))
    else {
        skip("newsboat is not installed, so no real reader subscribes");
        return;
    };
    let kept = newsboat
        .reload_until("every entry is read", |kept| kept.len() == ENTRIES)
        .await;
    for (entry, number) in kept.iter().zip(1..) {
        assert_eq!(entry.title, format!("entry {number}"));
        assert!(
            entry
                .content
                .contains(&format!("The story of number {number}.")),
            "{entry:?}"
        );
        assert_eq!(entry.date, NOW.as_second() - 60 * number);
    }

    let edited = document.replace(
        "The story of number 7.",
        "The story of number 7, told again.",
    );
    publish(&store, "press", &washed(&edited), after(60)).await;
    let kept = newsboat
        .reload_until("the edit is read", |kept| {
            kept.iter()
                .any(|entry| entry.content.contains("told again"))
        })
        .await;
    assert_eq!(kept.len(), ENTRIES, "an edited entry is the same entry");
}

#[tokio::test(flavor = "multi_thread")]
async fn newsboat_reads_rss() {
    newsboat_reads("rss").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newsboat_reads_atom() {
    newsboat_reads("atom").await;
}
