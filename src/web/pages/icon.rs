//! `/icons/NAME`: the icon of a source's site, fetched by us once in a while and served by us, so that nobody else is told who
//! looks at the index.
//!
//! It asks through the client that polls, behind the same fence, for one small picture at a time. Invariants: no page waits
//! for an icon, for only those that are here already are linked; what is served is a picture by its own first bytes, and
//! never one that can hold a script.

use super::summaries::Known;
use crate::config::Location;
use crate::fetch::{Fetched, Request};
use crate::limits::{ICON_BYTES_MAX, ICONS_BYTES_MAX};
use crate::poll::Live;
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

/// How long an icon is good for.
const GOOD_FOR: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long after none was to be had one is asked for again.
const ASKED_AGAIN: Duration = Duration::from_secs(24 * 3600);

const NO_SUCH_ICON: Problem = Problem(StatusCode::NOT_FOUND, "no icon of this feed is known");

/// A picture, by its first bytes.
#[derive(Debug, Clone)]
struct Icon {
    media_type: &'static str,
    bytes: Bytes,
}

/// The icons that were found, and the sources that have none or are being asked.
#[derive(Debug)]
pub(in crate::web) struct Icons {
    found: Mutex<HashMap<String, (Instant, Option<Icon>)>>,
    /// One publisher after the other.
    turn: Semaphore,
}

impl Default for Icons {
    fn default() -> Self {
        Self {
            found: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }
}

impl Icons {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, Option<Icon>)>> {
        // A panic while the lock is held can't leave the map half-changed: each change is one call.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the icon of a source is here. Where nobody has asked for it lately, somebody does from now on, for the next
    /// visitor.
    pub(super) fn has(self: &Arc<Self>, live: &Arc<Live>, name: &str, known: &Known) -> bool {
        let mut found = self.lock();
        let known_icon = found.get(name);
        let is_good = |(at, icon): &&(Instant, Option<Icon>)| {
            let good_for = if icon.is_some() {
                GOOD_FOR
            } else {
                ASKED_AGAIN
            };
            at.elapsed() < good_for
        };
        if let Some((_, icon)) = known_icon.filter(is_good) {
            return icon.is_some();
        }
        let old = known_icon.and_then(|(_, icon)| icon.clone());
        let is_web = live
            .source(name)
            .is_some_and(|source| matches!(source.location, Location::Http(_)));
        let Some(url) = known.icon.clone().filter(|_| is_web) else {
            return false;
        };
        let has_old = old.is_some();
        found.insert(name.to_owned(), (Instant::now(), old.clone()));
        drop(found);
        let (icons, live, name) = (Arc::clone(self), Arc::clone(live), name.to_owned());
        tokio::spawn(async move {
            let Ok(_turn) = icons.turn.acquire().await else {
                return;
            };
            let icon = fetch(&live, url).await;
            let mut found = icons.lock();
            let bytes: usize = found
                .values()
                .filter_map(|(_, icon)| icon.as_ref())
                .map(|icon| icon.bytes.len())
                .sum();
            let icon = icon.filter(|icon| bytes + icon.bytes.len() <= ICONS_BYTES_MAX);
            // One that is not to be had today is better than none.
            let icon = icon.or(old);
            found.insert(name, (Instant::now(), icon));
        });
        has_old
    }
}

/// Serves an icon that is here.
pub(in crate::web) async fn icon(
    Shares(shared): Shares<Shared>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let found = shared
        .icons
        .lock()
        .get(&name)
        .and_then(|(_, icon)| icon.clone());
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
