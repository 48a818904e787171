//! What people are shown of the exchanges between host and handler: files with `--record`, a page with `--inspect`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use host::Host;
use tempfile::TempDir;

/// Answers `wrap` in default mode, `pass` and all others in pieces, and repeats the key that it gets. A `stream` stands still until
/// somebody sends `flow`.
const HANDLER: &str = "
import http from 'node:http';
let rest = () => {};
http.createServer((request, response) => {
  let text = '';
  request.on('data', piece => text += piece).on('end', () => {
    if (request.url.startsWith('/wrap')) {
      const status = text.includes('fail') ? 500 : 200;
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ Outputs: { res: { statusCode: 201, body: 'wrapped' } } }));
    } else {
      response.write('your key: ' + request.headers['x-functions-key'] + ', ');
      if (text === 'stream') {
        rest = () => response.end('and the rest');
      } else {
        if (text === 'flow') rest();
        setTimeout(() => response.end('and ' + text), 20);
      }
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
    host.post("/api/wrap?%63od%65=the-secret-key&x-functions-key=the-secret-key", "fail");
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
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert!(fs::read_dir(&folder).unwrap().all(|entry| mode(&entry.unwrap().path()) == 0o600));
    let all = format!("{passed}{wrapped}{failed}");
    assert!(!all.contains("the-secret-key"), "{all}");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_once_and_serving_goes_on() {
    let app = app();
    let below_a_file = app.path().join("handler.mjs/records");
    let host = Host::serve_with(app.path(), &["--record", below_a_file.to_str().unwrap()], &[]);
    host.wait_for_line("Exchanges cannot be recorded in");
    for _ in 0..3 {
        assert!(host.post("/api/pass", "hello").contains("and hello"));
    }
    assert!(!host.has_line("Exchanges cannot be recorded in"));
}

/// The limit of the size of a file stands for a disk that is full: small files find room, and a write fails midway.
#[test]
fn a_full_disk_is_said_once_and_serving_goes_on() {
    let (app, aside) = (app(), tempfile::tempdir().unwrap());
    let folder = aside.path().join("records");
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_mini-host")]).arg(app.path());
    let host = Host::start(command.args(["--port", "0", "--record"]).arg(&folder));
    let long = "x".repeat(20_000);
    for _ in 0..3 {
        assert!(host.post("/api/pass", &long).contains("and xxx"));
    }
    host.post("/api/pass", "short");
    recorded(&folder, "004-pass-");
    host.wait_for_line("Exchanges cannot be recorded in");
    assert!(!host.has_line("Exchanges cannot be recorded in"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "half an exchange is left");
}

/// The page of a host.
struct Page {
    address: String,
    path: String,
}

impl Page {
    fn of(host: &Host) -> Self {
        let line = host.wait_for_line("Exchanges with the handler are shown at http://127.0.0.1:");
        let (address, path) = line.split_once("http://").unwrap().1.split_once('/').unwrap();
        Self { address: address.to_owned(), path: format!("/{path}") }
    }

    fn send(&self, method: &str, target: &str, host: &str, body: &str) -> TcpStream {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        connection.set_read_timeout(Some(LIMIT)).unwrap();
        let length = body.len();
        let head =
            format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}");
        connection.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        connection
    }

    /// The whole response.
    fn ask(&self, method: &str, target: &str, body: &str) -> String {
        let mut response = String::new();
        let target = format!("{}{target}", self.path);
        self.send(method, &target, &self.address, body).read_to_string(&mut response).unwrap();
        response
    }
}

#[test]
fn the_page_shows_exchanges_as_they_pass_and_sends_one_again() {
    let app = app();
    let host = Host::serve_with(app.path(), &["--inspect"], &[]);
    let page = Page::of(&host);
    assert!(page.ask("GET", "", "").contains("<title>mini-host: exchanges</title>"));

    let events = page.send("GET", &format!("{}events", page.path), &page.address, "");
    let mut events = BufReader::new(events).lines().map_while(Result::ok);
    events.find(|line| line.starts_with("retry:")).unwrap();
    host.post("/api/wrap?code=the-secret-key", "fail");
    events.find(|line| line.starts_with("data: ") && line.contains("\"failed\"")).unwrap();

    let shown = page.ask("GET", "exchanges/1", "");
    for part in ["POST /wrap HTTP/1.1", "\"rule\":\"gatekeeping\"", "\"mode\":\"default\"", "500 Internal"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("the-secret-key"), "{shown}");
    assert!(page.ask("GET", "rules/gatekeeping", "").contains("### Gatekeeping"));

    let again = page.ask("POST", "exchanges/1/again", r#"{"Data":{},"Metadata":{}}"#);
    assert!(again.starts_with("HTTP/1.1 204"), "{again}");
    let second = page.ask("GET", "exchanges/2", "");
    assert!(second.contains("\"succeeded\"") && second.contains("wrapped"), "{second}");
    assert!(page.ask("GET", "exchanges", "").matches("\"number\":").count() == 2);
}

#[test]
fn who_does_not_know_the_path_or_comes_under_another_name_sees_nothing() {
    let app = app();
    let host = Host::serve_with(app.path(), &["--inspect"], &[]);
    let page = Page::of(&host);
    for (target, name, status) in [
        ("/", page.address.as_str(), "404"),
        ("/exchanges", &page.address, "404"),
        ("/00000000000000000000000000000000/exchanges", &page.address, "404"),
        (&page.path, "attacker.example", "403"),
    ] {
        let mut response = String::new();
        page.send("GET", target, name, "").read_to_string(&mut response).unwrap();
        assert_eq!(response.split(' ').nth(1), Some(status), "{target} {name}: {response}");
    }
}

#[test]
fn a_page_of_another_origin_gets_nothing_though_it_knows_the_path() {
    let app = app();
    let host = Host::serve_with(app.path(), &["--inspect"], &[]);
    let page = Page::of(&host);
    let own = format!("http://{}", page.address);
    for (origin, status) in [(own.as_str(), "404"), ("https://attacker.example", "403"), ("null", "403"), ("", "403")] {
        for (method, target) in [("GET", "exchanges/7"), ("POST", "exchanges/7/again")] {
            let mut response = String::new();
            let target = format!("{}{target}", page.path);
            let name = format!("{}\r\nOrigin: {origin}", page.address);
            page.send(method, &target, &name, "").read_to_string(&mut response).unwrap();
            assert_eq!(response.split(' ').nth(1), Some(status), "{method} {target} {origin}: {response}");
        }
    }
}

#[test]
fn a_page_is_served_however_many_are_open_already() {
    let app = app();
    let host = Host::serve_with(app.path(), &["--inspect"], &[]);
    let page = Page::of(&host);
    let silent: Vec<_> = (0..100).map(|_| TcpStream::connect(&page.address).unwrap()).collect();
    let mut open: Vec<_> = (0..110)
        .map(|_| {
            let mut events =
                BufReader::new(page.send("GET", &format!("{}events", page.path), &page.address, "")).lines();
            let begun = events.by_ref().map_while(Result::ok).find(|line| line.starts_with("retry:"));
            assert!(begun.is_some(), "a page that comes is served");
            events
        })
        .collect();
    assert!(page.ask("GET", "", "").contains("<title>mini-host: exchanges</title>"));
    let first = open.remove(0).map_while(Result::ok).collect::<Vec<_>>();
    assert!(first.contains(&"event: leave".to_owned()), "the longest open is told to leave: {first:?}");
    host.post("/api/pass", "hello");
    let last = open.pop().unwrap().map_while(Result::ok).find(|line| line.contains("\"pass\""));
    assert!(last.is_some(), "the others go on");
    drop(silent);
}

#[test]
#[ignore = "slow: a browser, and 10,000 calls"]
fn the_page_serves_everybody_who_comes_with_a_browser() {
    let Some((browser, modules)) = browser() else { return };
    let app = app();
    let host = Host::serve_with(app.path(), &["--inspect"], &[]);
    let page = Page::of(&host);
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    fs::create_dir_all(&screenshots).unwrap();
    let ended = Command::new("node")
        .args(["--test", "--test-reporter", "spec"])
        .arg(Path::new(PAGE_FOLDER).join("page.test.mjs"))
        .env("PAGE", format!("http://{}{}", page.address, page.path))
        .env("HOST", format!("http://{}", host.address()))
        .envs([("BROWSER", &browser), ("MODULES", &modules), ("SCREENSHOTS", &screenshots)])
        .status();
    assert!(ended.unwrap().success());
}

const PAGE_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page");
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser, and the folder that holds `node_modules`: `PAGE_HOME`, or that of the test itself. None, and a line on the terminal that
/// says so, where one of the two is not there.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let found = BROWSERS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let browser = { found }.find(|path| path.is_file());
    let modules = std::env::var_os("PAGE_HOME").map_or_else(|| PathBuf::from(PAGE_FOLDER), PathBuf::from);
    let (what, hint) = match browser {
        Some(browser) if modules.join("node_modules").is_dir() => return Some((browser, modules)),
        Some(_) => ("what drives the browser is not installed", "npm ci in docker/host/tests/page".to_owned()),
        None => {
            ("there is no Chromium", "`cargo xtask setup` installs it, as does apt-get install chromium".to_owned())
        }
    };
    assert!(std::env::var_os("XTASK_STRICT").is_none(), "{what}\nhint: {hint}");
    // Written past the test harness, which would show it only for tests that fail.
    _ = std::io::stderr().write_all(format!("SKIPPED the page in a browser: {what}\nhint: {hint}\n").as_bytes());
    None
}
