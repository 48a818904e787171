//! Ctrl-C: the first ends what runs and lets everybody clean up after themselves, the second ends this process.

use std::collections::HashSet;
use std::io;
use std::process::Child;
use std::sync::{LazyLock, Mutex, MutexGuard};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal};
use tokio::sync::watch;

use crate::{print, status};

/// Process groups that are ours and alive, and whether a person wants us to stop.
#[derive(Default)]
struct State {
    stopping: bool,
    groups: HashSet<Pid>,
    servers: HashSet<Pid>,
    at_last: Option<Box<dyn FnOnce() + Send>>,
}

static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
static STOPPING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Begins to listen for Ctrl-C, SIGTERM and SIGHUP.
pub fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        let mut state = state();
        if std::mem::replace(&mut state.stopping, true) {
            for server in &state.servers {
                kill_group(*server);
            }
            let at_last = state.at_last.take();
            drop(state);
            if let Some(clean_up) = at_last {
                clean_up();
            }
            std::process::exit(i32::from(status::STOPPED));
        }
        print::err("stopping … (again to stop at once)");
        for group in &state.groups {
            kill_group(*group);
        }
        STOPPING.send_replace(true);
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether a person wants us to stop.
pub fn happened() -> bool {
    state().stopping
}

/// Returns when a person wants us to stop: work that leaves something to clean up races against this.
pub async fn wait() {
    // The sender is static: it cannot be dropped before the wait is over.
    let _ = STOPPING.subscribe().wait_for(|stopping| *stopping).await;
}

/// Has something done when a person asks a second time and this process ends at once: for what would outlive it. It must
/// have a limit of its own.
pub fn at_last(clean_up: impl FnOnce() + Send + 'static) {
    state().at_last = Some(Box::new(clean_up));
}

/// A process group that its owner ends in good order, also after Ctrl-C; only the second Ctrl-C, which ends this process at
/// once, kills it. Dropping this gives the group up.
#[derive(Debug)]
pub struct Guard(Pid);

impl Guard {
    pub fn of(group: Pid) -> Guard {
        state().servers.insert(group);
        Guard(group)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        state().servers.remove(&self.0);
    }
}

/// Starts a child that is the head of a process group of its own, so that it can be ended with everything it started.
/// Ctrl-C kills the group; the caller reaps the child and then gives the group up with [`forget`].
pub fn start(spawn: impl FnOnce() -> io::Result<Child>) -> io::Result<(Child, Pid)> {
    // Held while starting: Ctrl-C comes either before, and nothing is started, or after, and the group is known.
    let mut state = state();
    if state.stopping {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "stopped by Ctrl-C"));
    }
    let child = spawn()?;
    let group = Pid::from_child(&child);
    state.groups.insert(group);
    Ok((child, group))
}

/// Kills what is left of a group. That nothing is left is fine.
pub fn kill_group(group: Pid) {
    let _ = rustix::process::kill_process_group(group, Signal::KILL);
}

/// Gives a group up: its number may be somebody else's from now on.
pub fn forget(group: Pid) {
    state().groups.remove(&group);
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
