//! One stream of events, many faces: what happened is said once, here, and every report is made from it.

mod annotations;
mod bars;
mod cut_off;
mod event;
mod junit;
pub mod kept;
pub mod outcome;
mod plain;
pub mod summary;
pub mod table;

use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;
use std::{fs, io};

use anyhow::Result;
use bars::Bars;
pub use event::{Event, Place, Step, schema};
use kept::Kept;
use outcome::Outcome;
pub use plain::Detail;
use summary::Summary;

use crate::print;
use crate::process::interrupt;

/// Where events go; may be shared between threads.
pub struct Report {
    pub detail: Detail,
    shared: Mutex<Shared>,
}

struct Shared {
    events: Vec<Event>,
    bars: Option<Bars>,
    kept: Option<Kept>,
}

impl Report {
    /// A report that prints to stderr: plain lines, with spinners below them on a terminal.
    pub fn new(detail: Detail) -> Report {
        let bars = if detail == Detail::Quiet { None } else { Bars::on_terminal() };
        Report { detail, shared: Mutex::new(Shared { events: Vec::new(), bars, kept: None }) }
    }

    pub fn emit(&self, event: Event) {
        let mut shared = self.shared();
        let line = plain::line(&event, self.detail);
        shared.bars.iter_mut().for_each(|bars| bars.follow(&event));
        if let Some(line) = line {
            shared.above_bars(|| print::err(line));
        }
        if let Some(kept) = &mut shared.kept {
            // A full disk is no reason to stop; the end of the run says it again.
            let _ = kept.write(&event);
        }
        shared.events.push(event);
    }

    /// Prints what a person asked for, on stdout.
    pub fn print(&self, text: &str) -> Result<()> {
        self.shared().above_bars(|| print::out(text))
    }

    /// From now on everything is kept in a folder too.
    pub fn keep(&self, folder: &Path) -> io::Result<()> {
        let mut shared = self.shared();
        let mut kept = Kept::begin(folder)?;
        shared.events.iter().try_for_each(|event| kept.write(event))?;
        shared.kept = Some(kept);
        Ok(())
    }

    /// Keeps what the host of a sample printed, if it printed anything.
    pub fn keep_log(&self, sample: &str, place: Place, lines: &[String]) {
        if !lines.is_empty()
            && let Some(kept) = &self.shared().kept
        {
            let _ = kept.write_log(&format!("{sample}-{place}"), lines);
        }
    }

    /// Says how it ended: table, skips and warnings on stderr; the counts alone on the last line, on stdout. Returns the
    /// exit status. Of a run that was stopped [`Report::cut_off`] says it.
    pub fn close(&self, strict: bool) -> u8 {
        let summary = Summary::of(&self.events());
        let is_cut_off = interrupt::happened() && !cut_off::left(&self.events()).is_empty();
        if !is_cut_off {
            self.print_end(&summary, strict);
        }
        summary.status(strict)
    }

    /// The run was stopped: says what it had come to, and what is left undone.
    pub fn cut_off(&self) {
        let left = cut_off::left(&self.events());
        if !left.is_empty() {
            self.emit(Event::CutOff { left });
            self.print_end(&Summary::of(&self.events()), false);
        } else if self.shared().kept.is_none() {
            print::err("cut off before its end");
        }
    }

    /// The run is over, with this exit status; does nothing if nothing is kept.
    pub fn end(&self, status: u8) -> io::Result<()> {
        let events = self.events();
        let summary = Summary::of(&events);
        if std::env::var_os("GITHUB_ACTIONS").is_some() {
            let contract = fs::read_to_string(annotations::CONTRACT).unwrap_or_default();
            for line in annotations::lines(&events, &summary, &contract, |file| Path::new(file).is_file()) {
                print::err(line);
            }
        }
        self.emit(Event::RunDone { counts: summary.counts, status });
        let shared = self.shared();
        shared.kept.as_ref().map_or(Ok(()), |kept| kept.end(&shared.events))
    }

    pub fn note(&self, text: impl Into<String>) {
        self.emit(Event::Note { text: text.into() });
    }

    /// Says a sentence that is repeated at the end.
    pub fn warn(&self, text: impl Into<String>) {
        self.emit(Event::Warning { text: text.into() });
    }

    pub fn phase<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        self.emit(Event::PhaseStarted { phase: name.into() });
        let done = work();
        self.emit(Event::PhaseDone { phase: name.into(), seconds: started.elapsed().as_secs_f64() });
        done
    }

    pub fn begin(&self, sample: &str, step: Step) -> Begun<'_> {
        self.emit(Event::StepStarted { sample: sample.into(), step });
        Begun { report: self, sample: sample.into(), step, started: Instant::now() }
    }

    /// Says what the cases of a sample wait for.
    pub fn waits(&self, sample: &str, place: Place, what: impl Into<String>) {
        self.emit(Event::CasesWait { sample: sample.into(), place, what: what.into() });
    }

    /// Says what is used: a tool, an image, a host.
    pub fn used(&self, what: impl Into<String>, version: impl Into<String>) {
        self.emit(Event::Used { what: what.into(), version: version.into() });
    }

    pub fn sized(&self, what: impl Into<String>, bytes: u64) {
        self.emit(Event::Sized { what: what.into(), bytes });
    }

    pub fn events(&self) -> Vec<Event> {
        self.shared().events.clone()
    }

    fn print_end(&self, summary: &Summary, strict: bool) {
        self.shared().bars.iter_mut().for_each(Bars::end);
        print::err(format!("\n{}", summary.table()));
        for line in summary.remarks(strict) {
            print::err(line);
        }
        if let Err(error) = print::out(summary.last_line()) {
            print::err(format!("error: {error:#}"));
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Shared {
    fn above_bars<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.above(print),
            None => print(),
        }
    }
}

#[must_use = "a step that has begun ends"]
pub struct Begun<'a> {
    report: &'a Report,
    sample: String,
    step: Step,
    started: Instant,
}

impl Begun<'_> {
    /// Says how it ended, unless the run was stopped: what was cut short has not failed.
    pub fn done(self, outcome: Outcome) {
        if interrupt::happened() {
            return;
        }
        let Begun { report, sample, step, started } = self;
        report.emit(Event::StepDone { sample, step, outcome, seconds: started.elapsed().as_secs_f64() });
    }
}
