//! Whether the file that is used is still the one that others see by its name.
//!
//! SQLite would not tell: it goes on with the file that it opened, and what it writes is gone when the program ends.

use super::StoreError;
use crate::config::StoreLocation;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file of a store, as it was when it was opened; `None` where there is none.
#[derive(Debug, Clone)]
pub(super) struct Place(Option<Arc<(PathBuf, Number)>>);

/// What tells a file from another of its name.
pub(super) type Number = (u64, u64);

impl Place {
    pub(super) fn of(location: &StoreLocation) -> Self {
        let StoreLocation::Sqlite(path) = location else {
            return Self(None);
        };
        Self(number(path).map(|number| Arc::new((path.clone(), number))))
    }

    /// Fails where another file, or none, is there now.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let Some((path, then)) = self.0.as_deref() else {
            return Ok(());
        };
        match number(path) {
            Some(now) if now == *then => Ok(()),
            _ => Err(StoreError::Replaced(path.display().to_string())),
        }
    }
}

pub(super) fn number(path: &Path) -> Option<Number> {
    let file = path.metadata().ok()?;
    Some((file.dev(), file.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_of_the_same_name_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        std::fs::write(&path, "one").expect("a file");
        let place = Place::of(&StoreLocation::Sqlite(path.clone()));
        std::fs::write(&path, "the same, with more in it").expect("a file");
        assert!(place.check().is_ok());
        let other = folder.path().join("other");
        std::fs::write(&other, "one").expect("a file");
        std::fs::rename(&other, &path).expect("it takes its place");
        assert!(matches!(place.check(), Err(StoreError::Replaced(_))));
        std::fs::remove_file(&path).expect("it is there");
        assert!(place.check().is_err());
        assert!(Place::of(&StoreLocation::Memory).check().is_ok());
    }
}
