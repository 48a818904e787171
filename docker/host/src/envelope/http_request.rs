//! An HTTP request as a function sees it (protocol.md#http-trigger).

use bytes::Bytes;

/// What a function sees of its caller's request.
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
    /// Who calls, as far as keys say.
    pub identity: Identity,
    /// The body, only if the caller sent a `Content-Length` above zero: a chunked body is never seen
    /// (recording DX-chunked-binding).
    pub body: Option<Bytes>,
}

/// Who calls (protocol.md#http-trigger).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Identity {
    /// No key, or a wrong one.
    #[default]
    Anonymous,
    Key {
        /// `Function`, `System` or `Admin`.
        level: &'static str,
        /// The key's name, such as `default` or `master`.
        name: String,
    },
}
