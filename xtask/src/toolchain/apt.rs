//! Debian's packages, as root or as somebody who may become root.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use xshell::{Cmd, Shell, cmd};

use crate::process::command::{self, Failure};
use crate::process::run::MARK;
use crate::sample::version::Version;

/// The lists of a slow mirror, or a toolchain of half a gigabyte.
const APT_LIMIT: Duration = Duration::from_secs(1_200);
/// Another program may be installing: apt waits this long for its turn.
const LOCK_LIMIT_SECONDS: u64 = 300;
/// sudo answers at once whether it would ask for a password.
const SUDO_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Apt {
    shell: Shell,
    path: OsString,
    rights: Rights,
    updated: bool,
}

/// How a command of root's is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    Root,
    /// By `sudo`, which asks for no password.
    Sudo,
    None,
}

impl Apt {
    /// What is found on the `PATH` of a shell.
    pub fn new(shell: Shell) -> Apt {
        Apt::of_user(shell, rustix::process::geteuid().is_root())
    }

    fn of_user(shell: Shell, is_root: bool) -> Apt {
        let path = shell.var_os("PATH").unwrap_or_default();
        shell.set_var("DEBIAN_FRONTEND", "noninteractive");
        shell.set_var("LC_ALL", "C.UTF-8");
        let rights = match is_root {
            true => Rights::Root,
            false if command::run(cmd!(shell, "sudo --non-interactive true"), SUDO_LIMIT).is_ok() => Rights::Sudo,
            false => Rights::None,
        };
        Apt { shell, path, rights, updated: false }
    }

    #[cfg(test)]
    pub fn for_tests(bin: &Path, is_root: bool) -> Apt {
        let shell = Shell::new().unwrap();
        shell.set_var("PATH", bin);
        Apt::of_user(shell, is_root)
    }

    /// Whether this is a Debian, or one of its family.
    pub fn is_here(&self) -> bool {
        command::find("apt-get", Path::new("/"), &self.path).is_some()
    }

    pub fn may_install(&self) -> bool {
        self.is_here() && self.rights != Rights::None
    }

    /// The version that would be installed, as far as the lists on this machine know.
    pub fn candidate(&self, package: &str) -> Option<Version> {
        let shell = &self.shell;
        candidate(&run(cmd!(shell, "apt-cache policy {package}")).ok()?)
    }

    /// Fetches the lists of packages, once a run.
    pub fn update(&mut self) -> Result<(), Failure> {
        if !std::mem::replace(&mut self.updated, true) {
            run(self.apt_get(&["update"]))?;
        }
        Ok(())
    }

    /// Installs packages, asking nothing.
    pub fn install(&self, packages: &[String]) -> Result<(), Failure> {
        let lock = format!("DPkg::Lock::Timeout={LOCK_LIMIT_SECONDS}");
        let install = self.apt_get(&["install", "--yes", "--no-install-recommends", "-o", &lock]);
        run(install.args(packages)).map(drop)
    }

    fn apt_get(&self, arguments: &[&str]) -> Cmd<'_> {
        let shell = &self.shell;
        match self.rights {
            // sudo hands on nothing of our environment.
            Rights::Sudo => {
                cmd!(shell, "sudo --non-interactive env DEBIAN_FRONTEND=noninteractive apt-get {arguments...}")
            }
            Rights::Root | Rights::None => cmd!(shell, "apt-get {arguments...}"),
        }
    }
}

/// Nobody kills it for a run that was killed: what it is in the middle of installing would stay half installed.
fn run(command: Cmd<'_>) -> Result<String, Failure> {
    command::run(command.env_remove(MARK), APT_LIMIT).map(|ended| ended.output)
}

/// The upstream part of the candidate: what is before it (`2:`, the epoch) and behind it (`~1`, Debian's revision) says
/// nothing about the tool.
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
        let found = |text: &str| candidate(&policy(text)).map(|version| version.to_string());
        assert_eq!(found("2:1.19~1").as_deref(), Some("1.19"));
        assert_eq!(found("17.0.21.1+2-1~deb12u1").as_deref(), Some("17.0.21.1"));
        assert_eq!(found("20.20.2-1nodesource1").as_deref(), Some("20.20.2"));
        assert_eq!(found("(none)"), None);
        assert!(candidate("").is_none());
    }
}
