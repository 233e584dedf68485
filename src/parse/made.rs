//! What we had to make because a format requires it, taken out again: it is not the publisher's.
//!
//! `render` marks it with an element `made` of our namespace, whose text names it. Whoever writes
//! such a mark without being us harms nothing but the value that it names.

use super::ours::NAMESPACE;
use super::tree::El;
use crate::model::{Element, Feed, FeedFormat, Node, Order, Part};

/// The address that stands for one where there is none.
const NO_ADDRESS: &str = "urn:feedwash:feed";
/// The id that stands for one where there is nothing to make it of.
const NO_ID: &str = "urn:feedwash:entry";

/// Takes the marks out of a feed and its entries, and what they mark.
pub(super) fn forget(feed: &mut Feed) {
    for what in marks(&mut feed.extensions, &mut feed.order) {
        match what.as_str() {
            "title" => feed.title = None,
            "id" => feed.id = None,
            "updated" => feed.updated = None,
            "author" => feed.authors.clear(),
            "image-title" => feed.image.iter_mut().for_each(|image| image.title = None),
            "image-link" => feed.image.iter_mut().for_each(|image| image.link = None),
            _ => {}
        }
    }
    let is_none = |address: &mut String| address == NO_ADDRESS;
    feed.link.take_if(is_none);
    feed.id.take_if(is_none);
    if let Some(image) = &mut feed.image {
        image.link.take_if(is_none);
    }
    let is_atom = feed.format == FeedFormat::Atom;
    if is_atom {
        forget_guid(feed.id.as_deref(), &mut feed.extensions, &mut feed.order);
    }
    for entry in &mut feed.entries {
        if is_atom {
            forget_guid(entry.id.as_deref(), &mut entry.extensions, &mut entry.order);
        }
        for what in marks(&mut entry.extensions, &mut entry.order) {
            if what == "updated" {
                entry.updated = None;
            }
        }
        entry.id.take_if(|id| id == NO_ID);
    }
}

/// Whether an element marks what it names as made.
pub(super) fn is_mark_of(el: &El<'_>, what: &str) -> bool {
    el.name == "made" && el.namespace.as_deref() == Some(NAMESPACE) && el.text() == what
}

/// Takes the marks out of a list of elements.
fn marks(extensions: &mut Vec<Element>, order: &mut Order) -> Vec<String> {
    let marks = take(extensions, order, is_mark);
    marks.into_iter().filter_map(word).collect()
}

/// Takes out the `guid` of RSS's that says once more what the id is.
fn forget_guid(id: Option<&str>, extensions: &mut Vec<Element>, order: &mut Order) {
    let Some(id) = id else { return };
    take(extensions, order, |element| {
        element.name == "guid"
            && element.namespace.is_none()
            && matches!(element.attributes.as_slice(), [a] if a.name == "isPermaLink" && a.value == "false")
            && matches!(element.children.as_slice(), [Node::Text(text)] if text.trim() == id)
    });
}

/// Takes elements out of a list and out of its order.
fn take(
    extensions: &mut Vec<Element>,
    order: &mut Order,
    is_it: impl Fn(&Element) -> bool,
) -> Vec<Element> {
    if !extensions.iter().any(&is_it) {
        return Vec::new();
    }
    let stays: Vec<bool> = extensions.iter().map(|element| !is_it(element)).collect();
    order.retain(Part::Extension, &stays);
    let (taken, others) = std::mem::take(extensions).into_iter().partition(is_it);
    *extensions = others;
    extensions.shrink_to_fit();
    taken
}

/// Whether an element is a mark as we write it: a word and nothing else.
fn is_mark(element: &Element) -> bool {
    element.name == "made"
        && element.namespace.as_deref() == Some(NAMESPACE)
        && matches!(element.children.as_slice(), [Node::Text(_)])
}

fn word(mark: Element) -> Option<String> {
    match mark.children.into_iter().next()? {
        Node::Text(text) => Some(text.trim().to_owned()),
        Node::Element(_) => None,
    }
}
