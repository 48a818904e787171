//! Azurite, the storage emulator: installed from its lock file, started in memory on ports the system chooses.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::command::{self, Command};
use crate::process::server::Server;
use crate::project::Project;
use crate::report::Report;
use crate::toolchain::npm;

/// How it says where each of the two services listens that are used here.
pub const LISTENING: [&str; 2] =
    ["Azurite Blob service is successfully listening at ", "Azurite Queue service is successfully listening at "];
/// Node starts in well under a second; a busy machine takes several.
pub const START_LIMIT: Duration = Duration::from_secs(60);
/// Where Node keeps what it has compiled of it, in the folder that it is installed in.
const COMPILED: &str = "compiled";
/// As in `docker/azurite/Dockerfile`. Without the last one it phones home.
const OPTIONS: [&str; 5] =
    ["--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableProductStyleUrl", "--disableTelemetry"];

/// A running Azurite; it ends when this is dropped.
#[derive(Debug)]
pub struct Azurite {
    /// The account, with explicit endpoints.
    pub connection_string: String,
    _server: Server,
}

impl Azurite {
    /// Starts one with the node of `path`, on ports of the system's choice, and waits until it listens.
    pub async fn start(installed: &Path, path: &OsStr, report: &Report) -> Result<Azurite> {
        let node = command::find("node", installed, path).context(
            "`node` is not on the PATH, and the storage emulator needs it\nhint: `cargo xtask setup` installs it",
        )?;
        let mut command = Command::new(node);
        command.arg(installed.join("node_modules/azurite/dist/src/azurite.js")).args(OPTIONS).env("PATH", path);
        // It loads a thousand modules: with this Node compiles each once, and not at every start.
        if !installed.join(COMPILED).exists() {
            report.note("Azurite starts for the first time: this takes some seconds");
        }
        command.env("NODE_COMPILE_CACHE", installed.join(COMPILED));
        for service in ["blob", "queue", "table"] {
            command.args([&format!("--{service}Host"), "127.0.0.1", &format!("--{service}Port"), "0"]);
        }
        // It has nothing to write down: there is nothing to wait for at its end.
        let mut server = Server::start(command, Duration::ZERO).context("cannot start Azurite")?;
        let mut addresses = Vec::new();
        for announcement in LISTENING {
            addresses.push(server.announced(announcement, START_LIMIT).await.context("Azurite did not start")?);
        }
        let connection_string = storage::development_connection_string(&addresses[0], &addresses[1]);
        Ok(Azurite { connection_string, _server: server })
    }
}

/// Installs Azurite from `docker/azurite`, once for each lock file, and returns the folder that holds `node_modules`.
pub fn install(project: &Project, report: &Report) -> Result<PathBuf> {
    let installed = npm::install(project, Path::new("docker/azurite"), report)?;
    report.used("Azurite", npm::version(&installed, "azurite").unwrap_or_default());
    Ok(installed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_same_options_in_every_place() {
        let image = include_str!("../../../docker/azurite/Dockerfile");
        for option in OPTIONS {
            assert!(image.contains(option), "`{option}`");
        }
    }
}
