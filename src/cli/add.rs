//! `add`: the feed of a page found, shown as it would be published, and added to `feeds.toml`.
//!
//! It stores nothing and asks as a poll asks: fenced, one request at a time, and no more of them than it needs.

use super::append::{self, Added};
use super::{Usage, config, output};
use crate::config::{Config, Location, SourceName};
use crate::discover;
use crate::fetch::{Client, FetchError, Fetched, Request};
use crate::model::{Rules, Washed};
use crate::opml::Outline;
use crate::parse::{LinkedFeed, ParseError};
use crate::poll::{self, PollError};
use crate::render;
use anyhow::{Context as _, Result, anyhow, bail};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use url::Url;

/// How many entries a preview names.
const PREVIEW_ENTRIES: usize = 5;

/// How much of an entry's title it shows, in characters.
const TITLE_CHARS: usize = 80;

/// How long to wait before a server is asked for the next place where a feed may be.
const PAUSE: Duration = Duration::from_millis(500);

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
        output::say(&format!("added to {} as {name}", path.display()));
    }
    Ok(())
}

/// A feed that was found and read.
struct FoundFeed {
    url: Url,
    washed: Box<Washed>,
}

impl FoundFeed {
    fn title(&self) -> String {
        let title = self.washed.clean.title.as_ref();
        title.map_or_else(String::new, |title| render::plain(title).into_owned())
    }
}

/// What lies at an address.
enum Answer {
    Feed(FoundFeed),
    /// A page, its own address, and the feeds that it links to.
    Page(Url, Vec<LinkedFeed>),
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
        let mut answer = self.ask(&url).await;
        if is_guess && matches!(answer, Err(PollError::Fetch(FetchError::Network(..)))) {
            let mut plain = url.clone();
            if plain.set_scheme("http").is_ok()
                && let Ok(found) = self.ask(&plain).await
            {
                answer = Ok(found);
            }
        }
        let page = match answer {
            Ok(Answer::Feed(feed)) => return Ok(feed),
            Ok(Answer::Page(_, linked)) if !linked.is_empty() => {
                let url = choose(given, without_comments(linked))?;
                return self.ask_for_feed(&url).await;
            }
            Ok(Answer::Page(page, _)) => page,
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
        let found = self.guess(&page).await?.ok_or_else(|| {
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

    /// Looks where sites usually have their feed, and stops at the first.
    async fn guess(&self, page: &Url) -> Result<Option<FoundFeed>> {
        for url in discover::well_known(page) {
            tokio::time::sleep(PAUSE).await;
            if let Some(feed) = self.feed_at(&url).await {
                return Ok(Some(feed));
            }
        }
        Ok(None)
    }

    async fn feed_at(&self, url: &Url) -> Option<FoundFeed> {
        match self.ask(url).await {
            Ok(Answer::Feed(feed)) => Some(feed),
            _ => None,
        }
    }

    async fn ask_for_feed(&self, url: &str) -> Result<FoundFeed> {
        let read = Url::parse(url).with_context(|| format!("{url:?} is no URL"))?;
        match self.ask(&read).await {
            Ok(Answer::Feed(feed)) => Ok(feed),
            Ok(Answer::Page(..)) => bail!("{url} is a page, though it is linked as a feed"),
            Err(error) => Err(error).with_context(|| format!("can't read {url}")),
        }
    }

    async fn ask(&self, url: &Url) -> Result<Answer, PollError> {
        let location = Location::Http(url.clone());
        let request = Request {
            proxy: self.config.polling.proxy.as_ref(),
            keeps_connection: true,
            ..Request::first(&location)
        };
        let fetched = self.client.fetch(request, Timestamp::now()).await;
        let body = match fetched.map_err(poll::of_fetch)? {
            Fetched::Body(body) => *body,
            // What is gone may have left a site behind, and 304 is no answer to a first question.
            Fetched::Gone | Fetched::NotModified { .. } => {
                return Ok(Answer::Page(url.clone(), Vec::new()));
            }
        };
        let answered = body.response.url.as_deref();
        let answered = answered.and_then(|url| Url::parse(url).ok());
        match poll::wash_apart(body.response, Rules::default()).await {
            Ok(washed) => {
                // Where it has moved for good, the new address is the one to keep.
                let moved = body.moved_to.as_deref().map(Url::parse);
                let url = moved.and_then(Result::ok).unwrap_or_else(|| url.clone());
                Ok(Answer::Feed(FoundFeed { url, washed }))
            }
            Err(PollError::Parse(ParseError::Page { feeds, .. })) => {
                Ok(Answer::Page(answered.unwrap_or_else(|| url.clone()), feeds))
            }
            // A wall is a page too, and may link what stands behind it.
            Err(PollError::Wall { feeds, .. }) if !feeds.is_empty() => {
                Ok(Answer::Page(answered.unwrap_or_else(|| url.clone()), feeds))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether an error says that there is nothing at an address, and neither that we are not wanted nor that something broke.
fn is_missing(error: &FetchError) -> bool {
    matches!(error, FetchError::Status { code: 404, .. })
}

/// The address that somebody typed, and whether its scheme is a guess of ours.
fn address(given: &str) -> Result<(Url, bool)> {
    let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    // What readers register for: feed://host/path, and feed:https://host/path.
    let bare = given.strip_prefix("feed:").unwrap_or(given);
    let bare = bare.strip_prefix("//").unwrap_or(bare);
    match Url::parse(bare) {
        Ok(mut url) if is_http(&url) => {
            // It is not sent, so it makes no other feed.
            url.set_fragment(None);
            return Ok((url, false));
        }
        _ if bare.contains("://") => {}
        _ => {
            if let Ok(url) = Url::parse(&format!("https://{bare}"))
                && (url.port().is_some() || url.host_str().is_some_and(|host| host.contains('.')))
            {
                return Ok((url, true));
            }
        }
    }
    Err(Usage(format!("{given:?} is no http or https address")).into())
}

/// Without the feeds of comments, as far as there are others.
fn without_comments(linked: Vec<LinkedFeed>) -> Vec<LinkedFeed> {
    let is_of_comments = |feed: &LinkedFeed| {
        let path = Url::parse(&feed.url).map(|url| url.path().to_lowercase());
        path.is_ok_and(|path| path.split('/').any(|part| part == "comments"))
    };
    let (comments, others): (Vec<_>, Vec<_>) = linked.into_iter().partition(is_of_comments);
    if others.is_empty() {
        return comments;
    }
    for feed in comments {
        output::say(&format!("left out its comments, {}", feed.url));
    }
    others
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let check = |given: &str| address(given).ok().map(|(url, _)| url.to_string());
        let https = Some("https://press.example/".to_owned());
        assert_eq!(check("press.example"), https);
        assert_eq!(check("https://press.example"), https);
        assert_eq!(check("feed://press.example/"), https);
        assert_eq!(check("feed:https://press.example/"), https);
        assert_eq!(
            check("127.0.0.1:80/feed"),
            Some("https://127.0.0.1:80/feed".to_owned())
        );
        assert_eq!(check("gopher://press.example/"), None);
        assert_eq!(check("press"), None);
    }

    #[test]
    fn comments_are_left_out_where_there_is_more() {
        let feed = |url: &str| LinkedFeed {
            title: None,
            url: url.to_owned(),
        };
        let posts = feed("https://press.example/feed/");
        let comments = feed("https://press.example/comments/feed/");
        let both = vec![posts.clone(), comments.clone()];
        assert_eq!(without_comments(both), [posts]);
        assert_eq!(without_comments(vec![comments.clone()]), [comments]);
    }
}
