//! The `mini-host` program.

use std::process::ExitCode;

use mini_host::{Cli, complete, run, watch_over_host};

fn main() -> ExitCode {
    if watch_over_host() {
        return ExitCode::SUCCESS;
    }
    complete();
    let cli = Cli::from_command_line();
    // The handler and its callers need the other half. One worker is this thread: nothing has to pass to another.
    let workers = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
    let mut builder = if workers == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    let outcome = match builder.worker_threads(workers).enable_all().build() {
        Ok(runtime) => {
            let outcome = runtime.block_on(run(cli)).map_err(|error| error.to_string());
            // A file that takes for ever to be read is not waited for.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(format!("cannot start: {error}")),
    };
    match outcome {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
