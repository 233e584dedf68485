//! `run` under a service manager: what it says on the socket that systemd listens on.

use super::run::{ANY_PORT, Daemon};
use super::*;
use crate::support::PATIENCE;
use sqlx::Connection as _;
use std::os::unix::net::UnixDatagram;

/// The service manager's end of the line.
struct Manager(UnixDatagram);

impl Manager {
    fn of(desk: &Desk) -> Self {
        let socket = UnixDatagram::bind(desk.path("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// The fields of the next thing that is said.
    #[track_caller]
    fn next(&self) -> Vec<(String, String)> {
        let mut said = [0; 4096];
        let bytes = self.0.recv(&mut said).expect("the program says something");
        let said = str::from_utf8(&said[..bytes]).unwrap();
        let field = |line: &str| {
            let (name, value) = line.split_once('=').expect("a field");
            (name.to_owned(), value.to_owned())
        };
        said.lines().map(field).collect()
    }

    /// The next thing that has this field; what has not is passed over.
    #[track_caller]
    fn next_with(&self, name: &str) -> Vec<(String, String)> {
        loop {
            let said = self.next();
            if said.iter().any(|(said, _)| said == name) {
                return said;
            }
        }
    }
}

/// The value of a field; empty where there is none.
fn value<'a>(said: &'a [(String, String)], name: &str) -> &'a str {
    said.iter()
        .find(|(said, _)| said == name)
        .map_or("", |(_, value)| value)
}

fn managed(desk: &Desk) -> Command {
    let mut command = desk.command(&["run"]);
    command.env("NOTIFY_SOCKET", desk.path("notify"));
    command
}

const SOURCE: &str = "[[source]]\nname = \"one\"\nurl = \"one.xml\"\n";

#[tokio::test]
async fn each_step_is_told() {
    let desk = Desk::new();
    desk.write("feeds.toml", ANY_PORT);
    let manager = Manager::of(&desk);
    let mut daemon = Daemon::spawn(&mut managed(&desk)).await;
    // A store that takes long to open is given its time.
    let said = manager.next();
    assert_eq!(value(&said, "EXTEND_TIMEOUT_USEC"), "30000000");
    assert_eq!(value(&said, "STATUS"), "opening the store");
    let said = manager.next_with("READY");
    assert!(value(&said, "STATUS").starts_with("0 sources; serving at http://127.0.0.1:"));

    desk.write("feeds.toml", format!("{ANY_PORT}{SOURCE}"));
    daemon.signal("HUP");
    let said = manager.next_with("RELOADING");
    let at: u64 = value(&said, "MONOTONIC_USEC").parse().unwrap();
    assert!(at > 0);
    let said = manager.next();
    assert_eq!(value(&said, "READY"), "1");
    assert!(value(&said, "STATUS").starts_with("1 source;"));

    desk.write(
        "feeds.toml",
        format!("{ANY_PORT}[[source]]\nnam = \"x\"\nul = \"y\"\n"),
    );
    daemon.signal("HUP");
    manager.next_with("RELOADING");
    let said = manager.next();
    assert_eq!(value(&said, "READY"), "1");
    let status = value(&said, "STATUS");
    assert!(
        status.starts_with("1 source;") && status.contains("old configuration stays in force"),
        "{status}"
    );

    daemon.signal("TERM");
    let said = manager.next_with("STOPPING");
    assert_eq!(value(&said, "STOPPING"), "1");
    assert_eq!(daemon.ended().await, Some(0));
}

#[tokio::test]
async fn the_watchdog_is_fed_also_while_the_store_fails() {
    let desk = with_files();
    desk.write("feeds.toml", format!("{ANY_PORT}{SOURCE}"));
    let manager = Manager::of(&desk);
    let daemon = Daemon::spawn(managed(&desk).env("WATCHDOG_USEC", "300000")).await;
    manager.next_with("WATCHDOG");
    daemon.serves("/feeds/one.rss", "The lamp was lit").await;
    let store = format!("sqlite:{}", desk.path("feedwash.db").display());
    let mut store = sqlx::SqliteConnection::connect(&store).await.unwrap();
    let hide = sqlx::query("alter table source rename to hidden");
    hide.execute(&mut store).await.unwrap();
    until("the store fails", async || {
        (daemon.get("/feeds.opml").await.0 == 503).then_some(())
    })
    .await;
    // What was rendered is served all the same.
    assert_eq!(daemon.get("/feeds/one.rss").await.0, 200);
    // What was said before that is not what is asked for.
    manager.0.set_nonblocking(true).unwrap();
    while manager.0.recv(&mut [0; 4096]).is_ok() {}
    manager.0.set_nonblocking(false).unwrap();
    manager.next_with("WATCHDOG");
}

#[tokio::test]
async fn its_health_is_told_on_the_command_line() {
    let desk = Desk::new();
    desk.write("feeds.toml", ANY_PORT);
    let mut daemon = Daemon::start(&desk, &["run"]).await;
    let asker = Desk::new();
    asker.write(
        "feeds.toml",
        format!("[server]\nlisten = \"{}\"\n", daemon.address()),
    );
    let well = until("it is well", async || {
        let ran = asker.run(&["health"]);
        (ran.code == 0).then_some(ran)
    })
    .await;
    assert!(
        serde_json::from_str::<Value>(&well.output())
            .unwrap()
            .is_object()
    );

    daemon.signal("TERM");
    assert_eq!(daemon.ended().await, Some(0));
    let ran = asker.run(&["health"]);
    ran.check(1, &["feedwash: can't ask at 127.0.0.1:", "is it running"]);
}

/// As for a reload: the service's credentials are for its main process alone.
#[test]
fn a_file_is_checked_without_its_secrets() {
    let desk = Desk::new();
    desk.write(
        "feeds.toml",
        "[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\ncookie = { credential = \"login\" }\n",
    );
    desk.run(&["check"]).check(1, &["login"]);
    let said = desk.run(&["check", "--no-secrets"]).output();
    assert!(said.contains("is right: 1 source"), "{said}");
    let usage = desk.run(&["check", "--no-secrets", "--fetch"]);
    usage.check(2, &["--no-secrets"]);
}
