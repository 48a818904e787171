//! The idle connections to one handler.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::connection::Connection;
use super::error::Error;
use crate::headers::Headers;
use crate::name::Name;

/// How many idle connections are kept.
const MAX_IDLE_CONNECTIONS: usize = 128;
/// A connection that the handler says it keeps for some seconds is not used in the last of them, when it may just be closing.
const KEEP_ALIVE_MARGIN_SECONDS: u64 = 1;

#[derive(Debug)]
pub struct Pool {
    pub address: SocketAddr,
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: Box<Connection>,
    usable_until: Option<Instant>,
}

impl Pool {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// A connection for one exchange, one that has been used before if `may_reuse`. A new one is there within `limit`, if there is one.
    pub async fn take(&self, may_reuse: bool, limit: Option<Duration>) -> Result<Box<Connection>, Error> {
        match (self.take_idle().filter(|_| may_reuse), limit) {
            (Some(connection), _) => Ok(connection),
            (None, None) => Connection::open(self.address).await,
            (None, Some(limit)) => {
                timeout(limit, Connection::open(self.address)).await.unwrap_or(Err(Error::Idle(limit)))
            }
        }
    }

    /// Keeps a connection for the next exchange, or closes it if it cannot be used again.
    pub fn give_back(&self, connection: Box<Connection>, usable_until: Option<Instant>) {
        if !connection.is_reusable() {
            return;
        }
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE_CONNECTIONS {
            idle.push(Idle { connection, usable_until });
        }
    }

    /// Keeps a connection on which nothing has passed yet.
    pub fn begin_with(&self, connection: Box<Connection>) {
        self.idle().push(Idle { connection, usable_until: None });
    }

    pub fn clear(&self) {
        self.idle().clear();
    }

    /// The connection used last that is still open.
    fn take_idle(&self) -> Option<Box<Connection>> {
        loop {
            let Idle { connection, usable_until } = self.idle().pop()?;
            if usable_until.is_none_or(|until| Instant::now() < until) && connection.is_open() {
                return Some(connection);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Until when a connection may be used again, if the handler limits that: `Keep-Alive: timeout=5`.
pub fn keep_alive_limit(headers: &Headers) -> Option<Instant> {
    let mut parts = headers.get(Name::KeepAlive)?.split(|byte| *byte == b',');
    let seconds = parts.find_map(|part| part.trim_ascii().strip_prefix(b"timeout="))?;
    let seconds = std::str::from_utf8(seconds).ok()?.parse::<u64>().ok()?.saturating_sub(KEEP_ALIVE_MARGIN_SECONDS);
    Instant::now().checked_add(Duration::from_secs(seconds))
}
