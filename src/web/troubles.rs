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
use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::TimeZone};

/// A source that fails is told of after so long: most that fail are well again within hours.
const FAILING_FOR: SignedDuration = SignedDuration::from_hours(24);

/// … or, where it never was well, after so many polls.
const FAILURES_FIRST: i64 = 3;

/// Something that somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Which one it is, for good: what is the matter with what, since when.
    id: String,
    title: String,
    /// What it is and what can be done, in paragraphs.
    words: Vec<String>,
    /// Since when it is one.
    at: Option<Timestamp>,
}

/// What is the matter with us.
pub(super) struct Ours<'a> {
    /// Why the store can't be written.
    pub(super) store: Option<&'a str>,
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
        .flat_map(|status| [broken(&status, now), moved(&status), downgraded(&status)])
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
            at: Some(rejected.at),
        };
        troubles.insert(0, configuration);
    }
    if let Some(trouble) = ours.store {
        let store = Trouble {
            id: "store".to_owned(),
            title: "Feedwash can't write its store".to_owned(),
            words: vec![format!(
                "The store can't be written: {trouble}. What is published stays, and nothing is polled until it can be written again."
            )],
            at: None,
        };
        troubles.insert(0, store);
    }
    troubles
}

fn broken(status: &Status, now: Timestamp) -> Option<Trouble> {
    let (name, title) = (&status.name, title(status));
    let is_gone = status.outcome == "gone";
    let lasts = match status.last_success_at {
        Some(since) => now.duration_since(since) >= FAILING_FOR,
        None => status.failures >= FAILURES_FIRST,
    };
    if !is_gone && (status.failures == 0 || !lasts) {
        return None;
    }
    let kind = status.failure.as_deref().unwrap_or_default();
    if kind == Failure::Offline.word() {
        // It is our own network that fails.
        return None;
    }
    let what = match kind {
        _ if is_gone => "is gone for good",
        "challenge" | "captcha" | "login" | "consent" => "is behind a wall",
        _ => "can't be polled",
    };
    let remedy = match is_gone {
        true => {
            "It is not polled again. What it published stays; take it out of feeds.toml, or give it its new address."
        }
        false => {
            "What it published stays, and it is polled again by and by. If it has a new address, write that into feeds.toml."
        }
    };
    let reason = match is_gone {
        true => "Its server says so (410).".to_owned(),
        false => format!("The last poll failed: {}.", public_detail(status)),
    };
    let last = status.last_success_at.map(|at| {
        format!(
            "It last answered with a feed on {}.",
            at.strftime("%Y-%m-%d")
        )
    });
    let at = status
        .last_success_at
        .and_then(|last| last.checked_add(FAILING_FOR).ok())
        // A source that is gone is told of at once.
        .filter(|_| !is_gone)
        .or(status.last_success_at)
        // The first poll leaves the history one day; the day on which its month began stays for a month.
        .or_else(|| status.first_poll_at.map(start_of_month));
    Some(Trouble {
        id: id("broken", name, status.last_success_at),
        title: format!("{title} {what}"),
        words: [Some(reason), last, Some(remedy.to_owned())]
            .into_iter()
            .flatten()
            .chain([format!("In feeds.toml it is {name:?}.")])
            .collect(),
        at,
    })
}

fn moved(status: &Status) -> Option<Trouble> {
    let to = status.moved_to.as_ref()?;
    // Until it is believed, it may be a captive network or a mistake.
    let since = status.adopted_at?;
    Some(Trouble {
        id: id("moved", &status.name, Some(since)),
        title: format!("{} moved", title(status)),
        words: vec![
            format!(
                "Its server has said for long that it moved for good to {to}, and it is polled there now."
            ),
            format!(
                "Write that address into feeds.toml, as the url of {:?}, for the day when the old one goes away.",
                status.name
            ),
        ],
        at: Some(since),
    })
}

fn downgraded(status: &Status) -> Option<Trouble> {
    let said = status.downgrade()?;
    Some(Trouble {
        id: id("downgraded", &status.name, None),
        title: format!("{} is not safe on its way", title(status)),
        words: vec![format!("{}.", said.replacen("warning: its", "Its", 1))],
        at: status.first_poll_at.map(start_of_month),
    })
}

fn silent(source: &Source, now: Timestamp) -> Option<Trouble> {
    let (since, told) = source.pace.silence(now)?;
    Some(Trouble {
        id: id("silent", &source.name, Some(since)),
        title: format!("{} has fallen silent", source.name),
        words: vec![
            format!("Its newest entry is of {}, which is longer ago than is usual for it. It answers, and nothing fails.", since.strftime("%Y-%m-%d")),
            "Its site may have a newer feed: \"feedwash add\" with the address of the site shows what there is.".to_owned(),
        ],
        at: Some(told),
    })
}

fn id(kind: &str, name: &str, since: Option<Timestamp>) -> String {
    match since {
        Some(since) => format!("{kind}-{name}-{}", since.as_second()),
        None => format!("{kind}-{name}"),
    }
}

fn start_of_month(at: Timestamp) -> Timestamp {
    let day = at.to_zoned(TimeZone::UTC);
    let back = (i64::from(day.day()) - 1).days();
    day.checked_sub(back)
        .and_then(|first| first.start_of_day())
        .map_or(at, |first| first.timestamp())
}

/// Troubles as an Atom feed.
pub(super) fn atom(troubles: Vec<Trouble>, public_url: &str, key: &Key) -> Vec<u8> {
    let own = format!("{public_url}/health.atom");
    let entries = troubles.into_iter().map(|trouble| {
        let date = trouble.at.map(|at| Date {
            raw: at.to_string(),
            time: Some(at),
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
