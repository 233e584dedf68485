//! What shows by itself: pictures and players; a name in the place of what is not shown.

use super::super::super::links::{candidates, may_load};
use super::super::super::tree::{self, NodeId, NodeRef, escape};
use super::{
    ADDRESS_BYTES_MAX, CHIP_CHARS, DATA_BYTES_MAX, TOLD_BYTES_MAX, Writer, fitting, number, resolve,
};
use scraper::Html;
use scraper::node::Element;
use std::collections::HashSet;
use std::fmt::Write as _;
use url::Url;

/// The addresses of the pictures that a field shows, as its page loads them; long ones in `data:` are left out.
pub(in crate::clean::show) fn loaded(html: &Html, base: Option<&Url>) -> HashSet<String> {
    let elements = html
        .root_element()
        .descendants()
        .filter_map(|node| node.value().as_element());
    let pictures = elements.filter(|element| matches!(element.name(), "img" | "image"));
    let all = pictures.filter_map(|element| source(element, base, |_| None));
    all.filter(|url| url.scheme() != "data" || url.as_str().len() <= DATA_BYTES_MAX)
        .map(String::from)
        .collect()
}

/// Where a picture is loaded from: its source, else the last of its set; `changed` says what those became.
fn source<'v>(
    element: &'v Element,
    base: Option<&Url>,
    changed: impl Fn(&'static str) -> Option<&'v str>,
) -> Option<Url> {
    let value = |name| changed(name).or_else(|| tree::attr(element, name));
    let given = value("src").map(str::trim);
    let set = value("srcset").unwrap_or_default();
    let last = || candidates(set).last().map(|(address, _)| *address);
    let source = given.filter(|src| !src.is_empty()).or_else(last)?;
    may_load(source, true).then(|| resolve(source, base))?
}

impl Writer<'_> {
    /// Something that shows by itself; a name in its place where it can't be shown, and was taken out. True where what stands
    /// in it is to be written.
    pub(super) fn medium(&mut self, node: NodeRef<'_>, element: &Element, is_taken: bool) -> bool {
        let is_original = self.loads.is_some();
        match element.name() {
            "hr" if !self.is_phrasing() => self.out.push_str("<hr>"),
            "hr" => {}
            // What a script was to put a picture in place of is blank.
            "img" | "image" if !is_taken && !self.is_placeholder(node.id(), element) => {
                self.image(node.id(), element);
            }
            "audio" | "video" if !is_taken && !self.is_linked() && !is_original => {
                return self.player(node, element);
            }
            _ if is_original => self.chip(element),
            _ => {}
        }
        false
    }

    fn image(&mut self, id: NodeId, element: &Element) {
        let sources = self.marks.map(|(places, _)| &places.sources);
        let source = source(element, self.base.as_ref(), |name| {
            sources?.get(&(id, name)).map(String::as_str)
        });
        let is_loaded = |url: &Url| {
            self.loads
                .as_ref()
                .is_none_or(|loads| loads.contains(url.as_str()))
        };
        if source.as_ref().is_some_and(|url| !is_loaded(url)) {
            return self.chip(element);
        }
        let alt = tree::attr(element, "alt").map(str::trim);
        let alt = fitting(alt.unwrap_or_default(), TOLD_BYTES_MAX);
        let most = |url: &Url| match url.scheme() {
            "data" => self.room(),
            _ => ADDRESS_BYTES_MAX,
        };
        let Some(source) = source.filter(|url| url.as_str().len() <= most(url)) else {
            let _ = write!(
                self.out,
                "<span class=\"chip\">{}</span>",
                escape(if alt.is_empty() {
                    self.manner.words.image
                } else {
                    alt
                })
            );
            return;
        };
        let alt = match alt {
            "" if self.names_pictures => self.manner.words.image,
            alt => alt,
        };
        let _ = write!(
            self.out,
            "<img src=\"{}\" alt=\"{}\" loading=\"lazy\" decoding=\"async\" referrerpolicy=\"no-referrer\"{}{}>",
            escape(source.as_str()),
            escape(alt),
            number(element, "width"),
            number(element, "height"),
        );
    }

    pub(super) fn is_placeholder(&self, id: NodeId, element: &Element) -> bool {
        let source = tree::attr(element, "src")
            .map(str::trim)
            .unwrap_or_default();
        source.starts_with("data:") && !self.changes(id).is_empty()
    }

    pub(super) fn player(&mut self, node: NodeRef<'_>, element: &Element) -> bool {
        let name = if element.name() == "audio" {
            "audio"
        } else {
            "video"
        };
        let url = |element: &Element, attribute: &str| {
            let value = tree::attr(element, attribute)?.trim();
            let value = Some(value).filter(|value| may_load(value, false))?;
            self.url(value)
        };
        let address = |attribute: &str| {
            let url = url(element, attribute)?;
            Some(format!(" {attribute}=\"{}\"", escape(url.as_str())))
        };
        let mut further = address("src").unwrap_or_default();
        if name == "video" {
            further.push_str(&address("poster").unwrap_or_default());
        }
        let sources = node.children().filter_map(|child| {
            let source = child
                .value()
                .as_element()
                .filter(|e| e.name() == "source")?;
            let url = url(source, "src")?;
            Some(format!("<source src=\"{}\">", escape(url.as_str())))
        });
        let sources: String = match further.contains(" src=") {
            true => String::new(),
            false => sources.collect(),
        };
        let _ = write!(
            self.out,
            "<{name}{further} controls preload=\"none\">{sources}</{name}>"
        );
        false
    }

    /// The name of what is not shown, with its address or its first words.
    pub(super) fn chip(&mut self, element: &Element) {
        let words = self.manner.words;
        let (word, tells) = match element.name() {
            "img" | "image" => (words.image, "src"),
            "script" | "style" | "template" | "link" | "meta" | "base" => (words.script, "src"),
            "input" | "textarea" | "select" | "datalist" => (words.control, "placeholder"),
            "svg" | "canvas" => (words.drawing, "aria-label"),
            _ => (words.frame, "src"),
        };
        let mut said = tree::attr(element, tells)
            .map(str::trim)
            .unwrap_or_default();
        if said.is_empty() {
            said = ["value", "data-src", "href", "name"]
                .iter()
                .find_map(|name| tree::attr(element, name))
                .map(str::trim)
                .unwrap_or_default();
        }
        // Nobody reads those.
        if said.starts_with("data:") {
            said = "";
        }
        let cut: String = said.chars().take(CHIP_CHARS).collect();
        let dots = if cut.len() < said.len() { "…" } else { "" };
        let colon = if cut.is_empty() { "" } else { ": " };
        let _ = write!(
            self.out,
            "<span class=\"chip\">{}{colon}{}{dots}</span>",
            escape(word),
            escape(&cut)
        );
    }
}
