//! What somebody should look at, as a feed of its own: sources that are broken, gone, walled, moved or silent.
//!
//! A trouble stands in it for as long as it lasts. Its id and its date stay meanwhile, so a reader tells of it once.

use super::access::Key;
use super::fares::{public_detail, title, without_secrets};
use crate::daemon::Rejected;
use crate::model::{Date, Entry, Feed, FeedFormat, Person, Text};
use crate::render::{self, Context};
use crate::schedule::Failure;
use crate::store::{Source, Status};
use crate::walls;
use jiff::{SignedDuration, Timestamp};

/// A source that fails is told of after so long: most that fail are well again within hours.
const FAILING_FOR: SignedDuration = SignedDuration::from_hours(24);

/// … and so many polls in a row at the least: one that is polled once a day may have met a bad minute.
const FAILURES_MIN: i64 = 2;

/// What has fallen silent is told of with a date so long after its newest entry: the same, whatever is usual for it by now.
const SILENT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Which one it is, for good: what is the matter with what, since when.
    id: String,
    title: String,
    /// What it is and what can be done, in paragraphs.
    words: Vec<String>,
    /// Since when it is one.
    at: Timestamp,
}

/// What is the matter with us.
pub(super) struct Ours<'a> {
    /// Why the store can't be written.
    pub(super) store: Option<(&'a str, Timestamp)>,
    /// Why feeds.toml as it is was not taken.
    pub(super) configuration: Option<Rejected>,
}

/// All troubles, ours first, and then the newest.
pub(super) fn of(
    statuses: &[Status],
    sources: &[Source],
    ours: Ours<'_>,
    now: Timestamp,
) -> Vec<Trouble> {
    let mut troubles: Vec<Trouble> = statuses
        .iter()
        .map(without_secrets)
        .flat_map(|status| {
            [
                broken(&status, now),
                gone(&status),
                moved(&status),
                downgraded(&status),
            ]
        })
        .flatten()
        .collect();
    // What fails is silent for a reason that is told already.
    let silent = sources
        .iter()
        .filter(|source| source.failures == 0)
        .filter_map(|source| silent(source, now));
    troubles.extend(silent);
    troubles.sort_by(|a, b| (b.at, &a.id).cmp(&(a.at, &b.id)));
    if let Some(rejected) = ours.configuration {
        let configuration = Trouble {
            id: format!("configuration-{}", rejected.at.as_second()),
            title: "feeds.toml is wrong, and the one before it is in force".to_owned(),
            words: vec![
                format!("{}.", rejected.why),
                "Nothing is lost for now, but the next start will fail. \"feedwash check\" says what is wrong."
                    .to_owned(),
            ],
            at: rejected.at,
        };
        troubles.insert(0, configuration);
    }
    if let Some((trouble, since)) = ours.store {
        let store = Trouble {
            id: format!("store-{}", since.as_second()),
            title: "Feedwash can't write its store".to_owned(),
            words: vec![format!(
                "The store can't be written: {trouble}. What is published stays, and nothing is polled until it can be written again."
            )],
            at: since,
        };
        troubles.insert(0, store);
    }
    troubles
}

fn broken(status: &Status, now: Timestamp) -> Option<Trouble> {
    let kind = status.failure.as_deref().unwrap_or_default();
    // Our own network fails, or nothing does.
    if status.failures == 0 || kind == Failure::Offline.word() {
        return None;
    }
    let since = status.failing_since?;
    let lasts = match status.last_success_at {
        Some(_) => now.duration_since(since) >= FAILING_FOR && status.failures >= FAILURES_MIN,
        // It never was well, and is most likely mistyped.
        None => status.failures > FAILURES_MIN,
    };
    if !lasts {
        return None;
    }
    let what = match walls::shuts_out(kind) {
        true => "is behind a wall",
        false => "can't be polled",
    };
    let last = match status.last_success_at {
        Some(at) => format!("It last answered with a feed on {}.", day(at)),
        None => "It never answered with a feed.".to_owned(),
    };
    let remedy = "What it published stays, and it is polled again by and by. If it has a new address, write that into feeds.toml.";
    Some(Trouble {
        id: id("broken", &status.name, since),
        title: format!("{} {what}", title(status)),
        words: vec![
            format!("The last poll failed: {}.", public_detail(status)),
            last,
            remedy.to_owned(),
            named(&status.name),
        ],
        at: match status.last_success_at {
            Some(_) => since.checked_add(FAILING_FOR).unwrap_or(since),
            None => since,
        },
    })
}

fn gone(status: &Status) -> Option<Trouble> {
    // It is not polled again, so its last poll stays the one that was told so.
    let at = status.last_poll_at.filter(|_| status.outcome == "gone")?;
    let remedy = "It is not polled again. What it published stays; take it out of feeds.toml, or give it its new address.";
    Some(Trouble {
        id: id("gone", &status.name, at),
        title: format!("{} is gone for good", title(status)),
        words: vec![
            format!("Its server said so (410) on {}.", day(at)),
            remedy.to_owned(),
            named(&status.name),
        ],
        at,
    })
}

fn moved(status: &Status) -> Option<Trouble> {
    let to = status.moved_to.as_ref()?;
    // Until it is believed, it may be a captive network or a mistake.
    let at = status.adopted_at?;
    Some(Trouble {
        id: id("moved", &status.name, at),
        title: format!("{} moved", title(status)),
        words: vec![
            format!(
                "Its server has said for long that it moved for good to {to}, and it is polled there now."
            ),
            "Write that address into feeds.toml, for the day when the old one goes away."
                .to_owned(),
            named(&status.name),
        ],
        at,
    })
}

fn downgraded(status: &Status) -> Option<Trouble> {
    let (said, at) = (status.downgrade()?, status.downgraded_since?);
    Some(Trouble {
        id: id("downgraded", &status.name, at),
        title: format!("{} is not safe on its way", title(status)),
        words: vec![
            format!("{}.", said.replacen("warning: its", "Its", 1)),
            named(&status.name),
        ],
        at,
    })
}

fn silent(source: &Source, now: Timestamp) -> Option<Trouble> {
    let newest = source.pace.silence(now)?;
    Some(Trouble {
        id: id("silent", &source.name, newest),
        title: format!("{} has fallen silent", source.name),
        words: vec![
            format!(
                "Its newest entry is of {}, which is longer ago than is usual for it. It answers, and nothing fails.",
                day(newest)
            ),
            "Its site may have a newer feed: \"feedwash add\" with the address of the site shows what there is.".to_owned(),
            named(&source.name),
        ],
        at: newest.checked_add(SILENT_FOR).unwrap_or(newest),
    })
}

fn named(name: &str) -> String {
    format!("In feeds.toml it is {name:?}.")
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn id(kind: &str, name: &str, since: Timestamp) -> String {
    format!("{kind}-{name}-{}", since.as_second())
}

/// Troubles as an Atom feed.
pub(super) fn atom(troubles: Vec<Trouble>, public_url: &str, key: &Key) -> Vec<u8> {
    let own = format!("{public_url}/health.atom");
    let entries = troubles.into_iter().map(|trouble| {
        let date = Some(Date {
            raw: trouble.at.to_string(),
            time: Some(trouble.at),
        });
        let paragraphs = trouble.words.iter();
        let paragraphs =
            paragraphs.map(|words| format!("<p>{}</p>", render::html(&Text::plain(words))));
        Entry {
            id: Some(format!("{own}#{}", trouble.id)),
            link: Some(key.onto(format!("{public_url}/"))),
            title: Some(Text::plain(trouble.title)),
            content: Some(Text::html(paragraphs.collect::<String>())),
            published: date.clone(),
            updated: date,
            ..Entry::default()
        }
    });
    let feed = Feed {
        format: FeedFormat::Atom,
        id: Some(own.clone()),
        title: Some(Text::plain("Feedwash: what needs a look")),
        description: Some(Text::plain(
            "Sources that are broken, gone, walled, moved or silent.",
        )),
        link: Some(key.onto(format!("{public_url}/"))),
        authors: vec![Person {
            name: Some("Feedwash".to_owned()),
            ..Person::default()
        }],
        entries: entries.collect(),
        ..Feed::default()
    };
    let own = key.onto(own);
    let context = Context {
        self_url: Some(&own),
        // Where nothing is wrong there is no date, and the same bytes each time.
        fallback_updated: Some(Timestamp::UNIX_EPOCH),
        ..Context::default()
    };
    render::render(&feed, FeedFormat::Atom, &context)
}
