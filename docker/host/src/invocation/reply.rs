//! From the HTTP output to the response the caller gets (protocol sections 5.4 and 5.5).

use super::answer::Failure;
use super::json::Json;
use super::negotiate;
use bytes::Bytes;

/// What an invocation says to its HTTP caller.
#[derive(Debug, Clone, PartialEq)]
pub enum HttpOutput {
    /// A response to be written as it is.
    Raw(Raw),
    /// A value whose form the caller's `Accept` has a say in.
    Negotiated(Negotiated),
}

/// A response to be written as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// The status, unchecked.
    pub status: i32,
    /// Header names and values, unchecked; `None` for a null.
    pub headers: Vec<(String, Option<String>)>,
    /// The body.
    pub body: Content,
}

impl Raw {
    /// A 200 without headers.
    pub fn of(body: Content) -> Raw {
        Raw { status: 200, headers: Vec::new(), body }
    }
}

/// A body.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text: it has a `Content-Type`, always with `charset=utf-8`.
    Text(String),
    /// Bytes: there is no `Content-Type` at all.
    Bytes(Vec<u8>),
}

/// A value whose form is negotiated.
#[derive(Debug, Clone, PartialEq)]
pub struct Negotiated {
    /// The status for a value that is not null.
    pub status: i32,
    /// As in [`Raw`].
    pub headers: Vec<(String, Option<String>)>,
    /// The value.
    pub value: Json,
    /// Whether XML is among the forms.
    pub xml: bool,
}

/// A response to the HTTP caller. `Date` and `Server` are the web server's, unless they are among `headers`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The status, unchecked: anything a 32-bit integer holds (recordings RX-sc-zero, -neg, -99, -1000). With 100 and 199 the
    /// caller waits for ever (recordings RX-sc-100, -199).
    pub status: i32,
    /// Header lines, each name once, `Content-Type` included. Framing headers only if the handler set them.
    pub headers: Vec<(String, String)>,
    /// The body; already dropped for a status that has none.
    pub body: Bytes,
    /// How the body is framed.
    pub framing: Framing,
}

/// How a body is framed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Framing {
    /// `Transfer-Encoding: chunked`; neither header on `HEAD` (recording RX-head).
    Chunked,
    /// `Content-Length`.
    Length,
    /// Neither: 204 and 304 have no body, that of a 101 ends with the connection (recordings RX-sc-101, -204, -304).
    None,
}

/// Makes the response. A failure here comes after the invocation has succeeded: the caller gets an empty 500
/// (protocol 5.4). `accept` is the caller's `Accept` header, lines joined by commas.
pub fn reply(output: HttpOutput, accept: Option<&str>) -> Result<Reply, Failure> {
    let Headers { mut lines, content_type } = match &output {
        HttpOutput::Raw(raw) => check(&raw.headers)?,
        HttpOutput::Negotiated(negotiated) => check(&negotiated.headers)?,
    };
    let (status, written) = match output {
        HttpOutput::Raw(raw) => (raw.status, write_raw(raw.body, content_type)),
        HttpOutput::Negotiated(Negotiated { value: Json::Null, status, .. }) => (
            if status == 200 { 204 } else { status },
            Written { content_type, body: Bytes::new(), framing: Framing::Length },
        ),
        HttpOutput::Negotiated(Negotiated { status, value, xml, .. }) => {
            (status, negotiate::write(value, xml, content_type, accept))
        }
    };
    lines.extend(written.content_type.map(|value| ("Content-Type".to_owned(), value)));
    let body = if matches!(status, 204 | 205 | 304) { Bytes::new() } else { written.body };
    let framing = match status {
        101 | 204 | 304 => Framing::None,
        _ if body.is_empty() => Framing::Length,
        _ => written.framing,
    };
    Ok(Reply { status, headers: lines, body, framing })
}

/// A body with its type and framing.
pub(super) struct Written {
    pub content_type: Option<String>,
    pub body: Bytes,
    pub framing: Framing,
}

/// Texts are sent chunked, as UTF-8 and as `text/plain` unless the headers say otherwise; bytes only have the type the
/// headers give them.
fn write_raw(body: Content, content_type: Option<String>) -> Written {
    match body {
        Content::Bytes(bytes) => Written { content_type, body: bytes.into(), framing: Framing::Chunked },
        Content::Text(text) => {
            let content_type = content_type.as_deref().unwrap_or("text/plain");
            Written { content_type: Some(with_utf8(content_type)), body: text.into(), framing: Framing::Chunked }
        }
    }
}

/// Appends `; charset=utf-8`, or puts it in the place of another charset (recordings R10, RX-hdr-content-type-*).
pub(super) fn with_utf8(content_type: &str) -> String {
    let Some(parameter) = charset_parameter(content_type) else { return format!("{content_type}; charset=utf-8") };
    if content_type[parameter.clone()].eq_ignore_ascii_case("utf-8") {
        return content_type.to_owned();
    }
    format!("{}utf-8{}", &content_type[..parameter.start], &content_type[parameter.end..])
}

/// Where the value of the `charset` parameter stands.
fn charset_parameter(content_type: &str) -> Option<std::ops::Range<usize>> {
    let mut start = content_type.find(';')? + 1;
    loop {
        let end = content_type[start..].find(';').map_or(content_type.len(), |length| start + length);
        if let Some((name, value)) = content_type[start..end].split_once('=')
            && name.trim().eq_ignore_ascii_case("charset")
        {
            let from = end - value.trim_start().len();
            return Some(from..from + value.trim().len());
        }
        if end == content_type.len() {
            return None;
        }
        start = end + 1;
    }
}

struct Headers {
    lines: Vec<(String, String)>,
    content_type: Option<String>,
}

/// The headers the web server takes: of two names that differ only in case the first counts, and of the content type the
/// last; an empty one counts as none (recordings RX-hdr-two-cases, RX-hdr-content-type-empty).
fn check(headers: &[(String, Option<String>)]) -> Result<Headers, Failure> {
    let mut checked = Headers { lines: Vec::new(), content_type: None };
    for (name, value) in headers {
        let refused = |why: &str| Err(Failure::new(format!("the response header `{name}` {why}")));
        let Some(value) = value else { return refused("is null") };
        if !is_token(name) {
            return refused("has a name that HTTP does not allow");
        }
        // Anything but plain ASCII on one line, so arrays and objects, too, whose text has several.
        if !value.bytes().all(|byte| byte == b'\t' || (0x20..0x7F).contains(&byte)) {
            return refused("has a value that is not plain ASCII on one line");
        }
        if name.eq_ignore_ascii_case("content-type") {
            checked.content_type = Some(value.clone()).filter(|value| !value.is_empty());
        } else if !checked.lines.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            checked.lines.push((name.clone(), value.clone()));
        }
    }
    Ok(checked)
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: &[(&str, &str)]) -> HttpOutput {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
        HttpOutput::Raw(Raw { status: 200, headers, body: Content::Text("x".into()) })
    }

    fn content_type(reply: &Reply) -> Option<&str> {
        reply.headers.iter().find(|(name, _)| name == "Content-Type").map(|(_, value)| value.as_str())
    }

    #[test]
    fn content_types() {
        for (given, expected) in [
            ("", "text/plain; charset=utf-8"),
            ("text/html", "text/html; charset=utf-8"),
            ("nonsense", "nonsense; charset=utf-8"),
            ("image/png", "image/png; charset=utf-8"),
            ("text/html; charset=iso-8859-1", "text/html; charset=utf-8"),
            ("text/html; Charset=UTF-8", "text/html; Charset=UTF-8"),
            ("a/b; x=y; charset=latin1 ; z=w", "a/b; x=y; charset=utf-8 ; z=w"),
            ("a/b; x=y", "a/b; x=y; charset=utf-8"),
        ] {
            let reply = reply(with(&[("content-type", given)]), None).unwrap();
            assert_eq!(content_type(&reply), Some(expected), "{given}");
        }
    }

    #[test]
    fn headers() {
        let kept = reply(with(&[("X-A", "1"), ("x-a", "2"), ("X-E", ""), ("Server", "mine")]), None).unwrap();
        let expected = [("X-A", "1"), ("X-E", ""), ("Server", "mine"), ("Content-Type", "text/plain; charset=utf-8")];
        assert_eq!(kept.headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for (name, value) in [
            ("X-A", "a\r\nX-Injected: 1"),
            ("X-A", "a\nb"),
            ("X-U", "grüß"),
            ("", "v"),
            ("X A", "v"),
            ("X:A", "v"),
            ("X-Z", "\0"),
        ] {
            assert!(reply(with(&[(name, value)]), None).is_err(), "{name}: {value}");
        }
        let null = Raw { headers: vec![("X-N".into(), None)], ..Raw::of(Content::Text(String::new())) };
        assert!(reply(HttpOutput::Raw(null), None).is_err());
    }

    #[test]
    fn framing() {
        let of = |status, body: &str| {
            let raw = Raw { status, headers: Vec::new(), body: Content::Text(body.into()) };
            let reply = reply(HttpOutput::Raw(raw), None).unwrap();
            (reply.framing, reply.body.len())
        };
        assert_eq!(of(200, "x"), (Framing::Chunked, 1));
        assert_eq!(of(200, ""), (Framing::Length, 0));
        assert_eq!(of(204, "x"), (Framing::None, 0));
        assert_eq!(of(205, "x"), (Framing::Length, 0));
        assert_eq!(of(304, "x"), (Framing::None, 0));
        assert_eq!(of(101, "x"), (Framing::None, 1));
        assert_eq!(of(-1, "x"), (Framing::Chunked, 1));
    }

    #[test]
    fn bytes_have_no_type_of_their_own() {
        let bytes = reply(HttpOutput::Raw(Raw::of(Content::Bytes(b"hi".to_vec()))), None).unwrap();
        assert_eq!(
            (bytes.headers, bytes.body, bytes.framing),
            (Vec::new(), Bytes::from_static(b"hi"), Framing::Chunked)
        );
    }
}
