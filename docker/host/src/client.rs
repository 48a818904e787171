//! HTTP connections to the handler.
//!
//! A connection is driven by the task that uses it: no message has to pass from one task to another and back, which is most of
//! what a pool with a task for each connection costs.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Request;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HeaderMap, HeaderName};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::body::RequestBody;

/// How many idle connections are kept.
const MAX_IDLE_CONNECTIONS: usize = 128;
/// How often a request without a body is sent again when its connection is closed without an answer (protocol section 3.7).
const MAX_REPEATS: u32 = 3;
/// The head of an answer may not be longer than this: `MaxResponseHeadersLength` of .NET (recording FX-ans-header-huge).
const MAX_ANSWER_HEAD_BYTES: usize = 64 * 1024;
/// A connection that the handler says it keeps for some seconds is not used in the last of them, when it may just be closing.
const KEEP_ALIVE_MARGIN_SECONDS: u64 = 1;

/// The connections to one handler.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    idle: Mutex<Vec<Idle>>,
}

/// A complete answer of the handler.
#[derive(Debug)]
pub struct Answer {
    /// Status, version, headers and extensions: the reason phrase and the letter case of the header names.
    pub head: hyper::http::response::Parts,
    /// The body in the pieces in which it came.
    pub body: Vec<Bytes>,
}

/// Why there was no answer.
#[derive(Debug)]
pub enum CallError {
    /// Nobody listens.
    Refused(SocketAddr),
    /// The handler closed the connection without a byte of an answer.
    Closed,
    /// The connection broke, or what came over it is not HTTP.
    Broken(String),
}

impl Client {
    /// A client of the handler that listens on this port of 127.0.0.1.
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self { address: (Ipv4Addr::LOCALHOST, port).into(), idle: Mutex::default() }
    }

    /// The handler's port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Closes all idle connections: the process they lead to has ended.
    pub fn forget_connections(&self) {
        self.idle().clear();
    }

    /// Sends a request and waits for the complete answer. A request without a body is sent again, up to three times, when the
    /// handler closes the connection without answering (protocol section 3.7).
    ///
    /// # Errors
    /// If the handler does not listen, hangs up, or does not speak HTTP.
    pub async fn call(&self, request: Request<RequestBody>) -> Result<Answer, CallError> {
        let (head, body) = request.into_parts();
        if !body.is_empty() {
            return self.call_once(Request::from_parts(head, body), true).await;
        }
        for repeat in 0..MAX_REPEATS {
            match self.call_once(Request::from_parts(head.clone(), RequestBody::Empty), repeat == 0).await {
                Err(CallError::Closed) => {}
                outcome => return outcome,
            }
        }
        self.call_once(Request::from_parts(head, RequestBody::Empty), false).await
    }

    /// As [`call`](Self::call), but follows redirects that lead to the handler again, as the host's client does where requests
    /// are not forwarded (protocol section 3.5).
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_following_redirects(&self, request: Request<Bytes>) -> Result<Answer, CallError> {
        /// .NET's `MaxAutomaticRedirections`.
        const MAX_REDIRECTS: u32 = 50;

        let (mut head, mut bytes) = request.into_parts();
        for _ in 0..MAX_REDIRECTS {
            let body = if bytes.is_empty() { RequestBody::Empty } else { RequestBody::Whole(bytes.clone()) };
            let answer = self.call(Request::from_parts(head.clone(), body)).await?;
            let Some(location) = self.redirect_target(&answer) else { return Ok(answer) };
            head.uri = location;
            if !matches!(answer.head.status.as_u16(), 307 | 308) {
                head.method = hyper::Method::GET;
                head.headers.remove(hyper::header::TRANSFER_ENCODING);
                head.headers.remove(hyper::header::CONTENT_TYPE);
                bytes = Bytes::new();
            }
        }
        Err(CallError::Broken(format!("the handler redirected more than {MAX_REDIRECTS} times")))
    }

    async fn call_once(&self, request: Request<RequestBody>, may_reuse: bool) -> Result<Answer, CallError> {
        let connection = match self.take_idle().filter(|_| may_reuse) {
            Some(connection) => connection,
            None => Box::new(Connection::open(self.address).await?),
        };
        let (answer, mut connection) = connection.exchange(request).await?;
        if connection.is_reusable().await {
            let usable_until = keep_alive_limit(&answer.head.headers);
            let mut idle = self.idle();
            if idle.len() < MAX_IDLE_CONNECTIONS {
                idle.push(Idle { connection, usable_until });
            }
        }
        Ok(answer)
    }

    /// The connection used last that is still open.
    fn take_idle(&self) -> Option<Box<Connection>> {
        loop {
            let Idle { mut connection, usable_until } = self.idle().pop()?;
            if usable_until.is_none_or(|until| Instant::now() < until) && connection.is_open() {
                return Some(connection);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn redirect_target(&self, answer: &Answer) -> Option<hyper::Uri> {
        if !matches!(answer.head.status.as_u16(), 300..=303 | 307 | 308) {
            return None;
        }
        let location = answer.head.headers.get(hyper::header::LOCATION)?.to_str().ok()?;
        let own = format!("http://{}", self.address);
        let path = location.strip_prefix(&own).unwrap_or(location);
        Some(path).filter(|path| path.starts_with('/') && !path.starts_with("//"))?.parse().ok()
    }
}

impl std::fmt::Display for CallError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(address) => write!(out, "Connection refused ({address})"),
            Self::Closed => out.write_str("The handler closed the connection without an answer"),
            Self::Broken(what) => out.write_str(what),
        }
    }
}

impl std::error::Error for CallError {}

#[derive(Debug)]
struct Idle {
    connection: Box<Connection>,
    usable_until: Option<Instant>,
}

#[derive(Debug)]
struct Connection {
    sender: http1::SendRequest<RequestBody>,
    driver: http1::Connection<TokioIo<TcpStream>, RequestBody>,
    is_finished: bool,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, CallError> {
        let stream = TcpStream::connect(address).await.map_err(|error| match error.kind() {
            io::ErrorKind::ConnectionRefused => CallError::Refused(address),
            _ => CallError::Broken(format!("Cannot connect to the handler at {address}: {error}")),
        })?;
        // A request must not wait for the acknowledgement of the one before it.
        _ = stream.set_nodelay(true);
        let handshake = http1::Builder::new()
            .preserve_header_case(true)
            .title_case_headers(true)
            .max_header_size(MAX_ANSWER_HEAD_BYTES)
            .handshake(TokioIo::new(stream));
        let (sender, driver) = handshake.await.map_err(|error| CallError::Broken(describe(&error)))?;
        Ok(Self { sender, driver, is_finished: false })
    }

    async fn exchange(mut self: Box<Self>, request: Request<RequestBody>) -> Result<(Answer, Box<Self>), CallError> {
        let response = self.sender.send_request(request);
        let (head, mut body) = match self.drive(response).await {
            Ok(response) => response.into_parts(),
            Err(error) => return Err(self.failure(&error)),
        };
        let mut pieces = Vec::new();
        while let Some(frame) = self.next_frame(&mut body).await {
            let frame = frame.map_err(|error| CallError::Broken(describe(&error)))?;
            pieces.extend(frame.into_data().ok().filter(|data| !data.is_empty()));
        }
        Ok((Answer { head, body: pieces }, self))
    }

    async fn next_frame(&mut self, body: &mut Incoming) -> Option<hyper::Result<hyper::body::Frame<Bytes>>> {
        self.drive(poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx))).await
    }

    /// Runs the connection while `future`, which depends on it, is waited for.
    async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            // The future first: it may ask the connection for more.
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            self.poll_driver(cx);
            future.as_mut().poll(cx)
        })
        .await
    }

    fn poll_driver(&mut self, cx: &mut Context<'_>) {
        // Its outcome is told to whoever waits for the answer.
        self.is_finished = self.is_finished || Pin::new(&mut self.driver).poll(cx).is_ready();
    }

    /// Whether the handler has not hung up while the connection was idle.
    fn is_open(&mut self) -> bool {
        self.poll_driver(&mut Context::from_waker(std::task::Waker::noop()));
        !self.is_finished && self.sender.is_ready()
    }

    async fn is_reusable(&mut self) -> bool {
        poll_fn(|cx| {
            self.poll_driver(cx);
            Poll::Ready(!self.is_finished && self.sender.is_ready())
        })
        .await
    }

    /// A close before any byte of the answer is another thing than one in its midst (protocol section 3.7).
    fn failure(self, error: &hyper::Error) -> CallError {
        let nothing_came = self.driver.into_parts().read_buf.is_empty();
        if nothing_came && (error.is_incomplete_message() || error.is_canceled() || error.is_closed()) {
            CallError::Closed
        } else {
            CallError::Broken(describe(error))
        }
    }
}

/// Until when a connection may be used again, where the handler limits that: `Keep-Alive: timeout=5`.
fn keep_alive_limit(headers: &HeaderMap) -> Option<Instant> {
    let value = headers.get(HeaderName::from_static("keep-alive"))?.to_str().ok()?;
    let seconds = value.split(',').find_map(|part| part.trim().strip_prefix("timeout="))?;
    let seconds = seconds.parse::<u64>().ok()?.saturating_sub(KEEP_ALIVE_MARGIN_SECONDS);
    Instant::now().checked_add(Duration::from_secs(seconds))
}

/// An error with its causes, outermost first.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
