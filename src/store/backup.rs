//! An online copy of a SQLite store, in one file.
//!
//! It copies what was committed when it began, while polls go on, and leaves out free pages. Nothing is upgraded, nothing in
//! the store changes. Invariant: the named file is a whole copy that was read back and is on the disk, or it is as it was.

use super::db;
use super::place::number;
use crate::config::StoreLocation;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// How many sources, removed ones included.
    pub sources: i64,
    /// How many entries.
    pub entries: i64,
    /// Its size.
    pub bytes: u64,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store is none that is copied here.
    #[error("{0}")]
    Elsewhere(String),
    /// There is a file of that name.
    #[error("{} exists; --force replaces it", .0.display())]
    Exists(PathBuf),
    /// The store can't be read, or the copy can't be written.
    #[error("can't copy {from} to {}: {why}", to.display())]
    Copy {
        /// The store.
        from: String,
        /// The file.
        to: PathBuf,
        /// What the database or the system says.
        why: String,
    },
}

/// Copies a store to a file. The copy grows under another name beside it and takes its place at the end.
///
/// # Errors
/// [`BackupError`]; the named file is as it was.
pub async fn backup(
    location: &StoreLocation,
    to: &Path,
    replace: bool,
) -> Result<Backup, BackupError> {
    let from = match location {
        StoreLocation::Sqlite(path) => path,
        StoreLocation::Memory => {
            let why = "the store is in memory, and gone with the process: there is nothing to copy";
            return Err(BackupError::Elsewhere(why.to_owned()));
        }
        StoreLocation::Postgres(_) => {
            return Err(BackupError::Elsewhere(format!(
                "the store is the PostgreSQL database {location}, which its own tools copy while Feedwash runs: \
                 pg_dump --format=custom --file={} and the URL of [store]; pg_restore reads it back",
                to.display()
            )));
        }
    };
    if !replace && to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    if is_part_of(from, to) {
        return Err(BackupError::Elsewhere(format!(
            "{} is the store itself, or its log: name another file",
            to.display()
        )));
    }
    let growing = beside(to);
    let copied = copy(from, &growing).await.and_then(|backup| {
        place(from, &growing, to)?;
        Ok(backup)
    });
    if copied.is_err() {
        // There may be none, and what went wrong first is told.
        let _ = std::fs::remove_file(&growing);
    }
    copied.map_err(|error| BackupError::Copy {
        from: location.to_string(),
        to: to.to_owned(),
        why: error.to_string(),
    })
}

/// Whether a file is that of the store or one of those that SQLite keeps beside it, by whatever name.
fn is_part_of(store: &Path, to: &Path) -> bool {
    let Some(to) = number(to) else {
        return false;
    };
    ["", "-wal", "-shm", "-journal"].iter().any(|end| {
        let mut name = store.as_os_str().to_owned();
        name.push(end);
        number(Path::new(&name)) == Some(to)
    })
}

/// The name under which a copy grows: in the same folder, so that it can take its place in one step.
fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    to.with_file_name(name)
}

/// Copies and reads back.
async fn copy(from: &Path, growing: &Path) -> Result<Backup, sqlx::Error> {
    // What an interrupted backup of the same number left.
    let _ = std::fs::remove_file(growing);
    // SQLite takes a file that is empty; it would make one that everybody may read.
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(growing)?;
    let target = growing
        .to_str()
        .ok_or_else(|| io::Error::other("its name is no UTF-8"))?;
    let mut store = db::file_options(from).connect().await?;
    let copied = sqlx::query("vacuum into $1")
        .bind(target)
        .execute(&mut store)
        .await;
    // Before anything else is tried, so that no reader of the store is left behind.
    store.close().await?;
    copied?;
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(growing)
        .read_only(true);
    let mut copy = options.connect().await?;
    let backup = read_back(&mut copy).await;
    copy.close().await?;
    let mut backup = backup?;
    backup.bytes = growing.metadata()?.len();
    Ok(backup)
}

async fn read_back(copy: &mut SqliteConnection) -> Result<Backup, sqlx::Error> {
    let found: String = sqlx::query_scalar("pragma integrity_check(1)")
        .fetch_one(&mut *copy)
        .await?;
    if found != "ok" {
        return Err(io::Error::other(format!("the copy is damaged: {found}")).into());
    }
    let count = "select (select count(*) from source), (select count(*) from entry)";
    let (sources, entries) = sqlx::query_as(count).fetch_one(&mut *copy).await?;
    Ok(Backup {
        sources,
        entries,
        bytes: 0,
    })
}

/// Puts a copy in its place, for its reader alone where the store is for its alone, and waits for the disk.
fn place(from: &Path, growing: &Path, to: &Path) -> io::Result<()> {
    let file = File::open(growing)?;
    file.set_permissions(from.metadata()?.permissions())?;
    file.sync_all()?;
    std::fs::rename(growing, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
