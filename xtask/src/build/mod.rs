//! Builds samples and stages them: what changed, and nothing else.

mod environment;
mod executable;
mod fingerprint;
pub mod inputs;
mod stage;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::command;
use crate::process::interrupt;
use crate::process::lock::{self, Hold};
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

/// How samples are built.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    pub project: &'a Project,
    /// How many samples are built side by side.
    pub bound: usize,
    /// Whether the apps are used afterwards. Then another run that would build one anew waits until this one has done with it.
    pub is_used: bool,
    pub report: &'a Report,
}

/// Builds and stages each sample. One failure does not stop the others. The outcome of each goes to the report; what could be
/// staged is returned, in the order of `samples`.
pub fn build_all(settings: &Settings<'_>, samples: &[Sample]) -> Vec<Staged> {
    let Settings { project, bound, is_used, report } = *settings;
    let path = toolchain::path(project);
    let builder = Builder { target: project.target(), path: &path, is_used, report };
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
    is_used: bool,
    report: &'a Report,
}

impl Builder<'_> {
    /// Runs in one checkout that use the same app share its lock, and who builds it is alone: neither the app nor an image of it
    /// is taken away from a run that uses it.
    fn build(&self, sample: &Sample) -> Result<(Option<Staged>, Outcome)> {
        let started = Instant::now();
        let stage = self.target.join("stage");
        std::fs::create_dir_all(&stage).with_context(|| format!("cannot make `{}`", stage.display()))?;
        let [file, lock] = ["json", "lock"].map(|kind| stage.join(format!("{}.{kind}", sample.name)));
        let tools = Probed { sample, path: self.path, probed: OnceLock::new() };
        let work = Work { builder: self, sample, dir: stage.join(&sample.name), file, lock, tools };
        let mut built = None;
        loop {
            let lock = work.lock(Hold::Shared)?;
            // Between the locks another run may have built another app.
            let is_still = |(record, _): &(Record, _)| {
                Record::read(&work.file).is_some_and(|now| now.fingerprint() == record.fingerprint())
            };
            let (record, detail) = match built.take().filter(is_still) {
                Some(built) => built,
                None => match work.look()? {
                    Looked::Fresh(record) => {
                        let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
                        let count = text::counted(record.inputs.len(), "input");
                        (record, format!("up to date ({milliseconds:.1} ms, {count})"))
                    }
                    Looked::Stale { .. } => match work.tools.probe() {
                        Err(Missing { reason, hint }) => return Ok((None, Outcome::Skipped { reason, hint })),
                        Ok(tools) => {
                            drop(lock);
                            built = work.build_alone(tools)?;
                            continue;
                        }
                    },
                },
            };
            self.say(sample, &record);
            let lock = self.is_used.then_some(lock);
            let staged = Staged::new(sample.clone(), work.dir, record.fingerprint(), lock);
            return Ok((Some(staged), Outcome::Passed { detail }));
        }
    }

    /// Says what was used, and how large the app is.
    fn say(&self, sample: &Sample, record: &Record) {
        record.tools.iter().for_each(|(name, tool)| self.report.used(name, &tool.version));
        self.report.sized(format!("staged app `{}`", sample.name), record.bytes());
    }
}

/// The building of one sample.
struct Work<'a> {
    builder: &'a Builder<'a>,
    sample: &'a Sample,
    /// The staged app.
    dir: PathBuf,
    /// What is remembered of its building.
    file: PathBuf,
    lock: PathBuf,
    tools: Probed<'a>,
}

/// What a look at a sample and its staged app finds.
enum Looked {
    Fresh(Record),
    /// Why the app is not what the sample says.
    Stale {
        inputs: Files,
        reasons: Vec<String>,
    },
}

impl Work<'_> {
    fn lock(&self, hold: Hold) -> Result<File> {
        let say = || self.builder.report.note(format!("waits for another run that uses {}", self.sample.name));
        lock::wait(&self.lock, hold, BUILD_LIMIT, say)
    }

    fn look(&self) -> Result<Looked> {
        let record = Record::read(&self.file);
        let inputs = inputs::list(&self.sample.dir).context("cannot list the sample's files")?;
        let inputs = fingerprint::look_at(&self.sample.dir, &inputs, record.as_ref().map(|record| &record.inputs));
        let inputs = inputs.context("cannot read the sample's files")?;
        let Some(mut record) = record else {
            return Ok(Looked::Stale { inputs, reasons: vec!["never built".into()] });
        };
        let staged = look_at_staged(&self.dir, Some(&record.staged))?;
        let reasons = stale(&record, &inputs, &self.tools, &staged);
        if !reasons.is_empty() {
            return Ok(Looked::Stale { inputs, reasons });
        }
        let tools = self.tools.asked().unwrap_or_else(|| record.tools.clone());
        record.refresh(&self.builder.target, &self.file, Record::new(inputs, tools, staged));
        Ok(Looked::Fresh(record))
    }

    /// Builds while no other run uses the app; returns what was built and why, or nothing where another run has built it meanwhile.
    fn build_alone(&self, tools: BTreeMap<String, Tool>) -> Result<Option<(Record, String)>> {
        let _alone = self.lock(Hold::Exclusive)?;
        let Looked::Stale { inputs, reasons } = self.look()? else { return Ok(None) };
        run_all(self.sample, &self.sample.manifest.build, self.builder.path)?;
        let record = Record::new(inputs, tools, self.stage()?);
        let written = record.write(&self.builder.target, &self.file);
        written.with_context(|| format!("cannot write `{}`", self.file.display()))?;
        Ok(Some((record, fingerprint::summary(&reasons))))
    }

    /// Puts the app together aside, checks it, and moves it to its place.
    fn stage(&self) -> Result<Files> {
        let aside = run::scratch(&self.builder.target).and_then(tempfile::tempdir_in);
        let aside = aside.context("cannot make a folder to stage in")?;
        let (new, old) = (aside.path().join("new"), aside.path().join("old"));
        std::fs::create_dir(&new).with_context(|| format!("cannot make `{}`", new.display()))?;
        stage::put_together(self.sample, &new)?;
        executable::check(&new, self.builder.path)?;
        // From here on the old record describes something that is no longer there.
        let _ = std::fs::remove_file(&self.file);
        let dir = &self.dir;
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
