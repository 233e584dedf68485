//! The scheduler at sizes that no bench can poll: days of virtual time by the arithmetic that the daemon does.
//!
//! When a source is polled next, how long it waits for its publisher's turn and what comes of failures is what
//! `schedule::next` and `Lanes` say; the loop around them (places, two polls at a host, what is due first goes first, holds, what
//! is overdue together is spread) is the daemon's, retold in whole seconds. Nothing sleeps, nothing is fetched, and the
//! same numbers come out each time. The mix of sources is made: `world.rs` says of what.
//!
//! `FEEDWASH_SOURCES` and `FEEDWASH_MACHINES` set another size than 100,000 on one machine.

#[path = "../support/chance.rs"]
mod chance;
#[path = "../support/process.rs"]
mod process;
mod told;
mod world;

use chance::Chance;
use feedwash::limits;
use feedwash::schedule::{self, Ended, Ending, Failure, Hints, Lanes, Policy};
use jiff::Timestamp;
use process::{asked, say};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use told::Told;
use world::{Answer, World};

/// How long a helper is given to end. There is none here.
const PATIENCE: Duration = Duration::from_secs(1);

/// When it begins: a Monday.
const BEGIN: Timestamp = Timestamp::constant(1_780_272_000, 0);

/// The default interval.
const POLICY: Policy = Policy {
    interval: Duration::from_secs(1800),
    adaptive: true,
};

/// How many polls a machine makes at once, as configured by default, and at one host.
const PLACES: f64 = 64.0;
const POLLS_A_HOST: f64 = 2.0;

const HOUR: u32 = 3600;

/// What happens, and when.
const DAYS: u32 = 4;
const RESTART: u32 = 2 * 24 * HOUR;
const AWAY: u32 = 600;
const OUTAGE: u32 = 3 * 24 * HOUR;
const OFFLINE: u32 = 2 * HOUR;

fn main() {
    // `cargo test --benches` asks only whether it runs.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let sources = asked("FEEDWASH_SOURCES", if is_bench { 100_000 } else { 100 });
    let machines = asked("FEEDWASH_MACHINES", 1);
    let world = World::new(sources);
    say(format_args!(
        "{sources} sources of {} publishers on {machines} machines, the largest publisher has {}",
        world.sites.len(),
        world
            .sites
            .iter()
            .map(|site| site.sources)
            .max()
            .unwrap_or(0)
    ));
    let mut run = Run::new(&world, machines);
    for second in 0..DAYS * 24 * HOUR {
        run.second(second);
    }
    run.told.tell();
}

/// What is known of a source that is polled.
#[derive(Clone, Copy, Default)]
struct State {
    /// When it is due, before anybody's turn is waited for.
    due: u32,
    failures: u8,
    was_polled: bool,
    /// The newest entry that it brought, by the moment of its publication.
    newest: u32,
}

/// A program on a machine of its own.
#[derive(Default)]
struct Machine {
    lanes: Lanes,
    /// How much of each host's two turns is taken in this second.
    hosts: HashMap<u32, f64>,
    /// How much of its places is taken in this second, and by polls that take longer, until when.
    taken: f64,
    long: VecDeque<(u32, u32)>,
}

struct Run<'w> {
    world: &'w World,
    states: Vec<State>,
    machines: Vec<Machine>,
    /// Who comes in which second.
    times: Vec<Vec<u32>>,
    /// Who is due, the first first.
    ready: VecDeque<u32>,
    /// Publishers that asked everybody to wait, and until when.
    holds: HashMap<u32, u32>,
    chance: Chance,
    told: Told,
}

impl<'w> Run<'w> {
    fn new(world: &'w World, machines: usize) -> Self {
        let end = (DAYS * 24 * HOUR) as usize;
        Self {
            states: vec![State::default(); world.sources.len()],
            machines: (0..machines).map(|_| Machine::default()).collect(),
            times: vec![Vec::new(); end],
            // All that was just added is due at once.
            ready: (0..world.sources.len() as u32).collect(),
            holds: HashMap::new(),
            chance: Chance(7),
            told: Told::new(end, world.sources.len()),
            world,
        }
    }

    /// Comes again then. What lies beyond the end does not.
    fn later(&mut self, id: u32, at: u32) {
        if let Some(list) = self.times.get_mut(at as usize) {
            list.push(id);
        }
    }

    fn second(&mut self, now: u32) {
        self.ready
            .extend(std::mem::take(&mut self.times[now as usize]));
        if (RESTART..RESTART + AWAY).contains(&now) {
            return;
        }
        if now == RESTART + AWAY {
            self.start_again(now);
        }
        for machine in &mut self.machines {
            machine.hosts.clear();
            while machine.long.front().is_some_and(|(until, _)| *until <= now) {
                machine.long.pop_front();
            }
            machine.taken = machine.long.len() as f64;
            for (_, site) in &machine.long {
                *machine.hosts.entry(*site).or_default() += 1.0;
            }
        }
        self.told.waiting(now, self.ready.len());
        // Whoever has a place asks the store next; each takes as many.
        let (mut full, mut turn) = (0, 0);
        while full < self.machines.len() {
            let at = turn % self.machines.len();
            turn += 1;
            if self.machines[at].taken >= PLACES {
                full += 1;
                continue;
            }
            full = 0;
            let Some(id) = self.ready.pop_front() else {
                return;
            };
            self.take(id, at, now);
        }
    }

    /// After a restart every machine's turns are forgotten, and what is overdue together is spread.
    fn start_again(&mut self, now: u32) {
        for machine in &mut self.machines {
            *machine = Machine::default();
        }
        self.holds.clear();
        let overdue = std::mem::take(&mut self.ready);
        let count = u32::try_from(overdue.len())
            .expect("they are counted so")
            .max(1);
        // As `Store::spread_overdue`.
        let gap = limits::OVERDUE_GAP.min(POLICY.interval / count);
        for (n, id) in (0..).zip(overdue) {
            let at = now + gap.saturating_mul(n).as_secs() as u32;
            self.states[id as usize].due = at;
            if at == now {
                self.ready.push_back(id)
            } else {
                self.later(id, at)
            }
        }
    }

    /// Polls a source, or sends it away until its publisher's turn.
    fn take(&mut self, id: u32, machine: usize, now: u32) {
        let source = &self.world.sources[id as usize];
        let site = &self.world.sites[source.site as usize];
        if let Some(until) = self
            .holds
            .get(&source.site)
            .copied()
            .filter(|until| *until > now)
        {
            // It is asked to wait, and so not late.
            self.states[id as usize].due = until;
            return self.later(id, until);
        }
        let own = &mut self.machines[machine];
        let gap = schedule::gap(POLICY.interval, site.sources as usize);
        let steady = Duration::from_secs(now.into());
        let wait = own
            .lanes
            .wait(&site.name, id.into(), gap, steady)
            .as_millis()
            .div_ceil(1000) as u32;
        if wait > 0 {
            return self.later(id, now + wait);
        }
        let turns = own.hosts.entry(source.site).or_default();
        if *turns >= POLLS_A_HOST {
            self.told.crowded += 1;
            return self.later(id, now + 1);
        }
        let is_offline = (OUTAGE..OUTAGE + OFFLINE).contains(&now);
        let answer = match is_offline {
            true => Answer {
                ending: Ending::Failed(Failure::Offline),
                seconds: 0.1,
                retry_after: None,
            },
            false => source.answer(&mut self.chance),
        };
        *turns += answer.seconds.min(1.0);
        own.taken += answer.seconds.min(1.0);
        if answer.seconds > 1.0 {
            let until = now + answer.seconds as u32;
            let place = own.long.partition_point(|(other, _)| *other <= until);
            own.long.insert(place, (until, source.site));
        }
        self.poll(id, &answer, now);
    }

    fn poll(&mut self, id: u32, answer: &Answer, now: u32) {
        let source = &self.world.sources[id as usize];
        let state = &mut self.states[id as usize];
        self.told.polled(now, state.due, state.was_polled);
        let is_fine = answer.ending == Ending::Fine;
        state.failures = match answer.ending {
            Ending::Fine => 0,
            Ending::Failed(Failure::Offline) => state.failures.max(1),
            _ => state.failures.saturating_add(1),
        };
        let newest = source.newest(now);
        if is_fine && newest != state.newest {
            state.newest = newest;
            self.told.changed += u64::from(state.was_polled);
        }
        let at = |second: u32| BEGIN + Duration::from_secs(second.into());
        let name = format!("source-{id}");
        let next = schedule::next(
            &Ended {
                name: &name,
                policy: POLICY,
                ending: answer.ending,
                failures: state.failures.into(),
                is_first: !state.was_polled,
                hints: Hints {
                    fresh_for: source.fresh_for,
                    retry_after: answer.retry_after,
                },
                pace: &source.pace(now, BEGIN),
            },
            at(now),
        );
        state.was_polled |= is_fine || !matches!(answer.ending, Ending::Failed(Failure::Offline));
        if let Some(wait) = answer.retry_after {
            self.holds.insert(
                source.site,
                now + wait.min(limits::HOLD_MAX).as_secs() as u32,
            );
        }
        if let Some(next) = next.at {
            let next = (next.as_second() - BEGIN.as_second()) as u32;
            state.due = next;
            self.later(id, next);
        }
    }
}
