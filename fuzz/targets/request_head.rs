//! A request may come in two pieces: whatever the pieces, it is the same request.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use wire::head::take_request;

fuzz_target!(|bytes: &[u8]| {
    let mut whole = BytesMut::from(bytes);
    let Ok(Some(head)) = take_request(&mut whole) else { return };
    let end = bytes.len() - whole.len();
    let mut piece = BytesMut::from(&bytes[..end / 2]);
    assert!(!matches!(take_request(&mut piece), Ok(Some(_))), "half a head is none");
    _ = wire::kestrel::accept(&head);
    _ = wire::framing::Framing::of_request(&head.headers);
});
