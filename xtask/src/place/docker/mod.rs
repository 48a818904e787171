//! Images and containers: staged apps where they are meant to run.

mod address;
mod base_image;
mod container;
mod context;
pub mod daemon;
pub mod dockerfile;
mod emulator;
mod engine;
mod image;
mod labels;
mod ledger;
mod logs;
mod reproduce;
mod rootfs;
#[cfg(test)]
mod selftest;
mod sweep;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;

use crate::build::Staged;
use crate::cli::Containers;
use crate::place::{App, AppFailure};
use crate::process::interrupt;
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Event, Report, Step};
use crate::sample::contract::Contract;
use crate::smoke::{self, Tally};
use base_image::Base;
pub use container::with_app;
use context::Entry;
use engine::Engine;
use image::{Made, Recipe};
use labels::Run;
use ledger::Sizes;

/// The most that a process which was asked to end at once goes on removing what it has started.
const LAST_LIMIT: Duration = Duration::from_secs(10);

/// What images are made with.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    engine: &'a Engine,
    project: &'a Project,
    run: &'a Run,
    clone: &'a str,
    report: &'a Report,
}

/// What a run in containers needs beside the staged app.
pub struct DockerRun<'a> {
    engine: Engine,
    owner: Run,
    clone: String,
    base: Base,
    emulator: String,
    storage: Option<String>,
    keep: bool,
    project: &'a Project,
    report: &'a Report,
}

/// A staged app in an image of its own. Only [`wrap`] makes one, so whoever has one has something to start.
pub struct Wrapped<'a> {
    staged: &'a Staged,
    image: Made,
    sizes: String,
}

/// Asks every staged app every case in a container, `bound` of them side by side; what comes of each is in the report.
///
/// # Errors
/// When nothing can be begun: no engine, no base image, no contract.
pub async fn run_all(
    project: &Project,
    staged: &[Staged],
    containers: &Containers,
    storage: Option<&str>,
    bound: usize,
    report: &Report,
) -> Result<()> {
    let contract = Contract::load(&project.contract())?;
    let run = prepare(project, containers, storage, report).await?;
    let samples =
        futures_util::stream::iter(staged).for_each_concurrent(bound, |staged| run_one(staged, &run, &contract));
    samples.await;
    sweep::remove_of_this_run(&run.engine, project, &run.owner).await?;
    Ok(())
}

/// What a person who asks twice does not wait for is done by the process in its last seconds.
fn clean_up_at_last(project: &Project, owner: &Run) {
    let (project, owner) = (project.clone(), owner.clone());
    interrupt::at_last(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let removed = async { sweep::remove_of_this_run(&Engine::connect().await?, &project, &owner).await };
            // Nobody is left to hear of an error; the next run removes what this one could not.
            let _ = tokio::time::timeout(LAST_LIMIT, removed).await;
        });
    });
}

/// Removes all that was ever ours from the engine, and says how much it was.
///
/// # Errors
/// When there is no engine, or it will not part with something.
pub async fn clean() -> Result<String> {
    let engine = Engine::connect().await?;
    let removed = sweep::remove_all(&engine, &Run::this()).await?;
    Ok(format!("{} containers, {} networks, {} images", removed.containers, removed.networks, removed.images))
}

/// Connects, removes what killed runs have left, and gets the base image and the emulator's image.
///
/// # Errors
/// When any of them cannot be had.
async fn prepare<'a>(
    project: &'a Project,
    containers: &Containers,
    storage: Option<&str>,
    report: &'a Report,
) -> Result<DockerRun<'a>> {
    if let Some(loopback) = storage.filter(|account| is_loopback(account)) {
        bail!(
            "the storage account `{loopback}` is on this machine's loopback, which a container cannot reach\n\
             hint: leave `--storage` out, and each container gets an Azurite of its own"
        );
    }
    let engine = Engine::connect().await?;
    if let Some(mismatch) = mismatch(engine.architecture(), std::env::consts::ARCH) {
        bail!(mismatch);
    }
    let owner = Run::this();
    let clone = labels::clone_id(project.root());
    clean_up_at_last(project, &owner);
    let swept = sweep::remove_of_the_dead(&engine, project, &owner).await?;
    if swept != sweep::Removed::default() {
        report.note(format!(
            "removed what a killed run had left: {} containers, {} networks",
            swept.containers, swept.networks
        ));
    }
    let workshop = Workshop { engine: &engine, project, run: &owner, clone: &clone, report };
    let base = base_image::choose(&workshop, &containers.base).await?;
    match base.kind {
        base_image::Kind::Official => report.note(base.says()),
        _ => report.warn(base.says()),
    }
    let emulator = match storage {
        Some(_) => String::new(),
        None => emulator::image(&workshop).await?,
    };
    let (storage, keep) = (storage.map(str::to_owned), containers.keep);
    Ok(DockerRun { engine, owner, clone, base, emulator, storage, keep, project, report })
}

async fn run_one(staged: &Staged, run: &DockerRun<'_>, contract: &Contract) {
    let (sample, report) = (staged.sample(), run.report);
    let done = |step: Step, begun: Instant, outcome: Outcome| {
        report.emit(Event::StepDone {
            sample: sample.name.clone(),
            step,
            outcome,
            seconds: begun.elapsed().as_secs_f64(),
        });
    };
    if interrupt::happened() {
        return;
    }
    let begun = Instant::now();
    report.emit(Event::StepStarted { sample: sample.name.clone(), step: Step::Image });
    let wrapped = tokio::select! {
        () = interrupt::wait() => return,
        wrapped = wrap(staged, run) => wrapped,
    };
    let wrapped = match wrapped {
        Ok(wrapped) => wrapped,
        Err(error) => return done(Step::Image, begun, Outcome::Failed { message: format!("{error:#}") }),
    };
    let word = if wrapped.image.built { "built" } else { "up to date" };
    done(Step::Image, begun, Outcome::Passed { detail: format!("{word}: {}", wrapped.sizes) });
    let begun = Instant::now();
    report.emit(Event::StepStarted { sample: sample.name.clone(), step: Step::Docker });
    let work = async |app: &App| smoke::run(app, contract, sample, report).await;
    let failed = |tally: &Result<Tally>| !matches!(tally, Ok(tally) if tally.failed == 0);
    let tally = with_app(&wrapped, run, failed, work).await.and_then(|tally| tally.map_err(AppFailure::from));
    if matches!(&tally, Err(failure) if failure.interrupted) {
        return;
    }
    let cases_failed = matches!(&tally, Ok(tally) if tally.failed > 0);
    let outcome = match Tally::outcome(tally) {
        Outcome::Failed { message } if cases_failed => {
            let commands = reproduce::commands(&wrapped, run).join("\n  ");
            Outcome::Failed { message: format!("{message}\nby hand:\n  {commands}") }
        }
        outcome => outcome,
    };
    done(Step::Docker, begun, outcome);
}

/// Puts a staged app on the base image: the sample's own Dockerfile, the one that readers copy, where it has one.
///
/// # Errors
/// When the engine cannot build it, with the log of the build.
async fn wrap<'a>(staged: &'a Staged, run: &DockerRun<'_>) -> Result<Wrapped<'a>> {
    let sample = staged.sample();
    let own = sample.dir.join("Dockerfile");
    let dockerfile = if own.is_file() {
        std::fs::read_to_string(&own).with_context(|| format!("cannot read `{}`", own.display()))?
    } else {
        let shared = run.project.docker().join("Dockerfile");
        let shared = std::fs::read_to_string(&shared).with_context(|| format!("cannot read `{}`", shared.display()))?;
        dockerfile::render(&shared, &sample.manifest.image.apt)?
    };
    let recipe = Recipe {
        name: sample.name.clone(),
        dockerfile,
        entries: vec![Entry::Path { name: String::new(), source: staged.dir().to_path_buf() }],
        fingerprint: staged.fingerprint().to_owned(),
        base: run.base.name.clone(),
        base_id: run.base.image.id.clone(),
        clone: run.clone.clone(),
    };
    let image = image::ensure(&run.engine, &recipe).await?;
    let history = run.engine.history(&image.name).await?;
    let sizes = Sizes::of(&history, &run.engine.history(&run.base.name).await?);
    let before = sizes.replace(run.project, &sample.name);
    Ok(Wrapped { staged, image, sizes: sizes.describe(before) })
}

/// What is wrong when the engine runs another kind of machine than apps are built for here: said before anything is built.
fn mismatch(engine: &str, machine: &str) -> Option<String> {
    let machine = match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    (engine != machine).then(|| {
        format!(
            "the engine runs `linux/{engine}`, and apps are built for `linux/{machine}` on this machine\n\
             hint: `DOCKER_HOST` names an engine on a machine of this kind"
        )
    })
}

/// Whether a connection string means this machine: the development account, or an address of loopback.
fn is_loopback(account: &str) -> bool {
    ["UseDevelopmentStorage=true", "//127.0.0.1", "//localhost", "//[::1]"].iter().any(|part| account.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_of_another_kind_is_told_before_the_build() {
        assert_eq!(mismatch("amd64", "x86_64"), None);
        assert_eq!(mismatch("arm64", "aarch64"), None);
        let told = mismatch("arm64", "x86_64").unwrap();
        assert!(
            told.contains("`linux/arm64`") && told.contains("`linux/amd64`") && told.contains("\nhint: "),
            "{told}"
        );
    }

    #[test]
    fn an_account_on_loopback_is_no_account_for_a_container() {
        assert!(is_loopback("UseDevelopmentStorage=true"));
        assert!(is_loopback("AccountName=a;BlobEndpoint=http://127.0.0.1:10000/a;"));
        assert!(!is_loopback("AccountName=a;BlobEndpoint=https://a.blob.core.windows.net;"));
    }
}
