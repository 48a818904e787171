//! A connection that is no longer HTTP (protocol.md#proxying-response).

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;

use crate::activity::Activity;
use crate::caller::Caller;
use crate::reader::Reader;
use crate::response::{Ending, Response};
use crate::socket::{Socket, Upgraded, Writer};
use crate::write::write;

/// What is read at once in either direction.
const READ_BYTES: usize = 16 * 1024;

impl Caller {
    /// Writes the `101` and then passes bytes both ways, until either side closes or breaks its connection, which ends that of the
    /// other (recording Y80), or nothing moves for `idle_limit`. The headers of `response` say to which protocol.
    pub async fn tunnel(&mut self, response: Response, handler: Upgraded, idle_limit: Duration) {
        self.ending = Some(Ending::Close);
        let Upgraded(Socket { reader: mut from_handler, writer: mut to_handler }) = handler;
        let Ok(Socket { reader: from_caller, writer: Writer { stream: to_caller, buffer } }) = self.socket() else {
            return;
        };
        buffer.clear();
        response.write_head(false, buffer);
        if write(to_caller, buffer).await.is_err() {
            return;
        }
        let activity = Activity::default();
        tokio::select! {
            _ = pass(from_caller, &mut to_handler.stream, &activity) => {}
            _ = pass(&mut from_handler, to_caller, &activity) => {}
            () = activity.silent_for(idle_limit) => {}
        }
    }
}

/// Passes what comes until it ends. Without traffic there is no buffer.
async fn pass(from: &mut Reader, to: &mut OwnedWriteHalf, activity: &Activity) -> io::Result<()> {
    loop {
        if !from.buffer.is_empty() {
            to.write_all(&from.buffer).await?;
            activity.touch();
            from.buffer = BytesMut::new();
        }
        if !from.fill_patiently(READ_BYTES).await? {
            return Ok(());
        }
        activity.touch();
    }
}
