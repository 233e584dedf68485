//! `feeds.toml` as it is written: one struct a table, and nothing interpreted.
//!
//! Each table is read on its own, so that one mistake does not hide the next table's.

use super::problem::Problems;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct FileConfig {
    pub(super) server: Server,
    pub(super) store: Store,
    pub(super) polling: Polling,
    pub(super) cleaning: Cleaning,
    pub(super) sources: Vec<Source>,
}

/// The tables of a file, for the message about an unknown one.
const TABLES: [&str; 5] = ["server", "store", "polling", "cleaning", "source"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Server {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) public_url: Option<Spanned<String>>,
    pub(super) r#try: Option<bool>,
    pub(super) access_token: Option<Spanned<Secret>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    pub(super) url: Option<Spanned<String>>,
    pub(super) keep_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Polling {
    pub(super) interval: Option<Spanned<String>>,
    pub(super) adaptive: Option<bool>,
    pub(super) concurrency: Option<Spanned<u32>>,
    pub(super) timeout: Option<Spanned<String>>,
    pub(super) max_body: Option<Spanned<u32>>,
    pub(super) proxy: Option<Spanned<Secret>>,
    pub(super) contact: Option<Spanned<String>>,
    pub(super) allow_private: Option<Vec<Spanned<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cleaning {
    pub(super) off: Option<Vec<Spanned<String>>>,
    pub(super) remove: Option<Vec<Spanned<Matcher>>>,
    pub(super) keep: Option<Vec<Spanned<Matcher>>>,
    pub(super) site_rules: Option<Spanned<String>>,
}

/// `"css selector"` or `{ text = "…" }`.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a CSS selector in quotes, or { text = \"…\" }"
)]
pub(super) enum Matcher {
    Selector(String),
    Text { text: String },
}

/// A secret itself, or where it stands: `{ env = "…" }`, `{ file = "…" }` or `{ credential = "…" }`.
#[derive(Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a text in quotes, { env = \"NAME\" }, { file = \"path\" } or { credential = \"name\" }"
)]
pub(super) enum Secret {
    Plain(String),
    Env { env: String },
    File { file: PathBuf },
    Credential { credential: String },
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) name: Spanned<String>,
    pub(super) url: Spanned<String>,
    pub(super) interval: Option<Spanned<String>>,
    pub(super) off: Option<Vec<Spanned<String>>>,
    pub(super) remove: Option<Vec<Spanned<Matcher>>>,
    pub(super) keep: Option<Vec<Spanned<Matcher>>>,
    pub(super) site_rules: Option<Spanned<String>>,
    pub(super) headers: Option<BTreeMap<Spanned<String>, Spanned<Secret>>>,
    pub(super) basic_auth: Option<Spanned<Secret>>,
    pub(super) cookie: Option<Spanned<Secret>>,
    pub(super) proxy: Option<Spanned<Secret>>,
    pub(super) language: Option<String>,
    pub(super) page_entries: Option<Spanned<u32>>,
}

/// Reads every table that can be read; what can't is a problem. `None` where the text is no TOML.
pub(super) fn read(text: &str, problems: &mut Problems<'_>) -> Option<FileConfig> {
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // A bracket that is missing makes an error of every line behind it: the first is the one to mend.
        for error in errors.iter().take(1) {
            problems.add_toml(error);
        }
        return None;
    }
    let mut file = FileConfig::default();
    for (key, value) in document.into_inner() {
        match key.get_ref().as_ref() {
            "server" => file.server = table(value, problems).unwrap_or_default(),
            "store" => file.store = table(value, problems).unwrap_or_default(),
            "polling" => file.polling = table(value, problems).unwrap_or_default(),
            "cleaning" => file.cleaning = table(value, problems).unwrap_or_default(),
            "source" => file.sources = sources(value, problems),
            unknown => problems.add_unknown(key.span(), unknown, &TABLES),
        }
    }
    Some(file)
}

fn sources(value: Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Vec<Source> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Array(tables) => tables
            .into_iter()
            .filter_map(|value| table(value, problems))
            .collect(),
        _ => {
            let remedy = "each source starts with a line [[source]], in double brackets";
            problems.add(
                span,
                "\"source\" is a list of tables".into(),
                Some(remedy.into()),
            );
            Vec::new()
        }
    }
}

fn table<'de, T: Deserialize<'de>>(
    value: Spanned<DeValue<'de>>,
    problems: &mut Problems<'_>,
) -> Option<T> {
    T::deserialize(ValueDeserializer::from(value))
        .map_err(|error| problems.add_toml(&error))
        .ok()
}
