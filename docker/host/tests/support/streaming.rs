//! A host that proxies to a handler which the test itself is, and how much memory the host takes.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::host::Host;

/// What the handler sends, or expects, of a long body.
pub const LONG_BODY_BYTES: u64 = 1024 * 1024 * 1024;
/// What is written or read at once.
pub const PIECE_BYTES: usize = 64 * 1024;
const START_LIMIT: Duration = Duration::from_secs(30);
const HOST_JSON: &str = r#"{
  "version": "2.0",
  "configurationProfile": "web-app-custom-handler",
  "customHandler": {
    "description": { "defaultExecutablePath": "sh", "arguments": ["handler.sh"] },
    "http": { "defaultAuthorizationLevel": "anonymous" }
  },
  "logging": { "logLevel": { "default": "None" } }
}"#;
/// Only says which port it was given; the test listens there.
const HANDLER: &str = "echo $FUNCTIONS_CUSTOMHANDLER_PORT > port.new\nmv port.new port\nexec sleep 600\n";

/// A host with its handler.
pub struct Proxy {
    pub host: Host,
    _app: TempDir,
}

impl Proxy {
    /// Starts a host, and answers for its handler from now on.
    #[allow(dead_code, reason = "not every test has this handler")]
    pub async fn start() -> Self {
        let proxy = Self::with_handler(respond).await;
        // What is allocated once is not counted.
        for _ in 0..8 {
            proxy.ask("GET /small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        }
        proxy
    }

    /// Starts a host, with this for a handler: it is given every connection.
    pub async fn with_handler<F: Future<Output = ()> + Send + 'static>(
        handler: impl Fn(BufReader<TcpStream>) -> F + Send + 'static,
    ) -> Self {
        let app = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [("host.json", HOST_JSON), ("handler.sh", HANDLER)] {
            std::fs::write(app.path().join(name), text).expect("a file of the app");
        }
        let limit = (LONG_BODY_BYTES * 2).to_string();
        let environment = [
            ("FUNCTIONS_WORKER_RUNTIME", Path::new("custom")),
            ("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", Path::new(&limit)),
        ];
        let host = Host::serve(app.path(), &environment);
        let port = port_of_handler(&app.path().join("port")).await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("the handler's port");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(handler(BufReader::new(stream)));
            }
        });
        Self { host, _app: app }
    }

    /// A connection to the host on which this has been sent.
    #[allow(dead_code, reason = "not every test needs it")]
    pub async fn send(&self, text: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.host.address()).await.expect("a connection");
        stream.write_all(text.as_bytes()).await.expect("the request is sent");
        BufReader::new(stream)
    }

    /// Everything that comes back.
    #[allow(dead_code, reason = "not every test needs it")]
    pub async fn ask(&self, text: &str) -> String {
        let mut response = String::new();
        self.send(text).await.read_to_string(&mut response).await.expect("a response");
        response
    }

    /// How much memory the host has in use, in KiB.
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn memory_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that it has had since [`forget_peak`](Self::forget_peak).
    #[allow(dead_code, reason = "not every test needs it")]
    pub fn peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    #[allow(dead_code, reason = "not every test needs it")]
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.host.process.id()), "5").expect("the kernel forgets");
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.host.process.id())).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

async fn port_of_handler(file: &Path) -> u16 {
    let started = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(file) {
            return text.trim().parse().expect("a port");
        }
        assert!(started.elapsed() < START_LIMIT, "mini-host has not started its handler");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The handler: `/small`, `/long` (chunked), `/upload` (says how much has come), `/events` (one event, then silence).
async fn respond(mut stream: BufReader<TcpStream>) {
    while let Some(head) = read_head(&mut stream).await {
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let text = match path.as_str() {
            "/long" => {
                send_long(stream.get_mut()).await;
                continue;
            }
            "/events" => {
                let event = "data: 1\n\n";
                let text = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{event}\r\n",
                    event.len()
                );
                _ = stream.get_mut().write_all(text.as_bytes()).await;
                // The connection is held until the other side ends it.
                _ = stream.read(&mut [0]).await;
                return;
            }
            "/upload" => read_body(&mut stream, &head).await.to_string(),
            _ => "ok".to_owned(),
        };
        let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        if stream.get_mut().write_all(response.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A head with its line ends; `None` at the end of the connection.
pub async fn read_head(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

async fn send_long(stream: &mut TcpStream) {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [format!("{PIECE_BYTES:x}\r\n").as_bytes(), &[b'x'; PIECE_BYTES], b"\r\n"].concat();
    _ = stream.write_all(head.as_bytes()).await;
    for _ in 0..LONG_BODY_BYTES / PIECE_BYTES as u64 {
        if stream.write_all(&chunk).await.is_err() {
            return;
        }
    }
    _ = stream.write_all(b"0\r\n\r\n").await;
}

/// How many bytes of a body have come.
async fn read_body(stream: &mut BufReader<TcpStream>, head: &str) -> u64 {
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    match length {
        Some(length) => skip(stream, length.parse().expect("a length")).await,
        None => read_chunks(stream).await,
    }
}

/// How many bytes a chunked body has.
#[allow(dead_code, reason = "not every test needs it")]
pub async fn read_chunks(stream: &mut BufReader<TcpStream>) -> u64 {
    let mut sum = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.expect("the size of a chunk");
        let size = u64::from_str_radix(line.trim(), 16).expect("a size");
        skip(stream, size + 2).await;
        if size == 0 {
            return sum;
        }
        sum += size;
    }
}

async fn skip(stream: &mut BufReader<TcpStream>, length: u64) -> u64 {
    tokio::io::copy(&mut stream.take(length), &mut tokio::io::sink()).await.expect("a body")
}
