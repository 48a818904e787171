//! The head of a response on its way to the caller: what Kestrel sends, and what it refuses; pure (protocol.md#proxying-response).

use std::borrow::Cow;

use wire::framing::number;
use wire::headers::is_sendable;
use wire::{Headers, Name, Response, ResponseHead};

use super::error::ProxyError;
use super::headers;

const SWITCHING_PROTOCOLS: u16 = 101;
const NO_CONTENT: u16 = 204;
const RESET_CONTENT: u16 = 205;

#[derive(Debug)]
pub enum Judged {
    Response(Response),
    /// The caller gets this instead, and the invocation has succeeded all the same.
    Instead(Response),
    /// The caller gets it, and then the connection is no longer HTTP.
    Upgrade(Response),
}

/// Judges the head of a response to a request whose connection may be upgraded or not.
pub fn judge(head: ResponseHead, may_upgrade: bool) -> Result<Judged, ProxyError> {
    let ResponseHead { status, reason, headers } = head;
    if status == SWITCHING_PROTOCOLS {
        return if may_upgrade {
            Ok(Judged::Upgrade(upgraded(status, headers)?))
        } else {
            Err(ProxyError::upgrade(refused_upgrade(reason, headers)))
        };
    }
    let mut headers = headers;
    let length = announced_length(&headers)?;
    if headers.contains(Name::TransferEncoding) {
        headers.remove(Name::ContentLength);
    }
    // As a number is written: `005` is 5.
    if let Some(length) = length.filter(|_| headers.get(Name::ContentLength).is_some_and(|it| it.starts_with(b"0"))) {
        headers.remove(Name::ContentLength);
        headers.push(Name::ContentLength, length.to_string());
    }
    headers::to_caller(&mut headers);
    check_values(&headers)?;
    if matches!(status, NO_CONTENT | RESET_CONTENT) && length.is_some_and(|length| length > 0) {
        return Ok(Judged::Instead(Response::empty(500)));
    }
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    Ok(Judged::Response(Response { reason, headers, ..Response::empty(status) }))
}

/// The length that a response announces (recordings Y74, Y74b). With chunks it counts for nothing, but must be one.
fn announced_length(headers: &Headers) -> Result<Option<u64>, ProxyError> {
    let mut values = headers.all(Name::ContentLength);
    let Some(value) = values.next() else { return Ok(None) };
    match number(value).filter(|_| values.next().is_none()) {
        Some(length) => Ok(Some(length).filter(|_| !headers.contains(Name::TransferEncoding))),
        None => Err(ProxyError::forwarding("ResponseHeaders", format!(
            "System.InvalidOperationException: Invalid Content-Length: \"{}\". Value must be a positive integral number.",
            headers.all(Name::ContentLength).map(String::from_utf8_lossy).collect::<Vec<_>>().join(",")
        ))
        .hint("write one `Content-Length`, the number of bytes in the body, or none")),
    }
}

/// Kestrel sends no bytes above 127 in a header, and no control characters (recording Y73).
fn check_values(headers: &Headers) -> Result<(), ProxyError> {
    let Some(line) = headers.iter().find(|line| !is_sendable(line.value)) else { return Ok(()) };
    let byte = line.value.iter().find(|byte| !is_sendable(&[**byte])).copied().unwrap_or_default();
    let text =
        format!("System.InvalidOperationException: Invalid non-ASCII or control character in header: 0x{byte:04X}");
    let error = ProxyError::forwarding("ResponseHeaders", text);
    Err(error.hint(format!("encode the value of `{}`", line.name())))
}

/// The `101` as the caller gets it: Kestrel writes `Connection` by itself (recording Y80).
fn upgraded(status: u16, mut headers: Headers) -> Result<Response, ProxyError> {
    let protocols = take_protocols(&mut headers);
    headers.push(Name::Connection, "Upgrade");
    protocols.iter().for_each(|protocol| headers.push(Name::Upgrade, protocol));
    check_values(&headers)?;
    Ok(Response { headers, ..Response::empty(status) })
}

/// What a caller gets who has not asked for the upgrade: everything but the status, which would be that of the upgrade (recording Y66).
fn refused_upgrade(reason: Cow<'static, [u8]>, mut headers: Headers) -> Response {
    let protocols = take_protocols(&mut headers);
    if !protocols.is_empty() {
        headers.push(Name::Connection, "Upgrade");
        protocols.iter().for_each(|protocol| headers.push(Name::Upgrade, protocol));
    }
    if check_values(&headers).is_err() {
        return Response::empty(500);
    }
    let is_usual = reason.is_empty() || *reason == *wire::reason::phrase(SWITCHING_PROTOCOLS.into()).as_bytes();
    Response { reason: Some(reason).filter(|_| !is_usual), headers, ..Response::empty(500) }
}

/// Leaves of the headers of a `101` what passes, and returns the values of `Upgrade`. These count only if `Connection` names them.
fn take_protocols(headers: &mut Headers) -> Vec<Vec<u8>> {
    let is_named = headers.lists(Name::Connection, "upgrade");
    let protocols = headers.all(Name::Upgrade).filter(|_| is_named).map(<[u8]>::to_vec).collect();
    headers.remove(Name::ContentLength);
    headers::to_caller(headers);
    protocols
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, lines: &[(&str, &str)]) -> String {
        let mut headers = Headers::default();
        lines.iter().for_each(|(name, value)| headers.push(name, value));
        let head = ResponseHead { status, reason: b"".into(), headers };
        match judge(head, false) {
            Ok(Judged::Response(response)) => format!("{} {:?}", response.status, response.headers),
            Ok(Judged::Instead(response)) => format!("instead {}", response.status),
            Ok(Judged::Upgrade(_)) => "upgrade".to_owned(),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn what_kestrel_cannot_send_is_refused() {
        for (lines, part) in [
            (&[("Content-Length", "abc")][..], "Invalid Content-Length: \"abc\""),
            (&[("Content-Length", "2"), ("content-length", "2")], "Invalid Content-Length: \"2,2\""),
            (&[("Content-Length", "+2")], "Invalid Content-Length"),
            (&[("Transfer-Encoding", "chunked"), ("Content-Length", "x")], "Invalid Content-Length"),
            (&[("Content-Length", "9223372036854775808")], "Invalid Content-Length"),
            (&[("X", "gr\u{fc}n")], "0x00C3"),
        ] {
            let found = judged(200, lines);
            assert!(found.contains("ResponseHeaders") && found.contains(part), "{found}");
        }
    }

    #[test]
    fn hops_and_needless_lengths_are_dropped() {
        let lines = [
            ("Connection", "gr\u{fc}n"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "5"),
            ("X", "1"),
            ("Alt-Svc", "gr\u{fc}n"),
        ];
        assert_eq!(judged(200, &lines), r#"200 {"X": "1"}"#);
        assert_eq!(judged(204, &[("Content-Length", "4")]), "instead 500");
        assert_eq!(judged(200, &[("Content-Length", "004")]), r#"200 {"Content-Length": "4"}"#);
    }

    #[test]
    fn an_upgrade_names_its_protocol_only_with_the_option() {
        for (option, expected) in [
            ("keep-alive, upgrade", r#"{"Cookie": "a", "Connection": "Upgrade", "Upgrade": "x"}"#),
            ("keep-alive", r#"{"Cookie": "a", "Connection": "Upgrade"}"#),
        ] {
            let mut headers = Headers::default();
            headers.push(Name::Connection, option);
            headers.push(Name::Upgrade, "x");
            headers.push("cookie", "a");
            headers.push(Name::ContentLength, "0");
            assert_eq!(format!("{:?}", upgraded(101, headers.clone()).expect("sound").headers), expected);
            headers.push("X", "gr\u{fc}n");
            assert!(upgraded(101, headers).is_err());
        }
        let mut headers = Headers::default();
        headers.push(Name::Connection, "upgrade");
        headers.push(Name::Upgrade, "gr\u{fc}n");
        assert!(upgraded(101, headers).is_err(), "the value of a protocol is looked at like any other");
    }

    #[test]
    fn an_upgrade_that_was_not_asked_for_fails() {
        assert!(judged(101, &[("Upgrade", "x")]).contains("UpgradeResponseClient"));
        let refused = |reason: &'static str, lines: &[(&str, &str)]| {
            let mut headers = Headers::default();
            lines.iter().for_each(|(name, value)| headers.push(name, value));
            let response = refused_upgrade(reason.as_bytes().into(), headers);
            (response.reason.is_some(), format!("{:?}", response.headers))
        };
        assert_eq!(refused("", &[("Upgrade", "x")]), (false, "{}".to_owned()));
        let lines = [("Connection", "Upgrade"), ("Upgrade", "x"), ("X", "1"), ("Content-Length", "0")];
        let expected = r#"{"X": "1", "Connection": "Upgrade", "Upgrade": "x"}"#;
        assert_eq!(refused("Switching Protocols", &lines), (false, expected.to_owned()));
        assert_eq!(refused("Odd", &[("Connection", "Upgrade"), ("X", "1")]), (true, r#"{"X": "1"}"#.to_owned()));
    }
}
