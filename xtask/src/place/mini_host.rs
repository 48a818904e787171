//! The `mini-host` program, built once for both places: what is exercised natively is what goes into the stand-in image.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use xshell::{Cmd, cmd};

use crate::process::command;
use crate::project::Project;
use crate::report::Report;

/// A first build compiles every dependency with optimisation, perhaps beside other builds.
const BUILD_LIMIT: Duration = Duration::from_secs(2_400);
/// `rustc` answers at once, but a proxy of it may install itself first.
const QUESTION_LIMIT: Duration = Duration::from_secs(60);

/// Builds mini-host, optimised and linked statically (a dynamically linked program from a newer system does not start on
/// the base image's C library), and returns where it is.
pub fn build(project: &Project, report: &Report) -> Result<PathBuf> {
    let (shell, triple) = (project.shell(), host_triple(project)?);
    // Its output is read, so cargo's own lines come only when it is over.
    if !project.target().join(&triple).join("release/mini-host").exists() {
        report.note("mini-host is built for the first time, optimised: this takes some minutes");
    }
    let build = cmd!(shell, "cargo build --release --locked --package mini-host --target {triple}");
    let build = build.arg("--message-format=json-render-diagnostics").env("RUSTFLAGS", "-C target-feature=+crt-static");
    let output = run(build, BUILD_LIMIT).context("cannot build mini-host")?;
    let executable = output.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok()).find_map(program);
    executable.context("cargo did not say where it put `mini-host`")
}

/// The line of cargo's output that names a program.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn program(artifact: Artifact) -> Option<PathBuf> {
    artifact.executable.filter(|_| artifact.target.name == "mini-host")
}

fn host_triple(project: &Project) -> Result<String> {
    let shell = project.shell();
    let output = run(cmd!(shell, "rustc -vV"), QUESTION_LIMIT).context("cannot ask `rustc` for its host")?;
    let line = output.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("`rustc -vV` names no host")?.trim().to_owned())
}

fn run(command: Cmd<'_>, limit: Duration) -> Result<String> {
    match command::run(command, limit) {
        Ok(ended) => Ok(ended.output),
        // Between the compiler's words stands what cargo says to programs.
        Err(failure) => bail!(
            "{}",
            failure.to_string().lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n")
        ),
    }
}
