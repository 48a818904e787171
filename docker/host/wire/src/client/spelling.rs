//! How .NET's client spells the names of header lines (protocol.md#header-lines).

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

/// Gives the lines of a response the names that the client hands on: known ones in their spelling, others in that of their first
/// line (recording Y68).
pub fn respell(headers: &mut Headers) {
    headers.respell(|name| Some(KNOWN.find(name)?.1));
}
