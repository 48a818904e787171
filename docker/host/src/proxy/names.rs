//! What the proxy does with header lines by their names: the tables of Kestrel, YARP and .NET's `HttpClient` (protocol.md#header-lines).

use wire::Name;
use wire::client::{is_of_body, spelt};
use wire::headers::Line;
use wire::names::Names;

/// Where a line of a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Among those that Kestrel knows, in this order.
    Known(usize),
    /// Behind them, in the order in which they came.
    AsSent,
    /// Among those that describe a body.
    Content,
    /// It frames the body, and is made anew.
    Framing,
    /// It is between the caller and the host.
    Dropped,
}

/// Those that are between two neighbours, in requests and in responses (recordings Y03h, Y16, Y19, Y68, Y69).
static BETWEEN_NEIGHBOURS: Names<17> = Names::new([
    "ALPN",
    "Alt-Svc",
    "Close",
    "Connection",
    "HTTP2-Settings",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Proxy-Features",
    "Proxy-Instruction",
    "Security-Scheme",
    "Strict-Transport-Security",
    "TE",
    "Upgrade",
    "Upgrade-Insecure-Requests",
]);

/// Those that are set anew in requests.
static SET_ANEW: Names<6> =
    Names::new(["Forwarded", "Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Proto"]);

/// The place of a line of a request, and how its name is spelt.
pub fn of_request<'a>(line: &Line<'a>) -> (Place, &'a [u8]) {
    let name = line.name;
    if matches!(line.known, Some(Name::ContentLength | Name::TransferEncoding)) {
        return (Place::Framing, name);
    }
    if BETWEEN_NEIGHBOURS.contain(name) || SET_ANEW.contain(name) {
        return (Place::Dropped, name);
    }
    if is_of_body(line) {
        return (Place::Content, spelt(name));
    }
    match wire::request_order::place(name) {
        Some((index, known)) => (Place::Known(index), known.as_bytes()),
        None => (Place::AsSent, spelt(name)),
    }
}

/// Whether a line of a response is between the handler and the host.
pub fn is_hop_of_response(line: &Line<'_>) -> bool {
    line.known == Some(Name::TransferEncoding) || BETWEEN_NEIGHBOURS.contain(line.name)
}
