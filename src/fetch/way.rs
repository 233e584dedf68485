//! The way that a fetch takes: from the configured address over redirects to whoever answers.
//!
//! Asks nobody and judges no address. Invariant: it leads to no address twice.

use super::FetchError;
use crate::config::shown;
use crate::limits;
use crate::schedule::{Failure, Move};
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap};
use url::{Position, Url};

/// Where a fetch has got to, and how.
pub(super) struct Way {
    /// Who is asked now.
    pub(super) url: Url,
    /// Where permanent redirects led, if every redirect up to there was permanent (RFC 9110 §15.4).
    pub(super) moved_to: Option<String>,
    /// Where a redirect led from https to http.
    pub(super) downgraded_to: Option<String>,
    /// Whether every redirect was permanent.
    pub(super) all_permanent: bool,
    /// Who was asked before.
    seen: Vec<Url>,
}

impl Way {
    pub(super) fn from(start: &Url) -> Self {
        Self {
            url: start.clone(),
            moved_to: None,
            downgraded_to: None,
            all_permanent: true,
            seen: Vec::new(),
        }
    }

    /// Whether an answer leads further (RFC 9110 §15.4). 300 offers a choice that a machine can't make.
    pub(super) fn leads_on(status: StatusCode) -> bool {
        matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
    }

    /// Says of a failure where it happened, if that is not where the source is.
    pub(super) fn named(&self, error: FetchError) -> FetchError {
        match error {
            FetchError::Network(kind, why) if !self.seen.is_empty() => {
                let to = shown(&self.url);
                FetchError::Network(kind, format!("it redirects to {to}: {why}"))
            }
            error => error,
        }
    }

    /// Takes a redirect.
    pub(super) fn follow(
        &mut self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<(), FetchError> {
        let to = target(&self.url, headers)?;
        let from = std::mem::replace(&mut self.url, to);
        if Move::is_downgrade(&from, self.url.as_str()) {
            self.downgraded_to = Some(shown(&self.url));
        }
        self.all_permanent &= matches!(status.as_u16(), 301 | 308);
        if self.all_permanent {
            self.moved_to = Some(self.url.to_string());
        }
        self.seen.push(from);
        // We keep no cookies, so who was asked twice would answer the same.
        if self.seen.iter().any(|seen| is_same(seen, &self.url)) {
            return Err(FetchError::Circle(shown(&self.url)));
        }
        if self.seen.len() > limits::REDIRECTS_MAX {
            return Err(FetchError::Redirects(limits::REDIRECTS_MAX));
        }
        Ok(())
    }
}

/// Whether two addresses are asked by the same request: a fragment is not sent.
fn is_same(one: &Url, other: &Url) -> bool {
    one[..Position::AfterQuery] == other[..Position::AfterQuery]
}

/// How much of what is no URL is quoted, in characters.
const TARGET_CHARS: usize = 100;

/// Where a redirect leads.
fn target(from: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let target = headers
        .get(header::LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let Some(target) = target else {
        return Err(FetchError::Network(
            Failure::Redirects,
            format!("{} redirects without saying where", shown(from)),
        ));
    };
    let mut target = from.join(&target).map_err(|_| {
        // Without its query, as all addresses are shown, and the beginning says enough.
        let start = target.split(['?', '#']).next().unwrap_or_default();
        let start: String = start.chars().take(TARGET_CHARS).collect();
        FetchError::Network(
            Failure::Redirects,
            format!("{} redirects to {start:?}, which is no URL", shown(from)),
        )
    })?;
    // Nobody's redirect logs us in anywhere, and what is fetched becomes the base of published links.
    let _ = target.set_username("");
    let _ = target.set_password(None);
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: &str, steps: &[&str], expected: Result<&str, &str>) {
        let mut way = Way::from(&Url::parse(from).expect("a URL"));
        let taken = steps.iter().try_for_each(|step| {
            let location = step.parse().expect("a value");
            let headers = HeaderMap::from_iter([(header::LOCATION, location)]);
            way.follow(StatusCode::FOUND, &headers)
        });
        let said = taken.map(|()| way.url.as_str()).map_err(|e| e.to_string());
        assert_eq!(said, expected.map_err(str::to_owned));
    }

    #[test]
    fn the_same_address_twice_is_a_circle() {
        let circle = Err("the server redirects in a circle, to http://a.example/1 again");
        check("http://a.example/1", &["/1"], circle);
        check("http://a.example/1", &["/1#x"], circle);
        check("http://a.example/1", &["/2", "//A.EXAMPLE:80/1"], circle);
        check(
            "http://a.example/1",
            &["/2", "/3"],
            Ok("http://a.example/3"),
        );
        check(
            "http://a.example/1",
            &["?a", "?b"],
            Ok("http://a.example/1?b"),
        );
        let safe = "https://a.example/1";
        check("http://a.example/1", &[safe], Ok(safe));
    }

    #[test]
    fn a_message_tells_no_token() {
        check(
            "http://a.example/1?token=hidden",
            &["?", "?token=hidden"],
            Err("the server redirects in a circle, to http://a.example/1?… again"),
        );
        check(
            "http://me:hidden@a.example/1",
            &["http://me:hidden@a.example/2"],
            Ok("http://a.example/2"),
        );
    }
}
