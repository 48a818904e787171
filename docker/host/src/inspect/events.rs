//! The changes of exchanges as server-sent events.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use wire::Pieces;

use crate::exchange::Exchanges;
use crate::host::Host;

/// What changes within this time is one event.
const GATHER_MS: u64 = 50;
/// How many pages follow at a time.
pub const MOST_FOLLOWERS: usize = 50;

/// The pages that follow what changes: each has a connection for as long as it is open.
#[derive(Debug, Default)]
pub struct Followers(Mutex<VecDeque<oneshot::Sender<()>>>);

impl Followers {
    /// Lets a page follow. What is returned ends when too many follow, and this one has for longest.
    fn enter(&self) -> oneshot::Receiver<()> {
        let (stay, end) = oneshot::channel();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|follower| !follower.is_closed());
        if open.len() >= MOST_FOLLOWERS {
            open.pop_front();
        }
        open.push_back(stay);
        end
    }
}

/// A stream that ends with the host.
pub struct Events {
    host: Arc<Host>,
    exchanges: Arc<Exchanges>,
    changes: Receiver<u64>,
    /// `None` once the page has been told to leave.
    end: Option<oneshot::Receiver<()>>,
    has_begun: bool,
}

impl Events {
    pub fn new(host: Arc<Host>, exchanges: Arc<Exchanges>, followers: &Followers) -> Self {
        Self { host, changes: exchanges.changes.subscribe(), exchanges, end: Some(followers.enter()), has_begun: false }
    }
}

impl Pieces for Events {
    type Error = Infallible;

    async fn next(&mut self) -> Result<Option<Bytes>, Infallible> {
        // A first piece lets the browser know that it is connected.
        if !std::mem::replace(&mut self.has_begun, true) {
            return Ok(Some(Bytes::from_static(b"retry: 1000\n\n")));
        }
        let Some(end) = &mut self.end else { return Ok(None) };
        let first = tokio::select! {
            () = self.host.stop_requested() => return Ok(None),
            _ = end => {
                self.end = None;
                // A browser that is not told would come back at once.
                return Ok(Some(Bytes::from_static(b"event: leave\ndata:\n\n")));
            }
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
