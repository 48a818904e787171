//! `clean`: removes what we made, and nothing else. What a sample's own tools made is theirs to remove.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cli;
use crate::place::docker;
use crate::place::docker::daemon;
use crate::process;
use crate::project::Project;
use crate::report::Report;
use crate::report::summary;

/// Removes staged apps and emulators; with `--docker` what is ours in the engine, and the engine's daemon if we started
/// it; with `--all` also the toolchains that `setup` unpacked. Returns the exit status: bad when something of ours is there
/// and cannot be removed.
pub fn clean(project: &Project, args: &cli::Clean, report: &Report) -> Result<u8> {
    if args.engine {
        return daemon::stop(project, report).map(|()| 0);
    }
    let mut errors = Vec::new();
    if args.docker || args.all {
        errors.extend(clean_engine(report).and_then(|()| daemon::stop(project, report)).err());
    }
    for folder in folders(project, args.all) {
        let shown = folder.strip_prefix(project.root()).unwrap_or(&folder).display().to_string();
        match remove(&folder).with_context(|| format!("cannot remove `{shown}`")) {
            Ok(true) => report.note(format!("removed `{shown}`")),
            Ok(false) => {}
            Err(error) => errors.push(error),
        }
    }
    for error in &errors {
        report.warn(format!("{error:#}"));
    }
    Ok(if errors.is_empty() { 0 } else { summary::FAILED })
}

fn clean_engine(report: &Report) -> Result<()> {
    match daemon::answers() {
        Ok(()) => report.note(format!("removed {}", process::runtime()?.block_on(docker::clean())?)),
        Err(silent) => report.note(format!("nothing to remove from an engine: {silent:#}")),
    }
    Ok(())
}

/// What we make below `target/`: cargo's own part of it is cargo's.
fn folders(project: &Project, all: bool) -> Vec<PathBuf> {
    let names = ["stage", "package", "npm", "report", "report-2"];
    let mut folders: Vec<PathBuf> = names.iter().map(|name| project.target().join(name)).collect();
    if all {
        folders.push(project.toolchains());
    }
    folders
}

fn remove(folder: &Path) -> io::Result<bool> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        removed => removed.map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_stays() {
        let root = tempfile::tempdir().unwrap();
        let project = Project::at(root.path());
        for folder in ["target/stage/go", "target/debug", "target/toolchains/go", "samples/go"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        let there = |folder: &str| root.path().join(folder).exists();
        clean(&project, &cli::Clean { docker: false, engine: false, all: false }, &Report::new(Default::default()))
            .unwrap();
        assert!(!there("target/stage") && there("target/debug") && there("samples/go") && there("target/toolchains"));
    }
}
