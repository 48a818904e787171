//! What a handler may send that is not HTTP, or more than one can hold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::client::{Body, Error, Request, Response, ResponseBody};
use wire::{BodyError, Client, HeadError, Headers, Pieces};

const IDLE: Duration = Duration::from_secs(20);

/// A client, and where it connects to.
async fn client() -> (Client, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (Client::new(listener.local_addr().unwrap().port()), listener)
}

fn get() -> Request {
    Request { method: "GET".into(), target: "/".to_owned(), headers: Headers::default() }
}

async fn accepted(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    _ = stream.read(&mut [0; 1024]).await.unwrap();
    stream
}

async fn exchange(client: &Client) -> Result<Response<ResponseBody>, Error> {
    client.send(&get(), Body::Empty, IDLE).await?.response().await
}

/// The outcome of a request to a handler that says this, as often as it can if `repeats`, and then closes.
async fn answered(said: &str, repeats: bool) -> Result<Response<ResponseBody>, Error> {
    let (client, listener) = client().await;
    let saying = async {
        let mut stream = accepted(&listener).await;
        while stream.write_all(said.as_bytes()).await.is_ok() && repeats {}
        stream.shutdown().await.ok();
        drop(stream);
        std::future::pending::<()>().await
    };
    tokio::select! {
        outcome = exchange(&client) => outcome,
        () = saying => unreachable!(),
    }
}

async fn read(mut body: ResponseBody) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[tokio::test]
async fn heads_without_an_end_are_refused() {
    for said in ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nX: y\r\n", "garbage\r\n"] {
        let line = if said.ends_with("X: ") { "y" } else { said };
        let outcome = answered(&format!("{said}{}", line.repeat(if line == "y" { 70_000 } else { 1 })), true).await;
        assert!(matches!(outcome, Err(Error::Head(_))), "{said}: {outcome:?}");
    }
    let outcome = answered("HTTP/1.1 200 OK\r\nX:", false).await;
    assert!(matches!(outcome, Err(Error::Head(HeadError::Incomplete))), "{outcome:?}");
}

/// The outcome of a request whose response is kept as a whole.
async fn kept(said: &str) -> Result<Vec<Bytes>, Error> {
    let (client, listener) = client().await;
    let saying = async {
        let mut stream = accepted(&listener).await;
        stream.write_all(said.as_bytes()).await.ok();
        std::future::pending::<()>().await
    };
    let request = get();
    tokio::select! {
        outcome = client.call(&request, Body::Empty) => outcome.map(|response| response.body),
        () = saying => unreachable!(),
    }
}

#[tokio::test]
async fn a_response_that_is_kept_is_no_longer_than_dotnet_has_room_for() {
    let outcome = kept("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\nab").await;
    assert!(matches!(outcome, Err(Error::TooLong(2_147_483_647))), "{outcome:?}");
    let chunks = "1\r\na\r\n".repeat(10_000);
    let body = kept(&format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n")).await;
    assert!(body.is_ok_and(|pieces| pieces.len() == 1 && pieces[0].len() == 10_000), "no piece for each byte");
}

#[tokio::test]
async fn interim_responses_without_an_end_are_refused() {
    let outcome = answered("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", true).await;
    assert!(matches!(outcome, Err(Error::Head(HeadError::TooLong(_)))), "{outcome:?}");
}

#[tokio::test]
async fn bodies_that_are_not_as_announced_end_with_an_error() {
    for said in [
        "Content-Length: 5\r\n\r\nab",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nab",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\nab",
    ] {
        let Response { body, .. } = answered(&format!("HTTP/1.1 200 OK\r\n{said}"), false).await.unwrap();
        assert!(read(body).await.is_err(), "{said}");
    }
    let endless = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    let trailers = "X: y\r\n".repeat(10_000);
    let Response { body, .. } = answered(&format!("{endless}{trailers}"), false).await.unwrap();
    assert!(read(body).await.is_err());
}

#[tokio::test]
async fn a_connection_with_bytes_after_the_end_is_not_used_again() {
    let (client, listener) = client().await;
    for said in [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 666 Smuggled\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc",
    ] {
        let (outcome, _stream) = tokio::join!(exchange(&client), async {
            let mut stream = accepted(&listener).await;
            stream.write_all(said.as_bytes()).await.unwrap();
            stream
        });
        let Response { head, body } = outcome.unwrap();
        assert_eq!(head.status, 200);
        read(body).await.unwrap();
    }
}

#[tokio::test]
async fn a_request_without_a_body_is_sent_four_times_and_one_with_a_body_once() {
    for (body, expected) in [(None, 4), (Some("ab"), 1)] {
        let (client, listener) = client().await;
        let mut count = 0;
        let closing = async {
            loop {
                drop(accepted(&listener).await);
                count += 1;
            }
        };
        let outcome = tokio::select! {
            outcome = async {
                let body = body.map_or(Body::Empty, |body| Body::Whole(Bytes::from(body)));
                client.send(&get(), body, IDLE).await?.response().await
            } => outcome,
            () = closing => unreachable!(),
        };
        assert!(matches!(outcome, Err(Error::Closed)), "{outcome:?}");
        assert_eq!(count, expected);
    }
}

#[tokio::test]
async fn a_reset_and_a_refused_connection_are_different_errors() {
    let (client, listener) = client().await;
    let (outcome, ()) = tokio::join!(exchange(&client), async {
        accepted(&listener).await.set_zero_linger().unwrap();
    });
    assert!(matches!(outcome, Err(Error::Reset(_))), "{outcome:?}");
    drop(listener);
    let outcome = exchange(&client).await;
    assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_body_is_sent_from_where_it_was_put_aside() {
    let (client, listener) = client().await;
    let mut request = Request { method: "POST".into(), ..get() };
    request.headers.push("Content-Length", "300000");
    let text = vec![b'z'; 300_000];
    let mut source = text.as_slice();
    let body = Body::Read { source: &mut source, length: 300_000 };
    let handler = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = vec![0; "POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n".len() + 300_000];
        stream.read_exact(&mut got).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        got
    };
    let (sent, got) = tokio::join!(async { client.send(&request, body, IDLE).await?.response().await }, handler);
    assert_eq!(sent.unwrap().head.status, 200);
    assert!(got.ends_with(&text));
}

#[tokio::test]
async fn a_handler_that_does_not_read_is_given_up() {
    let (client, _listener) = client().await;
    let body = Body::Whole(Bytes::from(vec![0; 64 << 20]));
    let request = get();
    let outcome = client.send(&request, body, Duration::from_millis(300)).await;
    assert!(matches!(outcome, Err(Error::Idle(_))), "{outcome:?}");
}
