//! Every staged app in a container.

use anyhow::Result;
use futures_util::StreamExt;

use crate::build::Staged;
use crate::place::app::App;
use crate::place::docker::{self, DockerRun, Settings};
use crate::process::{self, interrupt};
use crate::report::Step;
use crate::report::outcome::Outcome;
use crate::sample::chosen::Chosen;

/// Asks every staged app every case in a container, `bound` of them side by side; what comes of each is in the report.
pub fn run_all(settings: &Settings<'_>, staged: &[Staged], chosen: &Chosen, bound: usize) -> Result<()> {
    process::runtime()?.block_on(async {
        let run = interrupt::unless_stopped(docker::prepare(settings)).await?;
        let samples = futures_util::stream::iter(staged);
        samples.for_each_concurrent(bound, |staged| run_one(staged, &run, chosen)).await;
        docker::remove_of_this_run(&run.images.engine).await.map(drop)
    })
}

async fn run_one(staged: &Staged, run: &DockerRun<'_>, chosen: &Chosen) {
    let (sample, report) = (&staged.sample, run.images.report);
    if interrupt::happened() {
        return;
    }
    let begun = report.begin(&sample.name, Step::Image);
    let wrapped = match interrupt::unless_stopped(docker::wrap(staged, run)).await {
        Ok(wrapped) => wrapped,
        Err(error) => return begun.done(Outcome::from(error)),
    };
    begun.done(Outcome::Passed { detail: if wrapped.built.is_new { "built" } else { "up to date" }.to_owned() });
    let begun = report.begin(&sample.name, Step::Docker);
    let work = async |app: &App| super::run(app, chosen, sample, report).await;
    begun.done(match super::outcome(docker::with_app(&wrapped, work).await) {
        Outcome::Failed { message } => Outcome::Failed { message: format!("{message}\n{}", wrapped.by_hand()) },
        outcome => outcome,
    });
}
