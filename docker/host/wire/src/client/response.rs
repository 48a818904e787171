//! What comes back from the handler.

use bytes::Bytes;

use crate::head::ResponseHead;

/// Is shown the head of a response.
pub type See<'a> = dyn Fn(&ResponseHead) + Sync + 'a;

/// A response: complete, with its body in the pieces in which it came, or one whose body is still coming.
#[derive(Debug)]
pub struct Response<B = Vec<Bytes>> {
    /// The status, the reason phrase and the header lines.
    pub head: ResponseHead,
    /// The body.
    pub body: B,
}
