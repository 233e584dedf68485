//! What a page asks its reader to fill in, to choose or to click, told by its markup.
//!
//! It reads no phrases. Invariant: a quiz or a poll that stands in the story stays, with its choices.

use super::kinds::is_medium;
use super::scrub::Scrub;
use super::structure::{remove_containers, remove_small};
use super::tree::{NodeId, attr};

/// The longest prose in a form: what one is asked to fill it in for.
const FORM_PROSE_MAX: usize = 400;

/// Forms, and what stands for something that a script makes.
pub(super) fn forms(scrub: &mut Scrub<'_>, forms: Vec<NodeId>, instead: Vec<NodeId>) {
    let forms = forms.into_iter().filter(|id| has_control(scrub, *id));
    let (polls, asking) = forms.partition(|id| is_poll(scrub, *id));
    let why = "asks the reader to fill it in";
    remove_small(scrub, asking, FORM_PROSE_MAX, "form", why);
    let outside = polls.into_iter().filter(|id| !is_among_prose(scrub, *id));
    let outside = outside.collect();
    remove_containers(scrub, outside, "form", why);
    let notices = instead.into_iter().filter(|id| is_notice(scrub, *id));
    let notices = notices.collect();
    let why = "a notice for browsers without scripts";
    remove_containers(scrub, notices, "noscript", why);
}

/// What stands for a choice or a click outside a form.
pub(super) fn clicks(scrub: &mut Scrub<'_>, choices: Vec<NodeId>, buttons: Vec<NodeId>) {
    remove_containers(scrub, choices, "select", "a choice of a form");
    let clicks = buttons.into_iter().filter(|id| is_click(scrub, *id));
    let clicks = clicks.collect();
    remove_containers(scrub, clicks, "button", "does nothing without a script");
}

/// Whether prose stands before an element and behind it: a page asks what one thinks of it above or below a story.
fn is_among_prose(scrub: &mut Scrub<'_>, id: NodeId) -> bool {
    let blocks = scrub.blocks();
    let span = blocks.spans.get(&id).cloned();
    span.is_some_and(|span| blocks.sum(&(0..span.start)).prose > 0 && !blocks.is_behind(&span))
}

fn has_control(scrub: &Scrub<'_>, id: NodeId) -> bool {
    scrub.node(id).descendants().any(|node| {
        node.value().as_element().is_some_and(|element| {
            matches!(element.name(), "textarea" | "select" | "button")
                || element.name() == "input" && attr(element, "type") != Some("hidden")
        })
    })
}

/// Whether a form lets the reader choose one of some and write nothing: a poll or a quiz, whose prose and choices tell
/// what it is about. Boxes to tick are somebody's consent.
fn is_poll(scrub: &Scrub<'_>, id: NodeId) -> bool {
    let mut choices = 0;
    for node in scrub.node(id).descendants() {
        let Some(element) = node.value().as_element() else {
            continue;
        };
        let kind = attr(element, "type").unwrap_or("text").to_ascii_lowercase();
        match (element.name(), kind.as_str()) {
            ("input", "radio") => choices += 1,
            ("input", "hidden" | "submit" | "button" | "reset" | "image") => {}
            ("textarea" | "input", _) => return false,
            _ => {}
        }
    }
    choices >= 2
}

/// What stands in `noscript` and shows no image is a notice.
fn is_notice(scrub: &Scrub<'_>, id: NodeId) -> bool {
    scrub.node(id).descendants().all(|node| {
        node.value()
            .as_element()
            .is_none_or(|element| !is_medium(element.name()))
    }) && scrub.text(id).chars().count() < 300
}

/// A button with a word or two. One that opens something may be the heading of what it opens.
fn is_click(scrub: &Scrub<'_>, id: NodeId) -> bool {
    let opens = [
        "aria-expanded",
        "aria-controls",
        "data-toggle",
        "data-bs-toggle",
    ];
    let headed = scrub.node(id).ancestors().any(|node| {
        node.value().as_element().is_some_and(|e| {
            matches!(
                e.name(),
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "summary" | "dt"
            )
        })
    });
    let text = scrub.text(id);
    !headed
        && opens.iter().all(|name| scrub.attribute(id, name).is_none())
        && text.chars().count() <= 40
        && !text.ends_with('?')
}
