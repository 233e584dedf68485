//! What a user asks to have removed besides.

use super::scrub::Scrub;

/// Elements by CSS selector, and blocks whose visible text contains a user's text.
pub(super) fn remove(scrub: &mut Scrub<'_>) {
    let rules = scrub.rules;
    if rules.remove.is_empty() {
        return;
    }
    for (nodes, written) in scrub.matches(&rules.remove) {
        match nodes.as_slice() {
            [node] if scrub.element(*node).is_some() => {
                scrub.remove(*node, written, "a rule of yours")
            }
            leaves => scrub.remove_nodes(leaves, written, "a rule of yours"),
        }
    }
}
