//! How a removal is undone: the line for `feeds.toml`, or the command, exactly as they are to be written.

use super::parts::plain;
use crate::clean::{self, Back, PASSES};
use crate::model::{Entry, Feed, Matcher, Removal};
use crate::web::words;
use maud::{Markup, html};

/// The pass that puts links in the place of frames.
const FRAMES: &str = "frames";

/// What undoes a removal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Remedy {
    /// What comes back of it; `None` where it can't be put back by itself.
    back: Option<Back>,
    /// The command that puts it back into its entry, where one does.
    restore: Option<String>,
    /// A line that keeps what is like it, where one does.
    keep: Option<String>,
    /// The line that switches its pass off, where that can be.
    off: Option<String>,
    /// The line that takes out what was put in its place, too.
    remove: Option<String>,
}

impl Remedy {
    /// What undoes a removal of a source's entry.
    pub(super) fn of(removal: &Removal, entry: &Entry, source: &str) -> Self {
        let back = back(removal, entry);
        let restore = restore(removal, entry, source, back);
        let can_restore = restore.is_some();
        let is_pass = PASSES.iter().any(|pass| pass.name == removal.pass);
        let is_markup = removal.after.is_none() && removal.before.contains(char::is_whitespace)
            || removal.before.contains('<');
        let title = plain(entry.title.as_ref());
        let keep = clean::handle(&removal.before, &title)
            .filter(|_| can_restore && is_markup && removal.after.is_none());
        Self {
            back,
            restore,
            keep: keep.as_ref().map(|matcher| line("keep", &written(matcher))),
            // Without the links of `frames`, safety would take the frames as they came; and where nothing comes back, nothing does.
            off: (is_pass
                && back != Some(Back::Nothing)
                && !matches!(removal.pass.as_str(), "safety" | "user-rules" | FRAMES))
            .then(|| line("off", &quoted(&removal.pass))),
            // What a user asks to remove goes before frames become links, so it is the frame that has to be named.
            remove: (removal.pass == FRAMES)
                .then(|| clean::handle(&removal.before, &title))
                .flatten()
                .map(|matcher| line("remove", &written(&matcher))),
        }
    }

    /// The same for people.
    pub(super) fn markup(&self, removal: &Removal) -> Markup {
        html! {
            @if let Some(restore) = &self.restore {
                p { (words::KEEP_ENTRY) }
                (code(restore))
                p { (words::KEEP_SOURCE) }
                (code(&format!("{restore} --for-source")))
            }
            @match self.back {
                Some(Back::Part) => p.note { (words::BACK_IN_PART) },
                Some(Back::Nothing) => p { (words::NOTHING_BACK) },
                Some(Back::Whole) | None => {},
            }
            @if removal.pass == "safety" { p { (words::NEVER) } }
            @if removal.pass == FRAMES { p { (words::NO_FRAME) } }
            @if let Some(remove) = &self.remove {
                p { (words::REMOVE_LINK) }
                (code(remove))
            }
            @if removal.pass == "user-rules" { p { (words::YOURS) } }
            @else if let Some(keep) = &self.keep {
                p { (words::KEEP_LINE) }
                (code(keep))
            }
            @if let Some(off) = &self.off {
                p { (if self.back.is_some() { words::KEEP_OFF } else { words::ONLY_OFF }) }
                (code(off))
            }
        }
    }
}

/// The command that puts a removal back, for people, or why there is none.
pub(super) fn in_short(removal: &Removal, entry: &Entry, source: &str) -> Markup {
    let restore = restore(removal, entry, source, back(removal, entry));
    html! {
        @match restore {
            Some(restore) => (code(&restore)),
            None => p.note { (words::STAYS_OUT) },
        }
    }
}

/// What comes back of a removal; `None` where it can't be put back by itself.
fn back(removal: &Removal, entry: &Entry) -> Option<Back> {
    let restored = clean::restored(removal, entry, &Feed::default(), false);
    restored.map(|_| clean::back(&removal.before))
}

/// The command that puts it back into its entry, where something would come back.
fn restore(removal: &Removal, entry: &Entry, source: &str, back: Option<Back>) -> Option<String> {
    back.filter(|back| *back != Back::Nothing)?;
    let piece = clean::piece_of(removal);
    Some(format!("feedwash restore {source} {} {piece}", entry.key))
}

/// What is written into a terminal or a file, and can be copied.
fn code(text: &str) -> Markup {
    html! { pre { code data-copy=(text) { (text) } } }
}

fn line(key: &str, value: &str) -> String {
    format!("{key} = [{value}]")
}

/// A matcher as it stands in `feeds.toml`.
fn written(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Selector(selector) => quoted(selector),
        Matcher::Text(text) => format!("{{ text = {} }}", quoted(text)),
    }
}

/// A text in quotes, as TOML wants it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::model::{EntryKey, Field};
    use std::path::Path;

    fn removal(pass: &str, before: &str, after: Option<&str>) -> Removal {
        Removal {
            entry: EntryKey::default(),
            number: 3,
            field: Field::Content,
            pass: pass.into(),
            rule: "a rule".into(),
            evidence: None,
            before: before.into(),
            after: after.map(str::to_owned),
        }
    }

    #[track_caller]
    fn check(removal: &Removal, restores: bool, keep: Option<&str>, off: Option<&str>) {
        let entry = Entry {
            key: EntryKey::from_hash(b"entryone"),
            ..Entry::default()
        };
        let remedy = Remedy::of(removal, &entry, "press");
        let piece = clean::piece_of(removal);
        let restore = restores.then(|| format!("feedwash restore press 656e7472796f6e65 {piece}"));
        let said = [&remedy.restore, &remedy.keep, &remedy.off].map(Option::as_deref);
        assert_eq!(said, [restore.as_deref(), keep, off]);
        for line in [keep, off].into_iter().flatten() {
            let file =
                format!("[[source]]\nname = \"press\"\nurl = \"https://press.example/\"\n{line}\n");
            Config::from_toml(&file, Path::new(""), None).expect("a line that feeds.toml takes");
        }
    }

    #[test]
    fn each_is_undone_as_it_can_be() {
        check(
            &removal("share-buttons", "<div class=\"share\">x</div>", None),
            true,
            Some("keep = [\"div.share\"]"),
            Some("off = [\"share-buttons\"]"),
        );
        check(
            &removal("appeals", "<p>Say \"yes\" \\ now</p>", None),
            true,
            Some("keep = [{ text = 'Say \"yes\" \\ now' }]"),
            Some("off = [\"appeals\"]"),
        );
        check(
            &removal(
                "tracker-parameters",
                "https://a.example/?utm_source=x",
                Some("https://a.example/"),
            ),
            true,
            None,
            Some("off = [\"tracker-parameters\"]"),
        );
        check(
            &removal("frames", "<iframe src=x></iframe>", Some("<a>")),
            false,
            None,
            None,
        );
        check(
            &removal("page-parts", "<button class=x></button>", None),
            false,
            None,
            None,
        );
        check(
            &removal("safety", "<script>x</script>", None),
            false,
            None,
            None,
        );
        check(
            &removal("user-rules", "<p>x</p>", None),
            true,
            Some("keep = [{ text = \"x\" }]"),
            None,
        );
    }
}
