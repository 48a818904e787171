//! One file for each exchange, written beside the tasks that serve.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::shown::Exchange;
use crate::app::Diagnostic;
use crate::files;
use crate::log::{self, Log};

/// What waits to be written; a disk that is slower loses exchanges, and does not hold up who serves.
const WAITING: usize = 1024;

#[derive(Debug)]
pub struct Folder {
    writer: Mutex<Option<(SyncSender<Exchange>, JoinHandle<()>)>>,
}

impl Folder {
    /// Writes into this folder from now on, and makes it if need be.
    pub fn open(path: PathBuf, log: Log) -> Self {
        let (sender, receiver) = sync_channel(WAITING);
        let writing = thread::Builder::new().name("record".to_owned()).spawn(move || write_all(&path, &receiver, &log));
        Self { writer: Mutex::new(writing.ok().map(|thread| (sender, thread))) }
    }

    pub fn write(&self, exchange: Exchange) {
        if let Some((sender, _)) = &*self.writer.lock().unwrap_or_else(PoisonError::into_inner) {
            // One that finds no room is lost, which its number shows.
            _ = sender.try_send(exchange);
        }
    }

    /// Waits until all is written. What comes later is not.
    pub fn flush(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, thread)) = writer {
            drop(sender);
            // It only fails if it panics.
            _ = thread.join();
        }
    }
}

fn write_all(path: &Path, exchanges: &Receiver<Exchange>, log: &Log) {
    // A folder that cannot be made is known before the first exchange.
    let made = files::make_privately(path);
    let written = exchanges.iter().map(|exchange| write(path, &exchange));
    let mut is_said = false;
    for error in std::iter::once(made).chain(written).filter_map(Result::err) {
        if std::mem::replace(&mut is_said, true) {
            continue;
        }
        let text =
            format!("Exchanges cannot be recorded in `{}`: {error}. The app is served all the same", path.display());
        let hint = "--record names a folder that can be written, on a disk with room";
        log.warning(log::HOST, Diagnostic::of_whole(text).hint(hint));
    }
}

fn write(path: &Path, exchange: &Exchange) -> io::Result<()> {
    files::make_privately(path)?;
    let name = format!("{:06}-{}-{}.txt", exchange.number, exchange.function, exchange.invocation);
    let file = path.join(name);
    // The bodies in it may be anybody's.
    files::create_privately(&file)?.write_all(exchange.to_string().as_bytes()).inspect_err(|_| {
        // Half an exchange misleads, and takes room where there is none.
        _ = fs::remove_file(&file);
    })
}
