//! An HTTP request as a function sees it (protocol.md#http-trigger).

use bytes::Bytes;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct HttpRequest {
    /// The whole URL, as [`super::http::url`] makes it.
    pub url: String,
    pub method: String,
    /// The query without its question mark, as sent.
    pub query: String,
    /// The header lines in order, as sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Route values; `None` for an optional parameter the URL does not have.
    pub params: Vec<(String, Option<String>)>,
    pub identity: Identity,
    /// The body, only if the caller sent a `Content-Length` above zero: a chunked body is never seen
    /// (recording DX-chunked-binding).
    pub body: Option<Bytes>,
}

/// Who calls (protocol.md#http-trigger).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Identity {
    #[default]
    Anonymous,
    Key {
        /// `Function`, `System` or `Admin`.
        level: &'static str,
        name: String,
    },
}
