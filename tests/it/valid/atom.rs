//! What RFC 4287 asks for and no grammar can say; `tests/schemas/atom.rnc` says the rest.

use super::ATOM;
use super::tree::El;
use std::collections::HashSet;

/// What a document breaks. A publisher's own doubles (§4.1.1 says SHOULD) are no error.
pub(crate) fn check(root: &El) -> Vec<String> {
    let mut errors = Vec::new();
    if (root.namespace.as_str(), root.name.as_str()) != (ATOM, "feed") {
        errors.push("the root is no atom:feed".to_owned());
    }
    alternates(root, &mut errors);
    let signed = root.child(ATOM, "author").is_some();
    for entry in root.all(ATOM, "entry") {
        // §4.1.2: an author of its own, of its source, or of the feed.
        let source = entry.child(ATOM, "source");
        let from_source = source.is_some_and(|source| source.child(ATOM, "author").is_some());
        if !signed && !from_source && entry.child(ATOM, "author").is_none() {
            errors.push("an entry without author".to_owned());
        }
        body(entry, &mut errors);
        alternates(entry, &mut errors);
        source
            .into_iter()
            .for_each(|source| alternates(source, &mut errors));
    }
    errors
}

/// §4.1.2: content or a link; a summary beside content that is elsewhere or unreadable.
fn body(entry: &El, errors: &mut Vec<String>) {
    let Some(content) = entry.child(ATOM, "content") else {
        if !entry.all(ATOM, "link").any(is_alternate) {
            errors.push("an entry with neither content nor alternate link".to_owned());
        }
        return;
    };
    let kind = content
        .attribute("type")
        .unwrap_or("text")
        .to_ascii_lowercase();
    let is_readable = matches!(kind.as_str(), "text" | "html" | "xhtml")
        || kind.starts_with("text/")
        || kind.ends_with("+xml")
        || kind.ends_with("/xml");
    let needs_summary = content.attribute("src").is_some() || !is_readable;
    if needs_summary && entry.child(ATOM, "summary").is_none() {
        errors.push("content that needs a summary".to_owned());
    }
}

/// §4.1.1, §4.1.2: no two alternate links with the same type and language.
fn alternates(el: &El, errors: &mut Vec<String>) {
    let mut seen = HashSet::new();
    for link in el.all(ATOM, "link").filter(|link| is_alternate(link)) {
        let kind = (link.attribute("type"), link.attribute("hreflang"));
        if !seen.insert(kind) {
            errors.push(format!("two alternate links of {kind:?}"));
        }
    }
}

fn is_alternate(link: &El) -> bool {
    link.attribute("rel").is_none_or(|rel| rel == "alternate")
}
