//! What RSS 2.0 asks of its elements: <https://www.rssboard.org/rss-specification>.

use super::{extension, is_misfit, mend};
use crate::model::{Attribute, Element, Feed, Node};
use crate::render::grammar::{self, is_iri, is_web_address};
use crate::render::names;
use crate::render::rss::one_line;
use crate::render::xml::{element, is_blank};
use std::borrow::Cow;

pub(super) fn feed(feed: &mut Cow<'_, Feed>) {
    head(feed);
    image(feed);
    let ours = |element: &Element| names::namespace(element.namespace.as_deref()).is_empty();
    let mut known = Known::default();
    for at in 0..feed.extensions.len() {
        if !ours(&feed.extensions[at]) {
            continue;
        }
        // RSS 1.0 spelt it so.
        if feed.extensions[at].name == "textinput" {
            feed.to_mut().extensions[at].name = "textInput".to_owned();
        }
        if !known.may_stand(&feed.extensions[at]) {
            feed.to_mut().extensions[at].namespace = Some(names::RSS.to_owned());
        }
    }
    for at in 0..feed.entries.len() {
        entry(feed, at);
        // Every element that an item may have is a field.
        for child in 0..feed.entries[at].extensions.len() {
            if ours(&feed.entries[at].extensions[child]) {
                feed.to_mut().entries[at].extensions[child].namespace = Some(names::RSS.to_owned());
            }
        }
    }
}

fn head(feed: &mut Cow<'_, Feed>) {
    if is_misfit(feed.link.as_ref(), is_iri) {
        let feed = feed.to_mut();
        let unfit = mend(&mut feed.link, is_iri);
        feed.extensions
            .extend(unfit.map(|url| extension("link", &[], &url)));
    }
    let is_language = |given: &str| grammar::language(given).as_deref() == Some(given);
    if is_misfit(feed.language.as_ref(), is_language) {
        let feed = feed.to_mut();
        let given = feed.language.take().unwrap_or_default();
        feed.language = grammar::language(&given).map(Cow::into_owned);
        if feed.language.is_none() {
            feed.extensions.push(extension("language", &[], &given));
        }
    }
    // "0 to 23", and each once; days by their English names.
    let mut hours = feed.skip_hours.clone();
    let mut seen = [false; 24];
    hours.retain(|hour| {
        seen.get_mut(usize::from(*hour))
            .is_some_and(|seen| !std::mem::replace(seen, true))
    });
    if hours != feed.skip_hours {
        feed.to_mut().skip_hours = hours;
    }
    if !are_days(&feed.skip_days) {
        let feed = feed.to_mut();
        let days = std::mem::take(&mut feed.skip_days);
        let mut out = extension("skipDays", &[], "");
        let days = days
            .iter()
            .map(|day| Node::Element(extension("day", &[], day)));
        out.children = days.collect();
        feed.extensions.push(out);
    }
}

fn are_days(days: &[String]) -> bool {
    const DAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let mut seen = [false; 7];
    days.iter().all(|day| {
        let known = DAYS.iter().position(|known| known == day);
        known.is_some_and(|at| !std::mem::replace(&mut seen[at], true))
    })
}

/// The image, whose addresses have schemes and whose size has bounds.
fn image(feed: &mut Cow<'_, Feed>) {
    let Some(image) = &feed.image else { return };
    let is_size =
        |max: u32| move |size: &str| size.parse::<u32>().is_ok_and(|n| (1..=max).contains(&n));
    let (is_width, is_height) = (is_size(WIDTH_MAX), is_size(HEIGHT_MAX));
    let fits = is_iri(&image.url)
        && !is_misfit(image.link.as_ref(), is_iri)
        && !is_misfit(image.width.as_ref(), is_width)
        && !is_misfit(image.height.as_ref(), is_height);
    if fits {
        return;
    }
    let feed = feed.to_mut();
    let Some(image) = feed.image.take() else {
        return;
    };
    let channel_title = feed
        .title
        .as_ref()
        .map(crate::render::plain)
        .unwrap_or_default();
    let namespace = if is_iri(&image.url) {
        None
    } else {
        Some(names::GIVEN)
    };
    let part = |name: &str, value: Option<&str>, fits: &dyn Fn(&str) -> bool| {
        let value = value?;
        let own = if fits(value) {
            None
        } else {
            Some(names::GIVEN)
        };
        Some(Node::Element(element(own, name, &[], value)))
    };
    let filled = |value: &Option<String>| value.clone().filter(|value| !is_blank(value));
    let (title, link) = (filled(&image.title), filled(&image.link));
    // RSS requires both of its own element, and nothing of another.
    let is_own = namespace.is_none();
    let title = title.or_else(|| is_own.then(|| channel_title.into_owned()));
    let link = link.as_deref();
    let is_made = is_own && link.is_none_or(|link| !is_iri(link));
    let made = is_made.then(|| {
        feed.link
            .as_deref()
            .filter(|link| is_iri(link))
            .unwrap_or(&image.url)
    });
    let is_filled = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
    let marks = [
        (is_filled(&image.title), "image-title"),
        (is_filled(&image.link), "image-link"),
    ];
    let marks = marks.into_iter().filter(|(is_said, _)| !is_said);
    let parts = [
        part("url", Some(&image.url), &|_| true),
        part("title", title.as_deref(), &|_| true),
        part("link", made, &|_| true),
        part("link", link, &is_iri),
        part("width", image.width.as_deref(), &is_width),
        part("height", image.height.as_deref(), &is_height),
        part("description", image.description.as_deref(), &|_| true),
    ];
    let mut out = element(namespace, "image", &[], "");
    out.children = parts.into_iter().flatten().collect();
    feed.extensions.push(out);
    let marks = marks.map(|(_, what)| crate::render::made(what));
    feed.extensions.extend(marks);
}

/// "Maximum value for width is 144."
const WIDTH_MAX: u32 = 144;
/// "Maximum value for height is 400."
const HEIGHT_MAX: u32 = 400;

fn entry(feed: &mut Cow<'_, Feed>, at: usize) {
    let entry = &feed.entries[at];
    if is_misfit(entry.link.as_ref(), is_iri) {
        let entry = &mut feed.to_mut().entries[at];
        let unfit = mend(&mut entry.link, is_iri);
        entry
            .extensions
            .extend(unfit.map(|url| extension("link", &[], &url)));
    }
    if is_misfit(feed.entries[at].comments.as_ref(), is_iri) {
        let entry = &mut feed.to_mut().entries[at];
        let unfit = mend(&mut entry.comments, is_iri);
        entry
            .extensions
            .extend(unfit.map(|url| extension("comments", &[], &url)));
    }
    if feed.entries[at].id_is_permalink && is_misfit(feed.entries[at].id.as_ref(), is_web_address) {
        feed.to_mut().entries[at].id_is_permalink = false;
    }
    let source = feed.entries[at].source.as_ref();
    let url = source.and_then(|source| source.url.as_ref());
    if is_misfit(url, is_iri) {
        let entry = &mut feed.to_mut().entries[at];
        let Some(source) = &mut entry.source else {
            return;
        };
        let unfit = mend(&mut source.url, is_iri).filter(|_| source.url.is_none());
        if let (Some(url), None) = (unfit, &source.element) {
            let title = source.title.as_ref().map(one_line).unwrap_or_default();
            let mut unfit = extension("source", &[("url", Some(&url))], &title);
            let language = source
                .title
                .as_ref()
                .and_then(|title| title.language.as_deref());
            let language = language.and_then(grammar::language);
            unfit.attributes.extend(language.map(|language| Attribute {
                namespace: Some(names::XML.to_owned()),
                prefix: None,
                name: "lang".to_owned(),
                value: language.into_owned(),
            }));
            entry.extensions.push(unfit);
            entry.source = None;
        }
    }
    let element = |feed: &Feed| {
        feed.entries[at]
            .source
            .as_ref()
            .and_then(|source| source.element.clone())
    };
    if element(feed)
        .is_some_and(|element| names::namespace(element.namespace.as_deref()).is_empty())
    {
        // RSS's own holds text alone; what holds more is none of RSS's.
        let source = feed.to_mut().entries[at].source.as_mut();
        if let Some(element) = source.and_then(|source| source.element.as_mut()) {
            element.namespace = Some(names::RSS.to_owned());
        }
    }
}

/// Which elements of the channel that are no fields stood already.
#[derive(Default)]
struct Known(Vec<&'static str>);

impl Known {
    /// Whether an element without a namespace is one of RSS's, complete, and the first of its name.
    fn may_stand(&mut self, element: &Element) -> bool {
        let known = ["cloud", "docs", "rating", "textInput"];
        let Some(name) = known.into_iter().find(|known| *known == element.name) else {
            return false;
        };
        let fits = match name {
            "docs" => is_text(element) && is_iri(&element.own_text()),
            "rating" => is_text(element),
            "cloud" => is_cloud(element),
            _ => is_text_input(element),
        };
        if !fits || self.0.contains(&name) {
            return false;
        }
        self.0.push(name);
        true
    }
}

fn has_no_namespace(namespace: &Option<String>) -> bool {
    names::namespace(namespace.as_deref()).is_empty()
}

fn is_text(element: &Element) -> bool {
    let plain = |node: &Node| matches!(node, Node::Text(_));
    element.children.iter().all(plain)
        && element
            .attributes
            .iter()
            .all(|a| !has_no_namespace(&a.namespace))
}

fn is_cloud(element: &Element) -> bool {
    let parts = ["domain", "port", "path", "registerProcedure", "protocol"];
    let value = |name: &str| {
        let own = element
            .attributes
            .iter()
            .find(|a| has_no_namespace(&a.namespace) && a.name == name);
        own.map(|own| own.value.as_str())
    };
    element.children.is_empty()
        && parts.iter().all(|name| {
            value(name).is_some_and(|value| !value.is_empty() || *name == "registerProcedure")
        })
        && value("port").is_some_and(|port| port.parse::<u16>().is_ok())
        && element
            .attributes
            .iter()
            .all(|a| !has_no_namespace(&a.namespace) || parts.contains(&a.name.as_str()))
}

fn is_text_input(element: &Element) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let fits = element.children.iter().all(|node| match node {
        Node::Text(text) => text.trim().is_empty(),
        Node::Element(child) if !has_no_namespace(&child.namespace) => true,
        Node::Element(child) => {
            let known = ["title", "description", "name", "link"].contains(&child.name.as_str());
            let first = !seen.contains(&child.name.as_str());
            seen.push(&child.name);
            known
                && first
                && is_text(child)
                && (child.name != "link" || is_iri(child.own_text().trim()))
        }
    });
    fits && seen.len() == 4
        && element
            .attributes
            .iter()
            .all(|a| !has_no_namespace(&a.namespace))
}
