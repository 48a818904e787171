//! The caller of the request that is being answered.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::{Instant, timeout};

use crate::framing::{BodyError, Framing};
use crate::head::RequestHead;
use crate::name::Name;
use crate::socket::Socket;

/// How long a caller's body may make no headway before its rate is looked at: Kestrel's grace period.
const BODY_GRACE_SECONDS: u64 = 5;
/// The least rate of a caller's body after that: Kestrel's `MinRequestBodyDataRate`.
const BODY_BYTES_PER_SECOND: u64 = 240;
/// How long after the head a body may begin that did not wait for `100 Continue`: about what the real host needs before it reads.
const BODY_BEGIN_MS: u64 = 25;
/// How long a body that nobody wants is still read: its sender is to see the answer, and may send the next request.
const DRAIN_SECONDS: u64 = 5;
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The caller of a request. The body is read when it is asked for, and at no less than Kestrel's minimum rate.
#[derive(Debug)]
pub struct Caller {
    socket: Socket,
    framing: Framing,
    length: u64,
    /// Whether the caller waits to be told to send.
    waits_for_continue: bool,
    put_back: Option<Bytes>,
    received: u64,
    waited: Duration,
}

impl Caller {
    /// The caller whose request has just been read from `socket`.
    pub(crate) fn new(socket: Socket, head: &RequestHead, framing: Framing) -> Self {
        let waits_for_continue =
            framing != Framing::NONE && !head.is_old && head.headers.get(Name::Expect).is_some_and(is_continue);
        Self {
            socket,
            framing,
            length: head.headers.text(Name::ContentLength).and_then(|text| text.parse().ok()).unwrap_or(0),
            waits_for_continue,
            put_back: None,
            received: 0,
            waited: Duration::ZERO,
        }
    }

    /// The length of the body as the caller has announced it; 0 if it has not.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The next piece of the body; `None` at its end. Nothing is lost if this is dropped before it is done.
    ///
    /// # Errors
    /// If the caller goes away before the end, sends too slowly, or does not keep to the chunks it has announced.
    pub async fn next_piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        if let Some(bytes) = self.put_back.take() {
            return Ok(Some(bytes));
        }
        if self.waits_for_continue {
            self.let_continue().await?;
        }
        let limit = Duration::from_secs(BODY_GRACE_SECONDS + self.received / BODY_BYTES_PER_SECOND);
        let since = Instant::now();
        let piece = timeout(limit.saturating_sub(self.waited), self.socket.reader.next_piece(&mut self.framing));
        let piece = piece.await.map_err(|_| BodyError::TooSlow {
            received: self.received,
            announced: self.length,
            least: BODY_BYTES_PER_SECOND,
        })??;
        self.waited += since.elapsed();
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    /// The whole body in one piece.
    ///
    /// # Errors
    /// As [`next_piece`](Self::next_piece), and if there are more than `limit` bytes.
    pub async fn collect(&mut self, limit: u64) -> Result<Vec<u8>, BodyError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length.min(limit)).unwrap_or_default());
        while let Some(piece) = self.next_piece().await? {
            bytes.extend_from_slice(&piece);
            self.check_limit(limit)?;
        }
        Ok(bytes)
    }

    /// Reads the body to its end and forgets it.
    ///
    /// # Errors
    /// As [`collect`](Self::collect).
    pub async fn discard(&mut self, limit: u64) -> Result<(), BodyError> {
        while self.next_piece().await?.is_some() {
            self.check_limit(limit)?;
        }
        Ok(())
    }

    /// Makes what has been read the whole body again.
    pub fn put_back(&mut self, bytes: Bytes) {
        self.put_back = Some(bytes).filter(|bytes| !bytes.is_empty());
    }

    pub(crate) fn writer(&mut self) -> &mut OwnedWriteHalf {
        &mut self.socket.writer
    }

    /// Whether nothing more of the body will be read: the connection can be used for the next request. A body that nobody has
    /// asked for is read for a while; one that waits to be asked for is not waited for.
    pub(crate) async fn is_read(&mut self) -> bool {
        if self.framing.has_ended() {
            return true;
        }
        if self.waits_for_continue && self.socket.reader.buffer.is_empty() {
            return false;
        }
        self.waits_for_continue = false;
        let drained = timeout(Duration::from_secs(DRAIN_SECONDS), self.discard(u64::MAX)).await;
        matches!(drained, Ok(Ok(())))
    }

    /// The connection again, for the next request.
    pub(crate) fn into_socket(self) -> Socket {
        self.socket
    }

    /// Tells a caller who waits for it to send the body. One who has begun to send need not be told (recording
    /// FX-expect-no-wait).
    async fn let_continue(&mut self) -> io::Result<()> {
        let Socket { reader, writer } = &mut self.socket;
        let has_begun = !reader.buffer.is_empty()
            || timeout(Duration::from_millis(BODY_BEGIN_MS), reader.fill()).await.is_ok_and(|filled| filled.is_ok());
        self.waits_for_continue = false;
        if has_begun { Ok(()) } else { writer.write_all(CONTINUE).await }
    }

    fn check_limit(&self, limit: u64) -> Result<(), BodyError> {
        let is_within = self.received <= limit;
        is_within.then_some(()).ok_or(BodyError::TooLong(limit))
    }
}

/// Whether this value of an `Expect` line asks for a `100 Continue`.
#[must_use]
pub fn is_continue(value: &[u8]) -> bool {
    value.eq_ignore_ascii_case(b"100-continue")
}
