//! `opml import` and `opml export`.

use super::append::{self, Added};
use super::{config, output};
use crate::opml;
use crate::web;
use anyhow::{Context as _, Result};
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

/// `feedwash opml export`: the clean feeds under their public URLs.
pub(super) async fn export(named: Option<&Path>) -> Result<ExitCode> {
    let config = config::load_to_read_feeds(&config::path(named))?;
    let statuses = config::statuses(&config).await?;
    let titled: Vec<(&str, Option<&str>)> = config
        .sources
        .iter()
        .map(|source| {
            let known = statuses
                .iter()
                .find(|status| status.name == source.name.as_str());
            (
                source.name.as_str(),
                known.and_then(|status| status.title.as_deref()),
            )
        })
        .collect();
    let server = &config.server;
    output::text(&web::opml_of(
        &titled,
        &server.public_url,
        &web::Key::of(server),
    ))
}

/// `feedwash opml import`: adds what is not there yet, keeps every comment, and writes the file whole or not at all.
pub(super) fn import(named: Option<&Path>, file: &Path) -> Result<ExitCode> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .context("can't read standard input")?;
    } else {
        text = std::fs::read_to_string(file)
            .with_context(|| format!("can't read {}", file.display()))?;
    }
    let outlines =
        opml::parse(&text).with_context(|| format!("can't import {}", file.display()))?;
    let path = config::path(named);
    let config = append::config_at(&path)?;
    let own = format!("{}/feeds/", config.server.public_url);
    let (ours, outlines): (Vec<_>, Vec<_>) = outlines
        .into_iter()
        .partition(|outline| outline.xml_url.starts_with(&own));
    for outline in &ours {
        output::say(&format!(
            "left out {:?}, which is a clean feed of this Feedwash",
            outline.xml_url
        ));
    }
    let Added {
        names, unusable, ..
    } = append::to_file(&path, &config, &outlines, None)?;
    for name in &names {
        output::say(&format!("added {name}"));
    }
    for url in &unusable {
        output::say(&format!("left out {url:?}, which is no http or https URL"));
    }
    let there = outlines.len() - names.len() - unusable.len();
    output::say(&format!(
        "{} added to {}, {there} were there already",
        names.len(),
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}
