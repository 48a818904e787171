//! `test`: the Rust tests, the repository's rules, and every sample's own tests. No engine, no Azurite.

use std::ffi::OsStr;
use std::time::Duration;

use anyhow::Result;
use xshell::{Cmd, Shell, cmd};

use super::readme;
use super::setup::{self, Parts};
use crate::build::environment;
use crate::cli;
use crate::place::azurite;
use crate::process::command::{self, Ended, Failure};
use crate::process::interrupt;
use crate::process::side_by_side::side_by_side;
use crate::project::Project;
use crate::report::counts::Counts;
use crate::report::outcome::Outcome;
use crate::report::{Event, Report, Step, summary};
use crate::sample::{Sample, printed_counts, selection};
use crate::text;
use crate::toolchain::{self, Missing};

/// A first run compiles everything.
const TEST_LIMIT: Duration = Duration::from_secs(1_800);

/// Tests the workspace, unless samples were named, and then the samples; returns the exit status.
///
/// # Errors
/// When a sample is named that does not exist.
pub fn test(project: &Project, args: &cli::Test, report: &Report) -> Result<u8> {
    let cli::Test { selection, bless } = args;
    let samples = selection::loaded(project, &selection.samples, report)?;
    if *bless {
        for file in readme::bless(project)? {
            report.note(format!("rewrote the derived parts of `{file}`"));
        }
    }
    if selection.setup {
        let parts = Parts { test: true, storage: true, ..Parts::default() };
        report.phase("setup", || setup::install(project, &samples, parts, report))?;
    }
    if selection.samples.is_empty() {
        report.phase("workspace", || test_workspace(project, selection.strict, report));
    }
    let path = toolchain::path(project);
    report.phase("samples", || {
        side_by_side(&samples, selection.bound(), |sample| {
            step(report, &sample.name, || test_sample(sample, &path, report));
        })
    });
    Ok(summary::close(report, selection.strict))
}

/// What came of testing, and how many tests that were; `None` if nobody counted.
struct Tested {
    outcome: Outcome,
    counts: Option<Counts>,
}

fn step(report: &Report, name: &str, work: impl FnOnce() -> Tested) {
    if interrupt::happened() {
        return;
    }
    let begun = report.begin(name, Step::Test);
    let Tested { outcome, counts } = work();
    if let Some(counts) = counts {
        report.emit(Event::TestsCounted { suite: name.into(), counts });
    }
    begun.done(outcome);
}

fn test_workspace(project: &Project, strict: bool, report: &Report) {
    let shell = toolchain::shell(project);
    let emulator = azurite::install(project);
    if let Ok(home) = &emulator {
        shell.set_var("AZURITE_HOME", home);
    }
    if strict {
        shell.set_var("XTASK_STRICT", "1");
    }
    for (name, check) in workspace(&shell, strict) {
        step(report, name, || {
            let line = check.to_string();
            tested(command::run(check, TEST_LIMIT), &line)
        });
    }
    if let Err(error) = emulator {
        report.warn(format!("tests that need the storage emulator were left out: {error:#}"));
    }
}

/// What the workspace must hold, and what it is called in reports. Warnings are errors in all of it.
fn workspace(shell: &Shell, strict: bool) -> Vec<(&'static str, Cmd<'_>)> {
    let lints = cmd!(shell, "cargo clippy --quiet --workspace --all-targets --locked -- --deny warnings");
    let docs = cmd!(shell, "cargo doc --quiet --workspace --no-deps --locked").env("RUSTDOCFLAGS", "--deny warnings");
    let tests = cmd!(shell, "cargo test --quiet --workspace --no-fail-fast --locked");
    let mut checks = vec![
        ("format", cmd!(shell, "cargo fmt --all --check")),
        ("lints", lints),
        ("docs", docs),
        ("workspace", tests),
    ];
    if strict {
        // The recordings that wait for a long time-out to pass: minutes.
        let slow = cmd!(shell, "cargo test --quiet --package mini-host --test golden --locked -- --ignored");
        checks.push(("slow", slow));
    }
    checks
}

fn test_sample(sample: &Sample, path: &OsStr, report: &Report) -> Tested {
    if let Some(Missing { reason, hint }) = Missing::in_sample(sample, path) {
        return Tested { outcome: Outcome::Skipped { reason, hint }, counts: None };
    }
    let env = environment(&sample.manifest.test);
    let mut sum: Option<Counts> = None;
    for line in &sample.manifest.test.run {
        let command = command::of_words(line.words(), &sample.dir, path, &env);
        let Tested { outcome, counts } = tested(command::run(command, TEST_LIMIT), &line.to_string());
        if let Some(counts) = counts {
            *sum.get_or_insert_default() += counts;
        }
        if outcome.is_failed() {
            return Tested { outcome, counts: sum };
        }
    }
    if sum.is_none() {
        report.warn(format!("the tests of `{}` printed no test count; counted as commands only", sample.name));
    }
    let checks = text::counted(sample.manifest.test.run.len(), "command");
    let detail = match sum {
        Some(Counts { passed, .. }) => format!("{} in {checks}", text::counted(passed, "test")),
        None => checks,
    };
    Tested { outcome: Outcome::Passed { detail }, counts: sum }
}

fn tested(ended: Result<Ended, Failure>, line: &str) -> Tested {
    match ended {
        Ok(ended) => {
            let counts = printed_counts::read(&ended.output);
            let detail = counts.map_or_else(|| line.to_string(), |counts| text::counted(counts.passed, "test"));
            Tested { outcome: Outcome::Passed { detail }, counts }
        }
        Err(failure) => {
            let counts = match &failure {
                Failure::Failed { ended, .. } => printed_counts::read(&ended.output),
                _ => None,
            };
            Tested { outcome: Outcome::Failed { message: failure.to_string() }, counts }
        }
    }
}
