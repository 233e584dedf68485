//! What lies at an address that somebody gave: a feed, washed as it would be published, or a page and the feeds that it links to.
//!
//! It stores nothing, sends nothing that belongs to a source, and asks as a poll asks: fenced, and once.

use super::{PollError, of_fetch, wash_apart};
use crate::config::{Location, Proxy, SourceName};
use crate::discover;
use crate::fetch::{Client, FetchError, Fetched, Request};
use crate::model::{Rules, Washed};
use crate::parse::{LinkedFeed, ParseError};
use crate::render;
use jiff::Timestamp;
use std::time::Duration;
use url::Url;

/// How long to wait before a server is asked for the next place where a feed may be.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest name that is made of a title, in characters.
const NAME_CHARS: usize = 60;

/// A feed that was found and read.
pub(crate) struct FoundFeed {
    /// Its address: the new one, where it has moved for good.
    pub(crate) url: Url,
    pub(crate) washed: Box<Washed>,
}

impl FoundFeed {
    pub(crate) fn title(&self) -> String {
        let title = self.washed.clean.title.as_ref();
        title.map_or_else(String::new, |title| render::plain(title).into_owned())
    }
}

/// What lies at an address.
pub(crate) enum Found {
    /// A feed.
    Feed(FoundFeed),
    /// A page, its own address, and the feeds that it links to.
    Page(Url, Vec<LinkedFeed>),
}

/// Looks at an address.
pub(crate) async fn look(
    client: &Client,
    proxy: Option<&Proxy>,
    url: &Url,
) -> Result<Found, PollError> {
    let location = Location::Http(url.clone());
    let request = Request {
        proxy,
        keeps_connection: true,
        ..Request::first(&location)
    };
    let fetched = client.fetch(request, Timestamp::now()).await;
    let body = match fetched.map_err(of_fetch)? {
        Fetched::Body(body) => *body,
        // What is gone may have left a site behind, and 304 is no answer to a first question.
        Fetched::Gone | Fetched::NotModified { .. } => {
            return Ok(Found::Page(url.clone(), Vec::new()));
        }
    };
    let answered = body.response.url.as_deref();
    let answered = answered.and_then(|url| Url::parse(url).ok());
    match wash_apart(body.response, Rules::default()).await {
        Ok(washed) => {
            // Where it has moved for good, the new address is the one to keep.
            let moved = body.moved_to.as_deref().map(Url::parse);
            let url = moved.and_then(Result::ok).unwrap_or_else(|| url.clone());
            Ok(Found::Feed(FoundFeed { url, washed }))
        }
        Err(PollError::Parse(ParseError::Page { feeds, .. })) => {
            Ok(Found::Page(answered.unwrap_or_else(|| url.clone()), feeds))
        }
        // A wall is a page too, and may link what stands behind it.
        Err(PollError::Wall { feeds, .. }) if !feeds.is_empty() => {
            Ok(Found::Page(answered.unwrap_or_else(|| url.clone()), feeds))
        }
        Err(error) => Err(error),
    }
}

/// Looks at an address that somebody typed: where its scheme is a guess of ours, and nobody answers to it, at the other one.
pub(crate) async fn look_as_typed(
    client: &Client,
    proxy: Option<&Proxy>,
    (url, is_guess): (&Url, bool),
) -> Result<Found, PollError> {
    let found = look(client, proxy, url).await;
    let is_unheard = matches!(found, Err(PollError::Fetch(FetchError::Network(..))));
    let mut plain = url.clone();
    if !is_guess || !is_unheard || plain.set_scheme("http").is_err() {
        return found;
    }
    look(client, proxy, &plain).await.or(found)
}

/// Looks where sites usually have their feed, at so many places, and stops at the first.
pub(crate) async fn guess(
    client: &Client,
    proxy: Option<&Proxy>,
    page: &Url,
    most: usize,
) -> Option<FoundFeed> {
    for url in discover::well_known(page).iter().take(most) {
        tokio::time::sleep(PAUSE).await;
        if let Ok(Found::Feed(feed)) = look(client, proxy, url).await {
            return Some(feed);
        }
    }
    None
}

/// Whether an error says that there is nothing at an address, and neither that we are not wanted nor that something broke.
pub(crate) fn is_missing(error: &FetchError) -> bool {
    matches!(error, FetchError::Status { code: 404, .. })
}

/// The address that somebody typed, and whether its scheme is a guess of ours. `None` where it is no address of the web.
pub(crate) fn typed(given: &str) -> Option<(Url, bool)> {
    let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    // What readers register for: feed://host/path, and feed:https://host/path.
    let bare = given.strip_prefix("feed:").unwrap_or(given);
    let bare = bare.strip_prefix("//").unwrap_or(bare);
    match Url::parse(bare) {
        Ok(mut url) if is_http(&url) => {
            // It is not sent, so it makes no other feed.
            url.set_fragment(None);
            Some((url, false))
        }
        _ if bare.contains("://") => None,
        _ => {
            let url = Url::parse(&format!("https://{bare}")).ok()?;
            let is_host =
                url.port().is_some() || url.host_str().is_some_and(|host| host.contains('.'));
            is_host.then_some((url, true))
        }
    }
}

/// Feeds of entries and feeds of comments, as far as there are both; else all that there are, and none.
pub(crate) fn without_comments(linked: Vec<LinkedFeed>) -> (Vec<LinkedFeed>, Vec<LinkedFeed>) {
    let is_of_comments = |feed: &LinkedFeed| {
        let path = Url::parse(&feed.url).map(|url| url.path().to_lowercase());
        path.is_ok_and(|path| path.split('/').any(|part| part == "comments"))
    };
    let (comments, others): (Vec<_>, Vec<_>) = linked.into_iter().partition(is_of_comments);
    match others.is_empty() {
        true => (comments, others),
        false => (others, comments),
    }
}

/// A name for a source, made of its title, else of its host.
fn name_of(title: &str, url: &Url) -> String {
    let slug = |text: &str| {
        let words = text.to_lowercase();
        let words: Vec<&str> = words
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let name: String = words.join("-").chars().take(NAME_CHARS).collect();
        name.trim_matches('-').to_owned()
    };
    let host = url.host_str().unwrap_or_default();
    let mut slugs = [slug(title), slug(host.trim_start_matches("www."))].into_iter();
    let name = slugs.find(|slug| SourceName::new(slug).is_ok());
    name.unwrap_or_else(|| "feed".to_owned())
}

/// The same with a number behind it where it is taken.
pub(crate) fn free_name(title: &str, url: &Url, is_taken: impl Fn(&str) -> bool) -> String {
    let base = name_of(title, url);
    let mut name = base.clone();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{base}-{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let check = |given: &str| typed(given).map(|(url, _)| url.to_string());
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
        assert_eq!(check("javascript:alert(1)"), None);
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
        assert_eq!(
            without_comments(both),
            (vec![posts], vec![comments.clone()])
        );
        assert_eq!(
            without_comments(vec![comments.clone()]),
            (vec![comments], vec![])
        );
    }
}
