//! Every staged app under mini-host, on this machine.

use std::cell::RefCell;
use std::path::PathBuf;

use anyhow::Result;
use futures_util::StreamExt;

use super::store::Store;
use crate::build::Staged;
use crate::place::app::App;
use crate::place::azurite::{self, Azurite};
use crate::place::mini_host;
use crate::place::native::{NativeRun, with_app};
use crate::project::Project;
use crate::report::outcome::Counts;
use crate::report::{Place, Report, Step};
use crate::sample::chosen::Chosen;
use crate::{process, toolchain};

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
    let Settings { project, storage, bound, report } = *settings;
    let mini_host = mini_host::build(project, report)?;
    let run = NativeRun { target: project.target(), mini_host, path: toolchain::path(project), report };
    let accounts = match storage {
        Some(named) => Accounts::Named(named.to_owned()),
        None => Accounts::Emulators(azurite::install(project, report)?, RefCell::default()),
    };
    // An account of a person's own is one account: there the samples take turns.
    let bound = if storage.is_some() { 1 } else { bound };
    let samples = futures_util::stream::iter(staged).for_each_concurrent(bound, |staged| async {
        let begun = report.begin(&staged.sample.name, Step::Native);
        begun.done(super::outcome(run_one(chosen, staged, &run, &accounts).await));
    });
    process::runtime()?.block_on(samples);
    Ok(())
}

async fn run_one(chosen: &Chosen, staged: &Staged, run: &NativeRun<'_>, accounts: &Accounts) -> Result<Counts> {
    let (storage, own) = accounts.take(staged, run).await?;
    let work = async |app: &App| super::run(app, chosen, &staged.sample, run.report).await;
    let counts = with_app(staged, run, &storage, work).await?;
    accounts.give_back(own).await;
    Ok(counts)
}

enum Accounts {
    /// One account that all samples use.
    Named(String),
    /// Emulators from this folder, one for each sample that is being asked. The next sample takes over what one has used: to start
    /// an emulator costs more of the processor than to use it.
    Emulators(PathBuf, RefCell<Vec<Azurite>>),
}

impl Accounts {
    /// A connection string, and the emulator that it leads to if that is to be given back.
    async fn take(&self, staged: &Staged, run: &NativeRun<'_>) -> Result<(String, Option<Azurite>)> {
        let (installed, idle) = match self {
            Accounts::Named(account) => return Ok((account.clone(), None)),
            Accounts::Emulators(installed, idle) => (installed, idle.borrow_mut().pop()),
        };
        let azurite = match idle {
            Some(azurite) => azurite,
            None => {
                let what = format!("for Azurite, up to {} s", azurite::START_LIMIT.as_secs());
                run.report.waits(&staged.sample.name, Place::Native, what);
                Azurite::start(installed, &run.path, run.report).await?
            }
        };
        Ok((azurite.connection_string.clone(), Some(azurite)))
    }

    /// Empties it, so that the next sample finds it as a new one. One that cannot be emptied ends here.
    async fn give_back(&self, azurite: Option<Azurite>) {
        let (Accounts::Emulators(_, idle), Some(azurite)) = (self, azurite) else { return };
        let Ok(store) = Store::connect(&azurite.connection_string) else { return };
        if store.delete_all().await.is_ok() {
            idle.borrow_mut().push(azurite);
        }
    }
}
