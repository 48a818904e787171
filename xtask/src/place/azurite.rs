//! Azurite, the storage emulator: installed from its lock file, started in memory on ports the system chooses.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::place::npm;
use crate::process::interrupt;
use crate::project::Project;

/// Node starts in well under a second; a busy machine takes several.
const START_LIMIT_SECONDS: u64 = 30;
/// What Azurite is started with, in every place.
pub const OPTIONS: [&str; 5] = [
    "--silent",
    "--inMemoryPersistence",
    "--skipApiVersionCheck",
    "--disableProductStyleUrl",
    // It phones home otherwise.
    "--disableTelemetry",
];

/// A running Azurite; it ends when this is dropped.
#[derive(Debug)]
pub struct Azurite {
    connection_string: String,
    _looked_after: Option<interrupt::Server>,
    _process: Child,
}

impl Azurite {
    /// Starts one on ports of the system's choice and waits until it listens.
    ///
    /// # Errors
    /// When it is not installed, does not start, or does not say within [`START_LIMIT_SECONDS`] where it listens.
    pub async fn start(installed: &Path) -> Result<Azurite> {
        let mut process = Command::new("node")
            .arg(installed.join("node_modules/azurite/dist/src/azurite.js"))
            .args(OPTIONS)
            .args(["--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1"])
            .args(["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start Azurite with `node`")?;
        let looked_after = interrupt::Server::look_after(process.id());
        let stdout = process.stdout.take().context("Azurite has no output")?;
        let ports = tokio::time::timeout(Duration::from_secs(START_LIMIT_SECONDS), listening(stdout));
        let (blob, queue) = ports
            .await
            .with_context(|| format!("Azurite did not say within {START_LIMIT_SECONDS} s where it listens"))??;
        Ok(Azurite {
            connection_string: storage::development_connection_string(&blob, &queue),
            _looked_after: looked_after,
            _process: process,
        })
    }

    /// The account, with explicit endpoints.
    pub fn connection_string(&self) -> &str {
        &self.connection_string
    }
}

/// Reads the addresses of the blob and queue services out of what Azurite prints.
async fn listening(stdout: tokio::process::ChildStdout) -> Result<(String, String)> {
    let mut lines = BufReader::new(stdout).lines();
    let (mut blob, mut queue) = (None, None);
    while let Some(line) = lines.next_line().await.context("cannot read what Azurite prints")? {
        if let Some((service, address)) = line.split_once(" service is successfully listening at ") {
            match service {
                "Azurite Blob" => blob = Some(address.trim().to_owned()),
                "Azurite Queue" => queue = Some(address.trim().to_owned()),
                _ => {}
            }
        }
        if let (Some(blob), Some(queue)) = (&blob, &queue) {
            let found = (blob.clone(), queue.clone());
            // Somebody has to go on reading, or Azurite would block on a full pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(found);
        }
    }
    bail!("Azurite ended before it listened")
}

/// Installs Azurite from `docker/azurite`, once for each lock file, and tells the folder that holds `node_modules`.
///
/// # Errors
/// When `npm` is missing or fails; its output is in the error.
pub async fn install(project: &Project) -> Result<PathBuf> {
    let (project, source) = (project.clone(), project.docker().join("azurite"));
    tokio::task::spawn_blocking(move || npm::install(&project, &source)).await.context("cannot install Azurite")?
}
