//! What the proxy does with header lines by their names (protocol.md#header-lines).

use wire::Name;
use wire::client::spelt;
use wire::headers::Line;
use wire::name::Table;

/// Where a line of a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Among those that Kestrel knows, in this order.
    Known(usize),
    /// Behind them, in the order in which they came.
    AsSent,
    /// Behind these: Kestrel has added it.
    Added,
    /// Among those that describe a body.
    Content,
    /// It frames the body, and is made anew.
    Framing,
    /// It is between the caller and the host.
    Dropped,
}

/// The place of a line of a request, and the line with its name as it is sent.
pub fn of_request(line: Line<'_>) -> (Place, Line<'_>) {
    let (place, name) = match line.known {
        Some(Name::ContentLength | Name::TransferEncoding) => (Place::Framing, line.name),
        _ if line.is_in(Table::Hop) || line.is_in(Table::Forwarder) => (Place::Dropped, line.name),
        _ if line.is_in(Table::Body) => (Place::Content, spelt(&line)),
        known => match known.and_then(Name::in_requests) {
            Some((place, spelling)) => (Place::Known(place), spelling.as_bytes()),
            None => (Place::AsSent, spelt(&line)),
        },
    };
    (place, Line { name, ..line })
}

/// Whether a line of a response is between the handler and the host.
pub fn is_hop_of_response(line: &Line<'_>) -> bool {
    line.has_name(Name::TransferEncoding) || line.is_in(Table::Hop)
}
