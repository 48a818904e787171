//! The web server: accepts connections, serves them, and lets them end in good order.

mod connection;

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::service::{Service, Warning};

/// How long requests in flight may take to finish when the host stops.
const DRAIN_TIMEOUT_SECONDS: u64 = 30;
/// How many connections are open at most. Those beyond are closed at once, so that others are still served.
const MAX_CONNECTIONS: usize = 16 * 1024;
/// How long to wait before accepting again when the system has no file descriptors left.
const ACCEPT_PAUSE_MS: u64 = 50;

/// Serves on these sockets until `shutdown` is done; then refuses new connections, and lets requests in flight finish.
pub async fn serve(listeners: Vec<TcpListener>, shutdown: impl Future<Output = ()>, service: impl Service) {
    let (stop, stopping) = watch::channel(false);
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        acceptors.spawn(accept(listener, stopping.clone(), service.clone()));
    }
    shutdown.await;
    stop.send_replace(true);
    while acceptors.join_next().await.is_some() {}
}

async fn accept(listener: TcpListener, stopping: watch::Receiver<bool>, service: impl Service) {
    let mut connections = JoinSet::new();
    let mut stop = stopping.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < MAX_CONNECTIONS => {
                    connections.spawn(connection::serve(service.clone(), stream, stopping.clone()));
                }
                Ok(_) => service.warn(Warning::TooManyConnections(MAX_CONNECTIONS)),
                Err(error) => {
                    service.warn(Warning::Accept(error));
                    tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = connection::stopped(&mut stop) => break,
        }
    }
    drop(listener);
    let drain = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(DRAIN_TIMEOUT_SECONDS), drain).await.is_err() {
        service.warn(Warning::Undrained(DRAIN_TIMEOUT_SECONDS));
    }
}
