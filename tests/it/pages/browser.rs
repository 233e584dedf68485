//! Every page in headless Chromium: nothing runs, nothing is wider than the screen, and the judges find nothing.
//!
//! Needs `chromium`, `node` and what `tests/it/pages/package.json` names (`npm ci` there, or a folder named by
//! `FEEDWASH_TEST_NODE`). `FEEDWASH_TEST_SHOTS` names a folder for screenshots of every page in every width and colour scheme;
//! `FEEDWASH_TEST_PAYLOADS` a file of hostile markup, a JSON object with `payload` a line, to be shown in place of our own.

use super::{crowd, paths, served};
use crate::support::{NOW, app, config, end_poll, fine, publish, rss, serve, skip, washed};
use feedwash::config::StoreLocation;
use feedwash::model::{Text, Washed};
use feedwash::store::{Finish, Store};
use serde::Deserialize;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the browser and the judges found.
#[derive(Debug, Deserialize)]
struct Found {
    pages: usize,
    axe: Vec<String>,
    html: Vec<String>,
    executed: Vec<String>,
    foreign: Vec<String>,
    errors: Vec<String>,
    wide: Vec<String>,
}

/// Where the packages are, if they and the programs are there.
fn modules() -> Option<PathBuf> {
    let runs = |program: &str| {
        let status = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.is_ok_and(|status| status.success())
    };
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/pages");
    let folder = std::env::var_os("FEEDWASH_TEST_NODE").map_or(own, PathBuf::from);
    let has_all = ["playwright-core", "axe-core", "html-validate"]
        .iter()
        .all(|name| folder.join("node_modules").join(name).exists());
    (has_all && runs("node") && runs("chromium")).then_some(folder)
}

/// Opens pages, as far as that can be done here.
async fn browse(
    address: SocketAddr,
    paths: &[String],
    mut job: serde_json::Value,
) -> Option<Found> {
    let Some(modules) = modules() else {
        skip(
            "chromium, node or the packages of tests/it/pages are not installed, so no browser opens the pages",
        );
        return None;
    };
    job["base"] = json!(format!("http://{address}"));
    job["paths"] = json!(paths);
    job["chromium"] = json!("/usr/bin/chromium");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("job.json");
    std::fs::write(&file, job.to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/pages/browser.mjs");
    let output = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .arg(script)
            .arg(modules)
            .arg(file)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
    });
    let output = output.await.unwrap().unwrap();
    assert!(
        output.status.success(),
        "the browser ended with {}",
        output.status
    );
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[track_caller]
fn check(found: &Found) {
    assert!(found.pages > 0);
    for (what, found) in [
        ("ran, or could", &found.executed),
        ("are loaded from elsewhere", &found.foreign),
        ("are errors", &found.errors),
        ("are wider than the screen", &found.wide),
        ("are violations of accessibility", &found.axe),
        ("are errors of HTML", &found.html),
    ] {
        assert!(found.is_empty(), "these {what}:\n{}", found.join("\n"));
    }
}

/// What to look at: everything where somebody wants to see it, and else the narrowest and the widest.
fn job(name: &str) -> serde_json::Value {
    match std::env::var_os("FEEDWASH_TEST_SHOTS") {
        Some(folder) => json!({
            "widths": [360, 768, 1440], "schemes": ["light", "dark"], "shots": Path::new(&folder).join(name),
        }),
        None => json!({ "widths": [360, 1440], "schemes": ["light", "dark"] }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_stands_in_a_browser() {
    let (address, _store) = served().await;
    let paths = paths(address).await;
    if let Some(found) = browse(address, &paths, job("world")).await {
        check(&found);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_do_an_empty_index_and_a_crowded_one() {
    for count in [0, 500] {
        let (address, _store) = crowd(count).await;
        let paths = ["/".to_owned()];
        if let Some(found) = browse(address, &paths, job(&format!("crowd-{count}"))).await {
            check(&found);
        }
    }
}

/// Markup that runs where a page is careless; written for these tests.
const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
    "<a href=\"java&#9;script:alert(1)\">x</a>",
    "<iframe srcdoc=\"<script>parent.alert(1)</script>\"></iframe>",
    "<object data=\"data:text/html,<script>alert(1)</script>\"></object>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<video><source onerror=alert(1)></video>",
    "<form><button formaction=\"javascript:alert(1)\" autofocus onfocus=alert(1)>x</button></form>",
    "<p style=\"animation-name:x\" onanimationstart=alert(1)>x</p>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<plaintext><script>alert(1)</script>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<base href=\"https://evil.example/\"><link rel=stylesheet href=\"data:text/css,*{}\"><meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<del class=\"cut\"><a class=\"why\" href=\"#r1\" id=\"main\">1</a></del><p class=\"skip\" id=\"q\">x</p>",
    "\"><script>alert(1)</script><x y=\"",
    "{{constructor.constructor('alert(1)')()}}",
];

/// The payloads to show.
fn payloads() -> Vec<String> {
    let Some(file) = std::env::var_os("FEEDWASH_TEST_PAYLOADS") else {
        return PAYLOADS.iter().map(|&payload| payload.to_owned()).collect();
    };
    let lines = std::fs::read_to_string(file).unwrap();
    let payload = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["payload"].as_str().unwrap().to_owned()
    };
    lines.lines().map(payload).collect()
}

/// An entry for each payload, with it wherever a publisher can put something.
fn hostile(payloads: &[String]) -> Washed {
    let story = "<p>A story of some length, so that there is something to wash around.</p>";
    let bodies: Vec<String> = payloads
        .iter()
        .map(|payload| format!("{story}{payload}"))
        .collect();
    let ids: Vec<String> = (0..payloads.len()).map(|n| format!("id-{n}")).collect();
    let entries: Vec<(&str, &str, &str)> = ids
        .iter()
        .zip(payloads)
        .zip(&bodies)
        .map(|((id, payload), body)| (&**id, &**payload, &**body))
        .collect();
    washed(&rss(&entries))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_hostile_runs_anywhere() {
    let payloads: Vec<String> = payloads()
        .into_iter()
        .filter(|payload| !payload.contains('\0'))
        .collect();
    let store = Store::open(&StoreLocation::Memory).await.unwrap();
    // Each payload is the title of a feed and the failure of its last poll, too.
    let tables = (0..payloads.len())
        .map(|n| format!("[[source]]\nname = \"s{n}\"\nurl = \"https://s{n}.example/\"\n"));
    let tables: String = tables.collect();
    let config = config(&format!(
        "{tables}[[source]]\nname = \"hostile\"\nurl = \"https://hostile.example/\"\n"
    ));
    store.sync(&config, NOW).await.unwrap();
    let all = hostile(&payloads);
    publish(&store, "hostile", &all, NOW).await;
    let mut paths: Vec<String> = Vec::new();
    // A page of its own and a search for it, for some: what is listed is told in the same way.
    let step = payloads.len().div_ceil(200);
    for (n, payload) in payloads.iter().enumerate() {
        let name = format!("s{n}");
        let mut titled = washed(&rss(&[("one", payload, payload)]));
        titled.clean.title = Some(Text::plain(payload.as_str()));
        titled.clean.description = Some(Text::plain(payload.as_str()));
        publish(&store, &name, &titled, NOW).await;
        let finish = Finish {
            outcome: "failed",
            failures: 2,
            failure: Some("timeout"),
            detail: Some(payload.as_str().into()),
            ..fine(NOW)
        };
        end_poll(&store, &name, &finish, NOW).await;
        if n % step != 0 {
            continue;
        }
        let query: String = url::form_urlencoded::byte_serialize(payload.as_bytes()).collect();
        paths.push(format!("/feeds/{name}"));
        paths.push(format!("/?q={query}"));
    }
    paths.extend((1..=(payloads.len() + 1).div_ceil(40)).map(|page| format!("/?page={page}")));
    paths.extend(
        (1..=payloads.len().div_ceil(10)).map(|page| format!("/feeds/hostile?page={page}")),
    );
    paths.extend(
        all.clean
            .entries
            .iter()
            .map(|entry| format!("/feeds/hostile/{}", entry.key)),
    );
    paths.extend(
        all.clean
            .entries
            .iter()
            .take(20)
            .map(|entry| format!("/feeds/hostile/{}?view=source", entry.key)),
    );
    let address = serve(app(&store, config).0).await;
    // Once as it is, and once with nothing but our own care between the payloads and the browser.
    for bypass in [false, true] {
        let job = json!({ "bypass": bypass, "axe": false, "html": false });
        let Some(found) = browse(address, &paths, job).await else {
            return;
        };
        assert_eq!(found.pages, paths.len());
        assert!(
            found.executed.is_empty(),
            "these ran, or could:\n{}",
            found.executed.join("\n")
        );
        assert!(
            found.foreign.is_empty(),
            "these are loaded from elsewhere:\n{}",
            found.foreign.join("\n")
        );
        tell(found.pages, bypass);
    }
}

/// Says how many pages were opened, for who runs it on more than our own.
fn tell(pages: usize, bypass: bool) {
    let policy = if bypass { "without" } else { "with" };
    eprintln!("{pages} pages opened {policy} the policy, and nothing ran");
}
