//! The web server: accepts connections, serves them, and lets them end in good order.

#[path = "server/connection.rs"]
mod connection;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::host::Host;
use crate::log;

/// How long requests in flight may take to finish when the host stops.
const DRAIN_TIMEOUT_SECONDS: u64 = 30;
/// How many connections are open at most. Those beyond are closed at once, so that others are still served.
const MAX_CONNECTIONS: usize = 16 * 1024;
/// How long to wait before accepting again when the system has no file descriptors left.
const ACCEPT_PAUSE_MS: u64 = 50;

/// Serves the host on these sockets until it is asked to stop; then refuses new connections, and lets requests in flight finish.
pub async fn serve(host: Arc<Host>, listeners: Vec<TcpListener>) {
    let (stop, stopping) = watch::channel(false);
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        acceptors.spawn(accept(Arc::clone(&host), listener, stopping.clone()));
    }
    host.stop_requested().await;
    stop.send_replace(true);
    while acceptors.join_next().await.is_some() {}
}

async fn accept(host: Arc<Host>, listener: TcpListener, stopping: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut stop = stopping.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MAX_CONNECTIONS => {
                    connections.spawn(connection::serve(Arc::clone(&host), stream, stopping.clone()));
                }
                Ok(_) => host.log().warning(log::HOST, format!("More than {MAX_CONNECTIONS} connections: one is refused")),
                Err(error) => {
                    host.log().warning(log::HOST, format!("Cannot accept a connection: {error}"));
                    tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let drain = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(DRAIN_TIMEOUT_SECONDS), drain).await.is_err() {
        let text = format!("Requests in flight did not finish within {DRAIN_TIMEOUT_SECONDS} s and are dropped");
        host.log().warning(log::HOST, text);
    }
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    _ = stopping.wait_for(|stopping| *stopping).await;
}

/// The addresses that the host listens on: those of `ASPNETCORE_URLS`, or 127.0.0.1; `port` wins over theirs.
///
/// # Errors
/// One line about the URL that cannot be understood.
pub fn addresses(urls: Option<&str>, port: Option<u16>) -> Result<Vec<SocketAddr>, String> {
    let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let Some(urls) = urls.filter(|urls| !urls.trim().is_empty()) else { return Ok(vec![local(port.unwrap_or(0))]) };
    urls.split(';').map(str::trim).filter(|url| !url.is_empty()).map(|url| address(url, port)).collect()
}

fn address(url: &str, port: Option<u16>) -> Result<SocketAddr, String> {
    let hint = "hint: ASPNETCORE_URLS=http://127.0.0.1:8080, or http://+:80 for all interfaces";
    let wrong = |what: &str| format!("`{url}` in ASPNETCORE_URLS {what}\n{hint}");
    let rest = url.strip_prefix("http://").ok_or_else(|| wrong("is not an http URL"))?;
    let authority = rest.split('/').next().unwrap_or_default();
    let (name, own_port) = match authority.rsplit_once(':') {
        Some((name, digits)) if !digits.contains(']') => {
            (name, digits.parse().map_err(|_| wrong("has no valid port"))?)
        }
        _ => (authority, 80),
    };
    let ip = match name {
        "+" | "*" => std::net::Ipv4Addr::UNSPECIFIED.into(),
        "localhost" => std::net::Ipv4Addr::LOCALHOST.into(),
        name => name.trim_matches(['[', ']']).parse().map_err(|_| wrong("does not name an address"))?,
    };
    Ok(SocketAddr::new(ip, port.unwrap_or(own_port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_from_the_urls_and_the_port_wins() {
        let listed =
            |urls, port| addresses(urls, port).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(listed(None, Some(7)), Ok(vec!["127.0.0.1:7".into()]));
        assert_eq!(listed(None, None), Ok(vec!["127.0.0.1:0".into()]));
        assert_eq!(listed(Some("http://+:80"), None), Ok(vec!["0.0.0.0:80".into()]));
        assert_eq!(listed(Some("http://*:80/;http://[::1]"), Some(0)), Ok(vec!["0.0.0.0:0".into(), "[::1]:0".into()]));
        assert!(listed(Some("https://+:443"), None).is_err());
        assert!(listed(Some("http://nowhere:80"), None).is_err());
    }
}
