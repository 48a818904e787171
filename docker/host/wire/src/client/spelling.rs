//! How .NET's client spells the names of header lines (protocol.md#header-lines).

use std::borrow::Cow;

use crate::headers::{Headers, Line};
use crate::name::Name;
use crate::names::Names;

/// The names that it knows. Those that Kestrel knows in requests and responses alike are spelt where they are written.
static KNOWN: Names<84> = Names::new([
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Patch",
    "Accept-Ranges",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Age",
    "Allow",
    "Alt-Svc",
    "Alt-Used",
    "Authorization",
    "baggage",
    "Content-Disposition",
    "Content-Security-Policy",
    "Content-Security-Policy-Report-Only",
    "Cookie",
    "Cookie2",
    "DNT",
    "ETag",
    "Expect",
    "Expect-CT",
    "Expires",
    "From",
    "Grpc-Message",
    "Grpc-Status",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Modified",
    "Link",
    "Location",
    "Max-Forwards",
    "Origin",
    "P3P",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Proxy-Support",
    "Public-Key-Pins",
    "Range",
    "Referer",
    "Referrer-Policy",
    "Refresh",
    "Request-Id",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Server-Timing",
    "Set-Cookie",
    "Set-Cookie2",
    "Strict-Transport-Security",
    "TE",
    "Timing-Allow-Origin",
    "traceparent",
    "tracestate",
    "Trailer",
    "TSV",
    "Upgrade-Insecure-Requests",
    "User-Agent",
    "Vary",
    "WWW-Authenticate",
    "X-AspNet-Version",
    "X-Cache",
    "X-Content-Duration",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-MSEdge-Ref",
    "X-Powered-By",
    "X-Request-ID",
    "X-UA-Compatible",
    "X-XSS-Protection",
]);

/// The name as the client hands it on, whatever letter case it came in.
#[must_use]
pub fn spelt(name: &[u8]) -> &[u8] {
    KNOWN.find(name).map_or(name, |(_, known)| known.as_bytes())
}

/// What parts the values of a line and those of the same name that the client makes one with it.
#[must_use]
pub fn separator(line: &Line<'_>) -> &'static str {
    match line.known {
        Some(Name::Cookie) => "; ",
        Some(Name::UserAgent) => " ",
        _ => ", ",
    }
}

/// A method as the client sends it: a well-known one in capitals (recordings FX-req-lower, Y30-get-lower).
#[must_use]
pub fn spelt_method(method: &str) -> Cow<'static, str> {
    const KNOWN: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT"];
    let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(method));
    known.map_or_else(|| method.to_owned().into(), Cow::Borrowed)
}

/// Gives the lines of a response the names that the client hands on: known ones in their spelling, others in that of their first
/// line (recording Y68).
pub fn respell(headers: &mut Headers) {
    headers.respell(|name| Some(KNOWN.find(name)?.1));
}
