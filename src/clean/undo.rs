//! What a user had put back: recognised wherever a pass would take it again.
//!
//! It puts nothing back itself; a change that is recognised is not made. Invariant: safety's own removals and the
//! repairs are never recognised, so nothing active comes back and no address breaks again.

use super::about::{About, Ready};
use super::words::fold;
use super::{PASSES, PassKind, SAFETY, safety, tree};
use crate::fingerprint;
use crate::model::{Entry, Feed, Field, Fingerprint, Piece, Removal, Restored};
use ego_tree::iter::Edge;
use scraper::Node;

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
    can_be_undone(&removal.pass).then(|| Restored {
        entry: (!everywhere).then(|| entry.key.clone()),
        field: removal.field,
        print: if everywhere {
            let about = About::of_entry(entry, &About::of_feed(feed));
            shared(&removal.before, &about)
        } else {
            fingerprint::exact(&removal.before)
        },
    })
}

/// What a reader gets of a piece that is put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// All of it.
    Whole,
    /// What safety lets through: of a form its words, of a frame a link.
    Part,
    /// Nothing: it has neither words nor a picture, or none that a reader may be given.
    Nothing,
}

/// What of a piece, given as it was recorded, comes back where it is put back.
#[must_use]
pub fn back(before: &str) -> Back {
    let Ok(html) = tree::parse(before) else {
        return Back::Whole;
    };
    let (mut has_something, mut has_all) = (false, true);
    let mut opaque = None;
    for edge in html.root_element().traverse() {
        match edge {
            Edge::Close(node) if opaque == Some(node.id()) => opaque = None,
            Edge::Open(node) if opaque.is_none() => match node.value() {
                Node::Text(text) => has_something |= !text.trim().is_empty(),
                Node::Element(element) => {
                    let name = element.name();
                    has_something |=
                        matches!(name, "img" | "video" | "audio" | "iframe" | "math" | "hr");
                    if safety::takes_whole(name) {
                        opaque = Some(node.id());
                    }
                    has_all &= !safety::takes(name);
                }
                _ => {}
            },
            _ => {}
        }
    }
    match (has_something, has_all) {
        (false, _) => Back::Nothing,
        (true, false) => Back::Part,
        (true, true) => Back::Whole,
    }
}

/// How what a removal took is called, whatever else happens to its entry.
///
/// Removals of one entry that took the same of the same field share it: they are put back together.
#[must_use]
pub fn piece(field: Field, before: &str) -> Piece {
    let Fingerprint(bits) = fingerprint::exact(&format!("{}\u{0}{before}", field.as_str()));
    // A few removals of one entry are told apart, for which half of it is plenty.
    Piece((bits >> 32) as u32)
}

/// How what a removal took is called.
#[must_use]
pub fn piece_of(removal: &Removal) -> Piece {
    piece(removal.field, &removal.before)
}

/// Whether what a pass does may be undone: neither safety's removals nor repairs.
fn can_be_undone(pass: &str) -> bool {
    let mut known = PASSES.iter().filter(|known| known.name == pass);
    known.any(|pass| pass.name != SAFETY && pass.kind != PassKind::Repair)
}

/// The print of what is taken, as it is the same in other entries.
fn shared(before: &str, about: &About) -> Fingerprint {
    let folded = fold(before);
    fingerprint::masked(&folded, about.masks())
        .map_or_else(|| fingerprint::exact(&folded), |masked| masked.print)
}

/// Whether a user had put back what a pass is about to take.
pub(super) fn is_restored(
    ready: &Ready,
    about: &About,
    pass: &str,
    field: Field,
    before: &str,
) -> bool {
    let known = &ready.restored;
    if known.is_empty() || !can_be_undone(pass) {
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

#[cfg(test)]
mod tests {
    use super::super::tests::{body, washed};
    use super::*;
    use crate::model::Rules;

    const STORY: &str = "<p>Ferry service between the two islands resumed on Sunday after a storm of three days, the port authority said.</p>\
        <p>More than two hundred people had waited on the smaller of them since Thursday, most in the school and some in the church.</p>\
        <p>The first boat took the sick and those who had missed a funeral; the baker, who had fed everybody, went home with the last.</p>";
    const ONE: &str = "<p>Our journalism depends on readers like you. If you can, please support us with a small contribution each month.</p>";
    const OTHER: &str = "<p>Your donation helps our newsroom to go on: please support our work and our readers, this month and each month that comes.</p>";

    fn published(html: &str, rules: &Rules) -> (String, Vec<Removal>) {
        let (mut clean, removals, _) = washed(&body(html), rules);
        let content = clean.entries.remove(0).content.unwrap();
        (content.value, removals)
    }

    /// Rules by which what is taken from one body is put back.
    fn rules(html: &str) -> Rules {
        let feed = body(html);
        let (_, removals, _) = washed(&feed, &Rules::default());
        let restored = removals
            .iter()
            .filter_map(|removal| super::restored(removal, &feed.entries[0], &feed, false));
        Rules {
            restored: restored.collect(),
            ..Rules::default()
        }
    }

    #[test]
    fn what_was_put_back_is_not_counted_as_taken() {
        let first = format!("{STORY}{ONE}");
        assert_eq!(published(&first, &Rules::default()).0, STORY);
        let rules = rules(&first);
        assert_eq!(published(&first, &rules).0, first);
        // Both together are more than may go on a guess.
        let both = format!("{first}{OTHER}");
        assert_eq!(published(&both, &Rules::default()).0, both);
        assert_eq!(published(&both, &rules).0, first);
    }

    #[test]
    fn what_is_put_back_is_what_safety_leaves() {
        let check = |before, expected| assert_eq!(back(before), expected, "{before}");
        check("<p>Share this</p>", Back::Whole);
        check("<p><img src=a></p>", Back::Whole);
        check("https://a.example/?utm_source=x", Back::Whole);
        check("style=\"color:red\"", Back::Whole);
        check("<form><label>Name <input></label></form>", Back::Part);
        check("<div><iframe src=a></iframe></div>", Back::Part);
        check("<p>a<svg><text>b</text></svg></p>", Back::Part);
        check("<button class=x></button>", Back::Nothing);
        check("<button><svg><text>b</text></svg></button>", Back::Nothing);
        check(
            "<script>x()</script><select><option>a</select>",
            Back::Nothing,
        );
        check("<hr>", Back::Whole);
        check("<p> <br></p>", Back::Nothing);
    }

    #[test]
    fn pieces_of_a_field_have_names_of_their_own() {
        let one = piece(Field::Content, "<p>a</p>");
        assert_eq!(one, piece(Field::Content, "<p>a</p>"));
        assert_ne!(one, piece(Field::Summary, "<p>a</p>"));
        assert_ne!(one, piece(Field::Content, "<p>b</p>"));
        // Users write it into commands, so it is the same in every version.
        assert_eq!(one.to_string(), "tsonzuyw");
    }

    #[test]
    fn neither_safety_nor_repairs_are_undone() {
        for name in ["safety", "frames", "paragraphs", "nobody"] {
            assert!(!can_be_undone(name), "{name}");
        }
        for name in ["appeals", "user-rules", "tracker-parameters"] {
            assert!(can_be_undone(name), "{name}");
        }
    }
}
