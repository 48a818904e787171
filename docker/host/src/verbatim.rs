//! Responses that a sound HTTP library refuses to write, and the real host writes all the same: a status of 0, -1, 99 or 1000, a
//! 101 without a change of protocol, framing headers that the handler set (protocol section 5.4; recordings RX-sc-*,
//! RX-hdr-content-length, RX-hdr-transfer-encoding).
//!
//! Whoever serves a request puts the bytes of such a response into the connection's [`Verbatim`] and answers with anything that
//! closes the connection; [`Connection`] sends the bytes in its place.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::invocation::reason;
use crate::invocation::reply::Reply;

/// How much of what a caller sends after a response that never ends is looked at in one go.
const DISCARD_BYTES: usize = 1024;

/// The way past the web server on one connection.
#[derive(Debug, Clone, Default)]
pub struct Verbatim(Arc<Mutex<Option<Message>>>);

impl Verbatim {
    /// Sends `message` in the place of the response to the request being served.
    pub fn say(&self, message: Message) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
    }

    fn take(&self) -> Option<Message> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What is sent, byte for byte.
#[derive(Debug)]
pub struct Message {
    bytes: bytes::buf::Chain<Bytes, Bytes>,
    waits_for_caller: bool,
}

impl Message {
    /// The response as the real host writes it.
    #[must_use]
    pub fn new(reply: &Reply, is_head: bool) -> Self {
        let set = |wanted: &str| reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let is_interim = (100..200).contains(&reply.status) && reply.status != SWITCHING_PROTOCOLS;
        let is_framed = set("content-length") || set("transfer-encoding");
        let is_chunked = !is_framed && !is_interim && reply.status != SWITCHING_PROTOCOLS && !reply.body.is_empty();

        let mut head = format!("HTTP/1.1 {} {}\r\n", reply.status, reason::phrase(reply.status));
        let mut line = |name: &str, value: &str| head.extend([name, ": ", value, "\r\n"]);
        reply.headers.iter().for_each(|(name, value)| line(name, value));
        if !set("date") {
            line("Date", &chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        }
        if !set("server") {
            line("Server", "Kestrel");
        }
        if reply.status == SWITCHING_PROTOCOLS {
            line("Connection", "close");
        } else if is_chunked {
            line("Transfer-Encoding", "chunked");
        } else if !is_framed && !is_interim {
            line("Content-Length", "0");
        }
        head.push_str("\r\n");

        let body = match (is_interim || is_head, is_chunked) {
            (true, _) => Bytes::new(),
            (false, true) => {
                let length = format!("{:x}\r\n", reply.body.len());
                [length.as_bytes(), &reply.body, b"\r\n0\r\n\r\n"].concat().into()
            }
            (false, false) => reply.body.clone(),
        };
        // After an interim response, and after a body without an end, the caller waits in vain.
        let waits_for_caller = is_interim || set("transfer-encoding");
        Self { bytes: Bytes::from(head).chain(body), waits_for_caller }
    }

    /// Whether a reply can only be sent this way.
    #[must_use]
    pub fn is_needed(reply: &Reply) -> bool {
        let length = reply.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let is_wrong = length.is_some_and(|(_, length)| length.parse() != Ok(reply.body.len()));
        let is_chunked = reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
        !(200..1000).contains(&reply.status) || is_wrong || is_chunked
    }
}

const SWITCHING_PROTOCOLS: i32 = 101;

/// A connection on which a [`Message`] takes the place of what the web server writes from then on.
#[derive(Debug)]
pub struct Connection<S> {
    stream: S,
    verbatim: Verbatim,
    message: Option<Message>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// The connection over `stream`.
    pub const fn new(stream: S, verbatim: Verbatim) -> Self {
        Self { stream, verbatim, message: None }
    }

    /// True when there is a message and it has been sent; false when there is none.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.message.is_none() {
            self.message = self.verbatim.take();
        }
        let Some(message) = &mut self.message else { return Poll::Ready(Ok(false)) };
        while message.bytes.has_remaining() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, message.bytes.chunk()))?;
            message.bytes.advance(sent);
        }
        Poll::Ready(Ok(true))
    }

    /// Ready when the caller has closed its side.
    fn poll_end_of_caller(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut bytes = [0; DISCARD_BYTES];
            let mut discarded = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut discarded))?;
            if discarded.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Connection<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if ready!(this.poll_message(cx))? {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut this.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if ready!(this.poll_message(cx))? {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        Pin::new(&mut this.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.message.as_ref().is_some_and(|message| message.waits_for_caller) {
            ready!(this.poll_end_of_caller(cx))?;
        }
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::reply::Framing;

    fn reply(status: i32, headers: &[(&str, &str)], body: &'static str) -> Reply {
        let headers = [("Date", "now"), ("Server", "x")].iter().chain(headers);
        Reply {
            status,
            headers: headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: Bytes::from_static(body.as_bytes()),
            framing: Framing::Chunked,
        }
    }

    fn written(reply: &Reply) -> (String, bool) {
        let mut message = Message::new(reply, false);
        let bytes = message.bytes.copy_to_bytes(message.bytes.remaining());
        (String::from_utf8_lossy(&bytes).replace("Date: now\r\nServer: x\r\n", ""), message.waits_for_caller)
    }

    #[test]
    fn writes_what_was_recorded() {
        for (reply, expected, waits) in [
            (reply(-1, &[], "x"), "HTTP/1.1 -1 \r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", false),
            (reply(1000, &[], ""), "HTTP/1.1 1000 \r\nContent-Length: 0\r\n\r\n", false),
            (reply(101, &[], "x"), "HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\n\r\nx", false),
            (reply(100, &[], "x"), "HTTP/1.1 100 Continue\r\n\r\n", true),
            (reply(200, &[("Content-Length", "50")], "x"), "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx", false),
            (
                reply(200, &[("Transfer-Encoding", "chunked")], "x"),
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx",
                true,
            ),
        ] {
            assert!(Message::is_needed(&reply), "{expected}");
            assert_eq!(written(&reply), (expected.to_owned(), waits));
        }
        for fine in [reply(200, &[], "x"), reply(999, &[], ""), reply(200, &[("content-length", "1")], "x")] {
            assert!(!Message::is_needed(&fine), "{fine:?}");
        }
    }

    #[tokio::test]
    async fn takes_the_place_of_what_the_server_writes() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let verbatim = Verbatim::default();
        let mut connection = Connection::new(ours, verbatim.clone());
        connection.write_all(b"first ").await.unwrap();
        verbatim.say(Message::new(&reply(99, &[], ""), false));
        connection.write_all(b"swallowed").await.unwrap();
        connection.shutdown().await.unwrap();
        let mut received = String::new();
        theirs.read_to_string(&mut received).await.unwrap();
        assert!(received.starts_with("first HTTP/1.1 99 \r\n") && !received.contains("swallowed"), "{received}");
    }
}
