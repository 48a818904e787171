//! Runs a command to its end: captured output, a limit, and nothing left behind. The one door for commands that end
//! by themselves; what runs until it is told to stop (a host, an emulator) is started where it is used.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions};

use crate::process::interrupt;

/// A command and what it finds around it.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    /// The program, then its arguments.
    pub words: &'a [String],
    /// Where it runs.
    pub dir: &'a Path,
    /// Where programs are looked for.
    pub path: &'a OsStr,
    /// What is set (`Some`) or taken away (`None`) in the environment it inherits.
    pub env: &'a [(OsString, Option<OsString>)],
    /// How long it may take.
    pub limit: Duration,
}

/// A command that has ended by itself.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed, on both streams, in the order it was printed.
    pub output: String,
}

/// Why there is no good end.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The program is nowhere to be found.
    NotFound {
        /// Its name.
        program: String,
    },
    /// It is there and could not be started.
    NotStarted {
        /// Its name.
        program: String,
        /// What the system says.
        error: String,
    },
    /// It ended with another status than 0.
    Failed {
        /// The command.
        line: String,
        /// Its end.
        ended: Ended,
    },
    /// It was still running when its limit had passed.
    TooLong {
        /// The command.
        line: String,
        /// The limit.
        limit: Duration,
        /// What it had printed.
        output: String,
    },
    /// A person wants us to stop.
    Interrupted,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotFound { program } => write!(out, "`{program}` is not on the PATH"),
            Failure::NotStarted { program, error } => write!(out, "cannot start `{program}`: {error}"),
            Failure::Failed { line, ended } => {
                write!(out, "`{line}` ended with {}\n{}", ended.status, ended.output.trim_end())
            }
            Failure::TooLong { line, limit, output } => {
                write!(out, "`{line}` was still running after {} s\n{}", limit.as_secs(), output.trim_end())
            }
            Failure::Interrupted => out.write_str("stopped by Ctrl-C"),
        }
    }
}

impl std::error::Error for Failure {}

/// Runs a command and asks for status 0.
///
/// # Errors
/// Every end but a good one.
pub fn run(command: &Command) -> Result<Ended, Failure> {
    let ended = run_to_any_end(command)?;
    if ended.status.success() {
        return Ok(ended);
    }
    Err(Failure::Failed { line: command.words.join(" "), ended })
}

/// Runs a command until it ends, however it ends.
///
/// Its output goes to a file and not through a pipe, and it is the child we wait for: a daemon that it leaves behind
/// holds the output open and delays nobody. Afterwards whatever is left of its process group is killed.
///
/// # Errors
/// When it could not be run to its end.
pub fn run_to_any_end(command: &Command) -> Result<Ended, Failure> {
    let name = command.words.first().map_or("", String::as_str);
    let program = find(name, command.dir, command.path);
    let program = program.ok_or_else(|| Failure::NotFound { program: name.into() })?;
    let not_started = |error: io::Error| match error.kind() {
        io::ErrorKind::Interrupted => Failure::Interrupted,
        _ => Failure::NotStarted { program: name.into(), error: error.to_string() },
    };
    let mut output = tempfile::tempfile().map_err(not_started)?;
    let mut child = std::process::Command::new(program);
    child.args(&command.words[1..]).current_dir(command.dir).stdin(Stdio::null());
    child.stdout(output.try_clone().map_err(not_started)?).stderr(output.try_clone().map_err(not_started)?);
    child.env("PATH", command.path).env("PWD", command.dir);
    for (key, value) in command.env {
        match value {
            Some(value) => child.env(key, value),
            None => child.env_remove(key),
        };
    }
    let (mut child, group) = interrupt::start(&mut child).map_err(not_started)?;
    let in_time = ended_within(group, command.limit);
    // The child is not reaped yet, so the number of its group is still its own.
    interrupt::kill_group(group);
    let status = child.wait();
    interrupt::forget(group);
    let text = read(&mut output).map_err(not_started)?;
    if interrupt::happened() {
        return Err(Failure::Interrupted);
    }
    if !in_time {
        return Err(Failure::TooLong { line: command.words.join(" "), limit: command.limit, output: text });
    }
    Ok(Ended { status: status.map_err(not_started)?, output: text })
}

/// The file that a program's name means: a path from `dir` where it has a slash, else the first on `path` that can be
/// executed.
pub fn find(program: &str, dir: &Path, path: &OsStr) -> Option<PathBuf> {
    if program.is_empty() {
        return None;
    }
    if program.contains('/') {
        return Some(dir.join(program)).filter(|file| is_executable(file));
    }
    std::env::split_paths(path).map(|folder| dir.join(folder).join(program)).find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Waits until the child has ended, and leaves it to be reaped; false when the limit passes first.
pub fn ended_within(child: Pid, limit: Duration) -> bool {
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(rustix::process::waitid(WaitId::Pid(child), options), Err(rustix::io::Errno::INTR)) {}
        // Nobody listens any more when the limit has passed.
        let _ = ended.send(());
    });
    end.recv_timeout(limit) != Err(RecvTimeoutError::Timeout)
}

fn read(output: &mut File) -> io::Result<String> {
    let mut bytes = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    fn shell(script: &str, limit: Duration) -> Result<Ended, Failure> {
        let words = ["sh", "-c", script].map(str::to_string);
        let path = std::env::var_os("PATH").unwrap();
        let env = [("SET".into(), Some("yes".into())), ("HOME".into(), None)];
        run(&Command { words: &words, dir: Path::new("/"), path: &path, env: &env, limit })
    }

    #[test]
    fn captures_both_streams_in_order() {
        let ended = shell("echo one; echo two >&2; echo \"$SET${HOME-gone}$PWD\"", LIMIT).unwrap();
        assert_eq!(ended.output, "one\ntwo\nyesgone/\n");
    }

    #[test]
    fn a_bad_end_shows_status_and_output() {
        let failure = shell("echo because; exit 3", LIMIT).unwrap_err().to_string();
        assert_eq!(failure, "`sh -c echo because; exit 3` ended with exit status: 3\nbecause");
    }

    #[test]
    fn a_program_that_is_nowhere_is_named() {
        let words = ["no-such-program".to_string()];
        let command = Command { words: &words, dir: Path::new("/"), path: OsStr::new("/bin"), env: &[], limit: LIMIT };
        assert_eq!(run(&command).unwrap_err().to_string(), "`no-such-program` is not on the PATH");
    }

    #[test]
    fn the_limit_ends_it() {
        let started = Instant::now();
        let failure = shell("echo begun; exec sleep 600", Duration::from_millis(200)).unwrap_err();
        assert!(matches!(&failure, Failure::TooLong { output, .. } if output == "begun\n"), "{failure}");
        assert!(started.elapsed() < LIMIT);
    }

    #[test]
    fn a_daemon_that_holds_the_output_delays_nobody_and_does_not_survive() {
        let started = Instant::now();
        let ended = shell("sleep 600 & echo $!", LIMIT).unwrap();
        let daemon: i32 = ended.output.trim().parse().unwrap();
        // Killed, though perhaps not yet reaped by whoever inherited it.
        let alive = || {
            let state = std::fs::read_to_string(format!("/proc/{daemon}/stat")).unwrap_or_default();
            !state.is_empty() && !state.contains(") Z ")
        };
        while alive() {
            assert!(started.elapsed() < LIMIT, "the daemon lives");
            std::thread::yield_now();
        }
    }
}
