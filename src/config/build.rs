//! From the file as written to what the program needs: parsed, typed, defaults filled in.

use super::problem::Problems;
use super::secret::Secrets;
use super::{
    AccessToken, Config, Header, Location, Polling, Proxy, Server, SiteFolder, SourceConfig,
    SourceName, Store, StoreLocation, file,
};
use crate::limits;
use crate::model::{Matcher, Rules};
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Builds the configuration, collecting what is wrong with it.
pub(super) fn config(
    file: file::FileConfig,
    of_server: &Secrets<'_>,
    secrets: &Secrets<'_>,
    state_folder: Option<&Path>,
    problems: &mut Problems<'_>,
) -> Config {
    let folder = secrets.folder;
    let server = server(file.server, of_server, problems);
    let store = Store {
        location: store_location(file.store.url, folder, state_folder, problems),
        keep_days: file.store.keep_days.unwrap_or(90),
    };
    let polling = polling(file.polling, secrets, problems);
    let mut cleaning = file.cleaning;
    let site_folder = site_folder(cleaning.site_rules.take(), folder, problems);
    let defaults = Defaults {
        secrets,
        polling: &polling,
        rules: rules(&Rules::default(), cleaning, problems),
        site_folder,
    };
    let mut seen = HashMap::new();
    let mut sources = Vec::with_capacity(file.sources.len());
    for written in file.sources {
        let start = written.name.span().start;
        if let Some(first) = seen.insert(written.name.get_ref().clone(), start) {
            // Lines are counted from the beginning, so only where somebody is told one.
            let first = problems.line(first);
            problems.add(
                written.name.span(),
                format!("two sources are named \"{}\"; the first stands on line {first}", written.name.get_ref()),
                Some("give one of them another name: it is part of the URL that readers subscribe to".into()),
            );
        }
        sources.extend(source(written, &defaults, problems));
    }
    Config {
        server,
        store,
        polling,
        sources,
    }
}

fn server(written: file::Server, secrets: &Secrets<'_>, problems: &mut Problems<'_>) -> Server {
    let listen = written.listen.and_then(|text| {
        let parsed = text.get_ref().parse().ok();
        if parsed.is_none() {
            problems.add(
                text.span(),
                format!(
                    "server.listen: \"{}\" is no address and port",
                    text.get_ref()
                ),
                Some("write it like \"127.0.0.1:8484\" or \"[::]:8484\"".into()),
            );
        }
        parsed
    });
    let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8484)));
    let public_url = written.public_url.and_then(|text| match Url::parse(text.get_ref()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.query().is_none() => {
            Some(url.as_str().trim_end_matches('/').to_owned())
        }
        _ => {
            problems.add(
                text.span(),
                format!("server.public_url: \"{}\" is no http or https URL", text.get_ref()),
                Some("write what readers see, like \"https://feeds.example.org\"; a path is fine, a query is not".into()),
            );
            None
        }
    });
    let public_url = public_url.unwrap_or_else(|| {
        let host = if listen.ip().is_unspecified() || listen.ip().is_loopback() {
            "localhost".to_owned()
        } else {
            SocketAddr::new(listen.ip(), 0)
                .to_string()
                .trim_end_matches(":0")
                .to_owned()
        };
        format!("http://{host}:{}", listen.port())
    });
    let access_token = written
        .access_token
        .and_then(|token| access_token(token, secrets, problems));
    Server {
        listen,
        public_url,
        allows_try: written.r#try.unwrap_or(false),
        access_token,
    }
}

/// A token that nobody guesses: readers are not counted, and may try as often as they like.
fn access_token(
    written: toml::Spanned<file::Secret>,
    secrets: &Secrets<'_>,
    problems: &mut Problems<'_>,
) -> Option<AccessToken> {
    let token = secrets.text("server.access_token", written, problems)?;
    let span = token.span();
    let token = token.into_inner();
    if token.chars().any(char::is_control) || token.chars().count() < limits::TOKEN_CHARS_MIN {
        problems.add(
            span,
            format!(
                "server.access_token: a token has at least {} characters, and is one line",
                limits::TOKEN_CHARS_MIN
            ),
            Some("make one that nobody guesses, with \"openssl rand -hex 16\"".into()),
        );
        return None;
    }
    Some(AccessToken(token))
}

fn store_location(
    written: Option<toml::Spanned<String>>,
    folder: &Path,
    state_folder: Option<&Path>,
    problems: &mut Problems<'_>,
) -> StoreLocation {
    let default = "sqlite:feedwash.db".to_owned();
    let (text, span) = written.map_or((default, 0..0), |text| {
        (text.get_ref().clone(), text.span())
    });
    StoreLocation::named(&text, state_folder.unwrap_or(folder)).unwrap_or_else(|| {
        problems.add(
            span,
            "store.url names no database that is known here".into(),
            Some("write \"sqlite:feedwash.db\" or \"postgres://user@host/database\"".into()),
        );
        StoreLocation::Memory
    })
}

fn polling(written: file::Polling, secrets: &Secrets<'_>, problems: &mut Problems<'_>) -> Polling {
    let interval = duration("polling.interval", written.interval, problems)
        .unwrap_or(Duration::from_secs(30 * 60));
    let timeout =
        duration("polling.timeout", written.timeout, problems).unwrap_or(limits::FETCH_TIMEOUT);
    let proxy = written
        .proxy
        .and_then(|written| secrets.text("polling.proxy", written, problems))
        .and_then(|text| proxy("polling.proxy", &text, problems));
    let mut allow_private = Vec::new();
    for text in written.allow_private.unwrap_or_default() {
        match text.get_ref().parse() {
            Ok(allowed) => allow_private.push(allowed),
            Err(why) => problems.add(text.span(), format!("polling.allow_private: {why}"), None),
        }
    }
    let contact = written.contact.and_then(|text| {
        let fits = text.get_ref().chars().all(|c| c == ' ' || c.is_ascii_graphic()) && !text.get_ref().contains(['(', ')']);
        if !fits {
            let hint = "it goes into a header: write a plain URL or address, like \"mailto:me@example.org\"";
            problems.add(text.span(), "polling.contact can't be sent in a header".into(), Some(hint.into()));
        }
        fits.then(|| text.into_inner())
    });
    Polling {
        interval,
        timeout,
        proxy,
        contact,
        allow_private,
        adaptive: written.adaptive.unwrap_or(true),
        concurrency: at_least_one("polling.concurrency", written.concurrency, problems)
            .unwrap_or(64) as usize,
        body_bytes_max: at_least_one("polling.max_body", written.max_body, problems)
            .map_or(limits::BODY_BYTES_MAX, |bytes| bytes as usize),
    }
}

/// A proxy that we can speak to.
fn proxy(key: &str, text: &toml::Spanned<String>, problems: &mut Problems<'_>) -> Option<Proxy> {
    let is_known = |url: &Url| {
        matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.has_host()
    };
    let url = Url::parse(text.get_ref()).ok().filter(is_known);
    if url.is_none() {
        let remedy = "write it like \"http://proxy:3128\" or \"socks5h://127.0.0.1:9050\"";
        // It may hold a password, so it is not quoted.
        problems.add(
            text.span(),
            format!("{key} is no proxy URL"),
            Some(remedy.into()),
        );
    }
    url.map(Proxy)
}

fn at_least_one(
    key: &str,
    written: Option<toml::Spanned<u32>>,
    problems: &mut Problems<'_>,
) -> Option<u32> {
    let written = written?;
    if *written.get_ref() == 0 {
        problems.add(
            written.span(),
            format!("{key} can't be 0"),
            Some("write 1 or more, or leave it out".into()),
        );
        return None;
    }
    Some(written.into_inner())
}

/// A length of time as `jiff` reads it: `30m`, `1h 30m`, `2 days`. Days have 24 hours.
fn duration(
    key: &str,
    written: Option<toml::Spanned<String>>,
    problems: &mut Problems<'_>,
) -> Option<Duration> {
    let written = written?;
    let length = written
        .get_ref()
        .parse::<jiff::Span>()
        .ok()
        .and_then(|span| {
            span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())
                .ok()
        })
        .and_then(|signed| Duration::try_from(signed).ok())
        .filter(|length| *length >= Duration::from_secs(1) && *length <= limits::INTERVAL_MAX);
    if length.is_none() {
        problems.add(
            written.span(),
            format!(
                "{key}: \"{}\" is no length of time from 1 second to a year",
                written.get_ref()
            ),
            Some("write it like \"30m\", \"1h 30m\" or \"2 days\"".into()),
        );
    }
    length
}

/// The rules of a source: the defaults, and what the source adds.
fn rules(defaults: &Rules, written: file::Cleaning, problems: &mut Problems<'_>) -> Rules {
    let mut rules = defaults.clone();
    for pass in written.off.unwrap_or_default() {
        let one = Rules {
            off: vec![pass.get_ref().clone()],
            ..Rules::default()
        };
        check_rules(&one, pass.span(), problems);
        rules.off.push(pass.into_inner());
    }
    for (written, list) in [
        (written.remove, &mut rules.remove),
        (written.keep, &mut rules.keep),
    ] {
        for matcher in written.unwrap_or_default() {
            let span = matcher.span();
            let matcher = match matcher.into_inner() {
                file::Matcher::Selector(selector) => Matcher::Selector(selector),
                file::Matcher::Text { text } => Matcher::Text(text),
            };
            let one = Rules {
                remove: vec![matcher.clone()],
                ..Rules::default()
            };
            check_rules(&one, span, problems);
            list.push(matcher);
        }
    }
    rules
}

fn check_rules(rules: &Rules, span: std::ops::Range<usize>, problems: &mut Problems<'_>) {
    if let Err(error) = crate::clean::check_rules(rules) {
        problems.add(span, error.to_string(), None);
    }
}

/// The folder of public rules, if one is named.
fn site_folder(
    written: Option<toml::Spanned<String>>,
    folder: &Path,
    problems: &mut Problems<'_>,
) -> Option<SiteFolder> {
    let written = written?;
    if written.get_ref().trim().is_empty() {
        problems.add(
            written.span(),
            "site_rules names no folder".into(),
            Some("leave it out; a source does without by off = [\"site-rules\"]".into()),
        );
        return None;
    }
    Some(SiteFolder {
        path: folder.join(written.get_ref()),
        line: problems.line(written.span().start),
    })
}

/// What holds for a source that says nothing else.
struct Defaults<'a> {
    secrets: &'a Secrets<'a>,
    polling: &'a Polling,
    rules: Rules,
    site_folder: Option<SiteFolder>,
}

fn source(
    written: file::Source,
    defaults: &Defaults<'_>,
    problems: &mut Problems<'_>,
) -> Option<SourceConfig> {
    let name = SourceName::new(written.name.get_ref())
        .map_err(|why| problems.add(written.name.span(), why, None))
        .ok();
    let url_span = written.url.span();
    let mut location = location(written.url.get_ref(), defaults.secrets.folder)
        .map_err(|why| problems.add(written.url.span(), why, None))
        .ok();
    let interval =
        duration("interval", written.interval, problems).unwrap_or(defaults.polling.interval);
    let login = location.as_mut().and_then(take_login);
    let login = login.map(|pair| toml::Spanned::new(url_span, file::Secret::Plain(pair)));
    let headers = headers(
        written.headers.unwrap_or_default(),
        written.basic_auth.or(login),
        written.cookie,
        defaults.secrets,
        problems,
    );
    let proxy = match written.proxy {
        None => defaults.polling.proxy.clone(),
        Some(written) => defaults
            .secrets
            .text("proxy", written, problems)
            .filter(|text| text.get_ref() != "none")
            .and_then(|text| proxy("proxy", &text, problems)),
    };
    let page_entries = at_least_one("page_entries", written.page_entries, problems)
        .unwrap_or(limits::PAGE_ENTRIES)
        .min(limits::PAGE_ENTRIES_MAX);
    let cleaning = file::Cleaning {
        off: written.off,
        remove: written.remove,
        keep: written.keep,
        site_rules: None,
    };
    let own_folder = site_folder(written.site_rules, defaults.secrets.folder, problems);
    let mut rules = rules(&defaults.rules, cleaning, problems);
    rules.language = written.language;
    Some(SourceConfig {
        name: name?,
        location: location?,
        interval,
        rules,
        site_folder: own_folder.or_else(|| defaults.site_folder.clone()),
        headers,
        proxy,
        page_entries,
    })
}

/// Takes name and password out of a URL, as `name:password`. A URL is shown, logged and resolved against; what logs
/// us in goes into a header.
fn take_login(location: &mut Location) -> Option<String> {
    let Location::Http(url) = location else {
        return None;
    };
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decoded = |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    let pair = format!(
        "{}:{}",
        decoded(url.username()),
        decoded(url.password().unwrap_or_default())
    );
    // An http URL has a host, so both can be taken away.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(pair)
}

/// An http(s) URL, a `file:` URL or a path.
fn location(text: &str, folder: &Path) -> Result<Location, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Location::Http(url)),
        Ok(url) if url.scheme() == "file" => url
            .to_file_path()
            .map(Location::File)
            .map_err(|()| format!("\"{text}\" names no file on this machine")),
        Ok(url) if text.contains("://") => Err(format!(
            "\"{}\" URLs can't be polled; write an http or https URL, or a file's path",
            url.scheme()
        )),
        // What stands before an @ may be a password.
        Err(error) if text.contains("://") => {
            let from = text.rfind('@').map_or(0, |at| at + 1);
            Err(format!("\"{}\" is no URL: {error}", &text[from..]))
        }
        _ if text.trim().is_empty() => {
            Err("the url is empty; write an http or https URL, or a file's path".into())
        }
        _ => Ok(Location::File(folder.join(text))),
    }
}

fn headers(
    written: BTreeMap<toml::Spanned<String>, toml::Spanned<file::Secret>>,
    basic_auth: Option<toml::Spanned<file::Secret>>,
    cookie: Option<toml::Spanned<file::Secret>>,
    secrets: &Secrets<'_>,
    problems: &mut Problems<'_>,
) -> Vec<Header> {
    use base64::Engine as _;
    let mut headers = Vec::new();
    let mut all: Vec<(String, toml::Spanned<String>)> = Vec::new();
    for (name, value) in written {
        let key = format!("headers.{}", name.get_ref());
        let value = secrets.text(&key, value, problems);
        all.extend(value.map(|value| (name.into_inner(), value)));
    }
    if let Some(pair) = basic_auth.and_then(|it| secrets.text("basic_auth", it, problems)) {
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair.get_ref());
        let value = toml::Spanned::new(pair.span(), format!("Basic {encoded}"));
        all.push(("authorization".into(), value));
    }
    if let Some(cookie) = cookie.and_then(|it| secrets.text("cookie", it, problems)) {
        all.push(("cookie".into(), cookie));
    }
    for (name, value) in all {
        let (span, value) = (value.span(), value.into_inner());
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            problems.add(span, format!("{name:?} is no name of a header"), None);
        } else if !value
            .chars()
            .all(|c| c == '\t' || c == ' ' || c.is_ascii_graphic())
        {
            problems.add(
                span,
                format!("the value of the header \"{name}\" has characters that HTTP can't carry"),
                None,
            );
        } else {
            headers.push(Header {
                name: name.to_ascii_lowercase(),
                value,
            });
        }
    }
    headers
}
