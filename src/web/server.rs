//! The server: connections, how many, how long, and how they end.
//!
//! Invariants: who sends its request too slowly, or does not read the answer, is sent away; nobody who wants in is refused
//! because others stay. Where too many are open, whoever has waited for nothing for the longest makes room, and who is being
//! answered only where all are.

use super::{Shared, quick, routes};
use crate::daemon::App;
use crate::limits;
use crate::metrics::Metrics;
use axum::Router;
use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use std::collections::HashMap;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

/// How long to wait after a connection could not be accepted.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// How many are sent away where no more can be accepted: each waits for the next look.
const DISMISSED_AT_ONCE: usize = 16;

/// How long answers under way may take after the word to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves until `shutdown`, then lets the answers under way finish.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) {
    let guests = Guests::new(places(), Arc::clone(&app.metrics));
    let shared = Shared::new(app);
    let service = TowerToHyperService::new(routes(shared.clone()));
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_HEAD_TIMEOUT)
        .max_buf_size(limits::REQUEST_HEAD_BYTES_MAX);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            // Who came is gone again.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
            Err(error) => {
                // Most often there are no file descriptors left; who leaves gives one back.
                tracing::warn!(%error, "can't accept a connection");
                guests.dismiss(DISMISSED_AT_ONCE);
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        // Only the latency of the last packet depends on it.
        let _ = stream.set_nodelay(true);
        let guest = guests.welcome();
        let heard = Heard {
            inner: service.clone(),
            shared: shared.clone(),
            guest: Arc::clone(&guest),
        };
        let connection = server
            .serve_connection(TokioIo::new(impatient(stream)), heard)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error, "a connection ended early");
                },
                () = guest.seen.leave.cancelled() => {}
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN_TIMEOUT) => {}
    }
}

/// How many connections may be open: the rest of the files that the system allows is for polls and the store.
fn places() -> usize {
    let allowed = getrlimit(Resource::Nofile).current;
    let half = allowed.and_then(|allowed| usize::try_from(allowed / 2).ok());
    half.map_or(limits::CONNECTIONS_MAX, |half| {
        half.clamp(1, limits::CONNECTIONS_MAX)
    })
}

/// A connection that ends where nothing of an answer is taken for too long.
fn impatient(stream: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits::ANSWER_IDLE_TIMEOUT));
    Box::pin(stream)
}

/// The connections that are open.
#[derive(Clone)]
struct Guests(Arc<House>);

struct House {
    places: usize,
    metrics: Arc<Metrics>,
    /// Counts connections and requests: what is higher is younger. No clock is needed to tell who waits for longest.
    turn: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Seen>>>,
}

/// What is known of a guest without keeping it.
struct Seen {
    /// When it last asked for something, was answered or came.
    last: AtomicU64,
    /// How many answers are under way.
    answers: AtomicUsize,
    /// Told to make room.
    leave: CancellationToken,
}

impl Seen {
    /// Whoever is lower makes room first.
    fn rank(&self) -> (bool, u64) {
        let is_answered = self.answers.load(Ordering::Relaxed) > 0;
        (is_answered, self.last.load(Ordering::Relaxed))
    }
}

/// A connection, for as long as it is open.
struct Guest {
    number: u64,
    seen: Arc<Seen>,
    guests: Guests,
}

impl Guests {
    fn new(places: usize, metrics: Arc<Metrics>) -> Self {
        Self(Arc::new(House {
            places,
            metrics,
            turn: AtomicU64::new(0),
            open: Mutex::default(),
        }))
    }

    fn turn(&self) -> u64 {
        self.0.turn.fetch_add(1, Ordering::Relaxed)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Seen>>> {
        // A panic while the lock is held can't leave the map half-changed: each change is one call.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a place for one more.
    fn welcome(&self) -> Arc<Guest> {
        if self.open().len() >= self.0.places {
            self.dismiss(1);
        }
        let number = self.turn();
        let seen = Arc::new(Seen {
            last: AtomicU64::new(number),
            answers: AtomicUsize::new(0),
            leave: CancellationToken::new(),
        });
        let mut open = self.open();
        open.insert(number, Arc::clone(&seen));
        self.0.metrics.connected(open.len());
        Arc::new(Guest {
            number,
            seen,
            guests: self.clone(),
        })
    }

    /// Sends away so many of those that have waited for nothing for the longest.
    fn dismiss(&self, count: usize) {
        let mut open = self.open();
        for _ in 0..count {
            let first = open.iter().min_by_key(|(_, seen)| seen.rank());
            let Some(seen) = first
                .map(|(&number, _)| number)
                .and_then(|number| open.remove(&number))
            else {
                return;
            };
            seen.leave.cancel();
            self.0.metrics.dismissed();
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut open = self.guests.open();
        open.remove(&self.number);
        self.guests.0.metrics.connected(open.len());
    }
}

/// An answer under way.
struct Answering(Arc<Guest>);

impl Answering {
    fn new(guest: &Arc<Guest>) -> Self {
        guest.seen.answers.fetch_add(1, Ordering::Relaxed);
        guest.note();
        Self(Arc::clone(guest))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.seen.answers.fetch_sub(1, Ordering::Relaxed);
        self.0.note();
    }
}

impl Guest {
    fn note(&self) {
        self.seen.last.store(self.guests.turn(), Ordering::Relaxed);
    }
}

/// The service of one connection, which notes when something is asked and when it is answered.
#[derive(Clone)]
struct Heard {
    inner: TowerToHyperService<Router>,
    shared: Shared,
    guest: Arc<Guest>,
}

impl Service<hyper::Request<Incoming>> for Heard {
    type Response = hyper::Response<Told>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let answering = Answering::new(&self.guest);
        if let Some(answer) = quick::answer(&self.shared, &request) {
            let told = |body| Told::new(Carried::Whole(Some(body)), answering);
            return Answer::Ready(Some(answer.map(told)));
        }
        let answer = self.inner.call(request);
        Answer::Pending(Box::pin(async move {
            let answer = answer.await?;
            Ok(answer.map(|body| Told::new(Carried::Streamed(body), answering)))
        }))
    }
}

/// An answer that is there, or will be.
enum Answer {
    Ready(Option<hyper::Response<Told>>),
    Pending(Pin<Box<dyn Future<Output = Result<hyper::Response<Told>, Infallible>> + Send>>),
}

impl Future for Answer {
    type Output = Result<hyper::Response<Told>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Ready(answer) => Poll::Ready(Ok(answer.take().expect("it is polled once"))),
            Self::Pending(answer) => answer.as_mut().poll(context),
        }
    }
}

/// The body of an answer, which is under way until its end.
struct Told {
    body: Carried,
    _answering: Answering,
}

/// What is in an answer.
enum Carried {
    /// All of it, until it is sent.
    Whole(Option<Bytes>),
    Streamed(axum::body::Body),
}

impl Told {
    fn new(body: Carried, answering: Answering) -> Self {
        Self {
            body,
            _answering: answering,
        }
    }
}

impl Body for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.body {
            Carried::Whole(body) => {
                let body = body.take().filter(|body| !body.is_empty());
                Poll::Ready(body.map(|body| Ok(Frame::data(body))))
            }
            Carried::Streamed(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Carried::Whole(body) => body.as_ref().is_none_or(Bytes::is_empty),
            Carried::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Carried::Whole(body) => {
                SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64)
            }
            Carried::Streamed(body) => body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waited_for_nothing_for_the_longest_makes_room() {
        let guests = Guests::new(4, Arc::default());
        let [answered, first, second, third] = [(); 4].map(|()| guests.welcome());
        let answering = Answering::new(&answered);
        // The first asks once more, and has its answer.
        drop(Answering::new(&first));
        let fifth = guests.welcome();
        let told = || {
            let all = [&answered, &first, &second, &third, &fifth];
            all.map(|guest| guest.seen.leave.is_cancelled())
        };
        assert_eq!(told(), [false, false, true, false, false]);
        drop(second.clone());
        guests.dismiss(3);
        assert_eq!(
            told(),
            [false, true, true, true, true],
            "who is answered stays longest"
        );
        drop(answering);
        guests.dismiss(1);
        assert!(told()[0]);
        assert_eq!(guests.open().len(), 0);
    }

    #[test]
    fn who_leaves_makes_room() {
        let guests = Guests::new(2, Arc::default());
        let [first, second] = [(); 2].map(|()| guests.welcome());
        drop(second);
        let _third = guests.welcome();
        assert!(!first.seen.leave.is_cancelled());
    }

    #[test]
    fn nobody_is_sent_away_from_an_empty_house() {
        Guests::new(3, Arc::default()).dismiss(1);
    }
}
