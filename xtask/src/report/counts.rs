//! How many passed.

use std::fmt;

use super::outcome::Verdict;

/// Passed, failed, left out: of tests, of cases, of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    /// Of cases: what the place has no way to show.
    pub skipped: usize,
}

impl Counts {
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

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { passed, failed, skipped } = self;
        write!(out, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}
