//! A service that passes requests on to a handler, and raw sockets on both its sides.

#![allow(dead_code, reason = "each test program uses a part")]

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::client::{self, Body};
use wire::{Caller, Client, Headers, Name, Request, Response, Service, StreamError, Warning, server};

/// How long a test waits for anything.
const LIMIT: Duration = Duration::from_secs(60);

/// Passes requests on as they come, as far as these tests need it.
#[derive(Clone)]
pub struct Proxy {
    client: Arc<Client>,
    idle_limit: Duration,
}

/// A handler that the test plays itself.
pub struct Handler {
    listener: TcpListener,
    /// Where the proxy listens.
    pub port: u16,
}

/// One side of a connection.
pub struct Peer {
    pub stream: TcpStream,
}

/// A proxy, and the handler behind it.
pub async fn proxy(idle_limit: Duration) -> Handler {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Arc::new(Client::new(listener.local_addr().unwrap().port()));
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = front.local_addr().unwrap().port();
    tokio::spawn(server::serve(vec![front], 1000, std::future::pending(), Proxy { client, idle_limit }));
    Handler { listener, port }
}

impl Handler {
    /// A caller who has sent this.
    pub async fn caller(&self, sent: &str) -> Peer {
        let mut peer = Peer { stream: TcpStream::connect(("127.0.0.1", self.port)).await.unwrap() };
        peer.send(sent).await;
        peer
    }

    /// The next connection from the proxy, with the head of its request.
    pub async fn accept(&self) -> (Peer, String) {
        let (stream, _) = within(self.listener.accept()).await.unwrap();
        let mut peer = Peer { stream };
        let head = peer.read_until("\r\n\r\n").await;
        (peer, head)
    }

    /// Passes one request on, to which the handler answers with `response` and then closes; all that the caller gets.
    pub async fn pass(&self, request: &str, response: &str) -> String {
        let mut caller = self.caller(request).await;
        let (mut handler, _) = self.accept().await;
        handler.send(response).await;
        drop(handler);
        caller.rest().await.unwrap_or_else(|error| error.kind().to_string())
    }
}

impl Peer {
    pub async fn send(&mut self, text: &str) {
        within(self.stream.write_all(text.as_bytes())).await.unwrap();
    }

    /// What comes, up to and with `end`.
    pub async fn read_until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let byte = within(self.stream.read_u8()).await;
            text.push(byte.unwrap_or_else(|error| panic!("{error} after {}", String::from_utf8_lossy(&text))));
        }
        without_date(&text)
    }

    /// All that still comes.
    pub async fn rest(&mut self) -> std::io::Result<String> {
        let mut text = Vec::new();
        within(self.stream.read_to_end(&mut text)).await?;
        Ok(without_date(&text))
    }

    /// Waits until the other side has closed or reset its connection.
    pub async fn closed(&mut self) {
        assert!(matches!(within(self.stream.read(&mut [0])).await, Ok(0) | Err(_)));
    }
}

impl Service for Proxy {
    async fn call(&self, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
        let mut headers = Headers::default();
        for line in request.head.headers.iter() {
            headers.push(line.name, line.value);
        }
        let (method, target) = (request.head.method.clone(), request.head.target.clone());
        let outgoing = client::Request { method: method.into(), target, headers };
        let body = if caller.has_body() { Body::Stream(caller) } else { Body::Empty };
        let response = match self.client.send(&outgoing, body, self.idle_limit).await {
            Ok(sent) => tokio::select! {
                response = sent.response() => response,
                () = caller.left() => return None,
            },
            Err(error) => Err(error),
        };
        let client::Response { head, mut body } = match response {
            Ok(response) => response,
            Err(error) => return Some(failed(&format!("{error}"))),
        };
        let mut response = Response { headers: head.headers, ..Response::empty(head.status) };
        if head.status == 101 {
            caller.tunnel(response, body.upgrade()?, self.idle_limit).await;
            return None;
        }
        response.headers.remove(Name::Connection);
        match caller.stream(response, &mut body).await {
            Err(StreamError::Unsent(error)) => Some(failed(&format!("{error}"))),
            _ => None,
        }
    }

    fn warn(&self, warning: Warning) {
        eprintln!("{warning}");
    }
}

fn failed(why: &str) -> Response {
    Response { body: vec![why.to_owned().into()], ..Response::empty(500) }
}

fn without_date(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("Date: ") && !line.starts_with("Server: "));
    lines.collect::<String>().replace("\r\n", "\n")
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("nothing happened for a minute")
}
