//! Builds samples and stages them: what changed, and nothing else.

mod environment;
mod executable;
mod fingerprint;
pub mod inputs;
mod stage;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::command;
use crate::process::interrupt;
use crate::process::lock;
use crate::process::run;
use crate::process::side_by_side::side_by_side;
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Report, Step};
use crate::sample::Sample;
use crate::sample::manifest::Commands;
use crate::sample::toolchain::Toolchain;
use crate::text;
use crate::toolchain::{self, Found, Missing};
pub use environment::environment;
use fingerprint::{Files, Record, Stat, Tool};
pub use stage::Staged;

/// A first build fetches and compiles every dependency.
const BUILD_LIMIT: Duration = Duration::from_secs(1_200);

/// Builds and stages each sample, `bound` of them side by side. One failure does not stop the others. The outcome of
/// each goes to the report; what could be staged is returned, in the order of `samples`.
pub fn build_all(project: &Project, samples: &[Sample], bound: usize, report: &Report) -> Vec<Staged> {
    let path = toolchain::path(project);
    let builder = Builder { target: project.target(), path: &path, report };
    let staged = side_by_side(samples, bound, |sample| {
        if interrupt::happened() {
            return None;
        }
        let begun = report.begin(&sample.name, Step::Build);
        let (staged, outcome) = builder.build(sample).unwrap_or_else(|error| (None, Outcome::from(error)));
        // What was cut short has not failed.
        if interrupt::happened() {
            return None;
        }
        begun.done(outcome);
        staged
    });
    staged.into_iter().flatten().collect()
}

struct Builder<'a> {
    target: PathBuf,
    path: &'a OsStr,
    report: &'a Report,
}

impl Builder<'_> {
    fn build(&self, sample: &Sample) -> Result<(Option<Staged>, Outcome)> {
        let started = Instant::now();
        let stage = self.target.join("stage");
        std::fs::create_dir_all(&stage).with_context(|| format!("cannot make `{}`", stage.display()))?;
        let dir = stage.join(&sample.name);
        // Two runs in one checkout take turns; the second finds what the first has built.
        let _turn = lock::wait(&stage.join(format!("{}.lock", sample.name)), BUILD_LIMIT)?;
        let file = dir.with_file_name(format!("{}.json", sample.name));
        let record = Record::read(&file);
        let inputs = inputs::list(&sample.dir).context("cannot list the sample's files")?;
        let inputs = fingerprint::look_at(&sample.dir, &inputs, record.as_ref().map(|record| &record.inputs));
        let inputs = inputs.context("cannot read the sample's files")?;
        let tools = Probed { sample, path: self.path, probed: OnceLock::new() };

        let reasons = match record {
            None => vec!["never built".into()],
            Some(mut record) => {
                let staged = look_at_staged(&dir, Some(&record.staged))?;
                let reasons = stale(&record, &inputs, &tools, &staged);
                if reasons.is_empty() {
                    let tools = tools.asked().unwrap_or_else(|| record.tools.clone());
                    record.refresh(&self.target, &file, Record::new(inputs, tools, staged));
                    self.say(sample, &record);
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
            Err(Missing { reason, hint }) => return Ok((None, Outcome::Skipped { reason, hint })),
        };
        run_all(sample, &sample.manifest.build, self.path)?;
        let staged = self.stage(sample, &dir, &file)?;
        let record = Record::new(inputs, known, staged);
        self.say(sample, &record);
        record.write(&self.target, &file).with_context(|| format!("cannot write `{}`", file.display()))?;
        let staged = Staged::new(sample.clone(), dir, record.fingerprint());
        Ok((Some(staged), Outcome::Passed { detail: fingerprint::summary(&reasons) }))
    }

    /// Says what was used, and how large the app is.
    fn say(&self, sample: &Sample, record: &Record) {
        record.tools.iter().for_each(|(name, tool)| self.report.used(name, &tool.version));
        self.report.sized(format!("staged app `{}`", sample.name), record.bytes());
    }

    /// Puts the app together aside, checks it, and moves it to its place.
    fn stage(&self, sample: &Sample, dir: &Path, file: &Path) -> Result<Files> {
        let aside = run::scratch(&self.target).and_then(tempfile::tempdir_in);
        let aside = aside.context("cannot make a folder to stage in")?;
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
    let files = inputs::all(dir).context("cannot list the staged app")?;
    fingerprint::look_at(dir, &files, known).context("cannot read the staged app")
}

/// Why the staged app is no longer what the sample says; empty if it is.
fn stale(record: &Record, inputs: &Files, tools: &Probed, staged: &Files) -> Vec<String> {
    let mut reasons = fingerprint::input_changes(&record.inputs, inputs);
    reasons.extend(tools.changes(&record.tools));
    reasons.extend(fingerprint::staged_changes(&record.staged, staged));
    reasons
}

/// The contract as a sample's folder sees it.
const CONTRACT: &str = "../contract.toml";

/// The files of a sample, and the contract, as they were when they were looked at.
pub struct Watched(Files);

impl Watched {
    /// Looks at them, reading only what `before` cannot vouch for.
    pub fn look(sample: &Sample, before: Option<&Watched>) -> Result<Watched> {
        let mut inputs = inputs::list(&sample.dir).context("cannot list the sample's files")?;
        inputs.insert(CONTRACT.into());
        let files = fingerprint::look_at(&sample.dir, &inputs, before.map(|before| &before.0));
        Ok(Watched(files.context("cannot read the sample's files")?))
    }

    /// The same with the contract as it was before: no round makes that.
    pub fn with_contract_of(mut self, before: &Watched) -> Watched {
        let contract = before.0.get(Path::new(CONTRACT)).cloned();
        self.0.remove(Path::new(CONTRACT));
        self.0.extend(contract.map(|contract| (CONTRACT.into(), contract)));
        self
    }

    /// `main.go changed (+2 more)`; empty if nothing changed.
    pub fn changes(&self, now: &Watched) -> String {
        fingerprint::summary(&fingerprint::input_changes(&self.0, &now.0))
    }
}

/// Runs commands one after the other in the sample's folder.
fn run_all(sample: &Sample, commands: &Commands, path: &OsStr) -> Result<()> {
    let env = environment(&commands.env);
    for line in &commands.run {
        command::run(command::of_words(line.words(), &sample.dir, path, &env), BUILD_LIMIT)?;
    }
    Ok(())
}

/// The toolchains of a sample, probed at most once and only where that is needed.
struct Probed<'a> {
    sample: &'a Sample,
    path: &'a OsStr,
    probed: OnceLock<BTreeMap<String, Found>>,
}

impl Probed<'_> {
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
    fn probe(&self) -> Result<BTreeMap<String, Tool>, Missing> {
        let mut tools = BTreeMap::new();
        for toolchain in &self.sample.manifest.toolchain {
            let found = self.found(toolchain);
            if !found.is_good() {
                return Err(Missing::of(toolchain, found, &self.sample.name));
            }
            if let Some((program, state)) = self.program(toolchain) {
                tools.insert(toolchain.name.clone(), Tool { version: found.to_string(), program, state });
            }
        }
        Ok(tools)
    }

    /// Every toolchain as it is now, if one had to be asked.
    fn asked(&self) -> Option<BTreeMap<String, Tool>> {
        self.probed.get().and_then(|_| self.probe().ok())
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
