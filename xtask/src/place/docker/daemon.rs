//! The container engine: Debian's `docker.io`, and its daemon, which we start where no init system does.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, PidfdFlags, Signal};
use serde::{Deserialize, Serialize};

use crate::process::command;
use crate::project::Project;
use crate::report::Report;
use crate::text;
use crate::toolchain::{Apt, path};

/// Debian's engine.
const PACKAGE: &str = "docker.io";
/// Where it listens if nobody says otherwise.
const SOCKET: &str = "/var/run/docker.sock";
/// Files in which a daemon that died may have left a number that lives again as another process.
const PID_FILES: [(&str, &str); 2] =
    [("/var/run/docker.pid", "dockerd"), ("/var/run/docker/containerd/containerd.pid", "containerd")];
/// An engine answers at once or is not there.
const PING_LIMIT: Duration = Duration::from_secs(5);
/// A first start makes its storage.
const START_LIMIT_SECONDS: u64 = 60;
/// Between two looks at a daemon that starts.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// It ends its containers first.
const STOP_LIMIT_SECONDS: u64 = 30;
/// How much of the daemon's log is shown when it does not start.
const LAST_LINES: usize = 20;

/// Whether an engine answers where clients look for one.
///
/// # Errors
/// Names the address that was tried.
pub fn answers() -> Result<()> {
    let address = std::env::var("DOCKER_HOST").ok().filter(|address| !address.is_empty());
    match address.as_deref().map(|address| address.strip_prefix("unix://").ok_or(address)) {
        None => ping(Path::new(SOCKET)),
        Some(Ok(socket)) => ping(Path::new(socket)),
        // Somebody's engine elsewhere: it is not for us to install or start, and `docker` says how it answers.
        Some(Err(_)) => Ok(()),
    }
}

fn ping(socket: &Path) -> Result<()> {
    let tried = || format!("no engine answers at `{}`", socket.display());
    let mut stream = UnixStream::connect(socket).with_context(tried)?;
    stream.set_read_timeout(Some(PING_LIMIT)).with_context(tried)?;
    stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n").with_context(tried)?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).with_context(tried)?;
    if !head.ends_with(b"200") {
        bail!("`{}` does not answer as an engine does", socket.display());
    }
    Ok(())
}

/// Sees to it that an engine answers, and says what it did for that.
///
/// # Errors
/// When none does afterwards, with the next step.
pub fn ensure(project: &Project, apt: &mut Apt, report: &Report) -> Result<()> {
    let Err(silent) = answers() else {
        report.note("setup engine: answers already");
        return Ok(());
    };
    if std::env::var_os("DOCKER_HOST").is_some_and(|address| !address.is_empty()) {
        return Err(silent).context("`DOCKER_HOST` names an engine that is not ours to start");
    }
    if find(project, "dockerd").is_none() {
        if !apt.may_install() {
            bail!("{silent:#}\nhint: as root, `apt-get install {PACKAGE}`");
        }
        report.note(format!("setup engine: installing by apt: {PACKAGE}"));
        apt.update()?;
        apt.install(&[PACKAGE.into()])?;
    }
    if answers().is_ok() {
        report.note("setup engine: installed; the init system started it");
        return Ok(());
    }
    start(project, report)
}

/// What `setup` would do for an engine, for the doctor's table; nothing where one answers.
pub fn remedy(project: &Project) -> Option<String> {
    answers().err()?;
    Some(match find(project, "dockerd") {
        Some(_) => "start `dockerd`".into(),
        None => format!("apt: {PACKAGE}, then start `dockerd`"),
    })
}

fn find(project: &Project, program: &str) -> Option<PathBuf> {
    command::find(program, project.root(), &path(project))
}

/// A daemon that we started, so that we stop that one and no other.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Started {
    pid: i32,
    /// Clock ticks since boot, from `/proc`: a number that lives again has another.
    start_time: String,
    boot: String,
}

impl Started {
    fn of(pid: i32) -> Option<Started> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before it is in parentheses and may hold blanks.
        let start_time = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.to_string();
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_string();
        Some(Started { pid, start_time, boot })
    }
}

fn state_file(project: &Project) -> PathBuf {
    project.target().join("engine/started.json")
}

/// Starts `dockerd` in the background; it outlives us, until `clean --docker` stops it.
fn start(project: &Project, report: &Report) -> Result<()> {
    if Path::new("/run/systemd/system").exists() {
        bail!("the engine is installed and does not run\nhint: as root, `systemctl start docker`");
    }
    if !rustix::process::geteuid().is_root() {
        bail!("the engine is installed and does not run\nhint: as root, start `dockerd`");
    }
    for (file, program) in PID_FILES {
        remove_stale(Path::new(file), program, report);
    }
    let state = state_file(project);
    let folder = state.parent().unwrap_or(&state);
    fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    let log = folder.join("dockerd.log");
    let output = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
    let program = find(project, "dockerd").context("`dockerd` is not on the PATH")?;
    // A group of its own: Ctrl-C is for us, and what it is used for is not over when we are.
    let mut child = Command::new(program)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0)
        .spawn()
        .context("cannot start `dockerd`")?;
    let pid = child.id().cast_signed();
    if let Some(started) = Started::of(pid) {
        fs::write(&state, serde_json::to_vec(&started)?)
            .with_context(|| format!("cannot write `{}`", state.display()))?;
    }
    let begun = Instant::now();
    while answers().is_err() {
        let late = begun.elapsed() > Duration::from_secs(START_LIMIT_SECONDS);
        if late || command::ended_within(Pid::from_child(&child), LOOK_INTERVAL) {
            let how = if late { format!("does not answer after {START_LIMIT_SECONDS} s") } else { "ended".into() };
            let _ = child.kill();
            let _ = child.wait();
            let _ = fs::remove_file(&state);
            bail!("`dockerd` {how}; the end of `{}`:\n{}", log.display(), tail(&log));
        }
    }
    report.warn(format!(
        "`dockerd` was started in the background (process {pid}), as no init system does it here\n\
         hint: `cargo xtask clean --docker` stops it"
    ));
    Ok(())
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    text::last(&lines, LAST_LINES).join("\n")
}

/// A daemon that was killed leaves its number behind; where that lives again as another process, a new daemon believes
/// that the old one runs, and refuses to start.
fn remove_stale(file: &Path, program: &str, report: &Report) {
    let Ok(text) = fs::read_to_string(file) else { return };
    let name = fs::read_to_string(format!("/proc/{}/comm", text.trim())).unwrap_or_default();
    if name.trim() != program && fs::remove_file(file).is_ok() {
        report.note(format!("setup engine: removed `{}`, which a dead `{program}` had left", file.display()));
    }
}

/// Stops the daemon that we started, if we did and it lives.
///
/// # Errors
/// When it does not end.
pub fn stop(project: &Project, report: &Report) -> Result<()> {
    let file = state_file(project);
    let Ok(text) = fs::read(&file) else { return Ok(()) };
    let started: Option<Started> = serde_json::from_slice(&text).ok();
    let alive = started.filter(|started| Started::of(started.pid).as_ref() == Some(started));
    if let Some(pid) = alive.and_then(|started| Pid::from_raw(started.pid)) {
        let cannot = || format!("cannot stop `dockerd` (process {})", pid.as_raw_nonzero());
        let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).with_context(cannot)?;
        rustix::process::pidfd_send_signal(&handle, Signal::TERM).with_context(cannot)?;
        let mut wait = [rustix::event::PollFd::new(&handle, rustix::event::PollFlags::IN)];
        let limit = rustix::event::Timespec { tv_sec: STOP_LIMIT_SECONDS.cast_signed(), tv_nsec: 0 };
        if rustix::event::poll(&mut wait, Some(&limit)).with_context(cannot)? == 0 {
            bail!("`dockerd` (process {}) was still running after {STOP_LIMIT_SECONDS} s", pid.as_raw_nonzero());
        }
        report.note("stopped the `dockerd` that `setup` had started");
    }
    fs::remove_file(&file).with_context(|| format!("cannot remove `{}`", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_left_by_the_dead_is_removed_and_a_living_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("docker.pid");
        let mine = fs::read_to_string("/proc/self/comm").unwrap();
        fs::write(&file, std::process::id().to_string()).unwrap();
        // `comm` is the name of a thread; that of the main one is the program's.
        let main = fs::read_to_string(format!("/proc/{}/comm", std::process::id())).unwrap();
        remove_stale(&file, main.trim(), &Report::new());
        assert!(file.exists(), "{mine}");
        remove_stale(&file, "dockerd", &Report::new());
        assert!(!file.exists());
    }

    #[test]
    fn only_the_process_that_was_started_is_stopped() {
        let root = tempfile::tempdir().unwrap();
        let project = Project::at(root.path());
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let write = |started: &Started| {
            fs::create_dir_all(state_file(&project).parent().unwrap()).unwrap();
            fs::write(state_file(&project), serde_json::to_vec(started).unwrap()).unwrap();
        };
        let mut started = Started::of(child.id().cast_signed()).unwrap();
        started.start_time.push('0');
        write(&started);
        stop(&project, &Report::new()).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it was another process");

        write(&Started::of(child.id().cast_signed()).unwrap());
        stop(&project, &Report::new()).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(!state_file(&project).exists());
        stop(&project, &Report::new()).unwrap();
    }

    #[test]
    fn an_engine_is_whoever_answers_a_ping() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("docker.sock");
        let error = format!("{:#}", ping(&socket).unwrap_err());
        assert!(error.starts_with(&format!("no engine answers at `{}`", socket.display())), "{error}");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.read(&mut [0; 100]);
            let _ = client.write_all(b"HTTP/1.0 200 OK\r\n\r\nOK");
        });
        ping(&socket).unwrap();
    }
}
