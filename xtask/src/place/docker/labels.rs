//! Labels that distinguish our things from others', and the things of a live run from those of a dead one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::project::Project;

/// The label every image, container and network of ours carries; its value says what the thing is. Also the first part
/// of the name of every image.
pub const PROJECT: &str = "functions-custom-handlers";
/// The run that made a container or a network. Images have none: they outlive their run on purpose.
pub const RUN: &str = "functions-custom-handlers.run";
/// The sample a thing was made for.
pub const SAMPLE: &str = "functions-custom-handlers.sample";
/// The checkout an image was made from, as a hash: two clones never take each other's images away.
pub const CLONE: &str = "functions-custom-handlers.clone";
/// A hash of all that went into an image.
pub const CONTENT: &str = "functions-custom-handlers.content";
/// Which Functions host a base image has; only the stand-in has this label.
pub const HOST: &str = "functions-custom-handlers.host";

const MACHINE: &str = "functions-custom-handlers.machine";
const BOOT: &str = "functions-custom-handlers.boot";
const PID: &str = "functions-custom-handlers.pid";
const STARTED: &str = "functions-custom-handlers.started";

/// One run of this program, identified so that another run can see whether it still lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The machine, and the space its process numbers are counted in: containers have their own.
    machine: String,
    /// Changes with each start of the machine, after which process numbers mean nothing.
    boot: String,
    pid: u32,
    /// When the process began, in clock ticks since the boot: a number is used again, a number and a time are not.
    started: u64,
}

impl Run {
    /// The run of this process.
    pub fn this() -> Run {
        let pid = std::process::id();
        Run {
            machine: machine(),
            boot: first_line("/proc/sys/kernel/random/boot_id"),
            pid,
            started: started(pid).unwrap_or(0),
        }
    }

    /// A short name for it, unique on this machine until the next boot.
    pub fn id(&self) -> String {
        format!("{}-{}", self.pid, self.started)
    }

    /// A folder for what is thrown away at the end of the run; a later run removes it where this one could not.
    pub fn scratch(&self, project: &Project) -> PathBuf {
        scratch(project).join(self.id())
    }

    /// The labels for a container or a network of this run.
    pub fn labels(&self, kind: &str, sample: &str) -> HashMap<String, String> {
        [
            (PROJECT, kind),
            (SAMPLE, sample),
            (RUN, &self.id()),
            (MACHINE, &self.machine),
            (BOOT, &self.boot),
            (PID, &self.pid.to_string()),
            (STARTED, &self.started.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Whether the run that made a thing with these labels is dead, as seen from this run. A run on another machine
    /// that shares the engine counts as alive, since that cannot be known here.
    pub fn sees_dead(&self, labels: &HashMap<String, String>) -> bool {
        self.sees_dead_by(labels, started)
    }

    fn sees_dead_by(&self, labels: &HashMap<String, String>, started: impl Fn(u32) -> Option<u64>) -> bool {
        let label = |name: &str| labels.get(name).map(String::as_str).unwrap_or_default();
        if !labels.contains_key(RUN) || label(MACHINE) != self.machine {
            return false;
        }
        let then = label(STARTED).parse::<u64>().ok();
        let now = label(PID).parse::<u32>().ok().and_then(started);
        label(BOOT) != self.boot || now.is_none() || now != then
    }
}

/// A short hash of where a checkout is, by which its images are distinguished from another checkout's.
pub fn clone_id(root: &Path) -> String {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    blake3::hash(format!("{}\0{}", machine(), root.display()).as_bytes()).to_hex()[..8].to_owned()
}

/// Removes the folders of runs whose process is gone.
pub fn remove_dead_scratch(project: &Project) {
    for folder in fs::read_dir(scratch(project)).into_iter().flatten().flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let alive = name
            .split_once('-')
            .is_some_and(|(pid, then)| pid.parse().ok().and_then(started).is_some_and(|now| now.to_string() == then));
        if !alive {
            // What cannot be removed now is tried again by the next run.
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}

fn scratch(project: &Project) -> PathBuf {
    project.target().join("docker/scratch")
}

fn machine() -> String {
    let numbers = fs::read_link("/proc/self/ns/pid").map(|link| link.display().to_string()).unwrap_or_default();
    let id = format!("{}\0{}", first_line("/etc/machine-id"), numbers);
    blake3::hash(id.as_bytes()).to_hex()[..16].to_owned()
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

/// When a process began, in clock ticks since the boot; `None` if there is no process of that number.
fn started(pid: u32) -> Option<u64> {
    started_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The 22nd field of `/proc/PID/stat` (proc(5)), counted behind the name, which may hold spaces and parentheses.
fn started_in(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    behind_name.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(machine: &str, boot: &str, pid: u32, started: u64) -> Run {
        Run { machine: machine.to_owned(), boot: boot.to_owned(), pid, started }
    }

    #[test]
    fn a_run_that_lives_is_left_alone() {
        let me = run("m", "b", 2, 20);
        let other = run("m", "b", 1, 10).labels("app", "go");
        assert!(!me.sees_dead_by(&other, |pid| (pid == 1).then_some(10)));
    }

    #[test]
    fn a_run_is_dead_when_its_process_is_gone_its_number_used_again_or_the_machine_restarted() {
        let me = run("m", "b", 2, 20);
        let other = run("m", "b", 1, 10).labels("app", "go");
        assert!(me.sees_dead_by(&other, |_| None));
        assert!(me.sees_dead_by(&other, |_| Some(11)));
        assert!(run("m", "later boot", 2, 20).sees_dead_by(&other, |_| Some(10)));
    }

    #[test]
    fn what_another_machine_or_a_person_made_is_left_alone() {
        let me = run("m", "b", 2, 20);
        assert!(!me.sees_dead_by(&run("another", "b", 1, 10).labels("app", "go"), |_| None));
        let by_hand = HashMap::from([(PROJECT.to_owned(), "image".to_owned())]);
        assert!(!me.sees_dead_by(&by_hand, |_| None));
    }

    #[test]
    fn this_run_sees_itself_alive() {
        let me = Run::this();
        assert!(!me.sees_dead(&me.labels("app", "go")));
    }

    #[test]
    fn folders_of_the_dead_are_removed_and_those_of_the_living_are_not() {
        let root = tempfile::tempdir().unwrap();
        let project = Project::at(root.path());
        let mine = Run::this().scratch(&project);
        let dead = run("m", "b", std::process::id(), 0).scratch(&project);
        fs::create_dir_all(&mine).unwrap();
        fs::create_dir_all(dead.join("tmp")).unwrap();
        remove_dead_scratch(&project);
        assert!(mine.is_dir() && !dead.exists());
    }

    #[test]
    fn a_process_name_may_hold_blanks_and_parentheses() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        assert_eq!(started_in(stat), Some(4711));
        assert_eq!(started_in("42 (cut"), None);
    }
}
