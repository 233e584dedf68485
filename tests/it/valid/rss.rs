//! The rules of the RSS 2.0 specification (<https://www.rssboard.org/rss-specification>), and of the
//! RSS Advisory Board's profile (<https://www.rssboard.org/rss-profile>) where it asks for more.

use super::tree::El;
use super::words::{is_email, is_iri, is_language, is_media_type};
use std::collections::HashMap;

/// Elements of the channel that may stand once.
const CHANNEL_ONCE: &[&str] = &[
    "title",
    "link",
    "description",
    "language",
    "copyright",
    "managingEditor",
    "webMaster",
    "pubDate",
    "lastBuildDate",
    "generator",
    "docs",
    "cloud",
    "ttl",
    "image",
    "rating",
    "textInput",
    "skipHours",
    "skipDays",
];

/// Elements of an item that may stand once. Of enclosures only the profile says so.
const ITEM_ONCE: &[&str] = &[
    "title",
    "link",
    "description",
    "author",
    "comments",
    "guid",
    "pubDate",
    "source",
];

const DAYS: &[&str] = &[
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// What a document breaks.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Rules of the specification: it says must, or what it says makes no sense otherwise.
    pub(crate) errors: Vec<String>,
    /// Recommendations of the profile, which a publisher need not follow.
    pub(crate) advice: Vec<String>,
}

impl Findings {
    fn error(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.errors.push(what());
        }
    }

    fn advice(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.advice.push(what());
        }
    }
}

/// Checks a document from its root.
pub(crate) fn check(root: &El) -> Findings {
    let mut found = Findings::default();
    let is_rss = root.namespace.is_empty() && root.name == "rss";
    found.error(is_rss, || "the root is no rss".to_owned());
    attributes(root, &["version"], &mut found);
    found.error(root.attribute("version") == Some("2.0"), || {
        "no version 2.0".to_owned()
    });
    found.error(root.children.len() == 1, || "not one channel".to_owned());
    for channel in &root.children {
        found.error(channel.name == "channel", || {
            format!("rss holds {}", channel.name)
        });
        head(channel, &mut found);
        for item in channel.all("", "item") {
            self::item(item, &mut found);
        }
    }
    found
}

fn head(channel: &El, found: &mut Findings) {
    only(channel, CHANNEL_ONCE, &["category", "item"], found);
    for required in ["title", "link", "description"] {
        found.error(channel.child("", required).is_some(), || {
            format!("channel without {required}")
        });
    }
    let title = channel.child("", "title");
    found.advice(
        title.is_some_and(|title| !title.text.trim().is_empty()),
        || "channel: blank title".to_owned(),
    );
    for child in channel.children.iter().filter(|el| el.namespace.is_empty()) {
        let text = child.text.trim();
        match child.name.as_str() {
            "title" | "description" | "copyright" | "generator" => plain(child, &[], found),
            "link" | "docs" => url(child, found),
            "language" => {
                plain(child, &[], found);
                found.error(is_language(text), || format!("language {text:?}"));
            }
            "managingEditor" | "webMaster" => {
                plain(child, &[], found);
                found.error(is_mailbox(text), || format!("{} {text:?}", child.name));
            }
            "pubDate" | "lastBuildDate" => date(child, found),
            "category" => category(child, found),
            "ttl" => {
                plain(child, &[], found);
                found.error(text.parse::<u32>().is_ok(), || format!("ttl {text:?}"));
            }
            "rating" => plain(child, &[], found),
            "cloud" => cloud(child, found),
            "image" => image(child, channel, found),
            "textInput" => text_input(child, found),
            "skipHours" => hours(child, found),
            "skipDays" => days(child, found),
            _ => {}
        }
    }
    let selves = channel
        .all(super::ATOM, "link")
        .filter(|link| link.attribute("rel") == Some("self"));
    found.advice(selves.count() == 1, || {
        "channel: not one atom:link rel=self".to_owned()
    });
}

fn item(item: &El, found: &mut Findings) {
    only(item, ITEM_ONCE, &["category", "enclosure"], found);
    let says = item.child("", "title").or(item.child("", "description"));
    found.error(says.is_some(), || {
        "item with neither title nor description".to_owned()
    });
    for child in item.children.iter().filter(|el| el.namespace.is_empty()) {
        let text = child.text.trim();
        match child.name.as_str() {
            "title" | "description" => plain(child, &[], found),
            "link" | "comments" => url(child, found),
            "author" => {
                plain(child, &[], found);
                found.error(is_mailbox(text), || format!("author {text:?}"));
            }
            "category" => category(child, found),
            "enclosure" => enclosure(child, found),
            "guid" => guid(child, found),
            "pubDate" => date(child, found),
            "source" => {
                plain(child, &["url"], found);
                let url = child.attribute("url").unwrap_or_default();
                found.error(is_url(url), || format!("source url {url:?}"));
            }
            _ => {}
        }
    }
    let advised = |namespace: &str, name: &str| item.all(namespace, name).count() <= 1;
    found.advice(advised("", "enclosure"), || {
        "item: several enclosures".to_owned()
    });
    found.advice(advised(super::CONTENT, "encoded"), || {
        "item: several content:encoded".to_owned()
    });
    found.advice(item.child("", "guid").is_some(), || {
        "item: no guid".to_owned()
    });
}

/// That an element holds only what RSS names, and what may stand once, once. Elements of a namespace
/// may always be added (RSS 2.0, Extending RSS).
fn only(el: &El, once: &[&str], often: &[&str], found: &mut Findings) {
    attributes(el, &[], found);
    found.error(el.text.trim().is_empty(), || {
        format!("text in {}: {:?}", el.name, el.text.trim())
    });
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for child in el.children.iter().filter(|el| el.namespace.is_empty()) {
        *counts.entry(&child.name).or_default() += 1;
    }
    for (name, count) in counts {
        if once.contains(&name) {
            found.error(count == 1, || format!("{}: {name} stands twice", el.name));
        } else {
            found.error(often.contains(&name), || {
                format!("{}: {name} is no element of RSS", el.name)
            });
        }
    }
}

/// Only these attributes, besides those of a namespace.
fn attributes(el: &El, known: &[&str], found: &mut Findings) {
    for (namespace, name, _) in &el.attributes {
        found.error(
            !namespace.is_empty() || known.contains(&name.as_str()),
            || format!("{} has the attribute {name}", el.name),
        );
    }
}

/// An element that holds text alone.
fn plain(el: &El, known: &[&str], found: &mut Findings) {
    attributes(el, known, found);
    found.error(el.children.is_empty(), || {
        format!("elements in {}", el.name)
    });
}

/// "The data in these elements must begin with an IANA-registered URI scheme."
fn url(el: &El, found: &mut Findings) {
    plain(el, &[], found);
    found.error(is_url(&el.text), || format!("{} {:?}", el.name, el.text));
}

fn is_url(text: &str) -> bool {
    is_iri(text.trim())
}

fn category(el: &El, found: &mut Findings) {
    plain(el, &["domain"], found);
    found.error(!el.text.trim().is_empty(), || "a blank category".to_owned());
}

fn guid(el: &El, found: &mut Findings) {
    plain(el, &["isPermaLink"], found);
    let text = el.text.trim();
    found.error(!text.is_empty(), || "a blank guid".to_owned());
    match el.attribute("isPermaLink") {
        Some("false") => {}
        None | Some("true") => {
            let is_web = text.starts_with("http://") || text.starts_with("https://");
            found.error(is_web && is_url(text), || format!("permalink {text:?}"));
        }
        Some(other) => found.error(false, || format!("isPermaLink {other:?}")),
    }
}

fn date(el: &El, found: &mut Findings) {
    plain(el, &[], found);
    let text = el.text.as_str();
    // RFC 822 as RSS takes it: the year has four digits "preferred", and so ours always do.
    let year = text.split(' ').nth(3).unwrap_or_default();
    let zone = text.split(' ').nth(5).unwrap_or_default();
    let is_zone = zone == "GMT" || zone.len() == 5 && zone.starts_with(['+', '-']);
    let is_date = jiff::fmt::rfc2822::parse(text).is_ok() && year.len() == 4 && is_zone;
    found.error(is_date, || format!("{} {text:?}", el.name));
}

fn enclosure(el: &El, found: &mut Findings) {
    plain(el, &["url", "length", "type"], found);
    found.error(el.text.trim().is_empty(), || "text in enclosure".to_owned());
    let value = |name| el.attribute(name).unwrap_or_default();
    let url = value("url");
    // "The url must be an http url."
    let is_http = url.starts_with("http://") || url.starts_with("https://");
    found.error(is_http && is_url(url), || format!("enclosure url {url:?}"));
    let length = value("length");
    found.error(length.parse::<u64>().is_ok(), || {
        format!("enclosure length {length:?}")
    });
    let kind = value("type");
    found.error(is_media_type(kind), || format!("enclosure type {kind:?}"));
}

fn cloud(el: &El, found: &mut Findings) {
    let known = ["domain", "port", "path", "registerProcedure", "protocol"];
    plain(el, &known, found);
    for name in known {
        // RSS 2.0's own example of a REST cloud has an empty procedure.
        let value = el.attribute(name);
        let said = value.is_some_and(|value| !value.is_empty() || name == "registerProcedure");
        found.error(said, || format!("cloud without {name}"));
    }
    let port = el.attribute("port").unwrap_or_default();
    found.error(port.parse::<u16>().is_ok(), || {
        format!("cloud port {port:?}")
    });
}

fn image(el: &El, channel: &El, found: &mut Findings) {
    only(
        el,
        &["url", "title", "link", "width", "height", "description"],
        &[],
        found,
    );
    for name in ["url", "title", "link"] {
        found.error(el.child("", name).is_some(), || {
            format!("image without {name}")
        });
    }
    for child in el.children.iter().filter(|el| el.namespace.is_empty()) {
        match child.name.as_str() {
            "url" | "link" => url(child, found),
            "width" | "height" => {
                plain(child, &[], found);
                let max = if child.name == "width" { 144 } else { 400 };
                let text = child.text.trim();
                let fits = text.parse::<u32>().is_ok_and(|n| n > 0 && n <= max);
                found.error(fits, || format!("image {} {text:?}", child.name));
            }
            _ => plain(child, &[], found),
        }
    }
    // "In practice the image title and link should have the same value as the channel's."
    for name in ["title", "link"] {
        let (own, theirs) = (el.child("", name), channel.child("", name));
        let same = own.map(|el| el.text.trim()) == theirs.map(|el| el.text.trim());
        found.advice(same, || format!("image {name} is not the channel's"));
    }
}

fn text_input(el: &El, found: &mut Findings) {
    let parts = ["title", "description", "name", "link"];
    only(el, &parts, &[], found);
    for name in parts {
        found.error(el.child("", name).is_some(), || {
            format!("textInput without {name}")
        });
    }
    for child in el.all("", "link") {
        url(child, found);
    }
}

fn hours(el: &El, found: &mut Findings) {
    only(el, &[], &["hour"], found);
    let hours: Vec<_> = el.all("", "hour").map(|hour| hour.text.trim()).collect();
    let right = hours.iter().all(|h| h.parse::<u8>().is_ok_and(|h| h < 24));
    found.error(right && is_set(&hours), || format!("skipHours {hours:?}"));
}

fn days(el: &El, found: &mut Findings) {
    only(el, &[], &["day"], found);
    let days: Vec<_> = el.all("", "day").map(|day| day.text.as_str()).collect();
    let right = days.iter().all(|day| DAYS.contains(day));
    found.error(right && is_set(&days), || format!("skipDays {days:?}"));
}

fn is_set(values: &[&str]) -> bool {
    let set: std::collections::HashSet<_> = values.iter().collect();
    !values.is_empty() && set.len() == values.len()
}

/// `mail@example.org (Name)`.
fn is_mailbox(text: &str) -> bool {
    match text.split_once(" (") {
        Some((email, name)) => is_email(email) && name.ends_with(')'),
        None => is_email(text),
    }
}
