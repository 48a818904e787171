//! Receiving the head of a response.

use tokio::sync::Notify;

use super::error::Error;
use crate::head::{self, HeadError, ResponseHead};
use crate::name::Name;
use crate::reader::Reader;

/// The head of a response may not be longer than this, nor all interim ones before it: `MaxResponseHeadersLength` of .NET
/// (recording FX-ans-header-huge).
const MAX_HEAD_BYTES: usize = 64 * 1024;
const SWITCHING_PROTOCOLS: u16 = 101;

/// The head of the final response. Interim ones are swallowed (protocol.md#forwarding-response), but for what they say of the body.
pub async fn final_head(reader: &mut Reader, may_continue: &Notify) -> Result<ResponseHead, Error> {
    let (mut head, mut length) = next_head(reader).await?;
    while is_interim(&head) {
        may_continue.notify_one();
        let (next, next_length) = next_head(reader).await.map_err(|error| match error {
            Error::Broken(_) | Error::Reset(_) | Error::Head(_) => Error::OnlyInterim,
            // A byte has come: the request is not sent again.
            Error::Closed => Error::Head(HeadError::Incomplete),
            other => other,
        })?;
        (head, length) = (next, length + next_length);
        if length > MAX_HEAD_BYTES {
            return Err(Error::Head(HeadError::TooLong(MAX_HEAD_BYTES)));
        }
    }
    Ok(head)
}

/// Whether the connection may be used for another exchange after this response, if its body does not end with it. HTTP/1.0 makes no
/// difference to .NET's client.
pub fn keeps_connection(head: &ResponseHead) -> bool {
    head.status != SWITCHING_PROTOCOLS && !head.headers.lists(Name::Connection, "close")
}

/// The next head, and how long it is.
async fn next_head(reader: &mut Reader) -> Result<(ResponseHead, usize), Error> {
    let mut seen = 0;
    loop {
        let before = reader.buffer.len();
        let head = match reader.has_new_line(&mut seen) {
            true => head::take_response(&mut reader.buffer).map_err(Error::Head)?,
            false => None,
        };
        let length = if head.is_some() { before - reader.buffer.len() } else { before };
        if length > MAX_HEAD_BYTES {
            return Err(Error::Head(HeadError::TooLong(MAX_HEAD_BYTES)));
        }
        if let Some(head) = head {
            return Ok((head, length));
        }
        match reader.fill().await {
            Ok(true) => {}
            Ok(false) if before == 0 => return Err(Error::Closed),
            Ok(false) => return Err(Error::Head(HeadError::Incomplete)),
            Err(error) if before == 0 => return Err(Error::Reset(error)),
            Err(error) => return Err(Error::Broken(error)),
        }
    }
}

fn is_interim(head: &ResponseHead) -> bool {
    (100..200).contains(&head.status) && head.status != SWITCHING_PROTOCOLS
}
