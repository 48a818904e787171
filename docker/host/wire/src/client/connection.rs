//! One connection to the handler, and one exchange over it at a time.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::error::Error;
use super::request::{Body, Request};
use super::response::Response;
use crate::framing::{BodyError, Framing};
use crate::head::{self, HeadError, ResponseHead};
use crate::name::Name;
use crate::reader::Reader;
use crate::socket::Socket;

/// The head of a response may not be longer than this: `MaxResponseHeadersLength` of .NET (recording FX-ans-header-huge).
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// A body up to this size is sent in one go with the head.
const SMALL_BODY_BYTES: usize = 16 * 1024;
/// Room for the head of most requests.
const SMALL_HEAD_BYTES: usize = 1024;
/// How long a body waits for the handler's `100 Continue` (protocol.md#forwarding-request-body).
const CONTINUE_TIMEOUT_SECONDS: u64 = 1;
const SWITCHING_PROTOCOLS: u16 = 101;

/// A connection to the handler.
#[derive(Debug)]
pub struct Connection {
    socket: Socket,
    is_reusable: bool,
}

/// Why a request was not sent as a whole.
enum SendError {
    /// The connection broke. Whether there is a response all the same is seen by reading.
    Connection,
    /// The caller's body failed.
    Body(BodyError),
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub async fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await.map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => Error::Refused(address),
            _ => Error::Connect(address, error),
        })?;
        Ok(Self { socket: Socket::new(stream), is_reusable: false })
    }

    /// Sends a request and reads the response. One that comes before the whole body has been sent counts (recording FX-late-body).
    ///
    /// # Errors
    /// If there is no complete response.
    pub async fn exchange(&mut self, request: &Request, body: Body<'_>) -> Result<Response, Error> {
        let Self { socket: Socket { reader, writer }, is_reusable } = self;
        *is_reusable = false;
        let may_continue = Notify::new();
        let mut sending = pin!(send(writer, request, body, &may_continue));
        let mut receiving = pin!(receive(reader, request.method == "HEAD", &may_continue));
        let mut is_sent = false;
        let (response, may_be_reused) = loop {
            tokio::select! {
                biased;
                sent = &mut sending, if !is_sent => match sent {
                    Ok(()) | Err(SendError::Connection) => is_sent = true,
                    Err(SendError::Body(error)) => return Err(Error::Request(error)),
                },
                response = &mut receiving => break response?,
            }
        };
        *is_reusable = may_be_reused && is_sent;
        Ok(response)
    }

    /// Whether another request may follow the one that was answered.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        self.is_reusable && self.socket.reader.buffer.is_empty()
    }

    /// Whether the handler has neither hung up nor said anything since the last response.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.socket.reader.stream().try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

/// Sends a request. The head goes with the beginning of the body, as .NET's client sends it.
async fn send(
    writer: &mut OwnedWriteHalf,
    request: &Request,
    body: Body<'_>,
    may_continue: &Notify,
) -> Result<(), SendError> {
    let mut bytes = Vec::with_capacity(SMALL_HEAD_BYTES);
    write_head(request, &mut bytes);
    match body {
        Body::Empty => writer.write_all(&bytes).await?,
        Body::Whole(body) => send_with(writer, &mut bytes, &body).await?,
        Body::Chunk(body) => {
            bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            send_with(writer, &mut bytes, &body).await?;
            writer.write_all(if body.is_empty() { b"\r\n" } else { b"\r\n0\r\n\r\n" }).await?;
        }
        Body::Stream { caller, waits_for_continue } => {
            let mut next = if waits_for_continue {
                writer.write_all(&bytes).await?;
                bytes.clear();
                let limit = Duration::from_secs(CONTINUE_TIMEOUT_SECONDS);
                // The caller is told to go on at once: reading does that.
                tokio::join!(caller.next_piece(), timeout(limit, may_continue.notified())).0
            } else {
                caller.next_piece().await
            };
            while let Some(piece) = next.map_err(SendError::Body)? {
                send_with(writer, &mut bytes, &piece).await?;
                bytes.clear();
                next = caller.next_piece().await;
            }
        }
    }
    Ok(())
}

async fn send_with(writer: &mut OwnedWriteHalf, bytes: &mut Vec<u8>, body: &[u8]) -> io::Result<()> {
    if !bytes.is_empty() && body.len() <= SMALL_BODY_BYTES {
        bytes.extend_from_slice(body);
        return writer.write_all(bytes).await;
    }
    writer.write_all(bytes).await?;
    writer.write_all(body).await
}

fn write_head(request: &Request, out: &mut Vec<u8>) {
    for part in [&request.method, " ", &request.target, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    request.headers.write(out);
    out.extend_from_slice(b"\r\n");
}

/// Reads the response, and says whether the connection may be used again. Interim responses are swallowed
/// (protocol.md#forwarding-response).
async fn receive(
    reader: &mut Reader<OwnedReadHalf>,
    is_to_head: bool,
    may_continue: &Notify,
) -> Result<(Response, bool), Error> {
    let mut head = next_head(reader).await?;
    while is_interim(&head) {
        may_continue.notify_one();
        head = next_head(reader).await.map_err(|error| match error {
            Error::Broken(_) | Error::Head(_) => Error::OnlyInterim,
            other => other,
        })?;
    }
    let mut framing = Framing::of_response(&head.headers, head.status, is_to_head);
    let may_be_reused = framing != Framing::UntilClose && keeps_connection(&head);
    let mut body = Vec::new();
    while let Some(piece) = reader.next_piece(&mut framing).await.map_err(Error::Body)? {
        body.push(piece);
    }
    Ok((Response { head, body }, may_be_reused))
}

async fn next_head(reader: &mut Reader<OwnedReadHalf>) -> Result<ResponseHead, Error> {
    loop {
        let before = reader.buffer.len();
        let head = head::take_response(&mut reader.buffer).map_err(Error::Head)?;
        let length = if head.is_some() { before - reader.buffer.len() } else { before };
        if length > MAX_HEAD_BYTES {
            return Err(Error::Head(HeadError::TooLong(MAX_HEAD_BYTES)));
        }
        if let Some(head) = head {
            return Ok(head);
        }
        match reader.fill().await {
            Ok(true) => {}
            Ok(false) if before == 0 => return Err(Error::Closed),
            Ok(false) => return Err(Error::Head(HeadError::Incomplete)),
            Err(error) => return Err(Error::Broken(error)),
        }
    }
}

fn is_interim(head: &ResponseHead) -> bool {
    head.status < 200 && head.status != SWITCHING_PROTOCOLS
}

fn keeps_connection(head: &ResponseHead) -> bool {
    let is_kept = !head.is_old || head.headers.lists(Name::Connection, "keep-alive");
    is_kept && head.status != SWITCHING_PROTOCOLS && !head.headers.lists(Name::Connection, "close")
}

impl From<io::Error> for SendError {
    fn from(_: io::Error) -> Self {
        Self::Connection
    }
}
