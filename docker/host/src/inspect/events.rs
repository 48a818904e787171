//! The changes of exchanges as server-sent events.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use wire::Pieces;

use crate::exchange::Exchanges;
use crate::host::Host;

/// What changes within this time is one event.
const GATHER_MS: u64 = 50;

/// A stream that ends with the host.
pub struct Events {
    host: Arc<Host>,
    exchanges: Arc<Exchanges>,
    changes: Receiver<u64>,
    has_begun: bool,
}

impl Events {
    pub fn new(host: Arc<Host>, exchanges: Arc<Exchanges>) -> Self {
        Self { host, changes: exchanges.changes.subscribe(), exchanges, has_begun: false }
    }
}

impl Pieces for Events {
    type Error = Infallible;

    async fn next(&mut self) -> Result<Option<Bytes>, Infallible> {
        // A first piece lets the browser know that it is connected.
        if !std::mem::replace(&mut self.has_begun, true) {
            return Ok(Some(Bytes::from_static(b"retry: 1000\n\n")));
        }
        let first = tokio::select! {
            () = self.host.stop_requested() => return Ok(None),
            first = self.changes.recv() => first,
        };
        let mut changed = match first {
            Ok(number) => BTreeSet::from([number]),
            Err(RecvError::Lagged(_)) => return Ok(Some(Bytes::from_static(b"event: reload\ndata:\n\n"))),
            Err(RecvError::Closed) => return Ok(None),
        };
        tokio::time::sleep(Duration::from_millis(GATHER_MS)).await;
        while let Ok(number) = self.changes.try_recv() {
            changed.insert(number);
        }
        let list = self.exchanges.list(|number| changed.contains(&number));
        let data = serde_json::to_string(&list).unwrap_or_default();
        Ok(Some(format!("data: {data}\n\n").into()))
    }
}
