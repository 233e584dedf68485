//! The tolerant tree: tokens to elements with their namespaces, whatever was left open or closed twice.
//!
//! Knows nothing of feeds but one thing: entries never stand directly inside entries, and a title
//! holds no link, so that an end tag somebody forgot does not swallow the rest of the document.
//!
//! The elements are many and short-lived, so they are slim: an element of a tree is 88 bytes and owns
//! at most two blocks, its attributes and its children.
//!
//! Invariants: no element is deeper than [`XML_DEPTH_MAX`](crate::limits::XML_DEPTH_MAX), there are no more than
//! [`XML_ELEMENTS_MAX`](crate::limits::XML_ELEMENTS_MAX) of them, and names and text are borrowed from the document where they can be.

mod build;
mod forgotten;

pub(super) use build::{build, build_reading};

use super::names::{self, Family};
use crate::model;
use std::borrow::Cow;
use std::rc::Rc;

/// An attribute: its prefix and local name as written, and its value.
#[derive(Debug, Clone)]
pub(super) struct Attribute<'a> {
    pub(super) namespace: Option<Rc<str>>,
    pub(super) prefix: &'a str,
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
}

/// An element.
#[derive(Debug, Clone)]
pub(super) struct El<'a> {
    pub(super) namespace: Option<Rc<str>>,
    pub(super) family: Family,
    pub(super) prefix: &'a str,
    pub(super) name: &'a str,
    pub(super) attributes: Box<[Attribute<'a>]>,
    pub(super) children: Box<[Node<'a>]>,
    /// Where its start tag begins, in bytes.
    pub(super) at: usize,
}

/// A child of an element.
#[derive(Debug, Clone)]
pub(super) enum Node<'a> {
    El(El<'a>),
    Text(Cow<'a, str>),
}

/// A name in lower case, without memory of its own: names are asked for more often than anything else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lower<'a> {
    name: &'a str,
    lower: [u8; LOWER_BYTES_MAX],
    is_lower: bool,
}

/// The longest name that is put into lower case; no known one is longer.
const LOWER_BYTES_MAX: usize = 24;

impl<'a> Lower<'a> {
    fn new(name: &'a str) -> Self {
        let mut lower = [0; LOWER_BYTES_MAX];
        let has_capitals = name.bytes().any(|b| b.is_ascii_uppercase());
        if has_capitals && let Some(lower) = lower.get_mut(..name.len()) {
            lower.copy_from_slice(name.as_bytes());
            lower.make_ascii_lowercase();
        }
        Self {
            name,
            lower,
            is_lower: !has_capitals || name.len() > LOWER_BYTES_MAX,
        }
    }
}

impl std::ops::Deref for Lower<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        if self.is_lower {
            return self.name;
        }
        str::from_utf8(&self.lower[..self.name.len()])
            .expect("letters of ASCII in another case are UTF-8 as before")
    }
}

/// [`str::trim`], but faster where there is no space at either end but ASCII's.
pub(super) fn trim(text: &str) -> &str {
    let inner = text.trim_ascii();
    match inner.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => inner,
        _ => inner.trim(),
    }
}

impl Node<'_> {
    /// Takes the node out of its parent, in which an empty text stays.
    pub(super) fn take(&mut self) -> Self {
        std::mem::replace(self, Node::Text(Cow::Borrowed("")))
    }
}

impl<'a> El<'a> {
    /// The local name in lower case; RSS is written in every case there is.
    pub(super) fn lower(&self) -> Lower<'a> {
        Lower::new(self.name)
    }

    /// The child elements.
    pub(super) fn elements(&self) -> impl Iterator<Item = &El<'a>> {
        self.children.iter().filter_map(|node| match node {
            Node::El(el) => Some(el),
            Node::Text(_) => None,
        })
    }

    /// The first child that belongs to a feed vocabulary and has this name, in any case.
    pub(super) fn child(&self, name: &str) -> Option<&El<'a>> {
        let named = || {
            self.elements()
                .filter(|el| el.family.is_native() && el.name.eq_ignore_ascii_case(name))
        };
        named()
            .find(|el| el.family == Family::Given)
            .or_else(|| named().next())
    }

    /// The child elements, to be changed.
    pub(super) fn elements_mut(&mut self) -> impl Iterator<Item = &mut El<'a>> {
        self.children.iter_mut().filter_map(|node| match node {
            Node::El(el) => Some(el),
            Node::Text(_) => None,
        })
    }

    /// Takes out the child that [`El::child`] gives.
    pub(super) fn take_child(&mut self, name: &str) -> Option<El<'a>> {
        let is_it = |node: &&mut Node<'a>| matches!(node, Node::El(el) if el.family.is_native() && el.name.eq_ignore_ascii_case(name));
        match self.children.iter_mut().find(is_it)?.take() {
            Node::El(el) => Some(el),
            Node::Text(_) => None,
        }
    }

    /// Whether it holds elements.
    pub(super) fn has_elements(&self) -> bool {
        self.elements().next().is_some()
    }

    /// The value of an attribute without prefix; names are compared without case, for CDF and RSS shout.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut own = None;
        for attribute in &self.attributes {
            if !attribute.name.eq_ignore_ascii_case(name) {
                continue;
            }
            if attribute.prefix.is_empty() {
                own = own.or(Some(&*attribute.value));
            } else if attribute.is_given() {
                return Some(&attribute.value);
            }
        }
        own
    }

    /// The value of an attribute, trimmed, if it is not empty.
    pub(super) fn filled(&self, name: &str) -> Option<String> {
        let value = trim(self.attribute(name)?);
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The value of an attribute of a family's namespace.
    pub(super) fn attribute_of(&self, family: Family, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|a| {
                a.name == name
                    && a.namespace
                        .as_deref()
                        .is_some_and(|uri| names::family(uri) == family)
            })
            .map(|a| &*a.value)
    }

    /// Its own text and that of everything in it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match &*self.children {
            [] => Cow::Borrowed(""),
            [Node::Text(text)] => Cow::Borrowed(text),
            _ => {
                let mut out = String::new();
                self.push_text(&mut out);
                Cow::Owned(out)
            }
        }
    }

    fn push_text(&self, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => out.push_str(text),
                Node::El(el) => el.push_text(out),
            }
        }
    }

    /// Its text, trimmed, if there is any.
    pub(super) fn trimmed(&self) -> Option<String> {
        let text = self.text();
        let text = trim(&text);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Whether it says nothing: no attributes, no elements, no text.
    pub(super) fn is_blank(&self) -> bool {
        self.attributes.is_empty() && !self.has_elements() && self.text().trim_start().is_empty()
    }

    /// The element as the model keeps it. Indentation between elements is left out.
    pub(super) fn to_model(&self) -> model::Element {
        let has_words = self
            .children
            .iter()
            .any(|node| matches!(node, Node::Text(text) if !text.trim_start().is_empty()));
        let indented = !has_words && self.has_elements();
        // Most hold one text; a list that grows would make room for four nodes.
        let mut children = Vec::with_capacity(if indented {
            self.elements().count()
        } else {
            self.children.len()
        });
        children.extend(self.children.iter().filter_map(|node| match node {
            Node::El(el) => Some(model::Node::Element(el.to_model())),
            Node::Text(_) if indented => None,
            Node::Text(text) => Some(model::Node::Text(text.to_string())),
        }));
        let plain = self.family == Family::Rss;
        model::Element {
            // RSS has no namespace in the RSS 2.0 that we write.
            namespace: self
                .namespace
                .as_deref()
                .filter(|_| !plain)
                .map(str::to_owned),
            prefix: Some(self.prefix.to_owned()).filter(|p| !p.is_empty() && !plain),
            name: self.name.to_owned(),
            attributes: self.attributes.iter().map(Attribute::to_model).collect(),
            children,
        }
    }
}

impl Attribute<'_> {
    /// Whether it is one of the element's own that could not stand there as it was given.
    pub(super) fn is_given(&self) -> bool {
        let family = self.namespace.as_deref().map(names::family);
        family == Some(Family::Given)
    }

    /// The attribute as the model keeps it.
    pub(super) fn to_model(&self) -> model::Attribute {
        model::Attribute {
            namespace: self.namespace.as_deref().map(str::to_owned),
            prefix: Some(self.prefix.to_owned()).filter(|p| !p.is_empty()),
            name: self.name.to_owned(),
            value: self.value.to_string(),
        }
    }
}
