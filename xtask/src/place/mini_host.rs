//! The `mini-host` program, built once for both places: what is exercised natively is what goes into the stand-in image.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process::command::{self, Command};
use crate::project::Project;

/// A first build compiles every dependency with optimisation.
const BUILD_LIMIT: Duration = Duration::from_secs(1_200);

/// Builds mini-host, optimised and linked statically (a dynamically linked program from a newer system does not start on
/// the base image's C library), and tells where it is.
///
/// # Errors
/// When it does not compile; the compiler's words are in the error.
pub fn build(project: &Project) -> Result<PathBuf> {
    let triple = host_triple(project)?;
    let words = ["cargo", "build", "--release", "--locked", "--package", "mini-host", "--target", &triple]
        .into_iter()
        .chain(["--message-format", "json-render-diagnostics"])
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let flags = (OsString::from("RUSTFLAGS"), Some(OsString::from("-C target-feature=+crt-static")));
    let output = run(project, &words, &[flags], BUILD_LIMIT).context("cannot build mini-host")?;
    let executable = output.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok()).find_map(program);
    executable.context("cargo did not say where it put `mini-host`")
}

/// The line of cargo's output that tells of a program.
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
    let words = ["rustc", "-vV"].map(str::to_owned);
    let output = run(project, &words, &[], Duration::from_secs(60)).context("cannot ask `rustc` for its host")?;
    let line = output.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("`rustc -vV` names no host")?.trim().to_owned())
}

fn run(project: &Project, words: &[String], env: &[(OsString, Option<OsString>)], limit: Duration) -> Result<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let command = Command { words, dir: project.root(), path: &path, env, limit };
    match command::run(&command) {
        Ok(ended) => Ok(ended.output),
        // Between the compiler's words stands what cargo says to programs.
        Err(failure) => bail!(
            "{}",
            failure.to_string().lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n")
        ),
    }
}
