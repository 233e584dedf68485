//! Which rules a source is washed by: the user's, what was put back, and what was learnt.
//!
//! Invariant: a version names a way of cleaning within one store, so whatever changes what is put back has to
//! count at its source (`restored_revision`).

use crate::model::{Boilerplate, Rules};
use crate::store::{self, Source, Store, StoreError};
use crate::{clean, learn};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// A source's rules, with all that the store knows of it: what was put back, and what was learnt in earlier polls.
///
/// # Errors
/// [`StoreError::Database`], [`StoreError::Damaged`].
pub async fn known_rules(
    store: &Store,
    source: &Source,
    rules: &Rules,
) -> Result<Rules, StoreError> {
    let mut boilerplate = learn::shared(store.elsewhere(source).await?);
    // What its own entries say is said of it.
    let own = learn::boilerplate(&store.counts(source).await?);
    boilerplate.repeats.extend(own.repeats);
    Ok(Rules {
        restored: store.restored(source).await?,
        boilerplate,
        ..rules.clone()
    })
}

/// Whether stored entries of a source were washed by other rules than these, or by another version of the program.
///
/// Asks nobody: it is as true as what is known of the source. One that was never washed is not outdated.
#[must_use]
pub fn is_outdated(source: &Source, rules: &Rules) -> bool {
    !source.rules_version.is_empty()
        && source.rules_version != version(rules, source.restored_revision)
}

/// Names a way of cleaning: this program's version, its passes, the rules, and how often what is put back has changed.
///
/// Every poll asks it, and most sources of a configuration have the same rules, so the last answer is kept.
pub(super) fn version(rules: &Rules, restored_revision: i64) -> String {
    static LAST: Mutex<Option<(Rules, i64, String)>> = Mutex::new(None);
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, revision, version)) = &*last()
        && known == rules
        && *revision == restored_revision
    {
        return version.clone();
    }
    let version = named(rules, restored_revision);
    // What was learnt may be long, and is another one each time.
    if rules.boilerplate == Boilerplate::default() && rules.restored.is_empty() {
        *last() = Some((rules.clone(), restored_revision, version.clone()));
    }
    version
}

fn named(rules: &Rules, restored_revision: i64) -> String {
    let passes: Vec<&str> = clean::PASSES.iter().map(|pass| pass.name).collect();
    // What was learnt comes and goes with the entries; it is no way of cleaning.
    let asked = Rules {
        boilerplate: Boilerplate::default(),
        restored: BTreeSet::new(),
        ..rules.clone()
    };
    let program = env!("CARGO_PKG_VERSION");
    let all = format!("{program} {passes:?} {asked:?} {restored_revision}");
    store::hash(all.as_bytes())[..16].to_owned()
}
