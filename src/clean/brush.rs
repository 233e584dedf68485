//! One entry while it is washed: each field led through the passes, and what they took gathered.
//!
//! It knows no junk; [`super::PASSES`] says what is done. It decides only how far a field is washed, and
//! whether the passes went too far (the brake).
//!
//! Invariant: every field that leaves with markup has gone through `safety` and its seal.

use super::about::{About, Ready};
use super::scrub::{Scrub, Subjects, Weight};
use super::{Done, Lead, PASSES, PassKind, SAFETY, fields, paragraphs, safety, tree, undo};
use crate::model::{Field, Removal, Sighting, Text, TextKind, Warning};
use std::borrow::Cow;
use url::Url;

/// How far a field is washed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// By every pass: content and summary.
    Full,
    /// By those that judge no content: titles, rights, extensions.
    Safe,
}

/// One entry (or the feed itself) while it is washed: what is known of it, and what was taken out so far.
pub(super) struct Brush<'a> {
    pub(super) about: About,
    ready: &'a Ready,
    removals: Vec<Removal>,
    warnings: Vec<Warning>,
    sightings: Vec<Sighting>,
    lead: Lead,
}

impl<'a> Brush<'a> {
    pub(super) fn new(about: About, ready: &'a Ready) -> Self {
        Self {
            about,
            ready,
            removals: Vec::new(),
            warnings: Vec::new(),
            sightings: Vec::new(),
            lead: Lead::None,
        }
    }

    pub(super) fn is_off(&self, pass: &str) -> bool {
        self.ready.off.iter().any(|off| off == pass)
    }

    /// Whether a user had put back what a pass is about to take from a field.
    pub(super) fn is_restored(&self, pass: &str, field: Field, before: &str) -> bool {
        undo::is_restored(self.ready, &self.about, pass, field, before)
    }

    /// What was done, with the removals numbered from 1.
    pub(super) fn hand_over(self) -> Done {
        let mut removals = self.removals;
        for (number, removal) in (1..).zip(&mut removals) {
            removal.number = number;
        }
        Done {
            removals,
            warnings: self.warnings,
            sightings: self.sightings,
            lead: self.lead,
        }
    }

    pub(super) fn note(
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

    pub(super) fn warn(&mut self, field: Field, message: &str) {
        let mut warning = Warning::new(format!("{} {message}", field.as_str()), None);
        warning.entry = Some(self.about.key.clone()).filter(|key| !key.as_str().is_empty());
        self.warnings.push(warning);
    }

    /// Makes a field safe that is neither content nor summary.
    pub(super) fn safe_text(&mut self, text: &mut Text, field: Field) {
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
    pub(super) fn wash(&mut self, text: &mut Text, field: Field, depth: Depth) {
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
        let mut washed = self.pass_over(&run, Zeal::Full);
        let mut held_back = None;
        for (zeal, left) in [
            (Zeal::Sure, "was washed with care only"),
            (Zeal::None, "was left uncut"),
        ] {
            let Ok(Err(held)) = washed else { break };
            self.removals.truncate(mark);
            held_back = Some(format!("{left}: the passes would have taken {held}"));
            washed = self.pass_over(&run, zeal);
        }
        if let Some(message) = held_back {
            self.warn(field, &message);
        }
        let washed = washed.map(Result::ok);
        match washed {
            Ok(Some(Washed { markup })) if stays_plain => {
                if let Some(new) = markup {
                    text.value = new;
                }
                self.defuse(text, field);
            }
            Ok(Some(Washed { markup })) => {
                let (sealed, removal) = safety::seal(markup.unwrap_or_default());
                if let Some((before, after)) = removal {
                    self.note(SAFETY, "second sanitiser", field, before, Some(after));
                }
                text.kind = TextKind::Html;
                text.value = tree::spelled(sealed);
                // JSON Feed has summaries as text, which some readers take for HTML all the same.
                if field == Field::Summary {
                    self.defuse_references(text, field);
                }
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

    /// One run of the passes over a field. `Ok(Err(…))` says what the brake saw: too much would go.
    fn pass_over(&mut self, run: &Run<'_>, zeal: Zeal) -> Result<Result<Washed, Held>, String> {
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
        let mut subjects = Subjects::default();
        let (mut lead, mut fate) = (None, Lead::None);
        for pass in PASSES {
            let applies = match pass.kind {
                PassKind::Repair | PassKind::Always => true,
                PassKind::Asked => run.depth == Depth::Full,
                PassKind::Junk => run.depth == Depth::Full && zeal != Zeal::None,
                PassKind::Guess => run.depth == Depth::Full && zeal == Zeal::Full,
            };
            if !applies || self.ready.off.iter().any(|off| off == pass.name) {
                continue;
            }
            if pass.kind == PassKind::Always
                && let Some(held) = brake.take().and_then(|brake| brake.holds(&mut scrub))
            {
                return Ok(Err(held));
            }
            let judges = matches!(pass.kind, PassKind::Junk | PassKind::Guess);
            let before = judges.then(|| scrub.weight());
            if before.is_some_and(|before| before.chars < TEASER_CHARS) && brake.is_none() {
                subjects = scrub.subjects();
            }
            if judges && brake.is_none() && run.field == Field::Content {
                lead = scrub.lead();
                fate = lead.map_or(Lead::None, |_| Lead::Kept);
            }
            scrub.pass = pass.name;
            scrub.repairs = pass.kind == PassKind::Repair;
            (pass.run)(&mut scrub);
            if let Some(before) = before {
                if lead.is_some_and(|lead| !scrub.is_in_tree(lead)) {
                    fate = Lead::Taken(pass.name);
                    lead = None;
                }
                let brake = brake.get_or_insert(Brake {
                    before,
                    subjects,
                    guessed: 0,
                });
                if pass.kind == PassKind::Guess {
                    brake.guessed += before.prose.saturating_sub(scrub.weight().prose);
                }
            }
        }
        self.sightings.append(&mut scrub.sightings);
        let notes = std::mem::take(&mut scrub.notes);
        if run.field == Field::Content {
            self.lead = fate;
        }
        let markup = match run.stays_plain {
            true => scrub.has_acted().then(|| paragraphs::to_text(&scrub)),
            // White space around a field shows nothing, and would tell where something was removed.
            false if run.field == Field::Extension => Some(scrub.markup(run.source)),
            false => Some(trimmed(scrub.markup(run.source))),
        };
        for note in notes {
            self.warn(run.field, note);
        }
        Ok(Ok(Washed { markup }))
    }
}

/// How much the passes may judge.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zeal {
    /// As they like.
    Full,
    /// By what nothing else has: no pass that weighs.
    Sure,
    /// Not at all.
    None,
}

/// What a wash would have taken.
type Held = &'static str;

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

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.drain(..text.len() - text.trim_start().len());
    text
}

fn is_tagless(text: &str) -> bool {
    !tree::has_tags(text) && text.trim().contains(['\n', '\r'])
}

/// The brake: how much there was before the first pass that judges, and how much prose was taken on a guess.
struct Brake {
    before: Weight,
    /// What a short text may be about.
    subjects: Subjects,
    guessed: usize,
}

/// A text that is no longer tells of something that stands elsewhere.
const TEASER_CHARS: usize = 300;

impl Brake {
    /// What the passes are wrong to take from a text, if anything: all of it, or all but a rest of one that is longer
    /// than a teaser, or a third of its prose on a guess. It is a page of links then, a glossary, a list of feeds.
    /// A text that is hardly more than its picture or its link keeps the last of those.
    fn holds(&self, scrub: &mut Scrub<'_>) -> Option<Held> {
        const CAPTION_CHARS: usize = 140;
        let (before, after) = (self.before, scrub.weight());
        let (had, short) = (self.subjects, after.chars < CAPTION_CHARS);
        let left = if short { scrub.subjects() } else { had };
        match () {
            () if before.chars > 0 && after.chars == 0 => Some("all of its text"),
            () if before.chars > TEASER_CHARS && after.chars * 6 < before.chars => {
                Some("most of its text")
            }
            () if self.guessed * 3 > before.prose && self.guessed > 0 => {
                Some("much of its text on a guess")
            }
            () if had.pictures > 0 && left.pictures == 0 => Some("its last image"),
            () if had.links > 0 && left.links == 0 => Some("its only link"),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{body, washed};
    use crate::model::Rules;

    #[track_caller]
    fn check_held(html: &str, message: &str) {
        let (clean, removals, warnings) = washed(&body(html), &Rules::default());
        assert_eq!(clean.entries[0].content.as_ref().unwrap().value, html);
        assert!(removals.is_empty());
        let told: Vec<_> = warnings
            .iter()
            .map(|warning| warning.message.as_str())
            .collect();
        assert_eq!(told, [message]);
    }

    #[test]
    fn what_a_short_text_is_about_is_held_back() {
        check_held(
            "<p>A storm.</p><p><a href=\"https://other.example/x\">Sign up for our daily newsletter</a></p>",
            "content was washed with care only: the passes would have taken its only link",
        );
        check_held(
            "<p>Monday.</p><p><img src=\"https://site.example/icons/social/cat.png\"></p>",
            "content was washed with care only: the passes would have taken its last image",
        );
    }
}
