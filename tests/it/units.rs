//! The units of systemd, by its own judgement: that it understands each line, and how exposed the program is.

use crate::support::skip;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `systemd-analyze security` may say at most. The best units of the kind are at 2.3 and more.
const EXPOSURE_MAX: f64 = 1.1;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")
}

fn unit(name: &str) -> String {
    fs::read_to_string(shipped().join(name)).unwrap()
}

/// Runs systemd-analyze and gives all that it says; `None` where there is none.
fn analyze(arguments: &[&str], folder: &Path) -> Option<(bool, String)> {
    let mut command = Command::new("systemd-analyze");
    command.args(arguments).current_dir(folder);
    match command.output() {
        Ok(ran) => {
            let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8(said).unwrap());
            Some((ran.status.success(), said.concat()))
        }
        Err(_) => {
            skip("there is no systemd-analyze here");
            None
        }
    }
}

/// The shipped units in a folder of their own, with the program of this build, and each example of a drop-in in force.
fn installed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let text = text.replace("/usr/bin/feedwash", env!("CARGO_BIN_EXE_feedwash"));
        fs::write(folder.path().join(name), text).unwrap();
    };
    for name in [
        "feedwash.service",
        "feedwash.socket",
        "feedwash-poll.service",
        "feedwash-poll.timer",
    ] {
        write(name, unit(name));
    }
    for unit in ["feedwash.service.d", "feedwash-poll.service.d"] {
        fs::create_dir(folder.path().join(unit)).unwrap();
        for example in fs::read_dir(shipped().join("feedwash.service.d")).unwrap() {
            let example = example.unwrap();
            let name = example.file_name().into_string().unwrap();
            let name = name.strip_suffix(".example").expect("an example");
            write(
                &format!("{unit}/{name}"),
                fs::read_to_string(example.path()).unwrap(),
            );
        }
    }
    folder
}

#[test]
fn systemd_understands_every_line() {
    let folder = installed();
    let units = [
        "verify",
        "--man=no",
        "./feedwash.service",
        "./feedwash.socket",
        "./feedwash-poll.service",
        "./feedwash-poll.timer",
    ];
    if let Some((success, said)) = analyze(&units, folder.path()) {
        assert!(success, "{said}");
        // Other units of the machine have their own troubles.
        let ours: Vec<&str> = said
            .lines()
            .filter(|line| line.contains("feedwash"))
            .collect();
        assert_eq!(ours, [""; 0]);
    }
}

#[test]
fn the_units_are_as_closed_as_they_can_be() {
    for name in ["feedwash.service", "feedwash-poll.service"] {
        let threshold = format!("--threshold={}", (EXPOSURE_MAX * 10.0) as u32);
        let path = shipped().join(name);
        let arguments = [
            "security",
            "--offline=true",
            "--no-pager",
            &threshold,
            path.to_str().unwrap(),
        ];
        if let Some((success, said)) = analyze(&arguments, &shipped()) {
            let level = said.lines().last().unwrap_or_default();
            assert!(success && level.contains("exposure level"), "{said}");
        }
    }
}

/// What both units have of the sandbox; nothing that one of them is given may be missing from the other.
#[test]
fn both_units_have_the_same_sandbox() {
    let sandbox = |name: &str| -> Vec<String> {
        let text = unit(name);
        let lines = text
            .lines()
            .skip_while(|line| !line.starts_with("# The sandbox"));
        let lines = lines.skip(1).take_while(|line| *line != "[Install]");
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let of_the_daemon = sandbox("feedwash.service");
    assert!(of_the_daemon.len() > 40);
    assert_eq!(of_the_daemon, sandbox("feedwash-poll.service"));
}
