//! Bodies on their way: what goes to the handler and what goes back to a caller.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, Timeout};

/// How long a caller's body may make no headway before its rate is looked at: Kestrel's grace period.
const BODY_GRACE_SECONDS: u64 = 5;
/// The least rate of a caller's body after that: Kestrel's `MinRequestBodyDataRate`.
const BODY_BYTES_PER_SECOND: u64 = 240;
/// How long a body waits for the handler's `100 Continue` (protocol section 3.4).
const CONTINUE_TIMEOUT_SECONDS: u64 = 1;

/// How long a body that is refused is still read, so that its sender sees the answer.
const LINGER_SECONDS: u64 = 5;

/// Why a body could not be passed on.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a request to the handler.
#[derive(Debug)]
pub enum RequestBody {
    /// No body.
    Empty,
    /// A body that is there as a whole.
    Whole(Bytes),
    /// The body of a caller's request, passed on as it comes.
    Stream(Box<CallerBody>),
}

impl RequestBody {
    /// Whether the request has no body, so that it may be sent again (protocol section 3.7).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Stream(body) => body.ahead.is_none() && body.incoming.as_ref().is_none_or(Body::is_end_stream),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(body) => SizeHint::with_exact(body.length - body.passed),
        }
    }
}

/// A caller's body: read at no less than Kestrel's minimum rate, and held back until the handler asks for it where the caller
/// said `Expect: 100-continue`.
#[derive(Debug)]
pub struct CallerBody {
    incoming: Option<Incoming>,
    length: u64,
    passed: u64,
    received: u64,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    gate: Option<Pin<Box<Timeout<oneshot::Receiver<()>>>>>,
    ahead: Option<Frame<Bytes>>,
}

impl CallerBody {
    /// The body of a request whose `Content-Length` is `length`.
    #[must_use]
    pub fn new(incoming: Incoming, length: u64) -> Self {
        Self {
            incoming: Some(incoming),
            length,
            passed: 0,
            received: 0,
            waited: Duration::ZERO,
            waiting: None,
            gate: None,
            ahead: None,
        }
    }

    /// A body that has been read already.
    #[must_use]
    pub fn read(bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self {
            incoming: None,
            length,
            passed: 0,
            received: length,
            waited: Duration::ZERO,
            waiting: None,
            gate: None,
            ahead: Some(Frame::data(bytes)).filter(|_| length > 0),
        }
    }

    /// Its length, as the caller has announced it.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Holds the body back until the returned sender is used, or for a second.
    pub fn hold(&mut self) -> oneshot::Sender<()> {
        let (open, gate) = oneshot::channel();
        let limit = Duration::from_secs(CONTINUE_TIMEOUT_SECONDS);
        self.gate = Some(Box::pin(tokio::time::timeout(limit, gate)));
        open
    }

    /// The whole body in one piece.
    ///
    /// # Errors
    /// If the caller goes away before the end, sends too slowly, or sends more than `limit` bytes.
    pub async fn collect(mut self, limit: u64) -> Result<Vec<u8>, BodyError> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).unwrap_or_default());
        while let Some(frame) = std::future::poll_fn(|cx| self.poll_frame(cx)).await {
            if let Ok(data) = frame?.into_data() {
                bytes.extend_from_slice(&data);
            }
            self.check_limit(limit)?;
        }
        Ok(bytes)
    }

    /// Reads the body to its end and forgets it.
    ///
    /// # Errors
    /// As [`collect`](Self::collect).
    pub async fn discard(mut self, limit: u64) -> Result<(), BodyError> {
        while let Some(frame) = std::future::poll_fn(|cx| self.poll_frame(cx)).await {
            frame?;
            self.check_limit(limit)?;
        }
        Ok(())
    }

    /// Reads what still comes of a body that nobody wants, for a while.
    pub async fn linger(self) {
        _ = tokio::time::timeout(Duration::from_secs(LINGER_SECONDS), self.discard(u64::MAX)).await;
    }

    fn check_limit(&self, limit: u64) -> Result<(), BodyError> {
        let is_within = self.received <= limit;
        is_within.then_some(()).ok_or_else(|| format!("the caller's body is longer than {limit} bytes").into())
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(gate) = &mut self.gate {
            let open = gate.as_mut().poll(cx).is_ready();
            // The caller is told to go on at once: reading makes the web server say `100`.
            if self.ahead.is_none()
                && let Poll::Ready(Some(frame)) = self.poll_caller(cx)
            {
                self.ahead = Some(frame?);
            }
            if !open {
                return Poll::Pending;
            }
            self.gate = None;
        }
        let frame = match self.ahead.take() {
            Some(frame) => Some(Ok(frame)),
            None => ready!(self.poll_caller(cx)),
        };
        if let Some(Ok(frame)) = &frame {
            self.passed += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn poll_caller(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        match Pin::new(incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                if let Some((since, _)) = self.waiting.take() {
                    self.waited += since.elapsed();
                }
                if let Some(Ok(frame)) = &frame {
                    self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
                }
                Poll::Ready(frame.map(|result| result.map_err(Into::into)))
            }
            Poll::Pending => {
                let patience = Duration::from_secs(BODY_GRACE_SECONDS + self.received / BODY_BYTES_PER_SECOND);
                let patience = patience.saturating_sub(self.waited);
                let (_, sleep) =
                    self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(patience))));
                ready!(sleep.as_mut().poll(cx));
                let message = format!(
                    "the caller's body came too slowly: {} of {} bytes, less than {BODY_BYTES_PER_SECOND} a second",
                    self.received, self.length
                );
                Poll::Ready(Some(Err(message.into())))
            }
        }
    }
}

/// The body of an answer to a caller: there as a whole, in the pieces in which it came, so that it need not be copied.
#[derive(Debug)]
pub struct ResponseBody {
    pieces: std::vec::IntoIter<Bytes>,
    remaining: u64,
    explicit: bool,
}

impl ResponseBody {
    /// A body of these pieces.
    #[must_use]
    pub fn new(pieces: Vec<Bytes>) -> Self {
        let remaining = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces: pieces.into_iter(), remaining, explicit: false }
    }

    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Vec::new())
    }

    /// No body, with a length of 0 that is to be said even where a web server would leave it out, as with a 304
    /// (recording FX-ans-304).
    #[must_use]
    pub fn explicitly_empty() -> Self {
        Self { explicit: true, ..Self::empty() }
    }

    /// How many bytes are still to be sent.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.remaining
    }
}

impl From<Vec<u8>> for ResponseBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(vec![bytes.into()])
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        let this = self.get_mut();
        let piece = this.pieces.next();
        this.remaining -= piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0 && !self.explicit
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}
