//! What callers may send that is not HTTP, or more than one can hold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use support::proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::{Caller, Request, Response, Service, Warning, server};

const LONG: Duration = Duration::from_secs(240);
const CHUNKED: &str = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn what_is_not_a_request_is_refused() {
    let handler = proxy(LONG).await;
    for (sent, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n".to_owned(), "400"),
        (format!("GET /{}", "x".repeat(20_000)), "414"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(100_000)), "431"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{}", "X: y\r\n".repeat(200)), "431"),
    ] {
        let mut caller = handler.caller("").await;
        // The refusal may come before all has been sent.
        _ = caller.stream.write_all(sent.as_bytes()).await;
        let head = caller.read_until("\r\n\r\n").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")) && head.contains("Connection: close\n"), "{head}");
    }
}

#[tokio::test]
async fn a_head_may_come_byte_by_byte_and_is_refused_at_the_end_of_a_line() {
    let handler = proxy(LONG).await;
    for (sent, expected) in [("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", ""), ("GET /a HTTP/1.1\r\nno colon\r\n", "400")] {
        let mut caller = handler.caller("").await;
        caller.stream.set_nodelay(true).unwrap();
        for byte in sent.as_bytes() {
            caller.stream.write_all(&[*byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        match expected {
            "" => assert_eq!(handler.accept().await.1, "GET /a HTTP/1.1\nHost: a\n\n"),
            status => assert!(caller.read_until("\r\n\r\n").await.contains(status)),
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_chunked_as_announced_fails_the_request() {
    let handler = proxy(LONG).await;
    let endless = format!("0\r\n{}", "X: y\r\n".repeat(10_000));
    for body in ["zz\r\n", "-1\r\n", "fffffffffffffffff\r\nab", "2\r\nabc\r\n", endless.as_str()] {
        let mut caller = handler.caller(CHUNKED).await;
        let (mut peer, _) = handler.accept().await;
        _ = caller.stream.write_all(body.as_bytes()).await;
        let head = caller.read_until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 500 "), "{body}: {head}");
        assert!(!peer.rest().await.unwrap_or_default().ends_with("0\n\n"), "the handler took the request for complete");
    }
}

#[tokio::test]
async fn a_caller_who_stops_in_the_middle_of_a_body_ends_the_request_to_the_handler() {
    let handler = proxy(LONG).await;
    for half in [false, true] {
        let mut caller = handler.caller(&format!("{CHUNKED}5\r\nab")).await;
        let (mut peer, _) = handler.accept().await;
        if half {
            caller.stream.shutdown().await.unwrap();
        } else {
            drop(caller);
        }
        assert!(!peer.rest().await.unwrap_or_default().ends_with("0\n\n"), "the handler took the request for complete");
    }
}

#[tokio::test]
async fn requests_may_follow_each_other_without_waiting() {
    let handler = proxy(LONG).await;
    let mut caller = handler.caller("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let (mut peer, head) = handler.accept().await;
    assert!(head.starts_with("GET /1 "), "{head}");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1").await;
    assert!(peer.read_until("\r\n\r\n").await.starts_with("GET /2 "));
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2").await;
    assert!(caller.read_until("\r\n\r\n1").await.starts_with("HTTP/1.1 200 "));
    assert!(caller.read_until("\r\n\r\n2").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_and_a_body_that_does_not_come_are_given_up() {
    let handler = proxy(LONG).await;
    let mut caller = handler.caller("GET / HTTP/1.1\r\nHost: a\r\n").await;
    assert!(caller.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 408 "));
    let mut caller = handler.caller(CHUNKED).await;
    let (mut peer, _) = handler.accept().await;
    assert!(caller.read_until("\r\n\r\n").await.starts_with("HTTP/1.1 500 "));
    peer.closed().await;
}

#[tokio::test]
async fn connections_that_have_had_their_last_answer_end_when_the_server_stops() {
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = front.local_addr().unwrap();
    let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
    let stopping = async { drop(stopping.await) };
    let server = tokio::spawn(server::serve(vec![front], 10, stopping, Always));
    let mut callers = Vec::new();
    // One lingers behind its answer, the other waits for the final response to an interim one.
    for request in
        ["POST /close HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET /interim HTTP/1.1\r\nHost: a\r\n\r\n"]
    {
        let mut caller = TcpStream::connect(address).await.unwrap();
        caller.write_all(request.as_bytes()).await.unwrap();
        assert!(caller.read(&mut [0; 64]).await.unwrap() > 0);
        callers.push(caller);
    }
    stop.send(()).unwrap();
    // By the limits of a silent connection it would take two minutes.
    tokio::time::timeout(Duration::from_secs(4), server).await.unwrap().unwrap();
}

#[tokio::test]
async fn where_all_connections_have_requests_the_longest_upload_makes_room() {
    let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = front.local_addr().unwrap();
    let (come, mut have_come) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(server::serve(vec![front], 3, std::future::pending(), Waits(come)));
    let mut callers = Vec::new();
    for request in [
        "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n",
    ] {
        let mut caller = TcpStream::connect(address).await.unwrap();
        caller.write_all(request.as_bytes()).await.unwrap();
        callers.push(caller);
    }
    // The others have been read, and this one is asked for more.
    have_come.recv().await.unwrap();
    have_come.recv().await.unwrap();
    assert!(callers[2].read(&mut [0; 64]).await.unwrap() > 0);
    for _ in 0..3 {
        let mut fresh = TcpStream::connect(address).await.unwrap();
        fresh.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(fresh.read(&mut [0; 64]).await.unwrap() > 0, "it is answered");
    }
    let end = callers[2].read(&mut [0; 64]).await;
    assert!(matches!(end, Ok(0) | Err(_)), "the upload has made room");
    for caller in &callers[..2] {
        let open = caller.try_read(&mut [0; 64]).unwrap_err();
        assert_eq!(open.kind(), std::io::ErrorKind::WouldBlock, "whose request has come in full goes on");
    }
}

/// Reads what it is sent, and answers only who asks for `/`.
#[derive(Clone)]
struct Waits(tokio::sync::mpsc::UnboundedSender<()>);

impl Service for Waits {
    async fn call(&self, request: Request<'_>, caller: &mut Caller) -> Option<Response> {
        caller.discard(u64::MAX).await.ok()?;
        if request.target.path != "/" {
            self.0.send(()).unwrap();
            std::future::pending::<()>().await;
        }
        Some(Response::empty(200))
    }

    fn warn(&self, _: Warning) {}
}

/// Gives each caller a 200, or a mere 103.
#[derive(Clone)]
struct Always;

impl Service for Always {
    async fn call(&self, request: Request<'_>, _: &mut Caller) -> Option<Response> {
        Some(Response::empty(if request.target.path == "/interim" { 103 } else { 200 }))
    }

    fn warn(&self, _: Warning) {}
}
