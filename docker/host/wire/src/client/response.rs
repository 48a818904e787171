//! What comes back from the handler.

use bytes::Bytes;

use crate::head::ResponseHead;

/// A complete response.
#[derive(Debug)]
pub struct Response {
    /// The status, the reason phrase and the header lines.
    pub head: ResponseHead,
    /// The body in the pieces in which it came.
    pub body: Vec<Bytes>,
}
