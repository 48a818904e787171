//! Heads of requests and responses, parsed; pure.

use std::borrow::Cow;
use std::mem::MaybeUninit;
use std::ops::Range;

use bytes::{Buf, BytesMut};
use dotnet_text::media_type::is_token_byte;
use memchr::{memchr, memchr2};

use crate::headers::Headers;
use crate::odd_head::{self, OddHead};
use crate::reason;

/// The most header lines that are read of a request: one more than Kestrel takes.
const MAX_LINES: usize = 101;
/// Room for the header lines of most responses.
const USUAL_LINES: usize = 16;

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
    /// Whether it is of HTTP/1.0.
    pub is_old: bool,
    /// The header lines.
    pub headers: Headers,
}

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is not HTTP/1.
    #[error("{0}")]
    Malformed(httparse::Error),
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

impl HeadError {
    /// Whether it is of another version of HTTP.
    #[must_use]
    pub const fn is_other_version(&self) -> bool {
        matches!(self, Self::Malformed(httparse::Error::Version))
    }
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
        Err(error @ httparse::Error::TooManyHeaders) => return Err(error.into()),
        // Kestrel takes more.
        Err(_) => return take_odd_request(buffer, head),
    };
    request.method.unwrap_or_default().clone_into(&mut head.method);
    request.path.unwrap_or_default().clone_into(&mut head.target);
    head.is_old = request.version == Some(0);
    head.headers.read(&buffer[..end], indexes(buffer, request.headers));
    buffer.advance(end);
    Ok(true)
}

/// As [`take_request`], for what `httparse` does not read.
fn take_odd_request(buffer: &mut BytesMut, head: &mut RequestHead) -> Result<bool, HeadError> {
    let Some(OddHead { method, target, is_old, lines, end }) = odd_head::read(buffer, MAX_LINES)? else {
        return Ok(false);
    };
    (head.method, head.target, head.is_old) = (method, target, is_old);
    head.headers.read(&buffer[..end], lines.into_iter());
    buffer.advance(end);
    Ok(true)
}

/// Takes the head of a response off the beginning of `buffer`, as .NET's client reads it: lines may end in LF alone, a line that
/// begins with a space goes on with the one before, spaces may stand before a colon, and NUL counts as a space (recordings
/// PX2-raw-prx-folded, PX2-raw-fwd-name-blank-colon, PX2-raw-fwd-nul). A reason with a NUL or a carriage return is refused. `None` if
/// its end has not come yet.
///
/// # Errors
/// If what has come is not the beginning of a response.
pub fn take_response(buffer: &mut BytesMut) -> Result<Option<ResponseHead>, HeadError> {
    let Some(end) = line_end(buffer, 0) else { return Ok(None) };
    let (status, is_old) = status_line(without_return(&buffer[..end]))?;
    let reason = without_return(&buffer[..end]).get(STATUS_BYTES + 1..).unwrap_or_default();
    if memchr2(b'\r', b'\0', reason).is_some() {
        return Err(HeadError::Malformed(httparse::Error::Status));
    }
    let usual = reason::phrase(status.into()).as_bytes();
    let reason = if reason == usual { usual.into() } else { reason.to_vec().into() };
    let mut lines = Vec::with_capacity(USUAL_LINES);
    let mut is_plain = true;
    let mut start = end + 1;
    loop {
        let Some(first_end) = line_end(buffer, start) else { return Ok(None) };
        if without_return(&buffer[start..first_end]).is_empty() {
            start = first_end + 1;
            break;
        }
        let mut end = first_end;
        while matches!(buffer.get(end + 1), Some(b' ' | b'\t')) {
            let Some(next) = line_end(buffer, end + 1) else { return Ok(None) };
            end = next;
        }
        if buffer.len() == end + 1 {
            return Ok(None);
        }
        let line = header_line(buffer, start, end)?;
        is_plain &= end == first_end && memchr2(b'\r', b'\0', &buffer[line[1].clone()]).is_none();
        lines.push(line);
        start = end + 1;
    }
    for [_, value] in lines.iter().filter(|_| !is_plain) {
        let blanks = buffer[value.clone()].iter_mut().filter(|byte| matches!(byte, b'\r' | b'\n' | b'\0'));
        blanks.for_each(|byte| *byte = b' ');
    }
    let mut headers = Headers::default();
    headers.read(&buffer[..start], lines.into_iter());
    buffer.advance(start);
    Ok(Some(ResponseHead { status, reason, is_old, headers }))
}

/// `HTTP/1.1 200`; a reason may follow.
const STATUS_BYTES: usize = 12;

/// The status of a line, and whether it is of HTTP/1.0.
fn status_line(line: &[u8]) -> Result<(u16, bool), HeadError> {
    let minor = line.strip_prefix(b"HTTP/1.").and_then(|rest| rest.first()).filter(|digit| digit.is_ascii_digit());
    let minor = minor.ok_or(HeadError::Malformed(httparse::Error::Version))?;
    let digits = line.get(8..STATUS_BYTES).and_then(|part| part.strip_prefix(b" "));
    let digits = digits
        .filter(|digits| digits.iter().all(u8::is_ascii_digit) && matches!(line.get(STATUS_BYTES), None | Some(b' ')));
    let digits = digits.ok_or(HeadError::Malformed(httparse::Error::Status))?;
    Ok((digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')), *minor == b'0'))
}

/// Where name and value are in the line from `start` to `end`.
fn header_line(text: &[u8], start: usize, end: usize) -> Result<[Range<usize>; 2], HeadError> {
    let malformed = HeadError::Malformed(httparse::Error::HeaderName);
    let line = &text[start..end];
    let name_length = line.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(line.len());
    let blanks = line[name_length..].iter().take_while(|byte| **byte == b' ').count();
    let rest = line[name_length + blanks..].strip_prefix(b":").filter(|_| name_length > 0).ok_or(malformed)?;
    let value = rest.trim_ascii_start();
    let value_start = end - value.len();
    Ok([start..start + name_length, value_start..value_start + value.trim_ascii_end().len()])
}

/// Whether this is a line of a header, or of a trailer, which .NET's client reads alike.
pub fn is_header_line(line: &[u8]) -> bool {
    header_line(line, 0, line.len()).is_ok()
}

fn line_end(text: &[u8], start: usize) -> Option<usize> {
    memchr(b'\n', text.get(start..)?).map(|length| start + length)
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where names and values are in a head.
fn indexes(head: &[u8], lines: &[httparse::Header<'_>]) -> impl ExactSizeIterator<Item = [Range<usize>; 2]> {
    lines.iter().map(|line| [line.name.as_bytes(), line.value].map(|part| range(head, part)))
}

/// Where `part`, a slice of `whole`, begins and ends in it.
fn range(whole: &[u8], part: &[u8]) -> Range<usize> {
    if part.is_empty() {
        return 0..0;
    }
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

impl From<httparse::Error> for HeadError {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::TooManyHeaders => Self::TooManyLines,
            other => Self::Malformed(other),
        }
    }
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
            assert!(matches!(request(text).0, Err(HeadError::Malformed(_))), "{text}");
        }
        let (head, rest) = request("GET /a HTTP/1.1\r\nx@y: 1\r\nA: \u{1}\r\n\r\nbody");
        assert_eq!(head.expect("sound").expect("complete").headers.named("a"), Some(&b"\x01"[..]));
        assert_eq!(rest, "body");
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_LINES + 1));
        assert_eq!(request(&many).0, Err(HeadError::TooManyLines));
    }

    #[test]
    fn a_response_has_a_status_of_three_digits() {
        let response = |text: &str| take_response(&mut BytesMut::from(text));
        let head = response("HTTP/1.1 999 Odd One\nA: b\n\n").expect("sound").expect("complete");
        assert_eq!((head.status, &*head.reason, head.is_old), (999, &b"Odd One"[..], false));
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
            ("HTTP/1.1 200 OK\r\nA:\r\n\r\n", ""),
        ] {
            let head = take_response(&mut BytesMut::from(text)).expect("sound").expect("complete");
            assert_eq!(head.headers.named("a").map(String::from_utf8_lossy).as_deref(), Some(value), "{text}");
            for cut in 0..text.len() {
                assert_eq!(take_response(&mut BytesMut::from(&text[..cut])), Ok(None), "{text} up to {cut}");
            }
        }
    }
}
