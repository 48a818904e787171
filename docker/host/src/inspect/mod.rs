//! A page that shows the exchanges between host and handler as they pass: `--inspect`.
//!
//! It listens on a port of its own, on the loopback interface. Who does not know the path gets nothing, and neither does a page of
//! another site that has this address under a name of its own.

mod again;
mod events;
mod rules;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use tokio::net::TcpListener;
use uuid::Uuid;
use wire::{Caller, Name, Request, Response, Service, Warning, server};

use crate::exchange::{Exchange, Exchanges};
use crate::host::Host;
use crate::log;
use events::{Events, Followers};

const PAGE: &str = include_str!("page.html");
/// The page needs what is in it, and this server.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Half of them are for pages that follow ([`events::MOST_FOLLOWERS`]); of the others the longest silent one makes room.
const MOST_CONNECTIONS: usize = 2 * events::MOST_FOLLOWERS;
/// A body that is sent again was typed by a person.
const BODY_BYTES: u64 = 16 * 1024 * 1024;

/// The page, before it is served.
#[derive(Debug)]
pub struct Inspector {
    listener: TcpListener,
    address: SocketAddr,
    token: Arc<str>,
}

impl Inspector {
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self { address: listener.local_addr()?, listener, token: Uuid::new_v4().simple().to_string().into() })
    }

    /// Where a browser finds it.
    pub fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token)
    }

    /// Serves it until the host is asked to stop.
    pub async fn serve(self, host: Arc<Host>) {
        let Some(exchanges) = host.exchanges.clone() else { return };
        let followers = Arc::default();
        let page = Page { host: Arc::clone(&host), exchanges, followers, address: self.address, token: self.token };
        server::serve(vec![self.listener], MOST_CONNECTIONS, host.stop_requested(), page).await;
    }
}

#[derive(Clone)]
struct Page {
    host: Arc<Host>,
    exchanges: Arc<Exchanges>,
    followers: Arc<Followers>,
    address: SocketAddr,
    token: Arc<str>,
}

impl Service for Page {
    async fn call(&self, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
        let headers = &request.head.headers;
        let own = [self.address.to_string(), format!("localhost:{}", self.address.port())];
        let asked_for = headers.text(Name::Host).unwrap_or_default();
        if !own.iter().any(|own| own == asked_for) {
            return Some(text(403, "this host has another name"));
        }
        // A page of another site may know the path, too, and that a browser does not let it read the answer stops no request.
        let origin = headers.named("origin").map(String::from_utf8_lossy);
        if origin.is_some_and(|origin| origin != format!("http://{asked_for}")) {
            return Some(text(403, "this page is another's"));
        }
        let path = request.target.path.strip_prefix('/').and_then(|path| path.strip_prefix(&*self.token));
        let Some(path) = path.and_then(|path| path.strip_prefix('/')) else { return Some(Response::empty(404)) };
        let parts: Vec<&str> = path.split('/').collect();
        Some(match (request.head.method.as_str(), parts.as_slice()) {
            ("GET", [""]) => of_type(200, "text/html; charset=utf-8", PAGE),
            ("GET", ["exchanges"]) => json(&self.exchanges.list(|_| true)),
            ("GET", ["exchanges", number]) => match self.exchange(number) {
                Some(exchange) => json(&exchange),
                None => Response::empty(404),
            },
            ("POST", ["exchanges", number, "again"]) => self.again(number, caller).await,
            ("GET", ["events"]) => {
                let mut events = Events::new(Arc::clone(&self.host), Arc::clone(&self.exchanges), &self.followers);
                // If it fails, the browser has left.
                _ = caller.stream(of_type(200, "text/event-stream", ""), &mut events).await;
                return None;
            }
            ("GET", ["rules", anchor]) => match rules::section(anchor) {
                Some(rule) => text(200, &rule),
                None => Response::empty(404),
            },
            _ => Response::empty(404),
        })
    }

    fn warn(&self, warning: Warning) {
        self.host.log.warning(log::HOST, format!("The page of --inspect: {warning}"));
    }
}

impl Page {
    fn exchange(&self, number: &str) -> Option<Exchange> {
        self.exchanges.get(number.parse().ok()?)
    }

    async fn again(&self, number: &str, caller: &mut Caller) -> Response {
        let Ok(body) = caller.collect(BODY_BYTES).await else { return text(400, "the body did not come") };
        let Some(exchange) = self.exchange(number) else { return text(404, "it is not kept any more") };
        let Some(running) = self.host.running() else { return text(503, "the app is not served") };
        match again::send(&self.host, &running, &exchange, body.into()).await {
            Ok(()) => Response::empty(204),
            Err(error) => text(409, &error.to_string()),
        }
    }
}

fn text(status: u16, text: &str) -> Response {
    of_type(status, "text/plain; charset=utf-8", text.to_owned())
}

fn json(value: &impl Serialize) -> Response {
    // Exchanges are texts and numbers, which can be written.
    let body = serde_json::to_string(value).unwrap_or_default();
    of_type(200, "application/json", body)
}

fn of_type(status: u16, content_type: &str, body: impl Into<Bytes>) -> Response {
    let mut response = Response::of(status, content_type, body);
    for (name, value) in [
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", POLICY),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ] {
        response.headers.push(name, value);
    }
    response
}
