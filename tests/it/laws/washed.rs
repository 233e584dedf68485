//! The laws of washing, as functions that panic where one is broken: the fixtures, the corpus and the fuzzer are judged by the same.

#![allow(dead_code, reason = "the tests and the fuzzer each call some of them")]

use feedwash::model::{Entry, Feed, FeedFormat, Removal, Response, Rules, Text, TextKind, Washed};
use feedwash::render::{Context, render};
use feedwash::wash::wash;
use scraper::{Html, Node as Dom};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// All visible text of the input is in the output or in a removal.
#[track_caller]
pub(crate) fn conservation(name: &str, washed: &Washed) {
    let mut removed: HashMap<&str, Vec<&Removal>> = HashMap::new();
    for removal in &washed.removals {
        removed
            .entry(removal.entry.as_str())
            .or_default()
            .push(removal);
    }
    for (raw, clean) in washed.raw.entries.iter().zip(&washed.clean.entries) {
        let fields = [
            (&raw.content, &clean.content),
            (&raw.summary, &clean.summary),
            (&raw.title, &clean.title),
        ];
        for (before, after) in fields {
            let (Some(before), Some(after)) = (before, after) else {
                assert_eq!(
                    before.is_none(),
                    after.is_none(),
                    "{name}: a field vanished"
                );
                continue;
            };
            let mut kept = squeeze(&visible(after).concat());
            for removal in removed.get(raw.key.as_str()).into_iter().flatten() {
                let html = Text::html(removal.before.as_str());
                kept.push_str(&squeeze(&visible(&html).concat()));
                // Out of its place an element may hold what follows as letters (`<plaintext>` of a formula).
                let letters = removal.before.replace("&lt;", "<").replace("&gt;", ">");
                let letters = letters.replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
                kept.push_str(&squeeze(&letters));
            }
            for text in visible(before) {
                for line in text.split(['\n', '\r']) {
                    let line = squeeze(line);
                    assert!(
                        kept.contains(&line),
                        "{name}: entry {:?} lost {line:?}",
                        raw.id
                    );
                }
            }
        }
    }
}

/// The text nodes that a reader would show.
pub(crate) fn visible(text: &Text) -> Vec<String> {
    if text.kind == TextKind::Plain {
        return vec![text.value.clone()];
    }
    let html = Html::parse_fragment(&text.value);
    let hidden = |name: &str| {
        matches!(
            name,
            "script"
                | "style"
                | "template"
                | "noscript"
                | "title"
                | "svg"
                | "iframe"
                | "noembed"
                | "noframes"
        )
    };
    html.tree
        .nodes()
        .filter(|node| {
            !node
                .ancestors()
                .any(|above| above.value().as_element().is_some_and(|e| hidden(e.name())))
        })
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
        .collect()
}

/// Text without what no reader compares.
pub(crate) fn squeeze(text: &str) -> String {
    // Characters that XML can't carry are no text; `‹` stands for the `<` of a defused tag.
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect::<String>()
        .replace('‹', "<")
}

/// Nothing that acts is published: not in any text, whatever field it stands in, not in any address, and not in any
/// element or attribute of any namespace, at any depth.
#[track_caller]
pub(crate) fn safety(name: &str, feed: &Feed) {
    // The feed as a tree has every field that a feed can have, so none is forgotten here.
    let tree = serde_json::to_value(feed).expect("a feed is JSON");
    safe_value(name, "feed", &tree);
}

/// Members that hold one address, and attributes of elements that do.
const ADDRESSES: &[&str] = &[
    "link",
    "self_link",
    "icon",
    "href",
    "url",
    "uri",
    "avatar",
    "comments",
    "image",
    "src",
    "poster",
    "cite",
    "base",
    "scheme",
    "resource",
    "data",
];

/// Members that only machines read: names of namespaces and relations, types, dates as written. They are escaped where
/// they are written, and shown to nobody.
const WIRE: &[&str] = &[
    "namespace",
    "prefix",
    "base",
    "language",
    "raw",
    "key",
    "rel",
    "media_type",
    "hreflang",
    "length",
    "format",
    "skip_days",
];

#[track_caller]
fn safe_value(name: &str, member: &str, value: &Value) {
    match value {
        Value::String(text) => {
            if !WIRE.contains(&member) {
                safe_markup(&format!("{name}, {member}"), text);
            }
            assert!(
                !ADDRESSES.contains(&member) || !runs(text),
                "{name}: {member} {text:?}"
            );
        }
        Value::Array(values) => values
            .iter()
            .for_each(|value| safe_value(name, member, value)),
        Value::Object(members) => {
            if members.contains_key("children") || members.contains_key("namespace") {
                safe_element(name, members);
            }
            for (member, value) in members {
                safe_value(name, member, value);
            }
        }
        _ => {}
    }
}

/// An element of XHTML or SVG in an extension is one that a reader of XML could show.
#[track_caller]
fn safe_element(name: &str, element: &Map<String, Value>) {
    let text = |member: &str| {
        element
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let shown = ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"];
    let shown = shown.contains(&text("namespace"));
    let tag = text("name").to_ascii_lowercase();
    assert!(
        !shown || !ACTIVE[..LOADING].contains(&tag.as_str()),
        "{name}: <{tag}> in an extension"
    );
    let attributes = element.get("attributes").and_then(Value::as_array);
    for attribute in attributes.into_iter().flatten() {
        let part = |member: &str| {
            attribute
                .get(member)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (attribute, value) = (part("name").to_ascii_lowercase(), part("value"));
        let handles =
            attribute.starts_with("on") || matches!(attribute.as_str(), "style" | "srcdoc");
        assert!(!shown || !handles, "{name}: {attribute} in an extension");
        assert!(
            !ADDRESSES.contains(&attribute.as_str()) || !runs(value),
            "{name}: {attribute}={value}"
        );
    }
    let children = element.get("children").and_then(Value::as_array);
    let texts = children.into_iter().flatten();
    let texts = texts.filter_map(|child| child.get("text").and_then(Value::as_str));
    for child in texts {
        assert!(
            !runs(child) || child.trim().contains(char::is_whitespace),
            "{name}: {child:?} in an extension"
        );
    }
}

/// Whether an address runs something where it is opened, as a browser reads it.
fn runs(address: &str) -> bool {
    let address: String = address
        .chars()
        .filter(|c| *c > ' ')
        .collect::<String>()
        .to_ascii_lowercase();
    [
        "javascript:",
        "vbscript:",
        "livescript:",
        "data:text",
        "data:application",
        "data:image/svg",
    ]
    .iter()
    .any(|scheme| address.starts_with(scheme))
}

/// How many of the first of [`ACTIVE`] act or load in a tree too, and don't only misread what follows in text.
const LOADING: usize = 22;

/// Elements that act, load or take what follows for their own.
#[rustfmt::skip]
const ACTIVE: &[&str] = &[
    "script", "style", "iframe", "object", "embed", "applet", "form", "svg", "base", "meta", "link", "frame", "frameset", "portal", "fencedframe", "template",
    "animate", "animatetransform", "set", "foreignobject", "bgsound", "input",
    "button", "select", "textarea", "noscript", "title", "plaintext", "xmp", "noembed", "noframes", "canvas", "dialog", "isindex", "keygen", "marquee", "area", "map",
];

#[track_caller]
fn safe_markup(name: &str, markup: &str) {
    if !markup.contains('<') {
        return;
    }
    let html = Html::parse_fragment(markup);
    for node in html.tree.nodes() {
        let Dom::Element(element) = node.value() else {
            continue;
        };
        let tag = element.name().to_ascii_lowercase();
        assert!(
            !ACTIVE.contains(&tag.as_str()),
            "{name}: <{tag}> in {markup:?}"
        );
        for (attribute, value) in element.attrs() {
            let attribute = attribute.to_ascii_lowercase();
            let handles = attribute.starts_with("on")
                || matches!(
                    attribute.as_str(),
                    "style"
                        | "srcdoc"
                        | "formaction"
                        | "action"
                        | "ping"
                        | "background"
                        | "attributionsrc"
                        | "target"
                        | "http-equiv"
                );
            assert!(!handles, "{name}: {attribute} in {markup:?}");
            let is_text = matches!(
                attribute.as_str(),
                "alt" | "title" | "label" | "value" | "abbr" | "alttext"
            );
            assert!(is_text || !runs(value), "{name}: {attribute}={value:?}");
            let candidates = value.split([',', ' ', '\n', '\t']);
            assert!(
                attribute != "srcset" || candidates.into_iter().all(|address| !runs(address)),
                "{name}: {value:?}"
            );
        }
    }
}

/// Washing what was published removes nothing more.
#[track_caller]
pub(crate) fn idempotence(name: &str, washed: &Washed, rules: &Rules) {
    for format in [FeedFormat::Rss, FeedFormat::Atom, FeedFormat::Json] {
        let body = render(&washed.clean, format, &Context::default());
        let again = wash(
            &Response {
                body,
                ..Response::default()
            },
            rules,
        )
        .expect("what we publish is a feed");
        let more: Vec<_> = again.removals.iter().take(3).collect();
        assert!(
            more.is_empty(),
            "{name}: as {format:?} a second wash removes {more:#?}"
        );
        if format == FeedFormat::Json {
            for (once, twice) in washed.clean.entries.iter().zip(&again.clean.entries) {
                // JSON Feed has no entry with a summary alone; it is read back as content.
                let text = |entry: &Entry| {
                    entry
                        .content
                        .as_ref()
                        .or(entry.summary.as_ref())
                        .map(|text| squeeze(&visible(text).concat()))
                };
                assert_eq!(text(once), text(twice), "{name}");
            }
        }
    }
}
