//! The turns of hosts: how many polls a host sees at once, and how many wait for it.

use crate::config::Location;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::Semaphore;

/// How many polls may run at one host at once: a publisher with fifty feeds sees two visitors, not fifty.
pub(super) const POLLS_A_HOST: usize = 2;

/// How many sources of one host may wait for its turn; more are put back into the store.
pub(super) const WAITING_A_HOST: usize = 8;

/// The turns of hosts: so many polls at once a host, however many feeds it has.
#[derive(Debug, Default)]
pub struct Turns(Mutex<Hosts>);

#[derive(Debug, Default)]
struct Hosts {
    known: HashMap<String, Weak<Host>>,
    /// With how many those at which nobody polls are forgotten.
    crowd: usize,
}

/// Fewer hosts are not worth a look.
const CROWD_MIN: usize = 64;

/// A host at which somebody polls or waits.
#[derive(Debug)]
pub(crate) struct Host {
    /// Places in its queue, those that poll included.
    pub(super) queue: Arc<Semaphore>,
    /// Its turns.
    pub(crate) turn: Semaphore,
}

impl Turns {
    /// The host of a location. Hosts at which nobody polls are forgotten.
    pub(crate) fn of(&self, location: &Location) -> Arc<Host> {
        let new = || {
            let queue = Arc::new(Semaphore::new(POLLS_A_HOST + WAITING_A_HOST));
            Arc::new(Host {
                queue,
                turn: Semaphore::new(POLLS_A_HOST),
            })
        };
        let Some(name) = location.host() else {
            return new();
        };
        // A panic while the lock is held can't leave the map half-changed: each change is one step.
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.known.get(name).and_then(Weak::upgrade) {
            return host;
        }
        if hosts.known.len() >= hosts.crowd {
            hosts.known.retain(|_, host| host.strong_count() > 0);
            // So that forgetting costs each visit the same, however many there are.
            hosts.crowd = 2 * hosts.known.len().max(CROWD_MIN);
        }
        let host = new();
        hosts.known.insert(name.to_owned(), Arc::downgrade(&host));
        host
    }
}
