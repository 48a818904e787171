//! Header lines on their way through the proxy: which pass, how they are spelt, and in which order (protocol.md#proxying-request-headers,
//! #proxying-response and #header-lines).

use uuid::Uuid;
use wire::headers::Line;
use wire::{Headers, Name, RequestHead};

use super::names::{self, Place};
use crate::handler::own_headers::VERSION;

/// Room for the lines that are added to those of the caller.
const ADDED_LINES: usize = 8;
/// Room for their text.
const ADDED_BYTES: usize = 320;

/// What of a request's headers does not come from the caller.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    pub authority: &'a str,
    pub invocation: Uuid,
    pub peer: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// There is none, and nothing is said of it.
    None,
    Length(u64),
    Chunked,
}

/// The headers of a request as the handler gets them. With an upgrade, its two lines stand before those that describe a body.
pub fn to_handler(head: &RequestHead, own: Own<'_>, framing: BodyFraming, is_upgrade: bool) -> Headers {
    let given = &head.headers;
    let mut sent = Headers::with_capacity(given.iter().len() + ADDED_LINES, given.text_bytes() + ADDED_BYTES);
    sent.push(Name::Host, own.authority);
    let (passing, content) = sorted(given);
    let mut id = Uuid::encode_buffer();
    let id = &*own.invocation.hyphenated().encode_lower(&mut id);
    let own_lines = [
        ("X-Azure-Functions-HostVersion", VERSION),
        ("X-Azure-Functions-InvocationId", id),
        ("x-ms-invocation-id", id),
    ];
    let mut are_sent = [false; 3];
    for (_, line) in passing {
        match own_lines.iter().position(|(name, _)| line.is_called(name)) {
            // The caller's place and spelling, the host's value, however often the caller has it.
            Some(own) if !are_sent[own] => {
                sent.push(line, own_lines[own].1);
                are_sent[own] = true;
            }
            Some(_) => {}
            None => sent.append(line, wire::client::separator(&line), line.value),
        }
    }
    for ((name, value), _) in own_lines.into_iter().zip(are_sent).filter(|(_, is_sent)| !is_sent) {
        sent.push(name, value);
    }
    sent.push(Name::XForwardedFor, own.peer);
    if let Some(host) = given.get(Name::Host) {
        sent.push(Name::XForwardedHost, host);
    }
    sent.push(Name::XForwardedProto, "http");
    if is_upgrade {
        upgrade_option(given).into_iter().for_each(|option| sent.push(Name::Connection, option));
        given.get(Name::Upgrade).into_iter().for_each(|protocol| sent.push(Name::Upgrade, protocol));
    }
    push_content(&mut sent, &content, framing, given.contains(Name::ContentLength));
    sent
}

/// The option of `Connection` that asks for an upgrade, in the caller's letters.
fn upgrade_option(given: &Headers) -> Option<&[u8]> {
    let mut options = given.all(Name::Connection).flat_map(|value| value.split(|byte| *byte == b','));
    options.find(|option| option.trim_ascii().eq_ignore_ascii_case(b"upgrade")).map(<[u8]>::trim_ascii)
}

/// The lines of a request that pass, in the order in which they are sent; and those that describe its body, in that in which they came.
fn sorted(given: &Headers) -> (Vec<(Place, Line<'_>)>, Vec<Line<'_>>) {
    let is_framed_twice = given.contains(Name::TransferEncoding);
    let (mut passing, mut content) = (Vec::with_capacity(given.iter().len()), Vec::new());
    for line in given.iter() {
        let (place, line) = names::of_request(line);
        match place {
            // What the chunks make void comes under another name, behind all others (recording Y37).
            Place::Framing if is_framed_twice && line.has_name(Name::ContentLength) => {
                passing.push((Place::Added, Line { name: b"X-Content-Length", known: None, ..line }));
            }
            Place::Framing | Place::Dropped => {}
            Place::Content => content.push(line),
            place => passing.push((place, line)),
        }
    }
    passing.sort_by_key(|(place, _)| *place);
    (passing, content)
}

/// The lines that describe a body: its framing, its type, and all others as they came. A length that the caller has not given stands
/// behind them.
fn push_content(sent: &mut Headers, content: &[Line<'_>], framing: BodyFraming, is_length_given: bool) {
    if framing == BodyFraming::Chunked {
        sent.push(Name::TransferEncoding, "chunked");
    }
    let is_type = |line: &Line<'_>| line.has_name(Name::ContentType);
    for line in content.iter().filter(|line| is_type(line)) {
        sent.append(*line, ", ", line.value);
    }
    let length = match framing {
        BodyFraming::Length(length) => Some(length),
        // A header of a body wants one, be it empty.
        BodyFraming::None if !content.is_empty() => Some(0),
        BodyFraming::None | BodyFraming::Chunked => None,
    };
    if let Some(length) = length.filter(|_| is_length_given) {
        sent.push(Name::ContentLength, length.to_string());
    }
    for line in content.iter().filter(|line| !is_type(line)) {
        sent.append(*line, ", ", line.value);
    }
    if let Some(length) = length.filter(|_| !is_length_given) {
        sent.push(Name::ContentLength, length.to_string());
    }
}

/// The headers of a response as the caller gets them, without what is between the handler and the host. Values pass as they are;
/// known names have their spelling, others that of their first line (protocol.md#header-lines, recording Y68). .NET's client keeps
/// `Content-Disposition` with the body, and Kestrel does not know it: it comes behind all others.
pub fn to_caller(headers: &mut Headers) {
    let mut has_disposition = false;
    headers.retain(|line| {
        has_disposition |= line.has_name(Name::ContentDisposition);
        !names::is_hop_of_response(&line)
    });
    headers.respell();
    if has_disposition {
        headers.put_last(|line| line.has_name(Name::ContentDisposition));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lines: &[(&str, &str)], framing: BodyFraming, is_upgrade: bool) -> Vec<String> {
        let mut headers = Headers::default();
        lines.iter().for_each(|(name, value)| headers.push(name, value));
        let head = RequestHead { headers, ..RequestHead::default() };
        let own = Own { authority: "127.0.0.1:7", invocation: Uuid::nil(), peer: "127.0.0.1" };
        let sent = to_handler(&head, own, framing, is_upgrade);
        let text = |line: Line<'_>| format!("{}: {}", line.name(), String::from_utf8_lossy(line.value));
        let is_own = |text: &String| {
            text.contains("Forwarded-For") || text.contains("Forwarded-Proto") || text.contains("HostVersion")
        };
        sent.iter().map(text).filter(|text| !is_own(text)).collect()
    }

    const ID: &str = "X-Azure-Functions-InvocationId: 00000000-0000-0000-0000-000000000000";
    const MS_ID: &str = "x-ms-invocation-id: 00000000-0000-0000-0000-000000000000";

    #[test]
    fn known_names_come_first_and_have_their_spelling() {
        let sent = [
            ("Host", "a"),
            ("x-b", "1"),
            ("origin", "o"),
            ("accept", "x"),
            ("X-A", "2"),
            ("user-agent", "u"),
            ("x-B", "3"),
        ];
        assert_eq!(
            seen(&sent, BodyFraming::None, false),
            [
                "Host: 127.0.0.1:7",
                "Accept: x",
                "User-Agent: u",
                "Origin: o",
                "x-b: 1, 3",
                "X-A: 2",
                ID,
                MS_ID,
                "X-Forwarded-Host: a"
            ]
        );
    }

    #[test]
    fn the_callers_place_of_an_own_header_is_kept() {
        let sent = [("x-azure-functions-invocationid", "zzz"), ("X-Other", "1")];
        let own = ID.replace("X-Azure-Functions-InvocationId", "x-azure-functions-invocationid");
        assert_eq!(seen(&sent, BodyFraming::None, false), ["Host: 127.0.0.1:7", &own, "X-Other: 1", MS_ID]);
    }

    #[test]
    fn headers_of_bodies_stand_last_and_those_of_connections_are_dropped() {
        let sent = [
            ("Content-Language", "de"),
            ("content-length", "2"),
            ("content-type", "a/b"),
            ("Connection", "X-Hop"),
            ("X-Hop", "1"),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("Proxy-Authorization", "x"),
            ("X-Forwarded-Prefix", "/p"),
        ];
        assert_eq!(
            seen(&sent, BodyFraming::Length(2), false),
            [
                "Host: 127.0.0.1:7",
                "X-Hop: 1",
                ID,
                MS_ID,
                "Content-Type: a/b",
                "Content-Length: 2",
                "Content-Language: de"
            ]
        );
        assert_eq!(
            seen(&sent[2..3], BodyFraming::None, false),
            ["Host: 127.0.0.1:7", ID, MS_ID, "Content-Type: a/b", "Content-Length: 0"]
        );
    }

    #[test]
    fn a_response_has_its_names_in_their_spelling() {
        let mut headers = Headers::default();
        for (name, value) in [
            ("x-frame-options", "deny"),
            ("content-disposition", "inline"),
            ("x-lOWer", "1"),
            ("X-Lower", "2"),
            ("connection", "close"),
            ("link", "<a>"),
            ("x-requested-with", "b"),
        ] {
            headers.push(name, value);
        }
        to_caller(&mut headers);
        let lines: Vec<_> = headers.iter().map(|line| (line.name(), line.value)).collect();
        let expected = [
            ("X-Frame-Options", &b"deny"[..]),
            ("x-lOWer", b"1"),
            ("x-lOWer", b"2"),
            ("Link", b"<a>"),
            ("X-Requested-With", b"b"),
            ("Content-Disposition", b"inline"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn an_upgrade_stands_before_the_body() {
        let sent = [
            ("Connection", "keep-alive, upgrade"),
            ("Upgrade", "WebSocket"),
            ("Content-Length", "00"),
            ("sec-websocket-key", "k"),
        ];
        let key = "Sec-WebSocket-Key: k";
        let upgrade = ["Connection: upgrade", "Upgrade: WebSocket"];
        assert_eq!(
            seen(&sent, BodyFraming::Length(0), true),
            ["Host: 127.0.0.1:7", key, ID, MS_ID, upgrade[0], upgrade[1], "Content-Length: 0"]
        );
    }
}
