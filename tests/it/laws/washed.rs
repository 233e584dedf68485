//! The laws of washing, as functions that panic where one is broken: the fixtures, the corpus and the fuzzer are judged by the same.

#![allow(dead_code, reason = "the tests and the fuzzer each call some of them")]

use feedwash::model::{
    Entry, Feed, FeedFormat, Node, Removal, Response, Rules, Text, TextKind, Washed,
};
use feedwash::render::{Context, render};
use feedwash::wash::wash;
use scraper::{Html, Node as Dom};
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
                kept.push_str(&squeeze(&removal.before));
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
fn visible(text: &Text) -> Vec<String> {
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

fn squeeze(text: &str) -> String {
    // Characters that XML can't carry are no text; `‹` stands for the `<` of a defused tag.
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect::<String>()
        .replace('‹', "<")
}

/// Nothing that acts is published.
#[track_caller]
pub(crate) fn safety(name: &str, feed: &Feed) {
    let mut texts: Vec<&Text> = Vec::new();
    texts.extend(
        feed.title
            .iter()
            .chain(&feed.description)
            .chain(&feed.rights),
    );
    for entry in &feed.entries {
        texts.extend(
            entry
                .title
                .iter()
                .chain(&entry.summary)
                .chain(&entry.content)
                .chain(&entry.rights),
        );
        for url in entry
            .link
            .iter()
            .chain(&entry.comments)
            .chain(entry.enclosures.iter().map(|enclosure| &enclosure.url))
        {
            assert!(
                !url.trim().to_ascii_lowercase().starts_with("javascript:"),
                "{name}: {url}"
            );
        }
        for element in &entry.extensions {
            for child in &element.children {
                if let Node::Text(text) = child {
                    safe_markup(name, text);
                }
            }
        }
    }
    for text in texts.into_iter().filter(|text| text.kind == TextKind::Html) {
        safe_markup(name, &text.value);
    }
}

#[track_caller]
fn safe_markup(name: &str, markup: &str) {
    let html = Html::parse_fragment(markup);
    for node in html.tree.nodes() {
        let Dom::Element(element) = node.value() else {
            continue;
        };
        let tag = element.name();
        assert!(
            !matches!(
                tag,
                "script"
                    | "style"
                    | "iframe"
                    | "object"
                    | "embed"
                    | "form"
                    | "input"
                    | "svg"
                    | "base"
                    | "meta"
                    | "link"
                    | "template"
                    | "frame"
                    | "noscript"
            ),
            "{name}: <{tag}>"
        );
        for (attribute, value) in element.attrs() {
            let value: String = value
                .chars()
                .filter(|c| *c > ' ')
                .collect::<String>()
                .to_ascii_lowercase();
            assert!(
                !attribute.starts_with("on") && attribute != "style" && attribute != "srcdoc",
                "{name}: {attribute}"
            );
            let is_text = matches!(attribute, "alt" | "title" | "label" | "value" | "abbr");
            assert!(
                is_text
                    || !value.starts_with("javascript:")
                        && !value.starts_with("vbscript:")
                        && !value.starts_with("data:text"),
                "{name}: {value}"
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
