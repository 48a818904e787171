//! Ctrl-C.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::checkout::{Checkout, Ran, alive, signal, until};

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let checkout = Checkout::new();
    checkout.sample("slow", "");
    checkout.write("samples/slow/sample.toml", "title = 'S'\n[build]\nrun = ['sh slow.sh']\n");
    // The second is in a session of its own, as the hosts are that a test starts.
    checkout.write(
        "samples/slow/slow.sh",
        "sleep 600 &\necho $! > pid.new\nsetsid sh -c 'echo $$ >> pid.new; mv pid.new pid; exec sleep 600' &\nwait\n",
    );
    let mut child = checkout.command(&["build-all"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = checkout.path("samples/slow/pid");
    until("the build runs", || pid.exists());
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let sleepers = fs::read_to_string(pid).unwrap();
    assert_eq!(sleepers.lines().count(), 2);
    until("the build's children are dead", || sleepers.lines().all(|pid| !alive(pid)));
    let counts = fs::read_to_string(checkout.path("target/report/counts")).unwrap();
    assert_eq!(counts, "0 0 0\n", "what was cut short has not failed");
}

#[test]
fn a_run_that_is_stopped_says_what_it_had_done_and_what_not() {
    let checkout = Checkout::new();
    checkout.sample("a-good", "");
    checkout.sample("b-slow", "");
    checkout.write("samples/b-slow/sample.toml", "title = 'S'\n[build]\nrun = ['sh slow.sh']\n");
    checkout.write("samples/b-slow/slow.sh", "touch begun\nexec sleep 600\n");
    checkout.sample("c-waits", "");
    checkout.contract_of("answers");
    let mut command = checkout.command(&["smoke", "--jobs", "1"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the build runs", || checkout.path("samples/b-slow/begun").exists());
    signal(&child, "-TERM");
    let ran = Ran::from(child.wait_with_output().unwrap());
    let left = "1 passed, 0 failed, 0 skipped; cut off, not done: a-good native (not begun), b-slow build (begun), \
                b-slow native (not begun), c-waits build (not begun), c-waits native (not begun)";
    ran.says("a-good  ok").ends(130, left);

    let summary = checkout.report("summary.md");
    assert!(summary.starts_with(&format!("**{left}**")), "{summary}");
    let junit = checkout.report("junit.xml");
    assert!(junit.contains("comes to its end") && junit.contains("cut off: c-waits native (not begun)"), "{junit}");
    checkout.events();
    let events = checkout.report("events.ndjson");
    let cut_off = r#"{"event":"cut-off","left":[{"sample":"a-good","step":"native","progress":"not-begun"},"#;
    assert!(events.lines().rev().nth(1).unwrap().starts_with(cut_off), "{events}");
    assert!(events.lines().last().unwrap().contains("\"status\":130"), "{events}");
}

#[test]
fn ctrl_c_is_heard_while_an_image_is_fetched() {
    let checkout = Checkout::new();
    checkout.sample("one", "");
    checkout.contract_of("answers");
    checkout.write("docker/Dockerfile", "ARG BASE=example.org/base:1\nFROM ${BASE}\n");
    let socket = UnixListener::bind(checkout.path("engine.sock")).unwrap();
    let asked = Arc::new(AtomicBool::new(false));
    std::thread::spawn({
        let asked = asked.clone();
        move || socket.incoming().for_each(|client| engine_without_images(client.unwrap(), &asked))
    });
    let mut command = checkout.command(&["docker", "--base", "official"]);
    command.env("DOCKER_HOST", format!("unix://{}", checkout.path("engine.sock").display()));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the engine is asked for the image", || asked.load(Ordering::Relaxed));
    signal(&child, "-INT");
    until("it has ended", || child.try_wait().unwrap().is_some());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// An engine that has nothing, and never says whether it has an image.
fn engine_without_images(mut client: UnixStream, asked: &Arc<AtomicBool>) {
    let asked = asked.clone();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
        while let Some(Ok(request)) = lines.next() {
            lines.by_ref().map_while(Result::ok).find(String::is_empty);
            let body = match request {
                request if request.contains("/version") => r#"{"ApiVersion":"1.41","Arch":"ARCH"}"#,
                request if request.contains("/images/example.org") => {
                    asked.store(true, Ordering::Relaxed);
                    continue;
                }
                _ => "[]",
            };
            let body = body.replace("ARCH", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
            client.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
}
