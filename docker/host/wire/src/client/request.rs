//! What is sent to the handler.

use bytes::Bytes;

use crate::caller::Caller;
use crate::headers::Headers;

/// A request, without its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method as it is sent.
    pub method: String,
    /// The path and the query, encoded.
    pub target: String,
    /// The header lines, those that frame the body included.
    pub headers: Headers,
}

/// The body of a request.
#[derive(Debug)]
pub enum Body<'a> {
    /// No body. Only such a request may be sent again (protocol.md#forwarding-repeated-delivery).
    Empty,
    /// A body that is there as a whole, sent as it is: the headers say its length.
    Whole(Bytes),
    /// A body that is there as a whole, sent as one chunk.
    Chunk(Bytes),
    /// The body of a caller's request, passed on as it comes.
    Stream {
        /// Who sends it.
        caller: &'a mut Caller,
        /// Whether it is held back until the handler says `100 Continue`, or for a second (protocol.md#forwarding-request-body).
        waits_for_continue: bool,
    },
}
