//! The lines that a server prints.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

/// The lines a server has printed, in order; grows while it runs. Clones are the same log.
#[derive(Clone, Debug)]
pub struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    /// How many lines there are; `None` when nobody wants to read any more.
    count: Arc<watch::Sender<Option<usize>>>,
}

impl Default for Log {
    fn default() -> Self {
        Log { lines: Arc::default(), count: Arc::new(watch::Sender::new(Some(0))) }
    }
}

impl Log {
    pub fn push(&self, line: String) {
        let mut lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        lines.push(line);
        self.count.send_replace(Some(lines.len()));
    }

    /// From now on lines are thrown away: a server that is measured prints many.
    pub fn close(&self) {
        self.count.send_replace(None);
    }

    /// How many lines there are: remember it to read only what comes after.
    pub fn mark(&self) -> usize {
        self.count.borrow().unwrap_or(0)
    }

    /// The lines since `mark`.
    pub fn since(&self, mark: usize) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        lines.get(mark..).unwrap_or_default().to_vec()
    }

    /// Waits for a line since `mark` that contains `text`, and returns what follows the text in it; `None` if `limit` passes
    /// first.
    pub async fn wait_for(&self, mark: usize, text: &str, limit: Duration) -> Option<String> {
        let mut count = self.count.subscribe();
        let seen = async {
            let mut next = mark;
            loop {
                let found = {
                    let lines = self.lines.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    let new = lines.get(next..).unwrap_or_default();
                    next = next.max(lines.len());
                    new.iter().find_map(|line| Some(line.split_once(text)?.1.to_owned()))
                };
                if found.is_some() || count.changed().await.is_err() {
                    return found;
                }
            }
        };
        tokio::time::timeout(limit, seen).await.ok().flatten()
    }

    /// Reads lines until there are no more.
    pub(super) fn read(&self, from: impl Read) {
        let mut from = BufReader::with_capacity(64 * 1024, from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            if self.count.borrow().is_none() {
                // Somebody has to go on reading, or the server would block on a full pipe.
                let _ = io::copy(&mut from, &mut io::sink());
                return;
            }
            self.push(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            line.clear();
        }
    }
}
