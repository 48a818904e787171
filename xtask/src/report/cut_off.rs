//! What a run that was stopped has left undone.

use super::event::{Event, Left, Progress, Step};

/// What was planned and not done, in the order of the plan.
pub fn left(events: &[Event]) -> Vec<Left> {
    let mut all: Vec<Left> = Vec::new();
    for event in events {
        match event {
            Event::Planned { samples, steps } => all.extend(samples.iter().flat_map(|sample| {
                let left = |step: &Step| Left { sample: sample.clone(), step: *step, progress: Progress::NotBegun };
                steps.iter().map(left)
            })),
            Event::StepStarted { sample, step } => {
                progress(&mut all, sample, *step).into_iter().for_each(|progress| *progress = Progress::Begun);
            }
            Event::CaseStarted { sample, place, all: count, .. } => {
                if let Some(progress @ Progress::Begun) = progress(&mut all, sample, Step::from(*place)) {
                    *progress = Progress::Judged { cases: 0, all: *count };
                }
            }
            Event::CaseJudged { sample, place, .. } => {
                if let Some(Progress::Judged { cases, .. }) = progress(&mut all, sample, Step::from(*place)) {
                    *cases += 1;
                }
            }
            // Without what these make nothing is asked.
            Event::StepDone { sample, step: Step::Build | Step::Package | Step::Image, outcome, .. }
                if !outcome.is_passed() =>
            {
                all.retain(|left| left.sample != *sample);
            }
            Event::StepDone { sample, step, .. } => all.retain(|left| left.sample != *sample || left.step != *step),
            Event::PhaseFailed { step, .. } => {
                all.retain(|left| left.step != *step && (left.step, *step) != (Step::Image, Step::Docker));
            }
            _ => {}
        }
    }
    all
}

fn progress<'a>(all: &'a mut [Left], sample: &str, step: Step) -> Option<&'a mut Progress> {
    all.iter_mut().find(|left| left.sample == sample && left.step == step).map(|left| &mut left.progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Place;
    use crate::report::outcome::{Outcome, Verdict};

    #[test]
    fn what_is_left_is_what_was_planned_and_has_no_end() {
        let planned = |steps: &[Step]| Event::Planned {
            samples: ["go", "java", "r"].map(str::to_owned).to_vec(),
            steps: steps.to_vec(),
        };
        let started = |sample: &str, step| Event::StepStarted { sample: sample.into(), step };
        let done = |sample: &str, step, outcome| Event::StepDone { sample: sample.into(), step, outcome, seconds: 0.0 };
        let passed = || Outcome::Passed { detail: String::new() };
        let (function, case, sample) = ("hello".to_owned(), "greets".to_owned(), "go".to_owned());
        let events = [
            planned(&[Step::Build, Step::Native, Step::Docker]),
            done("go", Step::Build, passed()),
            done("java", Step::Build, Outcome::Failed { message: String::new() }),
            started("r", Step::Build),
            started("go", Step::Native),
            Event::CaseStarted {
                sample: sample.clone(),
                place: Place::Native,
                function: function.clone(),
                case: case.clone(),
                number: 1,
                all: 62,
            },
            Event::CaseJudged { sample, place: Place::Native, function, case, verdict: Verdict::Passed, seconds: 0.0 },
            Event::PhaseFailed { step: Step::Docker, message: String::new() },
        ];
        let all: Vec<String> = left(&events).iter().map(ToString::to_string).collect();
        assert_eq!(all, ["go native (1 of 62 cases)", "r build (begun)", "r native (not begun)"]);
    }
}
