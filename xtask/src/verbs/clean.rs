//! `clean`: removes what we made, and nothing else. What a sample's own tools made is theirs to remove.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::place::docker;
use crate::place::docker::daemon;
use crate::project::Project;
use crate::report::Report;
use crate::{cli, process, status};

/// Removes staged apps and emulators; with `--docker` what is ours in the engine, and the engine's daemon if we started
/// it; with `--all` also the toolchains that `setup` unpacked. Returns the exit status: bad when something of ours is there
/// and cannot be removed.
pub fn clean(project: &Project, args: &cli::Clean, report: &Report) -> Result<u8> {
    if args.engine {
        return daemon::stop(project, report).map(|()| status::PASSED);
    }
    let mut errors = Vec::new();
    if args.docker || args.all {
        errors.extend(clean_engine(report).and_then(|()| daemon::stop(project, report)).err());
    }
    for path in ours(project, args.all) {
        let shown = path.strip_prefix(&project.root).unwrap_or(&path).display().to_string();
        match project.shell.remove_path(&path) {
            Ok(()) => report.note(format!("removed `{shown}`")),
            Err(error) => errors.push(error.into()),
        }
    }
    for error in &errors {
        report.warn(format!("{error:#}"));
    }
    Ok(if errors.is_empty() { status::PASSED } else { status::FAILED })
}

fn clean_engine(report: &Report) -> Result<()> {
    match daemon::reach() {
        Ok(()) => report.note(format!("removed {}", process::runtime()?.block_on(docker::clean())?)),
        Err(silent) => report.note(format!("nothing to remove from an engine: {silent:#}")),
    }
    Ok(())
}

/// What we have made below `target/`: cargo's own part of it is cargo's.
fn ours(project: &Project, all: bool) -> Vec<PathBuf> {
    let is_ours = |name: &str| match name {
        "stage" | "package" | "npm" | "report" => true,
        "toolchains" => all,
        name => name.starts_with("report-"),
    };
    let entries = fs::read_dir(project.target()).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_str().is_some_and(is_ours)).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_stays() {
        let root = tempfile::tempdir().unwrap();
        let project = Project::at(root.path());
        for folder in [
            "target/stage/go",
            "target/report",
            "target/report-17",
            "target/debug",
            "target/toolchains/go",
            "samples/go",
        ] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("target/report-failed.json"), "[]").unwrap();
        let there = |folder: &str| root.path().join(folder).exists();
        clean(&project, &cli::Clean { docker: false, engine: false, all: false }, &Report::new(Default::default()))
            .unwrap();
        assert!(["report", "report-17", "report-failed.json"].iter().all(|name| !there(&format!("target/{name}"))));
        assert!(!there("target/stage") && there("target/debug") && there("samples/go") && there("target/toolchains"));
    }
}
