//! A handler that ends with exit code 0 is started again, and what is said about one that should not end (protocol.md#exit-and-restart).

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "support/host.rs"]
mod host;

use host::Host;
use tempfile::TempDir;

const HOST_JSON: &str = r#"{
  "version": "2.0",
  "configurationProfile": "web-app-custom-handler",
  "customHandler": { "description": { "defaultExecutablePath": "sh", "arguments": ["handler.sh"] } }
}"#;

/// A host whose handler is this script.
fn serve(script: &str) -> (Host, TempDir) {
    let app = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [("host.json", HOST_JSON), ("handler.sh", script)] {
        std::fs::write(app.path().join(name), text).expect("a file of the app");
    }
    let host = Host::serve(app.path(), &[("FUNCTIONS_WORKER_RUNTIME", "custom".as_ref())]);
    (host, app)
}

#[test]
fn a_wrapper_whose_server_holds_its_output_is_named_and_not_started_again() {
    let (host, _app) = serve("echo started\nsleep 20 &\nexit 0\n");
    host.wait_for_line("started");
    host.wait_for_line("`sh handler.sh` has ended, and a process that it started lives on and holds its output");
    host.wait_for_line("hint: let the server take the place of the script that starts it: begin that line with `exec`");
}

#[test]
fn a_wrapper_whose_server_has_other_output_is_named_and_started_again() {
    let (host, _app) = serve("echo started\nsleep 20 > /dev/null 2>&1 &\nexit 0\n");
    host.wait_for_line("started");
    host.wait_for_line("Language Worker Process exited and needs to be restarted.");
    host.wait_for_line("`sh handler.sh` has ended, and a process that it started lives on without its output");
    host.wait_for_line("started");
}

#[test]
fn a_folder_that_is_made_in_the_app_s_root_starts_the_host_anew() {
    let (host, app) = serve("echo started\nexec sleep 20\n");
    host.wait_for_line("started");
    std::fs::create_dir(app.path().join("static")).expect("a folder of the app");
    host.wait_for_line("`static` has changed: the host starts anew");
}

#[test]
fn a_handler_that_ends_again_and_again_is_started_more_slowly() {
    let (host, _app) = serve("exit 0\n");
    host.wait_for_line("The handler has asked for a restart 10 times in a row");
    host.wait_for_line("hint: a handler is a server: it runs until it is killed");
}
