//! `setup`: everything that the samples and the driver need of this machine.

use anyhow::Result;

use crate::place::docker::daemon;
use crate::process::interrupt;
use crate::project::Project;
use crate::report::summary::Summary;
use crate::report::{Report, table};
use crate::sample::{Sample, selection};
use crate::status::{FAILED, PASSED};
use crate::toolchain::{self, Apt, DOCKER, PARTS};
use crate::{cli, print};

/// The verb: sets everything up, or says what it would do; returns the exit status.
pub fn setup(project: &Project, args: &cli::Setup, report: &Report) -> Result<u8> {
    let samples = selection::loaded(project, &args.samples, report)?;
    if !args.dry_run {
        report.keep(&project.report())?;
    }
    let missing = match args.dry_run {
        true => examine(project, &samples, &PARTS)?,
        false => install(project, &samples, &PARTS, report)?,
    };
    Ok(status(missing, report))
}

/// Bad when something is still missing, or a sample's manifest is broken.
fn status(missing: usize, report: &Report) -> u8 {
    let broken = Summary::of(&report.events()).counts.failed;
    if missing + broken > 0 { FAILED } else { PASSED }
}

/// Installs what the samples and the parts need; returns how much is still missing. That stops nothing here: what
/// needs it says so when its turn comes.
pub fn install(project: &Project, samples: &[Sample], parts: &[&str], report: &Report) -> Result<usize> {
    let mut apt = Apt::new(toolchain::shell(project));
    let needs = toolchain::needs(samples, parts, project)?;
    let mut missing = toolchain::install_all(project, &needs, &mut apt, report);
    if parts.contains(&DOCKER)
        && !interrupt::happened()
        && let Err(error) = daemon::ensure(project, &mut apt, report)
        && !interrupt::happened()
    {
        missing += 1;
        report.warn(format!("{error:#}"));
    }
    Ok(missing)
}

/// Prints what is needed, what is there, and how the rest would come; returns how much is missing.
fn examine(project: &Project, samples: &[Sample], parts: &[&str]) -> Result<usize> {
    let apt = Apt::new(toolchain::shell(project));
    let needs = toolchain::needs(samples, parts, project)?;
    let (mut rows, mut missing) = toolchain::examine(project, &needs, &apt);
    if parts.contains(&DOCKER) {
        let remedy = daemon::remedy(project);
        missing += usize::from(remedy.is_some());
        let found = if remedy.is_none() { "answers" } else { "✗ silent" };
        rows.push(vec!["engine".into(), found.into(), "docker".into(), remedy.unwrap_or_default()]);
    }
    rows.insert(0, ["needed", "found", "by", "how it would come"].map(str::to_owned).to_vec());
    print::out(table::table(&rows))?;
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Step;
    use crate::report::outcome::Outcome;

    #[test]
    fn what_is_missing_or_broken_is_a_failure_and_what_was_said_is_not() {
        let report = Report::new(Default::default());
        report.note("ended what a killed run had left running: 1");
        assert_eq!((status(0, &report), status(1, &report)), (PASSED, FAILED));
        report.begin("a-typo", Step::Build).done(Outcome::Failed { message: "unknown key".into() });
        assert_eq!(status(0, &report), FAILED);
    }
}
