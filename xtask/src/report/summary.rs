//! The end of a run: one table, the counts, the exit status, all made from the report's events.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::Counts;
use super::outcome::Outcome;
use super::table::table;
use super::{Event, Report, Step};

/// The exit status when something failed, or nothing could be run at all.
pub const FAILED: u8 = 1;

/// Says how it ended: table, skips and warnings on stderr; the counts alone on the last line, on stdout. Returns the
/// exit status.
pub fn close(report: &Report, strict: bool) -> u8 {
    let summary = Summary::of(&report.events());
    anstream::eprintln!("\n{}", summary.table());
    for line in summary.remarks(strict) {
        anstream::eprintln!("{line}");
    }
    anstream::println!("{}", summary.counts);
    summary.status(strict)
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Summary {
    steps: BTreeMap<String, BTreeMap<Step, Outcome>>,
    /// What a sample's cases came to in a place.
    cases: BTreeMap<(String, Step), Counts>,
    /// How many functions of the contract a sample lacks by its own word, and why.
    lacking: BTreeMap<(String, Step), BTreeMap<String, String>>,
    phases: Vec<(String, f64)>,
    warnings: Vec<String>,
    counts: Counts,
}

impl Summary {
    /// Adds up what happened.
    pub fn of(events: &[Event]) -> Summary {
        let mut summary = Summary::default();
        let mut failed_suites = BTreeSet::new();
        for event in events {
            match event {
                Event::StepDone { sample, step, outcome, .. } => {
                    summary.steps.entry(sample.clone()).or_default().insert(*step, outcome.clone());
                }
                Event::PhaseFailed { .. } => summary.counts.failed += 1,
                Event::CaseJudged { sample, place, verdict, .. } => {
                    *summary.cases.entry((sample.clone(), Step::from(*place))).or_default() += Counts::of(verdict);
                }
                Event::FunctionLacking { sample, place, function, reason } => {
                    let lacking = summary.lacking.entry((sample.clone(), Step::from(*place))).or_default();
                    lacking.insert(function.clone(), reason.clone());
                }
                Event::TestsCounted { suite, counts } => {
                    summary.counts += *counts;
                    if counts.failed > 0 {
                        failed_suites.insert(suite.clone());
                    }
                }
                Event::PhaseDone { phase, seconds } => summary.phases.push((phase.clone(), *seconds)),
                Event::Warning { text } => summary.warnings.push(text.clone()),
                _ => {}
            }
        }
        for cases in summary.cases.values() {
            // What a place has no way to show is said with the place, and is not a skip that anybody could mend.
            summary.counts += Counts { skipped: 0, ..*cases };
        }
        summary.count_steps(&failed_suites);
        if summary.steps.values().flat_map(BTreeMap::keys).all(|step| *step == Step::Build) {
            // Nothing was asked of them, so the samples that were built are what there is to count.
            let is_passed = |steps: &&BTreeMap<Step, Outcome>| steps.values().all(Outcome::is_passed);
            summary.counts.passed = summary.steps.values().filter(is_passed).count();
        }
        summary
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
                    Outcome::Failed { .. } if !counted => self.counts.failed += 1,
                    Outcome::Skipped { .. } => self.counts.skipped += 1,
                    _ => {}
                }
            }
        }
    }

    /// 0 if something ran and all that ran passed; under `strict` no step may be skipped either. (A test that its own
    /// authors leave out is counted, and is not a failure.)
    pub fn status(&self, strict: bool) -> u8 {
        let outcomes = || self.steps.values().flat_map(BTreeMap::values);
        let nothing_ran = outcomes().next().is_some() && outcomes().all(Outcome::is_skipped);
        let failed = self.counts.failed > 0 || nothing_ran || strict && outcomes().any(Outcome::is_skipped);
        if failed { FAILED } else { 0 }
    }

    /// Samples down, steps across, and the time of each phase below.
    pub fn table(&self) -> String {
        let columns: BTreeSet<Step> = self.steps.values().flat_map(BTreeMap::keys).copied().collect();
        let heading = std::iter::once("sample").chain(columns.iter().map(|step| step.name()));
        let mut rows: Vec<Vec<String>> = vec![heading.map(str::to_owned).collect()];
        for (sample, steps) in &self.steps {
            let cell =
                |step: &Step| steps.get(step).map_or_else(String::new, |outcome| self.cell(sample, *step, outcome));
            rows.push(std::iter::once(sample.clone()).chain(columns.iter().map(cell)).collect());
        }
        let phases: Vec<String> = self.phases.iter().map(|(name, seconds)| format!("{name} {seconds:.1} s")).collect();
        if phases.is_empty() { table(&rows) } else { format!("{}\n\n{}", table(&rows), phases.join(" · ")) }
    }

    fn cell(&self, sample: &str, step: Step, outcome: &Outcome) -> String {
        let mut cell = match outcome {
            Outcome::Passed { .. } => "ok",
            Outcome::Failed { .. } => "FAILED",
            Outcome::Skipped { .. } => "SKIPPED",
        }
        .to_owned();
        let key = (sample.to_owned(), step);
        if let Some(Counts { passed, failed, .. }) = self.cases.get(&key) {
            cell.push_str(&format!(" {passed}/{}", passed + failed));
        }
        if let Some(lacking) = self.lacking.get(&key) {
            cell.push_str(&format!(", {} lacking", lacking.len()));
        }
        cell
    }

    /// What a person should not miss at the end: cases by place, warnings, skips.
    pub fn remarks(&self, strict: bool) -> Vec<String> {
        let mut remarks = Vec::new();
        for step in [Step::Native, Step::Docker] {
            let mut sum = Counts::default();
            let cases: Vec<&Counts> =
                self.cases.iter().filter(|(key, _)| key.1 == step).map(|(_, counts)| counts).collect();
            cases.iter().for_each(|counts| sum += **counts);
            if cases.is_empty() {
                continue;
            }
            let Counts { passed, failed, skipped } = sum;
            let defined = passed + failed + skipped;
            let good = self.steps.values().filter(|steps| steps.get(&step).is_some_and(Outcome::is_passed)).count();
            let (step, all) = (step.name(), self.steps.len());
            remarks.push(format!(
                "{step}: {good}/{all} samples; {defined} cases, {passed} passed, {failed} failed, {skipped} not observable here"
            ));
        }
        let lacking: BTreeSet<(&String, &String, &String)> = self
            .lacking
            .iter()
            .flat_map(|((sample, _), lacking)| lacking.iter().map(move |(function, reason)| (sample, function, reason)))
            .collect();
        remarks
            .extend(lacking.iter().map(|(sample, function, reason)| format!("{sample} lacks `{function}`: {reason}")));
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
    use crate::report::Place;
    use crate::report::outcome::Verdict;

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

    fn lacking(sample: &str, function: &str) -> Event {
        let (function, reason) = (function.into(), "no streams".into());
        Event::FunctionLacking { sample: sample.into(), place: Place::Native, function, reason }
    }

    #[test]
    fn what_a_sample_lacks_by_its_own_word_is_neither_a_failure_nor_a_skip() {
        let summary = Summary::of(&[case("r", Verdict::Passed), lacking("r", "f"), step("r", Step::Native, passed())]);
        assert_eq!((summary.counts.to_string().as_str(), summary.status(true)), ("1 passed, 0 failed, 0 skipped", 0));
        assert_eq!(summary.remarks(true)[1], "r lacks `f`: no streams");
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
            Event::TestsCounted { suite: "r".into(), counts: Counts { passed: 3, failed: 2, skipped: 1 } },
            step("r", Step::Test, failed()),
        ];
        assert_eq!(Summary::of(&events).counts.to_string(), "4 passed, 4 failed, 1 skipped");
        assert_eq!(Summary::of(&events).status(false), FAILED);
    }

    #[test]
    fn a_skip_is_a_failure_only_under_strict_or_when_nothing_ran() {
        let some = Summary::of(&[step("go", Step::Build, skipped()), step("r", Step::Build, passed())]);
        assert_eq!((some.status(false), some.status(true)), (0, FAILED));
        assert_eq!(some.counts.to_string(), "1 passed, 0 failed, 1 skipped");
        let all = Summary::of(&[step("go", Step::Build, skipped())]);
        assert_eq!(all.status(false), FAILED);
        assert!(some.remarks(false).contains(&"skipped: go (build): needs Go\nhint: install it".to_string()));
    }

    #[test]
    fn the_table_has_a_row_a_sample() {
        let events = [
            step("node", Step::Build, passed()),
            case("node", Verdict::Passed),
            step("node", Step::Native, passed()),
            lacking("node", "StreamedResponse"),
            step("go", Step::Build, skipped()),
            Event::PhaseDone { phase: "build".into(), seconds: 1.25 },
        ];
        let table = Summary::of(&events).table();
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows[0], "sample  build    native");
        assert_eq!(rows[1], "go      SKIPPED");
        assert_eq!(rows[2], "node    ok       ok 1/1, 1 lacking");
        assert_eq!(rows[4], "build 1.2 s");
    }
}
