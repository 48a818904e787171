//! The main job: build, ask every case natively, ask every case in containers, and say what came of it. `build-all`,
//! `smoke` and `docker` are parts of it.

use anyhow::Result;

use super::setup::{self, Parts};
use crate::build;
use crate::cli::{Containers, Selection};
use crate::place::docker;
use crate::project::Project;
use crate::report::{Event, Report, Step, summary};
use crate::sample::selection;
use crate::smoke;

/// Where the staged apps are run.
#[derive(Debug, Default)]
pub struct Places {
    /// Under mini-host on this machine.
    pub native: bool,
    pub docker: Option<Containers>,
    /// A storage account to use instead of an Azurite of our own.
    pub storage: Option<String>,
}

/// Builds the selected samples and runs them in the places; returns the exit status.
///
/// # Errors
/// When the selection is wrong, or nothing could be begun at all. What goes wrong with one sample is in the report.
pub fn verify(project: &Project, selection: &Selection, places: &Places, report: &Report) -> Result<u8> {
    let samples = selection::loaded(project, &selection.samples, report)?;
    if selection.setup {
        let storage = places.storage.is_none() && (places.native || places.docker.is_some());
        let parts = Parts { storage, docker: places.docker.is_some(), ..Parts::default() };
        report.phase("setup", || setup::install(project, &samples, parts, report))?;
    }
    let bound = selection.bound();
    let staged = report.phase("build", || build::build_all(project, &samples, bound, report));
    let storage = places.storage.as_deref();
    if places.native && !staged.is_empty() {
        let settings = smoke::native::Settings { project, storage, bound, report };
        place(report, Step::Native, || smoke::native::run_all(&settings, &staged));
    }
    if let Some(Containers { base, keep }) = places.docker.as_ref().filter(|_| !staged.is_empty()) {
        let settings = docker::Settings { project, base, keep: *keep, storage, report };
        place(report, Step::Docker, || smoke::docker::run_all(&settings, &staged, bound));
    }
    Ok(summary::close(report, selection.strict))
}

/// Runs the samples in one place. If that cannot even be begun (no engine, say), it is one failure for all of them.
fn place(report: &Report, step: Step, work: impl FnOnce() -> Result<()>) {
    if let Err(error) = report.phase(step.name(), work) {
        report.emit(Event::PhaseFailed { step, message: format!("{error:#}") });
    }
}
