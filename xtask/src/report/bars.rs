//! The terminal face: plain lines, and below them a spinner for each sample at work. The one file that names indicatif.

use std::collections::HashMap;
use std::fmt;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Event, Place, Step};

pub struct Bars {
    screen: MultiProgress,
    running: HashMap<(String, Step), ProgressBar>,
    begun: Instant,
}

impl Bars {
    /// Spinners, where stderr is a terminal that can show them.
    pub fn on_terminal() -> Option<Bars> {
        let able = std::io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        able.then(|| Bars {
            screen: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            running: HashMap::new(),
            begun: Instant::now(),
        })
    }

    pub fn above<T>(&self, print: impl FnOnce() -> T) -> T {
        self.screen.suspend(print)
    }

    /// Ends the spinners of steps that were cut short too.
    pub fn end(&mut self) {
        self.running.drain().for_each(|(_, spinner)| spinner.finish_and_clear());
    }

    /// Starts and ends spinners.
    pub fn follow(&mut self, event: &Event) {
        match event {
            Event::StepStarted { sample, step } => {
                let spinner = self.screen.add(ProgressBar::new_spinner());
                spinner.set_style(style(self.begun));
                spinner.set_message(format!("{:<7} {sample}", step.to_string()));
                spinner.enable_steady_tick(Duration::from_millis(120));
                self.running.insert((sample.clone(), *step), spinner);
            }
            Event::CaseStarted { sample, place, function, case, number, all } => {
                self.say(sample, *place, &format!("{number}/{all} {function}: {case}"));
            }
            Event::CasesWait { sample, place, what } => self.say(sample, *place, &format!("waits {what}")),
            Event::StepDone { sample, step, .. } => {
                if let Some(spinner) = self.running.remove(&(sample.clone(), *step)) {
                    spinner.finish_and_clear();
                }
            }
            _ => {}
        }
    }

    fn say(&self, sample: &str, place: Place, what: &str) {
        if let Some(spinner) = self.running.get(&(sample.to_owned(), Step::from(place))) {
            spinner.set_message(format!("{:<7} {sample:<8} {what}", place.to_string()));
        }
    }
}

/// How long the step takes, and how long the run.
fn style(begun: Instant) -> ProgressStyle {
    let total = move |_: &ProgressState, out: &mut dyn fmt::Write| {
        let _ = write!(out, "{:#}", HumanDuration(begun.elapsed()));
    };
    ProgressStyle::with_template("{spinner}     {elapsed:>4} of {total:>4} {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("total", total)
}
