//! A web page where a feed should be: what it is called and which feeds it links to.

use super::tree::El;
use super::{LinkedFeed, ParseError};
use crate::absolute;
use crate::limits::BASE_BYTES_MAX;

/// How many feeds of a page are named; a page with more is a directory.
const FEEDS_MAX: usize = 20;

/// The longest title that an error quotes, in characters.
const TITLE_CHARS_MAX: usize = 120;

/// Reads a page, given as its text and the elements in it; `None` where the document is none.
pub(super) fn read(text: &str, document: &El<'_>, url: Option<&str>) -> Option<ParseError> {
    const DOCTYPE: &str = "<!doctype html";
    let starts_as_page = text
        .get(..DOCTYPE.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(DOCTYPE));
    let mut page = Page {
        // The tags of html, head and body may be left out (HTML standard §13.1.2.4).
        is_page: starts_as_page,
        title: None,
        base: url.map(str::to_owned),
        feeds: Vec::new(),
    };
    page.visit(document);
    page.is_page.then_some(ParseError::Page {
        title: page.title,
        feeds: page.feeds,
    })
}

struct Page {
    is_page: bool,
    title: Option<String>,
    base: Option<String>,
    feeds: Vec<LinkedFeed>,
}

impl Page {
    fn visit(&mut self, el: &El<'_>) {
        for child in el.elements() {
            match &*child.lower() {
                "html" | "head" | "body" => self.is_page = true,
                "title" if self.title.is_none() => {
                    self.title = child
                        .trimmed()
                        .map(|title| title.chars().take(TITLE_CHARS_MAX).collect());
                }
                "base" => {
                    let href = child.attribute("href");
                    self.base = href
                        .filter(|href| href.len() <= BASE_BYTES_MAX)
                        .map(|href| absolute::resolve(self.base.as_deref(), href))
                        .or(self.base.take());
                }
                "link" | "a" => self.link(child),
                _ => {}
            }
            self.visit(child);
        }
    }

    fn link(&mut self, el: &El<'_>) {
        let has = |name, word: &str| {
            el.attribute(name).is_some_and(|value| {
                value
                    .split_ascii_whitespace()
                    .any(|w| w.eq_ignore_ascii_case(word))
            })
        };
        let is_feed = [
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
            "application/json",
            "application/rdf+xml",
        ]
        .iter()
        .any(|kind| has("type", kind));
        if has("rel", "alternate")
            && is_feed
            && self.feeds.len() < FEEDS_MAX
            && let Some(href) = el.filled("href")
            && href.len() <= BASE_BYTES_MAX
        {
            let url = absolute::resolve(self.base.as_deref(), &href);
            self.feeds.push(LinkedFeed {
                title: el.filled("title"),
                url,
            });
        }
    }
}

/// The page's title as a part of the error's message.
pub(super) fn named(title: Option<&str>) -> String {
    title
        .map(|title| format!(" ({title:?})"))
        .unwrap_or_default()
}

/// The page's feeds as a part of the error's message.
pub(super) fn listed(feeds: &[LinkedFeed]) -> String {
    if feeds.is_empty() {
        return ", not a feed".to_owned();
    }
    let urls: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
    format!(", not a feed; it links to {}", urls.join(", "))
}
