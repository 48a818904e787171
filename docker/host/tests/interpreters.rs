//! Handlers in languages that the samples do not speak, served where their interpreters are installed.
//!
//! These two are optional even where skips are failures: no other part of the repository needs PHP or Ruby.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/host.rs"]
mod host;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use host::Host;

#[test]
fn php_in_default_mode() {
    greets_in("php", "PHP");
}

#[test]
fn ruby_behind_forwarding() {
    greets_in("ruby", "Ruby");
}

fn greets_in(interpreter: &str, language: &str) {
    let Some(response) = post(interpreter, "wörld") else { return };
    let (head, body) = response.split_once("\r\n\r\n").expect("head and body");
    assert!(head.starts_with("HTTP/1.1 201 "), "{response}");
    assert!(head.contains(&format!("\r\nX-Language: {language}")), "{response}");
    // In default mode it may come in chunks.
    assert!(body.contains("Hello, wörld!"), "{response}");
}

/// Serves the fixture of an interpreter and posts a text to its function. None, and a line on the terminal that says so, where
/// the interpreter is not installed.
fn post(interpreter: &str, text: &str) -> Option<String> {
    let found = Command::new(interpreter).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        // Written past the test harness, which would show it only for tests that fail.
        let text =
            format!("SKIPPED {name}: `{interpreter}` is not installed\nhint: install it; this test is optional\n");
        let _ = std::io::stderr().write_all(text.as_bytes());
        return None;
    }
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(interpreter);
    Some(Host::serve(&app, &[]).post("/api/hello", text))
}
