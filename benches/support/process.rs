//! Processes that are measured from outside, and that end whenever the bench does.

// Each bench is a crate of its own and uses a part of this.
#![allow(dead_code)]

use super::PATIENCE;
use std::fmt::Display;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

/// A number that was given as text.
pub(crate) fn number<N: FromStr>(text: &str) -> N {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is not a number that fits"))
}

#[expect(clippy::print_stdout, reason = "a bench is read on a terminal")]
pub(crate) fn say(line: impl Display) {
    println!("{line}");
}

/// A figure that the environment may change.
pub(crate) fn asked(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| number(&text))
}

/// The program to measure: this build's, or the one that `FEEDWASH_PROGRAM` names.
pub(crate) fn program(built: &str) -> PathBuf {
    let program = std::env::var_os("FEEDWASH_PROGRAM").map(PathBuf::from);
    program.unwrap_or_else(|| built.into())
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

/// How many of the units in `/proc` a second has: `USER_HZ`, the same on all of Linux.
const TICKS_A_SECOND: u64 = 100;

/// How many files this process may open.
pub(crate) fn files_allowed() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// What a process has used so far.
pub(crate) struct Usage {
    pub(crate) cpu: Duration,
    pub(crate) peak_bytes: u64,
}

impl Usage {
    pub(crate) fn of(pid: u32) -> Self {
        let read = |name| {
            std::fs::read_to_string(format!("/proc/{pid}/{name}"))
                .expect("the process runs, on Linux")
        };
        // The name of the program, which may hold anything, ends with the last parenthesis; the 14th and 15th fields are
        // the times as a user and in the kernel (proc(5)).
        let stat = read("stat");
        let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(number::<u64>)
            .sum();
        let status = read("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.split_whitespace().next());
        let kilobytes: u64 = number(peak.expect("a process has a peak"));
        Self {
            cpu: Duration::from_millis(ticks * 1000 / TICKS_A_SECOND),
            peak_bytes: kilobytes * 1024,
        }
    }
}

/// How much of the processor a process and those that it started have used, also those that have ended since.
pub(crate) fn cpu_of_family(parent: u32) -> Duration {
    let folders = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats =
        folders.filter_map(|folder| std::fs::read_to_string(folder.path().join("stat")).ok());
    let ticks = stats.filter_map(|stat| {
        let (pid, rest) = stat.split_once(' ')?;
        let (_, fields) = rest.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        // The parent is the 4th field; the times of a process are the 14th and 15th, those of its ended children the next two.
        let its = match () {
            () if number::<u32>(pid) == parent => fields.get(11..15)?,
            () if number::<u32>(fields.get(1)?) == parent => fields.get(11..13)?,
            () => return None,
        };
        Some(its.iter().map(|ticks| number::<u64>(ticks)).sum::<u64>())
    });
    Duration::from_millis(ticks.sum::<u64>() * 1000 / TICKS_A_SECOND)
}

/// The process that started a process.
pub(crate) fn parent_of(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}

/// Another process of this program, which ends with its input: when this is dropped, and when the bench ends in any other way.
pub(crate) struct Helper {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Helper {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let this = std::env::current_exe().expect("a running program has a file");
        let mut process = Command::new(this)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let output = BufReader::new(process.stdout.take().expect("it is a pipe"));
        Self { process, output }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The next line that it says.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        read.expect("it says a line");
        line.trim().to_owned()
    }

    /// Ends it, and gives the line that it says then.
    pub(crate) fn last_line(mut self) -> String {
        drop(self.process.stdin.take());
        self.line()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // That it has ended already is as well.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A program that runs until this is dropped, or the bench ends in any other way.
pub(crate) struct Kept {
    _keeper: Helper,
    pub(crate) pid: u32,
}

impl Kept {
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let mut keeper = Helper::start(&[&["keep", program], arguments].concat());
        let pid = number(&keeper.line());
        Self {
            _keeper: keeper,
            pid,
        }
    }
}

/// The keeper of a program, which says its process and ends it when its own input ends: a pipe is closed however the
/// bench ends, and a program like any other does not look at its input.
pub(crate) fn keep(program: &str, arguments: &[&str]) {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .env("FEEDWASH_LOG", "error")
        .spawn()
        .unwrap_or_else(|error| panic!("can't start {program}: {error}"));
    say(child.id());
    // A program that looks at its input after all sees the same end.
    let input = child.stdin.take();
    wait_for_the_end_of_input();
    drop(input);
    // By a signal that it may catch, so that it closes its store.
    let told = Command::new("kill").arg(child.id().to_string()).status();
    let started = Instant::now();
    while told.is_ok() && started.elapsed() < PATIENCE {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Ends this process when its input does.
pub(crate) fn end_with_input() {
    thread::spawn(|| {
        wait_for_the_end_of_input();
        std::process::exit(0);
    });
}

pub(crate) fn wait_for_the_end_of_input() {
    let mut input = std::io::stdin().lock();
    let mut bytes = [0; 256];
    while matches!(input.read(&mut bytes), Ok(1..)) {}
}
