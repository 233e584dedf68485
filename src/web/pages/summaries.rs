//! What of a source changes only with its revision, read once a revision: a list of a thousand is not read anew each time.

use super::parts::excerpt;
use crate::model::{EntryKey, Feed};
use crate::render;
use crate::store::{Listed, Store, StoreError, Summary};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

/// How many sources are read at once.
const READ_AT_ONCE: usize = 200;

/// How much of a title is listed, in characters; the whole one stands on its own page.
const TITLE_CHARS: usize = 140;

/// A source as it is listed.
#[derive(Debug, Default)]
pub(in crate::web) struct Known {
    /// The feed's title in text, or its name where it has none.
    pub(in crate::web) title: String,
    /// The title and the name, to search in.
    pub(super) folded: String,
    /// The language of its words.
    pub(super) language: Option<String>,
    /// Where the icon of its site is, as far as that is known.
    pub(super) icon: Option<Url>,
    /// The newest entry: its key, its title in text, when it came.
    pub(super) newest: Option<(EntryKey, String, Timestamp)>,
}

impl Known {
    fn of(name: &str, summary: Summary) -> Self {
        let title = summary.feed.title.as_ref().map(render::plain);
        let title = title.filter(|title| !title.trim().is_empty());
        let title = title.map_or_else(|| name.to_owned(), |title| short(&title));
        let newest = summary.newest.map(|newest| {
            let title = newest.title.as_ref().map(render::plain).unwrap_or_default();
            (newest.key, short(&title), newest.at)
        });
        Self {
            folded: format!("{} {}", title.to_lowercase(), name.to_lowercase()),
            title,
            icon: icon_of(&summary.feed),
            language: summary.feed.language,
            newest,
        }
    }
}

/// Where the feed says that its icon is, else where sites have theirs.
fn icon_of(feed: &Feed) -> Option<Url> {
    let given = feed
        .icon
        .as_deref()
        .and_then(|icon| Url::parse(icon.trim()).ok());
    let usual = || {
        let site = Url::parse(feed.link.as_deref()?.trim()).ok()?;
        site.join("/favicon.ico").ok()
    };
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    given.filter(is_web).or_else(|| usual().filter(is_web))
}

/// A text on one line, cut where it is too long for a list.
pub(super) fn short(text: &str) -> String {
    excerpt(text, TITLE_CHARS)
}

/// What is known of sources, by their rows, each with the revision that it was read at.
#[derive(Debug, Default)]
pub(in crate::web) struct Summaries(Mutex<ByRow>);

type ByRow = HashMap<i64, (i64, String, Arc<Known>)>;

impl Summaries {
    /// Forgets what was taken out of `feeds.toml`, given all that is in it.
    pub(super) fn keep_only(&self, all: &[Listed]) {
        let mut known = self.lock();
        if known.len() > all.len() {
            let all: HashSet<i64> = all.iter().map(|listed| listed.id).collect();
            known.retain(|id, _| all.contains(id));
        }
    }

    fn lock(&self) -> MutexGuard<'_, ByRow> {
        // A panic while the lock is held can't leave the map half-changed: each change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of listed sources, in their order.
    pub(in crate::web) async fn of(
        &self,
        store: &Store,
        listed: &[Listed],
    ) -> Result<Vec<Arc<Known>>, StoreError> {
        let missing: Vec<&Listed> = {
            let known = self.lock();
            let is_current = |listed: &&Listed| {
                let known = known.get(&listed.id);
                known.is_none_or(|(revision, name, _)| {
                    *revision != listed.revision || *name != listed.name
                })
            };
            listed.iter().filter(is_current).collect()
        };
        for some in missing.chunks(READ_AT_ONCE) {
            let ids: Vec<i64> = some.iter().map(|listed| listed.id).collect();
            let mut summaries = store.summaries(&ids).await?;
            let mut known = self.lock();
            for listed in some {
                let summary = summaries.remove(&listed.id).unwrap_or_default();
                let new = Arc::new(Known::of(&listed.name, summary));
                known.insert(listed.id, (listed.revision, listed.name.clone(), new));
            }
        }
        let known = self.lock();
        let all = listed.iter().map(|listed| {
            let known = known.get(&listed.id).map(|(_, _, known)| Arc::clone(known));
            known.unwrap_or_else(|| Arc::new(Known::of(&listed.name, Summary::default())))
        });
        Ok(all.collect())
    }
}
