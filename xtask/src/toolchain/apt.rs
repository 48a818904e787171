//! Debian's packages, as root.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use crate::process::command::{self, Command, Failure};
use crate::sample::Version;

/// The lists of a slow mirror, or a toolchain of half a gigabyte.
const APT_LIMIT: Duration = Duration::from_secs(1_200);
/// Somebody else may be installing: apt waits this long for its turn.
const LOCK_LIMIT_SECONDS: u64 = 300;

/// The package manager of this machine.
#[derive(Debug)]
pub struct Apt {
    path: OsString,
    root: bool,
    updated: bool,
}

impl Apt {
    /// What is found on a `PATH`, by whoever runs us.
    pub fn new(path: &OsStr) -> Apt {
        Apt { path: path.into(), root: rustix::process::geteuid().is_root(), updated: false }
    }

    #[cfg(test)]
    pub fn for_tests(bin: &Path) -> Apt {
        Apt { path: bin.into(), root: true, updated: false }
    }

    /// Whether this is a Debian, or one of its family.
    pub fn is_here(&self) -> bool {
        command::find("apt-get", Path::new("/"), &self.path).is_some()
    }

    /// Whether we may install.
    pub fn may_install(&self) -> bool {
        self.is_here() && self.root
    }

    /// The version that would be installed, as far as the lists on this machine know.
    pub fn candidate(&self, package: &str) -> Option<Version> {
        let policy = self.run(&["apt-cache", "policy", package]).ok()?;
        candidate(&policy)
    }

    /// Fetches the lists of packages, once a run.
    ///
    /// # Errors
    /// When they cannot be fetched.
    pub fn update(&mut self) -> Result<(), Failure> {
        if !std::mem::replace(&mut self.updated, true) {
            self.run(&["apt-get", "update"])?;
        }
        Ok(())
    }

    /// Installs packages, asking nothing.
    ///
    /// # Errors
    /// When that fails; apt's output is in it.
    pub fn install(&self, packages: &[String]) -> Result<(), Failure> {
        let lock = format!("DPkg::Lock::Timeout={LOCK_LIMIT_SECONDS}");
        let words = ["apt-get", "install", "--yes", "--no-install-recommends", "-o", &lock];
        let words: Vec<&str> = words.into_iter().chain(packages.iter().map(String::as_str)).collect();
        self.run(&words).map(drop)
    }

    fn run(&self, words: &[&str]) -> Result<String, Failure> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let env = [("DEBIAN_FRONTEND", "noninteractive"), ("LC_ALL", "C.UTF-8")];
        let env = env.map(|(name, value)| (name.into(), Some(value.into())));
        let command = Command { words: &words, dir: Path::new("/"), path: &self.path, env: &env, limit: APT_LIMIT };
        command::run(&command).map(|ended| ended.output)
    }
}

/// The upstream part of the candidate: what is before it (`2:`, the epoch) and behind it (`~1`, Debian's revision) says
/// nothing of the tool.
fn candidate(policy: &str) -> Option<Version> {
    let line = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    let version = line.split_once(':').map_or(line, |(_, version)| version);
    let upstream: String = version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    Version::try_from(upstream.trim_end_matches('.').to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_is_the_version_of_the_tool() {
        let policy = |candidate: &str| format!("golang-go:\n  Installed: (none)\n  Candidate: {candidate}\n");
        let found = |text: &str| candidate(&policy(text)).map(String::from);
        assert_eq!(found("2:1.19~1").as_deref(), Some("1.19"));
        assert_eq!(found("17.0.21.1+2-1~deb12u1").as_deref(), Some("17.0.21.1"));
        assert_eq!(found("20.20.2-1nodesource1").as_deref(), Some("20.20.2"));
        assert_eq!(found("(none)"), None);
        assert_eq!(candidate(""), None);
    }
}
