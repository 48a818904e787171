//! What this host itself has written, for triggers that would otherwise find it later (protocol.md#queue-polling, #blob-polling).

use std::sync::Arc;

use storage::{Blob, Queue};
use tokio::sync::broadcast;

/// How many changes a slow listener may fall behind; it then looks for itself.
const BACKLOG: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A message in the queue of this address.
    Message(Arc<str>),
    /// The blob of this address.
    Blob(Arc<str>),
}

/// Announces the host's own writes to waiting triggers. Clones share one channel.
#[derive(Debug, Clone)]
pub struct Changes {
    sender: broadcast::Sender<Change>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0 }
    }
}

impl Changes {
    /// Announces a message that was put. There may be no listener.
    pub fn announce_message(&self, queue: &Queue) {
        _ = self.sender.send(Change::Message(queue.url().into()));
    }

    /// Announces a blob that was written. There may be no listener.
    pub fn announce_blob(&self, blob: &Blob) {
        _ = self.sender.send(Change::Blob(blob.url().into()));
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.sender.subscribe()
    }
}
