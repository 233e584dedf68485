//! The attributes and elements of an original, found by what a removal says of them.
//!
//! It knows nothing of texts; what was taken as a piece is told to it. Nodes are found in the order in which they stand, as
//! the passes met them.
//!
//! Invariant: a look-up costs its key and a few candidates, however many there are; what it cost is added to `cost`.

use super::super::super::tree::NodeId;
use super::CANDIDATES_MAX;
use crate::model::Removal;
use scraper::Html;
use std::collections::{BTreeSet, HashMap, HashSet};
use url::Url;

/// What one step of a look-up costs beside the bytes of its key.
const STEP_COST: usize = 256;

/// Attributes of which an address is changed; those of others go, and never change.
const ADDRESSES: &[&str] = &["href", "src", "srcset", "poster", "cite"];

/// Places in a list, by what is asked for.
type Lots = HashMap<String, BTreeSet<usize>>;

/// An attribute of the original, with the value that it has by now.
struct Attribute<'h> {
    node: NodeId,
    element: &'h str,
    name: &'h str,
    value: String,
}

impl Attribute<'_> {
    /// How safety calls it, and its value.
    fn key(&self) -> String {
        key(self.element, self.name, &self.value)
    }
}

fn key(element: &str, name: &str, value: &str) -> String {
    format!("{element} {}={value}", name.to_ascii_lowercase())
}

/// All that can be changed without being taken.
pub(super) struct Index<'h> {
    attributes: Vec<Attribute<'h>>,
    by_key: Lots,
    by_address: Lots,
    /// Addresses that wait for a script (`data-src`).
    waiting: Lots,
    /// Relative addresses by their ends, once one is asked for.
    relative: Option<Lots>,
    elements: Vec<NodeId>,
    by_name: Lots,
    by_tag: Lots,
    /// What a `src` or `srcset` that was changed is by now.
    pub(super) sources: HashMap<(NodeId, &'static str), String>,
    pub(super) cost: usize,
}

impl<'h> Index<'h> {
    pub(super) fn of(html: &'h Html, removals: &[&Removal]) -> Self {
        let mut index = Self {
            attributes: Vec::new(),
            by_key: Lots::new(),
            by_address: Lots::new(),
            waiting: Lots::new(),
            relative: None,
            elements: Vec::new(),
            by_name: Lots::new(),
            by_tag: Lots::new(),
            sources: HashMap::new(),
            cost: 0,
        };
        let wanted: HashSet<&str> = removals
            .iter()
            .filter(|removal| removal.after.as_deref() == Some(""))
            .map(|removal| name_of(removal.before.trim()))
            .collect();
        for node in html.root_element().descendants() {
            let Some(element) = node.value().as_element() else {
                continue;
            };
            if wanted.contains(element.name()) {
                index.add_element(node.id(), element);
            }
            for (name, value) in element.attrs() {
                index.add_attribute(Attribute {
                    node: node.id(),
                    element: element.name(),
                    name,
                    value: value.trim().to_owned(),
                });
            }
        }
        index
    }

    fn add_element(&mut self, id: NodeId, element: &scraper::node::Element) {
        let (at, tag) = (self.elements.len(), format!("{element:?}"));
        self.cost += STEP_COST + tag.len();
        add(&mut self.by_name, element.name().to_owned(), at);
        add(&mut self.by_tag, tag, at);
        self.elements.push(id);
    }

    fn add_attribute(&mut self, attribute: Attribute<'h>) {
        let at = self.attributes.len();
        self.cost += STEP_COST + 2 * attribute.value.len();
        add(&mut self.by_key, attribute.key(), at);
        if ADDRESSES.contains(&attribute.name) {
            add(&mut self.by_address, attribute.value.clone(), at);
        } else if attribute.name.starts_with("data-") {
            add(&mut self.waiting, attribute.value.clone(), at);
        }
        self.attributes.push(attribute);
    }

    /// The element that went while what stood in it stayed: the first with the same tag, or with its name, for an attribute
    /// may have been changed before.
    pub(super) fn unwrapped(
        &mut self,
        before: &str,
        is_gone: impl Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        self.cost += STEP_COST + before.len();
        let (elements, cost) = (&self.elements, &mut self.cost);
        let gone = |at: usize| is_gone(elements[at]);
        let at = first(&mut self.by_tag, before, &gone, cost)
            .or_else(|| first(&mut self.by_name, name_of(before), &gone, cost))?;
        // The other list may still lead to it.
        if let Some(same) = self.by_name.get_mut(name_of(before)) {
            same.remove(&at);
        }
        if let Some(same) = self.by_tag.get_mut(before) {
            same.remove(&at);
        }
        Some(self.elements[at])
    }

    /// The element of which an attribute got another value.
    pub(super) fn changed(
        &mut self,
        before: &str,
        after: &str,
        is_gone: impl Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        self.cost += STEP_COST + before.len() + after.len();
        let (attributes, cost) = (&self.attributes, &mut self.cost);
        let gone = |at: usize| is_gone(attributes[at].node);
        if before.is_empty() {
            let at = first(&mut self.waiting, after.trim(), &gone, cost)?;
            remove(&mut self.waiting, after.trim(), at);
            let node = self.attributes[at].node;
            // A set has descriptors, and so white space between them.
            let name = if after.trim().contains(' ') {
                "srcset"
            } else {
                "src"
            };
            self.sources.insert((node, name), after.to_owned());
            return Some(node);
        }
        let at = match first(&mut self.by_address, before, &gone, cost) {
            Some(at) => at,
            None => self.relative(before, &is_gone)?,
        };
        self.set(at, after);
        Some(self.attributes[at].node)
    }

    /// The element that lost an attribute. Safety calls both in its rule (`img onerror`).
    pub(super) fn gone(
        &mut self,
        rule: &str,
        before: &str,
        is_gone: impl Fn(NodeId) -> bool,
    ) -> Option<NodeId> {
        self.cost += STEP_COST + rule.len() + before.len();
        let (name, value) = before.split_once("=\"")?;
        let value = value.strip_suffix('"').unwrap_or(value).trim();
        let element = rule.split(' ').next().unwrap_or_default();
        let key = key(element, name, value);
        let gone = |at: usize| is_gone(self.attributes[at].node);
        let at = first(&mut self.by_key, &key, &gone, &mut self.cost)?;
        remove(&mut self.by_key, &key, at);
        remove(&mut self.by_address, value, at);
        Some(self.attributes[at].node)
    }

    /// A relative address that was made absolute before it was changed.
    fn relative(&mut self, before: &str, is_gone: &impl Fn(NodeId) -> bool) -> Option<usize> {
        let (attributes, cost) = (&self.attributes, &mut self.cost);
        let relative = self.relative.get_or_insert_with(|| ends(attributes, cost));
        let (end, path) = end(before)?;
        let gone = |at: usize| is_gone(attributes[at].node);
        first(relative, &end, &gone, cost)?;
        let found = relative.get(&end)?.iter().take(CANDIDATES_MAX).copied();
        for at in found {
            *cost += STEP_COST + attributes[at].value.len();
            let is_same =
                self::end(&attributes[at].value).is_some_and(|(_, own)| path.ends_with(&own));
            if is_same && !gone(at) {
                return Some(at);
            }
        }
        None
    }

    fn set(&mut self, at: usize, after: &str) {
        let after = after.trim().to_owned();
        let attribute = &mut self.attributes[at];
        remove(&mut self.by_key, &attribute.key(), at);
        remove(&mut self.by_address, &attribute.value, at);
        if let Some(relative) = &mut self.relative
            && let Some((end, _)) = end(&attribute.value)
        {
            remove(relative, &end, at);
        }
        attribute.value.clone_from(&after);
        add(&mut self.by_key, attribute.key(), at);
        if let Some(name) = ["src", "srcset"]
            .into_iter()
            .find(|name| *name == attribute.name)
        {
            self.sources.insert((attribute.node, name), after.clone());
        }
        add(&mut self.by_address, after, at);
    }
}

/// The name in a tag.
fn name_of(tag: &str) -> &str {
    let name = tag.strip_prefix('<').unwrap_or_default();
    &name[..name.find([' ', '>']).unwrap_or(name.len())]
}

fn add(lots: &mut Lots, key: String, at: usize) {
    lots.entry(key).or_default().insert(at);
}

fn remove(lots: &mut Lots, key: &str, at: usize) {
    if let Some(same) = lots.get_mut(key) {
        same.remove(&at);
    }
}

/// The first that is not gone. What is gone never comes back, so each is met once.
fn first(
    lots: &mut Lots,
    key: &str,
    is_gone: &impl Fn(usize) -> bool,
    cost: &mut usize,
) -> Option<usize> {
    let same = lots.get_mut(key)?;
    while let Some(at) = same.first().copied() {
        *cost += STEP_COST;
        if !is_gone(at) {
            return Some(at);
        }
        same.pop_first();
    }
    None
}

/// The relative addresses by their ends.
fn ends(attributes: &[Attribute<'_>], cost: &mut usize) -> Lots {
    let mut ends = Lots::new();
    for (at, attribute) in attributes.iter().enumerate() {
        let is_relative = ADDRESSES.contains(&attribute.name) && !attribute.value.contains("://");
        if let Some((end, _)) = Some(&attribute.value)
            .filter(|_| is_relative)
            .and_then(|value| end(value))
        {
            *cost += 4 * STEP_COST + attribute.value.len();
            add(&mut ends, end, at);
        }
    }
    ends
}

/// What an address has in common with itself made absolute: its last segment and its query; and its path as far as it is
/// known.
fn end(address: &str) -> Option<(String, String)> {
    // A name that no site has (RFC 6761 §6.4); any would do.
    let base = Url::parse("https://relative.invalid/").ok()?;
    let url = base.join(address).ok()?;
    let path = url.path();
    let segment = path.trim_end_matches('/').rsplit('/').next()?;
    let end = format!("{segment}?{}", url.query().unwrap_or_default());
    Some((end, path.to_owned()))
}
