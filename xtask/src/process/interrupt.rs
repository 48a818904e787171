//! Ctrl-C: the first ends what runs and lets everybody clean up after themselves, the second ends this process.

use std::collections::HashSet;
use std::io;
use std::process::Child;
use std::sync::{LazyLock, Mutex, MutexGuard};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};
use tokio::sync::watch;

use crate::{print, status};

/// What is ended when this process is.
#[derive(Default)]
struct State {
    groups: HashSet<Pid>,
    at_last: Option<Box<dyn FnOnce() + Send>>,
}

static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
static STOPPING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Begins to listen for Ctrl-C, SIGTERM and SIGHUP.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if !STOPPING.send_replace(true) {
            return print::err("stopping … (again to stop at once)");
        }
        let mut state = state();
        state.groups.iter().for_each(|group| kill_group(*group));
        let at_last = state.at_last.take();
        drop(state);
        if let Some(clean_up) = at_last {
            clean_up();
        }
        std::process::exit(i32::from(status::STOPPED));
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether a person wants us to stop.
pub fn happened() -> bool {
    *STOPPING.borrow()
}

/// Returns when a person wants us to stop: work that leaves something to clean up races against this.
pub async fn wait() {
    // The sender is static: it cannot be dropped before the wait is over.
    let _ = STOPPING.subscribe().wait_for(|stopping| *stopping).await;
}

/// What comes of work, unless a person wants us to stop before it is done.
pub async fn unless_stopped<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        () = wait() => bail!("stopped by Ctrl-C"),
        done = work => done,
    }
}

/// Has something done when a person asks a second time and this process ends at once: for what would outlive it. It must
/// have a limit of its own.
pub fn at_last(clean_up: impl FnOnce() + Send + 'static) {
    state().at_last = Some(Box::new(clean_up));
}

/// A process group that its owner ends, also after Ctrl-C; only the second Ctrl-C, which ends this process at once, kills it.
/// Dropping this gives the group up: its number may be somebody else's from then on.
#[derive(Debug)]
pub struct Guard(Pid);

impl Guard {
    /// Of what `start` starts as the head of a group. A second Ctrl-C meanwhile waits, and then kills it.
    pub fn of(start: impl FnOnce() -> io::Result<Child>) -> io::Result<(Child, Guard)> {
        let mut state = state();
        let child = start()?;
        let group = Pid::from_child(&child);
        state.groups.insert(group);
        Ok((child, Guard(group)))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        state().groups.remove(&self.0);
    }
}

/// Kills what is left of a group. That nothing is left is fine.
pub fn kill_group(group: Pid) {
    let _ = rustix::process::kill_process_group(group, Signal::KILL);
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::group::{Command, Group};

    #[test]
    fn what_is_being_started_is_known_before_a_second_ctrl_c_can_look() {
        let start = || {
            assert!(STATE.try_lock().is_err());
            Command::new("true").spawn()
        };
        let (mut child, guard) = Guard::of(start).unwrap();
        assert!(state().groups.contains(&Pid::from_child(&child)));
        child.wait().unwrap();
        drop(guard);
        let group = Group::start(&mut Command::new("true")).unwrap();
        let pid = group.pid;
        assert!(state().groups.contains(&pid));
        drop(group);
        assert!(!state().groups.contains(&pid));
    }

    #[test]
    fn the_number_of_a_group_that_was_reaped_is_not_killed() {
        let mut group = Group::start(&mut Command::new("true")).unwrap();
        group.end().unwrap();
        assert!(!state().groups.contains(&group.pid));
    }
}
