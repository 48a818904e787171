//! The end of a run: one table, the counts, the exit status, all made from the report's events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::report::counts::Counts;
use crate::report::outcome::{Outcome, Verdict};
use crate::report::{Event, Report, Step};

/// The exit status when something failed, or nothing could be run at all.
pub const FAILED: u8 = 1;

/// Says how it ended: table, skips and warnings on stderr; the counts alone on the last line, on stdout. Returns the
/// exit status.
pub fn close(report: &Report, strict: bool) -> u8 {
    let events = report.events();
    let tally = Tally::of(&events);
    anstream::eprintln!("\n{}", tally.table());
    for line in tally.remarks(strict) {
        anstream::eprintln!("{line}");
    }
    anstream::println!("{}", tally.counts());
    tally.status(strict)
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Tally {
    steps: BTreeMap<String, BTreeMap<Step, Outcome>>,
    cases: BTreeMap<(String, Step), Cases>,
    phases: Vec<(String, f64)>,
    warnings: Vec<String>,
    tests: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cases {
    passed: usize,
    failed: usize,
    not_observable: usize,
}

impl Tally {
    /// Counts what happened.
    pub fn of(events: &[Event]) -> Tally {
        let mut tally = Tally::default();
        let mut failed_suites = BTreeSet::new();
        for event in events {
            match event {
                Event::StepDone { sample, step, outcome, .. } => {
                    tally.steps.entry(sample.clone()).or_default().insert(*step, outcome.clone());
                }
                Event::CaseJudged { sample, place, verdict, .. } => {
                    let cases = tally.cases.entry((sample.clone(), Step::from(*place))).or_default();
                    match verdict {
                        Verdict::Passed => cases.passed += 1,
                        Verdict::Failed { .. } | Verdict::Fatal { .. } => cases.failed += 1,
                        Verdict::NotObservable { .. } => cases.not_observable += 1,
                    }
                }
                Event::TestsCounted { suite, passed, failed, skipped } => {
                    tally.tests.passed += passed;
                    tally.tests.failed += failed;
                    tally.tests.skipped += skipped;
                    if *failed > 0 {
                        failed_suites.insert(suite.clone());
                    }
                }
                Event::PhaseDone { phase, seconds } => tally.phases.push((phase.clone(), *seconds)),
                Event::Warning { text } => tally.warnings.push(text.clone()),
                _ => {}
            }
        }
        for cases in tally.cases.values() {
            tally.tests.passed += cases.passed;
            tally.tests.failed += cases.failed;
        }
        tally.count_steps(&failed_suites);
        if tally.steps.values().flat_map(BTreeMap::keys).all(|step| *step == Step::Build) {
            // Nothing was asked of them, so the samples that were built are what there is to count.
            let is_passed = |steps: &&BTreeMap<Step, Outcome>| steps.values().all(Outcome::is_passed);
            tally.tests.passed = tally.steps.values().filter(is_passed).count();
        }
        tally
    }

    /// A step that failed is one failure, unless it failed because of tests or cases that are counted already.
    fn count_steps(&mut self, failed_suites: &BTreeSet<String>) {
        for (sample, steps) in &self.steps {
            for (step, outcome) in steps {
                let counted = match step {
                    Step::Test => failed_suites.contains(sample),
                    _ => self.cases.get(&(sample.clone(), *step)).is_some_and(|cases| cases.failed > 0),
                };
                match outcome {
                    Outcome::Failed { .. } if !counted => self.tests.failed += 1,
                    Outcome::Skipped { .. } => self.tests.skipped += 1,
                    _ => {}
                }
            }
        }
    }

    /// `12 passed, 0 failed, 1 skipped`
    pub fn counts(&self) -> String {
        let Counts { passed, failed, skipped } = self.tests;
        format!("{passed} passed, {failed} failed, {skipped} skipped")
    }

    /// 0 where everything that ran passed and something ran; under `strict` no step may be
    /// skipped either. (A test that its own authors leave out is counted, and no failure.)
    pub fn status(&self, strict: bool) -> u8 {
        let outcomes = || self.steps.values().flat_map(BTreeMap::values);
        let nothing_ran = outcomes().next().is_some() && outcomes().all(Outcome::is_skipped);
        let failed = self.tests.failed > 0 || nothing_ran || strict && outcomes().any(Outcome::is_skipped);
        if failed { FAILED } else { 0 }
    }

    /// Samples down, steps across, and the time of each phase below.
    pub fn table(&self) -> String {
        let columns: BTreeSet<Step> = self.steps.values().flat_map(BTreeMap::keys).copied().collect();
        let width = self.steps.keys().map(|name| name.chars().count()).max().unwrap_or(0).max(6);
        let mut table = format!("{:width$}", "sample");
        for step in &columns {
            let _ = write!(table, "  {:<18}", step.name());
        }
        table = table.trim_end().to_string();
        for (sample, steps) in &self.steps {
            let mut row = format!("\n{sample:width$}");
            for step in &columns {
                let cell = steps.get(step).map_or_else(String::new, |outcome| self.cell(sample, *step, outcome));
                let _ = write!(row, "  {cell:<18}");
            }
            table.push_str(row.trim_end());
        }
        let phases: Vec<String> = self.phases.iter().map(|(name, seconds)| format!("{name} {seconds:.1} s")).collect();
        if !phases.is_empty() {
            let _ = write!(table, "\n\n{}", phases.join(" · "));
        }
        table
    }

    fn cell(&self, sample: &str, step: Step, outcome: &Outcome) -> String {
        let word = match outcome {
            Outcome::Passed { .. } => "ok",
            Outcome::Failed { .. } => "FAILED",
            Outcome::Skipped { .. } => "SKIPPED",
        };
        match self.cases.get(&(sample.to_string(), step)) {
            Some(cases) => format!("{word} {}/{}", cases.passed, cases.passed + cases.failed),
            None => word.into(),
        }
    }

    /// What a person should not miss at the end: cases by place, warnings, skips.
    pub fn remarks(&self, strict: bool) -> Vec<String> {
        let mut remarks = Vec::new();
        for step in [Step::Native, Step::Docker] {
            let cases: Vec<&Cases> =
                self.cases.iter().filter(|(key, _)| key.1 == step).map(|(_, cases)| cases).collect();
            if cases.is_empty() {
                continue;
            }
            let sum = |count: fn(&Cases) -> usize| cases.iter().map(|cases| count(cases)).sum::<usize>();
            let (passed, failed, hidden) = (sum(|c| c.passed), sum(|c| c.failed), sum(|c| c.not_observable));
            let defined = passed + failed + hidden;
            let good = self.steps.values().filter(|steps| steps.get(&step).is_some_and(Outcome::is_passed)).count();
            let (step, all) = (step.name(), self.steps.len());
            remarks.push(format!(
                "{step}: {good}/{all} samples; {defined} cases, {passed} passed, {failed} failed, {hidden} not observable here"
            ));
        }
        remarks.extend(self.warnings.iter().map(|text| format!("warning: {text}")));
        for (sample, steps) in &self.steps {
            for (step, outcome) in steps {
                if let Outcome::Skipped { reason, hint } = outcome {
                    let word = if strict { "skipped, an error under --strict" } else { "skipped" };
                    remarks.push(format!("{word}: {sample} ({}): {reason}\nhint: {hint}", step.name()));
                }
            }
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Place;

    fn step(sample: &str, step: Step, outcome: Outcome) -> Event {
        Event::StepDone { sample: sample.into(), step, outcome, seconds: 0.0 }
    }

    fn passed() -> Outcome {
        Outcome::Passed { detail: String::new() }
    }

    fn failed() -> Outcome {
        Outcome::Failed { message: String::new() }
    }

    fn skipped() -> Outcome {
        Outcome::Skipped { reason: "needs Go".into(), hint: "install it".into() }
    }

    fn case(sample: &str, verdict: Verdict) -> Event {
        let (function, case) = ("hello".into(), "greets".into());
        Event::CaseJudged { sample: sample.into(), place: Place::Native, function, case, verdict, seconds: 0.0 }
    }

    #[test]
    fn a_failure_is_counted_once() {
        let events = [
            case("go", Verdict::Passed),
            case("go", Verdict::Fatal { message: String::new() }),
            case("go", Verdict::NotObservable { reason: String::new() }),
            step("go", Step::Native, failed()),
            step("go", Step::Build, passed()),
            step("java", Step::Build, failed()),
            Event::TestsCounted { suite: "r".into(), passed: 3, failed: 2, skipped: 1 },
            step("r", Step::Test, failed()),
        ];
        assert_eq!(Tally::of(&events).counts(), "4 passed, 4 failed, 1 skipped");
        assert_eq!(Tally::of(&events).status(false), FAILED);
    }

    #[test]
    fn a_skip_is_a_failure_only_under_strict_or_when_nothing_ran() {
        let some = Tally::of(&[step("go", Step::Build, skipped()), step("r", Step::Build, passed())]);
        assert_eq!((some.status(false), some.status(true)), (0, FAILED));
        assert_eq!(some.counts(), "1 passed, 0 failed, 1 skipped");
        let all = Tally::of(&[step("go", Step::Build, skipped())]);
        assert_eq!(all.status(false), FAILED);
        assert!(some.remarks(false).contains(&"skipped: go (build): needs Go\nhint: install it".to_string()));
    }

    #[test]
    fn the_table_has_a_row_a_sample() {
        let events = [
            step("node", Step::Build, passed()),
            case("node", Verdict::Passed),
            step("node", Step::Native, passed()),
            step("go", Step::Build, skipped()),
            Event::PhaseDone { phase: "build".into(), seconds: 1.25 },
        ];
        let table = Tally::of(&events).table();
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows[0], "sample  build               native");
        assert_eq!(rows[1], "go      SKIPPED");
        assert_eq!(rows[2], "node    ok                  ok 1/1");
        assert_eq!(rows[4], "build 1.2 s");
    }
}
