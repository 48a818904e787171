//! The main job: build, ask every case natively, ask every case in containers, and say what came of it. `build-all`,
//! `package`, `smoke` and `docker` are parts of it.

use anyhow::Result;

use super::{package, setup};
use crate::cli::{Asked, Containers};
use crate::place::docker;
use crate::process::interrupt;
use crate::project::Project;
use crate::report::{Event, Report, Step};
use crate::sample::chosen::Chosen;
use crate::sample::selection;
use crate::{build, smoke, toolchain};

/// What is built, what is asked, and where.
#[derive(Debug, Default)]
pub struct Plan {
    pub asked: Asked,
    /// The plan of Azure that the apps are packed for. Then what comes out of the zips is asked.
    pub package: Option<String>,
    /// Under mini-host on this machine.
    pub native: bool,
    pub docker: Option<Containers>,
}

/// Builds the selected samples and runs them in the places; returns the exit status. What goes wrong with one sample is in the
/// report, and no error.
pub fn verify(project: &Project, plan: &Plan, report: &Report) -> Result<u8> {
    let Plan { asked: Asked { selection, cases, storage }, package, native, docker } = plan;
    let mut samples = selection::loaded(project, &selection.samples, report)?;
    let asks = *native || docker.is_some();
    let chosen = if asks { Some(Chosen::of(project, &cases.only, cases.failed)?) } else { None };
    chosen.iter().try_for_each(|chosen| chosen.keep_concerned(&mut samples))?;
    report.keep(&project.report())?;
    let asked = [(*native, Step::Native), (docker.is_some(), Step::Image), (docker.is_some(), Step::Docker)];
    let steps = [(true, Step::Build), (package.is_some(), Step::Package)].into_iter().chain(asked);
    report.emit(Event::Planned {
        samples: samples.iter().map(|sample| sample.name.clone()).collect(),
        steps: steps.filter_map(|(is_wanted, step)| is_wanted.then_some(step)).collect(),
    });
    if let Some(said) = chosen.as_ref().and_then(Chosen::say) {
        report.note(said);
    }
    if selection.setup {
        let parts = [("storage", asks && storage.is_none()), (toolchain::DOCKER, docker.is_some())];
        let parts: Vec<&str> = parts.into_iter().filter_map(|(part, is_used)| is_used.then_some(part)).collect();
        report.phase("setup", || setup::install(project, &samples, &parts, report))?;
    }
    let bound = selection.bound();
    let settings = build::Settings { project, bound, is_used: asks || package.is_some(), report };
    let staged = report.phase("build", || build::build_all(&settings, &samples));
    let unpacked = match package.as_ref().filter(|_| !staged.is_empty()) {
        Some(plan) => Some(report.phase("package", || package::package(project, &staged, plan, report))?),
        None => None,
    };
    let staged = unpacked.as_ref().map_or(&*staged, |(apps, _)| apps);
    let storage = storage.as_deref();
    let Some(chosen) = chosen.filter(|_| !staged.is_empty()) else { return Ok(report.close(selection.strict)) };
    if *native {
        let settings = smoke::native::Settings { project, storage, bound: selection.bound_of_asking(), report };
        place(report, Step::Native, || smoke::native::run_all(&settings, staged, &chosen));
    }
    if let Some(Containers { base, keep }) = docker {
        let settings = docker::Settings { project, base, keep: *keep, storage, report };
        place(report, Step::Docker, || smoke::docker::run_all(&settings, staged, &chosen, bound));
    }
    Ok(report.close(selection.strict))
}

/// Runs the samples in one place. If that cannot even be begun (no engine, say), it is one failure for all of them.
fn place(report: &Report, step: Step, work: impl FnOnce() -> Result<()>) {
    if interrupt::happened() {
        return;
    }
    if let Err(error) = report.phase(&step.to_string(), work)
        && !interrupt::happened()
    {
        report.emit(Event::PhaseFailed { step, message: format!("{error:#}") });
    }
}
