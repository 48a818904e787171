//! How .NET's client spells the names of header lines (protocol.md#header-lines).

use std::borrow::Cow;

use crate::headers::Headers;
use crate::names::Names;

/// The names that it knows and Kestrel does not: those of Kestrel are spelt where they are written.
static KNOWN: Names<32> = Names::new([
    "Accept-Patch",
    "Accept-Ranges",
    "Age",
    "Alt-Used",
    "Content-Security-Policy",
    "Cookie2",
    "ETag",
    "Expect-CT",
    "Link",
    "Location",
    "NEL",
    "P3P",
    "Public-Key-Pins",
    "Referrer-Policy",
    "Refresh",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Server-Timing",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Trailer",
    "Vary",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Powered-By",
    "X-Request-ID",
    "X-XSS-Protection",
]);

/// The name as the client hands it on, whatever letter case it came in.
#[must_use]
pub fn spelt(name: &[u8]) -> &[u8] {
    KNOWN.find(name).map_or(name, |(_, known)| known.as_bytes())
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
