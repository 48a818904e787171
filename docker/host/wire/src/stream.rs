//! Responses whose body comes in pieces (protocol.md#proxying-response).

use bytes::{Buf, Bytes};

use crate::caller::Caller;
use crate::framing::number;
use crate::name::Name;
use crate::pieces::Pieces;
use crate::response::{Ending, Framing, Response};
use crate::socket::Writer;
use crate::write::{write, write_pieces};

const NO_CONTENT: i32 = 204;
const RESET_CONTENT: i32 = 205;
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
/// A piece up to this size is copied, so that it is written in one go with what is around it.
const SMALL_PIECE_BYTES: usize = 4 * 1024;

/// Why a caller has not got a response as a whole.
#[derive(Debug, thiserror::Error)]
pub enum StreamError<E> {
    /// The body failed before anything was written: the caller may still get another response.
    #[error("the body failed before its first byte: {0}")]
    Unsent(E),
    /// The body failed later. The connection is reset, so that the caller sees that something is missing.
    #[error("the body failed: {0}")]
    Broken(E),
    /// The body is longer or shorter than the response says. The connection is reset.
    #[error("the body is not as long as its `Content-Length` says")]
    Length,
    /// The caller has left, or reads too slowly.
    #[error("the caller has left")]
    CallerLeft,
}

impl Caller {
    /// Writes a response whose body is `body`; that of `response` is not looked at. Nothing is written before the first piece
    /// has come, or the end; each further piece is written at once (recording Y51). A caller who leaves is noticed while
    /// nothing comes.
    ///
    /// The `Content-Length` among the headers frames the body; without one it is chunked, and to HTTP/1.0 it ends with the
    /// connection. If there cannot be a body, as with `HEAD`, 204 or 304, only the end of `body` is waited for.
    ///
    /// # Errors
    /// If the body fails, or the caller leaves. There can be another response only if nothing has been written: after
    /// [`StreamError::Unsent`], and after [`StreamError::Length`] if there was no body at all.
    pub async fn stream<P: Pieces>(&mut self, response: Response, body: &mut P) -> Result<(), StreamError<P::Error>> {
        let first = match self.next_of(body).await {
            Err(StreamError::Broken(error)) => return Err(StreamError::Unsent(error)),
            first => first,
        };
        let ending = self.write_stream(response, first?, body).await?;
        self.ending = Some(ending);
        Ok(())
    }

    /// Closes the connection of a response that is still streaming and is dropped, instead of resetting it: the caller sees an end
    /// where the last chunk is missing.
    pub fn close_stream(&mut self) {
        self.ending = self.ending.map(|_| Ending::Close);
    }

    async fn write_stream<P: Pieces>(
        &mut self,
        mut response: Response,
        first: Option<Bytes>,
        body: &mut P,
    ) -> Result<Ending, StreamError<P::Error>> {
        let has_body = !self.is_to_head && !matches!(response.status, 100..=199 | 204 | 304);
        // Nothing has been written: the caller gets another response.
        if has_body && first.is_none() && announced_length(&response).is_some_and(|length| length > 0) {
            return Err(StreamError::Length);
        }
        // What is not written to its end is broken for the caller.
        self.ending = Some(Ending::Reset);
        // Kestrel has no bodies in such a response: what has a length is refused before (recording Z1-answer-fwd-180).
        if response.status == RESET_CONTENT && has_body && first.is_some() {
            return Err(StreamError::Length);
        }
        self.frame(&mut response, has_body, first.is_none());
        let is_chunked = response.framing == Framing::Chunks;
        let mut remaining = announced_length(&response).filter(|_| has_body);
        let is_to_head = self.is_to_head;
        let Writer { buffer, .. } = &mut self.socket().map_err(|_| StreamError::CallerLeft)?.writer;
        buffer.clear();
        response.write_head(is_to_head, buffer);
        let mut next = first;
        let is_ended = loop {
            let piece = next.take_if(|_| has_body).unwrap_or_default();
            if let Some(remaining) = &mut remaining {
                *remaining = remaining.checked_sub(piece.len() as u64).ok_or(StreamError::Length)?;
            }
            // Written with the last piece, the last chunk costs no call to the system of its own, and the caller wakes up once.
            let is_ended = is_chunked && body.has_ended();
            let end = if is_ended { LAST_CHUNK } else { b"" };
            self.write_frame(piece, is_chunked, end).await?;
            next = self.next_of(body).await?;
            if next.is_none() {
                break is_ended;
            }
        };
        if remaining.is_some_and(|remaining| remaining > 0) {
            return Err(StreamError::Length);
        }
        if is_chunked && !is_ended {
            self.write_frame(Bytes::new(), false, LAST_CHUNK).await?;
        }
        Ok(if response.ends_connection() { Ending::Close } else { Ending::Keep })
    }

    /// Says in the head where the body ends.
    fn frame(&self, response: &mut Response, has_body: bool, is_empty: bool) {
        response.headers.remove(Name::TransferEncoding);
        if response.status == NO_CONTENT || (response.status == RESET_CONTENT && self.is_to_head) {
            response.headers.remove(Name::ContentLength);
        }
        response.body.clear();
        response.framing = match () {
            () if !has_body || response.headers.contains(Name::ContentLength) => Framing::AsGiven,
            () if is_empty => Framing::Length,
            () if self.is_old => Framing::AsGiven,
            () => Framing::Chunks,
        };
        let is_ended_by_close = has_body && self.is_old && !is_empty && announced_length(response).is_none();
        response.closes |= is_ended_by_close;
        self.complete(response);
    }

    /// Writes a piece, which may be empty, behind what is there to be written, and `end` behind it.
    async fn write_frame<E>(
        &mut self,
        piece: Bytes,
        is_chunked: bool,
        end: &'static [u8],
    ) -> Result<(), StreamError<E>> {
        let Writer { stream, buffer: frame } = &mut self.socket().map_err(|_| StreamError::CallerLeft)?.writer;
        let is_chunk = is_chunked && !piece.is_empty();
        if is_chunk {
            frame.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        }
        let chunk_end: &[u8] = if is_chunk { b"\r\n" } else { b"" };
        let written = if piece.len() <= SMALL_PIECE_BYTES {
            for part in [&piece, chunk_end, end] {
                frame.extend_from_slice(part);
            }
            write(stream, frame).await
        } else {
            write_pieces(stream, Buf::chain(&frame[..], piece).chain(chunk_end).chain(end)).await
        };
        frame.clear();
        written.map_err(|_| StreamError::CallerLeft)
    }

    /// The next piece that is not empty.
    async fn next_of<P: Pieces>(&mut self, body: &mut P) -> Result<Option<Bytes>, StreamError<P::Error>> {
        loop {
            let piece = tokio::select! {
                biased;
                piece = body.next() => piece.map_err(StreamError::Broken)?,
                () = self.left() => return Err(StreamError::CallerLeft),
            };
            if piece.as_ref().is_none_or(|piece| !piece.is_empty()) {
                return Ok(piece);
            }
        }
    }
}

fn announced_length(response: &Response) -> Option<u64> {
    response.headers.get(Name::ContentLength).and_then(number)
}
