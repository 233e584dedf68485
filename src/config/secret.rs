//! Secrets that `feeds.toml` does not hold itself, but says where they stand.
//!
//! Reads none of them: whoever loads the file hands in how. Invariant: no secret stands in a problem.

use super::file;
use super::problem::Problems;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Where a secret stands that `feeds.toml` does not hold itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// An environment variable.
    Env(String),
    /// A file.
    File(PathBuf),
    /// A credential that systemd hands to the service, by its name.
    Credential(String),
}

impl SecretPlace {
    /// What to do where it can't be read.
    fn remedy(&self) -> String {
        match self {
            Self::Env(name) => format!("set {name} where feedwash is started"),
            Self::File(_) => {
                "a relative path starts at the folder of feeds.toml; the user that feedwash runs as must be able to read it".into()
            }
            Self::Credential(name) => {
                format!("give the service LoadCredential={name}:/path/to/the/secret")
            }
        }
    }
}

/// Reads a secret, or says why that can't be done, without a full stop and without the secret.
pub type ReadSecret<'a> = &'a dyn Fn(&SecretPlace) -> Result<String, String>;

/// How secrets are read while a configuration is built.
pub(super) struct Secrets<'a> {
    /// Where relative paths start.
    pub(super) folder: &'a Path,
    /// Without it, what stands elsewhere is taken as not written at all.
    pub(super) read: Option<ReadSecret<'a>>,
}

impl Secrets<'_> {
    /// The text that is meant, where it is written or can be read.
    pub(super) fn text(
        &self,
        key: &str,
        written: Spanned<file::Secret>,
        problems: &mut Problems<'_>,
    ) -> Option<Spanned<String>> {
        let span = written.span();
        let place = match written.into_inner() {
            file::Secret::Plain(text) => return Some(Spanned::new(span, text)),
            file::Secret::Env { env } => SecretPlace::Env(env),
            file::Secret::File { file } => SecretPlace::File(self.folder.join(file)),
            file::Secret::Credential { credential } => SecretPlace::Credential(credential),
        };
        let read = match (is_name(&place), self.read) {
            (Err(why), _) => Err(why),
            (Ok(()), None) => return None,
            (Ok(()), Some(read)) => read(&place).and_then(|text| match text.is_empty() {
                true => Err("it is empty".into()),
                false => Ok(text),
            }),
        };
        match read {
            Ok(text) => Some(Spanned::new(span, text)),
            Err(why) => {
                let shown = match &place {
                    SecretPlace::Env(name) => format!("the environment variable {name:?}"),
                    SecretPlace::File(path) => format!("the file {}", path.display()),
                    SecretPlace::Credential(name) => format!("the credential {name:?}"),
                };
                let message = format!("{key}: can't read {shown}: {why}");
                problems.add(span, message, Some(place.remedy()));
                None
            }
        }
    }
}

/// Whether a place is named at all, and a credential by a name that leads out of no folder (systemd.exec(5)).
fn is_name(place: &SecretPlace) -> Result<(), String> {
    let is_one = match place {
        SecretPlace::Env(name) => !name.is_empty() && !name.contains(['=', '\0']),
        SecretPlace::File(_) => true,
        SecretPlace::Credential(name) => {
            !matches!(name.as_str(), "" | "." | "..") && !name.contains(['/', '\0'])
        }
    };
    is_one.then_some(()).ok_or_else(|| "this is no name".into())
}
