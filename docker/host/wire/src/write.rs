//! Writing to a caller, who must not read more slowly than Kestrel allows.

use std::io;
use std::time::Duration;

use bytes::Buf;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::timeout;

/// How long the system may take nothing: a piece at the least rate of Kestrel's `MinResponseDataRate`, and its grace period. A long
/// response is not one piece, or its caller could be silent for hours.
const STALL_SECONDS: u64 = GRACE_SECONDS + PIECE_BYTES / BYTES_PER_SECOND;
const GRACE_SECONDS: u64 = 5;
const BYTES_PER_SECOND: u64 = 240;
/// About what Kestrel hands to the system at once.
const PIECE_BYTES: u64 = 4096;

/// Writes all of `bytes`, if the caller is not too slow. What the system takes at once, as it does with nearly every response, needs no timer.
pub async fn write(writer: &mut OwnedWriteHalf, bytes: &[u8]) -> io::Result<()> {
    match writer.try_write(bytes) {
        Ok(count) if count == bytes.len() => Ok(()),
        Ok(count) => write_pieces(writer, &bytes[count..]).await,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => write_pieces(writer, bytes).await,
        Err(error) => Err(error),
    }
}

/// Writes several pieces in one go where the system allows.
pub async fn write_pieces(writer: &mut OwnedWriteHalf, mut pieces: impl Buf) -> io::Result<()> {
    while pieces.has_remaining() {
        match timeout(Duration::from_secs(STALL_SECONDS), writer.write_buf(&mut pieces)).await {
            Ok(written) => written?,
            Err(_) => {
                let text = format!("the caller reads less than {BYTES_PER_SECOND} bytes a second");
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_does_not_read_is_cut_however_long_the_response() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let caller = TcpStream::connect(listener.local_addr().expect("its address")).await.expect("a connection");
        let (_reader, mut writer) = listener.accept().await.expect("the other end").0.into_split();
        let started = tokio::time::Instant::now();
        let error = write(&mut writer, &vec![0; 64 * 1024 * 1024]).await.expect_err("too slow");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() < Duration::from_secs(2 * STALL_SECONDS), "by the clock of the test");
        drop(caller);
    }
}
