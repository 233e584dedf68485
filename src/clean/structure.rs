//! Containers that say by class or id what they hold.
//!
//! It knows no names; each pass brings its own. Names are compared as whole tokens, never as parts of one,
//! unless a pass asks for a beginning.
//!
//! Invariant: a container that holds prose is left alone unless its name is beyond doubt.

use super::scrub::Scrub;
use super::tree::NodeId;

/// How sure a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    /// Nothing else is ever called so: prose inside is junk too, unless it is most of the field's.
    Certain,
    /// Often called so: only where no prose stands inside.
    Likely,
}

/// Removes containers whose class or id tokens `judge` knows. Tokens come in lower case.
pub(super) fn remove_named(scrub: &mut Scrub<'_>, judge: impl Fn(&str) -> Option<Sure>) {
    let mut found: Vec<(NodeId, String, Sure)> = Vec::new();
    for node in scrub.nodes() {
        let Some(element) = node.value().as_element() else {
            continue;
        };
        let tokens = [element.attr("id"), element.attr("class")]
            .into_iter()
            .flatten()
            .flat_map(str::split_ascii_whitespace);
        let judged = tokens.filter_map(|token| {
            let token = token.to_ascii_lowercase();
            judge(&token).map(|sure| (token, sure))
        });
        if let Some((token, sure)) = judged.min_by_key(|(_, sure)| *sure != Sure::Certain) {
            found.push((node.id(), token, sure));
        }
    }
    let found: Vec<_> = found
        .into_iter()
        .filter(|(id, _, sure)| is_junk_container(scrub, *id, *sure))
        .collect();
    for (id, token, _) in found {
        // One inside another is gone with it; `remove` ignores what has no parent, and records what is still there once.
        if scrub
            .node(id)
            .ancestors()
            .any(|node| node.id() == scrub.root())
        {
            scrub.remove(id, format!(".{token}"), "class or id");
        }
    }
}

/// Whether a container may go: not quoted, and without prose, or (where its name is beyond doubt) with little of the field's.
pub(super) fn is_junk_container(scrub: &mut Scrub<'_>, id: NodeId, sure: Sure) -> bool {
    if scrub.is_quoted(id) {
        return false;
    }
    let blocks = scrub.blocks();
    let Some(span) = blocks.spans.get(&id) else {
        return scrub.text(id).chars().count() < 200;
    };
    let prose = blocks.prose(span);
    let total = blocks.prose(&(0..blocks.list.len()));
    !blocks.is_any_quoted(span) && (prose == 0 || sure == Sure::Certain && prose * 2 < total)
}

/// Removes the elements among some that may go. All are judged before the first goes, since each removal changes the blocks.
pub(super) fn remove_containers(
    scrub: &mut Scrub<'_>,
    ids: Vec<NodeId>,
    rule: &str,
    evidence: &str,
) {
    let junk: Vec<_> = ids
        .into_iter()
        .filter(|id| is_junk_container(scrub, *id, Sure::Likely))
        .collect();
    for id in junk {
        scrub.remove(id, rule, evidence);
    }
}
