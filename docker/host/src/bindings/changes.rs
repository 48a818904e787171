//! What this host itself has written, for triggers that would otherwise find it later (protocol.md#queue-polling, #blob-polling).

use std::sync::Arc;

use storage::{Blob, Queue};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// How many changes a slow listener may fall behind; it then looks for itself.
const BACKLOG: usize = 256;

/// Announces the addresses of what the host writes to waiting triggers. Clones share one channel.
#[derive(Debug, Clone)]
pub struct Changes(broadcast::Sender<Arc<str>>);

/// What is announced from one moment on.
#[derive(Debug)]
pub struct Announced(broadcast::Receiver<Arc<str>>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Changes {
    /// Announces a message that was put. There may be no listener.
    pub fn announce_message(&self, queue: &Queue) {
        _ = self.0.send(queue.url().into());
    }

    /// Announces a blob that was written. There may be no listener.
    pub fn announce_blob(&self, blob: &Blob) {
        _ = self.0.send(blob.url().into());
    }

    pub fn subscribe(&self) -> Announced {
        Announced(self.0.subscribe())
    }
}

impl Announced {
    /// Waits for a change at a wanted address.
    pub async fn change(&mut self, is_wanted: impl Fn(&str) -> bool) {
        loop {
            match self.0.recv().await {
                Ok(address) if is_wanted(&address) => return,
                Ok(_) => {}
                // So much was written that some of the changes are lost; a wanted one may have been among them.
                Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
