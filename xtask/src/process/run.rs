//! Which run this is, told apart from every other one, so that what a killed run has left can be found and removed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use derive_more::Display;
use rustix::process::{Pid, PidfdFlags, Signal};
use tempfile::TempDir;

use super::lock::{self, Hold};
use crate::text;

/// It removes some folders, and perhaps some hundred images.
const CLEAN_LIMIT: Duration = Duration::from_secs(600);

/// Every process that must not outlive a run inherits this variable, with the run for its value. A run within a run, as tests have
/// them, comes behind the outer one.
pub const MARK: &str = "XTASK_RUN";

/// Whether something was started that has this run's mark.
static IS_MARK_USED: AtomicBool = AtomicBool::new(false);

/// The variable and its value, for what is started now.
pub fn mark() -> (&'static str, String) {
    IS_MARK_USED.store(true, Ordering::Relaxed);
    let outer = std::env::var(MARK).map(|outer| outer + " ").unwrap_or_default();
    (MARK, format!("{outer}{}", Run::this()))
}

/// One run of this program. A number is used again; a number, a time and a boot are not.
#[derive(Clone, Debug, PartialEq, Eq, Display)]
#[display("{machine}.{boot}.{pid}.{started}")]
pub struct Run {
    /// The machine, and the space its process numbers are counted in: containers have their own.
    machine: String,
    /// Changes with each start of the machine, after which process numbers mean nothing.
    boot: String,
    pid: u32,
    /// When the process began, in clock ticks since the boot.
    started: u64,
}

static THIS: LazyLock<Run> = LazyLock::new(|| Run::of(std::process::id()));

impl Run {
    pub fn this() -> &'static Run {
        &THIS
    }

    pub fn of(pid: u32) -> Run {
        let boot = first_line("/proc/sys/kernel/random/boot_id");
        Run { machine: machine(), boot, pid, started: started(pid).unwrap_or(0) }
    }

    /// A short name for it, unique on this machine until the next boot.
    pub fn id(&self) -> String {
        format!("{}-{}", self.pid, self.started)
    }

    pub fn pid(&self) -> Option<Pid> {
        Pid::from_raw(self.pid.cast_signed())
    }

    /// Whether it is over, as seen from this one. A run on another machine counts as alive, since that cannot be known here.
    pub fn is_dead(&self) -> bool {
        self.is_dead_by(Run::this(), started)
    }

    fn is_dead_by(&self, this: &Run, started: impl Fn(u32) -> Option<u64>) -> bool {
        self.machine == this.machine && (self.boot != this.boot || started(self.pid) != Some(self.started))
    }

    /// Its own folder, below `target`, as long as it is under way.
    pub fn folder(&self, target: &Path) -> PathBuf {
        folders(target).join(self.to_string())
    }
}

impl FromStr for Run {
    type Err = ();

    fn from_str(text: &str) -> Result<Run, ()> {
        let parts: Vec<&str> = text.split('.').collect();
        let [machine, boot, pid, started] = parts.as_slice() else { return Err(()) };
        let (pid, started) = (pid.parse().map_err(drop)?, started.parse().map_err(drop)?);
        Ok(Run { machine: (*machine).to_owned(), boot: (*boot).to_owned(), pid, started })
    }
}

/// This run's folder, below `target`, for what is thrown away at its end. A run has one before it starts anything: by it the next
/// run knows of this one.
pub fn scratch(target: &Path) -> io::Result<PathBuf> {
    let folder = Run::this().folder(target);
    fs::create_dir_all(&folder).map(|()| folder)
}

/// Kills what this run has left, and removes its folder. A command's group is killed with it; what had a session of its own, as
/// the hosts that a test starts, is found by its mark.
pub fn end(target: &Path) {
    if IS_MARK_USED.load(Ordering::Relaxed) {
        kill_marked(&[Run::this().to_string()]);
    }
    remove_scratch(target);
}

fn remove_scratch(target: &Path) {
    // What cannot be removed now is tried again by the next run.
    let _ = fs::remove_dir_all(Run::this().folder(target));
}

/// A folder in it, which nobody else may enter, for as long as it is used.
pub fn folder(target: &Path) -> Result<TempDir> {
    let made = scratch(target).and_then(tempfile::tempdir_in);
    made.with_context(|| format!("cannot make a folder in `{}`", folders(target).display()))
}

/// Keeps `clean` away from this run as long as the file is open. One that is under way is waited for, after that is said.
pub fn keep_clean_away(target: &Path, say: impl FnOnce()) -> Result<File> {
    lock::wait(&folders(target).join("lock"), Hold::Shared, CLEAN_LIMIT, say)
}

/// Keeps every other run away as long as the file is open; an error while one is under way.
pub fn be_alone(target: &Path) -> Result<File> {
    let file = folders(target).join("lock");
    let cannot = || format!("cannot lock `{}`", file.display());
    let lock = File::create(&file).with_context(cannot)?;
    let others = || others(target).iter().map(|run| run.pid.to_string()).collect::<Vec<_>>();
    ensure!(
        lock::try_lock(&lock, Hold::Exclusive).with_context(cannot)?,
        "another run is under way in this checkout: process {}\nhint: let it end, or stop it, and run this again",
        text::listed(&others())
    );
    Ok(lock)
}

/// The other runs that are under way in this checkout.
pub fn others(target: &Path) -> Vec<Run> {
    known(target).filter(|run| run != Run::this() && !run.is_dead()).collect()
}

/// Kills and removes what dead runs of this checkout have left; returns how many processes were killed.
pub fn remove_of_the_dead(target: &Path) -> usize {
    let dead: Vec<Run> = known(target).filter(Run::is_dead).collect();
    let names: Vec<String> = dead.iter().map(Run::to_string).collect();
    let killed = if dead.is_empty() { 0 } else { kill_marked(&names) };
    for run in dead {
        let _ = fs::remove_dir_all(run.folder(target));
    }
    killed
}

/// The runs that have a folder.
fn known(target: &Path) -> impl Iterator<Item = Run> {
    let folders = fs::read_dir(folders(target)).into_iter().flatten().flatten();
    folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok())
}

/// Kills what has the mark of one of these runs, but for this process; returns how many processes that were.
fn kill_marked(runs: &[String]) -> usize {
    let mut killed = BTreeSet::new();
    // What is killed may just have started another process: looked for again until there is no new one.
    while {
        let before = killed.len();
        killed.extend(processes().filter(|pid| kill_if_marked(*pid, runs).is_some()).map(Pid::as_raw_nonzero));
        killed.len() > before
    } {}
    killed.len()
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

fn kill_if_marked(pid: Pid, runs: &[String]) -> Option<()> {
    // Opened before it is looked at: its number may be somebody else's a moment later.
    let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).ok()?;
    let mut entries = environment.split(|byte| *byte == 0).filter_map(|entry| std::str::from_utf8(entry).ok());
    let mut marks = entries.find_map(|entry| entry.strip_prefix(MARK)?.strip_prefix('='))?.split(' ');
    let is_left = pid != rustix::process::getpid() && marks.any(|mark| runs.iter().any(|run| run == mark));
    is_left.then(|| rustix::process::pidfd_send_signal(handle, Signal::KILL).ok()).flatten()
}

fn folders(target: &Path) -> PathBuf {
    target.join("run")
}

fn machine() -> String {
    let numbers = fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default();
    let id = format!("{}\0{}", first_line("/etc/machine-id"), numbers);
    blake3::hash(id.as_bytes()).to_hex()[..16].to_owned()
}

/// A short hash of where a checkout is, by which its images are distinguished from another checkout's.
pub fn clone_id(root: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    blake3::hash(format!("{}\0{}", machine(), root.display()).as_bytes()).to_hex()[..8].to_owned()
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

/// When a process began, in clock ticks since the boot; `None` if no process of that number lives.
fn started(pid: u32) -> Option<u64> {
    started_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The 22nd field of `/proc/PID/stat` (proc(5)), counted behind the name, which may hold spaces and parentheses. One that
/// has ended and that nobody has waited for does not live.
fn started_in(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace();
    fields.next().filter(|state| *state != "Z")?;
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn run(machine: &str, boot: &str) -> Run {
        Run { machine: machine.into(), boot: boot.into(), pid: 1, started: 10 }
    }

    #[test]
    fn a_run_is_dead_when_its_process_is_gone_its_number_used_again_or_the_machine_restarted() {
        let (me, other) = (run("m", "b"), run("m", "b"));
        assert!(!other.is_dead_by(&me, |pid| (pid == 1).then_some(10)), "it lives");
        assert!(other.is_dead_by(&me, |_| None));
        assert!(other.is_dead_by(&me, |_| Some(11)));
        assert!(other.is_dead_by(&run("m", "later boot"), |_| Some(10)));
        assert!(!other.is_dead_by(&run("another machine", "b"), |_| None), "that cannot be known here");
        assert!(!Run::this().is_dead());
    }

    #[test]
    fn a_run_is_read_as_it_was_written() {
        assert_eq!(Run::this().to_string().parse::<Run>().as_ref(), Ok(Run::this()));
        assert!("by hand".parse::<Run>().is_err());
    }

    #[test]
    fn what_the_dead_have_left_is_killed_and_removed_and_what_the_living_have_is_not() {
        let root = tempfile::tempdir().unwrap();
        let dead = Run { started: 0, ..Run::this().clone() };
        fs::create_dir_all(dead.folder(root.path()).join("keys")).unwrap();
        let mine = scratch(root.path()).unwrap();
        let sleep = |mark: String| Command::new("sleep").arg("600").env(MARK, mark).spawn().unwrap();
        let (mut left, mut used) = (sleep(dead.to_string()), sleep(Run::this().to_string()));
        let mut of_a_run_within = sleep(format!("{dead} {}", Run::this()));
        assert_eq!(remove_of_the_dead(root.path()), 2);
        assert!(!left.wait().unwrap().success() && used.try_wait().unwrap().is_none());
        assert!(!of_a_run_within.wait().unwrap().success());
        used.kill().unwrap();
        used.wait().unwrap();
        assert!(mine.is_dir() && !dead.folder(root.path()).exists());
        remove_scratch(root.path());
        assert!(!mine.exists());
    }

    #[test]
    fn a_process_name_may_hold_spaces_and_parentheses() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(started_in(stat), Some(4711));
        assert_eq!(started_in(&stat.replace(" S ", " Z ")), None);
        assert_eq!(started_in("42 (cut"), None);
    }
}
