//! Containers that say what they hold: by class or id, by their element, by their role.
//!
//! It knows no names (those are `names`'); it weighs what stands inside. The surer the name, the more may
//! stand there.
//!
//! Invariant: a container that holds prose is left alone unless its name is beyond doubt, or it stands
//! behind the story and is a reader's comment or an author's box.

use super::blocks::{Blocks, Sum};
use super::names::{Family, Named, Sure};
use super::scrub::Scrub;
use super::tree::NodeId;
use std::ops::Range;

/// The longest prose in a box that asks to subscribe or tells of the author.
const BOX_PROSE_MAX: usize = 700;

/// The longest text of a part that its name only makes likely, where no link shows what it is.
const BARE_CHARS_MAX: usize = 60;

/// Removes containers whose class or id is a name of `family`.
pub(super) fn remove_named(scrub: &mut Scrub<'_>, family: Family) {
    let named: Vec<(NodeId, Named)> = scrub
        .named()
        .iter()
        .filter(|(_, named)| named.family == family)
        .cloned()
        .collect();
    let found: Vec<_> = named
        .into_iter()
        .filter(|(id, named)| is_junk(scrub, *id, named))
        .collect();
    for (id, named) in found {
        // One inside another is gone with it; `remove` ignores what has no parent, and records what is still there once.
        if scrub.is_in_tree(id) {
            scrub.remove(id, format!(".{}", named.token), "class or id");
        }
    }
}

/// Whether a named container may go.
fn is_junk(scrub: &mut Scrub<'_>, id: NodeId, named: &Named) -> bool {
    if scrub.is_quoted(id) {
        return false;
    }
    let blocks = scrub.blocks();
    let Some(span) = blocks.spans.get(&id).cloned() else {
        let in_prose = blocks
            .parts
            .get(&id)
            .is_some_and(|at| blocks.list[*at].is_prose());
        let sure = named.sure == Sure::Certain || named.sure == Sure::Likely && !in_prose;
        return sure && scrub.text(id).chars().count() < 200;
    };
    if blocks.is_held(&span) {
        return false;
    }
    let (inside, total) = (blocks.sum(&span), blocks.total());
    match named.sure {
        Sure::Certain => inside.prose == 0 || inside.prose * 2 < total.prose,
        Sure::Likely if inside.prose > 0 => may_hold_prose(blocks, &span, inside, named.family),
        Sure::Likely => true,
        Sure::Guessed if inside.prose > 0 => {
            matches!(
                named.family,
                Family::Comments | Family::Author | Family::Appeal
            ) && blocks.is_behind(&span)
                && may_hold_prose(blocks, &span, inside, named.family)
        }
        Sure::Guessed => shows(blocks, &span, inside, named.family),
    }
}

impl Blocks {
    /// Whether something in a span is quoted, or all of the entry's text is in it.
    fn is_held(&self, span: &Range<usize>) -> bool {
        let inside = self.sum(span);
        inside.quoted > 0 || inside.chars == self.total().chars && inside.chars > 0
    }
}

/// Readers' comments and the author's box have prose of their own, behind the story; a box that asks to subscribe has a little.
fn may_hold_prose(blocks: &Blocks, span: &Range<usize>, inside: Sum, family: Family) -> bool {
    let little = inside.prose <= BOX_PROSE_MAX && inside.prose * 2 < blocks.total().prose;
    match family {
        Family::Comments => blocks.is_behind(span),
        Family::Author => little && blocks.is_behind(span),
        Family::Appeal => little && inside.link_chars + inside.media > 0,
        _ => false,
    }
}

/// Whether what stands in a part without prose bears out what its name may mean.
fn shows(blocks: &Blocks, span: &Range<usize>, inside: Sum, family: Family) -> bool {
    let linked = inside.link_chars * 10 >= inside.chars * 6 && inside.media == inside.linked_media;
    let links = linked && inside.link_chars + inside.linked_media > 0;
    let behind = blocks.is_behind(span);
    match family {
        Family::Share => {
            links
                || inside.chars > 0
                    && inside.chars <= BARE_CHARS_MAX
                    && inside.media == inside.linked_media
        }
        Family::Ads => inside.chars <= 300,
        Family::Comments => behind,
        Family::Related => {
            links
                || inside.link_chars * 10 >= inside.chars * 6 && inside.chars > 0
                || behind && inside.link_chars * 10 >= inside.chars * 4
        }
        Family::Tags | Family::Navigation => links && inside.chars > 0,
        Family::Author => behind && inside.chars <= 200 && inside.link_chars + inside.media > 0,
        Family::Appeal => inside.chars <= 300 && (inside.link_chars > 0 || behind),
        Family::Interface => inside.chars <= BARE_CHARS_MAX && inside.media == 0 && behind,
        Family::Feed => true,
    }
}

/// Removes the elements among some that hold no prose. All are judged before the first goes, since each removal changes the blocks.
pub(super) fn remove_containers(
    scrub: &mut Scrub<'_>,
    ids: Vec<NodeId>,
    rule: &str,
    evidence: &str,
) {
    remove_small(scrub, ids, 0, rule, evidence);
}

/// Removes the elements among some that hold at most so much prose, and less than a third of the field's.
pub(super) fn remove_small(
    scrub: &mut Scrub<'_>,
    ids: Vec<NodeId>,
    prose_max: usize,
    rule: &str,
    evidence: &str,
) {
    let junk: Vec<_> = ids
        .into_iter()
        .filter(|id| is_small(scrub, *id, prose_max))
        .collect();
    for id in junk {
        scrub.remove(id, rule, evidence);
    }
}

fn is_small(scrub: &mut Scrub<'_>, id: NodeId, prose_max: usize) -> bool {
    if scrub.is_quoted(id) {
        return false;
    }
    let blocks = scrub.blocks();
    let Some(span) = blocks.spans.get(&id).cloned() else {
        return scrub.text(id).chars().count() < 200;
    };
    let prose = blocks.sum(&span).prose;
    !blocks.is_held(&span) && (prose == 0 || prose <= prose_max && prose * 3 < blocks.total().prose)
}
