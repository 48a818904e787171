//! Bodies that come in pieces.

use bytes::Bytes;

/// A body that comes in pieces.
pub trait Pieces: Send {
    /// Why there may be no more of them.
    type Error: Send;

    /// The next piece; `None` at the end. An empty piece means nothing.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, Self::Error>> + Send;

    /// Whether the last piece was the end, if that is known already: what is written after it is written with it then.
    fn has_ended(&self) -> bool {
        false
    }
}
