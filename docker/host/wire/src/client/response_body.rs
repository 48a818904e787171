//! The body of a response that is still coming.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::timeout;

use super::connection::Connection;
use super::pool::Pool;
use crate::framing::{BodyError, BodyFraming};
use crate::pieces::Pieces;
use crate::socket::Upgraded;

/// How much of a body that nobody wants is read, and for how long.
const MAX_DRAINED_BYTES: usize = 1024 * 1024;
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// The body of a response that is still coming. If it is dropped before its end the connection is closed.
#[derive(Debug)]
pub struct ResponseBody {
    pub(super) connection: Option<Box<Connection>>,
    pub(super) pool: Arc<Pool>,
    pub(super) framing: BodyFraming,
    pub(super) usable_until: Option<Instant>,
    pub(super) idle_limit: Duration,
}

impl ResponseBody {
    /// The connection as it is after `101 Switching Protocols`; `None` if the body has been read.
    #[must_use]
    pub fn upgrade(self) -> Option<Upgraded> {
        self.connection.map(|connection| Upgraded(connection.socket))
    }

    /// Reads what is left of a body that nobody wants, so that the connection can be used again. As .NET's client does it, this is given up
    /// after 1 MiB or 2 s, and not tried where the body ends with the connection.
    pub fn discard(mut self) {
        let has_end = self.framing != BodyFraming::UntilClose;
        let drain = async move {
            let mut left = MAX_DRAINED_BYTES;
            while let Ok(Some(piece)) = self.next().await {
                let Some(less) = left.checked_sub(piece.len()) else { return };
                left = less;
            }
        };
        if has_end {
            tokio::spawn(timeout(DRAIN_LIMIT, drain));
        }
    }
}

impl Pieces for ResponseBody {
    type Error = BodyError;

    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(connection) = &mut self.connection else { return Ok(None) };
        let mut piece = connection.next_piece(&mut self.framing, self.idle_limit).await?;
        let buffer = &mut connection.socket.reader.buffer;
        self.framing.take_end(buffer);
        if let Some(piece) = piece.as_mut().filter(|_| !buffer.is_empty()) {
            self.framing.join(piece, buffer)?;
        }
        if piece.is_none() || self.framing.has_ended() {
            self.connection
                .take()
                .into_iter()
                .for_each(|connection| self.pool.give_back(connection, self.usable_until));
        }
        Ok(piece)
    }

    fn has_ended(&self) -> bool {
        self.connection.is_none()
    }
}
