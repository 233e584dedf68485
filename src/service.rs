//! What the service manager is told, and what it tells: readiness, reloads, the watchdog, a handed-over socket.
//!
//! Outside systemd every function here does nothing, or the plain thing. Invariant: the watchdog is fed by signs of
//! life alone. A store that is away or full is no reason for a restart, which would not mend it and end serving.

use crate::daemon::{App, Pulse};
use crate::web;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long the server may take to answer its own probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a start that takes long says that it goes on.
const GOES_ON_EVERY: Duration = Duration::from_secs(5);

/// For how long it asks each time. Six times as much, since a busy machine may hold it up.
const GOES_ON_FOR: Duration = Duration::from_secs(30);

/// The listener that the service manager hands over (`feedwash.socket`), else one of our own on `listen`.
///
/// # Errors
/// Where the address can't be listened on, most often because the port is taken.
pub async fn listener(listen: SocketAddr) -> std::io::Result<TcpListener> {
    let mut handed_over = ListenFd::from_env();
    if handed_over.len() > 1 {
        tracing::warn!(
            sockets = handed_over.len(),
            "only the first ListenStream= of the socket unit is served; name one address, or a port for every address"
        );
    }
    match handed_over.take_tcp_listener(0)? {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        }
        None => TcpListener::bind(listen).await,
    }
}

/// Does what has to be done before the program is up, and says meanwhile that it goes on, so that a large store may take
/// its time to be brought to a newer form.
pub async fn while_starting<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut beat = tokio::time::interval(GOES_ON_EVERY);
    let more_time = u32::try_from(GOES_ON_FOR.as_micros()).unwrap_or(u32::MAX);
    tokio::pin!(work);
    loop {
        tokio::select! {
            // In this order: the first word goes out before the work begins.
            biased;
            _ = beat.tick() => tell(&[NotifyState::ExtendTimeoutUsec(more_time), NotifyState::Status(what)]),
            done = &mut work => return done,
        }
    }
}

/// Says that the program is up, or up again, and what it does.
pub fn ready(status: &str) {
    // One line, since each line of what is sent is a field of its own.
    let status = status.replace('\n', " ");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// Says that the configuration is being read anew.
pub fn reloading() {
    let mut states = vec![
        NotifyState::Reloading,
        NotifyState::Status("reading the configuration anew"),
    ];
    states.extend(NotifyState::monotonic_usec_now());
    tell(&states);
}

/// Says that the program is on its way out.
pub fn stopping() {
    tell(&[
        NotifyState::Stopping,
        NotifyState::Status("stopping; polls under way finish"),
    ]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "can't tell the service manager");
    }
}

/// Feeds the watchdog, if there is one, for as long as the poll loop comes round and the server answers a real request.
///
/// It asks on its own address. What hangs in the store holds up the loop, so it is noticed there.
pub async fn watchdog(app: App, address: SocketAddr, shutdown: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    let started = Instant::now();
    let mut beat = tokio::time::interval(limit / 3);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = beat.tick() => {}
        }
        if !comes_round(&app.pulse, started) {
            tracing::error!("the poll loop does not come round");
            continue;
        }
        match probe(address).await {
            Ok(()) => tell(&[NotifyState::Watchdog]),
            Err(error) => tracing::error!(%error, "the server does not answer its own probe"),
        }
    }
}

/// Whether the poll loop came round lately, or is not late with its first round.
fn comes_round(pulse: &Pulse, started: Instant) -> bool {
    pulse.age().unwrap_or_else(|| started.elapsed()) <= web::PULSE_AGE_MAX
}

/// Asks the server for its style sheet, which needs neither the store nor a poll.
async fn probe(address: SocketAddr) -> std::io::Result<()> {
    let address = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::from((Ipv6Addr::LOCALHOST, address.port()))
        }
        _ => address,
    };
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream
            .write_all(b"HEAD /style.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        if &answer == b"HTTP/1.1 200" {
            Ok(())
        } else {
            Err(std::io::Error::other("the answer is not 200"))
        }
    };
    tokio::time::timeout(PROBE_TIMEOUT, ask)
        .await
        .map_err(|_| std::io::ErrorKind::TimedOut)?
}
