//! Heads of requests and responses, parsed; pure.

use std::borrow::Cow;
use std::mem::{MaybeUninit, take};
use std::ops::Range;

use bytes::{Buf, BytesMut};
use dotnet_text::media_type::{is_token, is_token_byte};
use memchr::{memchr, memchr2, memchr3};

use crate::headers::Headers;
use crate::reason;

/// The most header lines that are read of a request: one more than Kestrel takes. A response with more is not a usual one.
const MAX_LINES: usize = 101;

/// The head of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestHead {
    /// The method as it was sent.
    pub method: String,
    /// The target as it was sent.
    pub target: String,
    /// Whether it is of HTTP/1.0.
    pub is_old: bool,
    /// The header lines.
    pub headers: Headers,
}

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status: 0 to 999: three digits (recording Y62).
    pub status: u16,
    /// The reason phrase; may be empty.
    pub reason: Cow<'static, [u8]>,
    /// The header lines.
    pub headers: Headers,
}

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Its first line is not that of a request.
    #[error("invalid token")]
    RequestLine,
    /// It is not of HTTP/1.
    #[error("invalid HTTP version")]
    Version,
    /// Its status is not three digits, or its reason has a character that no reason has.
    #[error("invalid response status")]
    Status,
    /// A line is not that of a header.
    #[error("invalid header name")]
    HeaderLine,
    /// There are more header lines than are accepted.
    #[error("more than {} header lines", MAX_LINES - 1)]
    TooManyLines,
    /// It is longer than this many bytes.
    #[error("its head is longer than {0} bytes")]
    TooLong(usize),
    /// The connection ended before the head did.
    #[error("the connection was closed in the middle of its head")]
    Incomplete,
}

/// Takes the head of a request off the beginning of `buffer`, and puts it in the place of the one before. False if its end has
/// not come yet.
///
/// # Errors
/// If what has come is not the beginning of a request.
pub fn take_request(buffer: &mut BytesMut, head: &mut RequestHead) -> Result<bool, HeadError> {
    let mut room = [const { MaybeUninit::uninit() }; MAX_LINES];
    let mut request = httparse::Request::new(&mut []);
    let end = match request.parse_with_uninit_headers(buffer, &mut room) {
        Ok(httparse::Status::Complete(end)) => end,
        Ok(httparse::Status::Partial) => return Ok(false),
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooManyLines),
        Err(_) => return take_odd_request(buffer, head),
    };
    request.method.unwrap_or_default().clone_into(&mut head.method);
    request.path.unwrap_or_default().clone_into(&mut head.target);
    head.is_old = request.version == Some(0);
    head.headers = read(take(&mut head.headers), request.headers, &buffer[..end]);
    buffer.advance(end);
    Ok(true)
}

/// The lines that `httparse` has found in a head, in the place of those that `headers` had.
fn read(headers: Headers, lines: &[httparse::Header<'_>], text: &[u8]) -> Headers {
    let mut headers = headers.emptied();
    for line in lines {
        headers.add_read(text, [line.name.as_bytes(), line.value].map(|part| range(text, part)));
    }
    headers.of_text(text)
}

/// Where `part`, a slice of `whole`, begins and ends in it.
fn range(whole: &[u8], part: &[u8]) -> Range<usize> {
    if part.is_empty() {
        return 0..0;
    }
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

/// The same for a head that `httparse` refuses: Kestrel takes control characters, odd names, and more than one space before the version.
/// Such heads are seldom, and read more slowly (protocol.md#what-kestrel-answers).
fn take_odd_request(buffer: &mut BytesMut, head: &mut RequestHead) -> Result<bool, HeadError> {
    let text = &buffer[..];
    let begin = text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let Some((first, mut start)) = line(text, begin) else { return Ok(false) };
    let (method, target, is_old) = request_line(&text[first])?;
    let mut headers = take(&mut head.headers).emptied();
    for count in 0.. {
        let Some((place, next)) = line(text, start) else { return Ok(false) };
        start = next;
        if place.is_empty() {
            break;
        }
        let parts = request_header_line(&text[place.clone()]).ok_or(HeadError::HeaderLine)?;
        if count == MAX_LINES {
            return Err(HeadError::TooManyLines);
        }
        let [name, value] = parts.map(|part| place.start + part.start..place.start + part.end);
        // .NET's client does not send a line on whose name is not a token.
        if text[name.clone()].iter().all(|byte| is_token_byte(*byte)) {
            headers.add_read(text, [name, value]);
        }
    }
    method.clone_into(&mut head.method);
    target.clone_into(&mut head.target);
    head.is_old = is_old;
    head.headers = headers.of_text(&text[..start]);
    buffer.advance(start);
    Ok(true)
}

/// Method and target, and whether the request is of HTTP/1.0.
fn request_line(line: &[u8]) -> Result<(&str, &str, bool), HeadError> {
    let parts = || {
        let (method, rest) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        let (target, version) = rest.split_once(' ')?;
        let is_sound = is_token(method) && !target.is_empty() && !line.contains(&b'\0');
        is_sound.then(|| (method, target, version.trim_start_matches(' ')))
    };
    match parts().ok_or(HeadError::RequestLine)? {
        (method, target, "HTTP/1.1") => Ok((method, target, false)),
        (method, target, "HTTP/1.0") => Ok((method, target, true)),
        // Others are looked for where they are about as long.
        (.., other) if matches!(other.len(), 7 | 8) && !other.contains(' ') => Err(HeadError::Version),
        _ => Err(HeadError::RequestLine),
    }
}

/// Where name and value are in a line of a header or of a trailer, if Kestrel takes it.
pub fn request_header_line(line: &[u8]) -> Option<[Range<usize>; 2]> {
    let name = memchr(b':', line).filter(|length| *length > 0)?;
    let is_name_byte = |byte: &u8| byte.is_ascii() && !matches!(byte, b'\0' | b' ' | b'\t' | b'\r');
    let value = &line[name + 1..];
    if !line[..name].iter().all(is_name_byte) || memchr2(b'\0', b'\r', value).is_some() {
        return None;
    }
    let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    let before = value.iter().take_while(is_blank).count();
    let after = value[before..].iter().rev().take_while(is_blank).count();
    Some([0..name, name + 1 + before..line.len() - after])
}

/// Takes the head of a response off the beginning of `buffer`, as .NET's client reads it. `None` if its end has not come yet.
///
/// # Errors
/// If what has come is not the beginning of a response.
pub fn take_response(buffer: &mut BytesMut) -> Result<Option<ResponseHead>, HeadError> {
    match take_usual_response(buffer) {
        Some(head) => Ok(Some(head)),
        None => take_odd_response(buffer),
    }
}

/// The same for a head that `httparse` takes, as it does nearly all: it reads them as .NET's client does, but for empty lines before
/// the first, and for a reason that is not ASCII, which it leaves out.
fn take_usual_response(buffer: &mut BytesMut) -> Option<ResponseHead> {
    let mut room = [const { MaybeUninit::uninit() }; MAX_LINES];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let parsed = config.parse_response_with_uninit_headers(&mut response, buffer, &mut room);
    let Ok(httparse::Status::Complete(end)) = parsed else { return None };
    let reason = response.reason.filter(|reason| !reason.is_empty() && buffer.starts_with(b"H"))?;
    let head = ResponseHead {
        status: response.code?,
        reason: known_or_given(reason.as_bytes(), response.code?),
        headers: read(Headers::default(), response.headers, &buffer[..end]),
    };
    buffer.advance(end);
    Some(head)
}

/// A reason, without a copy if it is the usual one of the status.
fn known_or_given(reason: &[u8], status: u16) -> Cow<'static, [u8]> {
    let usual = reason::phrase(status.into()).as_bytes();
    if reason == usual { usual.into() } else { reason.to_vec().into() }
}

/// The same for any head: lines may end in LF alone, a line that begins with a space goes on with the one before, spaces may stand
/// before a colon, and NUL counts as a space (recordings PX2-raw-prx-folded, PX2-raw-fwd-name-blank-colon, PX2-raw-fwd-nul). A reason
/// with a NUL or a carriage return is refused.
fn take_odd_response(buffer: &mut BytesMut) -> Result<Option<ResponseHead>, HeadError> {
    let Some((first, mut start)) = line(buffer, 0) else { return Ok(None) };
    let status = status_line(&buffer[first.clone()])?;
    let reason = buffer[first].get(STATUS_BYTES + 1..).unwrap_or_default();
    if memchr2(b'\r', b'\0', reason).is_some() {
        return Err(HeadError::Status);
    }
    let reason = known_or_given(reason, status);
    let (mut headers, mut is_plain) = (Headers::default().emptied(), true);
    loop {
        let Some((place, mut next)) = line(buffer, start) else { return Ok(None) };
        if place.is_empty() {
            start = next;
            break;
        }
        while matches!(buffer.get(next), Some(b' ' | b'\t')) {
            let Some((_, end)) = line(buffer, next) else { return Ok(None) };
            next = end;
        }
        if buffer.len() == next {
            return Ok(None);
        }
        let whole = &buffer[start..next - 1];
        let [name, value] = response_header_line(whole.strip_suffix(b"\r").unwrap_or(whole))?;
        let value = start + value.start..start + value.end;
        is_plain &= memchr3(b'\r', b'\n', b'\0', &buffer[value.clone()]).is_none();
        headers.add_read(buffer, [start..start + name.end, value]);
        start = next;
    }
    let mut headers = headers.of_text(&buffer[..start]);
    if !is_plain {
        headers.replace_in_values(b"\r\n\0", b' ');
    }
    buffer.advance(start);
    Ok(Some(ResponseHead { status, reason, headers }))
}

/// `HTTP/1.1 200`; a reason may follow.
const STATUS_BYTES: usize = 12;

/// The status of a line. One of HTTP/1.0 is like any other.
fn status_line(line: &[u8]) -> Result<u16, HeadError> {
    let minor = line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.first());
    if !minor.is_some_and(u8::is_ascii_digit) {
        return Err(HeadError::Version);
    }
    let digits = line.get(8..STATUS_BYTES).and_then(|part| part.strip_prefix(b" "));
    let digits = digits
        .filter(|digits| digits.iter().all(u8::is_ascii_digit) && matches!(line.get(STATUS_BYTES), None | Some(b' ')));
    let digits = digits.ok_or(HeadError::Status)?;
    Ok(digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}

/// Where name and value are in a line of a header, or of a trailer, which .NET's client reads alike.
pub fn response_header_line(line: &[u8]) -> Result<[Range<usize>; 2], HeadError> {
    let name = line.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(line.len());
    let blanks = line[name..].iter().take_while(|byte| **byte == b' ').count();
    let rest = line[name + blanks..].strip_prefix(b":").filter(|_| name > 0).ok_or(HeadError::HeaderLine)?;
    let is_folded = rest.contains(&b'\n');
    let is_blank = |byte: &u8| matches!(*byte, b' ' | b'\t') || (is_folded && matches!(*byte, b'\r' | b'\n'));
    let end = rest.iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
    let start = rest[..end].iter().position(|byte| !is_blank(byte)).unwrap_or(end);
    let rest_at = line.len() - rest.len();
    Ok([0..name, rest_at + start..rest_at + end])
}

/// Where the line that begins at `start` is, without its end, and where the next one begins.
fn line(text: &[u8], start: usize) -> Option<(Range<usize>, usize)> {
    let end = start + memchr(b'\n', text.get(start..)?)?;
    let is_returned = text[start..end].ends_with(b"\r");
    Some((start..end - usize::from(is_returned), end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> (Result<Option<RequestHead>, HeadError>, String) {
        let (mut buffer, mut head) = (BytesMut::from(text), RequestHead::default());
        let is_complete = take_request(&mut buffer, &mut head);
        (is_complete.map(|is_complete| is_complete.then_some(head)), String::from_utf8_lossy(&buffer).into_owned())
    }

    #[test]
    fn a_request_is_read_as_it_was_sent() {
        let (head, rest) = request("FoO /a?b#c HTTP/1.0\r\nHost: x\r\nX-MiXed:  1 \r\nEmpty:\r\n\r\nbody");
        let head = head.expect("sound").expect("complete");
        assert_eq!((head.method.as_str(), head.target.as_str(), head.is_old), ("FoO", "/a?b#c", true));
        let lines: Vec<_> = head.headers.iter().map(|line| (line.name(), line.value)).collect();
        assert_eq!(lines, [("Host", &b"x"[..]), ("X-MiXed", b"1"), ("Empty", b"")]);
        assert_eq!(rest, "body");
    }

    #[test]
    fn the_rest_of_a_head_is_waited_for() {
        for text in ["", "GET", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            assert_eq!(request(text), (Ok(None), text.to_owned()));
        }
    }

    #[test]
    fn what_is_not_a_head_is_refused() {
        for text in ["GARBAGE\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"] {
            assert!(request(text).0.is_err(), "{text}");
        }
        let (head, rest) = request("GET /a HTTP/1.1\r\nx@y: 1\r\nA: \u{1}\r\n\r\nbody");
        assert_eq!(head.expect("sound").expect("complete").headers.named("a"), Some(&b"\x01"[..]));
        assert_eq!(rest, "body");
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_LINES + 1));
        assert_eq!(request(&many).0, Err(HeadError::TooManyLines));
    }

    #[test]
    fn what_kestrel_takes_is_read() {
        let text = "\r\nGET /a\x01b  HTTP/1.1\r\nHost: x\r\nx@y: 1\r\nX-A:\t a\x01\x7f \r\nEmpty:\n\r\nrest";
        let (head, rest) = request(text);
        let head = head.expect("sound").expect("complete");
        assert_eq!((head.method.as_str(), head.target.as_str(), head.is_old), ("GET", "/a\u{1}b", false));
        let lines: Vec<_> = head.headers.iter().map(|line| (line.name(), line.value)).collect();
        assert_eq!(lines, [("Host", &b"x"[..]), ("X-A", b"a\x01\x7f"), ("Empty", b"")]);
        assert_eq!(rest, "rest");
        for cut in 0..text.len() - "rest".len() {
            assert_eq!(request(&text[..cut]).0, Ok(None), "up to {cut}");
        }
        assert_eq!(request("GET /a\rb\t HTTP/1.1\r\n\r\n").0.expect("sound").expect("complete").target, "/a\rb\t");
    }

    #[test]
    fn what_kestrel_refuses_is_refused() {
        for (line, error) in [
            ("/a b HTTP/1.1", HeadError::RequestLine),
            ("/a ", HeadError::RequestLine),
            ("/a", HeadError::RequestLine),
            (" /a HTTP/1.1", HeadError::RequestLine),
            ("/a\0 HTTP/1.1", HeadError::RequestLine),
            ("/a HTTP/2", HeadError::RequestLine),
            ("/a HTTP/1.10", HeadError::RequestLine),
            ("/a HTTP/1.1\r", HeadError::RequestLine),
            ("/a FOO/1.1", HeadError::Version),
            ("/a HTTP/2.0", HeadError::Version),
        ] {
            assert_eq!(request(&format!("GET {line}\r\n\r\n")).0, Err(error), "{line}");
        }
        for line in ["a", ": a", "a b: c", "a : b", " a: b", "\u{e9}: a", "a: \0", "a: b\rc"] {
            assert_eq!(request(&format!("GET / HTTP/1.1\r\n{line}\r\n")).0, Err(HeadError::HeaderLine), "{line:?}");
        }
    }

    #[test]
    fn a_response_has_a_status_of_three_digits() {
        let response = |text: &str| take_response(&mut BytesMut::from(text));
        let head = response("HTTP/1.1 999 Odd One\nA: b\n\n").expect("sound").expect("complete");
        assert_eq!((head.status, &*head.reason), (999, &b"Odd One"[..]));
        assert_eq!(response("HTTP/1.0 200\r\n\r\n").expect("sound").expect("complete").reason, &b""[..]);
        for text in [
            "HTTP/1.1 1000 x",
            "HTTP/1.1 99 x",
            "HTTP/1.1  200 x",
            "nonsense",
            "",
            "http/1.1 200 OK",
            "HTTP/2.0 200 OK",
            "HTTP/1.1 200\rA: b\r",
            "HTTP/1.1 200 OK\r\nno colon",
            "HTTP/1.1 200 OK\r\nX A: b",
            "HTTP/1.1 200 OK\r\n: b",
            "HTTP/1.1 200 OK\r\n a: b",
            "HTTP/1.1 200 a\0b",
            "HTTP/1.1 200 a\rb",
            "HTTP/1.1 200 OK\r",
        ] {
            assert!(response(&format!("{text}\r\n\r\n")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_response_is_read_as_leniently_as_dotnet_reads_it() {
        for (text, value) in [
            ("HTTP/1.2 200 OK\r\nA: b\r\n\r\n", "b"),
            ("HTTP/1.1 200 OK\nA:\tb c \t\n\n", "b c"),
            ("HTTP/1.1 200 OK\r\nA  : b\r\n\r\n", "b"),
            ("HTTP/1.1 200 OK\r\nA: one\r\n two\r\n\r\n", "one   two"),
            ("HTTP/1.1 200 OK\r\nA: one\n\ttwo\n three\n\n", "one \ttwo  three"),
            ("HTTP/1.1 200 OK\r\nA: a\0b\rc\r\n\r\n", "a b c"),
            ("HTTP/1.1 200 OK\r\nA: \0b\0 \r\nC: d\r\n\r\n", " b "),
            ("HTTP/1.1 200 OK\r\nA: b \t\r\r\n\r\n", "b \t "),
            ("HTTP/1.1 200 OK\r\nA:\r\n b\r\n \r\n\r\n", "b"),
            ("HTTP/1.1 200 OK\r\nA:\r\n\r\n", ""),
        ] {
            let head = take_response(&mut BytesMut::from(text)).expect("sound").expect("complete");
            assert_eq!(head.headers.named("a").map(String::from_utf8_lossy).as_deref(), Some(value), "{text}");
            for cut in 0..text.len() {
                let mut buffer = BytesMut::from(&text[..cut]);
                assert_eq!(take_response(&mut buffer), Ok(None), "{text} up to {cut}");
                buffer.extend_from_slice(&text.as_bytes()[cut..]);
                assert_eq!(take_response(&mut buffer), Ok(Some(head.clone())), "{text} in two parts, at {cut}");
            }
        }
    }

    #[test]
    fn usual_heads_of_responses_are_read_as_all_others() {
        const TEXT: &[u8] =
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A:\t b c \r\nEmpty:\r\nSet-Cookie: a=1; b\n\r\nbody";
        const BYTES: &[u8] = b"\0\x01\t\n\x0b\x0c\r \"(,/:;=@[{}~\x7f\x80\xc3\xff012HPa";

        let mut usual = 0;
        let mut compare = |text: &[u8]| {
            let (mut one, mut other) = (BytesMut::from(text), BytesMut::from(text));
            if let Some(head) = take_usual_response(&mut one) {
                usual += 1;
                assert_eq!((Ok(Some(head)), &one), (take_odd_response(&mut other), &other), "{}", text.escape_ascii());
            } else {
                assert_eq!(one, text, "nothing is taken off");
            }
        };
        for at in 0..=TEXT.len() {
            let (before, after) = TEXT.split_at(at);
            compare(before);
            compare(&[before, after.get(1..).unwrap_or_default()].concat());
            for byte in BYTES {
                compare(&[before, &[*byte], after].concat());
                compare(&[before, &[*byte], after.get(1..).unwrap_or_default()].concat());
            }
        }
        assert!(usual > 1000, "{usual}");
    }
}
