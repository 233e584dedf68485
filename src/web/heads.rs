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

/// The heads of all answers with a page.
pub(super) struct Heads {
    changed_at: Option<SystemTime>,
    plain: Head,
    coded: [Head; ALL.len()],
}

/// The head of an answer in one form: that with the page, and that of one which the reader has already.
struct Head {
    etag: String,
    whole: HeaderMap,
    not_modified: HeaderMap,
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
        let mut set = |name, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                common.insert(name, value);
            }
        };
        set(header::VARY, VARY.to_owned());
        set(
            header::CACHE_CONTROL,
            format!("max-age={}", max_age(heading, now)),
        );
        if let Some(changed_at) = changed_at {
            set(header::LAST_MODIFIED, httpdate::fmt_http_date(changed_at));
        }
        let head = |coding| Head::new(&common, page, format, coding);
        Self {
            changed_at,
            plain: head(None),
            coded: ALL.map(|coding| head(Some(coding))),
        }
    }

    /// The code and the head of the answer to a request, in a coding.
    pub(super) fn answer(
        &self,
        request: &HeaderMap,
        coding: Option<Coding>,
    ) -> (StatusCode, &HeaderMap) {
        let head = match coding {
            Some(coding) => &self.coded[coding as usize],
            None => &self.plain,
        };
        match is_current(request, &head.etag, self.changed_at) {
            true => (StatusCode::NOT_MODIFIED, &head.not_modified),
            false => (StatusCode::OK, &head.whole),
        }
    }
}

impl Head {
    fn new(
        common: &HeaderMap,
        page: &Rendered,
        format: FeedFormat,
        coding: Option<Coding>,
    ) -> Self {
        let etag = etag(&page.hash, coding);
        let mut not_modified = common.clone();
        let set = |headers: &mut HeaderMap, name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(&mut not_modified, header::ETAG, &etag);
        let mut whole = not_modified.clone();
        let content_type = format!("{}; charset=utf-8", media_type(format));
        set(&mut whole, header::CONTENT_TYPE, &content_type);
        if let Some(coding) = coding {
            set(&mut whole, header::CONTENT_ENCODING, coding::label(coding));
        }
        Self {
            etag,
            whole,
            not_modified,
        }
    }
}
