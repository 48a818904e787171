//! What is sent to the engine: trees of files as tar streams, made while they are read, never whole in memory.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;

/// What a build is given beside the files: the Dockerfile travels in the context under a name that `COPY .` must not
/// see, so an ignore file names both (the engine drops what it names before it copies).
pub const DOCKERFILE: &str = ".dockerfile";
const IGNORE: (&str, &str) = (".dockerignore", ".dockerfile\n.dockerignore\n");

/// Chunks on their way to the engine: enough to keep both sides busy.
const CHUNKS_IN_FLIGHT: usize = 4;
const CHUNK_BYTES: usize = 256 * 1024;
/// One time for all files: when a file was staged is no reason for another layer.
const MTIME_SECONDS: u64 = 0;

/// Something in a context.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A file or a whole folder of this machine, under a name in the context; `""` is the context itself.
    Path { name: String, source: PathBuf },
    /// A text, under a name in the context, readable by its owner only.
    Secret { name: String, text: String },
}

/// The context of a build: the Dockerfile, and what it copies.
pub fn of_build(dockerfile: String, entries: Vec<Entry>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream(move |out| {
        let mut tar = tar::Builder::new(out);
        append_text(&mut tar, DOCKERFILE, &dockerfile, 0o644)?;
        append_text(&mut tar, IGNORE.0, IGNORE.1, 0o644)?;
        append_all(&mut tar, &entries)?;
        tar.finish()
    })
}

/// Files for a container that was created and not yet started.
pub fn of_files(entries: Vec<Entry>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream(move |out| {
        let mut tar = tar::Builder::new(out);
        append_all(&mut tar, &entries)?;
        tar.finish()
    })
}

/// A file as it is.
pub fn of_file(path: PathBuf) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream(move |out| io::copy(&mut std::fs::File::open(path)?, out).map(drop))
}

fn append_all(tar: &mut tar::Builder<&mut dyn Write>, entries: &[Entry]) -> io::Result<()> {
    for entry in entries {
        match entry {
            Entry::Path { name, source } => append_path(tar, Path::new(name), source)?,
            Entry::Secret { name, text } => append_text(tar, name, text, 0o600)?,
        }
    }
    Ok(())
}

/// Appends a tree in the order of its names.
fn append_path(tar: &mut tar::Builder<&mut dyn Write>, name: &Path, source: &Path) -> io::Result<()> {
    let metadata = source.symlink_metadata()?;
    let mut header = header(mode(&metadata), 0);
    if metadata.is_symlink() {
        header.set_entry_type(tar::EntryType::Symlink);
        tar.append_link(&mut header, name, std::fs::read_link(source)?)
    } else if metadata.is_dir() {
        if name.as_os_str().is_empty() {
            return append_children(tar, name, source);
        }
        header.set_entry_type(tar::EntryType::Directory);
        tar.append_data(&mut header, name, io::empty())?;
        append_children(tar, name, source)
    } else {
        header.set_size(metadata.len());
        tar.append_data(&mut header, name, std::fs::File::open(source)?)
    }
}

fn append_children(tar: &mut tar::Builder<&mut dyn Write>, name: &Path, folder: &Path) -> io::Result<()> {
    let mut children = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    children.sort_by_key(std::fs::DirEntry::file_name);
    children.iter().try_for_each(|child| append_path(tar, &name.join(child.file_name()), &child.path()))
}

fn append_text(tar: &mut tar::Builder<&mut dyn Write>, name: &str, text: &str, mode: u32) -> io::Result<()> {
    tar.append_data(&mut header(mode, text.len() as u64), name, text.as_bytes())
}

/// Owned by root: who built it here means nothing there.
fn header(mode: u32, bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(MTIME_SECONDS);
    header.set_mode(mode);
    header.set_size(bytes);
    header
}

/// Who may run it is kept; who may write is not a matter of the maintainer's umask.
fn mode(metadata: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let runs = metadata.is_dir() || metadata.permissions().mode() & 0o111 != 0;
    if runs { 0o755 } else { 0o644 }
}

/// Runs `write` on a thread of its own and hands out what it writes; an error ends the stream, and the request with it.
fn stream(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (sender, receiver) = mpsc::channel(CHUNKS_IN_FLIGHT);
    tokio::task::spawn_blocking(move || {
        let mut out = io::BufWriter::with_capacity(CHUNK_BYTES, Chunks(sender.clone()));
        let written = write(&mut out).and_then(|()| out.flush());
        if let Err(error) = written {
            let _ = sender.blocking_send(Err(error));
        }
    });
    futures_util::stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)))
}

struct Chunks(mpsc::Sender<io::Result<Bytes>>);

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes))) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the engine stopped listening")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use futures_util::TryStreamExt;

    use super::*;

    /// Name = mode, size and owner, as the engine will see them.
    async fn listed(stream: impl Stream<Item = io::Result<Bytes>>) -> BTreeMap<String, (u32, String)> {
        let bytes = stream.try_fold(Vec::new(), async |all, chunk| Ok([all, chunk.to_vec()].concat())).await.unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut list = BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            let mode = entry.header().mode().unwrap();
            assert_eq!((entry.header().uid().unwrap(), entry.header().mtime().unwrap()), (0, 0));
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            list.insert(name, (mode, text));
        }
        list
    }

    #[tokio::test]
    async fn a_build_gets_the_dockerfile_and_the_tree_with_modes() {
        let app = tempfile::tempdir().unwrap();
        std::fs::create_dir(app.path().join("hello")).unwrap();
        std::fs::write(app.path().join("hello/function.json"), "{}").unwrap();
        std::fs::write(app.path().join("handler"), "run me").unwrap();
        std::fs::set_permissions(app.path().join("handler"), PermissionsExt::from_mode(0o700)).unwrap();
        let entry = Entry::Path { name: String::new(), source: app.path().into() };
        let list = listed(of_build("FROM scratch".to_owned(), vec![entry])).await;
        assert_eq!(list["handler"], (0o755, "run me".to_owned()));
        assert_eq!(list["hello/function.json"], (0o644, "{}".to_owned()));
        assert_eq!(list[".dockerfile"].1, "FROM scratch");
        assert!(list[".dockerignore"].1.contains(".dockerfile\n"));
    }

    #[tokio::test]
    async fn a_secret_is_its_owners_only() {
        let secret = Entry::Secret { name: "host.json".to_owned(), text: "{}".to_owned() };
        assert_eq!(listed(of_files(vec![secret])).await["host.json"], (0o600, "{}".to_owned()));
    }

    #[tokio::test]
    async fn a_file_that_is_gone_ends_the_stream_with_an_error() {
        let entry = Entry::Path { name: "a".to_owned(), source: "/no/such/file".into() };
        assert!(of_files(vec![entry]).try_for_each(async |_| Ok(())).await.is_err());
    }
}
