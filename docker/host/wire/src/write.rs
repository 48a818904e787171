//! Writing to a caller, who must not read more slowly than Kestrel allows.

use std::io;
use std::time::Duration;

use bytes::Buf;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::timeout;

/// How long a write may take whatever its size: the grace period of Kestrel's `MinResponseDataRate`.
const GRACE_SECONDS: u64 = 5;
/// The least rate of a caller who reads: Kestrel's `MinResponseDataRate`.
const BYTES_PER_SECOND: u64 = 240;

/// Writes all of `bytes`. What the system takes at once, as it does with nearly every response, needs no timer.
///
/// # Errors
/// If the connection breaks, or the caller is too slow.
pub async fn write(writer: &mut OwnedWriteHalf, bytes: &[u8]) -> io::Result<()> {
    match writer.try_write(bytes) {
        Ok(count) if count == bytes.len() => Ok(()),
        Ok(count) => write_pieces(writer, &bytes[count..]).await,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => write_pieces(writer, bytes).await,
        Err(error) => Err(error),
    }
}

/// Writes several pieces in one go where the system allows.
///
/// # Errors
/// As [`write`].
pub async fn write_pieces(writer: &mut OwnedWriteHalf, mut pieces: impl Buf) -> io::Result<()> {
    let seconds = (pieces.remaining() as u64 / BYTES_PER_SECOND).max(GRACE_SECONDS);
    match timeout(Duration::from_secs(seconds), writer.write_all_buf(&mut pieces)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("the caller reads less than {BYTES_PER_SECOND} bytes a second"),
        )),
    }
}
