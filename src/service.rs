//! What the service manager is told, and what it tells: readiness, reloads, the watchdog, a handed-over socket.
//!
//! Outside systemd every function here does nothing, or the plain thing. Invariant: the watchdog is fed by signs of
//! life alone. A store that is away or full is no reason for a restart, which would not mend it and end serving.

use crate::config::AccessToken;
use crate::daemon::{App, Pulse};
use crate::{limits, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// Feeds the watchdog, if there is one, for as long as the poll loop comes round and the server answers, where there are such.
///
/// The server is asked for something real on its own address. What hangs in the store holds up the loop, so it is noticed there.
pub async fn watchdog(app: App, address: Option<SocketAddr>, shutdown: CancellationToken) {
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
        if app.role.polls() && !comes_round(&app.pulse, started) {
            tracing::error!("the poll loop does not come round");
            continue;
        }
        let probe = async {
            match address {
                Some(address) => probe(address).await,
                None => Ok(()),
            }
        };
        let probed = tokio::select! {
            // Who stops listens no more, and systemd's socket would keep the probe waiting.
            () = shutdown.cancelled() => return,
            probed = probe => probed,
        };
        match probed {
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
    match ask(address, "HEAD", &web::STYLE_PATH, "").await? {
        (200, _) => Ok(()),
        (code, _) => Err(std::io::Error::other(format!("it answers {code}"))),
    }
}

/// What a Feedwash that serves at `address` says of its health: whether all is well, and its own words.
///
/// # Errors
/// Where nobody answers there in time, or not over HTTP.
pub async fn health(
    address: SocketAddr,
    token: Option<&AccessToken>,
) -> std::io::Result<(bool, String)> {
    let password = token.map(|token| STANDARD.encode(format!("feedwash:{}", token.secret())));
    let authorization = password.map(|password| format!("Authorization: Basic {password}\r\n"));
    let fields = authorization.unwrap_or_default();
    let (code, answer) = ask(address, "GET", "/health", &fields).await?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
    Ok((code == 200, body.unwrap_or_default().trim_end().to_owned()))
}

/// Asks a server on this machine for something small, with further fields of the head, each with its end of line: the code of
/// its answer, and the whole answer.
async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    fields: &str,
) -> std::io::Result<(u16, String)> {
    let here: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let ask = async {
        let mut stream = TcpStream::connect((here, address.port())).await?;
        // HTTP/1.0 has no chunks to put together.
        let request = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        let mut answers = stream.take(limits::PROBE_BYTES_MAX);
        answers.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::time::timeout(PROBE_TIMEOUT, ask)
        .await
        .map_err(|_| std::io::ErrorKind::TimedOut)??;
    // RFC 9112 §4: the version, a space, and three digits.
    let mut words = answer.split(' ');
    let version = words.next().filter(|word| word.starts_with("HTTP/1."));
    let code = version.and(words.next()).and_then(|code| code.parse().ok());
    let code = code.ok_or_else(|| std::io::Error::other("what answers speaks no HTTP"))?;
    Ok((code, answer))
}
