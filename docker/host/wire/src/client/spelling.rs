//! How .NET's client spells the names of header lines (protocol.md#header-lines).

use std::borrow::Cow;

use crate::headers::{Headers, Line};
use crate::name::Name;
use crate::names::{Names, OF_LIBRARIES};

/// The names that it knows beside those of [`Name`] and [`OF_LIBRARIES`].
static OTHERS: Names<40> = Names::new([
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Patch",
    "Alt-Used",
    "Authorization",
    "baggage",
    "Cookie2",
    "Expect-CT",
    "From",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Origin",
    "P3P",
    "Proxy-Authorization",
    "Proxy-Support",
    "Public-Key-Pins",
    "Range",
    "Referer",
    "Referrer-Policy",
    "Refresh",
    "Request-Id",
    "Server-Timing",
    "Set-Cookie2",
    "TE",
    "Timing-Allow-Origin",
    "traceparent",
    "tracestate",
    "TSV",
    "Upgrade-Insecure-Requests",
    "X-AspNet-Version",
    "X-Cache",
    "X-Content-Duration",
    "X-MSEdge-Ref",
    "X-Request-ID",
    "X-Requested-With",
]);

/// The names that it keeps for bodies.
const OF_BODIES: [Name; 11] = [
    Name::Allow,
    Name::ContentDisposition,
    Name::ContentEncoding,
    Name::ContentLanguage,
    Name::ContentLength,
    Name::ContentLocation,
    Name::ContentMd5,
    Name::ContentRange,
    Name::ContentType,
    Name::Expires,
    Name::LastModified,
];

/// Whether the client keeps the name of a line for bodies.
#[must_use]
pub fn is_of_body(line: &Line<'_>) -> bool {
    line.known.is_some_and(|known| OF_BODIES.contains(&known))
}

/// The name as the client hands it on, whatever letter case it came in.
#[must_use]
pub fn spelt(name: &[u8]) -> &[u8] {
    Name::of(name).map(Name::as_str).or_else(|| other(name)).map_or(name, str::as_bytes)
}

fn other(name: &[u8]) -> Option<&'static str> {
    OTHERS.find(name).or_else(|| OF_LIBRARIES.find(name)).map(|(_, known)| known)
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
    headers.respell(other);
}
