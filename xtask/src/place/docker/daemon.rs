//! The container engine: Debian's `docker.io`, and its daemon, which we start where no init system does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{PidfdFlags, Signal};

use super::address;
use super::engine::Engine;
use crate::process::command::{self, Command};
use crate::process::run::Run;
use crate::process::server::Server;
use crate::process::{self, group, interrupt};
use crate::project::Project;
use crate::report::Report;
use crate::text;
use crate::toolchain::{self, Apt};

const PACKAGE: &str = "docker.io";
/// Files in which a daemon that died may have left a number that lives again as another process.
const PID_FILES: [(&str, &str); 2] =
    [("/var/run/docker.pid", "dockerd"), ("/var/run/docker/containerd/containerd.pid", "containerd")];
/// A first start makes its storage.
const START_LIMIT_SECONDS: u64 = 60;
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// It ends its containers first.
const STOP_LIMIT_SECONDS: u64 = 30;
/// How much of the daemon's log is shown when it does not start.
const LAST_LINES: usize = 20;

/// Reaches the engine where all others look for one, or says why none answers.
pub fn reach() -> Result<()> {
    process::runtime()?.block_on(Engine::connect()).map(drop)
}

/// Sees to it that an engine answers, and says what it did for that.
pub fn ensure(project: &Project, apt: &mut Apt, report: &Report) -> Result<()> {
    let Err(silent) = reach() else {
        report.note("setup engine: answers already");
        return Ok(());
    };
    if std::env::var_os("DOCKER_HOST").is_some_and(|address| !address.is_empty()) {
        return Err(silent).context("`DOCKER_HOST` names an engine that is not ours to start");
    }
    if address::current().is_ok_and(|address| address::is_denied(&address)) {
        return Err(silent);
    }
    if find(project, "dockerd").is_none() {
        ensure!(apt.may_install(), "{silent:#}\nhint: as root, `apt-get install {PACKAGE}`");
        report.note(format!("setup engine: installing by apt: {PACKAGE}"));
        apt.update()?;
        apt.install(&[PACKAGE.into()])?;
    }
    if reach().is_ok() {
        report.note("setup engine: installed; the init system started it");
        return Ok(());
    }
    start(project, report)
}

/// What `setup` would do for an engine, for the doctor's table; `None` if one answers.
pub fn remedy(project: &Project) -> Option<String> {
    reach().err()?;
    Some(match find(project, "dockerd") {
        Some(_) => "start `dockerd`".into(),
        None => format!("apt: {PACKAGE}, then start `dockerd`"),
    })
}

fn find(project: &Project, program: &str) -> Option<PathBuf> {
    command::find(program, &project.root, &toolchain::path(project))
}

/// Says which daemon we started, so that we stop that one and no other.
fn state_file(project: &Project) -> PathBuf {
    project.target().join("engine/started")
}

/// Starts `dockerd` in the background; it outlives us, until `clean --docker` stops it.
fn start(project: &Project, report: &Report) -> Result<()> {
    if Path::new("/run/systemd/system").exists() {
        bail!("the engine is installed and does not run\nhint: as root, `systemctl start docker`");
    }
    ensure!(
        rustix::process::geteuid().is_root(),
        "the engine is installed and does not run\nhint: as root, start `dockerd`"
    );
    for (file, program) in PID_FILES {
        remove_stale(Path::new(file), program, report);
    }
    let state = state_file(project);
    let log = project.shell.create_dir(project.target().join("engine"))?.join("dockerd.log");
    let output = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
    let program = find(project, "dockerd").context("`dockerd` is not on the PATH")?;
    // What it is used for is not over when we are.
    let server = Server::start_in_background(Command::new(program), output).context("cannot start `dockerd`")?;
    let pid = server.group.pid.as_raw_nonzero().get();
    project.shell.write_file(&state, Run::of(pid.cast_unsigned()).to_string())?;
    let begun = Instant::now();
    while reach().is_err() {
        let late = begun.elapsed() > Duration::from_secs(START_LIMIT_SECONDS);
        let stopped = interrupt::happened();
        if late || stopped || server.group.ended_within(LOOK_INTERVAL) {
            let how = match stopped {
                true => "was not waited for".into(),
                false if late => format!("does not answer after {START_LIMIT_SECONDS} s"),
                false => "ended".into(),
            };
            let _ = fs::remove_file(&state);
            bail!("`dockerd` {how}; the end of `{}`:\n{}", log.display(), tail(&log));
        }
    }
    server.leave_running();
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
pub fn stop(project: &Project, report: &Report) -> Result<()> {
    let file = state_file(project);
    let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
    let alive = text.parse::<Run>().ok().filter(|started| !started.is_dead());
    if let Some(pid) = alive.and_then(|started| started.pid()) {
        let cannot = || format!("cannot stop `dockerd` (process {})", pid.as_raw_nonzero());
        let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).with_context(cannot)?;
        rustix::process::pidfd_send_signal(&handle, Signal::TERM).with_context(cannot)?;
        if !group::ended_within(&handle, Duration::from_secs(STOP_LIMIT_SECONDS)) {
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
        remove_stale(&file, main.trim(), &Report::new(Default::default()));
        assert!(file.exists(), "{mine}");
        remove_stale(&file, "dockerd", &Report::new(Default::default()));
        assert!(!file.exists());
    }

    #[test]
    fn only_the_process_that_was_started_is_stopped() {
        let root = tempfile::tempdir().unwrap();
        let project = Project::at(root.path());
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let write = |started: String| {
            fs::create_dir_all(state_file(&project).parent().unwrap()).unwrap();
            fs::write(state_file(&project), started).unwrap();
        };
        let started = Run::of(child.id()).to_string();
        write(format!("{started}0"));
        stop(&project, &Report::new(Default::default())).unwrap();
        assert!(child.try_wait().unwrap().is_none(), "it was another process");

        write(started);
        stop(&project, &Report::new(Default::default())).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(!state_file(&project).exists());
        stop(&project, &Report::new(Default::default())).unwrap();
    }
}
