//! `test`: the Rust tests, the repository's rules, and every sample's own tests. No engine, no Azurite.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use xshell::{Cmd, Shell, cmd};

use super::{readme, setup};
use crate::process::command::{self, Command, Failure};
use crate::process::{interrupt, side_by_side};
use crate::project::Project;
use crate::report::outcome::{Counts, Outcome, Test};
use crate::report::{Event, Report, Step};
use crate::sample::manifest::Tests;
use crate::sample::results::Form;
use crate::sample::{Sample, selection};
use crate::toolchain::{self, npm};
use crate::{cli, text};

/// A first run compiles everything.
const TEST_LIMIT: Duration = Duration::from_secs(1_800);
/// The slow tests take most of an hour, and more on a busy machine.
const SLOW_TEST_LIMIT: Duration = Duration::from_secs(7_200);

/// What Rust tests need of npm: the variable that names where it is, what it is, and the folder below `docker` with its lock file.
const FROM_NPM: [(&str, &str, &str); 2] =
    [("AZURITE_HOME", "the storage emulator", "azurite"), ("PAGE_HOME", "to drive a browser", "host/tests/page")];

/// Tests the workspace, unless samples were named, and then the samples; returns the exit status.
pub fn test(project: &Project, args: &cli::Test, report: &Report) -> Result<u8> {
    let cli::Test { selection, bless, slow } = args;
    let samples = selection::loaded(project, &selection.samples, report)?;
    if *bless {
        for file in readme::bless(project)? {
            report.note(format!("rewrote the derived parts of `{file}`"));
        }
    }
    report.keep(&project.report())?;
    let checks: Option<fn(&Shell, bool) -> Vec<Check<'_>>> = match (slow, selection.samples.is_empty()) {
        (true, _) => Some(slow_tests),
        (false, true) => Some(workspace),
        (false, false) => None,
    };
    let names =
        checks.iter().flat_map(|checks| checks(&project.shell, selection.strict)).map(|check| check.name.to_owned());
    let of_samples = samples.iter().filter(|_| !slow).map(|sample| sample.name.clone());
    report.emit(Event::Planned { samples: names.chain(of_samples).collect(), steps: vec![Step::Test] });
    if selection.setup {
        let parts = if *slow { &toolchain::PARTS[..] } else { &["test", "storage"] };
        report.phase("setup", || setup::install(project, &samples, parts, report))?;
    }
    if let Some(checks) = checks {
        let phase = if *slow { "slow" } else { "workspace" };
        report.phase(phase, || test_workspace(project, selection.strict, checks, report))?;
    }
    if *slow {
        return Ok(report.close(selection.strict));
    }
    let path = toolchain::path(project);
    report.phase("samples", || {
        side_by_side(&samples, selection.bound(), |sample| {
            step(report, &sample.name, || test_sample(sample, &path, report));
        })
    });
    Ok(report.close(selection.strict))
}

/// What came of testing, and the tests; none if nobody counted.
type Tested = (Outcome, Vec<Test>);

fn step(report: &Report, name: &str, work: impl FnOnce() -> Tested) {
    if interrupt::happened() {
        return;
    }
    let begun = report.begin(name, Step::Test);
    let (outcome, tests) = work();
    if !tests.is_empty() && !interrupt::happened() {
        report.emit(Event::TestsRun { suite: name.into(), tests });
    }
    begun.done(outcome);
}

fn test_workspace(
    project: &Project,
    strict: bool,
    checks: fn(&Shell, bool) -> Vec<Check<'_>>,
    report: &Report,
) -> Result<()> {
    let (shell, path) = (toolchain::shell(project), toolchain::path(project));
    for tool in toolchain::driver_tools("test")? {
        report.used(&tool.name, toolchain::probe(&tool, &project.root, &path).to_string());
    }
    for (variable, what, folder) in FROM_NPM {
        match npm::install(project, &Path::new("docker").join(folder), report) {
            Ok(home) => shell.set_var(variable, home),
            Err(error) => report.warn(format!("tests that need {what} were left out: {error:#}")),
        }
    }
    if strict {
        shell.set_var("XTASK_STRICT", "1");
    }
    for Check { name, command, limit } in checks(&shell, strict) {
        step(report, name, || {
            let (line, mut output) = (command.to_string(), String::new());
            let failure = run_check(command, limit, &mut output).err();
            tested(failure, Form::Libtest.read(&project.root, &output).0, line)
        });
    }
    Ok(())
}

struct Check<'a> {
    /// What it is called in reports.
    name: &'static str,
    command: Cmd<'a>,
    limit: Duration,
}

/// The tests marked as ignored: checks where time or memory is the point, processes that are killed over and over, and each
/// README followed from nothing.
fn slow_tests(shell: &Shell, _: bool) -> Vec<Check<'_>> {
    let check = |name| {
        let command = cmd!(shell, "cargo test --package {name} --no-fail-fast --locked -- --ignored");
        Check { name, command, limit: SLOW_TEST_LIMIT }
    };
    ["mini-host", "xtask"].map(check).into()
}

/// What the workspace must hold. Warnings are errors in all of it.
fn workspace(shell: &Shell, strict: bool) -> Vec<Check<'_>> {
    let lints = cmd!(shell, "cargo clippy --quiet --workspace --all-targets --locked -- --deny warnings");
    let docs = cmd!(shell, "cargo doc --quiet --workspace --no-deps --locked").env("RUSTDOCFLAGS", "--deny warnings");
    let tests = cmd!(shell, "cargo test --workspace --no-fail-fast --locked");
    let mut checks = vec![
        ("format", cmd!(shell, "cargo fmt --all --check")),
        ("lints", lints),
        ("docs", docs),
        ("workspace", tests),
    ];
    if strict {
        // The recordings that wait for a long time-out to pass: minutes.
        checks.push(("slow", cmd!(shell, "cargo test --package mini-host --test golden --locked -- --ignored")));
    }
    checks.into_iter().map(|(name, command)| Check { name, command, limit: TEST_LIMIT }).collect()
}

fn test_sample(sample: &Sample, path: &OsStr, report: &Report) -> Tested {
    if let Some(skipped) = toolchain::missing_in(sample, path, report) {
        return (skipped, Vec::new());
    }
    let Tests { run: lines, env, results } = &sample.manifest.test;
    if lines.is_empty() {
        let hint = format!("`[test] run` in `samples/{}/sample.toml` names the commands that test it", sample.name);
        return (Outcome::Skipped { reason: "has no tests".into(), hint }, Vec::new());
    }
    if let Some(Err(error)) = results.as_ref().map(|form| form.clear(&sample.dir)) {
        let message = format!("cannot make room for the results of the tests: {error}");
        return (Outcome::Failed { message }, Vec::new());
    }
    let (env, mut output) = (command::environment(env), String::new());
    let failure = lines
        .iter()
        .map(|line| command::of_words(line.words(), &sample.dir, path, &env))
        .find_map(|command| run_check(command, TEST_LIMIT, &mut output).err());
    let (tests, errors) = results.as_ref().map(|form| form.read(&sample.dir, &output)).unwrap_or_default();
    let commands = text::counted(lines.len(), "command");
    match results {
        Some(_) if tests.is_empty() && errors.is_empty() && failure.is_none() => {
            let message = format!("{commands} ended well, and left no results of the form that `[test] results` names");
            (Outcome::Failed { message }, tests)
        }
        None => {
            report.warn(format!(
                "how many tests `{name}` has nobody knows: {commands} of its `[test] run` count as one test\n\
                 hint: `[test] results` in `samples/{name}/sample.toml` names the form of the results; xtask/README.md lists the forms",
                name = sample.name
            ));
            tested(failure, tests, format!("{commands}, tests not counted"))
        }
        Some(_) => with_errors(tested(failure, tests, commands), &errors),
    }
}

/// Results that cannot be read are a failure, whatever became of the tests in the others.
fn with_errors((outcome, tests): Tested, errors: &[anyhow::Error]) -> Tested {
    if errors.is_empty() {
        return (outcome, tests);
    }
    let failure = if let Outcome::Failed { message } = outcome { Some(message) } else { None };
    let lines: Vec<String> = failure.into_iter().chain(errors.iter().map(|error| format!("{error:#}"))).collect();
    (Outcome::Failed { message: lines.join("\n") }, tests)
}

fn run_check(command: impl Into<Command>, limit: Duration, output: &mut String) -> Result<(), Failure> {
    let ended = command::run(command, limit);
    match &ended {
        Ok(ended) | Err(Failure::Failed { ended, .. }) => output.push_str(&ended.output),
        Err(_) => {}
    }
    ended.map(drop)
}

/// Tests that failed are shown one by one, so that what the runner printed is only shown if there are none.
fn tested(failure: Option<Failure>, tests: Vec<Test>, checks: String) -> Tested {
    let Counts { passed, failed, .. } = Counts::of_tests(&tests);
    let outcome = match failure {
        None if failed > 0 => Outcome::Failed { message: format!("{} failed", text::counted(failed, "test")) },
        Some(Failure::Failed { line, ended }) if failed > 0 => Outcome::Failed {
            message: format!("`{line}` ended with {}: {} failed", ended.status, text::counted(failed, "test")),
        },
        Some(failure) => Outcome::Failed { message: failure.to_string() },
        None if tests.is_empty() => Outcome::Passed { detail: checks },
        None => Outcome::Passed { detail: format!("{} in {checks}", text::counted(passed, "test")) },
    };
    (outcome, tests)
}
