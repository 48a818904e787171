//! A host that serves an app for one test, and what it is asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

const ANSWER_LIMIT_SECONDS: u64 = 60;
const LOG_LIMIT_SECONDS: u64 = 30;

/// What tests send as a key, and how that of the emulator begins: no host prints them.
const SECRETS: [&str; 2] = ["the-secret-key", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsu"];

/// A host; dropping it kills it.
pub struct Host {
    pub process: Child,
    address: String,
    lines: Mutex<mpsc::Receiver<String>>,
    /// Whether one of the secrets was among them.
    is_leaking: Arc<AtomicBool>,
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
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("mini-host starts");
        let mut output = BufReader::new(process.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let first = output.next().expect("a first line");
        let address = first.strip_prefix("Listening on http://").expect("the address").to_owned();
        let (sender, lines) = mpsc::channel();
        let is_leaking = Arc::new(AtomicBool::new(false));
        let leak = Arc::clone(&is_leaking);
        // Reads on when nobody wants to know: a host whose pipe is full would stand still.
        std::thread::spawn(move || {
            for line in output {
                if SECRETS.iter().any(|secret| line.contains(secret)) {
                    eprintln!("a secret in the log: {line}");
                    leak.store(true, Ordering::Relaxed);
                }
                let _ = sender.send(line);
            }
        });
        Self { process, address, lines: Mutex::new(lines), is_leaking }
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

    /// Posts a text and returns the whole answer.
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
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer in time");
        answer
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

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        assert!(std::thread::panicking() || !self.is_leaking.load(Ordering::Relaxed), "there is a secret in the log");
    }
}
