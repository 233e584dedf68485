//! What can be wrong with a `feeds.toml`, said so that it can be mended.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// One thing that is wrong with a `feeds.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )?;
        match &self.remedy {
            Some(remedy) => write!(f, " ({remedy})"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with a `feeds.toml`, in the order of its lines; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The problems.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n  ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// The problems found so far in one text.
pub(super) struct Problems<'a> {
    text: &'a str,
    found: Vec<(usize, Problem)>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.text.as_bytes()[..offset.min(self.text.len())]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count()
            + 1
    }

    pub(super) fn add(&mut self, span: Range<usize>, message: String, remedy: Option<String>) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let column = before
            .rsplit('\n')
            .next()
            .map_or(1, |line| line.chars().count() + 1);
        let problem = Problem {
            line: self.line(span.start),
            column,
            message,
            remedy,
        };
        self.found.push((span.start, problem));
    }

    /// A key or table that nobody knows, with the nearest that is known.
    pub(super) fn add_unknown(&mut self, span: Range<usize>, key: &str, known: &[&str]) {
        let remedy = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("known here: {}", known.join(", ")),
        };
        self.add(span, format!("unknown key \"{key}\""), Some(remedy));
    }

    /// An error of the TOML reader, said in our words where it is about an unknown key.
    pub(super) fn add_toml(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        // serde writes: unknown field `a`, expected one of `b`, `c`
        let mut names = message.split('`').skip(1).step_by(2);
        match names.next() {
            Some(key) if message.starts_with("unknown field") => {
                let known: Vec<&str> = names.collect();
                self.add_unknown(span, key, &known);
            }
            Some(key) if message.starts_with("missing field") => {
                self.add(span, format!("the key \"{key}\" is missing"), None);
            }
            _ => {
                let said = without_text(message).replace('\n', ", ");
                let key = self.key_at(span.start);
                let remedy = match said.starts_with("duplicate key") {
                    true => Some("a table or key stands once: write what belongs there where it stands already".into()),
                    false => key.and_then(example).map(|example| format!("write it like {example}")),
                };
                let message = match key {
                    Some(key) if said.starts_with("invalid") => format!("{key}: {said}"),
                    _ => said,
                };
                self.add(span, message, remedy);
            }
        }
    }

    /// The key of the line that a value stands on, where the line begins with it.
    fn key_at(&self, offset: usize) -> Option<&'a str> {
        let start = self.text.get(..offset)?.rfind('\n').map_or(0, |at| at + 1);
        let (key, _) = self.text[start..offset].split_once('=')?;
        let key = key.trim();
        let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_';
        (!key.is_empty() && key.chars().all(is_key)).then_some(key)
    }

    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|(offset, _)| *offset);
        Err(ConfigError {
            problems: self.found.into_iter().map(|(_, problem)| problem).collect(),
        })
    }
}

/// How the value of a key is written, where another type than the expected stands there.
fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "listen" => "\"127.0.0.1:8484\"",
        "public_url" => "\"https://feeds.example.org\"",
        "keep_days" => "90",
        "interval" | "timeout" => "\"30m\"",
        "adaptive" => "true",
        "concurrency" => "64",
        "max_body" => "33554432, in bytes",
        "allow_private" => "[\"10.1.2.0/24\", \"localhost\"]",
        "off" => "[\"read-more\"]",
        "remove" | "keep" => "[\"div.promo\", { text = \"Subscribe\" }]",
        "headers" => "{ X-Api-Key = \"secret\" }",
        "page_entries" => "50",
        _ => return None,
    })
}

/// A message without the text that it quotes, which may be a secret; it stands on that line anyway.
fn without_text(message: &str) -> Cow<'_, str> {
    // serde writes: invalid type: string "a", expected a map
    match (message.find("string \""), message.rfind("\", expected ")) {
        (Some(from), Some(to)) if from < to => {
            format!("{}a text{}", &message[..from], &message[to + 1..]).into()
        }
        _ => message.into(),
    }
}

/// The candidate that `name` was probably meant to be: at most a third of its letters differ.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().max(name.len()).div_ceil(3))
        .map(|(_, candidate)| candidate)
}
