//! Builds samples and stages them: what changed, and nothing else.

mod executable;
mod fingerprint;
pub mod inputs;
mod stage;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::command::{self, Command};
use crate::process::interrupt;
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Event, Report, Step};
use crate::sample::Sample;
use crate::sample::manifest::Commands;
use crate::text;
use crate::toolchain::{self, Found, Toolchain};
use fingerprint::{Files, Record, Stat, Tool};
use inputs::Tracked;
pub use stage::Staged;

/// A first build fetches and compiles every dependency.
const BUILD_LIMIT: Duration = Duration::from_secs(1_200);

/// Builds and stages each sample, `bound` of them side by side. One failure does not stop the others. The outcome of
/// each goes to the report; what could be staged is returned, in the order of `samples`.
pub fn build_all(project: &Project, samples: &[Sample], bound: usize, report: &Report) -> Vec<Staged> {
    let path = toolchain::path(project);
    let builder = Builder { project, path: &path, tracked: &Tracked::read(project, samples, &path) };
    let staged = side_by_side(samples, bound, |sample| {
        if interrupt::happened() {
            return None;
        }
        let started = Instant::now();
        report.emit(Event::StepStarted { sample: sample.name.clone(), step: Step::Build });
        let (staged, outcome) = builder
            .build(sample, started)
            .unwrap_or_else(|error| (None, Outcome::Failed { message: format!("{error:#}") }));
        let seconds = started.elapsed().as_secs_f64();
        report.emit(Event::StepDone { sample: sample.name.clone(), step: Step::Build, outcome, seconds });
        staged
    });
    staged.into_iter().flatten().collect()
}

/// Does `work` to each item, `bound` of them side by side, and returns what came of it in the order of the items.
pub fn side_by_side<T: Sync, R: Send>(items: &[T], bound: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, R>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..bound.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    let result = work(item);
                    results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(index, result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).into_values().collect()
}

/// What a sample's commands find in their environment: what a person would who typed them in the sample's folder.
pub fn environment(commands: &Commands) -> Vec<(OsString, Option<OsString>)> {
    // Set by `cargo run` around us, or by a person for this workspace: they would steer another cargo elsewhere.
    const OURS: [&str; 8] = [
        "CARGO",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTFLAGS",
        "RUSTUP_TOOLCHAIN",
    ];
    let ours =
        |name: &str| OURS.contains(&name) || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    let inherited = std::env::vars_os().map(|(name, _)| name);
    let removed = inherited.filter(|name| name.to_str().is_some_and(ours)).map(|name| (name, None));
    removed.chain(commands.env.iter().map(|(name, value)| (name.into(), Some(value.into())))).collect()
}

struct Builder<'a> {
    project: &'a Project,
    path: &'a OsStr,
    tracked: &'a Tracked,
}

impl Builder<'_> {
    fn build(&self, sample: &Sample, started: Instant) -> Result<(Option<Staged>, Outcome)> {
        let dir = self.project.stage(&sample.name);
        let file = dir.with_file_name(format!("{}.json", sample.name));
        let record = Record::read(&file);
        let inputs = inputs::list(&sample.dir, self.tracked).context("cannot list the sample's files")?;
        let inputs = fingerprint::look_at(&sample.dir, &inputs, record.as_ref().map(|record| &record.inputs));
        let inputs = inputs.context("cannot read the sample's files")?;
        let tools = Tools { sample, path: self.path, probed: OnceLock::new() };

        let reasons = match record {
            None => vec!["never built".into()],
            Some(mut record) => {
                let staged = look_at_staged(&dir, Some(&record.staged))?;
                let reasons = stale(&record, &inputs, &tools, &staged);
                if reasons.is_empty() {
                    record.refresh(&file, inputs, staged);
                    let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
                    let count = text::counted(record.inputs.len(), "input");
                    let detail = format!("up to date ({milliseconds:.1} ms, {count})");
                    let staged = Staged::new(sample.clone(), dir, record.fingerprint());
                    return Ok((Some(staged), Outcome::Passed { detail }));
                }
                reasons
            }
        };
        let known = match tools.probe() {
            Ok(known) => known,
            Err((reason, hint)) => return Ok((None, Outcome::Skipped { reason, hint })),
        };
        run(sample, &sample.manifest.build, self.path)?;
        let staged = self.stage(sample, &dir, &file)?;
        let record = Record::new(inputs, known, staged);
        record.write(&file).with_context(|| format!("cannot write `{}`", file.display()))?;
        let staged = Staged::new(sample.clone(), dir, record.fingerprint());
        Ok((Some(staged), Outcome::Passed { detail: fingerprint::summary(&reasons) }))
    }

    /// Puts the app together aside, checks it, and moves it to its place.
    fn stage(&self, sample: &Sample, dir: &Path, file: &Path) -> Result<Files> {
        let parent = dir.parent().unwrap_or(dir);
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make `{}`", parent.display()))?;
        // A name of its own: another run may be staging the same sample.
        let aside = tempfile::Builder::new().prefix(&format!(".{}.", sample.name)).tempdir_in(parent);
        let aside = aside.with_context(|| format!("cannot make a folder in `{}`", parent.display()))?;
        let (new, old) = (aside.path().join("new"), aside.path().join("old"));
        std::fs::create_dir(&new).with_context(|| format!("cannot make `{}`", new.display()))?;
        stage::put_together(sample, &new)?;
        executable::check(&new, self.path)?;
        // From here on the old record describes something that is no longer there.
        let _ = std::fs::remove_file(file);
        stage::put_in_place(&new, dir, &old).with_context(|| format!("cannot put `{}` in place", dir.display()))?;
        look_at_staged(dir, None)
    }
}

fn look_at_staged(dir: &Path, known: Option<&Files>) -> Result<Files> {
    let files = stage::files(dir).context("cannot list the staged app")?;
    fingerprint::look_at(dir, &files, known).context("cannot read the staged app")
}

/// Why the staged app is no longer what the sample says; empty where it is.
fn stale(record: &Record, inputs: &Files, tools: &Tools, staged: &Files) -> Vec<String> {
    let mut reasons = fingerprint::input_changes(&record.inputs, inputs);
    reasons.extend(tools.changes(&record.tools));
    reasons.extend(fingerprint::staged_changes(&record.staged, staged));
    reasons
}

/// Runs commands one after the other in the sample's folder.
///
/// # Errors
/// The first that does not end well, with its whole output.
fn run(sample: &Sample, commands: &Commands, path: &OsStr) -> Result<()> {
    let env = environment(commands);
    for line in &commands.run {
        command::run(&Command { words: line.words(), dir: &sample.dir, path, env: &env, limit: BUILD_LIMIT })?;
    }
    Ok(())
}

/// The toolchains of a sample, probed at most once and only where that is needed.
struct Tools<'a> {
    sample: &'a Sample,
    path: &'a OsStr,
    probed: OnceLock<BTreeMap<String, Found>>,
}

impl Tools<'_> {
    /// Versions that are others than when the app was built. A program that is the same file is the same version.
    fn changes(&self, before: &BTreeMap<String, Tool>) -> Vec<String> {
        let mut reasons = Vec::new();
        for toolchain in &self.sample.manifest.toolchain {
            let name = &toolchain.name;
            match before.get(name) {
                None => reasons.push(format!("{name} was not asked for")),
                Some(known) if self.program(toolchain) == Some((known.program.clone(), known.state.clone())) => {}
                Some(known) => {
                    let now = self.found(toolchain).to_string();
                    if now != known.version {
                        reasons.push(format!("{name} version {} -> {now}", known.version));
                    }
                }
            }
        }
        reasons
    }

    /// Every toolchain as it is now, or why the sample cannot be built, and what to do about it.
    fn probe(&self) -> Result<BTreeMap<String, Tool>, (String, String)> {
        let mut tools = BTreeMap::new();
        for toolchain in &self.sample.manifest.toolchain {
            let found = self.found(toolchain);
            if !found.is_good() {
                return Err((toolchain::shortage(toolchain, found), toolchain::hint(toolchain, &self.sample.name)));
            }
            if let Some((program, state)) = self.program(toolchain) {
                tools.insert(toolchain.name.clone(), Tool { version: found.to_string(), program, state });
            }
        }
        Ok(tools)
    }

    fn found(&self, toolchain: &Toolchain) -> &Found {
        let all = self.probed.get_or_init(|| {
            let toolchains = self.sample.manifest.toolchain.iter();
            let probe = |toolchain: &Toolchain| toolchain::probe(toolchain, &self.sample.dir, self.path);
            toolchains.map(|toolchain| (toolchain.name.clone(), probe(toolchain))).collect()
        });
        all.get(&toolchain.name).unwrap_or(&Found::Missing)
    }

    /// The program that the probe runs, and its state.
    fn program(&self, toolchain: &Toolchain) -> Option<(PathBuf, Stat)> {
        let file = command::find(toolchain.probe.program(), &self.sample.dir, self.path)?.canonicalize().ok()?;
        let state = Stat::of(&file).ok()?;
        Some((file, state))
    }
}
