//! The face for GitHub's pages: each failure at the line of the contract or of the sample's manifest that it is about.

use super::Event;
use super::outcome::Outcome;
use super::summary::Summary;

pub const CONTRACT: &str = "samples/contract.toml";

/// The failures of a run as workflow commands, one a line. `is_file` says whether there is a file of this path from the root.
pub fn lines(events: &[Event], summary: &Summary, contract: &str, is_file: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    let of_suite = |suite: &str, title: &str, message: &str| of_suite(suite, title, message, &is_file);
    for event in events {
        match event {
            Event::CaseJudged { sample, place, function, case, verdict, .. } => {
                let Some(message) = verdict.failure() else { continue };
                let title = format!("{sample} ({place}): {function}: {case}");
                lines.push(command(CONTRACT, line_of(contract, function, case), &title, &message));
            }
            Event::TestsRun { suite, tests } => {
                let failed = tests.iter().filter_map(|test| Some((&test.name, test.failure.as_ref()?)));
                lines.extend(failed.map(|(name, message)| of_suite(suite, &format!("{suite}: {name}"), message)));
            }
            Event::PhaseFailed { step, message } => lines.push(command("", 1, &step.to_string(), message)),
            _ => {}
        }
    }
    for (sample, step, outcome) in summary.steps_to_count() {
        if let Outcome::Failed { message } = outcome {
            lines.push(of_suite(&sample, &format!("{sample} ({step})"), &message));
        }
    }
    lines
}

/// At the first position that the message names (`file:line:column:`, from the root or from a sample's folder), else at the top of
/// the sample's manifest, if the suite is a sample.
fn of_suite(suite: &str, title: &str, message: &str, is_file: impl Fn(&str) -> bool) -> String {
    let there =
        |file: &str| [file.to_owned(), format!("samples/{suite}/{file}")].into_iter().find(|file| is_file(file));
    let positions = message.split_whitespace().filter_map(position);
    let named = positions.filter_map(|(file, line)| Some((there(file)?, line))).next();
    let manifest = Some(format!("samples/{suite}/sample.toml")).filter(|file| is_file(file));
    let (file, line) = named.or(manifest.map(|file| (file, 1))).unwrap_or_default();
    command(&file, line, title, message)
}

/// The file and the line of a word such as `src/main.rs:7:5:`.
fn position(word: &str) -> Option<(&str, usize)> {
    let mut parts = word.split(':');
    let (file, line, column) = (parts.next()?, parts.next()?, parts.next()?);
    column.parse::<usize>().ok()?;
    Some((file, line.parse().ok()?))
}

/// The line that names the case, behind the one that names its function; the first if there is none.
fn line_of(contract: &str, function: &str, case: &str) -> usize {
    let named = |line: &str, name: &str| {
        let value = line.trim_start().strip_prefix("name").map(|rest| rest.trim_start_matches([' ', '=']));
        value.is_some_and(|value| value.trim_matches(['"', '\'']) == name)
    };
    let mut lines = contract.lines().zip(1..).skip_while(|(line, _)| !named(line, function));
    lines.find(|(line, _)| named(line, case)).map_or(1, |(_, number)| number)
}

/// An error as GitHub's runner reads it from the output of a step.
fn command(file: &str, line: usize, title: &str, message: &str) -> String {
    let data = |text: &str| text.trim_end().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let position = if file.is_empty() { String::new() } else { format!("file={},line={line},", property(file)) };
    format!("::error {position}title={}::{}", property(title), data(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::outcome::{Test, Verdict};
    use crate::report::{Place, Step};

    const TEXT: &str = "[[function]]\nname = \"a\"\n[[function.case]]\nname = \"does\"\n[[function]]\nname    = \"b\"\n\
                        [[function.case]]\nname = \"does\"\n";

    #[test]
    fn a_failure_is_shown_where_it_is_described() {
        let verdict = Verdict::Fatal { message: "100 %\nno".into() };
        let case = Event::CaseJudged {
            sample: "go".into(),
            place: Place::Native,
            function: "b".into(),
            case: "does".into(),
            verdict,
            seconds: 0.0,
        };
        let panicked = "thread 'x' panicked at src/a.rs:7:1:\nno".to_owned();
        let failed = ["why".to_owned(), panicked.clone(), panicked.replace("src", "xtask/src")];
        let tests = failed.map(|message| Test::failed("t".into(), message)).to_vec();
        let tests = ["r", "workspace"].map(|suite| Event::TestsRun { suite: suite.into(), tests: tests.clone() });
        let message = "samples/x/sample.toml:6:2: unknown key `imag`".into();
        let outcome = Outcome::Failed { message };
        let broken = Event::StepDone { sample: "x".into(), step: Step::Build, outcome, seconds: 0.0 };
        let [of_r, of_workspace] = tests;
        let events = [case, of_r, of_workspace, broken];
        let files = ["samples/r/sample.toml", "samples/r/src/a.rs", "xtask/src/a.rs", "samples/x/sample.toml"];
        assert_eq!(
            lines(&events, &Summary::of(&events), TEXT, |file| files.contains(&file)),
            [
                "::error file=samples/contract.toml,line=8,title=go (native)%3A b%3A does::100 %25%0Ano",
                "::error file=samples/r/sample.toml,line=1,title=r%3A t::why",
                "::error file=samples/r/src/a.rs,line=7,title=r%3A t::thread 'x' panicked at src/a.rs:7:1:%0Ano",
                "::error file=xtask/src/a.rs,line=7,title=r%3A t::thread 'x' panicked at xtask/src/a.rs:7:1:%0Ano",
                "::error title=workspace%3A t::why",
                "::error title=workspace%3A t::thread 'x' panicked at src/a.rs:7:1:%0Ano",
                "::error file=xtask/src/a.rs,line=7,title=workspace%3A t::thread 'x' panicked at xtask/src/a.rs:7:1:%0Ano",
                "::error file=samples/x/sample.toml,line=6,title=x (build)::samples/x/sample.toml:6:2: unknown key `imag`",
            ]
        );
    }
}
