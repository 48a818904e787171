//! What Core Tools does around a host, and mini-host too: it finds the app, reads local.settings.json, picks a port, lets pages call.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use host::Host;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

const HOST_JSON: &str = r#"{
  "version": "2.0",
  "customHandler": {
    "description": { "defaultExecutablePath": "node", "arguments": ["handler.mjs"] }, "enableProxyingHttpRequest": true
  }
}"#;
const FUNCTION_JSON: &str = r#"{ "bindings": [
  { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" }, { "type": "http", "direction": "out", "name": "res" }
] }"#;
/// Answers with two settings.
const HANDLER: &str = "
import http from 'node:http';
const { ONE, TWO } = process.env;
http.createServer((request, response) => request.resume().on('end', () => response.end(`one ${ONE}, two ${TWO}`)))
  .listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";

fn app(settings: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for function in ["hello", "other"] {
        fs::create_dir(folder.path().join(function)).unwrap();
        fs::write(folder.path().join(function).join("function.json"), FUNCTION_JSON).unwrap();
    }
    fs::create_dir(folder.path().join("src")).unwrap();
    for (name, text) in [("host.json", HOST_JSON), ("handler.mjs", HANDLER), ("local.settings.json", settings)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// mini-host as it is typed in a folder below the app's.
fn typed(app: &TempDir, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mini-host"));
    command.args(words).current_dir(app.path().join("src")).env("XDG_STATE_HOME", app.path().join(".state"));
    command
}

fn refused(app: &TempDir, words: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = host::output(&mut typed(app, words));
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[test]
fn the_app_and_its_settings_are_found_from_a_folder_below_and_the_environment_wins() {
    let app = app(r#"{"IsEncrypted": false, "Values": {"ONE": "file", "TWO": "file"}}"#);
    let host = Host::start(typed(&app, &["--port", "0"]).env("TWO", "mine"));
    assert!(host.post("/api/hello", "").contains("one file, two mine"));
    let host = Host::start(&mut typed(&app, &["--port", "0", "--no-local-settings"]));
    assert!(host.post("/api/hello", "").contains("one undefined, two undefined"));
}

#[test]
fn where_the_environment_names_the_app_as_in_an_image_there_are_no_local_settings() {
    let app = app(r#"{"IsEncrypted": true}"#);
    let host = Host::start(typed(&app, &["--port", "0"]).env("AzureWebJobsScriptRoot", app.path()));
    assert!(host.post("/api/hello", "").contains("one undefined"));
}

#[test]
fn a_port_that_is_taken_gives_way_to_a_free_one_unless_it_was_asked_for() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let app = app(&format!(r#"{{"Values": {{}}, "Host": {{"LocalHttpPort": {port}}}}}"#));
    let host = Host::start(&mut typed(&app, &[]));
    assert_ne!(host.address(), format!("127.0.0.1:{port}"));
    host.wait_for_line(&format!("Port {port} is taken, so a free one was chosen"));
    let (status, error) = refused(&app, &["--port", &port.to_string()]);
    assert_eq!(status, Some(1));
    assert!(error.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")), "{error}");
}

#[test]
fn settings_that_cannot_be_used_are_named_with_their_place_and_a_remedy() {
    let app = app("{\n  \"IsEncrypted\": true\n}");
    let (status, error) = refused(&app, &["--port", "0"]);
    assert_eq!(status, Some(1));
    assert!(error.contains("local.settings.json:2:3`: the values are encrypted"), "{error}");
    assert!(error.contains("\nhint: `func settings decrypt`"), "{error}");
}

#[test]
fn a_slip_in_the_settings_is_logged_and_does_not_stop_anybody() {
    let app = app(r#"{"values": {}}"#);
    Host::start(&mut typed(&app, &["--port", "0"])).wait_for_line("`values` means nothing here and is ignored");
}

#[test]
fn some_of_the_functions_are_served_and_unknown_names_are_asked_about() {
    let app = app(r#"{"Values": {}}"#);
    let host = Host::start(&mut typed(&app, &["--port", "0", "--functions", "hello", "othr"]));
    let line = host.wait_for_line("there is no function `othr`, which `--functions` or a setting names");
    assert!(!line.contains("host.json"), "{line}");
    host.wait_for_line("did you mean `other`?");
    assert!(host.post("/api/hello", "").starts_with("HTTP/1.1 200"));
    assert!(host.post("/api/other", "").starts_with("HTTP/1.1 404"));
}

/// Prints and repeats all that it gets, and fails.
const LOUD: &str = "
import http from 'node:http';
http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    if (request.method === 'POST') console.log(`got ${chunks.join('')}`);
    response.writeHead(request.method === 'POST' ? 500 : 200).end(chunks.join(''));
  });
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";

#[test]
fn no_key_is_printed_but_in_the_list_that_was_asked_for() {
    let app = app(r#"{"Values": {}}"#);
    fs::write(app.path().join("hello/function.json"), FUNCTION_JSON.replace("anonymous", "function")).unwrap();
    fs::write(app.path().join("host.json"), HOST_JSON.replace("true", "false")).unwrap();
    fs::write(app.path().join("handler.mjs"), LOUD).unwrap();
    let host = Host::start(&mut typed(&app, &["--port", "0", "--open-keys"]));
    let lines = ["master, opens everything: ", "opens hello: "].map(|opens| host.wait_for_line(opens));
    for key in lines.iter().filter_map(|line| line.rsplit(' ').next()) {
        for target in [format!("/api/hello?code={key}"), format!("/api/hello?x={key}&code={key}")] {
            assert!(host.post(&target, &format!("my key is {key}")).starts_with("HTTP/1.1 500"));
            host.wait_for_line("Executed 'Functions.hello' (Failed");
        }
        let printed = format!("\tmaster, opens everything: {key}\nthis is {}\n", key.to_uppercase());
        let found = host::keys::leaks(&printed, &app.path().join(".state"));
        assert_eq!(found, [format!("this is {}", key.to_uppercase())], "what looks for keys finds them");
    }
}

#[test]
fn pages_of_another_origin_may_call_as_the_settings_say() {
    let app = app(r#"{"Values": {}, "Host": {"CORS": "http://localhost:3000"}}"#);
    let host = Host::start(&mut typed(&app, &["--port", "0"]));
    let asked = ask(&host, "OPTIONS", "Access-Control-Request-Method: PUT\r\n");
    assert!(
        asked.starts_with("HTTP/1.1 204") && asked.contains("\r\nAccess-Control-Allow-Methods: PUT\r\n"),
        "{asked}"
    );
    let response = ask(&host, "GET", "");
    assert!(response.contains("\r\nAccess-Control-Allow-Origin: http://localhost:3000\r\n"), "{response}");
    assert!(response.contains("one undefined"), "{response}");
}

/// What a page of `http://localhost:3000` gets.
fn ask(host: &Host, method: &str, lines: &str) -> String {
    let mut connection = host.connect();
    let address = host.address();
    let head = format!(
        "{method} /api/hello HTTP/1.1\r\nHost: {address}\r\nOrigin: http://localhost:3000\r\n{lines}Connection: close\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn every_line_for_programs_is_as_the_schema_says() {
    let app = app(r#"{"Values": {}}"#);
    let schema = String::from_utf8(typed(&app, &["schema"]).output().unwrap().stdout).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let mut command = typed(&app, &["--port", "0", "--output", "json"]);
    let mut host = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(host.stdout.take().unwrap()).lines().map_while(Result::ok);
    let pid = i32::try_from(host.id()).ok().and_then(Pid::from_raw).unwrap();
    let mut kinds = Vec::new();
    for line in lines {
        let record = serde_json::from_str::<serde_json::Value>(&line).unwrap();
        schema.validate(&record).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(record["version"], 1);
        let kind = record["record"].as_str().unwrap().to_owned();
        if kind == "listening" {
            let address = record["url"].as_str().unwrap().strip_prefix("http://").unwrap();
            let mut caller = TcpStream::connect(address).unwrap();
            caller.write_all(b"GET /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        }
        if kind == "invocation" {
            assert_eq!((&record["function"], &record["outcome"]), (&json!("hello"), &json!("succeeded")));
            kill_process(pid, Signal::TERM).unwrap();
        }
        if kinds.last() != Some(&kind) {
            kinds.push(kind);
        }
    }
    assert_eq!(host.wait().unwrap().code(), Some(0));
    assert!(kinds.starts_with(&["listening".to_owned(), "function_discovered".to_owned()]), "{kinds:?}");
    assert!(kinds.contains(&"log".to_owned()) && kinds.contains(&"invocation".to_owned()), "{kinds:?}");
    assert_eq!(kinds.last().map(String::as_str), Some("summary"));
    assert!(!schema.is_valid(&json!({"version": 1, "time": "", "record": "stranger"})));
}

#[test]
fn options_of_core_tools_are_told_their_name_here() {
    let app = app(r#"{"Values": {}}"#);
    for (words, word, hint) in [
        (&["--script-root", "app"][..], "--script-root", "name the folder alone: mini-host FOLDER"),
        (&["--useHttps"], "--useHttps", "mini-host speaks HTTP alone; for HTTPS put a proxy before it"),
        // Clap would offer `--no-azurite`.
        (&["--no-build"], "--no-build", "leave it out: mini-host builds nothing"),
        (&["--cors-credentials", "true"], "true", "a switch takes no value here: it is there, or it is not"),
        (&["start"], "start", "`func start` is `mini-host` alone"),
        (&["host", "start"], "host", "`func start` is `mini-host` alone"),
    ] {
        let expected = format!("error: `{word}` is a word of Core Tools, not of mini-host\nhint: {hint}\n");
        assert_eq!(refused(&app, words), (Some(2), expected), "{words:?}");
    }
    let Output { status, stderr, .. } = host::output(typed(&app, &["--nope"]).arg(OsStr::from_bytes(b"\xff")));
    assert!(status.code() == Some(2) && !String::from_utf8_lossy(&stderr).contains("panicked"));
    let (status, error) = refused(&app, &["--prot", "1"]);
    assert!(status == Some(2) && error.contains("a similar argument exists: '--port'"), "{error}");
}

#[test]
fn a_shell_is_told_what_may_follow() {
    let app = app(r#"{"Values": {}}"#);
    let asked = |words: &[&str]| {
        let mut command = typed(&app, &[&["--", "mini-host"], words].concat());
        String::from_utf8(command.env("MINI_HOST_COMPLETE", "fish").output().unwrap().stdout).unwrap()
    };
    for (words, first) in [
        (&["pack"][..], "package\tMakes the zip"),
        (&["package", "--plan", ""], "flex\tFlex Consumption"),
        (&["send", "--fi"], "--file\t"),
        (&["send", "h"], "hello\n"),
        (&["--functions", "o"], "other\n"),
        (&["my-app", "--ins"], "--inspect\t"),
        (&["--output", "j"], "json"),
        (&["completion", "f"], "fish"),
    ] {
        assert!(asked(words).starts_with(first), "{words:?}: {}", asked(words));
    }
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = String::from_utf8(typed(&app, &["completion", shell]).output().unwrap().stdout).unwrap();
        assert!(script.contains("MINI_HOST_COMPLETE"), "{script}");
    }
}

#[test]
fn outside_of_an_app_it_is_said_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let here = fs::canonicalize(folder.path()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mini-host")).current_dir(&here).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.starts_with(&format!("error: no host.json in `{}`, nor in a folder above it\nhint: ", show(&here))),
        "{error}"
    );
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_running_host_is_asked_for_one_invocation_and_where_none_runs_one_is_started() {
    let app = app(r#"{"Values": {"ONE": "file"}}"#);
    let sent = |words: &[&str]| {
        let Output { status, stdout, stderr } =
            host::output(typed(&app, words).env("XDG_RUNTIME_DIR", app.path().join(".state")));
        (status.code(), String::from_utf8(stdout).unwrap() + &String::from_utf8(stderr).unwrap())
    };
    fs::create_dir(app.path().join(".state")).unwrap();
    let (status, alone) = sent(&["send", "hello"]);
    assert!(status == Some(0) && alone.starts_with("hello succeeded in "), "{alone}");
    assert!(alone.contains("\nresponse 200, ") && alone.contains("one file, two undefined"), "{alone}");
    let mut command = typed(&app, &["--port", "0"]);
    let host = Host::start(command.env("XDG_RUNTIME_DIR", app.path().join(".state")).env("TWO", "running"));
    host.wait_for_line("hello: ");
    let (status, asked) = sent(&["send", "HELLO", "text"]);
    assert!(status == Some(0) && asked.contains("one file, two running"), "{asked}");
    let (status, unknown) = sent(&["send", "helo"]);
    assert_eq!(status, Some(1));
    assert_eq!(unknown, "error: there is no function `helo`\nhint: did you mean `hello`?\n");
    let (status, endless) = sent(&["send", "hello", "--timeout", "18446744073709551615"]);
    assert!(status == Some(2) && endless.contains("a number of seconds up to 86400"), "{endless}");
    let (status, astray) = sent(&["send", "hello", "--path", "nowhere"]);
    assert_eq!(status, Some(1));
    let why = "error: the host answered `GET /nowhere` itself, with 404, and invoked nothing\nhint: the route of the function is `api/hello`\n";
    assert_eq!(astray, why);
}

/// Keeps the body `mine` waiting until another request has been answered, whichever of the two comes first.
const IN_TURN: &str = "
import http from 'node:http';
let [answer, isAnswered] = [() => {}, false];
http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    if (request.method === 'GET') return response.end();
    const { Body } = JSON.parse(Buffer.concat(chunks)).Data.req;
    const end = () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ Logs: [`body ${Body}`] }));
    if (Body === 'mine') return isAnswered ? end() : (answer = end);
    response.on('close', () => { isAnswered = true; answer(); });
    end();
  });
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";

#[test]
fn what_is_said_of_an_invocation_over_http_is_not_that_of_another_caller() {
    let app = app(r#"{"Values": {}}"#);
    fs::create_dir(app.path().join(".state")).unwrap();
    fs::write(app.path().join("handler.mjs"), IN_TURN).unwrap();
    fs::write(app.path().join("host.json"), HOST_JSON.replace("true", "false")).unwrap();
    let host = Host::start(typed(&app, &["--port", "0"]).env("XDG_RUNTIME_DIR", app.path().join(".state")));
    host.wait_for_line("hello: ");
    let mut command = typed(&app, &["send", "hello", "mine"]);
    let sending = command.env("XDG_RUNTIME_DIR", app.path().join(".state")).stdout(Stdio::piped()).spawn().unwrap();
    host.wait_for_line("Executing 'Functions.hello'");
    host.post("/api/hello", "other");
    let sent = String::from_utf8(sending.wait_with_output().unwrap().stdout).unwrap();
    assert!(sent.contains("body mine") && !sent.contains("body other"), "{sent}");
}

#[test]
fn a_function_that_fails_or_does_not_end_has_a_status_of_its_own() {
    let app = app(r#"{"Values": {}}"#);
    fs::create_dir(app.path().join(".state")).unwrap();
    let status = |handler: &str, words: &[&str]| {
        fs::write(app.path().join("handler.mjs"), handler).unwrap();
        let Output { status, stdout, .. } =
            host::output(typed(&app, words).env("XDG_RUNTIME_DIR", app.path().join(".state")));
        (status.code(), String::from_utf8(stdout).unwrap())
    };
    let (code, text) = status(&HANDLER.replace("response.end", "response.writeHead(404).end"), &["send", "hello"]);
    assert!(code == Some(3) && text.contains("\nresponse 404, "), "{text}");
    let (code, text) = status(&HANDLER.replace("response.end", "String"), &["send", "hello", "--timeout", "2"]);
    assert!(code == Some(4) && text.contains("has not ended within 2 s"), "{text}");
}

#[test]
fn a_function_that_nothing_listens_for_gets_an_example_and_shows_what_it_would_write() {
    let app = app(r#"{"Values": {}}"#);
    fs::create_dir(app.path().join(".state")).unwrap();
    let bundle = r#""extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" }, "customHandler""#;
    fs::write(app.path().join("host.json"), HOST_JSON.replace(r#""customHandler""#, bundle)).unwrap();
    let function = r#"{ "bindings": [
      { "type": "serviceBusTrigger", "name": "message", "direction": "in", "queueName": "orders", "connection": "Bus" },
      { "type": "cosmosDB", "name": "doc", "direction": "out" }
    ] }"#;
    fs::write(app.path().join("other/function.json"), function).unwrap();
    let handler = "
import http from 'node:http';
http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    // The host looks whether anybody is there.
    if (request.method === 'GET') return response.end();
    const { Data, Metadata } = JSON.parse(Buffer.concat(chunks));
    const doc = { message: JSON.parse(Data.message), attempt: Metadata.DeliveryCount };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ Outputs: { doc }, Logs: ['took it'] }));
  });
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1');
";
    fs::write(app.path().join("handler.mjs"), handler).unwrap();
    let output = host::output(typed(&app, &["send", "other"]).env("XDG_RUNTIME_DIR", app.path().join(".state")));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("output `doc` to cosmosDB, which mini-host does not write"), "{text}");
    assert!(text.contains("tea") && text.contains("\"attempt\":\"1\"") && text.contains("took it"), "{text}");
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("by hand only: nothing here listens for `serviceBusTrigger`"), "{notes}");
}

#[test]
fn a_debugger_is_told_the_settings_of_the_app_too() {
    let app = app(r#"{"Values": {"ONE": "it's one", "TWO": "file"}}"#);
    let host = Host::start(typed(&app, &["--port", "0", "--print-env"]).env("TWO", "of the terminal"));
    host.wait_for_line(r"  export ONE='it'\''s one'");
    let line = host.wait_for_line("export ");
    assert!(!line.contains("TWO"), "what the terminal has need not be set: {line}");
}

#[test]
fn nobody_waits_for_a_handler_that_cannot_be_started() {
    let app = app(r#"{"Values": {}}"#);
    fs::write(app.path().join("host.json"), HOST_JSON.replace("\"node\"", "\"nonesuch\"")).unwrap();
    let (status, error) = refused(&app, &["send", "hello"]);
    assert_eq!(status, Some(1));
    assert!(
        error.ends_with("error: the handler cannot be started\nhint: `mini-host` in its folder says why\n"),
        "{error}"
    );
}

#[test]
fn words_that_are_no_folder_of_an_app_are_told_what_is_wanted() {
    let app = app(r#"{"Values": {}}"#);
    let (status, error) = refused(&app, &["one-app", "another"]);
    assert!(status == Some(2) && error.starts_with("error: `another` is one word too many\nhint: "), "{error}");
    let (status, error) = refused(&app, &["../host.json"]);
    assert!(status == Some(1) && error.contains("`../host.json`: it is a file\nhint: give the folder"), "{error}");
    let help = typed(&app, &["help", "send"]).output().unwrap();
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).starts_with("Invokes a function"));
}

#[test]
fn a_response_is_shown_without_keys_and_without_what_a_terminal_would_obey() {
    let app = app(r#"{"Values": {"ONE": "AccountKey=c2VjcmV0c2VjcmV0c2VjcmV0;x=\u001b[2J", "TWO": "two"}}"#);
    let Output { stdout, .. } = host::output(&mut typed(&app, &["send", "hello"]));
    let shown = String::from_utf8(stdout).unwrap();
    assert!(shown.contains("one AccountKey=***;x=\u{fffd}[2J, two two"), "{shown}");
}

#[test]
fn settings_that_are_no_file_are_not_passed_over() {
    let app = app(r#"{"Values": {}}"#);
    let settings = app.path().join("local.settings.json");
    fs::remove_file(&settings).unwrap();
    fs::create_dir(&settings).unwrap();
    let (status, error) = refused(&app, &["--port", "0"]);
    assert!(status == Some(1) && error.contains("local.settings.json`: ") && error.contains("\nhint: "), "{error}");
}

#[test]
fn what_makes_no_sense_has_a_status_of_its_own_and_says_what_would() {
    let app = app(r#"{"Values": {}}"#);
    for (words, part) in [
        (&["--port", "abc"][..], "'abc' for '--port <N>': a port is a number up to 65535, and 0 is a free one"),
        (&["--port", "65536"], "a port is a number up to 65535"),
        (
            &["--cors", "example.com"],
            "`example.com` is not an origin, so no browser ever sends it\nhint: scheme, host and port",
        ),
        (&["--cors", "*", "--cors-credentials"], "error: browsers refuse cookies where any origin may call\nhint: "),
        (
            &["--watch", "--record", "seen"],
            "error: `--record seen` writes into the app, which `--watch` starts anew at every change\nhint: ",
        ),
        (&["send", "hello", "--timeout", "soon"], "a number of seconds up to 86400"),
    ] {
        let (status, error) = refused(&app, words);
        assert!(status == Some(2) && error.contains(part), "{words:?}: {status:?} {error}");
    }
}

#[test]
fn origins_of_the_settings_that_no_browser_sends_are_named_and_do_not_stop_anybody() {
    let app = app(r#"{"Values": {}, "Host": {"CORS": "http://localhost:3000/"}}"#);
    let host = Host::start(&mut typed(&app, &["--port", "0"]));
    host.wait_for_line("lets no page call: `http://localhost:3000/` is not an origin, so no browser ever sends it");
    assert!(host.post("/api/hello", "").contains("one undefined"));
}

#[test]
fn an_app_is_packed_from_a_folder_below() {
    let (app, aside) = (app(r#"{"Values": {}}"#), tempfile::tempdir().unwrap());
    let zip = aside.path().join("app.zip");
    let output = host::output(typed(&app, &["package", "--plan", "container", "--output"]).arg(&zip));
    assert!(output.status.success() && zip.is_file(), "{output:?}");
}

#[test]
fn a_zip_takes_the_place_of_nothing_but_a_file() {
    let app = app(r#"{"Values": {}}"#);
    let folder = show(&fs::canonicalize(app.path()).unwrap());
    for output in [folder.as_str(), "/dev/null", "-"] {
        let (status, error) = refused(&app, &["package", "..", "--plan", "container", "--output", output]);
        assert!(status == Some(1) && error.contains("is not a file that a zip can take the place of"), "{error}");
    }
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    fs::write(app.path().join(".funcignore"), "host.json\n").unwrap();
    let (status, error) = refused(&app, &["package", "..", "--plan", "container", "--output", "../../a.zip"]);
    assert!(status == Some(1) && error.contains("`.funcignore` leaves out `host.json`"), "{error}");
}
