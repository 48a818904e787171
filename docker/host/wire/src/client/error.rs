//! Why there is no complete response.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::framing::BodyError;
use crate::head::HeadError;

/// Why there is no complete response, by how far the exchange came.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens.
    #[error("Connection refused ({0}): no handler listens there")]
    Refused(SocketAddr),
    /// There is no connection, for another reason.
    #[error("Cannot connect to the handler at {0}: {1}")]
    Connect(SocketAddr, io::Error),
    /// The caller's body failed, so that the request could not be sent as a whole.
    #[error(transparent)]
    Request(BodyError),
    /// The handler closed the connection without a byte of a response.
    #[error("The handler closed the connection without a response")]
    Closed,
    /// The connection was reset before a byte of a response had come.
    #[error("The connection to the handler broke: {0}")]
    Reset(io::Error),
    /// The connection broke before the end of the response's head.
    #[error("The connection to the handler broke: {0}")]
    Broken(io::Error),
    /// What came is not the head of a response.
    #[error("The response is not HTTP: {0}")]
    Head(HeadError),
    /// There was an interim response (1xx), and no final one.
    #[error("The handler gave an interim response (1xx) and no final one")]
    OnlyInterim,
    /// The body of a response that is kept as a whole is longer than .NET's buffer for one.
    #[error("The response has more than {0} bytes")]
    TooLong(u64),
    /// The head came, and the body did not come as a whole.
    #[error(transparent)]
    Body(BodyError),
    /// Nothing moved for this long.
    #[error("The handler neither read nor sent anything for {} s", .0.as_secs())]
    Idle(Duration),
}

impl Error {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        matches!(self, Self::TooLong(_)).then_some("`enableProxyingHttpRequest` in host.json streams it")
    }
}
