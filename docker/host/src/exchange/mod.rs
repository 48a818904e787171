//! What passed between host and handler, for people: kept for a page, written into files. Nothing is kept unless `--record` or
//! `--inspect` asks for it.

mod folder;
mod kept;
mod open;
mod recorder;
mod rule;
mod shown;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use uuid::Uuid;

use crate::log::Log;
use folder::Folder;
use kept::Kept;
pub use recorder::Recorder;
#[cfg(test)]
pub use rule::ALL as RULES;
pub use shown::{Exchange, Mode, Outcome};

/// Where exchanges go. Cloning it gives another handle.
#[derive(Clone, Debug, Default)]
pub struct Exchanges(Option<Arc<Kept>>);

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The folder that gets a file for each.
    pub record: Option<PathBuf>,
    /// Whether the last ones are kept, to be looked at.
    pub inspect: bool,
}

impl Exchanges {
    /// Keeps and records what is wanted. What cannot be written is logged, once.
    pub fn new(wanted: Wanted, log: &Log) -> Self {
        let is_wanted = wanted.inspect || wanted.record.is_some();
        let folder = wanted.record.map(|path| Folder::open(path, log.clone()));
        Self(is_wanted.then(|| Arc::new(Kept::new(folder, wanted.inspect))))
    }

    /// An invocation begins.
    pub fn begin(&self, invocation: Uuid, function: &str) -> Recorder {
        Recorder::begin(self.0.as_ref(), invocation, function)
    }

    /// Those that are kept and wanted by number, the oldest first, without headers and bodies.
    pub fn list(&self, is_wanted: impl Fn(u64) -> bool) -> Vec<Exchange> {
        self.0.as_ref().map(|kept| kept.list(is_wanted)).unwrap_or_default()
    }

    /// One that is kept.
    pub fn get(&self, number: u64) -> Option<Exchange> {
        self.0.as_ref()?.get(number)
    }

    /// The numbers of those that change from now on; `None` if none are kept.
    pub fn changes(&self) -> Option<Receiver<u64>> {
        self.0.as_ref().map(|kept| kept.changes.subscribe())
    }

    /// Waits until the files are written; for the end of the program.
    pub fn flush(&self) {
        if let Some(kept) = &self.0 {
            kept.flush();
        }
    }
}

#[cfg(test)]
mod tests;
