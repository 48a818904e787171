//! What this host itself has written, for triggers that would otherwise find it later (protocol.md#queue-polling, #blob-polling).

use std::sync::Arc;

use storage::{Blob, Queue};
use tokio::sync::broadcast;

/// How many pieces of news a slow listener may fall behind; it then looks for itself.
const BACKLOG: usize = 256;

/// Something that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// A message in the queue of this address.
    Message(Arc<str>),
    /// The blob of this address.
    Blob(Arc<str>),
}

/// Announces the host's own writes to waiting triggers. Clones share one channel.
#[derive(Debug, Clone)]
pub struct News {
    sender: broadcast::Sender<Written>,
}

impl Default for News {
    fn default() -> Self {
        Self { sender: broadcast::channel(BACKLOG).0 }
    }
}

impl News {
    /// Tells that a message was put. Nobody has to listen.
    pub fn message(&self, queue: &Queue) {
        _ = self.sender.send(Written::Message(queue.url().into()));
    }

    /// Tells that a blob was written. Nobody has to listen.
    pub fn blob(&self, blob: &Blob) {
        _ = self.sender.send(Written::Blob(blob.url().into()));
    }

    /// The changes from now on.
    pub fn listen(&self) -> broadcast::Receiver<Written> {
        self.sender.subscribe()
    }
}
