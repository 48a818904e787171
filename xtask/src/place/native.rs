//! A staged app under mini-host on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use crate::build::Staged;
use crate::place::azurite::{self, Azurite};
use crate::place::keys::Keys;
use crate::place::{self, App, AppFailure, AppLog, Place};
use crate::process::interrupt;
use crate::project::Project;
use crate::report::outcome::Outcome;
use crate::report::{Event, Report, Step};
use crate::sample::contract::Contract;
use crate::smoke::{self, Tally};

/// mini-host announces its address before it starts the handler, so this is short.
const ANNOUNCE_LIMIT_SECONDS: u64 = 10;
/// Long enough for requests in flight to end; what is left then is killed.
const STOP_LIMIT_SECONDS: u64 = 10;
/// How mini-host's first line begins.
const ANNOUNCEMENT: &str = "Listening on ";

/// What a native run needs beside the staged app.
#[derive(Clone, Debug)]
pub struct NativeRun {
    /// The `mini-host` program: the same one that goes into the stand-in image.
    pub mini_host: PathBuf,
    /// The connection string of the storage account, where there is one.
    pub storage: Option<String>,
    /// The `PATH` for the host and its handler: toolchains that `setup` unpacked come first.
    pub path: OsString,
}

/// Starts the app, works with it, and always stops it. The work races against the app's own death: a handler that dies
/// in its first second fails in its first second.
///
/// # Errors
/// When the app cannot be started or dies, with its exit status and last lines; when the person interrupts.
pub async fn with_app<T>(staged: &Staged, run: &NativeRun, work: impl AsyncFnOnce(&App) -> T) -> Result<T, AppFailure> {
    let keys = Keys::random();
    let log = AppLog::default();
    let secrets = tempfile::tempdir().context("cannot make a folder for the keys")?;
    for (name, text) in keys.files(&staged.sample().functions) {
        std::fs::write(secrets.path().join(&name), text)
            .with_context(|| format!("cannot write the key file `{name}`"))?;
    }
    let mut host = start(staged, run, secrets.path()).context("cannot start mini-host")?;
    let _looked_after = interrupt::Server::look_after(host.id());
    let mut readers = read_output(&mut host, &log);
    let outcome = tokio::select! {
        () = interrupt::wait() => Err(AppFailure::interrupted()),
        status = host.wait() => Err(died(status.context("cannot wait for mini-host")?, &log)),
        done = async {
            let url = announced(&log).await?;
            let app = App {
                place: Place::Native,
                url,
                master_key: keys.master.clone(),
                function_key: keys.function.clone(),
                storage: run.storage.clone(),
                log: log.clone(),
                stand_in: true,
            };
            anyhow::Ok(work(&app).await)
        } => done.map_err(|error| AppFailure::new(error, &log)),
    };
    stop(&mut host).await;
    readers.abort_all();
    outcome
}

fn start(staged: &Staged, run: &NativeRun, secrets: &Path) -> Result<Child> {
    let mut command = Command::new(&run.mini_host);
    command.arg(staged.dir()).args(["--port", "0"]);
    place::inherit_nothing_of_functions(command.as_std_mut());
    command
        .env("PATH", &run.path)
        .env("FUNCTIONS_SECRETS_PATH", secrets)
        .envs(place::environment(run.storage.as_deref(), &staged.sample().name))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command.spawn().with_context(|| format!("`{}`", run.mini_host.display()))
}

fn read_output(host: &mut Child, log: &AppLog) -> tokio::task::JoinSet<()> {
    let mut readers = tokio::task::JoinSet::new();
    if let Some(stdout) = host.stdout.take() {
        readers.spawn(read_lines(stdout, log.clone()));
    }
    if let Some(stderr) = host.stderr.take() {
        readers.spawn(read_lines(stderr, log.clone()));
    }
    readers
}

async fn read_lines(from: impl AsyncRead + Unpin, log: AppLog) {
    let mut lines = BufReader::new(from).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        log.push(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned());
    }
}

async fn announced(log: &AppLog) -> Result<String> {
    let limit = Duration::from_secs(ANNOUNCE_LIMIT_SECONDS);
    if !log.wait_for(0, ANNOUNCEMENT, limit).await {
        bail!("mini-host did not say `{ANNOUNCEMENT}…` within {ANNOUNCE_LIMIT_SECONDS} s");
    }
    let lines = log.since(0);
    let url = lines.iter().find_map(|line| line.strip_prefix(ANNOUNCEMENT));
    Ok(url.context("mini-host announced no address")?.trim().trim_end_matches('/').to_owned())
}

fn died(status: ExitStatus, log: &AppLog) -> AppFailure {
    AppFailure::new(anyhow!("the host ended by itself ({status})"), log)
}

/// SIGTERM first, so that mini-host ends the handler; then the whole group is killed, whatever is left of it.
async fn stop(host: &mut Child) {
    let Some(pid) = host.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) else {
        return;
    };
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    let ended = tokio::time::timeout(Duration::from_secs(STOP_LIMIT_SECONDS), host.wait()).await;
    if ended.is_err() {
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        let _ = host.wait().await;
    }
}

/// Runs every case natively for each staged sample, `bound` of them side by side; outcomes go to the report as they are
/// known.
///
/// # Errors
/// When mini-host cannot be built or Azurite cannot be installed: then nothing could be run at all.
pub async fn smoke_all(smoke: &Smoke<'_>, staged: &[Staged]) -> Result<()> {
    let mini_host = super::mini_host::build(smoke.project)?;
    let azurite = match smoke.storage {
        Some(_) => None,
        None => Some(azurite::install(smoke.project).await?),
    };
    // An account of a person's own is one account: there the samples take turns.
    let bound = if smoke.storage.is_some() { 1 } else { smoke.bound };
    futures_util::stream::iter(staged)
        .map(|staged| async {
            let begun = Instant::now();
            let sample = staged.sample().name.clone();
            smoke.report.emit(Event::StepStarted { sample: sample.clone(), step: Step::Native });
            let outcome = smoke_one(smoke, staged, &mini_host, azurite.as_deref()).await;
            let seconds = begun.elapsed().as_secs_f64();
            smoke.report.emit(Event::StepDone { sample, step: Step::Native, outcome, seconds });
        })
        .buffer_unordered(bound)
        .collect::<()>()
        .await;
    Ok(())
}

/// What the native runs of one command have in common.
#[derive(Clone, Copy)]
pub struct Smoke<'a> {
    /// The checkout.
    pub project: &'a Project,
    /// What must hold.
    pub contract: &'a Contract,
    /// A storage account to use instead of an Azurite of our own.
    pub storage: Option<&'a str>,
    /// How many samples run side by side.
    pub bound: usize,
    /// The `PATH` for hosts and handlers.
    pub path: &'a std::ffi::OsStr,
    /// Where outcomes go.
    pub report: &'a Report,
}

async fn smoke_one(smoke: &Smoke<'_>, staged: &Staged, mini_host: &Path, azurite: Option<&Path>) -> Outcome {
    let ran: Result<Tally, AppFailure> = async {
        let own = match azurite {
            Some(installed) => Some(Azurite::start(installed).await?),
            None => None,
        };
        let storage = own.as_ref().map(Azurite::connection_string).or(smoke.storage).map(str::to_owned);
        let run = NativeRun { mini_host: mini_host.to_path_buf(), storage, path: smoke.path.to_owned() };
        let tally = with_app(staged, &run, async |app: &App| {
            smoke::run(app, smoke.contract, staged.sample(), smoke.report).await
        });
        Ok(tally.await??)
    }
    .await;
    Tally::outcome(ran)
}
