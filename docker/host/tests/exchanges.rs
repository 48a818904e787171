//! What people are shown of the exchanges between host and handler: files with `--record`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use host::Host;
use tempfile::TempDir;

/// Answers `wrap` in default mode, `pass` and all others in pieces, and repeats the key that it gets.
const HANDLER: &str = "
import http from 'node:http';
http.createServer((request, response) => {
  let text = '';
  request.on('data', piece => text += piece).on('end', () => {
    if (request.url.startsWith('/wrap')) {
      const status = text.includes('fail') ? 500 : 200;
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ Outputs: { res: { statusCode: 201, body: 'wrapped' } } }));
    } else {
      response.write('your key: ' + request.headers['x-functions-key'] + ', ');
      setTimeout(() => response.end('and ' + text), 20);
    }
  });
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";
const HOST_JSON: &str = r#"{
  "version": "2.0", "customHandler": {
    "description": { "defaultExecutablePath": "node", "arguments": ["handler.mjs"] }, "enableProxyingHttpRequest": true
  }
}"#;
const IN: &str = r#"{ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" }"#;
const OUT: &str = r#"{ "type": "http", "direction": "out", "name": "res" }"#;
/// Keeps a function from being proxied.
const QUEUE: &str = r#"{ "type": "queue", "direction": "out", "name": "q", "queueName": "done" }"#;
const LIMIT: Duration = Duration::from_secs(30);

fn app() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bundle =
        r#""extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" },"#;
    fs::write(folder.path().join("host.json"), HOST_JSON.replacen('{', &format!("{{ {bundle}"), 1)).unwrap();
    fs::write(folder.path().join("handler.mjs"), HANDLER).unwrap();
    for (name, bindings) in [("pass", format!("{IN}, {OUT}")), ("wrap", format!("{IN}, {OUT}, {QUEUE}"))] {
        fs::create_dir(folder.path().join(name)).unwrap();
        let function = format!(r#"{{ "bindings": [{bindings}] }}"#);
        fs::write(folder.path().join(name).join("function.json"), function).unwrap();
    }
    folder
}

/// The text of the recorded file whose name has this part, once it is there as a whole.
fn recorded(folder: &Path, part: &str) -> String {
    let begun = Instant::now();
    loop {
        let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut texts = files.filter(|path| path.to_string_lossy().contains(part)).flat_map(fs::read_to_string);
        if let Some(text) = texts.find(|text| text.contains("--- pieces")) {
            return text;
        }
        assert!(begun.elapsed() < LIMIT, "no file `{part}` in {}", folder.display());
        std::thread::yield_now();
    }
}

#[test]
fn each_exchange_is_a_file_without_keys() {
    let (app, aside) = (app(), tempfile::tempdir().unwrap());
    let folder = aside.path().join("not/there/yet");
    let host = Host::serve_with(app.path(), &["--record", folder.to_str().unwrap()], &[]);
    host.post("/api/pass?code=the-secret-key&name=Ada", "hello");
    host.post("/api/wrap?code=the-secret-key", "hello");
    host.post("/api/wrap", "fail");
    let [passed, wrapped, failed] = ["001-pass-", "002-wrap-", "003-wrap-"].map(|part| recorded(&folder, part));
    for part in
        ["POST /api/pass?code=***&name=Ada", "mode        proxying", "succeeded", "and hello", "from the handler"]
    {
        assert!(passed.contains(part), "{part}: {passed}");
    }
    for part in ["POST /wrap HTTP/1.1", "mode        default", "\"code\":", "HTTP/1.1 200 OK", "\"body\":\"wrapped\""] {
        assert!(wrapped.contains(part), "{part}: {wrapped}");
    }
    for part in ["outcome     failed", "rule        docker/protocol.md#gatekeeping"] {
        assert!(failed.contains(part), "{part}: {failed}");
    }
    assert!(!format!("{passed}{wrapped}").contains("the-secret-key"), "{passed}{wrapped}");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_once_and_serving_goes_on() {
    let app = app();
    let below_a_file = app.path().join("handler.mjs/records");
    let host = Host::serve_with(app.path(), &["--record", below_a_file.to_str().unwrap()], &[]);
    for _ in 0..3 {
        assert!(host.post("/api/pass", "hello").contains("and hello"));
    }
    host.wait_for_line("Exchanges cannot be recorded in");
    assert!(host.post("/api/pass", "hello").contains("and hello"));
}
