//! When something last happened.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The last time that something moved, shared by those who move it and the one who waits for it to stand still.
#[derive(Debug, Default)]
pub struct Activity {
    /// When it was first looked at: most requests are sent before anybody looks.
    begun: OnceLock<Instant>,
    last_ms: AtomicU64,
}

impl Activity {
    /// Something has moved.
    pub fn touch(&self) {
        let since = self.begun().elapsed().as_millis();
        self.last_ms.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Waits until nothing has moved for `limit`.
    pub async fn silent_for(&self, limit: Duration) {
        loop {
            let due = self.begun() + Duration::from_millis(self.last_ms.load(Ordering::Relaxed)) + limit;
            if due <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    fn begun(&self) -> Instant {
        *self.begun.get_or_init(Instant::now)
    }
}
