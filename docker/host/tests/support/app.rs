//! A function app with one queue function for one test, and the hosts that serve it.

#[path = "keys.rs"]
mod keys;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The queue that the function listens to.
pub const INPUT: &str = "work";
/// The queue that it writes to: every message it gets, as it is.
pub const OUTPUT: &str = "done";

/// What the function does beside answering.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "each test uses one of them")]
pub enum Effect {
    /// Nothing.
    None,
    /// Each message goes on to [`OUTPUT`].
    Message,
}

/// An app on disk.
pub struct App {
    folder: TempDir,
    storage: String,
}

/// A host that serves it; dropping it kills it.
pub struct Host(pub Child);

impl App {
    /// An app whose handler takes this long over each message.
    pub fn new(storage: &str, effect: Effect, handler_milliseconds: u32) -> Self {
        Self::with_handler(storage, effect, &HANDLER.replace("MILLISECONDS", &handler_milliseconds.to_string()))
    }

    /// An app with another handler.
    pub fn with_handler(storage: &str, effect: Effect, handler: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let function = folder.path().join("Work");
        std::fs::create_dir(&function).expect("a folder for the function");
        let files = [
            (folder.path().join("host.json"), HOST_JSON.to_owned()),
            (function.join("function.json"), function_json(effect)),
            (folder.path().join("handler.mjs"), handler.to_owned()),
        ];
        for (path, text) in files {
            std::fs::write(path, text).expect("a file of the app");
        }
        Self { folder, storage: storage.to_owned() }
    }

    /// Starts a host for it.
    pub fn serve(&self) -> Host {
        let log = std::fs::File::options().create(true).append(true).open(self.log()).expect("a file for the log");
        let child = Command::new(env!("CARGO_BIN_EXE_mini-host"))
            .arg(self.folder.path())
            .args(["--port", "0"])
            .env("AzureWebJobsStorage", &self.storage)
            .env("AzureFunctionsWebHost__hostid", "test")
            .env("HANDLER_PID", self.handler_pid_file())
            .env("XDG_STATE_HOME", self.keys())
            .stdin(Stdio::null())
            .stderr(log.try_clone().expect("another handle to the log"))
            .stdout(log)
            .spawn();
        Host(child.expect("mini-host starts"))
    }

    /// What the hosts have logged, for a test that failed.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("host.log")
    }

    /// The process of the handler that started last; none before the first.
    #[allow(dead_code, reason = "not every test kills the handler")]
    pub fn handler_pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.handler_pid_file()).ok()?.parse().ok()
    }

    /// Where the hosts keep the keys that they make.
    fn keys(&self) -> PathBuf {
        self.folder.path().join(".state")
    }

    fn handler_pid_file(&self) -> PathBuf {
        self.folder.path().join("handler.pid")
    }
}

impl Drop for App {
    /// The hosts have ended: they were started after it.
    fn drop(&mut self) {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let leaks = keys::leaks(&log, &self.keys());
        assert!(std::thread::panicking() || leaks.is_empty(), "keys are printed: {leaks:#?}");
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const HOST_JSON: &str = r#"{
  "version": "2.0",
  "customHandler": { "description": { "defaultExecutablePath": "node", "arguments": ["handler.mjs"] } },
  "extensions": { "queues": { "maxPollingInterval": "00:00:00.200" } },
  "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)" },
  "logging": { "logLevel": { "default": "Warning" } }
}"#;

fn function_json(effect: Effect) -> String {
    let trigger =
        format!(r#"{{ "type": "queueTrigger", "direction": "in", "name": "message", "queueName": "{INPUT}" }}"#);
    let output = format!(r#", {{ "type": "queue", "direction": "out", "name": "$return", "queueName": "{OUTPUT}" }}"#);
    format!(r#"{{ "bindings": [{trigger}{}] }}"#, if effect == Effect::Message { &output } else { "" })
}

/// Ends by itself when its host is gone: nobody else would end it after a SIGKILL.
const HANDLER: &str = r#"
import http from 'node:http';
import fs from 'node:fs';
const host = process.ppid;
setInterval(() => { if (process.ppid !== host) process.exit(); }, 100);
const answer = (text) => JSON.stringify({ Outputs: {}, Logs: [], ReturnValue: Buffer.from(text).toString('base64') });
http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    if (request.method !== 'POST') return response.end();
    const text = JSON.parse(JSON.parse(Buffer.concat(chunks)).Data.message);
    const done = () => response.writeHead(200, { 'Content-Type': 'application/json' }).end(answer(text));
    MILLISECONDS ? setTimeout(done, MILLISECONDS) : done();
  });
}).listen(process.env.FUNCTIONS_CUSTOMHANDLER_PORT, '127.0.0.1', () => {
  fs.writeFileSync(process.env.HANDLER_PID, String(process.pid));
});
"#;
