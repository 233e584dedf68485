//! The server: connections, how many, how long, and how they end.
//!
//! Invariants: who sends its request too slowly, or takes too long to read the answer, is in nobody's way; nobody who wants
//! in is refused because others stay. Where too many are open, whoever has asked for nothing for the longest makes room.

use super::router;
use crate::daemon::App;
use crate::limits;
use crate::metrics::Metrics;
use axum::Router;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long to wait after a connection could not be accepted.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// How long answers under way may take after the word to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves until `shutdown`, then lets the answers under way finish.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) {
    let guests = Guests::new(limits::CONNECTIONS_MAX, Arc::clone(&app.metrics));
    let service = TowerToHyperService::new(router(app));
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
            Err(error) => {
                // Most often there are no file descriptors left; who leaves gives one back.
                tracing::warn!(%error, "can't accept a connection");
                guests.dismiss_oldest();
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        // Only the latency of the last packet depends on it.
        let _ = stream.set_nodelay(true);
        let guest = guests.welcome();
        let heard = Heard {
            inner: service.clone(),
            guest: Arc::clone(&guest),
        };
        let connection = server
            .serve_connection(TokioIo::new(stream), heard)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error, "a connection ended early");
                },
                () = guest.leave.cancelled() => {}
            }
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN_TIMEOUT) => {}
    }
}

/// The connections that are open.
#[derive(Clone)]
struct Guests(Arc<House>);

struct House {
    places: usize,
    metrics: Arc<Metrics>,
    /// Counts connections and requests: what is higher is younger. No clock is needed to tell who waits for longest.
    turn: AtomicU64,
    open: Mutex<HashMap<u64, Seen>>,
}

/// What is known of a guest without keeping it.
struct Seen {
    /// When it last asked for something, or came.
    last: Arc<AtomicU64>,
    leave: CancellationToken,
}

/// A connection, for as long as it is open.
struct Guest {
    number: u64,
    last: Arc<AtomicU64>,
    /// Told to make room.
    leave: CancellationToken,
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

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Seen>> {
        // A panic while the lock is held can't leave the map half-changed: each change is one call.
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a place for one more.
    fn welcome(&self) -> Arc<Guest> {
        if self.open().len() >= self.0.places {
            self.dismiss_oldest();
        }
        let number = self.turn();
        let guest = Guest {
            number,
            last: Arc::new(AtomicU64::new(number)),
            leave: CancellationToken::new(),
            guests: self.clone(),
        };
        let seen = Seen {
            last: Arc::clone(&guest.last),
            leave: guest.leave.clone(),
        };
        let mut open = self.open();
        open.insert(number, seen);
        self.0.metrics.connected(open.len());
        Arc::new(guest)
    }

    /// Sends away whoever has asked for nothing for the longest.
    fn dismiss_oldest(&self) {
        let mut open = self.open();
        let oldest = open
            .iter()
            .min_by_key(|(_, seen)| seen.last.load(Ordering::Relaxed))
            .map(|(&number, _)| number);
        if let Some(seen) = oldest.and_then(|number| open.remove(&number)) {
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

/// The service of one connection, which notes when something is asked.
#[derive(Clone)]
struct Heard {
    inner: TowerToHyperService<Router>,
    guest: Arc<Guest>,
}

impl Service<hyper::Request<Incoming>> for Heard {
    type Response = <TowerToHyperService<Router> as Service<hyper::Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<hyper::Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<hyper::Request<Incoming>>>::Future;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        let turn = self.guest.guests.turn();
        self.guest.last.store(turn, Ordering::Relaxed);
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_for_nothing_for_the_longest_makes_room() {
        let guests = Guests::new(3, Arc::default());
        let [first, second, third] = [(); 3].map(|()| guests.welcome());
        // The first asks once more.
        first.last.store(guests.turn(), Ordering::Relaxed);
        let fourth = guests.welcome();
        let told = [&first, &second, &third, &fourth].map(|guest| guest.leave.is_cancelled());
        assert_eq!(told, [false, true, false, false]);
        drop((second, third));
        let _fifth = guests.welcome();
        assert!(!first.leave.is_cancelled(), "there was room");
        assert_eq!(guests.open().len(), 3);
    }

    #[test]
    fn nobody_is_sent_away_from_an_empty_house() {
        Guests::new(3, Arc::default()).dismiss_oldest();
    }
}
