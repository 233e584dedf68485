//! Work that takes milliseconds, away from the threads that answer readers and publishers.
//!
//! Always on the same threads: an allocator keeps what a thread freed for that thread, and the runtime's own blocking
//! pool has up to hundreds, each of which would keep what a large document left behind.

use super::PollError;
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, SemaphorePermit};

static THREADS: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(*PROCESSORS)
        .thread_name("feedwash-wash")
        .build()
        .expect("a runtime without I/O or timers needs nothing but memory and threads")
});

static TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(*PROCESSORS));

/// How many documents are washed and written at once: more would take memory, and no less time. Asked once, for it may
/// change under a running program, and all turns are to be had for ever.
static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get));

/// Does something on the threads for such work.
///
/// # Errors
/// [`PollError::Panicked`].
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PollError> {
    let done = THREADS.spawn(async move { work() });
    done.await.map_err(|_| PollError::Panicked)
}

/// A turn of washing and writing, given back when it is dropped; all of them where something large has to be alone.
pub(super) async fn turn(is_alone: bool) -> Option<SemaphorePermit<'static>> {
    let turns = if is_alone { *PROCESSORS } else { 1 };
    TURNS.acquire_many(u32::try_from(turns).ok()?).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_of_that_poll_only() {
        let failed = apart(|| panic!("on purpose")).await;
        assert!(matches!(failed, Err::<(), _>(PollError::Panicked)));
        assert_eq!(apart(|| 1).await.ok(), Some(1));
    }

    #[tokio::test]
    async fn who_is_alone_waits_for_all_others() {
        let one = turn(false).await;
        let alone = tokio::time::timeout(std::time::Duration::ZERO, turn(true));
        assert!(alone.await.is_err());
        drop(one);
        assert!(turn(true).await.is_some());
    }
}
