//! What is asked of the store for many readers at once, and is as good a second later.

use crate::store::StoreError;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long an answer stays good: who reads it can't tell, and whoever asks in a loop costs nobody anything.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// How long the store is waited for, where somebody has something to say without it.
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// The last answer, if there was one, and when.
#[derive(Debug)]
pub(super) struct Fresh<T>(Mutex<Option<(Instant, Option<Arc<T>>)>>);

impl<T> Default for Fresh<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Fresh<T> {
    /// The answer, asked for anew where the last is too old. Those who come meanwhile wait for it.
    ///
    /// # Errors
    /// Whatever the asking ends with, and [`StoreError::Database`] where it takes too long.
    pub(super) async fn get(
        &self,
        ask: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<Arc<T>, StoreError> {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < GOOD_FOR
        {
            return answer.clone().ok_or(StoreError::Silent);
        }
        let answer = in_time(ask).await.map(Arc::new);
        // That there was none is as good: else each of a crowd would wait in vain, one after the other.
        *last = Some((Instant::now(), answer.as_ref().ok().cloned()));
        answer
    }
}

/// Waits for the store as long as who asks would wait: a database that hangs is told of, and not hung with.
///
/// # Errors
/// Those of the asking, and [`StoreError::Silent`].
pub(super) async fn in_time<T>(
    ask: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answered = tokio::time::timeout(STORE_PATIENCE, ask).await;
    answered.unwrap_or(Err(StoreError::Silent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asks_in_a_loop_asks_the_store_once() {
        let fresh = Fresh::default();
        let mut asked = 0;
        for _ in 0..5 {
            let answer = fresh.get(async {
                asked += 1;
                Ok(asked)
            });
            assert_eq!(*answer.await.expect("it answers"), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_hangs_is_told_of() {
        let fresh = Fresh::<u8>::default();
        let answer = fresh.get(std::future::pending()).await;
        assert!(matches!(answer, Err(StoreError::Silent)));
        let next = fresh.get(async { panic!("nobody is asked so soon") }).await;
        assert!(next.is_err());
    }
}
