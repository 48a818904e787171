//! One connection to the handler, and one exchange over it at a time.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::error::Error;
use super::receive::{final_head, keeps_connection};
use super::request::{Body, Request};
use super::response::{Response, See};
use super::send::{SendError, Signals, is_held_back, send};
use crate::deadline::Deadline;
use crate::framing::{BodyError, BodyFraming};
use crate::head::ResponseHead;
use crate::reader::Reader;
use crate::socket::Socket;

/// The longest body that is kept as a whole: .NET's `MaxResponseContentBufferSize`.
const MAX_BODY_BYTES: u64 = 2_147_483_647;
/// Pieces below this size are put together, or a body of one-byte chunks would cost many times its length.
const SMALL_PIECE_BYTES: usize = 1024;

/// A connection to the handler. It is handed on several times with every exchange, and so lives in a box.
#[derive(Debug)]
pub struct Connection {
    pub socket: Socket,
    /// When the handler has been silent for too long. One for all exchanges: to set up a timer for each costs more.
    deadline: Option<Deadline>,
    /// Whether the request was sent as a whole.
    is_sent: bool,
    /// Whether the response lets the connection be used again.
    is_kept: bool,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Box<Self>, Error> {
        let stream = TcpStream::connect(address).await.map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => Error::Refused(address),
            _ => Error::Connect(address, error),
        })?;
        Ok(Self::over(stream))
    }

    pub fn over(stream: TcpStream) -> Box<Self> {
        Box::new(Self { socket: Socket::new(stream), deadline: None, is_sent: false, is_kept: false })
    }

    /// Sends a request and reads the response. One that comes before the whole body has been sent counts (recording FX-late-body).
    pub async fn exchange(&mut self, request: &Request, mut body: Body<'_>, see: &See<'_>) -> Result<Response, Error> {
        let Self { socket: Socket { reader, writer }, is_sent, is_kept, .. } = self;
        (*is_sent, *is_kept) = (false, false);
        let signals = Signals::default();
        let sending = async {
            match send(writer, request, &mut body, &signals).await {
                Ok(()) | Err(SendError::Connection) => *is_sent = true,
                Err(SendError::Body(error)) => return error,
            }
            body.attend().await
        };
        let receiving = receive(reader, request.method == "HEAD", &signals, see);
        let (response, keeps) = tokio::select! {
            biased;
            error = sending => return Err(Error::Request(error)),
            response = receiving => response?,
        };
        *is_kept = keeps;
        Ok(response)
    }

    /// Sends a request, as .NET's client does: to its end, even if the response comes earlier (protocol.md#proxying-request-body),
    /// but for one that waits for `100 Continue` and gets a final response instead. The head of a response that has come
    /// meanwhile, or why there will not be one.
    pub async fn transmit(
        &mut self,
        request: &Request,
        body: &mut Body<'_>,
        idle_limit: Duration,
    ) -> Result<Option<Result<ResponseHead, Error>>, Error> {
        let may_be_unwanted = is_held_back(request, body);
        let Self { socket: Socket { reader, writer }, is_sent, is_kept, .. } = self;
        (*is_sent, *is_kept) = (false, false);
        let signals = Signals::default();
        let mut sending = pin!(send(writer, request, body, &signals));
        let mut receiving = pin!(final_head(reader, &signals.may_continue));
        let mut head = None;
        loop {
            tokio::select! {
                biased;
                sent = &mut sending => {
                    *is_sent = sent.is_ok();
                    return match sent {
                        Err(SendError::Body(error)) => Err(Error::Request(error)),
                        Ok(()) | Err(SendError::Connection) => Ok(head),
                    };
                }
                received = &mut receiving, if head.is_none() => {
                    let is_over = may_be_unwanted || received.is_err();
                    head = Some(received);
                    if is_over {
                        return Ok(head);
                    }
                }
                () = signals.activity.silent_for(idle_limit) => return Err(Error::Idle(idle_limit)),
            }
        }
    }

    /// The head of the response to the request that has been transmitted.
    pub async fn head(&mut self, idle_limit: Duration) -> Result<ResponseHead, Error> {
        let may_continue = Notify::new();
        tokio::select! {
            biased;
            head = final_head(&mut self.socket.reader, &may_continue) => head,
            () = silence(&mut self.deadline, idle_limit) => Err(Error::Idle(idle_limit)),
        }
    }

    /// The next piece of the body of the response, framed like this; `None` at its end.
    pub async fn next_piece(
        &mut self,
        framing: &mut BodyFraming,
        idle_limit: Duration,
    ) -> Result<Option<Bytes>, BodyError> {
        tokio::select! {
            biased;
            piece = self.socket.reader.next_piece(framing) => piece,
            () = silence(&mut self.deadline, idle_limit) => Err(BodyError::Idle(idle_limit)),
        }
    }

    /// Where the body of a response ends. Sets whether the connection may be used again after it.
    pub fn framing(&mut self, head: &ResponseHead, is_to_head: bool) -> BodyFraming {
        let framing = BodyFraming::of_response(&head.headers, head.status, is_to_head);
        self.is_kept = framing != BodyFraming::UntilClose && keeps_connection(head);
        framing
    }

    /// Whether another request may follow the one that was answered.
    pub fn is_reusable(&self) -> bool {
        self.is_sent && self.is_kept && self.socket.reader.buffer.is_empty()
    }

    /// Whether the handler has neither hung up nor said anything since the last response.
    pub fn is_open(&self) -> bool {
        self.socket.reader.stream().try_read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

/// Waits for `limit`.
async fn silence(deadline: &mut Option<Deadline>, limit: Duration) {
    let deadline = deadline.get_or_insert_with(|| Deadline::new(limit));
    deadline.set(limit);
    deadline.passed().await;
}

/// Reads a whole response, and says whether the connection may be used again.
async fn receive(
    reader: &mut Reader,
    is_to_head: bool,
    signals: &Signals,
    see: &See<'_>,
) -> Result<(Response, bool), Error> {
    let head = final_head(reader, &signals.may_continue).await?;
    see(&head);
    let mut framing = BodyFraming::of_response(&head.headers, head.status, is_to_head);
    let may_be_reused = framing != BodyFraming::UntilClose && keeps_connection(&head);
    let check = |length: u64| if length <= MAX_BODY_BYTES { Ok(()) } else { Err(Error::TooLong(MAX_BODY_BYTES)) };
    if let BodyFraming::Length(length) = framing {
        check(length)?;
    }
    let mut received = 0;
    let mut body = Vec::new();
    let mut small = BytesMut::new();
    while let Some(piece) = reader.next_piece(&mut framing).await.map_err(Error::Body)? {
        received += piece.len() as u64;
        check(received)?;
        if piece.len() < SMALL_PIECE_BYTES {
            small.extend_from_slice(&piece);
            continue;
        }
        body.extend((!small.is_empty()).then(|| small.split().freeze()));
        body.push(piece);
    }
    body.extend((!small.is_empty()).then(|| small.freeze()));
    Ok((Response { head, body }, may_be_reused))
}
