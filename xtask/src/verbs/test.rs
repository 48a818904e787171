//! `test`: the Rust tests, the repository's rules, and every sample's own tests. No engine, no Azurite.

use std::ffi::{OsStr, OsString};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::build::{environment, side_by_side};
use crate::cli;
use crate::place::npm;
use crate::process::command::{self, Command, Failure};
use crate::process::interrupt;
use crate::project::Project;
use crate::report::counts::{self, Counts};
use crate::report::outcome::Outcome;
use crate::report::summary;
use crate::report::{Event, Report, Step};
use crate::sample::Sample;
use crate::text;
use crate::toolchain;
use crate::verbs::readme;
use crate::verbs::setup::{self, Parts};
use crate::verbs::verify::{self, phase};

/// A first run compiles everything.
const TEST_LIMIT: Duration = Duration::from_secs(1_800);

/// What the workspace must hold, and what it is called in reports. Warnings are errors in all of it.
const WORKSPACE: [(&str, &str, Option<&str>); 4] = [
    ("format", "cargo fmt --all --check", None),
    ("lints", "cargo clippy --quiet --workspace --all-targets --locked -- --deny warnings", None),
    ("docs", "cargo doc --quiet --workspace --no-deps --locked", Some("--deny warnings")),
    ("workspace", "cargo test --quiet --workspace --no-fail-fast --locked", None),
];

/// What takes minutes and is left to strict runs: the recordings that wait for a long time-out to pass.
const SLOW: (&str, &str, Option<&str>) =
    ("slow", "cargo test --quiet --package mini-host --test golden --locked -- --ignored", None);

/// Tests the workspace, unless samples were named, and then the samples; returns the exit status.
///
/// # Errors
/// When a sample is named that does not exist.
pub fn test(project: &Project, args: &cli::Test, report: &Report) -> Result<u8> {
    let selection = &args.selection;
    let samples = verify::loaded(project, &selection.samples, report)?;
    if args.bless {
        for file in readme::bless(project)? {
            report.note(format!("rewrote the derived parts of `{file}`"));
        }
    }
    if selection.setup {
        let parts = Parts { test: true, storage: true, ..Parts::default() };
        phase(report, "setup", || setup::install(project, &samples, parts, report))?;
    }
    let path = toolchain::path(project);
    if selection.samples.is_empty() {
        phase(report, "workspace", || test_workspace(project, &path, selection.strict, report));
    }
    phase(report, "samples", || {
        side_by_side(&samples, selection.bound(), |sample| {
            step(report, &sample.name, || test_sample(sample, &path, report));
        })
    });
    Ok(summary::close(report, selection.strict))
}

/// What came of testing, and how many tests that were.
struct Tested {
    outcome: Outcome,
    counts: Option<Counts>,
}

fn step(report: &Report, name: &str, work: impl FnOnce() -> Tested) {
    if interrupt::happened() {
        return;
    }
    let started = Instant::now();
    report.emit(Event::StepStarted { sample: name.into(), step: Step::Test });
    let Tested { outcome, counts } = work();
    if let Some(Counts { passed, failed, skipped }) = counts {
        report.emit(Event::TestsCounted { suite: name.into(), passed, failed, skipped });
    }
    let seconds = started.elapsed().as_secs_f64();
    report.emit(Event::StepDone { sample: name.into(), step: Step::Test, outcome, seconds });
}

fn test_workspace(project: &Project, path: &OsStr, strict: bool, report: &Report) {
    let emulator = npm::install(project, &project.docker().join("azurite"));
    for (name, line, rustdoc) in WORKSPACE.iter().chain(strict.then_some(&SLOW)) {
        step(report, name, || {
            let words: Vec<String> = line.split(' ').map(str::to_string).collect();
            let mut env: Vec<(OsString, Option<OsString>)> = Vec::new();
            env.extend(rustdoc.map(|flags| ("RUSTDOCFLAGS".into(), Some(flags.into()))));
            env.extend(emulator.as_ref().ok().map(|home| ("AZURITE_HOME".into(), Some(home.into()))));
            env.extend(strict.then(|| ("XTASK_STRICT".into(), Some("1".into()))));
            let command = Command { words: &words, dir: project.root(), path, env: &env, limit: TEST_LIMIT };
            tested(command::run(&command), line)
        });
    }
    if let Err(error) = emulator {
        report.warn(format!("tests that need the storage emulator were left out: {error:#}"));
    }
}

fn test_sample(sample: &Sample, path: &OsStr, report: &Report) -> Tested {
    if let Some((reason, hint)) = toolchain::lack(sample, path) {
        return Tested { outcome: Outcome::Skipped { reason, hint }, counts: None };
    }
    let env = environment(&sample.manifest.test);
    let mut sum: Option<Counts> = None;
    for line in &sample.manifest.test.run {
        let command = Command { words: line.words(), dir: &sample.dir, path, env: &env, limit: TEST_LIMIT };
        let Tested { outcome, counts } = tested(command::run(&command), &line.to_string());
        if let Some(counts) = counts {
            *sum.get_or_insert_default() += counts;
        }
        if outcome.is_failed() {
            return Tested { outcome, counts: sum };
        }
    }
    if sum.is_none() {
        report.warn(format!("the tests of `{}` tell of no number of tests, so none is counted", sample.name));
    }
    let checks = text::counted(sample.manifest.test.run.len(), "command");
    let detail = match sum {
        Some(Counts { passed, .. }) => format!("{} in {checks}", text::counted(passed, "test")),
        None => checks,
    };
    Tested { outcome: Outcome::Passed { detail }, counts: sum }
}

fn tested(ended: Result<command::Ended, Failure>, line: &str) -> Tested {
    match ended {
        Ok(ended) => {
            let counts = counts::read(&ended.output);
            let detail = counts.map_or_else(|| line.to_string(), |counts| text::counted(counts.passed, "test"));
            Tested { outcome: Outcome::Passed { detail }, counts }
        }
        Err(failure) => {
            let counts = match &failure {
                Failure::Failed { ended, .. } => counts::read(&ended.output),
                _ => None,
            };
            Tested { outcome: Outcome::Failed { message: failure.to_string() }, counts }
        }
    }
}
