//! `backup`: an online copy of the store; and `migrate-store`: all of it into another one.

use super::{Usage, config, output};
use crate::config::StoreLocation;
use crate::store;
use anyhow::Result;
use indicatif::ProgressBar;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use url::Url;

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
    let copied = store::transfer(old, &new, |table| bar.set_message(table)).await;
    bar.finish_and_clear();
    let rows: Vec<Vec<String>> = copied?
        .tables
        .into_iter()
        .map(|(table, rows)| vec![table.to_owned(), rows.to_string()])
        .collect();
    let said = output::text(&output::table(&rows))?;
    output::say(&format!(
        "all of {old} is in {new} now; {old} stays as it is\nwrite url = \"{}\" below [store] in {}, and start Feedwash",
        without_password(to),
        path.display()
    ));
    Ok(said)
}

/// The address of a store as somebody wrote it, without its password, which may stand in two places.
fn without_password(written: &str) -> String {
    let Ok(mut url) = Url::parse(written) else {
        return written.to_owned();
    };
    const HIDDEN: &str = "PASSWORD";
    if url.password().is_some() {
        // A URL that has one has room for another.
        let _ = url.set_password(Some(HIDDEN));
    }
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if pairs.iter().any(|(name, _)| name == "password") {
        let pairs = pairs.iter().map(|(name, value)| match &**name {
            "password" => (&**name, HIDDEN),
            name => (name, &**value),
        });
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_as_it_was_written_but_for_its_password() {
        let check = |written, expected| assert_eq!(without_password(written), expected);
        check("sqlite:new.db", "sqlite:new.db");
        let socket = "postgres://feedwash@localhost/feedwash?host=/run/postgresql";
        check(socket, socket);
        check(
            "postgres://me:hunter2@db.example:7754/a",
            "postgres://me:PASSWORD@db.example:7754/a",
        );
        check(
            "postgres://db.example/a?user=me&password=hunter2",
            "postgres://db.example/a?user=me&password=PASSWORD",
        );
    }
}
