//! What the service manager is told, and what it tells: readiness, reloads, the watchdog, a handed-over socket.
//!
//! Outside systemd every function here does nothing, or the plain thing.

use crate::daemon::App;
use crate::web;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long the server may take to answer its own probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// The listener that the service manager hands over (`feedwash.socket`), else one of our own on `listen`.
///
/// # Errors
/// Where the address can't be listened on, most often because the port is taken.
pub async fn listener(listen: SocketAddr) -> std::io::Result<TcpListener> {
    match ListenFd::from_env().take_tcp_listener(0)? {
        Some(handed_over) => {
            handed_over.set_nonblocking(true)?;
            TcpListener::from_std(handed_over)
        }
        None => TcpListener::bind(listen).await,
    }
}

/// Says that the program is up, or up again.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Says that the configuration is being read anew.
pub fn reloading() {
    let mut states = vec![NotifyState::Reloading];
    states.extend(NotifyState::monotonic_usec_now());
    tell(&states);
}

/// Says that the program is on its way out.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "can't tell the service manager");
    }
}

/// Feeds the watchdog, if there is one, for as long as the poll loop comes round, the store answers and the
/// server answers a real request on its own address.
pub async fn watchdog(app: App, address: SocketAddr, shutdown: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut beat = tokio::time::interval(limit / 3);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = beat.tick() => {}
        }
        match probe(address).await {
            Ok(()) if web::stuck(&app).await.is_empty() => tell(&[NotifyState::Watchdog]),
            Ok(()) => {}
            Err(error) => tracing::error!(%error, "the server does not answer its own probe"),
        }
    }
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
