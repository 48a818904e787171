//! A body in one piece or byte by byte is the same body.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use wire::Headers;
use wire::framing::{BodyFraming, Step};

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes, bytes.len().max(1));
    let pieces = read(bytes, 1);
    if let (Some(whole), Some(pieces)) = (&whole, &pieces) {
        assert_eq!(whole, pieces);
    }
    assert_eq!(whole.is_some(), pieces.is_some());
});

/// The body, if it comes to its end.
fn read(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut headers = Headers::default();
    headers.push("Transfer-Encoding", "chunked");
    let mut framing = BodyFraming::of_request(&headers).ok()?;
    let (mut buffer, mut body) = (BytesMut::new(), Vec::new());
    let mut pieces = bytes.chunks(size);
    loop {
        match framing.step(&mut buffer).ok()? {
            Step::Piece(piece) => body.extend_from_slice(&piece),
            Step::NeedsMore => buffer.extend_from_slice(pieces.next()?),
            Step::End => return Some(body),
        }
    }
}
