//! What came of one step of one sample, of one case, of one test.

use derive_more::{Add, AddAssign, Display, IsVariant, Sum};
use schemars::JsonSchema;
use serde::Serialize;

/// What became of one step (build, test, smoke in a place …) of one sample.
#[derive(Clone, Debug, PartialEq, Eq, IsVariant, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It did what it should; the detail is such as `10 functions` or `up to date`.
    Passed { detail: String },
    /// It ran and was wrong, or could not be run to its end. The sentence comes first, then output, then `hint:` lines.
    Failed { message: String },
    /// It was not tried; an error under `--strict`. The reason is such as `needs Go 1.22 or newer; found 1.19`.
    Skipped { reason: String, hint: String },
}

impl From<anyhow::Error> for Outcome {
    fn from(error: anyhow::Error) -> Outcome {
        Outcome::Failed { message: format!("{error:#}") }
    }
}

/// What came of one case in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything expected was received.
    Passed,
    /// Something else was received: every difference, not the first.
    Failed { differences: Vec<Difference> },
    /// The case could not be run to its end: no response, a dead app, storage out of reach.
    Fatal { message: String },
    /// This place has no way to show it; counted, never dropped.
    NotObservable { reason: String },
}

impl Verdict {
    pub fn failure(&self) -> Option<String> {
        match self {
            Verdict::Passed | Verdict::NotObservable { .. } => None,
            Verdict::Failed { differences } => {
                Some(differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            }
            Verdict::Fatal { message } => Some(message.clone()),
        }
    }
}

/// One difference between what was expected and what was observed.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize, JsonSchema)]
#[display("{what}\n  expected: {expected}\n  received: {received}")]
pub struct Difference {
    /// Such as `status`, `header allow`, `body`, `queue test-output`.
    pub what: String,
    pub expected: String,
    pub received: String,
}

/// A test that is not a case of the contract.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Test {
    pub name: String,
    pub seconds: f64,
    /// What it said; `None` if it did not fail.
    pub failure: Option<String>,
    pub skipped: bool,
}

impl Test {
    pub fn passed(name: String) -> Test {
        Test { name, seconds: 0.0, failure: None, skipped: false }
    }

    pub fn failed(name: String, message: String) -> Test {
        Test { failure: Some(message), ..Test::passed(name) }
    }

    pub fn skipped(name: String) -> Test {
        Test { skipped: true, ..Test::passed(name) }
    }
}

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
