//! The handler's process is never left behind, whatever ends the host.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::time::{Duration, Instant};

use host::Host;
use rustix::process::{Pid, Signal, kill_process};

const HOST_JSON: &str = r#"{
  "version": "2.0",
  "customHandler": { "description": { "defaultExecutablePath": "sh", "arguments": ["handler.sh"] } }
}"#;
/// Without a function the handler is not started.
const FUNCTION_JSON: &str = r#"{ "bindings": [
  { "type": "httpTrigger", "direction": "in", "name": "req" }, { "type": "http", "direction": "out", "name": "res" }
] }"#;
/// Says its process id and waits to be killed.
const HANDLER: &str = "echo $$ > handler.tmp; mv handler.tmp handler.pid; exec sleep 600";
const WAIT_LIMIT_SECONDS: u64 = 30;
const POLL_INTERVAL_MILLISECONDS: u64 = 10;

#[test]
fn a_host_that_is_killed_leaves_no_handler() {
    handler_ends_with_the_host(Signal::KILL);
}

#[test]
fn a_host_that_is_asked_to_end_leaves_no_handler() {
    handler_ends_with_the_host(Signal::TERM);
}

fn handler_ends_with_the_host(signal: Signal) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("Hello")).unwrap();
    for (name, text) in [("host.json", HOST_JSON), ("Hello/function.json", FUNCTION_JSON), ("handler.sh", HANDLER)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let mut host = Host::serve(folder.path(), &[]);
    let pid_file = folder.path().join("handler.pid");
    wait_until("the handler to start", || pid_file.exists());
    let handler = std::fs::read_to_string(&pid_file).unwrap();
    assert!(is_running(handler.trim()), "the handler runs while the host does");

    let pid = i32::try_from(host.process.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
    host.process.wait().unwrap();
    wait_until("the handler to end", || !is_running(handler.trim()));
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
