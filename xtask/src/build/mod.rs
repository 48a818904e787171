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
///
/// Runs in one checkout that use the same app share its lock, and who builds it is alone: neither the app nor an image of it is
/// taken away from a run that uses it. Who waits to be alone with an app holds no other, so that no two runs wait for each other:
/// what is used is only locked when nothing is left to build.
pub fn build_all(settings: &Settings<'_>, samples: &[Sample]) -> Vec<Staged> {
    let Settings { project, bound, is_used, report } = *settings;
    let (target, path) = (project.target(), toolchain::path(project));
    let built = side_by_side(samples, bound, |sample| {
        if interrupt::happened() {
            return None;
        }
        let begun = report.begin(&sample.name, Step::Build);
        let work = Work::new(sample, &target, &path, report);
        let outcome = work.build().unwrap_or_else(Outcome::from);
        // What was cut short has not failed.
        if interrupt::happened() {
            return None;
        }
        let is_built = outcome.is_passed();
        begun.done(outcome);
        is_built.then_some(work)
    });
    let staged = built.into_iter().flatten().filter_map(|work| match work.staged(is_used) {
        Err(_) if interrupt::happened() => None,
        Err(error) => {
            report.begin(&work.sample.name, Step::Build).done(Outcome::from(error));
            None
        }
        Ok(staged) => Some(staged),
    });
    staged.collect()
}

/// The building of one sample.
struct Work<'a> {
    sample: &'a Sample,
    target: &'a Path,
    path: &'a OsStr,
    report: &'a Report,
    /// The staged app.
    dir: PathBuf,
    /// What is remembered of its building.
    file: PathBuf,
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

impl<'a> Work<'a> {
    fn new(sample: &'a Sample, target: &'a Path, path: &'a OsStr, report: &'a Report) -> Work<'a> {
        let dir = target.join("stage").join(&sample.name);
        let file = dir.with_extension("json");
        Work { sample, target, path, report, dir, file, tools: Probed { sample, path, probed: OnceLock::new() } }
    }

    fn build(&self) -> Result<Outcome> {
        let started = Instant::now();
        let up_to_date = |record: &Record| {
            let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
            let count = text::counted(record.inputs.len(), "input");
            Outcome::Passed { detail: format!("up to date ({milliseconds:.1} ms, {count})") }
        };
        let looked = self.lock(Hold::Shared).and_then(|_lock| self.look())?;
        if let Looked::Fresh(record) = looked {
            return Ok(up_to_date(&record));
        }
        let tools = match self.tools.probe() {
            Err(Missing { reason, hint }) => return Ok(Outcome::Skipped { reason, hint }),
            Ok(tools) => tools,
        };
        let _alone = self.lock(Hold::Exclusive)?;
        let (inputs, reasons) = match self.look()? {
            // Another run has built it meanwhile.
            Looked::Fresh(record) => return Ok(up_to_date(&record)),
            Looked::Stale { inputs, reasons } => (inputs, reasons),
        };
        run_all(self.sample, &self.sample.manifest.build, self.path)?;
        let record = Record::new(inputs, tools, self.stage()?);
        let written = record.write(self.target, &self.file);
        written.with_context(|| format!("cannot write `{}`", self.file.display()))?;
        Ok(Outcome::Passed { detail: fingerprint::summary(&reasons) })
    }

    /// What there is now, which another run may have built anew; locked if it is used. Says what it was built with, and how large it is.
    fn staged(&self, is_used: bool) -> Result<Staged> {
        let name = &self.sample.name;
        let lock = self.lock(Hold::Shared)?;
        let record = Record::read(&self.file);
        let record =
            record.with_context(|| format!("another run has left no app of `{name}`\nhint: run this again"))?;
        record.tools.iter().for_each(|(name, tool)| self.report.used(name, &tool.version));
        self.report.sized(format!("staged app `{name}`"), record.bytes());
        let lock = is_used.then_some(lock);
        Ok(Staged::new(self.sample.clone(), self.dir.clone(), record.fingerprint(), lock))
    }

    fn lock(&self, hold: Hold) -> Result<File> {
        let stage = self.target.join("stage");
        std::fs::create_dir_all(&stage).with_context(|| format!("cannot make `{}`", stage.display()))?;
        let say = || self.report.note(format!("waits for another run that uses {}", self.sample.name));
        lock::wait(&self.dir.with_extension("lock"), hold, BUILD_LIMIT, say)
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
        let mut reasons = fingerprint::input_changes(&record.inputs, &inputs);
        reasons.extend(self.tools.changes(&record.tools));
        reasons.extend(fingerprint::staged_changes(&record.staged, &staged));
        if !reasons.is_empty() {
            return Ok(Looked::Stale { inputs, reasons });
        }
        let tools = self.tools.asked().unwrap_or_else(|| record.tools.clone());
        record.refresh(self.target, &self.file, Record::new(inputs, tools, staged));
        Ok(Looked::Fresh(record))
    }

    /// Puts the app together aside, checks it, and moves it to its place.
    fn stage(&self) -> Result<Files> {
        let aside = run::scratch(self.target).and_then(tempfile::tempdir_in);
        let aside = aside.context("cannot make a folder to stage in")?;
        let (new, old) = (aside.path().join("new"), aside.path().join("old"));
        std::fs::create_dir(&new).with_context(|| format!("cannot make `{}`", new.display()))?;
        stage::put_together(self.sample, &new)?;
        executable::check(&new, self.path)?;
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
