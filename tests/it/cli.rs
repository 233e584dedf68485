//! The program as a user starts it: arguments and files in; output, messages and exit code out.

use crate::support::{PATIENCE, Publisher, answer, channel, client, item, many, rss, until};
use feedwash::clean::PASSES;
use feedwash::opml;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tempfile::TempDir;

/// A story with a piece of junk after it.
const JUNKY: &str = "<p>The lamp was lit again on Sunday.</p>\
    <div id=\"respond\" class=\"comment-respond\"><h3>Leave a Reply</h3><form><textarea></textarea></form></div>";

/// A folder of one's own, with what a test puts there.
struct Desk(TempDir);

/// How a run of the program ended.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// Checks the exit code, and that the message says all of the words.
    #[track_caller]
    fn check(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(
                self.err.contains(word),
                "nothing about {word:?} in {}",
                self.err
            );
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
    }

    /// The output of a run that did what it should.
    #[track_caller]
    fn output(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }
}

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The program in this folder, with an environment that tells it nothing.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feedwash"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, b"")
    }

    /// Runs the program with something on standard input.
    fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // The program may end before it has read everything.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran {
            code: output.status.code().expect("it ends by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> String {
    root()
        .join("examples")
        .join(name)
        .to_str()
        .unwrap()
        .to_owned()
}

// clean.

#[test]
fn clean_reads_a_file_and_standard_input_alike() {
    let desk = Desk::new();
    desk.write("feed.xml", rss(&[("1", "A", JUNKY)]));
    let document = fs::read(desk.path("feed.xml")).unwrap();
    let from_file = desk.run(&["clean", "feed.xml"]).output();
    assert!(
        from_file.contains("The lamp was lit") && !from_file.contains("Leave a Reply"),
        "{from_file}"
    );
    assert_eq!(desk.run_with(&["clean"], &document).output(), from_file);
    assert_eq!(
        desk.run_with(&["clean", "-"], &document).output(),
        from_file
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clean_reads_a_url_that_may_be_asked() {
    let publisher = Publisher::start(|_| answer(200, &[], rss(&[("1", "A", JUNKY)]))).await;
    let desk = Desk::new();
    let url = publisher.url("/feed");
    desk.run(&["clean", &url])
        .check(1, &["can't fetch", "private", "allow_private"]);
    assert!(publisher.asked().is_empty());
    let clean = desk
        .run(&["clean", &url, "--allow-private", "127.0.0.1"])
        .output();
    assert!(
        clean.contains("The lamp was lit") && !clean.contains("Leave a Reply"),
        "{clean}"
    );
    desk.run(&["clean", &url, "--allow-private", "a b"])
        .check(2, &["neither a network"]);
}

#[test]
fn clean_writes_the_format_that_is_asked_for_else_the_inputs() {
    let desk = Desk::new();
    for (file, own) in [
        ("wire.xml", "rss"),
        ("harbour-blog.xml", "atom"),
        ("field-notes.json", "json"),
    ] {
        let path = example(file);
        for format in ["rss", "atom", "json"] {
            let out = desk.run(&["clean", &path, "--to", format]).output();
            match format {
                "rss" => drop(rss::Channel::read_from(out.as_bytes()).unwrap()),
                "atom" => drop(atom_syndication::Feed::read_from(out.as_bytes()).unwrap()),
                _ => drop(serde_json::from_str::<Value>(&out).unwrap()),
            }
            if format == own {
                assert_eq!(desk.run(&["clean", &path]).output(), out, "{file}");
            }
        }
    }
    desk.run(&["clean", &example("wire.xml"), "--to", "opml"])
        .check(2, &["opml", "rss, atom, json"]);
}

#[test]
fn clean_raw_removes_nothing() {
    let raw = Desk::new().run_with(&["clean", "--raw"], rss(&[("1", "A", JUNKY)]).as_bytes());
    assert!(raw.output().contains("Leave a Reply"));
}

#[test]
fn clean_believes_a_content_type_where_the_document_says_nothing() {
    let (document, _, _) = encoding_rs::WINDOWS_1251.encode(
        "<rss version=\"2.0\"><channel><title>Новости</title><item><guid>1</guid><title>Маяк</title></item></channel></rss>",
    );
    let out = Desk::new().run_with(
        &["clean", "--content-type", "text/xml; charset=windows-1251"],
        &document,
    );
    assert!(out.output().contains("<title>Маяк</title>"));
}

#[test]
fn clean_resolves_addresses_against_a_base() {
    let desk = Desk::new();
    let document = "<rss version=\"2.0\"><channel><title>A</title><item><guid>1</guid><title>B</title>\
        <description>&lt;p&gt;&lt;a href=\"story\"&gt;C&lt;/a&gt;&lt;/p&gt;</description></item></channel></rss>";
    let run = |base: &str| desk.run_with(&["clean", "--base", base], document.as_bytes());
    assert!(
        run("https://press.example/news/feed")
            .output()
            .contains("https://press.example/news/story")
    );
    run("no url").check(2, &["--base", "no url"]);
}

#[test]
fn clean_obeys_the_rules_of_a_source() {
    let desk = Desk::new();
    desk.write(
        "rules.toml",
        "[[source]]\nname = \"wire\"\nurl = \"https://a.example/\"\noff = [\"comment-forms\", \"page-furniture\"]\n\
         remove = [{ text = \"lit again\" }]\n",
    );
    let document = rss(&[("1", "A", &format!("<p>Kept.</p><p>Also kept.</p>{JUNKY}"))]);
    let run = |source: &str| {
        desk.run_with(
            &["clean", "--rules", "rules.toml", "--source", source],
            document.as_bytes(),
        )
    };
    let out = run("wire").output();
    assert!(
        out.contains("Also kept") && out.contains("Leave a Reply") && !out.contains("lit again"),
        "{out}"
    );
    run("wirre").check(
        2,
        &["no source is named \"wirre\"", "did you mean \"wire\"?"],
    );
    desk.run(&["clean", "--rules", "rules.toml"])
        .check(2, &["--source"]);
}

#[test]
fn what_is_no_feed_is_refused_with_a_remedy() {
    let desk = Desk::new();
    let page = "<!doctype html><title>Our site</title><link rel=alternate type=application/rss+xml href=https://a.example/rss><p>Hi</p>";
    for (input, words) in [
        (page, &["web page", "https://a.example/rss"][..]),
        ("", &["empty"]),
        ("\n \n", &["empty"]),
        ("just words", &["no feed", "just words"]),
        ("{\"a\": 1}", &["no feed"]),
    ] {
        for command in ["clean", "explain"] {
            let ran = desk.run_with(&[command], input.as_bytes());
            ran.check(1, words);
            ran.check(1, &["feedwash: can't read standard input as a feed"]);
            assert_eq!(ran.out, "");
        }
    }
    desk.run(&["clean", "nowhere.xml"])
        .check(1, &["can't read nowhere.xml", "No such file"]);
    desk.run(&["clean", "."]).check(1, &["can't read ."]);
}

#[test]
fn a_document_that_breaks_off_keeps_its_complete_entries() {
    let document = rss(&[
        ("1", "A", "<p>First.</p>"),
        ("2", "B", "<p>Second.</p>"),
        ("3", "C", "<p>Third.</p>"),
    ]);
    let cut = document.find("Third").unwrap();
    let ran = Desk::new().run_with(&["clean"], &document.as_bytes()[..cut]);
    let channel = rss::Channel::read_from(ran.output().as_bytes()).unwrap();
    let titles: Vec<_> = channel
        .items
        .iter()
        .filter_map(|item| item.title.as_deref())
        .collect();
    assert!(titles.starts_with(&["A", "B"]), "{titles:?}");
    assert!(
        channel.items[1]
            .content
            .as_deref()
            .or(channel.items[1].description())
            .unwrap()
            .contains("Second.")
    );
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let desk = Desk::new();
    for command in ["clean", "explain"] {
        let mut child = desk
            .command(&[command])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // Nobody reads, from before the first byte is written.
        drop(child.stdout.take());
        child
            .stdin
            .take()
            .unwrap()
            .write_all(many(2000).as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            (
                output.status.code(),
                String::from_utf8(output.stderr).unwrap()
            ),
            (Some(0), String::new())
        );
    }
}

// explain.

#[test]
fn explain_says_in_words_what_goes_and_why() {
    let out = Desk::new().run(&["explain", &example("wire.xml")]).output();
    for words in [
        "Lighthouse on Tern Rock",
        "comment-forms",
        "tracking-pixels",
        "Please enter your comment!",
        "3 entries",
    ] {
        assert!(out.contains(words), "nothing about {words:?} in {out}");
    }
}

#[test]
fn explain_gives_one_object_a_line() {
    let desk = Desk::new();
    let broken = channel(&item("1", "A", JUNKY, "<pubDate>soon</pubDate>"));
    let run = |arguments: &[&str]| desk.run_with(arguments, broken.as_bytes()).output();
    let out = run(&["explain", "--json"]);
    let (mut removals, mut warnings) = (0, 0);
    for line in out.lines() {
        let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        if object.contains_key("warning") {
            assert_eq!(keys, ["warning", "line"]);
            warnings += 1;
            continue;
        }
        let expected = [
            "entry", "key", "removal", "title", "field", "pass", "rule", "evidence", "before",
            "after",
        ];
        assert_eq!(keys, expected);
        let pass = object["pass"].as_str().unwrap();
        assert!(PASSES.iter().any(|known| known.name == pass), "{pass}");
        assert_eq!(
            (object["entry"].as_str(), object["title"].as_str()),
            (Some("1"), Some("A"))
        );
        assert!(
            object["removal"].is_u64() && object["before"].is_string() && object["key"].is_string()
        );
        removals += 1;
    }
    assert!(removals > 0 && warnings > 0, "{out}");
    let words = run(&["explain"]);
    assert!(words.contains(&format!("{removals} pieces")), "{words}");
}

// check.

#[test]
fn check_says_that_a_file_is_right() {
    let desk = Desk::new();
    desk.write("feeds.toml", "");
    assert!(
        desk.run(&["check"])
            .output()
            .contains("feeds.toml is right: 0 sources")
    );
    desk.write(
        "other.toml",
        "[[source]]\nname = \"a\"\nurl = \"https://a.example/\"\n",
    );
    assert!(
        desk.run(&["check", "--config", "other.toml"])
            .output()
            .contains("other.toml is right: 1 source\n")
    );
    assert!(
        desk.run(&["--config", "other.toml", "check"])
            .output()
            .contains("1 source\n")
    );
}

#[test]
fn check_names_every_problem_with_its_place_and_remedy() {
    let desk = Desk::new();
    desk.write(
        "feeds.toml",
        "[polling]\nintervall = \"30m\"\n\n[[source]]\nname = \"a\"\nurl = \"https://a.example/\"\n  off = [\"share-butons\"]\n\n\
         [[source]]\nname = \"a\"\nurl = \"gopher://b.example/\"\ninterval = \"soon\"\n\n[sever]\n",
    );
    let ran = desk.run(&["check"]);
    ran.check(
        1,
        &[
            "feeds.toml: line 2, column 1: unknown key \"intervall\" (did you mean \"interval\"?)",
            "feeds.toml: line 7, column 10:",
            "share-buttons",
            "feeds.toml: line 10, column 8: two sources are named \"a\"",
            "feeds.toml: line 11, column 7: \"gopher\" URLs can't be polled",
            "feeds.toml: line 12, column 12: interval: \"soon\"",
            "feeds.toml: line 14, column 2: unknown key \"sever\" (did you mean \"server\"?)",
        ],
    );
    assert_eq!(ran.out, "");
    desk.write("feeds.toml", "[[source]]\nname = \"a\n");
    desk.run(&["check"]).check(1, &["feeds.toml: line 2"]);
    for command in ["run", "poll", "status"] {
        desk.run(&[command]).check(1, &["feeds.toml: line 2"]);
    }
}

#[test]
fn check_fetch_tries_each_source_and_stores_nothing() {
    let desk = Desk::new();
    desk.write("good.xml", rss(&[("1", "A", JUNKY)]));
    desk.write("page.xml", "<html><title>Gone fishing</title></html>");
    let good = "[[source]]\nname = \"good\"\nurl = \"good.xml\"\n";
    desk.write("feeds.toml", good);
    let out = desk.run(&["check", "--fetch"]).output();
    assert!(out.contains("good  fine: 1 entries"), "{out}");
    desk.write(
        "feeds.toml",
        format!("{good}[[source]]\nname = \"page\"\nurl = \"page.xml\"\n"),
    );
    let ran = desk.run(&["check", "--fetch"]);
    ran.check(1, &[]);
    assert!(
        ran.out.contains("page  failed: document is a web page") && ran.out.contains("good  fine"),
        "{ran:?}"
    );
    assert!(!desk.path("feedwash.db").exists());
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let desk = Desk::new();
    desk.run(&["check", "--config", "none.toml"])
        .check(1, &["can't read the configuration none.toml", "--config"]);
}

// poll and status.

/// A desk with two good files and one that is not there.
fn with_files() -> Desk {
    let desk = Desk::new();
    desk.write("one.xml", rss(&[("1", "A", JUNKY), ("2", "B", "<p>b</p>")]));
    desk.write("two.xml", rss(&[("3", "C", "<p>c</p>")]));
    let source = |name: &str| format!("[[source]]\nname = \"{name}\"\nurl = \"{name}.xml\"\n");
    desk.write("feeds.toml", ["one", "two", "missing"].map(source).concat());
    desk
}

#[test]
fn poll_polls_what_is_due_and_status_shows_it() {
    let desk = with_files();
    let ran = desk.run(&["poll"]);
    ran.check(0, &[]);
    for line in [
        "one      changed: 2 new, 0 updated",
        "two      changed: 1 new, 0 updated",
        "missing  failed: can't read",
    ] {
        assert!(ran.out.contains(line), "no {line:?} in {}", ran.out);
    }
    desk.run(&["poll"]).check(0, &["nothing is due"]);

    let statuses: Value = serde_json::from_str(&desk.run(&["status", "--json"]).output()).unwrap();
    let statuses = statuses.as_array().unwrap();
    let names: Vec<&str> = statuses
        .iter()
        .filter_map(|status| status["name"].as_str())
        .collect();
    assert_eq!(names, ["missing", "one", "two"]);
    assert_eq!(
        (&statuses[1]["entries"], &statuses[1]["outcome"]),
        (&2.into(), &"changed".into())
    );
    assert!(statuses[1]["removals"].as_u64().unwrap() > 0);
    assert_eq!(
        (&statuses[0]["failures"], &statuses[0]["last_success_at"]),
        (&1.into(), &Value::Null)
    );
    let table = desk.run(&["status"]).output();
    assert!(
        table.starts_with("SOURCE") && table.contains("missing: can't read"),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'), "a pipe has no colours");
}

#[test]
fn poll_polls_what_is_named_before_its_time() {
    let desk = with_files();
    assert_eq!(
        desk.run(&["poll", "one", "two"]).output().lines().count(),
        2
    );
    assert!(
        desk.run(&["poll", "one"])
            .output()
            .contains("one  unchanged")
    );
    desk.write(
        "one.xml",
        rss(&[
            ("1", "A", "<p>The lamp went out again.</p>"),
            ("2", "B", "<p>b</p>"),
        ]),
    );
    assert!(
        desk.run(&["poll", "one"])
            .output()
            .contains("one  changed: 0 new, 1 updated")
    );
    let failed = desk.run(&["poll", "missing"]);
    failed.check(1, &[]);
    assert!(failed.out.contains("missing  failed: can't read"));
    desk.run(&["poll", "mising"]).check(
        2,
        &["no source is named \"mising\"", "did you mean \"missing\"?"],
    );
    desk.run(&["poll", "--force"]).check(2, &["--force"]);
}

#[test]
fn status_before_the_first_poll_says_what_to_do() {
    let ran = with_files().run(&["status"]);
    ran.check(0, &["nothing is known", "feedwash poll"]);
    assert_eq!(ran.out, "");
}

#[test]
fn a_store_that_cannot_be_written_is_named() {
    let desk = with_files();
    desk.write(
        "feeds.toml",
        "[store]\nurl = \"sqlite:one.xml/feedwash.db\"\n",
    );
    for command in ["poll", "status", "run"] {
        desk.run(&[command]).check(
            1,
            &["feedwash: can't open the store", "one.xml/feedwash.db"],
        );
    }
    desk.write("feeds.toml", "[store]\nurl = \"sqlite:one.xml\"\n");
    desk.run(&["poll"]).check(1, &["one.xml", "not a database"]);
}

// opml, completions, man, help.

#[test]
fn opml_goes_out_and_comes_in() {
    let desk = with_files();
    desk.run(&["poll"]).check(0, &[]);
    let out = desk.run(&["opml", "export"]).output();
    let outlines = opml::parse(&out).unwrap();
    let listed: Vec<(&str, &str)> = outlines
        .iter()
        .map(|outline| (outline.title.as_str(), outline.xml_url.as_str()))
        .collect();
    assert_eq!(
        listed,
        [
            ("The Press", "http://localhost:8484/feeds/one.atom"),
            ("The Press", "http://localhost:8484/feeds/two.atom"),
            ("missing", "http://localhost:8484/feeds/missing.atom"),
        ]
    );

    let before = format!(
        "# mine\n{}",
        fs::read_to_string(desk.path("feeds.toml")).unwrap()
    );
    desk.write("feeds.toml", &before);
    desk.write("readers.opml", &out);
    desk.run(&["opml", "import", "readers.opml"])
        .check(0, &["3 added to feeds.toml"]);
    let after = fs::read_to_string(desk.path("feeds.toml")).unwrap();
    assert!(after.starts_with(&before), "{after}");
    assert!(desk.run(&["check"]).output().contains("6 sources"));
    desk.run_with(&["opml", "import", "-"], out.as_bytes())
        .check(0, &["0 added", "3 were there already"]);
    assert_eq!(fs::read_to_string(desk.path("feeds.toml")).unwrap(), after);
    desk.run_with(&["opml", "import", "-"], b"no list")
        .check(1, &["can't import"]);

    let fresh = Desk::new();
    fresh
        .run_with(&["opml", "import", "-"], out.as_bytes())
        .check(0, &["3 added"]);
    assert!(fresh.run(&["check"]).output().contains("3 sources"));
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            desk.run(&["completions", shell])
                .output()
                .contains("explain"),
            "{shell}"
        );
    }
    desk.run(&["completions", "cmd"]).check(2, &["cmd"]);
    let page = desk.run(&["man"]).output();
    assert!(
        page.contains(".TH feedwash") && page.contains("explain"),
        "{page}"
    );
}

#[test]
fn wrong_usage_says_what_is_right() {
    let desk = Desk::new();
    desk.run(&["explian"]).check(2, &["explian", "explain"]);
    desk.run(&["clean", "--form"]).check(2, &["--form"]);
    desk.run(&["opml"]).check(2, &["import"]);
    let version = desk.run(&["--version"]).output();
    assert_eq!(version, format!("feedwash {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_readme_names_every_command_and_every_pass() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let help = Desk::new().run(&["--help"]).output();
    let list = help.split("Commands:").nth(1).expect("a list of commands");
    let list = list.split("Options:").next().unwrap();
    let commands: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|word| !word.is_empty())
        .collect();
    assert!(commands.contains(&"run") && commands.len() >= 9, "{help}");
    for command in commands {
        assert!(
            readme.contains(&format!("feedwash {command}")),
            "README.md does not name feedwash {command}"
        );
    }
    for pass in PASSES {
        assert!(
            readme.contains(&format!("`{}`", pass.name)),
            "README.md does not name the pass {}",
            pass.name
        );
    }
}

// run.

/// The running program, ended when the test is.
struct Daemon {
    child: Child,
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
    async fn start(desk: &Desk, arguments: &[&str]) -> Self {
        let mut child = desk.command(arguments).spawn().unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let sink = Arc::clone(&log);
        std::thread::spawn(move || {
            lines
                .map_while(Result::ok)
                .for_each(|line| sink.lock().unwrap().push(line))
        });
        let mut daemon = Self {
            child,
            log,
            address: String::new(),
        };
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

    /// Waits for a line of the log.
    async fn says(&self, words: &str) -> String {
        until(words, async || {
            let log = self.log.lock().unwrap();
            log.iter().find(|line| line.contains(words)).cloned()
        })
        .await
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = client()
            .get(format!("http://{}{path}", self.address))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Waits until a feed is served that holds some words.
    async fn serves(&self, path: &str, words: &str) {
        until(path, async || {
            let (code, body) = self.get(path).await;
            (code == 200 && body.contains(words)).then_some(())
        })
        .await;
    }

    fn signal(&self, name: &str) {
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
    async fn ended(&mut self) -> Option<i32> {
        until("it ends", async || self.child.try_wait().unwrap())
            .await
            .code()
    }
}

const ANY_PORT: &str = "[server]\nlisten = \"127.0.0.1:0\"\n";

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
    let started = Instant::now();
    let mut daemon = Daemon::start(&desk, &["run"]).await;
    until("it is asked", async || {
        (!publisher.asked().is_empty()).then_some(())
    })
    .await;
    daemon.signal("TERM");
    assert_eq!(daemon.ended().await, Some(0));
    assert!(started.elapsed() < PATIENCE);
}
