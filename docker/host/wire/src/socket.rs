//! Both sides of a connection.

use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::reader::Reader;

/// A connection, taken apart so that it can be read and written at once.
#[derive(Debug)]
pub struct Socket {
    pub reader: Reader<OwnedReadHalf>,
    pub writer: OwnedWriteHalf,
}

impl Socket {
    /// A connection that nobody has read from yet. Small messages do not wait for the acknowledgement of earlier ones.
    pub fn new(stream: TcpStream) -> Self {
        // A connection on which this fails is slower, and soon found to be broken.
        _ = stream.set_nodelay(true);
        let (read, writer) = stream.into_split();
        Self { reader: Reader::new(read), writer }
    }
}
