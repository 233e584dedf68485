//! What is known before a field is washed: the source's rules, and what an entry and its feed say of themselves.
//!
//! It decides nothing and changes nothing.

use super::sites::ReadyRule;
use super::tree;
use super::words::fold;
use crate::fingerprint::Masks;
use crate::model::{
    Boilerplate, Entry, EntryKey, Feed, Matcher, Restored, Rules, SiteRules, Text, TextKind,
};
use scraper::Selector;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use url::Url;

/// The rules of a source, made ready once for all its entries.
#[derive(Debug, Default)]
pub(super) struct Ready {
    pub(super) off: Vec<String>,
    pub(super) remove: Vec<ReadyMatcher>,
    pub(super) keep: Vec<ReadyMatcher>,
    pub(super) boilerplate: Boilerplate,
    pub(super) restored: BTreeSet<Restored>,
    pub(super) site: Arc<SiteRules>,
    /// The site whose rules were wanted last.
    pub(super) last_site: RefCell<Option<Rc<ReadySite>>>,
}

/// The rules of one site, made ready.
#[derive(Debug)]
pub(super) struct ReadySite {
    /// The name of their file.
    pub(super) file: String,
    pub(super) rules: Vec<ReadyRule>,
}

/// A matcher with its selector parsed or its text collapsed.
#[derive(Debug)]
pub(super) enum ReadyMatcher {
    Selector(String, Box<Selector>),
    Text(String),
}

/// What the entry and its feed say of themselves.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) key: EntryKey,
    /// The title, folded.
    pub(super) title: String,
    /// The feed's title, folded.
    pub(super) feed_title: String,
    /// The last part of the link's path, which names the entry in addresses.
    pub(super) slug: String,
    pub(super) link: Option<Url>,
    /// The id, where it is an address.
    pub(super) id: Option<Url>,
    pub(super) feed_link: Option<Url>,
    /// Its authors' names, folded.
    pub(super) names: Vec<String>,
    /// The entry's own words, which differ in lines that are otherwise the same.
    masks: OnceCell<Masks>,
    /// The entry's link as it was written.
    address: Option<String>,
}

impl Ready {
    /// Parses the rules; what can't be parsed is left out, as [`super::check_rules`] says where somebody reads it.
    pub(super) fn new(rules: &Rules) -> Self {
        let matchers = |matchers: &[Matcher]| {
            let ready = matchers.iter().filter_map(|matcher| match matcher {
                Matcher::Selector(written) => {
                    let selector = scraper::Selector::parse(written).ok()?;
                    Some(ReadyMatcher::Selector(written.clone(), Box::new(selector)))
                }
                Matcher::Text(text) => Some(ReadyMatcher::Text(tree::collapse(text)))
                    .filter(|_| !text.trim().is_empty()),
            });
            ready.collect()
        };
        Self {
            off: rules
                .off
                .iter()
                .filter(|name| *name != super::SAFETY)
                .cloned()
                .collect(),
            remove: matchers(&rules.remove),
            keep: matchers(&rules.keep),
            boilerplate: rules.boilerplate.clone(),
            restored: rules.restored.clone(),
            site: Arc::clone(&rules.site),
            last_site: RefCell::default(),
        }
    }
}

impl About {
    /// What a feed says of itself.
    pub(super) fn of_feed(feed: &Feed) -> Self {
        Self {
            feed_title: feed.title.as_ref().map(plain_title).unwrap_or_default(),
            feed_link: feed_link(feed),
            ..Self::default()
        }
    }

    /// What an entry says, beside what is known of its feed.
    pub(super) fn of_entry(entry: &Entry, feed: &About) -> Self {
        let title = entry.title.as_ref().map(plain_title).unwrap_or_default();
        let authors = entry.authors.iter().filter_map(|a| a.name.as_deref());
        let names: Vec<String> = authors.map(fold).collect();
        let link = entry.link.as_deref();
        let link = link.and_then(|link| Url::parse(link.trim()).ok());
        Self {
            key: entry.key.clone(),
            masks: OnceCell::new(),
            address: entry.link.clone(),
            names,
            title,
            feed_title: feed.feed_title.clone(),
            slug: link.as_ref().map(slug).unwrap_or_default(),
            link,
            id: entry.id.as_deref().and_then(web_address),
            feed_link: feed.feed_link.clone(),
        }
    }
}

impl About {
    /// The entry's own words, made ready when they are first asked for: only content is masked.
    pub(super) fn masks(&self) -> &Masks {
        let addresses = || self.address.iter().map(|link| fold(link));
        let ready = || Masks::new(&self.title, self.names.iter().cloned(), addresses());
        self.masks.get_or_init(ready)
    }
}

fn web_address(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn slug(link: &Url) -> String {
    let last = link.path().split('/').rfind(|part| !part.is_empty());
    last.unwrap_or_default().to_owned()
}

fn feed_link(feed: &Feed) -> Option<Url> {
    [&feed.link, &feed.self_link]
        .into_iter()
        .flatten()
        .find_map(|link| Url::parse(link.trim()).ok())
}

fn plain_title(title: &Text) -> String {
    match title.kind {
        TextKind::Plain => fold(&title.value),
        TextKind::Html => fold(&tree::text_of(&title.value)),
    }
}

/// The part of a host that one owner has: two labels, three below short second levels such as `co.uk`.
pub(super) fn site(url: &Url) -> Option<&str> {
    let host = url.host_str()?;
    let mut labels = host.rsplit('.');
    let (last, second) = (labels.next()?, labels.next());
    let short = last.len() == 2 && second.is_some_and(|second| second.len() <= 3);
    let third = labels.next().filter(|_| short);
    let dots = usize::from(second.is_some()) + usize::from(third.is_some());
    let labels = [Some(last), second, third].into_iter().flatten();
    let bytes = labels.map(str::len).sum::<usize>() + dots;
    Some(&host[host.len() - bytes..])
}
