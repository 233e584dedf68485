//! Whether a user's rules can be used: passes that are there, selectors that are understood, texts that say something.

use super::{PASSES, SAFETY};
use crate::model::{Matcher, Rules};

/// Why a source's rules can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// `off` names no pass.
    #[error("no pass is called `{name}`; {}", suggestion.map_or_else(every_pass, |name| format!("did you mean `{name}`?")))]
    UnknownPass {
        /// The name as written.
        name: String,
        /// The nearest name of a pass.
        suggestion: Option<&'static str>,
    },
    /// `off` names `safety`.
    #[error("`safety` can't be switched off")]
    SafetyOff,
    /// A selector is no CSS, or CSS of a kind that the parser doesn't know.
    #[error(
        "{selector:?} is no CSS selector that is understood here: write one like \"div.promo\" or \"#ad\", or {{ text = \"…\" }} to match text"
    )]
    BadSelector {
        /// The selector as written.
        selector: String,
    },
    /// A text to match is empty, and so would match everything or nothing.
    #[error("the text to match is empty: write some words that stand in the part you mean")]
    EmptyText,
}

fn every_pass() -> String {
    let names: Vec<_> = PASSES
        .iter()
        .map(|pass| pass.name)
        .filter(|name| *name != SAFETY)
        .collect();
    format!("there are {}", names.join(", "))
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
        match matcher {
            Matcher::Selector(selector) if scraper::Selector::parse(selector).is_err() => {
                return Err(RuleError::BadSelector {
                    selector: selector.clone(),
                });
            }
            Matcher::Text(text) if text.trim().is_empty() => return Err(RuleError::EmptyText),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_rule(rules: Rules, expected: Result<(), &str>) {
        assert_eq!(
            check_rules(&rules).map_err(|error| error.to_string()),
            expected.map_err(str::to_owned)
        );
    }

    #[test]
    fn rules_that_work() {
        let off = PASSES
            .iter()
            .map(|pass| pass.name.to_owned())
            .filter(|name| name != SAFETY)
            .collect();
        check_rule(
            Rules {
                off,
                remove: vec![Matcher::Selector("div.promo > p".to_owned())],
                ..Rules::default()
            },
            Ok(()),
        );
    }

    #[test]
    fn rules_that_do_not() {
        let off = |name: &str| Rules {
            off: vec![name.to_owned()],
            ..Rules::default()
        };
        check_rule(
            off("share-button"),
            Err("no pass is called `share-button`; did you mean `share-buttons`?"),
        );
        check_rule(
            off("xyz"),
            Err(&format!("no pass is called `xyz`; {}", every_pass())),
        );
        check_rule(off("safety"), Err("`safety` can't be switched off"));
    }

    #[test]
    fn matchers_that_match_nothing() {
        let keep = |matcher| Rules {
            keep: vec![matcher],
            ..Rules::default()
        };
        for selector in ["p..a", "div[", "", "  "] {
            let expected = format!(
                "{selector:?} is no CSS selector that is understood here: write one like \"div.promo\" or \"#ad\", or {{ text = \"…\" }} to match text"
            );
            check_rule(keep(Matcher::Selector(selector.to_owned())), Err(&expected));
        }
        check_rule(
            keep(Matcher::Text(" \n".to_owned())),
            Err("the text to match is empty: write some words that stand in the part you mean"),
        );
    }
}
