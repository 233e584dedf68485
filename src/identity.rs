//! Gives each [`Entry`] the [`EntryKey`] by which it is recognised in the next poll, and an id where it has none.
//!
//! It knows only one document: which id an entry had in an earlier poll, the store knows.
//!
//! Invariants: the result depends on the feed's content alone; no entry is added, dropped or moved;
//! keys are distinct within a feed; a feed that went through here, was rendered and read again, gets
//! the same ids and keys, so a key is always made from the id as it is published.

use crate::model::{Entry, EntryKey, Feed, Warning};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// Begins the suffix of an id that different entries had. `;` and `=` may stand in every part of
/// an IRI (RFC 3987 §2.2, `sub-delims`), so an address with it is still one.
const SUFFIX: &str = ";feedwash=";

/// Gives every entry of `feed` an id and a key, and says where the publisher's ids were none.
///
/// A missing id becomes the link, else a `urn:feedwash:` made from title and date. An id that stands
/// at entries with different links identifies none of them: their keys are then made from id and
/// link, and all but the first get an id with a suffix made from the link. Entries that are the same
/// in id and link keep their id; their keys differ by how many stand before them.
pub fn assign(feed: &mut Feed) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let made: Vec<bool> = feed.entries.iter_mut().map(ensure_id).collect();
    let apart = told_apart(&feed.entries);
    let mut seen: HashMap<String, u32> = HashMap::new();
    for ((entry, made), apart) in feed.entries.iter_mut().zip(made).zip(apart) {
        let given = entry.id.clone().unwrap_or_default();
        let mut messages = Vec::new();
        if made {
            messages.push(format!("entry has no id, so it is known as {given:?}"));
        }
        let mut identity = given.clone();
        if let Some(apart) = apart {
            identity = format!("{given}{}", apart.suffix);
            if apart.published {
                messages.push(format!("id {given:?} stands at different entries, so this one is published as {identity:?}"));
                entry.id = Some(identity.clone());
                entry.id_is_permalink = false;
            }
        }
        let count = seen.entry(identity.clone()).or_insert(0);
        *count += 1;
        entry.key = match *count {
            1 => key(&["id", &identity]),
            n => {
                messages.push(format!("entry {given:?} stands in the feed {n} times"));
                key(&["again", &identity, &n.to_string()])
            }
        };
        warnings.extend(messages.into_iter().map(|message| Warning {
            entry: Some(entry.key.clone()),
            ..Warning::new(message, None)
        }));
    }
    warnings
}

/// Gives an entry an id if it has none, and says whether it had to be made up. A link in its place
/// is worth no warning: in RSS, `guid` is optional.
fn ensure_id(entry: &mut Entry) -> bool {
    if let Some(id) = filled(entry.id.as_deref()) {
        entry.id = Some(id);
        return false;
    }
    let link = filled(entry.link.as_deref());
    let made_up = link.is_none();
    entry.id_is_permalink = !made_up;
    entry.id = link.or_else(|| Some(format!("urn:feedwash:{}", hash(&nature(entry)))));
    made_up
}

/// A string, unless it is missing or blank.
fn filled(value: Option<&str>) -> Option<String> {
    value.map(tidy).filter(|value| !value.is_empty())
}

/// A string without what no format can carry back: control characters, and space around it.
fn tidy(id: &str) -> String {
    let kept: String = id
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        .collect();
    kept.trim().to_owned()
}

/// How an entry is told from others with its id.
struct Apart {
    suffix: String,
    /// Whether the suffix is published; the first keeps the id as the publisher gave it.
    published: bool,
}

/// For each entry whose id is no identity, what tells it from the others.
fn told_apart(entries: &[Entry]) -> Vec<Option<Apart>> {
    let mut first: HashMap<&str, String> = HashMap::new();
    let mut shared: HashSet<&str> = HashSet::new();
    for entry in entries {
        let id = entry.id.as_deref().unwrap_or_default();
        if let Some(base) = published_base(id) {
            // Our own output, read again: the entry without the suffix shares its id with this one.
            shared.insert(base);
        }
        let suffix = suffix(entry);
        if *first.entry(id).or_insert_with(|| suffix.clone()) != suffix {
            shared.insert(id);
        }
    }
    let apart = |entry: &Entry| {
        let id = entry.id.as_deref().unwrap_or_default();
        shared.contains(id).then(|| {
            let suffix = suffix(entry);
            Apart {
                published: first.get(id) != Some(&suffix),
                suffix,
            }
        })
    };
    entries.iter().map(apart).collect()
}

/// The id that a suffix of ours was added to.
fn published_base(id: &str) -> Option<&str> {
    let (base, hash) = id.rsplit_once(SUFFIX)?;
    let is_hash = hash.len() == 16
        && hash
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    is_hash.then_some(base)
}

/// What tells an entry from others with its id: its link, unless that is the id, else its title and date.
fn suffix(entry: &Entry) -> String {
    let link = filled(entry.link.as_deref());
    match link.filter(|link| entry.id.as_ref() != Some(link)) {
        Some(link) => format!("{SUFFIX}{}", hash(&["link".to_owned(), link])),
        None => format!("{SUFFIX}{}", hash(&nature(entry))),
    }
}

/// What an entry is where neither id nor link says so: its title and date, or its content if it has neither.
fn nature(entry: &Entry) -> Vec<String> {
    let title = entry
        .title
        .as_ref()
        .map(|text| text.value.trim())
        .unwrap_or_default();
    let date = entry.published.as_ref().or(entry.updated.as_ref());
    // The moment and not the string, which is written anew in each format.
    let date = date.map(|date| {
        date.time
            .map_or_else(|| date.raw.clone(), |time| time.as_second().to_string())
    });
    let mut parts = vec![
        "title".to_owned(),
        title.to_owned(),
        date.clone().unwrap_or_default(),
    ];
    if title.is_empty() && date.is_none() {
        let body = entry.content.as_ref().or(entry.summary.as_ref());
        parts.push(body.map(|text| text.value.clone()).unwrap_or_default());
        parts.extend(
            entry
                .enclosures
                .first()
                .map(|enclosure| enclosure.url.clone()),
        );
    }
    parts
}

fn hash(parts: &[String]) -> String {
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    key(&parts).as_str().to_owned()
}

fn key(parts: &[&str]) -> EntryKey {
    let mut sha = Sha256::new();
    for part in parts {
        // The length tells where a part ends, so that no two lists of parts are the same bytes.
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part.as_bytes());
    }
    let digest: [u8; 32] = sha.finalize().into();
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    EntryKey::from_hash(&start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Date, FeedFormat, Text};
    use crate::render::{Context, render};

    fn entry(id: &str, link: &str, title: &str) -> Entry {
        let some = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        Entry {
            id: some(id),
            link: some(link),
            title: some(title).map(Text::plain),
            ..Entry::default()
        }
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries
            .iter()
            .filter_map(|entry| entry.id.as_deref())
            .collect()
    }

    /// Assigns, checks what holds for every feed, and returns the entries and the number of warnings.
    #[track_caller]
    fn assigned(entries: Vec<Entry>) -> (Vec<Entry>, usize) {
        let count = entries.len();
        let mut feed = Feed {
            entries,
            ..Feed::default()
        };
        let warnings = assign(&mut feed).len();
        assert_eq!(feed.entries.len(), count);
        let keys: HashSet<_> = feed.entries.iter().map(|entry| &entry.key).collect();
        assert_eq!(keys.len(), count, "keys are distinct");
        let mut again = feed.clone();
        assign(&mut again);
        assert_eq!(again, feed, "what was assigned stays");
        (feed.entries, warnings)
    }

    #[track_caller]
    fn check(entries: Vec<Entry>, expected: &[&str]) {
        assert_eq!(ids(&assigned(entries).0), expected);
    }

    #[test]
    fn an_id_stays_as_given() {
        check(vec![entry("tag:a,1", "http://a/1", "A")], &["tag:a,1"]);
    }

    #[test]
    fn a_link_is_the_id_where_there_is_none() {
        let (entries, warnings) = assigned(vec![
            entry("", "http://a/1", "A"),
            entry(" \u{1}", "http://a/2", ""),
        ]);
        assert_eq!(ids(&entries), ["http://a/1", "http://a/2"]);
        assert!(entries.iter().all(|entry| entry.id_is_permalink));
        assert_eq!(warnings, 0);
    }

    #[test]
    fn an_entry_with_nothing_but_a_title_gets_an_id_from_it() {
        let (one, warnings) = assigned(vec![entry("", "", "A"), entry("", "", "B")]);
        let (two, _) = assigned(vec![entry("", "", "B"), entry("", "", "A")]);
        assert_eq!(warnings, 2);
        assert!(ids(&one).iter().all(|id| id.starts_with("urn:feedwash:")));
        assert_eq!((&one[0].key, &one[1].key), (&two[1].key, &two[0].key));
    }

    #[test]
    fn the_same_date_in_another_form_gives_the_same_id() {
        let dated = |raw: &str| Entry {
            published: Some(Date {
                raw: raw.to_owned(),
                time: "2004-01-01T00:00:00Z".parse().ok(),
            }),
            ..entry("", "", "A")
        };
        let (one, _) = assigned(vec![dated("2004-01-01")]);
        let (two, _) = assigned(vec![dated("Thu, 01 Jan 2004 00:00:00 GMT")]);
        assert_eq!(ids(&one), ids(&two));
    }

    #[test]
    fn an_id_at_different_links_is_kept_by_the_first_only() {
        let (entries, warnings) = assigned(vec![
            entry("x", "http://a/1", "A"),
            entry("x", "http://a/2", "B"),
        ]);
        assert_eq!(entries[0].id.as_deref(), Some("x"));
        assert!(
            entries[1]
                .id
                .as_deref()
                .is_some_and(|id| id.starts_with("x;feedwash="))
        );
        assert_eq!(warnings, 1);
    }

    #[test]
    fn keys_of_a_shared_id_do_not_depend_on_the_order() {
        let (one, _) = assigned(vec![
            entry("x", "http://a/1", "A"),
            entry("x", "http://a/2", "B"),
        ]);
        let (two, _) = assigned(vec![
            entry("x", "http://a/2", "B"),
            entry("x", "http://a/1", "A"),
        ]);
        assert_eq!((&one[0].key, &one[1].key), (&two[1].key, &two[0].key));
    }

    #[test]
    fn entries_that_share_a_link_and_have_no_id_are_told_apart_by_title() {
        let (entries, _) = assigned(vec![
            entry("", "http://a/", "A"),
            entry("", "http://a/", "B"),
        ]);
        assert_ne!(entries[0].id, entries[1].id);
        assert!(entries[0].id_is_permalink && !entries[1].id_is_permalink);
    }

    #[test]
    fn the_same_entry_twice_keeps_its_id_and_gets_two_keys() {
        let (entries, warnings) = assigned(vec![
            entry("x", "http://a/1", "A"),
            entry("x", "http://a/1", "A"),
        ]);
        assert_eq!(ids(&entries), ["x", "x"]);
        assert_eq!(warnings, 1);
    }

    #[test]
    fn entries_with_nothing_at_all_are_kept() {
        assigned(vec![Entry::default(), Entry::default(), Entry::default()]);
    }

    #[test]
    fn a_suffix_of_the_publishers_own_harms_nobody() {
        assigned(vec![
            entry("x;feedwash=0123456789abcdef", "http://a/1", "A"),
            entry("x", "http://a/2", "B"),
            entry("x;feedwash=0123456789abcdef", "http://a/3", "C"),
        ]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn holds_for_any_feed(entries in proptest::collection::vec(("[xy\u{1}]{0,2}", "[ab]{0,1}", "[tu]{0,1}"), 0..12)) {
            assigned(entries.iter().map(|(id, link, title)| entry(id, link, title)).collect());
        }

        #[test]
        fn what_was_published_is_known_again(entries in proptest::collection::vec(("[xy]{0,2}", "(http://[ab]/)?", "[tu]{0,1}"), 0..8)) {
            let (entries, _) = assigned(entries.iter().map(|(id, link, title)| entry(id, link, title)).collect());
            let feed = Feed { entries, ..Feed::default() };
            let document = render(&feed, FeedFormat::Rss, &Context::default());
            let channel = rss::Channel::read_from(document.as_slice()).unwrap();
            let read = channel.items.into_iter().map(|item| Entry {
                id: item.guid.as_ref().map(|guid| guid.value.clone()),
                id_is_permalink: item.guid.is_some_and(|guid| guid.permalink),
                link: item.link,
                title: item.title.map(Text::plain),
                ..Entry::default()
            });
            let mut again = Feed { entries: read.collect(), ..Feed::default() };
            assign(&mut again);
            proptest::prop_assert_eq!(again.entries, feed.entries);
        }
    }
}
