//! The router as a whole, and the program over real HTTP.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, header};
use handler::routes::router;
use tower::ServiceExt;

const PORT_VARIABLE: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";
const WAIT_LIMIT: Duration = Duration::from_secs(20);

async fn call(method: &str, path: &str, body: impl Into<Body>) -> (u16, HeaderMap, String) {
    let request = Request::builder().method(method).uri(path).body(body.into()).expect("a valid request");
    let (parts, body) = router().oneshot(request).await.expect("a reply").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body");
    (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn a_probe_and_unknown_paths_are_answered_with_404() {
    for path in ["/", "/api/hello/", "/hello", "/api/QueueTrigger", "/QueueTrigger/x"] {
        assert_eq!(call("GET", path, "").await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn hello_answers_get_and_head_and_names_them_to_others() {
    for (method, status, body) in [("GET", 200, "Hello world"), ("HEAD", 200, ""), ("POST", 405, "Use GET")] {
        let (received, headers, text) = call(method, "/api/hello", "").await;
        assert_eq!((received, text.as_str()), (status, body), "{method}");
        assert_eq!(headers[header::CONTENT_TYPE], "text/plain; charset=utf-8", "{method}");
        assert_eq!(headers.get(header::ALLOW).is_some_and(|allow| allow == "GET, HEAD"), status == 405, "{method}");
    }
}

#[tokio::test]
async fn every_function_has_a_route() {
    let mut functions = 0;
    for entry in fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the sample's folder") {
        let folder = entry.expect("an entry").path();
        if folder.join("function.json").is_file() {
            let name = folder.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            let forwarded = call("GET", &format!("/api/{name}"), "").await.0;
            let invoked = call("GET", &format!("/{name}"), "").await.0;
            assert!((forwarded == 404) != (invoked == 404), "{name}: expected exactly one route");
            functions += 1;
        }
    }
    assert_ne!(functions, 0);
}

#[tokio::test]
async fn a_function_in_default_mode_is_called_by_post_only() {
    let (status, headers, body) = call("GET", "/QueueTrigger", "").await;
    assert_eq!((status, body.as_str()), (405, "Use POST"));
    assert_eq!(headers[header::ALLOW], "POST");
}

#[tokio::test]
async fn an_invocation_is_answered_with_all_three_members_as_json() {
    let envelope = r#"{"Data":{"message":"\"hello\""},"Metadata":{"DequeueCount":"1"}}"#;
    let (status, headers, body) = call("POST", "/QueueTrigger", envelope).await;
    assert_eq!(status, 200);
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(body, r#"{"Outputs":{},"Logs":["Passed on 5 bytes, attempt 1"],"ReturnValue":"aGVsbG8="}"#);
}

#[tokio::test]
async fn what_is_no_envelope_is_answered_with_400() {
    let empty = ["", "not json", "null", "[]", "{}"];
    let nearly = [r#"{"Data":{}}"#, r#"{"data":{},"metadata":{}}"#, r#"{"Data":[],"Metadata":{}}"#];
    for envelope in empty.into_iter().chain(nearly) {
        let (status, _, body) = call("POST", "/TimerTrigger", envelope).await;
        assert_eq!(
            (status, body.as_str()),
            (400, r#"Expected a JSON body such as {"Data":{},"Metadata":{}}"#),
            "{envelope}"
        );
    }
    let (status, _, _) = call("POST", "/TimerTrigger", vec![0xff, 0xfe]).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_message_nobody_can_process_is_answered_with_500() {
    let envelope = r#"{"Data":{"message":"\"unprocessable\""},"Metadata":{"DequeueCount":"5"}}"#;
    let (status, _, body) = call("POST", "/QueueTrigger", envelope).await;
    assert_eq!((status, body.as_str()), (500, "Cannot process, attempt 5"));
}

/// Sends a request to the program and reads the reply until the program closes the connection.
fn exchange(address: &str, request: &str) -> String {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(WAIT_LIMIT)).expect("a limit");
    connection.write_all(request.as_bytes()).expect("a request sent");
    let mut reply = String::new();
    connection.read_to_string(&mut reply).expect("a reply");
    reply
}

#[test]
fn the_program_serves_large_chunked_envelopes_and_ends_with_0_on_sigterm_and_sigint() {
    let blob = "AAAA".repeat(4 << 20);
    for signal in ["-TERM", "-INT"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_handler"))
            .env(PORT_VARIABLE, "0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program started");
        let mut line = String::new();
        let stdout = program.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("Listening on http://").expect("an address").to_owned();
        assert!(address.starts_with("127.0.0.1:"), "{address}");

        let mut request = "POST /BlobTrigger HTTP/1.1\r\nHost: handler\r\nConnection: close\r\n".to_owned();
        request.push_str("Transfer-Encoding: chunked\r\n\r\n");
        for chunk in [r#"{"Data":{"blob":""#, &blob, r#""},"Metadata":{"name":"\"a.bin\""}}"#, ""] {
            request.push_str(&format!("{:x}\r\n{chunk}\r\n", chunk.len()));
        }
        let reply = exchange(&address, &request);
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"));
        let body = format!(r#"{{"Outputs":{{}},"Logs":["Copied a.bin, 12582912 bytes"],"ReturnValue":"{blob}"}}"#);
        assert!(reply.ends_with(&body));

        let killed = Command::new("kill").args([signal, &program.id().to_string()]).status().expect("kill started");
        assert!(killed.success());
        assert_eq!(program.wait().expect("the program ended").code(), Some(0), "{signal}");
    }
}

#[test]
fn the_program_refuses_a_port_that_is_none_and_names_the_variable() {
    for port in ["", "abc", "-1", "70000", "80 ", "8080x"] {
        let program =
            Command::new(env!("CARGO_BIN_EXE_handler")).env(PORT_VARIABLE, port).output().expect("the program ran");
        assert_eq!(program.status.code(), Some(1), "{port}");
        let stderr = String::from_utf8_lossy(&program.stderr).into_owned();
        assert!(stderr.starts_with("FUNCTIONS_CUSTOMHANDLER_PORT is `"), "{stderr}");
    }
}
