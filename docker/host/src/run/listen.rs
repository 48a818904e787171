//! The sockets that callers connect to.

use std::io;

use tokio::net::TcpListener;
use wire::addresses::{AddressError, addresses};

use crate::app::Diagnostic;
use crate::local::{self, Port};
use crate::log::{self, Log, Record};

#[derive(Debug, Default)]
pub struct Bound {
    pub listeners: Vec<TcpListener>,
    pub urls: Vec<String>,
    /// What to say of a port that is not the usual one.
    pub note: Option<Diagnostic>,
}

/// Opens the sockets and announces each: the first line on standard output is for programs to read.
pub async fn bind(environment: &[(String, String)], port: Port) -> Result<Bound, Diagnostic> {
    let wanted = match port {
        Port::Exactly(port) => addresses(local::find(environment, "ASPNETCORE_URLS"), port),
        Port::Preferably(port) => addresses(None, Some(port)),
    }
    .map_err(|error| Diagnostic::of_whole(error.to_string()).hint(AddressError::HINT))?;
    let mut bound = Bound::default();
    for address in wanted {
        let taken = |error: io::Error| {
            Diagnostic::of_whole(format!("cannot listen on {address}: {error}"))
                .hint("another program has the port; --port 0 takes a free one")
        };
        let listener = match TcpListener::bind(address).await {
            Err(error) if matches!(port, Port::Preferably(_)) && error.kind() == io::ErrorKind::AddrInUse => {
                let port = address.port();
                let text = format!("Port {port} is taken, so a free one was chosen");
                bound.note = Some(Diagnostic::of_whole(text).hint("--port N names another"));
                TcpListener::bind((address.ip(), 0)).await
            }
            listener => listener,
        };
        let listener = listener.map_err(taken)?;
        let url = format!("http://{}", listener.local_addr().map_err(taken)?);
        log::print(&format!("Listening on {url}\n"));
        Log::default().record(Record::Listening { url: url.clone() });
        bound.listeners.push(listener);
        bound.urls.push(url);
    }
    Ok(bound)
}
