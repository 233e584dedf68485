//! Turns at the processor: so much is rendered, parsed and compressed for readers at once, whatever is asked for.
//!
//! Invariant: a turn is held until the work ends, and not only until its reader leaves.

use super::{BUG, Problem};
use std::num::NonZero;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of a server.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Semaphore>);

/// A turn, for as long as it is held.
#[derive(Debug)]
pub(super) struct Turn(
    #[expect(dead_code, reason = "it is given back where this is dropped")] OwnedSemaphorePermit,
);

impl Default for Turns {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        // Two, so that one large feed holds up nobody on a machine with one.
        Self(Arc::new(Semaphore::new(processors.max(2))))
    }
}

impl Turns {
    /// Waits for a turn.
    pub(super) async fn take(&self) -> Turn {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        Turn(turn.expect("the semaphore is never closed"))
    }

    /// Waits for a turn, and works on a thread for such work.
    ///
    /// # Errors
    /// A [`Problem`] where it panics.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        self.take().await.work(work).await
    }
}

impl Turn {
    /// Works on a thread for such work, and gives the turn back when that ends.
    ///
    /// # Errors
    /// A [`Problem`] where it panics.
    pub(super) async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let done = tokio::task::spawn_blocking(move || {
            let _turn = self;
            work()
        });
        done.await.map_err(|_| BUG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_is_held_until_the_work_ends_though_nobody_waits_for_it() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let work = turns.work(move || wait.recv());
        let left = tokio::time::timeout(std::time::Duration::from_millis(20), work).await;
        assert!(left.is_err(), "it works on");
        assert_eq!(turns.0.available_permits(), 0);
        go.send(()).expect("it listens");
        assert_eq!(turns.work(|| 7).await.expect("it is its turn"), 7);
    }
}
