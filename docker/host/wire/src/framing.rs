//! Where a body ends: by its length, by chunks, or with the connection; pure.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};

use crate::head::{request_header_line, response_header_line};
use crate::headers::Headers;
use crate::name::Name;

/// The longest line that a chunk may begin with.
const MAX_CHUNK_LINE_BYTES: usize = 16 * 1024;

/// The greatest chunk that Kestrel takes, and the digits of its size.
const MOST_CHUNK_BYTES: u64 = 0x7fff_ffff;
const MOST_SIZE_DIGITS: usize = 8;

/// The most that may follow the last chunk: what Kestrel allows of all headers, and .NET's client.
const MAX_TRAILER_BYTES: usize = 32 * 1024;
const MAX_RESPONSE_TRAILER_BYTES: usize = 64 * 1024;

/// How far a body has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// This many bytes are still to come.
    Length(u64),
    /// It comes in chunks.
    Chunked(Chunk, Reading),
    /// It ends with the connection.
    UntilClose,
}

/// By whose rules chunks are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Kestrel's, for callers: every line ends in CR LF.
    Strict,
    /// .NET's client's, for the handler: LF will do, and zeros before a size (recordings PX2-raw-fwd-chunk-lf, PX2-raw-fwd-chunk-long).
    Lenient,
}

/// Where in a chunked body the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// Before a chunk.
    Size,
    /// In a chunk of which this many bytes are still to come.
    Data(u64),
    /// After the data of a chunk.
    DataEnd,
    /// After the last chunk and this many bytes of trailers.
    Trailers(usize),
    /// After everything.
    End,
}

/// One step on the way through a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A piece of it.
    Piece(Bytes),
    /// More has to be read first.
    NeedsMore,
    /// It has ended.
    End,
}

/// Why headers do not say where a body ends, or what comes is not such a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// A length is not a number.
    #[error("`Content-Length` is not a number")]
    Length,
    /// There are two lengths, be they the same.
    #[error("two `Content-Length`")]
    TwoLengths,
    /// The last of the encodings is not `chunked`.
    #[error("`Transfer-Encoding` does not end in `chunked`")]
    Encoding,
    /// A chunk begins with something else than a size.
    #[error("a chunk without a sound size")]
    ChunkSize,
    /// A chunk does not end where its size says.
    #[error("a chunk longer than its size")]
    ChunkEnd,
    /// What follows the last chunk is too long.
    #[error("trailers without an end")]
    Trailers,
    /// What follows the last chunk is no line of a header (protocol.md#forwarding-response).
    #[error("a trailer that is no header line")]
    TrailerLine,
}

/// Why a body has not come as a whole.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The connection broke.
    #[error(transparent)]
    Connection(#[from] io::Error),
    /// The connection ended too early.
    #[error("the connection ended in the middle of a body")]
    Incomplete,
    /// What came is not framed as announced.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// The sender is slower than Kestrel allows.
    #[error("the caller's body came too slowly: {received} of {announced} bytes, less than {least} a second")]
    TooSlow {
        /// How many bytes have come.
        received: u64,
        /// How many the caller announced: 0 if it sends chunks.
        announced: u64,
        /// The least rate in bytes a second.
        least: u64,
    },
    /// The body has more bytes than this limit.
    #[error("the caller's body is longer than {0} bytes")]
    TooLong(u64),
    /// Nothing came for this long.
    #[error("nothing more of a body came within {} s", .0.as_secs())]
    Idle(Duration),
}

impl BodyError {
    /// Whether the sender has gone, so that nobody is left who could get an error.
    pub const fn is_departure(&self) -> bool {
        matches!(self, Self::Connection(_) | Self::Incomplete)
    }

    /// Whether what came is not framed as announced.
    pub const fn is_of_framing(&self) -> bool {
        matches!(self, Self::Framing(_))
    }
}

impl BodyFraming {
    /// No body.
    pub const NONE: Self = Self::Length(0);

    /// That of a request.
    ///
    /// # Errors
    /// What Kestrel refuses with a 400: two lengths, one that is not a number, an encoding that does not end in `chunked`.
    pub fn of_request(headers: &Headers) -> Result<Self, FramingError> {
        let mut lengths = headers.all(Name::ContentLength);
        let length = match (lengths.next(), lengths.next()) {
            (None, _) => None,
            (Some(text), None) => Some(length_of_request(text).ok_or(FramingError::Length)?),
            (Some(_), Some(_)) => return Err(FramingError::TwoLengths),
        };
        match headers.all(Name::TransferEncoding).last() {
            Some(encodings) if ends_in_chunked(encodings) => Ok(Self::Chunked(Chunk::Size, Reading::Strict)),
            Some(_) => Err(FramingError::Encoding),
            None => Ok(Self::Length(length.unwrap_or(0))),
        }
    }

    /// That of a response with this status. A length that is not a number does not count, nor does an encoding that is not
    /// `chunked`, which may stand anywhere among others (protocol.md#forwarding-response).
    pub fn of_response(headers: &Headers, status: u16, is_to_head: bool) -> Self {
        if is_to_head || matches!(status, 100..=199 | 204 | 304) {
            return Self::NONE;
        }
        if headers.lists(Name::TransferEncoding, "chunked") {
            return Self::Chunked(Chunk::Size, Reading::Lenient);
        }
        headers.get(Name::ContentLength).and_then(number).map_or(Self::UntilClose, Self::Length)
    }

    /// Takes the next piece off the beginning of `buffer`.
    ///
    /// # Errors
    /// If what has come is not chunked.
    pub fn step(&mut self, buffer: &mut BytesMut) -> Result<Step, FramingError> {
        match self {
            Self::Length(0) => Ok(Step::End),
            Self::Length(remaining) => Ok(take(buffer, remaining)),
            Self::UntilClose if buffer.is_empty() => Ok(Step::NeedsMore),
            Self::UntilClose => Ok(Step::Piece(buffer.split().freeze())),
            Self::Chunked(chunk, reading) => chunk.step(*reading, buffer),
        }
    }

    /// Takes the end of chunks off the beginning of `buffer`, if it stands there as a whole: that nothing follows a piece is known then
    /// before the next step.
    pub fn take_end(&mut self, buffer: &mut BytesMut) {
        const END: &[u8] = b"\r\n0\r\n\r\n";

        if let Self::Chunked(chunk @ Chunk::Data(0), _) = self
            && buffer.starts_with(END)
        {
            buffer.advance(END.len());
            *chunk = Chunk::End;
        }
    }

    /// Joins to a piece those of further chunks that have come with it, as .NET's client does: what is wrong with them is known before any of
    /// them is passed on.
    ///
    /// # Errors
    /// If what has come is not chunked.
    pub fn join(&mut self, piece: &mut Bytes, buffer: &mut BytesMut) -> Result<(), FramingError> {
        let mut joined = BytesMut::new();
        while let Step::Piece(next) = self.step(buffer)? {
            if joined.is_empty() {
                joined.extend_from_slice(piece);
            }
            joined.extend_from_slice(&next);
        }
        if !joined.is_empty() {
            *piece = joined.freeze();
        }
        Ok(())
    }

    /// Whether nothing more is to come.
    pub const fn has_ended(&self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunked(Chunk::End, _))
    }
}

impl Chunk {
    fn step(&mut self, reading: Reading, buffer: &mut BytesMut) -> Result<Step, FramingError> {
        loop {
            match self {
                Self::Size => {
                    let Some(line) =
                        take_line(reading, MAX_CHUNK_LINE_BYTES, buffer).map_err(|()| FramingError::ChunkSize)?
                    else {
                        return Ok(Step::NeedsMore);
                    };
                    let size = chunk_size(&line, reading).ok_or(FramingError::ChunkSize)?;
                    *self = if size == 0 { Self::Trailers(0) } else { Self::Data(size) };
                }
                Self::Data(0) => *self = Self::DataEnd,
                Self::Data(remaining) => return Ok(take(buffer, remaining)),
                Self::DataEnd => match take_line(reading, 0, buffer) {
                    Ok(Some(_)) => *self = Self::Size,
                    Ok(None) => return Ok(Step::NeedsMore),
                    Err(()) => return Err(FramingError::ChunkEnd),
                },
                Self::Trailers(passed) => {
                    let most = if reading == Reading::Lenient { MAX_RESPONSE_TRAILER_BYTES } else { MAX_TRAILER_BYTES };
                    let room = most.saturating_sub(*passed);
                    match take_line(Reading::Lenient, room, buffer).map_err(|()| FramingError::Trailers)? {
                        Some(line) if line.is_empty() => *self = Self::End,
                        Some(line) if !is_trailer(&line, reading, *passed == 0) => {
                            return Err(FramingError::TrailerLine);
                        }
                        Some(line) => *passed += line.len() + 2,
                        None => return Ok(Step::NeedsMore),
                    }
                }
                Self::End => return Ok(Step::End),
            }
        }
    }
}

/// Takes a line of at most so many bytes, and leaves its end out. `None` if it has not come as a whole.
fn take_line(reading: Reading, most: usize, buffer: &mut BytesMut) -> Result<Option<BytesMut>, ()> {
    let Some(end) = buffer.iter().take(most + 2).position(|byte| *byte == b'\n') else {
        let may_end = buffer.len() <= most || (buffer.len() == most + 1 && buffer[most] == b'\r');
        return if may_end { Ok(None) } else { Err(()) };
    };
    let mut line = buffer.split_to(end + 1);
    line.truncate(end);
    let is_returned = line.last() == Some(&b'\r');
    line.truncate(end - usize::from(is_returned));
    let is_sound = (is_returned || reading == Reading::Lenient) && line.len() <= most;
    let has_return = reading == Reading::Strict && line.contains(&b'\r');
    if is_sound && !has_return { Ok(Some(line)) } else { Err(()) }
}

/// Whether this line may stand among trailers, which are read as header lines are: by Kestrel the caller's, each of which is UTF-8; by .NET's
/// client the handler's, of which each but the first may go on with the one before.
fn is_trailer(line: &[u8], reading: Reading, is_first: bool) -> bool {
    match reading {
        Reading::Strict => request_header_line(line).is_some() && std::str::from_utf8(line).is_ok(),
        Reading::Lenient => {
            (!is_first && matches!(line.first(), Some(b' ' | b'\t'))) || response_header_line(line).is_ok()
        }
    }
}

/// The size at the beginning of a line: hexadecimal digits, and perhaps an extension behind them.
fn chunk_size(line: &[u8], reading: Reading) -> Option<u64> {
    let length = line.iter().position(|byte| !byte.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, rest) = line.split_at(length);
    let blanks = rest.iter().take_while(|byte| matches!(**byte, b' ' | b'\t')).count();
    let rest = if reading == Reading::Lenient { &rest[blanks..] } else { rest };
    let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok())?;
    let is_small = reading == Reading::Lenient || (length <= MOST_SIZE_DIGITS && size <= MOST_CHUNK_BYTES);
    (is_small && matches!(rest, [] | [b';', ..])).then_some(size)
}

fn take(buffer: &mut BytesMut, remaining: &mut u64) -> Step {
    if buffer.is_empty() {
        return Step::NeedsMore;
    }
    let length = usize::try_from(*remaining).map_or(buffer.len(), |remaining| remaining.min(buffer.len()));
    *remaining -= length as u64;
    Step::Piece(buffer.split_to(length).freeze())
}

/// The number that a `Content-Length` says: digits alone, no sign, and no more than .NET's `long` holds.
pub fn number(text: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let append = |number: u64, byte| number.checked_mul(10)?.checked_add(digit(byte)?);
    text.iter().try_fold(0, append).filter(|number| !text.is_empty() && *number <= i64::MAX.unsigned_abs())
}

/// The same for a caller's: Kestrel takes a sign before it, if the number is not below zero (protocol.md#what-kestrel-answers).
pub(crate) fn length_of_request(text: &[u8]) -> Option<u64> {
    match text.strip_prefix(b"-") {
        Some(digits) => number(digits).filter(|number| *number == 0),
        None => number(text.strip_prefix(b"+").unwrap_or(text)),
    }
}

/// Whether the last encoding of a list is `chunked`. Commas may follow it.
pub(crate) fn ends_in_chunked(encodings: &[u8]) -> bool {
    let last = encodings.rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii).find(|encoding| !encoding.is_empty());
    last.is_some_and(|encoding| encoding.eq_ignore_ascii_case(b"chunked"))
}

#[cfg(test)]
mod tests;
