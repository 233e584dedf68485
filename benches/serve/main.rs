//! What readers cost: one feed of 200 kB, asked for by 64 readers as it is, compressed, and by who has it already.
//!
//! Beside the program stand, in the same run, a bare `axum` handler that returns the same bytes, and `nginx`, where it is
//! installed, which serves them from disk. They take turns under `wrk`, which has to be installed; what counts is requests for
//! each second of processor time of the server's own process, which `wrk` and other programs on the machine hardly change.
//!
//! Nothing leaves loopback, all processes end with this one, and all files lie in a temporary folder.
//! `FEEDWASH_ROUNDS` and `FEEDWASH_SECONDS` (of each measurement) change the figures of the same names; `FEEDWASH_PROGRAM`
//! measures another build of the program.

mod bare;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

use feedwash::model::FeedFormat;
use process::{Kept, Usage};
use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::thread::sleep;
use std::time::{Duration, Instant};

// As in the program: the bare handler has no slower one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many readers ask at once.
const READERS: usize = 64;

/// How long the feed is at the least, in bytes, as it is published.
const FEED_BYTES: usize = 200_000;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who serves.
const NAMES: [&str; 3] = ["feedwash", "bare axum", "nginx"];

/// How the feed is asked for.
const CASES: [&str; 3] = ["identity", "gzip", "304"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["bare", port, folder] => bare::run(number(port), Path::new(folder)),
        ["keep", program, ref rest @ ..] => process::keep(program, rest),
        // `cargo test --benches` asks only whether it runs.
        _ => compare(&Plan::new(arguments.contains(&"--bench"))),
    }
}

fn number<N: FromStr>(text: &str) -> N {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is not a number that fits"))
}

#[expect(clippy::print_stdout, reason = "a bench is read on a terminal")]
fn say(line: impl Display) {
    println!("{line}");
}

/// What is measured.
struct Plan {
    rounds: usize,
    seconds: usize,
    program: PathBuf,
}

impl Plan {
    fn new(is_bench: bool) -> Self {
        let asked = |name, full, trial| {
            let default = if is_bench { full } else { trial };
            std::env::var(name).map_or(default, |text| number(&text))
        };
        let program = std::env::var_os("FEEDWASH_PROGRAM").map(PathBuf::from);
        Self {
            rounds: asked("FEEDWASH_ROUNDS", 10, 1),
            seconds: asked("FEEDWASH_SECONDS", 2, 1),
            program: program.unwrap_or_else(|| env!("CARGO_BIN_EXE_feedwash").into()),
        }
    }
}

/// A server under measurement: its process, and how each case is asked of it.
struct Server {
    process: Kept,
    /// The address and the fields of the request of each case.
    asked: [(String, Vec<String>); CASES.len()],
}

fn compare(plan: &Plan) {
    if Command::new("wrk").arg("--version").output().is_err() {
        say("wrk is not installed, so nothing is measured: apt-get install wrk");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path();
    let mut servers = vec![feedwash(plan, folder), bare_axum(folder)];
    match nginx(folder) {
        Some(nginx) => servers.push(nginx),
        None => say("nginx is not installed, and is left out"),
    }
    say(format_args!(
        "{READERS} readers, {} rounds of {} s each; requests for a second of the processor",
        plan.rounds, plan.seconds
    ));
    for (case, name) in CASES.iter().enumerate() {
        let mut rates: [Vec<f64>; NAMES.len()] = Default::default();
        for _ in 0..plan.rounds {
            for (server, rates) in servers.iter().zip(&mut rates) {
                rates.push(measure(server, case, plan.seconds));
            }
        }
        let medians: Vec<String> = NAMES
            .iter()
            .zip(&rates)
            .filter(|(_, rates)| !rates.is_empty())
            .map(|(name, rates)| format!("{name} {:.0}", middle(rates.clone()).1))
            .collect();
        say(format_args!("{name:<9} {}", medians.join(", ")));
        for (peer, peers) in NAMES.iter().zip(&rates).skip(1) {
            let ratios: Vec<f64> = rates[0]
                .iter()
                .zip(peers)
                .map(|(own, peer)| own / peer)
                .collect();
            if !ratios.is_empty() {
                let (low, median, high) = middle(ratios);
                say(format_args!(
                    "          {median:.2} of {peer} (the middle half from {low:.2} to {high:.2})"
                ));
            }
        }
    }
}

/// The quarters of some values: a quarter is below the first, half below the second.
fn middle(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |part: usize| values[(values.len() - 1) * part / 4];
    (at(1), at(2), at(3))
}

/// Requests for each second of processor time.
fn measure(server: &Server, case: usize, seconds: usize) -> f64 {
    let (url, fields) = &server.asked[case];
    let before = Usage::of(server.process.pid);
    let mut wrk = Command::new("wrk");
    wrk.args(["-t1", &format!("-c{READERS}"), &format!("-d{seconds}s")]);
    for field in fields {
        wrk.args(["-H", field]);
    }
    let output = wrk.arg(url).output().expect("wrk runs");
    let used = Usage::of(server.process.pid).cpu - before.cpu;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains("Socket errors"), "{said}");
    // 304 is none of those that wrk takes for an error.
    assert!(!said.contains("Non-2xx"), "{said}");
    let line = said
        .lines()
        .find(|line| line.contains(" requests in "))
        .unwrap_or_else(|| panic!("wrk says how many: {said}"));
    let requests: f64 = number(line.split_whitespace().next().expect("a number"));
    requests / used.as_secs_f64()
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the folder's name is text")
}

/// The program with one feed. What it serves is written into the folder for the others.
fn feedwash(plan: &Plan, folder: &Path) -> Server {
    let mut entries = 1;
    let feed = loop {
        let feed = support::made(FeedFormat::Rss, entries).response.body;
        if feed.len() >= FEED_BYTES {
            break feed;
        }
        entries += 1;
    };
    std::fs::write(folder.join("feed.xml"), feed).expect("the folder can be written to");
    let port = free_port();
    let toml = format!(
        "[server]\nlisten = \"127.0.0.1:{port}\"\n[cleaning]\noff = []\n[[source]]\nname = \"press\"\n\
         url = \"feed.xml\"\npage_entries = {entries}\n"
    );
    let config = folder.join("feeds.toml");
    std::fs::write(&config, toml).expect("the folder can be written to");
    let process = Kept::start(text(&plan.program), &["run", "--config", text(&config)]);
    let started = Instant::now();
    let plain = loop {
        assert!(started.elapsed() < PATIENCE, "the feed does not come");
        sleep(Duration::from_millis(50));
        let answer = ask(port, "/feeds/press.rss", "");
        if let Some(answer) = answer.filter(|answer| answer.body.len() > FEED_BYTES / 2) {
            break answer;
        }
    };
    let gzip = ask(port, "/feeds/press.rss", "Accept-Encoding: gzip\r\n").expect("it answers");
    for (name, body) in [("plain.rss", &plain.body), ("gzip.rss", &gzip.body)] {
        std::fs::write(folder.join(name), body).expect("the folder can be written to");
    }
    say(format_args!(
        "a feed of {} bytes, {} with gzip",
        plain.body.len(),
        gzip.body.len()
    ));
    let url = format!("http://127.0.0.1:{port}/feeds/press.rss");
    Server {
        process,
        asked: [
            (url.clone(), vec![]),
            (url.clone(), vec!["Accept-Encoding: gzip".to_owned()]),
            (url, vec![format!("If-None-Match: {}", plain.etag)]),
        ],
    }
}

/// The bare handler, which has read its bytes before anybody asks.
fn bare_axum(folder: &Path) -> Server {
    let this = std::env::current_exe().expect("a running program has a file");
    let port = free_port();
    let process = Kept::start(text(&this), &["bare", &port.to_string(), text(folder)]);
    wait_for(port);
    let asked = |path: &str| (format!("http://127.0.0.1:{port}/{path}"), Vec::new());
    Server {
        process,
        asked: [asked("plain"), asked("gzip"), asked("304")],
    }
}

/// nginx in one process, as a static server. `None` where it is not installed.
fn nginx(folder: &Path) -> Option<Server> {
    Command::new("nginx").arg("-v").output().ok()?;
    let port = free_port();
    let root = text(folder);
    // The module's default is the right one for files that do not change; it logs nothing.
    let config = format!(
        "daemon off; master_process off; pid {root}/nginx.pid; error_log /dev/null crit;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
           access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=10;\n\
           client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;\n\
           uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;\n\
           types {{ application/rss+xml rss; }}\n\
           server {{ listen 127.0.0.1:{port}; root {root}; }}\n\
         }}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config).expect("the folder can be written to");
    let process = Kept::start("nginx", &["-c", text(&file), "-p", root]);
    wait_for(port);
    let etag = ask(port, "/plain.rss", "").expect("it answers").etag;
    let asked = |path: &str| (format!("http://127.0.0.1:{port}/{path}"), Vec::new());
    let (url, _) = asked("plain.rss");
    Some(Server {
        process,
        asked: [
            asked("plain.rss"),
            asked("gzip.rss"),
            (url, vec![format!("If-None-Match: {etag}")]),
        ],
    })
}

fn wait_for(port: u16) {
    let started = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(started.elapsed() < PATIENCE, "a server does not come up");
        sleep(Duration::from_millis(20));
    }
}

struct Answer {
    etag: String,
    body: Vec<u8>,
}

/// Asks a server for something; `None` where it does not answer with it.
fn ask(port: u16, path: &str, fields: &str) -> Option<Answer> {
    let address: SocketAddr = (Ipv4Addr::LOCALHOST, port).into();
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let etag = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("etag").then(|| value.to_owned())
        })
        .unwrap_or_default();
    let is_fine = head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200");
    is_fine.then(|| Answer {
        etag,
        body: answer.split_off(end + 4),
    })
}
