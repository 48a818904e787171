//! What came of one step of one sample, and of one case.

use serde::Serialize;

/// What became of one step (build, test, smoke in a place …) of one sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It did what it should.
    Passed {
        /// What there is to say about it, such as `10 functions` or `up to date`.
        detail: String,
    },
    /// It ran and was wrong, or could not be run to its end.
    Failed {
        /// The whole of what a person needs: the sentence first, then output, then `hint:` lines.
        message: String,
    },
    /// It was not tried. Loud, with a reason; an error under `--strict`.
    Skipped {
        /// Why, such as `needs Go 1.22 or newer; found 1.19`.
        reason: String,
        /// The next step for the person who wants it to run.
        hint: String,
    },
}

impl Outcome {
    /// Whether it did what it should.
    pub fn is_passed(&self) -> bool {
        matches!(self, Outcome::Passed { .. })
    }

    /// Whether this is a failure.
    pub fn is_failed(&self) -> bool {
        matches!(self, Outcome::Failed { .. })
    }

    /// Whether this was left out.
    pub fn is_skipped(&self) -> bool {
        matches!(self, Outcome::Skipped { .. })
    }
}

/// What came of one case in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything expected was received.
    Passed,
    /// The answer was wrong: every difference, not the first.
    Failed {
        /// What differed.
        differences: Vec<Difference>,
    },
    /// The case could not be run to its end: no answer, a dead app, storage out of reach.
    Fatal {
        /// What happened.
        message: String,
    },
    /// This place has no way to show it; counted, never dropped.
    NotObservable {
        /// Why not here.
        reason: String,
    },
}

/// One difference between expectation and reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs: `status`, `header allow`, `body`, `queue test-output` …
    pub what: String,
    /// What the contract says.
    pub expected: String,
    /// What came.
    pub received: String,
}
