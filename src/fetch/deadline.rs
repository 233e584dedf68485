//! When a fetch has to be over, one moment for its redirects, heads and body together; and when somebody answered last.

use super::FetchError;
use crate::limits::NETWORK_KNOWN;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The end of a fetch, and how long it was from the beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    total: Duration,
    at: Instant,
}

impl Deadline {
    /// So long from now.
    pub(super) fn after(total: Duration) -> Self {
        let at = Instant::now() + total;
        Self { total, at }
    }

    /// Moves it: what we wait for ourselves is not counted against a server.
    pub(super) fn put_off(&mut self, by: Duration) {
        self.at += by;
    }

    /// How long is left.
    pub(super) fn left(self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Fails where it has passed.
    pub(super) fn check(self) -> Result<(), FetchError> {
        match self.left().is_zero() {
            true => Err(self.passed()),
            false => Ok(()),
        }
    }

    /// What is said when it has passed.
    pub(super) fn passed(self) -> FetchError {
        FetchError::Timeout(self.total)
    }

    /// Waits for a server, but not longer than is usual, nor than the user wants to wait in all.
    pub(super) async fn within<T>(
        self,
        usual: Duration,
        work: impl Future<Output = T>,
        message: impl FnOnce(u64) -> String,
    ) -> Result<T, FetchError> {
        let left = self.left();
        let patience = usual.min(left);
        let done = tokio::time::timeout(patience, work).await;
        done.map_err(|_| match left <= usual {
            true => self.passed(),
            false => FetchError::Slow(message(patience.as_secs())),
        })
    }
}

/// When somebody answered last, whoever it was. Cheap to clone; every clone is the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Answered(Arc<Mutex<Option<Instant>>>);

impl Answered {
    /// Somebody answered just now.
    pub(super) fn now(&self) {
        *self.last() = Some(Instant::now());
    }

    /// Whether it is so short ago that there must be a network.
    pub(super) fn is_recent(&self) -> bool {
        self.last().is_some_and(|at| at.elapsed() < NETWORK_KNOWN)
    }

    fn last(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_left_is_all_that_a_later_phase_has() {
        let mut deadline = Deadline::after(Duration::ZERO);
        assert!(matches!(deadline.check(), Err(FetchError::Timeout(_))));
        let forever = std::future::pending::<()>();
        let waited = deadline
            .within(Duration::from_secs(60), forever, |_| "never".into())
            .await;
        assert!(matches!(waited, Err(FetchError::Timeout(_))));
        deadline.put_off(Duration::from_secs(3600));
        assert!(deadline.check().is_ok());
        let forever = std::future::pending::<()>();
        let waited = deadline
            .within(Duration::ZERO, forever, |_| "slow".into())
            .await;
        assert!(matches!(waited, Err(FetchError::Slow(_))));
    }
}
