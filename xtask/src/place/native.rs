//! A staged app under mini-host on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::app::{App, with_last_lines};
use super::environment;
use super::keys::Keys;
use crate::build::Staged;
use crate::process::command::Command;
use crate::process::server::Server;
use crate::process::{interrupt, run};
use crate::report::outcome::Counts;
use crate::report::{Place, Report};

/// How mini-host says where it listens.
pub const ANNOUNCEMENT: &str = "Listening on ";
/// mini-host announces its address before it starts the handler, so this is short.
const ANNOUNCE_LIMIT: Duration = Duration::from_secs(10);
/// Long enough for requests in flight to end, and for mini-host to end its handler; what is left then is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The folders of a host: for its key files, and for what it and its handler put aside.
const SECRETS: &str = "keys";
const TEMPORARY: &str = "tmp";

/// What a native run needs beside the staged app.
pub struct NativeRun<'a> {
    /// Where the run's own folder is.
    pub target: PathBuf,
    /// The same program that goes into the stand-in image.
    pub mini_host: PathBuf,
    /// The `PATH` for the host and its handler.
    pub path: OsString,
    pub report: &'a Report,
}

/// Starts the app, works with it, always stops it, and keeps what its host printed, however it ended. The work races against the
/// app's own death: a handler that dies in its first second fails in its first second.
pub async fn with_app(
    staged: &Staged,
    native: &NativeRun<'_>,
    storage: &str,
    work: impl AsyncFnOnce(&App) -> Result<Counts>,
) -> Result<Counts> {
    let keys = Keys::random();
    let own = run::folder(&native.target)?;
    for folder in [SECRETS, TEMPORARY] {
        std::fs::create_dir(own.path().join(folder)).with_context(|| format!("cannot make a folder for {folder}"))?;
    }
    for (name, text) in keys.files(&staged.sample.functions) {
        std::fs::write(own.path().join(SECRETS).join(&name), text)
            .with_context(|| format!("cannot write the key file `{name}`"))?;
    }
    let mut host = start(staged, native, storage, own.path())?;
    let log = host.log.clone();
    let outcome = tokio::select! {
        () = interrupt::wait() => Err(anyhow!("stopped by Ctrl-C")),
        status = host.ended() => {
            let status = status.context("cannot wait for mini-host")?;
            Err(anyhow!("the host ended by itself ({status})"))
        }
        done = async {
            let address = log.wait_for(0, ANNOUNCEMENT, ANNOUNCE_LIMIT).await;
            let limit = ANNOUNCE_LIMIT.as_secs();
            let address = address.with_context(|| format!("mini-host did not say `{ANNOUNCEMENT}…` within {limit} s"))?;
            let app = App {
                place: Place::Native,
                url: address.trim().trim_end_matches('/').to_owned(),
                keys: keys.clone(),
                storage: storage.to_owned(),
                log: log.clone(),
                stand_in: true,
            };
            work(&app).await
        } => done,
    };
    // This waits for the host's end, and not on the thread that serves other apps.
    let _ = tokio::task::spawn_blocking(move || drop(host)).await;
    native.report.keep_log(&staged.sample.name, Place::Native, &log.since(0));
    outcome.map_err(|error| with_last_lines(error, &log))
}

fn start(staged: &Staged, run: &NativeRun<'_>, storage: &str, own: &Path) -> Result<Server> {
    let mut command = Command::new(&run.mini_host);
    command.arg(&staged.dir).args(["--port", "0"]);
    environment::scrub(&mut command);
    command
        .env("PATH", &run.path)
        // As the images name the app: then mini-host adds nothing of its own to what the settings say.
        .env("AzureWebJobsScriptRoot", &staged.dir)
        .env("FUNCTIONS_SECRETS_PATH", own.join(SECRETS))
        // What a handler that is killed leaves behind is removed with it.
        .env("TMPDIR", own.join(TEMPORARY))
        .envs(environment::settings(storage, &staged.sample.name));
    Server::start(command, STOP_LIMIT).with_context(|| format!("cannot start `{}`", run.mini_host.display()))
}
