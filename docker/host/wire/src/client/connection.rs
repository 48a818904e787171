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

use super::{Answer, Body, CallError, Request};
use crate::body::BodyError;
use crate::http1::Name;
use crate::http1::framing::Framing;
use crate::http1::head::{self, AnswerHead};
use crate::http1::reader::Reader;

/// The head of an answer may not be longer than this: `MaxResponseHeadersLength` of .NET (recording FX-ans-header-huge).
const MAX_ANSWER_HEAD_BYTES: usize = 64 * 1024;
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
    reader: Reader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    is_reusable: bool,
}

/// Why a request was not sent as a whole.
enum SendError {
    /// The connection broke. Whether there is an answer all the same is told by reading.
    Connection,
    /// The caller's body failed.
    Body(BodyError),
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub async fn open(address: SocketAddr) -> Result<Self, CallError> {
        let stream = TcpStream::connect(address).await.map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => CallError::Refused(address),
            _ => CallError::Broken(format!("Cannot connect to the handler at {address}: {error}")),
        })?;
        // A request must not wait for the acknowledgement of the one before it.
        _ = stream.set_nodelay(true);
        let (read, writer) = stream.into_split();
        Ok(Self { reader: Reader::new(read), writer, is_reusable: false })
    }

    /// Sends a request and reads the answer. An answer that comes before the whole body has been sent counts (recording
    /// FX-late-body).
    ///
    /// # Errors
    /// If there is no complete answer.
    pub async fn exchange(&mut self, request: &Request, body: Body<'_>) -> Result<Answer, CallError> {
        let Self { reader, writer, is_reusable } = self;
        *is_reusable = false;
        let may_continue = Notify::new();
        let mut sending = pin!(send(writer, request, body, &may_continue));
        let mut receiving = pin!(receive(reader, request.method == "HEAD", &may_continue));
        let mut is_sent = false;
        let (answer, may_be_reused) = loop {
            tokio::select! {
                biased;
                sent = &mut sending, if !is_sent => match sent {
                    Ok(()) | Err(SendError::Connection) => is_sent = true,
                    Err(SendError::Body(error)) => return Err(CallError::Broken(error.to_string())),
                },
                answer = &mut receiving => break answer?,
            }
        };
        *is_reusable = may_be_reused && is_sent;
        Ok(answer)
    }

    /// Whether another request may follow the one that was answered.
    #[must_use]
    pub fn is_reusable(&self) -> bool {
        self.is_reusable && self.reader.buffer.is_empty()
    }

    /// Whether the handler has neither hung up nor said anything since the last answer.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.reader.stream().try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
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
        Body::Stream { body, waits_for_continue } => {
            let mut next = if waits_for_continue {
                writer.write_all(&bytes).await?;
                bytes.clear();
                let limit = Duration::from_secs(CONTINUE_TIMEOUT_SECONDS);
                // The caller is told to go on at once: reading does that.
                tokio::join!(body.next(), timeout(limit, may_continue.notified())).0
            } else {
                body.next().await
            };
            while let Some(piece) = next.map_err(SendError::Body)? {
                send_with(writer, &mut bytes, &piece).await?;
                bytes.clear();
                next = body.next().await;
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

/// Reads the answer, and whether the connection may be used again. Interim answers are swallowed
/// (protocol.md#forwarding-response).
async fn receive(
    reader: &mut Reader<OwnedReadHalf>,
    is_to_head: bool,
    may_continue: &Notify,
) -> Result<(Answer, bool), CallError> {
    let mut head = next_head(reader).await?;
    while is_interim(&head) {
        may_continue.notify_one();
        head = next_head(reader).await.map_err(|error| match error {
            CallError::Broken(_) => CallError::OnlyInterim,
            other => other,
        })?;
    }
    let mut framing = Framing::of_answer(&head.headers, head.status, is_to_head);
    let may_be_reused = framing != Framing::UntilClose && keeps_connection(&head);
    let mut body = Vec::new();
    while let Some(piece) =
        reader.next_piece(&mut framing).await.map_err(|error| CallError::Broken(error.to_string()))?
    {
        body.push(piece);
    }
    Ok((Answer { head, body }, may_be_reused))
}

async fn next_head(reader: &mut Reader<OwnedReadHalf>) -> Result<AnswerHead, CallError> {
    let broken = |text: &str| CallError::Broken(format!("The answer is not HTTP: {text}"));
    loop {
        let before = reader.buffer.len();
        let head = head::take_answer(&mut reader.buffer).map_err(|error| broken(&error.to_string()))?;
        let length = if head.is_some() { before - reader.buffer.len() } else { before };
        if length > MAX_ANSWER_HEAD_BYTES {
            return Err(broken(&format!("its head is longer than {MAX_ANSWER_HEAD_BYTES} bytes")));
        }
        if let Some(head) = head {
            return Ok(head);
        }
        match reader.fill().await {
            Ok(true) => {}
            Ok(false) if before == 0 => return Err(CallError::Closed),
            Ok(false) => return Err(broken("the connection was closed in the midst of its head")),
            Err(error) => return Err(CallError::Broken(format!("The connection to the handler broke: {error}"))),
        }
    }
}

fn is_interim(head: &AnswerHead) -> bool {
    head.status < 200 && head.status != SWITCHING_PROTOCOLS
}

fn keeps_connection(head: &AnswerHead) -> bool {
    let is_kept = !head.is_old || head.headers.lists(Name::Connection, "keep-alive");
    is_kept && head.status != SWITCHING_PROTOCOLS && !head.headers.lists(Name::Connection, "close")
}

impl From<io::Error> for SendError {
    fn from(_: io::Error) -> Self {
        Self::Connection
    }
}
