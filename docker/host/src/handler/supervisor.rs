//! Supervises the handler: starts it, watches it, and starts it again (protocol.md#exit-and-restart).

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use uuid::Uuid;
use wire::Client;

use super::listening::{listening, misplaced};
use super::process::{Ending, Launch, Process};
use super::process_tree;
use super::readiness::{Probe, Readiness, wait_until_ready};
use super::watchdog::Guard;
use crate::app::Diagnostic;
use crate::doctor::program;
use crate::log::{DISPATCHER, Entry, Level, Log, Record};

/// When to warn of a handler that has ended and whose output is still held open.
const OPEN_OUTPUT_MS: u64 = 250;
/// When to warn of a handler that listens elsewhere or not at all: before its time is over.
const SILENCE_SECONDS: u64 = 3;
/// With this many failures the host gives up (protocol.md#exit-and-restart).
const MAX_FAILURES: usize = 3;
/// Failures further apart than this are not counted together (protocol.md#exit-and-restart).
const FAILURE_MEMORY_SECONDS: u64 = 30 * 60;
/// The exit codes with which a handler asks for a restart that is not counted (protocol.md#exit-and-restart).
const RESTART_EXIT_CODES: [i32; 2] = [0, 200];
/// A handler that has asked so often for a restart, each time soon after its start, is started more slowly from then on. The real
/// host starts it again as fast as it ends.
const QUICK_RESTARTS: u32 = 10;
/// One that has lived for so long has not ended soon after its start.
const SHORT_LIFE_SECONDS: u64 = 10;
/// How many starts that asked for a restart are remembered, for what they may have left behind.
const MAX_WRAPPERS: usize = 64;
/// The first pause before a slow restart; each one after it is twice as long.
const FIRST_RESTART_PAUSE_SECONDS: u64 = 1;
/// The longest one.
const MAX_RESTART_PAUSE_SECONDS: u64 = 32;

const EXEC_HINT: &str = "let the server take the place of the script that starts it: begin that line with `exec`, and without `&` \
                         at its end";

pub(super) struct Supervisor {
    launch: Launch,
    probe: Probe,
    pub(super) log: Log,
    pub(super) client: Arc<Client>,
    pub(super) readiness: Arc<watch::Sender<Readiness>>,
    commands: mpsc::Receiver<Command>,
    failures: Vec<Instant>,
    /// How often in a row the handler has asked for a restart soon after its start.
    quick_restarts: u32,
    /// Starts that asked for a restart, of which processes may live on.
    wrappers: Vec<Arc<Guard>>,
}

pub(super) enum Command {
    Restart,
    Stop,
}

enum End {
    Exited(ExitStatus),
    /// There was no answer in time; the handler's processes listened at these addresses.
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
            failures: Vec::new(),
            quick_restarts: 0,
            wrappers: Vec::new(),
        };
        (supervisor, sender)
    }

    pub(super) async fn run(mut self) {
        self.supervise().await;
        for start in std::mem::take(&mut self.wrappers) {
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
                    self.log_start_failure(worker_id, &error);
                    // Nothing is restarted, nothing counted; only a command to restart, or the end, helps (protocol.md#exit-and-restart).
                    match self.commands.recv().await {
                        Some(Command::Restart) => continue,
                        Some(Command::Stop) | None => return,
                    }
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
            if is_failure && self.count_failure() >= MAX_FAILURES {
                self.log.error(DISPATCHER, "Exceeded http worker restart retry count. Shutting down Functions Host");
                self.readiness.send_replace(Readiness::GivenUp);
                return;
            }
            if end.asks_for_restart() && self.pause_before_restart(started.elapsed()).await.is_break() {
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
        if self.wrappers.len() < MAX_WRAPPERS {
            self.wrappers.push(Arc::clone(&process.guard));
        }
        let text = format!(
            "`{}` has ended, and a process that it started lives on without its output: it is started again at each end, while \
             requests may still reach what it left behind",
            process.command_line
        );
        let found = Diagnostic::of_whole(text).hint(EXEC_HINT);
        let (log, worker_id) = (self.log.clone(), process.guard.worker_id);
        // The next start does not wait for this.
        tokio::task::spawn_blocking(move || {
            if process_tree::are_alive(worker_id) {
                log.warning(DISPATCHER, found);
            }
        });
    }

    /// Waits before a handler is started again that has ended soon after its start many times in a row.
    async fn pause_before_restart(&mut self, lived: Duration) -> ControlFlow<()> {
        if lived > Duration::from_secs(SHORT_LIFE_SECONDS) {
            self.quick_restarts = 0;
        }
        self.quick_restarts += 1;
        let Some(slow_restarts) = self.quick_restarts.checked_sub(QUICK_RESTARTS) else {
            return ControlFlow::Continue(());
        };
        let seconds = MAX_RESTART_PAUSE_SECONDS.min(FIRST_RESTART_PAUSE_SECONDS << slow_restarts.min(8));
        let text = format!(
            "The handler has asked for a restart {} times in a row, each time soon after its start. The Functions host starts it \
             again at once, without end; this one waits {seconds} s",
            self.quick_restarts
        );
        let hint = "a handler is a server: it runs until it is killed";
        self.log.warning(DISPATCHER, Diagnostic::of_whole(text).hint(hint));
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => ControlFlow::Continue(()),
            command = self.commands.recv() => match command {
                Some(Command::Restart) => ControlFlow::Continue(()),
                Some(Command::Stop) | None => ControlFlow::Break(()),
            },
        }
    }

    /// Waits for the end of a process, or for a command to end it. No process means that the host is done with the handler.
    async fn look_after(&mut self, mut process: Process) -> (End, Option<Process>) {
        let worker_id = process.guard.worker_id;
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
                command = self.commands.recv() => match command {
                    Some(Command::Restart) => return (End::Commanded, Some(process)),
                    Some(Command::Stop) | None => {
                        process.kill().await;
                        return (End::Commanded, None);
                    }
                },
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
                    self.warn_of_open_output(&process.command_line);
                }
                is_ready = &mut probing, if !is_probed => {
                    if !is_ready || self.is_strangers(worker_id).await {
                        return (End::TimedOut(listening(worker_id).await), Some(process));
                    }
                    is_probed = true;
                    self.readiness.send_replace(Readiness::Ready);
                }
                () = &mut silence, if is_warning_due => {
                    is_warning_due = false;
                    if !is_probed {
                        self.warn_of_silence(&listening(worker_id).await);
                    }
                }
            }
        }
    }

    /// Whether another user's program has taken the handler's port: it must not see the keys of callers.
    async fn is_strangers(&self, worker_id: Uuid) -> bool {
        let port = self.launch.port;
        // It only fails if it panics.
        let user = tokio::task::spawn_blocking(move || process_tree::stranger(worker_id, port)).await.ok().flatten();
        if let Some(user) = user {
            let text = format!(
                "A program of another user (uid {user}) listens on port {port}, where the handler is to listen: nothing is sent there"
            );
            let hint = "start again for another port, or write one in host.json that this user does not know";
            self.log.error(DISPATCHER, Diagnostic::of_whole(text).hint(hint));
        }
        user.is_some()
    }

    fn warn_of_open_output(&self, command_line: &str) {
        let text = format!(
            "`{command_line}` has ended, and a process that it started lives on and holds its output: the host does not notice \
             the end, and starts nothing in its place while that process lives"
        );
        self.log.warning(DISPATCHER, Diagnostic::of_whole(text).hint(EXEC_HINT));
    }

    /// Says what is known about a handler that has not answered the probe yet.
    fn warn_of_silence(&self, listening: &[SocketAddr]) {
        let port = self.launch.port;
        let warning = match misplaced(listening, port) {
            Some(found) => found,
            None if listening.is_empty() => return,
            None => Diagnostic::of_whole(format!(
                "The handler listens on port {port}, and has not answered `GET /` for {SILENCE_SECONDS} s. The host waits: it sends \
                 nothing else before"
            ))
            .hint("answer `GET /` with anything at all; a 404 will do"),
        };
        self.log.warning(DISPATCHER, warning);
    }

    fn log_start_failure(&self, worker_id: Uuid, error: &std::io::Error) {
        let line = self.launch.command_line(worker_id);
        let reason = program::not_executable(Path::new(&line.program)).filter(|_| Path::new(&line.program).is_file());
        let hint = match error.kind() {
            _ if !self.launch.handler.working_directory.is_dir() => {
                format!(
                    "there is no directory `{}`, the `workingDirectory`",
                    self.launch.handler.working_directory.display()
                )
            }
            _ if reason.is_some() => reason.map(|it| format!("the file {}: {}", it.what, it.hint)).unwrap_or_default(),
            std::io::ErrorKind::NotFound => format!(
                "`defaultExecutablePath` is looked for in `{}`, then on PATH; build the handler, or correct the name",
                self.launch.handler.worker_directory.display()
            ),
            _ => "try to start it by hand: `mini-host --print-env` shows the variables it gets".to_owned(),
        };
        let text = format!(
            "Failed to start Worker Channel. Process fileName: {}\n{error} (working directory `{}`)",
            line.program,
            self.launch.handler.working_directory.display()
        );
        self.log.error(&format!("Worker.HttpWorkerProcess.{worker_id}"), Diagnostic::of_whole(text).hint(hint));
    }

    /// Says how a process ended; whether that counts as a failure.
    fn log_end(&self, end: &End, process: &Process) -> bool {
        let worker_id = process.guard.worker_id;
        match end {
            End::Commanded => false,
            End::TimedOut(listening) => {
                let seconds = self.probe.timeout.as_secs_f32();
                let text = format!(
                    "Failed to start http worker process. workerId:{worker_id}\nSystem.TimeoutException: Initializing HttpWorker \
                     timed out.\nNobody listened on 127.0.0.1:{port} within {seconds} s (`initializationTimeout`)",
                    port = self.launch.port,
                );
                let failure = match misplaced(listening, self.launch.port) {
                    Some(found) => Diagnostic { message: format!("{text}\n{}", found.message), ..found },
                    None => Diagnostic::of_whole(text)
                        .hint("listen on the port that FUNCTIONS_CUSTOMHANDLER_PORT names, at 127.0.0.1"),
                };
                self.log.error(&format!("Worker.HttpWorkerChannel.{worker_id}"), failure);
                true
            }
            End::Exited(status) => {
                let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
                let id = process.id().unwrap_or_default();
                let name = Path::new(&process.program).file_name().unwrap_or_default().to_string_lossy();
                let lines = process.last_errors();
                let lines = if lines.is_empty() { lines } else { format!(": {lines}") };
                let entry = Entry {
                    level: if end.asks_for_restart() { Level::Information } else { Level::Error },
                    category: &format!("Worker.HttpWorkerProcess.{worker_id}"),
                    event: 0,
                    invocation: None,
                };
                if end.asks_for_restart() {
                    self.log.write(entry, "Language Worker Process exited and needs to be restarted.");
                    return false;
                }
                self.log.write(
                    entry,
                    format!(
                        "Language Worker Process exited. Pid={id}.\nMicrosoft.Azure.WebJobs.Script.Workers.\
                         WorkerProcessExitException: {name} exited with code {code} (0x{code:X})\n ---> \
                         System.Exception{lines}"
                    ),
                );
                true
            }
        }
    }

    fn count_failure(&mut self) -> usize {
        let now = Instant::now();
        let memory = Duration::from_secs(FAILURE_MEMORY_SECONDS);
        if self.failures.last().is_some_and(|last| now.duration_since(*last) > memory) {
            self.failures.clear();
        }
        self.failures.push(now);
        self.failures.len()
    }
}
