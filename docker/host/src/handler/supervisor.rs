//! Supervises the handler: starts it, watches it, and starts it again (protocol.md#exit-and-restart).

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use uuid::Uuid;
use wire::Client;

use super::diagnostics;
use super::listening::listening;
use super::process::{Ending, Launch, Process, category};
use super::process_tree;
use super::readiness::{Probe, Readiness, wait_until_ready};
use super::restarts::Restarts;
use super::watchdog::Guard;
use crate::log::{DISPATCHER, Log, Record};

/// When to warn of a handler that has ended and whose output is still held open.
const OPEN_OUTPUT_MS: u64 = 250;
/// When to warn of a handler that listens elsewhere or not at all: before its time is over.
const SILENCE_SECONDS: u64 = 3;
/// The exit codes with which a handler asks for a restart that is not counted (protocol.md#exit-and-restart).
const RESTART_EXIT_CODES: [i32; 2] = [0, 200];
/// How many starts that asked for a restart are remembered, for what they may have left behind.
const MAX_LEFT_BEHIND: usize = 64;

pub(super) struct Supervisor {
    launch: Launch,
    probe: Probe,
    pub(super) log: Log,
    pub(super) client: Arc<Client>,
    pub(super) readiness: Arc<watch::Sender<Readiness>>,
    commands: mpsc::Receiver<Command>,
    restarts: Restarts,
    /// Starts that asked for a restart, of which processes may live on.
    left_behind: Vec<Arc<Guard>>,
}

pub(super) enum Command {
    Restart,
    Stop,
}

/// Whether the handler is to be started again; else the host is done with it.
pub(super) const fn is_restart(command: Option<Command>) -> bool {
    matches!(command, Some(Command::Restart))
}

enum End {
    Exited(ExitStatus),
    /// There was no response in time; the handler's processes listened at these addresses.
    TimedOut(Vec<SocketAddr>),
    Commanded,
}

impl End {
    /// Whether the process ended by itself and wants to be started again, which is not counted.
    fn asks_for_restart(&self) -> bool {
        matches!(self, Self::Exited(status) if status.code().is_some_and(|code| RESTART_EXIT_CODES.contains(&code)))
    }
}

impl Supervisor {
    /// The supervisor of a handler, and what sends it commands.
    pub(super) fn new(launch: Launch, probe: Probe, log: Log) -> (Self, mpsc::Sender<Command>) {
        let (sender, commands) = mpsc::channel(1);
        let supervisor = Self {
            client: Arc::new(Client::new(launch.port)),
            readiness: Arc::new(watch::Sender::new(Readiness::Starting)),
            launch,
            probe,
            log,
            commands,
            restarts: Restarts::default(),
            left_behind: Vec::new(),
        };
        (supervisor, sender)
    }

    pub(super) async fn run(mut self) {
        self.supervise().await;
        for start in std::mem::take(&mut self.left_behind) {
            // It only fails if it panics.
            _ = tokio::task::spawn_blocking(move || process_tree::kill(start.worker_id)).await;
        }
    }

    async fn supervise(&mut self) {
        loop {
            self.readiness.send_replace(Readiness::Starting);
            let worker_id = Uuid::new_v4();
            let started = Instant::now();
            let (end, process) = match Process::start(&self.launch, worker_id, &self.log) {
                Ok(process) => self.look_after(process).await,
                Err(error) => {
                    self.log.error(&category(worker_id), diagnostics::start_failure(&self.launch, worker_id, &error));
                    self.readiness.send_replace(Readiness::Unstartable);
                    // Nothing is restarted, nothing counted; only a command to restart, or the end, helps (protocol.md#exit-and-restart).
                    if is_restart(self.commands.recv().await) {
                        continue;
                    }
                    return;
                }
            };
            self.client.forget_connections();
            let Some(mut process) = process else { return };
            // A caller waits for the next one from now on, however long this one takes to end.
            self.readiness.send_replace(Readiness::Starting);
            if end.asks_for_restart() {
                self.leave_behind(&process);
            } else {
                process.kill().await;
            }
            let is_failure = self.log_end(&end, &process);
            if is_failure && self.restarts.count_failure() {
                self.log.error(DISPATCHER, "Exceeded http worker restart retry count. Shutting down Functions Host");
                self.readiness.send_replace(Readiness::GivenUp);
                return;
            }
            if end.asks_for_restart() && !self.pause_before_restart(started.elapsed()).await {
                return;
            }
            let reason = match end {
                End::Exited(status) => format!("it ended with {status}"),
                End::TimedOut(_) => "it did not answer in time".to_owned(),
                End::Commanded => "the host wants another one".to_owned(),
            };
            self.log.record(Record::HandlerRestarted { reason });
        }
    }

    /// A process that asks for a restart may leave others behind, which may answer in its place: they are killed with the host.
    fn leave_behind(&mut self, process: &Process) {
        if self.left_behind.len() < MAX_LEFT_BEHIND {
            self.left_behind.push(Arc::clone(&process.group.guard));
        }
        let found = diagnostics::left_behind(&process.command_line);
        let (log, worker_id) = (self.log.clone(), process.group.guard.worker_id);
        // The next start does not wait for this.
        tokio::task::spawn_blocking(move || {
            if !process_tree::processes(worker_id).is_empty() {
                log.warning(DISPATCHER, found);
            }
        });
    }

    /// Waits before a handler is started again that has ended soon after its start many times in a row; `false` if it is not to be.
    async fn pause_before_restart(&mut self, lived: Duration) -> bool {
        let Some(seconds) = self.restarts.count_request(lived) else { return true };
        self.log.warning(DISPATCHER, diagnostics::quick_restarts(self.restarts.quick, seconds));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => true,
            command = self.commands.recv() => is_restart(command),
        }
    }

    /// Waits for the end of a process, or for a command to end it. No process means that the host is done with the handler.
    async fn look_after(&mut self, mut process: Process) -> (End, Option<Process>) {
        let worker_id = process.group.guard.worker_id;
        let client = Arc::clone(&self.client);
        let mut probing = std::pin::pin!(wait_until_ready(&client, self.probe));
        let mut silence = std::pin::pin!(tokio::time::sleep(Duration::from_secs(SILENCE_SECONDS)));
        let mut is_warning_due = true;
        let mut is_probed = false;
        let mut open_output = std::pin::pin!(tokio::time::sleep(Duration::MAX));
        let mut is_open_output_due = false;
        let mut is_running = true;
        loop {
            tokio::select! {
                command = self.commands.recv() => {
                    if is_restart(command) {
                        return (End::Commanded, Some(process));
                    }
                    process.kill().await;
                    return (End::Commanded, None);
                }
                ending = process.next_ending(), if is_running => match ending {
                    Ok(Ending::Exited) => {
                        is_open_output_due = true;
                        open_output.as_mut().reset(tokio::time::Instant::now() + Duration::from_millis(OPEN_OUTPUT_MS));
                    }
                    Ok(Ending::Closed(status)) => return (End::Exited(status), Some(process)),
                    Err(_) => is_running = false,
                },
                () = &mut open_output, if is_open_output_due => {
                    is_open_output_due = false;
                    self.log.warning(DISPATCHER, diagnostics::open_output(&process.command_line));
                }
                is_ready = &mut probing, if !is_probed => {
                    if !is_ready || self.is_port_taken(worker_id).await {
                        return (End::TimedOut(listening(worker_id).await), Some(process));
                    }
                    is_probed = true;
                    self.readiness.send_replace(Readiness::Ready);
                }
                () = &mut silence, if is_warning_due => {
                    is_warning_due = false;
                    if !is_probed {
                        let found = diagnostics::silence(&listening(worker_id).await, self.launch.port, SILENCE_SECONDS);
                        found.into_iter().for_each(|found| self.log.warning(DISPATCHER, found));
                    }
                }
            }
        }
    }

    /// Whether another user's program has taken the handler's port: it must not see the keys of callers.
    async fn is_port_taken(&self, worker_id: Uuid) -> bool {
        let port = self.launch.port;
        // It only fails if it panics.
        let user = tokio::task::spawn_blocking(move || process_tree::other_user(worker_id, port)).await.ok().flatten();
        user.inspect(|user| self.log.error(DISPATCHER, diagnostics::taken_port(*user, port))).is_some()
    }

    /// Says how a process ended; whether that counts as a failure.
    fn log_end(&self, end: &End, process: &Process) -> bool {
        let worker_id = process.group.guard.worker_id;
        match end {
            End::Commanded => false,
            End::TimedOut(listening) => {
                let (port, seconds) = (self.launch.port, self.probe.timeout.as_secs_f32());
                let failure = diagnostics::timeout(worker_id, listening, port, seconds);
                self.log.error(&format!("Worker.HttpWorkerChannel.{worker_id}"), failure);
                true
            }
            End::Exited(_) if end.asks_for_restart() => {
                self.log.information(&category(worker_id), "Language Worker Process exited and needs to be restarted.");
                false
            }
            End::Exited(status) => {
                let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
                let id = process.id().unwrap_or_default();
                let name = Path::new(&process.program).file_name().unwrap_or_default().to_string_lossy();
                let lines = process.output.last_errors();
                let lines = if lines.is_empty() { lines } else { format!(": {lines}") };
                let text = format!(
                    "Language Worker Process exited. Pid={id}.\nMicrosoft.Azure.WebJobs.Script.Workers.\
                     WorkerProcessExitException: {name} exited with code {code} (0x{code:X})\n ---> \
                     System.Exception{lines}"
                );
                self.log.error(&category(worker_id), text);
                true
            }
        }
    }
}
