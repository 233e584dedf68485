//! Bytes to clean feed, as one pure function: decode, parse, identify, clean, learn.
//!
//! Does no I/O and asks no clock. Its one failure is "this is not a feed".

use crate::learn::{self, Counts};
use crate::model::{Feed, Response, Rules, Sighting, Warning, Washed};
use crate::parse::ParseError;
use crate::{absolute, clean, decode, identity, parse};
use std::borrow::Cow;
use std::collections::HashMap;

/// Reads a document and takes the debris out of it.
///
/// # Errors
/// [`ParseError`] where the bytes are no feed; that heals when the publisher serves one.
pub fn wash(response: &Response, rules: &Rules) -> Result<Washed, ParseError> {
    let (read, places) = read_placed(response)?;
    let mut washed = clean(read.raw, rules);
    places.name_entries(&mut washed.warnings, &washed.raw);
    washed.warnings.splice(0..0, read.warnings);
    Ok(washed)
}

/// The second half of [`wash`]: takes the debris out of a feed that was read. What its entries repeat
/// is learnt from all of them, together with what `rules` know of the outlet already.
#[must_use]
pub fn clean(raw: Feed, rules: &Rules) -> Washed {
    let (mut clean, head, mut done) = clean::feed(&raw, rules);
    let mut counts = Counts::default();
    for done in &done {
        counts.add(&done.sightings);
    }
    let news = learn::boilerplate(&counts);
    let is_news = |sighting: &Sighting| {
        news.repeats.contains_key(&sighting.print)
            && !rules.boilerplate.repeats.contains_key(&sighting.print)
    };
    let taught: Vec<usize> = (0..done.len())
        .filter(|at| done[*at].sightings.iter().any(is_news))
        .collect();
    if !taught.is_empty() {
        let mut rules = rules.clone();
        rules.boilerplate.repeats.extend(&news.repeats);
        let washer = clean::Washer::new(&raw, &rules);
        for at in taught {
            (clean.entries[at], done[at]) = washer.entry(&raw.entries[at]);
        }
    }
    let mut washed = Washed {
        clean,
        removals: head.removals,
        warnings: head.warnings,
        ..Washed::default()
    };
    for done in done {
        washed.removals.extend(done.removals);
        washed.warnings.extend(done.warnings);
        washed.sightings.push(done.sightings);
    }
    washed.raw = raw;
    washed
}

/// Reads a document as its publisher gave it: no id is made, and none is told from its double.
///
/// # Errors
/// As [`wash`].
pub fn as_given(response: &Response) -> Result<(Feed, Vec<Warning>), ParseError> {
    let decoded = decode::decode(response);
    let (feed, mut warnings) = parse::parse(&decoded.text, response.url.as_deref())?;
    warnings.splice(0..0, decoded.warnings);
    Ok((feed, warnings))
}

/// The first half of [`wash`]: reads a document and takes nothing out, so `clean` stays empty.
///
/// # Errors
/// As [`wash`].
pub fn read(response: &Response) -> Result<Washed, ParseError> {
    read_placed(response).map(|(washed, _)| washed)
}

/// Gives the entries of a feed that was read [`as_given`] their keys and ids, and says what is wrong with those.
pub fn identify(feed: &mut Feed, warnings: &mut Vec<Warning>) {
    warnings.extend(relative_links(feed));
    warnings.extend(identity::assign(feed));
}

fn read_placed(response: &Response) -> Result<(Washed, Places<'_>), ParseError> {
    let decoded = decode::decode(response);
    let base = response.url.as_deref();
    let (mut raw, mut warnings, entries_at) = parse::parse_placed(&decoded.text, base)?;
    warnings.splice(0..0, decoded.warnings);
    identify(&mut raw, &mut warnings);
    let places = Places {
        text: decoded.text,
        entries_at,
    };
    places.name_entries(&mut warnings, &raw);
    let washed = Washed {
        raw,
        warnings,
        ..Washed::default()
    };
    Ok((washed, places))
}

/// A warning where a link is relative to an address that nobody gave.
fn relative_links(feed: &Feed) -> Option<Warning> {
    let of_entries = feed
        .entries
        .iter()
        .filter_map(|entry| entry.link.as_deref());
    let mut links = feed.link.as_deref().into_iter().chain(of_entries);
    let link = links.find(|link| !link.is_empty() && !absolute::has_scheme(link))?;
    let message = format!(
        "links are relative, {link:?} for one, and the document's address is not known; --base gives it"
    );
    Some(Warning::new(message, None))
}

/// Where the entries stand in their document.
struct Places<'r> {
    text: Cow<'r, str>,
    /// Where each begins, in bytes; empty where that is not known.
    entries_at: Vec<usize>,
}

impl Places<'_> {
    /// Says which entries warnings are about, and on which lines those begin, where a warning has no line.
    fn name_entries(&self, warnings: &mut [Warning], feed: &Feed) {
        if warnings
            .iter()
            .all(|w| w.entry.is_none() && w.entry_index.is_none())
        {
            return;
        }
        let indices: HashMap<_, usize> = feed.entries.iter().map(|e| &e.key).zip(0..).collect();
        let lines = self.lines();
        for warning in warnings {
            let by_key = warning.entry.as_ref().and_then(|key| indices.get(key));
            let Some(index) = warning.entry_index.take().or(by_key.copied()) else {
                continue;
            };
            let Some(entry) = feed.entries.get(index) else {
                continue;
            };
            warning.entry = Some(entry.key.clone());
            warning.id.clone_from(&entry.id);
            warning.title.clone_from(&entry.title);
            warning.line = warning.line.or_else(|| lines.get(index).copied());
        }
    }

    /// The line on which each entry begins.
    fn lines(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.entries_at.len()).collect();
        order.sort_unstable_by_key(|index| self.entries_at[*index]);
        let mut lines = vec![0; order.len()];
        let (mut line, mut counted) = (1_u32, 0);
        for index in order {
            let at = self.entries_at[index].min(self.text.len());
            let between = &self.text.as_bytes()[counted..at];
            let newlines = memchr::memchr_iter(b'\n', between).count();
            line = line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
            counted = at;
            lines[index] = line;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, expected: &[(Option<u32>, Option<&str>, &str)]) {
        let response = Response {
            body: document.as_bytes().to_vec(),
            ..Response::default()
        };
        let washed = wash(&response, &Rules::default()).expect("the document is a feed");
        let told: Vec<_> = washed
            .warnings
            .iter()
            .map(|w| {
                let title = w.title.as_ref().map(|title| title.value.as_str());
                let message = w.message.split([',', ':']).next().unwrap_or_default();
                (w.line, title, message)
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn warnings_of_every_step_name_line_and_entry() {
        check(
            "<rss><channel>\n<item><title>A</title></item>\n<item><guid>1</guid>\n\
             <title>B</title><pubDate>soon</pubDate></item></channel></rss>",
            &[
                (
                    Some(4),
                    Some("B"),
                    "a date cannot be understood and is not published",
                ),
                (Some(2), Some("A"), "entry has no id"),
            ],
        );
        let deep = "<div>".repeat(300);
        check(
            &format!(
                "<rss><channel>\n<item><guid>1</guid><title>A</title>\n<description><![CDATA[{deep}x]]></description></item></channel></rss>"
            ),
            &[(
                Some(2),
                Some("A"),
                "content nests deeper than 256 elements; published as plain text",
            )],
        );
        check(
            "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[\n{\"title\":\"A\"}]}",
            &[(Some(2), Some("A"), "entry has no id")],
        );
    }

    #[test]
    fn relative_links_without_a_base_are_told() {
        let item = "<item><guid>1</guid><link>/a</link></item>";
        check(
            &format!("<rss><channel>{item}</channel></rss>"),
            &[(None, None, "links are relative")],
        );
        check(
            &format!("<rss xml:base='http://h/'><channel>{item}</channel></rss>"),
            &[],
        );
    }
}
