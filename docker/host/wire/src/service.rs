//! What a server serves.

use std::fmt;
use std::io;

use crate::caller::Caller;
use crate::head::RequestHead;
use crate::response::Response;
use crate::target::Target;

/// Answers requests. Every connection has a clone.
pub trait Service: Clone + Send + Sync + 'static {
    /// Answers one request. What the service leaves of the caller's body is read and dropped after the response. `None` if the
    /// service has answered by [`Caller::stream`] or [`Caller::tunnel`]; if it has not, the connection is reset.
    fn call(&self, request: Request<'_>, caller: &mut Caller) -> impl Future<Output = Option<Response>> + Send;

    /// Reports what the server copes with by itself.
    fn warn(&self, warning: Warning);
}

/// A request that Kestrel lets through.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Method, target and header lines as they were sent.
    pub head: &'a RequestHead,
    /// The target, decoded.
    pub target: &'a Target<'a>,
}

/// Something that a server copes with and a person wants to know.
#[derive(Debug)]
pub enum Warning {
    /// There are more connections than this many: silent ones are closed, or else those whose requests have not come in full, or else
    /// new ones.
    TooManyConnections(usize),
    /// A connection could not be accepted; the server goes on.
    Accept(io::Error),
    /// When the server stopped, requests did not end within this many seconds, and were dropped.
    Undrained(u64),
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyConnections(limit) => write!(
                out,
                "More than {limit} connections: those that have been silent for longest are closed, or else those that have \
                 been sending a request for longest\nhint: `ulimit -n`, the limit on open files, allows no more"
            ),
            Self::Accept(error) => write!(out, "Cannot accept a connection: {error}"),
            Self::Undrained(seconds) => {
                write!(out, "Requests in flight did not finish within {seconds} s and are dropped")
            }
        }
    }
}
