//! The handler process: command line, start, readiness, output, exit and restart (protocol.md#command-line and #the-handler-process).

pub mod command;
mod diagnostics;
mod listening;
mod output;
pub mod own_headers;
mod process;
mod process_tree;
mod readiness;
mod restarts;
mod sockets;
mod supervisor;
pub mod watchdog;

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use wire::Client;

pub use process::{Group, Launch};
use readiness::wait_until_ready;
pub use readiness::{Probe, Readiness};
use supervisor::{Command, Supervisor, is_restart};

use crate::log::{DISPATCHER, Log};

/// How long to wait for a handler that is started by hand: a week.
const DEBUGGER_TIMEOUT_SECONDS: u64 = 7 * 24 * 60 * 60;
/// How long an invocation that failed waits to see whether the process has ended.
const END_NOTICE_MS: u64 = 50;
/// How long the caller of an invocation that took too long waits for the next process.
const START_NOTICE_MS: u64 = 1000;

/// The handler as the rest of the host sees it: started, restarted when it dies, stopped when this is dropped.
#[derive(Debug)]
pub struct Handler {
    pub client: Arc<Client>,
    readiness: Arc<watch::Sender<Readiness>>,
    commands: mpsc::Sender<Command>,
    initialization_timeout: Duration,
    is_attached: bool,
}

impl Handler {
    /// Starts the handler and looks after it from now on.
    pub fn start(launch: Launch, probe: Probe, log: Log) -> Self {
        let (supervisor, commands) = Supervisor::new(launch, probe, log);
        let (client, readiness) = (Arc::clone(&supervisor.client), Arc::clone(&supervisor.readiness));
        let initialization_timeout = probe.timeout;
        let (log, ended) = (supervisor.log.clone(), Arc::clone(&supervisor.readiness));
        tokio::spawn(async move {
            if let Err(error) = tokio::spawn(supervisor.run()).await
                && error.is_panic()
            {
                log.error(DISPATCHER, format!("Nobody looks after the handler any more: {error}"));
                ended.send_replace(Readiness::GivenUp);
            }
        });
        Self { client, readiness, commands, initialization_timeout, is_attached: false }
    }

    /// Waits for a handler that is started by others, such as a debugger, and for the next one whenever it is gone.
    pub fn attach(port: u16, probe: Probe) -> Self {
        let client = Arc::new(Client::new(port));
        let readiness = Arc::new(watch::Sender::new(Readiness::Starting));
        let (commands, command_receiver) = mpsc::channel(1);
        tokio::spawn(attend(Arc::clone(&client), probe, Arc::clone(&readiness), command_receiver));
        let initialization_timeout = Duration::from_secs(DEBUGGER_TIMEOUT_SECONDS);
        Self { client, readiness, commands, initialization_timeout, is_attached: true }
    }

    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.readiness.subscribe()
    }

    pub fn is_ready(&self) -> bool {
        *self.readiness.borrow() == Readiness::Ready
    }

    /// Whether the handler has failed three times and is not started again.
    pub fn is_given_up(&self) -> bool {
        *self.readiness.borrow() == Readiness::GivenUp
    }

    /// Waits for this long at most until its readiness is a wanted one. What it is then.
    pub async fn wait_for(&self, limit: Duration, is_wanted: impl FnMut(&Readiness) -> bool) -> Readiness {
        let mut readiness = self.readiness();
        _ = tokio::time::timeout(limit, readiness.wait_for(is_wanted)).await;
        *readiness.borrow()
    }

    /// Waits until the handler is ready, for four times `initializationTimeout` (protocol.md#early-requests). Whether it is.
    pub async fn wait_ready(&self) -> bool {
        let is_decided = |state: &Readiness| matches!(state, Readiness::Ready | Readiness::GivenUp);
        self.is_ready() || self.wait_for(4 * self.initialization_timeout, is_decided).await == Readiness::Ready
    }

    /// Waits, for a moment, until a process that has just hung up is known to have ended, so that the next invocation waits for
    /// its successor.
    pub async fn notice_end(&self) {
        if self.is_attached {
            self.restart();
            return;
        }
        self.wait_for(Duration::from_millis(END_NOTICE_MS), |state| *state != Readiness::Ready).await;
    }

    /// Kills the process and starts another; not counted as a failure (protocol.md#function-timeout).
    pub fn restart(&self) {
        // A full channel means that a restart has been asked for already.
        if self.commands.try_send(Command::Restart).is_ok() {
            self.readiness.send_replace(Readiness::Starting);
        }
    }

    /// Waits, for a moment, until a handler that was restarted is ready, as the real host does before it answers the caller who
    /// waited in vain (recording P15c).
    pub async fn notice_start(&self) {
        self.wait_for(Duration::from_millis(START_NOTICE_MS), |state| *state == Readiness::Ready).await;
    }

    /// Kills the process and everything in its group, and waits until it is gone.
    pub async fn stop(&self) {
        // A closed channel means that it has stopped already.
        if self.commands.send(Command::Stop).await.is_ok() {
            self.commands.closed().await;
        }
    }
}

/// A free port of the loopback interface, chosen by the operating system. The handler gets the number, not the socket: it opens
/// its own (protocol.md#port).
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The port that host.json gives, after a check that it is free: the real host tries it on all interfaces, before it
/// starts its handler (protocol.md#fixed-port).
pub fn free_fixed_port(port: u16) -> std::io::Result<u16> {
    let without_ipv6 = |_| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    let listener = match TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)) {
        Err(error) if error.kind() != std::io::ErrorKind::AddrInUse => Err(error).or_else(without_ipv6),
        bound => bound,
    };
    listener.map(|_| port)
}

/// Looks out for a handler that others start and end.
async fn attend(
    client: Arc<Client>,
    probe: Probe,
    readiness: Arc<watch::Sender<Readiness>>,
    mut commands: mpsc::Receiver<Command>,
) {
    let patient = Probe { timeout: Duration::from_secs(DEBUGGER_TIMEOUT_SECONDS), ..probe };
    loop {
        client.forget_connections();
        tokio::select! {
            command = commands.recv() => if is_restart(command) { continue } else { return },
            true = wait_until_ready(&client, patient) => {
                readiness.send_replace(Readiness::Ready);
            }
        }
        if !is_restart(commands.recv().await) {
            return;
        }
    }
}
