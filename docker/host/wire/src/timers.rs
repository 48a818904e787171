//! Limits of waits that nearly always end before them.

use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::deadline::Deadline;

/// How many timers are kept: as many as requests are usually under way at a time.
const MOST_KEPT: usize = 128;

/// Timers that are kept for the next wait. To register one with the runtime for every request, and to take it out again, is a
/// twentieth of what a proxied request costs.
#[derive(Debug, Default)]
pub struct Timers(Mutex<Vec<Deadline>>);

impl Timers {
    /// Waits for `work`; `None` if it takes longer than `limit`.
    pub async fn within<T>(&self, limit: Duration, work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        let mut deadline = self.kept().pop().unwrap_or_else(|| Deadline::new(limit));
        deadline.set(limit);
        let done = tokio::select! {
            biased;
            done = work => Some(done),
            () = deadline.passed() => None,
        };
        let mut kept = self.kept();
        if kept.len() < MOST_KEPT {
            kept.push(deadline);
        }
        done
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Deadline>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timer_that_is_used_again_keeps_each_limit() {
        let timers = Timers::default();
        let begun = Instant::now();
        assert_eq!(timers.within(Duration::from_secs(1800), pin!(ready(1))).await, Some(1));
        for seconds in [5, 60, 2] {
            let since = Instant::now();
            assert_eq!(timers.within(Duration::from_secs(seconds), pin!(pending::<()>())).await, None);
            assert_eq!(since.elapsed().as_secs(), seconds);
        }
        assert_eq!(timers.kept().len(), 1);
        assert_eq!(begun.elapsed().as_secs(), 67);
    }
}
