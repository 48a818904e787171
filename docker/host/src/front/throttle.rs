//! How many requests run and wait: `extensions.http` of host.json (protocol section 1.5).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::HttpOptions;

/// The limits on requests of one app.
#[derive(Debug)]
pub struct Throttle {
    outstanding: Option<Arc<Semaphore>>,
    concurrent: Option<Arc<Semaphore>>,
}

/// A place among the requests that run; given back when it is dropped.
#[derive(Debug)]
pub struct Pass {
    _outstanding: Option<OwnedSemaphorePermit>,
    _concurrent: Option<OwnedSemaphorePermit>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// As many requests as may run and wait do so already.
    TooMany,
    /// No request may ever run: both limits are 0 (recording CX-http-options-bad).
    Never,
}

impl Throttle {
    /// The limits that host.json sets.
    #[must_use]
    pub fn new(options: &HttpOptions) -> Self {
        let semaphore = |limit: Option<usize>| limit.map(|limit| Arc::new(Semaphore::new(limit)));
        Self {
            outstanding: semaphore(options.max_outstanding_requests),
            concurrent: semaphore(options.max_concurrent_requests),
        }
    }

    /// Waits for a place among the requests that run.
    ///
    /// # Errors
    /// If there is no place among those that wait.
    pub async fn enter(&self) -> Result<Pass, Refusal> {
        if self.concurrent.as_ref().is_some_and(|limit| Arc::strong_count(limit) == 1 && limit.available_permits() == 0)
        {
            return Err(Refusal::Never);
        }
        let outstanding = match &self.outstanding {
            Some(limit) => Some(Arc::clone(limit).try_acquire_owned().map_err(|_| Refusal::TooMany)?),
            None => None,
        };
        let concurrent = match &self.concurrent {
            // It is never closed.
            Some(limit) => Arc::clone(limit).acquire_owned().await.ok(),
            None => None,
        };
        Ok(Pass { _outstanding: outstanding, _concurrent: concurrent })
    }
}
