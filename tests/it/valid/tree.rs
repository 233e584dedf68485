//! A strict, namespace-aware reader of XML for the checkers. What it refuses is not well-formed.

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use std::collections::HashSet;

/// An element, its text all in one.
#[derive(Debug, Default)]
pub(crate) struct El {
    /// The namespace; empty for none.
    pub(crate) namespace: String,
    /// The local name.
    pub(crate) name: String,
    /// Namespace, local name and value of each attribute.
    pub(crate) attributes: Vec<(String, String, String)>,
    /// The elements in it.
    pub(crate) children: Vec<El>,
    /// The text in it, without that of its children.
    pub(crate) text: String,
}

impl El {
    /// The value of an attribute without a namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let mut found = self
            .attributes
            .iter()
            .filter(|(namespace, own, _)| namespace.is_empty() && own == name);
        found.next().map(|(_, _, value)| value.as_str())
    }

    /// The children of a name.
    pub(crate) fn all<'e>(
        &'e self,
        namespace: &'e str,
        name: &'e str,
    ) -> impl Iterator<Item = &'e Self> {
        self.children
            .iter()
            .filter(move |child| child.namespace == namespace && child.name == name)
    }

    /// The first child of a name.
    pub(crate) fn child<'e>(&'e self, namespace: &'e str, name: &'e str) -> Option<&'e Self> {
        self.all(namespace, name).next()
    }
}

/// Reads a document; the error says why it is not well-formed (XML 1.0, Namespaces in XML 1.0).
pub(crate) fn read(document: &[u8]) -> Result<El, String> {
    let text = std::str::from_utf8(document).map_err(|error| error.to_string())?;
    if let Some(c) = text.chars().find(|c| !is_char(*c)) {
        return Err(format!("{c:?} cannot stand in XML"));
    }
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<El> = vec![El::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let top = open.last_mut().expect("the document is never closed");
        match event {
            Event::Eof => break,
            Event::Start(tag) => open.push(element(&reader, &tag)?),
            Event::Empty(tag) => {
                let empty = element(&reader, &tag)?;
                top.children.push(empty);
            }
            Event::End(_) => {
                let closed = open.pop().expect("the reader matches the tags");
                let above = open.last_mut().ok_or("an end tag too many")?;
                above.children.push(closed);
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|error| error.to_string())?;
                if text.contains("]]>") {
                    return Err("“]]>” in text".to_owned());
                }
                top.text.push_str(&text);
            }
            Event::CData(section) => {
                top.text
                    .push_str(&section.decode().map_err(|error| error.to_string())?);
            }
            Event::GeneralRef(reference) => top.text.push_str(&resolved(&reference)?),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::DocType(_) => return Err("a document type".to_owned()),
        }
    }
    let (Some(mut document), true) = (open.pop(), open.is_empty()) else {
        return Err("an element is not closed".to_owned());
    };
    if document.children.len() != 1 || !document.text.trim().is_empty() {
        return Err("not one root".to_owned());
    }
    Ok(document.children.remove(0))
}

fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, String> {
    if let Some(c) = reference
        .resolve_char_ref()
        .map_err(|error| error.to_string())?
    {
        return is_char(c)
            .then(|| c.to_string())
            .ok_or(format!("a reference to {c:?}"));
    }
    let name = reference.decode().map_err(|error| error.to_string())?;
    quick_xml::escape::resolve_predefined_entity(&name)
        .map(str::to_owned)
        .ok_or(format!("the entity {name} is not declared"))
}

fn element(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Result<El, String> {
    let namespace = |result: ResolveResult<'_>| match result {
        ResolveResult::Bound(namespace) => {
            Ok(String::from_utf8_lossy(namespace.into_inner()).into_owned())
        }
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Unknown(prefix) => Err(format!(
            "the prefix {} is not declared",
            String::from_utf8_lossy(&prefix)
        )),
    };
    let (own, name) = reader.resolver().resolve_element(tag.name());
    let mut out = El {
        namespace: namespace(own)?,
        name: local(name.into_inner())?,
        ..El::default()
    };
    let mut seen = HashSet::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.value.contains(&b'<') {
            return Err("“<” in an attribute".to_owned());
        }
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (of, name) = reader.resolver().resolve_attribute(attribute.key);
        let (of, name) = (namespace(of)?, local(name.into_inner())?);
        if !seen.insert((of.clone(), name.clone())) {
            return Err(format!("the attribute {name} stands twice"));
        }
        let raw = std::str::from_utf8(&attribute.value).map_err(|error| error.to_string())?;
        let value = quick_xml::escape::unescape(raw).map_err(|error| error.to_string())?;
        if let Some(c) = value.chars().find(|c| !is_char(*c)) {
            return Err(format!("a reference to {c:?}"));
        }
        out.attributes.push((of, name, value.into_owned()));
    }
    Ok(out)
}

fn local(name: &[u8]) -> Result<String, String> {
    let name = String::from_utf8_lossy(name).into_owned();
    let starts = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{b7}');
    (starts && name.chars().all(goes_on))
        .then(|| name.clone())
        .ok_or(format!("{name:?} is no name"))
}

/// XML 1.0 §2.2 `Char`.
fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
