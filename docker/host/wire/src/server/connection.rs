//! One connection from a caller: requests in, answers out, in the way of Kestrel (protocol.md#what-kestrel-answers).

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::watch;

use crate::caller::Caller;
use crate::deadline::Deadline;
use crate::framing::Framing;
use crate::head::{self, RequestHead};
use crate::kestrel;
use crate::name::Name;
use crate::response::{Ending, Response};
use crate::service::{Request, Service};
use crate::socket::Socket;

/// How long a connection may be silent between two requests: Kestrel's `KeepAliveTimeout`.
const IDLE_TIMEOUT_SECONDS: u64 = 130;
/// How long the head of a request may take from its first byte on: Kestrel's `RequestHeadersTimeout`.
const HEAD_TIMEOUT_SECONDS: u64 = 30;
/// How long what a caller still sends is read after the last answer, so that the answer is not lost.
const LINGER_SECONDS: u64 = 5;
/// A body up to this size is written in one go with the head.
const SMALL_BODY_BYTES: usize = 16 * 1024;

/// Serves a connection until either side ends it; `stopping` ends it after the request that is being answered.
pub async fn serve(service: impl Service, stream: TcpStream, mut stopping: watch::Receiver<bool>) {
    let is_stopping = stopping.clone();
    let mut stopped = std::pin::pin!(stopped(&mut stopping));
    let mut deadline = Deadline::new(Duration::from_secs(IDLE_TIMEOUT_SECONDS));
    // A client that connects and says nothing costs no buffers.
    tokio::select! {
        readable = stream.readable() => if readable.is_err() { return },
        () = deadline.passed() => return,
        () = &mut stopped => return,
    }
    let mut socket = Socket::new(stream);
    let mut written = Vec::new();
    loop {
        let next = tokio::select! {
            biased;
            next = next_request(&mut socket, &mut deadline) => next,
            () = &mut stopped => return,
        };
        let (head, framing) = match next {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(status) => {
                let refusal = Response::empty(status).closing();
                _ = write(&mut socket.writer, &refusal, false, &mut written).await;
                return linger(socket).await;
            }
        };
        let is_to_head = head.method == "HEAD";
        let mut caller = Caller::new(socket, &head, framing);
        let mut response = match kestrel::accept(&head) {
            Ok(target) => service.call(Request { head: &head, target: &target }, &mut caller).await,
            Err(status) => Response::empty(status).closing(),
        };
        response.closes |= !keeps_connection(&head) || *is_stopping.borrow();
        if head.is_old && !response.closes && !response.headers.contains(Name::Connection) {
            response.headers.push(Name::Connection, "keep-alive");
        }
        let ending = response.ending(is_to_head);
        if write(caller.writer(), &response, is_to_head, &mut written).await.is_err() {
            return;
        }
        let is_read = ending == Ending::Keep && caller.is_read().await;
        socket = caller.into_socket();
        match ending {
            Ending::Keep if is_read => {}
            Ending::Keep | Ending::Close => return linger(socket).await,
            Ending::WaitForCaller => return read_to_end(&mut socket).await,
        }
    }
}

/// Waits until the server is to stop.
pub async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    _ = stopping.wait_for(|stopping| *stopping).await;
}

/// The next request; `None` if the caller has ended the connection or says nothing for too long.
///
/// # Errors
/// The status with which Kestrel refuses the request.
async fn next_request(socket: &mut Socket, deadline: &mut Deadline) -> Result<Option<(RequestHead, Framing)>, u16> {
    let Socket { reader, .. } = socket;
    let mut has_begun = false;
    deadline.extend(Duration::from_secs(IDLE_TIMEOUT_SECONDS));
    loop {
        if !reader.buffer.is_empty() {
            if let Some(head) = head::take_request(&mut reader.buffer).map_err(kestrel::refusal)? {
                let framing = Framing::of_request(&head.headers).map_err(|_| 400_u16)?;
                return Ok(Some((head, framing)));
            }
            kestrel::check_incomplete(&reader.buffer)?;
            if !has_begun {
                has_begun = true;
                deadline.shorten(Duration::from_secs(HEAD_TIMEOUT_SECONDS));
            }
        }
        tokio::select! {
            biased;
            filled = reader.fill() => match filled {
                Ok(true) => {}
                // An incomplete head is a bad request.
                Ok(false) if has_begun => return Err(400),
                Ok(false) | Err(_) => return Ok(None),
            },
            () = deadline.passed() => return if has_begun { Err(408) } else { Ok(None) },
        }
    }
}

/// HTTP/1.1 keeps a connection unless told otherwise, HTTP/1.0 the other way round. After a request that is framed in both ways
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

async fn write(
    writer: &mut OwnedWriteHalf,
    response: &Response,
    is_to_head: bool,
    written: &mut Vec<u8>,
) -> std::io::Result<()> {
    written.clear();
    response.write_head(is_to_head, written);
    let (body, tail) = (response.written_body(is_to_head), response.tail(is_to_head));
    if response.length() <= SMALL_BODY_BYTES {
        body.iter().for_each(|piece| written.extend_from_slice(piece));
        written.extend_from_slice(tail);
        return writer.write_all(written).await;
    }
    writer.write_all(written).await?;
    for piece in body {
        writer.write_all(piece).await?;
    }
    writer.write_all(tail).await
}

/// Ends a connection. What the caller still sends is read for a while, or the response would be lost with it.
async fn linger(mut socket: Socket) {
    _ = socket.writer.shutdown().await;
    _ = tokio::time::timeout(Duration::from_secs(LINGER_SECONDS), read_to_end(&mut socket)).await;
}

/// Waits for the caller to close the connection, however long that takes.
async fn read_to_end(socket: &mut Socket) {
    while socket.reader.fill().await.is_ok_and(|is_more| is_more) {
        socket.reader.buffer.clear();
    }
}
