//! A process that we start as the head of a group of its own: what it leaves behind is killed with it. The one file that names the
//! system's commands.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
pub use std::process::Command;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use super::interrupt::{self, Guard};

/// A process that was started, and its group. Both end when this is dropped.
#[derive(Debug)]
pub struct Group {
    pub child: Child,
    pub pid: Pid,
    handle: OwnedFd,
    /// How it ended, once it was reaped: from then on its number may be somebody else's.
    status: Option<ExitStatus>,
    /// Until it was reaped.
    guard: Option<Guard>,
}

impl Group {
    /// Starts a command that reads nothing.
    pub fn start(command: &mut Command) -> io::Result<Group> {
        let (mut child, guard) = Guard::of(|| command.stdin(Stdio::null()).process_group(0).spawn())?;
        let pid = Pid::from_child(&child);
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => Ok(Group { child, pid, handle, status: None, guard: Some(guard) }),
            // Without a handle nobody would see its end.
            Err(error) => {
                interrupt::kill_group(pid);
                child.wait()?;
                Err(error.into())
            }
        }
    }

    /// By which its end can be waited for elsewhere.
    pub fn handle(&self) -> io::Result<OwnedFd> {
        self.handle.try_clone()
    }

    /// Waits until it has ended by itself, and leaves it to be reaped; false if the limit passes first.
    pub fn ended_within(&self, limit: Duration) -> bool {
        self.status.is_some() || ended_within(&self.handle, limit)
    }

    /// Asks it to end.
    pub fn ask(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.handle, Signal::TERM);
    }

    /// Kills what is left of the group, and reaps its head.
    pub fn end(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        // It is not reaped yet, so the number of its group is still its own.
        interrupt::kill_group(self.pid);
        let status = self.child.wait()?;
        self.status = Some(status);
        self.guard = None;
        Ok(status)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Waits until a process has ended; false if the limit passes first.
pub fn ended_within(process: &OwnedFd, limit: Duration) -> bool {
    let limit = Timespec::try_from(limit).ok();
    loop {
        match rustix::event::poll(&mut [PollFd::new(process, PollFlags::IN)], limit.as_ref()) {
            Err(Errno::INTR) => {}
            ended => return ended != Ok(0),
        }
    }
}
