//! How many requests run and wait: `extensions.http` of host.json (protocol.md#other-keys).

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::HttpOptions;

#[derive(Debug)]
pub struct Throttle {
    outstanding: Option<Arc<Semaphore>>,
    concurrent: Option<Arc<Semaphore>>,
    is_impossible: bool,
}

/// A place among the requests that run; given back when it is dropped.
#[derive(Debug)]
pub struct Pass {
    _outstanding: Option<OwnedSemaphorePermit>,
    _concurrent: Option<OwnedSemaphorePermit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// As many requests as may run and wait do so already.
    TooMany,
    /// No request may ever run: a limit is below 1, of which .NET makes no queue (protocol.md#other-keys).
    Never,
}

impl Throttle {
    pub fn new(options: &HttpOptions) -> Self {
        let limits = [options.max_outstanding_requests, options.max_concurrent_requests];
        let [outstanding, concurrent] = limits.map(|limit| limit.map(|limit| Arc::new(Semaphore::new(limit))));
        Self { outstanding, concurrent, is_impossible: limits.contains(&Some(0)) }
    }

    pub async fn enter(&self) -> Result<Pass, Refusal> {
        if self.is_impossible {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(concurrent: Option<usize>, outstanding: Option<usize>) -> Throttle {
        Throttle::new(&HttpOptions {
            route_prefix: String::new(),
            max_concurrent_requests: concurrent,
            max_outstanding_requests: outstanding,
            custom_headers: Vec::new(),
        })
    }

    #[tokio::test]
    async fn those_beyond_the_limit_are_refused() {
        let throttle = throttle(Some(1), Some(1));
        let pass = throttle.enter().await.unwrap();
        assert_eq!(throttle.enter().await.unwrap_err(), Refusal::TooMany);
        drop(pass);
        assert!(throttle.enter().await.is_ok());
    }

    #[tokio::test]
    async fn a_limit_of_nothing_refuses_all() {
        for (concurrent, outstanding) in [(Some(0), Some(0)), (Some(0), None), (None, Some(0)), (Some(1), Some(0))] {
            let refusal = throttle(concurrent, outstanding).enter().await.unwrap_err();
            assert_eq!(refusal, Refusal::Never, "{concurrent:?} {outstanding:?}");
        }
    }
}
