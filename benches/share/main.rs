//! Several programs that share one PostgreSQL database: how much they do, and that nothing is lost while they are killed.
//!
//! Publishers with changing feeds and readers with conditional requests are played by processes of their own. Three parts, of
//! which `FEEDWASH_PARTS` names those that are wanted (`add kill recover`):
//!
//! - `add`: 1, 2 and 4 programs poll the same sources in turn, of which more are due than they can do. First each program may
//!   only have four polls under way, with publishers that take their time: what it does is bounded by that and not by this
//!   machine, so it shows what sharing itself costs. Then each does what it can, all on the same processors.
//! - `kill`: four of them are killed at random (`kill -9`), and started again, for as long as is asked for; then everything is
//!   counted: each entry of each source once, and no source polled before it was due.
//! - `recover`: how long it takes until others have what a program had taken that is killed, falls silent, or lost its server.
//!
//! `FEEDWASH_TEST_POSTGRES` names the server: schemas are made there and dropped again. `FEEDWASH_SOURCES`, `FEEDWASH_SECONDS`
//! (of each measurement), `FEEDWASH_KILL_SECONDS`, `FEEDWASH_INTERVAL` (seconds), `FEEDWASH_CHANGE` (one request in so many
//! finds something new), `FEEDWASH_READERS`, `FEEDWASH_KILLS`, `FEEDWASH_SILENCES` and `FEEDWASH_RECOVERY_SOURCES` (of the last
//! part) change the figures of the same names; `FEEDWASH_RESTART` is a command that restarts the server, once a minute while
//! programs are killed, and half as often as one is killed in the last part; `FEEDWASH_PROGRAM` measures another build.

mod base;
#[path = "../support/loopback.rs"]
mod loopback;
#[path = "../support/process.rs"]
mod process;
mod publishers;
mod readers;
mod recovery;

use base::Base;
use process::{Helper, Kept, Usage, asked, free_port, number, say};
use sqlx::Row as _;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How many programs share the database in turn.
const TEAMS: [usize; 3] = [1, 2, 4];

/// How long the others keep what was taken before somebody came or went in mind.
const SETTLED: Duration = Duration::from_secs(12);

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(300);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["publishers", change, delay] => {
            publishers::run(number(change), Duration::from_millis(number(delay)));
        }
        ["readers", ref rest @ ..] => readers::run(rest),
        ["keep", program, ref rest @ ..] => process::keep(program, rest),
        // `cargo test --benches` asks only whether it runs.
        _ => share(&Plan::new(arguments.contains(&"--bench"))),
    }
}

/// What is done.
struct Plan {
    sources: usize,
    window: Duration,
    killing: Duration,
    interval: u64,
    change: usize,
    readers: usize,
    program: PathBuf,
    restart: Option<String>,
    parts: String,
    /// How often a program is killed to see how long it takes until others have what it had …
    kills: usize,
    /// … and how often one falls silent.
    silences: usize,
    /// How many sources there are meanwhile.
    recovery_sources: usize,
}

/// What is polled, and how.
struct Arrangement {
    sources: usize,
    interval: u64,
    /// How long publishers take to answer.
    delay: Duration,
    /// Further lines of `[polling]`.
    further: &'static str,
}

impl Plan {
    fn new(is_bench: bool) -> Self {
        let asked = |name, full, trial| asked(name, if is_bench { full } else { trial });
        Self {
            sources: asked("FEEDWASH_SOURCES", 20_000, 50),
            window: Duration::from_secs(asked("FEEDWASH_SECONDS", 20, 2) as u64),
            killing: Duration::from_secs(asked("FEEDWASH_KILL_SECONDS", 300, 5) as u64),
            interval: asked("FEEDWASH_INTERVAL", 5, 1) as u64,
            change: asked("FEEDWASH_CHANGE", 100, 20),
            readers: asked("FEEDWASH_READERS", 64, 4),
            program: process::program(env!("CARGO_BIN_EXE_feedwash")),
            restart: std::env::var("FEEDWASH_RESTART").ok(),
            parts: std::env::var("FEEDWASH_PARTS")
                .unwrap_or_else(|_| "add kill recover".to_owned()),
            kills: asked("FEEDWASH_KILLS", 10, 1),
            silences: asked("FEEDWASH_SILENCES", 2, 0),
            recovery_sources: asked("FEEDWASH_RECOVERY_SOURCES", 500, 20),
        }
    }

    /// As many as are asked for, and nothing else that bounds them.
    fn free(&self) -> Arrangement {
        Arrangement {
            sources: self.sources,
            interval: self.interval,
            delay: Duration::ZERO,
            further: "",
        }
    }

    /// Four polls at once a program, of 20 ms each, and a thousand due a second: 200/s a program at the most.
    fn bounded(&self) -> Arrangement {
        let sources = self.sources.min(5_000);
        Arrangement {
            sources,
            interval: (sources as u64 / 1_000).max(1),
            delay: Duration::from_millis(20),
            further: "concurrency = 4\n",
        }
    }
}

fn share(plan: &Plan) {
    let Ok(server) = std::env::var("FEEDWASH_TEST_POSTGRES") else {
        say("FEEDWASH_TEST_POSTGRES names no server, so nothing is measured");
        return;
    };
    if plan.parts.contains("add") {
        for arrangement in [plan.bounded(), plan.free()] {
            add_up(plan, &arrangement, &server);
        }
    }
    if plan.parts.contains("kill") {
        kill_and_count(plan, &server);
    }
    if plan.parts.contains("recover") {
        recovery::run(plan, &server);
    }
}

/// How much 1, 2 and 4 programs do, each and together.
fn add_up(plan: &Plan, arrangement: &Arrangement, server: &str) {
    let base = Base::new(server);
    let team = Team::new(plan, arrangement, &base.url);
    say(format_args!(
        "{} sources every {} s, publishers answer after {} ms, {}one request in {} finds something new, {} readers",
        arrangement.sources,
        arrangement.interval,
        arrangement.delay.as_millis(),
        arrangement.further.replace('\n', ", "),
        plan.change,
        plan.readers
    ));
    for size in TEAMS {
        team.measure(plan, &base, size);
    }
}

fn kill_and_count(plan: &Plan, server: &str) {
    let base = Base::new(server);
    let team = Team::new(plan, &plan.free(), &base.url);
    team.kill_at_random(plan);
    team.settle(plan);
    let count = |what: &str| base.count(what);
    let early = count(&format!(
        "select count(*) from (select started_at - lag(started_at) over (partition by source_id order by id) as gap \
           from poll) as gaps where gap < {}",
        plan.interval
    ));
    let polls = count("select count(*) from poll");
    let longest = count(
        "select coalesce(max(gap), 0) from (select started_at - lag(started_at) over (partition by source_id order by id) \
           as gap from poll) as gaps",
    );
    let rows = base.ask(
        "select source.name, count(*), count(distinct entry.key) from source \
         join entry on entry.source_id = source.id group by source.name",
    );
    let stored: HashMap<String, (i64, i64)> = rows
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect();
    let newest = team.newest();
    let published: usize = newest.values().sum();
    let wrong = newest.iter().filter(|(name, newest)| {
        let all = i64::try_from(**newest).expect("a count");
        stored.get(*name) != Some(&(all, all))
    });
    let wrong: Vec<&String> = wrong.map(|(name, _)| name).collect();
    say(format_args!(
        "{published} entries published by {} sources: {} sources have not each of theirs once; {polls} polls, {early} of them \
         before they were due; the longest time between two polls of a source {longest} s",
        newest.len(),
        wrong.len()
    ));
    assert!(wrong.is_empty(), "sources that lack entries: {wrong:?}");
    assert_eq!(early, 0, "a source was polled before it was due");
}

/// The programs that share a database, and those they live among.
struct Team {
    publishers: Helper,
    /// How many sources there are.
    sources: usize,
    /// Where the publishers answer.
    upstream: u16,
    folder: tempfile::TempDir,
    program: PathBuf,
    /// Where each of the largest team serves.
    ports: Vec<u16>,
}

impl Team {
    fn new(plan: &Plan, arrangement: &Arrangement, store: &str) -> Self {
        let delay = arrangement.delay.as_millis().to_string();
        let mut publishers = Helper::start(&["publishers", &plan.change.to_string(), &delay]);
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let upstream: u16 = number(&publishers.line());
        let ports: Vec<u16> = TEAMS
            .iter()
            .max()
            .map_or(0..0, |size| 0..*size)
            .map(|_| free_port())
            .collect();
        for (member, port) in ports.iter().enumerate() {
            let mut toml = format!(
                "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://localhost:8484\"\n[store]\nurl = \"{store}\"\n\
                 [polling]\ninterval = \"{}s\"\nadaptive = false\nallow_private = [\"127.0.0.0/8\"]\n{}",
                arrangement.interval, arrangement.further
            );
            for source in 0..arrangement.sources {
                let ip = loopback::address(source);
                let name = publishers::name(IpAddr::V4(ip));
                let _ = write!(
                    toml,
                    "[[source]]\nname = \"{name}\"\nurl = \"http://{ip}:{upstream}/feed.xml\"\n"
                );
            }
            let file = folder.path().join(format!("{member}.toml"));
            std::fs::write(file, toml).expect("the folder can be written to");
        }
        Self {
            publishers,
            sources: arrangement.sources,
            upstream,
            folder,
            program: plan.program.clone(),
            ports,
        }
    }

    /// Starts a member and waits until it serves.
    fn start(&self, member: usize) -> Kept {
        let config = self.folder.path().join(format!("{member}.toml"));
        let config = config.to_str().expect("the folder's name is text");
        let program = self.program.to_str().expect("the program's name is text");
        let kept = Kept::start(program, &["run", "--config", config]);
        let started = Instant::now();
        while ask(self.ports[member], "/health").is_none() {
            assert!(started.elapsed() < PATIENCE, "a program does not come up");
            sleep(Duration::from_millis(20));
        }
        kept
    }

    /// How many polls each of so many did in a window, beside readers, and what they and all others needed of the processor.
    fn measure(&self, plan: &Plan, base: &Base, size: usize) {
        let members: Vec<Kept> = (0..size).map(|member| self.start(member)).collect();
        let begun = self.asked();
        self.wait("first polls", |asked| asked >= begun + self.sources);
        // By then nobody looks any more for what others had taken before the last came.
        sleep(SETTLED);
        let readers = self.readers(plan, size);
        let look = || -> Vec<(f64, Usage)> {
            let members = members.iter().zip(&self.ports);
            members
                .map(|(kept, port)| (polls(*port), Usage::of(kept.pid)))
                .collect()
        };
        let others = || {
            [
                base.cpu(),
                Usage::of(self.publishers.pid()).cpu,
                Usage::of(readers.pid()).cpu,
            ]
        };
        let (before, others_before, started) = (look(), others(), Instant::now());
        sleep(plan.window);
        let (after, others_after, elapsed) = (look(), others(), started.elapsed().as_secs_f64());
        let pairs = after.iter().zip(&before);
        let each: Vec<(f64, f64, u64)> = pairs
            .map(|((polls, usage), (polls_before, usage_before))| {
                let cpu = (usage.cpu - usage_before.cpu).as_secs_f64();
                (polls - polls_before, cpu, usage.peak_bytes)
            })
            .collect();
        let all: f64 = each.iter().map(|(polls, ..)| polls).sum();
        let cpu: f64 = each.iter().map(|(_, cpu, _)| cpu).sum();
        let told = each.iter().map(|(polls, cpu, peak)| {
            format!(
                "{:.0}/s ({cpu:.1} CPU-s, {:.0} MB)",
                polls / elapsed,
                *peak as f64 / 1e6
            )
        });
        let told = told.collect::<Vec<_>>().join(", ");
        let [server, publishers, asking] =
            [0, 1, 2].map(|n| (others_after[n] - others_before[n]).as_secs_f64());
        say(format_args!(
            "{size} programs: {:.0} polls/s in all; {told}; polls a CPU-s of the programs {:.0}, of PostgreSQL {:.0} ({server:.1} CPU-s in \
             {elapsed:.0} s), of publishers {:.0}; readers {asking:.1} CPU-s; {}",
            all / elapsed,
            all / cpu,
            all / server,
            all / publishers,
            ended(readers)
        ));
    }

    /// Kills members at random and starts them again.
    fn kill_at_random(&self, plan: &Plan) {
        let size = self.ports.len();
        let start = |member| Some(self.start(member));
        let mut members: Vec<Option<Kept>> = (0..size).map(start).collect();
        let readers = self.readers(plan, size);
        let (started, mut kills, mut restarts) = (Instant::now(), 0, 0);
        let mut dice: u64 = 42;
        while started.elapsed() < plan.killing {
            // Knuth's numbers (TAOCP 3.3.4): the same order in every run.
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sleep(Duration::from_millis(500 + (dice >> 33) % 3_000));
            let member = (dice >> 20) as usize % size;
            let victim = members[member].take().expect("it was started again");
            signal("KILL", victim.pid);
            kills += 1;
            if let Some(restart) = &plan.restart
                && started.elapsed().as_secs() / 60 > restarts
            {
                restarts += 1;
                restart_server(restart);
            }
            // Its port is free once it is gone.
            drop(victim);
            members[member] = Some(self.start(member));
        }
        say(format_args!(
            "{size} programs for {} s: {kills} killed at random, the server restarted {restarts} times; {}",
            plan.killing.as_secs(),
            ended(readers)
        ));
    }

    /// Lets everything be polled that came last.
    fn settle(&self, plan: &Plan) {
        self.publishers_say("/freeze");
        let _members: Vec<Kept> = (0..2).map(|member| self.start(member)).collect();
        // A source that a killed program had taken is due once more; all others twice.
        let begun = self.asked();
        self.wait("the last polls", |asked| asked >= begun + 3 * plan.sources);
    }

    fn readers(&self, plan: &Plan, size: usize) -> Helper {
        let (readers, sources) = (plan.readers.to_string(), plan.sources.to_string());
        let ports: Vec<String> = self.ports.iter().take(size).map(u16::to_string).collect();
        let mut arguments = vec!["readers", &readers, &sources];
        arguments.extend(ports.iter().map(String::as_str));
        Helper::start(&arguments)
    }

    fn wait(&self, what: &str, is_enough: impl Fn(usize) -> bool) {
        let started = Instant::now();
        while !is_enough(self.asked()) {
            assert!(started.elapsed() < PATIENCE, "{what} take too long");
            sleep(Duration::from_millis(50));
        }
    }

    /// How many requests the publishers had.
    fn asked(&self) -> usize {
        let counts = self.publishers_say("/counts");
        number(counts.split(' ').next().expect("two counts"))
    }

    /// The number of the newest entry of each source.
    fn newest(&self) -> HashMap<String, usize> {
        let said = self.publishers_say("/newest");
        let lines = said.lines().filter_map(|line| line.split_once(' '));
        lines
            .map(|(ip, newest)| (publishers::name(number(ip)), number(newest)))
            .collect()
    }

    fn publishers_say(&self, path: &str) -> String {
        ask(self.upstream, path).expect("the publishers answer")
    }
}

/// Signals a program.
fn signal(name: &str, pid: u32) {
    let told = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(
        told.is_ok_and(|status| status.success()),
        "it is there to be signalled"
    );
}

/// Runs the command that restarts the server.
fn restart_server(restart: &str) {
    let done = Command::new("sh")
        .args(["-c", restart])
        .stdout(Stdio::null())
        .status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "the server restarts"
    );
}

/// Ends readers, and gives what they were answered.
fn ended(readers: Helper) -> String {
    let said = readers.last_line();
    let counts: Vec<&str> = said.split(' ').collect();
    let [feeds, not_modified, nothing] = counts[..] else {
        panic!("readers say three counts: {said}");
    };
    format!("readers got {feeds} feeds, {not_modified} times 304, {nothing} times nothing")
}

/// Asks a server of this machine: what follows the head, where there is one. `None` where nobody answers.
fn ask(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(match answer.split_once("\r\n\r\n") {
        Some((_, body)) => body.to_owned(),
        None => answer,
    })
}

/// How many polls a program has ended.
fn polls(port: u16) -> f64 {
    let metrics = ask(port, "/metrics").expect("it serves");
    let counts = metrics
        .lines()
        .filter(|line| line.starts_with("feedwash_polls_total{"))
        .filter_map(|line| line.rsplit_once(' '));
    counts.map(|(_, count)| number::<f64>(count)).sum()
}
