//! From the HTTP output to the response the caller gets (protocol.md#named-http-output and #http-return-value).

use super::http_output::{Content, HttpOutput};
use super::negotiate::{self, NotWritten};
use super::written::Written;
use bytes::Bytes;
use dotnet_text::json::Json;
use dotnet_text::media_type::is_token;
use std::collections::HashSet;
use wire::headers::is_sound;
use wire::response::Framing;
use wire::{Name, Response};

/// Why a response could not be written, and what the caller gets instead.
#[derive(Debug)]
pub struct Unwritable {
    pub failure: String,
    /// An empty 500 with the headers that had been set when that was noticed (host source, `RawScriptResult`, and
    /// `ExceptionMiddleware`, which changes nothing but the status).
    pub instead: Box<Response>,
}

impl Unwritable {
    fn new(failure: String, headers: Headers) -> Unwritable {
        let headers = headers.with_type();
        Unwritable { failure, instead: Box::new(Response { headers, ..Response::empty(500) }) }
    }
}

const CONTENT_TYPE: &str = "Content-Type";

/// Makes the response, its status unchecked: anything a 32-bit integer holds (recordings RX-sc-neg, -99, -1000). With 100 and 199
/// the caller waits for ever (recording RX-sc-199). `Date` and `Server` are the web server's, unless the handler sets them; headers
/// of framing are there only if it does. A failure here comes after the invocation has succeeded (protocol.md#named-http-output). `accept` is the
/// caller's `Accept` header, lines joined by commas.
pub fn response(output: HttpOutput, accept: Option<&str>) -> Result<Response, Unwritable> {
    let HttpOutput { mut status, headers, body } = output;
    let types = if matches!(body, Content::Negotiated { .. }) { Types::FirstCounts } else { Types::LastCounts };
    let mut headers = check(&headers, types)?;
    let content_type = headers.content_type.take();
    let nothing = |content_type| Written { content_type, body: Bytes::new(), framing: Framing::Length };
    let written = match body {
        // Texts are sent as UTF-8 or UTF-16, and as `text/plain` unless the headers say otherwise; bytes only have the type the headers
        // give them.
        Content::Text(text) => Written::text(text, content_type.as_deref().unwrap_or("text/plain"), Framing::Chunked),
        Content::Bytes(bytes) => Written { content_type, body: bytes.into(), framing: Framing::Chunked },
        Content::Negotiated { value: Json::Null, .. } => {
            status = if status == 200 { 204 } else { status };
            nothing(content_type)
        }
        Content::Negotiated { value, xml } => match negotiate::write(value, xml, content_type.as_deref(), accept) {
            Ok(written) => written,
            Err(NotWritten::NotAcceptable) => {
                status = 406;
                nothing(content_type)
            }
            Err(NotWritten::Failed { message, content_type }) => {
                return Err(Unwritable::new(message, Headers { content_type, ..headers }));
            }
        },
    };
    if written.framing == Framing::Length {
        // A body that is measured sets its length.
        headers.lines.remove(Name::ContentLength);
    }
    headers.content_type = written.content_type;
    let body = if matches!(status, 204 | 205 | 304) { Bytes::new() } else { written.body };
    let framing = match status {
        // 204 and 304 have no body, that of a 101 ends with the connection (recordings RX-sc-101, -304).
        101 | 204 | 304 => Framing::AsGiven,
        _ if body.is_empty() => Framing::Length,
        _ => written.framing,
    };
    Ok(Response { status, headers: headers.with_type(), body: vec![body], framing, ..Response::default() })
}

#[derive(Default)]
struct Headers {
    lines: wire::Headers,
    content_type: Option<String>,
}

impl Headers {
    /// All lines, that of the type last.
    fn with_type(mut self) -> wire::Headers {
        if let Some(value) = self.content_type.filter(|value| is_sound(CONTENT_TYPE, value)) {
            self.lines.push(Name::ContentType, value);
        }
        self.lines
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Types {
    LastCounts,
    FirstCounts,
}

/// The headers the web server takes, one after the other: of two names that differ only in case the first counts, and the other
/// is not looked at (recording RX-hdr-two-cases); an empty content type counts as none (recording RX-hdr-content-type-empty).
fn check(headers: &[(String, Option<String>)], types: Types) -> Result<Headers, Unwritable> {
    let mut checked = Headers::default();
    let mut names = HashSet::new();
    for (name, value) in headers {
        let is_type = name.eq_ignore_ascii_case(CONTENT_TYPE);
        let is_new = names.insert(name.to_ascii_lowercase());
        if !is_new && (!is_type || types == Types::FirstCounts) {
            continue;
        }
        match (check_header(name, value.as_deref()), value) {
            (Some(why), _) => {
                let failure = format!("the response header `{name}` {why}");
                return Err(Unwritable::new(failure, checked));
            }
            (None, Some(value)) if is_type => {
                checked.content_type = Some(value.clone()).filter(|value| !value.is_empty());
            }
            (None, Some(value)) => checked.lines.push(name, normal(name, value)),
            (None, None) => {}
        }
    }
    Ok(checked)
}

/// A header's value as the web server writes it: it keeps a length as a number.
fn normal(name: &str, value: &str) -> String {
    let length = value.parse::<i64>().ok().filter(|_| name.eq_ignore_ascii_case("content-length"));
    length.map_or_else(|| value.to_owned(), |length| length.to_string())
}

fn check_header(name: &str, value: Option<&str>) -> Option<&'static str> {
    let Some(value) = value else { return Some("is null") };
    if !is_token(name) {
        return Some("has a name that HTTP does not allow");
    }
    // Anything but plain ASCII on one line, so arrays and objects, too, whose text has several.
    if !value.bytes().all(|byte| byte == b'\t' || (0x20..0x7F).contains(&byte)) {
        return Some("has a value that is not plain ASCII on one line");
    }
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && value.parse::<i64>().is_ok();
    let is_length = name.eq_ignore_ascii_case("content-length");
    (is_length && !is_number).then_some("has a value that is not a length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(headers: &[(&str, &str)]) -> HttpOutput {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
        HttpOutput { status: 200, headers, body: Content::Text("x".into()) }
    }

    fn content_type(response: &Response) -> Option<&str> {
        response.headers.text(Name::ContentType)
    }

    fn lines<const N: usize>(lines: [(&str, &str); N]) -> wire::Headers {
        let mut headers = wire::Headers::default();
        lines.iter().for_each(|(name, value)| headers.push(name, value));
        headers
    }

    #[test]
    fn content_types() {
        for (given, expected) in [
            ("", "text/plain; charset=utf-8"),
            ("text/html", "text/html; charset=utf-8"),
            ("nonsense", "nonsense; charset=utf-8"),
            ("nonsense; charset=latin1", "nonsense; charset=latin1; charset=utf-8"),
            ("text/html; charset=\"utf-8\"", "text/html; charset=\"utf-8\""),
            ("image/png", "image/png; charset=utf-8"),
            ("text/html; charset=iso-8859-1", "text/html; charset=utf-8"),
            ("text/html; Charset=UTF-8", "text/html; Charset=UTF-8"),
            ("a/b; x=y; charset=latin1 ; z=w", "a/b; x=y; charset=utf-8 ; z=w"),
            ("a/b; x=y", "a/b; x=y; charset=utf-8"),
        ] {
            let response = response(with(&[("content-type", given)]), None).unwrap();
            assert_eq!(content_type(&response), Some(expected), "{given}");
        }
        let utf16 = response(with(&[("Content-Type", "text/html; charset=\"UTF-16\"")]), None).unwrap();
        assert_eq!((content_type(&utf16), &utf16.body[0][..]), (Some("text/html; charset=\"UTF-16\""), &b"x\0"[..]));
    }

    #[test]
    fn headers() {
        let kept = response(with(&[("X-A", "1"), ("x-a", "2"), ("X-E", ""), ("Server", "mine")]), None).unwrap();
        let expected = [("X-A", "1"), ("X-E", ""), ("Server", "mine"), ("Content-Type", "text/plain; charset=utf-8")];
        assert_eq!(kept.headers, lines(expected));
        for (name, value) in [
            ("X-A", "a\r\nX-Injected: 1"),
            ("X-A", "a\nb"),
            ("X-U", "grüß"),
            ("", "v"),
            ("X A", "v"),
            ("X:A", "v"),
            ("X-Z", "\0"),
            ("Content-Length", "x"),
            ("Content-Length", "-1"),
            ("Content-Length", ""),
        ] {
            assert!(response(with(&[(name, value)]), None).is_err(), "{name}: {value}");
        }
        let null = HttpOutput { headers: vec![("X-N".into(), None)], ..HttpOutput::of(Content::Text(String::new())) };
        assert!(response(null, None).is_err());
        let second = response(with(&[("Content-Length", "01"), ("X-A", "1"), ("x-a", "grüß")]), None).unwrap();
        let expected = [("Content-Length", "1"), ("X-A", "1"), ("Content-Type", "text/plain; charset=utf-8")];
        assert_eq!(second.headers, lines(expected));
    }

    #[test]
    fn headers_before_a_bad_one_stay() {
        let given = [("Content-Type", "a/b"), ("X-A", "1"), ("Content-Length", "5"), ("X-B", "a\nb"), ("X-C", "3")];
        let instead = response(with(&given), None).unwrap_err().instead;
        let kept = [("X-A", "1"), ("Content-Length", "5"), ("Content-Type", "a/b")];
        assert_eq!(instead.headers, lines(kept));
        assert_eq!((instead.status, instead.framing), (500, Framing::Length));
    }

    #[test]
    fn what_is_measured_has_no_other_length() {
        let headers =
            vec![("Content-Length".to_owned(), Some("5".to_owned())), ("X-A".to_owned(), Some("1".to_owned()))];
        let value = Json::Array(Vec::new());
        let negotiated = HttpOutput { status: 200, headers, body: Content::Negotiated { value, xml: true } };
        let of = |given: &str| {
            let mut negotiated = negotiated.clone();
            negotiated.headers.push(("content-type".into(), Some(given.into())));
            let response = response(negotiated, None).unwrap();
            (response.status, response.headers.iter().len(), content_type(&response).unwrap_or_default().to_owned())
        };
        assert_eq!(of("text/json"), (200, 2, "text/json; charset=utf-8".to_owned()));
        assert_eq!(of("text/html"), (406, 2, "text/html".to_owned()));
    }

    #[test]
    fn framing() {
        let of = |status, body: &str| {
            let output = HttpOutput { status, headers: Vec::new(), body: Content::Text(body.into()) };
            let response = response(output, None).unwrap();
            (response.framing, response.length())
        };
        assert_eq!(of(200, "x"), (Framing::Chunked, 1));
        assert_eq!(of(200, ""), (Framing::Length, 0));
        assert_eq!(of(204, "x"), (Framing::AsGiven, 0));
        assert_eq!(of(205, "x"), (Framing::Length, 0));
        assert_eq!(of(304, "x"), (Framing::AsGiven, 0));
        assert_eq!(of(101, "x"), (Framing::AsGiven, 1));
        assert_eq!(of(-1, "x"), (Framing::Chunked, 1));
    }

    #[test]
    fn bytes_have_no_type_of_their_own() {
        let bytes = response(HttpOutput::of(Content::Bytes(b"hi".to_vec())), None).unwrap();
        assert_eq!((bytes.headers, bytes.framing), (lines([]), Framing::Chunked));
        assert_eq!(bytes.body, [Bytes::from_static(b"hi")]);
    }
}
