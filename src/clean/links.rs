//! Addresses: relative ones made absolute, and the schemes that may be published.
//!
//! It fetches nothing and follows nothing.

use super::scrub::Scrub;
use super::tree::{NodeId, attr};
use std::collections::HashSet;
use url::Url;

/// Schemes that a link may have. Those that run or read something in the reader (`javascript`, `data`,
/// `file`, `blob`, `intent`, …) are in none of the usual allow-lists and not in this one.
#[rustfmt::skip]
const LINK_SCHEMES: &[&str] = &[
    "http", "https", "mailto", "tel", "sms", "ftp", "sftp", "magnet", "xmpp", "irc", "ircs", "geo", "gopher", "gemini", "news", "nntp", "webcal",
    "bitcoin", "acct", "doi", "urn", "tag",
];

/// Attributes that hold one URL, by element.
pub(super) const URL_ATTRIBUTES: &[&str] = &["href", "src", "poster", "cite", "data"];

/// The scheme of a URL as a browser reads it: white space and control characters around and inside are skipped.
pub(super) fn scheme(url: &str) -> Option<String> {
    let mut scheme = String::new();
    for c in url.trim_start_matches(|c: char| c <= ' ').chars() {
        match c {
            '\t' | '\n' | '\r' => {}
            ':' if !scheme.is_empty() => return Some(scheme),
            'a'..='z' | 'A'..='Z' => scheme.push(c.to_ascii_lowercase()),
            '0'..='9' | '+' | '.' | '-' if !scheme.is_empty() => scheme.push(c),
            _ => return None,
        }
    }
    None
}

/// Whether an address begins as most do, so that no more has to be asked of it.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Whether a link may lead there: a relative address, or one of a scheme that runs nothing.
pub(super) fn may_link(url: &str) -> bool {
    is_web(url) || scheme(url).is_none_or(|scheme| LINK_SCHEMES.contains(&scheme.as_str()))
}

/// Whether something may be loaded from there: http, https and relative addresses; raster images from `data:` too.
pub(super) fn may_load(url: &str, is_image: bool) -> bool {
    if is_web(url) {
        return true;
    }
    match scheme(url).as_deref() {
        None | Some("http" | "https") => true,
        Some("data") if is_image => {
            let start: String = url
                .trim()
                .chars()
                .take(24)
                .collect::<String>()
                .to_ascii_lowercase();
            ["png", "gif", "jpeg", "jpg", "webp", "avif", "bmp"]
                .iter()
                .any(|kind| {
                    start
                        .strip_prefix("data:image/")
                        .is_some_and(|rest| rest.starts_with(kind))
                })
        }
        Some(_) => false,
    }
}

/// The candidates of a `srcset` (HTML §4.8.4.2.1): each address with its descriptor.
pub(super) fn candidates(srcset: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = srcset;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return found;
        }
        let end = rest
            .find(|c: char| c.is_ascii_whitespace())
            .unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        if let Some(bare) = address.strip_suffix(',') {
            found.push((bare.trim_end_matches(','), ""));
            rest = after;
        } else {
            let end = after.find(',').unwrap_or(after.len());
            found.push((address, after[..end].trim()));
            rest = &after[end..];
        }
    }
}

/// A `srcset` with each address mapped; those mapped to nothing are left out.
pub(super) fn map_srcset(srcset: &str, map: impl Fn(&str) -> Option<String>) -> String {
    let kept = candidates(srcset)
        .into_iter()
        .filter_map(|(address, descriptor)| {
            let address = map(address)?;
            Some(if descriptor.is_empty() {
                address
            } else {
                format!("{address} {descriptor}")
            })
        });
    kept.collect::<Vec<_>>().join(", ")
}

/// Makes every relative address absolute against the field's base. Nothing is lost, so nothing is recorded.
pub(super) fn absolute(scrub: &mut Scrub<'_>) {
    let Some(base) = scrub.base.clone() else {
        return;
    };
    let mut anchors: Option<HashSet<&str>> = None;
    let mut changes: Vec<(NodeId, &str, String)> = Vec::new();
    for node in scrub.nodes() {
        let Some(element) = node.value().as_element() else {
            continue;
        };
        for (name, value) in element.attrs() {
            if name == "srcset" {
                let new = map_srcset(value, |address| {
                    Some(resolve(&base, address).unwrap_or_else(|| address.to_owned()))
                });
                if new != value {
                    changes.push((node.id(), "srcset", new));
                }
            }
            let Some(name) = URL_ATTRIBUTES.iter().find(|listed| **listed == name) else {
                continue;
            };
            let Some(url) = resolve(&base, value) else {
                continue;
            };
            let leads_inside = value.trim().strip_prefix('#').is_some_and(|anchor| {
                let anchors = anchors.get_or_insert_with(|| self::anchors(scrub));
                anchors.contains(anchor)
            });
            if !leads_inside {
                changes.push((node.id(), name, url));
            }
        }
    }
    for (id, name, url) in changes {
        scrub.tidy_attribute(id, name, Some(&url));
    }
}

/// The places of a field that its own links can lead to.
fn anchors<'s>(scrub: &'s Scrub<'_>) -> HashSet<&'s str> {
    let elements = scrub.nodes().filter_map(|node| node.value().as_element());
    let names = elements.flat_map(|element| [attr(element, "id"), attr(element, "name")]);
    names.flatten().collect()
}

/// A relative address made absolute; `None` for an absolute one, which stays byte for byte as it is.
pub(super) fn resolve(base: &Url, value: &str) -> Option<String> {
    let value = value.trim();
    if value.is_empty() || is_web(value) || scheme(value).is_some() {
        return None;
    }
    base.join(value).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_link(url: &str, expected: bool) {
        assert_eq!(may_link(url), expected, "{url:?}");
    }

    #[test]
    fn links_that_run_nothing() {
        check_link("https://a.example/", true);
        check_link("/relative?x=javascript:1", true);
        check_link("mailto:a@b.example", true);
    }

    #[test]
    fn links_that_run_something() {
        check_link("javascript:alert(1)", false);
        check_link(" \u{1}JaVa\tScRiPt:alert(1)", false);
        check_link("feed:javascript:alert(1)", false);
        check_link("data:text/html,x", false);
        check_link("blob:https://x/1", false);
    }

    #[test]
    fn data_is_for_raster_images_only() {
        assert!(may_load("data:image/gif;base64,R0", true));
        assert!(!may_load("data:image/svg+xml,<svg/>", true));
        assert!(!may_load("data:image/gif;base64,R0", false));
    }

    #[test]
    fn srcset_with_commas_in_addresses() {
        assert_eq!(
            candidates("a,b.jpg 1x, c.jpg 2x,"),
            [("a,b.jpg", "1x"), ("c.jpg", "2x")]
        );
        assert_eq!(
            candidates("a.jpg, b.jpg 2x"),
            [("a.jpg", ""), ("b.jpg", "2x")]
        );
    }
}
