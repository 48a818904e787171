//! Both sides of a connection.

use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;

use crate::reader::Reader;

/// Room for the head of most messages, and a small body with it.
const USUAL_BYTES: usize = 2 * 1024;

/// A connection, taken apart so that it can be read and written at once.
#[derive(Debug)]
pub struct Socket {
    pub reader: Reader,
    pub writer: Writer,
}

/// The writing side of a connection.
#[derive(Debug)]
pub struct Writer {
    pub stream: OwnedWriteHalf,
    /// Room to put together what is written.
    pub buffer: Vec<u8>,
}

/// A connection that is no longer HTTP, after `101 Switching Protocols`.
#[derive(Debug)]
pub struct Upgraded(pub(crate) Socket);

impl Writer {
    /// Forgets what was put together, and gives back the room that few messages need.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.buffer.shrink_to(USUAL_BYTES);
    }
}

impl Socket {
    /// A connection that nobody has read from yet. Small messages do not wait for the acknowledgement of earlier ones.
    pub fn new(stream: TcpStream) -> Self {
        // A connection on which this fails is slower, and soon found to be broken.
        _ = stream.set_nodelay(true);
        let (read, stream) = stream.into_split();
        Self { reader: Reader::new(read), writer: Writer { stream, buffer: Vec::new() } }
    }

    /// Ends the connection so that the other side sees a broken one, and not one that has ended well.
    pub fn reset(self) {
        // If this fails the connection is broken already.
        _ = self.writer.stream.as_ref().set_zero_linger();
        // Dropping it would end the connection well first.
        self.writer.stream.forget();
    }
}
