//! The reading side of a connection.

use std::future::poll_fn;
use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::net::tcp::OwnedReadHalf;

use crate::framing::{BodyError, BodyFraming, Step};

/// How much room there is at least for what is read next. Most heads fit.
const HEAD_READ_BYTES: usize = 2 * 1024;
/// The same for bodies of which this much or more is to come.
const BODY_READ_BYTES: usize = 64 * 1024;

/// The reading side of a connection, with what has been read and not been used.
#[derive(Debug)]
pub struct Reader {
    stream: OwnedReadHalf,
    /// What has been read and not been used.
    pub buffer: BytesMut,
}

impl Reader {
    /// A connection that nothing has been read from yet.
    pub fn new(stream: OwnedReadHalf) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// The connection itself.
    pub const fn stream(&self) -> &OwnedReadHalf {
        &self.stream
    }

    /// Reads what has come, and waits until something has. False if the other side has ended. Nothing is lost if this is dropped
    /// before it is done.
    pub async fn fill(&mut self) -> io::Result<bool> {
        self.fill_with_room(HEAD_READ_BYTES).await
    }

    /// Whether a line has ended in what came after the first `seen` bytes, and how many there are now. A head is looked at then
    /// only: one that comes byte by byte is not parsed again at every byte.
    pub fn has_new_line(&self, seen: &mut usize) -> bool {
        let new = &self.buffer[*seen..];
        *seen = self.buffer.len();
        new.contains(&b'\n')
    }

    /// As [`fill`](Self::fill), but an empty buffer is given back while there is nothing to read: a connection may be silent for
    /// hours.
    pub async fn fill_patiently(&mut self, room: usize) -> io::Result<bool> {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            // Less work than `readable`, which lets several wait at once.
            poll_fn(|context| self.stream.as_ref().poll_read_ready(context)).await?;
        }
        self.fill_with_room(room).await
    }

    /// The next piece of a body; `None` at its end.
    pub async fn next_piece(&mut self, framing: &mut BodyFraming) -> Result<Option<Bytes>, BodyError> {
        loop {
            match framing.step(&mut self.buffer)? {
                Step::Piece(piece) => return Ok(Some(piece)),
                Step::End => return Ok(None),
                Step::NeedsMore if self.fill_patiently(room(framing)).await? => {}
                Step::NeedsMore if *framing == BodyFraming::UntilClose => return Ok(None),
                Step::NeedsMore => return Err(BodyError::Incomplete),
            }
        }
    }

    async fn fill_with_room(&mut self, room: usize) -> io::Result<bool> {
        if self.buffer.capacity() - self.buffer.len() < HEAD_READ_BYTES {
            self.buffer.reserve(room);
        }
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }
}

fn room(framing: &BodyFraming) -> usize {
    match framing {
        BodyFraming::Length(remaining) => {
            usize::try_from(*remaining).unwrap_or(BODY_READ_BYTES).clamp(HEAD_READ_BYTES, BODY_READ_BYTES)
        }
        BodyFraming::Chunked(..) | BodyFraming::UntilClose => BODY_READ_BYTES,
    }
}
