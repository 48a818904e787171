//! A host that serves an app for one test, and what it is asked. No key stands in what it prints.

#[path = "keys.rs"]
pub mod keys;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use tempfile::TempDir;

const ANSWER_LIMIT_SECONDS: u64 = 60;
const LOG_LIMIT_SECONDS: u64 = 30;
/// What a host that was killed has printed is read within this time; a process that it has left may still hold its output.
const END_LIMIT_SECONDS: u64 = 5;

/// A host; dropping it kills it.
pub struct Host {
    pub process: Child,
    address: String,
    lines: Mutex<mpsc::Receiver<String>>,
    /// All that it has printed, and where it keeps its keys.
    printed: Arc<Mutex<String>>,
    ends: Mutex<mpsc::Receiver<()>>,
    keys: PathBuf,
    _folder: TempDir,
}

impl Host {
    /// Serves the app in a folder, with these environment variables besides those of the test.
    #[allow(dead_code, reason = "some tests have command lines of their own")]
    pub fn serve(app: &Path, environment: &[(&str, &Path)]) -> Self {
        Self::serve_with(app, &[], environment)
    }

    /// The same, with these options.
    #[allow(dead_code, reason = "most tests do without")]
    pub fn serve_with(app: &Path, options: &[&str], environment: &[(&str, &Path)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mini-host"));
        Self::start(command.arg(app).args(["--port", "0"]).args(options).envs(environment.iter().copied()))
    }

    /// Starts a host by this command.
    pub fn start(command: &mut Command) -> Self {
        let folder = tempfile::tempdir().expect("a folder for keys");
        let keys = keys::folder(command, folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("mini-host starts");
        let errors =
            BufReader::new(process.stderr.take().expect("a pipe")).split(b'\n').map_while(Result::ok).map(text);
        let (printed, (end, ends)) = (Arc::new(Mutex::new(String::new())), mpsc::channel());
        let (all, errors_end) = (Arc::clone(&printed), end.clone());
        std::thread::spawn(move || {
            for line in errors {
                eprintln!("{line}");
                note(&all, &line);
            }
            let _ = errors_end.send(());
        });
        let mut output =
            BufReader::new(process.stdout.take().expect("a pipe")).split(b'\n').map_while(Result::ok).map(text);
        let first = output.next().expect("a first line");
        let address = first.strip_prefix("Listening on http://").expect("the address").to_owned();
        let (sender, lines) = mpsc::channel();
        let all = Arc::clone(&printed);
        // Reads on when nobody wants to know: a host whose pipe is full would stand still.
        std::thread::spawn(move || {
            for line in output {
                note(&all, &line);
                let _ = sender.send(line);
            }
            let _ = end.send(());
        });
        Self { process, address, lines: Mutex::new(lines), printed, ends: Mutex::new(ends), keys, _folder: folder }
    }

    /// Where it listens.
    #[allow(dead_code, reason = "not every test connects by itself")]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// A new connection.
    #[allow(dead_code, reason = "not every test has requests of its own")]
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).expect("a connection")
    }

    /// Posts a text and returns the whole response.
    #[allow(dead_code, reason = "not every test asks")]
    pub fn post(&self, target: &str, text: &str) -> String {
        let mut connection = self.connect();
        connection.set_read_timeout(Some(Duration::from_secs(ANSWER_LIMIT_SECONDS))).expect("a time limit");
        let (address, length) = (&self.address, text.len());
        let request = format!(
            "POST {target} HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{text}"
        );
        connection.write_all(request.as_bytes()).expect("the request is sent");
        let mut response = String::new();
        connection.read_to_string(&mut response).expect("a response in time");
        response
    }

    /// Whether a line that contains a text is among those of the log that nobody has read yet; they are read by that.
    #[allow(dead_code, reason = "not every test reads the log")]
    pub fn has_line(&self, text: &str) -> bool {
        self.lines.lock().expect("no other reader has failed").try_iter().any(|line| line.contains(text))
    }

    /// Waits for a line of the log that contains a text, and returns it.
    #[allow(dead_code, reason = "not every test reads the log")]
    pub fn wait_for_line(&self, text: &str) -> String {
        let lines = self.lines.lock().expect("no other reader has failed");
        let next = || lines.recv_timeout(Duration::from_secs(LOG_LIMIT_SECONDS));
        loop {
            let line = next().unwrap_or_else(|_| panic!("no line with `{text}` in the log"));
            if line.contains(text) {
                return line;
            }
        }
    }
}

/// A line as text, whatever its bytes are: what follows one that is none counts as well.
fn text(line: Vec<u8>) -> String {
    String::from_utf8_lossy(&line).into_owned()
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..2 {
            let _ = ends.recv_timeout(Duration::from_secs(END_LIMIT_SECONDS));
        }
        let printed = locked(&self.printed);
        let leaks = keys::leaks(&printed, &self.keys);
        assert!(std::thread::panicking() || leaks.is_empty(), "keys are printed: {leaks:#?}");
    }
}

/// Runs a command of mini-host to its end.
#[allow(dead_code, reason = "most tests have hosts that go on")]
pub fn output(command: &mut Command) -> Output {
    let folder = tempfile::tempdir().expect("a folder for keys");
    let keys = keys::folder(command, folder.path());
    let output = command.output().expect("mini-host runs");
    for printed in [&output.stdout, &output.stderr] {
        let printed = String::from_utf8_lossy(printed);
        let leaks = keys::leaks(&printed, &keys);
        assert!(leaks.is_empty(), "keys are printed: {leaks:#?}");
    }
    output
}

fn note(printed: &Mutex<String>, line: &str) {
    let mut printed = locked(printed);
    printed.push_str(line);
    printed.push('\n');
}

fn locked(printed: &Mutex<String>) -> MutexGuard<'_, String> {
    printed.lock().unwrap_or_else(PoisonError::into_inner)
}
