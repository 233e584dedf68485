//! Private feeds: with `server.access_token` set, who shows it may read, and nobody else.
//!
//! It is shown as `?token=…` or as a password (HTTP Basic, RFC 7617, whatever the name). Invariants: a wrong token takes as
//! long to refuse as one that is nearly right; no token is logged; nothing that it opened is kept by a shared cache.

use super::{Problem, Shared, pages};
use crate::config;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

/// What an address needs so that whoever follows it may read: nothing, or the token that its reader showed in the same way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key(Option<Arc<str>>);

impl Key {
    /// The key to the feeds of a server.
    pub(crate) fn of(server: &config::Server) -> Self {
        let token = server.access_token.as_ref();
        Self(token.map(|token| token.secret().into()))
    }

    /// The token that a form has to send along.
    pub(super) fn token(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// An address with the key.
    pub(super) fn onto(&self, mut url: String) -> String {
        if let Some(token) = &self.0 {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str("token=");
            url.extend(form_urlencoded::byte_serialize(token.as_bytes()));
        }
        url
    }
}

/// The key that an address shows, where it is the right one.
pub(super) fn in_address(server: &config::Server, query: Option<&str>) -> Key {
    let token = server.access_token.as_ref();
    let is_right = |shown: Vec<u8>| token.is_some_and(|token| is_equal(&shown, token.secret()));
    match shown_in_query(query).is_some_and(is_right) {
        true => Key::of(server),
        false => Key::default(),
    }
}

/// Whether all may be told: the token was shown, or there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsTrusted(pub(super) bool);

/// Lets through who may read.
pub(super) async fn guard(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let live = Arc::clone(&shared.app.live.borrow());
    let Some(token) = &live.config.server.access_token else {
        request.extensions_mut().insert(IsTrusted(true));
        request.extensions_mut().insert(Key::default());
        return next.run(request).await;
    };
    let (is_trusted, key) = match shown_in_query(request.uri().query()) {
        Some(shown) if is_equal(&shown, token.secret()) => (true, Key::of(&live.config.server)),
        _ => {
            let shown = shown_in_head(request.headers());
            let is_right = shown.is_some_and(|shown| is_equal(&shown, token.secret()));
            (is_right, Key::default())
        }
    };
    // What says nothing about feeds: whoever looks after the service may ask without the token.
    let path = request.uri().path();
    let is_open = path == "/health" || path == *pages::STYLE_PATH;
    if !is_trusted && !is_open {
        return refusal();
    }
    request.extensions_mut().insert(IsTrusted(is_trusted));
    request.extensions_mut().insert(key);
    let mut response = next.run(request).await;
    if !is_open {
        make_private(response.headers_mut());
    }
    response
}

fn refusal() -> Response {
    let problem = Problem(
        StatusCode::UNAUTHORIZED,
        "these feeds are private: put ?token=… behind the address, or give the token as the password",
    );
    let challenge = [(
        header::WWW_AUTHENTICATE,
        "Basic realm=\"feedwash\", charset=\"UTF-8\"",
    )];
    (challenge, problem).into_response()
}

/// No shared cache may keep it (RFC 9111 §5.2.2.7); what a reader was told on its own stays.
fn make_private(headers: &mut HeaderMap) {
    let said = headers
        .get(header::CACHE_CONTROL)
        .and_then(|said| said.to_str().ok())
        .map_or_else(|| "private".to_owned(), |said| format!("private, {said}"));
    if let Ok(value) = HeaderValue::from_str(&said) {
        headers.insert(header::CACHE_CONTROL, value);
    }
}

fn shown_in_query(query: Option<&str>) -> Option<Vec<u8>> {
    form_urlencoded::parse(query?.as_bytes())
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned().into_bytes())
}

/// The password of `Authorization: Basic`.
fn shown_in_head(headers: &HeaderMap) -> Option<Vec<u8>> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = given.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    // RFC 7617 §2: the name ends at the first colon.
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    Some(decoded[colon + 1..].to_vec())
}

/// Compares in a time that depends on neither: of hashes, which are all of one length.
fn is_equal(shown: &[u8], secret: &str) -> bool {
    let (shown, secret) = (Sha256::digest(shown), Sha256::digest(secret));
    shown.ct_eq(&secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_head(given: &str, expected: Option<&str>) {
        let headers = HeaderMap::from_iter([(
            header::AUTHORIZATION,
            given.parse().expect("a header value"),
        )]);
        let shown = shown_in_head(&headers);
        assert_eq!(shown.as_deref(), expected.map(str::as_bytes), "{given}");
    }

    #[test]
    fn the_password_is_what_stands_behind_the_first_colon() {
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        check_head(&basic("anybody:a:b"), Some("a:b"));
        check_head(&basic(":a"), Some("a"));
        check_head(&basic("no colon"), None);
        check_head("Basic ?", None);
        check_head("Bearer YTpi", None);
        check_head("basic YTpi", Some("b"));
    }

    #[track_caller]
    fn check_query(query: &str, expected: Option<&str>) {
        let shown = shown_in_query(Some(query));
        assert_eq!(shown.as_deref(), expected.map(str::as_bytes), "{query}");
    }

    #[test]
    fn a_token_in_the_query_is_decoded() {
        check_query("page=2&token=a%2Bb", Some("a+b"));
        check_query("token=", Some(""));
        check_query("tokens=a", None);
    }

    #[test]
    fn only_the_whole_token_is_right() {
        assert!(is_equal(b"abcdef", "abcdef"));
        assert!(!is_equal(b"abcde", "abcdef"));
        assert!(!is_equal(b"abcdefg", "abcdef"));
        assert!(!is_equal(b"", "abcdef"));
    }

    #[test]
    fn a_key_joins_the_query_that_is_there() {
        let key = Key(Some("a+b &".into()));
        assert_eq!(key.onto("/x".into()), "/x?token=a%2Bb+%26");
        assert_eq!(key.onto("/x?page=2".into()), "/x?page=2&token=a%2Bb+%26");
        assert_eq!(Key::default().onto("/x".into()), "/x");
    }
}
