//! The heads of the answers with a page of a feed, made once and sent often.

use super::coding::{self, ALL, Coding, etag};
use super::feeds::{is_current, max_age, media_type};
use super::kept::Rendered;
use super::security;
use crate::model::FeedFormat;
use crate::store::Heading;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use std::time::SystemTime;

/// What decides which representation of a feed is sent.
pub(super) const VARY: &str = "Accept-Encoding, Accept, Sec-Fetch-Mode, Sec-Fetch-Dest";

/// What the heads of all answers with a page are made of. It is kept with each page, so there is one list of fields and not one
/// for each form.
pub(super) struct Heads {
    changed_at: Option<SystemTime>,
    content_type: HeaderValue,
    common: HeaderMap,
    plain: HeaderValue,
    coded: [HeaderValue; ALL.len()],
}

impl Heads {
    /// Those of a page of a feed, whose heading was asked for at `now`.
    pub(super) fn new(
        page: &Rendered,
        heading: Option<&Heading>,
        format: FeedFormat,
        now: Timestamp,
    ) -> Self {
        let changed_at = heading.and_then(|heading| heading.changed_at);
        let changed_at = changed_at.map(SystemTime::from);
        let mut common = security();
        common.insert(header::VARY, HeaderValue::from_static(VARY));
        let max_age = format!("max-age={}", max_age(heading, now));
        common.insert(header::CACHE_CONTROL, made(&max_age));
        if let Some(changed_at) = changed_at {
            let date = httpdate::fmt_http_date(changed_at);
            common.insert(header::LAST_MODIFIED, made(&date));
        }
        Self {
            changed_at,
            content_type: made(&format!("{}; charset=utf-8", media_type(format))),
            common,
            plain: made(&etag(&page.hash, None)),
            coded: ALL.map(|coding| made(&etag(&page.hash, Some(coding)))),
        }
    }

    /// The code and the head of the answer to a request, in a coding.
    pub(super) fn answer(
        &self,
        request: &HeaderMap,
        coding: Option<Coding>,
    ) -> (StatusCode, HeaderMap) {
        let etag = match coding {
            Some(coding) => &self.coded[coding as usize],
            None => &self.plain,
        };
        let mut head = self.common.clone();
        head.insert(header::ETAG, etag.clone());
        let etag = etag.to_str().unwrap_or_default();
        if is_current(request, etag, self.changed_at) {
            return (StatusCode::NOT_MODIFIED, head);
        }
        head.insert(header::CONTENT_TYPE, self.content_type.clone());
        if let Some(coding) = coding {
            let label = HeaderValue::from_static(coding::label(coding));
            head.insert(header::CONTENT_ENCODING, label);
        }
        (StatusCode::OK, head)
    }
}

/// A value of our own making, which holds letters, digits and signs alone.
fn made(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("it is made of what a field may hold")
}
