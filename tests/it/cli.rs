//! The program as a user starts it: arguments and files in; output, messages and exit code out.

#[path = "cli/add.rs"]
mod add;
#[path = "cli/filter.rs"]
mod filter;
#[path = "cli/full.rs"]
mod full;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/service.rs"]
mod service;
#[path = "cli/sites.rs"]
mod sites;
#[path = "cli/team.rs"]
mod team;
#[path = "cli/undo.rs"]
mod undo;

use crate::support::{Publisher, answer, channel, client, item, many, rss, until};
use feedwash::clean::PASSES;
use feedwash::opml;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
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
    assert!(out.contains("good  fine: 1 entry"), "{out}");
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
fn check_misses_a_file_that_is_not_there() {
    let ran = with_files().run(&["check"]);
    // A file may come later.
    ran.check(0, &[]);
    assert!(
        ran.out.contains("warning: missing: there is no file") && ran.out.contains("missing.xml"),
        "{ran:?}"
    );
}

#[test]
fn a_configuration_that_is_not_there_is_named() {
    let desk = Desk::new();
    desk.run(&["check", "--config", "none.toml"]).check(
        1,
        &["can't read the configuration", "none.toml", "--config"],
    );
}

// poll and status.

/// A desk with two good files and sources of the given names.
fn with_sources(names: &[&str]) -> Desk {
    let desk = Desk::new();
    desk.write("one.xml", rss(&[("1", "A", JUNKY), ("2", "B", "<p>b</p>")]));
    desk.write("two.xml", rss(&[("3", "C", "<p>c</p>")]));
    let source = |name: &&str| format!("[[source]]\nname = \"{name}\"\nurl = \"{name}.xml\"\n");
    desk.write("feeds.toml", names.iter().map(source).collect::<String>());
    desk
}

/// A desk with two good files and one that is not there.
fn with_files() -> Desk {
    with_sources(&["one", "two", "missing"])
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
fn status_and_explain_say_what_was_forgiven_and_where() {
    let desk = with_sources(&["one"]);
    desk.write(
        "one.xml",
        "<rss><channel><title>A & B</title>\n<item><guid>1</guid><pubDate>soon</pubDate></item>\n\
         <item><guid>2</guid><x:y>&nbsp;<z></x:y></item></channel></rss>",
    );
    let polled = desk.run(&["poll"]).output();
    assert!(polled.contains("2 new, 0 updated; 5 warnings"), "{polled}");
    let table = desk.run(&["status"]).output();
    for line in [
        "one: warning: line 1: an & that begins no reference was kept as text\n",
        ": a date cannot be understood and is not published: \"soon\"\n",
        "one: 2 more warnings; \"feedwash explain --source one\" shows them\n",
    ] {
        assert!(table.contains(line), "no {line:?} in {table}");
    }
    let explained = desk.run(&["explain", "--source", "one"]).output();
    assert_eq!(
        explained.matches("warning: line ").count(),
        5,
        "{explained}"
    );
    assert_eq!(explained.matches(", entry ").count(), 4, "{explained}");
    assert!(explained.contains("line 2, entry 1: a date"), "{explained}");
    let statuses: Value = serde_json::from_str(&desk.run(&["status", "--json"]).output()).unwrap();
    let warning = &statuses[0]["warnings"][1];
    assert_eq!(
        (&warning["line"], &warning["entry"]),
        (&2.into(), &"1".into())
    );
    assert!(warning["key"].is_string(), "{warning}");
    desk.write("one.xml", "");
    desk.run(&["poll", "one"]).check(1, &[]);
    let table = desk.run(&["status"]).output();
    assert!(
        table.contains("empty") && !table.contains("warning"),
        "{table}"
    );
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
    let desk = with_sources(&["one", "two"]);
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
        ]
    );

    let before = format!(
        "# mine\n{}",
        fs::read_to_string(desk.path("feeds.toml")).unwrap()
    );
    desk.write("feeds.toml", &before);
    // What is published here is nothing to poll here.
    desk.run_with(&["opml", "import", "-"], out.as_bytes())
        .check(0, &["0 added", "which is a clean feed of this Feedwash"]);
    let out = out.replace("localhost:8484", "clean.example");
    desk.write("readers.opml", &out);
    desk.run(&["opml", "import", "readers.opml"])
        .check(0, &["2 added to feeds.toml"]);
    let after = fs::read_to_string(desk.path("feeds.toml")).unwrap();
    assert!(after.starts_with(&before), "{after}");
    assert!(desk.run(&["check"]).output().contains("4 sources"));
    desk.run_with(&["opml", "import", "-"], out.as_bytes())
        .check(0, &["0 added", "2 were there already"]);
    assert_eq!(fs::read_to_string(desk.path("feeds.toml")).unwrap(), after);
    desk.run_with(&["opml", "import", "-"], b"no list")
        .check(1, &["can't import"]);

    let fresh = Desk::new();
    fresh
        .run_with(&["opml", "import", "-"], out.as_bytes())
        .check(0, &["2 added"]);
    assert!(fresh.run(&["check"]).output().contains("2 sources"));
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

#[test]
fn secrets_are_read_where_they_stand_and_never_shown() {
    let desk = Desk::new();
    desk.write(
        "feeds.toml",
        "[[source]]\nname = \"a\"\nurl = \"https://a.example/\"\nheaders = { X-Key = { env = \"KEY\" } }\n\
         basic_auth = { file = \"login\" }\ncookie = { credential = \"jar\" }\n",
    );
    let ran = desk.run(&["check"]);
    ran.check(
        1,
        &[
            "line 4, column 21: headers.X-Key: can't read the environment variable \"KEY\": it is not set (set KEY",
            "line 5, column 14: basic_auth: can't read the file",
            "line 6, column 10: cookie: can't read the credential \"jar\": CREDENTIALS_DIRECTORY is not set",
        ],
    );
    // Who only looks needs none.
    desk.run(&["status"]).output();
    desk.run(&["opml", "export"]).output();
    // A newline at the end belongs to no secret; one within would be refused.
    desk.write("login", "me:hidden\r\n");
    desk.write("jar", "hidden\n");
    let mut command = desk.command(&["check"]);
    let command = command.env("KEY", "hidden");
    let command = command.env("CREDENTIALS_DIRECTORY", desk.path("."));
    let ran = command.output().unwrap();
    let said = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    assert!(said.contains("is right: 1 source"), "{said}");
    assert!(!said.contains("hidden"), "{said}");
    desk.write("jar", "hid\nden\n");
    let ran = command.output().unwrap();
    let said = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    assert!(
        said.contains("line 6, column 10: the value of the header \"cookie\""),
        "{said}"
    );
    assert!(!said.contains("den"), "{said}");
}

#[test]
fn the_configurations_in_the_readme_are_right() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let blocks: Vec<&str> = readme
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() >= 2, "{blocks:?}");
    let desk = Desk::new();
    for block in blocks {
        desk.write("feeds.toml", block);
        assert!(
            desk.run(&["check"]).output().contains("is right: 1 source"),
            "{block}"
        );
        // What is shown as a comment can be switched on.
        let _ = fs::create_dir(desk.path("ftr-site-config"));
        let keys = block.lines().map(|line| match line.strip_prefix("# ") {
            Some(key) if key.contains(" = ") => key,
            _ => line,
        });
        desk.write("feeds.toml", keys.collect::<Vec<_>>().join("\n"));
        desk.run(&["check"]).output();
    }
}
