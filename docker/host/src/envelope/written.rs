//! A response body in the form in which a caller gets it.

use bytes::Bytes;

pub struct Written {
    pub content_type: Option<String>,
    pub body: Bytes,
    pub framing: Framing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Framing {
    /// `Transfer-Encoding: chunked`; neither header on `HEAD` (protocol.md#named-http-output).
    Chunked,
    Length,
    /// Neither: 204 and 304 have no body, that of a 101 ends with the connection (recordings RX-sc-101, -304).
    None,
}
