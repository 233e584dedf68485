//! The dates that Atom requires, where the feed has them and where it has none.

use crate::model::{Date, Entry, Feed};
use crate::render::{Context, date};

/// `atom:updated` of the feed (§4.2.15): its own, else that of the newest entry.
pub(super) fn feed_updated(feed: &Feed, context: &Context<'_>) -> String {
    own_updated(feed)
        .or_else(|| {
            dates(feed)
                .max_by_key(|date| date.time)
                .and_then(date::rfc3339)
        })
        .or_else(|| feed.published.as_ref().and_then(date::rfc3339))
        .unwrap_or_else(|| no_date(context))
}

pub(super) fn own_updated(feed: &Feed) -> Option<String> {
    feed.updated.as_ref().and_then(date::rfc3339)
}

/// `atom:updated` of an entry that says none (§4.2.15 requires it): when the feed changed, at which time the entry
/// was there, else the oldest date in it, with which nothing pretends to be new.
pub(super) fn undated(feed: &Feed, context: &Context<'_>) -> String {
    own_updated(feed)
        .or_else(|| feed.published.as_ref().and_then(date::rfc3339))
        .or_else(|| {
            dates(feed)
                .min_by_key(|date| date.time)
                .and_then(date::rfc3339)
        })
        .unwrap_or_else(|| no_date(context))
}

pub(super) fn entry_updated(entry: &Entry) -> Option<String> {
    let dates = [&entry.updated, &entry.published];
    dates.into_iter().flatten().find_map(date::rfc3339)
}

/// The dates of the entries that are such.
fn dates(feed: &Feed) -> impl Iterator<Item = &Date> {
    let entries = feed.entries.iter();
    let dates = entries.flat_map(|entry| [&entry.updated, &entry.published]);
    dates.flatten().filter(|date| date::rfc3339(date).is_some())
}

/// What stands for a date where there is none at all.
fn no_date(context: &Context<'_>) -> String {
    let known = context.fallback_updated.and_then(date::utc);
    known.unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}
