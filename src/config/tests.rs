use super::*;
use crate::model::Matcher;

fn read(text: &str) -> Result<Config, ConfigError> {
    Config::from_toml(text, Path::new("/conf"), Some(Path::new("/state")))
}

#[track_caller]
fn problem(text: &str, expected: &str) {
    let error = read(text).expect_err("the text has a problem");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_empty_file_is_valid_and_gets_the_defaults() {
    let config = read("").expect("an empty file is valid");
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8484");
    assert_eq!(config.server.public_url, "http://localhost:8484");
    assert_eq!(
        config.store.location,
        StoreLocation::Sqlite("/state/feedwash.db".into())
    );
    assert_eq!(config.store.keep_days, 90);
    assert_eq!(config.polling.interval, Duration::from_secs(1800));
    assert!(config.polling.adaptive);
    assert_eq!(config.polling.concurrency, 64);
    assert!(config.sources.is_empty());
}

#[test]
fn every_key_is_read() {
    let config = read(
        r#"
        [server]
        listen = "[::]:80"
        public_url = "https://feeds.example.org/clean/"
        [store]
        url = "postgres://me:secret@db/feedwash"
        keep_days = 7
        [polling]
        interval = "1h 30m"
        adaptive = false
        concurrency = 2
        timeout = "5s"
        max_body = 1000
        proxy = "socks5h://127.0.0.1:9050"
        contact = "mailto:me@example.org"
        allow_private = ["10.0.0.0/8", "192.168.0.7", "localhost"]
        [cleaning]
        off = ["tracking-pixels"]
        remove = ["div.promo", { text = "Buy now" }]
        keep = [".note"]
        site_rules = "sites"
        [[source]]
        name = "wire"
        url = "examples/wire.xml"
        [[source]]
        name = "net"
        url = "https://example.org/feed"
        interval = "1s"
        off = ["share-buttons"]
        remove = ["aside"]
        keep = [{ text = "Keep" }]
        headers = { X-Key = "1" }
        basic_auth = "user:pass"
        cookie = "a=b"
        language = "de"
        page_entries = 10
        site_rules = "/srv/sites"
        "#,
    )
    .expect("the file is valid");
    assert_eq!(config.server.public_url, "https://feeds.example.org/clean");
    assert_eq!(
        format!("{:?}", config.store.location),
        "postgres://db/feedwash"
    );
    assert_eq!(config.polling.interval, Duration::from_secs(5400));
    assert_eq!(config.polling.allow_private.len(), 3);
    assert_eq!(
        config.sources[0].location,
        Location::File("/conf/examples/wire.xml".into())
    );
    let folders = config.sources.iter().map(|source| {
        let folder = source.site_folder.as_ref().expect("it is named");
        folder.path.to_str().expect("it is ASCII")
    });
    assert_eq!(folders.collect::<Vec<_>>(), ["/conf/sites", "/srv/sites"]);
    assert_eq!(config.sources[0].interval, Duration::from_secs(5400));
    let net = &config.sources[1];
    assert_eq!(net.interval, Duration::from_secs(1));
    assert_eq!(net.rules.off, ["tracking-pixels", "share-buttons"]);
    assert_eq!(net.rules.remove.len(), 3);
    assert_eq!(
        net.rules.keep,
        [
            Matcher::Selector(".note".into()),
            Matcher::Text("Keep".into())
        ]
    );
    let names: Vec<_> = net
        .headers
        .iter()
        .map(|header| header.name.as_str())
        .collect();
    assert_eq!(names, ["x-key", "authorization", "cookie"]);
    assert!(
        !format!("{net:?}").contains("a=b"),
        "secrets redact themselves"
    );
}

#[test]
fn an_unknown_key_suggests_the_nearest() {
    problem(
        "[polling]\nintervall = \"30m\"\n",
        "line 2, column 1: unknown key \"intervall\" (did you mean \"interval\"?)",
    );
    problem(
        "[sorce]\n",
        "line 1, column 2: unknown key \"sorce\" (did you mean \"source\"?)",
    );
}

#[test]
fn every_table_reports_its_own_problem() {
    let error = read("[server]\nlisten = \"here\"\n[polling]\ninterval = \"0s\"\n[[source]]\nname = \"a b\"\nurl = \"ftp://x/\"\n")
        .expect_err("four problems");
    let lines: Vec<_> = error.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 4, 6, 7]);
}

#[test]
fn two_sources_with_one_name_name_the_first_line() {
    let text = "[[source]]\nname = \"a\"\nurl = \"x\"\n[[source]]\nname = \"a\"\nurl = \"y\"\n";
    problem(
        text,
        "line 5, column 8: two sources are named \"a\"; the first stands on line 2 (give one of them another name: it is part of the URL that readers subscribe to)",
    );
}

#[test]
fn broken_toml_gives_its_line() {
    let error = read("[server]\nlisten = \n").expect_err("no value");
    assert_eq!(error.problems[0].line, 2);
}

#[test]
fn a_missing_url_is_named() {
    let error = read("[[source]]\nname = \"a\"\n").expect_err("no url");
    assert_eq!(error.problems[0].message, "the key \"url\" is missing");
}

#[test]
fn a_pass_that_does_not_exist_is_an_error() {
    let error = read("[cleaning]\noff = [\"tracking-pixel\"]\n").expect_err("no such pass");
    assert!(error.to_string().contains("tracking-pixels"), "{error}");
}

#[test]
fn names_that_break_urls_are_refused() {
    for name in ["", ".a", "-a", "a/b", "a b", "ä", "a.rss", "a.json"] {
        assert!(SourceName::new(name).is_err(), "{name:?}");
    }
    for name in ["a", "A.b-c_9"] {
        assert!(SourceName::new(name).is_ok(), "{name:?}");
    }
}

#[test]
fn a_login_in_a_url_becomes_a_header() {
    let config = read("[[source]]\nname = \"a\"\nurl = \"https://me:p%40ss@example.org/feed\"\n")
        .expect("valid");
    assert_eq!(
        config.sources[0].location.to_string(),
        "https://example.org/feed"
    );
    let header = &config.sources[0].headers[0];
    assert_eq!(
        (header.name.as_str(), header.value.as_str()),
        ("authorization", "Basic bWU6cEBzcw==")
    );
}

#[test]
fn passwords_are_not_shown() {
    let config = read("[store]\nurl = \"postgres://a:first-secret@db/x?password=second-secret\"\n[polling]\nproxy = \"http://b:third-secret@proxy:1\"\n").expect("valid");
    let shown = format!("{config:?} {}", config.store.location);
    assert!(!shown.contains("secret"), "{shown}");
}

#[test]
fn a_folder_of_rules_has_a_name() {
    problem(
        "[cleaning]\nsite_rules = \" \"",
        "line 2, column 14: site_rules names no folder (leave it out; a source does without by off = [\"site-rules\"])",
    );
}
