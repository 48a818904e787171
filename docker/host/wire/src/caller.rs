//! A caller's body on its way.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, timeout};

use crate::http1::Name;
use crate::http1::framing::Framing;
use crate::http1::head::RequestHead;
use crate::http1::reader::Reader;

/// How long a caller's body may make no headway before its rate is looked at: Kestrel's grace period.
const BODY_GRACE_SECONDS: u64 = 5;
/// The least rate of a caller's body after that: Kestrel's `MinRequestBodyDataRate`.
const BODY_BYTES_PER_SECOND: u64 = 240;
/// How long after the head a body may begin that did not wait for `100 Continue`: about what the real host needs before it reads.
const BODY_BEGIN_MS: u64 = 25;
/// How long a body that nobody wants is still read: its sender is to see the answer, and may send the next request.
const DRAIN_SECONDS: u64 = 5;
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Why a body could not be passed on.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Both sides of a connection from a caller.
#[derive(Debug)]
pub struct Caller {
    /// What the caller sends.
    pub reader: Reader<OwnedReadHalf>,
    /// What the caller gets.
    pub writer: OwnedWriteHalf,
}

/// The body of a request: read when it is asked for, and at no less than Kestrel's minimum rate.
#[derive(Debug)]
pub struct CallerBody {
    caller: Caller,
    framing: Framing,
    length: u64,
    /// Whether the caller waits to be told to send.
    waits_for_continue: bool,
    put_back: Option<Bytes>,
    received: u64,
    waited: Duration,
}

impl Caller {
    /// Nothing has been said on the connection.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        let (read, writer) = stream.into_split();
        Self { reader: Reader::new(read), writer }
    }
}

impl CallerBody {
    /// The body of a request that has just been read.
    #[must_use]
    pub fn new(caller: Caller, head: &RequestHead, framing: Framing) -> Self {
        let waits_for_continue =
            framing != Framing::NONE && !head.is_old && head.headers.get(Name::Expect).is_some_and(is_continue);
        Self {
            caller,
            framing,
            length: head.headers.text(Name::ContentLength).and_then(|text| text.parse().ok()).unwrap_or(0),
            waits_for_continue,
            put_back: None,
            received: 0,
            waited: Duration::ZERO,
        }
    }

    /// Its length, as the caller has announced it.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The next piece; nothing at the end. Nothing is lost where this is dropped before it is done.
    ///
    /// # Errors
    /// If the caller goes away before the end, sends too slowly, or does not keep to the chunks it has announced.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        if let Some(bytes) = self.put_back.take() {
            return Ok(Some(bytes));
        }
        if self.waits_for_continue {
            self.let_continue().await?;
        }
        let patience = Duration::from_secs(BODY_GRACE_SECONDS + self.received / BODY_BYTES_PER_SECOND);
        let since = Instant::now();
        let piece = timeout(patience.saturating_sub(self.waited), self.caller.reader.next_piece(&mut self.framing));
        let piece = piece.await.map_err(|_| {
            format!(
                "the caller's body came too slowly: {} of {} bytes, less than {BODY_BYTES_PER_SECOND} a second",
                self.received, self.length
            )
        })??;
        self.waited += since.elapsed();
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    /// The whole body in one piece.
    ///
    /// # Errors
    /// As [`next`](Self::next), and if there are more than `limit` bytes.
    pub async fn collect(&mut self, limit: u64) -> Result<Vec<u8>, BodyError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length.min(limit)).unwrap_or_default());
        while let Some(piece) = self.next().await? {
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
        while self.next().await?.is_some() {
            self.check_limit(limit)?;
        }
        Ok(())
    }

    /// Makes what has been read the whole body again.
    pub fn put_back(&mut self, bytes: Bytes) {
        self.put_back = Some(bytes).filter(|bytes| !bytes.is_empty());
    }

    /// What the caller gets.
    pub fn writer(&mut self) -> &mut OwnedWriteHalf {
        &mut self.caller.writer
    }

    /// Whether nothing more of the body will be read: the connection can be used for the next request. A body that nobody has
    /// asked for is read for a while; one that waits to be asked for is not waited for.
    pub async fn is_read(&mut self) -> bool {
        if self.framing.has_ended() {
            return true;
        }
        if self.waits_for_continue && self.caller.reader.buffer.is_empty() {
            return false;
        }
        self.waits_for_continue = false;
        let drained = timeout(Duration::from_secs(DRAIN_SECONDS), self.discard(u64::MAX)).await;
        matches!(drained, Ok(Ok(())))
    }

    /// The connection again, for the next request.
    #[must_use]
    pub fn into_caller(self) -> Caller {
        self.caller
    }

    /// Tells a caller who waits for it to send the body. One who has begun to send need not be told (recording
    /// FX-expect-no-wait).
    async fn let_continue(&mut self) -> io::Result<()> {
        let Caller { reader, writer } = &mut self.caller;
        let has_begun = !reader.buffer.is_empty()
            || timeout(Duration::from_millis(BODY_BEGIN_MS), reader.fill()).await.is_ok_and(|filled| filled.is_ok());
        self.waits_for_continue = false;
        if has_begun { Ok(()) } else { writer.write_all(CONTINUE).await }
    }

    fn check_limit(&self, limit: u64) -> Result<(), BodyError> {
        let is_within = self.received <= limit;
        is_within.then_some(()).ok_or_else(|| format!("the caller's body is longer than {limit} bytes").into())
    }
}

/// Whether the value of an `Expect` line is the one that means something.
#[must_use]
pub fn is_continue(value: &[u8]) -> bool {
    value.eq_ignore_ascii_case(b"100-continue")
}
