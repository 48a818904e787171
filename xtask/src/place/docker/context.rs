//! What is sent to the engine: trees of files as tar streams, made while they are read, never whole in memory.

use std::io::{self, Write};
use std::path::PathBuf;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, future};
use tokio_util::io::{ReaderStream, SyncIoBridge};

/// What a build is given beside the files: the Dockerfile travels in the context under a name that `COPY .` must not
/// see, so an ignore file names both (the engine drops what it names before it copies).
pub const DOCKERFILE: &str = ".dockerfile";
const IGNORE: (&str, &str) = (".dockerignore", ".dockerfile\n.dockerignore\n");

/// What is sent, piece by piece.
pub type Body = BoxStream<'static, io::Result<Bytes>>;

const CHUNK_BYTES: usize = 256 * 1024;

#[derive(Clone, Debug)]
pub enum Entry {
    /// A file or a whole folder of this machine, under a name in the context; `""` is the context itself.
    Path { name: String, source: PathBuf },
    /// A text, under a name in the context, and who may read it.
    Text { name: String, text: String, mode: u32 },
}

/// The context of a build: the Dockerfile, and what it copies.
pub fn of_build(dockerfile: String, entries: Vec<Entry>) -> Body {
    let own = [(DOCKERFILE, dockerfile), (IGNORE.0, IGNORE.1.to_owned())];
    let own = own.map(|(name, text)| Entry::Text { name: name.to_owned(), text, mode: 0o644 });
    of_files(own.into_iter().chain(entries).collect())
}

/// Files for a build, or for a container that was created and not yet started.
///
/// Who may run a file is kept. Everything is root's, and of one time: who built it here, when, and under which umask means nothing
/// there, and is no reason for another layer.
pub fn of_files(entries: Vec<Entry>) -> Body {
    stream(move |out| {
        let mut tar = tar::Builder::new(out);
        tar.mode(tar::HeaderMode::Deterministic);
        tar.follow_symlinks(false);
        tar.sparse(false);
        for entry in &entries {
            match entry {
                Entry::Path { name, source } if source.is_dir() => tar.append_dir_all(name, source)?,
                Entry::Path { name, source } => tar.append_path_with_name(source, name)?,
                Entry::Text { name, text, mode } => {
                    let mut header = tar::Header::new_gnu();
                    header.set_uid(0);
                    header.set_gid(0);
                    header.set_mode(*mode);
                    header.set_size(text.len() as u64);
                    tar.append_data(&mut header, name, text.as_bytes())?;
                }
            }
        }
        tar.finish()
    })
}

pub fn of_file(path: PathBuf) -> Body {
    stream(move |out| io::copy(&mut std::fs::File::open(path)?, out).map(drop))
}

/// Runs `write` on a thread of its own and hands out what it writes; an error ends the stream, and the request with it.
fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Body {
    let (reader, writer) = tokio::io::duplex(CHUNK_BYTES);
    let writing = tokio::task::spawn_blocking(move || {
        let mut out = io::BufWriter::with_capacity(CHUNK_BYTES, SyncIoBridge::new(writer));
        write(&mut out).and_then(|()| out.flush())
    });
    let failure = async { writing.await.unwrap_or_else(|panic| Err(io::Error::other(panic))).err().map(Err) };
    let chunks = ReaderStream::with_capacity(reader, CHUNK_BYTES);
    chunks.chain(stream::once(failure).filter_map(future::ready)).boxed()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use futures_util::TryStreamExt;

    use super::*;

    /// Name = mode and text, as the engine will see them; one owner and one time for all.
    async fn listed(stream: Body) -> BTreeMap<String, (u32, String)> {
        let bytes = stream.try_fold(Vec::new(), async |all, chunk| Ok([all, chunk.to_vec()].concat())).await.unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut list = BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().display().to_string();
            let mode = entry.header().mode().unwrap();
            assert_eq!(entry.header().uid().unwrap(), 0);
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
        std::os::unix::fs::symlink("handler", app.path().join("link")).unwrap();
        let context = async || {
            let context = of_build("FROM scratch".to_owned(), vec![entry.clone()]);
            context.try_fold(Vec::new(), async |all, chunk| Ok([all, chunk.to_vec()].concat())).await.unwrap()
        };
        let before = context().await;
        let file = std::fs::File::options().append(true).open(app.path().join("handler")).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        assert!(context().await == before, "when a file was staged is no reason for another layer");
        let list = listed(of_build("FROM scratch".to_owned(), vec![entry])).await;
        assert_eq!(list["link"], (0o755, String::new()), "a link, and not what it leads to");
        assert_eq!(list["handler"], (0o755, "run me".to_owned()));
        assert_eq!(list["hello/function.json"], (0o644, "{}".to_owned()));
        assert_eq!(list[".dockerfile"].1, "FROM scratch");
        assert!(list[".dockerignore"].1.contains(".dockerfile\n"));
    }

    #[tokio::test]
    async fn a_secret_is_its_owners_only() {
        let secret = Entry::Text { name: "host.json".to_owned(), text: "{}".to_owned(), mode: 0o600 };
        assert_eq!(listed(of_files(vec![secret])).await["host.json"], (0o600, "{}".to_owned()));
    }

    #[tokio::test]
    async fn what_is_larger_than_a_chunk_arrives_whole_and_an_engine_that_hangs_up_ends_the_reading() {
        let dir = tempfile::tempdir().unwrap();
        let (file, bytes) = (dir.path().join("large"), vec![b'x'; 5 * CHUNK_BYTES + 1]);
        std::fs::write(&file, &bytes).unwrap();
        let pieces: Vec<Bytes> = of_file(file.clone()).map(Result::unwrap).collect().await;
        assert!(pieces.concat() == bytes);
        // The end of this test's runtime waits for the thread that reads.
        assert!(of_file(file).next().await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_file_that_is_gone_ends_the_stream_with_an_error() {
        let entry = Entry::Path { name: "a".to_owned(), source: "/no/such/file".into() };
        assert!(of_files(vec![entry]).try_for_each(async |_| Ok(())).await.is_err());
    }
}
