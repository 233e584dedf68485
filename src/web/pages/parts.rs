//! Parts that several pages have: links to feeds, moments, pagers, languages.

use super::{FORMATS, Links, Page};
use crate::clean::{self, PASSES};
use crate::model::{FeedFormat, Text};
use crate::render;
use crate::web::feeds::{address, ending, media_type};
use crate::web::words;
use jiff::Timestamp;
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What has to be written otherwise in a path or a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A piece of a path or a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A link to a feed in a format.
fn link(links: &Links, name: &str, format: FeedFormat) -> String {
    links.to(&format!("feeds/{name}.{}", ending(format)))
}

/// A feed in every format, for the head of a page.
pub(super) fn alternates(
    links: &Links,
    name: &str,
    title: &str,
) -> Vec<(String, &'static str, String)> {
    let alternate = |(format, _)| {
        let href = link(links, name, format);
        (title.to_owned(), media_type(format), href)
    };
    FORMATS.map(alternate).into()
}

/// The one address of a feed that is shown, copied and opened in a reader.
pub(super) fn own_address(links: &Links, public_url: &str, name: &str) -> String {
    links.key.onto(address(public_url, name, FORMATS[0].0))
}

/// Links to a feed: for the reader of this computer, and in every format. `copies` where its address does not stand beside
/// them to be copied.
pub(super) fn subscribe(links: &Links, public_url: &str, name: &str, copies: bool) -> Markup {
    let reader = format!("feed:{}", own_address(links, public_url, name));
    html! {
        p.links {
            a href=(reader) data-copy=[copies.then_some("")] { (words::IN_READER) }
            @for (format, label) in FORMATS {
                " " a href=(link(links, name, format)) { (label) }
            }
        }
    }
}

/// A moment, as long ago as it is.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(at) { (words::ago(at, now)) } }
}

/// Short facts in a row.
pub(super) fn dotted(facts: &[Markup]) -> Markup {
    html! {
        @for (n, fact) in facts.iter().enumerate() {
            @if n > 0 { " · " }
            (fact)
        }
    }
}

/// A text in words.
pub(super) fn plain(text: Option<&Text>) -> String {
    line(&text.map(render::plain).unwrap_or_default())
}

/// A text on one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text on one line.
pub(in crate::web) fn excerpt(text: &str, chars: usize) -> String {
    let line = line(text);
    match line.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// What a pass is about.
pub(super) fn about(pass: &str) -> &'static str {
    let known = PASSES.iter().find(|known| known.name == pass);
    known.map_or("", |known| known.about)
}

/// The direction of a language's script, where it is not for the browser to find out, line by line (`unicode-bidi: plaintext`).
pub(super) fn written(language: Option<&str>) -> Option<&'static str> {
    Some(direction(language)).filter(|direction| *direction != "auto")
}

/// The direction of a language's script; `auto` where it is not known.
pub(super) fn direction(language: Option<&str>) -> &'static str {
    // ISO 639 codes of languages that are mostly written from right to left.
    const RIGHT: &[&str] = &[
        "ar", "arc", "ckb", "dv", "fa", "he", "iw", "ku", "ps", "sd", "syr", "ug", "ur", "yi",
    ];
    let Some(language) = language else {
        return "auto";
    };
    let primary = language
        .split('-')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    if RIGHT.contains(&primary.as_str()) {
        "rtl"
    } else {
        "auto"
    }
}

/// A language tag, where it is one (RFC 5646 §2.1).
pub(super) fn language(given: Option<&str>) -> Option<&str> {
    given
        .map(str::trim)
        .filter(|given| clean::is_language(given))
}

/// Links to the pages around one; `address` gives that of a page.
pub(super) fn pager(
    page: u32,
    pages: u32,
    before: &str,
    after: &str,
    address: impl Fn(u32) -> String,
) -> Markup {
    html! {
        @if pages > 1 {
            nav.pager aria-label=(words::PAGES) {
                @if page > 1 { a rel="prev" href=(address(page - 1)) { "← " (before) } } @else { span {} }
                span { (words::page_of(page, pages)) }
                @if page < pages { a rel="next" href=(address(page + 1)) { (after) " →" } } @else { span {} }
            }
        }
    }
}

/// Where a page stands below the index.
pub(super) fn crumbs(links: &Links, above: &[(&str, &str)]) -> Markup {
    html! {
        nav.crumbs aria-label=(words::CRUMBS) {
            // A paragraph, for browsers that show text alone.
            p {
                a href=(links.home()) { (words::FEEDS) }
                @for (title, href) in above {
                    " › " a href=(href) dir="auto" { (title) }
                }
            }
        }
    }
}

/// The address of a feed's own site or an entry's page, where it is one that a browser opens.
pub(super) fn web_link(link: Option<&str>) -> Option<&str> {
    link.map(str::trim).filter(|link| {
        let start = link.get(..8).unwrap_or(link).to_ascii_lowercase();
        start.starts_with("http://") || start.starts_with("https://")
    })
}

impl Page {
    /// A page below a root.
    pub(super) fn new(
        title: impl Into<String>,
        links: Links,
        allows_try: bool,
        main: Markup,
    ) -> Self {
        Self {
            title: title.into(),
            links,
            feeds: Vec::new(),
            main,
            allows_try,
            width: "",
        }
    }
}
