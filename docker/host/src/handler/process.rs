//! One process of the handler: started with its variables, its output read, ended with everything it started.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::command::{CommandLine, command_line, find_program};
use super::output::{Output, Stream};
use super::process_tree;
use super::watchdog::{Guard, Watchdog};
use crate::app::CustomHandler;
use crate::doctor::program;
use crate::log::Log;

/// How long a dead process's pipes must be silent before its last lines are taken to be there: another process may
/// hold its output open.
const SILENCE_MS: u64 = 250;
/// How long the last lines of a process that was killed with all it started are waited for.
const LAST_LINES_TIMEOUT_MS: u64 = 5000;

/// What is needed to start the handler, the same at every start but for the worker id.
#[derive(Clone, Debug)]
pub struct Launch {
    pub handler: CustomHandler,
    pub script_root: PathBuf,
    /// The environment of the process: what it inherits from this one, as far as it is text, and what settings add.
    pub environment: Vec<(String, String)>,
    pub port: u16,
    /// Ends what the handler has started when the host is killed.
    pub watchdog: Watchdog,
}

impl Launch {
    /// The five variables that the host sets for the handler (protocol.md#environment).
    pub fn variables(&self, worker_id: Uuid) -> [(&'static str, String); 5] {
        [
            ("FUNCTIONS_CUSTOMHANDLER_PORT", self.port.to_string()),
            (process_tree::MARK, worker_id.to_string()),
            ("FUNCTIONS_APP_ROOT_PATH", self.script_root.to_string_lossy().into_owned()),
            ("FUNCTIONS_HTTPWORKER_PORT", self.port.to_string()),
            ("FUNCTIONS_HTTPWORKER_ID", worker_id.to_string()),
        ]
    }

    pub fn command_line(&self, worker_id: Uuid) -> CommandLine {
        // Of two of one name the first one is found everywhere.
        let environment: HashMap<&str, &str> =
            self.environment.iter().rev().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let inherited = |name: &str| environment.get(name).map(ToString::to_string);
        command_line(&self.handler, inherited, &self.variables(worker_id))
    }

    fn inherited(&self, variable: &str) -> Option<&str> {
        self.environment.iter().find(|(name, _)| name == variable).map(|(_, value)| value.as_str())
    }
}

/// A process in a group of its own. Dropping it kills the group.
#[derive(Debug)]
pub struct Group {
    pub child: Child,
    leader: Option<Pid>,
    /// What the watchdog knows of it.
    pub guard: Arc<Guard>,
}

/// A running process of the handler. Dropping it kills the process.
#[derive(Debug)]
pub struct Process {
    pub group: Group,
    pub output: Output,
    pumps: JoinSet<()>,
    status: Option<ExitStatus>,
    pub program: String,
    pub command_line: String,
}

/// The steps of a process's end, in order.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    /// It has ended. What it started may go on.
    Exited,
    /// Nobody holds its output open any more: only now the real host notices that it has ended (protocol.md#exit-and-restart).
    Closed(ExitStatus),
}

impl Process {
    /// Starts the handler in a process group of its own.
    pub fn start(launch: &Launch, worker_id: Uuid, log: &Log) -> io::Result<Self> {
        let line = launch.command_line(worker_id);
        let current_directory = std::env::current_dir().unwrap_or_else(|_| launch.script_root.clone());
        let path = find_program(&line.program, &current_directory, launch.inherited("PATH").unwrap_or_default())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no such program"))?;
        program::refuse_unknown_format(&path)?;
        let mut command = Command::new(path);
        command
            .arg0(&line.program)
            .args(&line.arguments)
            .current_dir(&launch.handler.working_directory)
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .envs(launch.variables(worker_id))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut group = Group::spawn(&mut command, &launch.watchdog, worker_id)?;

        let output = Output::new(log.clone(), &category(worker_id), launch.handler.stderr_is_errors_only);
        let mut pumps = JoinSet::new();
        if let Some(pipe) = group.child.stdout.take() {
            pumps.spawn(output.clone().pump(Stream::Output, pipe));
        }
        if let Some(pipe) = group.child.stderr.take() {
            pumps.spawn(output.clone().pump(Stream::Error, pipe));
        }
        let words = std::iter::once(&line.program).chain(&line.arguments);
        let command_line = words.map(String::as_str).collect::<Vec<_>>().join(" ");
        Ok(Self { group, output, pumps, status: None, program: line.program, command_line })
    }

    pub fn id(&self) -> Option<u32> {
        self.group.leader.map(|pid| pid.as_raw_nonzero().get().unsigned_abs())
    }

    /// Waits for the next step of its end. Nothing is lost if this is dropped before it is done.
    pub async fn next_ending(&mut self) -> io::Result<Ending> {
        if let Some(status) = self.status {
            while self.pumps.join_next().await.is_some() {}
            return Ok(Ending::Closed(status));
        }
        let status = self.group.child.wait().await?;
        self.status = Some(status);
        Ok(Ending::Exited)
    }

    /// Waits until the last lines of a process that has ended are logged: until its output is closed, or nothing more comes from
    /// those that hold it open.
    pub async fn drain_output(&mut self, limit: Duration) {
        let pumps = &mut self.pumps;
        let output = &self.output;
        let drained = async {
            tokio::select! {
                () = async { while pumps.join_next().await.is_some() {} } => {}
                () = output.silence(Duration::from_millis(SILENCE_MS)) => {}
            }
        };
        _ = tokio::time::timeout(limit, drained).await;
    }

    /// Kills the process and everything that it started, and waits until it is gone and its last lines are logged.
    pub async fn kill(&mut self) {
        let worker_id = self.group.guard.worker_id;
        // It only fails if it panics.
        _ = tokio::task::spawn_blocking(move || process_tree::kill(worker_id)).await;
        self.group.kill().await;
        self.drain_output(Duration::from_millis(LAST_LINES_TIMEOUT_MS)).await;
    }
}

/// The category of what the log says of a start of the handler, and of what it prints.
pub fn category(worker_id: Uuid) -> String {
    format!("Worker.HttpWorkerProcess.{worker_id}")
}

impl Group {
    /// Starts a process that ends with this one, whatever ends that, and so does all that it starts in turn: that is known by the id
    /// in the environment.
    pub fn spawn(command: &mut Command, watchdog: &Watchdog, worker_id: Uuid) -> io::Result<Self> {
        command.env(process_tree::MARK, worker_id.to_string()).process_group(0).kill_on_drop(true);
        if !watchdog.is_there() {
            end_with_this_process(command);
        }
        let guard = watchdog.guard(worker_id);
        let child = command.spawn()?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        leader.inspect(|leader| guard.has_group(*leader));
        Ok(Self { child, leader, guard })
    }

    /// Kills it, and waits until it is gone.
    pub async fn kill(&mut self) {
        self.kill_at_once();
        // SIGKILL cannot be refused, so this wait is as long as the kernel takes.
        _ = self.child.wait().await;
    }

    fn kill_at_once(&self) {
        // It may have ended already, with all that it started.
        self.leader.inspect(|leader| _ = kill_process_group(*leader, Signal::KILL));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill_at_once();
    }
}

/// Has the kernel kill the handler when this process is gone, whatever ended it: without a watchdog nothing else would after a SIGKILL.
///
/// The kernel watches the thread that starts the handler, not the process. That is the main thread or a worker of the runtime, and
/// those live as long as the runtime: nothing here calls `block_in_place`, which may replace one.
#[cfg(target_os = "linux")]
fn end_with_this_process(command: &mut Command) {
    use rustix::process::{getpid, getppid, set_parent_process_death_signal};

    let parent = getpid();
    let ask_kernel = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // This process may have ended before the kernel was asked.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::Error::from(io::ErrorKind::BrokenPipe)) }
    };
    #[expect(unsafe_code, reason = "two system calls that are safe between fork and exec: neither allocates nor locks")]
    unsafe {
        command.pre_exec(ask_kernel);
    }
}

/// Other systems cannot do this.
#[cfg(not(target_os = "linux"))]
fn end_with_this_process(_: &mut Command) {}
