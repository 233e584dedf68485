//! Lists of feeds as OPML, both ways: what feed readers import and export.
//!
//! It does not fetch and does not judge addresses. Reading is lenient, like every reader's: names of
//! attributes in any case, OPML 1.0, 1.1 and 2.0, folders at any depth, unclosed elements.
//!
//! Invariants: what was written can be read back unchanged; time is linear in the document.

use crate::limits::OPML_DEPTH_MAX;
use crate::render::xml;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;

/// One feed of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Its name for a person.
    pub title: String,
    /// The feed's address: `xmlUrl`.
    pub xml_url: String,
    /// The site's address: `htmlUrl`.
    pub html_url: Option<String>,
    /// The folders it lies in, outermost first.
    pub folders: Vec<String>,
}

/// Why a text is no list of feeds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpmlError {
    /// It holds no outline at all.
    #[error("text is not OPML: it has no outline element")]
    NotOpml,
}

/// Writes an OPML 2.0 document. Folders stand in the order in which `outlines` first names them.
#[must_use]
pub fn render(title: &str, outlines: &[Outline]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n    <title>",
    );
    xml::push_text(&mut out, title);
    out.push_str("</title>\n  </head>\n  <body>\n");
    write_folder(&mut out, &tree(outlines), 0, 2);
    out.push_str("  </body>\n</opml>\n");
    out
}

/// A folder while it is sorted: its name, and what lies in it.
#[derive(Default)]
struct Folder<'a> {
    name: &'a str,
    folders: Vec<usize>,
    outlines: Vec<&'a Outline>,
}

/// All folders, the root first.
fn tree(outlines: &[Outline]) -> Vec<Folder<'_>> {
    let mut all = vec![Folder::default()];
    let mut known: HashMap<(usize, &str), usize> = HashMap::new();
    for outline in outlines {
        let mut at = 0;
        for name in outline.folders.iter().take(OPML_DEPTH_MAX) {
            at = *known.entry((at, name)).or_insert_with(|| {
                let new = all.len();
                all.push(Folder {
                    name,
                    ..Folder::default()
                });
                all[at].folders.push(new);
                new
            });
        }
        all[at].outlines.push(outline);
    }
    all
}

/// Recursion is safe: a tree is at most `OPML_DEPTH_MAX` deep.
fn write_folder(out: &mut String, all: &[Folder<'_>], at: usize, depth: usize) {
    let indent = "  ".repeat(depth);
    for &folder in &all[at].folders {
        out.push_str(&indent);
        out.push_str("<outline");
        xml::push_attribute(out, "text", all[folder].name);
        xml::push_attribute(out, "title", all[folder].name);
        out.push_str(">\n");
        write_folder(out, all, folder, depth + 1);
        out.push_str(&indent);
        out.push_str("</outline>\n");
    }
    for outline in &all[at].outlines {
        out.push_str(&indent);
        out.push_str("<outline type=\"rss\"");
        xml::push_attribute(out, "text", &outline.title);
        xml::push_attribute(out, "title", &outline.title);
        xml::push_attribute(out, "xmlUrl", &outline.xml_url);
        if let Some(url) = &outline.html_url {
            xml::push_attribute(out, "htmlUrl", url);
        }
        out.push_str("/>\n");
    }
}

/// Reads the feeds of an OPML document, in order. An outline without an address is a folder.
///
/// # Errors
///
/// [`OpmlError::NotOpml`] where there is no outline. What is broken after the first is left out.
pub fn parse(text: &str) -> Result<Vec<Outline>, OpmlError> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut found = Vec::new();
    // The folders that are open; `None` for an outline that is a feed, which may hold others.
    let mut open: Vec<Option<String>> = Vec::new();
    let mut is_opml = false;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(tag) if is(tag.local_name().as_ref(), "outline") => {
                is_opml = true;
                open.push(take(&tag, &open, &mut found));
            }
            Event::Empty(tag) if is(tag.local_name().as_ref(), "outline") => {
                is_opml = true;
                take(&tag, &open, &mut found);
            }
            Event::End(tag) if is(tag.local_name().as_ref(), "outline") => {
                open.pop();
            }
            Event::Start(tag) | Event::Empty(tag) if is(tag.local_name().as_ref(), "opml") => {
                is_opml = true
            }
            _ => {}
        }
    }
    if is_opml {
        Ok(found)
    } else {
        Err(OpmlError::NotOpml)
    }
}

fn is(name: &[u8], wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted.as_bytes())
}

/// Reads one outline: a feed goes to `found`, a folder's name is returned.
fn take(tag: &BytesStart<'_>, open: &[Option<String>], found: &mut Vec<Outline>) -> Option<String> {
    let mut attributes: HashMap<String, String> = HashMap::new();
    for attribute in tag.attributes().with_checks(false).flatten() {
        let name =
            String::from_utf8_lossy(attribute.key.local_name().as_ref()).to_ascii_lowercase();
        let raw = String::from_utf8_lossy(&attribute.value);
        // An entity that XML does not know is kept as it stands.
        let value = quick_xml::escape::unescape(&raw).unwrap_or_else(|_| raw.clone());
        attributes
            .entry(name)
            .or_insert_with(|| value.trim().to_owned());
    }
    let mut first = |names: &[&str]| {
        let name = names.iter().find(|name| {
            attributes
                .get(**name)
                .is_some_and(|value| !value.is_empty())
        })?;
        attributes.remove(*name)
    };
    // Before OPML 2.0, `url` was in use too; with type `link` or `include` it leads to something else.
    let kind = first(&["type"]).unwrap_or_default().to_ascii_lowercase();
    let address = first(&["xmlurl"]).or_else(|| match kind.as_str() {
        "rss" | "atom" | "feed" => first(&["url"]),
        _ => None,
    });
    let title = first(&["title", "text"]);
    let Some(xml_url) = address else {
        return title;
    };
    found.push(Outline {
        title: title.unwrap_or_else(|| xml_url.clone()),
        xml_url,
        html_url: first(&["htmlurl"]),
        folders: open
            .iter()
            .take(OPML_DEPTH_MAX)
            .flatten()
            .cloned()
            .collect(),
    });
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(title: &str, xml_url: &str, html_url: Option<&str>, folders: &[&str]) -> Outline {
        Outline {
            title: title.to_owned(),
            xml_url: xml_url.to_owned(),
            html_url: html_url.map(str::to_owned),
            folders: folders.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[Outline]) {
        assert_eq!(parse(text).as_deref(), Ok(expected));
    }

    #[test]
    fn what_was_written_is_read_back() {
        let outlines = [
            outline(
                "News & \"more\"",
                "https://a.example/f?a=1&b=2",
                Some("https://a.example/"),
                &["World", "<Deep>"],
            ),
            outline("Wire", "https://b.example/f", None, &["World"]),
            outline("Loose", "https://c.example/f", None, &[]),
        ];
        check(&render("Mine", &outlines), &outlines);
    }

    #[test]
    fn an_empty_list_is_a_list() {
        check(&render("\u{1}", &[]), &[]);
    }

    #[test]
    fn attributes_are_found_in_any_case() {
        check(
            "<OPML><body><outline TEXT='A' XMLURL='http://a/'/></body>",
            &[outline("A", "http://a/", None, &[])],
        );
    }

    #[test]
    fn an_old_url_counts_for_a_feed_only() {
        check(
            "<opml><outline text='A' type='rss' url='http://a/'/><outline text='L' type='link' url='http://l/'/></opml>",
            &[outline("A", "http://a/", None, &[])],
        );
    }

    #[test]
    fn a_feed_without_a_title_is_named_by_its_address() {
        check(
            "<opml><outline text='' xmlUrl='http://a/'/>",
            &[outline("http://a/", "http://a/", None, &[])],
        );
    }

    #[test]
    fn feeds_inside_a_feed_lie_in_its_folder() {
        check(
            "<opml><outline text='F'><outline text='A' xmlUrl='a'><outline text='B' xmlUrl='b'/></outline></outline></opml>",
            &[
                outline("A", "a", None, &["F"]),
                outline("B", "b", None, &["F"]),
            ],
        );
    }

    #[test]
    fn broken_markup_costs_only_what_follows() {
        check(
            "\u{feff}<opml><outline text='A & B &nbsp;' xmlUrl='a'/></head><outline <",
            &[outline("A & B &nbsp;", "a", None, &[])],
        );
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [
            "",
            "hello",
            "<html><body><p>hello</p></body></html>",
            "<rss/>",
        ] {
            assert_eq!(parse(text), Err(OpmlError::NotOpml));
        }
    }

    #[test]
    fn folders_of_any_depth_are_flattened() {
        let text = format!(
            "<opml>{}<outline xmlUrl='a'/>",
            "<outline text='f'>".repeat(100_000)
        );
        check(&text, &[outline("a", "a", None, &["f"; OPML_DEPTH_MAX])]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*") {
            let _ = parse(&text);
            let _ = parse(&format!("<opml><outline {text}"));
        }
    }
}
