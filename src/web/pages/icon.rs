//! `/icons/NAME`: the icon of a source's site, fetched by us once in a while and served by us, so that nobody else is told who
//! looks at the index.
//!
//! It asks through the client that polls, behind the same fence and as politely, for one small picture at a time, and keeps
//! them in memory. Invariants: no page waits for an icon, for only those that are here already are linked; a host is asked once
//! an hour at the most, and for one icon once a week; what is served is a picture by its own first bytes, and never one that can
//! hold a script.

use super::summaries::Known;
use crate::config::Location;
use crate::daemon::App;
use crate::fetch::{Fetched, Request};
use crate::limits::{ICON_BYTES_MAX, ICONS_BYTES_MAX};
use crate::poll::Live;
use crate::web::fares::State;
use crate::web::manners::politely;
use crate::web::{Problem, Shared};
use axum::body::Bytes;
use axum::extract::{Path, State as Shares};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use url::Url;

/// How long an icon is good for, and how long it is believed that there is none.
const GOOD_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long after one icon another is asked of the same host.
const HOST_GAP: Duration = Duration::from_secs(3600);

/// How long after one icon another is asked of anybody: a list that was just imported, or a start, asks nobody at once.
const GAP: Duration = Duration::from_secs(5);

/// How many icons may wait for that; the others are asked for when somebody looks again.
const WAITING: usize = 32;

const NO_SUCH_ICON: Problem = Problem(StatusCode::NOT_FOUND, "no icon of this feed is known");

/// A picture, by its first bytes.
#[derive(Debug, Clone)]
struct Icon {
    media_type: &'static str,
    bytes: Bytes,
}

/// The icons that are here, by their addresses; and who is asked when.
#[derive(Debug)]
pub(in crate::web) struct Icons {
    book: Mutex<Book>,
    /// One publisher after the other.
    turn: Semaphore,
    /// Places to wait for that.
    waiting: Arc<Semaphore>,
}

/// What is known of icons.
#[derive(Debug, Default)]
struct Book {
    /// The address of each source's icon, by its name.
    of: HashMap<String, Url>,
    /// What was found at an address: an icon that many sources share is fetched once.
    found: HashMap<Url, (Instant, Option<Icon>)>,
    /// When a host was asked.
    asked: HashMap<String, Instant>,
}

impl Default for Icons {
    fn default() -> Self {
        Self {
            book: Mutex::default(),
            turn: Semaphore::new(1),
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }
}

impl Book {
    /// Notes what is at an address from now on, and forgets what nobody looked for in a long time.
    fn keep(&mut self, url: &Url, icon: Option<Icon>) {
        self.found.retain(|_, (at, _)| at.elapsed() < 2 * GOOD_FOR);
        self.found.remove(url);
        let bytes: usize = self
            .found
            .values()
            .filter_map(|(_, icon)| icon.as_ref())
            .map(|icon| icon.bytes.len())
            .sum();
        let icon = icon.filter(|icon| bytes + icon.bytes.len() <= ICONS_BYTES_MAX);
        self.found.insert(url.clone(), (Instant::now(), icon));
    }

    /// Takes back that an icon was asked for; one that is here stays.
    fn forget(&mut self, url: &Url) {
        self.asked.remove(url.host_str().unwrap_or_default());
        if self.found.get(url).is_some_and(|(_, icon)| icon.is_none()) {
            self.found.remove(url);
        }
    }

    /// Whether a host may be asked now; if so, it was.
    fn admits(&mut self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        self.asked.retain(|_, at| at.elapsed() < HOST_GAP);
        let is_first = !self.asked.contains_key(host);
        if is_first {
            self.asked.insert(host.to_owned(), Instant::now());
        }
        is_first
    }
}

impl Icons {
    fn lock(&self) -> MutexGuard<'_, Book> {
        // A panic while the lock is held can't leave the maps half-changed: each change is one call.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the icon of a source is here. Where it is not, and nobody has asked its host within an hour, somebody does by and by,
    /// for a later visitor; whose last poll failed is left alone.
    pub(super) fn has(
        self: &Arc<Self>,
        app: &App,
        state: State,
        name: &str,
        known: &Known,
    ) -> bool {
        let live = Arc::clone(&app.live.borrow());
        let is_web = live
            .source(name)
            .is_some_and(|source| matches!(source.location, Location::Http(_)));
        let Some(url) = known.icon.clone().filter(|_| is_web) else {
            return false;
        };
        let mut book = self.lock();
        if book.of.get(name) != Some(&url) {
            book.of.insert(name.to_owned(), url.clone());
        }
        let found = book.found.get(&url);
        let old = found.and_then(|(_, icon)| icon.clone());
        let has_old = old.is_some();
        let is_good = found.is_some_and(|(at, _)| at.elapsed() < GOOD_FOR);
        let is_well = matches!(state, State::Fresh | State::Quiet);
        if is_good || !is_well {
            return has_old;
        }
        let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            return has_old;
        };
        if !book.admits(&url) {
            return has_old;
        }
        // Until it is here, and where it is not to be had: the old one is better than none.
        book.keep(&url, old);
        drop(book);
        let (icons, app) = (Arc::clone(self), app.clone());
        tokio::spawn(async move {
            let Ok(_turn) = icons.turn.acquire().await else {
                return;
            };
            match politely(&app, &url, fetch(&live, url.clone())).await {
                Ok(Some(icon)) => icons.lock().keep(&url, Some(icon)),
                Ok(None) => {}
                // Nothing was asked, so it is as if nobody had wanted it.
                Err(_) => icons.lock().forget(&url),
            }
            drop(place);
            tokio::time::sleep(GAP).await;
        });
        has_old
    }
}

/// Serves an icon that is here.
pub(in crate::web) async fn icon(
    Shares(shared): Shares<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let found = {
        let book = shared.icons.lock();
        let found = book.of.get(&name).and_then(|url| book.found.get(url));
        found.and_then(|(_, icon)| icon.clone())
    };
    let icon = found.ok_or(NO_SUCH_ICON)?;
    let headers = [
        (header::CONTENT_TYPE, icon.media_type),
        (header::CACHE_CONTROL, "max-age=86400"),
    ];
    Ok((headers, icon.bytes).into_response())
}

async fn fetch(live: &Live, url: Url) -> Option<Icon> {
    let location = Location::Http(url);
    let request = Request {
        proxy: live.config.polling.proxy.as_ref(),
        ..Request::first(&location)
    };
    match live.client.fetch(request, Timestamp::now()).await {
        Ok(Fetched::Body(body)) => picture(body.response.body),
        Ok(_) => None,
        Err(error) => {
            tracing::debug!(%error, "an icon can't be had");
            None
        }
    }
}

/// A picture that is one by its first bytes, whatever it is called. Those that are documents (SVG) are none here.
fn picture(bytes: Vec<u8>) -> Option<Icon> {
    let is_at = |at: usize, sign: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(sign));
    let media_type = match () {
        () if is_at(0, b"\x89PNG\r\n\x1a\n") => "image/png",
        () if is_at(0, b"GIF8") => "image/gif",
        () if is_at(0, b"\xff\xd8\xff") => "image/jpeg",
        () if is_at(0, b"RIFF") && is_at(8, b"WEBP") => "image/webp",
        () if is_at(0, b"\0\0\x01\0") => "image/x-icon",
        () => return None,
    };
    (bytes.len() <= ICON_BYTES_MAX).then(|| Icon {
        media_type,
        bytes: bytes.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<&str>) {
        let found = picture(bytes.to_vec());
        assert_eq!(found.map(|icon| icon.media_type), expected);
    }

    #[test]
    fn a_host_is_asked_once_an_hour() {
        let url = |url: &str| Url::parse(url).expect("a URL");
        let mut book = Book::default();
        assert!(book.admits(&url("https://a.example/favicon.ico")));
        assert!(!book.admits(&url("https://a.example/other.png")));
        assert!(book.admits(&url("https://b.example/favicon.ico")));
    }

    #[test]
    fn icons_take_so_much_memory_and_no_more() {
        let icon = || {
            let bytes = [b"GIF89a".as_slice(), &vec![0; ICON_BYTES_MAX - 6]].concat();
            picture(bytes).expect("a picture")
        };
        let mut book = Book::default();
        for n in 0..=ICONS_BYTES_MAX / ICON_BYTES_MAX {
            let url = Url::parse(&format!("https://{n}.example/")).expect("a URL");
            book.keep(&url, Some(icon()));
        }
        let kept = book.found.values().filter(|(_, icon)| icon.is_some());
        assert_eq!(kept.count(), ICONS_BYTES_MAX / ICON_BYTES_MAX);
    }

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        check(b"\x89PNG\r\n\x1a\nx", Some("image/png"));
        check(b"RIFF....WEBPVP8", Some("image/webp"));
        check(b"\0\0\x01\0\x01\0", Some("image/x-icon"));
        check(b"<svg onload=alert(1)>", None);
        check(b"<!doctype html>", None);
        check(b"", None);
        check(
            &[b"GIF89a".as_slice(), &vec![0; ICON_BYTES_MAX]].concat(),
            None,
        );
    }
}
