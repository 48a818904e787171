//! What the web server's library keeps to itself about a connection, and what it does unlike Kestrel.
//!
//! * The spelling of header names and of the target, as the caller sent them: read from the head that passes by.
//! * An answer to HTTP/1.0 says HTTP/1.1, as Kestrel's does (recording FX-req-http10).
//! * `100 Continue` is not said to a caller who has begun to send the body (recording FX-expect-no-wait).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The longest head that is kept; a longer one is refused anyway.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// How long after the head a body may begin that did not wait for `100 Continue`: about what the real host needs before it reads.
const BODY_BEGIN_MS: u64 = 25;
/// How much is read to see whether there is a body.
const LOOK_AHEAD_BYTES: usize = 1024;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
const OLD_VERSION: &[u8] = b"HTTP/1.0";
const VERSION: &[u8] = b"HTTP/1.1";

/// The head of a request, byte for byte.
#[derive(Clone, Debug, Default)]
pub struct Head(Bytes);

impl Head {
    /// The target as it was sent, if it was seen.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        let line = self.0.split(|byte| *byte == b'\r').next()?;
        std::str::from_utf8(line).ok()?.split(' ').nth(1)
    }

    fn expects_continue(&self) -> bool {
        self.0.split(|byte| *byte == b'\n').any(|line| line.to_ascii_lowercase().starts_with(b"expect:"))
    }

    fn is_old(&self) -> bool {
        self.0.split(|byte| *byte == b'\r').next().is_some_and(|line| line.ends_with(OLD_VERSION))
    }

    /// A header name in the spelling in which it was sent; as given, if it was not seen.
    #[must_use]
    pub fn spelling<'a>(&'a self, name: &'a str) -> &'a str {
        let lines = self.0.split(|byte| *byte == b'\n').skip(1);
        let names = lines.filter_map(|line| std::str::from_utf8(line.split(|byte| *byte == b':').next()?).ok());
        { names }.find(|sent| sent.eq_ignore_ascii_case(name)).unwrap_or(name)
    }
}

/// What is known about the bytes of one connection, shared between its stream and its requests.
#[derive(Clone, Debug, Default)]
pub struct Wire(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// What was read since the last request's head.
    bytes: Vec<u8>,
    /// Whether a request is being answered, so that what is read now is its body.
    is_answering: bool,
    /// Whether bytes of the body had come with the head.
    has_body_begun: bool,
    /// What is to be done with the first bytes of the answer.
    amendment: Option<Amendment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amendment {
    /// They say HTTP/1.0 and are to say HTTP/1.1.
    Version,
    /// They may be `100 Continue`, which need not be said to a caller who has begun to send.
    Continue,
}

impl Wire {
    /// The head of the request that has just been read. What is read until [`done`](Self::done) is its body.
    #[must_use]
    pub fn begin(&self) -> Head {
        let mut seen = self.seen();
        let end = seen.bytes.windows(END_OF_HEAD.len()).position(|window| window == END_OF_HEAD);
        let end = end.map_or(seen.bytes.len(), |start| start + END_OF_HEAD.len());
        let rest = seen.bytes.split_off(end);
        seen.is_answering = true;
        seen.has_body_begun = !rest.is_empty();
        let head = Head(std::mem::replace(&mut seen.bytes, rest).into());
        seen.amendment = if head.is_old() {
            Some(Amendment::Version)
        } else {
            head.expects_continue().then_some(Amendment::Continue)
        };
        head
    }

    /// The request has been answered; the next head may come.
    pub fn done(&self, had_body: bool) {
        let mut seen = self.seen();
        seen.is_answering = false;
        if had_body {
            seen.bytes.clear();
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection of which a [`Wire`] knows.
#[derive(Debug)]
pub struct Stream<S> {
    stream: S,
    wire: Wire,
    /// How much of a version has been replaced.
    replaced: usize,
    /// What was read to see whether the caller has begun to send.
    ahead: Vec<u8>,
    /// How much longer a body is waited for before `100 Continue` is said.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<S> Stream<S> {
    /// The connection over `stream`.
    pub const fn new(stream: S, wire: Wire) -> Self {
        Self { stream, wire, replaced: 0, ahead: Vec::new(), patience: None }
    }
}

impl<S: AsyncRead + Unpin> Stream<S> {
    /// Whether the caller begins to send the body within a moment.
    fn poll_body_begun(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut bytes = [0; LOOK_AHEAD_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(cx, &mut buffer) {
            result?;
            self.ahead.extend_from_slice(buffer.filled());
        }
        if self.wire.seen().has_body_begun || !self.ahead.is_empty() {
            self.patience = None;
            return Poll::Ready(Ok(true));
        }
        let moment = Duration::from_millis(BODY_BEGIN_MS);
        let patience = self.patience.get_or_insert_with(|| Box::pin(tokio::time::sleep(moment)));
        ready!(patience.as_mut().poll(cx));
        self.patience = None;
        Poll::Ready(Ok(false))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.ahead.is_empty() {
            let taken = this.ahead.len().min(buffer.remaining());
            buffer.put_slice(&this.ahead[..taken]);
            this.ahead.drain(..taken);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        let read = &buffer.filled()[before..];
        let mut seen = this.wire.seen();
        if !seen.is_answering {
            let room = MAX_HEAD_BYTES.saturating_sub(seen.bytes.len());
            seen.bytes.extend_from_slice(&read[..read.len().min(room)]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let amendment = this.wire.seen().amendment;
        if amendment == Some(Amendment::Version) && bytes.starts_with(&OLD_VERSION[this.replaced..]) {
            let written = ready!(Pin::new(&mut this.stream).poll_write(cx, &VERSION[this.replaced..]))?;
            this.replaced += written;
            if this.replaced == VERSION.len() {
                this.replaced = 0;
                this.wire.seen().amendment = None;
            }
            return Poll::Ready(Ok(written));
        }
        if amendment == Some(Amendment::Continue) && bytes.starts_with(CONTINUE) {
            let need_not_be_told = ready!(this.poll_body_begun(cx))?;
            this.wire.seen().amendment = None;
            if need_not_be_told {
                return Poll::Ready(Ok(CONTINUE.len()));
            }
        }
        this.wire.seen().amendment = None;
        Pin::new(&mut this.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.wire.seen().amendment.is_some() {
            let first = slices.iter().find(|slice| !slice.is_empty()).map_or(&[][..], |slice| slice);
            return self.poll_write(cx, first);
        }
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

    async fn after(request: &str) -> (Stream<DuplexStream>, DuplexStream, Head) {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let wire = Wire::default();
        let mut stream = Stream::new(ours, wire.clone());
        theirs.write_all(request.as_bytes()).await.unwrap();
        let mut buffer = vec![0; request.len()];
        stream.read_exact(&mut buffer).await.unwrap();
        (stream, theirs, wire.begin())
    }

    async fn written(mut stream: Stream<DuplexStream>, mut caller: DuplexStream, text: &str) -> String {
        stream.write_all(text.as_bytes()).await.unwrap();
        drop(stream);
        let mut received = String::new();
        caller.read_to_string(&mut received).await.unwrap();
        received
    }

    #[tokio::test]
    async fn names_and_target_are_known_as_they_were_sent() {
        let (_, _, head) = after("GET /a?b#c HTTP/1.1\r\nHost: x\r\nX-MiXed: 1\r\n\r\nx-body: 2").await;
        assert_eq!(head.target(), Some("/a?b#c"));
        assert_eq!(head.spelling("x-mixed"), "X-MiXed");
        assert_eq!(head.spelling("x-body"), "x-body");
    }

    #[tokio::test]
    async fn an_old_version_is_answered_with_the_new_one() {
        let (stream, caller, _) = after("GET / HTTP/1.0\r\n\r\n").await;
        let text = "HTTP/1.0 200 OK\r\n\r\nHTTP/1.0 stays in a body";
        assert_eq!(written(stream, caller, text).await, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.0 stays in a body");
    }

    #[tokio::test]
    async fn who_has_begun_to_send_need_not_be_told_to_continue() {
        let answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
        let (stream, caller, _) = after("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\nbody").await;
        assert_eq!(written(stream, caller, answer).await, "HTTP/1.1 200 OK\r\n\r\n");
        let (stream, caller, _) = after("POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n").await;
        assert_eq!(written(stream, caller, answer).await, answer);
    }
}
