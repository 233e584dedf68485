//! `run`: the daemon, from its first line of log to its exit code.

use super::*;

/// The running program, ended when the test is.
pub(super) struct Daemon {
    pub(super) child: Child,
    log: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    /// Starts the program and waits until it serves.
    pub(super) async fn start(desk: &Desk, arguments: &[&str]) -> Self {
        Self::spawn(&mut desk.command(arguments)).await
    }

    /// Starts it by a command, and waits until it serves.
    pub(super) async fn spawn(command: &mut Command) -> Self {
        let mut daemon = Self::begin(command);
        let line = daemon.says(" serving ").await;
        let address = line
            .split("address=")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        daemon.address = address.to_owned();
        daemon
    }

    /// Starts it by a command, and reads its log.
    fn begin(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let sink = Arc::clone(&log);
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| sink.lock().unwrap().push(line))
        });
        Self {
            child,
            log,
            address: String::new(),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Waits for a line of the log.
    pub(super) async fn says(&self, words: &str) -> String {
        until(words, async || {
            let log = self.log.lock().unwrap();
            log.iter().find(|line| line.contains(words)).cloned()
        })
        .await
    }

    pub(super) async fn get(&self, path: &str) -> (u16, String) {
        let answer = client()
            .get(format!("http://{}{path}", self.address))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Waits until a feed is served that holds some words.
    pub(super) async fn serves(&self, path: &str, words: &str) {
        until(path, async || {
            let (code, body) = self.get(path).await;
            (code == 200 && body.contains(words)).then_some(())
        })
        .await;
    }

    pub(super) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for its end, and gives the exit code.
    pub(super) async fn ended(&mut self) -> Option<i32> {
        until("it ends", async || self.child.try_wait().unwrap())
            .await
            .code()
    }
}

pub(super) const ANY_PORT: &str = "[server]\nlisten = \"127.0.0.1:0\"\n";

#[tokio::test]
async fn run_polls_serves_reloads_and_stops() {
    let desk = with_files();
    let source = |name: &str| format!("[[source]]\nname = \"{name}\"\nurl = \"{name}.xml\"\n");
    desk.write("feeds.toml", format!("{ANY_PORT}{}", source("one")));
    let mut daemon = Daemon::start(&desk, &["run"]).await;
    daemon.serves("/feeds/one.rss", "The lamp was lit").await;
    assert_eq!(daemon.get("/feeds/two.rss").await.0, 404);
    until("it is well", async || {
        (daemon.get("/health").await.0 == 200).then_some(())
    })
    .await;

    desk.write(
        "feeds.toml",
        format!("{ANY_PORT}{}{}", source("one"), source("two")),
    );
    daemon.signal("HUP");
    daemon.serves("/feeds/two.atom", "<title>C</title>").await;

    desk.write(
        "feeds.toml",
        format!("{ANY_PORT}{}[[source]]\nnam = \"x\"\n", source("two")),
    );
    daemon.signal("HUP");
    daemon.says("the old configuration stays in force").await;
    daemon.says("feeds.toml: line").await;
    assert_eq!(daemon.get("/feeds/one.rss").await.0, 200);
    let (_, health) = daemon.get("/health").await;
    let health: Value = serde_json::from_str(&health).unwrap();
    let rejected = health["rejected_configuration"].as_str().unwrap();
    assert!(rejected.contains("unknown key"), "{rejected}");
    assert!(daemon.get("/").await.1.contains("feeds.toml as it is now"));
    assert!(
        daemon
            .get("/health.atom")
            .await
            .1
            .contains("feeds.toml is wrong")
    );
    let gauge = "feedwash_config_last_reload_successful 0";
    assert!(daemon.get("/metrics").await.1.contains(gauge));

    // A full disk leaves nothing of it.
    desk.write("feeds.toml", "");
    daemon.says("has no source any more").await;
    assert_eq!(daemon.get("/feeds/one.rss").await.0, 200);

    // Saving the file is enough.
    desk.write("feeds.toml", format!("{ANY_PORT}{}", source("two")));
    until("the feed is withdrawn", async || {
        (daemon.get("/feeds/one.rss").await.0 == 410).then_some(())
    })
    .await;
    assert_eq!(daemon.get("/feeds/two.rss").await.0, 200);

    daemon.signal("TERM");
    assert_eq!(daemon.ended().await, Some(0));
    daemon.says("stopping").await;
    let statuses: Value = serde_json::from_str(&desk.run(&["status", "--json"]).output()).unwrap();
    assert_eq!(statuses[0]["entries"], 1, "what was stored is there");
}

#[tokio::test]
async fn an_interrupt_stops_it_too_and_no_command_means_run() {
    let desk = Desk::new();
    desk.write("feeds.toml", ANY_PORT);
    let mut daemon = Daemon::start(&desk, &[]).await;
    assert_eq!(daemon.get("/").await.0, 200);
    daemon.signal("INT");
    assert_eq!(daemon.ended().await, Some(0));
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let desk = Desk::new();
    desk.write("feeds.toml", ANY_PORT);
    let daemon = Daemon::start(&desk, &["run"]).await;
    let second = Desk::new();
    second.write(
        "feeds.toml",
        format!("[server]\nlisten = \"{}\"\n", daemon.address),
    );
    let ran = second.run(&["run"]);
    ran.check(
        1,
        &[
            "feedwash: can't listen on",
            &daemon.address,
            "server.listen",
        ],
    );
    assert!(
        !second.path("feedwash.db").exists(),
        "it left nothing behind"
    );
}

#[tokio::test]
async fn the_shipped_configuration_publishes_its_examples() {
    let desk = Desk::new();
    let shipped = fs::read_to_string(root().join("feeds.toml")).unwrap();
    assert!(shipped.contains("127.0.0.1:8484"));
    desk.write(
        "feeds.toml",
        shipped.replace("127.0.0.1:8484", "127.0.0.1:0"),
    );
    fs::create_dir(desk.path("examples")).unwrap();
    for file in ["wire.xml", "harbour-blog.xml", "field-notes.json"] {
        fs::copy(example(file), desk.path("examples").join(file)).unwrap();
    }
    let daemon = Daemon::start(&desk, &["run"]).await;
    for (name, story) in [
        ("wire", "eleven years after its lamp was taken down"),
        ("harbour-blog", "Drei Tage lang lief kein Schiff aus"),
        ("field-notes", "heron"),
    ] {
        for format in ["rss", "atom", "json"] {
            daemon
                .serves(&format!("/feeds/{name}.{format}"), story)
                .await;
        }
    }
    let (_, wire) = daemon.get("/feeds/wire.rss").await;
    for junk in [
        "Cancel reply",
        "has not been edited",
        "appeared first on",
        "pixel.wp.com",
        "utm_source",
    ] {
        assert!(!wire.contains(junk), "{junk}");
    }
    // One story is about such junk, and nothing of it is taken out.
    assert!(wire.contains("Please enter your name here"));
}

#[tokio::test]
async fn a_slow_publisher_does_not_hold_up_the_end() {
    let publisher = Publisher::start(|_| None).await;
    let desk = Desk::new();
    desk.write(
        "feeds.toml",
        format!(
            "{ANY_PORT}[polling]\nallow_private = [\"127.0.0.1\"]\ntimeout = \"2s\"\n[[source]]\nname = \"slow\"\nurl = \"{}\"\n",
            publisher.url("/")
        ),
    );
    let mut daemon = Daemon::start(&desk, &["run"]).await;
    until("it is asked", async || {
        (!publisher.asked().is_empty()).then_some(())
    })
    .await;
    daemon.signal("TERM");
    assert_eq!(daemon.ended().await, Some(0));
}

#[tokio::test]
async fn one_polls_and_another_serves() {
    let desk = with_files();
    let source = "[[source]]\nname = \"one\"\nurl = \"one.xml\"\n";
    desk.write("feeds.toml", format!("{ANY_PORT}{source}"));
    let mut serves = Daemon::start(&desk, &["run", "--no-poll"]).await;
    // It polls nothing, which is as it should be.
    assert_eq!(serves.get("/health").await.0, 200);
    let (code, empty) = serves.get("/feeds/one.rss").await;
    assert!(
        code == 200 && !empty.contains("The lamp was lit"),
        "{empty}"
    );
    let mut polls = Daemon::begin(&mut desk.command(&["run", "--no-web"]));
    polls.says("polling; others serve").await;
    serves.serves("/feeds/one.rss", "The lamp was lit").await;
    for daemon in [&mut polls, &mut serves] {
        daemon.signal("TERM");
        assert_eq!(daemon.ended().await, Some(0));
    }
    let neither = desk.run(&["run", "--no-web", "--no-poll"]);
    neither.check(2, &["cannot be used with"]);
}
