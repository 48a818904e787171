//! A server that we start: a host, an emulator, an engine, what is measured. It ends when this is dropped.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tokio::sync::watch;

use super::group::{self, Command, Group};
use super::log::Log;
use super::run::{self, MARK};
use crate::text;

/// What a server printed before its end is read at once, unless something that it left outside its group holds the streams open.
const LAST_LINES_LIMIT: Duration = Duration::from_secs(1);
/// How many of its lines are shown when a server does not start.
const LAST_LINES: usize = 10;

/// A server that runs, the head of a process group of its own.
#[derive(Debug)]
pub struct Server {
    pub group: Group,
    /// What it prints, on both streams.
    pub log: Log,
    /// Hung up on when all that it printed is in the log.
    all_read: Option<mpsc::Receiver<()>>,
    ended: watch::Receiver<bool>,
    stop_limit: Duration,
}

impl Server {
    /// Starts a server whose output is read. When this is dropped it is asked to end (SIGTERM), and killed with its group
    /// when it has not within `stop_limit`.
    pub fn start(mut command: Command, stop_limit: Duration) -> io::Result<Server> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).envs([run::mark()]);
        // What needs no time to stop is killed, what does is asked.
        end_with_this_thread(&mut command, if stop_limit.is_zero() { Signal::KILL } else { Signal::TERM });
        let mut server = spawn(command, stop_limit)?;
        let (reading, all_read) = mpsc::channel();
        if let Some(stdout) = server.group.child.stdout.take() {
            read(stdout, server.log.clone(), reading.clone());
        }
        if let Some(stderr) = server.group.child.stderr.take() {
            read(stderr, server.log.clone(), reading);
        }
        server.all_read = Some(all_read);
        Ok(server)
    }

    /// Starts a server that may outlive us ([`Server::leave_running`]): its output goes to a file.
    pub fn start_in_background(mut command: Command, output: File) -> io::Result<Server> {
        command.stdout(output.try_clone()?).stderr(output).env_remove(MARK);
        spawn(command, Duration::ZERO)
    }

    /// Waits until it has ended, and kills what it leaves behind.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        // An error here is the end of the thread that waits for the process, which comes with its end.
        let _ = self.ended.wait_for(|ended| *ended).await;
        self.group.end()
    }

    /// Waits for the line in which it says where it listens, and returns what follows `announcement` there.
    pub async fn announced(&mut self, announcement: &str, limit: Duration) -> Result<String> {
        let log = self.log.clone();
        let address = tokio::select! {
            address = log.wait_for(0, announcement, limit) => address,
            status = self.ended() => {
                let (status, lines) = (status?, self.log.since(0));
                bail!("it ended by itself ({status})\n  {}", text::last(&lines, LAST_LINES).join("\n  "))
            }
        };
        let address =
            address.with_context(|| format!("it did not say `{announcement}…` within {} s", limit.as_secs()))?;
        Ok(address.trim().trim_end_matches('/').to_owned())
    }

    /// Lets it run on when we end.
    pub fn leave_running(self) {
        std::mem::forget(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.stop_limit.is_zero() {
            self.group.ask();
            self.group.ended_within(self.stop_limit);
        }
        let _ = self.group.end();
        if let Some(all_read) = &self.all_read {
            let _ = all_read.recv_timeout(LAST_LINES_LIMIT);
        }
    }
}

/// Reads a stream to its end, and then hangs up.
fn read(stream: impl Read + Send + 'static, log: Log, reading: mpsc::Sender<()>) {
    std::thread::spawn(move || {
        log.read(stream);
        drop(reading);
    });
}

fn spawn(mut command: Command, stop_limit: Duration) -> io::Result<Server> {
    let group = Group::start(&mut command)?;
    let (handle, (end, ended)) = (group.handle()?, watch::channel(false));
    std::thread::spawn(move || end.send_replace(group::ended_within(&handle, Duration::MAX)));
    Ok(Server { group, log: Log::default(), all_read: None, ended, stop_limit })
}

/// Has the kernel send a signal to the server when this process is gone, whatever ended it: after a SIGKILL nothing else
/// would. The kernel watches the thread that starts the server, so that has to be one that lives as long: the main one.
fn end_with_this_thread(command: &mut Command, signal: Signal) {
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let ask_kernel = move || {
        set_parent_process_death_signal(Some(signal))?;
        // This process may have ended before the kernel was asked.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::from(io::ErrorKind::BrokenPipe)) }
    };
    #[expect(unsafe_code, reason = "two system calls that are safe between fork and exec: neither allocates nor locks")]
    unsafe {
        command.pre_exec(ask_kernel);
    }
}
