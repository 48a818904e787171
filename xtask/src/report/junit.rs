//! The face for build servers: JUnit's XML, a suite for each sample and step. The one file that writes it.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::outcome::{Outcome, Test, Verdict};
use super::summary::Summary;
use super::{Event, Step};

/// What happened. A case that a place has no way to show is in no count, and so not here.
pub fn xml(events: &[Event], summary: &Summary) -> Result<String, SerializeError> {
    let mut suites: BTreeMap<String, Vec<TestCase>> = BTreeMap::new();
    let mut add = |suite: String, case: TestCase| suites.entry(suite).or_default().push(case);
    for event in events {
        match event {
            Event::CaseJudged { sample, place, function, case, verdict, seconds } => {
                if matches!(verdict, Verdict::NotObservable { .. }) {
                    continue;
                }
                let status = verdict.failure().map_or_else(TestCaseStatus::success, |text| failure(&text));
                add(suite(sample, Step::from(*place)), test_case(&format!("{function}: {case}"), status, *seconds));
            }
            Event::TestsRun { suite: name, tests } => {
                tests.iter().for_each(|test| add(suite(name, Step::Test), of_test(test)));
            }
            Event::PhaseFailed { step, message } => {
                add(suite("all samples", *step), test_case("begins", failure(message), 0.0));
            }
            _ => {}
        }
    }
    for (sample, step, outcome) in summary.steps_to_count() {
        let status = match &outcome {
            Outcome::Passed { .. } => TestCaseStatus::success(),
            Outcome::Failed { message } => failure(message),
            Outcome::Skipped { reason, .. } => skipped(reason),
        };
        add(suite(&sample, step), test_case(&step.to_string(), status, 0.0));
    }
    if !summary.left.is_empty() {
        add("run".to_owned(), test_case("comes to its end", failure(&summary.last_line()), 0.0));
    }
    for left in &summary.left {
        add(
            suite(&left.sample, left.step),
            test_case(&left.step.to_string(), skipped(&format!("cut off: {left}")), 0.0),
        );
    }
    let mut report = Report::new("functions-custom-handlers");
    report.add_test_suites(suites.into_iter().map(|(name, cases)| {
        let mut suite = TestSuite::new(name);
        suite.add_test_cases(cases);
        suite
    }));
    report.to_string()
}

fn suite(sample: &str, step: Step) -> String {
    format!("{sample} ({step})")
}

fn of_test(test: &Test) -> TestCase {
    let status = match &test.failure {
        Some(message) => failure(message),
        None if test.skipped => TestCaseStatus::skipped(),
        None => TestCaseStatus::success(),
    };
    test_case(&test.name, status, test.seconds)
}

fn test_case(name: &str, status: TestCaseStatus, seconds: f64) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_time(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    case
}

/// The first line is the message, all of it the description.
fn failure(text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(text.lines().next().unwrap_or_default()).set_description(text);
    status
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(reason);
    status
}
