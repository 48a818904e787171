//! What a caller gets, and what the log says, when files on the host's side are damaged, or a result is not what was meant or has no
//! end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::path::Path;

use host::Host;
use tempfile::TempDir;

/// Answers every invocation with the status in the wrong place, and one of `silent` with nothing.
const HANDLER: &str = "
import http from 'node:http';
http.createServer((request, response) => {
  const text = JSON.stringify({ Outputs: { res: { status: 404, body: 'no' } } });
  const answer = request.url === '/silent' ? '' : text;
  request.resume().on('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer));
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";
/// Answers with one event and no end.
const EVENTS: &str = "
import http from 'node:http';
http.createServer((request, response) => {
  if (request.url === '/') return response.end();
  response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\\n\\n');
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";
const HOST_JSON: &str = r#"{
  "version": "2.0", "functionTimeout": "00:00:01",
  "customHandler": { "description": { "defaultExecutablePath": "node", "arguments": ["handler.mjs"] } }
}"#;

fn app(level: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let function = format!(
        r#"{{ "bindings": [
          {{ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "{level}" }},
          {{ "type": "http", "direction": "out", "name": "res" }}
        ] }}"#
    );
    for name in ["hello", "silent"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(folder.path().join(name).join("function.json"), &function).unwrap();
    }
    std::fs::write(folder.path().join("host.json"), HOST_JSON).unwrap();
    std::fs::write(folder.path().join("handler.mjs"), HANDLER).unwrap();
    folder
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap()
}

#[test]
fn a_damaged_key_file_fails_whoever_shows_a_key() {
    let app = app("function");
    let keys = tempfile::tempdir().unwrap();
    std::fs::write(keys.path().join("host.json"), "{ broken").unwrap();
    let kind = ("AzureWebJobsSecretStorageType", Path::new("files"));
    let host = Host::serve(app.path(), &[kind, ("FUNCTIONS_SECRETS_PATH", keys.path())]);
    let response = host.post("/api/hello?code=any", "");
    assert!(status(&response) == "500" && response.contains("\r\nContent-Length: 0\r\n"), "{response}");
    assert_eq!(status(&host.post("/api/hello", "")), "401");
    host.wait_for_line("cannot read the key file");
}

#[test]
fn a_status_that_is_ignored_is_named() {
    let app = app("anonymous");
    let host = Host::serve(app.path(), &[]);
    assert_eq!(status(&host.post("/api/hello", "")), "200");
    host.wait_for_line("Outputs.res.status is ignored: use statusCode");
}

#[test]
fn a_web_server_that_expected_the_callers_request_is_told_of_forwarding() {
    let app = app("anonymous");
    let handler = HANDLER.replace("writeHead(200", "writeHead(404");
    std::fs::write(app.path().join("handler.mjs"), handler).unwrap();
    let host = Host::serve(app.path(), &[]);
    assert_eq!(status(&host.post("/api/hello", "")), "500");
    host.wait_for_line("the host sends `POST /hello` with an envelope");
}

#[test]
fn an_empty_result_is_named_while_the_caller_waits() {
    let app = app("anonymous");
    let host = Host::serve(app.path(), &[]);
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| host.post("/api/silent", ""));
        host.wait_for_line("The handler's answer is empty");
        assert!(!caller.is_finished(), "the caller waits still");
        assert_eq!(status(&caller.join().unwrap()), "500");
    });
}

#[test]
fn a_stream_of_events_that_is_forwarded_is_named_while_it_goes_on() {
    let app = app("anonymous");
    std::fs::write(app.path().join("handler.mjs"), EVENTS).unwrap();
    let mode = ("AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest", Path::new("true"));
    let host = Host::serve(app.path(), &[mode]);
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| host.post("/api/hello", ""));
        host.wait_for_line("hint: write `enableProxyingHttpRequest` instead");
        assert!(!caller.is_finished(), "the caller waits still");
        assert_eq!(status(&caller.join().unwrap()), "500");
    });
}

#[test]
fn a_stream_that_takes_too_long_is_closed_and_not_reset() {
    let app = app("anonymous");
    std::fs::write(app.path().join("handler.mjs"), EVENTS).unwrap();
    let mode = ("AzureFunctionsJobHost__customHandler__enableProxyingHttpRequest", Path::new("true"));
    let host = Host::serve(app.path(), &[mode]);
    let response = host.post("/api/hello", "");
    assert!(response.ends_with("data: 1\n\n\r\n"), "no last chunk: {response}");
    host.wait_for_line("Timeout value of 00:00:01 was exceeded");
}

#[test]
fn a_function_that_the_sdk_cannot_index_keeps_its_route_and_fails() {
    let app = app("function");
    let function = r#"{ "bindings": [
      { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "route": "~x" },
      { "type": "http", "direction": "out", "name": "res" }
    ] }"#;
    std::fs::create_dir(app.path().join("tilde")).unwrap();
    std::fs::write(app.path().join("tilde/function.json"), function).unwrap();
    let host = Host::serve(app.path(), &[]);
    assert_eq!(status(&host.post("/api/~x", "")), "500");
    host.wait_for_line("'tilde' can't be invoked from Azure WebJobs SDK");
    assert_eq!(status(&host.post("/api/~y", "")), "404");
}
