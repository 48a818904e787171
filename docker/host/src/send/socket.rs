//! The socket by which a running host of the same user is asked: in a private folder, one for each app.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::getuid;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};

use super::invoke::invoke;
use super::{Asked, Report};
use crate::app::Diagnostic;
use crate::files::stable_hash;
use crate::host::Host;
use crate::log;

const PRIVATE: u32 = 0o700;
/// A question, or a report, is shorter.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// How long a question may take to be read, and a report may take beyond what the invocation may.
const TALK_SECONDS: u64 = 30;
/// How long no caller is taken in after that has failed.
const ACCEPT_PAUSE_MILLISECONDS: u64 = 500;

/// A socket that listens; it is removed when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Listens for the app below `root`; `None` if another host of it does.
    pub async fn open(root: &Path) -> Result<Option<Self>, Diagnostic> {
        let path = path(root)?;
        if UnixStream::connect(&path).await.is_ok() {
            return Ok(None);
        }
        remove_closed(path.parent().unwrap_or(&path));
        let listener = UnixListener::bind(&path).map_err(|error| no_place(&path, &error))?;
        Ok(Some(Self { listener, path }))
    }

    /// Answers whoever asks, until it is dropped.
    pub async fn serve(self, host: Arc<Host>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let host = Arc::clone(&host);
                    // Whoever goes away does not want the report.
                    tokio::spawn(async move { respond(stream, &host).await });
                }
                Err(error) => {
                    host.log.warning(log::HOST, format!("`mini-host send` cannot be answered: {error}"));
                    // Without a descriptor for the caller, the next try fails at once.
                    sleep(Duration::from_millis(ACCEPT_PAUSE_MILLISECONDS)).await;
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.path);
    }
}

/// Asks the running host of the app below `root`; `None` if there is none.
pub async fn ask(root: &Path, asked: &Asked) -> Result<Option<Report>, Diagnostic> {
    let Ok(mut stream) = UnixStream::connect(path(root)?).await else { return Ok(None) };
    let limit = asked.seconds.saturating_add(TALK_SECONDS);
    let mut report = String::new();
    let asking = async {
        stream.write_all(format!("{}\n", serde_json::to_string(asked)?).as_bytes()).await?;
        BufReader::new(stream.take(MOST_BYTES)).read_line(&mut report).await
    };
    let silent = |_| Diagnostic::of_whole(format!("the running host did not answer within {limit} s"));
    let broken = |error| Diagnostic::of_whole(format!("the running host does not answer: {error}"));
    timeout(Duration::from_secs(limit), asking).await.map_err(silent)?.map_err(broken)?;
    serde_json::from_str(&report).map(Some).map_err(|error| {
        Diagnostic::of_whole(format!("the running host answers otherwise than this mini-host: {error}"))
            .hint("start it anew; the two are not of one version")
    })
}

fn no_place(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::of_whole(format!("there can be no socket at `{}`: {error}", path.display()))
        .hint("set XDG_RUNTIME_DIR to a folder that is yours alone")
}

async fn respond(stream: UnixStream, host: &Arc<Host>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut question = String::new();
    let mut limited = (&mut stream).take(MOST_BYTES);
    let reading = limited.read_line(&mut question);
    timeout(Duration::from_secs(TALK_SECONDS), reading).await??;
    let report = invoke(host, &serde_json::from_str(&question)?).await;
    stream.write_all(format!("{}\n", serde_json::to_string(&report)?).as_bytes()).await?;
    Ok(())
}

/// Removes the sockets that hosts have left behind which were killed.
fn remove_closed(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "sock")) {
        let refused = std::os::unix::net::UnixStream::connect(&path)
            .is_err_and(|it| it.kind() == io::ErrorKind::ConnectionRefused);
        if refused {
            // Another host may have been quicker.
            _ = fs::remove_file(path);
        }
    }
}

/// Where the socket of an app is: below the user's own runtime folder, or in a folder that nobody else may enter.
fn path(root: &Path) -> Result<PathBuf, Diagnostic> {
    let user = getuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = match runtime {
        Some(runtime) => runtime.join("mini-host"),
        None => std::env::temp_dir().join(format!("mini-host-{user}")),
    };
    if let Err(error) = DirBuilder::new().mode(PRIVATE).create(&folder)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(no_place(&folder, &error));
    }
    let found = fs::symlink_metadata(&folder).map_err(|error| no_place(&folder, &error))?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        let text = format!("the folder `{}` is not private to you", folder.display());
        return Err(Diagnostic::of_whole(text).hint("remove it, or set XDG_RUNTIME_DIR to a folder that is"));
    }
    Ok(folder.join(format!("{:08x}.sock", stable_hash(root))))
}
