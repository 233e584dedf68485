//! Which polls run, how many at once, and how it all stops and reloads.
//!
//! One loop: every second it takes what is due and hands each source to a task; a task waits for a place
//! among all polls and for its host's turn. The sources of one publisher come one after the other, whatever made them
//! due together. Nothing here fetches, washes or writes: that is `poll`'s.

mod agreement;
mod app;
mod rewash;
mod rota;
mod turns;

pub(crate) use agreement::said;
pub use app::{App, Pulse, Rejected, Role};
pub use rewash::rewash;
pub use rota::Rota;
pub use turns::Turns;

use agreement::Watch;
use rewash::Rewash;
use turns::{Host, POLLS_A_HOST, WAITING_A_HOST};

use crate::config::{Config, Location, SourceConfig};
use crate::limits;
use crate::poll::{self, Live, Outcome};
use crate::schedule::Clock;
use crate::store::{Source, StoreError};
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often the loop looks for due sources. A command that changes the store is noticed within this time.
const TICK: Duration = Duration::from_secs(1);

/// How often old entries are deleted.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// How many sources are taken for each place among the polls, since some wait for their host.
const TAKEN_A_PLACE: usize = 4;

/// How long a source whose host has a full queue is put back.
const TURN_RETRY: SignedDuration = SignedDuration::from_secs(1);

/// How long a wash and its writing may take, on top of the fetch, before the source is thought to be lost by a
/// crash and given to somebody else. Generous: the largest documents take seconds.
const WASH_TIME: Duration = Duration::from_secs(60);

/// Polls until `shutdown`, then lets the polls under way finish.
pub async fn run(app: App, shutdown: CancellationToken) {
    let polls = TaskTracker::new();
    let mut live = app.live.clone();
    let mut crew = Crew::new(&app.turns, &live.borrow_and_update().config);
    let mut old = Arc::clone(&live.borrow());
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut pruned: Option<Instant> = None;
    let (started, mut clock) = (Instant::now(), Clock::default());
    if let Err(error) = app.store.release_leases().await {
        tracing::error!(%error, "can't release the sources that were being polled when the program last ended");
    }
    let mut adopted = adopt(&app).await;
    let mut watch = Watch::default();
    // Nobody knows how long the program was away, nor what the clock did meanwhile.
    settle(&app).await;
    let mut rewash = Rewash::new(&shutdown);
    rewash.start(&app, &polls, &shutdown);
    // More may be due than could be taken.
    let mut is_full = false;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            changed = live.changed() => {
                if changed.is_err() {
                    break;
                }
                let new = Arc::clone(&live.borrow_and_update());
                crew = Crew::new(&app.turns, &new.config);
                adopted = adopt(&app).await;
                watch.anew();
                rewash.start(&app, &polls, &shutdown);
                if old.config.polling != new.config.polling {
                    retry_failing(&app).await;
                }
                hasten(&app, &old, &new).await;
                old = new;
            }
            () = crew.room.notified(), if is_full => {
                is_full = take(&app, &crew, &polls, &shutdown).await;
            }
            _ = tick.tick() => {
                app.pulse.beat(app.store.trouble().is_some(), Timestamp::now());
                if let Some(jump) = clock.jumped(Timestamp::now(), started.elapsed()) {
                    tracing::warn!(seconds = jump.as_secs(), "the clock jumped, or the machine slept");
                    settle(&app).await;
                }
                // While nothing can be written, nothing is taken: what it brought could not be kept.
                if !app.store.recovered().await {
                    continue;
                }
                if !adopted {
                    adopted = adopt(&app).await;
                }
                is_full = take(&app, &crew, &polls, &shutdown).await;
                watch.look(&app).await;
                if pruned.is_none_or(|at| at.elapsed() >= PRUNE_EVERY) {
                    // What could not be washed anew the last time is tried again.
                    if pruned.is_some() {
                        rewash.start(&app, &polls, &shutdown);
                    }
                    pruned = Some(Instant::now());
                    keep_up(&app, &polls, &shutdown);
                }
            }
        }
    }
    polls.close();
    if let Err(error) = app.store.step_back().await {
        tracing::debug!(%error, "can't tell the others that share the store; they see that the program has ended");
    }
    if !polls.is_empty() {
        tracing::info!(polls = polls.len(), "finishing the polls under way");
    }
    polls.wait().await;
}

/// Who may poll at the same time.
#[derive(Clone)]
struct Crew {
    /// How many sources may be taken.
    size: usize,
    /// Sources that were taken: they poll, or wait for their host's turn or for a place.
    taken: Arc<Semaphore>,
    /// Polls.
    places: Arc<Semaphore>,
    /// Told when half of those that may be taken could be taken again.
    room: Arc<Notify>,
    turns: Arc<Turns>,
    rota: Arc<Mutex<Rota>>,
    /// What the rota's times count from.
    since: Instant,
}

impl Crew {
    fn new(turns: &Arc<Turns>, config: &Config) -> Self {
        let concurrency = config.polling.concurrency;
        let size = concurrency.saturating_mul(TAKEN_A_PLACE);
        let size = size.min(Semaphore::MAX_PERMITS);
        Self {
            size,
            rota: Arc::new(Mutex::new(Rota::new(config))),
            since: Instant::now(),
            room: Arc::default(),
            taken: Arc::new(Semaphore::new(size)),
            places: Arc::new(Semaphore::new(concurrency.min(Semaphore::MAX_PERMITS))),
            turns: Arc::clone(turns),
        }
    }

    /// So many are worth a question.
    fn half(&self) -> usize {
        self.size / 2
    }

    fn make_room(&self) {
        if self.taken.available_permits() >= self.half() {
            self.room.notify_one();
        }
    }

    fn rota(&self) -> MutexGuard<'_, Rota> {
        self.rota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what is due, and says whether there may be more than could be taken.
async fn take(app: &App, crew: &Crew, polls: &TaskTracker, shutdown: &CancellationToken) -> bool {
    let handed_out = hand_out(app, crew, polls, shutdown).await;
    app.metrics
        .in_hand(crew.size - crew.taken.available_permits());
    match handed_out {
        Ok(is_full) => is_full,
        // That the store is away was told when it went.
        Err(error) if app.store.trouble().is_some() => {
            tracing::debug!(%error, "can't ask the store what is due");
            false
        }
        Err(error) => {
            tracing::error!(%error, "can't ask the store what is due");
            false
        }
    }
}

/// Starts the polls of due sources; true where no more could be taken. A source whose host has a full queue is put back for
/// a moment, so that one slow host with many feeds holds up no other.
async fn hand_out(
    app: &App,
    crew: &Crew,
    polls: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<bool, StoreError> {
    let mut wanted = 1;
    loop {
        let free = crew.taken.available_permits();
        if free < wanted || shutdown.is_cancelled() {
            return Ok(true);
        }
        let live = Arc::clone(&app.live.borrow());
        let now = Timestamp::now();
        let due = app.store.due(free, lease(&live.config), now).await?;
        let was_all = due.len() < free;
        let (mut put_back, mut postponed, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let mut has_started = false;
        for source in due {
            let Some(config) = live.source(&source.name) else {
                unknown.push(source.taken());
                continue;
            };
            if let Some((turn, why)) = crew.rota().later(&source, now, crew.since.elapsed()) {
                postponed.push((source.taken(), turn, why));
                continue;
            }
            let host = crew.turns.of(&config.location);
            let queued = Arc::clone(&host.queue).try_acquire_owned();
            let taken = Arc::clone(&crew.taken).try_acquire_owned();
            let (Ok(queued), Ok(taken)) = (queued, taken) else {
                put_back.push(source.taken());
                continue;
            };
            let (app, live, crew, shutdown) = (
                app.clone(),
                Arc::clone(&live),
                crew.clone(),
                shutdown.clone(),
            );
            has_started = true;
            polls.spawn(async move {
                one(&app, &live, &crew, &host, &source, &shutdown).await;
                drop((queued, taken));
                crew.make_room();
            });
        }
        app.store.put_back(&put_back, now + TURN_RETRY).await?;
        app.store.postpone(&postponed).await?;
        app.store.disown(&unknown).await?;
        if was_all {
            return Ok(false);
        }
        // Those that end while others are taken are not worth a question each.
        wanted = if has_started { crew.half() } else { 1 };
    }
}

/// Waits for the host's turn and for a place, and polls.
async fn one(
    app: &App,
    live: &Live,
    crew: &Crew,
    host: &Host,
    source: &Source,
    shutdown: &CancellationToken,
) {
    let Some(config) = live.source(&source.name) else {
        return;
    };
    let wait = async { (host.turn.acquire().await, crew.places.acquire().await) };
    let turn_and_place = tokio::select! {
        () = shutdown.cancelled() => {
            let taken = [source.taken()];
            // Nobody was asked, so nobody who shares the store has to keep apart from that.
            if let Err(error) = Box::pin(app.store.put_back(&taken, Timestamp::UNIX_EPOCH)).await {
                tracing::error!(source.name, %error, "can't give a source back; it is due again when its lease is over");
            }
            return;
        }
        both = wait => both,
    };
    // While it waited, or the machine slept, somebody else has taken it.
    if source.is_lost(Timestamp::now()) {
        tracing::debug!(
            source.name,
            "the lease is over; it is left to whoever has it now"
        );
        return;
    }
    // Another of its publisher's sources was asked to wait while this one waited for its turn.
    let barred = crew.rota().barred(source, Timestamp::now());
    if let Some((until, why)) = barred {
        let postponed = [(source.taken(), until, why)];
        if let Err(error) = Box::pin(app.store.postpone(&postponed)).await {
            tracing::error!(source.name, %error, "can't give a source back; it is due again when its lease is over");
        }
        return;
    }
    let started = Instant::now();
    let mut turn = Some(turn_and_place);
    let polled = poll::poll_in_turn(
        live,
        &app.store,
        source,
        config,
        Timestamp::now(),
        &mut turn,
    )
    .await;
    let (elapsed, outcome) = (started.elapsed(), &polled.outcome);
    log(&source.name, &config.location, outcome, elapsed);
    app.metrics.polled(&polled, elapsed);
    crew.rota().heed(outcome, elapsed, Timestamp::now());
}

/// How long a source that was taken belongs to its taker: through the queue of its host, its own fetch, and its wash.
pub(crate) fn lease(config: &Config) -> Duration {
    const ROUNDS: u32 = (WAITING_A_HOST / POLLS_A_HOST) as u32 + 1;
    config.polling.timeout.saturating_mul(ROUNDS) + WASH_TIME
}

/// Says once how a poll ended.
pub fn log(name: &str, location: &Location, outcome: &Outcome, duration: Duration) {
    let duration_ms = duration.as_millis() as u64;
    match outcome {
        Outcome::Unchanged => tracing::debug!(source.name = name, duration_ms, "unchanged"),
        Outcome::Changed { new, updated } => {
            tracing::info!(source.name = name, new, updated, duration_ms, "polled")
        }
        Outcome::Gone => {
            tracing::warn!(
                source.name = name,
                url = location.shown(),
                "the source is gone for good (410); it is not polled again"
            )
        }
        Outcome::Failed(error) => {
            tracing::warn!(source.name = name, url = location.shown(), %error, duration_ms, "the poll failed")
        }
    }
}

/// Makes the store's sources those of the configuration.
async fn adopt(app: &App) -> bool {
    let live = Arc::clone(&app.live.borrow());
    app.store.take_part(&live.config, &agreement::machine());
    match app.store.sync(&live.config, Timestamp::now()).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, "can't bring the store in line with the configuration; trying again");
            false
        }
    }
}

/// Mends times that a clock left which went wrong, and spreads what is overdue.
async fn settle(app: &App) {
    let within = app.live.borrow().config.polling.interval;
    let now = Timestamp::now();
    let settled = async {
        let mended = app.store.mend_times(now).await?;
        let spread = app
            .store
            .spread_overdue(limits::OVERDUE_GAP, within, now)
            .await?;
        Ok::<_, StoreError>((mended, spread))
    };
    match settled.await {
        Ok((0, 0)) => {}
        Ok((mended, spread)) => {
            tracing::info!(mended, spread, "sources got new times to be polled at")
        }
        Err(error) => {
            tracing::error!(%error, "can't mend the times of polls after a jump of the clock")
        }
    }
}

/// What failed may succeed with another proxy or an opened network.
async fn retry_failing(app: &App) {
    if let Err(error) = app.store.retry_failing(Timestamp::now()).await {
        tracing::error!(%error, "can't try failing sources again");
    }
}

/// A shorter interval is not to wait for the end of the longer one.
async fn hasten(app: &App, old: &Live, new: &Live) {
    let is_hastened = |config: &SourceConfig| {
        let before = old.source(config.name.as_str());
        let less_adaptive = old.config.polling.adaptive && !new.config.polling.adaptive;
        before.is_some_and(|before| less_adaptive || before.interval > config.interval)
    };
    let hastened: Vec<_> = new
        .config
        .sources
        .iter()
        .filter(|config| is_hastened(config))
        .map(|config| (config.name.as_str(), config.interval.as_secs()))
        .collect();
    if hastened.is_empty() {
        return;
    }
    match app.store.hasten(&hastened, Timestamp::now()).await {
        // Those that are due at once are not polled at once.
        Ok(()) => settle(app).await,
        Err(error) => {
            tracing::error!(%error, "can't make sources due earlier whose interval was shortened");
        }
    }
}

/// Lets the store delete what is old, beside the polls.
fn keep_up(app: &App, polls: &TaskTracker, shutdown: &CancellationToken) {
    let (app, shutdown) = (app.clone(), shutdown.clone());
    polls.spawn(async move {
        let keep_days = app.live.borrow().config.store.keep_days;
        let kept_up = tokio::select! {
            // A step that is not written yet is made again.
            () = shutdown.cancelled() => return,
            kept_up = app.store.keep_up(keep_days, Timestamp::now()) => kept_up,
        };
        match kept_up {
            Ok(0) => {}
            Ok(entries) => tracing::info!(entries, keep_days, "deleted old entries"),
            Err(error) => tracing::error!(%error, "can't delete old entries"),
        }
    });
}
