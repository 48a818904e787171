//! Looks for a toolchain on this machine, and says what to do about one that is missing.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use derive_more::{Display, IsVariant};

use crate::process::command::{self, Failure};
use crate::report::Report;
use crate::report::outcome::Outcome;
use crate::sample::Sample;
use crate::sample::toolchain::Toolchain;
use crate::sample::version::Version;

/// Java starts a virtual machine to print its version, on a machine that may be busy building.
const PROBE_LIMIT: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Display, IsVariant)]
pub enum Found {
    #[display("{}", _0.as_ref().map_or("there".to_owned(), Version::to_string))]
    Good(Option<Version>),
    TooOld(Version),
    #[display("none")]
    Missing,
    /// It is there, and its probe does not end well or prints no version.
    Broken(String),
}

pub fn probe(toolchain: &Toolchain, dir: &Path, path: &OsStr) -> Found {
    let ended = match command::run(command::of_words(toolchain.probe.words(), dir, path, &[]), PROBE_LIMIT) {
        Ok(ended) => ended,
        Err(Failure::NotFound { .. }) => return Found::Missing,
        // A shim or an interpreter that lacks the package asked for ends badly: the thing itself is not there.
        Err(Failure::Failed { .. }) => return Found::Missing,
        Err(failure) => return Found::Broken(failure.to_string()),
    };
    let version = Version::find(&ended.output);
    match (&toolchain.at_least, version) {
        (None, version) => Found::Good(version),
        (Some(needed), Some(version)) if version.is_at_least(needed) => Found::Good(Some(version)),
        (Some(_), Some(version)) => Found::TooOld(version),
        (Some(_), None) => Found::Broken(format!("`{}` prints no version", toolchain.probe)),
    }
}

/// A sample is skipped: why it cannot be built or tested here (`needs go 1.22 or newer; found 1.19`), and the next step.
pub fn missing(toolchain: &Toolchain, found: &Found, sample: &str) -> Outcome {
    Outcome::Skipped { reason: format!("needs {}; found {found}", toolchain.need()), hint: hint(toolchain, sample) }
}

/// The same for the first that a sample lacks, after it is said which it has; `None` if it lacks nothing.
pub fn missing_in(sample: &Sample, path: &OsStr, report: &Report) -> Option<Outcome> {
    sample.manifest.toolchain.iter().find_map(|toolchain| {
        let found = probe(toolchain, &sample.dir, path);
        if found.is_good() {
            report.used(&toolchain.name, found.to_string());
            return None;
        }
        Some(missing(toolchain, &found, &sample.name))
    })
}

/// `setup`, if that knows a way, else what the manifest says.
fn hint(toolchain: &Toolchain, sample: &str) -> String {
    let ways = !toolchain.apt.is_empty()
        || toolchain.npm.is_some()
        || toolchain.archive.is_some()
        || site_installer(toolchain).is_some();
    match &toolchain.page {
        Some(page) if !ways => page.clone(),
        _ => format!("`cargo xtask setup {sample}` installs it, or says what to do"),
    }
}

/// The site's own installer, where `XTASK_TOOLCHAINS` names a folder that has one.
pub fn site_installer(toolchain: &Toolchain) -> Option<PathBuf> {
    let folder = std::env::var_os("XTASK_TOOLCHAINS")?;
    let installer = PathBuf::from(folder).join(&toolchain.name).join("install");
    // What runs it may stand in another folder.
    std::path::absolute(installer).ok().filter(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::sample::manifest::Manifest;

    fn found(script: &str, at_least: &str) -> (Found, String) {
        let dir = tempfile::tempdir().unwrap();
        let tool = dir.path().join("tool");
        std::fs::write(&tool, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        let text = format!("title = 'T'\n[[toolchain]]\nname = 'tool'\nprobe = './tool --version'\n{at_least}");
        let toolchain = Manifest::parse(Path::new("sample.toml"), &text).unwrap().toolchain.remove(0);
        let path = std::env::var_os("PATH").unwrap();
        let found = probe(&toolchain, dir.path(), &path);
        let reason = format!("needs {}; found {found}", toolchain.need());
        (found, reason)
    }

    #[test]
    fn a_version_is_compared_not_presence() {
        assert!(found("echo tool version 1.22.1", "at_least = '1.22'").0.is_good());
        let (old, shortage) = found("echo tool version 1.19", "at_least = '1.22'");
        assert!(!old.is_good());
        assert_eq!(shortage, "needs tool 1.22 or newer; found 1.19");
    }

    #[test]
    fn a_probe_that_ends_badly_finds_nothing() {
        assert_eq!(found("exit 3", "").1, "needs tool; found none");
        assert_eq!(
            found("true", "at_least = '1'").1,
            "needs tool 1 or newer; found `./tool --version` prints no version"
        );
        assert!(found("true", "").0.is_good());
    }
}
