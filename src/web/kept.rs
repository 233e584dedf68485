//! Pages that were rendered once, kept in memory in the forms in which readers take them, with the heads of their answers.
//!
//! Invariants: what is kept has a limit, whatever is published; what was asked for least lately goes first. A page that was
//! compressed is kept so alone until somebody wants it plain. What this program wrote, and what it hears that others
//! wrote, is seen by the next reader; what others wrote and it does not hear, within [`HEARD_GOOD_FOR`].

use super::access::Key;
use super::coding::{self, Coding};
use super::feeds::ending;
use super::heads::Heads;
use super::turns::Turns;
use crate::model::FeedFormat;
use crate::poll::Live;
use crate::store::{self, Heading, Store};
use axum::body::Bytes;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// How much is kept, in bytes: the first pages of some two thousand feeds, compressed, with their heads.
const CACHE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What a page takes beside its forms, in bytes: its heads and its place. 2.5 kB were measured, over 12,000.
const PAGE_BYTES: usize = 3 * 1024;

/// How much is left when room was made, so that not every new page has to make some.
const CACHE_BYTES_LEFT: usize = CACHE_BYTES_MAX / 4 * 3;

/// How long the head of an answer is good that others may change unheard: a command that changes the store is noticed within
/// this time.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How long it is good where changes are heard. They are missed while a connection is lost and nobody has noticed yet.
const HEARD_GOOD_FOR: Duration = Duration::from_secs(2);

/// What a kept page is known by: its path below `feeds/`, with its number and the key that addresses in it carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn new(feed: &str, format: FeedFormat, page: u32, key: &Key) -> Self {
        let file = format!("{feed}.{}", ending(format));
        // What is asked for most has the name that it is asked for by.
        Self(key.onto(match page {
            1 => file,
            _ => format!("{file}?page={page}"),
        }))
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Pages, rendered.
pub(super) struct Cache {
    pages: Mutex<Pages>,
    turns: Turns,
}

#[derive(Default)]
struct Pages {
    kept: HashMap<Name, (Arc<Rendered>, u64)>,
    /// Counts what is asked for: what has a higher number was wanted later.
    asked: u64,
    /// How much is kept, at the most: it is counted anew where it seems too much.
    bytes: usize,
}

/// A page, rendered.
pub(super) struct Rendered {
    /// The configuration that it was rendered under, which it does not keep.
    live: Weak<Live>,
    /// What was known of the source.
    pub(super) heading: Option<Heading>,
    /// Of its bytes, uncompressed.
    pub(super) hash: String,
    length: usize,
    forms: Mutex<Forms>,
    /// The heads of its answers, and when they were right.
    seen: Mutex<Option<Seen>>,
    /// Held by who makes a form, so that nobody makes it again.
    making: tokio::sync::Mutex<()>,
    turns: Turns,
}

/// The heads of the answers with a page, as they were at some moment.
struct Seen {
    heads: Arc<Heads>,
    /// The count of changes before the store was asked, and when.
    moment: Moment,
}

/// A moment, as the store and the clock have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    changes: u64,
    at: Instant,
}

impl Moment {
    /// The one before a question.
    pub(super) fn now(store: &Store) -> Self {
        Self {
            changes: store.changes(),
            at: Instant::now(),
        }
    }

    /// Whether what was true then is as good as asking again.
    fn is_good(self, store: &Store) -> bool {
        let good_for = match store.hears_others() {
            true => HEARD_GOOD_FOR,
            false => GOOD_FOR,
        };
        self.changes == store.changes() && self.at.elapsed() < good_for
    }
}

/// The forms in which the page is at hand; never none.
#[derive(Default)]
struct Forms {
    plain: Option<Bytes>,
    coded: [Option<Bytes>; 3],
}

impl Cache {
    pub(super) fn new(turns: Turns) -> Self {
        Self {
            pages: Mutex::default(),
            turns,
        }
    }

    /// A page that was just rendered.
    pub(super) fn page(
        &self,
        live: &Arc<Live>,
        heading: Option<Heading>,
        plain: Vec<u8>,
    ) -> Rendered {
        Rendered::new(live, heading, plain, self.turns.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        // A panic while the lock is held can't leave the map half-changed: each change is one call.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A kept page, if it was rendered under a configuration.
    pub(super) fn get(&self, name: &str, live: &Arc<Live>) -> Option<Arc<Rendered>> {
        let mut pages = self.lock();
        pages.asked += 1;
        let now = pages.asked;
        let (rendered, asked) = pages.kept.get_mut(name)?;
        // The page under another configuration takes its place, or it goes when it was not asked for in a long time.
        if !rendered.is_of(live) {
            return None;
        }
        *asked = now;
        Some(Arc::clone(rendered))
    }

    /// Keeps a page. Where too much is kept, what was asked for least lately goes.
    pub(super) fn keep(&self, name: Name, rendered: &Arc<Rendered>) {
        if rendered.bytes() > CACHE_BYTES_LEFT {
            return;
        }
        let mut pages = self.lock();
        pages.asked += 1;
        let now = pages.asked;
        pages.bytes += rendered.bytes();
        pages.kept.insert(name, (Arc::clone(rendered), now));
        pages.make_room();
    }

    /// A page in a coding, or plain, which is made once.
    pub(super) async fn form(&self, page: &Arc<Rendered>, coding: Option<Coding>) -> Bytes {
        if let Some(form) = page.at_hand(coding) {
            return form;
        }
        let form = page.make(coding).await;
        let mut pages = self.lock();
        pages.bytes += form.len();
        pages.make_room();
        form
    }
}

impl Pages {
    fn make_room(&mut self) {
        if self.bytes <= CACHE_BYTES_MAX {
            return;
        }
        let mut bytes: usize = self.kept.values().map(|(page, _)| page.bytes()).sum();
        if bytes <= CACHE_BYTES_MAX {
            self.bytes = bytes;
            return;
        }
        let kept = self.kept.iter();
        let mut oldest: Vec<(u64, usize, Name)> = kept
            .map(|(name, (page, asked))| (*asked, page.bytes(), name.clone()))
            .collect();
        oldest.sort_unstable_by_key(|(asked, ..)| *asked);
        for (_, freed, name) in oldest {
            if bytes <= CACHE_BYTES_LEFT {
                break;
            }
            self.kept.remove(&name);
            bytes -= freed;
        }
        self.bytes = bytes;
    }
}

impl Rendered {
    fn new(live: &Arc<Live>, heading: Option<Heading>, plain: Vec<u8>, turns: Turns) -> Self {
        Self {
            turns,
            live: Arc::downgrade(live),
            heading,
            hash: store::hash(&plain),
            length: plain.len(),
            forms: Mutex::new(Forms {
                plain: Some(plain.into()),
                ..Forms::default()
            }),
            seen: Mutex::default(),
            making: tokio::sync::Mutex::default(),
        }
    }

    /// Keeps the heads of its answers, as they were after a moment.
    pub(super) fn keep_heads(&self, heads: &Arc<Heads>, moment: Moment) {
        let heads = Arc::clone(heads);
        *self.seen() = Some(Seen { heads, moment });
    }

    /// The heads of its answers, where they are as good as asking the store.
    pub(super) fn heads(&self, store: &Store) -> Option<Arc<Heads>> {
        let seen = self.seen();
        let seen = seen.as_ref()?;
        let is_good = seen.moment.is_good(store);
        is_good.then(|| Arc::clone(&seen.heads))
    }

    fn seen(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page in a form, where nothing has to be made.
    pub(super) fn at_hand(&self, coding: Option<Coding>) -> Option<Bytes> {
        let forms = self.forms();
        match coding {
            Some(coding) => forms.coded[coding as usize].clone(),
            None => forms.plain.clone(),
        }
    }

    fn is_of(&self, live: &Arc<Live>) -> bool {
        // What is weakly held keeps its address, so no other configuration can have it.
        std::ptr::eq(self.live.as_ptr(), Arc::as_ptr(live))
    }

    /// How long it is, uncompressed, in bytes.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// How much memory it takes.
    fn bytes(&self) -> usize {
        let forms = self.forms();
        let coded = forms.coded.iter().flatten();
        let forms: usize = coded.chain(&forms.plain).map(Bytes::len).sum();
        forms + PAGE_BYTES
    }

    fn forms(&self) -> MutexGuard<'_, Forms> {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the page in a form, where nobody else has made it meanwhile, and keeps it so for the next who wants it.
    async fn make(self: &Arc<Self>, coding: Option<Coding>) -> Bytes {
        let _turn = self.making.lock().await;
        if let Some(form) = self.at_hand(coding) {
            return form;
        }
        let page = Arc::clone(self);
        let form = self.turns.work(move || {
            let plain = page.plain();
            let Some(coding) = coding else {
                page.forms().plain = Some(plain.clone());
                return plain;
            };
            let coded = Bytes::from(coding::compress(&plain, coding));
            let mut forms = page.forms();
            forms.coded[coding as usize] = Some(coded.clone());
            forms.plain = None;
            coded
        });
        form.await.expect("coding into memory does not panic")
    }

    /// The page uncompressed, expanded where it is kept compressed alone.
    fn plain(&self) -> Bytes {
        let (coding, coded) = {
            let forms = self.forms();
            if let Some(plain) = &forms.plain {
                return plain.clone();
            }
            let coded = coding::ALL.into_iter();
            let mut coded = coded.filter_map(|coding| {
                let coded = forms.coded[coding as usize].clone();
                coded.map(|coded| (coding, coded))
            });
            coded.next().expect("a page is at hand in some form")
        };
        coding::expand(&coded, coding).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn live() -> Arc<Live> {
        let config =
            Config::from_toml("", std::path::Path::new("."), None).expect("an empty file is valid");
        Arc::new(Live::new(config).expect("a client"))
    }

    fn page(live: &Arc<Live>, bytes: usize) -> Arc<Rendered> {
        let plain = b"a feed ".iter().copied().cycle().take(bytes).collect();
        Arc::new(Cache::new(Turns::default()).page(live, None, plain))
    }

    fn name(number: usize) -> Name {
        Name::new(&number.to_string(), FeedFormat::Atom, 1, &Key::default())
    }

    fn path(number: usize) -> String {
        format!("{number}.atom")
    }

    #[tokio::test]
    async fn a_page_is_kept_in_the_form_that_readers_take() {
        let (cache, page) = (Cache::new(Turns::default()), page(&live(), 100_000));
        let plain = cache.form(&page, None).await;
        let brotli = cache.form(&page, Some(Coding::Brotli)).await;
        assert_eq!(page.bytes(), brotli.len() + PAGE_BYTES);
        let gzip = cache.form(&page, Some(Coding::Gzip)).await;
        assert_eq!(coding::expand(&gzip, Coding::Gzip), plain);
        assert_eq!(page.bytes(), brotli.len() + gzip.len() + PAGE_BYTES);
        assert_eq!(cache.form(&page, None).await, plain);
        let forms = brotli.len() + gzip.len() + plain.len();
        assert_eq!(page.bytes(), forms + PAGE_BYTES);
        assert_eq!(page.length(), plain.len());
    }

    #[test]
    fn what_was_asked_for_least_lately_goes_first() {
        const MIB: usize = 1024 * 1024;
        let (cache, live) = (Cache::new(Turns::default()), live());
        for number in 0..32 {
            cache.keep(name(number), &page(&live, MIB - PAGE_BYTES));
        }
        assert!(cache.get(&path(0), &live).is_some());
        cache.keep(name(32), &page(&live, MIB - PAGE_BYTES));
        let there: Vec<usize> = (0..33)
            .filter(|&number| cache.get(&path(number), &live).is_some())
            .collect();
        // The first was asked for after the others, and the room is for 24.
        assert_eq!(there.len(), 24);
        assert!(there.contains(&0) && there.contains(&32) && !there.contains(&1));
        cache.keep(name(40), &page(&live, 30 * MIB));
        assert!(
            cache.get(&path(40), &live).is_none(),
            "it would drive out all others"
        );
    }

    #[test]
    fn another_configuration_needs_another_page() {
        let (cache, first, second) = (Cache::new(Turns::default()), live(), live());
        cache.keep(name(1), &page(&first, 10));
        assert!(cache.get(&path(1), &second).is_none());
        cache.keep(name(1), &page(&second, 10));
        assert!(cache.get(&path(1), &second).is_some());
        assert!(cache.get(&path(1), &first).is_none(), "it took its place");
    }
}
