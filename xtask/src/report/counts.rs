//! How many passed.

use derive_more::{Add, AddAssign, Display, Sum};
use schemars::JsonSchema;
use serde::Serialize;

use super::outcome::{Test, Verdict};

/// Passed, failed, left out: of tests, of cases, of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Add, AddAssign, Sum, Display, Serialize, JsonSchema)]
#[display("{passed} passed, {failed} failed, {skipped} skipped")]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    /// Of cases: what the place has no way to show.
    pub skipped: usize,
}

impl Counts {
    pub fn of_tests(tests: &[Test]) -> Counts {
        let count = |is: fn(&Test) -> bool| tests.iter().filter(|test| is(test)).count();
        let failed = count(|test| test.failure.is_some());
        let skipped = count(|test| test.failure.is_none() && test.skipped);
        Counts { passed: tests.len() - failed - skipped, failed, skipped }
    }

    /// One case.
    pub fn of(verdict: &Verdict) -> Counts {
        let none = Counts::default();
        match verdict {
            Verdict::Passed => Counts { passed: 1, ..none },
            Verdict::Failed { .. } | Verdict::Fatal { .. } => Counts { failed: 1, ..none },
            Verdict::NotObservable { .. } => Counts { skipped: 1, ..none },
        }
    }
}
