//! `backup`: an online copy of the store; and `migrate-store`: all of it into another one.

use super::{Usage, config, output};
use crate::config::StoreLocation;
use crate::store;
use anyhow::Result;
use indicatif::ProgressBar;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// `feedwash backup`.
pub(super) async fn backup(named: Option<&Path>, to: &Path, force: bool) -> Result<ExitCode> {
    if to == Path::new("-") {
        let why = "a backup is a file that is read back; name one, like ./feedwash.db.bak";
        return Err(Usage(why.into()).into());
    }
    let config = config::load_to_look(&config::path(named))?;
    let backup = store::backup(&config.store.location, to, force).await?;
    let count = |n: i64| usize::try_from(n).unwrap_or_default();
    output::say(&format!(
        "wrote {}: {}, {}, {} bytes",
        to.display(),
        output::count(count(backup.sources), "source", "sources"),
        output::count(count(backup.entries), "entry", "entries"),
        backup.bytes
    ));
    Ok(ExitCode::SUCCESS)
}

/// How often the sign of work moves.
const TICK: Duration = Duration::from_millis(100);

/// `feedwash migrate-store`.
pub(super) async fn migrate(named: Option<&Path>, to: &str) -> Result<ExitCode> {
    let path = config::path(named);
    let config = config::load_to_look(&path)?;
    let Some(new) = StoreLocation::named(to, &config::store_folder(&path)) else {
        return Err(Usage(format!(
            "\"{to}\" names no database that is known here: write postgres://user@host/database or sqlite:feedwash.db"
        ))
        .into());
    };
    let bar = ProgressBar::new_spinner().with_message("copying");
    bar.enable_steady_tick(TICK);
    let old = &config.store.location;
    let copied = store::transfer(old, &new, |table, _| bar.set_message(table)).await;
    bar.finish_and_clear();
    let rows: Vec<Vec<String>> = copied?
        .tables
        .into_iter()
        .map(|(table, rows)| vec![table.to_owned(), rows.to_string()])
        .collect();
    let said = output::text(&output::table(&rows))?;
    output::say(&format!(
        "all of {old} is in {new} now; {old} stays as it is\nwrite url = \"{}\" below [store] in {}, and start Feedwash",
        shown(&new, to),
        path.display()
    ));
    Ok(said)
}

/// How a store is written, its password left out.
fn shown(location: &StoreLocation, written: &str) -> String {
    match location {
        StoreLocation::Postgres(_) => location.to_string(),
        StoreLocation::Sqlite(_) | StoreLocation::Memory => written.to_owned(),
    }
}
