//! A request may come in two pieces: whatever the pieces, it is the same request.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use wire::RequestHead;
use wire::head::take_request;

fuzz_target!(|bytes: &[u8]| {
    let (mut whole, mut head) = (BytesMut::from(bytes), RequestHead::default());
    let Ok(true) = take_request(&mut whole, &mut head) else { return };
    let end = bytes.len() - whole.len();
    let mut piece = BytesMut::from(&bytes[..end / 2]);
    assert_ne!(take_request(&mut piece, &mut RequestHead::default()), Ok(true), "half a head is none");
    _ = wire::kestrel::accept(&head);
    _ = wire::framing::BodyFraming::of_request(&head.headers);
});
