//! Responses and requests that stream, over sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use support::proxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LONG: Duration = Duration::from_secs(240);
const SHORT: Duration = Duration::from_millis(300);
const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const GET_AND_CLOSE: &str = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn each_piece_reaches_the_caller_when_it_is_there_and_the_head_with_the_first() {
    let handler = proxy(LONG).await;
    let mut caller = handler.caller(GET).await;
    let (mut peer, head) = handler.accept().await;
    assert_eq!(head, "GET /a HTTP/1.1\nHost: a\n\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let mut byte = [0];
    assert!(
        tokio::time::timeout(SHORT, caller.stream.peek(&mut byte)).await.is_err(),
        "Y51: silent until the first byte"
    );
    peer.send("6\r\ndata:1\r\n").await;
    let head = caller.read_until("\r\n\r\n").await;
    assert_eq!(head, "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\n");
    assert_eq!(caller.read_until("1\r\n").await, "6\ndata:1\n");
    peer.send("6\r\ndata:2\r\n").await;
    assert_eq!(caller.read_until("2\r\n").await, "6\ndata:2\n");
    peer.send("0\r\nX-Trailer: lost\r\n\r\n").await;
    assert_eq!(caller.read_until("0\r\n\r\n").await, "0\n\n");
    // Both connections are used again.
    caller.send(GET).await;
    assert_eq!(peer.read_until("\r\n\r\n").await, "GET /a HTTP/1.1\nHost: a\n\n");
}

#[tokio::test]
async fn bodies_are_framed_as_kestrel_frames_them() {
    let handler = proxy(LONG).await;
    let old = "GET /a HTTP/1.0\r\n\r\n";
    let head = "HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for (request, response, expected) in [
        (GET_AND_CLOSE, "200 OK\r\nContent-Length: 2\r\n\r\nab", "200 OK\nContent-Length: 2\nConnection: close\n\nab"),
        (GET_AND_CLOSE, "200 OK\r\nContent-Length: 2\r\n\r\nabc", "200 OK\nContent-Length: 2\nConnection: close\n\nab"),
        (GET_AND_CLOSE, "200 OK\r\n\r\nab", "200 OK\nConnection: close\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n"),
        (
            GET_AND_CLOSE,
            "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "200 OK\nContent-Length: 0\nConnection: close\n\n",
        ),
        (GET_AND_CLOSE, "204 No Content\r\nContent-Length: 0\r\n\r\n", "204 No Content\nConnection: close\n\n"),
        (
            GET_AND_CLOSE,
            "205 Reset Content\r\nContent-Length: 0\r\n\r\n",
            "205 Reset Content\nContent-Length: 0\nConnection: close\n\n",
        ),
        (
            GET_AND_CLOSE,
            "304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            "304 Not Modified\nContent-Length: 5\nConnection: close\n\n",
        ),
        (
            old,
            "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
            "200 OK\nConnection: close\n\nab",
        ),
        (old, "200 OK\r\nContent-Length: 2\r\n\r\nab", "200 OK\nContent-Length: 2\nConnection: close\n\nab"),
        (head, "200 OK\r\nContent-Length: 5\r\n\r\n", "200 OK\nContent-Length: 5\nConnection: close\n\n"),
        (head, "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 OK\nConnection: close\n\n"),
    ] {
        let got = handler.pass(request, &format!("HTTP/1.1 {response}")).await;
        assert_eq!(got, format!("HTTP/1.1 {expected}"), "{request} {response}");
    }
}

#[tokio::test]
async fn a_body_that_fails_before_its_first_byte_leaves_room_for_another_response() {
    let handler = proxy(LONG).await;
    // A method in small letters is not `HEAD` to Kestrel, but to .NET's client: there is a length and no body.
    let head = GET_AND_CLOSE.replace("GET", "head");
    for (request, response) in [
        (GET_AND_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        (GET_AND_CLOSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        (GET_AND_CLOSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n"),
        (&head, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
    ] {
        let got = handler.pass(request, response).await;
        assert!(got.starts_with("HTTP/1.1 500 "), "{got}");
    }
}

#[tokio::test]
async fn a_body_that_fails_later_resets_the_caller() {
    let handler = proxy(LONG).await;
    for (response, end) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "11111111111111111\r\n"),
    ] {
        let mut caller = handler.caller(GET).await;
        let (mut peer, _) = handler.accept().await;
        peer.send(response).await;
        caller.read_until("ab").await;
        peer.send(end).await;
        drop(peer);
        let error = caller.rest().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{response}");
    }
}

#[tokio::test]
async fn a_caller_who_leaves_is_noticed_while_the_handler_is_silent() {
    let handler = proxy(LONG).await;
    for (said, heard) in [("", ""), ("HTTP/1.1 200 OK\r\n\r\n", ""), ("HTTP/1.1 200 OK\r\n\r\nab", "ab")] {
        for half in [false, true] {
            let mut caller = handler.caller(GET).await;
            let (mut peer, _) = handler.accept().await;
            peer.send(said).await;
            if !heard.is_empty() {
                caller.read_until(heard).await;
            }
            if !half {
                drop(caller);
                peer.closed().await;
                continue;
            }
            caller.stream.shutdown().await.unwrap();
            peer.closed().await;
            // The request was whole, so the connection ends well, unless a response is cut off by that.
            let ends_well = caller.stream.read_to_end(&mut Vec::new()).await.is_ok();
            assert_eq!(ends_well, heard.is_empty(), "{said}");
        }
    }
}

#[tokio::test]
async fn a_silent_handler_is_given_up() {
    let handler = proxy(SHORT).await;
    let mut caller = handler.caller(GET).await;
    let (mut peer, _) = handler.accept().await;
    assert!(caller.read_until(" s").await.contains("500"));
    peer.closed().await;
    let mut caller = handler.caller(GET).await;
    let (mut peer, _) = handler.accept().await;
    peer.send("HTTP/1.1 200 OK\r\n\r\nab").await;
    caller.read_until("ab").await;
    assert!(caller.rest().await.is_err());
    peer.closed().await;
}

#[tokio::test]
async fn a_chunked_upload_goes_out_in_chunks_behind_its_head() {
    let handler = proxy(LONG).await;
    let mut caller = handler.caller("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let (mut peer, head) = handler.accept().await;
    assert!(head.ends_with("Transfer-Encoding: chunked\n\n"), "{head}");
    caller.send("2\r\nab\r\n1\r\nc\r\n").await;
    let large = "x".repeat(5000);
    caller.send(&format!("1388\r\n{large}\r\n0\r\nX-Trailer: lost\r\n\r\n")).await;
    let body = peer.read_until("\r\n0\r\n\r\n").await;
    assert!(!body.contains("lost"), "{body}");
    let data: String = body.split('\n').filter(|line| line.contains(['a', 'b', 'c', 'x']) && line.len() != 3).collect();
    assert_eq!(data.matches('x').count(), 5000, "{}", body.len());
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(caller.read_until("\r\n\r\n").await, "HTTP/1.1 200 OK\nContent-Length: 0\n\n");
}

#[tokio::test]
async fn a_response_that_comes_early_waits_for_the_upload() {
    let handler = proxy(LONG).await;
    let mut caller =
        handler.caller("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n").await;
    let (mut peer, _) = handler.accept().await;
    peer.send("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\n\r\nno").await;
    let mut byte = [0];
    assert!(tokio::time::timeout(SHORT, caller.stream.peek(&mut byte)).await.is_err());
    caller.send("0\r\n\r\n").await;
    assert_eq!(caller.read_until("no").await, "HTTP/1.1 413 Payload Too Large\nContent-Length: 2\n\nno");
}

#[tokio::test]
async fn an_upload_that_nobody_wants_is_not_asked_for() {
    let handler = proxy(LONG).await;
    let head = "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut caller = handler.caller(head).await;
    let (mut peer, _) = handler.accept().await;
    peer.send("HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\n\r\nno").await;
    assert_eq!(caller.read_until("no").await, "HTTP/1.1 413 Payload Too Large\nContent-Length: 2\n\nno");
    // One that is wanted is.
    let mut caller = handler.caller(head).await;
    let (mut peer, _) = handler.accept().await;
    peer.send("HTTP/1.1 100 Continue\r\n\r\n").await;
    assert_eq!(caller.read_until("\r\n\r\n").await, "HTTP/1.1 100 Continue\n\n");
    caller.send("2\r\nab\r\n0\r\n\r\n").await;
    assert_eq!(peer.read_until("0\r\n\r\n").await, "2\nab\n0\n\n");
}

#[tokio::test]
async fn an_upgraded_connection_passes_bytes_both_ways_until_one_side_closes() {
    let handler = proxy(LONG).await;
    let upgrade = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    for closes_caller in [false, true] {
        let mut caller = handler.caller(&format!("{upgrade}early")).await;
        let (mut peer, _) = handler.accept().await;
        peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nfirst").await;
        let head = caller.read_until("first").await;
        assert_eq!(head, "HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: x\n\nfirst");
        assert_eq!(peer.read_until("early").await, "early");
        caller.send("ping").await;
        assert_eq!(peer.read_until("ping").await, "ping");
        let many = format!("{}.", "y".repeat(200_000));
        let (_, got) = tokio::join!(peer.send(&many), caller.read_until("."));
        assert_eq!(got.len(), many.len());
        if closes_caller {
            drop(caller);
            peer.closed().await;
        } else {
            peer.send("last").await;
            drop(peer);
            assert_eq!(caller.rest().await.unwrap(), "last");
        }
    }
}

#[tokio::test]
async fn an_upgraded_connection_that_is_silent_ends() {
    let handler = proxy(SHORT).await;
    let mut caller = handler.caller("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n").await;
    let (mut peer, _) = handler.accept().await;
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n").await;
    caller.read_until("\r\n\r\n").await;
    caller.closed().await;
    peer.closed().await;
}

#[tokio::test]
async fn an_upgrade_may_be_refused() {
    let handler = proxy(LONG).await;
    let upgrade = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    for status in ["200 OK", "400 Bad Request"] {
        let mut caller = handler.caller(upgrade).await;
        let (mut peer, _) = handler.accept().await;
        peer.send(&format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")).await;
        assert_eq!(caller.read_until("no").await, format!("HTTP/1.1 {status}\nContent-Length: 2\n\nno"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_does_not_read_is_cut() {
    let handler = proxy(LONG).await;
    let mut caller = handler.caller(GET).await;
    let (mut peer, _) = handler.accept().await;
    peer.send("HTTP/1.1 200 OK\r\n\r\n").await;
    let piece = vec![b'x'; 64 * 1024];
    // Until the buffers of the system are full, and the proxy gives up.
    let mut written = 0_usize;
    while written < 1 << 30 && peer.stream.write_all(&piece).await.is_ok() {
        written += piece.len();
    }
    assert!(written < 1 << 30);
    caller.stream.set_nodelay(true).unwrap();
    assert_eq!(caller.rest().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}
