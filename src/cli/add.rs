//! `add`: the feed of a page found, shown as it would be published, and added to `feeds.toml`.
//!
//! It stores nothing and asks as a poll asks: fenced, one request at a time, and no more of them than it needs.

use super::append::{self, Added};
use super::{Usage, config, output};
use crate::config::{Config, Proxy, SourceName};
use crate::discover;
use crate::fetch::Client;
use crate::opml::Outline;
use crate::parse::LinkedFeed;
use crate::poll::{self, Found, FoundFeed, PollError, is_missing, look, look_as_typed, typed};
use crate::render;
use anyhow::{Context as _, Result, anyhow, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use url::Url;

/// How many entries a preview names.
const PREVIEW_ENTRIES: usize = 5;

/// How much of an entry's title it shows, in characters.
const TITLE_CHARS: usize = 80;

/// `feedwash add`.
pub(super) async fn add(
    named: Option<&Path>,
    given: &[String],
    name: Option<&str>,
    dry_run: bool,
) -> Result<ExitCode> {
    let path = config::path(named);
    let config = append::config_at(&path)?;
    if let Some(name) = name {
        if given.len() > 1 {
            return Err(Usage("--name is for one address; add them one by one".into()).into());
        }
        SourceName::new(name).map_err(|why| Usage(format!("--name {name:?}: {why}")))?;
        if config.source(name).is_some() {
            bail!("there is a source {name} already; choose another --name");
        }
    }
    let finder = Finder {
        client: Client::new(&config.polling)?,
        config: &config,
    };
    let mut code = ExitCode::SUCCESS;
    for given in given {
        let done = match finder.find(given).await {
            Ok(feed) => show_and_add(&path, &feed, name, dry_run),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            // A list of addresses is not given up for one of them.
            output::say(&format!("feedwash: {error:#}"));
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn show_and_add(path: &Path, feed: &FoundFeed, name: Option<&str>, dry_run: bool) -> Result<()> {
    output::text(&preview(feed))?;
    // Anew, for the one before this may be the same.
    let config = append::config_at(path)?;
    let url = feed.url.to_string();
    let there = config
        .sources
        .iter()
        .find(|source| source.location.to_string() == url);
    if let Some(there) = there {
        output::say(&format!("it is there already, as {}", there.name));
        return Ok(());
    }
    if dry_run {
        return Ok(());
    }
    let outline = Outline {
        title: feed.title(),
        xml_url: url,
        ..Outline::default()
    };
    let Added { names, .. } = append::to_file(path, &config, &[outline], name)?;
    for name in names {
        output::say(&format!(
            "added to {} as {name}; its clean feed is {}/feeds/{name}.atom",
            path.display(),
            config.server.public_url
        ));
    }
    Ok(())
}

/// Looks for feeds.
struct Finder<'a> {
    client: Client,
    config: &'a Config,
}

impl Finder<'_> {
    /// Finds the feed that somebody meant who gave the address of a feed, a page or a site.
    async fn find(&self, given: &str) -> Result<FoundFeed> {
        let (url, is_guess) = address(given)?;
        let known = discover::by_site(&url);
        if let Some(feed) = self.choose_known(given, &known).await? {
            return Ok(feed);
        }
        let answer = look_as_typed(&self.client, self.proxy(), (&url, is_guess)).await;
        let page = match answer {
            Ok(Found::Feed(feed)) => return Ok(feed),
            Ok(Found::Page(_, linked)) if !linked.is_empty() => {
                let url = choose(given, without_comments(linked))?;
                return self.ask_for_feed(&url).await;
            }
            Ok(Found::Page(page, _)) => page,
            // A page that is not there says what is.
            Err(PollError::Refused { error, feeds, .. }) if is_missing(&error) => {
                output::say(&format!("{given}: {error}, but it links what follows"));
                let url = choose(given, without_comments(feeds))?;
                return self.ask_for_feed(&url).await;
            }
            // A site may have a feed where it has no such page. Who refuses, or does not answer at all, is not asked again.
            Err(PollError::Fetch(error)) if is_missing(&error) => {
                output::say(&format!("{given}: {error}; looking for a feed of its site"));
                url
            }
            Err(error) => return Err(error).with_context(|| format!("can't read {given}")),
        };
        let found = poll::guess(&self.client, self.proxy(), &page, usize::MAX).await;
        let found = found.ok_or_else(|| {
            anyhow!("{page} links no feed, and there is none where sites usually have one; give the feed's own address")
        })?;
        output::say(&format!("{page} links no feed; this is what its site has"));
        Ok(found)
    }

    /// The feed that a site's own rule names, where there is one.
    async fn choose_known(&self, given: &str, known: &[Url]) -> Result<Option<FoundFeed>> {
        match known {
            [] => Ok(None),
            // The rule may not be true any more; then the page says more.
            [one] => Ok(self.feed_at(one).await),
            several => {
                let linked = several.iter().map(|url| LinkedFeed {
                    title: None,
                    url: url.to_string(),
                });
                let url = choose(given, linked.collect())?;
                self.ask_for_feed(&url).await.map(Some)
            }
        }
    }

    async fn feed_at(&self, url: &Url) -> Option<FoundFeed> {
        match self.ask(url).await {
            Ok(Found::Feed(feed)) => Some(feed),
            _ => None,
        }
    }

    async fn ask_for_feed(&self, url: &str) -> Result<FoundFeed> {
        let read = Url::parse(url).with_context(|| format!("{url:?} is no URL"))?;
        match self.ask(&read).await {
            Ok(Found::Feed(feed)) => Ok(feed),
            Ok(Found::Page(..)) => bail!("{url} is a page, though it is linked as a feed"),
            Err(error) => Err(error).with_context(|| format!("can't read {url}")),
        }
    }

    async fn ask(&self, url: &Url) -> Result<Found, PollError> {
        look(&self.client, self.proxy(), url).await
    }

    fn proxy(&self) -> Option<&Proxy> {
        self.config.polling.proxy.as_ref()
    }
}

/// The address that somebody typed, and whether its scheme is a guess of ours.
fn address(given: &str) -> Result<(Url, bool)> {
    typed(given).ok_or_else(|| Usage(format!("{given:?} is no http or https address")).into())
}

/// Without the feeds of comments, as far as there are others.
fn without_comments(linked: Vec<LinkedFeed>) -> Vec<LinkedFeed> {
    let (feeds, comments) = poll::without_comments(linked);
    for feed in comments {
        output::say(&format!("left out its comments, {}", feed.url));
    }
    feeds
}

/// One of several feeds, by asking where somebody is there to answer.
fn choose(given: &str, mut feeds: Vec<LinkedFeed>) -> Result<String> {
    feeds.dedup_by(|a, b| a.url == b.url);
    if let [one] = feeds.as_slice() {
        return Ok(one.url.clone());
    }
    let listed = feeds.iter().enumerate().map(|(i, feed)| {
        let title = feed
            .title
            .as_deref()
            .map(|title| output::line(title, TITLE_CHARS));
        let title = title.map(|title| format!("  {title}")).unwrap_or_default();
        format!(
            "  {}  {}{title}",
            i + 1,
            output::line(&feed.url, usize::MAX)
        )
    });
    let listed = listed.collect::<Vec<_>>().join("\n");
    if !std::io::stdin().is_terminal() {
        bail!("{given} has several feeds; add the one that you mean by its own address:\n{listed}");
    }
    output::say(&format!("{given} has several feeds:\n{listed}"));
    let mut out = std::io::stderr();
    // Nobody is left to ask where standard error is closed.
    let _ = write!(out, "Which one? [1-{}] ", feeds.len()).and_then(|()| out.flush());
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("can't read the answer")?;
    let chosen = line.trim().parse::<usize>().ok();
    let chosen = chosen.and_then(|number| feeds.get(number.checked_sub(1)?));
    match chosen {
        Some(feed) => Ok(feed.url.clone()),
        None => bail!("none was chosen, so nothing was added"),
    }
}

/// The feed as it would be published, in a few lines.
fn preview(feed: &FoundFeed) -> String {
    let washed = &feed.washed;
    let title = output::line(&feed.title(), TITLE_CHARS);
    let title = if title.is_empty() {
        "(without a title)"
    } else {
        &title
    };
    let entries = washed.clean.entries.len();
    let mut said = format!("{title}\n  {}\n", feed.url);
    let _ = writeln!(said, "  {}", output::count(entries, "entry", "entries"));
    for entry in washed.clean.entries.iter().take(PREVIEW_ENTRIES) {
        let title = entry.title.as_ref().map(render::plain).unwrap_or_default();
        let title = output::line(&title, TITLE_CHARS);
        let title = if title.is_empty() {
            "(untitled)"
        } else {
            &title
        };
        let _ = writeln!(said, "    {title}");
    }
    let mut passes: BTreeMap<&str, usize> = BTreeMap::new();
    for removal in &washed.removals {
        *passes.entry(&removal.pass).or_default() += 1;
    }
    if !passes.is_empty() {
        let passes: Vec<String> = passes.iter().map(|(p, n)| format!("{p} {n}")).collect();
        let pieces = output::count(washed.removals.len(), "piece", "pieces");
        let _ = writeln!(
            said,
            "  {pieces} to be taken out or mended: {}",
            passes.join(", ")
        );
    }
    said
}
