//! How far the handler is, and how it is asked (protocol.md#readiness-probe).

use std::time::{Duration, Instant};

use wire::client::{self, Body, Request};
use wire::{Client, Headers, Name};

/// How long to pause between two probes of a handler that does not listen yet. The real host pauses 25 ms; a shorter pause
/// is not seen by a handler that is not there, and finds it sooner.
const PROBE_PAUSE_MS: u64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    Starting,
    /// Its process could not be made. Callers wait for it all the same: an operator may restart it.
    Unstartable,
    Ready,
    /// It has failed three times; the host is to end.
    GivenUp,
}

#[derive(Clone, Copy, Debug)]
pub struct Probe {
    pub timeout: Duration,
    /// Whether a redirect is followed: so does the real host where it does not forward (protocol.md#readiness-probe).
    pub follows_redirects: bool,
}

/// Asks `GET /` until there is any reaction but a refused connection (protocol.md#readiness-probe). Whether there was one in time; a
/// handler that accepts the connection and says nothing is waited for without this limit (recording PX-root-hang).
pub(super) async fn wait_until_ready(client: &Client, probe: Probe) -> bool {
    let deadline = Instant::now() + probe.timeout;
    loop {
        match ask(client, probe).await {
            Ok(()) => return true,
            Err(client::Error::Refused(_)) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(PROBE_PAUSE_MS)).await;
            }
            Err(client::Error::Refused(_)) => return false,
            Err(_) => return true,
        }
    }
}

async fn ask(client: &Client, probe: Probe) -> Result<(), client::Error> {
    let mut headers = Headers::default();
    headers.push(Name::Host, client.authority());
    let request = Request { method: "GET".into(), target: "/".to_owned(), headers };
    let response = if probe.follows_redirects {
        client.call_following_redirects(request, || Body::Empty).await
    } else {
        client.call(&request, Body::Empty).await
    };
    response.map(drop)
}
