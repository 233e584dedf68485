//! The rules of the architecture that can be read from the source text: who may import whom, and who may touch what.
//!
//! Tests at the foot of a module may import what they like; what is left is read line by line, without comments.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module at the top of the crate.
struct Module {
    name: &'static str,
    /// 1 words, 2 pure, 3 effects, 4 program. A module may import every module of a lower number …
    layer: u8,
    /// … and of its own layer these.
    friends: &'static [&'static str],
}

const fn module(layer: u8, name: &'static str, friends: &'static [&'static str]) -> Module {
    Module {
        name,
        layer,
        friends,
    }
}

/// Every module of the crate. `fetch` and `store` do not know each other.
const MODULES: &[Module] = &[
    module(1, "model", &[]),
    module(1, "limits", &[]),
    module(1, "markup", &[]),
    module(2, "absolute", &[]),
    module(2, "decode", &[]),
    // `&#146;` means what windows-1252 has there, and decoding knows that table.
    module(2, "parse", &["absolute", "decode"]),
    module(2, "identity", &[]),
    module(2, "discover", &[]),
    module(2, "fingerprint", &[]),
    module(2, "clean", &["fingerprint"]),
    // It counts fingerprints and never makes one.
    module(2, "learn", &[]),
    module(
        2,
        "wash",
        &["absolute", "decode", "parse", "identity", "clean", "learn"],
    ),
    module(2, "schedule", &[]),
    // Whose a home page is, is what the schedule asks of every address.
    module(2, "walls", &["schedule"]),
    module(2, "render", &["absolute"]),
    // OPML is XML, and there is one module that writes XML.
    module(2, "opml", &["render"]),
    // What a user wrote about passes is checked by those who know the passes.
    module(2, "config", &["clean"]),
    module(3, "fetch", &[]),
    module(3, "store", &[]),
    module(4, "poll", &[]),
    module(4, "metrics", &["poll"]),
    module(4, "daemon", &["metrics", "poll"]),
    module(4, "web", &["daemon", "metrics", "poll"]),
    module(4, "service", &["daemon", "web"]),
    module(4, "cli", &["daemon", "poll", "service", "web"]),
    module(4, "main", &["cli"]),
];

/// What only some may touch: the words, the files that may (by the beginning of their path), and why.
const TERRITORIES: &[(&[&str], &[&str], &str)] = &[
    (
        &["sqlx"],
        &["store"],
        "the store is the only module that knows SQL",
    ),
    (
        &["reqwest", "rustls::"],
        &["fetch"],
        "fetch is the only outgoing HTTP",
    ),
    (
        &[".detach("],
        &["clean/scrub.rs", "clean/scrub/"],
        "a tree is changed through Scrub alone, which records what it does",
    ),
    (
        &["Timestamp::now", "Zoned::now", "SystemTime::now"],
        &["poll", "daemon", "web", "service", "cli"],
        "time comes in as an argument; only the program asks the clock",
    ),
    (
        &["Instant::now"],
        &[
            "fetch/body.rs",
            "fetch/deadline.rs",
            "poll",
            "daemon",
            "web",
            "service",
            "cli",
        ],
        "a stopwatch measures what others do, and decides nothing that is kept",
    ),
    (
        &[
            "std::fs",
            "tokio::",
            "std::process",
            "std::env::",
            "std::thread",
            "TcpStream",
        ],
        &[
            "fetch", "store", "poll", "metrics", "daemon", "web", "service", "cli", "main",
        ],
        "layers 1 and 2 have no effects",
    ),
    (
        &["println!", "print!(", "io::stdout"],
        &["cli/output.rs"],
        "data goes to standard output through one door, where a closed pipe is no error",
    ),
];

/// A source file without comments and tests.
struct Source {
    /// Relative to `src/`.
    path: String,
    code: String,
}

impl Source {
    /// The module at the top that it belongs to.
    fn module(&self) -> &str {
        let name = self.path.split('/').next().unwrap_or_default();
        name.strip_suffix(".rs").unwrap_or(name)
    }

    /// Whether it is one of the given files or modules, or in one of the folders.
    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            let is_folder = place.ends_with('/');
            *place == self.module()
                || *place == self.path
                || is_folder && self.path.starts_with(place)
        })
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = root().join(folder);
    let mut found = Vec::new();
    rust_files(&folder, &mut found);
    found.sort();
    let read = |path: &PathBuf| {
        let relative = path
            .strip_prefix(&folder)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        (relative, fs::read_to_string(path).unwrap())
    };
    found.iter().map(read).collect()
}

fn sources() -> Vec<Source> {
    let all = files("src").into_iter();
    let own = all.filter(|(path, _)| !path.ends_with("/tests.rs"));
    own.map(|(path, text)| Source {
        path,
        code: code(&text),
    })
    .collect()
}

/// The text without its comments, and without the tests at its foot.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            match lines.next() {
                Some(next) if next.ends_with(';') => continue,
                // Tests stand at the foot of a module, up to its end.
                _ => break,
            }
        }
        let trimmed = line.trim_start();
        if !trimmed.starts_with("//") {
            code.push_str(line.split(" // ").next().unwrap_or(line));
            code.push('\n');
        }
    }
    code
}

/// The modules at the top of the crate that some code names, as `crate::a`, or as `crate::{a, b::{c, d}}`.
fn imports(code: &str, root: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in code.match_indices(root) {
        let is_longer_name = code[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = &code[start + root.len()..];
        if is_longer_name {
            continue;
        }
        match rest.strip_prefix('{') {
            None => found.extend(first_word(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut at_start = true;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_start = true,
                        c if at_start && !c.is_whitespace() => {
                            found.extend(first_word(&list[at..]));
                            at_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn first_word(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn find(name: &str) -> Option<&'static Module> {
    MODULES.iter().find(|module| module.name == name)
}

fn may_import(from: &Module, to: &Module) -> bool {
    from.name == to.name || to.layer < from.layer || from.friends.contains(&to.name)
}

#[test]
fn the_table_names_every_module_and_no_other() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared = lib
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "));
    let mut declared: BTreeSet<&str> = declared.map(|name| name.trim_end_matches(';')).collect();
    declared.insert("main");
    let listed: BTreeSet<&str> = MODULES.iter().map(|module| module.name).collect();
    assert_eq!(listed, declared);
    for module in MODULES {
        for friend in module.friends {
            let friend = find(friend).expect("a friend is a module");
            assert_eq!(
                friend.layer, module.layer,
                "{} needs no leave to import {}",
                module.name, friend.name
            );
        }
    }
}

#[test]
fn no_module_imports_from_below() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for source in sources().iter().filter(|source| source.path != "lib.rs") {
        let from =
            find(source.module()).unwrap_or_else(|| panic!("{} is in no layer", source.path));
        let root = if from.name == "main" {
            "feedwash::"
        } else {
            "crate::"
        };
        for name in imports(&source.code, root) {
            let to = find(&name)
                .unwrap_or_else(|| panic!("{} imports {name}, which is in no layer", source.path));
            if !may_import(from, to) {
                wrong.push(format!(
                    "{} (layer {}) imports {name} (layer {})",
                    source.path, from.layer, to.layer
                ));
            }
            used.insert((from.name, name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for module in MODULES {
        for friend in module.friends {
            let is_used = used.contains(&(module.name, (*friend).to_owned()));
            assert!(
                is_used,
                "{} is no friend of {} any more",
                friend, module.name
            );
        }
    }
}

#[test]
fn nobody_leaves_a_module_by_the_back_door() {
    for source in sources() {
        // One step up from `a/b.rs` is `a`; one more is the whole crate.
        let back_door = "super::".repeat(source.path.matches('/').count() + 1);
        assert!(
            !source.code.contains(&back_door),
            "{}: name other modules by crate::",
            source.path
        );
    }
}

#[test]
fn each_keeps_to_its_territory() {
    let mut wrong = Vec::new();
    for (words, places, why) in TERRITORIES {
        let all = sources();
        let outside = all.iter().filter(|source| !source.is_in(places));
        for source in outside {
            for (number, line) in source.code.lines().enumerate() {
                let word = words.iter().find(|word| has(line, word));
                wrong.extend(word.map(|word| {
                    format!("{}: `{word}` near line {}: {why}", source.path, number + 1)
                }));
            }
        }
        let inside = all.iter().filter(|source| source.is_in(places));
        let is_used = inside
            .into_iter()
            .any(|source| words.iter().any(|word| has(&source.code, word)));
        assert!(
            is_used,
            "{words:?} occur nowhere: is the rule still about something?"
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether a word stands in a text, and not as the end of a longer one.
fn has(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !word.starts_with(char::is_alphabetic)
            || !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn nothing_is_left_for_later() {
    // Written apart, or this file would break its own rule.
    let words = [
        concat!("#[", "ignore"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    for (path, text) in files("src").into_iter().chain(files("tests")) {
        for word in words {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in files("src")
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tests.rs"))
    {
        assert!(text.starts_with("//! "), "{path} has no module doc");
    }
}

#[track_caller]
fn check(code: &str, expected: &[&str]) {
    assert_eq!(
        imports(code, "crate::").into_iter().collect::<Vec<_>>(),
        expected,
        "{code}"
    );
}

#[test]
fn imports_are_found_in_every_form() {
    check("use crate::a::B;", &["a"]);
    check("pub(crate) use crate::a;", &["a"]);
    check("use crate::{a, b::{C, D}, e::*};", &["a", "b", "e"]);
    check("use crate::{\n    a::{self, b},\n    c,\n};", &["a", "c"]);
    check("let x = crate::a::f(crate::b::G);", &["a", "b"]);
    check("$crate::a::b", &["a"]);
    check("use other_crate::a;", &[]);
}

#[test]
fn comments_and_tests_are_not_read() {
    let text = "//! crate::a\nuse crate::b; // crate::c\n#[cfg(test)]\nmod tests;\nuse crate::d;\n#[cfg(test)]\nmod tests {\n use crate::e;\n}\n";
    check(&code(text), &["b", "d"]);
}

#[test]
fn layers_are_judged_as_the_table_says() {
    let judge = |from: &str, to: &str| may_import(find(from).unwrap(), find(to).unwrap());
    assert!(judge("cli", "model") && judge("wash", "parse") && judge("store", "config"));
    assert!(
        !judge("model", "cli")
            && !judge("parse", "wash")
            && !judge("store", "fetch")
            && !judge("fetch", "store")
    );
}
