//! Builds samples and stages them: what changed, and nothing else.

mod executable;
mod fingerprint;
pub mod inputs;
mod stage;

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::lock::{self, Hold};
use crate::process::{command, interrupt, run, side_by_side};
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Report, Step};
use crate::sample::Sample;
use crate::sample::manifest::Commands;
use crate::{text, toolchain};
use fingerprint::{Files, Record, Stat, Tool, Tools};
pub use stage::Staged;

/// A first build fetches and compiles every dependency.
const BUILD_LIMIT: Duration = Duration::from_secs(1_200);

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
        let (outcome, record) = match work.build() {
            Ok((record, detail)) => (Outcome::Passed { detail }, Some(record)),
            Err(outcome) => (outcome, None),
        };
        begun.done(outcome);
        Some((work, record?))
    });
    let staged = built.into_iter().flatten().filter_map(|(work, record)| match work.staged(record, is_used) {
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
}

impl<'a> Work<'a> {
    fn new(sample: &'a Sample, target: &'a Path, path: &'a OsStr, report: &'a Report) -> Work<'a> {
        let dir = target.join("stage").join(&sample.name);
        let file = dir.with_extension("json");
        Work { sample, target, path, report, dir, file }
    }

    /// Builds and stages the app if it is stale; returns its record, and what to say of it.
    fn build(&self) -> Result<(Record, String), Outcome> {
        let started = Instant::now();
        let up_to_date = |record: Record| {
            let milliseconds = started.elapsed().as_secs_f64() * 1_000.0;
            let inputs = text::counted(record.inputs.len(), "input");
            Ok((record, format!("up to date ({milliseconds:.1} ms, {inputs})")))
        };
        let shared = self.lock(Hold::Shared)?;
        let (seen, reasons) = self.look(None)?;
        if reasons.is_empty() {
            return up_to_date(seen);
        }
        drop(shared);
        let _alone = self.lock(Hold::Exclusive)?;
        let (mut record, reasons) = self.look(Some(&seen.tools))?;
        if reasons.is_empty() {
            // Another run has built it meanwhile.
            return up_to_date(record);
        }
        run_all(self.sample, &self.sample.manifest.build, self.path)?;
        record.staged = self.stage()?;
        let written = record.write(self.target, &self.file);
        written.with_context(|| format!("cannot write `{}`", self.file.display()))?;
        Ok((record, fingerprint::summary(&reasons)))
    }

    /// The app that was built; if it is used, locked and as it is now, for another run may have built it anew. Says what it was
    /// built with, and how large it is.
    fn staged(&self, built: Record, is_used: bool) -> Result<Staged> {
        let name = &self.sample.name;
        let lock = if is_used { Some(self.lock(Hold::Shared)?) } else { None };
        let gone = || format!("another run has left no app of `{name}`\nhint: run this again");
        let record = if is_used { Record::read(&self.file).with_context(gone)? } else { built };
        record.tools.iter().for_each(|(name, tool)| self.report.used(name, &tool.version));
        self.report.sized(format!("staged app `{name}`"), record.bytes());
        Ok(Staged::new(self.sample.clone(), self.dir.clone(), record.fingerprint(), lock))
    }

    fn lock(&self, hold: Hold) -> Result<File> {
        let stage = self.target.join("stage");
        std::fs::create_dir_all(&stage).with_context(|| format!("cannot make `{}`", stage.display()))?;
        let say = || self.report.note(format!("waits for another run that uses {}", self.sample.name));
        lock::wait(&self.dir.with_extension("lock"), hold, BUILD_LIMIT, say)
    }

    /// What there is now, and why the app is not what the sample says, by what is remembered of the last build; no reason if it is.
    /// Toolchains that are `known` are not asked again.
    fn look(&self, known: Option<&Tools>) -> Result<(Record, Vec<String>), Outcome> {
        let before = Record::read(&self.file);
        let inputs = inputs::list(&self.sample.dir).context("cannot list the sample's files")?;
        let inputs = fingerprint::look_at(&self.sample.dir, &inputs, before.as_ref().map(|before| &before.inputs));
        let inputs = inputs.context("cannot read the sample's files")?;
        let tools = self.tools(known.or(before.as_ref().map(|before| &before.tools)))?;
        let Some(before) = before else {
            return Ok((Record::new(inputs, tools, Files::new()), vec!["never built".into()]));
        };
        let now = Record::new(inputs, tools, look_at_staged(&self.dir, Some(&before.staged))?);
        let reasons = before.changes(&now);
        if reasons.is_empty() && now != before {
            // The next look has to open fewer files and ask no tool. What is remembered is still right where this fails.
            let _ = now.write(self.target, &self.file);
        }
        Ok((now, reasons))
    }

    /// The toolchains as they are now, or the first that is missing. A program that is the same file is the same version.
    fn tools(&self, known: Option<&Tools>) -> Result<Tools, Outcome> {
        let mut tools = Tools::new();
        for toolchain in &self.sample.manifest.toolchain {
            let program = command::find(toolchain.probe.program(), &self.sample.dir, self.path);
            let program = program.and_then(|program| program.canonicalize().ok());
            let found = program.and_then(|program| Some((Stat::of(&program.metadata().ok()?), program)));
            let is_same = |tool: &&Tool| {
                found.as_ref().is_some_and(|(state, program)| tool.program == *program && tool.state == *state)
            };
            if let Some(tool) = known.and_then(|known| known.get(&toolchain.name)).filter(is_same) {
                tools.insert(toolchain.name.clone(), tool.clone());
                continue;
            }
            let version = toolchain::probe(toolchain, &self.sample.dir, self.path);
            if !version.is_good() {
                return Err(toolchain::missing(toolchain, &version, &self.sample.name));
            }
            if let Some((state, program)) = found {
                tools.insert(toolchain.name.clone(), Tool { version: version.to_string(), program, state });
            }
        }
        Ok(tools)
    }

    /// Puts the app together aside, checks it, and moves it to its place.
    fn stage(&self) -> Result<Files> {
        let aside = run::folder(self.target)?;
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
    let env = command::environment(&commands.env);
    for line in &commands.run {
        command::run(command::of_words(line.words(), &sample.dir, path, &env), BUILD_LIMIT)?;
    }
    Ok(())
}
