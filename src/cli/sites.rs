//! Reading the folders of public rules that `feeds.toml` names.
//!
//! Each folder is read once, when the configuration is; a reload reads it anew.

use crate::clean::{self, NotUnderstood};
use crate::config::{Config, SiteFolder};
use crate::limits;
use crate::model::SiteRules;
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Gives each source the rules of its folder, and returns what was not understood in them, each with its path.
pub(super) fn read(config: &mut Config, path: &Path) -> Result<Vec<String>> {
    let mut read: BTreeMap<PathBuf, Arc<SiteRules>> = BTreeMap::new();
    let mut told = Vec::new();
    for source in &mut config.sources {
        let Some(folder) = &source.site_folder else {
            continue;
        };
        if let Some(rules) = read.get(&folder.path) {
            source.rules.site = Arc::clone(rules);
            continue;
        }
        let (rules, not_understood) = folder_rules(folder)
            .with_context(|| format!("{}: line {}: site_rules", path.display(), folder.line))?;
        told.extend(not_understood.iter().map(|told| {
            let file = folder.path.join(&told.file);
            format!("{}:{}: {}", file.display(), told.line, told.message)
        }));
        source.rules.site = Arc::new(rules);
        read.insert(folder.path.clone(), Arc::clone(&source.rules.site));
    }
    Ok(told)
}

fn folder_rules(folder: &SiteFolder) -> Result<(SiteRules, Vec<NotUnderstood>)> {
    let shown = folder.path.display();
    let mut names = Vec::new();
    let listed = std::fs::read_dir(&folder.path).with_context(|| {
        format!("can't read the folder {shown} (name one with files like example.com.txt, relative to the folder of feeds.toml, or take the key out)")
    })?;
    for entry in listed {
        let name = entry
            .with_context(|| format!("can't read the folder {shown}"))?
            .file_name();
        names.extend(
            name.to_str()
                .filter(|name| clean::is_site_file(name))
                .map(str::to_owned),
        );
    }
    if names.len() > limits::SITE_FILES_MAX {
        let most = limits::SITE_FILES_MAX;
        bail!(
            "the folder {shown} has more than {most} files of rules (keep those of the sites you read)"
        );
    }
    names.sort_unstable();
    let mut files = Vec::new();
    let mut told = Vec::new();
    for name in names {
        match text(&folder.path.join(&name))? {
            Ok(text) => files.push((name, text)),
            Err(message) => told.push(NotUnderstood {
                file: name,
                line: 1,
                message,
            }),
        }
    }
    let (rules, not_understood) = clean::site_rules(&files);
    told.extend(not_understood);
    told.sort_unstable();
    Ok((rules, told))
}

/// The text of a file of rules, or why it is left out.
fn text(path: &Path) -> Result<Result<String, String>> {
    let failed = || {
        format!(
            "can't read {} (make it readable, or take it away)",
            path.display()
        )
    };
    let about = std::fs::metadata(path).with_context(failed)?;
    // A pipe would be waited for.
    if !about.is_file() {
        return Ok(Err("not understood: it is no file".to_owned()));
    }
    if about.len() > limits::SITE_FILE_BYTES_MAX {
        let most = limits::SITE_FILE_BYTES_MAX;
        return Ok(Err(format!(
            "not understood: it is larger than {most} bytes"
        )));
    }
    let bytes = std::fs::read(path).with_context(failed)?;
    Ok(Ok(String::from_utf8_lossy(&bytes).into_owned()))
}
