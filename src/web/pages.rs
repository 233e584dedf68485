//! The pages for people: their frame, their answer, and what they share.
//!
//! Server-rendered and without a script for reading. Invariants: what comes from outside goes through `maud`'s escaping, or
//! through [`clean::shown`](crate::clean::shown); every address of ours is relative, so that a page is right under any host
//! and path; the same page has the same `ETag`. That is a hash of its bytes, and since a page says how long ago things
//! were, it holds for a minute at the most while nothing happens.

mod accounts;
mod chart;
mod entry;
mod feed;
mod icon;
mod index;
mod parts;
mod problem;
mod remedy;
mod summaries;
mod try_url;

pub(super) use accounts::Accounts;
pub(super) use entry::entry;
pub(super) use feed::feed;
pub(super) use icon::{Icons, icon};
pub(super) use index::index;
pub(super) use parts::excerpt;
pub(super) use problem::{for_people, without_slash};
pub(super) use summaries::Summaries;
pub(super) use try_url::{Trials, form as try_form, tried};

use super::access::Key;
use super::coding::{COMPRESS_BYTES_MIN, accepted, accepted_quick, compress, etag, label};
use super::fares::called;
use super::feeds::{address, is_current};
use super::{Problem, Shared, words};
use crate::model::FeedFormat;
use crate::opml::{self, Outline};
use crate::store;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use std::sync::{LazyLock, OnceLock};

/// The one style sheet.
const STYLE: &str = include_str!("style.css");

/// The one script: it adds buttons that copy. No page needs it.
const SCRIPT: &str = include_str!("copy.js");

/// Where the style sheet is. Its name has its hash, so that browsers may keep it for ever.
pub(crate) static STYLE_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/style-{}.css", &store::hash(STYLE.as_bytes())[..16]));

/// What pages may load and run: our style sheet, the one script by its hash, and pictures and players of entries.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = BASE64.encode(Sha256::digest(SCRIPT.as_bytes()));
    let policy = format!(
        "default-src 'none'; img-src * data:; media-src *; style-src 'self'; script-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is a header value")
});

/// The sign of the program, beside the titles of tabs.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%230b5f8a'/%3E%3Cpath d='M7 12q4.500-4 9 0t9 0M7 18q4.500-4 9 0t9 0M7 24q4.500-4 9 0t9 0' fill='none' stroke='%23fff' stroke-width='2.600' stroke-linecap='round'/%3E%3C/svg%3E";

/// The published formats, and what they are called. Atom says most, so it is the one that is recommended.
const FORMATS: [(FeedFormat, &str); 3] = [
    (FeedFormat::Atom, "Atom"),
    (FeedFormat::Rss, "RSS"),
    (FeedFormat::Json, "JSON"),
];

/// A page, before it is put into its frame.
struct Page {
    /// What the tab says.
    title: String,
    links: Links,
    /// Feeds that this page is about: title, media type, address.
    feeds: Vec<(String, &'static str, String)>,
    main: Markup,
    allows_try: bool,
    /// "narrow" for a page to read, "wide" for one with two columns.
    width: &'static str,
}

impl Page {
    fn render(self) -> String {
        let Self {
            title,
            links,
            feeds,
            main,
            allows_try,
            width,
        } = self;
        let width = (!width.is_empty()).then_some(width);
        let page = html! {
            (DOCTYPE)
            html lang=(words::LANGUAGE) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="description" content=(words::ABOUT);
                    title { (title) }
                    link rel="icon" type="image/svg+xml" href=(ICON);
                    link rel="stylesheet" href={ (links.root) (&STYLE_PATH[1..]) };
                    @for (title, media_type, href) in &feeds {
                        link rel="alternate" type=(media_type) title=(title) href=(href);
                    }
                }
                body class=[width] data-copy=(words::COPY) data-address=(words::COPY_ADDRESS) data-copied=(words::COPIED) {
                    // The spaces are for browsers that show text alone.
                    div { a.skip href="#main" { (words::SKIP) } }
                    header.site {
                        a.brand href=(links.home()) { (words::NAME) } " "
                        nav aria-label=(words::NAV) {
                            a href=(links.home()) { (words::FEEDS) } " "
                            @if allows_try {
                                a href=(links.to("try")) { (words::TRY) } " "
                            }
                            a href=(links.to("feeds.opml")) { (words::OPML) }
                        }
                    }
                    main #main tabindex="-1" { (main) }
                    footer.site {
                        p {
                            (words::NAME) " " (env!("CARGO_PKG_VERSION")) " · "
                            a href={ (links.home()) "#health" } { (words::HEALTH) }
                        }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string()
    }
}

/// How the links of a page are written.
#[derive(Debug, Clone)]
struct Links {
    /// What leads from the page to the root: "", "../" or "../../".
    root: &'static str,
    /// The key that its visitor showed in the address, and will have to show again.
    key: Key,
}

impl Links {
    /// A link to a path below the root.
    fn to(&self, path: &str) -> String {
        self.key.onto(format!("{}{path}", self.root))
    }

    /// The way to the index: an empty address would be the page itself.
    fn home(&self) -> String {
        self.key.onto(match self.root {
            "" => "./".to_owned(),
            root => root.to_owned(),
        })
    }
}

/// Answers with a page, or says that the visitor has it already.
async fn answer(shared: &Shared, request: &HeaderMap, page: Page) -> Response {
    let html = page.render().into_bytes();
    let coding = accepted_quick(request).filter(|_| html.len() >= COMPRESS_BYTES_MIN);
    let etag = etag(&store::hash(&html), coding);
    let mut headers = HeaderMap::new();
    let mut set = |name, value: HeaderValue| headers.insert(name, value);
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        set(header::ETAG, etag);
    }
    set(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    set(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    set(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    if is_current(request, &etag, None) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    set(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    let Some(coding) = coding else {
        return (headers, html).into_response();
    };
    set(
        header::CONTENT_ENCODING,
        HeaderValue::from_static(label(coding)),
    );
    let packed = shared.turns.work(move || compress(&html, coding)).await;
    packed.map_or_else(IntoResponse::into_response, |packed| {
        (headers, packed).into_response()
    })
}

/// `/style-HASH.css`, and nothing under another hash.
pub(super) async fn style(request: HeaderMap) -> Response {
    static PACKED: [OnceLock<Bytes>; 3] = [const { OnceLock::new() }; 3];
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "Accept-Encoding"),
    ];
    let Some(coding) = accepted(&request) else {
        return (headers, STYLE).into_response();
    };
    let packed = PACKED[coding as usize].get_or_init(|| compress(STYLE.as_bytes(), coding).into());
    let coded = [(header::CONTENT_ENCODING, label(coding))];
    (headers, coded, packed.clone()).into_response()
}

/// `/feeds.opml`: all clean feeds, for one import.
pub(super) async fn opml(
    State(shared): State<Shared>,
    Extension(key): Extension<Key>,
) -> Result<Response, Problem> {
    let store = &shared.app.store;
    let statuses = shared.titles.get(store.statuses()).await?;
    let public_url = shared.app.live.borrow().config.server.public_url.clone();
    let headers = [
        (header::CONTENT_TYPE, "text/x-opml; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"feedwash.opml\"",
        ),
    ];
    let titled: Vec<_> = statuses
        .iter()
        .map(|status| (status.name.as_str(), status.title.as_deref()))
        .collect();
    Ok((headers, opml_of(&titled, &public_url, &key)).into_response())
}

/// Clean feeds as OPML, given as names and the titles that are known; in Atom, since that says most.
pub(crate) fn opml_of(feeds: &[(&str, Option<&str>)], public_url: &str, key: &Key) -> String {
    let outline = |(name, title): &(&str, Option<&str>)| Outline {
        title: called(name, *title).to_owned(),
        xml_url: key.onto(address(public_url, name, FeedFormat::Atom)),
        ..Outline::default()
    };
    let outlines: Vec<Outline> = feeds.iter().map(outline).collect();
    opml::render("Feedwash", &outlines)
}
