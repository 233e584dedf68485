//! What holds where: the base address and the language in scope, and the dialect of the document.

use super::names::{self, Family};
use super::notes::Notes;
use super::tree::El;
use crate::absolute;
use crate::limits::{BASE_BYTES_MAX, LANGUAGE_BYTES_MAX};
use crate::model;
use std::rc::Rc;

/// The values that elements inherit (XML Base; XML 1.0 §2.12).
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// The absolute address that relative ones resolve against.
    pub(super) base: Option<Rc<str>>,
    /// `xml:lang`.
    pub(super) language: Option<Rc<str>>,
    /// Whether an `xml:base` of the document set the base, rather than the document's own address.
    pub(super) base_is_declared: bool,
    /// Whether the document is Atom 0.3.
    pub(super) is_atom03: bool,
    /// Whether `xml:lang` was set below the document's root.
    pub(super) language_is_local: bool,
}

impl Scope {
    /// The scope that a document begins in.
    pub(super) fn of_document(url: Option<&str>) -> Self {
        Self {
            base: url.filter(|url| url.len() <= BASE_BYTES_MAX).map(Rc::from),
            ..Self::default()
        }
    }

    /// The scope inside an element.
    pub(super) fn enter(&self, el: &El<'_>) -> Self {
        let mut inner = self.clone();
        if el.attributes.iter().all(|a| a.prefix != "xml") {
            return inner;
        }
        if let Some(base) = el
            .attribute_of(Family::Xml, "base")
            .map(str::trim)
            .filter(|b| !b.is_empty())
        {
            let resolved = absolute::resolve(self.base.as_deref(), base);
            // A base that is no address of the web resolves nothing; one that is still relative is
            // for whoever knows the document's address.
            let fits = resolved.len() <= BASE_BYTES_MAX;
            let is_web = resolved.starts_with("http://") || resolved.starts_with("https://");
            if fits && (is_web || !absolute::has_scheme(&resolved)) {
                inner.base = Some(Rc::from(resolved));
                inner.base_is_declared = true;
            }
        }
        if let Some(language) = el
            .attribute_of(Family::Xml, "lang")
            .map(str::trim)
            .filter(|language| language.len() <= LANGUAGE_BYTES_MAX)
        {
            // An empty value says that the language is not known, which is worth saying where one was.
            let says = !language.is_empty() || self.language.is_some();
            inner.language = says.then(|| Rc::from(language));
            inner.language_is_local = true;
        }
        inner
    }

    /// A reference, made absolute.
    pub(super) fn resolve(&self, reference: &str) -> String {
        absolute::resolve(self.base.as_deref(), reference)
    }

    /// The language in scope as the model keeps it.
    pub(super) fn language(&self) -> Option<String> {
        self.language.as_deref().map(str::to_owned)
    }

    /// An element kept as it came. What it inherited and would lose by being moved is written on it.
    pub(super) fn extension(&self, el: &El<'_>) -> model::Element {
        let mut kept = el.to_model();
        let is_xhtml = || {
            el.attribute("type")
                .is_some_and(|kind| kind.contains("xhtml"))
        };
        if self.is_atom03 && el.family == Family::Atom03 && is_xhtml() {
            // Among Atom 1.0's elements, where this one will stand, readers take the outermost `div`
            // for a wrapper (RFC 4287 §3.1.1.3); in Atom 0.3 it was a part of the content.
            kept.children = vec![model::Node::Element(model::Element {
                namespace: Some(names::XHTML.to_owned()),
                name: "div".to_owned(),
                children: kept.children,
                ..model::Element::default()
            })];
        }
        if let Some(base) = self.base.as_deref().filter(|b| absolute::has_scheme(b)) {
            absolute_element(&mut kept, base);
        }
        let has = |name| el.attribute_of(Family::Xml, name).is_some();
        let is_text = el.family.is_atom() && el.attribute("type").is_some();
        if (self.base_is_declared || is_text) && !has("base") {
            kept.attributes
                .extend(self.base.as_deref().map(|base| xml_attribute("base", base)));
        }
        if self.language_is_local && !has("lang") {
            kept.attributes.extend(
                self.language
                    .as_deref()
                    .map(|lang| xml_attribute("lang", lang)),
            );
        }
        kept
    }
}

/// Makes the addresses in an extension absolute: it will be published elsewhere, and readers know no
/// `xml:base` in extensions.
fn absolute_element(element: &mut model::Element, base: &str) {
    /// Attributes that hold an address in the vocabularies of feeds (Media RSS, iTunes, podcasting, RDF).
    const ATTRIBUTES: &[&str] = &["href", "resource", "src", "url"];
    /// Elements whose text is an address, where it is one path (the comment API, FeedBurner, RSS).
    const ELEMENTS: &[&str] = &["comment", "commentrss", "docs", "link", "origlink", "url"];
    let is_relative = |value: &str| {
        let value = value.trim();
        !value.is_empty() && !value.starts_with('#') && !absolute::has_scheme(value)
    };
    let own_base = element
        .attributes
        .iter()
        .find(|a| a.name == "base" && a.namespace.as_deref() == Some(names::XML))
        .map(|a| absolute::resolve(Some(base), &a.value))
        .filter(|own| own.len() <= BASE_BYTES_MAX);
    let base = own_base.as_deref().unwrap_or(base);
    for attribute in &mut element.attributes {
        let is_address = ATTRIBUTES.contains(&attribute.name.as_str());
        if is_address && is_relative(&attribute.value) {
            attribute.value = absolute::resolve(Some(base), &attribute.value);
        }
    }
    let holds_address = ELEMENTS.contains(&element.name.to_ascii_lowercase().as_str());
    for child in &mut element.children {
        match child {
            model::Node::Element(child) => absolute_element(child, base),
            model::Node::Text(text)
                if holds_address
                    && is_relative(text)
                    && text.trim().starts_with('/')
                    && !text.trim().contains(char::is_whitespace) =>
            {
                *text = absolute::resolve(Some(base), text);
            }
            model::Node::Text(_) => {}
        }
    }
}

fn xml_attribute(name: &str, value: &str) -> model::Attribute {
    model::Attribute {
        namespace: Some(names::XML.to_owned()),
        prefix: Some("xml".to_owned()),
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

/// What all readers of one document share.
#[derive(Debug)]
pub(super) struct Reader<'n> {
    /// Where the things that were forgiven are noted.
    pub(super) notes: &'n mut Notes,
    /// Whether the document is Atom, whose text constructs say what they are, or RSS, which leaves it to evidence.
    pub(super) atom: bool,
    /// Where the entries begin that have been read, in the order they were: first those that were read early.
    pub(super) starts: Vec<usize>,
    /// How many were read early; these are in document order.
    pub(super) early: usize,
    /// How many tags stood in the strings that elements of ours were read from.
    pub(super) tags: usize,
}

impl<'n> Reader<'n> {
    pub(super) fn new(notes: &'n mut Notes, atom: bool) -> Self {
        Self {
            notes,
            atom,
            starts: Vec::new(),
            early: 0,
            tags: 0,
        }
    }
}
