//! What went wrong, as a page for whom a browser shows it: what it is in words, and the way to the feeds.
//!
//! Whoever else asks gets the line of text that it is. Invariants: the answer to a reader of a feed's address never depends on
//! this; a page keeps the code and the header fields of the problem; no cache takes one form for the other.

use super::{Links, POLICY, Page};
use crate::web::access::{self, Key};
use crate::web::feeds::{is_browser, likes_html};
use crate::web::{Said, Shared, words};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use maud::html;

/// What decides which form a problem has.
const VARY: &str = "Accept, Sec-Fetch-Mode, Sec-Fetch-Dest";

/// What programs ask for, though a browser may.
const FOR_PROGRAMS: [&str; 4] = [".rss", ".atom", ".json", ".opml"];

/// Turns the problems of people into pages.
pub(in crate::web) async fn for_people(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let uri = request.uri().clone();
    let wants_page = wants_page(uri.path(), request.headers());
    let mut response = next.run(request).await;
    let code = response.status();
    let Some(said) = said(&response) else {
        return response;
    };
    let headers = response.headers_mut();
    headers
        .entry(header::VARY)
        .or_insert(HeaderValue::from_static(VARY));
    if !wants_page {
        return response;
    }
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    let server = &shared.app.live.borrow().config.server;
    let key = access::in_address(server, uri.query());
    // Who may not read need not know what there is.
    let allows_try = server.allows_try && code != StatusCode::UNAUTHORIZED;
    *response.body_mut() = Body::from(page(code, said, uri.path(), key, allows_try).render());
    response
}

/// What a problem says; `None` of what is none, or has a form of its own.
fn said(response: &Response) -> Option<&'static str> {
    if let Some(Said(said)) = response.extensions().get() {
        return Some(said);
    }
    // What the router itself refuses: an address that is no UTF-8, and the like.
    let code = response.status();
    let media_type = response.headers().get(header::CONTENT_TYPE)?;
    let is_text = media_type.as_bytes().starts_with(b"text/plain");
    ((code.is_client_error() || code.is_server_error()) && is_text).then_some(words::NO_SENSE)
}

/// Whether a person looks at the answer. At the address of a feed only who surely is one gets a page.
fn wants_page(path: &str, request: &HeaderMap) -> bool {
    match FOR_PROGRAMS.iter().any(|end| path.ends_with(end)) {
        true => is_browser(request),
        false => likes_html(request),
    }
}

fn page(code: StatusCode, said: &'static str, path: &str, key: Key, allows_try: bool) -> Page {
    let links = Links {
        root: root_of(path),
        key,
    };
    let title = words::problem(code.as_u16());
    let main = html! {
        h1 { (title) }
        p { (words::sentence(said)) }
        p { a href=(links.home()) { (words::TO_FEEDS) } }
    };
    let title = format!("{title} – {}", words::NAME);
    let mut page = Page::new(title, links, allows_try, main);
    page.width = "narrow";
    page
}

/// What leads from any path to the root. No page of ours is nearly as deep as the deepest that is known here.
fn root_of(path: &str) -> &'static str {
    const UP: &str = "../../../../../../../../../../../../../../../../";
    let depth = path.matches('/').count().saturating_sub(1);
    &UP[..(3 * depth).min(UP.len())]
}

/// Where a page is whose address was given with a slash at its end, as people type it.
///
/// Without host and root, so that it is right behind a proxy that serves us below a path of its own.
pub(in crate::web) async fn without_slash(uri: Uri) -> Response {
    let path = uri.path().trim_end_matches('/');
    let mut location = match path.rsplit('/').next() {
        // The feeds are listed at the root.
        Some("feeds") if path == "/feeds" => root_of(uri.path()).to_owned(),
        last => {
            let slashes = uri.path().len() - path.len();
            format!("{}{}", "../".repeat(slashes), last.unwrap_or_default())
        }
    };
    if location.is_empty() {
        location.push_str("./");
    }
    if let Some(query) = uri.query() {
        location.push('?');
        location.push_str(query);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    let headers = response.headers_mut();
    // What came as an address goes back as one.
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(header::LOCATION, location);
    }
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("max-age=3600"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_root_is_as_long_as_the_path() {
        assert_eq!(root_of("/"), "");
        assert_eq!(root_of("/nobody"), "");
        assert_eq!(root_of("/feeds/nobody"), "../");
        assert_eq!(root_of("/feeds/a/b"), "../../");
        assert_eq!(root_of(&"/x".repeat(1000)).len(), 48);
        assert_eq!(root_of("*"), "");
    }

    #[tokio::test]
    async fn an_address_with_a_slash_leads_to_that_without() {
        for (given, expected) in [
            ("/feeds", "./"),
            ("/feeds/", "../"),
            ("/feeds?token=a%26b", "./?token=a%26b"),
            ("/feeds/wire/", "../wire"),
            ("/feeds/feeds/", "../feeds"),
            (
                "/feeds/wire/0123/?view=source&token=x",
                "../0123?view=source&token=x",
            ),
            ("/feeds/wire//", "../../wire"),
            ("/try/", "../try"),
        ] {
            let response = without_slash(given.parse().expect("an address")).await;
            assert_eq!(response.status(), 308, "{given}");
            assert_eq!(response.headers()[header::LOCATION], expected, "{given}");
        }
    }
}
