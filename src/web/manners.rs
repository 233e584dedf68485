//! How visitors' wishes are fetched: as politely as polls, and at the same hosts' turns.
//!
//! Invariant: whose publisher asked all its visitors to wait is not asked before then, whoever wants it: not at an address that
//! is given, though another may redirect there.

use crate::config::Location;
use crate::daemon::App;
use crate::schedule::site;
use jiff::Timestamp;
use std::time::Duration;
use url::Url;

/// How long a host's turn is waited for: less than whoever waits for the answer would.
const TURN_PATIENCE: Duration = Duration::from_secs(5);

/// Why a host was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAsked {
    /// Its publisher asked to be left alone until then.
    Held(Timestamp),
    /// Polls have its turns.
    Busy,
}

/// Does what asks a host, at the host's turn.
///
/// # Errors
/// [`NotAsked`]; nothing is asked then.
pub(super) async fn politely<T>(
    app: &App,
    url: &Url,
    ask: impl Future<Output = T>,
) -> Result<T, NotAsked> {
    let host = app.turns.of(&Location::Http(url.clone()));
    let turn = tokio::time::timeout(TURN_PATIENCE, host.turn.acquire()).await;
    let _turn = turn.map_err(|_| NotAsked::Busy)?;
    // It may have asked so while this one waited.
    if let Some(site) = site(url) {
        let held = app.store.held(&site, Timestamp::now()).await;
        let held = held.unwrap_or_else(|error| {
            tracing::debug!(site, %error, "whether a publisher asked to wait is not known");
            None
        });
        if let Some(until) = held {
            return Err(NotAsked::Held(until));
        }
    }
    Ok(ask.await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, StoreLocation};
    use crate::daemon::Role;
    use crate::poll::Live;
    use crate::store::Store;
    use std::path::Path;

    #[tokio::test]
    async fn what_a_visitor_wants_waits_for_the_turn_of_its_host() {
        let config = Config::from_toml("", Path::new("."), None).expect("an empty file is valid");
        let store = Store::open(&StoreLocation::Memory).await;
        let live = Live::new(config).expect("a client");
        let (app, _sender) = App::new(store.expect("a store in memory"), live, Role::default());
        let url = Url::parse("https://press.example/favicon.ico").expect("a URL");
        let elsewhere = Url::parse("https://other.example/").expect("a URL");
        let host = app.turns.of(&Location::Http(url.clone()));
        let every = u32::try_from(host.turn.available_permits()).expect("a few");
        let polls = host.turn.acquire_many(every).await.expect("it is open");
        let wanted = politely(&app, &url, async {});
        let waited = tokio::time::timeout(Duration::from_millis(20), wanted).await;
        assert!(waited.is_err(), "polls have it");
        assert_eq!(politely(&app, &elsewhere, async { 7 }).await, Ok(7));
        drop(polls);
        assert_eq!(politely(&app, &url, async { 8 }).await, Ok(8));
    }
}
