//! The processes that belong to one start of the handler, whatever their parents are: the handler, what it started, and what put
//! itself into a session of its own. They are known by the worker id in their environment, which every child inherits.
//!
//! Only Linux shows the environment of a process; elsewhere none is found.

use std::collections::HashSet;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process, kill_process_group};
use uuid::Uuid;

use super::sockets::listeners;

/// The variable with the worker id.
pub(super) const MARK: &str = "FUNCTIONS_CUSTOMHANDLER_WORKER_ID";
/// A process that starts another just before it is killed needs another round. This many are enough for all but a fork bomb.
const MAX_ROUNDS: u32 = 20;
/// How long a parent may take to note the end of its child.
const NOTICE_MS: u64 = 10;

/// Kills what is left of a start of the handler whose host is gone: children before their parents, who take note of that, so that
/// nobody has to find out what became of them; then the process group, unless its number means another one by now.
pub(super) fn kill_orphans(worker_id: Uuid, group: Option<Pid>) {
    for _ in 0..MAX_ROUNDS {
        let found = with_descendants(processes(worker_id));
        let parents: HashSet<Pid> = found.iter().filter_map(|pid| parent(*pid)).collect();
        found.iter().filter(|pid| !parents.contains(pid)).for_each(|pid| _ = kill_process(*pid, Signal::KILL));
        if found.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(NOTICE_MS));
    }
    kill(worker_id);
    if let Some(group) = group.filter(|leader| matches!(is_marked(*leader, worker_id), None | Some(true))) {
        // It is gone if it had no other members.
        _ = kill_process_group(group, Signal::KILL);
    }
}

/// Kills every process of a start of the handler, with what they have started under another environment.
pub(super) fn kill(worker_id: Uuid) {
    for _ in 0..MAX_ROUNDS {
        let processes = with_descendants(processes(worker_id));
        if processes.is_empty() {
            return;
        }
        for pid in processes {
            // It may have ended meanwhile.
            _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Where the processes of a start of the handler listen.
pub(super) fn listening(worker_id: Uuid) -> Vec<SocketAddr> {
    let sockets: HashSet<String> = processes(worker_id).into_iter().flat_map(sockets).collect();
    let listeners = listeners().into_iter().filter(|listener| sockets.contains(&listener.inode));
    let mut addresses: Vec<SocketAddr> = listeners.map(|listener| listener.address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// The other user whose program listens where a start of the handler was to listen; `None` if there is no such user. Root may, and so may
/// what the handler has started as another user.
pub(super) fn other_user(worker_id: Uuid, port: u16) -> Option<u32> {
    let users = [0, geteuid().as_raw()];
    let mut others = listeners();
    others.retain(|listener| listener.address.port() == port && !users.contains(&listener.user));
    let own = if others.is_empty() { Vec::new() } else { processes(worker_id) };
    let own: HashSet<String> = own.into_iter().flat_map(sockets).collect();
    others.iter().find(|listener| !own.contains(&listener.inode)).map(|listener| listener.user)
}

/// Those of a start of the handler.
pub(super) fn processes(worker_id: Uuid) -> Vec<Pid> {
    all().filter(|pid| is_marked(*pid, worker_id) == Some(true)).collect()
}

fn all() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

/// Whether a process belongs to a start of the handler by its environment; `None` if it shows none: that of another user cannot
/// be read, that of a process that has ended is empty.
fn is_marked(pid: Pid, worker_id: Uuid) -> Option<bool> {
    let mark = format!("{MARK}={worker_id}");
    let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).unwrap_or_default();
    let is_marked = environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes());
    (!environment.is_empty()).then_some(is_marked)
}

fn with_descendants(mut found: Vec<Pid>) -> Vec<Pid> {
    if found.is_empty() {
        return found;
    }
    let parents: Vec<(Pid, Pid)> = all().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        let children = parents.iter().filter(|(child, of)| *of == parent && !found.contains(child));
        let children: Vec<Pid> = children.map(|(child, _)| *child).collect();
        found.extend(children);
        at += 1;
    }
    found
}

fn parent(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name before may have spaces and brackets.
    let (_, fields) = status.rsplit_once(") ")?;
    Pid::from_raw(fields.split(' ').nth(1)?.parse().ok()?)
}

fn sockets(pid: Pid) -> Vec<String> {
    let files = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_nonzero())).into_iter().flatten().flatten();
    let targets = files.filter_map(|file| fs::read_link(file.path()).ok());
    let inode = |target: PathBuf| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
    targets.filter_map(inode).collect()
}
