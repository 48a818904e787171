//! What Kestrel refuses by itself, before any code of a service; pure (protocol.md#what-kestrel-answers).

use crate::head::{HeadError, RequestHead};
use crate::name::Name;
use crate::response::{Framing, Response};
use crate::target::Target;

/// The longest request line.
const MAX_REQUEST_LINE_BYTES: usize = 8 * 1024;
/// The most that all header lines may take.
const MAX_HEADERS_BYTES: usize = 32 * 1024;
/// The most header lines.
const MAX_HEADERS: usize = 100;
/// What a header line has besides its name and value: colon, space, line end.
const HEADER_LINE_BYTES: usize = 4;
const BAD_REQUEST: u16 = 400;
const METHOD_NOT_ALLOWED: u16 = 405;
const URI_TOO_LONG: u16 = 414;
const HEADERS_TOO_LARGE: u16 = 431;
const VERSION_NOT_SUPPORTED: u16 = 505;

/// How a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The one method that the target could be asked with.
    pub allowed: Option<&'static str>,
}

impl From<u16> for Refusal {
    fn from(status: u16) -> Self {
        Self { status, allowed: None }
    }
}

/// The target of a request, or how Kestrel refuses it.
///
/// # Errors
/// The refusal; the connection is closed with it.
pub fn accept(head: &RequestHead) -> Result<Target<'_>, Refusal> {
    let line = head.method.len() + " ".len() + head.target.len() + " HTTP/1.1\r\n".len();
    if line > MAX_REQUEST_LINE_BYTES {
        return Err(URI_TOO_LONG.into());
    }
    let lines = head.headers.iter();
    let header_bytes: usize = { lines }.map(|line| line.name.len() + line.value.len() + HEADER_LINE_BYTES).sum();
    if head.headers.iter().len() > MAX_HEADERS || header_bytes > MAX_HEADERS_BYTES {
        return Err(HEADERS_TOO_LARGE.into());
    }
    let (authority, path, query) = parts(&head.target);
    // What is not ASCII in a header's value is UTF-8 to Kestrel.
    let are_texts = head.headers.are_ascii() || head.headers.iter().all(|line| std::str::from_utf8(line.value).is_ok());
    if path == "*" && head.method != "OPTIONS" {
        return Err(Refusal { status: METHOD_NOT_ALLOWED, allowed: Some("OPTIONS") });
    }
    let has_body = ["POST", "PUT"].contains(&head.method.as_str());
    if head.is_old
        && has_body
        && !head.headers.contains(Name::ContentLength)
        && !head.headers.contains(Name::TransferEncoding)
    {
        return Err(BAD_REQUEST.into());
    }
    if head.method != "CONNECT" && is_authority(&head.target) {
        return Err(Refusal { status: METHOD_NOT_ALLOWED, allowed: Some("CONNECT") });
    }
    let is_path = path.starts_with('/') || path == "*";
    if !is_path || !has_sound_host(head, authority) || !are_texts {
        return Err(BAD_REQUEST.into());
    }
    Target::parse(path, query).ok_or(BAD_REQUEST.into())
}

/// Whether a target may be the authority that a tunnel is asked for, such as `host:80`.
fn is_authority(target: &str) -> bool {
    target.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":.-[]@".contains(&byte))
}

/// The status with which Kestrel refuses a head that is not that of a request.
pub const fn refusal(error: HeadError) -> u16 {
    match error {
        HeadError::Version => VERSION_NOT_SUPPORTED,
        HeadError::RequestLine | HeadError::Status | HeadError::HeaderLine | HeadError::Incomplete => BAD_REQUEST,
        HeadError::TooManyLines | HeadError::TooLong(_) => HEADERS_TOO_LARGE,
    }
}

/// The response to a request that is refused. It says its length even to `HEAD`.
pub fn refused(refusal: impl Into<Refusal>) -> Response {
    let Refusal { status, allowed } = refusal.into();
    let mut response = Response { framing: Framing::AsGiven, ..Response::empty(status).closing() };
    response.headers.push(Name::ContentLength, "0");
    allowed.into_iter().for_each(|method| response.headers.push(Name::Allow, method));
    response
}

/// Looks at a head of which the end has not come yet.
///
/// # Errors
/// The status of the refusal, if it is too long already.
pub fn check_incomplete(bytes: &[u8]) -> Result<(), u16> {
    let line = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    if line > MAX_REQUEST_LINE_BYTES {
        Err(URI_TOO_LONG)
    } else if bytes.len() - line > MAX_HEADERS_BYTES {
        Err(HEADERS_TOO_LARGE)
    } else {
        Ok(())
    }
}

/// A target taken apart: the authority of an absolute one, such as `http://host/path`, the path, the query.
fn parts(target: &str) -> (Option<&str>, &str, Option<&str>) {
    let (rest, query) = split_at_byte(target, b'?');
    if rest.starts_with('/') {
        return (None, rest, query);
    }
    // In small letters alone.
    match rest.strip_prefix("http://").or_else(|| rest.strip_prefix("https://")) {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find(['/', '#']).unwrap_or(rest.len()));
            (Some(authority), if path.starts_with('/') { path } else { "/" }, query)
        }
        None => (None, rest, query),
    }
}

/// What is before the first such byte of a text, and what is after it.
fn split_at_byte(text: &str, byte: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|other| other == byte) {
        Some(end) => (&text[..end], Some(&text[end + 1..])),
        None => (text, None),
    }
}

/// HTTP/1.1 wants one `Host`; one that is there must be well-formed and must be that of an absolute target.
fn has_sound_host(head: &RequestHead, authority: Option<&str>) -> bool {
    let mut hosts = head.headers.all(Name::Host);
    let Some(host) = hosts.next() else { return head.is_old };
    let agrees = authority.is_none_or(|authority| is_host_of(authority, host));
    hosts.next().is_none() && agrees && is_well_formed(host)
}

/// Whether a `Host` is that of an absolute target: without the user, and with or without the port that is the default
/// (protocol.md#what-kestrel-answers).
fn is_host_of(authority: &str, host: &[u8]) -> bool {
    let name = authority.rsplit_once('@').map_or(authority, |(_, name)| name);
    let bare = |text: &[u8]| text.strip_suffix(b":80").unwrap_or(text).to_ascii_lowercase();
    bare(name.as_bytes()) == bare(host)
}

fn is_well_formed(host: &[u8]) -> bool {
    let find = |wanted, text: &[u8]| text.iter().position(|byte| *byte == wanted);
    let (rest, is_name_sound) = match host.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = find(b']', rest) else { return false };
            let is_address_byte = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
            (&rest[end + 1..], rest[..end].contains(&b':') && rest[..end].iter().all(is_address_byte))
        }
        None => {
            let end = find(b':', host).unwrap_or(host.len());
            let is_name_byte = |byte: &u8| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'$' | b'&'..=b')' | b'-' | b'.' | b'_' | b'~')
            };
            (&host[end..], (end > 0 || host.is_empty()) && host[..end].iter().all(is_name_byte))
        }
    };
    let is_port = |port: &[u8]| !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    is_name_sound && (rest.is_empty() || rest.strip_prefix(b":").is_some_and(is_port))
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    fn status(lines: impl AsRef<[u8]>) -> Option<u16> {
        let mut bytes = BytesMut::from([lines.as_ref(), b"\r\n\r\n"].concat().as_slice());
        let mut head = RequestHead::default();
        assert_eq!(crate::head::take_request(&mut bytes, &mut head), Ok(true));
        accept(&head).err().map(|refusal| refusal.status)
    }

    #[test]
    fn what_old_callers_and_asterisks_need() {
        assert_eq!(status("POST / HTTP/1.0"), Some(400));
        assert_eq!(status("POST / HTTP/1.0\r\nContent-Length: 0"), None);
        assert_eq!(status("GET * HTTP/1.1\r\nHost: a"), Some(405));
        for (target, expected) in [("*", "OPTIONS"), ("a:80", "CONNECT")] {
            let mut bytes = BytesMut::from(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_str());
            let mut head = RequestHead::default();
            assert_eq!(crate::head::take_request(&mut bytes, &mut head), Ok(true));
            let refusal = accept(&head).expect_err("another method alone is allowed");
            assert_eq!(refused(refusal).headers.get(Name::Allow), Some(expected.as_bytes()));
        }
        let mut other = BytesMut::from(&b"GET / HTTP/2.0\r\n\r\n"[..]);
        assert_eq!(crate::head::take_request(&mut other, &mut RequestHead::default()).map_err(refusal), Err(505));
    }

    #[test]
    fn a_tunnel_is_refused() {
        assert_eq!(status("CONNECT a:80 HTTP/1.1\r\nHost: a:80"), Some(400));
        assert_eq!(status("CONNECT /a HTTP/1.1\r\nHost: a:80"), None);
    }

    #[test]
    fn the_host_must_be_one_and_sound() {
        assert_eq!(status("GET / HTTP/1.1"), Some(400));
        assert_eq!(status("GET / HTTP/1.0"), None);
        assert_eq!(status("GET / HTTP/1.1\r\nHost: a\r\nHost: a"), Some(400));
        for (host, expected) in [
            ("a.b:80", None),
            ("", None),
            ("[::1]:7", None),
            (":80", Some(400)),
            ("[a]", Some(400)),
            ("a b", Some(400)),
            ("a:", Some(400)),
            ("a/b", Some(400)),
        ] {
            assert_eq!(status(format!("GET / HTTP/1.1\r\nHost: {host}")), expected, "{host}");
        }
    }

    #[test]
    fn header_values_must_be_utf8() {
        for (value, expected) in [("grün €".as_bytes(), None), (b"gr\xfcn", Some(400)), (b"\xed\xa0\x80", Some(400))]
        {
            let lines = [b"GET / HTTP/1.1\r\nHost: a\r\nX: ", value].concat();
            assert_eq!(status(&lines), expected);
        }
    }

    #[test]
    fn an_absolute_target_must_agree_with_the_host() {
        for (target, expected) in [
            ("http://a/x", None),
            ("http://A:80/x", None),
            ("HTTP://a/x", Some(400)),
            ("http://a#b", None),
            ("http://a", None),
            ("http://u:p@a/x", None),
            ("http://a:81/x", Some(400)),
            ("http://b/x", Some(400)),
            ("a:80", Some(405)),
            ("x", Some(405)),
            ("x/", Some(400)),
            ("*", Some(405)),
        ] {
            assert_eq!(status(format!("GET {target} HTTP/1.1\r\nHost: a")), expected, "{target}");
        }
        assert_eq!(parts("http://a?b/c://d"), (Some("a"), "/", Some("b/c://d")));
        assert_eq!(status("OPTIONS * HTTP/1.1\r\nHost: a"), None);
        assert_eq!(status("CONNECT a:80 HTTP/1.1\r\nHost: a:80"), Some(400));
    }

    #[test]
    fn sizes_are_limited() {
        let long = format!("GET /{}", "x".repeat(MAX_REQUEST_LINE_BYTES));
        assert_eq!(status(format!("{long} HTTP/1.1\r\nHost: a")), Some(414));
        assert_eq!(check_incomplete(long.as_bytes()), Err(414));
        let with = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(count));
        assert_eq!(status(with(20_000)), None);
        assert_eq!(check_incomplete(with(20_000).as_bytes()), Ok(()));
        assert_eq!(status(with(MAX_HEADERS_BYTES)), Some(431));
        assert_eq!(check_incomplete(with(MAX_HEADERS_BYTES).as_bytes()), Err(431));
    }
}
