//! The handler's process is never left behind, whatever ends the host.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;
#[path = "support/shell_app.rs"]
mod shell_app;

use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use host::Host;
use rustix::process::{Pid, Signal, kill_process};
use shell_app::{FUNCTION_JSON, HOST_JSON, app};

/// Says its process id and waits to be killed.
const HANDLER: &str = "echo $$ > handler.tmp; mv handler.tmp handler.pid; exec sleep 600";
/// The same, in a session of its own: the handler's process group does not have it.
const HANDLER_WITH_A_DAEMON: &str = "setsid sh -c 'echo $$ > handler.tmp; mv handler.tmp handler.pid; exec sleep 600' &
exec sleep 600";
/// A shell that waits for its server, as npm does. The server has none of the host's variables.
const WRAPPER: &str = "env -i PATH=\"$PATH\" sh -c 'echo $$ > handler.tmp; mv handler.tmp handler.pid; exec sleep 600'
exit 1";
/// Less than a host waits for requests under way.
const SOON_SECONDS: u64 = 20;
const WAIT_LIMIT_SECONDS: u64 = 30;
const POLL_INTERVAL_MILLISECONDS: u64 = 10;

#[test]
fn a_host_that_is_killed_leaves_no_handler() {
    handler_ends_with_the_host(HANDLER, Signal::KILL);
}

#[test]
fn a_host_that_is_asked_to_end_leaves_no_handler() {
    handler_ends_with_the_host(HANDLER, Signal::TERM);
}

#[test]
fn a_daemon_that_the_handler_started_ends_with_it() {
    handler_ends_with_the_host(HANDLER_WITH_A_DAEMON, Signal::INT);
}

#[test]
fn a_daemon_ends_with_a_host_that_is_killed() {
    handler_ends_with_the_host(HANDLER_WITH_A_DAEMON, Signal::KILL);
}

#[test]
fn what_a_shell_runs_ends_with_a_host_that_is_killed() {
    handler_ends_with_the_host(WRAPPER, Signal::KILL);
}

#[test]
fn what_a_shell_runs_ends_with_the_terminal() {
    handler_ends_with_the_host(WRAPPER, Signal::HUP);
}

/// An emulator that never listens, started as `npx` starts one: by a shell that waits for it.
#[test]
fn a_storage_emulator_that_was_started_ends_with_a_host_that_is_killed() {
    if [10000, 10001].iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
        // Written past the test harness, which would show it only for tests that fail.
        _ = std::io::stderr()
            .write_all(b"SKIPPED the emulator's end: one listens on 10000 or 10001, so none is started\n");
        return;
    }
    let folder = app(HANDLER);
    let script = format!("#!/bin/sh\ncd '{}'\n{WRAPPER}\n", folder.path().display());
    let npx = folder.path().join("npx");
    std::fs::write(&npx, script).unwrap();
    std::fs::set_permissions(&npx, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut host = Command::new(env!("CARGO_BIN_EXE_mini-host"))
        .arg(folder.path())
        .args(["--port", "0"])
        .env("AzureWebJobsStorage", "UseDevelopmentStorage=true")
        .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    ends_with(&mut host, &folder.path().join("handler.pid"), Signal::KILL);
}

#[test]
fn a_second_interrupt_does_not_wait_for_requests() {
    let folder = app(HANDLER);
    let mut host = Host::serve(folder.path(), &[]);
    let mut caller = host.connect();
    caller.write_all(b"GET /api/Hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    host.wait_for_line("Executing 'Functions.Hello'");
    let pid = i32::try_from(host.process.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    host.wait_for_line("a second Ctrl-C does not wait");
    let begun = Instant::now();
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(host.process.wait().unwrap().code(), Some(0));
    assert!(begun.elapsed().as_secs() < SOON_SECONDS);
}

#[test]
fn a_call_to_a_handler_that_cannot_be_started_holds_up_no_end() {
    for leaves in [true, false] {
        let folder = app("");
        let host_json = folder.path().join("host.json");
        std::fs::write(&host_json, HOST_JSON.replace("\"sh\"", "\"no-such-program\"")).unwrap();
        let mut host = Host::serve(folder.path(), &[]);
        let mut caller = host.connect();
        caller.write_all(b"GET /api/Hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        host.wait_for_line("Executing 'Functions.Hello'");
        let caller = Some(caller).filter(|_| !leaves);
        let pid = i32::try_from(host.process.id()).ok().and_then(Pid::from_raw).unwrap();
        let begun = Instant::now();
        kill_process(pid, Signal::TERM).unwrap();
        assert_eq!(host.process.wait().unwrap().code(), Some(0));
        assert!(begun.elapsed().as_secs() < SOON_SECONDS, "{:?}", begun.elapsed());
        drop(caller);
    }
}

#[test]
fn a_host_under_nohup_lives_on_without_its_terminal() {
    let folder = app(HANDLER);
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_mini-host")).arg(folder.path()).args(["--port", "0"]);
    let mut host = Host::start(&mut command);
    let pid = i32::try_from(host.process.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::HUP).unwrap();
    std::fs::write(folder.path().join("Hello/function.json"), format!("{FUNCTION_JSON}\n")).unwrap();
    host.wait_for_line("has changed: the host starts anew");
    kill_process(pid, Signal::INT).unwrap();
    assert_eq!(host.process.wait().unwrap().code(), Some(0));
}

fn handler_ends_with_the_host(handler: &str, signal: Signal) {
    let folder = app(handler);
    let mut host = Host::serve(folder.path(), &[]);
    ends_with(&mut host.process, &folder.path().join("handler.pid"), signal);
}

/// What has written its process id into a file ends with the host that a signal ends.
fn ends_with(host: &mut Child, pid_file: &Path, signal: Signal) {
    wait_until("the process to start", || pid_file.exists());
    let started = std::fs::read_to_string(pid_file).unwrap();
    assert!(is_running(started.trim()), "it runs while the host does");

    let pid = i32::try_from(host.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
    host.wait().unwrap();
    wait_until("the process to end", || !is_running(started.trim()));
}

/// A process that has ended and that nobody has asked about yet is listed as a zombie.
fn is_running(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed().as_secs() < WAIT_LIMIT_SECONDS, "waited {WAIT_LIMIT_SECONDS} s for {what}");
        std::thread::sleep(Duration::from_millis(POLL_INTERVAL_MILLISECONDS));
    }
}
