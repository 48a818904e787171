//! Files as this host reads them: regular ones alone, and none without end. A pipe in their place would block the host, a device
//! fill it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// What a person or this host has written is shorter.
const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;

/// The content of a regular file that a person or this host has written.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, MAX_TEXT_BYTES)
}

/// The content of a regular file of at most `limit` bytes.
///
/// # Errors
/// If there is none, or it cannot be read.
pub fn read_up_to(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let too_long = || io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes"));
    if length > limit {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // It may grow meanwhile.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_long()) } else { Ok(bytes) }
}

/// Opens a regular file, and waits for nobody: without the flag, opening a pipe waits for its writer.
///
/// # Errors
/// If there is none, or it cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_devices_and_long_files_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert_eq!(read(&pipe).unwrap_err().to_string(), "not a regular file");
        assert_eq!(read(Path::new("/dev/zero")).unwrap_err().to_string(), "not a regular file");
        assert_eq!(read(folder.path()).unwrap_err().to_string(), "not a regular file");
        let text = folder.path().join("text");
        std::fs::write(&text, "four").unwrap();
        assert_eq!(read_up_to(&text, 4).unwrap(), b"four");
        assert_eq!(read_up_to(&text, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
