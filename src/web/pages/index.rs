//! `/`: every feed, how it fares, and how to subscribe; and what to do where there is none yet.

use super::chart::Scale;
use super::icon::Icons;
use super::parts::{ago, alternates, encoded, language, pager, subscribe, written};
use super::summaries::Known;
use super::{Links, Page, answer};
use crate::daemon::App;
use crate::model::FeedFormat;
use crate::store::{Fare, Listed, Week};
use crate::web::access::Key;
use crate::web::fares::{self, State};
use crate::web::feeds::media_type;
use crate::web::{Problem, Shared, health, words};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State as Shares};
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// How many feeds a page lists: with its links and its chart each takes a kilobyte.
const FEEDS_A_PAGE: usize = 20;

/// How much of a search is looked for, in characters.
const QUERY_CHARS: usize = 100;

/// What a visitor looks for.
#[derive(Debug, Default, serde::Deserialize)]
pub(in crate::web) struct Wanted {
    q: Option<String>,
    state: Option<String>,
    page: Option<String>,
}

/// A source of the list.
struct Row {
    listed: Listed,
    known: Arc<Known>,
    state: State,
}

/// What is asked for, understood.
struct Filter {
    query: String,
    state: Option<State>,
}

impl Filter {
    fn of(wanted: &Wanted) -> Self {
        let query = wanted
            .q
            .as_deref()
            .unwrap_or_default()
            .trim()
            .to_lowercase();
        Self {
            query: query.chars().take(QUERY_CHARS).collect(),
            state: wanted.state.as_deref().and_then(State::named),
        }
    }

    fn lets(&self, row: &Row) -> bool {
        let mut words = self.query.split_whitespace();
        self.state.is_none_or(|state| row.state == state)
            && words.all(|word| row.known.folded.contains(word))
    }

    fn is_any(&self) -> bool {
        !self.query.is_empty() || self.state.is_some()
    }

    /// How many were found, and the way back to all.
    fn found(&self, found: usize, links: &Links) -> Markup {
        html! {
            p.found role="status" {
                @if self.query.is_empty() { (words::feeds(found)) } @else { (words::found(found, &self.query)) }
                " · "
                a href=(links.home()) { (words::SHOW_ALL) }
            }
        }
    }

    /// The address of a page of what is asked for.
    fn address(&self, page: u32) -> String {
        let mut parts = Vec::new();
        if !self.query.is_empty() {
            parts.push(format!("q={}", encoded(&self.query)));
        }
        if let Some(state) = self.state {
            parts.push(format!("state={}", state.word()));
        }
        if page > 1 {
            parts.push(format!("page={page}"));
        }
        match parts.is_empty() {
            true => "./".to_owned(),
            false => format!("./?{}", parts.join("&")),
        }
    }
}

/// Serves the index.
pub(in crate::web) async fn index(
    Shares(shared): Shares<Shared>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    Extension(key): Extension<Key>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let links = Links { root: "", key };
    let Query(wanted) = wanted.unwrap_or_default();
    let now = Timestamp::now();
    let store = &shared.app.store;
    let live = Arc::clone(&shared.app.live.borrow());
    let server = &live.config.server;
    let (unwell, listed) = tokio::join!(health::reasons(&shared.app), store.listed());
    let listed = listed?;
    let known = shared.summaries.of(store, &listed).await?;
    let rejected = shared.app.rejected().map(|rejected| rejected.why);
    let is_well = unwell.is_empty() && rejected.is_none();
    let notices = notices(&unwell, rejected.as_deref());
    if listed.is_empty() {
        let main = first_run(&notices, is_well, &links);
        let mut page = Page::new(words::NAME, links.clone(), server.allows_try, main);
        page.feeds = vec![about_feeds(&links)];
        return Ok(answer(&shared, &request, page).await);
    }
    shared.summaries.keep_only(&listed);
    let mut rows = rows(listed, known, now);
    let filter = Filter::of(&wanted);
    let counts = counts_of(&rows);
    let all = rows.len();
    rows.retain(|row| filter.lets(row));
    let found = rows.len();
    let (page, pages) = page_of(wanted.page.as_deref(), found);
    let shown: Vec<Row> = rows
        .into_iter()
        .skip((page as usize - 1) * FEEDS_A_PAGE)
        .take(FEEDS_A_PAGE)
        .collect();
    let ids: Vec<i64> = shown.iter().map(|row| row.listed.id).collect();
    let (fares, weeks) = tokio::try_join!(store.fares(&ids), store.weeks(&ids, now))?;
    let list = List {
        shown: &shown,
        fares: &fares,
        weeks: &weeks,
        links: &links,
        icons: &shared.icons,
        app: &shared.app,
        public_url: &server.public_url,
        scale: Scale::of(shown.iter().filter_map(|row| weeks.get(&row.listed.id))),
        now,
    };
    let main = html! {
        h1 { (words::INDEX_TITLE) }
        (notices)
        (overview(&counts, all, &filter, &links))
        @if filter.is_any() { (filter.found(found, &links)) }
        @if found == 0 { p { (words::NOTHING_FOUND) } } @else { (list.markup()) }
        (pager(page, pages, words::PREVIOUS, words::NEXT, |page| links.key.onto(filter.address(page))))
        @if list.scale.entries > 0 { p.note { (words::charts(list.scale.entries, list.scale.removals)) } }
        (health_of(&counts, is_well, &links))
    };
    let mut page = Page::new(words::NAME, links.clone(), server.allows_try, main);
    // One each: a page of them all would be mostly these.
    let own = shown.iter().filter_map(|row| {
        alternates(&links, &row.listed.name, &row.known.title)
            .into_iter()
            .next()
    });
    page.feeds = own.chain([about_feeds(&links)]).collect();
    Ok(answer(&shared, &request, page).await)
}

/// What is the matter with the program itself.
fn notices(unwell: &[String], rejected: Option<&str>) -> Markup {
    html! {
        @if !unwell.is_empty() { p.notice.bad role="alert" { (words::unwell(unwell)) } }
        @if let Some(why) = rejected { p.notice.bad role="alert" { (words::rejected(why)) } }
    }
}

/// Every source with what is known of it, by title.
fn rows(listed: Vec<Listed>, known: Vec<Arc<Known>>, now: Timestamp) -> Vec<Row> {
    let rows = listed.into_iter().zip(known).map(|(listed, known)| Row {
        state: State::of(&listed, known.newest.as_ref().map(|newest| newest.2), now),
        listed,
        known,
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by(|a, b| a.known.folded.cmp(&b.known.folded));
    rows
}

/// How many there are of each state.
fn counts_of(rows: &[Row]) -> HashMap<State, usize> {
    let mut counts = HashMap::new();
    for row in rows {
        *counts.entry(row.state).or_default() += 1;
    }
    counts
}

/// The page that is wanted, or the nearest that there is, and how many there are.
fn page_of(wanted: Option<&str>, found: usize) -> (u32, u32) {
    let pages = u32::try_from(found.div_ceil(FEEDS_A_PAGE)).unwrap_or(u32::MAX);
    let pages = pages.max(1);
    let page = wanted.and_then(|page| page.parse().ok()).unwrap_or(1);
    (page.clamp(1, pages), pages)
}

/// How many there are of each state, and the search.
fn overview(counts: &HashMap<State, usize>, all: usize, filter: &Filter, links: &Links) -> Markup {
    html! {
        div.overview {
            nav.states aria-label=(words::STATES) {
                @let current = filter.state.is_none().then_some("page");
                a href=(links.home()) aria-current=[current] { (words::feeds(all)) } " "
                @for state in State::ALL {
                    @if let Some(count) = counts.get(&state) {
                        @let current = (filter.state == Some(state)).then_some("page");
                        a class=(state.word()) href=(links.key.onto(format!("./?state={}", state.word()))) aria-current=[current] {
                            span aria-hidden="true" { (state.sign()) } " " (count) " " (words::state(state))
                        } " "
                    }
                }
            }
            form.search role="search" method="get" action="./" {
                @if let Some(token) = links.key.token() { input type="hidden" name="token" value=(token); }
                @if let Some(state) = filter.state { input type="hidden" name="state" value=(state.word()); }
                label.hidden for="q" { (words::SEARCH) }
                " " input #q type="search" name="q" value=(filter.query) placeholder=(words::SEARCH) autocomplete="off";
                " " button type="submit" { (words::SEARCH_BUTTON) }
            }
        }
    }
}

/// What is listed, and what is known of it.
struct List<'a> {
    shown: &'a [Row],
    fares: &'a HashMap<i64, Fare>,
    weeks: &'a HashMap<i64, Week>,
    links: &'a Links,
    icons: &'a Arc<Icons>,
    app: &'a App,
    public_url: &'a str,
    scale: Scale,
    now: Timestamp,
}

impl List<'_> {
    fn markup(&self) -> Markup {
        html! {
            ul.feeds {
                @for row in self.shown { (self.row(row)) }
            }
        }
    }

    /// The icon of its site, where that is here; else the first letter of a title, in a colour that the name decides.
    fn badge(&self, row: &Row) -> Markup {
        let (name, known) = (&row.listed.name, &row.known);
        if self.icons.has(self.app, row.state, name, known) {
            let icon = self.links.to(&format!("icons/{name}"));
            return html! { span.badge.icon { img src=(icon) alt="" width="24" height="24" loading="lazy"; } };
        }
        let letter = known.title.chars().find(|c| c.is_alphanumeric());
        let letter: String = letter.map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect());
        let sum = |sum: u8, byte: u8| sum.wrapping_mul(31).wrapping_add(byte);
        let hue = name.bytes().fold(0, sum) % 6;
        html! { span class={ "badge b" (hue) } data-letter=(letter) {} }
    }

    fn row(&self, row: &Row) -> Markup {
        let (name, known) = (&row.listed.name, &row.known);
        let fare = self.fares.get(&row.listed.id);
        let week = self.weeks.get(&row.listed.id).copied().unwrap_or_default();
        let lang = language(known.language.as_deref());
        let dir = written(lang);
        html! {
            li.feed {
                (self.badge(row))
                div.what {
                    h2 { a href=(self.links.to(&format!("feeds/{name}"))) lang=[lang] dir=[dir] { (known.title) } }
                    @match &known.newest {
                        Some((key, title, at)) => p.newest {
                            (ago(*at, self.now)) ": "
                            a href=(self.links.to(&format!("feeds/{name}/{key}"))) lang=[lang] dir=[dir] {
                                (if title.is_empty() { words::UNTITLED } else { title })
                            }
                        },
                        None => p.newest { (words::NO_ENTRIES) },
                    }
                    @if let Some(fare) = fare {
                        (how(fare, row.state, self.now))
                    }
                    (subscribe(self.links, self.public_url, name, true))
                }
                (self.scale.chart(&week))
            }
        }
    }
}

/// How a source fares: its state, what to know of it, and when it is polled next.
pub(super) fn how(fare: &Fare, state: State, now: Timestamp) -> Markup {
    html! {
        p.fares {
            span class={ "state " (state.word()) } {
                span aria-hidden="true" { (state.sign()) } " " (words::state(state))
            }
            " ·"
            @if let Some(trouble) = fares::trouble(fare, now) { " " (trouble) }
            @for note in fares::notes(fare) { " " (note) }
            @if state != State::Gone {
                " " (words::next_poll(fare.next_poll_at, &fare.next_poll_reason, now))
            }
        }
    }
}

/// The feed about the feeds, for the head of the page.
fn about_feeds(links: &Links) -> (String, &'static str, String) {
    let media_type = media_type(FeedFormat::Atom);
    let href = links.to("health.atom");
    (words::HEALTH_FEED_TITLE.to_owned(), media_type, href)
}

/// How all is, in a line, and how to be told of it.
fn health_of(counts: &HashMap<State, usize>, is_well: bool, links: &Links) -> Markup {
    let count = |state: &State| counts.get(state).copied().unwrap_or(0);
    let states: Vec<_> = State::ALL
        .iter()
        .map(|state| (count(state), words::state(*state)))
        .filter(|(count, _)| *count > 0)
        .collect();
    let in_trouble = [State::Failing, State::Walled, State::Gone];
    let in_trouble = in_trouble.iter().map(count).sum();
    html! {
        section #health aria-label=(words::HEALTH) {
            h2 { (words::HEALTH) }
            p { (words::health(is_well, in_trouble, &states)) }
            p { a href=(links.to("health.atom")) { (words::HEALTH_FEED) } }
        }
    }
}

/// What somebody sees who has just installed it.
fn first_run(notices: &Markup, is_well: bool, links: &Links) -> Markup {
    html! {
        h1 { (words::FIRST_TITLE) }
        (notices)
        p { (words::FIRST_LEAD) }
        h2 { (words::FIRST_ADD) }
        pre { code data-copy=(words::FIRST_ADD) { "feedwash add theguardian.com/world" } }
        h2 { (words::FIRST_WRITE) }
        pre { code data-copy=(words::FIRST_WRITE) { "[[source]]\nname = \"guardian-world\"\nurl = \"https://www.theguardian.com/world/rss\"" } }
        h2 { (words::FIRST_IMPORT) }
        pre { code data-copy=(words::FIRST_IMPORT) { "feedwash opml import subscriptions.opml" } }
        p { (words::FIRST_THEN) }
        (health_of(&HashMap::new(), is_well, links))
    }
}
