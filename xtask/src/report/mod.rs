//! One stream of events, many faces: what happened is said once, here, and every report is made from it.

mod bars;
pub mod counts;
pub mod outcome;
mod plain;
pub mod summary;

use std::sync::{Arc, Mutex, MutexGuard};

use serde::Serialize;

use crate::place::Place;
use crate::report::outcome::{Outcome, Verdict};
use bars::Bars;

/// A part of the work on one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Built and staged.
    Build,
    /// The sample's own tests.
    Test,
    /// The staged app wrapped in an image.
    Image,
    /// The contract's cases under mini-host on this machine.
    Native,
    /// The contract's cases in a container.
    Docker,
}

impl Step {
    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Step::Build => "build",
            Step::Test => "test",
            Step::Image => "image",
            Step::Native => "native",
            Step::Docker => "docker",
        }
    }
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
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A phase of the whole run begins, such as `build`.
    PhaseStarted {
        /// Its name.
        phase: String,
    },
    /// A phase has ended.
    PhaseDone {
        /// Its name.
        phase: String,
        /// How long it took.
        seconds: f64,
    },
    /// Work on a sample begins.
    StepStarted {
        /// The sample.
        sample: String,
        /// What begins.
        step: Step,
    },
    /// Work on a sample has ended.
    StepDone {
        /// The sample.
        sample: String,
        /// What has ended.
        step: Step,
        /// What came of it.
        #[serde(flatten)]
        outcome: Outcome,
        /// How long it took.
        seconds: f64,
    },
    /// A case was judged.
    CaseJudged {
        /// The sample.
        sample: String,
        /// Where it ran.
        place: Place,
        /// The function.
        function: String,
        /// The case's name.
        case: String,
        /// The verdict.
        #[serde(flatten)]
        verdict: Verdict,
        /// How long it took.
        seconds: f64,
    },
    /// Tests were counted that are no cases of the contract: Rust tests, samples' own tests, repository rules.
    TestsCounted {
        /// Whose tests, such as `samples/go` or `workspace`.
        suite: String,
        /// How many passed.
        passed: usize,
        /// How many failed.
        failed: usize,
        /// How many were left out.
        skipped: usize,
    },
    /// A sentence for the person who watches.
    Note {
        /// The sentence.
        text: String,
    },
    /// A sentence the person should not miss; repeated at the end.
    Warning {
        /// The sentence.
        text: String,
    },
}

/// Where events go. Cheap to clone; may be shared between threads.
#[derive(Clone)]
pub struct Report {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    events: Vec<Event>,
    bars: Option<Bars>,
}

impl Report {
    /// A report that prints to stderr: plain lines, with spinners below them on a terminal.
    pub fn new() -> Report {
        Report { shared: Arc::new(Mutex::new(Shared { events: Vec::new(), bars: Bars::on_terminal() })) }
    }

    /// Says that something happened.
    pub fn emit(&self, event: Event) {
        let mut shared = self.shared();
        let line = plain::line(&event);
        match &mut shared.bars {
            Some(bars) => {
                bars.follow(&event);
                line.inspect(|line| bars.print(line));
            }
            None => {
                line.inspect(|line| anstream::eprintln!("{line}"));
            }
        }
        shared.events.push(event);
    }

    /// Says a sentence.
    pub fn note(&self, text: impl Into<String>) {
        self.emit(Event::Note { text: text.into() });
    }

    /// Says a sentence that is repeated at the end.
    pub fn warn(&self, text: impl Into<String>) {
        self.emit(Event::Warning { text: text.into() });
    }

    /// All that has happened so far.
    pub fn events(&self) -> Vec<Event> {
        self.shared().events.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Default for Report {
    fn default() -> Self {
        Report::new()
    }
}
