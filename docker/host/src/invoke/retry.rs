//! Retry policies (protocol.md#other-keys): how often, with what pause, and what the handler learns about it.

use std::time::Duration;

use crate::app::{Retry, RetryStrategy};
use crate::envelope::data::Value;
use crate::envelope::failed::Failed;
use crate::envelope::retry;

/// The attempts of one invocation under a policy, or under none.
#[derive(Debug)]
pub struct Retries<'a> {
    policy: Option<&'a Retry>,
    done: u32,
    last_failure: Option<Failed>,
}

impl<'a> Retries<'a> {
    pub const fn new(policy: Option<&'a Retry>) -> Self {
        Self { policy, done: 0, last_failure: None }
    }

    /// `Metadata.RetryContext` of the attempt that comes now; only a policy adds it.
    pub fn context(&self, function: &str) -> Option<Value> {
        let max_retries = self.policy?.max_retry_count.map_or(-1, i64::from);
        Some(retry::context(function, self.done, max_retries, self.last_failure.as_ref()))
    }

    /// How long to wait before the next attempt, after this failure; `None` if it was the last.
    pub fn next_pause(&mut self, failure: &Failed) -> Option<Duration> {
        let policy = self.policy?;
        if policy.max_retry_count.is_some_and(|most| self.done >= most) {
            return None;
        }
        let pause = match policy.strategy {
            RetryStrategy::FixedDelay { delay } => delay,
            RetryStrategy::ExponentialBackoff { minimum, maximum } => {
                minimum.saturating_mul(2_u32.saturating_pow(self.done)).min(maximum)
            }
        };
        self.done += 1;
        self.last_failure = Some(failure.clone());
        Some(pause)
    }

    /// How often was tried again, where there is a policy.
    pub fn count(&self) -> Option<u32> {
        self.policy.map(|_| self.done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Diagnostic;
    use uuid::Uuid;

    fn failed() -> Failed {
        Failed { invocation: Uuid::nil(), failure: Diagnostic::of_whole("x"), status: None, is_stopping: false }
    }

    fn pauses(policy: &Retry) -> Vec<u64> {
        let mut retries = Retries::new(Some(policy));
        std::iter::from_fn(|| retries.next_pause(&failed())).take(5).map(|pause| pause.as_secs()).collect()
    }

    #[test]
    fn pauses_are_fixed_or_double_within_bounds() {
        let fixed = RetryStrategy::FixedDelay { delay: Duration::from_secs(3) };
        assert_eq!(pauses(&Retry { max_retry_count: Some(2), strategy: fixed.clone() }), [3, 3]);
        assert_eq!(pauses(&Retry { max_retry_count: None, strategy: fixed }).len(), 5);
        let doubling =
            RetryStrategy::ExponentialBackoff { minimum: Duration::from_secs(1), maximum: Duration::from_secs(5) };
        assert_eq!(pauses(&Retry { max_retry_count: Some(4), strategy: doubling }), [1, 2, 4, 5]);
    }

    #[test]
    fn without_a_policy_there_is_one_attempt() {
        let mut retries = Retries::new(None);
        assert!(retries.context("F").is_none());
        assert_eq!((retries.next_pause(&failed()), retries.count()), (None, None));
    }
}
