//! Files as this host reads and writes them: regular ones alone, and none without end. A pipe in their place would block the host, a
//! device fill it, a link lead elsewhere.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// What a person or this host has written is shorter.
const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;

/// The mode of a folder that only its owner may enter.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// The file of this name in the first folder of a search path, as `PATH` has one, in which there is one.
pub fn on_search_path(search_path: &str, name: &str) -> Option<PathBuf> {
    std::env::split_paths(search_path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A number for a path that is the same on every start and in every build: FNV-1a, which is short and has no seed.
pub fn stable_hash(path: &Path) -> u32 {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The content of a regular file that a person or this host has written.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, MAX_TEXT_BYTES)
}

/// The content of a regular file of at most `limit` bytes.
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
pub fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
    }
}

/// Writes a file that others may read, and follows no link in its place.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    OpenOptions::new().write(true).create(true).truncate(true).custom_flags(flags).open(path)?.write_all(bytes)
}

/// Makes a folder that only this user may enter, and those around it, unless it is there.
pub fn make_privately(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(folder)
}

/// Makes a new file that only this user may read.
pub fn create_privately(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path)
}

/// Writes a file that only this user may read, whole or not at all, in a folder that is made for it if there is none.
pub fn write_privately(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_privately(folder)?;
    check_owner(folder)?;
    // Its name is random, and it is new: nobody has put a link there.
    let mut aside = tempfile::NamedTempFile::new_in(folder)?;
    aside.write_all(bytes)?;
    aside.persist(path).map(drop).map_err(io::Error::from)
}

/// Refuses what another user has put down: only root may have, and root may use what is anybody's.
pub fn check_owner(path: &Path) -> io::Result<()> {
    let (owner, user) = (std::fs::metadata(path)?.uid(), rustix::process::geteuid().as_raw());
    if owner == user || owner == 0 || user == 0 {
        return Ok(());
    }
    let text = format!("`{}` belongs to another user (uid {owner})", path.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
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

    #[test]
    fn a_private_file_takes_the_place_of_a_link_and_leaves_its_target() {
        let folder = tempfile::tempdir().unwrap();
        let (target, path) = (folder.path().join("target"), folder.path().join("keys/host.json"));
        std::fs::write(&target, "mine").unwrap();
        write_privately(&path, b"1").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&folder.path().join("keys")), mode(&path)), (0o700, 0o600));
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(write(&path, b"3").is_err());
        write_privately(&path, b"2").unwrap();
        assert_eq!((read(&path).unwrap(), read(&target).unwrap()), (b"2".to_vec(), b"mine".to_vec()));
    }
}
