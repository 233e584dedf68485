//! The washer: a feed as it came to a feed as it is published, with everything in between on record.
//!
//! It fetches nothing, learns nothing and drops no entry. It can't fail: what it can't wash it publishes
//! as plain text with a [`Warning`].
//!
//! Invariants: the entries of the result stand where they stood; all visible text of the input is in the
//! output or in a [`Removal`]; no pass changes a tree but through `Scrub`, which records; whatever the
//! passes did, [`safety`] runs last.

mod ads;
mod blocks;
mod comments;
mod fields;
mod footers;
mod furniture;
mod images;
mod links;
mod notices;
mod paragraphs;
mod related;
mod safety;
mod scrub;
mod share;
mod structure;
mod tracking;
mod tree;
mod user;
mod words;

use crate::model::{Entry, Feed, Field, Matcher, Removal, Rules, Text, TextKind, Warning};
use scrub::{About, Ready, ReadyMatcher, Scrub, Weight};
use std::borrow::Cow;
use std::fmt;
use url::Url;

/// A pass: its name in `off`, what it takes out, and how.
pub struct Pass {
    /// The name by which a user switches it off.
    pub name: &'static str,
    /// What it takes out or makes right, in a few words.
    pub about: &'static str,
    run: fn(&mut Scrub<'_>),
    kind: PassKind,
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PassKind {
    /// Makes right; loses nothing.
    Repair,
    /// What a user asked for.
    Asked,
    /// Knows junk by phrases and structures that nothing else has. Applied to content and summary only.
    Junk,
    /// Weighs what looks like junk, and so may err: held back where it would take much of a story.
    Guess,
    /// Trackers and unsafe markup: applied to every field that holds markup.
    Always,
}

const SAFETY: &str = "safety";
const TRACKERS: &str = "tracker-parameters";

/// Every pass, in the order in which they act.
pub const PASSES: &[Pass] = &[
    Pass {
        name: "paragraphs",
        about: "plain text becomes paragraphs and lines",
        run: paragraphs::split,
        kind: PassKind::Repair,
    },
    Pass {
        name: "lazy-images",
        about: "images that wait for a script are shown",
        run: images::lazy,
        kind: PassKind::Repair,
    },
    Pass {
        name: "absolute-urls",
        about: "relative addresses become absolute",
        run: links::absolute,
        kind: PassKind::Repair,
    },
    Pass {
        name: "user-rules",
        about: "what you asked to remove",
        run: user::remove,
        kind: PassKind::Asked,
    },
    Pass {
        name: "comment-forms",
        about: "forms and prompts for readers' comments",
        run: comments::forms,
        kind: PassKind::Junk,
    },
    Pass {
        name: "share-buttons",
        about: "share, like and print buttons",
        run: share::buttons,
        kind: PassKind::Junk,
    },
    Pass {
        name: "feed-footers",
        about: "“The post … appeared first on …”, feed flare",
        run: footers::footers,
        kind: PassKind::Junk,
    },
    Pass {
        name: "read-more",
        about: "“Continue reading” links",
        run: footers::read_more,
        kind: PassKind::Junk,
    },
    Pass {
        name: "related-links",
        about: "links to other entries, between and after the story",
        run: related::links,
        kind: PassKind::Guess,
    },
    Pass {
        name: "ads",
        about: "marks of advertising and the frames they mark",
        run: ads::ads,
        kind: PassKind::Guess,
    },
    Pass {
        name: "appeals",
        about: "newsletter, app and follow-us appeals",
        run: ads::appeals,
        kind: PassKind::Guess,
    },
    Pass {
        name: "page-furniture",
        about: "breadcrumbs, tag lists, counters, copyright lines of the page",
        run: furniture::furniture,
        kind: PassKind::Guess,
    },
    // Other junk after a notice would hide that it stands at the end, so it comes after them.
    Pass {
        name: "syndication-notices",
        about: "“not edited by our staff, published from a syndicated feed”",
        run: notices::notices,
        kind: PassKind::Junk,
    },
    Pass {
        name: "tracking-pixels",
        about: "images nobody can see",
        run: tracking::pixels,
        kind: PassKind::Always,
    },
    Pass {
        name: TRACKERS,
        about: "parts of addresses that only trackers read",
        run: tracking::parameters,
        kind: PassKind::Always,
    },
    Pass {
        name: "frames",
        about: "players and frames become links",
        run: links::frames,
        kind: PassKind::Always,
    },
    // Safety is last: whatever a pass leaves or makes, no active content is published.
    Pass {
        name: SAFETY,
        about: "scripts, handlers, forms, unsafe addresses",
        run: safety::sanitize,
        kind: PassKind::Always,
    },
];

/// Why a source's rules can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// `off` names no pass.
    #[error("no pass is called `{name}`{}", suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
    UnknownPass {
        /// The name as written.
        name: String,
        /// The nearest name of a pass.
        suggestion: Option<&'static str>,
    },
    /// `off` names `safety`.
    #[error("`safety` can't be switched off")]
    SafetyOff,
    /// A selector is no CSS.
    #[error("`{selector}` is no CSS selector: {reason}")]
    BadSelector {
        /// The selector as written.
        selector: String,
        /// What the parser said.
        reason: String,
    },
}

/// Says whether rules can be used, for whoever reads them from a file.
///
/// # Errors
///
/// The first thing that is wrong; none heals by itself.
pub fn check_rules(rules: &Rules) -> Result<(), RuleError> {
    for name in &rules.off {
        if name == SAFETY {
            return Err(RuleError::SafetyOff);
        }
        if !PASSES.iter().any(|pass| pass.name == name) {
            let near = PASSES
                .iter()
                .map(|pass| (strsim::jaro_winkler(pass.name, name), pass.name));
            let nearest = near
                .max_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(likeness, _)| *likeness > 0.7);
            return Err(RuleError::UnknownPass {
                name: name.clone(),
                suggestion: nearest.map(|(_, name)| name),
            });
        }
    }
    for matcher in rules.remove.iter().chain(&rules.keep) {
        if let Matcher::Selector(selector) = matcher {
            scraper::Selector::parse(selector).map_err(|error| RuleError::BadSelector {
                selector: selector.clone(),
                reason: error.to_string(),
            })?;
        }
    }
    Ok(())
}

/// Washes a feed: the same entries in the same order, and what was taken out or forgiven.
///
/// Rules that [`check_rules`] refuses are ignored one by one.
#[must_use]
pub fn feed(raw: &Feed, rules: &Rules) -> (Feed, Vec<Removal>, Vec<Warning>) {
    let ready = ready(rules);
    let mut clean = raw.clone();
    let mut removals = Vec::new();
    let mut warnings = Vec::new();
    let about = About {
        feed_link: feed_link(raw),
        ..About::default()
    };
    let mut brush = Brush {
        about,
        ready: &ready,
        removals: Vec::new(),
        warnings: &mut warnings,
    };
    fields::feed(&mut brush, &mut clean);
    brush.hand_over(&mut removals);
    let feed_title = raw.title.as_ref().map(plain_title).unwrap_or_default();
    for entry in &mut clean.entries {
        brush.about = about_entry(entry, raw, &feed_title);
        wash_entry(&mut brush, entry);
        brush.hand_over(&mut removals);
    }
    (clean, removals, warnings)
}

fn wash_entry(brush: &mut Brush<'_>, entry: &mut Entry) {
    let content = entry.content.as_mut().map(|text| (text, Field::Content));
    let summary = entry.summary.as_mut().map(|text| (text, Field::Summary));
    for (text, field) in content.into_iter().chain(summary) {
        brush.wash(text, field, Depth::Full);
    }
    fields::entry(brush, entry);
}

fn ready(rules: &Rules) -> Ready {
    let matchers = |matchers: &[Matcher]| {
        let ready = matchers.iter().filter_map(|matcher| match matcher {
            Matcher::Selector(written) => {
                let selector = scraper::Selector::parse(written).ok()?;
                Some(ReadyMatcher::Selector(written.clone(), Box::new(selector)))
            }
            Matcher::Text(text) => {
                Some(ReadyMatcher::Text(tree::collapse(text))).filter(|_| !text.trim().is_empty())
            }
        });
        ready.collect()
    };
    Ready {
        off: rules
            .off
            .iter()
            .filter(|name| *name != SAFETY)
            .cloned()
            .collect(),
        remove: matchers(&rules.remove),
        keep: matchers(&rules.keep),
    }
}

fn about_entry(entry: &Entry, feed: &Feed, feed_title: &str) -> About {
    About {
        key: entry.key.clone(),
        title: entry.title.as_ref().map(plain_title).unwrap_or_default(),
        feed_title: feed_title.to_owned(),
        link: entry
            .link
            .as_deref()
            .and_then(|link| Url::parse(link.trim()).ok()),
        feed_link: feed_link(feed),
    }
}

fn feed_link(feed: &Feed) -> Option<Url> {
    [&feed.link, &feed.self_link]
        .into_iter()
        .flatten()
        .find_map(|link| Url::parse(link.trim()).ok())
}

fn plain_title(title: &Text) -> String {
    match title.kind {
        TextKind::Plain => words::fold(&title.value),
        TextKind::Html => words::fold(&tree::text_of(&title.value)),
    }
}

/// How far a field is washed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// By every pass: content and summary.
    Full,
    /// By those that judge no content: titles, rights, extensions.
    Safe,
}

/// One entry (or the feed itself) while it is washed: what is known of it, and what was taken out so far.
struct Brush<'a> {
    about: About,
    ready: &'a Ready,
    removals: Vec<Removal>,
    warnings: &'a mut Vec<Warning>,
}

impl Brush<'_> {
    fn is_off(&self, pass: &str) -> bool {
        self.ready.off.iter().any(|off| off == pass)
    }

    fn hand_over(&mut self, removals: &mut Vec<Removal>) {
        for (number, mut removal) in (1..).zip(self.removals.drain(..)) {
            removal.number = number;
            removals.push(removal);
        }
    }

    fn note(
        &mut self,
        pass: &'static str,
        rule: &str,
        field: Field,
        before: String,
        after: Option<String>,
    ) {
        self.removals.push(Removal {
            entry: self.about.key.clone(),
            number: 0,
            field,
            pass: pass.to_owned(),
            rule: rule.to_owned(),
            evidence: None,
            before,
            after,
        });
    }

    fn warn(&mut self, field: Field, message: &str) {
        let mut warning = Warning::new(format!("{} {message}", field.as_str()), None);
        warning.entry = Some(self.about.key.clone()).filter(|key| !key.as_str().is_empty());
        self.warnings.push(warning);
    }

    /// Makes a field safe that is neither content nor summary.
    fn safe_text(&mut self, text: &mut Text, field: Field) {
        match text.kind {
            TextKind::Html if text.value.contains('<') || text.value.contains('&') => {
                self.wash(text, field, Depth::Safe);
                self.defuse_references(text, field);
            }
            TextKind::Html => text.value = tree::carried(&text.value).into_owned(),
            TextKind::Plain => self.defuse(text, field),
        }
    }

    fn defuse(&mut self, text: &mut Text, field: Field) {
        if let Some(new) = fields::defuse(&text.value, false) {
            let before = std::mem::replace(&mut text.value, new.clone());
            self.note(SAFETY, "markup in plain text", field, before, Some(new));
        }
    }

    /// RSS gives a title as text or as HTML and never says which, so a tag that a title only speaks of
    /// (`&lt;script>`) runs in readers that resolve once too often. It keeps its letters, but not its `<`.
    fn defuse_references(&mut self, text: &mut Text, field: Field) {
        if field == Field::Extension
            || !text.value.contains("&lt;")
            || fields::defuse(&tree::text_of(&text.value), false).is_none()
        {
            return;
        }
        let before = text.value.clone();
        text.value = before.replace("&lt;", "‹");
        self.note(
            SAFETY,
            "markup in plain text",
            field,
            before,
            Some(text.value.clone()),
        );
    }

    /// Washes one field.
    fn wash(&mut self, text: &mut Text, field: Field, depth: Depth) {
        // Text in a field for HTML that has lines but no tag was never meant to run together.
        let tagless =
            text.kind == TextKind::Html && depth == Depth::Full && is_tagless(&text.value);
        let value = if tagless {
            Cow::Owned(tree::text_of(&text.value))
        } else {
            tree::carried(&text.value)
        };
        let plain = tagless || text.kind == TextKind::Plain;
        let source = if plain { tree::escape(&value) } else { value };
        let mark = self.removals.len();
        let stays_plain = plain && !tagless && self.stays_plain(text, field);
        let run = Run {
            source: &source,
            base: text.base.as_deref(),
            field,
            depth,
            was_plain: plain,
            stays_plain,
        };
        let washed = match self.pass_over(&run, true) {
            Ok(None) => {
                self.removals.truncate(mark);
                self.warn(
                    field,
                    "was left uncut: the passes would have taken most of its text",
                );
                self.pass_over(&run, false)
            }
            washed => washed,
        };
        match washed {
            Ok(Some(Washed { markup })) if stays_plain => {
                if let Some(new) = markup {
                    text.value = new;
                }
                self.defuse(text, field);
            }
            Ok(Some(Washed { markup })) => {
                let (pass, rule) = (SAFETY, "second sanitiser");
                let key = self.about.key.clone();
                let removal = |before, after| Removal {
                    entry: key,
                    number: 0,
                    field,
                    pass: pass.to_owned(),
                    rule: rule.to_owned(),
                    evidence: None,
                    before,
                    after,
                };
                let (sealed, removal) = safety::seal(markup.unwrap_or_default(), removal);
                self.removals.extend(removal);
                text.kind = TextKind::Html;
                text.value = sealed;
            }
            Ok(None) => {}
            Err(reason) => self.flatten(text, field, &reason),
        }
    }

    /// A plain field stays plain unless it is content with lines that HTML would lose.
    fn stays_plain(&self, text: &Text, field: Field) -> bool {
        field != Field::Content
            || self.is_off("paragraphs")
            || !text.value.trim().contains(['\n', '\r'])
    }

    /// What can't be parsed within the limits is published as the text in it.
    fn flatten(&mut self, text: &mut Text, field: Field, reason: &str) {
        self.warn(field, &format!("{reason}; published as plain text"));
        let all = match text.kind {
            TextKind::Plain => tree::carried(&text.value).into_owned(),
            TextKind::Html => tree::text_of(&text.value),
        };
        if field == Field::Content {
            text.kind = TextKind::Html;
            text.value = paragraphs::to_html(&all);
        } else {
            text.kind = TextKind::Plain;
            text.value = tree::collapse(&all);
            self.defuse(text, field);
        }
    }

    /// One run of the passes over a field. `Ok(None)` means that the brake held: too much would go.
    fn pass_over(&mut self, run: &Run<'_>, with_junk: bool) -> Result<Option<Washed>, String> {
        let html = tree::parse(run.source)?;
        let base = run.base.and_then(|base| Url::parse(base).ok());
        let base = base
            .or_else(|| self.about.link.clone())
            .or_else(|| self.about.feed_link.clone());
        let mut scrub = Scrub::new(
            html,
            run.field,
            base,
            &self.about,
            self.ready,
            &mut self.removals,
        );
        scrub.was_plain = run.was_plain;
        let mut brake: Option<Brake> = None;
        for pass in PASSES {
            let applies = match pass.kind {
                PassKind::Repair | PassKind::Always => true,
                PassKind::Asked => run.depth == Depth::Full,
                PassKind::Junk | PassKind::Guess => run.depth == Depth::Full && with_junk,
            };
            if !applies || self.ready.off.iter().any(|off| off == pass.name) {
                continue;
            }
            if pass.kind == PassKind::Always
                && brake
                    .take()
                    .is_some_and(|brake| brake.holds(scrub.weight()))
            {
                return Ok(None);
            }
            let judges = matches!(pass.kind, PassKind::Junk | PassKind::Guess);
            let before = judges.then(|| scrub.weight());
            scrub.pass = pass.name;
            (pass.run)(&mut scrub);
            if let Some(before) = before {
                let brake = brake.get_or_insert(Brake { before, guessed: 0 });
                if pass.kind == PassKind::Guess {
                    brake.guessed += before.prose.saturating_sub(scrub.weight().prose);
                }
            }
        }
        let markup = match run.stays_plain {
            true => scrub.has_acted().then(|| paragraphs::to_text(&scrub)),
            false => Some(scrub.markup()),
        };
        Ok(Some(Washed { markup }))
    }
}

/// One field, as a run of the passes needs it.
struct Run<'t> {
    source: &'t str,
    base: Option<&'t str>,
    field: Field,
    depth: Depth,
    was_plain: bool,
    stays_plain: bool,
}

/// What a run over a field made: its markup, or (`None`) nothing other than what it was.
struct Washed {
    markup: Option<String>,
}

fn is_tagless(text: &str) -> bool {
    !tree::has_tags(text) && text.trim().contains(['\n', '\r'])
}

/// The brake: how much there was before the first pass that judges, and how much prose was taken on a guess.
struct Brake {
    before: Weight,
    guessed: usize,
}

impl Brake {
    /// Whether the passes are wrong about a text: they took all of it, or all but a rest of one that is longer
    /// than a teaser, or guessed away a third of its prose. It is a page of links then, a glossary, a list of feeds.
    fn holds(&self, after: Weight) -> bool {
        const TEASER_CHARS: usize = 300;
        let all = self.before.chars > 0 && after.chars == 0;
        let most = self.before.chars > TEASER_CHARS && after.chars * 6 < self.before.chars;
        all || most || self.guessed * 3 > self.before.prose && self.guessed > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Washes one body and compares what is published.
    #[track_caller]
    pub(super) fn check(html: &str, expected: &str) {
        let (clean, _, _) = feed(&body(html), &Rules::default());
        let content = clean.entries[0].content.as_ref().unwrap();
        assert_eq!(content.value, expected);
    }

    pub(super) fn body(html: &str) -> Feed {
        let entry = Entry {
            title: Some(Text::plain("Ferry service resumes after storm")),
            link: Some("https://site.example/ferry".to_owned()),
            content: Some(Text::html(html)),
            ..Entry::default()
        };
        Feed {
            link: Some("https://site.example/".to_owned()),
            title: Some(Text::plain("Harbour Ledger")),
            entries: vec![entry],
            ..Feed::default()
        }
    }
}
