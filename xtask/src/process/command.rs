//! Runs a command to its end: captured output, a limit, and nothing left behind. What runs until it is stopped is a
//! [`Server`](super::server::Server).

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

pub use super::group::Command;
use super::group::Group;
use super::interrupt;
use super::run::{self, MARK};

/// How often it is looked at what a command has printed, and whether a person wants us to stop.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// What is set (`Some`) or taken away (`None`) in an environment.
pub type Changes = [(OsString, Option<OsString>)];

/// A command that has ended by itself.
#[derive(Clone, Debug)]
pub struct Ended {
    pub status: ExitStatus,
    /// What it printed, on both streams, in the order it was printed.
    pub output: String,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    #[error("`{program}` is not on the PATH")]
    NotFound { program: String },
    /// The program is there.
    #[error("cannot start `{program}`: {error}")]
    NotStarted { program: String, error: String },
    #[error("`{line}` ended with {}\n{}", ended.status, ended.output.trim_end())]
    Failed { line: String, ended: Ended },
    #[error("`{line}` was still running after {} s\n{}", limit.as_secs(), output.trim_end())]
    TooLong { line: String, limit: Duration, output: String },
    #[error("stopped by Ctrl-C")]
    Interrupted,
}

/// The environment of a sample's commands: what a person would who typed them in the sample's folder.
pub fn environment(set: &BTreeMap<String, String>) -> Vec<(OsString, Option<OsString>)> {
    // Set by `cargo run` around us, or by a person for this workspace: they would steer another cargo elsewhere. What says which package
    // runs is kept from every command, see below.
    const OURS: [&str; 8] = [
        "CARGO",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_TARGET_DIR",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTFLAGS",
        "RUSTUP_TOOLCHAIN",
    ];
    let inherited = std::env::vars_os().map(|(name, _)| name);
    let removed =
        inherited.filter(|name| name.to_str().is_some_and(|name| OURS.contains(&name))).map(|name| (name, None));
    removed.chain(set.iter().map(|(name, value)| (name.into(), Some(value.into())))).collect()
}

/// Whether `cargo run` sets this variable for the package that it starts. A cargo that is started by us would compile anew what asks
/// for it, as the build script of `ring` does, whenever the driver is started in another way than before.
fn is_of_cargo_run(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// The command of a manifest: words, in a folder, with programs from `path`.
pub fn of_words(words: &[String], dir: &Path, path: &OsStr, changes: &Changes) -> Command {
    let (program, arguments) = words.split_first().map_or(("", [].as_slice()), |(program, rest)| (program, rest));
    let mut command = Command::new(find(program, dir, path).unwrap_or_else(|| program.into()));
    command.args(arguments).current_dir(dir).env("PATH", path).env("PWD", dir);
    for (key, value) in changes {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    command
}

/// Runs a command and asks for status 0.
pub fn run(command: impl Into<Command>, limit: Duration) -> Result<Ended, Failure> {
    run_showing(command, limit, |_| {})
}

/// Runs a command that somebody waits for, asks for status 0, and hands on each line as soon as it is printed.
///
/// Its output goes to a file and not through a pipe, and it is the child we wait for: a daemon that it leaves behind
/// holds the output open and delays nobody. Afterwards whatever is left of its process group is killed.
pub fn run_showing(command: impl Into<Command>, limit: Duration, mut show: impl FnMut(&str)) -> Result<Ended, Failure> {
    let mut command = command.into();
    for name in std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_str().is_some_and(is_of_cargo_run)) {
        command.env_remove(name);
    }
    let line = &line(&command);
    let not_started = |error: io::Error| not_started(line, &error);
    let output = tempfile::tempfile().map_err(not_started)?;
    // A command that must not be cut short by a later run takes the mark away.
    if !command.get_envs().any(|(name, _)| name == MARK) {
        command.envs([run::mark()]);
    }
    command.stdout(output.try_clone().map_err(not_started)?).stderr(output.try_clone().map_err(not_started)?);
    if interrupt::happened() {
        return Err(Failure::Interrupted);
    }
    let mut group = Group::start(&mut command).map_err(not_started)?;
    let (begun, mut shown) = (Instant::now(), Vec::new());
    let in_time = loop {
        let left = limit.saturating_sub(begun.elapsed());
        let is_over = group.ended_within(left.min(LOOK_INTERVAL));
        show_lines(&output, &mut shown, &mut show);
        if is_over || left.is_zero() || interrupt::happened() {
            break is_over;
        }
    };
    let status = group.end();
    read_on(&output, &mut shown).map_err(not_started)?;
    let text = String::from_utf8_lossy(&shown).into_owned();
    if interrupt::happened() {
        return Err(Failure::Interrupted);
    }
    if !in_time {
        return Err(Failure::TooLong { line: line.clone(), limit, output: text });
    }
    let ended = Ended { status: status.map_err(not_started)?, output: text };
    if ended.status.success() { Ok(ended) } else { Err(Failure::Failed { line: line.clone(), ended }) }
}

fn not_started(line: &str, error: &io::Error) -> Failure {
    let program = line.split(' ').next().unwrap_or_default().to_owned();
    match error.kind() {
        io::ErrorKind::NotFound if !program.contains('/') => Failure::NotFound { program },
        _ => Failure::NotStarted { program, error: error.to_string() },
    }
}

/// As a person would type it, more or less. A program that was found is shown by its name.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let program = program.file_name().filter(|_| program.is_absolute()).unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// The file that a program's name means: a path from `dir` where it has a slash, else the first executable on `path`.
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

/// Reads what was printed since the last time, and shows the lines that are whole now.
fn show_lines(output: &File, shown: &mut Vec<u8>, show: &mut impl FnMut(&str)) {
    let begin = shown.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    // What cannot be read now is read at the end.
    let _ = read_on(output, shown);
    let new = shown.get(begin..).unwrap_or_default();
    for line in new.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n")) {
        show(&String::from_utf8_lossy(line));
    }
}

/// Reads on from where `read` ends. The child writes at the position of the file, which must not be moved.
fn read_on(output: &File, read: &mut Vec<u8>) -> io::Result<()> {
    let mut part = [0; 64 * 1024];
    loop {
        match output.read_at(&mut part, read.len() as u64)? {
            0 => return Ok(()),
            count => read.extend_from_slice(&part[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    fn command(script: &str) -> Command {
        let words = ["sh", "-c", script].map(str::to_string);
        let path = std::env::var_os("PATH").unwrap();
        let env = [("SET".into(), Some("yes".into())), ("HOME".into(), None)];
        of_words(&words, Path::new("/"), &path, &env)
    }

    fn shell(script: &str, limit: Duration) -> Result<Ended, Failure> {
        run(command(script), limit)
    }

    #[test]
    fn captures_both_streams_in_order() {
        let ended = shell("echo one; echo two >&2; echo \"$SET${HOME-gone}$PWD\"", LIMIT).unwrap();
        assert_eq!(ended.output, "one\ntwo\nyesgone/\n");
    }

    #[test]
    fn what_cargo_says_of_the_package_that_it_runs_is_for_that_alone() {
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "cargo runs this test");
        let ended = shell("echo ${CARGO_PKG_NAME-none} ${CARGO_MANIFEST_DIR-none}", LIMIT).unwrap();
        assert_eq!(ended.output, "none none\n");
    }

    #[test]
    fn each_line_is_shown_as_soon_as_it_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let seen = dir.path().join("seen");
        let script = format!("echo one; until [ -e {} ]; do :; done; printf 'two\nthr'; printf 'ee'", seen.display());
        let mut lines = Vec::new();
        let ended = run_showing(command(&script), LIMIT, |line| {
            lines.push(line.to_owned());
            std::fs::write(&seen, "").unwrap();
        });
        assert_eq!((lines.join(" "), ended.unwrap().output), ("one two".to_owned(), "one\ntwo\nthree".to_owned()));
    }

    #[test]
    fn a_bad_end_shows_status_and_output() {
        let failure = shell("echo because; exit 3", LIMIT).unwrap_err().to_string();
        assert_eq!(failure, "`sh -c echo because; exit 3` ended with exit status: 3\nbecause");
    }

    #[test]
    fn a_program_that_is_nowhere_is_named() {
        let words = ["no-such-program".to_string()];
        let command = of_words(&words, Path::new("/"), OsStr::new("/bin"), &[]);
        assert_eq!(run(command, LIMIT).unwrap_err().to_string(), "`no-such-program` is not on the PATH");
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
        // Killed, though perhaps not yet reaped by the process that inherited it.
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
