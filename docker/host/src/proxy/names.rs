//! What the proxy does with header lines by their names: the tables of Kestrel, YARP and .NET's `HttpClient` (protocol.md#header-lines).

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

/// Those of a body.
const CONTENT: [&str; 10] = [
    "Allow",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Expires",
    "Last-Modified",
];

/// Those that are between two neighbours (recordings Y03h, Y16, Y19), and those that are set anew.
const DROPPED_FROM_REQUESTS: [&str; 22] = [
    "ALPN",
    "Alt-Svc",
    "Close",
    "Connection",
    "Forwarded",
    "Host",
    "HTTP2-Settings",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Proxy-Features",
    "Proxy-Instruction",
    "Security-Scheme",
    "TE",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
];

const DROPPED_FROM_RESPONSES: [&str; 16] = [
    "ALPN",
    "Alt-Svc",
    "Close",
    "Connection",
    "HTTP2-Settings",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Connection",
    "Proxy-Features",
    "Proxy-Instruction",
    "Security-Scheme",
    "Strict-Transport-Security",
    "TE",
    "Transfer-Encoding",
    "Upgrade",
];

/// The place of a line of a request, and how its name is spelt.
pub fn of_request(name: &str) -> (Place, &str) {
    if is(name, "Content-Length") || is(name, "Transfer-Encoding") {
        return (Place::Framing, name);
    }
    if find(&DROPPED_FROM_REQUESTS, name).is_some() {
        return (Place::Dropped, name);
    }
    if let Some(known) = find(&CONTENT, name) {
        return (Place::Content, known);
    }
    match wire::request_order::place(name) {
        Some((index, known)) => (Place::Known(index), known),
        None => (Place::AsSent, wire::client::spelt(name)),
    }
}

/// Whether a line of a response is between the handler and the host (recordings Y68, Y69).
pub fn is_hop_of_response(name: &str) -> bool {
    find(&DROPPED_FROM_RESPONSES, name).is_some()
}

fn find(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().find(|known| is(known, name)).copied()
}

fn is(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.eq_ignore_ascii_case(other)
}
