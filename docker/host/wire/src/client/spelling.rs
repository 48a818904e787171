//! How .NET's client spells the names of header lines (protocol.md#header-lines).

/// The names that it knows and Kestrel does not: those of Kestrel are spelt where they are written.
const KNOWN: [&str; 32] = [
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
];

/// The name as the client hands it on, whatever letter case it came in.
#[must_use]
pub fn spelt(name: &str) -> &str {
    let is_same = |known: &&&str| known.len() == name.len() && known.eq_ignore_ascii_case(name);
    KNOWN.iter().find(is_same).copied().unwrap_or(name)
}
