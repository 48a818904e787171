//! The end of a run: one table, the counts, the exit status, all made from the report's events.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Left;
use super::outcome::{Counts, Outcome};
use super::table::table;
use super::{Event, Step};
use crate::status;

#[derive(Debug, Default)]
pub struct Summary {
    steps: BTreeMap<(String, Step), Outcome>,
    /// What a sample's cases came to in a place.
    cases: BTreeMap<(String, Step), Counts>,
    /// How many functions of the contract a sample lacks by its own word, and why.
    lacking: BTreeMap<(String, Step), BTreeMap<String, String>>,
    phases: Vec<(String, f64)>,
    warnings: Vec<String>,
    /// Whose tests were counted one by one, and of them those with one that failed.
    suites: BTreeSet<String>,
    failed_suites: BTreeSet<String>,
    /// What a run that was stopped did not do.
    pub left: Vec<Left>,
    pub counts: Counts,
}

impl Summary {
    pub fn of(events: &[Event]) -> Summary {
        let mut summary = Summary::default();
        for event in events {
            match event {
                Event::StepDone { sample, step, outcome, .. } => {
                    summary.steps.insert((sample.clone(), *step), outcome.clone());
                }
                Event::PhaseFailed { .. } => summary.counts.failed += 1,
                Event::CaseJudged { sample, place, verdict, .. } => {
                    *summary.cases.entry((sample.clone(), Step::from(*place))).or_default() += Counts::of(verdict);
                }
                Event::FunctionLacking { sample, place, function, reason } => {
                    let lacking = summary.lacking.entry((sample.clone(), Step::from(*place))).or_default();
                    lacking.insert(function.clone(), reason.clone());
                }
                Event::TestsRun { suite, tests } => {
                    let counts = Counts::of_tests(tests);
                    summary.counts += counts;
                    summary.suites.insert(suite.clone());
                    if counts.failed > 0 {
                        summary.failed_suites.insert(suite.clone());
                    }
                }
                Event::PhaseDone { phase, seconds } => summary.phases.push((phase.clone(), *seconds)),
                Event::CutOff { left } => summary.left.clone_from(left),
                Event::Warning { text } => summary.warnings.push(text.clone()),
                _ => {}
            }
        }
        for cases in summary.cases.values() {
            // What a place has no way to show is said with the place, and is not a skip that anybody could fix.
            summary.counts += Counts { skipped: 0, ..*cases };
        }
        for (_, _, outcome) in summary.steps_to_count() {
            match outcome {
                Outcome::Failed { .. } => summary.counts.failed += 1,
                Outcome::Skipped { .. } => summary.counts.skipped += 1,
                Outcome::Passed { .. } => summary.counts.passed += 1,
            }
        }
        summary
    }

    /// The steps that count as one each. One that failed is a failure, unless it failed because of tests or cases that are
    /// counted already; one that was skipped is a skip. Checks that passed are one test if nobody counted theirs. That a sample
    /// was built and packed counts if nothing was asked of any.
    pub fn steps_to_count(&self) -> Vec<(String, Step, Outcome)> {
        let only_built = self.steps.keys().all(|(_, step)| matches!(step, Step::Build | Step::Package));
        let counts = |(key, outcome): &(&(String, Step), &Outcome)| match outcome {
            Outcome::Passed { .. } if key.1 == Step::Test => !self.suites.contains(&key.0),
            Outcome::Passed { .. } => only_built,
            Outcome::Skipped { .. } => true,
            Outcome::Failed { .. } if key.1 == Step::Test => !self.failed_suites.contains(&key.0),
            Outcome::Failed { .. } => self.cases.get(key).is_none_or(|cases| cases.failed == 0),
        };
        let steps = self.steps.iter().filter(counts);
        steps.map(|((sample, step), outcome)| (sample.clone(), *step, outcome.clone())).collect()
    }

    /// 0 if something ran and all that ran passed; under `strict` no step may be skipped either. (A test that its own
    /// authors leave out is counted, and is not a failure.)
    pub fn status(&self, strict: bool) -> u8 {
        let outcomes = || self.steps.values();
        let nothing_ran = outcomes().next().is_some() && outcomes().all(Outcome::is_skipped);
        let failed = self.counts.failed > 0 || nothing_ran || strict && outcomes().any(Outcome::is_skipped);
        if failed { status::FAILED } else { status::PASSED }
    }

    /// The counts, and of a run that was stopped what is left undone.
    pub fn last_line(&self) -> String {
        let left: Vec<String> = self.left.iter().map(ToString::to_string).collect();
        let counts = &self.counts;
        if left.is_empty() { counts.to_string() } else { format!("{counts}; cut off, not done: {}", left.join(", ")) }
    }

    /// Samples down, steps across, and the time of each phase below.
    pub fn table(&self) -> String {
        let samples: BTreeSet<&String> = self.steps.keys().map(|(sample, _)| sample).collect();
        let columns: BTreeSet<Step> = self.steps.keys().map(|(_, step)| *step).collect();
        let heading = std::iter::once("sample".to_owned()).chain(columns.iter().map(Step::to_string));
        let mut rows: Vec<Vec<String>> = vec![heading.collect()];
        for sample in samples {
            let cells = columns.iter().map(|step| self.cell(&(sample.clone(), *step)));
            rows.push(std::iter::once(sample.clone()).chain(cells).collect());
        }
        let mut phases: Vec<String> =
            self.phases.iter().map(|(name, seconds)| format!("{name} {seconds:.1} s")).collect();
        if phases.len() > 1 {
            phases.push(format!("together {:.1} s", self.phases.iter().map(|(_, seconds)| seconds).sum::<f64>()));
        }
        if phases.is_empty() { table(&rows) } else { format!("{}\n\n{}", table(&rows), phases.join(" · ")) }
    }

    fn cell(&self, key: &(String, Step)) -> String {
        let mut cell = match self.steps.get(key) {
            None => return String::new(),
            Some(Outcome::Passed { .. }) => "ok",
            Some(Outcome::Failed { .. }) => "FAILED",
            Some(Outcome::Skipped { .. }) => "SKIPPED",
        }
        .to_owned();
        if let Some(Counts { passed, failed, .. }) = self.cases.get(key) {
            cell.push_str(&format!(" {passed}/{}", passed + failed));
        }
        if let Some(lacking) = self.lacking.get(key) {
            cell.push_str(&format!(", {} lacking", lacking.len()));
        }
        cell
    }

    /// What a person should not miss at the end: cases by place, warnings, skips.
    pub fn remarks(&self, strict: bool) -> Vec<String> {
        let mut remarks = Vec::new();
        for step in [Step::Native, Step::Docker] {
            let of_step = || self.cases.iter().filter(|(key, _)| key.1 == step);
            if of_step().next().is_none() {
                continue;
            }
            let Counts { passed, failed, skipped } = of_step().map(|(_, counts)| *counts).sum();
            let defined = passed + failed + skipped;
            let good = self.steps.iter().filter(|((_, of), outcome)| *of == step && outcome.is_passed()).count();
            let samples: BTreeSet<&String> = self.steps.keys().map(|(sample, _)| sample).collect();
            let all = samples.len();
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
        for ((sample, step), outcome) in &self.steps {
            if let Outcome::Skipped { reason, hint } = outcome {
                let word = if strict { "skipped, an error under --strict" } else { "skipped" };
                remarks.push(format!("{word}: {sample} ({step}): {reason}\nhint: {hint}"));
            }
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Place;
    use crate::report::outcome::{Test, Verdict};

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

    fn tests() -> Vec<Test> {
        let passed = ["a", "b", "c"].map(|name| Test::passed(name.into()));
        let failed = ["d", "e"].map(|name| Test::failed(name.into(), String::new()));
        passed.into_iter().chain(failed).chain([Test::skipped("f".into())]).collect()
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
            Event::TestsRun { suite: "r".into(), tests: tests() },
            step("r", Step::Test, failed()),
        ];
        assert_eq!(Summary::of(&events).counts.to_string(), "4 passed, 4 failed, 1 skipped");
        assert_eq!(Summary::of(&events).status(false), status::FAILED);
    }

    #[test]
    fn a_skip_is_a_failure_only_under_strict_or_when_nothing_ran() {
        let some = Summary::of(&[step("go", Step::Build, skipped()), step("r", Step::Build, passed())]);
        assert_eq!((some.status(false), some.status(true)), (0, status::FAILED));
        assert_eq!(some.counts.to_string(), "1 passed, 0 failed, 1 skipped");
        let all = Summary::of(&[step("go", Step::Build, skipped())]);
        assert_eq!(all.status(false), status::FAILED);
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
            Event::PhaseDone { phase: "native".into(), seconds: 2.5 },
        ];
        let table = Summary::of(&events).table();
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows[0], "sample  build    native");
        assert_eq!(rows[1], "go      SKIPPED");
        assert_eq!(rows[2], "node    ok       ok 1/1, 1 lacking");
        assert_eq!(rows[4], "build 1.2 s · native 2.5 s · together 3.8 s");
    }
}
