//! The web server: accepts connections, serves them, and lets them end in good order.

mod connection;
pub(crate) mod places;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::service::{Service, Warning};
use places::Places;

/// How long requests in flight may take to finish when the host stops.
const DRAIN_TIMEOUT_SECONDS: u64 = 30;
/// How long to wait before accepting again when the system has no file descriptors left.
const ACCEPT_PAUSE_MS: u64 = 50;
/// A warning is not repeated before: a flood of connections is not to become one of warnings.
const WARNING_PAUSE_SECONDS: u64 = 60;

/// Serves on these sockets until `shutdown` is done; then refuses new connections, and lets requests in flight finish. Of more
/// connections than `limit` the longest silent one is closed, or else the one with the longest upload, so that others are still served.
pub async fn serve(
    listeners: Vec<TcpListener>,
    limit: usize,
    shutdown: impl Future<Output = ()>,
    service: impl Service,
) {
    let (stop, stopping) = watch::channel(false);
    let places = Places::new(limit);
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        acceptors.spawn(accept(listener, Arc::clone(&places), stopping.clone(), service.clone()));
    }
    tokio::select! {
        () = shutdown => {}
        // None of them ends before.
        Some(Err(error)) = acceptors.join_next() => {
            if let Ok(panic) = error.try_into_panic() {
                std::panic::resume_unwind(panic);
            }
        }
    }
    stop.send_replace(true);
    while acceptors.join_next().await.is_some() {}
}

async fn accept(listener: TcpListener, places: Arc<Places>, stopping: watch::Receiver<bool>, service: impl Service) {
    let mut connections = JoinSet::new();
    let mut stop = stopping.clone();
    let mut last_warning = None;
    let mut warn = |warning| {
        let pause = Duration::from_secs(WARNING_PAUSE_SECONDS);
        if last_warning.is_none_or(|last: Instant| last.elapsed() >= pause) {
            last_warning = Some(Instant::now());
            service.warn(warning);
        }
    };
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => {
                    if places.are_full() {
                        warn(Warning::TooManyConnections(places.limit));
                    }
                    // One that finds no place is closed.
                    let Some(place) = places.enter() else { continue };
                    let (service, stopping) = (service.clone(), stopping.clone());
                    connections.spawn(async move {
                        tokio::select! {
                            biased;
                            () = connection::serve(service, accepted, &place, stopping) => {}
                            () = place.lost() => {}
                        }
                    });
                }
                Err(error) => {
                    warn(Warning::Accept(error));
                    places.make_room();
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
