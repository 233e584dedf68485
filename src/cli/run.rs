//! `run`: the daemon and the server under one shutdown.

use super::{config, output};
use crate::config::Config;
use crate::daemon::{self, App, Pulse};
use crate::poll::Live;
use crate::store::Store;
use crate::{service, web};
use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the configuration file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How many milliseconds memory that was freed is kept for the next who needs some, and whether pages may be of 2 MB.
///
/// Mimalloc's own second, and such pages, keep what a burst of large documents left: 280 to 470 MB in place of 180.
const ALLOCATOR: [(&str, &str); 2] = [("MIMALLOC_PURGE_DELAY", "0"), ("MIMALLOC_ALLOW_THP", "0")];

/// Lets the allocator give back at once what was freed. It reads its settings before `main`, and in the environment only,
/// so the program takes its own place once; a setting that somebody made stays.
pub(super) fn settle_allocator() {
    let unset: Vec<_> = ALLOCATOR
        .into_iter()
        .filter(|(name, _)| std::env::var_os(name).is_none())
        .collect();
    if unset.is_empty() {
        return;
    }
    let mut args = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), args.next()) else {
        return;
    };
    // Else it was started by another program, as a dynamic loader that was given its name.
    if program.file_name() != Path::new(&name).file_name() {
        return;
    }
    let mut again = std::process::Command::new(program);
    // It comes back only where it failed, and then the program needs more memory and is none the worse.
    let _ = again.arg0(name).args(args).envs(unset).exec();
}

/// `feedwash run`.
pub(super) async fn run(named: Option<&Path>) -> Result<ExitCode> {
    let path = config::path(named);
    let live = Live::new(config::load(&path)?)?;
    let listen = live.config.server.listen;
    let listener = service::listener(listen).await.with_context(|| {
        format!("can't listen on {listen} (is another program, or another Feedwash, using the port? set server.listen to another)")
    })?;
    let address = listener.local_addr()?;
    let store = Store::open(&live.config.store.location).await?;
    let (sender, receiver) = watch::channel(Arc::new(live));
    let app = App {
        store: store.clone(),
        live: receiver,
        pulse: Arc::new(Pulse::default()),
    };
    let shutdown = CancellationToken::new();

    // Before anybody is told that the program is up, and may signal it.
    let signals = Signals {
        stop: signalled()?,
        reload: signal(SignalKind::hangup())?,
    };
    let polling = tokio::spawn(daemon::run(app.clone(), shutdown.clone()));
    let serving = tokio::spawn(web::serve(listener, app.clone(), shutdown.clone()));
    let watching = tokio::spawn(service::watchdog(app.clone(), address, shutdown.clone()));
    greet(&sender.borrow().config, address);
    service::ready();

    let result = until_told(&path, signals, &sender, &polling, &serving).await;
    service::stopping();
    tracing::info!("stopping; a second signal stops at once");
    shutdown.cancel();
    tokio::select! {
        ended = async {
            let _ = watching.await;
            polling.await.context("the poll loop failed, which is a bug of Feedwash")?;
            serving.await.context("the server failed, which is a bug of Feedwash")
        } => ended?,
        // What a poll had not written yet is polled again at the next start.
        () = signalled()? => tracing::warn!("stopped in the middle of polls"),
    }
    store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

/// What the outside may say.
struct Signals<S> {
    stop: S,
    reload: tokio::signal::unix::Signal,
}

/// Ends with the next SIGINT or SIGTERM.
fn signalled() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Says what is served where. On a terminal in words; to a journal it is one line of the log.
fn greet(config: &Config, address: SocketAddr) {
    tracing::info!(%address, public_url = config.server.public_url, sources = config.sources.len(), store = %config.store.location, "serving");
    if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        output::say(&format!("\n  Clean feeds are served at http://{address}/"));
        for source in config.sources.iter().take(10) {
            output::say(&format!(
                "    http://{address}/feeds/{}.rss  .atom  .json",
                source.name
            ));
        }
        if config.sources.len() > 10 {
            output::say(&format!("    … and {} more", config.sources.len() - 10));
        }
        output::say("  Stop with Ctrl-C.\n");
    }
}

/// Waits for the word to stop; reloads meanwhile. Fails where a part of the program ends by itself.
async fn until_told<S: Future<Output = ()>>(
    path: &Path,
    signals: Signals<S>,
    live: &watch::Sender<Arc<Live>>,
    polling: &tokio::task::JoinHandle<()>,
    serving: &tokio::task::JoinHandle<()>,
) -> Result<()> {
    let Signals { stop, mut reload } = signals;
    tokio::pin!(stop);
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut seen = changed(path);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = reload.recv() => {
                seen = changed(path);
                read_anew(path, live);
            }
            _ = look.tick() => {
                if polling.is_finished() || serving.is_finished() {
                    bail!("a part of the program ended by itself");
                }
                let now = changed(path);
                // A file that is away for a moment is being replaced by an editor.
                if now.is_some() && now != seen {
                    seen = now;
                    read_anew(path, live);
                }
            }
        }
    }
}

/// When a file last changed, and its size, which changes with most edits within one tick of a coarse clock.
fn changed(path: &Path) -> Option<(SystemTime, u64, PathBuf)> {
    let real = std::fs::canonicalize(path).ok()?;
    let metadata = std::fs::metadata(&real).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), real))
}

/// Builds a whole new configuration and swaps it; a bad file leaves the old one running.
fn read_anew(path: &Path, live: &watch::Sender<Arc<Live>>) {
    service::reloading();
    let loaded = config::load(path).and_then(|config| Ok(Live::new(config)?));
    match loaded {
        Ok(new) => {
            let old = Arc::clone(&live.borrow());
            if old.config.server.listen != new.config.server.listen
                || old.config.store.location != new.config.store.location
            {
                tracing::warn!("server.listen and store.url take effect at the next start");
            }
            tracing::info!(
                sources = new.config.sources.len(),
                "the configuration was read anew"
            );
            live.send_replace(Arc::new(new));
        }
        Err(error) => {
            // One line of the log: a journal would take the others for lines of their own.
            let why = format!("{error:#}").replace("\n  ", " | ");
            tracing::error!("the old configuration stays in force: {why}");
        }
    }
    service::ready();
}
