//! How often a handler has failed, or asked to be started again, and what that calls for (protocol.md#exit-and-restart).

use std::time::{Duration, Instant};

const MAX_FAILURES: usize = 3;
/// Failures further apart than this are not counted together.
const FAILURE_MEMORY_SECONDS: u64 = 30 * 60;
/// A handler that has asked so often for a restart, each time soon after its start, is started more slowly from then on. The real
/// host starts it again as fast as it ends.
const QUICK_RESTARTS: u32 = 10;
/// One that has lived for so long has not ended soon after its start.
const SHORT_LIFE_SECONDS: u64 = 10;
/// The first pause before a slow restart; each one after it is twice as long.
const FIRST_PAUSE_SECONDS: u64 = 1;
const MAX_PAUSE_SECONDS: u64 = 32;

#[derive(Debug, Default)]
pub(super) struct Restarts {
    failures: Vec<Instant>,
    /// How often in a row the handler has asked for a restart soon after its start.
    pub quick: u32,
}

impl Restarts {
    /// Counts a failure, and says whether that was one too many.
    pub(super) fn count_failure(&mut self) -> bool {
        let now = Instant::now();
        let memory = Duration::from_secs(FAILURE_MEMORY_SECONDS);
        if self.failures.last().is_some_and(|last| now.duration_since(*last) > memory) {
            self.failures.clear();
        }
        self.failures.push(now);
        self.failures.len() >= MAX_FAILURES
    }

    /// Counts a restart that the handler has asked for, and says how many seconds to wait before it.
    pub(super) fn count_request(&mut self, lived: Duration) -> Option<u64> {
        if lived > Duration::from_secs(SHORT_LIFE_SECONDS) {
            self.quick = 0;
        }
        self.quick += 1;
        let slow = self.quick.checked_sub(QUICK_RESTARTS)?;
        Some(MAX_PAUSE_SECONDS.min(FIRST_PAUSE_SECONDS << slow.min(8)))
    }
}
