//! `feeds.toml` text to [`Config`]: what the user wrote, checked, with every default filled in.
//!
//! Touches no file and asks no environment: folders come in as arguments, and so does how secrets are read. Two layers, as in ripgrep:
//! `file` holds the TOML as written, this module turns it into what the program needs.
//! Every problem is collected with its line, column, key and remedy; a configuration with a
//! problem is none.

mod build;
mod file;
mod problem;
mod secret;

pub use problem::{ConfigError, Problem};
pub use secret::{ReadSecret, SecretPlace};

use crate::model::Rules;
use problem::Problems;
use secret::Secrets;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// Everything that `feeds.toml` decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who is served, and where.
    pub server: Server,
    /// Where entries are kept.
    pub store: Store,
    /// How sources are polled.
    pub polling: Polling,
    /// What is polled, in the order written.
    pub sources: Vec<SourceConfig>,
}

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address and port to listen on, unless a socket is handed over.
    pub listen: SocketAddr,
    /// What self links and OPML say; ends without a slash.
    pub public_url: String,
    /// Whether visitors may have any feed fetched and washed, to see it before they subscribe.
    pub allows_try: bool,
    /// What a reader has to show, where the feeds are private.
    pub access_token: Option<AccessToken>,
}

/// The token to private feeds.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

impl AccessToken {
    /// The token itself.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// `[store]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Which database.
    pub location: StoreLocation,
    /// How many days originals and clean entries are kept after they left their feed.
    pub keep_days: u32,
}

/// Which database holds the entries.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// SQLite in memory: for tests and trials; gone with the process.
    Memory,
    /// A PostgreSQL URL, which may hold a password.
    Postgres(String),
}

impl StoreLocation {
    /// The database that a user names, as `[store] url` does; a relative path is relative to a folder. `None` where none is
    /// known by that name.
    #[must_use]
    pub fn named(text: &str, folder: &Path) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Self::Postgres(text.to_owned()));
        }
        match text.strip_prefix("sqlite:")? {
            ":memory:" => Some(Self::Memory),
            path if path.trim_start_matches('/').is_empty() => None,
            path => Some(Self::Sqlite(
                folder.join(path.strip_prefix("//").unwrap_or(path)),
            )),
        }
    }
}

impl fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for StoreLocation {
    /// The location without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("sqlite::memory:"),
            // A password may stand before the host and in the query.
            Self::Postgres(url) => match Url::parse(url) {
                Ok(url) => write!(
                    f,
                    "postgres://{}{}",
                    url.host_str().unwrap_or_default(),
                    url.path()
                ),
                Err(_) => f.write_str("postgres://…"),
            },
        }
    }
}

/// `[polling]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polling {
    /// The shortest time between two polls of a source.
    pub interval: Duration,
    /// Whether a feed's own rhythm of posting lengthens it.
    pub adaptive: bool,
    /// How many polls may run at once.
    pub concurrency: usize,
    /// How long one fetch may take in all.
    pub timeout: Duration,
    /// The largest body, in bytes after content decoding.
    pub body_bytes_max: usize,
    /// An HTTP or SOCKS5 proxy for every fetch, where a source names no other.
    pub proxy: Option<Proxy>,
    /// Where a publisher may complain: goes into the `User-Agent`.
    pub contact: Option<String>,
    /// Private networks and hosts that may be fetched from all the same.
    pub allow_private: Vec<AllowPrivate>,
}

/// A proxy's URL, which may hold a password.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy(pub Url);

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}",
            self.0.scheme(),
            self.0.host_str().unwrap_or_default()
        )
    }
}

/// A private network or host that the user opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowPrivate {
    /// Every address of a network.
    Net(ipnet::IpNet),
    /// Whatever this host name resolves to, in lower case.
    Host(String),
}

impl std::str::FromStr for AllowPrivate {
    type Err = String;

    /// Reads `10.1.2.0/24`, `10.1.2.3`, `fd00::/8` or `localhost`.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(net) = text.parse() {
            return Ok(Self::Net(net));
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
            return Ok(Self::Net(address.into()));
        }
        let is_host = !text.is_empty()
            && text.split('.').all(|label| !label.is_empty())
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '.' || c == '_')
            && text.chars().any(char::is_alphabetic);
        if is_host {
            Ok(Self::Host(text.to_lowercase()))
        } else {
            Err(format!(
                "\"{text}\" is neither a network like \"10.1.2.0/24\" nor a host name"
            ))
        }
    }
}

/// One `[[source]]`, with `[cleaning]` and `[polling]` already applied.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// Its name in the published URL.
    pub name: SourceName,
    /// Where it is fetched from.
    pub location: Location,
    /// The shortest time between two polls.
    pub interval: Duration,
    /// How it is cleaned. Without the rules of `site_folder`, until somebody reads that.
    pub rules: Rules,
    /// Where public rules for sites are.
    pub site_folder: Option<SiteFolder>,
    /// Further request headers.
    pub headers: Vec<Header>,
    /// The proxy that it is fetched through.
    pub proxy: Option<Proxy>,
    /// How many entries the first page holds.
    pub page_entries: u32,
}

/// A folder of public rules for sites.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SiteFolder {
    /// The folder.
    pub path: PathBuf,
    /// The line of `feeds.toml` that names it, from 1.
    pub line: usize,
}

/// A request header that the user set; its value may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The field name, in lower case.
    pub name: String,
    /// The field value.
    pub value: String,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

/// Where a source is fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// An `http` or `https` URL.
    Http(Url),
    /// A file.
    File(PathBuf),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => url.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

impl Location {
    /// Who is asked, in lower case; a file has no host.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Http(url) => url.host_str(),
            Self::File(_) => None,
        }
    }

    /// The location for messages that others may read.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Http(url) => shown(url),
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// A URL for messages that others may read: without its query, where tokens live.
#[must_use]
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    url.set_fragment(None);
    url.to_string().replace("%E2%80%A6", "…")
}

/// The name of a source, as it stands in `/feeds/NAME.rss`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceName(String);

impl SourceName {
    /// Checks a name: 1 to 100 of `a-z`, `A-Z`, `0-9`, `-`, `_` and `.`, not starting with a dot or a
    /// hyphen, not ending like one of the published formats.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence without a full stop.
    pub fn new(name: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > 100 {
            return Err("a source's name has 1 to 100 characters".into());
        }
        if let Some(wrong) = name.chars().find(|&c| !allowed(c)) {
            return Err(format!(
                "{wrong:?} can't stand in a source's name, which is part of its URL; use letters, digits, \"-\", \"_\" and \".\""
            ));
        }
        if name.starts_with(['.', '-']) {
            return Err("a source's name starts with a letter or a digit".into());
        }
        if [".rss", ".atom", ".json"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            return Err(
                "a source's name can't end in \".rss\", \".atom\" or \".json\", which its URLs add"
                    .into(),
            );
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Config {
    /// Reads the text of a `feeds.toml`. `folder` is what relative paths in it are relative to;
    /// a relative store path goes to `state_folder` where there is one.
    ///
    /// Secrets that stand elsewhere are taken as not written, which is right for looking, and not for fetching: that
    /// takes [`Config::with_secrets`].
    ///
    /// # Errors
    /// All problems that were found, in the order of their lines. They heal when the file is mended.
    pub fn from_toml(
        text: &str,
        folder: &Path,
        state_folder: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        Self::build(text, folder, state_folder, [None, None])
    }

    /// The same with the secrets that stand elsewhere, each read by `read`.
    ///
    /// # Errors
    /// As [`Config::from_toml`], and each secret that can't be read.
    pub fn with_secrets(
        text: &str,
        folder: &Path,
        state_folder: Option<&Path>,
        read: ReadSecret<'_>,
    ) -> Result<Self, ConfigError> {
        Self::build(text, folder, state_folder, [Some(read), Some(read)])
    }

    /// The same with the secrets that polls need: who only polls need not be able to read the token of private feeds.
    ///
    /// # Errors
    /// As [`Config::from_toml`], and each such secret that can't be read.
    pub fn for_polls(
        text: &str,
        folder: &Path,
        state_folder: Option<&Path>,
        read: ReadSecret<'_>,
    ) -> Result<Self, ConfigError> {
        Self::build(text, folder, state_folder, [None, Some(read)])
    }

    fn build(
        text: &str,
        folder: &Path,
        state_folder: Option<&Path>,
        read: [Option<ReadSecret<'_>>; 2],
    ) -> Result<Self, ConfigError> {
        let mut problems = Problems::new(text);
        let [of_server, of_polls] = read.map(|read| Secrets { folder, read });
        let config = file::read(text, &mut problems)
            .map(|file| build::config(file, &of_server, &of_polls, state_folder, &mut problems));
        problems.finish()?;
        Ok(config.expect("a file that can't be read leaves a problem"))
    }
}

impl Config {
    /// The configured source of that name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&SourceConfig> {
        self.sources
            .iter()
            .find(|source| source.name.as_str() == name)
    }

    /// The configured name nearest to `name`, for "did you mean".
    #[must_use]
    pub fn nearest_source(&self, name: &str) -> Option<&str> {
        problem::nearest(name, self.sources.iter().map(|source| source.name.as_str()))
    }
}

#[cfg(test)]
mod tests;
