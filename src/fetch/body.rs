//! Reads bodies: no larger, no slower and no more of them at once than we can bear.
//!
//! Most feeds are small, so most bodies wait for nobody. A larger one waits until another that is as large was washed, so
//! that memory is bounded by a sum, and not by how many sources there are times the largest body.
//!
//! Invariants: who waits here waits for one that is being read or washed, never in a circle, for places are taken from the
//! smaller to the larger (a large body keeps its medium place while it waits, so that four that wait hold up medium ones,
//! and never small ones); waiting for others is not counted against a server.

use super::FetchError;
use super::deadline::Deadline;
use crate::limits::{
    BODIES_LARGE, BODIES_MEDIUM, BODY_GRACE, BODY_IDLE_TIMEOUT, BODY_MEDIUM_BYTES, BODY_RATE_MIN,
    BODY_SMALL_BYTES, ERROR_PAGE_TIMEOUT, WALL_BYTES_MAX,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bodies of each size may be in memory.
#[derive(Debug, Clone)]
pub(super) struct Room {
    medium: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            medium: Arc::new(Semaphore::new(BODIES_MEDIUM)),
            large: Arc::new(Semaphore::new(BODIES_LARGE)),
        }
    }
}

/// The place of a body in memory; it is free for the next when this is dropped.
#[derive(Debug, Default)]
pub struct Place(Vec<OwnedSemaphorePermit>);

impl Room {
    /// Reads a body of at most so many bytes, after content decoding.
    pub(super) async fn read(
        &self,
        mut response: reqwest::Response,
        bytes_max: usize,
        mut deadline: Deadline,
    ) -> Result<(Vec<u8>, Place), FetchError> {
        let too_large = Err(FetchError::TooLarge(bytes_max));
        // Content that is coded is longer than this says, never much shorter.
        if response
            .content_length()
            .is_some_and(|bytes| bytes > bytes_max as u64)
        {
            return too_large;
        }
        let (mut body, mut place) = (Vec::new(), Place::default());
        let mut begun = Instant::now();
        loop {
            let chunk = deadline.within(BODY_IDLE_TIMEOUT, response.chunk(), |seconds| {
                format!("the server sent nothing for {seconds}s")
            });
            let chunk = chunk
                .await?
                .map_err(|error| FetchError::from_reqwest(error, deadline))?;
            let Some(chunk) = chunk else {
                return Ok((body, place));
            };
            if body.len() + chunk.len() > bytes_max {
                return too_large;
            }
            body.extend_from_slice(&chunk);
            let waiting = Instant::now();
            self.make_way(body.len(), &mut place).await;
            let waited = waiting.elapsed();
            begun += waited;
            deadline.put_off(waited);
            deadline.check()?;
            keeps_up(body.len(), begun.elapsed())?;
        }
    }

    /// Waits until there is room for a body that has become so long.
    async fn make_way(&self, bytes: usize, place: &mut Place) {
        let sizes = [
            (BODY_SMALL_BYTES, &self.medium),
            (BODY_MEDIUM_BYTES, &self.large),
        ];
        for (held, (above, room)) in sizes.into_iter().enumerate() {
            if bytes > above
                && place.0.len() == held
                && let Ok(permit) = Arc::clone(room).acquire_owned().await
            {
                place.0.push(permit);
            }
        }
    }
}

/// The beginning of the page that says why there is no feed, where it comes at once; an error has no right to more.
pub(super) async fn page_of_error(mut response: reqwest::Response, deadline: Deadline) -> Vec<u8> {
    let mut page = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = WALL_BYTES_MAX - page.len();
            page.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if page.len() == WALL_BYTES_MAX {
                break;
            }
        }
    };
    // What has come until then is looked at.
    let _ = tokio::time::timeout(ERROR_PAGE_TIMEOUT.min(deadline.left()), read).await;
    page
}

/// Whether a server has sent as much as a slow line would have.
fn keeps_up(bytes: usize, since: Duration) -> Result<(), FetchError> {
    let seconds = since.saturating_sub(BODY_GRACE).as_secs();
    let least = seconds.saturating_mul(BODY_RATE_MIN);
    if seconds > 0 && (bytes as u64) < least {
        return Err(FetchError::Slow(format!(
            "the server sent fewer than {BODY_RATE_MIN} bytes a second"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_take_its_time_but_not_for_ever() {
        let check = |bytes, seconds| keeps_up(bytes, Duration::from_secs(seconds)).is_ok();
        assert!(check(1, 5));
        assert!(check(1_000_000, 50));
        assert!(!check(20, 20));
    }

    #[tokio::test]
    async fn large_bodies_wait_for_each_other() {
        let room = Room::default();
        let mut places = Vec::new();
        for _ in 0..BODIES_LARGE {
            let mut place = Place::default();
            room.make_way(BODY_MEDIUM_BYTES + 1, &mut place).await;
            places.push(place);
        }
        let (mut small, mut medium, mut large) = Default::default();
        room.make_way(BODY_SMALL_BYTES, &mut small).await;
        room.make_way(BODY_SMALL_BYTES + 1, &mut medium).await;
        assert_eq!((small.0.len(), medium.0.len()), (0, 1));
        let waits = tokio::time::timeout(
            Duration::ZERO,
            room.make_way(BODY_MEDIUM_BYTES + 1, &mut large),
        );
        assert!(waits.await.is_err());
        places.pop();
        room.make_way(BODY_MEDIUM_BYTES + 1, &mut large).await;
        assert_eq!(large.0.len(), 2);
    }
}
