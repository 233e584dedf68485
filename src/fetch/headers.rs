//! Header fields as values of proper types; nobody else reads the strings.

use crate::limits;
use crate::model::Validators;
use crate::schedule::Hints;
use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName};
use std::time::{Duration, SystemTime};

/// Which instance manipulations a client understands (RFC 3229 §10.5.3).
pub(super) const A_IM: HeaderName = HeaderName::from_static("a-im");

/// Which were applied to an answer (RFC 3229 §10.5.2).
const IM: HeaderName = HeaderName::from_static("im");

/// A field's value, where it is text.
pub(super) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

/// The validators to send next time: those of this answer, else the old ones (RFC 9111 §4.3.4).
pub(super) fn merge(old: &Validators, headers: &HeaderMap) -> Validators {
    let given = |name| {
        let value = text(headers, name)?;
        (value.len() <= limits::VALIDATOR_BYTES_MAX).then_some(value)
    };
    Validators {
        etag: given(&header::ETAG).or_else(|| old.etag.clone()),
        last_modified: given(&header::LAST_MODIFIED).or_else(|| old.last_modified.clone()),
    }
}

/// What an answer says about the next poll.
pub(super) fn hints(headers: &HeaderMap, now: Timestamp) -> Hints {
    let date = date(headers, &header::DATE).or_else(|| Some(SystemTime::from(now)));
    Hints {
        fresh_for: fresh_for(headers, date),
        retry_after: retry_after(headers, date),
    }
}

/// Whether an answer is a check whether a browser asks, by what a large content network says of its own.
pub(super) fn is_challenge(headers: &HeaderMap) -> bool {
    let name = HeaderName::from_static("cf-mitigated");
    text(headers, &name).is_some_and(|value| value.trim().eq_ignore_ascii_case("challenge"))
}

/// Whether an answer is a feed of its new entries: by the manipulation `feed`, which the RFC does not know, but feed readers
/// and servers agree on, and by no further one, which would have to be undone first.
pub(super) fn is_feed_delta(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(IM).iter();
    let first = fields.next().and_then(|value| value.to_str().ok());
    fields.next().is_none() && first.is_some_and(|value| value.trim().eq_ignore_ascii_case("feed"))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// `max-age` less `Age`, else `Expires` less `Date`; `no-cache` and `no-store` mean not at all (RFC 9111 §4.2.1).
fn fresh_for(headers: &HeaderMap, date: Option<SystemTime>) -> Option<Duration> {
    // Several lines are one list (RFC 9110 §5.3).
    let lines = headers.get_all(header::CACHE_CONTROL).iter();
    let lines: Vec<&str> = lines.filter_map(|value| value.to_str().ok()).collect();
    let directives = lines.join(",").to_ascii_lowercase();
    let mut max_age = None;
    for directive in directives.split(',').map(str::trim) {
        match directive.split_once('=') {
            Some(("max-age", seconds)) => max_age = seconds.trim_matches('"').parse::<u64>().ok(),
            None if matches!(directive, "no-cache" | "no-store") => return None,
            _ => {}
        }
    }
    if let Some(max_age) = max_age {
        let age = text(headers, &header::AGE)
            .and_then(|age| age.trim().parse().ok())
            .unwrap_or(0);
        return Some(Duration::from_secs(max_age.saturating_sub(age)));
    }
    self::date(headers, &header::EXPIRES)?
        .duration_since(date?)
        .ok()
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, date: Option<SystemTime>) -> Option<Duration> {
    let value = text(headers, &header::RETRY_AFTER)?;
    match value.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => self::date(headers, &header::RETRY_AFTER)?
            .duration_since(date?)
            .ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(784_111_777, 0); // Sun, 06 Nov 1994 08:49:37 GMT

    #[track_caller]
    fn check(fields: &[(HeaderName, &str)], fresh_for: Option<u64>, retry_after: Option<u64>) {
        let headers = fields
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a value")))
            .collect();
        let hints = hints(&headers, NOW);
        assert_eq!(hints.fresh_for, fresh_for.map(Duration::from_secs));
        assert_eq!(hints.retry_after, retry_after.map(Duration::from_secs));
    }

    #[test]
    fn max_age_less_age_wins_over_expires() {
        let expires = (header::EXPIRES, "Sun, 06 Nov 1994 09:49:37 GMT");
        check(std::slice::from_ref(&expires), Some(3600), None);
        let max_age = (header::CACHE_CONTROL, "public, max-age=100");
        check(&[expires, max_age, (header::AGE, "40")], Some(60), None);
        let public = (header::CACHE_CONTROL, "public");
        check(
            &[public, (header::CACHE_CONTROL, "max-age=7")],
            Some(7),
            None,
        );
        check(
            &[(header::CACHE_CONTROL, "no-cache, max-age=100")],
            None,
            None,
        );
    }

    #[test]
    fn a_delta_is_a_feed_and_nothing_else() {
        let check = |values: &[&str], expected| {
            let values = values.iter().map(|value| value.parse().expect("a value"));
            let headers: HeaderMap = values.map(|value| (IM, value)).collect();
            assert_eq!(is_feed_delta(&headers), expected, "{headers:?}");
        };
        check(&["feed"], true);
        check(&[" Feed "], true);
        check(&[], false);
        check(&["vcdiff"], false);
        check(&["feed, gzip"], false);
        check(&["feed", "gzip"], false);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        check(&[(header::RETRY_AFTER, "120")], None, Some(120));
        check(
            &[(header::RETRY_AFTER, "Sun, 06 Nov 1994 08:50:37 GMT")],
            None,
            Some(60),
        );
        check(&[(header::RETRY_AFTER, "soon")], None, None);
    }
}
