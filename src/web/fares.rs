//! How a source fares, in words that anybody may read: without the secrets of addresses and the folders of this machine.

use super::pages::excerpt;
use super::words;
use crate::absolute::has_scheme;
use crate::store::{Fare, Listed, Status};
use crate::walls;
use jiff::Timestamp;
use maud::{Markup, html};
use std::borrow::Cow;
use url::Url;

/// How long ago the newest entry of a fresh source is, at the most.
const FRESH_SECONDS: i64 = 7 * 24 * 3600;

/// How much of a failure's reason is told in a list, in characters; the whole stands in the history of polls.
const WHY_CHARS: usize = 240;

/// How a source fares, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum State {
    /// Polled, and there was news within a week.
    Fresh,
    /// Polled, but its publisher has been silent.
    Quiet,
    /// Not polled yet.
    New,
    /// Its last poll failed.
    Failing,
    /// A login, a captcha or the like stands in its place.
    Walled,
    /// Withdrawn for good.
    Gone,
}

impl State {
    /// All, in the order in which they are told.
    pub(super) const ALL: [Self; 6] = [
        Self::Fresh,
        Self::Quiet,
        Self::New,
        Self::Failing,
        Self::Walled,
        Self::Gone,
    ];

    /// Of a source, by when its newest entry came.
    pub(super) fn of(listed: &Listed, newest_at: Option<Timestamp>, now: Timestamp) -> Self {
        match (listed.outcome.as_str(), listed.failure.as_deref()) {
            ("gone", _) => Self::Gone,
            ("failed", Some(kind)) if walls::shuts_out(kind) => Self::Walled,
            ("failed", _) => Self::Failing,
            ("new", _) => Self::New,
            _ => match newest_at {
                Some(at) if now.as_second() - at.as_second() < FRESH_SECONDS => Self::Fresh,
                _ => Self::Quiet,
            },
        }
    }

    /// The word, which is also the class on the page and the value in its address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Quiet => "quiet",
            Self::New => "new",
            Self::Failing => "failing",
            Self::Walled => "walled",
            Self::Gone => "gone",
        }
    }

    /// The state of a word.
    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// A sign beside the word, so that it does not hang on colour.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Fresh => "●",
            Self::Quiet => "○",
            Self::New => "◌",
            Self::Failing => "▲",
            Self::Walled => "■",
            Self::Gone => "✕",
        }
    }
}

/// What a source is called: as it calls itself, else its name.
pub(super) fn title(status: &Status) -> &str {
    called(&status.name, status.title.as_deref())
}

/// The same of its name and its title.
pub(super) fn called<'a>(name: &'a str, title: Option<&'a str>) -> &'a str {
    title
        .filter(|title| !title.trim().is_empty())
        .unwrap_or(name)
}

/// What to know about the last poll of a source; `None` where all is well.
pub(super) fn trouble(fare: &Fare, now: Timestamp) -> Option<Markup> {
    let at = fare.last_poll_at?;
    let ago = words::ago(at, now);
    match fare.outcome.as_str() {
        "failed" => {
            let why = excerpt(&why(fare.detail.as_deref(), &fare.url), WHY_CHARS);
            Some(words::failed(&ago, fare.failures, &why))
        }
        "gone" => Some(html! { (words::gone(&ago)) }),
        _ => None,
    }
}

/// What else to know: where a source has moved, and where its redirects are not to be trusted.
pub(super) fn notes(fare: &Fare) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(moved) = &fare.moved {
        let to = without_query(&moved.to);
        notes.push(match moved.adopted_at {
            Some(at) => words::adopted(&to, at),
            None => words::moved(&to, moved.since),
        });
    }
    if let Some(to) = &fare.downgraded_to {
        notes.push(words::downgraded(&without_query(to)));
    }
    notes
}

/// An address without its query, where tokens live.
fn without_query(address: &str) -> Cow<'_, str> {
    match address.split_once('?') {
        Some((address, _)) => format!("{address}?…").into(),
        None => address.into(),
    }
}

/// Where a source is polled, without what may be a secret of its address; `None` for a file.
pub(super) fn polled_at(fare: &Fare) -> Option<String> {
    let adopted = fare.moved.as_ref().filter(|it| it.adopted_at.is_some());
    shown(adopted.map_or(&fare.url, |moved| &moved.to))
}

/// An address of the web without what may be somebody's own.
fn shown(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok().filter(Url::has_host)?;
    // A URL with a host has a place for them.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_fragment(None);
    let told = |part: &str| match is_tokenlike(part) {
        true => "…".to_owned(),
        false => part.to_owned(),
    };
    let path: Vec<String> = url.path().split('/').map(told).collect();
    let query = if url.query().is_some() { "?…" } else { "" };
    let origin = &url[..url::Position::BeforePath];
    Some(format!("{origin}{}{query}", path.join("/")))
}

/// How many letters and digits a part of a path has that may be a token: 64 bits in hexadecimal digits.
const TOKENLIKE_CHARS: usize = 16;

/// Whether a part of a path may be somebody's own: private feeds have long numbers and identifiers in theirs.
fn is_tokenlike(part: &str) -> bool {
    let count = |is: fn(&u8) -> bool| part.bytes().filter(is).count();
    let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    digits >= 2 && letters >= 1 && digits + letters >= TOKENLIKE_CHARS
}

/// A status without the queries of addresses, where tokens live.
pub(super) fn without_secrets(status: &Status) -> Status {
    let shown = status
        .moved_to
        .as_deref()
        .map(|to| without_query(to).into_owned());
    Status {
        moved_to: shown,
        ..status.clone()
    }
}

/// Why the last poll failed, without the folders of this machine.
pub(super) fn public_detail(status: &Status) -> String {
    why(status.detail.as_deref(), &status.url)
}

fn why(detail: Option<&str>, url: &str) -> String {
    public(detail.unwrap_or("no reason is known"), url)
}

/// What is said of a source, without the folders of this machine.
pub(super) fn public(detail: &str, url: &str) -> String {
    if has_scheme(url) {
        detail.to_owned()
    } else {
        detail.replace(url, "its file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(shown(address).as_deref(), expected, "{address}");
    }

    #[test]
    fn an_address_is_shown_without_what_may_be_a_secret() {
        let plain = "https://press.example/world/2026/rss.xml";
        check(plain, Some(plain));
        let long = "https://press.example/a-section-with-a-long-name/feed";
        check(long, Some(long));
        check(
            "https://ann:secret@press.example:8443/rss",
            Some("https://press.example:8443/rss"),
        );
        check(
            "https://press.example/rss?auth=secret",
            Some("https://press.example/rss?…"),
        );
        check(
            "https://press.example/rss#secret",
            Some("https://press.example/rss"),
        );
        check(
            "https://press.example/private/0b9fe0c5a1d2e3f4.rss",
            Some("https://press.example/private/…"),
        );
        check(
            "https://press.example/u/6f1c9a70-2b55-4b0e-9a07-d4c1f1f4a0d2/feed",
            Some("https://press.example/u/…/feed"),
        );
        check("/srv/feeds/a.xml", None);
        check("file:///srv/feeds/a.xml", None);
    }
}
