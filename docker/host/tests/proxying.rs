//! Proxying at the pace of both ends, and what becomes of one end when the other goes (protocol.md#proxying-response and
//! #proxying-errors). What comes first is shown by waiting for it, never by the clock.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "support/host.rs"]
mod host;
#[path = "support/streaming.rs"]
mod streaming;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use streaming::{Proxy, read_head};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;

const GET: &str = "GET /x HTTP/1.1\r\nHost: x\r\n\r\n";
const LIMIT: Duration = Duration::from_secs(30);
const EVENTS_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The head of a request that is not the readiness probe, which is answered.
async fn next_request(stream: &mut BufReader<TcpStream>) -> Option<String> {
    loop {
        let head = read_head(stream).await?;
        if !head.starts_with("GET / ") {
            return Some(head);
        }
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.ok()?;
    }
}

/// A handler that answers every request with these bytes and then keeps the connection, or closes it.
async fn with_response(response: &'static [u8], keeps: bool) -> Proxy {
    Proxy::with_handler(move |mut stream| async move {
        while next_request(&mut stream).await.is_some() {
            _ = stream.get_mut().write_all(response).await;
            if !keeps {
                return;
            }
        }
    })
    .await
}

/// The head of the response that a caller waits for.
async fn response_head(caller: &mut BufReader<TcpStream>) -> String {
    timeout(LIMIT, read_head(caller)).await.expect("a response").expect("a head")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_reaches_the_caller_before_the_next_one_is_sent() {
    let heard = Arc::new(Notify::new());
    let hears = Arc::clone(&heard);
    let proxy = Proxy::with_handler(move |mut stream| {
        let heard = Arc::clone(&hears);
        async move {
            if next_request(&mut stream).await.is_none() {
                return;
            }
            _ = stream.get_mut().write_all(EVENTS_HEAD).await;
            for number in 0..3 {
                _ = stream.get_mut().write_all(format!("9\r\ndata: {number}\n\n\r\n").as_bytes()).await;
                // The caller has it before there is more.
                heard.notified().await;
            }
            _ = stream.get_mut().write_all(b"0\r\n\r\n").await;
        }
    })
    .await;
    let mut caller = proxy.send(GET).await;
    read_head(&mut caller).await.expect("a head");
    for number in 0..3 {
        let mut event = String::new();
        while !event.contains("data: ") {
            timeout(LIMIT, caller.read_line(&mut event)).await.expect("an event").expect("an event");
        }
        assert!(event.ends_with(&format!("data: {number}\n")), "{event:?}");
        heard.notify_one();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_ends_the_connection_to_the_handler() {
    let (asked, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (asks, goes) = (Arc::clone(&asked), Arc::clone(&gone));
    let proxy = Proxy::with_handler(move |mut stream| {
        let (asked, gone) = (Arc::clone(&asks), Arc::clone(&goes));
        async move {
            if next_request(&mut stream).await.is_some() {
                asked.notify_one();
                _ = stream.read(&mut [0]).await;
                gone.notify_one();
            }
        }
    })
    .await;
    let caller = proxy.send(GET).await;
    timeout(LIMIT, asked.notified()).await.expect("the handler is asked");
    drop(caller);
    timeout(LIMIT, gone.notified()).await.expect("the handler's connection is closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_dies_within_a_body_resets_the_caller() {
    let proxy = with_response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false).await;
    let mut caller = proxy.send(GET).await;
    let mut all = Vec::new();
    let end = timeout(LIMIT, caller.read_to_end(&mut all)).await.expect("an end");
    assert_eq!(end.expect_err("no orderly end").kind(), ErrorKind::ConnectionReset);
    assert!(String::from_utf8_lossy(&all).ends_with("\r\n\r\n5\r\nhello\r\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_caller_can_use_is_an_empty_500() {
    for response in [
        &b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nX: \xc3\xbc\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx",
        b"GARBAGE\r\n\r\n",
    ] {
        let proxy = with_response(response, true).await;
        let mut caller = proxy.send(GET).await;
        let head = response_head(&mut caller).await;
        let shown = String::from_utf8_lossy(response).into_owned();
        assert!(head.starts_with("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n"), "{shown}: {head}");
    }
}

/// As on a full disk, where the real host cannot keep the body either (protocol.md#proxying-request-body).
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_no_file_can_keep_is_a_500_and_the_host_lives() {
    let proxy = with_response(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true).await;
    let host = i32::try_from(proxy.host.process.id()).ok().and_then(Pid::from_raw);
    let limit = Rlimit { current: Some(4096), maximum: Some(4096) };
    prlimit(host, Resource::Fsize, limit).expect("a limit on files");
    for (length, status) in [(100_000, "500"), (1_000, "200"), (40_000, "500")] {
        let request = format!("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{}", "x".repeat(length));
        let mut caller = proxy.send(&request).await;
        let head = response_head(&mut caller).await;
        assert_eq!(head.split(' ').nth(1), Some(status), "{length}: {head}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_without_end_and_interim_responses_without_end_are_given_up() {
    for endless in [&b"X-More: of the same\r\n"[..], b"HTTP/1.1 100 Continue\r\n\r\n"] {
        let proxy = Proxy::with_handler(move |mut stream| async move {
            if next_request(&mut stream).await.is_some() {
                let begins = if endless.starts_with(b"X") { &b"HTTP/1.1 200 OK\r\n"[..] } else { b"" };
                _ = stream.get_mut().write_all(begins).await;
                while stream.get_mut().write_all(endless).await.is_ok() {}
            }
        })
        .await;
        let mut caller = proxy.send(GET).await;
        let head = response_head(&mut caller).await;
        assert!(head.starts_with("HTTP/1.1 500 "), "{head}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_the_handler_does_not_want_is_not_sent_to_it() {
    let (after_head, mut rest) = tokio::sync::mpsc::unbounded_channel();
    let proxy = Proxy::with_handler(move |mut stream| {
        let after_head = after_head.clone();
        async move {
            if next_request(&mut stream).await.is_none() {
                return;
            }
            _ = stream.get_mut().write_all(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n").await;
            let mut bytes = Vec::new();
            _ = stream.read_to_end(&mut bytes).await;
            _ = after_head.send(bytes);
        }
    })
    .await;
    let mut caller =
        proxy.send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n").await;
    assert_eq!(read_head(&mut caller).await.as_deref(), Some("HTTP/1.1 100 Continue\r\n\r\n"));
    caller.get_mut().write_all(b"body").await.expect("a caller");
    assert!(read_head(&mut caller).await.is_some_and(|head| head.starts_with("HTTP/1.1 417 ")));
    // The connection ends where the body would be.
    assert_eq!(timeout(LIMIT, rest.recv()).await.expect("an end"), Some(Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_answered_otherwise_passes_as_it_is() {
    let proxy = with_response(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", true).await;
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let mut caller = proxy.send(request).await;
    let head = response_head(&mut caller).await;
    let mut body = [0; 2];
    caller.read_exact(&mut body).await.expect("a body");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n") && body == *b"no", "{head}");
}

/// The handler gets a `GET` all the same (protocol.md#proxying-upgrades).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_upgraded_whatever_the_method_and_the_version() {
    let proxy = Proxy::with_handler(|mut stream| async move {
        let Some(request) = next_request(&mut stream).await else { return };
        let line = request.lines().next().unwrap_or_default();
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Line: {line}\r\n\r\n"
        );
        _ = stream.get_mut().write_all(head.as_bytes()).await;
        let mut said = [0; 4];
        while stream.read_exact(&mut said).await.is_ok() {
            said.reverse();
            _ = stream.get_mut().write_all(&said).await;
        }
    })
    .await;
    for start in ["PUT /ws HTTP/1.1", "POST /ws HTTP/1.1", "GET /ws HTTP/1.0"] {
        let request = format!("{start}\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        let mut caller = proxy.send(&request).await;
        let head = response_head(&mut caller).await;
        assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{start}: {head}");
        assert!(head.contains("\r\nX-Line: GET /ws HTTP/1.1\r\n"), "{start}: {head}");
        caller.get_mut().write_all(b"ping").await.expect("a tunnel");
        let mut heard = [0; 4];
        timeout(LIMIT, caller.read_exact(&mut heard)).await.expect("an echo").expect("an echo");
        assert_eq!(&heard, b"gnip", "{start}");
    }
}

/// A response that is refused for its head may have a body. .NET's client reads it, so that the connection serves again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_nobody_wants_is_read_up_to_a_limit() {
    const LONG: usize = 64 * 1024 * 1024;
    const TAKEN: usize = 16 * 1024 * 1024;

    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let proxy = Proxy::with_handler(move |mut stream| {
        let ended = ended.clone();
        async move {
            let mut requests = 0;
            while let Some(head) = next_request(&mut stream).await {
                requests += 1;
                let length = if head.starts_with("GET /long ") { LONG } else { 5 };
                // A whole response in one go, so that the connection is free again before the next request.
                let mut response =
                    format!("HTTP/1.1 205 Reset Content\r\nContent-Length: {length}\r\n\r\n").into_bytes();
                response.resize(response.len() + length, b'x');
                let mut taken = 0;
                while let Ok(count @ 1..) = stream.get_mut().write(&response[taken..]).await {
                    taken += count;
                }
                _ = ended.send((requests, taken));
            }
        }
    })
    .await;
    let mut ask = async |path: &str| {
        let mut caller = proxy.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let head = response_head(&mut caller).await;
        assert!(head.starts_with("HTTP/1.1 500 "), "{head}");
        timeout(LIMIT, ends.recv()).await.expect("an end of the response").expect("a handler")
    };
    assert_eq!(ask("/short").await.0, 1);
    assert_eq!(ask("/short").await.0, 2, "the connection serves again");
    let (requests, taken) = ask("/long").await;
    assert_eq!(requests, 3);
    assert!(taken < TAKEN, "{taken} bytes of {LONG} were taken");
    assert_eq!(ask("/short").await.0, 1, "the connection was given up");
}

/// With the limit as it is: elsewhere it is a shorter one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "slow: four minutes"]
async fn nothing_moves_for_240_seconds_before_a_request_is_given_up() {
    const ACTIVITY_LIMIT: Duration = Duration::from_secs(240);

    let without_head = with_response(b"", true).await;
    let within_body = with_response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", true).await;
    let (mut waits, mut reads) = (without_head.send(GET).await, within_body.send(GET).await);
    let begun = Instant::now();
    let wait = async {
        let head = read_head(&mut waits).await.expect("a head");
        assert!(head.starts_with("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n"), "{head}");
        begun.elapsed()
    };
    let read = async {
        let end = reads.read_to_end(&mut Vec::new()).await;
        assert_eq!(end.expect_err("no orderly end").kind(), ErrorKind::ConnectionReset);
        begun.elapsed()
    };
    let both = timeout(ACTIVITY_LIMIT + LIMIT, async { tokio::join!(wait, read) }).await;
    let (waited, read) = both.expect("an end of both requests");
    assert!(waited >= ACTIVITY_LIMIT && read >= ACTIVITY_LIMIT, "{waited:?}, {read:?}");
}
