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
            // What stood in something that went has gone with it, and is told once.
            [node] if !scrub.is_in_tree(*node) => {}
            [node] if scrub.element(*node).is_some() => {
                scrub.remove(*node, written, "a rule of yours")
            }
            leaves => scrub.remove_nodes(leaves, written, "a rule of yours"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, washed};
    use crate::model::{Matcher, Rules};

    #[test]
    fn what_goes_with_another_is_told_once() {
        let rules = Rules {
            remove: vec![Matcher::Selector("div".to_owned())],
            ..Rules::default()
        };
        let html = "<p>Story.</p><div><p>One.</p><div>Two.</div></div>";
        let (clean, removals, _) = washed(&body(html), &rules);
        let content = clean.entries[0]
            .content
            .as_ref()
            .map(|text| text.value.as_str());
        assert_eq!(content, Some("<p>Story.</p>"));
        assert_eq!(removals.len(), 1, "{removals:?}");
    }
}
