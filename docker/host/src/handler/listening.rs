//! Where the handler listens, and whether that is where the host calls it.

use std::net::{IpAddr, SocketAddr};

use uuid::Uuid;

use super::process_tree;
use crate::app::Diagnostic;

pub(super) async fn listening(worker_id: Uuid) -> Vec<SocketAddr> {
    // It only fails if it panics.
    tokio::task::spawn_blocking(move || process_tree::listening(worker_id)).await.unwrap_or_default()
}

/// What is wrong with the addresses that a handler listens on: the host asks 127.0.0.1 alone (protocol.md#port). `None` if the
/// right one is among them, or there are none.
pub(super) fn misplaced(listening: &[SocketAddr], port: u16) -> Option<Diagnostic> {
    let reaches = |address: &&SocketAddr| match address.ip() {
        IpAddr::V4(ip) => ip.is_unspecified() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unspecified(),
    };
    let (at_port, elsewhere): (Vec<_>, Vec<_>) = listening.iter().partition(|address| address.port() == port);
    if at_port.iter().any(reaches) {
        return None;
    }
    let (found, hint) = if at_port.is_empty() {
        (
            elsewhere,
            "take the port from the variable FUNCTIONS_CUSTOMHANDLER_PORT, or write the one that the program listens on as `port` in \
             `customHandler`",
        )
    } else {
        (at_port, "listen on 127.0.0.1 instead; `localhost` may mean [::1]")
    };
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let what = format!("The handler listens on {}, and the host calls 127.0.0.1:{port}", found.join(", "));
    (!found.is_empty()).then(|| Diagnostic::of_whole(what).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_that_listens_where_nobody_asks_is_reported() {
        let said = |addresses: &[&str]| {
            let addresses: Vec<SocketAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
            misplaced(&addresses, 4711).map(|found| found.to_string()).unwrap_or_default()
        };
        assert!(
            said(&["0.0.0.0:8080"]).contains("0.0.0.0:8080, and the host calls 127.0.0.1:4711\nhint: take the port")
        );
        assert!(
            said(&["[::1]:4711"]).contains("[::1]:4711, and the host calls 127.0.0.1:4711\nhint: listen on 127.0.0.1")
        );
        for fine in [&["0.0.0.0:4711"][..], &["[::]:4711"], &["127.0.0.1:4711", "0.0.0.0:9229"], &[]] {
            assert_eq!(said(fine), "");
        }
    }
}
