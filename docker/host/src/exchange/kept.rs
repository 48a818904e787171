//! The last exchanges, as many as are useful and as much as is bearable.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::Sender;
use uuid::Uuid;

use super::folder::Folder;
use super::open::Open;
use super::shown::Exchange;
use crate::log::Log;

const MOST_EXCHANGES: usize = 10_000;
/// Of all bodies together.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// A reader who is further behind reads the list again.
const CHANGES: usize = 16 * 1024;

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The folder that gets a file for each.
    pub record: Option<PathBuf>,
    /// Whether the last ones are kept, to be looked at.
    pub inspect: bool,
}

/// The last exchanges, and where the rest goes.
#[derive(Debug)]
pub struct Exchanges {
    folder: Option<Folder>,
    is_kept: bool,
    last: Mutex<Last>,
    number: AtomicU64,
    /// The numbers of those that change.
    pub changes: Sender<u64>,
}

/// The oldest first.
#[derive(Debug, Default)]
struct Last {
    exchanges: VecDeque<Arc<Open>>,
    /// Of the bodies of those that have ended.
    bytes: usize,
}

impl Exchanges {
    /// Keeps and records what is wanted; `None` if that is nothing. What cannot be written is logged, once.
    pub fn open(wanted: Wanted, log: &Log) -> Option<Arc<Self>> {
        if !wanted.inspect && wanted.record.is_none() {
            return None;
        }
        let folder = wanted.record.map(|path| Folder::open(path, log.clone()));
        let (last, number, changes) = (Mutex::default(), AtomicU64::new(1), Sender::new(CHANGES));
        Some(Arc::new(Self { folder, is_kept: wanted.inspect, last, number, changes }))
    }

    pub fn begin(&self, invocation: Uuid, function: &str) -> Arc<Open> {
        let exchange = Arc::new(Open::new(self.number.fetch_add(1, Ordering::Relaxed), invocation, function));
        if self.is_kept {
            self.last().exchanges.push_back(Arc::clone(&exchange));
            self.changed(&exchange);
        }
        exchange
    }

    pub fn changed(&self, exchange: &Open) {
        // Nobody may be looking.
        _ = self.changes.send(exchange.number);
    }

    pub fn ended(&self, exchange: &Open) {
        if let Some(folder) = &self.folder {
            folder.write(exchange.shown());
        }
        self.changed(exchange);
        let mut last = self.last();
        if last.exchanges.front().is_some_and(|oldest| oldest.number <= exchange.number) {
            last.bytes += exchange.ended_bytes();
        }
        while last.exchanges.len() > MOST_EXCHANGES || last.bytes > MOST_BYTES {
            let Some(oldest) = last.exchanges.pop_front() else { break };
            last.bytes -= oldest.ended_bytes();
        }
    }

    /// Those that are wanted by number, the oldest first, without headers and bodies.
    pub fn list(&self, is_wanted: impl Fn(u64) -> bool) -> Vec<Exchange> {
        let last: Vec<_> = self.last().exchanges.iter().filter(|it| is_wanted(it.number)).cloned().collect();
        last.iter().map(|exchange| exchange.summary()).collect()
    }

    pub fn get(&self, number: u64) -> Option<Exchange> {
        let found = self.last().exchanges.iter().find(|exchange| exchange.number == number).cloned();
        found.map(|exchange| exchange.shown())
    }

    /// Waits until the files are written; for the end of the program.
    pub fn flush(&self) {
        if let Some(folder) = &self.folder {
            folder.flush();
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
