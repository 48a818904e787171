//! The program: finds its port and serves the router of `routes.rs`.

use std::env;
use std::process::ExitCode;

use tokio::net::TcpListener;

const PORT_VARIABLE: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";

#[tokio::main]
async fn main() -> ExitCode {
    let Err(message) = serve().await else { return ExitCode::SUCCESS };
    eprintln!("{message}");
    ExitCode::FAILURE
}

async fn serve() -> Result<(), String> {
    // The host chooses a free port, names it in FUNCTIONS_CUSTOMHANDLER_PORT and connects to 127.0.0.1 only.
    let (port, note) = match env::var(PORT_VARIABLE) {
        Ok(port) => (port, ""),
        Err(_) => ("8081".to_owned(), " (FUNCTIONS_CUSTOMHANDLER_PORT is not set)"),
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.map_err(|error| {
        format!("Cannot listen on port `{port}` ({error}): set {PORT_VARIABLE} to a free port, or unset it to listen on 8081")
    })?;
    let address = listener.local_addr().map_err(|error| format!("Cannot tell the port: {error}"))?;
    println!("Listening on http://{address}{note}");
    // When the host stops it kills the handler: there is no signal to wait for.
    axum::serve(listener, handler::routes::router()).await.map_err(|error| format!("Cannot serve: {error}"))
}
