//! The client towards the handler, as .NET's `HttpClient`.
//!
//! A connection is driven by the task that uses it: no message has to pass from one task to another and back, which is most of
//! what a pool with a task for each connection costs.

#[path = "client/connection.rs"]
mod connection;
mod error;
mod request;
mod response;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::headers::Headers;
use crate::name::Name;
use connection::Connection;
pub use error::Error;
pub use request::{Body, Request};
pub use response::Response;

/// How many idle connections are kept.
const MAX_IDLE_CONNECTIONS: usize = 128;
/// How often a request without a body is sent again when its connection is closed without a response (protocol.md#forwarding-repeated-delivery).
const MAX_REPEATS: u32 = 3;
/// .NET's `MaxAutomaticRedirections`.
const MAX_REDIRECTS: u32 = 50;
/// A connection that the handler says it keeps for some seconds is not used in the last of them, when it may just be closing.
const KEEP_ALIVE_MARGIN_SECONDS: u64 = 1;

/// The connections to one handler.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    idle: Mutex<Vec<Idle>>,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    usable_until: Option<Instant>,
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

    /// Sends a request and waits for the complete response. A request without a body is sent again, up to three times, when the
    /// handler closes the connection without a response (protocol.md#forwarding-repeated-delivery).
    ///
    /// # Errors
    /// If the handler does not listen, hangs up, or does not speak HTTP.
    pub async fn call(&self, request: &Request, body: Body<'_>) -> Result<Response, Error> {
        if !matches!(body, Body::Empty) {
            return self.call_once(request, body, true).await;
        }
        for repeat in 0..MAX_REPEATS {
            match self.call_once(request, Body::Empty, repeat == 0).await {
                Err(Error::Closed) => {}
                outcome => return outcome,
            }
        }
        self.call_once(request, Body::Empty, false).await
    }

    /// As [`call`](Self::call), but follows redirects that lead to the handler again, as the host's client does where requests
    /// are not forwarded (protocol.md#forwarding-redirects). `body` makes the request's body, as often as it is needed.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_following_redirects(
        &self,
        mut request: Request,
        body: impl Fn() -> Body<'static>,
    ) -> Result<Response, Error> {
        let mut has_body = true;
        let mut redirects = 0;
        loop {
            let response = self.call(&request, if has_body { body() } else { Body::Empty }).await?;
            // The last of too many is a response like any other.
            let location = self.redirect_target(&response, &request.target).filter(|_| redirects < MAX_REDIRECTS);
            let Some(location) = location else { return Ok(response) };
            redirects += 1;
            request.target = location;
            if !matches!(response.head.status, 307 | 308) {
                "GET".clone_into(&mut request.method);
                request.headers.remove(Name::TransferEncoding);
                request.headers.remove(Name::ContentType);
                has_body = false;
            }
        }
    }

    async fn call_once(&self, request: &Request, body: Body<'_>, may_reuse: bool) -> Result<Response, Error> {
        let mut connection = match self.take_idle().filter(|_| may_reuse) {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let response = connection.exchange(request, body).await?;
        if connection.is_reusable() {
            let usable_until = keep_alive_limit(&response.head.headers);
            let mut idle = self.idle();
            if idle.len() < MAX_IDLE_CONNECTIONS {
                idle.push(Idle { connection, usable_until });
            }
        }
        Ok(response)
    }

    /// The connection used last that is still open.
    fn take_idle(&self) -> Option<Connection> {
        loop {
            let Idle { connection, usable_until } = self.idle().pop()?;
            if usable_until.is_none_or(|until| Instant::now() < until) && connection.is_open() {
                return Some(connection);
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn redirect_target(&self, response: &Response, from: &str) -> Option<String> {
        if !matches!(response.head.status, 300..=303 | 307 | 308) {
            return None;
        }
        let location = response.head.headers.text(Name::Location)?;
        let own = format!("http://{}", self.address);
        resolved(location.strip_prefix(&own).unwrap_or(location), from)
    }
}

/// Where a `Location` without scheme and host leads to from the target `from`; `None` for one with them.
fn resolved(location: &str, from: &str) -> Option<String> {
    let location = location.split('#').next().filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic()))?;
    let is_elsewhere = location.starts_with("//") || location.split(['/', '?']).next()?.contains(':');
    let path = from.split('?').next()?;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match location.chars().next()? {
        _ if is_elsewhere => None,
        '/' => Some(location.to_owned()),
        '?' => Some(format!("{path}{location}")),
        _ => Some(format!("{folder}/{location}")),
    }
}

/// Until when a connection may be used again, if the handler limits that: `Keep-Alive: timeout=5`.
fn keep_alive_limit(headers: &Headers) -> Option<Instant> {
    let mut parts = headers.get(Name::KeepAlive)?.split(|byte| *byte == b',');
    let seconds = parts.find_map(|part| part.trim_ascii().strip_prefix(b"timeout="))?;
    let seconds = std::str::from_utf8(seconds).ok()?.parse::<u64>().ok()?.saturating_sub(KEEP_ALIVE_MARGIN_SECONDS);
    Instant::now().checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_resolved_against_the_path_they_come_from() {
        for (location, expected) in [
            ("/b?q=1", Some("/b?q=1")),
            ("/b#part", Some("/b")),
            ("b", Some("/x/b")),
            ("?q=http://c", Some("/x/a?q=http://c")),
            ("//c/b", None),
            ("http://c/b", None),
            ("/a b", None),
            ("", None),
        ] {
            assert_eq!(resolved(location, "/x/a?old").as_deref(), expected, "{location}");
        }
    }
}
