//! All that is no content: titles, names, addresses and extension elements, made safe.
//!
//! It looks for no junk in them. What is fine stays byte for byte.

use super::brush::Brush;
use super::links::{may_link, may_load};
use super::parameters::strip;
use super::redirects::unwrapped;
use super::tree::{carried, collapse, has_tags, text_of};
use super::{REDIRECTS, SAFETY, TRACKERS};
use crate::model::{
    Attribute, Element, Enclosure, Entry, Feed, Field, Link, Node, Order, Part, Person, Text,
    TextKind,
};
use serde_json::Value;
use std::borrow::Cow;

/// Tags that act or swallow what follows without any attribute; others without attributes, like the `<T>` of a
/// title about generics, do nothing, and text that speaks of them is left as it is.
/// From the HTML standard's index of elements and its list of obsolete ones (§16).
#[rustfmt::skip]
const ACTIVE: &[&str] = &[
    "script", "style", "iframe", "object", "embed", "form", "svg", "math", "link", "meta", "base", "frame", "frameset", "applet", "template",
    "title", "textarea", "xmp", "plaintext", "noscript", "noembed", "noframes", "select", "option", "optgroup", "button", "input", "img", "image",
    "video", "audio", "source", "track", "body", "head", "html", "dialog", "marquee", "bgsound", "listing", "isindex", "keygen", "portal",
    "fencedframe", "details", "summary", "canvas", "map", "area", "param", "picture", "slot", "blink", "fieldset", "legend", "label", "output",
];

/// The fields of an entry besides summary and content.
pub(super) fn entry(brush: &mut Brush<'_>, entry: &mut Entry) {
    if let Some(title) = &mut entry.title {
        brush.safe_text(title, Field::Title);
    }
    if let Some(rights) = &mut entry.rights {
        brush.safe_text(rights, Field::Rights);
    }
    address(brush, &mut entry.link, Field::Link);
    address(brush, &mut entry.comments, Field::Link);
    address(brush, &mut entry.image, Field::Link);
    if entry.id_is_permalink && entry.id.as_deref().is_some_and(|id| !may_load(id, false)) {
        entry.id_is_permalink = false;
        let id = entry.id.clone().unwrap_or_default();
        brush.note(
            SAFETY,
            "scheme of a permanent link",
            Field::Link,
            id.clone(),
            Some(id),
        );
    }
    if let Some(id) = &mut entry.id {
        plain(brush, id, Field::Link, false);
    }
    links(brush, &mut entry.links);
    if let Some(link) = entry.content_link.take() {
        let mut one = vec![link];
        links(brush, &mut one);
        entry.content_link = one.pop();
    }
    enclosures(brush, &mut entry.enclosures);
    for person in entry.authors.iter_mut().chain(&mut entry.contributors) {
        self::person(brush, person);
    }
    for category in &mut entry.categories {
        plain(brush, &mut category.term, Field::Category, true);
        for text in category.scheme.iter_mut().chain(&mut category.label) {
            plain(brush, text, Field::Category, true);
        }
    }
    if let Some(source) = &mut entry.source {
        if let Some(title) = &mut source.title {
            brush.safe_text(title, Field::Extension);
        }
        address(brush, &mut source.url, Field::Link);
        if let Some(element) = &mut source.element {
            self::element(brush, element);
        }
    }
    extensions(brush, &mut entry.extensions, &mut entry.order);
    json(brush, &mut entry.json_extensions);
}

/// The fields of the feed itself.
pub(super) fn feed(brush: &mut Brush<'_>, feed: &mut Feed) {
    for text in feed
        .title
        .iter_mut()
        .chain(&mut feed.description)
        .chain(&mut feed.rights)
    {
        brush.safe_text(text, Field::Feed);
    }
    address(brush, &mut feed.link, Field::Feed);
    address(brush, &mut feed.self_link, Field::Feed);
    address(brush, &mut feed.icon, Field::Feed);
    links(brush, &mut feed.links);
    for person in feed
        .authors
        .iter_mut()
        .chain(&mut feed.contributors)
        .chain(&mut feed.publisher)
    {
        self::person(brush, person);
    }
    for category in &mut feed.categories {
        plain(brush, &mut category.term, Field::Category, true);
        for text in category.scheme.iter_mut().chain(&mut category.label) {
            plain(brush, text, Field::Category, true);
        }
    }
    if let Some(generator) = &mut feed.generator {
        plain(brush, &mut generator.name, Field::Feed, true);
        address(brush, &mut generator.uri, Field::Feed);
    }
    if let Some(image) = feed.image.take() {
        let mut url = Some(image.url.clone());
        address(brush, &mut url, Field::Feed);
        feed.image = url.map(|url| crate::model::Image { url, ..image });
    }
    if let Some(image) = &mut feed.image {
        address(brush, &mut image.link, Field::Feed);
        for text in image.title.iter_mut().chain(&mut image.description) {
            plain(brush, text, Field::Feed, true);
        }
    }
    extensions(brush, &mut feed.extensions, &mut feed.order);
    json(brush, &mut feed.json_extensions);
}

/// An address that is one value: unsafe ones go, trackers' parameters go from the others.
fn address(brush: &mut Brush<'_>, address: &mut Option<String>, field: Field) {
    let Some(value) = address else { return };
    if !keep_address(brush, value, field) {
        *address = None;
    }
}

/// Cleans an address; false where it may not be published at all.
fn keep_address(brush: &mut Brush<'_>, value: &mut String, field: Field) -> bool {
    plain(brush, value, field, false);
    if !may_link(value) {
        brush.note(SAFETY, "scheme of an address", field, value.clone(), None);
        return false;
    }
    // A file's address stays as it is: podcasts are counted by redirects that players know.
    if field != Field::Enclosure
        && !brush.is_off(REDIRECTS)
        && let Some((url, rule)) = unwrapped(value)
        && !brush.is_restored(REDIRECTS, field, value)
    {
        brush.note(REDIRECTS, &rule, field, value.clone(), Some(url.clone()));
        *value = url;
    }
    if !brush.is_off(TRACKERS)
        && let Some((url, rule)) = strip(value)
        && !brush.is_restored(TRACKERS, field, value)
    {
        brush.note(TRACKERS, &rule, field, value.clone(), Some(url.clone()));
        *value = url;
    }
    true
}

fn links(brush: &mut Brush<'_>, links: &mut Vec<Link>) {
    links.retain_mut(|link| {
        if let Some(title) = &mut link.title {
            plain(brush, title, Field::Link, true);
        }
        attributes(brush, &mut link.attributes, false);
        keep_address(brush, &mut link.href, Field::Link)
    });
}

fn enclosures(brush: &mut Brush<'_>, enclosures: &mut Vec<Enclosure>) {
    enclosures.retain_mut(|enclosure| {
        if let Some(title) = &mut enclosure.title {
            plain(brush, title, Field::Enclosure, true);
        }
        keep_address(brush, &mut enclosure.url, Field::Enclosure)
    });
}

fn person(brush: &mut Brush<'_>, person: &mut Person) {
    for text in person.name.iter_mut().chain(&mut person.email) {
        plain(brush, text, Field::Author, true);
    }
    address(brush, &mut person.uri, Field::Author);
    address(brush, &mut person.avatar, Field::Author);
    elements(brush, &mut person.extensions);
}

/// Makes plain text safe for readers that take it for HTML. Markup of a name or a category goes; a title that
/// speaks of a tag (`strip` is false there) keeps all its letters, with `‹` for the `<` of a tag that acts.
fn plain(brush: &mut Brush<'_>, text: &mut String, field: Field, strip: bool) {
    if let Some(new) = defuse(text, strip) {
        let before = std::mem::replace(text, new.clone());
        brush.note(SAFETY, "markup in plain text", field, before, Some(new));
    }
}

/// Plain text that no reader can run, or `None` where it is that already.
pub(super) fn defuse(text: &str, strip: bool) -> Option<String> {
    let clean = carried(text);
    if matches!(clean, Cow::Borrowed(_)) && !text.contains('<') {
        return None;
    }
    let mut new = clean.into_owned();
    if strip && has_tags(&new) {
        new = collapse(&text_of(&new));
    }
    if acts(&new) {
        new = new.replace('<', "‹");
    }
    (new != text).then_some(new)
}

/// Whether a text holds a tag that does something: an active one, or any with attributes.
fn acts(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let rest = text[at + 1..].trim_start_matches('/');
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let opens = rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?'));
        let bare = after.trim_start_matches([' ', '/']).starts_with('>');
        opens && (!bare || ACTIVE.contains(&name.to_ascii_lowercase().as_str()))
    })
}

/// Extensions, whose places the order knows by their number.
fn extensions(brush: &mut Brush<'_>, elements: &mut Vec<Element>, order: &mut Order) {
    let mut stays = Vec::with_capacity(elements.len());
    elements.retain_mut(|element| {
        stays.push(self::element(brush, element));
        stays.last() == Some(&true)
    });
    order.retain(Part::Extension, &stays);
}

fn elements(brush: &mut Brush<'_>, elements: &mut Vec<Element>) {
    elements.retain_mut(|element| self::element(brush, element));
}

/// Makes an extension safe; false where the element as a whole may not be published.
fn element(brush: &mut Brush<'_>, element: &mut Element) -> bool {
    let namespace = element.namespace.as_deref().unwrap_or_default();
    let markup = matches!(
        namespace,
        "http://www.w3.org/1999/xhtml" | "http://www.w3.org/2000/svg"
    );
    let active = matches!(
        element.name.to_ascii_lowercase().as_str(),
        "script"
            | "style"
            | "iframe"
            | "object"
            | "embed"
            | "form"
            | "svg"
            | "link"
            | "meta"
            | "base"
            | "frame"
            | "frameset"
            | "applet"
            | "portal"
            | "fencedframe"
            | "template"
            | "animate"
            | "animatetransform"
            | "set"
            | "foreignobject"
            | "bgsound"
            | "input"
    );
    if markup && active {
        let text = element_text(element);
        brush.note(
            SAFETY,
            &format!("<{}>", element.name),
            Field::Extension,
            text,
            None,
        );
        return false;
    }
    attributes(brush, &mut element.attributes, markup);
    let whole = element_is_text(element);
    element.children.retain_mut(|child| match child {
        Node::Element(child) => self::element(brush, child),
        Node::Text(text) => {
            if whole || has_tags(text) {
                extension_text(brush, text);
            }
            true
        }
    });
    true
}

/// Takes handlers and unsafe addresses out of the attributes of an extension or a link.
fn attributes(brush: &mut Brush<'_>, attributes: &mut Vec<Attribute>, markup: bool) {
    attributes.retain_mut(|attribute| {
        let lower = attribute.name.to_ascii_lowercase();
        let handler = markup
            && (lower.starts_with("on")
                || matches!(
                    lower.as_str(),
                    "style" | "srcdoc" | "formaction" | "action" | "ping"
                ));
        let address = matches!(
            lower.as_str(),
            "href"
                | "src"
                | "url"
                | "uri"
                | "resource"
                | "about"
                | "poster"
                | "cite"
                | "action"
                | "background"
                | "data"
        );
        if handler || address && !may_link(&attribute.value) {
            brush.note(
                SAFETY,
                &format!("attribute {}", attribute.name),
                Field::Extension,
                attribute.value.clone(),
                None,
            );
            return false;
        }
        plain(brush, &mut attribute.value, Field::Extension, false);
        true
    });
}

fn element_is_text(element: &Element) -> bool {
    element
        .children
        .iter()
        .all(|child| matches!(child, Node::Text(_)))
}

fn element_text(element: &Element) -> String {
    let mut out = String::new();
    for child in &element.children {
        match child {
            Node::Text(text) => out.push_str(text),
            Node::Element(child) => out.push_str(&element_text(child)),
        }
    }
    out
}

/// Text of an extension: markup in it is sanitised, an address of an unsafe scheme goes.
fn extension_text(brush: &mut Brush<'_>, text: &mut String) {
    if has_tags(text) {
        let mut html = Text {
            kind: TextKind::Html,
            value: std::mem::take(text),
            ..Text::default()
        };
        brush.safe_text(&mut html, Field::Extension);
        *text = html.value;
    } else if let Some(new) = defuse(text, false) {
        *text = new;
    }
    let one_word = !text.trim().contains(char::is_whitespace) && text.len() < 4096;
    if one_word
        && super::links::scheme(text)
            .is_some_and(|scheme| matches!(scheme.as_str(), "javascript" | "vbscript" | "data"))
    {
        let before = std::mem::take(text);
        brush.note(
            SAFETY,
            "scheme of an address",
            Field::Extension,
            before,
            None,
        );
    }
}

fn json(brush: &mut Brush<'_>, members: &mut serde_json::Map<String, Value>) {
    for value in members.values_mut() {
        json_value(brush, value, 0);
    }
}

/// Whether a string could do something where somebody shows it as HTML. Members of JSON are data (ours hold
/// XML, which is sanitised as such), so strings that only hold markup stay as they are.
fn may_act(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words = [
        "<script",
        "<iframe",
        "<object",
        "<embed",
        "<svg",
        "<form",
        "<base",
        "<style",
        "javascript:",
        "vbscript:",
        "srcdoc",
        "data:text",
    ];
    let handler = || {
        has_tags(&lower)
            && lower.match_indices("on").any(|(at, _)| {
                let starts = lower[..at]
                    .ends_with(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\''));
                let rest = lower[at..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
                starts && rest.trim_start().starts_with('=')
            })
    };
    words.iter().any(|word| lower.contains(word)) || handler()
}

/// Values deeper than this are no feed's; serde_json itself stops at 128.
const JSON_DEPTH_MAX: usize = 128;

fn json_value(brush: &mut Brush<'_>, value: &mut Value, depth: usize) {
    match value {
        Value::String(text) if may_act(text) => extension_text(brush, text),
        Value::Array(values) if depth < JSON_DEPTH_MAX => values
            .iter_mut()
            .for_each(|value| json_value(brush, value, depth + 1)),
        Value::Object(members) if depth < JSON_DEPTH_MAX => members
            .values_mut()
            .for_each(|value| json_value(brush, value, depth + 1)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, strip: bool, expected: Option<&str>) {
        assert_eq!(defuse(text, strip).as_deref(), expected);
    }

    #[test]
    fn names_lose_markup() {
        check("<b>Ada</b>", true, Some("Ada"));
        check("<script>alert(1)</script>", true, Some(""));
        check(
            "&lt;img src=x onerror=alert(1)&gt; <b>",
            true,
            Some("‹img src=x onerror=alert(1)>"),
        );
    }

    #[test]
    fn titles_keep_their_letters() {
        check("How <b> differs from <strong>", false, None);
        check("How <script> works", false, Some("How ‹script> works"));
        check("Why I like Option<T> and Vec<u8>", false, None);
        check("1 < 2", false, None);
    }
}
