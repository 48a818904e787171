//! One connection from a caller: requests in, answers out, in the way of Kestrel (protocol.md#what-kestrel-answers).

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};

use crate::body::{Caller, CallerBody};
use crate::front::{self, kestrel};
use crate::host::Host;
use crate::http1::Name;
use crate::http1::framing::Framing;
use crate::http1::head::{self, RequestHead};
use crate::response::{Ending, Response};

/// How long a connection may be silent between two requests: Kestrel's `KeepAliveTimeout`.
const IDLE_TIMEOUT_SECONDS: u64 = 130;
/// How long the head of a request may take from its first byte on: Kestrel's `RequestHeadersTimeout`.
const HEAD_TIMEOUT_SECONDS: u64 = 30;
/// How long what a caller still sends is read after the last answer, so that the answer is not lost.
const LINGER_SECONDS: u64 = 5;
/// A body up to this size is written in one go with the head.
const SMALL_BODY_BYTES: usize = 16 * 1024;

/// Serves a connection until either side ends it; `stopping` ends it after the request that is being answered.
pub async fn serve(host: Arc<Host>, stream: TcpStream, mut stopping: watch::Receiver<bool>) {
    // Small answers must not wait for the acknowledgement of earlier ones.
    _ = stream.set_nodelay(true);
    let is_stopping = stopping.clone();
    let mut stopped = std::pin::pin!(super::stopped(&mut stopping));
    let mut patience = Patience::new(Duration::from_secs(IDLE_TIMEOUT_SECONDS));
    // A client that connects and says nothing costs no buffers.
    tokio::select! {
        readable = stream.readable() => if readable.is_err() { return },
        () = patience.end() => return,
        () = &mut stopped => return,
    }
    let mut caller = Caller::new(stream);
    let mut written = Vec::new();
    loop {
        let next = tokio::select! {
            biased;
            next = next_request(&mut caller, &mut patience) => next,
            () = &mut stopped => return,
        };
        let (head, framing) = match next {
            Ok(Some(request)) => request,
            Ok(None) => return,
            Err(status) => {
                let refusal = Response::empty(status).closing();
                _ = write(&mut caller.writer, &refusal, false, &mut written).await;
                return linger(caller).await;
            }
        };
        let is_to_head = head.method == "HEAD";
        let keeps = keeps_connection(&head);
        let is_old = head.is_old;
        let mut body = CallerBody::new(caller, &head, framing);
        let mut response = front::handle(&host, &head, &mut body).await;
        response.closes |= !keeps || *is_stopping.borrow();
        if is_old && !response.closes && !response.headers.contains(Name::Connection) {
            response.headers.push(Name::Connection, "keep-alive");
        }
        let ending = response.ending(is_to_head);
        if write(body.writer(), &response, is_to_head, &mut written).await.is_err() {
            return;
        }
        let is_read = ending == Ending::Keep && body.is_read().await;
        caller = body.into_caller();
        match ending {
            Ending::Keep if is_read => {}
            Ending::Keep | Ending::Close => return linger(caller).await,
            Ending::WaitForCaller => return wait_for_end(caller).await,
        }
    }
}

/// The next request; nothing if the caller has ended the connection or says nothing for too long.
///
/// # Errors
/// The status with which Kestrel refuses the request.
async fn next_request(caller: &mut Caller, patience: &mut Patience) -> Result<Option<(RequestHead, Framing)>, u16> {
    let Caller { reader, .. } = caller;
    let mut has_begun = false;
    patience.extend(Duration::from_secs(IDLE_TIMEOUT_SECONDS));
    loop {
        if !reader.buffer.is_empty() {
            if let Some(head) = head::take_request(&mut reader.buffer).map_err(kestrel::refusal)? {
                let framing = Framing::of_request(&head.headers).map_err(|_| 400_u16)?;
                return Ok(Some((head, framing)));
            }
            kestrel::check_incomplete(&reader.buffer)?;
            if !has_begun {
                has_begun = true;
                patience.shorten(Duration::from_secs(HEAD_TIMEOUT_SECONDS));
            }
        }
        tokio::select! {
            biased;
            filled = reader.fill() => match filled {
                Ok(true) => {}
                // What has been said of a request is no request (Kestrel answers with 400 where it began).
                Ok(false) if has_begun => return Err(400),
                Ok(false) | Err(_) => return Ok(None),
            },
            () = patience.end() => return if has_begun { Err(408) } else { Ok(None) },
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

/// Ends a connection: what the caller still sends is read for a while, or the answer would be lost with it.
async fn linger(mut caller: Caller) {
    _ = caller.writer.shutdown().await;
    _ = tokio::time::timeout(Duration::from_secs(LINGER_SECONDS), read_to_end(&mut caller)).await;
}

/// Waits for the caller to close the connection, however long that takes.
async fn wait_for_end(mut caller: Caller) {
    read_to_end(&mut caller).await;
}

async fn read_to_end(caller: &mut Caller) {
    while caller.reader.fill().await.is_ok_and(|is_more| is_more) {
        caller.reader.buffer.clear();
    }
}

/// A time limit that is moved with every request: the timer itself is moved only when it has run out, or is to end sooner.
struct Patience {
    timer: Pin<Box<Sleep>>,
    end: Instant,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        let end = Instant::now() + limit;
        Self { timer: Box::pin(tokio::time::sleep_until(end)), end }
    }

    fn extend(&mut self, limit: Duration) {
        self.end = Instant::now() + limit;
    }

    fn shorten(&mut self, limit: Duration) {
        self.end = Instant::now() + limit;
        self.timer.as_mut().reset(self.end);
    }

    async fn end(&mut self) {
        loop {
            self.timer.as_mut().await;
            if Instant::now() >= self.end {
                return;
            }
            self.timer.as_mut().reset(self.end);
        }
    }
}
