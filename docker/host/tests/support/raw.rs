//! A host between two raw sockets: a caller that sends what it is told to, and a handler that answers so.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::host::Host;

const LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// The handler's process only says which port it was given; the test listens there.
const HANDLER: &str = "echo $FUNCTIONS_CUSTOMHANDLER_PORT > port.tmp; mv port.tmp port; exec sleep 600";

/// What the handler does with a request.
#[derive(Clone)]
pub enum Response {
    /// Sends these bytes and keeps the connection.
    Keep(Vec<u8>),
    /// Sends these bytes and closes it.
    End(Vec<u8>),
    /// Sends `100 Continue`, reads the body, and goes on as [`Keep`](Self::Keep).
    Continue(Vec<u8>),
    /// Sends these bytes before it reads the body.
    Early(Vec<u8>),
    /// Sends piece after piece, with a pause before each.
    Slowly(Duration, Vec<Vec<u8>>),
    /// Sends the request's body back.
    Echo,
    /// Resets the connection.
    Reset,
}

/// A request that the handler has seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub connection: usize,
    pub head: Vec<u8>,
    pub body: Vec<u8>,
    /// What went wrong with the response.
    pub connection_error: Option<ErrorKind>,
}

impl Seen {
    /// The request, with the host's own words in place of what differs from one to the next, and left out where that is all.
    pub fn message(&self) -> Message {
        let mut message = Message::of(&[&self.head[..], &self.body[..]].concat());
        let (id, version) =
            (self.header("x-azure-functions-invocationid"), self.header("x-azure-functions-hostversion"));
        let last = |text: &str| text.rsplit(' ').next().unwrap_or_default().to_owned();
        let (id, version) = (last(&id), last(&version));
        let agent = format!("Azure-Functions-Host/{version}");
        for line in &mut message.known {
            *line = line.replace(&agent, "AGENT").replace(&id, "ID").replace(&version, "VERSION");
        }
        let own = ["user-agent: AGENT", "x-azure-functions-invocationid: ID", "x-azure-functions-hostversion: VERSION"];
        message.known.retain(|line| !own.contains(&line.as_str()));
        message
    }

    /// The value of a header; nothing for none.
    pub fn header(&self, name: &str) -> String {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let value = { lines }.find(|(known, _)| known.eq_ignore_ascii_case(name));
        value.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    }
}

/// A request or a response as it is compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The request line, or the status line.
    pub first: String,
    /// The headers that .NET or the host knows, names in lower case, sorted by name. `Date` and `Server` are left out.
    pub known: Vec<String>,
    /// The others, those that begin with `X-`: with their letter case; in their order, but for the lines of one name, which may
    /// stand together.
    pub custom: Vec<String>,
    pub body: Vec<u8>,
}

impl Message {
    pub fn of(bytes: &[u8]) -> Self {
        let (head, body) = split_head(bytes).unwrap_or((bytes, &[]));
        let head = String::from_utf8_lossy(head);
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        let (mut known, mut custom): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let (lower, value) = (name.to_ascii_lowercase(), value.trim());
            if lower.starts_with("x-") && !lower.starts_with("x-azure-functions-") {
                let same = custom.iter().rposition(|line| line.split(':').next() == Some(name));
                custom.insert(same.map_or(custom.len(), |same| same + 1), format!("{name}: {value}"));
            } else if !["date", "server"].contains(&lower.as_str()) || first.contains(" /") {
                known.push(format!("{lower}: {value}"));
            }
        }
        known.sort_by(|one, other| one.split(':').next().cmp(&other.split(':').next()));
        Self { first, known, custom, body: body.to_vec() }
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const SHOWN: usize = 200;
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(SHOWN)]);
        let lines: Vec<_> = [&self.known[..], &self.custom[..]].concat();
        let lines: Vec<_> = lines.iter().map(|line| line.chars().take(SHOWN).collect::<String>()).collect();
        write!(out, "{:?} {lines:?} {body:?}", self.first)
    }
}

/// The text with the line ends of HTTP.
pub fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// What the handler is to do, and what it has seen.
#[derive(Default)]
pub struct State {
    responses: Vec<Response>,
    seen: Vec<Seen>,
    connections: usize,
    /// How many requests are being answered; a connection that ends with its response has ended when this has fallen.
    in_work: usize,
    /// How many responses were sent as a whole.
    pub responded: usize,
    /// How many connections ended within a body.
    pub cut_bodies: usize,
}

type Shared = Arc<(Mutex<State>, Condvar)>;

/// A host with its handler.
pub struct Bench {
    host: Host,
    state: Shared,
    _app: TempDir,
}

impl Bench {
    /// A host that forwards.
    pub fn forwarding() -> Self {
        Self::new(true)
    }

    /// One that does not.
    pub fn default_mode() -> Self {
        Self::new(false)
    }

    fn new(forwards: bool) -> Self {
        let app = tempfile::tempdir().unwrap();
        let host_json = format!(
            r#"{{ "version": "2.0", "customHandler": {{ "enableForwardingHttpRequest": {forwards},
                 "description": {{ "defaultExecutablePath": "sh", "arguments": ["handler.sh"] }} }},
                 "logging": {{ "logLevel": {{ "default": "None" }} }} }}"#
        );
        let function = |trigger: &str| {
            format!(
                r#"{{ "bindings": [
                     {{ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"{trigger} }},
                     {{ "type": "http", "direction": "out", "name": "res" }} ] }}"#
            )
        };
        for (name, text) in [
            ("host.json", host_json),
            ("handler.sh", HANDLER.to_owned()),
            ("F/function.json", function("")),
            ("G/function.json", function(r#", "methods": ["get"]"#)),
            ("Zall/function.json", function(r#", "route": "all/{*rest}""#)),
        ] {
            let path = app.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let host = Host::serve(app.path(), &[]);
        let port_file = app.path().join("port");
        wait_until("the handler's port", || port_file.exists());
        let port: u16 = std::fs::read_to_string(port_file).unwrap().trim().parse().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let state = Shared::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { host, state, _app: app }
    }

    /// Every request from now on is answered so. What was seen before is forgotten.
    pub fn respond(&self, response: Response) {
        self.respond_in_turn(vec![response]);
    }

    /// The next requests are answered so, one after the other; the last response is for all that follow.
    pub fn respond_in_turn(&self, responses: Vec<Response>) {
        let mut state = self.lock();
        state.responses = responses;
        (state.responded, state.cut_bodies) = (0, 0);
        state.seen.clear();
    }

    /// Sends a request on a connection of its own, and reads the response.
    pub fn ask(&self, request: &str) -> Vec<u8> {
        self.ask_all(&[request]).remove(0)
    }

    /// Sends requests on one connection, each after the response to the one before it. The first waits for the end of connections
    /// that end with a response: a request sent over one of those would be lost.
    pub fn ask_all(&self, requests: &[&str]) -> Vec<Vec<u8>> {
        self.wait_for("earlier responses to be sent", |state| state.in_work == 0);
        let mut caller = self.caller();
        let ask = |request: &&str| {
            caller.send(&crlf(request));
            if request.starts_with("HEAD ") { caller.head() } else { caller.reply() }
        };
        requests.iter().map(ask).collect()
    }

    /// A new connection to the host.
    pub fn caller(&self) -> Caller {
        let stream = TcpStream::connect(self.host.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        Caller { stream, buffer: Vec::new() }
    }

    /// Waits until the host has at most this many descriptors open.
    pub fn wait_for_descriptors(&self, at_most: usize) {
        wait_until(&format!("at most {at_most} descriptors"), || self.descriptors() <= at_most);
    }

    /// How many descriptors the host has open.
    pub fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.host.process.id())).unwrap().count()
    }

    /// How much memory the host takes.
    pub fn resident_megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.host.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Waits until it takes at most this much.
    pub fn wait_for_megabytes(&self, at_most: u64) {
        wait_until(&format!("at most {at_most} MB"), || self.resident_megabytes() <= at_most);
    }

    /// What the handler has seen since this was asked last, or since it was told what to answer.
    pub fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.lock().seen)
    }

    pub fn wait_for_requests(&self, count: usize) {
        self.wait_for("requests", |state| state.seen.len() >= count);
    }

    pub fn wait_for(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        let (_state, timeout) = self.state.1.wait_timeout_while(self.lock(), LIMIT, |state| !is_so(state)).unwrap();
        assert!(!timeout.timed_out(), "waited {LIMIT:?} for {what}");
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap()
    }
}

/// A connection to the host.
pub struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    /// A host that has refused the request may have closed the connection already.
    pub fn send(&mut self, bytes: &[u8]) {
        _ = self.stream.write_all(bytes);
    }

    /// One response, interim ones included: its head, and the body that the head announces.
    pub fn reply(&mut self) -> Vec<u8> {
        let head = self.head();
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let has_no_body = [" 204 ", " 304 "].iter().any(|status| text[8..].starts_with(status));
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        let length = length.filter(|_| !has_no_body).unwrap_or(0);
        [head, self.take(length)].concat()
    }

    /// The head of the next response, with the empty line.
    pub fn head(&mut self) -> Vec<u8> {
        while split_head(&self.buffer).is_none() {
            assert!(
                self.fill(),
                "the host closed the connection within a head: {:?}",
                String::from_utf8_lossy(&self.buffer)
            );
        }
        let (head, body) = split_head(&self.buffer).unwrap();
        let (head, body) = (head.to_vec(), body.to_vec());
        self.buffer = body;
        head
    }

    pub fn take(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length {
            assert!(self.fill(), "the host closed the connection within a body");
        }
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }

    /// All that comes until the host closes the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.fill() {}
        std::mem::take(&mut self.buffer)
    }

    fn fill(&mut self) -> bool {
        fill(&mut self.stream, &mut self.buffer).expect("bytes, or the end, in time")
    }
}

fn fill(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<bool> {
    let mut bytes = [0; 64 * 1024];
    let read = stream.read(&mut bytes)?;
    buffer.extend_from_slice(&bytes[..read]);
    Ok(read > 0)
}

/// Head with its empty line, and what comes after it.
fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const END: &[u8] = b"\r\n\r\n";
    let end = bytes.windows(END.len()).position(|window| window == END)?;
    Some(bytes.split_at(end + END.len()))
}

/// Serves one connection of the host to the handler.
fn serve(mut stream: TcpStream, shared: &Shared) {
    _ = stream.set_nodelay(true);
    let connection = {
        let mut state = shared.0.lock().unwrap();
        state.connections += 1;
        state.connections
    };
    let mut buffer = Vec::new();
    loop {
        let (head, rest) = loop {
            if let Some((head, rest)) = split_head(&buffer) {
                break (head.to_vec(), rest.to_vec());
            }
            let Ok(true) = fill(&mut stream, &mut buffer) else { return };
        };
        buffer = rest;
        if head.starts_with(b"GET / ") {
            // The probe.
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_err() {
                return;
            }
            continue;
        }
        let response = next_response(shared);
        let before = match &response {
            Some(Response::Continue(_)) => b"HTTP/1.1 100 Continue\r\n\r\n",
            Some(Response::Early(bytes)) => bytes.as_slice(),
            _ => b"",
        };
        _ = stream.write_all(before);
        let Some(body) = read_body(&mut stream, &head, &mut buffer) else {
            shared.0.lock().unwrap().cut_bodies += 1;
            shared.1.notify_all();
            return;
        };
        note(shared, Seen { connection, head, body: body.clone(), connection_error: None });
        let result = send(&mut stream, response.as_ref(), &body);
        // A connection that ends has ended before the test hears of it.
        let open = matches!(result, Ok(true)).then_some(stream);
        let mut state = shared.0.lock().unwrap();
        state.in_work -= 1;
        match &result {
            Ok(_) => state.responded += 1,
            Err(error) => {
                if let Some(seen) = state.seen.last_mut() {
                    seen.connection_error = Some(error.kind());
                }
            }
        }
        shared.1.notify_all();
        stream = match open {
            Some(stream) => stream,
            None => return,
        };
    }
}

/// The response to the request that is being read: the first of those left; the last is kept.
fn next_response(shared: &Shared) -> Option<Response> {
    shared.0.lock().unwrap().responses.first().cloned()
}

/// Adds to what was seen, and goes on to the next response.
fn note(shared: &Shared, seen: Seen) {
    let mut state = shared.0.lock().unwrap();
    state.seen.push(seen);
    state.in_work += 1;
    if state.responses.len() > 1 {
        state.responses.remove(0);
    }
    shared.1.notify_all();
}

/// Sends a response. Whether the connection is kept.
fn send(stream: &mut TcpStream, response: Option<&Response>, body: &[u8]) -> std::io::Result<bool> {
    match response {
        Some(Response::Keep(bytes) | Response::Continue(bytes)) => stream.write_all(bytes)?,
        Some(Response::Slowly(pause, pieces)) => {
            for piece in pieces {
                std::thread::sleep(*pause);
                stream.write_all(piece)?;
            }
        }
        Some(Response::Echo) => {
            stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes())?;
            stream.write_all(body)?;
        }
        Some(Response::Early(_)) => {}
        Some(Response::End(bytes)) => return stream.write_all(bytes).map(|()| false),
        Some(Response::Reset) => {
            let socket = tokio::net::TcpSocket::from_std_stream(stream.try_clone()?);
            return socket.set_zero_linger().map(|()| false);
        }
        None => return Ok(false),
    }
    Ok(true)
}

/// The body of a request, chunked or with a length; nothing when the connection ends before it.
fn read_body(stream: &mut TcpStream, head: &[u8], buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    if text.contains("\r\ntransfer-encoding: chunked\r\n") {
        while !buffer.ends_with(LAST_CHUNK) {
            fill(stream, buffer).ok().filter(|more| *more)?;
        }
        return Some(std::mem::take(buffer));
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    while buffer.len() < length {
        fill(stream, buffer).ok().filter(|more| *more)?;
    }
    let rest = buffer.split_off(length);
    Some(std::mem::replace(buffer, rest))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "waited {LIMIT:?} for {what}");
        std::thread::sleep(POLL);
    }
}
