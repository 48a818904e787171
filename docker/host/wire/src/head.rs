//! Heads of requests and responses, parsed; pure.

use std::mem::MaybeUninit;
use std::ops::Range;

use bytes::{Buf, BytesMut};

use crate::headers::Headers;

/// The most header lines that are read of any message: one more than Kestrel takes.
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
    pub reason: Vec<u8>,
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

/// Takes the head of a request off the beginning of `buffer`. `None` if its end has not come yet.
///
/// # Errors
/// If what has come is not the beginning of a request.
pub fn take_request(buffer: &mut BytesMut) -> Result<Option<RequestHead>, HeadError> {
    let mut room = [const { MaybeUninit::uninit() }; MAX_LINES];
    let mut request = httparse::Request::new(&mut []);
    let end = match request.parse_with_uninit_headers(buffer, &mut room)? {
        httparse::Status::Complete(end) => end,
        httparse::Status::Partial => return Ok(None),
    };
    let method = request.method.unwrap_or_default().to_owned();
    let target = request.path.unwrap_or_default().to_owned();
    let is_old = request.version == Some(0);
    let headers = Headers::at(indexes(buffer, request.headers), &buffer[..end]);
    buffer.advance(end);
    Ok(Some(RequestHead { method, target, is_old, headers }))
}

/// Takes the head of a response off the beginning of `buffer`. `None` if its end has not come yet.
///
/// # Errors
/// If what has come is not the beginning of a response.
pub fn take_response(buffer: &mut BytesMut) -> Result<Option<ResponseHead>, HeadError> {
    let mut room = [const { MaybeUninit::uninit() }; MAX_LINES];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let end = match config.parse_response_with_uninit_headers(&mut response, buffer, &mut room)? {
        httparse::Status::Complete(end) => end,
        httparse::Status::Partial => return Ok(None),
    };
    let status = response.code.ok_or(HeadError::Malformed(httparse::Error::Status))?;
    let is_old = response.version == Some(0);
    let reason = response.reason.unwrap_or_default().into();
    let headers = Headers::at(indexes(buffer, response.headers), &buffer[..end]);
    buffer.advance(end);
    Ok(Some(ResponseHead { status, reason, is_old, headers }))
}

/// Where names and values are in a head.
fn indexes(head: &[u8], lines: &[httparse::Header<'_>]) -> impl Iterator<Item = [Range<usize>; 2]> {
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
        let mut buffer = BytesMut::from(text);
        let head = take_request(&mut buffer);
        (head, String::from_utf8_lossy(&buffer).into_owned())
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
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_LINES + 1));
        assert_eq!(request(&many).0, Err(HeadError::TooManyLines));
    }

    #[test]
    fn a_response_has_a_status_of_three_digits() {
        let response = |text: &str| take_response(&mut BytesMut::from(text));
        let head = response("HTTP/1.1 999 Odd One\nA: b\n\n").expect("sound").expect("complete");
        assert_eq!((head.status, &*head.reason, head.is_old), (999, &b"Odd One"[..], false));
        assert_eq!(response("HTTP/1.0 200\r\n\r\n").expect("sound").expect("complete").reason, b"");
        for text in ["HTTP/1.1 1000 x\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "nonsense\r\n\r\n"] {
            assert!(response(text).is_err(), "{text}");
        }
    }
}
