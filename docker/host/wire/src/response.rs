//! Responses to callers, and how they are written; pure (protocol.md#forwarding-response, #named-http-output and #what-kestrel-answers).

use std::borrow::Cow;
use std::time::SystemTime;

use bytes::Bytes;

use crate::connection_option;
use crate::framing::ends_in_chunked;
use crate::headers::{Headers, write_line};
use crate::name::{Name, Table};
use crate::reason;

/// The lines that Kestrel knows and writes before all others, in this order.
const WRITTEN_FIRST: [Name; 5] = [Name::ContentLength, Name::Connection, Name::ContentType, Name::Date, Name::Server];
const SWITCHING_PROTOCOLS: i32 = 101;

/// A response to a caller.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status: the real host writes any number (recordings RX-sc-neg, -99, -1000).
    pub status: i32,
    /// The reason phrase; `None` for the standard one.
    pub reason: Option<Cow<'static, [u8]>>,
    /// The header lines. `Date` and `Server` are added if they are not among them.
    pub headers: Headers,
    /// The body in pieces, so that it need not be copied.
    pub body: Vec<Bytes>,
    /// How the body is framed.
    pub framing: Framing,
    /// Whether the connection is closed afterwards, and the response says so.
    pub closes: bool,
    /// Whether the connection is closed afterwards, and the response does not say so.
    pub breaks_off: bool,
}

/// How a body is framed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// By `Content-Length`, unless status or method forbid it.
    #[default]
    Length,
    /// By chunks. To `HEAD`, not at all (recordings P14, CX-appoffline).
    Chunked,
    /// By chunks of which each is written when it is there.
    Chunks,
    /// As the headers say, or not at all.
    AsGiven,
}

/// What becomes of the connection after a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The next request may come.
    Keep,
    /// It is closed.
    Close,
    /// The caller cannot know that the response has ended, and waits until it closes the connection itself.
    WaitForCaller,
    /// It is reset, so that the caller sees that the response is not complete.
    Reset,
}

impl Response {
    /// A response without headers and body.
    pub fn empty(status: u16) -> Self {
        Self { status: status.into(), ..Self::default() }
    }

    /// A response with a body of this type.
    pub fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut response = Self { body: vec![body.into()], ..Self::empty(status) };
        response.headers.push(Name::ContentType, content_type);
        response
    }

    /// The same response; its body is sent in chunks.
    #[must_use]
    pub fn chunked(self) -> Self {
        Self { framing: Framing::Chunked, ..self }
    }

    /// The same response; the connection is closed afterwards.
    #[must_use]
    pub fn closing(self) -> Self {
        Self { closes: true, ..self }
    }

    /// The length of the body.
    pub fn length(&self) -> usize {
        self.body.iter().map(Bytes::len).sum()
    }

    /// What becomes of the connection. After an interim response, and after a body that is said to be chunked and is not, the
    /// caller waits in vain, unless it wants the connection closed (recordings RX-sc-199, RX-hdr-transfer-encoding); one in another
    /// coding ends with the connection.
    pub fn ending(&self, is_to_head: bool) -> Ending {
        // That of a 304 is the length of what it does not send.
        let is_of_body = self.framing == Framing::AsGiven && !is_to_head && self.status != 304;
        let announced = self.headers.get(Name::ContentLength).filter(|_| is_of_body);
        let is_wrong = |announced: &[u8]| announced != self.length().to_string().as_bytes();
        let is_endless =
            self.is_interim() || (self.framing == Framing::AsGiven && self.is_said_to_be_chunked() == Some(true));
        if is_endless && !self.closes {
            Ending::WaitForCaller
        } else if self.ends_connection()
            || self.is_said_to_be_chunked() == Some(false)
            || announced.is_some_and(is_wrong)
        {
            Ending::Close
        } else {
            Ending::Keep
        }
    }

    /// Whether the connection is closed whatever the body.
    pub(crate) fn ends_connection(&self) -> bool {
        self.closes
            || self.breaks_off
            || self.switches_protocols()
            || (self.headers.contains(Name::Connection) && !self.headers.lists(Name::Connection, "keep-alive"))
    }

    /// Writes what comes before the body: the head, then the size of the chunk, if the body is one.
    pub fn write_head(&self, is_to_head: bool, out: &mut Vec<u8>) {
        let reason = self.reason.as_deref().unwrap_or_else(|| reason::phrase(self.status).as_bytes());
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(itoa::Buffer::new().format(self.status).as_bytes());
        out.push(b' ');
        let start = out.len();
        out.extend_from_slice(reason);
        // Kestrel writes ASCII.
        out[start..].iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
        out.extend_from_slice(b"\r\n");
        self.write_lines(is_to_head, out);
        out.extend_from_slice(b"\r\n");
        if self.is_chunked(is_to_head) {
            out.extend_from_slice(format!("{:x}\r\n", self.length()).as_bytes());
        }
    }

    /// Writes the header lines: those that Kestrel knows in its order and spelling, then all others as they came
    /// (protocol.md#header-lines).
    fn write_lines(&self, is_to_head: bool, out: &mut Vec<u8>) {
        if self.writes_length(is_to_head) {
            write_line(Name::ContentLength.as_ref(), itoa::Buffer::new().format(self.length()).as_bytes(), out);
        }
        let given = self.headers.known().fold(0, |bits, name| bits | name.bit());
        for name in WRITTEN_FIRST {
            let is_given = given & name.bit() != 0 && self.write_known(name, out);
            match name {
                Name::Connection if !is_given && self.says_close() => write_line(name.as_ref(), b"close", out),
                Name::Date if !is_given => {
                    write_line(name.as_ref(), httpdate::fmt_http_date(SystemTime::now()).as_bytes(), out);
                }
                Name::Server if !is_given => write_line(name.as_ref(), b"Kestrel", out),
                _ => {}
            }
        }
        let is_chunked = self.is_chunked(is_to_head) || self.framing == Framing::Chunks;
        let chunked = if is_chunked { Name::TransferEncoding.bit() } else { 0 };
        let first = WRITTEN_FIRST.iter().fold(0, |bits, name| bits | name.bit());
        for name in Name::of_bits((given | chunked) & !first).filter(|name| name.is_in(Table::Response)) {
            // That of the chunks is not among the headers.
            if !self.write_known(name, out) {
                write_line(name.as_ref(), b"chunked", out);
            }
        }
        self.headers.iter().filter(|line| !line.is_in(Table::Response)).for_each(|line| line.write(out));
    }

    /// Writes the lines with this name; false if there is none.
    fn write_known(&self, name: Name, out: &mut Vec<u8>) -> bool {
        // Kestrel does not look at it when it closes the connection anyway.
        if name == Name::Connection
            && !self.closes
            && let Some(option) = connection_option::named(&self.headers)
        {
            write_line(name.as_ref(), option.as_bytes(), out);
            return true;
        }
        let mut is_given = false;
        for value in self.headers.all(name) {
            is_given = true;
            write_line(name.as_ref(), value, out);
        }
        is_given
    }

    /// The body as it is written to this kind of request, in pieces.
    pub fn written_body(&self, is_to_head: bool) -> &[Bytes] {
        if is_to_head { &[] } else { &self.body }
    }

    /// What is written after the body.
    pub fn tail(&self, is_to_head: bool) -> &'static [u8] {
        if self.is_chunked(is_to_head) { b"\r\n0\r\n\r\n" } else { b"" }
    }

    fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != SWITCHING_PROTOCOLS
    }

    fn is_chunked(&self, is_to_head: bool) -> bool {
        self.framing == Framing::Chunked && self.length() > 0 && !is_to_head
    }

    /// To `HEAD` the length of what is not sent is said, but not that of nothing.
    fn writes_length(&self, is_to_head: bool) -> bool {
        let has_length = match self.framing {
            Framing::Length => true,
            Framing::Chunked => self.length() == 0,
            Framing::Chunks | Framing::AsGiven => false,
        };
        let is_allowed = if is_to_head { self.length() > 0 } else { !matches!(self.status, 100..=199 | 204) };
        has_length && is_allowed
    }

    fn says_close(&self) -> bool {
        self.closes || self.switches_protocols() || self.is_said_to_be_chunked() == Some(false)
    }

    /// A `101` that has a length, be it not written, is like any other response to Kestrel.
    fn switches_protocols(&self) -> bool {
        self.status == SWITCHING_PROTOCOLS && self.framing != Framing::Length
    }

    /// Whether the last coding that the headers give is `chunked`. If it is not the connection ends with the body (recording
    /// Z1-result-346).
    fn is_said_to_be_chunked(&self) -> Option<bool> {
        self.headers.all(Name::TransferEncoding).last().map(ends_in_chunked)
    }
}

impl From<Vec<u8>> for Response {
    fn from(body: Vec<u8>) -> Self {
        Self { body: vec![body.into()], ..Self::empty(200) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_that_wants_the_connection_closed_waits_for_nothing() {
        let mut response = Response { framing: Framing::AsGiven, ..Response::empty(200) };
        response.headers.push("Transfer-Encoding", "chunked");
        for (response, open) in [(response, Ending::WaitForCaller), (Response::empty(199), Ending::WaitForCaller)] {
            assert_eq!((response.ending(false), response.closing().ending(false)), (open, Ending::Close));
        }
    }

    #[test]
    fn lines_are_written_in_kestrels_order_and_spelling() {
        let mut response = Response { framing: Framing::Chunks, ..Response::empty(200) };
        for (name, value) in [
            ("x-last", "1"),
            ("vary", "Origin"),
            ("etag", "e"),
            ("content-type", "text/plain"),
            ("X-First", "2"),
            ("VARY", "Accept"),
            ("cache-control", "no-cache"),
            ("date", "now"),
            ("cookie", "c"),
        ] {
            response.headers.push(name, value);
        }
        let mut written = Vec::new();
        response.write_head(false, &mut written);
        let expected = "HTTP/1.1 200 OK\nContent-Type: text/plain\nDate: now\nServer: Kestrel\nCache-Control: no-cache\nETag: e\n\
                        Transfer-Encoding: chunked\nVary: Origin\nVary: Accept\nx-last: 1\nX-First: 2\ncookie: c\n\n";
        assert_eq!(String::from_utf8_lossy(&written).replace("\r\n", "\n"), expected);
    }
}
