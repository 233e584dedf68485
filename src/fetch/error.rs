//! Why a fetch failed, in words for a person and in a kind for the schedule.

use super::deadline::Deadline;
use super::fence::{ForbiddenName, UnknownName};
use crate::limits;
use crate::model::Response;
use crate::schedule::Failure;
use reqwest::StatusCode;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Why a source could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The URL must not be fetched. Heals only when the configuration changes.
    #[error("{url} may not be fetched: {why}")]
    Forbidden {
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The server answered with an error.
    #[error("the server answered {code} {}", StatusCode::from_u16(*.code).ok().and_then(|code| code.canonical_reason()).unwrap_or("(an unknown status)"))]
    Status {
        /// The status code.
        code: u16,
        /// What the server asked to wait.
        retry_after: Option<Duration>,
        /// Whether it says that this is a check whether a browser asks.
        challenge: bool,
        /// The page that says so, if it is one.
        page: Option<Box<Response>>,
        /// Who answered so, after redirects.
        url: Box<Url>,
    },
    /// The body is too large. Heals when the publisher shortens it or the limit is raised.
    #[error("the body is larger than {0} bytes (polling.max_body)")]
    TooLarge(usize),
    /// The fetch took too long as a whole.
    #[error("the fetch took longer than {}s (polling.timeout)", .0.as_secs())]
    Timeout(Duration),
    /// The server is too slow; there may be an end to that.
    #[error("{0}")]
    Slow(String),
    /// The redirects do not end.
    #[error("more than {0} redirects")]
    Redirects(usize),
    /// The redirects lead to an address that was asked before.
    #[error("the server redirects in a circle, to {0} again")]
    Circle(String),
    /// Anything between us and the server: what kind, and what happened.
    #[error("{1}")]
    Network(Failure, String),
    /// The client itself can't be made.
    #[error("the HTTP client can't be set up: {0}")]
    Client(String),
    /// A file can't be read.
    #[error("can't read {}: {why}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
}

impl FetchError {
    /// What kind of failure it is, as far as the next poll depends on it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Status {
                challenge: true, ..
            } => Failure::Unwelcome,
            Self::Status { code, .. } => Failure::of_status(*code),
            Self::Network(failure, _) => *failure,
            Self::Timeout(_) | Self::Slow(_) => Failure::Timeout,
            Self::Redirects(_) | Self::Circle(_) => Failure::Redirects,
            Self::TooLarge(_) => Failure::NoFeed,
            Self::Forbidden { .. } | Self::Client(_) | Self::File { .. } => Failure::Ours,
        }
    }

    /// Says what a person can act on: where it happened, and the innermost cause; the layers between tell nothing.
    pub(super) fn from_reqwest(error: reqwest::Error, deadline: Deadline) -> Self {
        let error = error.without_url();
        match (error.is_connect(), error.is_timeout()) {
            (true, true) => {
                let seconds = limits::CONNECT_TIMEOUT.as_secs();
                Self::Network(Failure::Connect, format!("no connection within {seconds}s"))
            }
            (false, true) => deadline.passed(),
            (true, false) => {
                let why = format!("can't connect: {}", innermost(&error));
                Self::Network(connect_failure(&error), why)
            }
            (false, false) => Self::Network(Failure::Connect, innermost(&error)),
        }
    }
}

/// Whether a connection failed for want of a network, at the name, at the agreement on TLS, or before that.
fn connect_failure(error: &reqwest::Error) -> Failure {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        // An I/O error gives the causes of the error that it holds, and not that error.
        let held = error.downcast_ref::<std::io::Error>();
        let held = held.and_then(std::io::Error::get_ref);
        if error.is::<rustls::Error>() || held.is_some_and(|held| held.is::<rustls::Error>()) {
            return Failure::Tls;
        }
        if error.is::<ForbiddenName>() {
            return Failure::Ours;
        }
        if let Some(unknown) = error.downcast_ref::<UnknownName>() {
            return match unknown.is_for_lack_of_a_resolver() {
                true => Failure::Offline,
                false => Failure::Name,
            };
        }
        if error.downcast_ref::<std::io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown
            )
        }) {
            return Failure::Offline;
        }
        cause = error.source();
    }
    Failure::Connect
}

/// The last cause in an error's chain.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
