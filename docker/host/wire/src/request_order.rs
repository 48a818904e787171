//! The order in which Kestrel hands on the header lines of a request (protocol.md#header-lines).

use crate::names::Names;

/// The names that it knows, as they are spelt; all others follow as they came.
static KNOWN: Names<42> = Names::new([
    "Accept",
    "Connection",
    "Host",
    "User-Agent",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Alt-Used",
    "Authorization",
    "baggage",
    "Cache-Control",
    "Cookie",
    "Correlation-Context",
    "Date",
    "Expect",
    "From",
    "Grpc-Accept-Encoding",
    "grpc-encoding",
    "Grpc-Timeout",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Request-Id",
    "TE",
    "traceparent",
    "tracestate",
    "Translate",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "Via",
    "Warning",
]);

/// The place of a name among those that Kestrel knows, and how it is spelt; `None` if it does not know it.
#[must_use]
pub fn place(name: &[u8]) -> Option<(usize, &'static str)> {
    KNOWN.find(name)
}
