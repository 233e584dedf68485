//! What the poll loop costs: ten thousand sources, each at a loopback address of its own (127.x.y.z), that answer 304, or so many
//! of a hundred with a new entry, or all of them over TLS.
//!
//! Beside the program itself, in the same run and on the same server, stand a bare `reqwest` loop that asks the same and
//! keeps nothing, and `wrk` where it is installed, as the ceiling. They take turns; what counts is polls for each second of
//! processor time, which the server and other programs on the machine hardly change.
//!
//! The server is a process of its own, and so is each client, so that nobody pays for another. Nothing leaves loopback, all
//! processes end with this one, and the store lies in a temporary folder.
//!
//! `FEEDWASH_SOURCES`, `FEEDWASH_ROUNDS`, `FEEDWASH_SECONDS` (of each measurement), `FEEDWASH_INTERVAL` and `FEEDWASH_CHANGING`
//! (of a hundred polls) change the figures of the same names; `FEEDWASH_TLS=1` encrypts, with a certificate that `openssl` makes, for
//! a thousand sources where nothing else is said; `FEEDWASH_PROGRAM` measures another build of the program. `FEEDWASH_LATE`, in
//! seconds, measures for so long whether the polls of a hundred thousand sources with an interval of an hour are on time.

mod bare;
mod late;
#[path = "../support/loopback.rs"]
mod loopback;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod upstream;

use feedwash::limits;
use loopback::address;
use process::{Kept, Usage, asked, number, say};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use upstream::{Counts, Upstream};

// As in the program: the bare loop has no slower one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many polls run at once, in the program and in the bare loop: the program's default.
const CONCURRENCY: usize = 64;

/// Who is measured. The bare loop is measured with connections that are let go as the program lets them go, and with
/// connections that are kept, as nobody can who comes every half an hour.
const NAMES: [&str; 4] = ["feedwash", "bare reqwest", "bare, connections kept", "wrk"];

/// What a process needs of files beside its connections.
const FILES_BESIDE: usize = 256;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(900);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["upstream", changing] => upstream::run(number(changing), None),
        ["upstream", changing, tls] => upstream::run(number(changing), Some(Path::new(tls))),
        ["bare", scheme, port, sources, idle] => bare::run(
            scheme,
            number(port),
            number(sources),
            Duration::from_millis(number(idle)),
        ),
        ["keep", program, ref rest @ ..] => process::keep(program, rest),
        // `cargo test --benches` asks only whether it runs.
        _ => compare(&Plan::new(arguments.contains(&"--bench"))),
    }
}

/// What is measured.
struct Plan {
    sources: usize,
    rounds: usize,
    window: Duration,
    interval: String,
    /// How many of a hundred polls bring a new entry.
    changing: usize,
    is_tls: bool,
    /// How long it is measured whether polls are on time, in place of what they cost.
    late: Option<Duration>,
    program: PathBuf,
}

impl Plan {
    fn new(is_bench: bool) -> Self {
        let asked = |name, full, trial| asked(name, if is_bench { full } else { trial });
        let is_tls = asked("FEEDWASH_TLS", 0, 0) > 0;
        let late = asked("FEEDWASH_LATE", 0, 0) as u64;
        let sources = match is_tls {
            true => tls::SOURCES,
            false if late > 0 => 100_000,
            false => 10_000,
        };
        let interval = if late > 0 { late::INTERVAL } else { "1s" };
        Self {
            sources: asked("FEEDWASH_SOURCES", sources, 50),
            changing: asked("FEEDWASH_CHANGING", 0, 2),
            is_tls,
            late: (late > 0).then_some(Duration::from_secs(late)),
            rounds: asked("FEEDWASH_ROUNDS", 5, 1),
            window: Duration::from_secs(asked("FEEDWASH_SECONDS", 10, 1) as u64),
            interval: std::env::var("FEEDWASH_INTERVAL").unwrap_or_else(|_| interval.to_owned()),
            program: process::program(env!("CARGO_BIN_EXE_feedwash")),
        }
    }
}

impl Plan {
    fn scheme(&self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }
}

/// A program that trusts the certificate of this run, where it has one.
fn trusting(folder: &Path, program: &str, arguments: &[&str]) -> Kept {
    let certificate = tls::certificate(folder);
    if !certificate.exists() {
        return Kept::start(program, arguments);
    }
    let trusted = format!("SSL_CERT_FILE={}", certificate.display());
    Kept::start("env", &[&[trusted.as_str(), program], arguments].concat())
}

fn compare(plan: &Plan) {
    // Who comes once an hour keeps no connection.
    let connections = if plan.late.is_some() {
        2_000
    } else {
        plan.sources
    };
    let wanted = connections + FILES_BESIDE;
    if let Some(allowed) = process::files_allowed().filter(|allowed| *allowed < wanted) {
        say(format_args!(
            "{} sources take {wanted} open files, and {allowed} are allowed here: say `ulimit -n {wanted}` first, or set FEEDWASH_SOURCES",
            plan.sources
        ));
        std::process::exit(1);
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let tls = plan.is_tls.then_some(folder.path());
    if let Some(folder) = tls {
        tls::make(folder, plan.sources);
    }
    let upstream = Upstream::start(plan.changing, tls);
    configure(folder.path(), plan, upstream.port);
    say(format_args!(
        "{} sources, {} % of the polls bring a new entry, {}, {CONCURRENCY} polls at once, {} rounds of {} s each",
        plan.sources,
        plan.changing,
        if plan.is_tls { "TLS" } else { "no TLS" },
        plan.rounds,
        plan.window.as_secs()
    ));
    if let Some(window) = plan.late {
        return late::measure(plan, folder.path(), &upstream, window);
    }
    // What is asked for is not stored yet.
    first_polls(plan, folder.path(), &upstream, |counts| counts.again() * 2);

    let has_wrk = Command::new("wrk").arg("--version").output().is_ok();
    let mut results: [Vec<Measured>; NAMES.len()] = Default::default();
    say("                        polls/s  polls/CPU-s  peak memory  connections made");
    for _ in 0..plan.rounds {
        let clients: [&dyn Fn() -> Kept; NAMES.len()] = [
            &|| program(plan, folder.path()),
            &|| {
                bare(
                    plan,
                    folder.path(),
                    upstream.port,
                    limits::CONNECTION_IDLE_ALONE,
                )
            },
            &|| bare(plan, folder.path(), upstream.port, limits::CONNECTION_IDLE),
            &|| wrk(plan, upstream.port),
        ];
        for ((name, start), results) in NAMES.iter().zip(clients).zip(&mut results) {
            if *name == "wrk" && !has_wrk {
                continue;
            }
            let measured = measure(&start(), plan, &upstream);
            measured.say(name);
            results.push(measured);
        }
    }
    say("medians");
    for (name, results) in NAMES.iter().zip(&results) {
        if !results.is_empty() {
            Measured::median(results).say(name);
        }
    }
    for peer in [1, 2] {
        say_ratios(&results[0], NAMES[peer], &results[peer]);
    }
}

/// Polls for a second of processor time, as a part of the bare loop's in the same round.
fn say_ratios(ours: &[Measured], name: &str, bare: &[Measured]) {
    let pairs = ours.iter().zip(bare);
    let mut ratios: Vec<f64> = pairs
        .map(|(ours, bare)| ours.per_cpu_second / bare.per_cpu_second)
        .collect();
    ratios.sort_by(f64::total_cmp);
    say(format_args!(
        "feedwash / {name}, polls/CPU-s: {:.2} (median of {}, from {:.2} to {:.2})",
        ratios[ratios.len() / 2],
        ratios.len(),
        ratios[0],
        ratios[ratios.len() - 1]
    ));
}

/// Every source is polled for the first time, washed and stored: it is over once so many are counted as there are sources.
fn first_polls(plan: &Plan, folder: &Path, upstream: &Upstream, done: fn(&Counts) -> usize) {
    let started = Instant::now();
    let program = program(plan, folder);
    wait_for(upstream, &program, |counts| counts.full >= plan.sources);
    let rate = plan.sources as f64 / started.elapsed().as_secs_f64();
    wait_for(upstream, &program, |counts| done(&counts) >= plan.sources);
    let peak = Usage::of(program.pid).peak_bytes as f64 / 1e6;
    say(format_args!(
        "first polls, washed and stored: {rate:.0}/s, peak memory {peak:.0} MB"
    ));
}

/// Waits until the server has counted so much.
fn wait_for(upstream: &Upstream, client: &Kept, is_enough: impl Fn(Counts) -> bool) {
    let started = Instant::now();
    while !is_enough(upstream.counts()) {
        let pid = client.pid;
        assert!(
            Path::new(&format!("/proc/{pid}/stat")).exists(),
            "a client ended by itself"
        );
        assert!(started.elapsed() < PATIENCE, "a client is too slow");
        sleep(Duration::from_millis(20));
    }
}

/// What one client did in one window.
#[derive(Clone, Copy)]
struct Measured {
    per_second: f64,
    per_cpu_second: f64,
    peak_bytes: f64,
    connections: f64,
}

impl Measured {
    fn say(&self, name: &str) {
        say(format_args!(
            "{name:<22} {:>8.0} {:>12.0} {:>9.1} MB {:>17.0}",
            self.per_second,
            self.per_cpu_second,
            self.peak_bytes / 1e6,
            self.connections
        ));
    }

    fn median(all: &[Self]) -> Self {
        let median = |of: fn(&Self) -> f64| {
            let mut values: Vec<f64> = all.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Self {
            per_second: median(|one| one.per_second),
            per_cpu_second: median(|one| one.per_cpu_second),
            peak_bytes: median(|one| one.peak_bytes),
            connections: median(|one| one.connections),
        }
    }
}

/// Measures a client from the end of its first round on.
fn measure(client: &Kept, plan: &Plan, upstream: &Upstream) -> Measured {
    let begun = upstream.counts();
    wait_for(upstream, client, |counts| {
        counts.again() - begun.again() >= plan.sources
    });
    let (usage, counts, started) = (Usage::of(client.pid), upstream.counts(), Instant::now());
    sleep(plan.window);
    let (used, counted, elapsed) = (
        Usage::of(client.pid),
        upstream.counts(),
        started.elapsed().as_secs_f64(),
    );
    assert_eq!(counts.full, counted.full, "every source was asked before");
    let polls = (counted.again() - counts.again()) as f64;
    Measured {
        per_second: polls / elapsed,
        per_cpu_second: polls / (used.cpu - usage.cpu).as_secs_f64(),
        peak_bytes: used.peak_bytes as f64,
        connections: (counted.connections - counts.connections) as f64,
    }
}

/// Writes a `feeds.toml` of all sources.
fn configure(folder: &Path, plan: &Plan, port: u16) {
    // Nobody asks it anything; it only needs a port.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let listen = listener.local_addr().expect("it has an address");
    let mut toml = format!(
        "[server]\nlisten = \"{listen}\"\n\n[polling]\ninterval = \"{}\"\nadaptive = false\n\
         concurrency = {CONCURRENCY}\nallow_private = [\"127.0.0.0/8\"]\n",
        plan.interval
    );
    for source in 0..plan.sources {
        let address = address(source);
        let _ = write!(
            toml,
            "\n[[source]]\nname = \"source-{source}\"\nurl = \"{}://{address}:{port}/feed.xml\"\n",
            plan.scheme()
        );
    }
    std::fs::write(folder.join("feeds.toml"), toml).expect("the folder can be written to");
}

fn program(plan: &Plan, folder: &Path) -> Kept {
    let config = folder.join("feeds.toml");
    let config = config.to_str().expect("the folder's name is text");
    let program = plan.program.to_str().expect("the program's name is text");
    trusting(folder, program, &["run", "--config", config])
}

fn bare(plan: &Plan, folder: &Path, port: u16, idle: Duration) -> Kept {
    let this = std::env::current_exe().expect("a running program has a file");
    let this = this.to_str().expect("its name is text");
    let (port, sources) = (port.to_string(), plan.sources.to_string());
    let idle = idle.as_millis().to_string();
    trusting(
        folder,
        this,
        &["bare", plan.scheme(), &port, &sources, &idle],
    )
}

/// `wrk` on one address, with as many connections as there are polls at once.
fn wrk(plan: &Plan, port: u16) -> Kept {
    let condition = format!("If-None-Match: {}", upstream::ETAG);
    let url = format!("{}://{}:{port}/feed.xml", plan.scheme(), address(0));
    let connections = format!("-c{CONCURRENCY}");
    // It is stopped before.
    let duration = format!("-d{}s", plan.window.as_secs() + PATIENCE.as_secs());
    Kept::start(
        "wrk",
        &["-t1", &connections, &duration, "-H", &condition, &url],
    )
}
