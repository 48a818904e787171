//! What holds for every function, and the program over real HTTP.

mod common;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::routing::{any, post};
use common::log_of;
use futures_util::{StreamExt, stream};
use handler::envelope::{Envelope, Failure, InvocationResult, decode};
use handler::routes::{router, with_layers};
use serde_json::Value;
use tower::ServiceExt;

const WAIT_LIMIT: Duration = Duration::from_secs(20);

async fn ask(router: Router, method: &str, path: &str, body: &'static str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).expect("a valid request");
    let (parts, body) = router.oneshot(request).await.expect("a reply").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    (parts.status.as_u16(), String::from_utf8(body.to_vec()).expect("text"))
}

/// Asks the server of these routes for so many answers to a request, all over one pool of connections.
async fn send(routes: Router, request: &'static str, times: usize) -> Vec<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(axum::serve(listener, with_layers(routes)).into_future());
    let calls = tokio::task::spawn_blocking(move || {
        let mut kept = None;
        (0..times).map(|_| answer(&mut kept, address, request)).collect()
    });
    let replies = calls.await.expect("all calls answered");
    server.abort();
    replies
}

/// The answer to one request. A connection is kept for the next one, unless the answer says that it is closed.
fn answer(kept: &mut Option<TcpStream>, address: SocketAddr, request: &str) -> String {
    let mut connection = kept.take().unwrap_or_else(|| TcpStream::connect(address).expect("a connection"));
    connection.set_read_timeout(Some(WAIT_LIMIT)).expect("a limit");
    connection.write_all(request.as_bytes()).expect("a request sent");
    let (mut reply, mut piece) = (String::new(), [0; 4096]);
    loop {
        let length = connection.read(&mut piece).expect("more of the answer");
        reply.push_str(std::str::from_utf8(&piece[..length]).expect("text"));
        if length == 0 {
            return reply;
        }
        if reply.ends_with("\r\n\r\nhere") {
            *kept = Some(connection).filter(|_| !reply.to_ascii_lowercase().contains("\r\nconnection: close\r\n"));
            return reply;
        }
    }
}

#[tokio::test]
async fn every_function_has_a_route_and_every_route_a_function() {
    // A router does not tell its routes.
    let lines = include_str!("../src/routes.rs").lines().filter(|line| !line.trim_start().starts_with("//"));
    let source: String = lines.collect();
    let routes = source.split(".route(").skip(1);
    let routes: BTreeSet<_> = routes.filter_map(|route| route.split('"').nth(1)).map(str::to_owned).collect();
    let folders = fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the app's folder");
    let functions: BTreeSet<_> = folders.filter_map(|folder| path_of(&folder.expect("an entry").path())).collect();
    assert_eq!(routes, functions);
    // What the host asks until anything answers.
    assert_eq!(ask(router(), "GET", "/", "").await.0, 404);
}

/// Where the host calls the function of a folder: at /api and its route if it is proxied, at / and its name if not.
fn path_of(folder: &Path) -> Option<String> {
    let function: Value = serde_json::from_slice(&fs::read(folder.join("function.json")).ok()?).expect("JSON");
    let bindings = function["bindings"].as_array().expect("bindings");
    let name = folder.file_name()?.to_str()?;
    if bindings.iter().all(|binding| binding["type"] == "httpTrigger" || binding["type"] == "http") {
        return Some(format!("/api/{}", bindings[0]["route"].as_str().unwrap_or(name)));
    }
    Some(format!("/{name}"))
}

#[tokio::test]
async fn a_function_that_throws_answers_500_and_tells_the_log_alone() {
    async fn invoked(_: Envelope) -> InvocationResult {
        panic!("out of tea")
    }
    async fn proxied() -> String {
        panic!("out of {} teas", 2)
    }
    for path in ["/invoked?code=secret", "/api/proxied?code=secret"] {
        let routes = Router::new().route("/invoked", post(invoked)).route("/api/proxied", post(proxied));
        let (status, body) = ask(with_layers(routes), "POST", path, r#"{"Data":{},"Metadata":{}}"#).await;
        assert_eq!((status, body.as_str()), (500, "Internal Server Error"));
    }
    // Half an answer must not look whole: its last chunk, an empty one, is missing.
    let begun = async || {
        let pieces = stream::iter(["first", "second"]).then(async |piece| {
            tokio::task::yield_now().await; // Only now the server sends what it has.
            assert!(piece == "first", "out of tea");
            Ok::<_, Infallible>(piece)
        });
        Body::from_stream(pieces)
    };
    let reply = send(Router::new().route("/", any(begun)), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1).await.remove(0);
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("\r\n\r\n5\r\nfirst\r\n"), "{reply}");
    // Rust itself writes the cause of every panic, the line tells which call it was.
    if let Some(log) = log_of("a_function_that_throws_answers_500_and_tells_the_log_alone") {
        assert_eq!(log.matches(" panicked at ").count(), 3, "{log}");
        let lines: Vec<_> = log.lines().filter(|line| line.contains(" failed: ")).collect();
        assert_eq!(lines, ["POST /invoked failed: out of tea", "POST /api/proxied failed: out of 2 teas"]);
        assert!(!log.contains("secret"), "{log}");
    }
}

#[tokio::test]
async fn an_envelope_that_cannot_be_read_is_answered_with_400_and_a_line() {
    async fn function(envelope: Envelope) -> Result<InvocationResult, Failure> {
        let message: String = decode(&envelope.data, "message")?;
        panic!("it should not have come to `{message}`")
    }
    let whole = r#"Expected a JSON body such as {"Data":{},"Metadata":{}}: "#;
    let inside = "Expected `message` to be JSON inside a JSON string: ";
    for (envelope, expected) in [
        ("", whole),
        ("not json", whole),
        ("null", whole),
        (r#"{"Data":{}}"#, whole),
        (r#"{"Data":[],"Metadata":{}}"#, whole),
        (r#"{"Data":{},"Metadata":{}}"#, inside),
        (r#"{"Data":{"message":7},"Metadata":{}}"#, inside),
        (r#"{"Data":{"message":"hello"},"Metadata":{}}"#, inside),
    ] {
        let (status, line) = ask(with_layers(Router::new().route("/", post(function))), "POST", "/", envelope).await;
        assert_eq!(status, 400, "{envelope}");
        assert!(line.starts_with(expected) && !line.contains('\n'), "{envelope}: {line}");
    }
    let log = log_of("an_envelope_that_cannot_be_read_is_answered_with_400_and_a_line");
    assert!(log.is_none_or(|log| log.lines().filter(|line| line.starts_with("Expected ")).count() == 8));
}

#[tokio::test]
async fn callers_that_close_their_connections_lose_nothing() {
    let request = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
    for reply in send(Router::new().route("/", any(async || "here")), request, 40).await {
        // A pool of connections drops this one only if it is told.
        assert!(reply.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{reply}");
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("\r\n\r\nhere"), "{reply}");
    }
}

#[test]
fn a_port_that_cannot_be_opened_ends_the_program_with_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken_port = taken.local_addr().expect("an address").port().to_string();
    for port in [taken_port.as_str(), "", "abc", "-1", "65536"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_handler"));
        let ended = program.env("FUNCTIONS_CUSTOMHANDLER_PORT", port).output().expect("the program ran");
        assert_eq!(ended.status.code(), Some(1), "{port}");
        let line = String::from_utf8_lossy(&ended.stderr);
        assert!(line.starts_with(&format!("Cannot listen on port `{port}` (")), "{line}");
        assert!(
            line.contains("set FUNCTIONS_CUSTOMHANDLER_PORT to a free port") && line.lines().count() == 1,
            "{line}"
        );
    }
}
