//! `/feeds/NAME/ENTRY`: an entry before and after, what was done to it and why, and how to undo it.

use super::feed::{Published, enclosures, meta, source};
use super::parts::{
    about, ago, alternates, crumbs, direction, dotted, encoded, excerpt, language, plain, web_link,
};
use super::remedy::{self, Remedy};
use super::{Links, Page, answer};
use crate::clean::{self, Manner, Marks};
use crate::model::{Entry, Field, Removal, Text};
use crate::store::{BeforeAfter, Restoration};
use crate::web::access::Key;
use crate::web::{Problem, Shared, words};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Path, Query, State as Shares};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use std::collections::BTreeSet;

/// How much of what was taken is told, in characters.
const EXCERPT_CHARS: usize = 240;

/// How many removals are told with all that undoes them; of the others only the command.
const REMEDIES: usize = 30;

/// How many removals are told at all.
const TOLD: usize = 200;

const NO_SUCH_ENTRY: Problem = Problem(
    StatusCode::NOT_FOUND,
    "there is no such entry; it may have been deleted since, some time after it left its feed",
);

/// What a visitor wants to see of it.
#[derive(Debug, Default, serde::Deserialize)]
pub(in crate::web) struct Wanted {
    view: Option<String>,
}

/// Serves an entry, before and after.
pub(in crate::web) async fn entry(
    Shares(shared): Shares<Shared>,
    Path((name, entry)): Path<(String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    Extension(key): Extension<Key>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let links = Links {
        root: "../../",
        key,
    };
    let Published { fare, listed } =
        match source(&shared, &name, &format!("/{}", encoded(&entry)), &links.key).await? {
            Ok(published) => published,
            Err(elsewhere) => return Ok(elsewhere),
        };
    let store = &shared.app.store;
    let both = store
        .before_after(fare.id, &entry)
        .await?
        .ok_or(NO_SUCH_ENTRY)?;
    let mut put_back = store.restorations(fare.id).await?;
    put_back.retain(|one| one.entry.as_ref().is_none_or(|key| *key == both.raw.key));
    let known = shared
        .summaries
        .of(store, std::slice::from_ref(&listed))
        .await?;
    let feed_title = known[0].title.clone();
    let feed_language = known[0].language.clone();
    let as_source = wanted.is_ok_and(|Query(wanted)| wanted.view.as_deref() == Some("source"));
    let allows_try = shared.app.live.borrow().config.server.allows_try;
    // Markup of megabytes is parsed, so it is not done between other visitors' answers.
    let page = shared.turns.work(move || {
        let shown = Shown {
            both: &both,
            put_back: &put_back,
            name: &name,
            links: &links,
            language: feed_language.as_deref(),
            now: Timestamp::now(),
        };
        let main = shown.markup(&feed_title, as_source);
        let title = plain(both.clean.title.as_ref());
        let title = if title.is_empty() {
            words::UNTITLED
        } else {
            &title
        };
        let mut page = Page::new(
            format!("{title} – {feed_title}"),
            links.clone(),
            allows_try,
            main,
        );
        page.width = "wide";
        page.feeds = alternates(&links, &name, &feed_title);
        page
    });
    Ok(answer(&shared, &request, page.await?).await)
}

/// An entry on its page.
struct Shown<'a> {
    both: &'a BeforeAfter,
    /// What was put back into it, or into every entry.
    put_back: &'a [Restoration],
    name: &'a str,
    links: &'a Links,
    language: Option<&'a str>,
    now: Timestamp,
}

impl Shown<'_> {
    fn markup(&self, feed_title: &str, as_source: bool) -> Markup {
        let BeforeAfter {
            raw,
            clean,
            removals,
            ..
        } = self.both;
        let title = plain(clean.title.as_ref());
        let lang = language(clean.language.as_deref().or(self.language));
        let passes: BTreeSet<&str> = removals
            .iter()
            .map(|removal| removal.pass.as_str())
            .collect();
        let (pairs, told) = self.pairs(raw, clean, removals, as_source);
        let mut facts = meta(clean, self.now);
        if let Some(at) = self.both.first_seen_at {
            facts.push(html! { (words::first_seen(&words::ago(at, self.now))) });
        }
        if let Some(link) = web_link(clean.link.as_deref()) {
            facts.push(html! { a href=(link) rel="noopener noreferrer" { (words::ITS_PAGE) } });
        }
        html! {
            (crumbs(self.links, &[(feed_title, &self.links.to(&format!("feeds/{}", self.name)))]))
            h1 lang=[lang] dir=(direction(lang)) { (if title.is_empty() { words::UNTITLED } else { &title }) }
            p.meta {
                (dotted(&facts))
            }
            @if let Some(left) = self.both.left_at { p.note { (words::LEFT_ITS_FEED) " (" (ago(left, self.now)) ")" } }
            p { (words::done(removals.len() as i64, passes.len())) }
            nav.views aria-label=(words::VIEWS) {
                @let here = |is: bool| is.then_some("page");
                a href=(self.links.key.onto(clean.key.to_string())) aria-current=[here(!as_source)] { (words::RENDERED) } " "
                a href=(self.links.key.onto(format!("{}?view=source", clean.key))) aria-current=[here(as_source)] { (words::SOURCE) } " "
                @if !removals.is_empty() { a href="#done" { (words::ACTIONS) } }
            }
            (pairs)
            (enclosures(clean))
            @if !removals.is_empty() {
                section #done .actions {
                    h2 { (words::ACTIONS) }
                    p.note { (words::COMMANDS) }
                    (self.actions(clean, removals, &told))
                }
            }
            (self.put_back())
            p.note { (words::REMOVE_MORE) }
            pre { code data-copy=(words::REMOVE_MORE_NAME) { "remove = [{ text = \"…\" }]" } }
        }
    }

    /// The fields before and after, and the removals as they are told.
    fn pairs(
        &self,
        raw: &Entry,
        clean: &Entry,
        removals: &[Removal],
        as_source: bool,
    ) -> (Markup, Told) {
        let mut placed = Vec::new();
        let mut fields = Vec::new();
        for (field, name, before, after) in [
            (Field::Summary, words::SUMMARY, &raw.summary, &clean.summary),
            (Field::Content, words::CONTENT, &raw.content, &clean.content),
        ] {
            let has_own = removals.iter().any(|removal| removal.field == field);
            // A summary of which nothing was taken is read in the feed.
            if before.is_none() && after.is_none()
                || field == Field::Summary && !has_own && raw.content.is_some()
            {
                continue;
            }
            let of_field: Vec<usize> = (0..removals.len())
                .filter(|place| removals[*place].field == field)
                .collect();
            // The view of the source has the same numbers.
            let marked = before.as_ref().map(|before| {
                let first = placed.len() + 1;
                self.marked(before, removals, &of_field, first, name)
            });
            if let Some(marked) = &marked {
                placed.extend(marked.placed.iter().map(|at| of_field[*at]));
            }
            let marked = marked.map(|marked| marked.html).filter(|_| !as_source);
            fields.push((name, before, after, marked));
        }
        let has_several = fields.len() > 1;
        let markup = html! {
            @if fields.is_empty() { p { (words::NO_CONTENT) } }
            @for (name, before, after, marked) in fields {
                div.both {
                    (self.side(true, name, has_several, before.as_ref(), marked, as_source))
                    (self.side(false, name, has_several, after.as_ref(), None, as_source))
                }
            }
        };
        (markup, Told::new(placed, removals.len(), as_source))
    }

    fn marked(
        &self,
        before: &Text,
        removals: &[Removal],
        of_field: &[usize],
        first: usize,
        name: &str,
    ) -> clean::Marked {
        let removals: Vec<&Removal> = of_field.iter().map(|place| &removals[*place]).collect();
        let reasons: Vec<String> = removals.iter().map(|removal| reason(removal)).collect();
        let (prefix, after) = match name == words::CONTENT {
            true => ("b-", &self.both.clean.content),
            false => ("bs-", &self.both.clean.summary),
        };
        let marks = Marks {
            removals: &removals,
            reasons: &reasons,
            first,
        };
        clean::marked(before, after.as_ref(), marks, self.manner(prefix))
    }

    fn manner<'m>(&'m self, prefix: &'m str) -> Manner<'m> {
        Manner {
            prefix,
            level: 2,
            words: &words::SHOWN,
            base: self.both.raw.link.as_deref(),
        }
    }

    /// One side of a field.
    fn side(
        &self,
        is_before: bool,
        name: &str,
        has_several: bool,
        text: Option<&Text>,
        marked: Option<String>,
        as_source: bool,
    ) -> Markup {
        let (heading, about) = match (is_before, as_source) {
            (true, false) => (words::BEFORE, words::BEFORE_ABOUT),
            (true, true) => (words::BEFORE, words::BEFORE_SOURCE),
            (false, false) => (words::AFTER, words::AFTER_ABOUT),
            (false, true) => (words::AFTER, words::AFTER_SOURCE),
        };
        let lang = language(
            text.and_then(|text| text.language.as_deref())
                .or(self.language),
        );
        // The one that a link from the feed leads to.
        let id = (!is_before && name == words::CONTENT).then_some("after");
        let prefix = if name == words::CONTENT { "a-" } else { "as-" };
        let shown =
            || text.map_or_else(String::new, |text| clean::shown(text, self.manner(prefix)));
        html! {
            section id=[id] class=(if is_before { "before" } else { "after" }) {
                h2 { (heading) @if has_several { ": " (name) } }
                p.note { (about) }
                @if as_source {
                    pre.source dir="auto" { code { (text.map_or("", |text| text.value.as_str())) } }
                } @else {
                    div.prose lang=[lang] dir=(direction(lang)) { (PreEscaped(marked.unwrap_or_else(shown))) }
                }
            }
        }
    }

    /// Every removal with its reason and its remedy.
    fn actions(&self, entry: &Entry, removals: &[Removal], told: &Told) -> Markup {
        html! {
            ol.removals {
                @for (at, place) in told.order.iter().enumerate().take(TOLD) {
                    @let removal = &removals[*place];
                    @let number = at + 1;
                    li id={ "r" (number) } value=(number) {
                        p {
                            b { (removal.pass) } " – " (about(&removal.pass)) ". "
                            small { (words::LETTERS) " " code { (clean::piece_of(removal)) } ". " }
                            (words::rule(&removal.rule, removal.evidence.as_deref(), removal.field.as_str()))
                            @if told.is_lost(at, removal) { " " (words::NOT_PLACED) }
                        }
                        p.was dir="auto" { span.tag { (words::WAS) } " " code { (excerpt(&removal.before, EXCERPT_CHARS)) } }
                        @if let Some(after) = removal.after.as_deref().filter(|after| !after.is_empty()) {
                            p.is dir="auto" { span.tag { (words::IS) } " " code { (excerpt(after, EXCERPT_CHARS)) } }
                        }
                        @if at < REMEDIES {
                            details {
                                summary { (words::UNDO) }
                                (Remedy::of(removal, entry, self.name).markup(removal))
                            }
                        } @else { (remedy::in_short(removal, entry, self.name)) }
                    }
                }
            }
            @let more = removals.len().saturating_sub(TOLD);
            @if more > 0 { p { (words::more(more)) } }
            @if more > 0 {
                p { (words::OTHERS) }
                @let command = format!("feedwash restore {} {}", self.name, entry.key);
                pre { code data-copy=(command) { (command) } }
            }
        }
    }

    /// What was put back, and how it is taken out again.
    fn put_back(&self) -> Markup {
        html! {
            @if !self.put_back.is_empty() {
                section.actions {
                    h2 { (words::PUT_BACK) }
                    p { (words::PUT_BACK_LEAD) }
                    ul.removals {
                        @for one in self.put_back.iter().take(TOLD) {
                            li {
                                p {
                                    b { (one.pass) } " – " (about(&one.pass)) "."
                                    @if one.entry.is_none() { " " (words::PUT_BACK_EVERYWHERE) }
                                }
                                p.was dir="auto" { code { (excerpt(&one.before, EXCERPT_CHARS)) } }
                                details {
                                    summary { (words::PUT_BACK_UNDO) }
                                    @let command = format!("feedwash restore {} --undo {}", self.name, one.number);
                                    pre { code data-copy=(command) { (command) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// In which order removals are told: as they are read in the original, then those that have no mark there.
struct Told {
    /// Their places in the list; the first of them has the number 1.
    order: Vec<usize>,
    /// How many have a mark.
    marked: usize,
    /// The page shows marks at all.
    shows_marks: bool,
}

impl Told {
    fn new(mut placed: Vec<usize>, all: usize, as_source: bool) -> Self {
        let marked = placed.len();
        let known: BTreeSet<usize> = placed.iter().copied().collect();
        placed.extend((0..all).filter(|place| !known.contains(place)));
        Self {
            order: placed,
            marked,
            shows_marks: !as_source,
        }
    }

    /// Whether a mark is missed where a visitor looks for one.
    fn is_lost(&self, at: usize, removal: &Removal) -> bool {
        let is_shown = matches!(removal.field, Field::Content | Field::Summary);
        self.shows_marks && is_shown && at >= self.marked
    }
}

/// Why something was removed, where there is room for a line.
fn reason(removal: &Removal) -> String {
    words::reason(&removal.pass, &removal.rule, removal.evidence.as_deref())
}
