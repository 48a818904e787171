//! An HTTP request as a function sees it (protocol.md#http-trigger).

use bytes::Bytes;

use crate::app::AuthLevel;

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
    /// Who calls; nobody in particular is `None`.
    pub identity: Option<Identity>,
    /// The body, only if the caller sent a `Content-Length` above zero: a chunked body is never seen
    /// (recording DX-chunked-binding).
    pub body: Option<Bytes>,
}

/// A caller with a right key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What the key opens: a key of one function, or of the host for all functions, is one of `Function`.
    pub level: AuthLevel,
    /// The name of the key: `master`, `default`, ….
    pub key_name: String,
}
