//! The program: finds its port, serves the router of `routes.rs`, stops when it is asked to.

use std::env;
use std::ffi::OsString;
use std::future::IntoFuture;
use std::io;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const DEVELOPMENT_PORT: u16 = 8081;
const PORT_VARIABLE: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";
const STOP_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let listener = listen().await?;
    let server =
        axum::serve(listener, handler::routes::router()).with_graceful_shutdown(asked_to_stop()?).into_future();
    let asked = asked_to_stop()?;
    let too_long = async {
        asked.await;
        tokio::time::sleep(STOP_LIMIT).await;
    };
    tokio::select! {
        result = server => result.map_err(|error| format!("Cannot serve: {error}")),
        () = too_long => {
            eprintln!("Requests were still running {} s after the signal to stop", STOP_LIMIT.as_secs());
            Ok(())
        }
    }
}

/// Opens the host's port, or else the one for development, and says which.
async fn listen() -> Result<TcpListener, String> {
    // The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
    let (port, why) = match env::var_os(PORT_VARIABLE) {
        Some(value) => (parse_port(value)?, String::new()),
        None => (DEVELOPMENT_PORT, format!(" ({PORT_VARIABLE} is not set)")),
    };
    let cannot = |error: io::Error| format!("Cannot listen on 127.0.0.1:{port}: {error}");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    println!("Listening on http://{address}{why}");
    Ok(listener)
}

fn parse_port(value: OsString) -> Result<u16, String> {
    let text = value.to_string_lossy();
    text.parse().map_err(|_| {
        format!(
            "{PORT_VARIABLE} is `{text}`, not a port number\n\
             hint: set it to a number up to 65535, or unset it to listen on {DEVELOPMENT_PORT}"
        )
    })
}

/// Starts to watch for a signal; what it returns ends when the signal has come.
fn asked_to_stop() -> Result<impl Future<Output = ()>, String> {
    // docker stop and Ctrl-C send SIGTERM and SIGINT: stop listening, finish what is running and exit.
    let watch = |kind| signal(kind).map_err(|error| format!("Cannot watch for signals: {error}"));
    let (mut terminate, mut interrupt) = (watch(SignalKind::terminate())?, watch(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
