//! What a poll brings: an answer, washed, and judged whether it is the feed that was asked for.

use super::apart::{apart, turn};
use super::rules::{self, is_outdated, known_rules};
use super::{Live, PollError};
use crate::config::{Location, SourceConfig};
use crate::decode;
use crate::fetch::{self, Body, FetchError, Fetched, Place};
use crate::limits;
use crate::model::{Response, Rules, Validators, Washed};
use crate::parse::{self, ParseError};
use crate::schedule::{Hints, Pace, site};
use crate::store::{self, Source, Store};
use crate::walls::{self, Held, Wall};
use crate::wash;
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use url::Url;

/// A washed document, and what it was washed by.
pub(super) struct Document {
    pub(super) washed: Box<Washed>,
    pub(super) rules: Rules,
    pub(super) version: String,
}

/// What a fetch and a wash brought, before it is written.
#[derive(Default)]
pub(super) struct Brought {
    pub(super) document: Option<Document>,
    pub(super) body_bytes: usize,
    pub(super) body_hash: Option<String>,
    pub(super) validators: Option<Validators>,
    pub(super) moved_to: Option<String>,
    pub(super) downgraded_to: Option<String>,
    /// The site of who answered.
    pub(super) answering_site: Option<String>,
    pub(super) pace: Option<Pace>,
    pub(super) hints: Hints,
    /// Its room in memory, as long as it is not written.
    #[expect(dead_code, reason = "it is given back where this is dropped")]
    pub(super) place: Place,
    /// Its turn of being washed and written.
    #[expect(dead_code, reason = "it is given back where this is dropped")]
    pub(super) turn: Option<SemaphorePermit<'static>>,
}

/// Fetches and washes. `None` means the source is gone.
pub(super) async fn bring(
    live: &Live,
    store: &Store,
    source: &Source,
    config: &SourceConfig,
    location: &Location,
    now: Timestamp,
) -> Result<Option<Brought>, PollError> {
    let request = fetch::Request {
        location,
        validators: &source.validators,
        headers: &config.headers,
        proxy: config.proxy.as_ref(),
        takes_delta: takes_delta(source, now),
        keeps_connection: live.shares_host(location),
    };
    let fetched = live.client.fetch(request, now).await;
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error) => return Err(Box::pin(apart(move || of_fetch(error))).await?),
    };
    let body = match fetched {
        Fetched::Gone if *location != config.location => return Err(PollError::GoneThere),
        Fetched::Gone => return Ok(None),
        Fetched::NotModified {
            validators,
            hints,
            url,
            moved_to,
            downgraded_to,
        } => {
            return Ok(Some(Brought {
                validators: Some(validators),
                moved_to,
                downgraded_to,
                answering_site: url.as_deref().and_then(site),
                hints,
                ..Brought::default()
            }));
        }
        Fetched::Body(body) => *body,
    };
    let Body {
        response,
        validators,
        hints,
        moved_to,
        downgraded_to,
        is_delta,
        place,
    } = body;
    let url = response.url.as_deref().and_then(|url| Url::parse(url).ok());
    let brought = Brought {
        moved_to,
        downgraded_to,
        answering_site: url.as_ref().and_then(site),
        body_bytes: response.body.len(),
        hints,
        place,
        ..Brought::default()
    };
    let answer = Answer {
        is_home: is_home(url.as_ref(), &config.location),
        response,
        validators,
        is_delta,
    };
    let read = read(store, source, config, answer, brought, now);
    Box::pin(read).await.map(Some)
}

/// Whether a document may hold only what is new. Where something went wrong, and after a day, it is wanted whole.
fn takes_delta(source: &Source, now: Timestamp) -> bool {
    source.failures == 0
        && source.cut_since.is_none_or(|since| {
            let age = Duration::try_from(now.duration_since(since));
            age.is_ok_and(|age| age < limits::DELTAS_FOR)
        })
}

/// A document as it came.
struct Answer {
    response: Response,
    /// A home page answered.
    is_home: bool,
    validators: Validators,
    is_delta: bool,
}

/// Washes a document that is not the last one.
async fn read(
    store: &Store,
    source: &Source,
    config: &SourceConfig,
    answer: Answer,
    brought: Brought,
    now: Timestamp,
) -> Result<Brought, PollError> {
    let Answer {
        response,
        is_home,
        mut validators,
        is_delta,
    } = answer;
    let mut body_hash = store::hash(&response.body);
    let is_known = source.body_hash.as_ref() == Some(&body_hash);
    if is_known && !is_outdated(source, &config.rules) {
        return Ok(Brought {
            validators: Some(validators),
            ..brought
        });
    }
    let turn = turn(response.body.len() > limits::BODY_SMALL_BYTES).await;
    let rules = known_rules(store, source, &config.rules).await?;
    let version = rules::version(&rules, source.restored_revision);
    let washed = wash_apart(response, rules.clone()).await;
    let mut washed = washed.map_err(|error| match error {
        PollError::Parse(ParseError::Page { title, feeds }) if is_home => PollError::Wall {
            wall: Wall::Home,
            title,
            feeds,
        },
        error => error,
    })?;
    let pace = match is_delta {
        true => Pace::of_news(&washed.raw, &source.pace, now),
        false => {
            believe(store, source, &washed, now).await?;
            Pace::of(&washed.raw, &source.pace, now)
        }
    };
    if washed.raw.breaks_off {
        // Half a story must not replace a whole one, and the other half has to be asked for without conditions.
        washed.raw.entries.pop();
        washed.clean.entries.pop();
        validators = Validators::default();
        // No body's: the whole document is to be recorded again, even where it is the one before this.
        body_hash = String::new();
    } else if washed.raw.is_cut {
        // The rest is asked for without conditions too, until the same comes again: then it is always so.
        validators = Validators::default();
    }
    if is_delta {
        // What is missing stands where it stood, and a whole document is to be read whatever it is like.
        washed.raw.is_cut = true;
        body_hash = String::new();
    }
    Ok(Brought {
        turn,
        document: Some(Document {
            washed,
            rules,
            version,
        }),
        body_hash: Some(body_hash),
        validators: Some(validators),
        pace: Some(pace),
        ..brought
    })
}

/// Whether a home page answered for something that is none.
fn is_home(answered: Option<&Url>, location: &Location) -> bool {
    let is_root = |url: &Url| url.path() == "/" && url.query().is_none();
    let Location::Http(asked) = location else {
        return false;
    };
    !is_root(asked) && answered.is_some_and(is_root)
}

/// Says what an error came with. That nothing is found is what its status says.
pub(crate) fn of_fetch(error: FetchError) -> PollError {
    let FetchError::Status {
        challenge, page, ..
    } = &error
    else {
        return error.into();
    };
    let mut feeds = Vec::new();
    let mut wall = challenge.then_some(Wall::Challenge);
    if let Some(page) = page {
        let text = decode::decode(page).text;
        let url = page.url.as_deref();
        wall = wall.or_else(|| walls::of_page(&text, url).filter(|wall| *wall != Wall::Missing));
        if let Err(ParseError::Page { feeds: linked, .. }) = parse::parse(&text, url) {
            feeds = linked;
            feeds.retain(|feed| Some(feed.url.as_str()) != url);
        }
    }
    match (wall, feeds.is_empty()) {
        (None, true) => error.into(),
        _ => PollError::Refused { error, wall, feeds },
    }
}

/// Fails where a document is hardly one of the feed that is known. What breaks off says nothing by what is missing.
async fn believe(
    store: &Store,
    source: &Source,
    washed: &Washed,
    now: Timestamp,
) -> Result<(), PollError> {
    let was_read = !source.rules_version.is_empty();
    if !was_read || source.is_trusted || washed.raw.is_cut || washed.raw.breaks_off {
        return Ok(());
    }
    let known = store.known(source, &washed.raw).await?;
    let Some(doubt) = walls::doubt(&known, &washed.raw) else {
        return Ok(());
    };
    let held = Held::after(source.doubt.clone(), doubt, now);
    if held.is_over(now) {
        return Ok(());
    }
    Err(PollError::Doubted(held))
}

/// Washes on a thread for such work.
pub(crate) async fn wash_apart(response: Response, rules: Rules) -> Result<Box<Washed>, PollError> {
    apart(move || match wash::wash(&response, &rules) {
        Ok(washed) => Ok(Box::new(washed)),
        Err(error) => Err(named(error, &response)),
    })
    .await?
}

/// Names the wall that a page in place of a feed is, if it is one.
fn named(error: ParseError, response: &Response) -> PollError {
    let ParseError::Page { title, feeds } = &error else {
        return error.into();
    };
    // Walls are short, and what was no feed may be of any length.
    let start = &response.body[..response.body.len().min(limits::WALL_BYTES_MAX)];
    let start = Response {
        body: start.to_vec(),
        content_type: response.content_type.clone(),
        url: response.url.clone(),
    };
    match walls::of_page(&decode::decode(&start).text, response.url.as_deref()) {
        Some(wall) => PollError::Wall {
            wall,
            title: title.clone(),
            feeds: feeds.clone(),
        },
        None => error.into(),
    }
}
