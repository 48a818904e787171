//! Sending a request.

use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, Take};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::request::{Body, Request};
use crate::activity::Activity;
use crate::caller::Caller;
use crate::framing::BodyError;
use crate::name::Name;
use crate::socket::Writer;

/// A body up to this size is sent in one go with the head.
const SMALL_BODY_BYTES: usize = 16 * 1024;
/// .NET's client holds chunks back until it has this much, or the body ends (recording Y35).
const HELD_BACK_BYTES: usize = 4 * 1024;
/// What is read at once of a body that is sent from a file.
const FILE_READ_BYTES: usize = 64 * 1024;
/// How long a body waits for the handler's `100 Continue` (protocol.md#forwarding-request-body).
const CONTINUE_TIMEOUT: Duration = Duration::from_secs(1);

/// What the two sides of an exchange tell each other.
#[derive(Debug, Default)]
pub struct Signals {
    /// The handler has said `100 Continue`, or another interim status.
    pub may_continue: Notify,
    /// Bytes of the request have moved.
    pub activity: Activity,
}

/// Why a request was not sent as a whole.
pub enum SendError {
    /// The connection broke. Whether there is a response all the same is seen by reading.
    Connection,
    /// The caller's body failed.
    Body(BodyError),
}

/// Sends a request. The head goes with the beginning of the body, as .NET's client sends it.
pub async fn send(
    out: &mut Writer,
    request: &Request,
    body: &mut Body<'_>,
    signals: &Signals,
) -> Result<(), SendError> {
    let Writer { stream: writer, buffer: head } = out;
    let is_chunked = request.headers.lists(Name::TransferEncoding, "chunked");
    head.clear();
    write_head(request, head);
    if is_held_back(request, body) {
        writer.write_all(head).await?;
        head.clear();
        // The caller of a body in chunks gets its `100 Continue` only if the handler wants the body (recording Y40).
        if let Body::Stream(caller) = body
            && !is_chunked
        {
            caller.invite().await.map_err(|error| SendError::Body(error.into()))?;
        }
        _ = timeout(CONTINUE_TIMEOUT, signals.may_continue.notified()).await;
    }
    match body {
        Body::Empty => writer.write_all(head).await?,
        Body::Whole(body) => send_with(writer, head, body).await?,
        Body::Chunk(body) => {
            head.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            send_with(writer, head, body).await?;
            writer.write_all(if body.is_empty() { b"\r\n" } else { b"\r\n0\r\n\r\n" }).await?;
        }
        Body::Read { source, length } => {
            writer.write_all(head).await?;
            send_file(writer, source.take(*length), signals).await?;
        }
        Body::Stream(caller) if is_chunked => {
            writer.write_all(head).await?;
            send_chunks(writer, caller, signals).await?;
        }
        Body::Stream(caller) => {
            let first = caller.next_piece().await.map_err(SendError::Body)?.unwrap_or_default();
            send_with(writer, head, &first).await?;
            send_pieces(writer, caller, signals).await?;
        }
    }
    out.clear();
    Ok(())
}

/// Whether a body is held back until the handler says `100 Continue`, or for a second, since the request asks for that.
pub fn is_held_back(request: &Request, body: &Body<'_>) -> bool {
    let is_there = match body {
        Body::Empty | Body::Chunk(_) => false,
        Body::Whole(body) => !body.is_empty(),
        Body::Read { .. } | Body::Stream(_) => true,
    };
    is_there && request.headers.lists(Name::Expect, "100-continue")
}

/// Sends what is left of a body whose length the head says.
async fn send_pieces(writer: &mut OwnedWriteHalf, caller: &mut Caller, signals: &Signals) -> Result<(), SendError> {
    while let Some(piece) = caller.next_piece().await.map_err(SendError::Body)? {
        writer.write_all(&piece).await?;
        signals.activity.touch();
    }
    Ok(())
}

/// Sends a body that has been put aside.
async fn send_file(
    writer: &mut OwnedWriteHalf,
    mut source: Take<impl AsyncRead + Unpin>,
    signals: &Signals,
) -> Result<(), SendError> {
    let mut buffer = BytesMut::with_capacity(FILE_READ_BYTES);
    while source.read_buf(&mut buffer).await.map_err(|error| SendError::Body(error.into()))? > 0 {
        writer.write_all(&buffer).await?;
        buffer.clear();
        signals.activity.touch();
    }
    if source.limit() > 0 { Err(SendError::Body(BodyError::Incomplete)) } else { Ok(()) }
}

/// Sends a body in chunks. Their borders are not the caller's, and the caller's trailers are dropped (recordings Y34, Y35).
async fn send_chunks(writer: &mut OwnedWriteHalf, caller: &mut Caller, signals: &Signals) -> Result<(), SendError> {
    let mut held_back = Vec::new();
    while let Some(piece) = caller.next_piece().await.map_err(SendError::Body)? {
        held_back.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        if held_back.len() + piece.len() < HELD_BACK_BYTES {
            held_back.extend_from_slice(&piece);
            held_back.extend_from_slice(b"\r\n");
        } else {
            writer.write_all_buf(&mut Buf::chain(&held_back[..], piece).chain(&b"\r\n"[..])).await?;
            held_back.clear();
        }
        signals.activity.touch();
    }
    held_back.extend_from_slice(b"0\r\n\r\n");
    Ok(writer.write_all(&held_back).await?)
}

async fn send_with(writer: &mut OwnedWriteHalf, head: &mut Vec<u8>, body: &[u8]) -> io::Result<()> {
    if !head.is_empty() && body.len() <= SMALL_BODY_BYTES {
        head.extend_from_slice(body);
        return writer.write_all(head).await;
    }
    writer.write_all(head).await?;
    writer.write_all(body).await
}

fn write_head(request: &Request, out: &mut Vec<u8>) {
    for part in [&*request.method, " ", &request.target, " HTTP/1.1\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    request.headers.write(out);
    out.extend_from_slice(b"\r\n");
}

impl From<io::Error> for SendError {
    fn from(_: io::Error) -> Self {
        Self::Connection
    }
}
