//! `backup`: an online copy of the store.

use super::{Usage, config, output};
use crate::store;
use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;

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
