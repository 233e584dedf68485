//! Finding and loading `feeds.toml`, and `check`.

use super::{output, sites};
use crate::config::{Config, Location, SecretPlace, SourceConfig, StoreLocation};
use crate::fetch::{Fetched, Request};
use crate::limits;
use crate::model::{Rules, Washed};
use crate::poll::{self, Live};
use crate::store::{Source, Status, Store, Stored};
use anyhow::{Context as _, Result, anyhow, bail};
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use jiff::Timestamp;
use std::env::{self, VarError};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the packaged service has its configuration.
const SYSTEM_CONFIG: &str = "/etc/feedwash/feeds.toml";

/// Where the packaged service has its state.
const SYSTEM_STATE: &str = "/var/lib/feedwash";

/// The configuration to use: the one named, else `feeds.toml` in the working folder, else the system's.
pub(super) fn path(named: Option<&Path>) -> PathBuf {
    let here = Path::new("feeds.toml");
    match named {
        Some(named) => named.to_owned(),
        None if here.exists() => here.to_owned(),
        None if Path::new(SYSTEM_CONFIG).exists() => SYSTEM_CONFIG.into(),
        None => here.to_owned(),
    }
}

/// Where a relative store path leads, if not beside the configuration: systemd gives the service a list of folders, of
/// which the first is the store's; a person who runs a command with the service's configuration means the same store.
fn state_folder<'a>(config: &Path, given: Option<&'a str>) -> Option<&'a Path> {
    let first = given
        .and_then(|folders| folders.split(':').next())
        .filter(|first| !first.is_empty());
    first
        .map(Path::new)
        .or_else(|| (config == Path::new(SYSTEM_CONFIG)).then(|| Path::new(SYSTEM_STATE)))
}

/// The folder that a configuration lies in.
fn folder(config: &Path) -> PathBuf {
    let path = std::path::absolute(config).ok();
    path.and_then(|path| path.parent().map(Path::to_owned))
        .unwrap_or_default()
}

/// The folder that a relative path of `[store] url` is relative to.
pub(super) fn store_folder(config: &Path) -> PathBuf {
    let given = std::env::var("STATE_DIRECTORY").ok();
    state_folder(config, given.as_deref()).map_or_else(|| folder(config), Path::to_owned)
}

/// Loads a configuration, the public rules that it names, and its secrets, but for the token to private feeds.
pub(super) fn load(path: &Path) -> Result<Config> {
    Ok(load_and_tell(path, Secrets::OfPolls)?.0)
}

/// The same with the token, for who serves.
pub(super) fn load_to_serve(path: &Path) -> Result<Config> {
    Ok(load_and_tell(path, Secrets::Read)?.0)
}

/// The same for a command that fetches nothing, and need not be able to read secrets: only the service has its credentials.
pub(super) fn load_to_look(path: &Path) -> Result<Config> {
    Ok(load_and_tell(path, Secrets::LeaveOut)?.0)
}

/// The same with the token where it can be read: it may be for the service alone, and then it is left out.
pub(super) fn load_to_read_feeds(path: &Path) -> Result<Config> {
    load_to_serve(path).or_else(|_| load_to_look(path))
}

/// What is done about secrets that stand elsewhere.
enum Secrets {
    Read,
    OfPolls,
    LeaveOut,
}

/// Reads a secret, without the newline that editors put at the end of a file.
fn secret(place: &SecretPlace) -> Result<String, String> {
    match place {
        SecretPlace::Env(name) => env::var(name).map_err(|error| match error {
            VarError::NotPresent => "it is not set".into(),
            VarError::NotUnicode(_) => "it is no UTF-8".into(),
        }),
        SecretPlace::File(path) => secret_file(path),
        SecretPlace::Credential(name) => match env::var_os("CREDENTIALS_DIRECTORY") {
            Some(folder) => secret_file(&Path::new(&folder).join(name)),
            None => {
                Err("CREDENTIALS_DIRECTORY is not set, which systemd does for a service".into())
            }
        },
    }
}

fn secret_file(path: &Path) -> Result<String, String> {
    let most = limits::SECRET_BYTES_MAX;
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(most + 1).read_to_string(&mut text);
    let bytes = read.map_err(|error| error.to_string())?;
    if bytes as u64 > most {
        return Err(format!("it is larger than {most} bytes"));
    }
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Loads a configuration, with what was not understood in the public rules.
fn load_and_tell(path: &Path, secrets: Secrets) -> Result<(Config, Vec<String>)> {
    let text = std::fs::read_to_string(path).with_context(|| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        format!("can't read the configuration {} (nor is there {SYSTEM_CONFIG}; name another with --config, or start with an empty file)", path.display())
    })?;
    let folder = folder(path);
    let given = std::env::var("STATE_DIRECTORY").ok();
    let state = state_folder(path, given.as_deref());
    let read = match secrets {
        Secrets::Read => Config::with_secrets(&text, &folder, state, &secret),
        Secrets::OfPolls => Config::for_polls(&text, &folder, state, &secret),
        Secrets::LeaveOut => Config::from_toml(&text, &folder, state),
    };
    let mut config = read.map_err(|error| {
        let listed: Vec<String> = error
            .problems
            .iter()
            .map(|problem| format!("{}: {problem}", path.display()))
            .collect();
        anyhow!(
            "the configuration has {}\n  {}",
            output::count(listed.len(), "problem:", "problems:"),
            listed.join("\n  ")
        )
    })?;
    let told = sites::read(&mut config, path)?;
    Ok((config, told))
}

/// How each source fares by the store. Looking makes no store: where there is none yet, nothing is known.
pub(super) async fn statuses(config: &Config) -> Result<Vec<Status>> {
    if !has_store(config) {
        return Ok(Vec::new());
    }
    let store = Store::open(&config.store.location).await?;
    let statuses = store.statuses().await?;
    store.close().await;
    Ok(statuses)
}

/// False where a store would have to be made first.
fn has_store(config: &Config) -> bool {
    let StoreLocation::Sqlite(path) = &config.store.location else {
        return true;
    };
    path.exists() || !path.parent().is_some_and(Path::is_dir)
}

/// The rules of a source as its polls obey them: those of feeds.toml, what was put back, and what was learnt.
pub(super) async fn rules(config: &Config, source: &SourceConfig) -> Result<Rules> {
    if !has_store(config) {
        return Ok(source.rules.clone());
    }
    let store = Store::open(&config.store.location).await?;
    let rules = match store.source(source.name.as_str()).await? {
        Some(stored) => poll::known_rules(&store, &stored, &source.rules).await?,
        None => source.rules.clone(),
    };
    store.close().await;
    Ok(rules)
}

/// What is stored of a source. `None` where it was never read.
pub(super) async fn stored(config: &Config, name: &str) -> Result<Option<(Source, Stored)>> {
    if !has_store(config) {
        return Ok(None);
    }
    let store = Store::open(&config.store.location).await?;
    let stored = match store.source(name).await? {
        Some(source) => store.stored(&source).await?.map(|stored| (source, stored)),
        None => None,
    };
    store.close().await;
    Ok(stored)
}

/// `feedwash check`.
pub(super) async fn check(named: Option<&Path>, fetch: bool, no_secrets: bool) -> Result<ExitCode> {
    let path = path(named);
    let secrets = if no_secrets {
        Secrets::LeaveOut
    } else {
        Secrets::Read
    };
    let (config, told) = load_and_tell(&path, secrets)?;
    // Nothing is wrong with feeds.toml, and the files may be others': the exit code stays 0.
    let told: Vec<String> = told.iter().map(|line| format!("{line}\n")).collect();
    output::text(&told.concat())?;
    let sources = output::count(config.sources.len(), "source", "sources");
    output::text(&format!("{} is right: {sources}\n", path.display()))?;
    // A file may come later, and a running Feedwash takes such a configuration.
    let missing: Vec<String> = config.sources.iter().filter_map(missing_file).collect();
    output::text(&missing.concat())?;
    if !fetch {
        return Ok(ExitCode::SUCCESS);
    }
    let live = Live::new(config)?;
    let bar = ProgressBar::new(live.config.sources.len() as u64).with_message("fetching");
    let concurrency = live.config.polling.concurrency.min(8);
    let results = stream::iter(&live.config.sources).map(|source| {
        let (live, bar) = (&live, &bar);
        async move {
            let result = try_source(live, source).await;
            bar.inc(1);
            (source, result)
        }
    });
    let results: Vec<_> = results.buffered(concurrency).collect().await;
    bar.finish_and_clear();
    let mut code = ExitCode::SUCCESS;
    let mut rows = Vec::new();
    for (source, result) in results {
        let said = result.unwrap_or_else(|error| {
            code = ExitCode::FAILURE;
            format!("failed: {error}")
        });
        rows.push(vec![source.name.to_string(), said]);
    }
    output::text(&output::table(&rows))?;
    Ok(code)
}

/// Says so where the file of a source is not there.
fn missing_file(source: &SourceConfig) -> Option<String> {
    match &source.location {
        Location::File(path) if !path.is_file() => Some(format!(
            "warning: {}: there is no file {} yet (relative paths start at the folder of feeds.toml)\n",
            source.name,
            path.display()
        )),
        _ => None,
    }
}

/// Fetches and washes a source, and stores nothing.
async fn try_source(live: &Live, source: &SourceConfig) -> Result<String> {
    let request = Request {
        headers: &source.headers,
        proxy: source.proxy.as_ref(),
        ..Request::first(&source.location)
    };
    let fetched = live.client.fetch(request, Timestamp::now()).await;
    let body = match fetched.map_err(poll::of_fetch)? {
        Fetched::Body(body) => body,
        Fetched::Gone => bail!("it is gone for good (410): take it out, or find its new address"),
        Fetched::NotModified { .. } => {
            bail!("it answered \"not modified\" to a first request: its server is broken")
        }
    };
    let moved = body
        .moved_to
        .as_ref()
        .map(|url| format!("; it moved to {url}"))
        .unwrap_or_default();
    let washed = poll::wash_apart(body.response, source.rules.clone()).await?;
    Ok(format!("{}{moved}", found(&washed)))
}

/// What a wash found, in one line.
fn found(washed: &Washed) -> String {
    let entries = washed.clean.entries.len();
    let mut said = match entries {
        // A feed may be new and empty; one that had to be mended has lost something.
        0 if !washed.warnings.is_empty() => "doubtful: no entries".to_owned(),
        _ => format!("fine: {}", output::count(entries, "entry", "entries")),
    };
    if !washed.removals.is_empty() {
        let removals = output::count(washed.removals.len(), "piece", "pieces");
        said.push_str(&format!(", {removals} taken out or mended"));
    }
    if let Some((first, others)) = washed.warnings.split_first() {
        said.push_str(&format!("; warning: {}", output::warning(first)));
        if !others.is_empty() {
            let others = output::count(others.len(), "more warning", "more warnings");
            said.push_str(&format!("; {others}"));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(config: &str, given: Option<&str>, expected: Option<&str>) {
        assert_eq!(
            state_folder(Path::new(config), given),
            expected.map(Path::new)
        );
    }

    #[test]
    fn a_wash_is_told_in_one_line() {
        let washed = |text: &str| {
            let response = crate::model::Response {
                body: text.as_bytes().to_vec(),
                ..Default::default()
            };
            let washed = crate::wash::wash(&response, &crate::model::Rules::default());
            found(&washed.expect("the document is a feed"))
        };
        assert_eq!(washed("<rss><channel/></rss>"), "fine: 0 entries");
        assert_eq!(
            washed("<rss><channel><title>a & b</title></channel></rss>"),
            "doubtful: no entries; warning: line 1: an & that begins no reference was kept as text"
        );
        assert_eq!(
            washed(
                "<rss><channel><title>a & b & c</b></title><item><guid>1</guid></item></channel></rss>"
            ),
            "fine: 1 entry; warning: line 1: an & that begins no reference was kept as text; 1 more warning"
        );
    }

    #[test]
    fn a_person_means_the_service_store_where_it_means_the_service_configuration() {
        check("feeds.toml", None, None);
        check("feeds.toml", Some(""), None);
        check(SYSTEM_CONFIG, None, Some(SYSTEM_STATE));
        check(
            SYSTEM_CONFIG,
            Some("/var/lib/private/feedwash:/x"),
            Some("/var/lib/private/feedwash"),
        );
        check("feeds.toml", Some("/state"), Some("/state"));
    }
}
