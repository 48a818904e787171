//! The main job: build, ask every case natively, ask every case in containers, and say what came of it. `build-all`,
//! `smoke` and `docker` are parts of it.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::build::{self, Staged};
use crate::cli::{Containers, Selection};
use crate::place::docker;
use crate::place::native::{self, Smoke};
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::summary;
use crate::report::{Event, Report, Step};
use crate::sample::contract::Contract;
use crate::sample::{self, Sample};
use crate::toolchain;
use crate::verbs::setup::{self, Parts};

/// Where the staged apps are run.
#[derive(Debug, Default)]
pub struct Places {
    /// Under mini-host on this machine.
    pub native: bool,
    /// In containers.
    pub docker: Option<Containers>,
    /// A storage account to use instead of an Azurite of our own.
    pub storage: Option<String>,
}

/// Builds the selected samples and runs them in the places; returns the exit status.
///
/// # Errors
/// When the selection is wrong, or nothing could be begun at all. What goes wrong with one sample is in the report.
pub fn verify(project: &Project, selection: &Selection, places: &Places, report: &Report) -> Result<u8> {
    let samples = loaded(project, &selection.samples, report)?;
    if selection.setup {
        let storage = places.storage.is_none() && (places.native || places.docker.is_some());
        let parts = Parts { storage, docker: places.docker.is_some(), ..Parts::default() };
        phase(report, "setup", || setup::install(project, &samples, parts, report))?;
    }
    let staged = phase(report, "build", || build::build_all(project, &samples, selection.bound(), report));
    if places.native && !staged.is_empty() {
        place(report, Step::Native, || run_natively(project, &staged, selection.bound(), places, report));
    }
    if let Some(containers) = places.docker.as_ref().filter(|_| !staged.is_empty()) {
        place(report, Step::Docker, || {
            run_in_containers(project, &staged, containers, places, selection.bound(), report)
        });
    }
    Ok(summary::close(report, selection.strict))
}

/// Runs the samples in one place. Where that cannot even be begun (no engine, say), it is one failure for all of them.
fn place(report: &Report, step: Step, work: impl FnOnce() -> Result<()>) {
    let started = Instant::now();
    if let Err(error) = phase(report, step.name(), work) {
        let outcome = Outcome::Failed { message: format!("{error:#}") };
        let seconds = started.elapsed().as_secs_f64();
        report.emit(Event::StepDone { sample: "(all)".into(), step, outcome, seconds });
    }
}

/// The selected samples that can be worked on. One that cannot is a failure of its own, and stops no other.
///
/// # Errors
/// When a sample is named that does not exist.
pub fn loaded(project: &Project, names: &[String], report: &Report) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for sample in sample::select(sample::load_all(project), names)? {
        match sample {
            Ok(sample) => samples.push(sample),
            Err(broken) => {
                let outcome = Outcome::Failed { message: broken.message };
                report.emit(Event::StepDone { sample: broken.name, step: Step::Build, outcome, seconds: 0.0 });
            }
        }
    }
    Ok(samples)
}

/// Does something as a phase of the run: its name and its time are in the report.
pub fn phase<T>(report: &Report, name: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    report.emit(Event::PhaseStarted { phase: name.into() });
    let done = work();
    report.emit(Event::PhaseDone { phase: name.into(), seconds: started.elapsed().as_secs_f64() });
    done
}

fn run_natively(project: &Project, staged: &[Staged], bound: usize, places: &Places, report: &Report) -> Result<()> {
    let contract = Contract::load(&project.contract())?;
    let smoke = Smoke {
        project,
        contract: &contract,
        storage: places.storage.as_deref(),
        bound,
        path: &toolchain::path(project),
        report,
    };
    runtime()?.block_on(native::smoke_all(&smoke, staged))
}

/// The one runtime there is: for what really waits.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")
}

fn run_in_containers(
    project: &Project,
    staged: &[Staged],
    containers: &Containers,
    places: &Places,
    bound: usize,
    report: &Report,
) -> Result<()> {
    runtime()?.block_on(docker::run_all(project, staged, containers, places.storage.as_deref(), bound, report))
}
