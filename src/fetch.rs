//! The only outgoing HTTP: conditional, size-limited, redirect-limited, fenced against private addresses.
//!
//! Keeps no cookies, sends no referrer, invents no validator, and stores nothing: what it learnt of a
//! source goes back to the caller. Files are fetched here too, so that a poll need not know the difference.

mod body;
mod clients;
mod deadline;
mod error;
mod fence;
mod headers;
mod way;

pub use body::Place;
pub use error::FetchError;

use crate::config::{AllowPrivate, Header, Location, Polling, Proxy, shown};
use crate::limits;
use crate::model::{Response, Validators};
use crate::schedule::{Failure, Hints};
use body::Room;
use clients::Clients;
use deadline::{Answered, Deadline};
use fence::Fence;
use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use url::{Host, Url};
use way::Way;

/// What we read, and in which order we like it.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                      application/json;q=0.8, application/xml;q=0.8, text/xml;q=0.8, */*;q=0.5";

/// What a fetch needs to know of a source.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Where it is.
    pub location: &'a Location,
    /// What the last answer gave to ask "modified since?" with.
    pub validators: &'a Validators,
    /// The user's own headers; they go to the source's own origin only, never along with a redirect elsewhere.
    pub headers: &'a [Header],
    /// The proxy that it is fetched through.
    pub proxy: Option<&'a Proxy>,
    /// Whether a document may hold only what is new since the entity tag of the validators (RFC 3229).
    pub takes_delta: bool,
    /// Whether somebody else may soon ask the same host, so that the connection is worth keeping.
    pub keeps_connection: bool,
}

impl<'a> Request<'a> {
    /// A first question, of somebody who knows nothing yet and comes once: without validators, headers of a user's, or a proxy.
    #[must_use]
    pub fn first(location: &'a Location) -> Self {
        static NONE: Validators = Validators {
            etag: None,
            last_modified: None,
        };
        Self {
            location,
            validators: &NONE,
            headers: &[],
            proxy: None,
            takes_delta: false,
            keeps_connection: false,
        }
    }

    /// Whether a delta is asked for: only an entity tag says from what on.
    fn asks_delta(&self) -> bool {
        self.takes_delta && self.validators.etag.is_some()
    }
}

/// What a source answered.
#[derive(Debug)]
pub enum Fetched {
    /// 304: nothing changed. The validators are those to send next time.
    NotModified {
        /// The old validators, replaced by those of the 304 where it has any.
        validators: Validators,
        /// What the headers said about the next poll.
        hints: Hints,
        /// Who answered so, after redirects. A file has none.
        url: Option<Box<Url>>,
        /// Where permanent redirects led.
        moved_to: Option<String>,
        /// Where a redirect led from https to http.
        downgraded_to: Option<String>,
    },
    /// A document.
    Body(Box<Body>),
    /// 410: the source is withdrawn for good.
    Gone,
}

/// A document with what its headers said.
#[derive(Debug)]
pub struct Body {
    /// The bytes, their address and type.
    pub response: Response,
    /// What to ask with next time.
    pub validators: Validators,
    /// What the headers said about the next poll.
    pub hints: Hints,
    /// Where permanent redirects led, if every redirect up to there was permanent (RFC 9110 §15.4).
    pub moved_to: Option<String>,
    /// Where a redirect led from https to http.
    pub downgraded_to: Option<String>,
    /// It holds only what is new: what is missing from it has not left its feed. Its validators are those of the whole.
    pub is_delta: bool,
    /// Its place in memory, to be held until it was washed.
    pub place: Place,
}

/// The guarded client. One for the whole program: connections and TLS sessions are shared by all that go through the same
/// proxy. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    clients: Arc<Clients>,
    fence: Arc<Fence>,
    room: Room,
    body_bytes_max: usize,
    timeout: Duration,
    /// When somebody answered last.
    answered: Answered,
}

impl Client {
    /// A client that obeys the user's `[polling]`.
    ///
    /// # Errors
    /// [`FetchError::Client`] where the proxy is unusable or TLS can't be set up.
    pub fn new(polling: &Polling) -> Result<Self, FetchError> {
        let fence = Fence::new(&polling.allow_private);
        let clients = Arc::new(Clients::new(polling)?);
        Ok(Self {
            clients,
            fence: Arc::new(fence),
            room: Room::default(),
            body_bytes_max: polling.body_bytes_max,
            timeout: polling.timeout,
            answered: Answered::default(),
        })
    }

    /// Fetches a source, if it changed.
    ///
    /// # Errors
    /// [`FetchError`]; all but [`FetchError::Forbidden`] may heal by themselves.
    pub async fn fetch(&self, request: Request<'_>, now: Timestamp) -> Result<Fetched, FetchError> {
        match request.location {
            Location::Http(url) => self.judged(self.fetch_http(url, request, now).await),
            Location::File(path) => {
                let reading = Box::pin(self.fetch_file(path, request.validators));
                let read = tokio::time::timeout(self.timeout, reading).await;
                read.map_err(|_| FetchError::Timeout(self.timeout))?
            }
        }
    }

    /// A failure for want of a network is one only where nobody has answered for a while: a single host can look like that.
    fn judged(&self, fetched: Result<Fetched, FetchError>) -> Result<Fetched, FetchError> {
        match fetched {
            Err(FetchError::Network(Failure::Offline, why)) if self.answered.is_recent() => {
                Err(FetchError::Network(Failure::Connect, why))
            }
            Ok(_) | Err(FetchError::Status { .. }) => {
                self.answered.now();
                fetched
            }
            failed => failed,
        }
    }

    async fn fetch_http(
        &self,
        start: &Url,
        request: Request<'_>,
        now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let mut way = Way::from(start);
        let deadline = Deadline::after(self.timeout);
        loop {
            let sent = self.send(&way.url, start, request, deadline).await;
            let response = sent.map_err(|error| way.named(error))?;
            let status = response.status();
            if Way::leads_on(status) {
                way.follow(status, response.headers())?;
                continue;
            }
            let hints = headers::hints(response.headers(), now);
            return match status {
                // Without a question "modified since?" this is no answer (RFC 9110 §15.4.5).
                StatusCode::NOT_MODIFIED if *request.validators != Validators::default() => {
                    Ok(Fetched::NotModified {
                        validators: headers::merge(request.validators, response.headers()),
                        hints,
                        url: Some(Box::new(way.url)),
                        moved_to: way.moved_to,
                        downgraded_to: way.downgraded_to,
                    })
                }
                // What a temporary redirect led to may go; the source has not said a word about itself.
                StatusCode::GONE if way.all_permanent => Ok(Fetched::Gone),
                StatusCode::IM_USED
                    if !request.asks_delta() || !headers::is_feed_delta(response.headers()) =>
                {
                    let why =
                        "the server answered 226 with changes in a form that was not asked for";
                    Err(FetchError::Network(Failure::NoFeed, why.into()))
                }
                _ if status.is_success() => {
                    let reading = self.read(response, way.url, hints, deadline);
                    let body = Box::pin(reading).await?;
                    Ok(Fetched::Body(Box::new(Body {
                        moved_to: way.moved_to,
                        downgraded_to: way.downgraded_to,
                        is_delta: status == StatusCode::IM_USED,
                        ..body
                    })))
                }
                _ => Err(FetchError::Status {
                    code: status.as_u16(),
                    retry_after: hints.retry_after,
                    challenge: headers::is_challenge(response.headers()),
                    page: Box::pin(error_page(response, deadline)).await,
                    url: Box::new(way.url),
                }),
            };
        }
    }

    async fn send(
        &self,
        url: &Url,
        start: &Url,
        request: Request<'_>,
        deadline: Deadline,
    ) -> Result<reqwest::Response, FetchError> {
        self.check(url, request.proxy)?;
        let mut wanted = HeaderMap::new();
        wanted.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
        let validators = request.validators;
        for (name, value) in [
            (header::IF_NONE_MATCH, &validators.etag),
            (header::IF_MODIFIED_SINCE, &validators.last_modified),
        ] {
            if let Some(Ok(value)) = value.as_deref().map(HeaderValue::from_str) {
                wanted.insert(name, value);
            }
        }
        if request.asks_delta() && wanted.contains_key(header::IF_NONE_MATCH) {
            wanted.insert(headers::A_IM, HeaderValue::from_static("feed"));
        }
        if url.origin() == start.origin() {
            for own in request.headers {
                if let (Ok(name), Ok(mut value)) = (
                    HeaderName::from_bytes(own.name.as_bytes()),
                    HeaderValue::from_str(&own.value),
                ) {
                    value.set_sensitive(true);
                    wanted.insert(name, value);
                }
            }
        }
        let http = self
            .clients
            .through(request.proxy, request.keeps_connection)?;
        let answer = http.get(url.clone()).headers(wanted).send();
        let answer = deadline.within(limits::HEAD_TIMEOUT, answer, |seconds| {
            format!("the server did not begin to answer within {seconds}s")
        });
        let answer = answer.await?;
        answer.map_err(|error| FetchError::from_reqwest(error, deadline))
    }

    /// Judges a URL before anything is sent: its scheme, its port, and an address written out in it. Where a proxy looks
    /// names up, nobody else judges those, so it is not asked for itself, nor for what lies behind its back.
    fn check(&self, url: &Url, proxy: Option<&Proxy>) -> Result<(), FetchError> {
        let forbidden = |why: String| {
            Err(FetchError::Forbidden {
                url: shown(url),
                why,
            })
        };
        if !matches!(url.scheme(), "http" | "https") {
            return forbidden(format!("{} is not http or https", url.scheme()));
        }
        if let Some(port) = url.port().filter(|port| BAD_PORTS.contains(port)) {
            return forbidden(format!("port {port} belongs to another protocol"));
        }
        let address = match url.host() {
            Some(Host::Ipv4(four)) => Some(four.into()),
            Some(Host::Ipv6(six)) => Some(six.into()),
            Some(Host::Domain(name))
                if proxy.is_some_and(|proxy| is_behind(name, proxy))
                    && !self.fence.allows_host(name) =>
            {
                return forbidden(format!("{name} is the proxy itself, or private to it"));
            }
            Some(Host::Domain(_)) => None,
            None => return forbidden("it has no host".into()),
        };
        match address {
            Some(address) if !self.fence.allows(address) => forbidden(format!(
                "{address} is a private or special-purpose address; if it is yours, allow it with polling.allow_private in feeds.toml, or, for `clean` and `explain`, with --allow-private"
            )),
            _ => Ok(()),
        }
    }

    async fn read(
        &self,
        response: reqwest::Response,
        url: Url,
        hints: Hints,
        deadline: Deadline,
    ) -> Result<Body, FetchError> {
        let validators = headers::merge(&Validators::default(), response.headers());
        let content_type = headers::text(response.headers(), &header::CONTENT_TYPE);
        let (body, place) = self
            .room
            .read(response, self.body_bytes_max, deadline)
            .await?;
        let response = Response {
            url: Some(url.to_string()),
            content_type,
            body,
        };
        Ok(Body {
            response,
            validators,
            hints,
            moved_to: None,
            downgraded_to: None,
            is_delta: false,
            place,
        })
    }

    /// Reads a file; its size and time of change stand in for an entity tag.
    async fn fetch_file(
        &self,
        path: &Path,
        validators: &Validators,
    ) -> Result<Fetched, FetchError> {
        let failed = |why| FetchError::File {
            path: path.to_owned(),
            why,
        };
        let metadata = tokio::fs::metadata(path).await.map_err(failed)?;
        if !metadata.is_file() {
            return Err(failed(std::io::Error::other("it is no regular file")));
        }
        if metadata.len() > self.body_bytes_max as u64 {
            return Err(FetchError::TooLarge(self.body_bytes_max));
        }
        let changed = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let etag = changed.map(|time| format!("\"file-{}-{}\"", metadata.len(), time.as_nanos()));
        if etag.is_some() && etag == validators.etag {
            return Ok(Fetched::NotModified {
                validators: validators.clone(),
                hints: Hints::default(),
                url: None,
                moved_to: None,
                downgraded_to: None,
            });
        }
        // It may grow meanwhile, and some say that they are empty.
        let most = self.body_bytes_max as u64 + 1;
        let mut body = Vec::new();
        let file = tokio::fs::File::open(path).await.map_err(failed)?;
        let read = file.take(most).read_to_end(&mut body).await;
        if read.map_err(failed)? > self.body_bytes_max {
            return Err(FetchError::TooLarge(self.body_bytes_max));
        }
        let response = Response {
            body,
            ..Response::default()
        };
        let validators = Validators {
            etag,
            last_modified: None,
        };
        Ok(Fetched::Body(Box::new(Body {
            response,
            validators,
            hints: Hints::default(),
            moved_to: None,
            downgraded_to: None,
            is_delta: false,
            place: Place::default(),
        })))
    }
}

/// What an error says to a person: it may be a login, or a check whether a browser asks.
async fn error_page(response: reqwest::Response, deadline: Deadline) -> Option<Box<Response>> {
    let content_type = headers::text(response.headers(), &header::CONTENT_TYPE);
    let is_page = content_type.as_ref().is_some_and(|t| t.contains("html"));
    if !is_page {
        return None;
    }
    let url = Some(response.url().to_string());
    Some(Box::new(Response {
        url,
        content_type,
        body: body::page_of_error(response, deadline).await,
    }))
}

/// Opens further networks for one run: `clean URL --allow-private NET`.
#[must_use]
pub fn allow_private(mut polling: Polling, further: &[AllowPrivate]) -> Polling {
    polling.allow_private.extend_from_slice(further);
    polling
}

/// Whether a name is that of the proxy, or of the machine that it runs on (RFC 6761 §6.3).
fn is_behind(name: &str, proxy: &Proxy) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let own = proxy.0.host_str().unwrap_or_default();
    name == "localhost"
        || name.ends_with(".localhost")
        || own.trim_end_matches('.').eq_ignore_ascii_case(&name)
}

/// Ports that belong to other protocols: the "bad port" list of the Fetch standard (§2.9 "Port blocking").
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];
