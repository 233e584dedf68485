//! `/try`, where it is allowed: a feed that somebody names, washed, to be seen before it is subscribed to.
//!
//! It asks through the client that polls, behind the same fence and as politely, and stores nothing. Invariants: so many trials at once and
//! so many a minute, whoever asks; no other site can make a visitor's browser ask; what failed is told in words that say
//! nothing of our own network.

use super::feed::{meta, prose};
use super::parts::{direction, dotted, excerpt, language, plain};
use super::remedy::quoted;
use super::{Links, Page, answer, summaries};
use crate::clean::Manner;
use crate::config::{Location, Polling};
use crate::daemon::App;
use crate::discover;
use crate::fetch::{Client, FetchError};
use crate::limits::{TRIAL_TIMEOUT, TRIALS_A_MINUTE, TRIALS_AT_ONCE};
use crate::model::{Entry, Washed};
use crate::parse::LinkedFeed;
use crate::poll::{self, Found, FoundFeed, Live, PollError, look, look_as_typed, name_of, typed};
use crate::store::Tally;
use crate::web::access::Key;
use crate::web::manners::politely;
use crate::web::{BUG, Problem, Shared, words};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State as Shares};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use url::Url;

/// How many entries are shown, how much of their markup, how many pieces of what was taken, and how much of each.
const ENTRIES: usize = 5;
const PROSE_BYTES: usize = 12 * 1024;
const PIECES: usize = 8;
const PIECE_CHARS: usize = 200;

/// How many feeds of a page are offered.
const OFFERED: usize = 20;

/// How many places are guessed where a page links no feed.
const GUESSES: usize = 4;

const OFF: Problem = Problem(
    StatusCode::NOT_FOUND,
    "trying feeds is switched off here; [server] try = true in feeds.toml allows it",
);

const TOO_LONG: Problem = Problem(
    StatusCode::PAYLOAD_TOO_LARGE,
    "no address is as long as that",
);

/// Who tries, and how often somebody did lately.
#[derive(Debug)]
pub(in crate::web) struct Trials {
    places: Arc<Semaphore>,
    recent: Mutex<VecDeque<Instant>>,
}

impl Default for Trials {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(TRIALS_AT_ONCE)),
            recent: Mutex::default(),
        }
    }
}

impl Trials {
    /// Counts one more, unless there were too many in the last minute.
    fn admits(&self, now: Instant) -> bool {
        const MINUTE: Duration = Duration::from_secs(60);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent
            .front()
            .is_some_and(|at| now.duration_since(*at) >= MINUTE)
        {
            recent.pop_front();
        }
        let is_free = recent.len() < TRIALS_A_MINUTE;
        if is_free {
            recent.push_back(now);
        }
        is_free
    }
}

/// Serves the form.
pub(in crate::web) async fn form(
    Shares(shared): Shares<Shared>,
    Extension(key): Extension<Key>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    if !allows(&shared) {
        return Err(OFF);
    }
    let page = page("", html! {}, Links { root: "", key });
    Ok(answer(&shared, &request, page).await)
}

/// Serves what lies at the address that was given.
pub(in crate::web) async fn tried(
    Shares(shared): Shares<Shared>,
    Extension(key): Extension<Key>,
    request: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    if !allows(&shared) {
        return Err(OFF);
    }
    let links = Links { root: "", key };
    // Fetch Metadata §2.4: another site's form or script says so itself, in browsers that say it at all.
    let from = request.get("sec-fetch-site").map(|from| from.as_bytes());
    if from.is_some_and(|from| !matches!(from, b"same-origin" | b"none")) {
        return Err(Problem(
            StatusCode::FORBIDDEN,
            "trying a feed starts at the form of this site",
        ));
    }
    let body = body.map_err(|_| TOO_LONG)?;
    let given = url::form_urlencoded::parse(&body)
        .find(|(key, _)| key == "url")
        .map(|(_, value)| value.trim().to_owned());
    let given = given.unwrap_or_default();
    // A page that was asked for by a form is never "not modified".
    let mut request = request;
    request.remove(header::IF_NONE_MATCH);
    let said = match typed(&given) {
        None => Err(said(words::NO_ADDRESS)),
        Some(typed) => match trial(&shared, typed).await? {
            Some(said) => said,
            None => return Ok(busy()),
        },
    };
    let main = match said {
        Ok(Answer::Feed(feed)) => {
            let shown = shared.turns.work(move || preview(&feed, Timestamp::now()));
            shown.await?
        }
        Ok(Answer::Choice(feeds)) => choice(&feeds, &links),
        Ok(Answer::Had(name)) => html! {
            p.notice role="status" { (words::HAD_ALREADY) " " a href=(links.to(&format!("feeds/{name}"))) { (name) } "." }
        },
        Err(why) => html! { p.notice role="alert" { (why) } },
    };
    let mut response = answer(&shared, &request, page(&given, main, links)).await;
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    Ok(response)
}

/// Looks for what somebody typed. `None` where others are trying just now.
async fn trial(
    shared: &Shared,
    (url, is_guess): (Url, bool),
) -> Result<Option<Result<Answer, Markup>>, Problem> {
    let live = Arc::clone(&shared.app.live.borrow());
    if let Some(name) = had(&live, &url) {
        return Ok(Some(Ok(Answer::Had(name))));
    }
    let Ok(place) = Arc::clone(&shared.trials.places).try_acquire_owned() else {
        return Ok(None);
    };
    if !shared.trials.admits(Instant::now()) {
        return Ok(None);
    }
    let app = shared.app.clone();
    // A task of its own, which holds its place until it ends: a wash goes on when its visitor has left.
    let trial = tokio::spawn(async move {
        let found = find(&app, &live, &url, is_guess).await;
        drop(place);
        found
    });
    let found = tokio::time::timeout(TRIAL_TIMEOUT, trial).await;
    let late = || Ok(Err(said(words::TOO_SLOW)));
    found.unwrap_or_else(|_| late()).map(Some).map_err(|_| BUG)
}

/// The name of the source that is polled at an address already, over whichever of http and https.
fn had(live: &Live, url: &Url) -> Option<String> {
    let same = |url: &Url| {
        let port = url.port();
        let path = url.path().trim_end_matches('/').to_owned();
        let query = url.query().map(str::to_owned);
        (url.host_str().map(str::to_owned), port, path, query)
    };
    let wanted = same(url);
    let is_it =
        |location: &Location| matches!(location, Location::Http(url) if same(url) == wanted);
    let mut sources = live.config.sources.iter();
    let source = sources.find(|source| is_it(&source.location))?;
    Some(source.name.as_str().to_owned())
}

fn allows(shared: &Shared) -> bool {
    shared.app.live.borrow().config.server.allows_try
}

fn busy() -> Response {
    let problem = Problem(StatusCode::TOO_MANY_REQUESTS, words::BUSY);
    ([(header::RETRY_AFTER, "60")], problem).into_response()
}

/// What was found.
enum Answer {
    Feed(Box<FoundFeed>),
    Choice(Vec<LinkedFeed>),
    /// A source that is here already, by its name.
    Had(String),
}

/// The client that polls, where whoever visits may read all feeds by a token. To strangers no private network is open, though
/// polls may go there.
fn client(live: &Live) -> Result<Client, FetchError> {
    let polling = &live.config.polling;
    if polling.allow_private.is_empty() || live.config.server.access_token.is_some() {
        return Ok(live.client.clone());
    }
    Client::new(&Polling {
        allow_private: Vec::new(),
        ..polling.clone()
    })
}

/// Looks for the feed that somebody meant; an error is said as it is.
async fn find(app: &App, live: &Live, url: &Url, is_guess: bool) -> Result<Answer, Markup> {
    let proxy = live.config.polling.proxy.as_ref();
    let client = client(live).map_err(|error| told(&error.into()))?;
    let ask = async |url: &Url| politely(app, url, look(&client, proxy, url)).await;
    let of = |feed: FoundFeed| match had(live, &feed.url) {
        Some(name) => Answer::Had(name),
        None => Answer::Feed(Box::new(feed)),
    };
    if let Some(known) = discover::by_site(url).first()
        && let Ok(Ok(Found::Feed(feed))) = ask(known).await
    {
        return Ok(of(feed));
    }
    let found = politely(app, url, look_as_typed(&client, proxy, (url, is_guess))).await;
    let (page, linked) = match found.map_err(words::left_alone)? {
        Ok(Found::Feed(feed)) => return Ok(of(feed)),
        Ok(Found::Page(page, linked)) => (page, linked),
        Err(PollError::Refused { error, feeds, .. }) if poll::is_missing(&error) => {
            (url.clone(), feeds)
        }
        Err(error) => return Err(told(&error)),
    };
    let (mut linked, _) = poll::without_comments(linked);
    linked.dedup_by(|a, b| a.url == b.url);
    match linked.as_slice() {
        [] => {}
        [one] => {
            let one = Url::parse(&one.url).map_err(|_| said(words::NO_FEED))?;
            if let Some(name) = had(live, &one) {
                return Ok(Answer::Had(name));
            }
            return match ask(&one).await.map_err(words::left_alone)? {
                Ok(Found::Feed(feed)) => Ok(of(feed)),
                Ok(Found::Page(..)) => Err(said(words::NO_FEED)),
                Err(error) => Err(told(&error)),
            };
        }
        _ => return Ok(Answer::Choice(linked)),
    }
    let guessed = politely(app, &page, poll::guess(&client, proxy, &page, GUESSES)).await;
    let guessed = guessed.map_err(words::left_alone)?;
    guessed.map(of).ok_or_else(|| said(words::NO_FEED))
}

/// A failure, without what it may tell of our own network.
fn told(error: &PollError) -> Markup {
    match error {
        PollError::Fetch(FetchError::Forbidden { .. }) => said(words::FORBIDDEN),
        PollError::Store(_) | PollError::Panicked => said(words::OURS),
        error => words::trial_failed(&error.to_string()),
    }
}

/// Words of ours.
fn said(words: &str) -> Markup {
    html! { (words) }
}

/// The form, and below it what came of the last trial.
fn page(given: &str, main: Markup, links: Links) -> Page {
    let main = html! {
        h1 { (words::TRY_TITLE) }
        p { (words::TRY_LEAD) }
        form.search method="post" action=(links.to("try")) {
            label.hidden for="url" { (words::TRY_LABEL) }
            " " input #url type="text" inputmode="url" name="url" value=(given) placeholder="https://example.org/" required maxlength="2000" autocomplete="url" size="40";
            " " button type="submit" { (words::TRY_BUTTON) }
        }
        (main)
    };
    let mut page = Page::new(
        format!("{} – {}", words::TRY, words::NAME),
        links,
        true,
        main,
    );
    page.width = "narrow";
    page
}

/// One of several feeds.
fn choice(feeds: &[LinkedFeed], links: &Links) -> Markup {
    html! {
        h2 { (words::SEVERAL) }
        ul.choice {
            @for feed in feeds.iter().take(OFFERED) {
                li {
                    form method="post" action=(links.to("try")) {
                        input type="hidden" name="url" value=(feed.url);
                        button type="submit" { (feed.title.as_deref().map(str::trim).filter(|title| !title.is_empty()).unwrap_or(&feed.url)) }
                        " " small { (excerpt(&feed.url, PIECE_CHARS)) }
                    }
                }
            }
        }
    }
}

/// A feed as it would be published.
fn preview(feed: &FoundFeed, now: Timestamp) -> Markup {
    let washed = &feed.washed;
    let title = excerpt(&feed.title(), PIECE_CHARS);
    let title = if title.is_empty() {
        words::UNTITLED
    } else {
        &title
    };
    let lang = language(washed.clean.language.as_deref());
    let lines = format!(
        "[[source]]\nname = {}\nurl = {}\n",
        quoted(&name_of(title, &feed.url)),
        quoted(feed.url.as_str())
    );
    html! {
        h2 lang=[lang] dir=(direction(lang)) { (summaries::short(title)) }
        p {
            (words::entries(washed.clean.entries.len() as i64)) ", "
            (words::taken(washed.removals.len() as i64)) "."
            @if !washed.warnings.is_empty() { " " (words::forgiven(washed.warnings.len() as i64)) }
        }
        h3 { (words::TRY_LINES) }
        pre { code data-copy=(words::TRY_LINES) { (lines) } }
        p.note { (words::TRY_OR) " " code { "feedwash add " (feed.url) } }
        @if !washed.removals.is_empty() {
            h3 { (words::BY_PASS) }
            (super::feed::passes(&by_pass(washed)))
            h3 { (words::TRY_PIECES) }
            ul.removals {
                @for removal in washed.removals.iter().filter(|removal| removal.after.is_none()).take(PIECES) {
                    li {
                        b { (removal.pass) } ": " bdi { (removal.rule) } @if let Some(evidence) = &removal.evidence { " (" bdi { (evidence) } ")" }
                        p.was dir="auto" { code { (excerpt(&removal.before, PIECE_CHARS)) } }
                    }
                }
            }
        }
        section aria-label=(words::ENTRIES) { (entries(washed, now)) }
    }
}

fn entries(washed: &Washed, now: Timestamp) -> Markup {
    let mut left = PROSE_BYTES;
    let mut shown = |n: usize, entry: &Entry| {
        let prefix = format!("e{n}-");
        let body = entry.content.as_ref().or(entry.summary.as_ref());
        let manner = Manner {
            prefix: &prefix,
            level: 3,
            words: &words::SHOWN,
            base: entry.link.as_deref(),
        };
        body.map_or_else(String::new, |body| prose(body, manner, &mut left).0)
    };
    html! {
        @for (n, entry) in washed.clean.entries.iter().take(ENTRIES).enumerate() {
            @let title = plain(entry.title.as_ref());
            @let lang = language(entry.language.as_deref().or(washed.clean.language.as_deref()));
            article.entry lang=[lang] {
                h3 dir=(direction(lang)) { (if title.is_empty() { words::UNTITLED } else { &title }) }
                p.meta lang=(words::LANGUAGE) { (dotted(&meta(entry, now))) }
                div.prose dir=(direction(lang)) { (PreEscaped(shown(n, entry))) }
            }
        }
    }
}

/// What was taken, by pass, the busiest first.
fn by_pass(washed: &Washed) -> Vec<Tally> {
    let mut passes: BTreeMap<&str, (i64, BTreeSet<&str>)> = BTreeMap::new();
    for removal in &washed.removals {
        let (pieces, entries) = passes.entry(&removal.pass).or_default();
        *pieces += 1;
        entries.insert(removal.entry.as_str());
    }
    let mut all: Vec<Tally> = passes
        .into_iter()
        .map(|(name, (pieces, entries))| Tally {
            name: name.to_owned(),
            example: None,
            evidence: None,
            pieces,
            entries: entries.len() as i64,
        })
        .collect();
    all.sort_by_key(|taken| std::cmp::Reverse(taken.pieces));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_and_no_more() {
        let trials = Trials::default();
        let start = Instant::now();
        for _ in 0..TRIALS_A_MINUTE {
            assert!(trials.admits(start));
        }
        assert!(!trials.admits(start + Duration::from_secs(59)));
        assert!(trials.admits(start + Duration::from_secs(60)));
    }
}
