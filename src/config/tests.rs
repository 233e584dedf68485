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
        proxy = "http://10.0.0.1:3128"
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
    assert_eq!(config.sources[0].proxy, config.polling.proxy);
    let net = &config.sources[1];
    assert_eq!(net.interval, Duration::from_secs(1));
    let proxy = net.proxy.as_ref().map(|proxy| proxy.0.as_str());
    assert_eq!(proxy, Some("http://10.0.0.1:3128/"));
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

/// A source of some further keys.
fn source(keys: &str) -> String {
    format!("[[source]]\nname = \"a\"\nurl = \"https://example.org/feed\"\n{keys}\n")
}

/// Knows every secret, and tells its place in it.
fn told(place: &SecretPlace) -> Result<String, String> {
    Ok(match place {
        SecretPlace::Env(name) => format!("env-{name}"),
        SecretPlace::File(path) => format!("file-{}", path.display()),
        SecretPlace::Credential(name) => format!("credential-{name}"),
    })
}

fn with_secrets(text: &str, read: ReadSecret<'_>) -> Result<Config, ConfigError> {
    Config::with_secrets(text, Path::new("/conf"), None, read)
}

#[test]
fn a_secret_may_stand_elsewhere() {
    let keys = "headers = { X-Key = { env = \"KEY\" }, Plain = \"1\" }\nbasic_auth = { file = \"login\" }\n\
                cookie = { credential = \"jar\" }\nproxy = { env = \"PROXY\" }";
    let text = source(keys);
    let read = |place: &SecretPlace| match place {
        SecretPlace::Env(name) if name == "PROXY" => Ok("http://me:hidden@proxy:1".into()),
        place => told(place),
    };
    let config = with_secrets(&text, &read).expect("the file is valid");
    let source = &config.sources[0];
    let headers = |config: &Config| -> Vec<(String, String)> {
        let headers = config.sources[0].headers.iter();
        headers
            .map(|header| (header.name.clone(), header.value.clone()))
            .collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        headers(&config),
        [
            pair("plain", "1"),
            pair("x-key", "env-KEY"),
            pair("authorization", "Basic ZmlsZS0vY29uZi9sb2dpbg=="), // file-/conf/login
            pair("cookie", "credential-jar"),
        ]
    );
    let proxy = source.proxy.as_ref().expect("it has one");
    assert_eq!(proxy.0.password(), Some("hidden"));
    let shown = format!("{config:?}");
    for secret in ["env-KEY", "ZmlsZ", "credential-jar", "hidden"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    // To look takes no secret.
    let config = read_alone(&text);
    assert_eq!(headers(&config), [pair("plain", "1")]);
    assert_eq!(config.sources[0].proxy, None);
}

#[track_caller]
fn read_alone(text: &str) -> Config {
    read(text).expect("the file is valid")
}

#[test]
fn a_secret_that_cannot_be_read_is_a_problem_with_its_remedy() {
    let check = |keys: &str, expected: &str| {
        let error = with_secrets(&source(keys), &|_| Err("it is not there".into()));
        assert_eq!(error.expect_err("no secret").to_string(), expected);
    };
    check(
        "cookie = { env = \"JAR\" }",
        "line 4, column 10: cookie: can't read the environment variable \"JAR\": it is not there (set JAR where feedwash is started)",
    );
    check(
        "headers = { X-Key = { file = \"key\" } }",
        "line 4, column 21: headers.X-Key: can't read the file /conf/key: it is not there (a relative path starts at the folder of feeds.toml; the user that feedwash runs as must be able to read it)",
    );
    check(
        "basic_auth = { credential = \"login\" }",
        "line 4, column 14: basic_auth: can't read the credential \"login\": it is not there (give the service LoadCredential=login:/path/to/the/secret)",
    );
    for keys in [
        "cookie = { credential = \"../jar\" }",
        "cookie = { credential = \"\" }",
        "cookie = { env = \"A=B\" }",
    ] {
        let error = with_secrets(&source(keys), &told).expect_err("no name");
        assert!(error.to_string().contains("this is no name"), "{error}");
        assert!(read(&source(keys)).is_err(), "{keys}");
    }
    let empty = with_secrets(
        &source("cookie = { env = \"JAR\" }"),
        &|_| Ok(String::new()),
    );
    assert!(
        empty
            .expect_err("empty")
            .to_string()
            .contains("it is empty")
    );
}

#[test]
fn no_secret_stands_in_a_problem() {
    for (text, words) in [
        (source("headers = \"X-Key: hidden\""), "expected a map"),
        (source("cookie = [\"hidden\"]"), "expected a text in quotes"),
        (
            source("cookie = { env = \"A\", file = \"hidden\" }"),
            "expected a text in quotes",
        ),
        (
            source("cookie = \"hidden\\n\""),
            "characters that HTTP can't carry",
        ),
        (source("proxy = \"hidden\""), "proxy is no proxy URL"),
        (
            source("proxy = \"http:///hidden@\""),
            "proxy is no proxy URL",
        ),
        (
            source("").replace("https://", "https://me:hidden@[/"),
            "is no URL",
        ),
    ] {
        let error = read(&text).expect_err("a problem").to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("hidden"), "{error}");
    }
}

#[test]
fn a_source_may_go_without_the_proxy_of_all() {
    let polling = "[polling]\nproxy = \"http://proxy:3128\"\n";
    let config = read_alone(&(polling.to_owned() + &source("proxy = \"none\"")));
    assert_eq!(config.sources[0].proxy, None);
}
