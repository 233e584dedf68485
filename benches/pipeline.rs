//! The whole way of a feed, bytes in and a clean feed out, beside what others build it from.
//!
//! Beside ours stand `feedparser` with `nh3` and `feedgen`, and `rss-parser` with `sanitize-html`, which only sanitise: the
//! scripts in `benches/peers`, which say what to install. One that is not there is left out, and that is said. Each is a
//! process of its own on one core, all get the files that all of them read, and they take turns; what counts are entries
//! for each second of the processor, which other programs on the machine hardly change.
//!
//! `FEEDWASH_CORPUS` names a folder of feeds, without which feeds are made here. `FEEDWASH_PYTHON` names the Python that
//! has the packages, `NODE_PATH` the folder with those of Node.

mod support;

use feedwash::model::{FeedFormat, Response, Rules};
use feedwash::render::{Context, render};
use feedwash::wash::wash;
use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, hint};

// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each takes its turn.
const ROUNDS: usize = 5;

/// How long ours goes on with its files in a turn: it is through with them too soon to be measured.
const TURN: Duration = Duration::from_secs(1);

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [folder, "probe"] => probe(Path::new(folder)),
        [folder, "run"] => run(Path::new(folder)),
        // `cargo test --benches` asks only whether it builds.
        _ if arguments.contains(&"--bench") => compare(),
        _ => {}
    }
}

/// Who is measured.
struct Peer {
    name: &'static str,
    program: String,
    script: Option<PathBuf>,
}

impl Peer {
    fn all() -> Vec<Self> {
        let ours = env::current_exe().expect("a program knows where it is");
        let script = |name: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
            Some(folder.join(name))
        };
        let python = env::var("FEEDWASH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        vec![
            Self {
                name: "feedwash",
                program: ours.to_string_lossy().into_owned(),
                script: None,
            },
            Self {
                name: "feedparser, nh3, feedgen",
                program: python,
                script: script("feedparser_nh3_feedgen.py"),
            },
            Self {
                name: "rss-parser, sanitize-html",
                program: "node".to_owned(),
                script: script("rss_parser_sanitize_html.cjs"),
            },
        ]
    }

    /// Asks the process for one thing, with some input; `None` where it fails.
    fn ask(&self, folder: &Path, what: &str, input: &str) -> Option<String> {
        // On one core, where there is a way to say so.
        let has_taskset = Command::new("taskset").arg("-V").output().is_ok();
        let mut command = match has_taskset {
            true => {
                let mut command = Command::new("taskset");
                command.args(["-c", "0"]).arg(&self.program);
                command
            }
            false => Command::new(&self.program),
        };
        command.args(&self.script).arg(folder).arg(what);
        let stdio = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = stdio.spawn().ok()?;
        let mut stdin = process.stdin.take()?;
        stdin.write_all(input.as_bytes()).ok()?;
        drop(stdin);
        let output = process.wait_with_output().ok()?;
        output.status.success().then_some(())?;
        String::from_utf8(output.stdout).ok()
    }

    /// Entries for each second of the processor.
    fn measure(&self, folder: &Path, names: &str) -> Option<f64> {
        let told = self.ask(folder, "run", names)?;
        let (entries, seconds) = told.trim().split_once(' ')?;
        Some(entries.parse::<f64>().ok()? / seconds.parse::<f64>().ok()?)
    }
}

#[expect(clippy::print_stdout, reason = "a bench is read on a terminal")]
fn compare() {
    let made = tempfile::tempdir().expect("there is room for feeds");
    let folder = match env::var_os("FEEDWASH_CORPUS") {
        Some(folder) => PathBuf::from(folder),
        None => {
            for format in [FeedFormat::Rss, FeedFormat::Atom] {
                let document = support::made(format, 200);
                let path = made.path().join(format!("{format:?}.xml"));
                fs::write(path, document.response.body).expect("there is room for feeds");
            }
            made.path().to_owned()
        }
    };
    let mut peers = Vec::new();
    let mut read: Option<BTreeSet<String>> = None;
    for peer in Peer::all() {
        let Some(names) = peer.ask(&folder, "probe", "") else {
            println!("LEFT OUT: {} can't be run; see benches/peers", peer.name);
            continue;
        };
        let names: BTreeSet<String> = names.lines().map(str::to_owned).collect();
        println!("{:<28} reads {} files", peer.name, names.len());
        read = Some(read.map_or(names.clone(), |all| &all & &names));
        peers.push(peer);
    }
    let read: Vec<String> = read.unwrap_or_default().into_iter().collect();
    println!("{:<28} {}", "all of them read", read.len());
    let names = read.join("\n");
    let mut rates = vec![Vec::new(); peers.len()];
    for _ in 0..ROUNDS {
        for (peer, rates) in peers.iter().zip(&mut rates) {
            rates.push(peer.measure(&folder, &names).expect("it ran before"));
        }
    }
    for (peer, theirs) in peers.iter().zip(&rates) {
        let rate = median(theirs.clone());
        let times = rates[0]
            .iter()
            .zip(theirs)
            .map(|(ours, theirs)| ours / theirs);
        let times = median(times.collect());
        println!(
            "{:<28} {rate:>7.0} entries/s, ours is {times:.1} times that",
            peer.name
        );
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What becomes of a document: how many entries it has, and what is published of them.
fn washed(response: &Response) -> Option<(usize, Vec<u8>)> {
    let washed = wash(response, &Rules::default()).ok()?;
    let published = render(&washed.clean, FeedFormat::Atom, &Context::default());
    Some((washed.clean.entries.len(), published))
}

fn response(path: &Path) -> Response {
    Response {
        body: fs::read(path).expect("a file of the folder can be read"),
        url: Some("https://example.org/feed".to_owned()),
        ..Response::default()
    }
}

#[expect(clippy::print_stdout, reason = "the process that asked reads it")]
fn probe(folder: &Path) {
    let files = fs::read_dir(folder).expect("the folder can be read");
    for path in files.filter_map(|file| file.ok().map(|file| file.path())) {
        let is_xml = path.extension().is_some_and(|kind| kind == "xml");
        if is_xml && washed(&response(&path)).is_some_and(|(entries, _)| entries > 0) {
            println!("{}", path.file_name().unwrap_or_default().to_string_lossy());
        }
    }
}

#[expect(clippy::print_stdout, reason = "the process that asked reads it")]
fn run(folder: &Path) {
    let mut names = String::new();
    io::stdin()
        .read_to_string(&mut names)
        .expect("names are text");
    let responses: Vec<Response> = names
        .lines()
        .map(|name| response(&folder.join(name)))
        .collect();
    let all = || -> usize {
        let entries = responses.iter().filter_map(|response| {
            let (entries, published) = washed(hint::black_box(response))?;
            hint::black_box(published);
            Some(entries)
        });
        entries.sum()
    };
    all();
    let (start, used) = (Instant::now(), processor());
    let mut entries = 0;
    while start.elapsed() < TURN {
        entries += all();
    }
    let seconds = match (used, processor()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed(),
    };
    println!("{entries} {}", seconds.as_secs_f64());
}

/// What the processor did for this thread, which does all the work, where the system tells (Linux).
fn processor() -> Option<Duration> {
    let told = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds = told.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
