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

/// Who else may have a lock at the same time.
#[derive(Clone, Copy, Debug)]
pub enum Hold {
    Shared,
    Exclusive,
}

/// Locks a file or a folder as long as it is open; false if another run is in the way.
pub fn try_lock(file: &File, hold: Hold) -> io::Result<bool> {
    let operation = match hold {
        Hold::Shared => FlockOperation::NonBlockingLockShared,
        Hold::Exclusive => FlockOperation::NonBlockingLockExclusive,
    };
    match rustix::fs::flock(file, operation) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Makes a file and locks it; says so before it waits for other runs.
pub fn wait(file: &Path, hold: Hold, limit: Duration, say: impl FnOnce()) -> Result<File> {
    runtime()?.block_on(turn(file, hold, limit, say))
}

/// The same beside other things that wait.
pub async fn turn(file: &Path, hold: Hold, limit: Duration, say: impl FnOnce()) -> Result<File> {
    let cannot = || format!("cannot lock `{}`", file.display());
    let lock = File::create(file).with_context(cannot)?;
    if try_lock(&lock, hold).with_context(cannot)? {
        return Ok(lock);
    }
    say();
    let begun = Instant::now();
    while !try_lock(&lock, hold).with_context(cannot)? {
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
        let take = |hold, limit| turn(&file, hold, limit, || {});
        let first = take(Hold::Exclusive, limit).await.unwrap();
        for hold in [Hold::Exclusive, Hold::Shared] {
            assert!(take(hold, Duration::ZERO).await.unwrap_err().to_string().contains("another run had"));
        }
        let (second, ()) = tokio::join!(take(Hold::Exclusive, limit), async { drop(first) });
        second.unwrap();
    }

    #[tokio::test]
    async fn who_shares_waits_for_nobody_and_keeps_who_does_not_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x.lock");
        let mut said = 0;
        let first = turn(&file, Hold::Shared, Duration::ZERO, || said += 1).await.unwrap();
        let second = turn(&file, Hold::Shared, Duration::ZERO, || said += 1).await.unwrap();
        drop(first);
        turn(&file, Hold::Exclusive, Duration::ZERO, || said += 10).await.unwrap_err();
        drop(second);
        turn(&file, Hold::Exclusive, Duration::ZERO, || said += 1).await.unwrap();
        assert_eq!(said, 10);
    }
}
