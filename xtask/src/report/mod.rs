//! One stream of events, many faces: what happened is said once, here, and every report is made from it.

mod bars;
pub mod counts;
mod event;
pub mod outcome;
mod plain;
pub mod summary;
pub mod table;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use bars::Bars;
pub use event::{Event, Place, Step};
use outcome::Outcome;

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

    /// Does something as a phase of the run.
    pub fn phase<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        self.emit(Event::PhaseStarted { phase: name.into() });
        let done = work();
        self.emit(Event::PhaseDone { phase: name.into(), seconds: started.elapsed().as_secs_f64() });
        done
    }

    /// Begins a step of a sample.
    pub fn begin(&self, sample: &str, step: Step) -> Begun<'_> {
        self.emit(Event::StepStarted { sample: sample.into(), step });
        Begun { report: self, sample: sample.into(), step, started: Instant::now() }
    }

    /// All that has happened so far.
    pub fn events(&self) -> Vec<Event> {
        self.shared().events.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A step that has begun.
#[must_use = "a step that has begun ends"]
pub struct Begun<'a> {
    report: &'a Report,
    sample: String,
    step: Step,
    started: Instant,
}

impl Begun<'_> {
    /// Says how it ended.
    pub fn done(self, outcome: Outcome) {
        let Begun { report, sample, step, started } = self;
        report.emit(Event::StepDone { sample, step, outcome, seconds: started.elapsed().as_secs_f64() });
    }
}
