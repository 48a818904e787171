//! Every staged app under mini-host, on this machine.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::Path;

use anyhow::Result;
use futures_util::StreamExt;

use super::store::Store;
use crate::build::Staged;
use crate::place::app::{App, AppFailure};
use crate::place::azurite::{self, Azurite};
use crate::place::mini_host;
use crate::place::native::{NativeRun, with_app};
use crate::process::{self, interrupt};
use crate::project::Project;
use crate::report::counts::Counts;
use crate::report::{Report, Step};
use crate::sample::chosen::Chosen;
use crate::toolchain;

/// How apps are run natively.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    pub project: &'a Project,
    /// A storage account to use instead of an Azurite of our own.
    pub storage: Option<&'a str>,
    /// How many samples are asked side by side.
    pub bound: usize,
    pub report: &'a Report,
}

/// Runs every case natively for each staged sample; outcomes go to the report as they are known.
pub fn run_all(settings: &Settings<'_>, staged: &[Staged], chosen: &Chosen) -> Result<()> {
    let mini_host = mini_host::build(settings.project, settings.report)?;
    let azurite = match settings.storage {
        Some(_) => None,
        None => Some(azurite::install(settings.project, settings.report)?),
    };
    let (path, target) = (toolchain::path(settings.project), settings.project.target());
    let run = NativeRun {
        target: &target,
        mini_host: &mini_host,
        storage: settings.storage.map(str::to_owned),
        path: &path,
        report: settings.report,
    };
    // An account of a person's own is one account: there the samples take turns.
    let bound = if settings.storage.is_some() { 1 } else { settings.bound };
    let emulators = Emulators { installed: azurite.as_deref(), path: &path, idle: RefCell::default() };
    let samples = futures_util::stream::iter(staged).for_each_concurrent(bound, |staged| async {
        let begun = settings.report.begin(&staged.sample().name, Step::Native);
        let ran = run_one(chosen, staged, &run, &emulators, settings.report).await;
        // What was cut short has not failed.
        if !interrupt::happened() {
            begun.done(super::outcome(ran));
        }
    });
    process::runtime()?.block_on(samples);
    Ok(())
}

async fn run_one(
    chosen: &Chosen,
    staged: &Staged,
    run: &NativeRun<'_>,
    emulators: &Emulators<'_>,
    report: &Report,
) -> Result<Counts, AppFailure> {
    let own = emulators.take().await?;
    let storage = own.as_ref().map(|azurite| azurite.connection_string.clone()).or(run.storage.clone());
    let run = NativeRun { storage, ..*run };
    let work = async |app: &App| super::run(app, chosen, staged.sample(), report).await;
    let counts = with_app(staged, &run, work).await??;
    emulators.give_back(own).await;
    Ok(counts)
}

/// The emulators of a run, one for each sample that is being asked. The next sample takes over what one has used: to start an
/// emulator costs more of the processor than to use it.
struct Emulators<'a> {
    /// `None` if an account was named that all samples use.
    installed: Option<&'a Path>,
    path: &'a OsStr,
    idle: RefCell<Vec<Azurite>>,
}

impl Emulators<'_> {
    async fn take(&self) -> Result<Option<Azurite>> {
        let Some(installed) = self.installed else { return Ok(None) };
        let idle = self.idle.borrow_mut().pop();
        match idle {
            Some(azurite) => Ok(Some(azurite)),
            None => Azurite::start(installed, self.path).await.map(Some),
        }
    }

    /// Empties it, so that the next sample finds it as a new one. One that cannot be emptied ends here.
    async fn give_back(&self, azurite: Option<Azurite>) {
        let Some(azurite) = azurite else { return };
        let Ok(store) = Store::connect(&azurite.connection_string) else { return };
        if store.delete_all().await.is_ok() {
            self.idle.borrow_mut().push(azurite);
        }
    }
}
