//! `run`: the daemon and the server under one shutdown.

use super::{config, output};
use crate::config::Config;
use crate::daemon::{self, App, Rejected, Role};
use crate::poll::Live;
use crate::store::Store;
use crate::{service, web};
use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How often the configuration file is looked at. What changed is read when it was the same on two looks: an editor may
/// be half way through, and half a file, or an empty one, withdraws feeds.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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

/// How many files and connections may be open: those of readers, of polls and of the store, and as many again.
const OPEN_FILES: u64 = 8_192;

/// Asks for more open files where the system allows them: 1,024 is the usual start, for programs of another age.
fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit
        .maximum
        .map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if limit.current.is_some_and(|now| now < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            ..limit
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::debug!(%error, "no more files may be open than {:?}", limit.current);
        }
    }
}

/// The parts of the running program, by name: each ends when it is told to, and not before.
type Parts = Vec<(&'static str, JoinHandle<()>)>;

/// `feedwash run`.
pub(super) async fn run(named: Option<&Path>, role: Role) -> Result<ExitCode> {
    raise_open_files();
    let path = config::path(named);
    // Before it is read, so that an edit during a long start is not missed.
    let read = Stamp::of(&path);
    let live = Live::new(config::load_to_serve(&path)?)?;
    let listener = match role.serves() {
        true => Some(listener(live.config.server.listen).await?),
        false => None,
    };
    let address = listener.as_ref().map(TcpListener::local_addr).transpose()?;
    let opening = Store::open(&live.config.store.location);
    let store = service::while_starting("opening the store", opening).await?;
    let (app, sender) = App::new(store.clone(), live, role);
    let shutdown = CancellationToken::new();

    // Before anybody is told that the program is up, and may signal it.
    let signals = Signals {
        stop: signalled()?,
        reload: signal(SignalKind::hangup())?,
    };
    let mut parts = Parts::new();
    if role.polls() {
        let polling = daemon::run(app.clone(), shutdown.clone());
        parts.push(("poll loop", tokio::spawn(polling)));
    }
    if let Some(listener) = listener {
        let serving = web::serve(listener, app.clone(), shutdown.clone());
        parts.push(("server", tokio::spawn(serving)));
    }
    // It ends with the program.
    let listening = store.clone();
    tokio::spawn(async move { listening.listen().await });
    let watching = tokio::spawn(service::watchdog(app.clone(), address, shutdown.clone()));
    greet(&sender.borrow().config, address);
    service::ready(&status(&sender.borrow().config, address));

    let conf = Conf {
        path,
        read,
        address,
        live: sender,
        app: app.clone(),
    };
    let result = until_told(conf, signals, &parts).await;
    service::stopping();
    tracing::info!("stopping; a second signal stops at once");
    shutdown.cancel();
    tokio::select! {
        ended = async {
            let _ = watching.await;
            for (name, part) in parts {
                part.await.with_context(|| format!("the {name} failed, which is a bug of Feedwash"))?;
            }
            Ok::<_, anyhow::Error>(())
        } => ended?,
        // What a poll had not written yet is polled again at the next start.
        () = signalled()? => tracing::warn!("stopped in the middle of polls"),
    }
    store.close().await;
    result.map(|()| ExitCode::SUCCESS)
}

async fn listener(listen: SocketAddr) -> Result<TcpListener> {
    let listener = service::listener(listen).await;
    listener.with_context(|| {
        format!("can't listen on {listen} (is another program, or another Feedwash, using the port? set server.listen to another)")
    })
}

/// An error in one line of the log: a journal would take the others for lines of their own.
fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}").replace("\n  ", " | ")
}

/// Names for a line of the log.
fn listed<'n>(names: impl Iterator<Item = &'n String>) -> String {
    const NAMED: usize = 10;
    let mut names = names.peekable();
    let mut said: Vec<&str> = names.by_ref().take(NAMED).map(String::as_str).collect();
    let others = names.count();
    let more = format!("and {others} more");
    if others > 0 {
        said.push(&more);
    }
    said.join(", ")
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
fn greet(config: &Config, address: Option<SocketAddr>) {
    let Some(address) = address else {
        tracing::info!(sources = config.sources.len(), store = %config.store.location, "polling; others serve");
        return;
    };
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

/// What the service manager shows beside the unit's name.
fn status(config: &Config, address: Option<SocketAddr>) -> String {
    let sources = output::count(config.sources.len(), "source", "sources");
    match address {
        Some(address) => format!("{sources}; serving at http://{address}/"),
        None => format!("{sources}; polling, and serving nothing"),
    }
}

/// Waits for the word to stop; reloads meanwhile. Fails where a part of the program ends by itself.
async fn until_told<S: Future<Output = ()>>(
    mut conf: Conf,
    signals: Signals<S>,
    parts: &Parts,
) -> Result<()> {
    let Signals { stop, mut reload } = signals;
    tokio::pin!(stop);
    let mut look = tokio::time::interval(LOOK_EVERY);
    // What the last look saw, where it was something new.
    let mut new: Option<Stamp> = None;
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = reload.recv() => {
                new = None;
                conf.read_anew(Stamp::of(&conf.path), Asked::Yes);
            }
            _ = look.tick() => {
                if let Some((name, _)) = parts.iter().find(|(_, part)| part.is_finished()) {
                    bail!("the {name} ended by itself, which is a bug of Feedwash");
                }
                // A file that is away for a moment is being replaced by an editor.
                let now = Stamp::of(&conf.path).filter(|now| conf.read.as_ref() != Some(now));
                if now.is_some() && now == new {
                    conf.read_anew(now, Asked::No);
                    new = None;
                } else {
                    new = now;
                }
            }
        }
    }
}

/// What tells one state of a file from another: where it really is, and what changes when somebody saves it. A clock that
/// stands still, or a copy with the times of its original, is not enough to miss a change.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    real: PathBuf,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let real = std::fs::canonicalize(path).ok()?;
        let metadata = std::fs::metadata(&real).ok()?;
        Some(Self {
            real,
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// The configuration in force, and where it came from.
struct Conf {
    path: PathBuf,
    /// The state of the file when it was read.
    read: Option<Stamp>,
    /// Where it serves, where it does.
    address: Option<SocketAddr>,
    live: watch::Sender<Arc<Live>>,
    app: App,
}

/// Whether somebody asked for it to be read, or it was only seen to have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Yes,
    No,
}

impl Conf {
    /// Builds a whole new configuration and swaps it; a bad file leaves the old one running.
    fn read_anew(&mut self, stamp: Option<Stamp>, asked: Asked) {
        self.read = stamp;
        service::reloading();
        let loaded = config::load_to_serve(&self.path)
            .and_then(|config| self.is_meant(config, asked))
            .and_then(|config| Ok(Live::new(config)?));
        let rejected = loaded.as_ref().err().map(|error| Rejected {
            // For others to read: not where it lies.
            why: one_line(error).replace(&self.path.display().to_string(), "feeds.toml"),
            at: Timestamp::now(),
        });
        *self
            .app
            .rejected
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = rejected;
        let said = match loaded {
            Ok(new) => {
                let status = status(&new.config, self.address);
                self.swap(new);
                status
            }
            Err(error) => {
                let why = one_line(&error);
                tracing::error!("the old configuration stays in force: {why}");
                let status = status(&self.live.borrow().config, self.address);
                format!("{status}; the old configuration stays in force: {why}")
            }
        };
        service::ready(&said);
    }

    /// A file that was only saved and has no source any more may be what a full disk left of it: all readers would be told
    /// that their feeds are gone for good.
    fn is_meant(&self, config: Config, asked: Asked) -> Result<Config> {
        let before = self.live.borrow().config.sources.len();
        if asked == Asked::No && config.sources.is_empty() && before > 0 {
            bail!(
                "{} has no source any more, where there were {before}; if that is meant, reload (SIGHUP)",
                self.path.display()
            );
        }
        Ok(config)
    }

    fn swap(&self, new: Live) {
        let old = Arc::clone(&self.live.borrow());
        if old.config.server.listen != new.config.server.listen
            || old.config.store.location != new.config.store.location
        {
            tracing::warn!("server.listen and store.url take effect at the next start");
        }
        let names = |live: &Live| -> BTreeSet<String> {
            let sources = live.config.sources.iter();
            sources.map(|source| source.name.to_string()).collect()
        };
        let (before, after) = (names(&old), names(&new));
        tracing::info!(
            sources = after.len(),
            added = listed(after.difference(&before)),
            removed = listed(before.difference(&after)),
            "the configuration was read anew"
        );
        self.live.send_replace(Arc::new(new));
    }
}
