//! What is sent to the handler.

use std::borrow::Cow;
use std::fmt;
use std::future::pending;
use std::pin::pin;

use bytes::Bytes;
use tokio::io::AsyncRead;

use crate::caller::Caller;
use crate::headers::Headers;

/// A request, without its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method as it is sent.
    pub method: Cow<'static, str>,
    /// The path and the query, encoded.
    pub target: String,
    /// The header lines, those that frame the body included.
    pub headers: Headers,
}

/// The body of a request.
pub enum Body<'a> {
    /// No body. Only such a request may be sent again (protocol.md#forwarding-repeated-delivery).
    Empty,
    /// A body that is there as a whole, sent as it is: the headers say its length.
    Whole(Bytes),
    /// A body that is there as a whole, sent as one chunk.
    Chunk(Bytes),
    /// A body that has been put aside, in a temporary file say: the headers say its length.
    Read {
        /// Where it is read from, to its end or to `length`.
        source: &'a mut (dyn AsyncRead + Send + Unpin),
        /// How many bytes there are.
        length: u64,
    },
    /// The body of this caller's request, passed on as it comes: in chunks, if the headers say so.
    Stream(&'a mut Caller),
}

impl Body<'_> {
    /// Gives up the connection of a caller who leaves after its body has been passed on; this never ends.
    pub(crate) async fn attend<T>(&mut self) -> T {
        match self {
            Self::Stream(caller) => caller.attend(pin!(pending())).await,
            _ => pending().await,
        }
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Empty => "Empty",
            Self::Whole(_) => "Whole",
            Self::Chunk(_) => "Chunk",
            Self::Read { .. } => "Read",
            Self::Stream(_) => "Stream",
        })
    }
}
