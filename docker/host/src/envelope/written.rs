//! A response body in the form in which a caller gets it.

use bytes::Bytes;
use wire::response::Framing;

pub struct Written {
    pub content_type: Option<String>,
    pub body: Bytes,
    pub framing: Framing,
}
