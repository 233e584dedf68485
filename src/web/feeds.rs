//! `/feeds/NAME.rss`, `.atom` and `.json`: rendered once a change, compressed once a change, told apart by `ETag`.

use super::access::Key;
use super::coding::{COMPRESS_BYTES_MIN, accepted};
use super::fresh::in_time;
use super::heads::{Heads, VARY};
use super::kept::{Moment, Name, Rendered};
use super::turns::Turn;
use super::{Problem, Shared, pages, words};
use crate::config::SourceConfig;
use crate::model::{Feed, FeedFormat, Text};
use crate::poll::Live;
use crate::render::{self, Context};
use crate::store::Heading;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::borrow::Borrow as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The shortest time that a reader is told to keep a copy: less would only make it ask in vain.
const MAX_AGE_MIN: u64 = 60;

/// The longest: a reader that is told a day would miss what the next poll brings early.
const MAX_AGE_MAX: u64 = 3600;

/// The revision of a source; 0 where nothing is stored of it yet.
fn revision_of(heading: Option<&Heading>) -> i64 {
    heading.map_or(0, |heading| heading.revision)
}

#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Page {
    page: Option<u32>,
}

pub(super) const NO_SUCH_FEED: Problem = Problem(
    StatusCode::NOT_FOUND,
    "there is no such feed; the feeds are listed at /",
);

pub(super) const FEWER_PAGES: Problem = Problem(StatusCode::NOT_FOUND, "this feed has fewer pages");

pub(super) const WITHDRAWN: Problem = Problem(
    StatusCode::GONE,
    "this feed was withdrawn: its source was taken out of feeds.toml",
);

/// Serves one page of a feed, or of what it is for people.
pub(super) async fn feed(
    State(shared): State<Shared>,
    Path(file): Path<String>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
    Extension(key): Extension<Key>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let page = page
        .ok()
        .and_then(|Query(page)| page.page.or(Some(1)))
        .filter(|&page| page > 0);
    let page = page.ok_or(Problem(
        StatusCode::BAD_REQUEST,
        "a page is a number from 1",
    ))?;
    let Some((name, format)) = split(&file) else {
        return pages::feed(State(shared), &file, page, false, key, &request).await;
    };
    // Pages for people are shorter, so a later page of the feed is none of them: a browser gets it as it is.
    let answered = match page == 1 && is_browser(&request) {
        true => pages::feed(State(shared), name, page, true, key, &request).await,
        false => {
            let asked = Asked {
                live: Arc::clone(&shared.app.live.borrow()),
                shared: &shared,
                name,
                format,
                page,
                key,
            };
            asked.answer(&request).await
        }
    };
    // What is said of a feed that is not there depends on who asks, too.
    let mut answer = answered.unwrap_or_else(IntoResponse::into_response);
    answer
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static(VARY));
    Ok(answer)
}

/// What a reader asks for: one page of a feed, under the configuration in force.
struct Asked<'a> {
    shared: &'a Shared,
    live: Arc<Live>,
    name: &'a str,
    format: FeedFormat,
    page: u32,
    key: Key,
}

impl Asked<'_> {
    async fn answer(self, request: &HeaderMap) -> Result<Response, Problem> {
        let (shared, store) = (self.shared, &self.shared.app.store);
        let kept_as = Name::new(self.name, self.format, self.page, &self.key);
        let kept = shared.rendered.get(kept_as.borrow(), &self.live);
        if let Some(kept) = &kept
            && let Some(heads) = kept.heads(store)
        {
            return Ok(answer(shared, request, kept, &heads).await);
        }
        let moment = Moment::now(store);
        let heading = match &kept {
            None => store.heading(self.name).await?,
            Some(kept) => match in_time(store.heading(self.name)).await {
                Ok(heading) => heading,
                // A database that is away for a moment need not be seen.
                Err(error) => {
                    tracing::debug!(self.name, %error, "the store does not answer; a kept page is served");
                    let heads = self.heads(kept, kept.heading.as_ref());
                    return Ok(answer(shared, request, kept, &heads).await);
                }
            },
        };
        let heading = heading.as_ref();
        let Some(config) = self.live.source(self.name) else {
            if heading.is_none() {
                return Err(NO_SUCH_FEED);
            }
            let file = |heir: &str| format!("{heir}.{}", ending(self.format));
            let heir = heir(shared, &self.live, self.name, &self.key, file);
            return heir.await.map(renamed);
        };
        let rendered = self.newest(kept, kept_as, config, heading).await?;
        let heads = Arc::new(self.heads(&rendered, heading));
        rendered.keep_heads(&heads, moment);
        Ok(answer(shared, request, &rendered, &heads).await)
    }

    fn heads(&self, page: &Rendered, heading: Option<&Heading>) -> Heads {
        Heads::new(page, heading, self.format, Timestamp::now())
    }

    /// The page as the store has it: the kept one, if it is that, else one that is rendered now and kept.
    async fn newest(
        &self,
        kept: Option<Arc<Rendered>>,
        kept_as: Name,
        config: &SourceConfig,
        heading: Option<&Heading>,
    ) -> Result<Arc<Rendered>, Problem> {
        let revision = revision_of(heading);
        let is_newest = |kept: &Arc<Rendered>| revision_of(kept.heading.as_ref()) == revision;
        if let Some(kept) = kept.filter(is_newest) {
            return Ok(kept);
        }
        let shared = self.shared;
        let turn = shared.turns.take().await;
        // Somebody else may have rendered it while this one waited.
        let kept = shared.rendered.get(kept_as.borrow(), &self.live);
        if let Some(kept) = kept.filter(is_newest) {
            return Ok(kept);
        }
        let rendered = self.rendered(config, heading, turn).await?;
        shared.rendered.keep(kept_as, &rendered);
        Ok(rendered)
    }

    async fn rendered(
        &self,
        config: &SourceConfig,
        heading: Option<&Heading>,
        turn: Turn,
    ) -> Result<Arc<Rendered>, Problem> {
        let Self { format, page, .. } = *self;
        let skip = (page - 1).saturating_mul(config.page_entries);
        let (mut feed, has_next) = match heading {
            Some(heading) => {
                let store = &self.shared.app.store;
                let published = store.feed(heading.id, skip, config.page_entries).await?;
                (published.feed, published.has_next)
            }
            None => (Feed::default(), false),
        };
        if page > 1 && feed.entries.is_empty() {
            return Err(FEWER_PAGES);
        }
        if feed.title.is_none() {
            feed.title = Some(Text::plain(config.name.as_str()));
        }
        let changed_at = heading.and_then(|heading| heading.changed_at);
        let place = Place {
            address: address(&self.live.config.server.public_url, self.name, format),
            key: self.key.clone(),
            page,
            has_next,
        };
        let identity = turn
            .work(move || render_page(&feed, format, &place, changed_at))
            .await?;
        let rendered = &self.shared.rendered;
        Ok(Arc::new(rendered.page(
            &self.live,
            heading.cloned(),
            identity,
        )))
    }
}

/// Where something of a feed is now whose source was taken out of `feeds.toml`, if it only got another name; `path` gives it
/// from that.
///
/// # Errors
/// [`WITHDRAWN`], and where the store does not answer.
pub(super) async fn heir(
    shared: &Shared,
    live: &Live,
    name: &str,
    key: &Key,
    path: impl FnOnce(&str) -> String,
) -> Result<String, Problem> {
    let heir = shared.app.store.successor(name).await?;
    let heir = heir.filter(|heir| live.source(heir).is_some());
    let heir = heir.ok_or(WITHDRAWN)?;
    let public_url = &live.config.server.public_url;
    Ok(key.onto(format!("{public_url}/feeds/{}", path(&heir))))
}

/// Says where a feed is now that was renamed.
fn renamed(location: String) -> Response {
    let said = words::renamed(&location);
    let headers = [
        (header::LOCATION, location),
        // Else a browser keeps it for ever, and the old name may be given anew.
        (header::CACHE_CONTROL, format!("max-age={MAX_AGE_MIN}")),
    ];
    (StatusCode::MOVED_PERMANENTLY, headers, said).into_response()
}

/// Whether a browser shows the answer to a person, in a tab of its own.
///
/// Such a navigation says so in two fields that no script and no library sets by itself (Fetch Metadata §2), and asks for
/// HTML before all else. Readers, whatever they accept, get the feed.
pub(super) fn is_browser(request: &HeaderMap) -> bool {
    let is = |name: &str, value: &str| {
        request
            .get(name)
            .is_some_and(|given| given.as_bytes() == value.as_bytes())
    };
    is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document") && likes_html(request)
}

/// Whether HTML is asked for before all else, as browsers do; some readers do so, too.
pub(super) fn likes_html(request: &HeaderMap) -> bool {
    let accept = request
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let first = accept
        .and_then(|accept| accept.split(',').next())
        .map(str::trim);
    first == Some("text/html")
}

/// The ending of a format.
pub(super) fn ending(format: FeedFormat) -> &'static str {
    match format {
        FeedFormat::Rss => "rss",
        FeedFormat::Atom => "atom",
        FeedFormat::Json => "json",
    }
}

/// Its media type.
pub(super) fn media_type(format: FeedFormat) -> &'static str {
    match format {
        FeedFormat::Rss => "application/rss+xml",
        FeedFormat::Atom => "application/atom+xml",
        FeedFormat::Json => "application/feed+json",
    }
}

fn split(file: &str) -> Option<(&str, FeedFormat)> {
    let (name, end) = file.rsplit_once('.')?;
    let formats = [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json];
    let format = formats.into_iter().find(|format| ending(*format) == end)?;
    Some((name, format))
}

/// The address of a feed, without its page.
pub(super) fn address(public_url: &str, name: &str, format: FeedFormat) -> String {
    format!("{public_url}/feeds/{name}.{}", ending(format))
}

/// Where a page is, among the pages of its feed.
struct Place {
    /// Of the feed.
    address: String,
    /// What its reader's addresses carry.
    key: Key,
    page: u32,
    has_next: bool,
}

impl Place {
    fn of_page(&self, page: u32) -> String {
        self.key.onto(match page {
            1 => self.address.clone(),
            _ => format!("{}?page={page}", self.address),
        })
    }
}

/// Renders a page with its links to the pages around it (RFC 5005 §3).
fn render_page(
    feed: &Feed,
    format: FeedFormat,
    place: &Place,
    changed_at: Option<Timestamp>,
) -> Vec<u8> {
    let page = place.page;
    let first = place.of_page(1);
    let next = place.has_next.then(|| place.of_page(page + 1));
    let previous = (page > 1).then(|| place.of_page(page - 1));
    let context = Context {
        self_url: Some(&place.of_page(page)),
        id_url: Some(&place.address),
        first_url: (page > 1).then_some(first.as_str()),
        next_url: next.as_deref(),
        previous_url: previous.as_deref(),
        fallback_updated: changed_at,
    };
    render::render(feed, format, &context)
}

async fn answer(
    shared: &Shared,
    request: &HeaderMap,
    page: &Arc<Rendered>,
    heads: &Heads,
) -> Response {
    let coding = accepted(request).filter(|_| page.length() >= COMPRESS_BYTES_MIN);
    match heads.answer(request, coding) {
        (StatusCode::OK, head) => (head, shared.rendered.form(page, coding).await).into_response(),
        (code, head) => (code, head).into_response(),
    }
}

/// Until the next poll nothing changes, within reason.
pub(super) fn max_age(heading: Option<&Heading>, now: Timestamp) -> u64 {
    let next = heading
        .and_then(|heading| heading.next_poll_at)
        .map_or(0, |next| next.as_second() - now.as_second());
    u64::try_from(next)
        .unwrap_or(0)
        .clamp(MAX_AGE_MIN, MAX_AGE_MAX)
}

/// `If-None-Match` decides where it is given, `If-Modified-Since` else (RFC 9110 §13.2.2).
pub(super) fn is_current(request: &HeaderMap, etag: &str, changed_at: Option<SystemTime>) -> bool {
    let mut tags = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .peekable();
    if tags.peek().is_some() {
        return tags
            .flat_map(|tags| tags.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    }
    let since = request
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|value| value.to_str().ok());
    let since = since.and_then(|since| httpdate::parse_http_date(since).ok());
    // The header has no fractions of a second, and neither has what is stored.
    matches!((since, changed_at), (Some(since), Some(changed_at)) if changed_at <= since + Duration::from_millis(999))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().expect("a header value"))])
    }

    #[test]
    fn entity_tags_decide_before_dates() {
        let changed_at = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777));
        let same_time = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert!(is_current(
            &request(header::IF_NONE_MATCH, "\"b\", W/\"a\""),
            "\"a\"",
            changed_at
        ));
        assert!(is_current(
            &request(header::IF_MODIFIED_SINCE, same_time),
            "\"a\"",
            changed_at
        ));
        let mut both = request(header::IF_MODIFIED_SINCE, same_time);
        both.extend(request(header::IF_NONE_MATCH, "\"b\""));
        assert!(!is_current(&both, "\"a\"", changed_at));
        assert!(!is_current(
            &request(header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT"),
            "\"a\"",
            changed_at
        ));
    }
}
