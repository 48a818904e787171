//! What can happen in a run.

use derive_more::Display;
use schemars::JsonSchema;
use serde::Serialize;

use super::outcome::{Counts, Outcome, Test, Verdict};

/// Where a staged app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Display, Serialize, JsonSchema)]
#[display(rename_all = "lowercase")]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Under mini-host, on this machine.
    Native,
    /// In a container.
    Docker,
}

/// A part of the work on one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Display, Serialize, JsonSchema)]
#[display(rename_all = "lowercase")]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Built and staged.
    Build,
    /// Packed into a zip.
    Package,
    /// The sample's own tests.
    Test,
    /// The staged app wrapped in an image.
    Image,
    /// The contract's cases under mini-host on this machine.
    Native,
    /// The contract's cases in a container.
    Docker,
}

impl From<Place> for Step {
    fn from(place: Place) -> Step {
        match place {
            Place::Native => Step::Native,
            Place::Docker => Step::Docker,
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run begins: always the first. The version counts up when an event changes its form.
    RunBegun { version: u32 },
    /// What is to be done: each of these steps with each of these samples.
    Planned { samples: Vec<String>, steps: Vec<Step> },
    /// A phase of the whole run begins, such as `build`.
    PhaseStarted { phase: String },
    /// A phase is over, and all that was done in it.
    PhaseDone { phase: String, seconds: f64 },
    /// A sample's turn in a step begins.
    StepStarted { sample: String, step: Step },
    /// What came of the step.
    StepDone { sample: String, step: Step, outcome: Outcome, seconds: f64 },
    /// A phase could not be begun, which is one failure for all samples.
    PhaseFailed { step: Step, message: String },
    /// A sample says that it does not have a function of the contract.
    FunctionLacking { sample: String, place: Place, function: String, reason: String },
    /// A case begins: the `number`th of `all` that the sample is asked in this place.
    CaseStarted { sample: String, place: Place, function: String, case: String, number: usize, all: usize },
    /// The time passes with this, in one of the cases or before the first: `for the blob scan, up to 60 s`.
    CasesWait { sample: String, place: Place, what: String },
    /// What came of the case.
    CaseJudged { sample: String, place: Place, function: String, case: String, verdict: Verdict, seconds: f64 },
    /// Tests that are not cases of the contract: Rust tests, samples' own tests, repository rules.
    TestsRun { suite: String, tests: Vec<Test> },
    /// What was used: a tool, an image, a host.
    Used { what: String, version: String },
    /// How large something is that was made: a staged app, a zip, an image.
    Sized { what: String, bytes: u64 },
    /// A sentence for the person who watches.
    Note { text: String },
    /// A sentence the person should not miss; repeated at the end.
    Warning { text: String },
    /// A person, or the system, has stopped the run before all that was planned was done.
    CutOff { left: Vec<Left> },
    /// The run is over: always the last.
    RunDone { counts: Counts, status: u8 },
}

/// A step of a sample that was planned and did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize, JsonSchema)]
#[display("{sample} {step} ({progress})")]
pub struct Left {
    pub sample: String,
    pub step: Step,
    pub progress: Progress,
}

/// How far a step had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    #[display("not begun")]
    NotBegun,
    #[display("begun")]
    Begun,
    /// So many of all its cases were judged.
    #[display("{cases} of {all} cases")]
    Judged { cases: usize, all: usize },
}

/// What an event is, as JSON Schema. Sorted by name, whatever order other crates of the build have `serde_json` keep.
pub fn schema() -> serde_json::Result<String> {
    let mut schema = schemars::schema_for!(Event).to_value();
    schema.sort_all_objects();
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
