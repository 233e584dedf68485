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
            _ => self.add(span, without_text(message).replace('\n', ", "), None),
        }
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
