//! The plain face: one line an event, for terminals and logs.

use anstyle::{AnsiColor, Style};

use super::Event;
use super::outcome::{Outcome, Test, Verdict};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const LOUD: Style = AnsiColor::Yellow.on_default().bold();
const HEAD: Style = Style::new().bold();

/// How much is printed while a run goes on. At its end all is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What went wrong.
    Quiet,
    #[default]
    Steps,
    /// Every case.
    Verbose,
}

/// The line for one event; `None` for what is only counted.
pub fn line(event: &Event, detail: Detail) -> Option<String> {
    let is_good = matches!(event, Event::StepDone { outcome: Outcome::Passed { .. }, .. });
    let is_said = matches!(event, Event::PhaseStarted { .. } | Event::PhaseDone { .. } | Event::Note { .. });
    if detail == Detail::Quiet && (is_good || is_said) {
        return None;
    }
    Some(match event {
        Event::PhaseStarted { phase } => format!("{HEAD}── {phase}{HEAD:#}"),
        Event::PhaseDone { phase, seconds } => format!("{HEAD}── {phase}: {seconds:.1} s{HEAD:#}"),
        Event::TestsRun { suite, tests } => return failed_tests(suite, tests),
        Event::PhaseFailed { step, message } => format!("{BAD}FAIL{BAD:#}  {step}\n{}", indented(message)),
        Event::StepDone { sample, step, outcome, seconds } => {
            let title = format!("{:<7} {sample:<8}", step.to_string());
            match outcome {
                Outcome::Passed { detail } => format!("{GOOD}ok{GOOD:#}    {title} {seconds:6.1} s  {detail}"),
                Outcome::Failed { message } => {
                    format!("{BAD}FAIL{BAD:#}  {title} {seconds:6.1} s\n{}", indented(message))
                }
                Outcome::Skipped { reason, hint } => {
                    format!("{LOUD}SKIP{LOUD:#}  {title} {reason}\n{}", indented(&format!("hint: {hint}")))
                }
            }
        }
        Event::CaseJudged { sample, place, function, case, verdict, seconds } => {
            let title = format!("{place} {sample}/{function}: {case} ({seconds:.1} s)");
            match verdict {
                Verdict::Passed if detail == Detail::Verbose => format!("{GOOD}ok{GOOD:#}    {title}"),
                Verdict::NotObservable { reason } if detail == Detail::Verbose => format!("-     {title}: {reason}"),
                Verdict::Passed | Verdict::NotObservable { .. } => return None,
                Verdict::Fatal { message } => format!("{BAD}FATAL{BAD:#} {title}\n{}", indented(message)),
                Verdict::Failed { .. } => {
                    format!("{BAD}FAIL{BAD:#}  {title}\n{}", indented(&verdict.failure().unwrap_or_default()))
                }
            }
        }
        Event::Note { text } => text.clone(),
        Event::Warning { text } => format!("{LOUD}warning{LOUD:#}: {text}"),
        _ => return None,
    })
}

/// The tests of a suite that failed; `None` if none did.
fn failed_tests(suite: &str, tests: &[Test]) -> Option<String> {
    let failed = tests.iter().filter_map(|test| {
        let title = format!("{suite}: {} ({:.1} s)", test.name, test.seconds);
        Some(format!("{BAD}FAIL{BAD:#}  test {title}\n{}", indented(test.failure.as_ref()?)))
    });
    let failed: Vec<String> = failed.collect();
    (!failed.is_empty()).then(|| failed.join("\n"))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}")).collect::<Vec<_>>().join("\n")
}
