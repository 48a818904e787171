//! A process that outlives a host that is killed, only to end what the host has started. The kernel would end the handler's first
//! process with the host, and nothing that this one has started.

use std::collections::HashMap;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::Pid;
use uuid::Uuid;

use super::process_tree;

const NAME: &str = "handler-watchdog";
/// This program, also after its file was replaced.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// The watchdog as the host has it: it holds one end of a pipe, which closes with the host, whatever ends that. By default
/// there is no watchdog.
#[derive(Clone, Debug, Default)]
pub struct Watchdog(Option<Arc<Mutex<Child>>>);

/// A start of the handler that the watchdog knows of until this is dropped.
#[derive(Debug)]
pub struct Guard {
    watchdog: Watchdog,
    pub worker_id: Uuid,
}

impl Watchdog {
    /// Starts it, out of reach of the terminal's signals.
    pub fn start() -> io::Result<Self> {
        let mut command = Command::new(THIS_PROGRAM);
        command.arg0(NAME).current_dir("/").process_group(0);
        let process = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self(Some(Arc::new(Mutex::new(process)))))
    }

    pub(super) const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Has it end what belongs to a start of the handler, should the host be killed.
    pub(super) fn guard(&self, worker_id: Uuid) -> Arc<Guard> {
        self.tell(&format!("start {worker_id}\n"));
        Arc::new(Guard { watchdog: self.clone(), worker_id })
    }

    /// Ends it, and waits until it is gone.
    pub fn dismiss(&self) {
        let Some(process) = &self.0 else { return };
        let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
        drop(process.stdin.take());
        // It cannot be gone before.
        _ = process.wait();
    }

    /// One that is gone hears nothing, and nothing else depends on it.
    fn tell(&self, line: &str) {
        let Some(process) = &self.0 else { return };
        let mut process = process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pipe) = &mut process.stdin {
            _ = pipe.write_all(line.as_bytes());
        }
    }
}

impl Guard {
    /// The process group of the start.
    pub(super) fn has_group(&self, group: Pid) {
        self.watchdog.tell(&format!("group {} {}\n", self.worker_id, group.as_raw_nonzero()));
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.watchdog.tell(&format!("end {}\n", self.worker_id));
    }
}

/// Does the work of the watchdog, if that is what this process was started for. Whether it was.
pub fn watch_over_host() -> bool {
    if std::env::args_os().next().is_none_or(|name| name != NAME) {
        return false;
    }
    let mut starts: HashMap<Uuid, Option<Pid>> = HashMap::new();
    for line in io::stdin().lines().map_while(Result::ok) {
        let mut words = line.split(' ');
        let (word, id) = (words.next(), words.next().and_then(|id| id.parse().ok()));
        let (Some(word), Some(id)) = (word, id) else { continue };
        match word {
            "end" => _ = starts.remove(&id),
            _ => _ = starts.insert(id, words.next().and_then(|pid| Pid::from_raw(pid.parse().ok()?))),
        }
    }
    for (worker_id, group) in starts {
        process_tree::kill_orphans(worker_id, group);
    }
    true
}
