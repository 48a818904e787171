//! The body of a response that is still coming.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::connection::Connection;
use super::pool::Pool;
use crate::framing::{BodyError, BodyFraming};
use crate::pieces::Pieces;
use crate::socket::Upgraded;

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
