//! The body of a request: one with a length is read to its end before the handler is asked, as the HTTP trigger of the real host does
//! it; one in chunks is not (protocol.md#proxying-request-body).

use std::io::{self, SeekFrom};

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use wire::client::Body;
use wire::{BodyError, Caller, Headers, Name};

/// A longer body is kept in a temporary file.
const IN_MEMORY_BYTES: u64 = 30 * 1024;
/// How much of it is on its way to the file at a time.
const FILE_BUFFER_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub enum Upload {
    /// It is there as a whole, and may be empty.
    Whole(Bytes),
    /// It is there as a whole, in a file without a name, which is gone when this is dropped.
    Kept(File, u64),
    Chunked,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Caller(#[from] BodyError),
    #[error("a body cannot be kept in a temporary file: {0}")]
    File(#[from] io::Error),
}

impl Upload {
    /// Reads a body that has a length. No body at all is one of length 0.
    pub async fn take(caller: &mut Caller, limit: u64) -> Result<Self, Error> {
        caller.limit_body(limit);
        match caller.length() {
            _ if caller.is_chunked() => Ok(Self::Chunked),
            length if length <= IN_MEMORY_BYTES => Ok(Self::Whole(caller.collect(limit).await?.into())),
            length => Ok(Self::Kept(keep(caller).await?, length)),
        }
    }

    pub const fn length(&self) -> Option<u64> {
        match self {
            Self::Whole(bytes) => Some(bytes.len() as u64),
            Self::Kept(_, length) => Some(*length),
            Self::Chunked => None,
        }
    }

    /// Whether there is a body. It is sent once: what has been read of it is not there a second time (recording Y94b).
    pub const fn is_there(&self) -> bool {
        !matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    /// The body as it is sent with these headers, if it has been read. A request is sent again by the client itself if it has
    /// none; one with headers of a body has one, be it empty (recordings Y92, Y93).
    pub fn stored(&mut self, headers: &Headers) -> Option<Body<'_>> {
        match self {
            Self::Whole(bytes) if bytes.is_empty() && !headers.contains(Name::ContentType) => Some(Body::Empty),
            Self::Whole(bytes) => Some(Body::Whole(bytes.clone())),
            Self::Kept(file, length) => Some(Body::Read { source: file, length: *length }),
            Self::Chunked => None,
        }
    }
}

/// Puts a body aside, and the file back to its beginning.
async fn keep(caller: &mut Caller) -> Result<File, Error> {
    let mut file = File::from_std(tempfile::tempfile()?);
    file.set_max_buf_size(FILE_BUFFER_BYTES);
    while let Some(piece) = caller.next_piece().await? {
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    file.seek(SeekFrom::Start(0)).await?;
    Ok(file)
}
