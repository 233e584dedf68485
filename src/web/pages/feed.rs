//! `/feeds/NAME`: the entries as a good reader shows them, and what was washed out of them.

use super::index::how;
use super::parts::{
    about, ago, alternates, crumbs, direction, dotted, excerpt, language, own_address, pager,
    plain, subscribe, web_link,
};
use super::summaries::short;
use super::{Links, Page, answer};
use crate::clean::{self, Manner};
use crate::model::{Entry, Feed, Text};
use crate::store::{Account, Fare, Listed, Tally};
use crate::web::access::Key;
use crate::web::fares::{self, State};
use crate::web::feeds;
use crate::web::{Problem, Shared, words};
use axum::extract::State as Shares;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use std::collections::HashMap;
use std::sync::Arc;

/// How many entries a page shows.
const ENTRIES_A_PAGE: u32 = 10;

/// How much markup of entries a page holds, in bytes; of those behind that their beginnings are shown.
const PROSE_BYTES: usize = 16 * 1024;

/// How much of the beginning of an entry is shown, in bytes of markup.
const LEAD_BYTES: usize = 1200;

/// How many learnt lines, warnings and polls are told.
const TOLD: u32 = 10;

/// The longest text of an entry that is parsed whole for a page, in bytes.
const PARSED_BYTES: usize = 4 * PROSE_BYTES;

/// How many files of an entry are shown.
const FILES_SHOWN: usize = 20;

/// How much of a line that was learnt is told, in characters.
const LINE_CHARS: usize = 160;

/// A source that is published, by its name.
pub(in crate::web) struct Published {
    /// How it fares.
    pub(super) fare: Fare,
    pub(super) listed: Listed,
}

/// The published source of a name; else what is to be said of it.
pub(in crate::web) async fn source(
    shared: &Shared,
    name: &str,
    rest: &str,
    key: &Key,
) -> Result<Result<Published, Response>, Problem> {
    let live = Arc::clone(&shared.app.live.borrow());
    let store = &shared.app.store;
    if live.source(name).is_none() {
        if store.heading(name).await?.is_none() {
            return Err(feeds::NO_SUCH_FEED);
        }
        let location =
            feeds::heir(shared, &live, name, key, |heir| format!("{heir}{rest}")).await?;
        let said = words::renamed(&location);
        let headers = [(header::LOCATION, location)];
        return Ok(Err((StatusCode::FOUND, headers, said).into_response()));
    }
    let heading = store.heading(name).await?.ok_or(feeds::NO_SUCH_FEED)?;
    let fare = store
        .fares(&[heading.id])
        .await?
        .remove(&heading.id)
        .ok_or(feeds::NO_SUCH_FEED)?;
    let listed = Listed {
        id: heading.id,
        name: name.to_owned(),
        revision: heading.revision,
        outcome: fare.outcome.clone(),
        failure: fare.failure.clone().filter(|_| fare.failures > 0),
    };
    Ok(Ok(Published { fare, listed }))
}

/// Serves a page of a feed for people. `opened_as_feed` where a browser was sent to the address of the feed itself.
pub(in crate::web) async fn feed(
    Shares(shared): Shares<Shared>,
    name: &str,
    page: u32,
    opened_as_feed: bool,
    key: Key,
    request: &HeaderMap,
) -> Result<Response, Problem> {
    let links = Links { root: "../", key };
    let published = match source(&shared, name, "", &links.key).await? {
        Ok(published) => published,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let store = &shared.app.store;
    let (id, now) = (published.fare.id, Timestamp::now());
    let server = shared.app.live.borrow().config.server.clone();
    let skip = (page - 1).saturating_mul(ENTRIES_A_PAGE);
    let shown = store.feed(id, skip, ENTRIES_A_PAGE).await?;
    if page > 1 && shown.feed.entries.is_empty() {
        return Err(feeds::FEWER_PAGES);
    }
    let keys: Vec<_> = shown.feed.entries.iter().map(|entry| &entry.key).collect();
    let counts = store.removal_counts(id, &keys).await?;
    let Published { listed, fare } = &published;
    let account = match page {
        1 => Some(shared.accounts.of(store, listed, fare, TOLD).await?),
        _ => None,
    };
    let alone = std::slice::from_ref(listed);
    let known = &shared.summaries.of(store, alone).await?[0];
    let newest_at = known.newest.as_ref().map(|newest| newest.2);
    let state = State::of(listed, newest_at, now);
    let pages = pages_of(fare.entries);
    let feed = Arc::new(shown.feed);
    let view = View {
        feed: Arc::clone(&feed),
        name: name.to_owned(),
        links: links.clone(),
        counts,
        now,
    };
    // Markup of megabytes is parsed, so it is not done between other visitors' answers.
    let entries = shared.turns.work(move || view.entries()).await?;
    let main = html! {
        (crumbs(&links, &[]))
        @if opened_as_feed { p.notice { (words::THIS_IS_A_FEED) } }
        (heading(&feed, &known.title))
        (how(fare, state, now))
        p { (words::ADDRESS) " " code.address data-copy=(known.title) { (own_address(&links, &server.public_url, name)) } }
        (subscribe(&links, &server.public_url, name, false))
        (ways(&feed, &published, account.as_deref()))
        section.entries aria-label=(words::ENTRIES) {
            @if feed.entries.is_empty() { p { (words::NO_ENTRIES) } }
            (entries)
        }
        (pager(page, pages, words::NEWER, words::OLDER, |page| links.key.onto(if page > 1 { format!("{name}?page={page}") } else { name.to_owned() })))
        @if let Some(account) = &account { (washed(account, fare, now)) }
    };
    let mut page = Page::new(
        format!("{} – {}", known.title, words::NAME),
        links.clone(),
        server.allows_try,
        main,
    );
    page.width = "narrow";
    page.feeds = alternates(&links, name, &known.title);
    Ok(answer(&shared, request, page).await)
}

/// What a feed is called, and what it says of itself.
fn heading(feed: &Feed, title: &str) -> Markup {
    let lang = language(feed.language.as_deref());
    let description = plain(feed.description.as_ref());
    html! {
        h1 lang=[lang] dir=(direction(lang)) { (title) }
        @if !description.is_empty() && description != title {
            p.about lang=[lang] dir=(direction(lang)) { (short(&description)) }
        }
    }
}

/// Where a feed comes from, and the way to what was washed out of it.
fn ways(feed: &Feed, published: &Published, account: Option<&Account>) -> Markup {
    let Published { fare, listed } = published;
    let polled_at = fares::polled_at(fare);
    html! {
        @if let Some(link) = web_link(feed.link.as_deref()) {
            p.site { a href=(link) rel="noopener noreferrer" { (words::ORIGINAL_PAGE) } " · " (words::entries(fare.entries)) }
        }
        p.note { (words::named(&listed.name, polled_at.as_deref())) }
        @if let Some(account) = account {
            p { a href="#washed" { (words::washed(fare.taken + account.feed.len() as i64)) } }
        }
    }
}

/// How many pages of entries there are.
fn pages_of(entries: i64) -> u32 {
    let entries = u32::try_from(entries).unwrap_or(u32::MAX);
    entries.div_ceil(ENTRIES_A_PAGE).max(1)
}

/// The entries of a page.
struct View {
    feed: Arc<Feed>,
    name: String,
    links: Links,
    counts: HashMap<String, i64>,
    now: Timestamp,
}

impl View {
    fn entries(&self) -> Markup {
        let mut left = PROSE_BYTES;
        html! {
            @for (n, entry) in self.feed.entries.iter().enumerate() {
                (self.entry(n, entry, &mut left))
            }
        }
    }

    fn entry(&self, n: usize, entry: &Entry, left: &mut usize) -> Markup {
        let title = short(&plain(entry.title.as_ref()));
        let own = self.links.key.onto(format!("{}/{}", self.name, entry.key));
        let taken = self.counts.get(entry.key.as_str()).copied().unwrap_or(0);
        let lang = language(entry.language.as_deref().or(self.feed.language.as_deref()));
        let body = entry.content.as_ref().or(entry.summary.as_ref());
        let prefix = format!("e{n}-");
        let manner = Manner {
            prefix: &prefix,
            level: 2,
            words: &words::SHOWN,
            base: entry.link.as_deref(),
        };
        let (prose, is_whole) =
            body.map_or((String::new(), true), |body| prose(body, manner, left));
        let mut facts = meta(entry, self.now);
        facts.push(html! { a href=(own) { (words::compare(taken)) } });
        html! {
            article.entry lang=[lang] {
                h2 dir=(direction(lang)) {
                    a href=(web_link(entry.link.as_deref()).unwrap_or(&own)) rel="noopener noreferrer" {
                        (if title.is_empty() { words::UNTITLED } else { &title })
                    }
                }
                p.meta lang=(words::LANGUAGE) {
                    (dotted(&facts))
                }
                div.prose dir=(direction(lang)) { (PreEscaped(prose)) }
                @if !is_whole {
                    p.on lang=(words::LANGUAGE) {
                        a href={ (own) "#after" } { (words::READ_ON) } " (" (words::word_count(body.map_or(0, count_words))) ")"
                    }
                }
                (enclosures(entry))
            }
        }
    }
}

fn count_words(text: &Text) -> usize {
    crate::render::plain(text).split_whitespace().count()
}

/// When an entry came and who wrote it.
pub(super) fn meta(entry: &Entry, now: Timestamp) -> Vec<Markup> {
    let at = entry
        .published
        .as_ref()
        .or(entry.updated.as_ref())
        .and_then(|date| date.time);
    let names: Vec<&str> = entry
        .authors
        .iter()
        .filter_map(|author| author.name.as_deref())
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let at = at.map(|at| ago(at, now));
    let by = (!names.is_empty()).then(|| words::by(&names.join(", ")));
    at.into_iter().chain(by).collect()
}

/// What comes with an entry: files, and the page of comments.
pub(super) fn enclosures(entry: &Entry) -> Markup {
    let files: Vec<_> = entry
        .enclosures
        .iter()
        .filter_map(|file| Some((web_link(Some(&file.url))?, file)))
        .take(FILES_SHOWN)
        .collect();
    let comments = web_link(entry.comments.as_deref());
    html! {
        @if !files.is_empty() || comments.is_some() {
            p.files lang=(words::LANGUAGE) {
                @for (url, file) in files {
                    a href=(url) rel="noopener noreferrer" {
                        (file.title.as_deref().map(str::trim).filter(|title| !title.is_empty()).or(file.media_type.as_deref()).unwrap_or(words::ENCLOSURES))
                    }
                    @if let Some(bytes) = file.length_bytes { " (" (words::size(bytes)) ")" }
                    " "
                }
                @if let Some(comments) = comments { a href=(comments) rel="noopener noreferrer" { (words::DISCUSS) } }
            }
        }
    }
}

/// The body of an entry as far as there is room, and whether that is all of it.
pub(super) fn prose(text: &Text, manner: Manner<'_>, left: &mut usize) -> (String, bool) {
    if text.value.len() > PARSED_BYTES {
        // Of more than can be shown, only the beginning is parsed. A tag that is cut in two is none.
        let value = text.value[..text.value.floor_char_boundary(PARSED_BYTES)].to_owned();
        let head = Text {
            value,
            ..text.clone()
        };
        let lead = clean::lead(&clean::shown(&head, manner), LEAD_BYTES);
        *left = left.saturating_sub(lead.len());
        return (lead, false);
    }
    let whole = clean::shown(text, manner);
    if whole.len() <= *left || whole.len() <= LEAD_BYTES {
        *left = left.saturating_sub(whole.len());
        return (whole, true);
    }
    let lead = clean::lead(&whole, LEAD_BYTES);
    *left = left.saturating_sub(lead.len());
    let is_whole = lead.len() >= whole.len();
    (lead, is_whole)
}

/// What was washed out of a feed, and how its polls went.
fn washed(account: &Account, fare: &Fare, now: Timestamp) -> Markup {
    let was_read = fare.last_success_at.is_some();
    html! {
        section.washed {
            h2 #washed { (words::WASHED) }
            h3 { (words::BY_PASS) }
            @if fare.entries > account.entries { p { (words::newest(account.entries)) } }
            @if account.passes.is_empty() { p { (if was_read { words::NOTHING_TAKEN } else { words::NOT_READ }) } } @else { (passes(&account.passes)) }
            @if !account.learnt.is_empty() { (learnt(&account.learnt)) }
            @if !account.feed.is_empty() {
                h3 { (words::FEED_ITSELF) }
                ul {
                    @for removal in account.feed.iter().take(TOLD as usize) {
                        li { code { (removal.pass) } ": " bdi { (removal.rule) } " — " bdi { (excerpt(&removal.before, LINE_CHARS)) } }
                    }
                }
            }
            @if !account.warnings.is_empty() {
                h3 { (words::FORGIVEN) }
                p { (words::FORGIVEN_LEAD) }
                ul {
                    @for warning in account.warnings.iter().take(TOLD as usize) {
                        li {
                            bdi { (excerpt(&warning.message, LINE_CHARS)) }
                            @if let Some(line) = warning.line { " (" (words::line(line)) ")" }
                        }
                    }
                    @let more = account.warnings.len().saturating_sub(TOLD as usize);
                    @if more > 0 { li { (words::more(more)) } }
                }
            }
            @if !account.polls.is_empty() { (polls(account, fare, now)) }
        }
    }
}

pub(super) fn passes(passes: &[Tally]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(words::BY_PASS) {
            table {
                thead { tr { th scope="col" { (words::PASS) } th.n scope="col" { (words::PIECES) } th.n scope="col" { (words::IN_ENTRIES) } } }
                tbody {
                    @for pass in passes {
                        tr { th scope="row" { code { (pass.name) } " " small { (about(&pass.name)) } } td.n { (pass.pieces) } td.n { (pass.entries) } }
                    }
                }
            }
        }
    }
}

fn learnt(lines: &[Tally]) -> Markup {
    html! {
        h3 { (words::LEARNT) }
        p { (words::LEARNT_LEAD) }
        div.scroll tabindex="0" role="group" aria-label=(words::LEARNT) {
            table {
                thead { tr { th scope="col" { (words::LINE) } th scope="col" { (words::WHY) } th.n scope="col" { (words::IN_ENTRIES) } } }
                tbody {
                    @for line in lines {
                        tr {
                            td dir="auto" { (said(line.example.as_deref().unwrap_or_default())) }
                            td { (line.name) @if let Some(evidence) = &line.evidence { " (" bdi { (evidence) } ")" } }
                            td.n { (line.entries) }
                        }
                    }
                }
            }
        }
    }
}

/// What a line that was learnt says: its words, or its markup where it has none.
fn said(line: &str) -> Markup {
    let head = &line[..line.floor_char_boundary(LEAD_BYTES)];
    let words = plain(Some(&Text::html(head)));
    match words.is_empty() {
        true => html! { code { (excerpt(head, LINE_CHARS)) } },
        false => html! { (excerpt(&words, LINE_CHARS)) },
    }
}

fn polls(account: &Account, fare: &Fare, now: Timestamp) -> Markup {
    html! {
        h3 { (words::POLLS) }
        div.scroll tabindex="0" role="group" aria-label=(words::POLLS) {
            table {
                thead { tr { th scope="col" { (words::WHEN) } th scope="col" { (words::OUTCOME) } th.n scope="col" { (words::TOOK) } } }
                tbody {
                    @for poll in &account.polls {
                        tr {
                            td { (ago(poll.at, now)) }
                            td {
                                (words::outcome(&poll.outcome, poll.new, poll.updated))
                                @if let Some(detail) = &poll.detail { ": " bdi { (fares::public(detail, &fare.url)) } }
                            }
                            td.n { (words::milliseconds(poll.milliseconds)) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(said(line).into_string(), expected);
    }

    #[test]
    fn a_learnt_line_is_told_in_its_words() {
        check(
            "<p class=\"x\"><em>Ring the office</em> &amp; sail.</p>",
            "Ring the office &amp; sail.",
        );
        check(
            "<img src=\"a.png\">",
            "<code>&lt;img src=&quot;a.png&quot;&gt;</code>",
        );
        check("", "<code></code>");
        let long = said(&"<b>".repeat(100_000)).into_string();
        assert!(long.len() < 10 * LINE_CHARS, "{long}");
    }
}
