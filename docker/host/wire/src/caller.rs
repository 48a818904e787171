//! The caller of the request that is being answered.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout};

use crate::framing::{BodyError, BodyFraming, length_of_request};
use crate::head::RequestHead;
use crate::headers::Headers;
use crate::name::Name;
use crate::response::{Ending, Response};
use crate::server::places::Upload;
use crate::socket::{Socket, Writer};
use crate::write::write;

/// How long a caller's body may make no headway before its rate is looked at: Kestrel's grace period.
const BODY_GRACE_SECONDS: u64 = 5;
/// The least rate of a caller's body after that: Kestrel's `MinRequestBodyDataRate`.
const BODY_BYTES_PER_SECOND: u64 = 240;
/// How long after the head a body may begin that did not wait for `100 Continue`: about what the real host needs before it reads.
const BODY_BEGIN_MS: u64 = 25;
/// How long a body that nobody wants is still read: its sender is to see the response, and may send the next request.
const DRAIN_SECONDS: u64 = 5;
/// No more room than this is made for a body before it comes: a caller may announce any length.
const MAX_TRUSTED_BYTES: usize = 1024 * 1024;
/// How much of what a caller sends meanwhile is read to notice that it leaves.
const READ_AHEAD_BYTES: usize = 64 * 1024;
/// What is read at once to notice that.
const WATCH_READ_BYTES: usize = 2 * 1024;
/// A response up to this size is written in one go.
const SMALL_BODY_BYTES: usize = 16 * 1024;
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The caller of a request. The body is read when it is asked for, and at no less than Kestrel's minimum rate.
#[derive(Debug)]
pub struct Caller {
    /// `None` once the caller has left, and the connection has been given up.
    socket: Option<Socket>,
    /// The caller's address.
    pub peer: Arc<str>,
    framing: BodyFraming,
    /// The body, until there is a response.
    upload: Option<Upload>,
    length: u64,
    /// Whether the caller waits for `100 Continue` before it sends.
    waits_for_continue: bool,
    received: u64,
    limit: u64,
    waited: Duration,
    has_body: bool,
    is_chunked: bool,
    /// Whether the body is not framed as announced: nobody knows where it ends.
    is_broken: bool,
    pub(crate) is_to_head: bool,
    pub(crate) is_old: bool,
    /// Whether the caller does not want the connection to be kept, or it cannot be.
    closes: bool,
    /// What every response to the caller says besides.
    additional: Headers,
    /// What becomes of the connection, once a response has been written.
    pub(crate) ending: Option<Ending>,
    watcher: Watcher,
}

/// Who is shown every piece of a body that is read.
#[derive(Default)]
struct Watcher(Option<Watch>);

type Watch = Box<dyn FnMut(&[u8]) + Send>;

impl fmt::Debug for Watcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Watcher({})", self.0.is_some())
    }
}

impl Caller {
    /// The caller whose request has just been read from `socket`.
    pub(crate) fn new(
        socket: Socket,
        peer: Arc<str>,
        head: &RequestHead,
        framing: BodyFraming,
        upload: Option<Upload>,
    ) -> Self {
        let is_continue = |value: &[u8]| value.eq_ignore_ascii_case(b"100-continue");
        let waits_for_continue =
            framing != BodyFraming::NONE && !head.is_old && head.headers.get(Name::Expect).is_some_and(is_continue);
        Self {
            socket: Some(socket),
            peer,
            framing,
            upload,
            length: head.headers.get(Name::ContentLength).and_then(length_of_request).unwrap_or(0),
            waits_for_continue,
            received: 0,
            limit: u64::MAX,
            waited: Duration::ZERO,
            has_body: framing != BodyFraming::NONE,
            is_chunked: matches!(framing, BodyFraming::Chunked(..)),
            is_broken: false,
            is_to_head: head.method == "HEAD",
            is_old: head.is_old,
            closes: !keeps_connection(head),
            additional: Headers::default(),
            ending: None,
            watcher: Watcher::default(),
        }
    }

    /// Where the caller's connection comes from, with its port; `None` if it has been given up.
    pub fn address(&self) -> Option<SocketAddr> {
        self.socket.as_ref()?.writer.stream.peer_addr().ok()
    }

    /// The length of the body as the caller has announced it; 0 if it has not.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Whether there is a body: one with a length that is not 0, or a chunked one, which may be empty.
    pub const fn has_body(&self) -> bool {
        self.has_body
    }

    /// Whether the body comes in chunks: its length is not known before its end.
    pub const fn is_chunked(&self) -> bool {
        self.is_chunked
    }

    /// Whether nothing more of the body is to come.
    pub(crate) const fn has_sent_all(&self) -> bool {
        self.framing.has_ended()
    }

    /// Adds header lines to whatever response comes, in place of those of the same names; a `Vary` is added to.
    pub fn add_headers(&mut self, headers: Headers) {
        self.additional = headers;
    }

    /// Shows every piece that is read from now on to `watcher`.
    pub fn watch_body(&mut self, watcher: impl FnMut(&[u8]) + Send + 'static) {
        self.watcher = Watcher(Some(Box::new(watcher)));
    }

    /// Refuses a body of more bytes than this.
    pub const fn limit_body(&mut self, bytes: u64) {
        self.limit = bytes;
    }

    /// The next piece of the body; `None` at its end. Nothing is lost if this is dropped before it is done.
    ///
    /// # Errors
    /// If the caller goes away before the end, sends too slowly or too much, or does not keep to the chunks it has announced.
    pub async fn next_piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        if self.framing.has_ended() {
            return Ok(None);
        }
        self.invite().await?;
        let limit = Duration::from_secs(BODY_GRACE_SECONDS + self.received / BODY_BYTES_PER_SECOND);
        let since = Instant::now();
        let Self { socket, framing, upload, .. } = self;
        let awaited = upload.as_ref().map(Upload::awaited);
        let reader = &mut connected(socket)?.reader;
        let piece = timeout(limit.saturating_sub(self.waited), reader.next_piece(framing));
        let piece = piece.await;
        drop(awaited);
        let piece = piece.map_err(|_| BodyError::TooSlow {
            received: self.received,
            announced: self.length,
            least: BODY_BYTES_PER_SECOND,
        })?;
        self.is_broken = piece.as_ref().is_err_and(BodyError::is_of_framing);
        let piece = piece?;
        self.waited += since.elapsed();
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        self.check_limit(self.limit)?;
        if let (Some(watcher), Some(piece)) = (&mut self.watcher.0, &piece) {
            watcher(piece);
        }
        Ok(piece)
    }

    /// The whole body in one piece.
    ///
    /// # Errors
    /// As [`next_piece`](Self::next_piece), and if there are more than `limit` bytes.
    pub async fn collect(&mut self, limit: u64) -> Result<Vec<u8>, BodyError> {
        let announced = usize::try_from(self.length.min(limit)).unwrap_or(MAX_TRUSTED_BYTES);
        let mut bytes = Vec::with_capacity(announced.min(MAX_TRUSTED_BYTES));
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

    /// Waits for `work`. If the caller leaves meanwhile its connection is given up: what is still done for it, as the real host does it,
    /// takes no descriptor from others.
    pub async fn attend<T>(&mut self, mut work: Pin<&mut impl Future<Output = T>>) -> T {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = self.left() => self.socket = None,
        }
        work.await
    }

    /// Waits until the caller has left: it has reset the connection or closed it, or its sending side alone, which Kestrel takes
    /// for the same. Nothing is lost if this is dropped before it is done. What the caller sends meanwhile is kept; once that is
    /// more than 64 KiB it is not noticed that the caller leaves.
    pub async fn left(&mut self) {
        let Some(Socket { reader, .. }) = &mut self.socket else { return };
        while reader.buffer.len() < READ_AHEAD_BYTES {
            // The response comes within moments, but for one that streams.
            let filled = match self.ending {
                Some(_) => reader.fill_patiently(WATCH_READ_BYTES).await,
                None => reader.fill().await,
            };
            if !filled.is_ok_and(|is_more| is_more) {
                return;
            }
        }
        std::future::pending().await
    }

    /// Writes a whole response.
    ///
    /// # Errors
    /// If the caller has left, or reads too slowly.
    pub(crate) async fn respond(&mut self, mut response: Response) -> io::Result<Ending> {
        self.complete(&mut response);
        let (ending, is_to_head) = (response.ending(self.is_to_head), self.is_to_head);
        let writer = &mut self.socket()?.writer;
        let Writer { stream, buffer } = writer;
        buffer.clear();
        response.write_head(is_to_head, buffer);
        let (body, tail) = (response.written_body(is_to_head), response.tail(is_to_head));
        if response.length() <= SMALL_BODY_BYTES {
            body.iter().for_each(|piece| buffer.extend_from_slice(piece));
            buffer.extend_from_slice(tail);
            write(stream, buffer).await?;
        } else {
            write(stream, buffer).await?;
            for piece in body {
                write(stream, piece).await?;
            }
            write(stream, tail).await?;
        }
        writer.clear();
        Ok(ending)
    }

    /// What a response says of the connection, and what was added to it.
    pub(crate) fn complete(&self, response: &mut Response) {
        for line in self.additional.iter() {
            if !line.has_name(Name::Vary) {
                response.headers.retain(|own| !own.is_called(line.name()));
            }
            response.headers.push(line, line.value);
        }
        response.closes |= self.closes;
        if self.is_old && !response.closes && !response.headers.contains(Name::Connection) {
            response.headers.push(Name::Connection, "keep-alive");
        }
    }

    /// Whether nothing more of the body will be read: the connection can be used for the next request. A body that nobody has
    /// asked for is read for a while; one that waits to be asked for is not waited for.
    pub(crate) async fn is_read(&mut self) -> bool {
        if self.framing.has_ended() {
            return true;
        }
        if self.is_broken {
            return false;
        }
        if self.waits_for_continue && self.socket.as_ref().is_none_or(|socket| socket.reader.buffer.is_empty()) {
            return false;
        }
        self.waits_for_continue = false;
        self.upload = None;
        let drained = timeout(Duration::from_secs(DRAIN_SECONDS), self.discard(u64::MAX)).await;
        matches!(drained, Ok(Ok(())))
    }

    /// The connection again, for the next request; `None` if it was given up.
    pub(crate) fn into_socket(self) -> Option<Socket> {
        self.socket
    }

    /// Both sides of the connection.
    pub(crate) fn socket(&mut self) -> io::Result<&mut Socket> {
        connected(&mut self.socket)
    }

    /// Sends `100 Continue` to a caller that waits for it. One that has begun to send does not get it (recording
    /// FX-expect-no-wait).
    pub(crate) async fn invite(&mut self) -> io::Result<()> {
        if !self.waits_for_continue {
            return Ok(());
        }
        let Socket { reader, writer } = connected(&mut self.socket)?;
        let has_begun = !reader.buffer.is_empty()
            || timeout(Duration::from_millis(BODY_BEGIN_MS), reader.fill()).await.is_ok_and(|filled| filled.is_ok());
        self.waits_for_continue = false;
        if has_begun { Ok(()) } else { write(&mut writer.stream, CONTINUE).await }
    }

    fn check_limit(&self, limit: u64) -> Result<(), BodyError> {
        let is_within = self.received <= limit;
        is_within.then_some(()).ok_or(BodyError::TooLong(limit))
    }
}

fn connected(socket: &mut Option<Socket>) -> io::Result<&mut Socket> {
    socket.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
}

/// HTTP/1.1 keeps a connection unless `Connection` says otherwise, HTTP/1.0 only if it says so. After a request that is framed in both ways
/// nobody knows what comes next (recording FX-req-te-and-cl).
fn keeps_connection(head: &RequestHead) -> bool {
    let headers = &head.headers;
    let is_framed_twice = headers.contains(Name::TransferEncoding) && headers.contains(Name::ContentLength);
    let is_kept = if head.is_old {
        headers.lists(Name::Connection, "keep-alive")
    } else {
        !headers.lists(Name::Connection, "close")
    };
    is_kept && !is_framed_twice
}
