//! A running app, wherever it runs: what `smoke` needs to know of it, and no more.

pub mod azurite;
pub mod docker;
pub mod keys;
pub mod mini_host;
pub mod native;
pub mod npm;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use crate::text;

/// Where a staged app runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Under mini-host, on this machine.
    Native,
    /// In a container.
    Docker,
}

impl Place {
    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Place::Native => "native",
            Place::Docker => "docker",
        }
    }
}

/// A staged app that runs and can be called. `native::with_app` and `docker::with_app` make it; it ends with them.
#[derive(Clone, Debug)]
pub struct App {
    /// Where it runs.
    pub place: Place,
    /// `http://127.0.0.1:41235`, without a slash at the end.
    pub url: String,
    /// Opens every function and the admin endpoints.
    pub master_key: String,
    /// Opens functions of level `function`.
    pub function_key: String,
    /// The storage account the app uses, as this machine reaches it.
    pub storage: Option<String>,
    /// What the host has printed so far.
    pub log: AppLog,
    /// Whether the host under the app is ours; the official one cannot show everything.
    pub stand_in: bool,
}

/// The lines a host printed, in order; grows while the app runs.
#[derive(Clone, Debug)]
pub struct AppLog {
    lines: Arc<Mutex<Vec<String>>>,
    count: Arc<watch::Sender<usize>>,
}

impl Default for AppLog {
    fn default() -> Self {
        AppLog { lines: Arc::default(), count: Arc::new(watch::Sender::new(0)) }
    }
}

impl AppLog {
    /// Adds a line.
    pub fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        lines.push(line);
        self.count.send_replace(lines.len());
    }

    /// How many lines there are: remember it to read only what comes after.
    pub fn mark(&self) -> usize {
        *self.count.borrow()
    }

    /// The lines since `mark`.
    pub fn since(&self, mark: usize) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        lines.get(mark..).unwrap_or_default().to_vec()
    }

    /// Waits until a line since `mark` contains `text`; false when `limit` passes first.
    pub async fn wait_for(&self, mark: usize, text: &str, limit: Duration) -> bool {
        let mut count = self.count.subscribe();
        let seen = async {
            while !self.since(mark).iter().any(|line| line.contains(text)) {
                if count.changed().await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(limit, seen).await.unwrap_or(false)
    }
}

/// Why an app did not live to the end of the work.
#[derive(Debug)]
pub struct AppFailure {
    /// What happened, with the last lines of the host where there are any.
    pub message: String,
    /// Whether the person asked for the end.
    pub interrupted: bool,
}

impl AppFailure {
    /// A failure, with what the host printed last.
    pub fn new(error: impl Into<anyhow::Error>, log: &AppLog) -> AppFailure {
        let mut message = format!("{:#}", error.into());
        let lines = log.since(0);
        if !lines.is_empty() {
            message.push_str("\nlast lines of the host:\n  ");
            message.push_str(&text::last(&lines, LAST_LINES).join("\n  "));
        }
        AppFailure { message, interrupted: false }
    }

    /// The person pressed Ctrl-C.
    pub fn interrupted() -> AppFailure {
        AppFailure { message: "interrupted".to_owned(), interrupted: true }
    }
}

impl From<anyhow::Error> for AppFailure {
    fn from(error: anyhow::Error) -> AppFailure {
        AppFailure { message: format!("{error:#}"), interrupted: false }
    }
}

/// How many lines of the host a failure shows.
const LAST_LINES: usize = 30;

/// What the host is told in every place, by environment as the real one has it, so that samples need not know.
///
/// Idle polling of queues backs off to a minute otherwise, hence `maxPollingInterval`; the host id keeps the receipts of
/// one app apart from those of another.
pub fn environment(storage: Option<&str>, host_id: &str) -> Vec<(String, String)> {
    let mut variables = vec![
        ("FUNCTIONS_WORKER_RUNTIME", "custom".to_owned()),
        ("AzureFunctionsJobHost__Logging__Console__IsEnabled", "true".to_owned()),
        ("AzureWebJobsSecretStorageType", "files".to_owned()),
        ("AzureFunctionsWebHost__hostid", host_id.to_owned()),
        ("AzureFunctionsJobHost__extensions__queues__maxPollingInterval", "00:00:00.2000000".to_owned()),
    ];
    variables.extend(storage.map(|connection| ("AzureWebJobsStorage", connection.to_owned())));
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Keeps what steers a Functions host or an ASP.NET handler on the maintainer's machine away from a child.
pub fn inherit_nothing_of_functions(command: &mut std::process::Command) {
    const PREFIXES: [&str; 5] = ["azurefunctions", "azurewebjobs", "functions_", "aspnetcore_", "website_"];
    for (name, _) in std::env::vars_os() {
        let lower = name.to_string_lossy().to_lowercase();
        if PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
}
