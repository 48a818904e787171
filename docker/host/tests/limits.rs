//! What callers, files and readers cannot take from a host: descriptors, its time, its output.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/shell_app.rs"]
mod shell_app;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use host::Host;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit, setrlimit};
use shell_app::{FUNCTION_JSON, HOST_JSON, app};
use tempfile::TempDir;

const SILENT_CALLERS: usize = 1_300;
const SLOW_CALLERS: usize = 100;
const SLOW_LIMIT_SECONDS: u64 = 300;
const FUNCTIONS: usize = 10_000;
const WAIT_LIMIT_SECONDS: u64 = 30;
const POLL_INTERVAL_MILLISECONDS: u64 = 10;

fn responds(connection: &mut TcpStream) {
    connection.set_read_timeout(Some(Duration::from_secs(WAIT_LIMIT_SECONDS))).unwrap();
    connection.write_all(b"GET /admin/host/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
}

#[test]
fn silent_callers_make_room_for_others_and_the_handler_lives() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let folder = app("echo started; exec sleep 600");
    let host = with_descriptors(1024, folder.path());
    let callers: Vec<TcpStream> = (0..SILENT_CALLERS).map(|_| host.connect()).collect();
    host.wait_for_line("connections: those that have been silent for longest are closed");
    responds(&mut host.connect());
    // What the host found of its files meanwhile: they can be looked at, and a change is seen.
    std::fs::write(folder.path().join("Hello/function.json"), format!("{FUNCTION_JSON}\n")).unwrap();
    host.wait_for_line("`Hello/function.json` has changed");
    host.wait_for_line("started");
    drop(callers);
}

/// A host that may have so many descriptors, with its handler started.
fn with_descriptors(count: usize, folder: &Path) -> Host {
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("ulimit -n {count} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_mini-host")])
        .arg(folder)
        .args(["--port", "0"]);
    let host = Host::start(&mut command);
    host.wait_for_line("started");
    host
}

#[test]
fn callers_who_send_no_end_of_their_requests_make_room_for_others() {
    let folder = app("echo started; exec sleep 600");
    let host = with_descriptors(256, folder.path());
    let uploads: Vec<TcpStream> = (0..SLOW_CALLERS)
        .map(|_| {
            let mut caller = host.connect();
            // The host may have closed it already.
            _ = caller.write_all(b"POST /api/Hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx");
            caller
        })
        .collect();
    host.wait_for_line("or else those that have been sending a request for longest");
    for _ in 0..SLOW_CALLERS {
        responds(&mut host.connect());
    }
    drop(uploads);
}

#[test]
fn a_host_that_had_no_descriptor_for_a_moment_can_be_asked_by_send_afterwards() {
    let folder = app("echo started; exec sleep 600");
    let runtime = tempfile::tempdir().unwrap();
    std::fs::set_permissions(runtime.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mini-host"));
    command.arg(folder.path()).args(["--port", "0"]).env("XDG_RUNTIME_DIR", runtime.path());
    let host = Host::start(&mut command);
    host.wait_for_line("started");
    let socket = std::fs::read_dir(runtime.path().join("mini-host")).unwrap().next().unwrap().unwrap().path();
    let pid = i32::try_from(host.process.id()).ok().and_then(Pid::from_raw);
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = prlimit(pid, Resource::Nofile, Rlimit { current: Some(3), maximum }).unwrap();
    let mut caller = UnixStream::connect(&socket).unwrap();
    caller.write_all(b"{\"function\":\"Nope\",\"seconds\":1}\n").unwrap();
    host.wait_for_line("`mini-host send` cannot be answered");
    prlimit(pid, Resource::Nofile, limit).unwrap();
    caller.set_read_timeout(Some(Duration::from_secs(WAIT_LIMIT_SECONDS))).unwrap();
    let mut response = String::new();
    caller.read_to_string(&mut response).unwrap();
    assert!(response.contains("there is no function `Nope`"), "{response}");
}

/// A host whose output nobody reads beyond the first line.
fn unread(folder: &TempDir) -> (Child, TcpStream, BufReader<std::process::ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mini-host"));
    let mut process =
        command.arg(folder.path()).args(["--port", "0"]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("Listening on http://").expect("the address");
    let connection = TcpStream::connect(address).unwrap();
    (process, connection, output)
}

#[test]
fn output_that_nobody_reads_and_a_handler_that_never_pauses_keep_nobody_waiting() {
    let folder = app("echo $$ > handler.pid; exec yes");
    let (mut process, mut connection, output) = unread(&folder);
    let pid_file = folder.path().join("handler.pid");
    wait_until("the handler to start", || pid_file.exists());
    responds(&mut connection);
    let pid = i32::try_from(process.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    let mut status = None;
    wait_until("the host to end", || {
        status = process.try_wait().unwrap();
        status.is_some()
    });
    assert_eq!(status.unwrap().code(), Some(0), "as after any other signal");
    drop(output);
}

#[test]
fn an_app_goes_on_while_its_host_json_is_away_or_no_file() {
    let folder = app("echo started; exec sleep 600");
    let host = Host::serve(folder.path(), &[]);
    host.wait_for_line("started");
    let path = folder.path().join("host.json");
    std::fs::remove_file(&path).unwrap();
    host.wait_for_line("is missing: the app goes on as it was read before");
    assert!(!path.exists(), "whoever replaces it finds its place free");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    host.wait_for_line("cannot be read: not a regular file: the app goes on as it was read before");
    responds(&mut host.connect());
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, HOST_JSON.replace("sh", "/bin/sh").replace("handler./bin/sh", "handler.sh")).unwrap();
    host.wait_for_line("`host.json` has changed: the host starts anew");
    host.wait_for_line("started");
}

/// The probe is never answered: those who call a function wait, and with them the handler of their app.
#[test]
fn at_most_two_generations_of_handlers_live() {
    let folder = app("echo $$ >> pids; echo started; exec sleep 600");
    let host = Host::serve(folder.path(), &[]);
    host.wait_for_line("started");
    let mut callers = Vec::new();
    for generation in 1..=4 {
        let mut caller = host.connect();
        caller.write_all(b"GET /api/Hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        callers.push(caller);
        host.wait_for_line("Executing 'Functions.Hello'");
        std::fs::write(folder.path().join("Hello/function.json"), FUNCTION_JSON.to_owned() + &" ".repeat(generation))
            .unwrap();
        host.wait_for_line("started");
    }
    let pids = std::fs::read_to_string(folder.path().join("pids")).unwrap();
    assert_eq!(pids.lines().count(), 5);
    wait_until("the oldest handlers to end", || pids.lines().filter(|pid| is_running(pid)).count() <= 2);
}

#[test]
#[ignore = "slow: it writes ten thousand functions; the figures count in a release build"]
fn ten_thousand_functions_are_read_anew_while_callers_are_answered() {
    let folder = app("echo started; exec sleep 600");
    for number in 0..FUNCTIONS {
        let function = folder.path().join(format!("F{number}"));
        std::fs::create_dir(&function).unwrap();
        std::fs::write(function.join("function.json"), FUNCTION_JSON).unwrap();
    }
    let begun = Instant::now();
    let host = Host::serve(folder.path(), &[]);
    let is_in_time = |begun: Instant| assert!(begun.elapsed().as_secs() < SLOW_LIMIT_SECONDS, "waited for the handler");
    while !host.has_line("started") {
        is_in_time(begun);
        std::thread::sleep(Duration::from_millis(POLL_INTERVAL_MILLISECONDS));
    }
    println!("{FUNCTIONS} functions, served after {:?}", begun.elapsed());
    std::fs::write(folder.path().join("F1/function.json"), format!("{FUNCTION_JSON}\n")).unwrap();
    let (begun, mut slowest, mut calls) = (Instant::now(), Duration::ZERO, 0);
    while !host.has_line("started") {
        is_in_time(begun);
        let asked = Instant::now();
        responds(&mut host.connect());
        slowest = slowest.max(asked.elapsed());
        calls += 1;
    }
    println!("served anew after {:?}, meanwhile {calls} calls, the slowest took {slowest:?}", begun.elapsed());
    assert!(calls > 10, "{calls} calls were answered meanwhile");
}

/// A process that has ended and that nobody has asked about yet is listed as a zombie.
fn is_running(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed().as_secs() < WAIT_LIMIT_SECONDS, "waited {WAIT_LIMIT_SECONDS} s for {what}");
        std::thread::sleep(Duration::from_millis(POLL_INTERVAL_MILLISECONDS));
    }
}
