//! Markup for pages of ours: what a field holds, safe beside what is ours, and originals with what was taken marked in place.
//!
//! It changes no tree and judges nothing; it writes anew what a list of its own allows, and what it wrote goes through
//! `ammonia` as well.
//!
//! Invariants: nothing active is written; no id, class or heading of a publisher's can be taken for one of the page; of an
//! original no picture is loaded but those of the clean field, by their clean addresses, and no player: the others are named.

mod atoms;
mod handle;
mod place;
mod write;

pub use handle::handle;
pub use write::is_language;

use super::paragraphs;
use super::tree;
use crate::model::{Removal, Text, TextKind};
use ammonia::Builder;
use place::places;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use url::Url;
use write::{Writer, fitting, loaded, rest};

/// What is longer is shown without marks, in bytes; what was taken is then told below it.
const MARKED_BYTES_MAX: usize = 512 * 1024;

/// How much of a field is shown on each side, in bytes of markup. A long article has below 100,000; a book is read at its
/// source.
const SHOWN_BYTES_MAX: usize = 128 * 1024;

/// How a page wants markup.
#[derive(Debug, Clone, Copy)]
pub struct Manner<'a> {
    /// What stands before every id, so that two fields on a page have none in common.
    pub prefix: &'a str,
    /// The level of the heading that this stands under, from 1.
    pub level: u8,
    /// The words that a page adds, in its language.
    pub words: &'a ShownWords,
    /// What relative addresses resolve against where the field itself does not say: the entry's own.
    pub base: Option<&'a str>,
}

/// What is marked in an original.
#[derive(Debug, Clone, Copy)]
pub struct Marks<'a> {
    /// What was taken or changed, in the order in which it was.
    pub removals: &'a [&'a Removal],
    /// Why, in words, one for each of them.
    pub reasons: &'a [String],
    /// The number of the first mark; the others count on in the order in which they are read. What is told of a mark on the
    /// page has the id "r" and its number.
    pub first: usize,
}

/// Words in the place of what can't be shown.
#[derive(Debug)]
pub struct ShownWords {
    /// A table, for who hears that it can be scrolled.
    pub table: &'static str,
    /// An image.
    pub image: &'static str,
    /// A frame, player or plug-in.
    pub frame: &'static str,
    /// A script or style.
    pub script: &'static str,
    /// A field or button of a form.
    pub control: &'static str,
    /// A drawing.
    pub drawing: &'static str,
    /// What stands behind the beginning of something that is too long.
    pub rest: &'static str,
}

/// An original with its marks.
#[derive(Debug, Clone, Default)]
pub struct Marked {
    /// The markup.
    pub html: String,
    /// The removals that are marked, by their places in the list, in the order of their marks. Where the others stood is not
    /// known any more.
    pub placed: Vec<usize>,
}

/// A field as a page shows it.
#[must_use]
pub fn shown(text: &Text, manner: Manner<'_>) -> String {
    let html = match text.kind {
        TextKind::Plain => return as_text(&text.value, manner),
        TextKind::Html => tree::parse(&text.value),
    };
    match html {
        Ok(html) => seal(&Writer::new(&html, manner, base(text, manner)).write().html),
        // It was published as text for the same reason.
        Err(_) => as_text(&tree::text_of(&text.value), manner),
    }
}

/// Text as paragraphs, as far as there is room.
fn as_text(text: &str, manner: Manner<'_>) -> String {
    let shown = fitting(text, SHOWN_BYTES_MAX);
    let mut html = paragraphs::to_html(shown);
    if shown.len() < text.len() {
        html.push_str(&rest(manner.words));
    }
    seal(&html)
}

/// An original as a page shows it, each removal marked where it stood, with its number and its reason in words; `clean` is
/// what became of it.
///
/// Nothing is loaded of it that isn't loaded of the clean one as well, by the same address.
#[must_use]
pub fn marked(text: &Text, clean: Option<&Text>, marks: Marks<'_>, manner: Manner<'_>) -> Marked {
    debug_assert_eq!(marks.removals.len(), marks.reasons.len());
    let markup = match text.kind {
        TextKind::Plain => paragraphs::to_html(&text.value),
        TextKind::Html => text.value.clone(),
    };
    let Ok(html) = tree::parse(&markup) else {
        return Marked {
            html: as_text(&tree::text_of(&markup), manner),
            placed: Vec::new(),
        };
    };
    let writer = Writer::new(&html, manner, base(text, manner));
    if markup.len() > MARKED_BYTES_MAX {
        // Which of its pictures were taken isn't known, so none is loaded.
        return Marked {
            html: seal(&writer.of_original(HashSet::new()).write().html),
            placed: Vec::new(),
        };
    }
    let places = places(&html, marks.removals);
    let loads = clean.map_or_else(HashSet::new, |clean| pictures(clean, manner));
    let writer = writer.of_original(loads).with_marks(&places, marks);
    let written = writer.write();
    Marked {
        html: seal(&written.html),
        placed: written.told,
    }
}

/// The addresses of the pictures of a clean field.
fn pictures(clean: &Text, manner: Manner<'_>) -> HashSet<String> {
    let markup = Some(clean.value.as_str()).filter(|_| clean.kind == TextKind::Html);
    let html = markup.and_then(|markup| tree::parse(markup).ok());
    html.map_or_else(HashSet::new, |html| {
        loaded(&html, base(clean, manner).as_ref())
    })
}

/// The beginning of what [`shown`] gave: whole blocks, at least one, of about so many bytes.
#[must_use]
pub fn lead(shown: &str, bytes: usize) -> String {
    let Ok(html) = tree::parse(shown) else {
        return String::new();
    };
    // Many bodies are one wrapper around everything.
    let mut around = *html.root_element();
    while let Some(only) = only_child(around) {
        around = only;
    }
    let mut lead = String::new();
    for node in around.children() {
        let markup = tree::outer(node);
        if !lead.is_empty() && lead.len() + markup.len() > bytes {
            break;
        }
        lead.push_str(&markup);
    }
    if lead.len() <= bytes.saturating_mul(4) {
        return seal(&lead);
    }
    let text = tree::collapse(&tree::text_of(&lead));
    let end = text.floor_char_boundary(bytes);
    seal(&paragraphs::to_html(&format!(
        "{}…",
        text[..end].trim_end()
    )))
}

/// The one block that a node holds, where it holds nothing else.
fn only_child(node: tree::NodeRef<'_>) -> Option<tree::NodeRef<'_>> {
    let is_blank = |node: &tree::NodeRef<'_>| {
        node.value()
            .as_text()
            .is_some_and(|text| text.trim().is_empty())
    };
    let mut children = node.children().filter(|node| !is_blank(node));
    let only = children.next().filter(|_| children.next().is_none())?;
    let element = only.value().as_element()?;
    matches!(element.name(), "div" | "blockquote").then_some(only)
}

fn base(text: &Text, manner: Manner<'_>) -> Option<Url> {
    let mut bases = [text.base.as_deref(), manner.base].into_iter().flatten();
    bases.find_map(|base| Url::parse(base).ok())
}

/// Classes of ours, which nothing of a publisher's has.
const CLASSES: &[&str] = &["scroll", "cut", "block", "why", "chip", "chg"];

/// The second net under what was written.
static NET: LazyLock<Builder<'static>> = LazyLock::new(|| {
    const ANY: &[&str] = &["lang", "dir", "id"];
    let own: &[(&str, &[&str])] = &[
        ("a", &["href", "title", "rel"]),
        ("abbr", &["title"]),
        ("audio", &["src", "controls", "preload"]),
        ("col", &["span"]),
        ("colgroup", &["span"]),
        ("div", &["tabindex", "role", "aria-label"]),
        (
            "img",
            &[
                "src",
                "alt",
                "width",
                "height",
                "loading",
                "decoding",
                "referrerpolicy",
            ],
        ),
        ("li", &["value"]),
        ("math", &["display", "alttext"]),
        ("ol", &["start", "reversed"]),
        ("source", &["src"]),
        ("td", &["colspan", "rowspan"]),
        ("th", &["colspan", "rowspan", "scope"]),
        ("video", &["src", "poster", "controls", "preload"]),
    ];
    let classed = ["a", "del", "div", "span", "sup"];
    let mut builder = Builder::empty();
    builder
        .tags(
            write::ELEMENTS
                .iter()
                .chain(super::safety::MATH)
                .copied()
                .collect(),
        )
        .generic_attributes(ANY.iter().copied().collect())
        .tag_attributes(
            own.iter()
                .map(|(name, list)| (*name, list.iter().copied().collect()))
                .collect(),
        )
        .allowed_classes(
            classed
                .iter()
                .map(|name| (*name, CLASSES.iter().copied().collect()))
                .collect::<HashMap<_, HashSet<_>>>(),
        )
        .url_schemes(
            ["http", "https", "mailto", "tel", "data"]
                .into_iter()
                .collect(),
        )
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(|element, name, value| {
            // Addresses in `data:` are for pictures alone.
            let is_data = value
                .trim_start()
                .get(..5)
                .is_some_and(|start| start.eq_ignore_ascii_case("data:"));
            let is_fine =
                !is_data || element == "img" && name == "src" || name == "alt" || name == "title";
            is_fine.then(|| value.into())
        });
    builder
});

fn seal(markup: &str) -> String {
    NET.clean(markup).to_string()
}

#[cfg(test)]
mod tests;
