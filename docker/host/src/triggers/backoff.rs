//! How long to wait between polls of an empty queue (protocol.md#queue-polling). Pure but for chance.

use std::time::Duration;

const LEAST_WAIT_MILLISECONDS: u64 = 100;

/// Waits that grow from a tenth of a second to a limit, with some chance so that many hosts do not poll in step.
#[derive(Debug, Clone)]
pub struct Backoff {
    longest: Duration,
    empty_polls: u32,
}

impl Backoff {
    pub fn new(longest: Duration) -> Self {
        Self { longest, empty_polls: 0 }
    }

    /// There was something: begin again with the shortest wait.
    pub fn reset(&mut self) {
        self.empty_polls = 0;
    }

    /// The wait after a poll that found nothing.
    pub fn next_wait(&mut self) -> Duration {
        let wait = wait_after(self.empty_polls, fastrand::f64()).min(self.longest);
        // Counted at the limit, too, so that chance does not lead below it again.
        self.empty_polls = self.empty_polls.saturating_add(1);
        wait
    }
}

/// 100 ms, and from the second empty poll on 80 to 120 ms more, doubled with each further one.
fn wait_after(empty_polls: u32, chance: f64) -> Duration {
    let least = Duration::from_millis(LEAST_WAIT_MILLISECONDS);
    match empty_polls.checked_sub(1) {
        None => least,
        Some(doublings) => least + least.mul_f64(0.8 + 0.4 * chance) * 2_u32.saturating_pow(doublings.min(20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_limit_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_secs(2));
        let waits: Vec<_> = (0..8).map(|_| backoff.next_wait()).collect();
        assert_eq!(waits[0], Duration::from_millis(100));
        assert!(waits.is_sorted(), "{waits:?}");
        assert_eq!(waits[7], Duration::from_secs(2));
        backoff.reset();
        assert_eq!(backoff.next_wait(), Duration::from_millis(100));
    }

    #[test]
    fn chance_moves_a_wait_by_a_fifth() {
        assert_eq!(wait_after(3, 0.0), Duration::from_millis(100 + 320));
        assert_eq!(wait_after(3, 1.0), Duration::from_millis(100 + 480));
    }
}
