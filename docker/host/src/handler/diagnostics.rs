//! What people are told about a handler that does not start, does not answer, or does not stay.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use uuid::Uuid;

use super::listening::misplaced;
use super::process::Launch;
use crate::app::Diagnostic;
use crate::doctor::program;

const EXEC_HINT: &str = "let the server take the place of the script that starts it: begin that line with `exec`, and without `&` \
                         at its end";

pub(super) fn start_failure(launch: &Launch, worker_id: Uuid, error: &io::Error) -> Diagnostic {
    let program = launch.command_line(worker_id).program;
    let working_directory = &launch.handler.working_directory;
    let reason = program::not_executable(Path::new(&program)).filter(|_| Path::new(&program).is_file());
    let hint = match (error.kind(), reason) {
        _ if !working_directory.is_dir() => {
            format!("there is no directory `{}`, the `workingDirectory`", working_directory.display())
        }
        (_, Some(reason)) => format!("the file {}: {}", reason.what, reason.hint),
        (io::ErrorKind::NotFound, None) => format!(
            "`defaultExecutablePath` is looked for in `{}`, then on PATH; build the handler, or correct the name",
            launch.handler.worker_directory.display()
        ),
        _ => "try to start it by hand: `mini-host --print-env` shows the variables it gets".to_owned(),
    };
    let text = format!(
        "Failed to start Worker Channel. Process fileName: {program}\n{error} (working directory `{}`)",
        working_directory.display()
    );
    Diagnostic::of_whole(text).hint(hint)
}

/// A handler that listens elsewhere, or has not answered for so many seconds; `None` if it listens nowhere yet.
pub(super) fn silence(listening: &[SocketAddr], port: u16, seconds: u64) -> Option<Diagnostic> {
    let is_silent = || {
        Diagnostic::of_whole(format!(
            "The handler listens on port {port}, and has not answered `GET /` for {seconds} s. The host waits: it sends nothing else \
             before"
        ))
        .hint("answer `GET /` with anything at all; a 404 will do")
    };
    misplaced(listening, port).or_else(|| (!listening.is_empty()).then(is_silent))
}

pub(super) fn timeout(worker_id: Uuid, listening: &[SocketAddr], port: u16, seconds: f32) -> Diagnostic {
    let text = format!(
        "Failed to start http worker process. workerId:{worker_id}\nSystem.TimeoutException: Initializing HttpWorker timed \
         out.\nNobody listened on 127.0.0.1:{port} within {seconds} s (`initializationTimeout`)"
    );
    match misplaced(listening, port) {
        Some(found) => Diagnostic { message: format!("{text}\n{}", found.message), ..found },
        None => {
            Diagnostic::of_whole(text).hint("listen on the port that FUNCTIONS_CUSTOMHANDLER_PORT names, at 127.0.0.1")
        }
    }
}

pub(super) fn taken_port(user: u32, port: u16) -> Diagnostic {
    let text = format!(
        "A program of another user (uid {user}) listens on port {port}, where the handler is to listen: nothing is sent there"
    );
    Diagnostic::of_whole(text)
        .hint("start again for another port, or write one in host.json that this user does not know")
}

/// A process that the handler has started, has outlived it, and holds its output.
pub(super) fn open_output(command_line: &str) -> Diagnostic {
    let text = format!(
        "`{command_line}` has ended, and a process that it started lives on and holds its output: the host does not notice the end, \
         and starts nothing in its place while that process lives"
    );
    Diagnostic::of_whole(text).hint(EXEC_HINT)
}

/// A process that the handler has started and has outlived it, without its output.
pub(super) fn left_behind(command_line: &str) -> Diagnostic {
    let text = format!(
        "`{command_line}` has ended, and a process that it started lives on without its output: it is started again at each end, \
         while requests may still reach what it left behind"
    );
    Diagnostic::of_whole(text).hint(EXEC_HINT)
}

pub(super) fn quick_restarts(count: u32, seconds: u64) -> Diagnostic {
    let text = format!(
        "The handler has asked for a restart {count} times in a row, each time soon after its start. The Functions host starts it \
         again at once, without end; this one waits {seconds} s"
    );
    Diagnostic::of_whole(text).hint("a handler is a server: it runs until it is killed")
}
