//! What came of a case.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::sample::case::BlobPath;

#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The responses, if the stimulus was a request or an invocation by hand.
    pub responses: Vec<Response>,
    /// The messages on each queue the case names, as texts.
    pub queues: BTreeMap<String, Vec<String>>,
    /// The blobs the case names; `None` if there is no such blob.
    pub blobs: BTreeMap<BlobPath, Option<Vec<u8>>>,
    /// The lines the host printed since the case began.
    pub log: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: u16,
    /// The header lines, in order.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// When each piece of the body arrived, counted from the request.
    pub pieces: Vec<Duration>,
}

/// What was sent, for expectations that speak of it.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub messages: Vec<String>,
    pub blob: Vec<u8>,
}
