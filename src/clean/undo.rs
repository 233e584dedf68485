//! What a user had put back: recognised wherever a pass would take it again.
//!
//! It puts nothing back itself; a change that is recognised is not made. Invariant: safety's own removals and the
//! repairs are never recognised, so nothing active comes back and no address breaks again.

use super::about::{About, Ready};
use super::words::fold;
use super::{PASSES, PassKind, SAFETY};
use crate::fingerprint;
use crate::model::{Entry, Feed, Field, Fingerprint, Removal, Restored};

/// What undoes a removal, in its own entry or in every entry of the source.
///
/// It goes into [`Rules::restored`](crate::model::Rules::restored). `None` where nothing undoes it: safety took it, or it
/// repaired something.
#[must_use]
pub fn restored(
    removal: &Removal,
    entry: &Entry,
    feed: &Feed,
    everywhere: bool,
) -> Option<Restored> {
    let pass = PASSES.iter().find(|pass| pass.name == removal.pass)?;
    (pass.name != SAFETY && pass.kind != PassKind::Repair).then(|| Restored {
        entry: (!everywhere).then(|| entry.key.clone()),
        field: removal.field,
        print: if everywhere {
            shared(&removal.before, &About::of_entry(entry, feed))
        } else {
            fingerprint::exact(&removal.before)
        },
    })
}

/// The print of what is taken, as it is the same in other entries.
fn shared(before: &str, about: &About) -> Fingerprint {
    let folded = fold(before);
    fingerprint::masked(&folded, &about.masks)
        .map_or_else(|| fingerprint::exact(&folded), |masked| masked.print)
}

/// Whether a user had put back what is about to be taken.
pub(super) fn is_restored(ready: &Ready, about: &About, field: Field, before: &str) -> bool {
    let known = &ready.restored;
    if known.is_empty() {
        return false;
    }
    let own = Restored {
        entry: Some(about.key.clone()),
        field,
        print: fingerprint::exact(before),
    };
    let everywhere = || Restored {
        entry: None,
        field,
        print: shared(before, about),
    };
    known.contains(&own) || known.contains(&everywhere())
}
