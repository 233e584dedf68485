//! Adding sources to `feeds.toml`: every comment is kept, and no name or address stands there twice.

use super::config;
use crate::config::Config;
use crate::opml::Outline;
use crate::poll::free_name;
use anyhow::{Context as _, Result, bail};
use std::collections::HashSet;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

/// What was added.
pub(super) struct Added {
    /// The configuration text with it.
    text: String,
    /// The names of the new sources.
    pub(super) names: Vec<String>,
    /// Addresses that can't be polled.
    pub(super) unusable: Vec<String>,
}

/// Adds the feeds that are not there yet, given what the file holds, under names made of their titles, or the first under
/// the name that somebody gave it. The file is written whole or not at all, and not where nothing was added.
pub(super) fn to_file(
    path: &Path,
    before: &Config,
    outlines: &[Outline],
    name: Option<&str>,
) -> Result<Added> {
    let written = match path.exists() {
        true => std::fs::read_to_string(path)?,
        false => String::new(),
    };
    let added = add(&written, before, outlines, name)?;
    if !added.names.is_empty() {
        // What would be written must be a configuration that runs.
        Config::from_toml(&added.text, Path::new(""), None).context("can't add these feeds")?;
        replace(path, &added.text).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(added)
}

/// The configuration in a file, or an empty one where there is none yet.
pub(super) fn config_at(path: &Path) -> Result<Config> {
    match path.exists() {
        true => config::load_to_look(path),
        false => Ok(Config::from_toml("", Path::new(""), None)?),
    }
}

/// The configuration text with a `[[source]]` for each outline that has none yet.
fn add(
    text: &str,
    config: &Config,
    outlines: &[Outline],
    mut given: Option<&str>,
) -> Result<Added> {
    let mut document: DocumentMut = text.parse()?;
    let sources = document
        .entry("source")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(sources) = sources.as_array_of_tables_mut() else {
        bail!("\"source\" is written in a form that can't be added to")
    };
    let mut urls: HashSet<String> = config
        .sources
        .iter()
        .map(|source| source.location.to_string())
        .collect();
    let mut names: HashSet<String> = config
        .sources
        .iter()
        .map(|source| source.name.to_string())
        .collect();
    let (mut added, mut unusable) = (Vec::new(), Vec::new());
    for outline in outlines {
        let url = url::Url::parse(&outline.xml_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = url else {
            unusable.push(outline.xml_url.clone());
            continue;
        };
        if !urls.insert(url.to_string()) {
            continue;
        }
        let name = match given.take() {
            Some(name) => name.to_owned(),
            None => name_for(outline, &url, &mut names),
        };
        let mut table = Table::new();
        table["name"] = value(&name);
        table["url"] = value(url.to_string());
        sources.push(table);
        added.push(name);
    }
    let mut text_after = document.to_string();
    if text.contains("\r\n") {
        text_after = text_after.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    Ok(Added {
        text: text_after,
        names: added,
        unusable,
    })
}

/// A name made of the title, else of the host, with a number where it is taken.
fn name_for(outline: &Outline, url: &url::Url, taken: &mut HashSet<String>) -> String {
    let name = free_name(&outline.title, url, |name| taken.contains(name));
    taken.insert(name.clone());
    name
}

/// Writes beside the file and renames, so that a crash leaves the old one or the new one. A link stays a link, and
/// a file that only its owner may read is never anything else.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let beside = path.with_extension("toml.new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    let mode = std::fs::metadata(&path)
        .map_or_else(|_| Permissions::from_mode(0o644), |old| old.permissions());
    file.set_permissions(mode)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_keeps_comments_and_skips_what_is_there() {
        let text = "# mine\n[[source]]\nname = \"a\" # first\nurl = \"https://a.example/feed\"\n";
        let config = Config::from_toml(text, Path::new(""), None).expect("a valid file");
        let outline = |title: &str, url: &str| Outline {
            title: title.into(),
            xml_url: url.into(),
            ..Outline::default()
        };
        let outlines = [
            outline("A again", "https://a.example/feed"),
            outline("A", "https://b.example/feed"),
            outline("Новости", "https://www.c.example/rss"),
            outline("bad", "gopher://d.example/"),
        ];
        let Added {
            text: after,
            names,
            unusable,
        } = add(text, &config, &outlines, None).expect("a valid file");
        assert_eq!(names, ["a-2", "c-example"]);
        assert_eq!(unusable, ["gopher://d.example/"]);
        assert!(after.starts_with(text), "{after}");
        let config = Config::from_toml(&after, Path::new(""), None).expect("still valid");
        let names: Vec<&str> = config
            .sources
            .iter()
            .map(|source| source.name.as_str())
            .collect();
        assert_eq!(names, ["a", "a-2", "c-example"]);
    }
}
