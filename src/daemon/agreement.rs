//! Whether the programs that share a store were told the same by their configurations, told once when they were not.
//!
//! It compares nothing itself and stops nobody: each goes on, and whatever is read last counts.

use super::App;
use crate::store::{Differing, Others};
use std::time::{Duration, Instant};

/// How long configurations may differ before somebody is told: as long as it takes to change them on one machine after the
/// other.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen of the others.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Who was there, with hashes of what they were told; `None` before it was asked for.
    team: Option<Vec<(i64, String)>>,
    /// In what they differ, in words, and since when; empty where they agree.
    differing: String,
    since: Option<Instant>,
    /// What was told last of that.
    told: String,
}

impl Watch {
    /// Looks again although nobody else has changed: this program was told something new.
    pub(super) fn anew(&mut self) {
        self.team = None;
    }

    /// Looks whether all agree.
    pub(super) async fn look(&mut self, app: &App) {
        let team = app.store.team();
        if self.team.as_ref() != Some(&team) {
            match app.store.others().await {
                Ok(others) => {
                    self.team = Some(team);
                    app.pulse.hear(others);
                }
                Err(error) => {
                    tracing::debug!(%error, "can't ask how other programs are configured");
                    return;
                }
            }
        }
        let others = app.pulse.others().unwrap_or_default();
        self.tell(&others, Instant::now());
    }

    fn tell(&mut self, others: &Others, now: Instant) {
        let differing: Vec<String> = others.differing.iter().map(said).collect();
        let differing = differing.join("; ");
        if differing.is_empty() && !std::mem::take(&mut self.told).is_empty() {
            tracing::info!("the configurations of all programs that share this store agree again");
        }
        if differing != self.differing {
            (self.differing, self.since) = (differing, Some(now));
        }
        let lasts = self.since.map(|since| now.saturating_duration_since(since));
        if self.differing == self.told || lasts.is_none_or(|lasts| lasts < PATIENCE) {
            return;
        }
        self.told.clone_from(&self.differing);
        tracing::warn!(
            others = self.differing,
            "programs that share this store have other configurations, and what was read last counts for all: give all the same \
             feeds.toml and reload them"
        );
    }
}

/// What a program has otherwise, in words.
pub(crate) fn said(other: &Differing) -> String {
    let counts = [
        (other.otherwise, "sources that differ"),
        (other.fewer, "sources that it lacks"),
        (other.more, "sources that only it has"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let mut said: Vec<String> = counts
        .map(|(count, what)| format!("{what}: {count}"))
        .collect();
    if other.is_shared {
        said.push("another public_url, adaptive or keep_days".to_owned());
    }
    format!("on {}: {}", other.machine, said.join(", "))
}

/// Where this program runs, for people.
pub(super) fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = match name.trim() {
        "" => "a machine without a name",
        name => name,
    };
    format!("{name} (process {})", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differing() -> Others {
        let other = Differing {
            machine: "b (process 7)".into(),
            is_shared: true,
            more: 0,
            fewer: 2,
            otherwise: 3,
        };
        Others {
            agreeing: 1,
            differing: vec![other],
        }
    }

    #[test]
    fn who_differs_is_told_of_in_words() {
        let expected = "on b (process 7): sources that differ: 3, sources that it lacks: 2, another public_url, adaptive or keep_days";
        assert_eq!(said(&differing().differing[0]), expected);
    }

    #[test]
    fn one_is_told_once_and_not_of_a_change_that_rolls_on() {
        let mut watch = Watch::default();
        let start = Instant::now();
        watch.tell(&differing(), start);
        assert_eq!(watch.told, "", "it may be about to be changed");
        watch.tell(&Others::default(), start + PATIENCE / 2);
        watch.tell(&differing(), start + PATIENCE);
        assert_eq!(watch.told, "", "it agreed in between");
        watch.tell(&differing(), start + 2 * PATIENCE);
        assert_eq!(watch.told, watch.differing);
        let mut half = differing();
        half.differing[0].fewer = 0;
        watch.tell(&half, start + 3 * PATIENCE);
        assert_ne!(watch.told, watch.differing, "it may go on being mended");
        watch.tell(&half, start + 4 * PATIENCE);
        assert_eq!(watch.told, watch.differing);
        watch.tell(&Others::default(), start + 5 * PATIENCE);
        assert_eq!(watch.told, "");
    }
}
