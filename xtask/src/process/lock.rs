//! Locks between runs in one checkout. The kernel lets go of them, however a run ends.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::fs::FlockOperation;
use rustix::io::Errno;

use super::{interrupt, runtime};

/// How often another run is asked for.
const ASKED_EVERY: Duration = Duration::from_millis(50);

/// Locks a file or a folder as long as it is open; false if another run has it.
pub fn try_lock(file: &File) -> io::Result<bool> {
    match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Makes a file and locks it; waits for another run that has it.
pub fn wait(file: &Path, limit: Duration) -> Result<File> {
    runtime()?.block_on(turn(file, limit))
}

/// The same beside other things that wait.
pub async fn turn(file: &Path, limit: Duration) -> Result<File> {
    let cannot = || format!("cannot lock `{}`", file.display());
    let lock = File::create(file).with_context(cannot)?;
    let begun = Instant::now();
    while !try_lock(&lock).with_context(cannot)? {
        ensure!(!interrupt::happened(), "stopped by Ctrl-C");
        ensure!(begun.elapsed() < limit, "another run had `{}` for {} s", file.display(), limit.as_secs());
        let _ = tokio::time::timeout(ASKED_EVERY, interrupt::wait()).await;
    }
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_gets_its_turn_when_the_other_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.lock");
        let limit = Duration::from_secs(30);
        let first = turn(&file, limit).await.unwrap();
        assert!(turn(&file, Duration::ZERO).await.unwrap_err().to_string().contains("another run had"));
        let (second, ()) = tokio::join!(turn(&file, limit), async { drop(first) });
        second.unwrap();
    }
}
