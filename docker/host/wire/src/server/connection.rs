//! One connection from a caller: requests in, responses out, in the way of Kestrel (protocol.md#what-kestrel-answers).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::places::Taken;
use crate::caller::Caller;
use crate::connection_option;
use crate::deadline::Deadline;
use crate::framing::BodyFraming;
use crate::head::{self, RequestHead};
use crate::kestrel;
use crate::response::Ending;
use crate::service::{Request, Service};
use crate::socket::{Socket, Writer};
use crate::write::write;

/// How long a connection may be silent between two requests: Kestrel's `KeepAliveTimeout`.
const IDLE_TIMEOUT_SECONDS: u64 = 130;
/// How long the head of a request may take from its first byte on: Kestrel's `RequestHeadersTimeout`.
const HEAD_TIMEOUT_SECONDS: u64 = 30;
/// How long what a caller still sends is read after the last response, so that it is not lost.
const LINGER_SECONDS: u64 = 5;
/// The same once the server is to stop.
const LAST_LINGER_MS: u64 = 250;

/// Serves a connection until either side ends it; `stopping` ends it after the request that is being answered.
pub async fn serve(
    service: impl Service,
    (stream, peer): (TcpStream, SocketAddr),
    place: &Taken,
    mut stopping: watch::Receiver<bool>,
) {
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
    let mut head = RequestHead::default();
    let peer: Arc<str> = peer.ip().to_string().into();
    loop {
        let next = tokio::select! {
            biased;
            next = next_request(&mut socket, &mut deadline, &mut head) => next,
            () = &mut stopped => return,
        };
        let framing = match next {
            Ok(Some(framing)) => framing,
            Ok(None) => return,
            Err(status) => return refuse(socket, status, stopped).await,
        };
        if !place.begin() {
            return;
        }
        connection_option::settle(&mut head.headers);
        let upload = (framing != BodyFraming::NONE).then(|| place.upload());
        let mut caller = Caller::new(socket, Arc::clone(&peer), &head, framing, upload);
        let Some(ending) = respond(&service, &head, &mut caller, &is_stopping).await else { return };
        let is_read = ending == Ending::Keep && caller.is_read().await;
        let Some(kept) = caller.into_socket() else { return };
        socket = kept;
        place.wait();
        match ending {
            Ending::Keep if is_read => {}
            Ending::Keep | Ending::Close => return linger(socket, stopped).await,
            Ending::WaitForCaller => {
                return tokio::select! { () = wait_for_end(socket) => {}, () = stopped => {} };
            }
            Ending::Reset => return socket.reset(),
        }
    }
}

/// Answers a request. What becomes of the connection; `None` if the caller has left.
async fn respond(
    service: &impl Service,
    head: &RequestHead,
    caller: &mut Caller,
    is_stopping: &watch::Receiver<bool>,
) -> Option<Ending> {
    let response = match kestrel::accept(head) {
        Ok(target) => service.call(Request { head, target: &target }, caller).await,
        Err(refusal) => Some(kestrel::refused(refusal)),
    };
    match (caller.ending, response) {
        (None, Some(mut response)) => {
            response.closes |= *is_stopping.borrow();
            caller.respond(response).await.ok()
        }
        (Some(Ending::Keep), _) if *is_stopping.borrow() => Some(Ending::Close),
        // A caller who has left after the whole request has perhaps closed its sending side alone.
        (None, None) if caller.has_sent_all() => Some(Ending::Close),
        (ending, _) => Some(ending.unwrap_or(Ending::Reset)),
    }
}

/// Answers what is not a request.
async fn refuse(mut socket: Socket, status: u16, stopped: impl Future<Output = ()>) {
    let Writer { stream, buffer } = &mut socket.writer;
    buffer.clear();
    kestrel::refused(status).write_head(false, buffer);
    // A caller who does not read this has left.
    _ = write(stream, buffer).await;
    linger(socket, stopped).await;
}

/// Waits until the server is to stop.
pub async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Reads the next request: where its body ends, or `None` if the caller has ended the connection or says nothing for too long; or the
/// status with which Kestrel refuses it.
async fn next_request(
    socket: &mut Socket,
    deadline: &mut Deadline,
    head: &mut RequestHead,
) -> Result<Option<BodyFraming>, u16> {
    let Socket { reader, .. } = socket;
    let (mut has_begun, mut seen) = (false, 0);
    deadline.set(Duration::from_secs(IDLE_TIMEOUT_SECONDS));
    loop {
        if !reader.buffer.is_empty() {
            if reader.has_new_line(&mut seen)
                && head::take_request(&mut reader.buffer, head).map_err(kestrel::refusal)?
            {
                return BodyFraming::of_request(&head.headers).map(Some).map_err(|_| 400);
            }
            kestrel::check_incomplete(&reader.buffer)?;
            if !has_begun {
                has_begun = true;
                deadline.set(Duration::from_secs(HEAD_TIMEOUT_SECONDS));
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

/// Ends a connection. What the caller still sends is read for a while, or the response would be lost with it; for a moment only when
/// the server is to stop.
async fn linger(mut socket: Socket, stopped: impl Future<Output = ()>) {
    _ = socket.writer.stream.shutdown().await;
    let stop = async {
        stopped.await;
        tokio::time::sleep(Duration::from_millis(LAST_LINGER_MS)).await;
    };
    tokio::select! {
        _ = tokio::time::timeout(Duration::from_secs(LINGER_SECONDS), read_to_end(&mut socket)) => {}
        () = stop => {}
    }
}

/// Waits for the caller to close the connection, for as long as it may be silent between two requests.
async fn wait_for_end(mut socket: Socket) {
    _ = tokio::time::timeout(Duration::from_secs(IDLE_TIMEOUT_SECONDS), read_to_end(&mut socket)).await;
}

async fn read_to_end(socket: &mut Socket) {
    while socket.reader.fill().await.is_ok_and(|is_more| is_more) {
        socket.reader.buffer.clear();
    }
}
