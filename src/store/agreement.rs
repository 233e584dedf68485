//! What programs that share a store have to agree on, and whether they do: each reads a `feeds.toml` of its own, and each start
//! or reload would undo what another's says otherwise.
//!
//! Compares, and changes nothing. Secrets, proxies and limits of one machine are its own business and are not compared; nothing
//! of what is compared can be read from what is stored of it.

use super::leases::Member;
use super::{Pools, Store, StoreError, Taken, hash};
use crate::config::{Config, SourceConfig};
use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Row as _};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Of a source, as it is stored: so many digits of its name's hash …
const NAME_DIGITS: usize = 10;

/// … and of that of its settings.
const SETTINGS_DIGITS: usize = 6;

/// Digits of the hash of what all sources share, and of all sources together.
const DIGITS: usize = 16;

/// What all programs have to agree on, in hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Agreement {
    settings: String,
    sources: String,
}

/// A program that was told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    /// Where it runs.
    pub machine: String,
    /// Whether `public_url`, `adaptive` or `keep_days` are others.
    pub is_shared: bool,
    /// How many sources only it has.
    pub more: usize,
    /// How many it lacks.
    pub fewer: usize,
    /// How many have other settings there.
    pub otherwise: usize,
}

/// The programs that poll into a shared store, besides this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Others {
    /// How many were told the same.
    pub agreeing: usize,
    /// Those that were told otherwise.
    pub differing: Vec<Differing>,
}

impl Agreement {
    /// What a configuration says.
    pub(super) fn of(config: &Config) -> Self {
        // Sources have the same rules most often, and rules are long.
        let mut known: Option<(&SourceConfig, String)> = None;
        let mut sources = BTreeMap::new();
        for source in &config.sources {
            let rules = match &known {
                Some((before, rules)) if before.rules == source.rules => rules.clone(),
                _ => hash(format!("{:?}", source.rules).as_bytes()),
            };
            let settings = format!(
                "{} {:?} {} {rules}",
                source.location, source.interval, source.page_entries
            );
            let digits = |text: &str, count| hash(text.as_bytes())[..count].to_owned();
            sources.insert(
                digits(source.name.as_str(), NAME_DIGITS),
                digits(&settings, SETTINGS_DIGITS),
            );
            known = Some((source, rules));
        }
        let sources: String = sources
            .into_iter()
            .flat_map(|(name, it)| [name, it])
            .collect();
        let shared = format!(
            "{} {} {}",
            config.server.public_url, config.polling.adaptive, config.store.keep_days
        );
        let [shared, all] = [&shared, &sources].map(|text| hash(text.as_bytes()));
        Self {
            settings: format!("{}{}", &shared[..DIGITS], &all[..DIGITS]),
            sources,
        }
    }

    /// One hash of all.
    pub(super) fn settings(&self) -> &str {
        &self.settings
    }

    /// The hashes of the sources, in the order of their names'.
    pub(super) fn sources(&self) -> &str {
        &self.sources
    }

    /// What another, which runs on `machine`, has otherwise.
    fn compare(&self, machine: String, other: &Self) -> Differing {
        let mut mine: HashMap<&str, &str> = each(&self.sources).collect();
        let (mut more, mut otherwise) = (0, 0);
        for (name, settings) in each(&other.sources) {
            match mine.remove(name) {
                None => more += 1,
                Some(own) => otherwise += usize::from(own != settings),
            }
        }
        Differing {
            machine,
            is_shared: self.settings.get(..DIGITS) != other.settings.get(..DIGITS),
            more,
            fewer: mine.len(),
            otherwise,
        }
    }
}

/// The sources of a list of hashes.
fn each(sources: &str) -> impl Iterator<Item = (&str, &str)> {
    let length = NAME_DIGITS + SETTINGS_DIGITS;
    let parts =
        (0..sources.len() / length).filter_map(move |n| sources.get(n * length..(n + 1) * length));
    parts.map(|source| source.split_at(NAME_DIGITS))
}

impl Store {
    /// Takes part among the programs that poll into this store, which is PostgreSQL's; told again when the configuration is
    /// another. Sources are shared among them by publisher. On SQLite there is only one, and nothing happens.
    pub fn take_part(&self, config: &Config, machine: &str) {
        let Pools::Postgres { taker, .. } = &self.db.pools else {
            return;
        };
        let member = Member {
            machine: machine.to_owned(),
            agreement: Agreement::of(config),
        };
        let mut known = taker.known();
        // Who says the same again has joined already.
        if known.member.as_deref() != Some(&member) {
            known.member = Some(Arc::new(member));
            known.unknown.clear();
        }
    }

    /// Gives back sources that the configuration lacks. Where others share the store, they have them, and this program takes
    /// them no more until its configuration changes.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn disown(&self, taken: &[Taken]) -> Result<(), StoreError> {
        if let Pools::Postgres { taker, .. } = &self.db.pools {
            let ids = taken.iter().map(|taken| taken.id);
            taker.known().unknown.extend(ids);
        }
        self.put_back(taken, Timestamp::UNIX_EPOCH).await
    }

    /// Takes part no more: the others have its share at once, and what it is still polling when that is done.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then they have it when the program has ended.
    pub async fn step_back(&self) -> Result<(), StoreError> {
        match &self.db.pools {
            Pools::Sqlite { .. } => Ok(()),
            Pools::Postgres { taker, .. } => taker.leave().await,
        }
    }

    /// The other programs that poll into this store, each with a hash of what it was told, for who looks often whether
    /// something is new. Asks nobody: they are as when something was last taken.
    #[must_use]
    pub fn team(&self) -> Vec<(i64, String)> {
        match &self.db.pools {
            Pools::Sqlite { .. } => Vec::new(),
            Pools::Postgres { taker, .. } => taker.known().others.clone(),
        }
    }

    /// The other programs that poll into this store, as they were when something was last taken; `None` on SQLite, and for a
    /// program that does not take part.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn others(&self) -> Result<Option<Others>, StoreError> {
        let Pools::Postgres { pool, taker } = &self.db.pools else {
            return Ok(None);
        };
        let (member, programs) = {
            let known = taker.known();
            (known.member.clone(), known.others.clone())
        };
        let Some(member) = member else {
            return Ok(None);
        };
        let mine = &member.agreement;
        let (agreeing, differing): (Vec<_>, Vec<_>) = programs
            .into_iter()
            .partition(|(_, settings)| settings == mine.settings());
        let mut others = Others {
            agreeing: agreeing.len(),
            differing: Vec::new(),
        };
        if differing.is_empty() {
            return Ok(Some(others));
        }
        let ids: Vec<i64> = differing.into_iter().map(|(id, _)| id).collect();
        let sql = "select machine, settings, sources from program \
                   where id in (select value::bigint from jsonb_array_elements_text($1::jsonb)) order by id";
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(super::record::to_json(&ids))
            .fetch_all(pool)
            .await?;
        for row in rows {
            let other = Agreement {
                settings: row.try_get("settings")?,
                sources: row.try_get("sources")?,
            };
            if other.settings != mine.settings {
                others
                    .differing
                    .push(mine.compare(row.try_get("machine")?, &other));
            }
        }
        Ok(Some(others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const PRESS: &str = "[[source]]\nname = \"press\"\nurl = \"https://press.example/feed\"\n";
    const TIMES: &str = "[[source]]\nname = \"times\"\nurl = \"https://times.example/feed\"\n";

    fn agreement(toml: &str) -> Agreement {
        let config = Config::from_toml(toml, Path::new("/nowhere"), None);
        Agreement::of(&config.expect("a valid feeds.toml"))
    }

    /// What another has otherwise: whether what all share, and how many sources more, fewer and otherwise.
    #[track_caller]
    fn check(mine: &str, other: &str, expected: (bool, usize, usize, usize)) {
        let (mine, other) = (agreement(mine), agreement(other));
        let it = mine.compare("m".into(), &other);
        assert_eq!((it.is_shared, it.more, it.fewer, it.otherwise), expected);
        let agree = expected == (false, 0, 0, 0);
        assert_eq!(mine.settings() == other.settings(), agree);
    }

    #[test]
    fn what_differs_is_counted() {
        let both = format!("{PRESS}{TIMES}");
        check(&both, &format!("{TIMES}{PRESS}"), (false, 0, 0, 0));
        check(&both, PRESS, (false, 0, 1, 0));
        check("", &both, (false, 2, 0, 0));
        for more in ["interval = \"2h\"", "page_entries = 7", "off = [\"ads\"]"] {
            check(PRESS, &format!("{PRESS}{more}\n"), (false, 0, 0, 1));
        }
        let keep = format!("[store]\nkeep_days = 9\n{PRESS}");
        check(PRESS, &keep, (true, 0, 0, 0));
    }

    #[test]
    fn what_is_a_machines_own_is_not_compared() {
        let public = |listen: &str| {
            format!("[server]\nlisten = \"{listen}\"\npublic_url = \"https://a.example\"\n{PRESS}")
        };
        check(&public("127.0.0.1:9"), &public("[::1]:7"), (false, 0, 0, 0));
        // Where it is not said, it follows from that, and readers would be told another with each start.
        let listen = format!("[server]\nlisten = \"127.0.0.1:9\"\n{PRESS}");
        check(PRESS, &listen, (true, 0, 0, 0));
        for own in [
            "[polling]\nconcurrency = 3\ntimeout = \"9s\"\n",
            "[polling]\nproxy = \"http://proxy.example:3128\"\n",
        ] {
            check(PRESS, &format!("{own}{PRESS}"), (false, 0, 0, 0));
        }
        let secret = format!("{PRESS}cookie = \"a=b\"\n");
        check(PRESS, &secret, (false, 0, 0, 0));
    }
}
