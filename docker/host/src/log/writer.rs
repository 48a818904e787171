//! Standard output, written by a thread of its own: a reader that stands still, or that is too slow, delays nobody.

use std::io::Write;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use super::record::Record;

/// So much is kept for a reader that is slow. What comes beyond is dropped, and counted.
const MAX_PENDING_BYTES: usize = 4 * 1024 * 1024;
/// A buffer that has grown beyond this in a burst is given back.
const KEPT_BUFFER_BYTES: usize = 64 * 1024;
/// How long the end of the program waits until what is left has been read.
const FLUSH_LIMIT_MS: u64 = 1000;

const LEFT_OUT: &str = "entries are left out: nobody reads this output as fast as they come";

static OUTPUT: Output = Output { pending: Mutex::new(Pending::new()), changed: Condvar::new() };
static THREAD: Once = Once::new();

static FORMAT: AtomicU8 = AtomicU8::new(Format::Text as u8);

/// For whom standard output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    /// For programs: records, one a line.
    Json,
    /// For what a verb has to say: what is wrong with the app goes to standard error, all else nowhere.
    Quiet,
}

/// From now on standard output is for others.
pub fn set_format(format: Format) {
    FORMAT.store(format as u8, Ordering::Relaxed);
}

pub(super) fn format() -> Format {
    let format = FORMAT.load(Ordering::Relaxed);
    [Format::Json, Format::Quiet].into_iter().find(|known| *known as u8 == format).unwrap_or(Format::Text)
}

/// Prints whole lines, after all that was printed before, where people read them.
pub fn print(text: &str) {
    if format() == Format::Text {
        write(text);
    }
}

/// Prints a record where programs read them.
pub(super) fn print_record(record: Record) {
    if format() == Format::Json {
        write(&record.line());
    }
}

fn write(text: &str) {
    THREAD.call_once(|| {
        let started = std::thread::Builder::new().name("output".to_owned()).spawn(|| OUTPUT.write_out());
        OUTPUT.pending().has_thread = started.is_ok();
    });
    let mut pending = OUTPUT.pending();
    if !pending.has_thread {
        return put(text.as_bytes());
    }
    if pending.text.len() + text.len() > MAX_PENDING_BYTES {
        pending.dropped += 1;
    } else {
        pending.text.extend_from_slice(text.as_bytes());
    }
    OUTPUT.changed.notify_all();
}

/// Waits, for a moment, until all that was printed is written.
pub fn flush() {
    let limit = Duration::from_millis(FLUSH_LIMIT_MS);
    // Whoever does not read until then does not read at all.
    drop(OUTPUT.changed.wait_timeout_while(OUTPUT.pending(), limit, |pending| !pending.is_done()));
}

struct Output {
    pending: Mutex<Pending>,
    changed: Condvar,
}

struct Pending {
    text: Vec<u8>,
    dropped: u64,
    is_writing: bool,
    has_thread: bool,
}

impl Pending {
    const fn new() -> Self {
        Self { text: Vec::new(), dropped: 0, is_writing: false, has_thread: false }
    }

    const fn is_done(&self) -> bool {
        !self.is_writing && self.text.is_empty() && self.dropped == 0
    }
}

impl Output {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_out(&self) {
        let mut text = Vec::new();
        loop {
            let mut pending = self.pending();
            pending.is_writing = false;
            self.changed.notify_all();
            while pending.is_done() {
                pending = self.changed.wait(pending).unwrap_or_else(PoisonError::into_inner);
            }
            pending.is_writing = true;
            std::mem::swap(&mut text, &mut pending.text);
            let dropped = std::mem::take(&mut pending.dropped);
            drop(pending);
            put(&text);
            if dropped > 0 {
                put(left_out(dropped).as_bytes());
            }
            text.clear();
            text.shrink_to(KEPT_BUFFER_BYTES);
        }
    }
}

fn left_out(dropped: u64) -> String {
    let message = format!("{dropped} {LEFT_OUT}");
    let (level, category) = ("warn".to_owned(), "Host.Startup".to_owned());
    match format() {
        Format::Text | Format::Quiet => format!("{level}: {category}[0]\n      {message}\n"),
        Format::Json => Record::Log { level, category, event: 0, invocation: None, message }.line(),
    }
}

/// A closed standard output is not an error: keep serving.
fn put(text: &[u8]) {
    _ = std::io::stdout().lock().write_all(text);
}
