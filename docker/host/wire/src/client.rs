//! The client towards the handler, as .NET's `HttpClient`.
//!
//! A connection is driven by the task that uses it: no message has to pass from one task to another and back, which is most of
//! what a pool with a task for each connection costs.

mod connection;
mod error;
mod pool;
mod receive;
mod request;
mod response;
mod response_body;
mod send;
mod sent;
mod spelling;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::name::Name;
use connection::Connection;
use pool::{Pool, keep_alive_limit};
use sent::Exchange;

pub use error::Error;
pub use request::{Body, Request};
pub use response::{Response, See};
pub use response_body::ResponseBody;
pub use sent::Sent;
pub use spelling::{separator, spelt, spelt_method};

/// How often a request without a body is sent again when its connection is closed without a response
/// (protocol.md#forwarding-repeated-delivery).
const MAX_REPEATS: u32 = 3;
/// .NET's `MaxAutomaticRedirections`.
const MAX_REDIRECTS: u32 = 50;

/// The connections to one handler.
#[derive(Debug)]
pub struct Client {
    pool: Arc<Pool>,
    authority: String,
}

impl Client {
    /// A client of the handler that listens on this port of 127.0.0.1.
    pub fn new(port: u16) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self { pool: Arc::new(Pool::new(address)), authority: address.to_string() }
    }

    /// A client that begins with this connection.
    ///
    /// # Errors
    /// If it leads nowhere any more.
    pub fn over(stream: TcpStream) -> io::Result<Self> {
        let client = Self::new(stream.peer_addr()?.port());
        client.pool.begin_with(Connection::over(stream));
        Ok(client)
    }

    /// Where the handler listens, as `Host` says it.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Closes all idle connections: the process they lead to has ended.
    pub fn forget_connections(&self) {
        self.pool.clear();
    }

    /// Sends a request and waits for the complete response. A request without a body is sent again, up to three times, when the
    /// handler closes the connection without a response (protocol.md#forwarding-repeated-delivery).
    ///
    /// # Errors
    /// If the handler does not listen, hangs up, or does not speak HTTP.
    pub async fn call(&self, request: &Request, body: Body<'_>) -> Result<Response, Error> {
        self.call_and_see(request, body, &|_| ()).await
    }

    /// As [`call`](Self::call); `see` is shown the head of the response when it has come: the body may be long, or never end.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_and_see(&self, request: &Request, body: Body<'_>, see: &See<'_>) -> Result<Response, Error> {
        let mut repeats = if matches!(body, Body::Empty) { MAX_REPEATS } else { 0 };
        let mut connection = self.pool.take(true, None).await?;
        let mut exchanged = connection.exchange(request, body, see).await;
        while repeats > 0 && matches!(exchanged, Err(Error::Closed)) {
            repeats -= 1;
            connection = self.pool.take(false, None).await?;
            exchanged = connection.exchange(request, Body::Empty, see).await;
        }
        let response = exchanged?;
        let usable_until = keep_alive_limit(&response.head.headers);
        self.pool.give_back(connection, usable_until);
        Ok(response)
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
                request.method = "GET".into();
                request.headers.remove(Name::TransferEncoding);
                request.headers.remove(Name::ContentType);
                has_body = false;
            }
        }
    }

    /// Sends a request of which the response is not waited for: its body may be long, or never end. This is done when the
    /// request has been sent as a whole, as with .NET's client; if it waits for `100 Continue` and gets a final response instead,
    /// the body is not sent. Every wait ends when nothing has moved for `idle_limit`, here and in what follows.
    ///
    /// # Errors
    /// If the handler does not listen or does not read, or the caller's body fails.
    pub async fn send<'a>(
        &'a self,
        request: &'a Request,
        body: Body<'_>,
        idle_limit: Duration,
    ) -> Result<Sent<'a>, Error> {
        let repeats = if matches!(body, Body::Empty) { MAX_REPEATS } else { 0 };
        Exchange { pool: &self.pool, request, idle_limit }.send(body, true, repeats).await
    }

    /// Opens a connection and closes it without a byte, as .NET's client does with a request whose body it cannot send again
    /// (recording Y94b).
    ///
    /// # Errors
    /// If the handler does not listen.
    pub async fn knock(&self) -> Result<(), Error> {
        self.pool.take(false, None).await.map(drop)
    }

    fn redirect_target(&self, response: &Response, from: &str) -> Option<String> {
        if !matches!(response.head.status, 300..=303 | 307 | 308) {
            return None;
        }
        let location = response.head.headers.text(Name::Location)?;
        let own = format!("http://{}", self.pool.address);
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
