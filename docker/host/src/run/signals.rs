//! The signals that ask the program to end. A thread of its own waits for them: they work however busy the others are.

use std::io;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::future::select_all;
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Those that mean to end: Ctrl-C, Ctrl-\, `kill`, and a terminal that is closed.
const STOPPING: [fn() -> SignalKind; 4] =
    [SignalKind::interrupt, SignalKind::quit, SignalKind::terminate, SignalKind::hangup];
/// A host that has not begun to end for so long after a signal is stuck, and ended from here.
const STUCK_SECONDS: u64 = 5;
/// How long its last words may take.
const LAST_WORDS_MS: u64 = 200;
/// The exit status of a host that was stuck.
const STUCK_STATUS: i32 = 1;

#[derive(Debug)]
pub struct StopSignals {
    count: watch::Receiver<u32>,
    seen: watch::Sender<u32>,
}

impl StopSignals {
    pub fn new() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (counter, count) = watch::channel(0);
        let (seen, mut last_seen) = watch::channel(0);
        let context = runtime.enter();
        // `nohup` wants this program to live on; that a shell ignores Ctrl-C for it in the background means nothing.
        let is_wanted = |kind: &SignalKind| *kind != SignalKind::hangup() || !is_ignored(*kind);
        let kinds = STOPPING.map(|kind| kind()).into_iter().filter(is_wanted);
        let mut signals = kinds.map(signal).collect::<io::Result<Vec<_>>>()?;
        // Once it is heard, what goes beyond `ulimit -f` fails like a write to a full disk, and does not end the program.
        _ = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
        drop(context);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    select_all(signals.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
                    counter.send_modify(|count| *count += 1);
                    let number = *counter.borrow();
                    let noticed = last_seen.wait_for(|seen| *seen >= number);
                    match tokio::time::timeout(Duration::from_secs(STUCK_SECONDS), noticed).await {
                        Ok(Ok(_)) => {}
                        // The program is over.
                        Ok(Err(_)) => return,
                        Err(_) => end_stuck(),
                    }
                }
            });
        })?;
        Ok(Self { count, seen })
    }

    pub async fn next(&mut self) {
        // The thread lives as long as this does.
        _ = self.count.changed().await;
        self.seen.send_replace(*self.count.borrow());
    }
}

/// Whether the parent has had a signal ignored. Only Linux says.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    ignored.is_some_and(|ignored| ignored >> (kind.as_raw_value() - 1) & 1 == 1)
}

/// Ends the program without the help of those who are stuck.
fn end_stuck() -> ! {
    let (said, is_said) = mpsc::channel();
    std::thread::spawn(move || {
        eprintln!("error: the host has not reacted to a signal for {STUCK_SECONDS} s: it is ended");
        // Nobody listens if this took too long.
        _ = said.send(());
    });
    // Standard error may be what everybody waits for.
    _ = is_said.recv_timeout(Duration::from_millis(LAST_WORDS_MS));
    std::process::exit(STUCK_STATUS)
}
